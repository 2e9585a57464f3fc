import { type LogType, SET_SEPARATOR } from '../event/log_types.ts'
import { SECOND } from '../event/time.ts'
import { BatchTexts } from './batch_texts.ts'
import { Gatherer, IDS, NUMBERS } from './gather.ts'
import { type LakeColumn, lakeColumns } from './lake_columns.ts'
import { type DeviceIds, NO_DEVICE, type StagedBatch } from './lake_frames.ts'
import type { Staging } from './lake_staging.ts'
import type { Column, ColumnData } from './parquet_column.ts'
import { sortedRows } from './row_order.ts'

/** The staged rows, sorted by device, then `ts`, then place of arrival; columns are made when asked for. */
export class SortedRows {
  readonly rows: number
  readonly texts: BatchTexts
  private readonly batches: readonly StagedBatch[]
  private readonly type: LogType
  private readonly layout: readonly LakeColumn[]
  /** Row at which each batch begins when all stand one after another. */
  private readonly starts: readonly number[]
  private readonly total: number
  private readonly numbers: Gatherer<Float64Array>
  private readonly ids: Gatherer<Uint32Array>
  /** Of the `uid` column that is being loaded: its values one after another, as Parquet's PLAIN has them. */
  private plain: PlainTexts | undefined
  private readonly plainOf = new Map<number, PlainTexts>()

  constructor(staging: Staging, devices: DeviceIds) {
    this.batches = staging.batches
    this.type = staging.type
    this.rows = staging.rows
    this.layout = lakeColumns(staging.type)
    this.texts = new BatchTexts(devices)
    let start = 0
    this.starts = this.batches.map((batch) => {
      const here = start
      start += batch.rows
      return here
    })
    this.total = start
    const order = this.sort(devices)
    const present = this.layout.map((column) => this.isPresent(column))
    const numeric = (column: LakeColumn): boolean =>
      column.source.is === 'field'
        ? this.type.fields[column.source.slot]!.numeric
        : column.source.is === 'known' || column.source.is === 'sequence'
    const places = this.layout.map((_, place) => place).filter((place) => present[place])
    this.numbers = new Gatherer(
      NUMBERS,
      places.filter((place) => numeric(this.layout[place]!)),
      order,
      this.total,
      (place, target, at, stride) => this.fillNumbers(this.layout[place]!, target, at, stride),
    )
    this.ids = new Gatherer(
      IDS,
      places.filter((place) => !numeric(this.layout[place]!)),
      order,
      this.total,
      (place, target, at, stride) => this.fillIds(place, target, at, stride),
    )
  }

  /**
   * What a file of this log type holds; each column is loaded once, in this order.
   * @param loaded sees each column as it is loaded; what it wants to keep it must copy
   */
  columns(loaded: (column: LakeColumn, data: ColumnData) => void): Column[] {
    return this.layout.map((column, place) => ({
      name: column.name,
      shape: column.shape,
      bloom: wantsBloom(column),
      load: () => {
        const data = this.load(column, place)
        loaded(column, data)
        return data
      },
    }))
  }

  private isPresent({ source }: LakeColumn): boolean {
    if (source.is === 'extra') return this.batches.some((batch) => batch.extra !== undefined)
    if (source.is !== 'field') return true
    return this.batches.some((batch) => batch.numbers.has(source.slot) || batch.strings.has(source.slot))
  }

  private load(column: LakeColumn, place: number): ColumnData {
    if (!this.isPresent(column)) return { holds: 'nothing' }
    const { source } = column
    switch (source.is) {
      case 'known':
      case 'sequence':
        return { holds: 'numbers', values: this.numbers.column(place), seldomRepeats: true }
      case 'device':
      case 'peer':
      case 'extra':
        return { holds: 'texts', ids: this.ids.column(place), pool: this.texts.pool }
      case 'field':
        break
    }
    const { kind, numeric } = this.type.fields[source.slot]!
    if (numeric) {
      const seldomRepeats = kind === 'time' || kind === 'interval'
      return { holds: 'numbers', values: this.numbers.column(place), seldomRepeats }
    }
    const ids = this.ids.column(place)
    if (kind === 'uid') {
      const { bytes } = this.plainOf.get(place)!
      return { holds: 'plain', bytes, at: ids }
    }
    if (column.shape === 'text') return { holds: 'texts', ids, pool: this.texts.pool }
    return column.shape === 'texts' ? this.textLists(ids) : this.numberLists(ids)
  }

  private sort(devices: DeviceIds): Uint32Array {
    const rows = new Uint32Array(this.rows)
    const rank = new Uint32Array(this.total)
    const time = new Float64Array(this.total)
    const ranks = deviceRanks(this.batches, devices)
    let kept = 0
    this.batches.forEach((batch, index) => {
      const start = this.starts[index]!
      const ts = batch.numbers.get(0)
      if (ts) time.set(ts, start)
      else time.fill(Number.NaN, start, start + batch.rows)
      for (let row = 0; row < batch.rows; row++) {
        if (batch.skip !== undefined && batch.skip[row] === 1) continue
        rows[kept++] = start + row
        const device = batch.device[row]!
        rank[start + row] = device < ranks.length ? ranks[device]! : devices.length
      }
    })
    return sortedRows(rows, rank, time)
  }

  private fillNumbers({ source }: LakeColumn, target: Float64Array, first: number, stride: number): void {
    const micros =
      source.is === 'known' || (source.is === 'field' && (source.kind === 'time' || source.kind === 'interval'))
    let at = first
    for (const batch of this.batches) {
      const column =
        source.is === 'known'
          ? batch.known
          : source.is === 'sequence'
            ? batch.sequence
            : source.is === 'field'
              ? batch.numbers.get(source.slot)
              : undefined
      if (column === undefined) for (let row = 0; row < batch.rows; row++, at += stride) target[at] = Number.NaN
      else if (micros) for (let row = 0; row < batch.rows; row++, at += stride) target[at] = column[row]! / SECOND
      else for (let row = 0; row < batch.rows; row++, at += stride) target[at] = column[row]!
    }
  }

  private fillIds(place: number, target: Uint32Array, first: number, stride: number): void {
    const { source } = this.layout[place]!
    if (source.is === 'field' && source.kind === 'uid') {
      this.plain = new PlainTexts()
      this.plainOf.set(place, this.plain)
    }
    this.batches.forEach((batch, index) => {
      const at = first + this.starts[index]! * stride
      if (source.is === 'device' || source.is === 'peer') {
        this.texts.copyDevices(batch, batch[source.is], target, at, stride)
      } else if (source.is === 'extra') this.texts.copyColumn(batch, batch.extra, target, at, stride)
      else if (source.is === 'field') {
        const column = batch.strings.get(source.slot)
        if (source.kind === 'uid') this.plain!.copyColumn(batch, column, target, at, stride)
        else this.texts.copyColumn(batch, column, target, at, stride)
      }
    })
  }

  private textLists(ids: Uint32Array): ColumnData {
    const elements: number[] = []
    const { pool } = this.texts
    const lists = this.splitLists(ids, (element) => elements.push(pool.internText(element)))
    return { holds: 'lists', ...lists, elements: Uint32Array.from(elements), pool }
  }

  private numberLists(ids: Uint32Array): ColumnData {
    const elements: number[] = []
    const { pool } = this.texts
    const lists = this.splitLists(ids, (element) => elements.push(element === '' ? Number.NaN : Number(element)))
    return { holds: 'lists', ...lists, elements: Float64Array.from(elements), pool }
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
        const joined = this.texts.pool.text(id)
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
}

function wantsBloom({ source }: LakeColumn): boolean {
  return source.is === 'peer' || (source.is === 'field' && (source.kind === 'uid' || source.kind === 'addr'))
}

/** Rank by device index: the order of the ids' text among the devices that occur. */
function deviceRanks(batches: readonly StagedBatch[], devices: DeviceIds): Uint32Array {
  const met = new Set<number>()
  for (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      const device = batch.device[row]!
      if (device !== NO_DEVICE && device < devices.length) met.add(device)
    }
  }
  const keyed = [...met].map((device) => ({ device, id: devices[device] ?? '' }))
  keyed.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.device - b.device))
  const ranks = new Uint32Array(devices.length)
  keyed.forEach(({ device }, rank) => {
    ranks[device] = rank
  })
  return ranks
}

/**
 * Text that seldom repeats, one value after another, each behind four bytes of length; place 0 is "absent". There is
 * always room for a word more, so that readers and writers may go by words.
 */
class PlainTexts {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  private words = new DataView(this.bytes.buffer)
  private used = 4

  copyColumn(
    batch: StagedBatch,
    column: Uint32Array | undefined,
    target: Uint32Array,
    start: number,
    stride: number,
  ): void {
    let at = start
    if (column === undefined) {
      for (let row = 0; row < batch.rows; row++, at += stride) target[at] = 0
      return
    }
    const { offsets, bytes } = batch
    const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let row = 0; row < batch.rows; row++, at += stride) {
      const id = column[row]!
      target[at] = id === 0 ? 0 : this.put(source, offsets[id]!, offsets[id + 1]!)
    }
  }

  private put(source: DataView, from: number, to: number): number {
    const length = to - from
    const place = this.used
    if (place + length + 8 > this.bytes.length) this.grow(place + length + 8)
    const { words } = this
    words.setInt32(place, length, true)
    const whole = length & ~3
    for (let i = 0; i < whole; i += 4) words.setInt32(place + 4 + i, source.getInt32(from + i, true), true)
    for (let i = whole; i < length; i++) words.setUint8(place + 4 + i, source.getUint8(from + i))
    this.used = place + 4 + length
    return place
  }

  private grow(need: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, need))
    larger.set(this.bytes)
    this.bytes = larger
    this.words = new DataView(larger.buffer)
  }
}
