import { type Micros, SECOND } from '../../event/time.ts'
import type { EveRecord } from './flow.ts'
import { countAt, type JsonObject, objectAt, textAt, textsAt, withoutKeys } from './json_reader.ts'
import { type Deadline, Pending, waitFor } from './pending.ts'
import type { EveRow, RowValue } from './row.ts'

/** Kerberos error codes that tell something of a login (RFC 4120, section 7.5.9). */
const KRB_ERROR: Readonly<Record<string, number>> = {
  KDC_ERR_C_PRINCIPAL_UNKNOWN: 6,
  KDC_ERR_S_PRINCIPAL_UNKNOWN: 7,
  KDC_ERR_NEVER_VALID: 11,
  KDC_ERR_POLICY: 12,
  KDC_ERR_BADOPTION: 13,
  KDC_ERR_ETYPE_NOSUPP: 14,
  KDC_ERR_PADATA_TYPE_NOSUPP: 16,
  KDC_ERR_CLIENT_REVOKED: 18,
  KDC_ERR_SERVICE_REVOKED: 19,
  KDC_ERR_KEY_EXPIRED: 23,
  KDC_ERR_PREAUTH_FAILED: 24,
  KDC_ERR_PREAUTH_REQUIRED: 25,
  KRB_AP_ERR_BAD_INTEGRITY: 31,
  KRB_AP_ERR_TKT_EXPIRED: 32,
  KRB_AP_ERR_REPEAT: 34,
  KRB_AP_ERR_SKEW: 37,
  KRB_AP_ERR_MODIFIED: 41,
  KRB_ERR_RESPONSE_TOO_BIG: 52,
  KRB_ERR_GENERIC: 60,
  KDC_ERR_WRONG_REALM: 68,
}

const KRB_USED = new Set('msg_type failed_request error_code cname realm sname encryption ticket_encryption'.split(' '))

/**
 * EVE `krb5` → `kerberos`. "Preauthentication required" is the first half of every ordinary Windows login and no failure:
 * Zeek leaves it out of its log, here it has no `success` at all.
 */
export function kerberosRows(record: EveRecord): readonly EveRow[] {
  const krb = objectAt(record.json, 'krb5')
  const type = /(AS|TGS|AP)/.exec(textAt(krb, 'failed_request') ?? textAt(krb, 'msg_type') ?? '')?.[1]
  const error = textAt(krb, 'error_code')
  const name = named(krb, 'cname')
  const realm = named(krb, 'realm')
  const cipher = named(krb, 'ticket_encryption') ?? named(krb, 'encryption')
  const fields = {
    ...record.connection,
    request_type: type,
    client: name === undefined ? undefined : realm === undefined ? name : `${name}/${realm}`,
    service: named(krb, 'sname'),
    success: error === undefined ? true : error === 'KDC_ERR_PREAUTH_REQUIRED' ? undefined : false,
    error_code: error === undefined ? undefined : (KRB_ERROR[error] ?? wholeNumber(error)),
    error_msg: error,
    cipher: cipher?.toLowerCase().replaceAll('_', '-'),
  }
  return [{ type: 'kerberos', line: record.line, ts: record.ts, fields, extra: withoutKeys(krb, KRB_USED) }]
}

/** `<empty>` and `<none>` are Suricata's absent. */
function named(object: JsonObject, key: string): string | undefined {
  const text = textAt(object, key)
  return text === '<empty>' || text === '<none>' ? undefined : text
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

/** EVE `ssh` → `ssh`. Whether a login succeeded cannot be seen from the versions; Zeek infers it from sizes, EVE does not. */
export function sshRows(record: EveRecord): readonly EveRow[] {
  const ssh = objectAt(record.json, 'ssh')
  const banner = (side: JsonObject): string | undefined => {
    const software = textAt(side, 'software_version')
    return software === undefined ? undefined : `SSH-${textAt(side, 'proto_version') ?? '2.0'}-${software}`
  }
  const [client, server] = [objectAt(ssh, 'client'), objectAt(ssh, 'server')]
  const version = textAt(client, 'proto_version') ?? textAt(server, 'proto_version')
  const fields = {
    ...record.connection,
    version: version === undefined ? undefined : version.startsWith('1.') && version !== '1.99' ? 1 : 2,
    client: banner(client),
    server: banner(server),
    hasshVersion: undefined,
    hassh: textAt(objectAt(client, 'hassh'), 'hash'),
    hasshServer: textAt(objectAt(server, 'hassh'), 'hash'),
  }
  return [{ type: 'ssh', line: record.line, ts: record.ts, fields }]
}

/** Zeek waits as long for the rest of an RDP negotiation (`RDP::rdp_check_interval`). */
const RDP_WITHIN: Micros = 10 * SECOND
const MOST_WAITING = 20_000
const RDP_PROTOCOL: Readonly<Record<string, string>> = {
  rdp: 'RDP',
  ssl: 'SSL',
  hybrid: 'HYBRID',
  rds_tls: 'RDSTLS',
  hybrid_ex: 'HYBRID_EX',
}

interface Negotiation {
  readonly first: EveRecord
  line: number
  fields: Record<string, RowValue>
  extra: Record<string, unknown>
}

/** EVE `rdp` → `rdp`: Suricata writes up to five records a negotiation, Zeek one line. */
export class RdpNegotiations {
  private readonly waiting = new Pending<Negotiation>(MOST_WAITING)

  get evicted(): number {
    return this.waiting.evicted
  }

  rows(record: EveRecord): readonly EveRow[] {
    const rdp = objectAt(record.json, 'rdp')
    const step = textAt(rdp, 'event_type') ?? ''
    const key = record.flow.uid
    const rows: EveRow[] = []
    let negotiation = this.waiting.get(key)
    if (negotiation !== undefined && step === 'initial_request') {
      rows.push(negotiationRow(this.waiting.take(key)!, record.ts))
      negotiation = undefined
    }
    if (!negotiation) {
      negotiation = {
        first: record,
        line: record.line,
        fields: { ...record.connection },
        extra: Object.create(null) as Record<string, unknown>,
      }
      const given = this.waiting.add(key, negotiation, waitFor(record, RDP_WITHIN))
      if (given) rows.push(negotiationRow(given, record.ts))
    }
    negotiation.line = record.line
    addStep(negotiation, step, rdp)
    const over = step === 'connect_response' || step === 'tls_handshake' || rdp['error_code'] !== undefined
    if (over && this.waiting.take(key)) rows.push(negotiationRow(negotiation, record.ts))
    return rows
  }

  expired(now: Deadline): EveRow[] {
    return [...this.waiting.expired(now)].map((negotiation) =>
      negotiationRow(negotiation, negotiation.first.ts + RDP_WITHIN),
    )
  }
}

function addStep(negotiation: Negotiation, step: string, rdp: JsonObject): void {
  const { fields, extra } = negotiation
  fields['cookie'] ??= textAt(rdp, 'cookie')
  const protocol = textAt(rdp, 'protocol')
  if (protocol !== undefined) {
    fields['security_protocol'] = RDP_PROTOCOL[protocol] ?? protocol
    fields['result'] = protocol === 'rdp' ? undefined : 'encrypted'
  }
  if (rdp['error_code'] !== undefined)
    fields['result'] = (textAt(rdp, 'reason') ?? 'failed').toUpperCase().replaceAll(' ', '_')
  if (step === 'tls_handshake') fields['cert_count'] = textsAt(rdp, 'x509_serials').length
  const client = objectAt(rdp, 'client')
  const depth = countAt(client, 'color_depth')
  Object.assign(fields, {
    client_channels: textsAt(rdp, 'channels').length > 0 ? textsAt(rdp, 'channels') : fields['client_channels'],
    keyboard_layout: textAt(client, 'keyboard_layout') ?? fields['keyboard_layout'],
    client_build: textAt(client, 'build') ?? fields['client_build'],
    client_name: textAt(client, 'client_name') ?? fields['client_name'],
    client_dig_product_id: textAt(client, 'id') ?? fields['client_dig_product_id'],
    desktop_width: countAt(client, 'desktop_width') ?? fields['desktop_width'],
    desktop_height: countAt(client, 'desktop_height') ?? fields['desktop_height'],
    requested_color_depth: depth === undefined ? fields['requested_color_depth'] : `${depth}bit`,
  })
  const flags = textsAt(rdp, 'flags')
  if (flags.length > 0) extra['flags'] = flags
}

function negotiationRow({ first, line, fields, extra }: Negotiation, written: Micros): EveRow {
  return {
    type: 'rdp',
    line,
    ts: first.ts,
    written,
    fields,
    extra: Object.keys(extra).length > 0 ? extra : undefined,
  }
}
