/**
 * Text of many batches under one set of ids: the same bytes get the same id, 0 is "absent". Batches carry a dictionary
 * each; a file needs one. Text is bytes throughout, never decoded.
 */
export class TextPool {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  /** Entry i is bytes[offsets[i] … offsets[i + 1]]. */
  offsets: Uint32Array = new Uint32Array(1 << 12)
  /** Entries, with entry 0. */
  size = 1
  private hashes: Int32Array = new Int32Array(1 << 12)
  private table: Uint32Array = new Uint32Array(1 << 13)

  /** Id of source[start … end]; copied when new. */
  intern(source: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    hash ^= hash >>> 13
    const { table, hashes, offsets, bytes } = this
    const mask = table.length - 1
    const length = end - start
    let place = hash & mask
    // Values made to collide end up twice in the pool after a dozen looks: a few bytes more, no walk that grows.
    for (let looks = 0; looks < 12; looks++) {
      const id = table[place]!
      if (id === 0) {
        const made = this.append(source, start, end, hash)
        if (this.size * 2 > table.length) this.growTable()
        else table[place] = made
        return made
      }
      const at = offsets[id]!
      if (hashes[id] === hash && offsets[id + 1]! - at === length) {
        let i = 0
        while (i < length && bytes[at + i] === source[start + i]) i++
        if (i === length) return id
      }
      place = (place + 1) & mask
    }
    return this.append(source, start, end, hash)
  }

  internText(text: string): number {
    const bytes = Buffer.from(text, 'utf8')
    return this.intern(bytes, 0, bytes.length)
  }

  text(id: number): string {
    return Buffer.from(this.bytes.buffer, this.offsets[id]!, this.offsets[id + 1]! - this.offsets[id]!).toString('utf8')
  }

  private append(source: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start
    const at = this.offsets[this.size]!
    if (at + length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, at + length))
      larger.set(this.bytes)
      this.bytes = larger
    }
    for (let i = 0; i < length; i++) this.bytes[at + i] = source[start + i]!
    const id = this.size++
    if (id + 1 >= this.offsets.length) {
      const offsets = new Uint32Array(this.offsets.length * 2)
      offsets.set(this.offsets)
      this.offsets = offsets
      const hashes = new Int32Array(this.hashes.length * 2)
      hashes.set(this.hashes)
      this.hashes = hashes
    }
    this.offsets[id] = at
    this.offsets[id + 1] = at + length
    this.hashes[id] = hash
    return id
  }

  private growTable(): void {
    this.table = new Uint32Array(this.table.length * 2)
    const mask = this.table.length - 1
    for (let id = 1; id < this.size; id++) {
      let place = this.hashes[id]! & mask
      for (let looks = 0; looks < 12; looks++) {
        if (this.table[place] === 0) {
          this.table[place] = id
          break
        }
        place = (place + 1) & mask
      }
    }
  }
}
