import { volumeReason } from '../metrics/volume_words.ts'
import { ownerOf, subjectOfOwner, type View } from '../view.ts'
import { BIT, bitsOf } from './bits.ts'
import { ACCOUNTS } from './device_days.ts'
import { LEVEL_SCALE } from './evidence_account.ts'
import { GROUP_PLURAL, GROUPS } from './groups.ts'
import { QUESTIONS, type Question } from './questions.ts'
import type { Self } from './self.ts'

/** One thing that was odd, with what was expected. Numbers are recomputable from the lake. */
export interface Reason {
  readonly question: Question
  readonly view: string
  readonly value: string
  /** −log₂ of the expected number a device and day. */
  readonly bits: number
  /** How often such a thing, in this view, is seen in the network: once in so many days; never beyond the days learned. */
  readonly networkPeriodDays: number
  /** How often this subject meets something new in this view: once in so many of its own active days. */
  readonly subjectPeriodDays: number
  readonly subjectActiveDays: number
  /** Subjects for which the value is normal, besides this one; 0 for a volume. */
  readonly knownTo: number
  readonly sentence: string
}

/** How odd a device's day is so far. */
export interface DeviceSurprise {
  /** −log₂ of the share of device-days, among devices like this, that are as odd or odder by the oddest limit. */
  readonly bits: number
  /** A device-day so odd is seen in the network once in so many days, never said to be rarer than the days learned. */
  readonly networkPeriodDays: number
  /** The same without that modesty: for ranking only. */
  readonly rankingPeriodDays: number
  readonly learnedDays: number
  /** The sum of the oddest bits of each question, and how often a sum so high is seen in the network. */
  readonly sum: { readonly bits: number; readonly networkPeriodDays: number }
  /** By account: how often a level so high is seen in the network. */
  readonly accounts: readonly { readonly account: string; readonly bits: number; readonly networkPeriodDays: number }[]
  /** Oddest first. */
  readonly reasons: readonly Reason[]
}

/** What the surprise needs from the station to put things into words. */
export interface Wording {
  valueText(view: View, value: number): string
  subjectText(view: Pick<View, 'subject'>, subject: number): string
  dayText(day: number): string
}

export interface LinkReader {
  isLive(link: number): boolean
  owner(link: number): number
  value(link: number): number
  firstDay(link: number): number
  days(link: number): number
  /** On how many days an owner met something for the first time, as far as is remembered. */
  noveltyDays(owner: number): number
  /** On how many days a subject of the view was active. */
  activeDays(view: View, subject: number): number
}

const PERIOD_CAP_DAYS = 36_500

/** The period of a rate a day, never beyond what has been seen. */
function said(rateADay: number, learnedDays: number): number {
  return Math.min(1 / Math.max(rateADay, 1 / PERIOD_CAP_DAYS), Math.max(1, learnedDays))
}

export function surpriseOf(
  self: Self,
  device: number,
  links: LinkReader,
  knownTo: (value: number) => number,
  wording: Wording,
): DeviceSurprise | undefined {
  if (!self.isActive(device) || self.daysCommitted === 0) return undefined
  const sum = self.sum(device)
  const tail = self.dayTail(device)
  const rate = tail * Math.max(1, self.deviceDays())
  const learnedDays = self.daysCommitted
  const reasons = QUESTIONS.map((_, question) => reasonOf(self, device, question, links, knownTo, wording))
    .filter((reason) => reason !== undefined)
    .sort((a, b) => b.bits - a.bits)
  return {
    bits: bitsOf(tail) / BIT,
    networkPeriodDays: said(rate, learnedDays),
    rankingPeriodDays: 1 / rate,
    learnedDays,
    sum: { bits: sum / BIT, networkPeriodDays: said(self.jointRate(device, sum), learnedDays) },
    accounts: ACCOUNTS.map((account, index) => ({
      account,
      bits: self.levelToday(device, index) / BIT / LEVEL_SCALE,
      networkPeriodDays: said(self.accountRate(device, index), learnedDays),
    })),
    reasons,
  }
}

function reasonOf(
  self: Self,
  device: number,
  question: number,
  links: LinkReader,
  knownTo: (value: number) => number,
  wording: Wording,
): Reason | undefined {
  const { bits, link, view: viewId, score, count } = self.oddest(device, question)
  if (self.metrics.isMetric(viewId)) return volumeReasonOf(self, device, question, wording)
  const again = viewId >= 32
  const view = self.judged(again ? viewId - 32 : viewId)
  const judged = self.judged(viewId)
  if (bits === 0 || view === undefined || judged === undefined || !links.isLive(link)) return undefined
  const subject = subjectOfOwner(links.owner(link))
  if (links.owner(link) !== ownerOf(view, subject)) return undefined
  const novelty = self.noveltyOf(view, subject)
  const others = Math.max(0, knownTo(links.value(link)))
  const value = wording.valueText(view, links.value(link))
  const name = wording.subjectText(view, subject)
  const group = GROUP_PLURAL[GROUPS[novelty.group]!]
  const activeDays = links.activeDays(view, subject)
  const usual = `met something new here on ${links.noveltyDays(links.owner(link))} of ${activeDays} active days`
  const first = wording.dayText(links.firstDay(link))
  const what = again
    ? `${name} → ${value} is used again, on a ${ordinal(links.days(link))} day since ${first}`
    : `${name} → ${value} for the first time in ${activeDays} active days${count > 1 ? ` (the ${ordinal(count)} new one today)` : ''}`
  return {
    question: QUESTIONS[question]!,
    view: judged.name,
    value,
    bits: bits / BIT,
    networkPeriodDays: said(self.viewRate(viewId, novelty.group, score), self.daysCommitted),
    subjectPeriodDays: Math.min(1 / novelty.rate, Math.max(1, activeDays)),
    subjectActiveDays: activeDays,
    knownTo: others,
    sentence: `${what}; normal for ${others} others; it ${usual}, compared with ${group}`,
  }
}

/** A metric (question `many`): how much, against the subject's own days and those of its like. */
function volumeReasonOf(self: Self, device: number, question: number, wording: Wording): Reason | undefined {
  const { bits, link: subject, view, score } = self.oddest(device, question)
  if (bits === 0) return undefined
  const { subject: kind, counts } = self.metrics.familyOf(view)
  const name = wording.subjectText({ subject: kind }, subject)
  const reason = volumeReason(self.metrics, view, subject, name)
  if (reason === undefined) return undefined
  const { activeDays, ownDaysAsHigh } = reason
  return {
    question: QUESTIONS[question]!,
    view: reason.metric,
    value: reason.amount,
    bits: bits / BIT,
    networkPeriodDays: said(self.metrics.rate(view, counts.group, score), self.daysCommitted),
    subjectPeriodDays: Math.min((activeDays + 1) / (ownDaysAsHigh + 1), Math.max(1, activeDays)),
    subjectActiveDays: activeDays,
    knownTo: 0,
    sentence: reason.sentence,
  }
}

function ordinal(n: number): string {
  const tens = n % 100
  const suffix = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')
  return `${n}${suffix}`
}
