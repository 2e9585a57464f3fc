import { type LogType, slotOf } from '../event/log_types.ts'
import { HOUR, SECOND } from '../event/time.ts'
import { ROLLUP_COLUMNS } from './lake_columns.ts'
import type { SortedRows } from './lake_staging.ts'
import type { Column, ColumnData } from './parquet_column.ts'

/** States of a connection that was asked for and not had (Zeek's `conn_state`): no answer, refused, or one-sided. */
const FAILED_STATES = new Set(['S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR'])

/**
 * Connections summed up by hour (of `known`), originating device, responding device, protocol, service and port: what
 * histograms and top lists read instead of the connections. One file of sums a file of connections; the view adds up.
 */
export function rollupOf(type: LogType, sorted: SortedRows): { rows: number; columns: Column[] } {
  const known = sorted.knownMicros()
  const device = sorted.deviceTextIds('device')
  const peer = sorted.deviceTextIds('peer')
  const proto = sorted.fieldTexts(slotOf(type, 'proto'))
  const service = sorted.fieldTexts(slotOf(type, 'service'))
  const state = sorted.fieldTexts(slotOf(type, 'conn_state'))
  const port = sorted.fieldNumbers(slotOf(type, 'id.resp_p'))
  const origBytes = sorted.fieldNumbers(slotOf(type, 'orig_bytes'))
  const respBytes = sorted.fieldNumbers(slotOf(type, 'resp_bytes'))
  const { texts } = sorted
  const failed = new Map<number, boolean>()
  const hasFailed = (id: number): boolean => {
    let answer = failed.get(id)
    if (answer === undefined) {
      answer = id !== 0 && FAILED_STATES.has(texts.text(id))
      failed.set(id, answer)
    }
    return answer
  }
  const sums = new Sums()
  for (let row = 0; row < sorted.rows; row++) {
    const at = known[row]!
    const hour = Number.isNaN(at) ? Number.NaN : Math.floor(at / HOUR) * HOUR
    const group = sums.groupOf(hour, device[row]!, peer[row]!, proto[row]!, service[row]!, port[row]!)
    sums.conns[group]!++
    if (origBytes[row]! > 0) sums.origBytes[group]! += origBytes[row]!
    if (respBytes[row]! > 0) sums.respBytes[group]! += respBytes[row]!
    if (hasFailed(state[row]!)) sums.failures[group]!++
  }
  const rows = sums.size
  const numbers = (values: Float64Array): ColumnData => ({
    holds: 'numbers',
    values: values.subarray(0, rows),
    seldomRepeats: false,
  })
  const text = (ids: Uint32Array): ColumnData => ({ holds: 'texts', ids: ids.subarray(0, rows), pool: texts })
  const data: Record<(typeof ROLLUP_COLUMNS)[number]['name'], () => ColumnData> = {
    hour: () => numbers(sums.hour.map((micros) => micros / SECOND)),
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
  return {
    rows,
    columns: ROLLUP_COLUMNS.map(({ name, shape }) => ({
      name,
      shape,
      bloom: name === 'peer_device',
      load: data[name],
    })),
  }
}

/** Groups in the order in which they were first met (so: by device), as columns, found by open addressing. */
class Sums {
  size = 0
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
  hash = Math.imul(hash ^ (hash >>> 13) ^ ((hour / HOUR) | 0), 0x27d4eb2f)
  return hash ^ (hash >>> 15) ^ Math.imul(service, 0x165667b1) ^ Math.imul(proto, 31)
}
