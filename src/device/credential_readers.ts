import { textAt } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import { type CredentialName, credentialName, kerberosName, ldapName } from './credential_name.ts'

/** Where a log type names the user that an event is about. */
export interface CredentialReader {
  /** Slot of the user and of the domain (-1: none). */
  readonly user: number
  readonly domain: number
  /** Both texts brought to one form; undefined when nobody is named. */
  name(user: string, domain: string): CredentialName | undefined
  /** True when the name may have been cut off (RDP cookies). */
  readonly cut: boolean
  /** The record shows that the logon succeeded. */
  succeeded(event: Event): boolean
}

const slot = (type: string, field: string): number => slotOf(logType(type), field)
const never = (): boolean => false

function reader(
  type: string,
  user: string,
  name: CredentialReader['name'],
  succeeded: CredentialReader['succeeded'] = never,
  options: { domain?: string; cut?: boolean } = {},
): readonly [string, CredentialReader] {
  const domain = options.domain === undefined ? -1 : slot(type, options.domain)
  return [type, { user: slot(type, user), domain, name, cut: options.cut ?? false, succeeded }]
}

const isOne = (type: string, field: string): ((event: Event) => boolean) => {
  const at = slot(type, field)
  return (event) => event.number(at) === 1
}

const ldapOpcode = slot('ldap', 'opcode')
const ldapResult = slot('ldap', 'result')
const ldapObject = slot('ldap', 'object')
const ldapReader: CredentialReader = {
  user: ldapObject,
  domain: -1,
  name: (object) => ldapName(object),
  cut: false,
  succeeded: (event) => textAt(event.batch, ldapResult, event.row) === 'success',
}

const radiusResult = slot('radius', 'result')

/** By log type. SSH names no user in Zeek's log; a session over SMB takes its user from NTLM or Kerberos. */
export const CREDENTIAL_READERS: ReadonlyMap<string, CredentialReader> = new Map([
  reader('ntlm', 'username', credentialName, isOne('ntlm', 'success'), { domain: 'domainname' }),
  reader('kerberos', 'client', kerberosName, isOne('kerberos', 'success')),
  reader('rdp', 'cookie', (user) => credentialName(user, ''), never, { cut: true }),
  ['ldap', ldapReader] as const,
  reader('ftp', 'user', (user) => (user === '<unknown>' ? undefined : credentialName(user, ''))),
  reader(
    'radius',
    'username',
    (user) => credentialName(user, ''),
    (event) => /success|accept/i.test(textAt(event.batch, radiusResult, event.row)),
  ),
  reader('socks', 'user', (user) => credentialName(user, '')),
  reader('http', 'username', (user) => credentialName(user, '')),
])

/** LDAP rows other than simple binds have an object too: it is what is searched or changed, nobody's name. */
export function namesCredential(type: string, event: Event): boolean {
  return type !== 'ldap' || /bind simple/i.test(textAt(event.batch, ldapOpcode, event.row))
}
