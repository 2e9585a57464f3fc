export const STATUS_SUCCESS = 0
export const STATUS_PENDING = 0x00000103
export const STATUS_MORE_PROCESSING_REQUIRED = 0xc0000016

/** What a logon or a share is refused with: MS-ERREF section 2.3.1, in Zeek's spelling (without `STATUS_`). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [STATUS_SUCCESS, 'SUCCESS'],
  [0xc0000001, 'UNSUCCESSFUL'],
  [0xc000000d, 'INVALID_PARAMETER'],
  [0xc0000022, 'ACCESS_DENIED'],
  [0xc000005e, 'NO_LOGON_SERVERS'],
  [0xc0000064, 'NO_SUCH_USER'],
  [0xc000006a, 'WRONG_PASSWORD'],
  [0xc000006d, 'LOGON_FAILURE'],
  [0xc000006e, 'ACCOUNT_RESTRICTION'],
  [0xc000006f, 'INVALID_LOGON_HOURS'],
  [0xc0000070, 'INVALID_WORKSTATION'],
  [0xc0000071, 'PASSWORD_EXPIRED'],
  [0xc0000072, 'ACCOUNT_DISABLED'],
  [0xc00000bb, 'NOT_SUPPORTED'],
  [0xc00000dc, 'INVALID_SERVER_STATE'],
  [0xc0000133, 'TIME_DIFFERENCE_AT_DC'],
  [0xc000015b, 'LOGON_TYPE_NOT_GRANTED'],
  [0xc0000192, 'NETLOGON_NOT_STARTED'],
  [0xc0000193, 'ACCOUNT_EXPIRED'],
  [0xc0000203, 'USER_SESSION_DELETED'],
  [0xc0000224, 'PASSWORD_MUST_CHANGE'],
  [0xc0000234, 'ACCOUNT_LOCKED_OUT'],
  [0xc0000413, 'AUTHENTICATION_FIREWALL_FAILED'],
])

export function ntStatusName(status: number): string {
  return NAMES.get(status) ?? `unknown-0x${status.toString(16).padStart(8, '0')}`
}
