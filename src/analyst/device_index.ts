import type { DeviceDirectory } from '../device/directory.ts'

/** Finds a device by the id that never changes. Indexes are given out in order, so that only new ones have to be read. */
export class DeviceIndex {
  private readonly directory: DeviceDirectory
  private readonly byId = new Map<string, number>()
  private read = 0

  constructor(directory: DeviceDirectory) {
    this.directory = directory
  }

  /** -1 when there is no such device any more. */
  of(id: string): number {
    const { directory, byId } = this
    for (; this.read < directory.size; this.read++) byId.set(directory.id(this.read), this.read)
    const found = byId.get(id)
    if (found !== undefined && directory.id(found) === id) return found
    // An index was given to another device since: rare, so that reading all again does not matter.
    byId.clear()
    for (let device = 0; device < directory.size; device++) byId.set(directory.id(device), device)
    return byId.get(id) ?? -1
  }
}
