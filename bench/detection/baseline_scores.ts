import type { BaselineRun } from './play.ts'
import { baselineAlerts, findingsOfAlarms, isTrue, type StageFound, stagesFound, stageUids } from './stages.ts'
import type { Truth } from './truth.ts'

export interface BaselineFigures {
  readonly name: string
  readonly source: string
  /** One alert a device and day, on days without attack. */
  readonly alertsADayPer1000: number
  /** Of the attacked worlds: alerts that rest on a stage, of all alerts; without and with the cap. */
  readonly precision: number
  readonly precisionWithinBudget: number
  /** Share of the events it judges that fire, and of device-days with an alert, on days without attack. */
  readonly byEvent: number
  readonly byDevice: number
  /** Whatever it costs. */
  readonly stages: readonly StageFound[]
  /** With as many alerts a day as Thymus may raise, the first ones of each day. */
  readonly stagesWithinBudget: readonly StageFound[]
  /** Alerts by rule on days without attack: what cries wolf. */
  readonly rules: Readonly<Record<string, number>>
}

interface Score {
  readonly source: string
  readonly stages: StageFound[]
  readonly within: StageFound[]
  readonly rules: Map<string, number>
  alerts: number
  deviceDays: number
  trials: number
  firings: number
  attacked: { all: number; true: number; within: number; trueWithin: number }
}

/** Collects what the baselines found and how loud they are, over seeds and attacks. */
export class BaselineScores {
  private readonly scores = new Map<string, Score>()
  private readonly cap: number

  /** @param cap alerts a day that anybody looks at */
  constructor(cap: number) {
    this.cap = cap
  }

  /** A world without attack: its days after learning, of which `run` are the later. */
  benign(run: BaselineRun, before: BaselineRun, truth: Truth, deviceDays: number): void {
    const score = this.score(run)
    const { all } = baselineAlerts([...before.alarms, ...run.alarms], truth, this.cap)
    score.alerts += all.length
    score.deviceDays += deviceDays
    // Rates by event are of the later days alone: before, some of the events were learned from.
    score.trials += run.trials
    score.firings += run.alarms.length
    for (const group of all) score.rules.set(group[0]!.rule, (score.rules.get(group[0]!.rule) ?? 0) + 1)
  }

  attacked(seed: number, playbook: string, run: BaselineRun, truth: Truth): void {
    const score = this.score(run)
    const { all, within } = baselineAlerts(run.alarms, truth, this.cap)
    score.stages.push(...stagesFound(seed, playbook, truth, findingsOfAlarms(all), []))
    score.within.push(...stagesFound(seed, playbook, truth, findingsOfAlarms(within), []))
    const uids = stageUids(truth)
    const right = (groups: typeof all): number =>
      groups.filter((group) => findingsOfAlarms([group]).some((finding) => isTrue(finding, truth, uids))).length
    score.attacked.all += all.length
    score.attacked.true += right(all)
    score.attacked.within += within.length
    score.attacked.trueWithin += right(within)
  }

  figures(): BaselineFigures[] {
    return [...this.scores].map(([name, score]) => {
      const { attacked } = score
      return {
        name,
        source: score.source,
        alertsADayPer1000: share(score.alerts * 1000, score.deviceDays),
        precision: share(attacked.true, attacked.all),
        precisionWithinBudget: share(attacked.trueWithin, attacked.within),
        byEvent: share(score.firings, score.trials),
        byDevice: share(score.alerts, score.deviceDays),
        stages: score.stages,
        stagesWithinBudget: score.within,
        rules: Object.fromEntries([...score.rules].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))),
      }
    })
  }

  private score({ baseline }: BaselineRun): Score {
    const found = this.scores.get(baseline.name) ?? {
      source: baseline.source,
      stages: [],
      within: [],
      rules: new Map<string, number>(),
      alerts: 0,
      deviceDays: 0,
      trials: 0,
      firings: 0,
      attacked: { all: 0, true: 0, within: 0, trueWithin: 0 },
    }
    this.scores.set(baseline.name, found)
    return found
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
