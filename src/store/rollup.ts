import { type LogType, slotOf } from '../event/log_types.ts'
import { HOUR, SECOND } from '../event/time.ts'
import { type LakeColumn, ROLLUP_COLUMNS } from './lake_columns.ts'
import type { Column, ColumnData } from './parquet_column.ts'
import type { TextPool } from './text_pool.ts'

/** States of a connection that was asked for and not had (Zeek's `conn_state`): no answer, refused, or one-sided. */
const FAILED_STATES = new Set(['S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR'])

const NUMBER_FIELDS = ['id.resp_p', 'orig_bytes', 'resp_bytes'] as const
const TEXT_FIELDS = ['proto', 'service', 'conn_state'] as const
type NumberName = (typeof NUMBER_FIELDS)[number] | 'known'
type TextName = (typeof TEXT_FIELDS)[number] | 'device' | 'peer'

/**
 * Connections summed up by hour (of `known`), device, other device, protocol, service and port: what histograms and top
 * lists read instead of the connections. One file of sums a file of connections; the view adds up. The columns are
 * collected as they are written, sorted by device, so that the sums of one device stay close together.
 */
export class Rollup {
  private readonly rows: number
  private readonly pool: TextPool
  private readonly fieldOf: ReadonlyMap<number, NumberName | TextName>
  private readonly numbers = new Map<NumberName, Float64Array>()
  private readonly texts = new Map<TextName, Uint32Array>()

  /** @param pool that the text columns' ids belong to */
  constructor(type: LogType, rows: number, pool: TextPool) {
    this.rows = rows
    this.pool = pool
    const names = [...NUMBER_FIELDS, ...TEXT_FIELDS]
    this.fieldOf = new Map(names.map((name) => [slotOf(type, name), name]))
  }

  /** Takes a column of the connections' file; copied when it is one of those that are needed. */
  collect({ source }: LakeColumn, data: ColumnData): void {
    const name = source.is === 'field' ? this.fieldOf.get(source.slot) : source.is
    if (name === undefined || name === 'sequence' || name === 'extra') return
    if (data.holds === 'numbers') this.numbers.set(name as NumberName, data.values.slice())
    else if (data.holds === 'texts') this.texts.set(name as TextName, data.ids.slice())
  }

  /** The sums, when all columns were collected. */
  sums(): { rows: number; columns: Column[] } {
    const none = new Float64Array(this.numbers.size < NUMBER_FIELDS.length + 1 ? this.rows : 0).fill(Number.NaN)
    const absent = new Uint32Array(this.texts.size < TEXT_FIELDS.length + 2 ? this.rows : 0)
    const number = (name: NumberName): Float64Array => this.numbers.get(name) ?? none
    const text = (name: TextName): Uint32Array => this.texts.get(name) ?? absent
    const [known, port, up, down] = [number('known'), number('id.resp_p'), number('orig_bytes'), number('resp_bytes')]
    const [device, peer, proto, service] = [text('device'), text('peer'), text('proto'), text('service')]
    const state = text('conn_state')
    const failed = new Uint8Array(this.pool.size)
    for (let id = 1; id < this.pool.size; id++) if (FAILED_STATES.has(this.pool.text(id))) failed[id] = 1
    const sums = new Sums()
    for (let row = 0; row < this.rows; row++) {
      const hour = Math.floor((known[row]! * SECOND) / HOUR)
      const group = sums.groupOf(hour, device[row]!, peer[row]!, proto[row]!, service[row]!, port[row]!)
      sums.conns[group] = sums.conns[group]! + 1
      if (up[row]! > 0) sums.up[group] = sums.up[group]! + up[row]!
      if (down[row]! > 0) sums.down[group] = sums.down[group]! + down[row]!
      if (failed[state[row]!] === 1) sums.failures[group] = sums.failures[group]! + 1
    }
    return { rows: sums.size, columns: this.columns(sums) }
  }

  private columns(sums: Sums): Column[] {
    const { pool } = this
    const numbers = (values: Float64Array): ColumnData => ({
      holds: 'numbers',
      values: values.subarray(0, sums.size),
      seldomRepeats: false,
    })
    const texts = (ids: Uint32Array): ColumnData => ({ holds: 'texts', ids: ids.subarray(0, sums.size), pool })
    const load: Record<(typeof ROLLUP_COLUMNS)[number]['name'], () => ColumnData> = {
      hour: () => numbers(sums.hour.map((hour) => (hour * HOUR) / SECOND)),
      device: () => texts(sums.device),
      peer_device: () => texts(sums.peer),
      proto: () => texts(sums.proto),
      service: () => texts(sums.service),
      resp_p: () => numbers(sums.port),
      conns: () => numbers(sums.conns),
      orig_bytes: () => numbers(sums.up),
      resp_bytes: () => numbers(sums.down),
      failures: () => numbers(sums.failures),
    }
    return ROLLUP_COLUMNS.map(({ name, shape }) => ({ name, shape, bloom: name === 'peer_device', load: load[name] }))
  }
}

const FIRST_SIZE = 1 << 12

/** Groups of one device after another, as columns; those of the device at hand are found by open addressing. */
class Sums {
  size = 0
  /** Hours since the epoch. */
  hour = new Float64Array(FIRST_SIZE)
  port = new Float64Array(FIRST_SIZE)
  device = new Uint32Array(FIRST_SIZE)
  peer = new Uint32Array(FIRST_SIZE)
  proto = new Uint32Array(FIRST_SIZE)
  service = new Uint32Array(FIRST_SIZE)
  conns = new Float64Array(FIRST_SIZE)
  up = new Float64Array(FIRST_SIZE)
  down = new Float64Array(FIRST_SIZE)
  failures = new Float64Array(FIRST_SIZE)
  private current = -1
  /** First group of the device at hand. */
  private first = 0
  /** Group + 1 by place; what lies at or below `first` is of an earlier device, and free. */
  private table = new Uint32Array(FIRST_SIZE)

  groupOf(hour: number, device: number, peer: number, proto: number, service: number, port: number): number {
    if (device !== this.current) {
      this.current = device
      this.first = this.size
    }
    const mask = this.table.length - 1
    let place = hashOf(hour, peer, proto, service, port) & mask
    for (let found = this.table[place]!; found > this.first; found = this.table[place]!) {
      const group = found - 1
      if (
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
    if ((this.size - this.first) * 2 > this.table.length) this.growTable()
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
    this.up = numbers(this.up)
    this.down = numbers(this.down)
    this.failures = numbers(this.failures)
    this.device = ids(this.device)
    this.peer = ids(this.peer)
    this.proto = ids(this.proto)
    this.service = ids(this.service)
  }

  private growTable(): void {
    this.table = new Uint32Array(this.table.length * 2)
    const mask = this.table.length - 1
    const { hour, peer, proto, service, port } = this
    for (let group = this.first; group < this.size; group++) {
      let place = hashOf(hour[group]!, peer[group]!, proto[group]!, service[group]!, port[group]!) & mask
      while (this.table[place] !== 0) place = (place + 1) & mask
      this.table[place] = group + 1
    }
  }
}

function hashOf(hour: number, peer: number, proto: number, service: number, port: number): number {
  let hash = Math.imul(peer, 0x85ebca6b) ^ (port | 0)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ (hour | 0), 0x27d4eb2f)
  return hash ^ (hash >>> 15) ^ Math.imul(service, 0x165667b1) ^ Math.imul(proto, 31)
}
