import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash64 } from './bloom_filter.ts'

function hex(bytes: Uint8Array): string {
  const halves = new Int32Array(2)
  hash64(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, halves)
  return [...halves].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

/** XXH64 as its specification writes it (seed 0), with big integers: slow and plain. */
function plainHash(bytes: Uint8Array): string {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ] as const
  const cut = (value: bigint): bigint => BigInt.asUintN(64, value)
  const rotate = (value: bigint, by: bigint): bigint => cut((value << by) | (value >> (64n - by)))
  const round = (lane: bigint, word: bigint): bigint => cut(rotate(cut(lane + word * p2), 31n) * p1)
  const view = Buffer.from(bytes)
  let at = 0
  let hash: bigint = p5
  if (view.length >= 32) {
    const lanes = [cut(p1 + p2), p2, 0n, cut(-p1)]
    for (; at + 32 <= view.length; at += 32) {
      lanes.forEach((lane, i) => {
        lanes[i] = round(lane, view.readBigUInt64LE(at + i * 8))
      })
    }
    hash = cut(rotate(lanes[0]!, 1n) + rotate(lanes[1]!, 7n) + rotate(lanes[2]!, 12n) + rotate(lanes[3]!, 18n))
    for (const lane of lanes) hash = cut((hash ^ round(0n, lane)) * p1 + p4)
  }
  hash = cut(hash + BigInt(view.length))
  for (; at + 8 <= view.length; at += 8) hash = cut(rotate(hash ^ round(0n, view.readBigUInt64LE(at)), 27n) * p1 + p4)
  if (at + 4 <= view.length) {
    hash = cut(rotate(hash ^ cut(BigInt(view.readUInt32LE(at)) * p1), 23n) * p2 + p3)
    at += 4
  }
  for (; at < view.length; at++) hash = cut(rotate(hash ^ cut(BigInt(view[at]!) * p5), 11n) * p1)
  hash = cut((hash ^ (hash >> 33n)) * p2)
  hash = cut((hash ^ (hash >> 29n)) * p3)
  return (hash ^ (hash >> 32n)).toString(16).padStart(16, '0')
}

test('the hash is XXH64: published values', () => {
  assert.equal(hex(Buffer.from('')), 'ef46db3751d8e999')
  assert.equal(hex(Buffer.from('abc')), '44bc2cf5ad770999')
  assert.equal(hex(Buffer.from('Nobody inspects the spammish repetition')), 'fbcea83c8a378bf1')
})

test('the hash is XXH64 at every length', () => {
  let state = 7
  for (let length = 0; length < 140; length++) {
    const bytes = Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state >>> 16
    })
    assert.equal(hex(bytes), plainHash(bytes), `length ${length}`)
  }
})
