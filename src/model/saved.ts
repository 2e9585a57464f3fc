import type { Micros } from '../event/time.ts'
import type { BudgetState } from './budget.ts'
import type { Firing } from './firing.ts'
import type { KeyValue } from './group_key.ts'
import type { ModelRunner } from './runner.ts'
import type { Occurrence } from './sequence_groups.ts'
import type { Group } from './window_groups.ts'

/** What the model station keeps between runs: plain data. Device numbers are those of the device station's own state. */
export interface ModelState {
  readonly format: 1
  readonly models: Readonly<Record<string, RunnerState>>
  readonly budget: BudgetState
  readonly alerted: readonly (readonly [device: number, models: readonly (readonly [model: string, at: Micros])[]])[]
}

export interface RunnerState {
  readonly fingerprint: string
  readonly windows: readonly (readonly (readonly [id: string | number, group: SavedGroup])[])[]
  readonly sequences: readonly (readonly (readonly [
    id: string | number,
    steps: readonly (readonly Occurrence[])[],
  ])[])[]
  readonly firings: readonly (readonly [id: string, firing: Firing])[]
}

type Numbers = readonly (number | null)[]

interface SavedGroup
  extends Omit<Group, 'counts' | 'totals' | 'firstSequence' | 'firstClock' | 'distinct' | 'overflow'> {
  readonly counts: Numbers
  readonly totals: Numbers
  readonly firstSequence: Numbers
  readonly firstClock: Numbers
  readonly overflow: Numbers
  readonly distinct: readonly (readonly (readonly [KeyValue, number])[] | null)[]
}

/** JSON has no NaN: absent numbers are null. */
function numbers(values: Float64Array): Numbers {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value))
}

function floats(values: Numbers): Float64Array {
  return Float64Array.from(values, (value) => value ?? Number.NaN)
}

function saveGroup(group: Group): SavedGroup {
  return {
    ...group,
    counts: numbers(group.counts),
    totals: numbers(group.totals),
    firstSequence: numbers(group.firstSequence),
    firstClock: numbers(group.firstClock),
    overflow: numbers(group.overflow),
    distinct: group.distinct.map((values) => (values ? [...values] : null)),
    samples: [...group.samples],
    late: [...group.late],
    addresses: [...group.addresses],
  }
}

function restoreGroup(saved: SavedGroup): Group {
  return {
    ...saved,
    counts: floats(saved.counts),
    totals: floats(saved.totals),
    firstSequence: floats(saved.firstSequence),
    firstClock: floats(saved.firstClock),
    overflow: floats(saved.overflow),
    distinct: saved.distinct.map((values) => (values ? new Map(values) : undefined)),
    samples: [...saved.samples],
    late: [...saved.late],
    addresses: [...saved.addresses],
  }
}

/** A rule without a measure was told NaN, a statement without surprise holds NaN: both null in JSON. */
function saveFiring(firing: Firing): Firing {
  return structuredClone(firing)
}

function restoreFiring(saved: Firing): Firing {
  const nan = (value: number | null): number => value ?? Number.NaN
  return {
    ...structuredClone(saved),
    told: saved.told.map(([rule, measure]) => [rule, nan(measure)]),
    statements: saved.statements.map((statement) => ({
      ...statement,
      bits: nan(statement.bits),
      networkPeriodDays: nan(statement.networkPeriodDays),
    })),
  }
}

export function saveRunner(runner: ModelRunner): RunnerState {
  return {
    fingerprint: runner.model.fingerprint,
    windows: runner.windows.map(({ groups }) => [...groups.groups].map(([id, group]) => [id, saveGroup(group)])),
    sequences: runner.sequences.map(({ groups }) =>
      [...groups.groups].map(([id, steps]) => [id, steps.map((step) => [...step])]),
    ),
    firings: [...runner.firings].map(([id, firing]) => [id, saveFiring(firing)]),
  }
}

export function restoreRunner(runner: ModelRunner, state: RunnerState): void {
  runner.windows.forEach(({ groups }, at) => {
    for (const [id, group] of state.windows[at] ?? []) groups.groups.set(id, restoreGroup(group))
  })
  runner.sequences.forEach(({ groups }, at) => {
    for (const [id, steps] of state.sequences[at] ?? [])
      groups.groups.set(
        id,
        steps.map((step) => [...step]),
      )
  })
  for (const [id, firing] of state.firings) runner.firings.set(id, restoreFiring(firing))
}
