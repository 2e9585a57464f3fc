import { type LogType, SET_SEPARATOR } from '../event/log_types.ts'
import { SECOND } from '../event/time.ts'
import { type LakeColumn, lakeColumns } from './lake_columns.ts'
import { NO_DEVICE, type StagedBatch } from './lake_frames.ts'
import type { Column, ColumnData } from './parquet_column.ts'
import { sortedRows } from './row_order.ts'
import { TextPool } from './text_pool.ts'

/** Id (16 hexadecimal digits) of each device, by index. */
export type DeviceIds = readonly (string | undefined)[]

/** Rows of one log type that wait to be written, as the batches in which they came. */
export class Staging {
  readonly type: LogType
  rows = 0
  bytes = 0
  /** Least and greatest `known` (µs) and position; infinite when there is none. */
  minKnown = Number.POSITIVE_INFINITY
  maxKnown = Number.NEGATIVE_INFINITY
  minSequence = Number.POSITIVE_INFINITY
  maxSequence = Number.NEGATIVE_INFINITY
  readonly batches: StagedBatch[] = []

  constructor(type: LogType) {
    this.type = type
  }

  /** Returns how many rows were taken: all but the skipped ones. */
  add(batch: StagedBatch): number {
    const { known, sequence, skip } = batch
    let taken = 0
    for (let row = 0; row < batch.rows; row++) {
      if (skip !== undefined && skip[row] === 1) continue
      taken++
      const at = known[row]!
      if (at < this.minKnown) this.minKnown = at
      if (at > this.maxKnown) this.maxKnown = at
      const position = sequence[row]!
      if (position < this.minSequence) this.minSequence = position
      if (position > this.maxSequence) this.maxSequence = position
    }
    if (taken === 0) return 0
    this.batches.push(batch)
    this.rows += taken
    this.bytes += batch.size
    return taken
  }
}

/** The staged rows, sorted by device, then `ts`, then place of arrival; columns are made when asked for. */
export class SortedRows {
  readonly rows: number
  private readonly batches: readonly StagedBatch[]
  private readonly type: LogType
  private readonly devices: DeviceIds
  /** Where each batch begins when all stand one after another. */
  private readonly starts: readonly number[]
  private readonly total: number
  /** Row (counted through all batches) that stands at each place of the file. */
  private readonly order: Uint32Array
  private flatNumbers: Float64Array | undefined
  private sortedNumbers: Float64Array | undefined
  private flatIds: Uint32Array | undefined
  private sortedIds: Uint32Array | undefined
  private readonly pool = new TextPool()
  /** By batch: pool id of each dictionary entry met so far; 0: not met. */
  private readonly maps: readonly Uint32Array[]
  /** Pool id of each device met so far; 0: not met. */
  private readonly deviceTexts = new Map<number, number>()
  private batchOfRow: Uint32Array | undefined

  constructor(staging: Staging, devices: DeviceIds) {
    this.batches = staging.batches
    this.type = staging.type
    this.devices = devices
    let start = 0
    this.starts = this.batches.map((batch) => {
      const here = start
      start += batch.rows
      return here
    })
    this.total = start
    this.maps = this.batches.map((batch) => new Uint32Array(batch.offsets.length))
    this.rows = staging.rows
    this.order = this.sort()
  }

  /** What a file of this log type holds. */
  columns(): Column[] {
    return lakeColumns(this.type).map((column) => ({
      name: column.name,
      shape: column.shape,
      bloom: this.wantsBloom(column),
      load: () => this.load(column),
    }))
  }

  /** Field of numbers in the order of the file, as it stands in the batches; for whoever sums up. `NaN` is absent. */
  fieldNumbers(slot: number): Float64Array {
    return this.gatherNumbers((batch) => batch.numbers.get(slot), 1, new Float64Array(this.rows))
  }

  /** Field of text as ids of `texts`, in the order of the file. */
  fieldTexts(slot: number): Uint32Array {
    return this.gatherTexts((batch) => batch.strings.get(slot), new Uint32Array(this.rows))
  }

  knownMicros(): Float64Array {
    return this.gatherNumbers((batch) => batch.known, 1, new Float64Array(this.rows))
  }

  /** Device of originator or responder as ids of `texts`; 0: none. */
  deviceTextIds(which: 'device' | 'peer'): Uint32Array {
    return this.gatherDevices(which, new Uint32Array(this.rows))
  }

  get texts(): TextPool {
    return this.pool
  }

  /** Calls `visit` with each different JSON object of fields that the type does not know. */
  eachExtra(visit: (json: string) => void): void {
    for (const batch of this.batches) {
      if (batch.extra === undefined) continue
      const seen = new Uint8Array(batch.offsets.length)
      for (let row = 0; row < batch.rows; row++) {
        const id = batch.extra[row]!
        if (id === 0 || seen[id] === 1 || batch.skip?.[row] === 1) continue
        seen[id] = 1
        visit(Buffer.from(batch.bytes.subarray(batch.offsets[id]!, batch.offsets[id + 1]!)).toString('utf8'))
      }
    }
  }

  private wantsBloom(column: LakeColumn): boolean {
    if (column.source.is === 'field') return column.source.kind === 'uid' || column.source.kind === 'addr'
    return column.source.is === 'peer'
  }

  private load(column: LakeColumn): ColumnData {
    const { source } = column
    switch (source.is) {
      case 'device':
      case 'peer':
        return { holds: 'texts', ids: this.gatherDevices(source.is, this.idBuffer()), pool: this.pool }
      case 'known': {
        const values = this.gatherNumbers((batch) => batch.known, SECOND, this.numberBuffer())
        return { holds: 'numbers', values, seldomRepeats: true }
      }
      case 'sequence': {
        const values = this.gatherNumbers((batch) => batch.sequence, 1, this.numberBuffer())
        return { holds: 'numbers', values, seldomRepeats: true }
      }
      case 'extra':
        if (this.batches.every((batch) => batch.extra === undefined)) return { holds: 'nothing' }
        return { holds: 'texts', ids: this.gatherTexts((batch) => batch.extra, this.idBuffer()), pool: this.pool }
      case 'field':
        return this.loadField(source.slot, column)
    }
  }

  private loadField(slot: number, column: LakeColumn): ColumnData {
    const { kind, numeric } = this.type.fields[slot]!
    if (numeric) {
      if (this.batches.every((batch) => !batch.numbers.has(slot))) return { holds: 'nothing' }
      const micros = kind === 'time' || kind === 'interval'
      const values = this.gatherNumbers((batch) => batch.numbers.get(slot), micros ? SECOND : 1, this.numberBuffer())
      return { holds: 'numbers', values, seldomRepeats: micros }
    }
    if (this.batches.every((batch) => !batch.strings.has(slot))) return { holds: 'nothing' }
    if (kind === 'uid') return this.gatherBytes(slot)
    const ids = this.gatherTexts((batch) => batch.strings.get(slot), this.idBuffer())
    if (column.shape === 'text') return { holds: 'texts', ids, pool: this.pool }
    return column.shape === 'texts' ? this.textLists(ids) : this.numberLists(ids)
  }

  private sort(): Uint32Array {
    const rows = new Uint32Array(this.rows)
    const rank = new Uint32Array(this.total)
    const time = new Float64Array(this.total)
    const ranks = this.deviceRanks()
    let kept = 0
    this.batches.forEach((batch, index) => {
      const start = this.starts[index]!
      const ts = batch.numbers.get(0)
      if (ts) time.set(ts, start)
      else time.fill(Number.NaN, start, start + batch.rows)
      for (let row = 0; row < batch.rows; row++) {
        if (batch.skip !== undefined && batch.skip[row] === 1) continue
        rows[kept++] = start + row
        rank[start + row] = ranks.get(batch.device[row]!)!
      }
    })
    return sortedRows(rows, rank, time)
  }

  /** Rank of each device that occurs, in the order of the ids' text; rows without a device come last. */
  private deviceRanks(): Map<number, number> {
    const met = new Set<number>()
    for (const batch of this.batches) for (let row = 0; row < batch.rows; row++) met.add(batch.device[row]!)
    // '~' stands behind every hexadecimal digit.
    const keyed = [...met].map((device) => ({ device, key: this.deviceId(device) || '~' }))
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.device - b.device))
    return new Map(keyed.map(({ device }, rank) => [device, rank]))
  }

  private deviceId(device: number): string {
    return device === NO_DEVICE ? '' : (this.devices[device] ?? '')
  }

  private gatherNumbers(
    columnOf: (batch: StagedBatch) => Float64Array | undefined,
    divisor: number,
    sorted: Float64Array,
  ): Float64Array {
    this.flatNumbers ??= new Float64Array(this.total)
    const flat = this.flatNumbers
    this.batches.forEach((batch, index) => {
      const start = this.starts[index]!
      const column = columnOf(batch)
      if (column) flat.set(column, start)
      else flat.fill(Number.NaN, start, start + batch.rows)
    })
    const { order } = this
    if (divisor === 1) for (let i = 0; i < sorted.length; i++) sorted[i] = flat[order[i]!]!
    else for (let i = 0; i < sorted.length; i++) sorted[i] = flat[order[i]!]! / divisor
    return sorted
  }

  private gatherTexts(columnOf: (batch: StagedBatch) => Uint32Array | undefined, sorted: Uint32Array): Uint32Array {
    this.flatIds ??= new Uint32Array(this.total)
    const flat = this.flatIds
    const { pool } = this
    this.batches.forEach((batch, index) => {
      const start = this.starts[index]!
      const column = columnOf(batch)
      if (!column) {
        flat.fill(0, start, start + batch.rows)
        return
      }
      const map = this.maps[index]!
      const { offsets, bytes } = batch
      for (let row = 0; row < batch.rows; row++) {
        const id = column[row]!
        if (id !== 0 && map[id] === 0) map[id] = pool.intern(bytes, offsets[id]!, offsets[id + 1]!)
        flat[start + row] = map[id]!
      }
    })
    return this.inOrder(flat, sorted)
  }

  private gatherDevices(which: 'device' | 'peer', sorted: Uint32Array): Uint32Array {
    this.flatIds ??= new Uint32Array(this.total)
    const flat = this.flatIds
    this.batches.forEach((batch, index) => {
      const start = this.starts[index]!
      const column = batch[which]
      for (let row = 0; row < batch.rows; row++) flat[start + row] = this.deviceText(column[row]!)
    })
    return this.inOrder(flat, sorted)
  }

  private deviceText(device: number): number {
    const known = this.deviceTexts.get(device)
    if (known !== undefined) return known
    const id = this.deviceId(device)
    const made = id === '' ? 0 : this.pool.internText(id)
    this.deviceTexts.set(device, made)
    return made
  }

  private inOrder(flat: Uint32Array, sorted: Uint32Array): Uint32Array {
    const { order } = this
    for (let i = 0; i < sorted.length; i++) sorted[i] = flat[order[i]!]!
    return sorted
  }

  /** Text that seldom repeats is taken from the batches' own dictionaries: looking it up would find nothing. */
  private gatherBytes(slot: number): ColumnData {
    this.batchOfRow ??= this.makeBatchOfRow()
    const { batchOfRow, order, batches, starts } = this
    this.flatIds ??= new Uint32Array(this.total)
    const flat = this.flatIds
    batches.forEach((batch, index) => {
      const column = batch.strings.get(slot)
      if (column) flat.set(column, starts[index]!)
      else flat.fill(0, starts[index]!, starts[index]! + batch.rows)
    })
    const source = new Uint32Array(this.rows)
    const start = new Uint32Array(this.rows)
    const length = new Int32Array(this.rows)
    for (let i = 0; i < this.rows; i++) {
      const row = order[i]!
      const id = flat[row]!
      const index = batchOfRow[row]!
      const { offsets } = batches[index]!
      source[i] = index
      if (id === 0) length[i] = -1
      else {
        start[i] = offsets[id]!
        length[i] = offsets[id + 1]! - offsets[id]!
      }
    }
    return { holds: 'bytes', sources: batches.map((batch) => batch.bytes), source, start, length }
  }

  private makeBatchOfRow(): Uint32Array {
    const batchOfRow = new Uint32Array(this.total)
    this.batches.forEach((batch, index) => {
      batchOfRow.fill(index, this.starts[index]!, this.starts[index]! + batch.rows)
    })
    return batchOfRow
  }

  private textLists(ids: Uint32Array): ColumnData {
    const elements: number[] = []
    const lists = this.splitLists(ids, (element) => elements.push(this.pool.internText(element)))
    return { holds: 'lists', ...lists, elements: Uint32Array.from(elements), pool: this.pool }
  }

  private numberLists(ids: Uint32Array): ColumnData {
    const elements: number[] = []
    const lists = this.splitLists(ids, (element) => elements.push(element === '' ? Number.NaN : Number(element)))
    return { holds: 'lists', ...lists, elements: Float64Array.from(elements), pool: this.pool }
  }

  /** Each different joined text is split once; rows with the same text share its elements. */
  private splitLists(ids: Uint32Array, push: (element: string) => void): { first: Uint32Array; count: Int32Array } {
    const first = new Uint32Array(this.rows)
    const count = new Int32Array(this.rows)
    const split = new Map<number, { first: number; count: number }>()
    let elements = 0
    for (let i = 0; i < this.rows; i++) {
      const id = ids[i]!
      if (id === 0) {
        count[i] = -1
        continue
      }
      let list = split.get(id)
      if (list === undefined) {
        const joined = this.pool.text(id)
        const parts = joined === '' ? [] : joined.split(SET_SEPARATOR)
        for (const part of parts) push(part)
        list = { first: elements, count: parts.length }
        elements += parts.length
        split.set(id, list)
      }
      first[i] = list.first
      count[i] = list.count
    }
    return { first, count }
  }

  /** Working memory that the next column overwrites. */
  private numberBuffer(): Float64Array {
    this.sortedNumbers ??= new Float64Array(this.rows)
    return this.sortedNumbers
  }

  private idBuffer(): Uint32Array {
    this.sortedIds ??= new Uint32Array(this.rows)
    return this.sortedIds
  }
}
