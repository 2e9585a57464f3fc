import { parseAddress, scopeOf } from '../../device/address.ts'
import type { Event } from '../../event/event.ts'
import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import { type AddressWords, addressWords, prefixOf } from '../endpoint_names.ts'
import { DYNAMIC_PORTS, type Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler, TEXT_WORD } from './family.ts'

export const PEER: View = { id: 1, name: 'device → internal peer', subject: 'device', value: ['device', 'none'] }
export const SERVICE_USED: View = {
  id: 2,
  name: 'device → service',
  subject: 'device',
  question: 'whither',
  value: ['service', 'none'],
}
export const PEER_SERVICE: View = {
  id: 3,
  name: 'device → internal peer and service',
  subject: 'device',
  question: 'whither',
  value: ['device', 'service'],
  shown: (peer, service) => `${peer}: ${service}`,
}
export const SERVICE_OFFERED: View = {
  id: 4,
  name: 'device → service offered',
  subject: 'device',
  question: 'offers',
  value: ['service', 'none'],
}
export const CLIENT: View = {
  id: 5,
  name: 'device → service offered, by client',
  subject: 'device',
  value: ['device', 'service'],
  shown: (client, service) => `${service} to ${client}`,
}
export const ENDPOINT: View = {
  id: 6,
  name: 'device → outside endpoint',
  subject: 'device',
  question: 'whither',
  value: ['text', 'none'],
}
export const OUTSIDE_CLIENT: View = {
  id: 7,
  name: 'device → service offered, by outside client',
  subject: 'device',
  value: ['text', 'service'],
  shown: (client, service) => `${service} to ${client}`,
}
/** A SYN that nobody answered, a refused connection: tried, not used. */
export const SERVICE_TRIED: View = {
  id: 8,
  name: 'device → service tried in vain',
  subject: 'device',
  question: 'whither',
  value: ['service', 'none'],
}

/**
 * States of `conn_state` in which both sides took part, by Zeek's definitions (scripts/base/protocols/conn/main.zeek):
 * established and closed, open, half closed, or reset after the handshake.
 */
const ANSWERED_STATES: ReadonlySet<string> = new Set(['SF', 'S1', 'S2', 'S3', 'RSTO', 'RSTR'])

/** Wrappers of authentication that Zeek lists among a connection's services: how one signs on, not what one uses. */
const WRAPPERS: ReadonlySet<string> = new Set(['gssapi', 'ntlm', 'krb', 'spnego'])

/** What stands behind a port when the sensor saw too little to say (IANA's names, as Zeek's analyzers are called). */
const USUAL_SERVICE: Readonly<Record<string, string>> = {
  '6/21': 'ftp',
  '6/22': 'ssh',
  '6/25': 'smtp',
  '6/53': 'dns',
  '6/80': 'http',
  '6/88': 'krb_tcp',
  '6/135': 'dce_rpc',
  '6/389': 'ldap_tcp',
  '6/443': 'ssl',
  '6/445': 'smb',
  '6/636': 'ssl',
  '6/3389': 'rdp',
  '17/53': 'dns',
  '17/67': 'dhcp',
  '17/88': 'krb_udp',
  '17/123': 'ntp',
  '17/161': 'snmp',
  '17/443': 'quic',
}

export function protocolNumber(text: string): number {
  return text === 'tcp'
    ? 6
    : text === 'udp'
      ? 17
      : text === 'icmp'
        ? 1
        : text === 'icmp6' || text === 'ipv6-icmp'
          ? 58
          : 0
}

/** A connection's services in an order of their own (Zeek writes a set), without authentication's wrappers. */
export function serviceName(service: string): string {
  if (!service.includes(',')) return service.toLowerCase()
  const names = service.toLowerCase().split(',')
  const real = names.filter((name) => !WRAPPERS.has(name))
  return (real.length > 0 ? real : names).sort().join(',')
}

/**
 * What a history alone says about an answer, for one-sided captures: an originator that acknowledges after its SYN has
 * had the responder's SYN-ACK (RFC 9293, 3.5), and a responder that sends data has been asked.
 */
export function answeredByHistory(history: string): boolean {
  if (history.includes('S')) return history.includes('A') && (history.includes('D') || /[had]/.test(history))
  return history.includes('h') && /[ad]/.test(history.slice(1)) && history.includes('A')
}

function connHandler(log: 'conn' | 'open_conn'): (habits: Habits) => Handler {
  const type = logType(log)
  const ORIG_H = slotOf(type, 'id.orig_h')
  const RESP_H = slotOf(type, 'id.resp_h')
  const ORIG_P = slotOf(type, 'id.orig_p')
  const RESP_P = slotOf(type, 'id.resp_p')
  const PROTO = slotOf(type, 'proto')
  const SERVICE = slotOf(type, 'service')
  const STATE = slotOf(type, 'conn_state')
  const HISTORY = slotOf(type, 'history')
  const ORIG_BYTES = slotOf(type, 'orig_bytes')
  const RESP_BYTES = slotOf(type, 'resp_bytes')

  return (habits) => {
    const { texts, cache, endpoints } = habits
    const generation = (): number => texts.generation
    const protocol = new BatchMemo(protocolNumber)
    const service = new BatchMemo((text) => texts.intern(serviceName(text)), generation)
    const answeredState = new BatchMemo((text) => (ANSWERED_STATES.has(text) ? 1 : 0))
    const answeredHistory = new BatchMemo((text) => (answeredByHistory(text) ? 1 : 0))
    const prefix = new BatchMemo((text) => texts.intern(prefixOf(text)), generation)
    const outside = new BatchMemo((text) => {
      const address = parseAddress(text)
      return address === undefined || scopeOf(address) === 'never' ? 0 : 1
    })
    const scratch: AddressWords = { high: 0, low: 0 }
    const high = new BatchMemo((text) => (addressWords(text, scratch) ? scratch.high : 0))
    const low = new BatchMemo((text) => (addressWords(text, scratch) ? scratch.low : 0))
    const address: AddressWords = { high: 0, low: 0 }
    const usual = new Map<number, string>(
      Object.entries(USUAL_SERVICE).map(([key, name]) => {
        const [ip, port] = key.split('/').map(Number)
        return [ip! * 65_536 + port!, name]
      }),
    )

    const isAnswered = (event: Event, ip: number): boolean => {
      const { batch, row } = event
      if (answeredState.of(batch, batch.strings[STATE]![row]!) === 1) return true
      if (ip === 6) return answeredHistory.of(batch, batch.strings[HISTORY]![row]!) === 1
      return batch.numbers[ORIG_BYTES]![row]! > 0 && batch.numbers[RESP_BYTES]![row]! > 0
    }

    /** The service's number; where the sensor names none, what usually stands behind the port. */
    const serviceFor = (ip: number, port: number, name: number): number =>
      habits.serviceOf(ip, port, name !== 0 ? name : texts.intern(usual.get(ip * 65_536 + port) ?? ''))

    const between = (
      orig: number,
      resp: number,
      answered: boolean,
      ip: number,
      port: number,
      name: number,
      day: DayNumber,
    ): void => {
      const used = serviceFor(ip, port, name)
      if (used === 0) return
      if (!answered) {
        habits.use(SERVICE_TRIED, orig, used, 0, day)
        return
      }
      habits.use(PEER, orig, resp, 0, day)
      habits.use(SERVICE_USED, orig, used, 0, day)
      habits.use(PEER_SERVICE, orig, resp, used, day)
      habits.use(SERVICE_OFFERED, resp, used, 0, day)
      habits.use(CLIENT, resp, orig, used, day)
    }

    return (event, day) => {
      const { batch, row, orig, resp } = event
      if (orig < 0 && resp < 0) return
      const ip = protocol.of(batch, batch.strings[PROTO]![row]!)
      const icmp = ip === 1 || ip === 58
      const rawPort = batch.numbers[icmp ? ORIG_P : RESP_P]![row]!
      const port = rawPort >= 0 ? (icmp ? rawPort & 0xff : Math.min(rawPort, DYNAMIC_PORTS) | 0) : 0
      const name = service.of(batch, batch.strings[SERVICE]![row]!)
      const answered = isAnswered(event, ip)
      const low5 = (answered ? 16 : 0) | (ip === 6 ? 1 : ip === 17 ? 2 : icmp ? (ip === 1 ? 3 : 4) : 0)
      if (orig >= 0 && resp >= 0) {
        if (cache.seen(orig, resp, port, cacheWord(CACHE_TAG.conn, name, low5), day)) return
        between(orig, resp, answered, ip, port, name, day)
        return
      }
      const other = batch.strings[orig < 0 ? ORIG_H : RESP_H]![row]!
      if (outside.of(batch, other) === 0) {
        // A group's address, a broadcast: no device, no endpoint. That the device speaks it is still a habit.
        if (orig < 0 || cache.seen(orig, -1, port, cacheWord(CACHE_TAG.conn, name, low5), day)) return
        const used = serviceFor(ip, port, name)
        if (used !== 0) habits.use(answered ? SERVICE_USED : SERVICE_TRIED, orig, used, 0, day)
        return
      }
      if (orig < 0) {
        const from = prefix.of(batch, other)
        if (!answered || cache.seen(TEXT_WORD | from, resp, port, cacheWord(CACHE_TAG.outside, name, low5), day)) return
        const used = serviceFor(ip, port, name)
        if (used === 0) return
        habits.use(SERVICE_OFFERED, resp, used, 0, day)
        habits.use(OUTSIDE_CLIENT, resp, from, used, day)
        return
      }
      address.high = high.of(batch, other)
      address.low = low.of(batch, other)
      const named = endpoints.nameOf(orig, address)
      const endpoint = named !== 0 ? named : prefix.of(batch, other)
      if (cache.seen(orig, TEXT_WORD | endpoint, port, cacheWord(CACHE_TAG.outside, name, low5), day)) return
      const used = serviceFor(ip, port, name)
      if (used === 0) return
      if (!answered) habits.use(SERVICE_TRIED, orig, used, 0, day)
      else {
        habits.use(SERVICE_USED, orig, used, 0, day)
        if (endpoint !== 0) habits.use(ENDPOINT, orig, endpoint, 0, day)
      }
    }
  }
}

/** From conn: who talks to whom, over what, who answers. */
export const CONNECTIONS: Family = {
  views: [PEER, SERVICE_USED, PEER_SERVICE, SERVICE_OFFERED, CLIENT, ENDPOINT, OUTSIDE_CLIENT, SERVICE_TRIED],
  handlers: { conn: connHandler('conn'), open_conn: connHandler('open_conn') },
}
