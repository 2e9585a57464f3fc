import type { EventBatch } from '../event/batch.ts'

/**
 * A number for each text of a batch's dictionary, worked out once a batch: what makes text as cheap as integers on the
 * hot path. Streams interleave, so each batch keeps its own memo for as long as it lives.
 */
export class BatchMemo {
  private readonly compute: (text: string) => number
  private readonly generation: () => number
  private readonly kept = new WeakMap<EventBatch, Int32Array<ArrayBuffer>>()
  private batch: EventBatch | undefined
  private numbers = new Int32Array(0)
  private filledIn = 0

  /**
   * @param compute    a 32-bit integer for a text; '' stands for an absent value
   * @param generation changes when numbers worked out before may no longer hold
   */
  constructor(compute: (text: string) => number, generation: () => number = () => 0) {
    this.compute = compute
    this.generation = generation
  }

  /** @param id of the batch's dictionary: `batch.strings[slot][row]` */
  of(batch: EventBatch, id: number): number {
    if (batch !== this.batch || this.filledIn !== this.generation()) this.turnTo(batch)
    const known = this.numbers[id]!
    if (known !== 0) return (known - 1) | 0
    const number = this.compute(batch.dictionary.text(id)) | 0
    this.numbers[id] = number + 1
    return number
  }

  private turnTo(batch: EventBatch): void {
    const generation = this.generation()
    const kept = this.kept.get(batch)
    // The generation that a memo was filled in stands behind its last number.
    if (kept && kept[batch.dictionary.size] === (generation | 0)) this.numbers = kept
    else {
      this.numbers = new Int32Array(batch.dictionary.size + 1)
      this.numbers[batch.dictionary.size] = generation
      this.kept.set(batch, this.numbers)
    }
    this.batch = batch
    this.filledIn = generation
  }
}
