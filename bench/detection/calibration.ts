import type { Stations } from '../../src/engine/engine.ts'
import { DAY, secondsOf } from '../../src/event/time.ts'
import type { Truth } from './truth.ts'

/** Reads the stations at the end of a day (days since the epoch, UTC). */
export type DayOfDevices = (day: number, stations: Stations) => void

/** What states how odd a device's day is: what fires, and the parts of which it is the oddest. */
const STATEMENTS = ['what fires', 'sum', 'account: everything', 'account: administration'] as const
type Statement = (typeof STATEMENTS)[number]
const ROLES = ['all', 'clients', 'servers'] as const
type RoleOfDevice = (typeof ROLES)[number]

/** Tail probabilities at which statements are tested; `daily` is one device-day a day in the whole network. */
const LEVELS = [0.1, 0.03, 0.01, 0.004] as const
type Level = (typeof LEVELS)[number] | 'daily'

/** Below so many expected, a cell says nothing. */
export const LEAST_EXPECTED = 30

export interface CalibrationCell {
  readonly statement: Statement
  readonly role: RoleOfDevice
  /** `daily`: once a day in the network. */
  readonly level: Level
  readonly deviceDays: number
  readonly expected: number
  readonly observed: number
  /** Observed over expected, with the exact Poisson 95 % interval of the observed count. */
  readonly ratio: number
  readonly low: number
  readonly high: number
  /** Enough was expected for the cell to be tested. */
  readonly tested: boolean
}

interface Count {
  expected: number
  observed: number
  days: number
}

/**
 * Stated against observed, by device-day, on worlds without attack: of all device-days, how many had an end of day that the behaviour
 * station calls as rare as a level or rarer.
 */
export class Calibration {
  private readonly counts = new Map<string, Count>()

  /** To be called at the end of each scored day of a benign world. */
  day(day: number, { behaviour, devices }: Stations, truth: Truth): void {
    const { self } = behaviour
    if (self.daysCommitted === 0) return
    const noon = secondsOf(day * DAY) + 86_399
    const active = Math.max(1, self.deviceDays())
    for (let device = 0; device < devices.size; device++) {
      if (!self.isActive(device)) continue
      const name = truth.deviceAt(devices.ip(device), noon)
      const role = name !== undefined && truth.isServer(name) ? 'servers' : 'clients'
      const tails = [
        self.dayTail(device),
        self.jointTail(device, self.sum(device)),
        self.accountTail(device, 0),
        self.accountTail(device, 1),
      ]
      STATEMENTS.forEach((statement, index) => {
        for (const level of [...LEVELS, 'daily'] as const) {
          const limit = level === 'daily' ? 1 / active : level
          for (const each of ['all', role] as const) this.add(statement, each, level, limit, tails[index]! <= limit)
        }
      })
    }
  }

  cells(): CalibrationCell[] {
    const cells: CalibrationCell[] = []
    for (const statement of STATEMENTS) {
      for (const role of ROLES) {
        for (const level of [...LEVELS, 'daily'] as const) {
          const count = this.counts.get(`${statement}/${role}/${level}`)
          if (count === undefined) continue
          const { expected, observed, days } = count
          const [low, high] = poissonInterval(observed)
          cells.push({
            statement,
            role,
            level,
            deviceDays: days,
            expected: round(expected),
            observed,
            ratio: round(observed / expected),
            low: round(low / expected),
            high: round(high / expected),
            tested: expected >= LEAST_EXPECTED,
          })
        }
      }
    }
    return cells
  }

  private add(statement: Statement, role: RoleOfDevice, level: Level, limit: number, fired: boolean): void {
    const key = `${statement}/${role}/${level}`
    const count = this.counts.get(key) ?? { expected: 0, observed: 0, days: 0 }
    count.expected += limit
    count.days++
    if (fired) count.observed++
    this.counts.set(key, count)
  }
}

/** The exact (Garwood) 95 % interval of a Poisson mean, given a count. */
export function poissonInterval(count: number): readonly [low: number, high: number] {
  const low = count === 0 ? 0 : solve((mean) => 1 - poissonCdf(count - 1, mean) - 0.025, count)
  return [low, solve((mean) => 0.025 - poissonCdf(count, mean), count)]
}

/** The root of a rising function between 0 and far above the count, by bisection. */
function solve(rising: (mean: number) => number, count: number): number {
  let low = 0
  let high = count + 10 * Math.sqrt(count + 1) + 10
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(X ≤ count), summed in logarithms so that large means do not underflow. */
function poissonCdf(count: number, mean: number): number {
  if (mean <= 0) return 1
  let logTerm = -mean
  let sum = Math.exp(logTerm)
  for (let k = 1; k <= count; k++) {
    logTerm += Math.log(mean / k)
    sum += Math.exp(logTerm)
  }
  return Math.min(1, sum)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
