import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CaptureCutter, looksLikeCapture } from './capture_pieces.ts'
import { frameOf, pcapOf, udpOf } from './made_capture.ts'

const PACKETS = Array.from({ length: 20 }, (_, index) => ({
  time: 1_600_000_000_000_000 + index,
  bytes: frameOf('10.0.0.1', '10.0.0.2', 17, udpOf(1000 + index, 9999, Buffer.alloc(index * 3, 1))),
}))
const PCAP = pcapOf(PACKETS)
const PCAPNG = pcapngOf()

/** One section with one interface, the same packets. */
function pcapngOf(): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    const made = Buffer.alloc(12 + padded.length)
    made.writeUInt32LE(type, 0)
    made.writeUInt32LE(made.length, 4)
    padded.copy(made, 8)
    made.writeUInt32LE(made.length, made.length - 4)
    return made
  }
  const section = Buffer.alloc(16, 0xff)
  section.writeUInt32LE(0x1a2b3c4d, 0)
  section.writeUInt16LE(1, 4)
  section.writeUInt16LE(0, 6)
  const device = Buffer.alloc(8)
  device.writeUInt16LE(1, 0)
  const packets = PACKETS.map(({ time, bytes }) => {
    const head = Buffer.alloc(20)
    head.writeUInt32LE(Math.floor(time / 2 ** 32), 4)
    head.writeUInt32LE(time >>> 0, 8)
    head.writeUInt32LE(bytes.length, 12)
    head.writeUInt32LE(bytes.length, 16)
    return block(6, Buffer.concat([head, bytes]))
  })
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, device), ...packets])
}

function cut(bytes: Buffer, sizes: readonly number[]): { cutter: CaptureCutter; passed: Buffer } {
  const cutter = new CaptureCutter()
  const passed: Buffer[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    passed.push(Buffer.from(cutter.push(bytes.subarray(at, at + size))))
    at += size
  }
  return { cutter, passed: Buffer.concat(passed) }
}

test('whatever the chunks, all bytes of a whole capture pass and its packets are counted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(PCAP, PCAPNG),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 9 }),
      (bytes, sizes) => {
        const { cutter, passed } = cut(bytes, sizes)
        assert.ok(passed.equals(bytes))
        assert.equal(cutter.packets, PACKETS.length)
        assert.equal(cutter.unfinished, false)
        assert.equal(cutter.broken, undefined)
      },
    ),
    { seed: 7, numRuns: 60 },
  )
})

test('a capture cut at any byte passes whole packets only, and says that one is unfinished', () => {
  for (const bytes of [PCAP, PCAPNG]) {
    const borders = new Set<number>()
    for (let end = 60; end <= bytes.length; end += 1) {
      const { cutter, passed } = cut(bytes.subarray(0, end), [4096])
      assert.ok(bytes.subarray(0, passed.length).equals(passed))
      assert.equal(cutter.unfinished, passed.length !== end)
      borders.add(passed.length)
    }
    assert.ok(borders.size >= PACKETS.length)
  }
})

test('a length that no packet has ends the reading at that packet', () => {
  const bytes = Buffer.from(PCAP)
  let at = 24
  for (let skipped = 0; skipped < 3; skipped++) at += 16 + bytes.readUInt32LE(at + 8)
  bytes.writeUInt32LE(0x7fffffff, at + 8)
  const { cutter, passed } = cut(bytes, [100])
  assert.equal(passed.length, at)
  assert.equal(cutter.packets, 3)
  assert.equal(cutter.broken?.packet, 4)
})

test('what comes before the packets can be repeated before any later piece', () => {
  assert.ok(cut(PCAP, [64]).cutter.preamble()?.equals(PCAP.subarray(0, 24)))
  assert.ok(
    cut(PCAPNG, [64])
      .cutter.preamble()
      ?.equals(PCAPNG.subarray(0, 28 + 20)),
  )
})

test('captures are recognised by their magic numbers, in both byte orders, and nothing else is', () => {
  for (const magic of ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a1c0000004d3c2b1a']) {
    assert.ok(looksLikeCapture(Buffer.from(magic, 'hex')), magic)
  }
  for (const text of ['', '#separator \\x09', '{"ts":1}', '\n\r\r\n{"ts":1.5}']) {
    assert.equal(looksLikeCapture(Buffer.from(text)), false, text)
  }
})
