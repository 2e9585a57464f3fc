import { elementsAt, textAt } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import type { NameSource } from './host_name.ts'
import { deviceWords } from './roles/device_words.ts'
import type { EvidenceKind } from './roles/role_evidence.ts'

/** What a record may tell of the devices that took part in it. The station fills in who they are. */
export interface EvidenceReport {
  /** The responder did this for the originator (counted for internal clients only). */
  served(kind: EvidenceKind): void
  /** The originator did this towards the responder. */
  did(kind: EvidenceKind): void
  /** Somebody's name; `id` is its dictionary id, so that it is read once a batch. */
  names(who: 'orig' | 'resp', id: number, source: NameSource): void
  /** The same for a name that is part of a text. */
  namesText(who: 'orig' | 'resp', text: string, source: NameSource): void
  /** A machine account (`HOST$`) got a ticket from the originator's address. */
  machineAccount(account: string): void
  /** DNS answered a name (dictionary id) with one address (dictionary id). */
  resolves(nameId: number, answerId: number): void
  /** DNS names a domain controller. */
  controller(name: string): void
}

export interface ProtocolReader {
  /** Whether the responder answered in this record: then it is there. */
  answered(event: Event): boolean
  read?(event: Event, report: EvidenceReport): void
}

function slots<Name extends string>(type: string, ...names: readonly Name[]): Readonly<Record<Name, number>> {
  const found = logType(type)
  return Object.fromEntries(names.map((name) => [name, slotOf(found, name)])) as Record<Name, number>
}

const has = (event: Event, slot: number): boolean =>
  event.batch.strings[slot]![event.row]! !== 0 || !Number.isNaN(event.batch.numbers[slot]![event.row]!)
const id = (event: Event, slot: number): number => event.batch.strings[slot]![event.row]!
const text = (event: Event, slot: number): string => textAt(event.batch, slot, event.row)

const always: ProtocolReader = { answered: () => true }

const dns = slots('dns', 'id.resp_p', 'query', 'qtype', 'rcode', 'answers')
const QTYPE_A = 1
const QTYPE_AAAA = 28
const QTYPE_SRV = 33
const RCODE_REFUSED = 5
const DNS_PORT = 53
const CONTROLLER_RECORD = /^_(ldap|kerberos|gc)\._tcp\.(.+\.)?(dc|gc)\._msdcs\./i

const dnsReader: ProtocolReader = {
  answered: (event) => !Number.isNaN(event.number(dns.rcode)),
  read(event, report) {
    const rcode = event.number(dns.rcode)
    // LLMNR, mDNS and NetBIOS names stand in the same log, answered by anybody.
    if (Number.isNaN(rcode) || event.number(dns['id.resp_p']) !== DNS_PORT) return
    if (rcode !== RCODE_REFUSED) report.served('dns-answer')
    if (rcode !== 0 || id(event, dns.answers) === 0) return
    const qtype = event.number(dns.qtype)
    if (qtype === QTYPE_A || qtype === QTYPE_AAAA) {
      // One answer, as text the address itself: of several addresses, or through an alias, none is called so.
      report.resolves(id(event, dns.query), id(event, dns.answers))
    } else if (qtype === QTYPE_SRV && CONTROLLER_RECORD.test(text(event, dns.query))) {
      for (const answer of elementsAt(event.batch, dns.answers, event.row)) {
        report.controller(answer.trim().split(/\s+/).at(-1) ?? '')
      }
    }
  },
}

const kerberos = slots('kerberos', 'request_type', 'client', 'success', 'error_msg', 'error_code')
const kerberosReader: ProtocolReader = {
  answered: (event) => has(event, kerberos.success) || has(event, kerberos.error_msg),
  read(event, report) {
    const request = text(event, kerberos.request_type)
    if (request !== 'AS' && request !== 'TGS') return
    const success = event.number(kerberos.success)
    if (success !== 1) {
      if (has(event, kerberos.error_msg) || has(event, kerberos.error_code)) report.served('kerberos-refusal')
      return
    }
    report.served('kerberos-ticket')
    if (request !== 'AS') return
    const client = text(event, kerberos.client)
    const account = client.slice(0, client.includes('/') ? client.lastIndexOf('/') : client.length)
    if (account.endsWith('$')) report.machineAccount(account)
  },
}

const ntlm = slots('ntlm', 'hostname', 'server_nb_computer_name', 'server_dns_computer_name', 'success')
const ntlmReader: ProtocolReader = {
  answered: (event) =>
    has(event, ntlm.success) || has(event, ntlm.server_nb_computer_name) || has(event, ntlm.server_dns_computer_name),
  read(event, report) {
    const accepted = event.number(ntlm.success) !== 0
    report.names('orig', id(event, ntlm.hostname), accepted ? 'ntlm-client' : 'ntlm-client-refused')
    const dnsName = id(event, ntlm.server_dns_computer_name)
    report.names('resp', dnsName === 0 ? id(event, ntlm.server_nb_computer_name) : dnsName, 'ntlm-server')
  },
}

const rpc = slots('dce_rpc', 'endpoint', 'operation', 'opnum')
/** MS-NRPC section 3.5.4: ReqChallenge 4, Authenticate 5/15/26, LogonSam… 2/39/45, GetDomainInfo 21/29. */
const CHANNEL_OPERATION =
  /^Netr?(ServerReqChallenge|ServerAuthenticate|LogonSamLogon|LogonGetDomainInfo|LogonGetCapabilities|ServerPasswordSet)/i
const CHANNEL_OPNUMS: ReadonlySet<number> = new Set([2, 4, 5, 6, 15, 21, 26, 29, 30, 39, 45])
const rpcReader: ProtocolReader = {
  answered: () => true,
  read(event, report) {
    switch (text(event, rpc.endpoint)) {
      case 'netlogon':
        if (CHANNEL_OPERATION.test(text(event, rpc.operation)) || CHANNEL_OPNUMS.has(event.number(rpc.opnum))) {
          report.served('netlogon-channel')
        }
        return
      case 'drsuapi':
        report.served('directory-replication')
        return
      case 'samr':
      case 'lsarpc':
        report.served('account-rpc')
    }
  },
}

const mapping = slots('smb_mapping', 'path', 'service', 'share_type')
const mappingReader: ProtocolReader = {
  answered: (event) => has(event, mapping.share_type) || has(event, mapping.service),
  read(event, report) {
    const path = text(event, mapping.path)
    const parts = /^\\\\([^\\]+)\\([^\\]+)\\?$/.exec(path)
    if (!parts) return
    const server = parts[1]!
    if (!server.includes(':')) report.namesText('resp', server, 'smb-path')
    const share = parts[2]!.toLowerCase()
    const isDisk = text(event, mapping.share_type) === 'DISK' || text(event, mapping.service).startsWith('A:')
    if (!isDisk) return
    if (share === 'sysvol' || share === 'netlogon') report.served('policy-share')
    // C$, ADMIN$, IPC$, print$ are every Windows machine's own.
    else if (!share.endsWith('$')) report.served('file-share')
  },
}

const ldap = slots('ldap', 'result', 'opcode')
const ldapReader: ProtocolReader = {
  answered: (event) => has(event, ldap.result),
  read(event, report) {
    if (has(event, ldap.result)) report.served('directory-answer')
  },
}
const ldapSearch = slots('ldap_search', 'result')
const ldapSearchReader: ProtocolReader = {
  answered: (event) => has(event, ldapSearch.result),
  read(event, report) {
    if (has(event, ldapSearch.result)) report.served('directory-answer')
  },
}

/** Web services that every Windows workstation offers: WinRM, update sharing, device discovery. */
const WORKSTATION_WEB: ReadonlySet<number> = new Set([2869, 5357, 5358, 5985, 5986, 7680, 47001])
const http = slots('http', 'id.resp_p', 'status_code')
const httpReader: ProtocolReader = {
  answered: (event) => !Number.isNaN(event.number(http.status_code)),
  read(event, report) {
    if (Number.isNaN(event.number(http.status_code)) || WORKSTATION_WEB.has(event.number(http['id.resp_p']))) return
    report.served('web-service')
  },
}
const ssl = slots('ssl', 'id.resp_p', 'established', 'version')
const HTTPS_PORTS: ReadonlySet<number> = new Set([443, 4443, 8443, 9443])
const sslReader: ProtocolReader = {
  answered: (event) => event.number(ssl.established) === 1 || has(event, ssl.version),
  read(event, report) {
    if (event.number(ssl.established) !== 1 || !HTTPS_PORTS.has(event.number(ssl['id.resp_p']))) return
    report.served('web-service')
  },
}

const rdp = slots('rdp', 'result', 'client_name', 'security_protocol')
const rdpReader: ProtocolReader = {
  answered: (event) => has(event, rdp.result) || has(event, rdp.security_protocol),
  read(event, report) {
    report.names('orig', id(event, rdp.client_name), 'rdp-client')
  },
}

const snmp = slots('snmp', 'get_responses', 'display_string')
const snmpReader: ProtocolReader = {
  answered: (event) => event.number(snmp.get_responses) > 0,
  read(event, report) {
    if (!(event.number(snmp.get_responses) > 0) || id(event, snmp.display_string) === 0) return
    const kind = deviceWords(text(event, snmp.display_string))
    if (kind) report.served(kind)
  },
}

const sip = slots('sip', 'method', 'status_code', 'user_agent')
const sipReader: ProtocolReader = {
  answered: (event) => !Number.isNaN(event.number(sip.status_code)),
  read(event, report) {
    if (text(event, sip.method) !== 'REGISTER' || event.number(sip.status_code) !== 200) return
    report.did('sip-registration')
    if (deviceWords(text(event, sip.user_agent)) === 'phone-words') report.did('phone-words')
  },
}

const modbus = slots('modbus', 'pdu_type', 'func')
const modbusReader: ProtocolReader = {
  answered: (event) => text(event, modbus.pdu_type) !== 'REQ',
  read(event, report) {
    // Before Zeek 5 there is one line an exchange and no pdu_type; a lone request has no function to answer.
    if (text(event, modbus.pdu_type) !== 'REQ' && has(event, modbus.func)) report.served('industrial-answer')
  },
}
const dnp3 = slots('dnp3', 'fc_reply')
const dnp3Reader: ProtocolReader = {
  answered: (event) => has(event, dnp3.fc_reply),
  read(event, report) {
    if (has(event, dnp3.fc_reply)) report.served('industrial-answer')
  },
}
const s7 = slots('s7comm', 'rosctr')
const s7Reader: ProtocolReader = {
  answered: (event) => /ack/i.test(text(event, s7.rosctr)),
  read(event, report) {
    if (/ack/i.test(text(event, s7.rosctr))) report.served('industrial-answer')
  },
}
const bacnet = slots('bacnet', 'pdu_type')
const bacnetReader: ProtocolReader = {
  answered: (event) => /ack/i.test(text(event, bacnet.pdu_type)),
  read(event, report) {
    if (/ack/i.test(text(event, bacnet.pdu_type))) report.served('industrial-answer')
  },
}

const smtp = slots('smtp', 'last_reply')
const ssh = slots('ssh', 'server', 'auth_success')
const ftp = slots('ftp', 'reply_code')
const radius = slots('radius', 'result')
const mysql = slots('mysql', 'success', 'response')

/** By log type; a type that is not here proves nothing of its responder. */
export const PROTOCOL_READERS: ReadonlyMap<string, ProtocolReader> = new Map<string, ProtocolReader>([
  ['dns', dnsReader],
  ['kerberos', kerberosReader],
  ['ntlm', ntlmReader],
  ['dce_rpc', rpcReader],
  ['smb_mapping', mappingReader],
  ['smb_files', always],
  ['ldap', ldapReader],
  ['ldap_search', ldapSearchReader],
  ['http', httpReader],
  ['open_http', httpReader],
  ['ssl', sslReader],
  ['open_ssl', sslReader],
  ['rdp', rdpReader],
  ['snmp', snmpReader],
  ['sip', sipReader],
  ['modbus', modbusReader],
  ['dnp3', dnp3Reader],
  ['s7comm', s7Reader],
  ['bacnet', bacnetReader],
  ['known_services', always],
  ['smtp', { answered: (event) => has(event, smtp.last_reply) }],
  ['ssh', { answered: (event) => has(event, ssh.server) || has(event, ssh.auth_success) }],
  ['ftp', { answered: (event) => has(event, ftp.reply_code) }],
  ['radius', { answered: (event) => text(event, radius.result) !== 'unknown' && has(event, radius.result) }],
  ['mysql', { answered: (event) => has(event, mysql.success) || has(event, mysql.response) }],
])
