import type { EveRecord } from './flow.ts'
import { countAt, objectAt, textAt, textsAt, withoutKeys } from './json_reader.ts'
import type { EveRow } from './row.ts'

/** EVE `ftp` → `ftp`. A password is not carried, as Zeek does not by default. */
export function ftpRows(record: EveRecord): readonly EveRow[] {
  const ftp = objectAt(record.json, 'ftp')
  const command = textAt(ftp, 'command')?.toUpperCase()
  const argument = textAt(ftp, 'command_data')
  if (command === 'USER' && argument !== undefined) record.flow.ftpUser = argument.slice(0, 256)
  const code = textsAt(ftp, 'completion_code').at(-1)
  const fields = {
    ...record.connection,
    user: record.flow.ftpUser,
    password: command === 'PASS' ? '<hidden>' : undefined,
    command,
    arg: command === 'PASS' ? undefined : argument,
    reply_code: code !== undefined && /^\d{3}$/.test(code) ? Number(code) : undefined,
    reply_msg: textsAt(ftp, 'reply').join(' ') || undefined,
    'data_channel.resp_p': countAt(ftp, 'dynamic_port') || undefined,
    'data_channel.passive': textAt(ftp, 'mode') === undefined ? undefined : textAt(ftp, 'mode') === 'passive',
  }
  return [{ type: 'ftp', line: record.line, ts: record.ts, fields }]
}

/** EVE `smtp` (with `email`) → `smtp`. */
export function smtpRows(record: EveRecord): readonly EveRow[] {
  const smtp = objectAt(record.json, 'smtp')
  const email = objectAt(record.json, 'email')
  const depth = countAt(record.json, 'tx_id')
  const list = (items: string[]): string[] | undefined => (items.length > 0 ? items : undefined)
  const fields = {
    ...record.connection,
    trans_depth: depth === undefined ? undefined : depth + 1,
    helo: textAt(smtp, 'helo'),
    mailfrom: bare(textAt(smtp, 'mail_from')),
    rcptto: list(textsAt(smtp, 'rcpt_to').map((address) => bare(address)!)),
    date: textAt(email, 'date'),
    from: textAt(email, 'from'),
    to: list(textsAt(email, 'to')),
    cc: list(textsAt(email, 'cc')),
    msg_id: textAt(email, 'message_id'),
    subject: textAt(email, 'subject'),
    user_agent: textAt(email, 'x_mailer'),
  }
  const used = new Set('date from to cc message_id subject x_mailer'.split(' '))
  return [{ type: 'smtp', line: record.line, ts: record.ts, fields, extra: withoutKeys(email, used) }]
}

function bare(address: string | undefined): string | undefined {
  return address?.replace(/^<(.*)>$/, '$1')
}

/** EVE `snmp` → `snmp`. Suricata writes a record a message, Zeek a line a session: the counts are of this message. */
export function snmpRows(record: EveRecord): readonly EveRow[] {
  const snmp = objectAt(record.json, 'snmp')
  const type = textAt(snmp, 'pdu_type')?.toLowerCase() ?? ''
  const version = countAt(snmp, 'version')
  const fields = {
    ...record.connection,
    version: version === 2 ? '2c' : version === undefined ? undefined : String(version),
    community: textAt(snmp, 'community'),
    get_requests: type.startsWith('get_request') || type.startsWith('get_next') ? 1 : 0,
    get_bulk_requests: type.startsWith('get_bulk') ? 1 : 0,
    get_responses: type === 'response' || type === 'get_response' ? 1 : 0,
    set_requests: type.startsWith('set_request') ? 1 : 0,
  }
  const used = new Set(['version', 'community'])
  return [{ type: 'snmp', line: record.line, ts: record.ts, fields, extra: withoutKeys(snmp, used) }]
}

/** EVE `sip` → `sip`. */
export function sipRows(record: EveRecord): readonly EveRow[] {
  const sip = objectAt(record.json, 'sip')
  const fields = {
    ...record.connection,
    method: textAt(sip, 'method'),
    uri: textAt(sip, 'uri'),
    status_code: countAt(sip, 'code'),
    status_msg: textAt(sip, 'reason'),
  }
  const used = new Set('method uri code reason'.split(' '))
  return [{ type: 'sip', line: record.line, ts: record.ts, fields, extra: withoutKeys(sip, used) }]
}
