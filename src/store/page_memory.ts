const ARENA_BYTES = 4 << 20

/**
 * Memory for the parts of one column chunk's pages, used again for the next chunk. A million rows make some 2,000 chunks;
 * memory of their own for each would have the garbage collector run ten times as often, at a fifth of all the time.
 */
export class PageMemory {
  private readonly arena = Buffer.alloc(ARENA_BYTES)
  private used = 0
  private whole = Buffer.alloc(1 << 20)

  /** Bytes with anything in them, until the next `reset`. */
  take(size: number): Buffer {
    const start = this.used
    if (start + size > ARENA_BYTES) return Buffer.allocUnsafeSlow(size)
    // The next piece begins at an address that suits any kind of number.
    this.used = (start + size + 7) & ~7
    return this.arena.subarray(start, start + size)
  }

  /** What was taken is free again. */
  reset(): void {
    this.used = 0
  }

  /** The parts one after another; good until the next call. */
  join(parts: readonly Uint8Array[]): Buffer {
    let size = 0
    for (const part of parts) size += part.length
    if (size > this.whole.length) this.whole = Buffer.alloc(size * 2)
    let at = 0
    for (const part of parts) {
      this.whole.set(part, at)
      at += part.length
    }
    return this.whole.subarray(0, size)
  }
}
