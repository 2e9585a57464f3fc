/**
 * The log types Thymus understands, with their fields: Zeek's names and Zeek's types
 * (https://docs.zeek.org/en/master/script-reference/log-files.html). Suricata EVE and packet dissections are mapped to
 * them. A log type that is not in this table is carried as itself: `ts`, `uid` and the connection's four-tuple are
 * understood, everything else travels in `extra`.
 */

/** Zeek's field types, reduced to what changes how a value is stored. */
export type FieldKind =
  /** A point in time: integer microseconds since the epoch. */
  | 'time'
  /** A length of time: integer microseconds. */
  | 'interval'
  | 'count'
  | 'int'
  | 'double'
  | 'port'
  /** 0 or 1. */
  | 'bool'
  | 'string'
  /** An IP address in text, lower case, without brackets or zone. */
  | 'addr'
  /** An identifier that seldom repeats (uid, fuid): never looked up in a dictionary, always appended. */
  | 'uid'
  /** A set or vector of text, its elements joined by SET_SEPARATOR; '' is the empty set. */
  | 'set'
  /** A vector of numbers, as text, joined by SET_SEPARATOR. */
  | 'numbers'

/** Joins the elements of a `set` inside a batch: ASCII unit separator, which cannot stand in a Zeek value unescaped. */
export const SET_SEPARATOR = '\x1f'

const NUMERIC_KINDS: ReadonlySet<FieldKind> = new Set(['time', 'interval', 'count', 'int', 'double', 'port', 'bool'])

export interface Field {
  /** Zeek's name, dotted: `id.orig_h`. */
  readonly name: string
  /** The name in SQL: dots become underscores. */
  readonly column: string
  readonly kind: FieldKind
  /** True: the value stands in `EventBatch.numbers[slot]`; false: its dictionary id in `EventBatch.strings[slot]`. */
  readonly numeric: boolean
  /** Index of the field in `LogType.fields` and of its column in a batch. */
  readonly slot: number
}

export interface LogType {
  /** Zeek's `_path`: `conn`, `smb_files`. */
  readonly name: string
  readonly fields: readonly Field[]
  /** Slot by dotted or underscored name. */
  readonly slots: ReadonlyMap<string, number>
  /** False for a type that stands in no table: its unknown fields are all in `extra`. */
  readonly known: boolean
  /** Slot of the field whose length is added to `ts` to say when the record could be known, or -1. */
  readonly durationSlot: number
  /**
   * How far (microseconds) a record's own `known` may lie behind its key before it counts as late: conn and files 15
   * minutes (Zeek waits 5 for an idle connection), all others 5.
   */
  readonly lateAfter: number
}

const ID = 'id.orig_h:addr id.orig_p:port id.resp_h:addr id.resp_p:port'
const CONN_REST =
  'proto service duration:interval orig_bytes:count resp_bytes:count conn_state local_orig:bool local_resp:bool ' +
  'missed_bytes:count history orig_pkts:count orig_ip_bytes:count resp_pkts:count resp_ip_bytes:count ' +
  'tunnel_parents:set ip_proto:count vlan:int inner_vlan:int orig_l2_addr resp_l2_addr community_id'
const HTTP_REST =
  'trans_depth:count method host uri referrer version user_agent origin request_body_len:count ' +
  'response_body_len:count status_code:count status_msg info_code:count info_msg tags:set username password ' +
  'proxied:set orig_fuids:set orig_filenames:set orig_mime_types:set resp_fuids:set resp_filenames:set resp_mime_types:set'
const SSL_REST =
  'version cipher curve server_name resumed:bool last_alert next_protocol established:bool ssl_history ' +
  'cert_chain_fps:set client_cert_chain_fps:set cert_chain_fuids:set client_cert_chain_fuids:set subject issuer ' +
  'client_subject client_issuer sni_matches_cert:bool validation_status ja3 ja3s ja4 ja4s'

/** `name:kind` separated by blanks; the kind is `string` where none is given. `ts` stands first in every type. */
const TABLE: Readonly<Record<string, string>> = {
  conn: `ts:time uid:uid ${ID} ${CONN_REST}`,
  open_conn: `ts:time uid:uid ${ID} ${CONN_REST}`,
  dns: `ts:time uid:uid ${ID} proto trans_id:count rtt:interval query qclass:count qclass_name qtype:count qtype_name rcode:count rcode_name AA:bool TC:bool RD:bool RA:bool Z:count answers:set TTLs:numbers rejected:bool auth:set addl:set`,
  dhcp: 'ts:time uids:set client_addr:addr server_addr:addr client_port:port server_port:port mac host_name client_fqdn domain requested_addr:addr assigned_addr:addr lease_time:interval client_message server_message msg_types:set duration:interval msg_orig:set client_software server_software circuit_id agent_remote_id subscriber_id vendor_class',
  http: `ts:time uid:uid ${ID} ${HTTP_REST}`,
  open_http: `ts:time uid:uid ${ID} ${HTTP_REST}`,
  ssl: `ts:time uid:uid ${ID} ${SSL_REST}`,
  open_ssl: `ts:time uid:uid ${ID} ${SSL_REST}`,
  x509: 'ts:time id:uid fingerprint certificate.version:count certificate.serial certificate.subject certificate.issuer certificate.not_valid_before:time certificate.not_valid_after:time certificate.key_alg certificate.sig_alg certificate.key_type certificate.key_length:count certificate.exponent certificate.curve san.dns:set san.uri:set san.email:set san.ip:set basic_constraints.ca:bool basic_constraints.path_len:count host_cert:bool client_cert:bool',
  files: `ts:time fuid:uid uid:uid ${ID} tx_hosts:set rx_hosts:set conn_uids:set source depth:count analyzers:set mime_type filename duration:interval local_orig:bool is_orig:bool seen_bytes:count total_bytes:count missing_bytes:count overflow_bytes:count timedout:bool parent_fuid md5 sha1 sha256 extracted extracted_cutoff:bool extracted_size:count`,
  smb_mapping: `ts:time uid:uid ${ID} path service native_file_system share_type`,
  smb_files: `ts:time uid:uid ${ID} fuid:uid action path name size:count prev_name times.modified:time times.accessed:time times.created:time times.changed:time data_offset_req:count data_len_req:count data_len_rsp:count`,
  dce_rpc: `ts:time uid:uid ${ID} rtt:interval named_pipe endpoint operation uuid opnum:count`,
  ntlm: `ts:time uid:uid ${ID} username hostname domainname server_nb_computer_name server_dns_computer_name server_tree_name success:bool status`,
  kerberos: `ts:time uid:uid ${ID} request_type client service success:bool error_code:count error_msg from:time till:time cipher forwardable:bool renewable:bool client_cert_subject client_cert_fuid server_cert_subject server_cert_fuid auth_ticket new_ticket request_etypes:set preauth:bool`,
  rdp: `ts:time uid:uid ${ID} cookie result security_protocol client_channels:set keyboard_layout client_build client_name client_dig_product_id desktop_width:count desktop_height:count requested_color_depth cert_type cert_count:count cert_permanent:bool encryption_level encryption_method`,
  ssh: `ts:time uid:uid ${ID} version:count auth_success:bool auth_attempts:count direction client server cipher_alg mac_alg compression_alg kex_alg host_key_alg host_key hasshVersion hassh hasshServer inferences:set`,
  ldap: `ts:time uid:uid ${ID} message_id:count version:count opcode result diagnostic_message object argument`,
  ldap_search: `ts:time uid:uid ${ID} message_id:count scope deref_aliases base_object result_count:count result diagnostic_message filter attributes:set`,
  ftp: `ts:time uid:uid ${ID} user password command arg mime_type file_size:count reply_code:count reply_msg data_channel.passive:bool data_channel.orig_h:addr data_channel.resp_h:addr data_channel.resp_p:port fuid:uid`,
  smtp: `ts:time uid:uid ${ID} trans_depth:count helo mailfrom rcptto:set date from to:set cc:set reply_to msg_id in_reply_to subject x_originating_ip:addr first_received second_received last_reply path:set user_agent tls:bool fuids:set is_webmail:bool`,
  snmp: `ts:time uid:uid ${ID} duration:interval version community get_requests:count get_bulk_requests:count get_responses:count set_requests:count display_string up_since:time`,
  sip: `ts:time uid:uid ${ID} trans_depth:count method uri date request_from request_to response_from response_to reply_to call_id seq subject request_path:set response_path:set user_agent status_code:count status_msg warning request_body_len:count response_body_len:count content_type`,
  tunnel: `ts:time uid:uid ${ID} tunnel_type action`,
  weird: `ts:time uid:uid ${ID} name addl notice:bool peer source`,
  notice: `ts:time uid:uid ${ID} fuid:uid file_mime_type file_desc proto note msg sub src:addr dst:addr p:port n:count peer_descr actions:set email_dest:set suppress_for:interval remote_location.country_code remote_location.region remote_location.city remote_location.latitude:double remote_location.longitude:double`,
  software:
    'ts:time host:addr host_p:port software_type name version.major:count version.minor:count version.minor2:count version.minor3:count version.addl unparsed_version',
  known_hosts: 'ts:time host:addr',
  known_services: 'ts:time host:addr port_num:port port_proto service:set',
  known_certs: 'ts:time host:addr port_num:port subject issuer_subject serial',
  known_devices: 'ts:time mac dhcp_host_name',
  known_modbus: 'ts:time host:addr device_type',
  capture_loss: 'ts:time ts_delta:interval peer gaps:count acks:count percent_lost:double',
  stats:
    'ts:time peer mem:count pkts_proc:count bytes_recv:count pkts_dropped:count pkts_link:count pkt_lag:interval events_proc:count events_queued:count active_tcp_conns:count active_udp_conns:count active_icmp_conns:count',
  pe: 'ts:time id:uid machine compile_ts:time os subsystem is_exe:bool is_64bit:bool uses_aslr:bool uses_dep:bool uses_code_integrity:bool uses_seh:bool has_import_table:bool has_export_table:bool has_cert_table:bool has_debug_data:bool section_names:set',
  modbus: `ts:time uid:uid ${ID} tid:count unit:count func pdu_type exception address:count quantity:count`,
  dnp3: `ts:time uid:uid ${ID} fc_request fc_reply iin:count`,
  ntp: `ts:time uid:uid ${ID} version:count mode:count stratum:count poll:interval precision:interval root_delay:interval root_disp:interval ref_id ref_time:time org_time:time rec_time:time xmt_time:time num_exts:count`,
  dpd: `ts:time uid:uid ${ID} proto analyzer failure_reason packet_segment`,
  analyzer: `ts:time cause analyzer_kind analyzer_name uid:uid fuid:uid ${ID} failure_reason failure_data`,
  radius: `ts:time uid:uid ${ID} username mac framed_addr:addr tunnel_client connect_info reply_msg result ttl:interval`,
  arp: 'ts:time operation src_mac dst_mac orig_h:addr resp_h:addr orig_hw resp_hw',
  syslog: `ts:time uid:uid ${ID} proto facility severity message`,
  mysql: `ts:time uid:uid ${ID} cmd arg success:bool rows:count response`,
  socks: `ts:time uid:uid ${ID} version:count user password status request.host:addr request.name request_p:port bound.host:addr bound.name bound_p:port`,
  irc: `ts:time uid:uid ${ID} nick user command value addl dcc_file_name dcc_file_size:count dcc_mime_type fuid:uid`,
  mqtt_connect: `ts:time uid:uid ${ID} proto_name proto_version client_id connect_status will_topic will_payload`,
  s7comm: `ts:time uid:uid ${ID} rosctr parameter function_name`,
  bacnet: `ts:time uid:uid ${ID} bvlc_function pdu_type pdu_service`,
  reporter: 'ts:time level message location',
  /** Suricata's own alerts (EVE `alert`): the one type here that is not Zeek's. */
  suricata_alert: `ts:time uid:uid ${ID} proto signature_id:count rev:count gid:count signature category severity:count action app_proto`,
}

/** Fields that every type may have and that say when and where a line was written. */
const COMMON = '_write_ts:time _node_name _system_name'

/** A record is late when it is known this much later than its log's stream has got (microseconds). */
const LATE_AFTER_LONG = 15 * 60 * 1_000_000
const LATE_AFTER = 5 * 60 * 1_000_000

/** Nothing larger is believed of a type that stands in no table. */
const UNKNOWN_TYPE = `ts:time uid:uid ${ID}`

function makeType(name: string, spec: string, known: boolean): LogType {
  const fields = `${spec} ${COMMON}`.split(' ').map((item, slot): Field => {
    const colon = item.indexOf(':')
    const fieldName = colon < 0 ? item : item.slice(0, colon)
    const kind = (colon < 0 ? 'string' : item.slice(colon + 1)) as FieldKind
    return { name: fieldName, column: fieldName.replaceAll('.', '_'), kind, numeric: NUMERIC_KINDS.has(kind), slot }
  })
  const slots = new Map<string, number>()
  for (const field of fields) {
    slots.set(field.name, field.slot)
    slots.set(field.column, field.slot)
  }
  const long = name === 'conn' || name === 'open_conn' || name === 'files'
  return {
    name,
    fields,
    slots,
    known,
    durationSlot: slots.get('duration') ?? -1,
    lateAfter: long ? LATE_AFTER_LONG : LATE_AFTER,
  }
}

const TYPES = new Map<string, LogType>(Object.entries(TABLE).map(([name, spec]) => [name, makeType(name, spec, true)]))

/** All types of the table, in the order of the table. */
export function knownLogTypes(): readonly LogType[] {
  return [...TYPES.values()].filter((type) => type.known)
}

/** How many types that stand in no table are told apart; any further one is carried as `other`. */
const MOST_UNKNOWN_TYPES = 200
let unknownTypes = 0

/**
 * The type called `name`; one that stands in no table is made on first use. Names from the network side are reduced to
 * letters, digits and underscores, at most 64, since they become file and view names.
 */
export function logType(name: string): LogType {
  const found = TYPES.get(name)
  if (found) return found
  const clean = name.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 64) || 'other'
  const existing = TYPES.get(clean)
  if (existing) return existing
  if (unknownTypes >= MOST_UNKNOWN_TYPES) return logType('other')
  unknownTypes++
  const made = makeType(clean, UNKNOWN_TYPE, false)
  TYPES.set(clean, made)
  return made
}

/**
 * The slot of a field, for code that names it: fails at load on a typing error.
 * @throws Error when the type has no such field
 */
export function slotOf(type: LogType, field: string): number {
  const slot = type.slots.get(field)
  if (slot === undefined) throw new Error(`log type ${type.name} has no field ${field}`)
  return slot
}
