import { type FieldKind, logType, slotOf } from '../../event/log_types.ts'

/**
 * The columns that a Zeek sensor writes, log by log, and how a value becomes text in JSON and in TSV. Two releases are
 * known, since sites run both: 4 (files with tx_hosts, no LDAP) and 7 (files with the connection's addresses, ip_proto).
 */
export type Format = 'json' | 'tsv'
export type Release = 4 | 7

/** What a column may be given: absent, text, a number (times and intervals in µs), a truth value, a set. */
export type Value = string | number | boolean | readonly (string | number)[] | undefined

const FLOW = 'uid id.orig_h id.orig_p id.resp_h id.resp_p'
const CONN =
  'proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts ' +
  'orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents'

/** Columns after `ts`; a log whose columns begin with `@` has uid and four-tuple first (`FLOW`). */
const COLUMNS: Readonly<Record<string, string>> = {
  conn: `@ ${CONN}`,
  open_conn: `@ ${CONN}`,
  dns: '@ proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected',
  dhcp: 'uids client_addr server_addr mac host_name client_fqdn domain requested_addr assigned_addr lease_time client_message server_message msg_types duration',
  http: '@ trans_depth method host uri referrer version user_agent origin request_body_len response_body_len status_code status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames resp_mime_types',
  ssl: '@ version cipher curve server_name resumed last_alert next_protocol established ssl_history cert_chain_fps client_cert_chain_fps sni_matches_cert validation_status',
  x509: 'fingerprint certificate.version certificate.serial certificate.subject certificate.issuer certificate.not_valid_before certificate.not_valid_after certificate.key_alg certificate.sig_alg certificate.key_type certificate.key_length certificate.exponent san.dns basic_constraints.ca host_cert client_cert',
  smb_mapping: '@ path service native_file_system share_type',
  smb_files: '@ fuid action path name size prev_name times.modified times.accessed times.created times.changed',
  dce_rpc: '@ rtt named_pipe endpoint operation',
  ntlm: '@ username hostname domainname server_nb_computer_name server_dns_computer_name server_tree_name success',
  kerberos:
    '@ request_type client service success error_msg from till cipher forwardable renewable client_cert_subject client_cert_fuid server_cert_subject server_cert_fuid',
  rdp: '@ cookie result security_protocol client_channels keyboard_layout client_build client_name client_dig_product_id desktop_width desktop_height requested_color_depth cert_type cert_count cert_permanent encryption_level encryption_method',
  ssh: '@ version auth_success auth_attempts direction client server cipher_alg mac_alg compression_alg kex_alg host_key_alg host_key',
  ldap: '@ message_id version opcode result diagnostic_message object argument',
  ldap_search: '@ message_id scope deref_aliases base_object result_count result diagnostic_message filter attributes',
  smtp: '@ trans_depth helo mailfrom rcptto date from to cc reply_to msg_id in_reply_to subject x_originating_ip first_received second_received last_reply path user_agent tls fuids',
  snmp: '@ duration version community get_requests get_bulk_requests get_responses set_requests display_string up_since',
  sip: '@ trans_depth method uri date request_from request_to response_from response_to reply_to call_id seq subject request_path response_path user_agent status_code status_msg warning request_body_len response_body_len content_type',
  ntp: '@ version mode stratum poll precision root_delay root_disp ref_id ref_time org_time rec_time xmt_time num_exts',
  modbus: '@ tid unit func exception',
  weird: '@ name addl notice peer source',
  capture_loss: 'ts_delta peer gaps acks percent_lost',
}
const FILES_REST =
  'source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted extracted_cutoff extracted_size'

/** Logs that release 4 does not write. */
const ONLY_IN_7: ReadonlySet<string> = new Set(['ldap', 'ldap_search'])

/** Zeek's type names by column kind, for the `#types` line. */
const ZEEK_TYPE: Readonly<Record<FieldKind, string>> = {
  time: 'time',
  interval: 'interval',
  count: 'count',
  int: 'int',
  double: 'double',
  port: 'port',
  bool: 'bool',
  string: 'string',
  addr: 'addr',
  uid: 'string',
  set: 'vector[string]',
  numbers: 'vector[interval]',
}
const ENUMS: ReadonlySet<string> = new Set(['proto', 'action', 'tunnel_type'])

interface Column {
  readonly name: string
  readonly kind: FieldKind
  /** `,"name":` */
  readonly json: string
}

/** One log of a sensor. */
export interface Layout {
  readonly name: string
  /** Position among the layouts of the sensor. */
  readonly index: number
  /** Columns after `ts`, and after uid and four-tuple where the log has them. */
  readonly columns: readonly Column[]
  readonly ofFlow: boolean
}

export type LogName = keyof typeof LAYOUT_NAMES
const LAYOUT_NAMES = {
  conn: 0,
  open_conn: 0,
  dns: 0,
  dhcp: 0,
  http: 0,
  ssl: 0,
  x509: 0,
  files: 0,
  smb_mapping: 0,
  smb_files: 0,
  dce_rpc: 0,
  ntlm: 0,
  kerberos: 0,
  rdp: 0,
  ssh: 0,
  ldap: 0,
  ldap_search: 0,
  smtp: 0,
  snmp: 0,
  sip: 0,
  ntp: 0,
  modbus: 0,
  weird: 0,
  capture_loss: 0,
}

/**
 * The layouts of a sensor.
 * @param fingerprints whether the site has the packages that add ja3, ja3s and ja4 to ssl
 */
export function layoutsOf(release: Release, fingerprints: boolean): Readonly<Record<LogName, Layout>> {
  const layouts: Partial<Record<LogName, Layout>> = {}
  Object.keys(LAYOUT_NAMES).forEach((name, index) => {
    let spec = COLUMNS[name] ?? ''
    if (name === 'files') {
      spec = release === 7 ? `fuid ${FLOW} ${FILES_REST}` : `fuid tx_hosts rx_hosts conn_uids ${FILES_REST}`
    }
    if ((name === 'conn' || name === 'open_conn') && release === 7) spec += ' ip_proto'
    if (name === 'ssl' && fingerprints) spec += ' ja3 ja3s ja4'
    const ofFlow = spec.startsWith('@')
    const names = (ofFlow ? spec.slice(2) : spec).split(' ')
    const type = logType(name)
    const columns = names.map((column): Column => {
      const field = type.fields[slotOf(type, column)]!
      return { name: field.name, kind: field.kind, json: `,"${field.name}":` }
    })
    layouts[name as LogName] = { name, index, columns, ofFlow }
  })
  return layouts as Readonly<Record<LogName, Layout>>
}

/** Whether a sensor of this release writes the log at all. */
export function isWritten(log: LogName, release: Release): boolean {
  return release === 7 || !ONLY_IN_7.has(log)
}

/** The lines before the first record of a TSV log. */
export function tsvHeader(layout: Layout, opened: string): string {
  const flow = layout.ofFlow ? FLOW.split(' ') : []
  const names = ['ts', ...flow, ...layout.columns.map((column) => column.name)]
  const types = [
    'time',
    ...(layout.ofFlow ? ['string', 'addr', 'port', 'addr', 'port'] : []),
    ...layout.columns.map((column) => (ENUMS.has(column.name) ? 'enum' : ZEEK_TYPE[column.kind])),
  ]
  return (
    `#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t${layout.name}\n` +
    `#open\t${opened}\n#fields\t${names.join('\t')}\n#types\t${types.join('\t')}\n`
  )
}

const THREE: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** Microseconds as seconds with six decimals. */
export function secondsText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const rest = micros - seconds * 1_000_000
  const thousands = (rest / 1000) | 0
  return `${seconds}.${THREE[thousands]!}${THREE[rest - thousands * 1000]!}`
}

/** Microseconds as seconds the way Zeek's JSON writer prints a double: no trailing zeros, at least one decimal. */
export function jsonSeconds(micros: number): string {
  let text = secondsText(micros)
  if (micros % 10 !== 0) return text
  let end = text.length
  while (text.charCodeAt(end - 1) === 48 && text.charCodeAt(end - 2) !== 46) end--
  text = text.slice(0, end)
  return text
}

const JSON_SPECIAL = /["\\\x00-\x1f]/
const TSV_SPECIAL = /[\t\n\r\\]/

function jsonText(text: string): string {
  return JSON_SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** Zeek's TSV escapes: a backslash is doubled, what separates becomes `\xNN`. */
function tsvText(text: string): string {
  if (text === '') return '(empty)'
  if (text === '-') return '\\x2d'
  if (!TSV_SPECIAL.test(text)) return text
  return text.replace(/[\t\n\r\\]/g, (character) =>
    character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** One record as JSON, from the column values (in the order of the layout). */
export function jsonLine(layout: Layout, ts: number, head: string, values: readonly Value[]): string {
  let line = layout.ofFlow ? `{"ts":${jsonSeconds(ts)},${head}` : `{"ts":${jsonSeconds(ts)}`
  const { columns } = layout
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === undefined) continue
    const column = columns[i]!
    line += column.json
    if (typeof value === 'string') line += jsonText(value)
    else if (typeof value === 'number') {
      line += column.kind === 'time' || column.kind === 'interval' ? jsonSeconds(value) : value
    } else if (typeof value === 'boolean') line += value ? 'true' : 'false'
    else {
      line += '['
      for (let k = 0; k < value.length; k++) {
        const element = value[k]!
        if (k > 0) line += ','
        line += typeof element === 'string' ? jsonText(element) : numberElement(element)
      }
      line += ']'
    }
  }
  return `${line}}\n`
}

/** One record as TSV. */
export function tsvLine(layout: Layout, ts: number, head: string, values: readonly Value[]): string {
  let line = layout.ofFlow ? `${secondsText(ts)}\t${head}` : secondsText(ts)
  const { columns } = layout
  for (let i = 0; i < columns.length; i++) {
    const value = values[i]
    if (value === undefined) line += '\t-'
    else if (typeof value === 'string') line += `\t${tsvText(value)}`
    else if (typeof value === 'number') {
      const kind = columns[i]!.kind
      line += kind === 'time' || kind === 'interval' ? `\t${secondsText(value)}` : `\t${value}`
    } else if (typeof value === 'boolean') line += value ? '\tT' : '\tF'
    else if (value.length === 0) line += '\t(empty)'
    else {
      line += '\t'
      for (let k = 0; k < value.length; k++) {
        const element = value[k]!
        if (k > 0) line += ','
        line += typeof element === 'string' ? tsvText(element).replaceAll(',', '\\x2c') : numberElement(element)
      }
    }
  }
  return `${line}\n`
}

/** TTLs are intervals: Zeek writes `60.0`. */
function numberElement(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
