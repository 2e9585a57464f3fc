import type { Micros } from '../event/time.ts'
import type { ActsState } from './acts.ts'
import type { AgingMap } from './aging_map.ts'
import type { BudgetState } from './budget.ts'
import { DistinctValues } from './distinct_values.ts'
import type { Firing } from './firing.ts'
import type { KeyValue } from './group_key.ts'
import type { MattersState } from './matters.ts'
import type { ModelRunner } from './runner.ts'
import type { Occurrence } from './sequence_groups.ts'
import type { Group } from './window_groups.ts'

/** What the model station keeps between runs: plain data. Device numbers are those of the device station's own state. */
export interface ModelState {
  readonly format: 1
  readonly models: Readonly<Record<string, RunnerState>>
  readonly budget: BudgetState
  /** Null before the first event. */
  readonly since?: Micros | null
  readonly acts?: ActsState
  readonly matters?: MattersState
  readonly facts?: readonly (readonly [device: number, at: Micros])[]
  readonly alerted: readonly (readonly [device: number, models: readonly (readonly [model: string, at: Micros])[]])[]
}

export interface RunnerState {
  readonly fingerprint: string
  readonly windows: readonly Generations<SavedGroup>[]
  readonly sequences: readonly Generations<Occurrence[][]>[]
  readonly firings: Generations<Firing>
}

type Generation<Value> = readonly (readonly [id: string | number, value: Value])[]
/** Both generations of an `AgingMap`. */
type Generations<Value> = readonly [old: Generation<Value>, young: Generation<Value>]

interface SavedGroup extends Omit<Group, 'distinct'> {
  readonly distinct: readonly (readonly (readonly [KeyValue, number])[] | null)[] | undefined
}

function saveMap<Value, Saved>(map: AgingMap<Value>, save: (value: Value) => Saved): Generations<Saved> {
  const [old, young] = map.save()
  return [old.map(([id, value]) => [id, save(value)]), young.map(([id, value]) => [id, save(value)])]
}

function restoreMap<Value, Saved>(
  map: AgingMap<Value>,
  saved: Generations<Saved>,
  restore: (saved: Saved) => Value,
): void {
  const [old, young] = saved
  map.restore(
    old.map(([id, value]) => [id, restore(value)]),
    young.map(([id, value]) => [id, restore(value)]),
  )
}

function saveGroup(group: Group): SavedGroup {
  return {
    ...structuredClone({ ...group, distinct: undefined }),
    distinct: group.distinct?.map((values) => values?.entries() ?? null),
  }
}

function restoreGroup(saved: SavedGroup): Group {
  return {
    ...structuredClone({ ...saved, distinct: undefined }),
    // What was undefined is not in JSON at all: every group has the same properties in the same order.
    samples: saved.samples && [...saved.samples],
    late: saved.late && [...saved.late],
    otherAddresses: saved.otherAddresses && [...saved.otherAddresses],
    distinct: saved.distinct?.map((values) => (values ? DistinctValues.from(values) : undefined)),
  }
}

/** A rule without a measure was told NaN, which is null in JSON; a statement without a day has no such key there. */
function saveFiring(firing: Firing): Firing {
  return structuredClone(firing)
}

export function restoreFiring(saved: Firing): Firing {
  const nan = (value: number | null): number => value ?? Number.NaN
  return {
    ...structuredClone(saved),
    told: saved.told.map(([rule, measure]) => [rule, nan(measure)]),
    statements: saved.statements.map((statement) => ({ ...statement, day: statement.day })),
  }
}

export function saveRunner(runner: ModelRunner): RunnerState {
  return {
    fingerprint: runner.model.fingerprint,
    windows: runner.windows.map(({ groups }) => saveMap(groups.groups, saveGroup)),
    sequences: runner.sequences.map(({ groups }) => saveMap(groups.groups, (steps) => structuredClone(steps))),
    firings: saveMap(runner.firings, saveFiring),
  }
}

export function restoreRunner(runner: ModelRunner, state: RunnerState): void {
  runner.windows.forEach((counter, at) => {
    const saved = state.windows[at]
    if (!saved) return
    restoreMap(counter.groups.groups, saved, restoreGroup)
    counter.restored()
  })
  runner.sequences.forEach(({ groups }, at) => {
    const saved = state.sequences[at]
    if (saved) restoreMap(groups.groups, saved, (steps) => structuredClone(steps))
  })
  restoreMap(runner.firings, state.firings, restoreFiring)
}
