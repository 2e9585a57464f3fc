import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECOND } from '../../event/time.ts'
import { ReadReport } from '../sensor.ts'
import { Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { ConnectionTable, icmpPorts } from './connections.ts'
import { EventWriter } from './events.ts'
import { type PlainEvent, plainEvents } from './made_capture.ts'

const F = 1
const S = 2
const R = 4
const A = 16
const CLIENT = '10.0.0.1'
const SERVER = '10.0.0.2'
const START = 1_600_000_000 * SECOND

interface Sent {
  readonly from: 'client' | 'server'
  readonly flags: number
  readonly seq: number
  readonly ack?: number
  readonly bytes?: number
  /** Seconds after the first packet. */
  readonly at?: number
  readonly window?: number
}

/** Sequence numbers are given relative to each side's first. */
const CLIENT_ISN = 0xfffffff0
const SERVER_ISN = 5000

function connectionsOf(packets: readonly Sent[], ports: readonly [number, number] = [40_000, 80]): PlainEvent[] {
  const writer = new EventWriter(new ReadReport('made'))
  const table = new ConnectionTable(writer, new Evictions(), () => {})
  packets.forEach((sent, index) => {
    const client = sent.from === 'client'
    const time = START + Math.round((sent.at ?? index / 1000) * SECOND)
    table.advance(time)
    writer.clock = time
    table.see({
      packet: index + 1,
      time,
      transport: 'tcp',
      layers: { transport: 'tcp', transportIndex: 0, family: 'ip', familyIndex: 0, applications: new Set() },
      source: client ? CLIENT : SERVER,
      sourcePort: client ? ports[0] : ports[1],
      destination: client ? SERVER : CLIENT,
      destinationPort: client ? ports[1] : ports[0],
      sourceMac: undefined,
      destinationMac: undefined,
      vlans: [],
      ipBytes: 40 + (sent.bytes ?? 0),
      payload: sent.bytes ?? 0,
      flags: sent.flags,
      sequence: ((client ? CLIENT_ISN : SERVER_ISN) + sent.seq) >>> 0,
      acknowledgement: sent.ack === undefined ? 0 : ((client ? SERVER_ISN : CLIENT_ISN) + sent.ack) >>> 0,
      window: sent.window ?? 1024,
    })
  })
  table.finish()
  return writer.takeRest().flatMap(plainEvents)
}

const c = (flags: number, seq: number, more: Partial<Sent> = {}): Sent => ({ from: 'client', flags, seq, ...more })
const s = (flags: number, seq: number, more: Partial<Sent> = {}): Sent => ({ from: 'server', flags, seq, ...more })

const HANDSHAKE = [c(S, 0), s(S | A, 0, { ack: 1 }), c(A, 1, { ack: 1 })]
const DIALOGUE = [
  ...HANDSHAKE,
  c(A, 1, { ack: 1, bytes: 100 }),
  s(A, 1, { ack: 101 }),
  s(A, 1, { ack: 101, bytes: 300 }),
  c(A, 101, { ack: 301 }),
]

const CASES: readonly (readonly [name: string, state: string, history: string, packets: readonly Sent[]])[] = [
  ['an unanswered SYN', 'S0', 'S', [c(S, 0)]],
  ['a refused one', 'REJ', 'Sr', [c(S, 0), s(R | A, 0, { ack: 1 })]],
  ['an open connection', 'S1', 'ShADad', DIALOGUE],
  [
    'an ordinary end',
    'SF',
    'ShADadFf',
    [...DIALOGUE, c(F | A, 101, { ack: 301 }), s(F | A, 301, { ack: 102 }), c(A, 102, { ack: 302 })],
  ],
  ['an end by the client alone', 'S2', 'ShADadF', [...DIALOGUE, c(F | A, 101, { ack: 301 })]],
  ['an end by the server alone', 'S3', 'ShADadf', [...DIALOGUE, s(F | A, 301, { ack: 101 })]],
  ['a reset by the client', 'RSTO', 'ShADadR', [...DIALOGUE, c(R, 101)]],
  ['a reset by the server', 'RSTR', 'ShADadr', [...DIALOGUE, s(R | A, 301, { ack: 101 })]],
  ['a half-open scan', 'RSTO', 'ShR', [c(S, 0), s(S | A, 0, { ack: 1 }), c(R, 1)]],
  ['a SYN that is taken back', 'RSTOS0', 'SR', [c(S, 0), c(R, 1)]],
  ['a SYN and a FIN without an answer', 'SH', 'SF', [c(S, 0), c(F, 1)]],
  ['a SYN-ACK and a FIN without the client', 'SHR', '^hf', [s(S | A, 0, { ack: 1 }), s(F | A, 1, { ack: 1 })]],
  ['a SYN-ACK and a RST without the client', 'RSTRH', '^hr', [s(S | A, 0, { ack: 1 }), s(R | A, 1, { ack: 1 })]],
  [
    'a conversation whose beginning was missed',
    'OTH',
    'DdA',
    [c(A, 9, { ack: 9, bytes: 5 }), s(A, 9, { ack: 14, bytes: 7 }), c(A, 14, { ack: 16 })],
  ],
  [
    'one whose SYN alone was missed',
    'S1',
    '^hADd',
    [s(S | A, 0, { ack: 1 }), c(A, 1, { ack: 1 }), c(A, 1, { ack: 1, bytes: 3 }), s(A, 1, { ack: 4, bytes: 3 })],
  ],
]

for (const [name, state, history, packets] of CASES) {
  test(`${name} is ${state} with history ${history}`, () => {
    const rows = connectionsOf(packets)
    assert.equal(rows.length, 1)
    assert.equal(rows[0]!['conn_state'], state)
    assert.equal(rows[0]!['history'], history)
    assert.equal(rows[0]!['id.orig_h'], CLIENT)
    assert.equal(rows[0]!['id.resp_p'], 80)
  })
}

test('bytes are counted by sequence numbers, over their wrap, and a segment sent twice counts once', () => {
  const [row] = connectionsOf([...DIALOGUE, c(A, 1, { ack: 301, bytes: 100 }), c(A, 101, { ack: 301, bytes: 50 })])
  assert.equal(row!['orig_bytes'], 150)
  assert.equal(row!['resp_bytes'], 300)
  assert.equal(row!['orig_pkts'], 6)
  assert.equal(row!['orig_ip_bytes'], 6 * 40 + 250)
  assert.equal(row!['history'], 'ShADadT')
})

test('bytes that were acknowledged but not seen are missed bytes, and count as sent', () => {
  const [row] = connectionsOf([...DIALOGUE, c(A, 601, { ack: 301, bytes: 100 }), s(A, 301, { ack: 701 })])
  assert.equal(row!['missed_bytes'], 500)
  assert.equal(row!['orig_bytes'], 700)
  assert.match(String(row!['history']), /G/)
})

test('segments out of order are no loss', () => {
  const [row] = connectionsOf([
    ...DIALOGUE,
    c(A, 201, { ack: 301, bytes: 100 }),
    c(A, 101, { ack: 301, bytes: 100 }),
    s(A, 301, { ack: 301 }),
  ])
  assert.equal(row!['missed_bytes'], 0)
  assert.equal(row!['orig_bytes'], 300)
})

test('of a connection that is seen from one side only, that side is counted', () => {
  const [row] = connectionsOf(DIALOGUE.filter((sent) => sent.from === 'client'))
  assert.equal(row!['conn_state'], 'OTH')
  assert.equal(row!['orig_bytes'], 100)
  assert.equal(row!['resp_bytes'], 0)
  assert.equal(row!['resp_pkts'], 0)
  assert.equal(row!['missed_bytes'], 0)
})

test('without a SYN the port that servers listen on decides who is the responder', () => {
  const rows = connectionsOf([s(A, 9, { ack: 9, bytes: 7 }), c(A, 9, { ack: 16 })], [50_000, 445])
  assert.equal(rows[0]!['id.orig_h'], CLIENT)
  assert.equal(rows[0]!['id.resp_p'], 445)
  assert.equal(rows[0]!['history'], '^dA')
  assert.equal(rows[0]!['resp_bytes'], 7)
})

test('an unanswered SYN is told 5 s later, also when the next packet comes much later', () => {
  const rows = connectionsOf([c(S, 0), c(S, 0, { at: 1 }), c(S, 0, { at: 9 })])
  assert.deepEqual(
    rows.map((row) => [row['conn_state'], row['orig_pkts'], (Number(row['_known']) - START) / SECOND]),
    [
      ['S0', 2, 5],
      ['S0', 1, 9],
    ],
  )
})

test('a connection that has ended lingers 5 s, so that what straggles in is still its own', () => {
  const end = [c(F | A, 101, { ack: 301, at: 1 }), s(F | A, 301, { ack: 102, at: 1 }), c(A, 102, { ack: 302, at: 3 })]
  const rows = connectionsOf([...DIALOGUE, ...end, c(S, 9000, { at: 60 })])
  assert.equal(rows[0]!['orig_pkts'], 6)
  assert.equal(rows[0]!['_known'], START + 6 * SECOND)
  assert.equal(rows[0]!['duration'], SECOND)
  assert.equal(rows[1]!['conn_state'], 'S0')
})

test('a silent connection is told after 5 minutes', () => {
  const rows = connectionsOf([...DIALOGUE, c(S, 1, { at: 1000 })], [40_000, 80])
  assert.equal(rows[0]!['conn_state'], 'S1')
  assert.equal(rows[0]!['_known'], START + 6000 + 300 * SECOND)
})

test('the same ports used again at once are another connection', () => {
  const end = [c(F | A, 101, { ack: 301 }), s(F | A, 301, { ack: 102 })]
  const rows = connectionsOf([...DIALOGUE, ...end, c(S, 70_000), s(S | A, 0, { ack: 70_001 })])
  assert.deepEqual(
    rows.map((row) => row['conn_state']),
    ['SF', 'S1'],
  )
  assert.notEqual(rows[0]!['uid'], rows[1]!['uid'])
})

test('beyond the bound the oldest connection is told and counted', () => {
  const writer = new EventWriter(new ReadReport('made'))
  const evictions = new Evictions()
  const ended: Connection[] = []
  const table = new ConnectionTable(writer, evictions, (connection) => ended.push(connection), 3)
  const header = (port: number): PacketHeader => ({
    packet: port,
    time: START,
    transport: 'udp',
    layers: { transport: 'udp', transportIndex: 0, family: 'ip', familyIndex: 0, applications: new Set() },
    source: CLIENT,
    sourcePort: port,
    destination: SERVER,
    destinationPort: 9999,
    sourceMac: undefined,
    destinationMac: undefined,
    vlans: [],
    ipBytes: 30,
    payload: 2,
    flags: 0,
    sequence: 0,
    acknowledgement: 0,
    window: 1,
  })
  for (const port of [1, 2, 3, 4, 5]) table.see(header(port))
  assert.deepEqual(
    ended.map((connection) => connection.originator.port),
    [1, 2],
  )
  assert.deepEqual(evictions.notes(), ['2 connections were given up, oldest first, to keep memory within bounds'])
})

test('ICMP flows have the type and what answers it, or the code, as ports', () => {
  assert.deepEqual(icmpPorts('icmp', 8, 0), { port: 8, peerPort: 0, oneWay: false })
  assert.deepEqual(icmpPorts('icmp', 3, 1), { port: 3, peerPort: 1, oneWay: true })
  assert.deepEqual(icmpPorts('icmpv6', 135, 0), { port: 135, peerPort: 136, oneWay: false })
})
