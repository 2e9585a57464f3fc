import { BATCH_ROWS, type EventBatch } from '../event/batch.ts'
import { Event } from '../event/event.ts'
import { type ConditionContext, compileTest, fieldScale, memoisedTest } from './compile.ts'
import { type Comparison, type Expression, walk } from './expression.ts'

/**
 * Conditions on fields alone, worked out for a whole batch at once: one tight loop a comparison instead of a chain of
 * calls an event. What depends on devices, learning or counts is asked event by event afterwards.
 */
export type ColumnTest = (batch: EventBatch, out: Uint8Array) => void

/** A condition taken apart: what the fields alone decide, and what must be asked of each event that is left. */
export interface SplitCondition {
  readonly fields: Expression | undefined
  readonly rest: Expression | undefined
}

export function splitCondition(condition: Expression): SplitCondition {
  const conjuncts = condition.is === 'and' ? condition.of.flatMap(flatten) : [condition]
  return {
    fields: conjunction(conjuncts.filter(isOfFields)),
    rest: conjunction(conjuncts.filter((one) => !isOfFields(one))),
  }
}

function flatten(condition: Expression): readonly Expression[] {
  return condition.is === 'and' ? condition.of.flatMap(flatten) : [condition]
}

function conjunction(conjuncts: readonly Expression[]): Expression | undefined {
  const [only] = conjuncts
  return conjuncts.length > 1 ? { is: 'and', type: 'bool', of: conjuncts } : only
}

const NOT_OF_FIELDS: ReadonlySet<Expression['is']> = new Set(['tag', 'internal', 'device', 'surprise', 'variable'])

function isOfFields(condition: Expression): boolean {
  let ofFields = true
  walk(condition, (inner) => {
    if (NOT_OF_FIELDS.has(inner.is)) ofFields = false
  })
  return ofFields
}

/** @param condition on fields alone */
export function compileColumn(condition: Expression, context: ConditionContext): ColumnTest {
  const memoised = memoisedTest(condition, context)
  if (memoised) return memoisedColumn(memoised.slot, memoised.memo, memoised.test, context)
  switch (condition.is) {
    case 'truth':
      return (batch, out) => {
        out.fill(condition.value ? 1 : 0, 0, batch.rows)
      }
    case 'and':
    case 'or':
      return combined(
        condition.of.map((one) => compileColumn(one, context)),
        condition.is === 'and',
      )
    case 'not': {
      const of = compileColumn(condition.of, context)
      return (batch, out) => {
        of(batch, out)
        for (let row = 0; row < batch.rows; row++) out[row] = out[row]! ^ 1
      }
    }
    case 'field': {
      const { slot } = condition.field
      return (batch, out) => {
        const column = batch.numbers[slot]!
        for (let row = 0; row < batch.rows; row++) out[row] = column[row] === 1 ? 1 : 0
      }
    }
    case 'compare':
      if (condition.left.is === 'field' && condition.left.type === 'number' && condition.right.is === 'number') {
        return comparison(
          condition.left.field.slot,
          condition.op,
          condition.right.value,
          fieldScale(condition.left.field),
        )
      }
      break
    case 'oneOf':
      if (
        condition.needle.is === 'field' &&
        condition.needle.type === 'number' &&
        fieldScale(condition.needle.field) === 1
      ) {
        return oneOf(condition.needle.field.slot, condition.values as readonly number[])
      }
      break
  }
  return rowByRow(condition, context)
}

function combined(tests: readonly ColumnTest[], all: boolean): ColumnTest {
  const [first, ...others] = tests
  const scratch = new Uint8Array(BATCH_ROWS)
  return (batch, out) => {
    first!(batch, out)
    const { rows } = batch
    for (let i = 0; i < others.length; i++) {
      // Nothing is left to decide: of a conjunction when no row holds.
      if (all && out.indexOf(1) < 0) return
      others[i]!(batch, scratch)
      if (all) for (let row = 0; row < rows; row++) out[row] = out[row]! & scratch[row]!
      else for (let row = 0; row < rows; row++) out[row] = out[row]! | scratch[row]!
    }
  }
}

function memoisedColumn(
  slot: number,
  memo: number,
  test: (event: Event) => boolean,
  context: ConditionContext,
): ColumnTest {
  const event = new Event()
  return (batch, out) => {
    const ids = batch.strings[slot]!
    const answers = context.answers[memo] ?? context.makeAnswers(memo)
    for (let row = 0; row < batch.rows; row++) {
      const id = ids[row]!
      let answer = answers[id]!
      if (answer === 0) {
        event.batch = batch
        event.row = row
        answer = test(event) ? 2 : 1
        answers[id] = answer
      }
      out[row] = answer - 1
    }
  }
}

function comparison(slot: number, op: Comparison, value: number, scale: number): ColumnTest {
  const holds: Readonly<Record<Comparison, (column: Float64Array, rows: number, out: Uint8Array) => void>> = {
    '==': (column, rows, out) => {
      for (let row = 0; row < rows; row++) out[row] = column[row]! / scale === value ? 1 : 0
    },
    // NaN is absent, and neither smaller nor larger.
    '!=': (column, rows, out) => {
      for (let row = 0; row < rows; row++)
        out[row] = column[row]! / scale < value || column[row]! / scale > value ? 1 : 0
    },
    '<': (column, rows, out) => {
      for (let row = 0; row < rows; row++) out[row] = column[row]! / scale < value ? 1 : 0
    },
    '<=': (column, rows, out) => {
      for (let row = 0; row < rows; row++) out[row] = column[row]! / scale <= value ? 1 : 0
    },
    '>': (column, rows, out) => {
      for (let row = 0; row < rows; row++) out[row] = column[row]! / scale > value ? 1 : 0
    },
    '>=': (column, rows, out) => {
      for (let row = 0; row < rows; row++) out[row] = column[row]! / scale >= value ? 1 : 0
    },
  }
  const loop = holds[op]
  return (batch, out) => loop(batch.numbers[slot]!, batch.rows, out)
}

function oneOf(slot: number, values: readonly number[]): ColumnTest {
  return (batch, out) => {
    const column = batch.numbers[slot]!
    for (let row = 0; row < batch.rows; row++) {
      const value = column[row]!
      let found = 0
      for (let i = 0; i < values.length; i++) if (values[i] === value) found = 1
      out[row] = found
    }
  }
}

function rowByRow(condition: Expression, context: ConditionContext): ColumnTest {
  const test = compileTest(condition, context)
  const event = new Event()
  return (batch, out) => {
    event.batch = batch
    for (let row = 0; row < batch.rows; row++) {
      event.row = row
      out[row] = test(event) ? 1 : 0
    }
  }
}
