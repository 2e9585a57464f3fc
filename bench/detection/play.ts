import type { Incident } from '../../src/analyst/incident.ts'
import { defaultConfig } from '../../src/engine/config.ts'
import { replay } from '../../src/engine/replay.ts'
import { secondsOf } from '../../src/event/time.ts'
import { LEFT_OUT } from '../../src/journal/journal.ts'
import type { Alert, Signal } from '../../src/model/alert.ts'
import { type Baseline, Row } from './baselines/baseline.ts'
import type { DayOfDevices } from './calibration.ts'

/** A firing of a baseline. */
export interface Alarm {
  readonly rule: string
  /** Epoch seconds. */
  readonly time: number
  readonly ip: string
  readonly uid: string
}

/** What a baseline said while a world was played. */
export interface BaselineRun {
  readonly baseline: Baseline
  readonly alarms: readonly Alarm[]
  /** Events that it judges, and how many of them fired. */
  readonly trials: number
}

export interface Played {
  readonly alerts: readonly Alert[]
  readonly signals: readonly Signal[]
  /** As of the end, highest score first; those of before the state that it went on from as well. */
  readonly incidents: readonly Incident[]
  readonly events: number
  readonly baselines: readonly BaselineRun[]
}

/** Firings kept of a baseline and part of a world; the rest only counts as trials. */
const MOST_ALARMS = 2_000_000

/**
 * Replays a folder through the whole engine, from a state and on to it, and shows the baselines the same events.
 * @param onDay what is to be read of the stations at the end of each day
 */
export async function play(
  telemetry: string,
  state: string,
  models: string,
  baselines: readonly Baseline[],
  onDay?: DayOfDevices,
): Promise<Played> {
  const runs = baselines.map((baseline) => ({ baseline, alarms: [] as Alarm[], trials: 0 }))
  const byLog = new Map<string, typeof runs>()
  for (const run of runs) for (const log of run.baseline.logs) byLog.set(log, [...(byLog.get(log) ?? []), run])
  const row = new Row()
  const { alerts, signals, incidents, summary } = await replay({
    paths: [telemetry],
    config: defaultConfig(),
    models,
    state,
    observer: {
      seen(ordered, from, to) {
        const interested = byLog.get(ordered.batch.type.name)
        if (interested === undefined) return
        row.ordered = ordered
        for (row.row = from; row.row < to; row.row++) {
          if (ordered.flags[row.row]! & LEFT_OUT) continue
          for (const run of interested) {
            const judged = run.baseline.see(row, (rule, about) => {
              if (run.alarms.length < MOST_ALARMS) run.alarms.push(alarmOf(row, rule, about))
            })
            if (judged) run.trials++
          }
        }
      },
      dayEnds: (day, stations) => onDay?.(day, stations),
    },
  })
  const { total } = summary['events'] as { total: number }
  return { alerts, signals, incidents, events: total, baselines: runs }
}

function alarmOf(row: Row, rule: string, about: 'orig' | 'resp'): Alarm {
  return {
    rule,
    time: secondsOf(row.time),
    ip: row.text(about === 'orig' ? 'id.orig_h' : 'id.resp_h'),
    uid: row.text('uid'),
  }
}
