import { ABSENT_NUMBERS, BATCH_ROWS } from '../event/batch.ts'
import { slotOf } from '../event/log_types.ts'
import { HOUR, SECOND } from '../event/time.ts'
import type { BatchTexts } from './batch_texts.ts'
import { ROLLUP_COLUMNS } from './lake_columns.ts'
import type { Staging } from './lake_staging.ts'
import type { Column, ColumnData } from './parquet_column.ts'
import { sortedRows } from './row_order.ts'
import type { TextPool } from './text_pool.ts'

/** States of a connection that was asked for and not had (Zeek's `conn_state`): no answer, refused, or one-sided. */
const FAILED_STATES = new Set(['S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR'])

/**
 * Connections summed up by hour (of `known`), originating device, responding device, protocol, service and port: what
 * histograms and top lists read instead of the connections. One file of sums a file of connections; the view adds up.
 */
export function rollupOf(staging: Staging, texts: BatchTexts): { rows: number; columns: Column[] } {
  const { pool } = texts
  const sums = new Sums()
  /** By pool id of the state: 0 not looked up yet, 1 had, 2 failed. */
  let failed = new Uint8Array(1 << 10)
  const hasFailed = (id: number): boolean => {
    if (id === 0) return false
    if (id >= failed.length) {
      const larger = new Uint8Array(id * 2)
      larger.set(failed)
      failed = larger
    }
    if (failed[id] === 0) failed[id] = FAILED_STATES.has(pool.text(id)) ? 2 : 1
    return failed[id] === 2
  }
  const slots = {
    proto: slotOf(staging.type, 'proto'),
    service: slotOf(staging.type, 'service'),
    state: slotOf(staging.type, 'conn_state'),
    port: slotOf(staging.type, 'id.resp_p'),
    origBytes: slotOf(staging.type, 'orig_bytes'),
    respBytes: slotOf(staging.type, 'resp_bytes'),
  }
  const scratch = new Uint32Array(BATCH_ROWS * 3)
  for (const batch of staging.batches) {
    texts.copyColumn(batch, batch.strings.get(slots.proto), scratch, 0, 3)
    texts.copyColumn(batch, batch.strings.get(slots.service), scratch, 1, 3)
    texts.copyColumn(batch, batch.strings.get(slots.state), scratch, 2, 3)
    const port = batch.numbers.get(slots.port) ?? ABSENT_NUMBERS
    const origBytes = batch.numbers.get(slots.origBytes) ?? ABSENT_NUMBERS
    const respBytes = batch.numbers.get(slots.respBytes) ?? ABSENT_NUMBERS
    const { known, device, peer, skip } = batch
    for (let row = 0; row < batch.rows; row++) {
      if (skip !== undefined && skip[row] === 1) continue
      const group = sums.groupOf(
        Math.floor(known[row]! / HOUR),
        texts.deviceText(device[row]!),
        texts.deviceText(peer[row]!),
        scratch[row * 3]!,
        scratch[row * 3 + 1]!,
        port[row]!,
      )
      sums.conns[group] = sums.conns[group]! + 1
      if (origBytes[row]! > 0) sums.origBytes[group] = sums.origBytes[group]! + origBytes[row]!
      if (respBytes[row]! > 0) sums.respBytes[group] = sums.respBytes[group]! + respBytes[row]!
      if (hasFailed(scratch[row * 3 + 2]!)) sums.failures[group] = sums.failures[group]! + 1
    }
  }
  return { rows: sums.size, columns: columnsOf(sums, pool) }
}

function columnsOf(sums: Sums, pool: TextPool): Column[] {
  const order = sortedGroups(sums, pool)
  const numbers = (source: Float64Array, factor = 1): ColumnData => {
    const values = new Float64Array(order.length)
    for (let i = 0; i < order.length; i++) values[i] = source[order[i]!]! * factor
    return { holds: 'numbers', values, seldomRepeats: false }
  }
  const text = (source: Uint32Array): ColumnData => {
    const ids = new Uint32Array(order.length)
    for (let i = 0; i < order.length; i++) ids[i] = source[order[i]!]!
    return { holds: 'texts', ids, pool }
  }
  const load: Record<(typeof ROLLUP_COLUMNS)[number]['name'], () => ColumnData> = {
    hour: () => numbers(sums.hour, HOUR / SECOND),
    device: () => text(sums.device),
    peer_device: () => text(sums.peer),
    proto: () => text(sums.proto),
    service: () => text(sums.service),
    resp_p: () => numbers(sums.port),
    conns: () => numbers(sums.conns),
    orig_bytes: () => numbers(sums.origBytes),
    resp_bytes: () => numbers(sums.respBytes),
    failures: () => numbers(sums.failures),
  }
  return ROLLUP_COLUMNS.map(({ name, shape }) => ({ name, shape, bloom: name === 'peer_device', load: load[name] }))
}

/** By device (in the order of the ids' text, none last), then hour. */
function sortedGroups(sums: Sums, pool: TextPool): Uint32Array {
  const met = new Set<number>()
  for (let group = 0; group < sums.size; group++) met.add(sums.device[group]!)
  const keyed = [...met].map((id) => ({ id, key: id === 0 ? '~' : pool.text(id) }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  const ranks = new Uint32Array(pool.size)
  keyed.forEach(({ id }, rank) => {
    ranks[id] = rank
  })
  const groups = new Uint32Array(sums.size)
  const rank = new Uint32Array(sums.size)
  for (let group = 0; group < sums.size; group++) {
    groups[group] = group
    rank[group] = ranks[sums.device[group]!]!
  }
  return sortedRows(groups, rank, sums.hour)
}

/** Groups in the order in which they were first met, as columns, found by open addressing. */
class Sums {
  size = 0
  /** Hours since the epoch. */
  hour = new Float64Array(1 << 12)
  port = new Float64Array(1 << 12)
  device = new Uint32Array(1 << 12)
  peer = new Uint32Array(1 << 12)
  proto = new Uint32Array(1 << 12)
  service = new Uint32Array(1 << 12)
  conns = new Float64Array(1 << 12)
  origBytes = new Float64Array(1 << 12)
  respBytes = new Float64Array(1 << 12)
  failures = new Float64Array(1 << 12)
  private table = new Uint32Array(1 << 13)

  groupOf(hour: number, device: number, peer: number, proto: number, service: number, port: number): number {
    const mask = this.table.length - 1
    let place = hashOf(hour, device, peer, proto, service, port) & mask
    for (;;) {
      const found = this.table[place]!
      if (found === 0) break
      const group = found - 1
      if (
        this.device[group] === device &&
        this.peer[group] === peer &&
        Object.is(this.port[group], port) &&
        Object.is(this.hour[group], hour) &&
        this.service[group] === service &&
        this.proto[group] === proto
      ) {
        return group
      }
      place = (place + 1) & mask
    }
    if (this.size === this.hour.length) this.growColumns()
    const group = this.size++
    this.hour[group] = hour
    this.device[group] = device
    this.peer[group] = peer
    this.proto[group] = proto
    this.service[group] = service
    this.port[group] = port
    this.table[place] = group + 1
    if (this.size * 2 > this.table.length) this.growTable()
    return group
  }

  private growColumns(): void {
    const numbers = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(old.length * 2)
      larger.set(old)
      return larger
    }
    const ids = (old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(old.length * 2)
      larger.set(old)
      return larger
    }
    this.hour = numbers(this.hour)
    this.port = numbers(this.port)
    this.conns = numbers(this.conns)
    this.origBytes = numbers(this.origBytes)
    this.respBytes = numbers(this.respBytes)
    this.failures = numbers(this.failures)
    this.device = ids(this.device)
    this.peer = ids(this.peer)
    this.proto = ids(this.proto)
    this.service = ids(this.service)
  }

  private growTable(): void {
    this.table = new Uint32Array(this.table.length * 2)
    const mask = this.table.length - 1
    for (let group = 0; group < this.size; group++) {
      const { hour, device, peer, proto, service, port } = this
      let place =
        hashOf(hour[group]!, device[group]!, peer[group]!, proto[group]!, service[group]!, port[group]!) & mask
      while (this.table[place] !== 0) place = (place + 1) & mask
      this.table[place] = group + 1
    }
  }
}

function hashOf(hour: number, device: number, peer: number, proto: number, service: number, port: number): number {
  let hash = Math.imul(device, 0x9e3779b1) ^ Math.imul(peer, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ (port | 0), 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ (hour | 0), 0x27d4eb2f)
  return hash ^ (hash >>> 15) ^ Math.imul(service, 0x165667b1) ^ Math.imul(proto, 31)
}
