import { BATCH_ROWS, type EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { type ColumnTest, compileColumn, splitCondition } from './column_test.ts'
import { type ConditionContext, compileTest, type Test } from './compile.ts'
import type { Part } from './definition.ts'

interface MaskedPart {
  readonly bit: number
  /** Bit of the part it is within, or 0. */
  readonly parent: number
  readonly fields: ColumnTest | undefined
  readonly rest: Test | undefined
}

/** The parts of one model that read one log: which of them an event is, as bits. */
export class PartMasks {
  private readonly parts: readonly MaskedPart[]
  /** No part asks more than fields. */
  private readonly fieldsOnly: boolean
  private readonly scratch = new Uint8Array(BATCH_ROWS)

  constructor(parts: readonly Part[], context: ConditionContext) {
    this.parts = parts.map((part) => {
      const { fields, rest } = splitCondition(part.when)
      return {
        bit: 1 << part.index,
        parent: part.within < 0 ? 0 : 1 << part.within,
        fields: fields && compileColumn(fields, context),
        rest: rest && compileTest(rest, context),
      }
    })
    this.fieldsOnly = this.parts.every(({ rest }) => rest === undefined)
  }

  /** Per row the bits of parts whose condition on fields holds, that of the part they are within included. */
  of(batch: EventBatch): Uint32Array {
    const { rows } = batch
    const masks = new Uint32Array(rows)
    const { scratch } = this
    let present = 0
    for (const { bit, parent, fields } of this.parts) {
      // No row is of the part that it is within.
      if ((present & parent) !== parent) continue
      if (fields === undefined) scratch.fill(1, 0, rows)
      else fields(batch, scratch)
      for (let row = 0; row < rows; row++) {
        if (scratch[row] === 1 && (masks[row]! & parent) === parent) {
          masks[row] = masks[row]! | bit
          present |= bit
        }
      }
    }
    return masks
  }

  /** What is left of a row's bits when the event itself is asked. */
  ask(event: Event, mask: number): number {
    if (this.fieldsOnly) return mask
    const { parts } = this
    let matched = 0
    for (let i = 0; i < parts.length; i++) {
      const { bit, parent, rest } = parts[i]!
      if ((mask & bit) === 0 || (matched & parent) !== parent) continue
      if (rest === undefined || rest(event)) matched |= bit
    }
    return matched
  }
}
