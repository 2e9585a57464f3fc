import { type DeviceIds, NO_DEVICE, type StagedBatch } from './lake_frames.ts'
import { TextPool } from './text_pool.ts'

/** The text of many batches, and of device ids, under one set of ids: a file's, while the batches have one each. */
export class BatchTexts {
  readonly pool = new TextPool()
  private readonly devices: DeviceIds
  /** By batch: pool id of each dictionary entry met so far; 0: not met. */
  private readonly maps = new Map<StagedBatch, Uint32Array>()
  /** By device: pool id; 0: not met. */
  private readonly deviceTexts: Uint32Array

  constructor(devices: DeviceIds) {
    this.devices = devices
    this.deviceTexts = new Uint32Array(devices.length)
  }

  /** Pool ids of a text column of a batch, written to target[start + row × stride]; 0 is absent. */
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
    const map = this.mapOf(batch)
    const { offsets, bytes } = batch
    const { pool } = this
    for (let row = 0; row < batch.rows; row++, at += stride) {
      const id = column[row]!
      let found = map[id]!
      if (found === 0 && id !== 0) {
        found = pool.intern(bytes, offsets[id]!, offsets[id + 1]!)
        map[id] = found
      }
      target[at] = found
    }
  }

  /** The same for a column of device indices. */
  copyDevices(batch: StagedBatch, column: Uint32Array, target: Uint32Array, start: number, stride: number): void {
    let at = start
    for (let row = 0; row < batch.rows; row++, at += stride) target[at] = this.deviceText(column[row]!)
  }

  deviceText(device: number): number {
    if (device === NO_DEVICE) return 0
    const known = this.deviceTexts[device]
    if (known) return known
    const id = this.devices[device]
    if (id === undefined) return 0
    const made = this.pool.internText(id)
    this.deviceTexts[device] = made
    return made
  }

  private mapOf(batch: StagedBatch): Uint32Array {
    let map = this.maps.get(batch)
    if (map === undefined) {
      map = new Uint32Array(batch.offsets.length)
      this.maps.set(batch, map)
    }
    return map
  }
}
