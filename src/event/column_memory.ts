/**
 * Memory of batches that have gone all their way, for the next ones: a fresh block costs its page faults and brings the
 * next garbage collection nearer, and a batch has some two megabytes. One stock a thread; what it does not hold is made
 * anew, so nobody has to give anything back.
 */
const stock = new Map<number, ArrayBuffer[]>()
/** Blocks that were taken here: others (of another thread, of a file) may share their memory with who knows what. */
const lent = new WeakSet<ArrayBufferLike>()

/** Bytes kept at most: a few batches each of the log types of a busy sensor. */
const MOST_BYTES: number = 48 * 1024 * 1024
/** Blocks of one size kept at most. */
const MOST_OF_A_SIZE = 8
let held = 0

/** @returns a block of exactly so many bytes; what stands in it is arbitrary */
export function takeMemory(bytes: number): ArrayBuffer {
  let block = stock.get(bytes)?.pop()
  if (block === undefined) block = new ArrayBuffer(bytes)
  else held -= bytes
  lent.add(block)
  return block
}

/** Nobody may read or write the block afterwards. A block that was not taken here, or is back already, is left alone. */
export function giveMemory(block: ArrayBufferLike): void {
  if (!lent.delete(block) || !(block instanceof ArrayBuffer)) return
  const bytes = block.byteLength
  let blocks = stock.get(bytes)
  if (blocks === undefined) {
    blocks = []
    stock.set(bytes, blocks)
  }
  if (bytes === 0 || blocks.length === MOST_OF_A_SIZE || held + bytes > MOST_BYTES) return
  blocks.push(block)
  held += bytes
}
