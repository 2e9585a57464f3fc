/**
 * How well Thymus detects and how quiet it is, on simulated enterprises that it has never seen: `thymus bench detection`.
 *
 * For each seed one benign world and one world for each attack. Where their days before the attack are the same, byte for
 * byte, these are learned once and gone on from. Alerts are judged by the lab's ground truth: a stage is found when an alert on one of its
 * devices rests on one of its own events.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Alert } from '../../src/model/alert.ts'
import { type BaselineFigures, BaselineScores } from './baseline_scores.ts'
import type { Baseline } from './baselines/baseline.ts'
import { FirstSeen } from './baselines/first_seen.ts'
import { FixedRules } from './baselines/fixed_rules.ts'
import { LoginPair } from './baselines/login_pair.ts'
import { Calibration, type CalibrationCell } from './calibration.ts'
import { type StoryTold, storyTold } from './incidents.ts'
import { type DetectionOptions, type DetectionOptionsInput, detectionOptions } from './options.ts'
import { type Played, play } from './play.ts'
import { type CryOfWolf, QuietDays, type QuietModel } from './quiet.ts'
import { alertsWithin, findingOfAlert, isTrue, type StageFound, stagesFound, stageUids } from './stages.ts'
import type { Truth } from './truth.ts'
import { copyState, makeWorld, type WorldOnDisk } from './worlds.ts'

export interface DetectionFigures {
  readonly node: string
  readonly options: DetectionOptions
  readonly stages: readonly StageFound[]
  /** The same when only the first alerts of each day are read, as many as the dial allows: as for the baselines. */
  readonly stagesWithinBudget: readonly StageFound[]
  /** Attack by attack, whether it was told as one story. */
  readonly stories: readonly StoryTold[]
  readonly quiet: {
    readonly incidents: number
    readonly incidentsADayPer1000: number
    readonly days: number
    readonly deviceDays: number
    readonly events: number
    readonly signalsADayPer1000: number
    readonly alertsADayPer1000: number
    readonly above60ADayPer1000: number
    /** Share of device-days with an alert; alerts for each million events. */
    readonly byDevice: number
    readonly byMillionEvents: number
    readonly models: readonly QuietModel[]
    readonly cries: readonly CryOfWolf[]
    readonly daily: readonly { readonly day: string; readonly alerts: Readonly<Record<string, number>> }[]
  }
  /** Of the attacked worlds, from the attack's first day on: alerts that rest on a stage, of all alerts. */
  readonly precision: { readonly alerts: number; readonly true: number; readonly share: number }
  readonly precisionWithinBudget: { readonly alerts: number; readonly true: number; readonly share: number }
  readonly calibration: readonly CalibrationCell[]
  readonly baselines: readonly BaselineFigures[]
  readonly cpuSeconds: number
}

/** Alerts a day for 1,000 devices that the dial allows; the baselines get as many. */
export const BUDGET_PER_1000 = 10

/** Alerts of attacked worlds, and how many of them rest on a stage. */
interface Truths {
  alerts: number
  true: number
}

/** All figures, pooled over the seeds, while they are collected. */
class Scores {
  readonly stages: StageFound[] = []
  readonly stagesWithin: StageFound[] = []
  readonly stories: StoryTold[] = []
  readonly quiet = new QuietDays()
  quietIncidents = 0
  readonly calibration = new Calibration()
  readonly baselines: BaselineScores
  readonly told: Truths = { alerts: 0, true: 0 }
  readonly toldWithin: Truths = { alerts: 0, true: 0 }
  readonly cap: number

  constructor(cap: number) {
    this.cap = cap
    this.baselines = new BaselineScores(cap)
  }
}

/**
 * @param models folder of the catalogue
 * @param log    told what is being done, many times
 * @param done   told the figures so far after each seed
 */
export async function benchDetection(
  input: DetectionOptionsInput,
  models: string,
  log: (text: string) => void,
  done?: (figures: DetectionFigures) => void,
): Promise<DetectionFigures> {
  const options = detectionOptions(input)
  const began = process.cpuUsage()
  const scores = new Scores(Math.max(1, Math.ceil((BUDGET_PER_1000 * options.devices) / 1000)))
  const figures = (): DetectionFigures => {
    const { user, system } = process.cpuUsage(began)
    return figuresOf(options, scores, (user + system) / 1e6)
  }
  for (const seed of options.seeds) {
    const folder = mkdtempSync(join(tmpdir(), 'thymus-detection-'))
    try {
      await playSeed(folder, seed, options, models, scores, log)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    done?.(figures())
  }
  return figures()
}

async function playSeed(
  folder: string,
  seed: number,
  options: DetectionOptions,
  models: string,
  scores: Scores,
  log: (text: string) => void,
): Promise<void> {
  const say = (what: string) => (text: string) => log(`seed ${seed}, ${what}: ${text}`)
  const benign = await makeWorld(join(folder, 'benign'), seed, options, undefined, undefined, say('no attack'))
  const { truth } = benign
  const scoredFrom = truth.start + options.learn * 86_400
  const firstScoredDay = Math.round(scoredFrom / 86_400)
  const learned = join(folder, 'learned')
  const fresh = baselinesOf(scoredFrom * 1_000_000)
  say('no attack')(`replaying ${options.attackDay} days`)
  const day: Parameters<typeof play>[4] = (number, stations) => {
    if (number >= firstScoredDay) scores.calibration.day(number, stations, truth)
  }
  if (benign.before === undefined) throw new Error('a world without attack has lost its first days')
  const before = await play(benign.before, learned, models, fresh, day)
  say('no attack')(`replaying ${benign.daysAfter} days`)
  const after = await play(
    benign.after,
    copyState(learned, join(folder, 'state')),
    models,
    fresh.map((each) => each.fork()),
    day,
  )
  scoreBenign(seed, benign, before, after, options, scores, scoredFrom)
  rmSync(join(folder, 'benign'), { recursive: true })
  for (const playbook of options.playbooks) {
    const attacked = await makeWorld(join(folder, playbook), seed, options, playbook, benign.digest, say(playbook))
    const state = copyState(learned, join(folder, 'state'))
    let baselines = fresh.map((each) => each.fork())
    if (attacked.before !== undefined) {
      say(playbook)(`replaying ${options.attackDay} days of its own`)
      rmSync(state, { recursive: true })
      baselines = baselinesOf(scoredFrom * 1_000_000)
      await play(attacked.before, state, models, baselines)
    }
    say(playbook)(`replaying ${attacked.daysAfter} days`)
    const played = await play(attacked.after, state, models, baselines)
    scoreAttacked(seed, playbook, attacked, played, scores)
    const from = attacked.truth.start + options.attackDay * 86_400
    scores.stories.push(storyTold(seed, playbook, attacked.truth, played.alerts, played.incidents, from))
    rmSync(join(folder, playbook), { recursive: true })
  }
}

function baselinesOf(learnedAt: number): Baseline[] {
  return [
    new FixedRules(learnedAt, false),
    new FixedRules(learnedAt, true),
    new FirstSeen(learnedAt),
    new LoginPair(learnedAt),
  ]
}

function scoreBenign(
  seed: number,
  { truth, daysAfter }: WorldOnDisk,
  before: Played,
  after: Played,
  options: DetectionOptions,
  scores: Scores,
  scoredFrom: number,
): void {
  const { quiet, baselines } = scores
  quiet.add(seed, [...before.alerts, ...after.alerts], [...before.signals, ...after.signals], truth, scoredFrom)
  scores.quietIncidents += after.incidents.filter(({ raised }) => raised >= scoredFrom).length
  const days = options.attackDay - options.learn + daysAfter
  const share = (options.attackDay - options.learn) / options.attackDay
  quiet.watched(days, options.devices, Math.round(before.events * share) + after.events)
  after.baselines.forEach((run, index) => {
    baselines.benign(run, before.baselines[index]!, truth, days * options.devices)
  })
}

function scoreAttacked(seed: number, playbook: string, { truth }: WorldOnDisk, played: Played, scores: Scores): void {
  const signals = played.signals.map((signal) => ({
    time: signal.time,
    ip: signal.device.ip,
    uids: signal.evidence,
    name: signal.model,
  }))
  const within = alertsWithin(played.alerts, scores.cap)
  scores.stages.push(...stagesFound(seed, playbook, truth, played.alerts.map(findingOfAlert), signals))
  scores.stagesWithin.push(...stagesFound(seed, playbook, truth, within.map(findingOfAlert), []))
  countTrue(played.alerts, truth, scores.told)
  countTrue(within, truth, scores.toldWithin)
  for (const run of played.baselines) scores.baselines.attacked(seed, playbook, run, truth)
}

/** An alert is true when any of its revisions rests on a stage. */
function countTrue(alerts: readonly Alert[], truth: Truth, told: Truths): void {
  const uids = stageUids(truth)
  const whole = new Map<string, boolean>()
  for (const alert of alerts)
    whole.set(alert.id, whole.get(alert.id) === true || isTrue(findingOfAlert(alert), truth, uids))
  told.alerts += whole.size
  for (const isOfAttack of whole.values()) if (isOfAttack) told.true++
}

function precisionOf({ alerts, true: right }: Truths): DetectionFigures['precision'] {
  return { alerts, true: right, share: alerts === 0 ? 0 : right / alerts }
}

function figuresOf(options: DetectionOptions, scores: Scores, cpuSeconds: number): DetectionFigures {
  const { quiet } = scores
  return {
    node: process.version,
    options,
    stages: scores.stages,
    stagesWithinBudget: scores.stagesWithin,
    stories: scores.stories,
    quiet: {
      incidents: scores.quietIncidents,
      incidentsADayPer1000: quiet.aDayPer1000(scores.quietIncidents),
      days: quiet.days,
      deviceDays: quiet.deviceDays,
      events: quiet.events,
      signalsADayPer1000: quiet.aDayPer1000(quiet.signals),
      alertsADayPer1000: quiet.aDayPer1000(quiet.alerts),
      above60ADayPer1000: quiet.aDayPer1000(quiet.above60),
      byDevice: quiet.deviceDays === 0 ? 0 : quiet.alertedDeviceDays / quiet.deviceDays,
      byMillionEvents: quiet.events === 0 ? 0 : (quiet.alerts * 1e6) / quiet.events,
      models: quiet.byModel(),
      cries: quiet.cries(),
      daily: quiet.daily(),
    },
    precision: precisionOf(scores.told),
    precisionWithinBudget: precisionOf(scores.toldWithin),
    calibration: scores.calibration.cells(),
    baselines: scores.baselines.figures(),
    cpuSeconds,
  }
}
