import type { DeviceDirectory } from '../device/directory.ts'
import type { Event } from '../event/event.ts'
import type { EvidenceRecord, Fact } from './alert.ts'
import type { Model, Part, Rule } from './definition.ts'
import { durationText } from './duration.ts'
import { evidenceOf } from './evidence.ts'
import { eventFact, windowFact } from './facts.ts'
import type { Statement } from './firing.ts'
import type { Occurrence } from './sequence_groups.ts'
import type { OddDay } from './surprise.ts'
import { type Segment, shown } from './template.ts'
import type { Group, WindowGroups } from './window_groups.ts'

/** What is known at the moment at which a rule holds. */
export interface Moment {
  readonly model: Model
  readonly event: Event
  /** The part that the event was, first of all that it matched. */
  readonly part: Part
  readonly matched: number
  readonly device: number
  readonly subject: string
  readonly directory: DeviceDirectory
  /** By variable index of a window. */
  readonly windows: readonly (WindowValue | undefined)[]
  /** By variable index of a sequence, from 0 for the first. */
  readonly chains: readonly (readonly Occurrence[] | undefined)[]
  readonly day: OddDay | undefined
}

export interface WindowValue {
  readonly groups: WindowGroups
  readonly group: Group
  readonly place: number
}

/** Puts in words what a rule has found, with every number as a fact. */
export function statementOf(rule: Rule, moment: Moment): Statement {
  const { event, part, model } = moment
  const trigger = evidenceOf(event, part, moment.directory)
  const facts: Fact[] = []
  const records: EvidenceRecord[] = [trigger]
  for (const index of rule.windows) {
    const value = moment.windows[index]
    if (!value) continue
    facts.push(
      windowFact(
        { ...value, model, device: moment.device, until: event.sequence, directory: moment.directory },
        nounOf(rule, index),
      ),
    )
    records.push(...(value.group.samples ?? []).map(({ record }) => record))
  }
  const ownChains = rule.sequences.map((index) => moment.chains[index - model.windows.length])
  for (const { record, part: step } of ownChains.flatMap((chain) => chain ?? [])) {
    records.push(record)
    facts.push(eventFact(record, model.parts[step]!.log))
  }
  if (facts.length === 0) facts.push(eventFact(trigger, part.log))
  const words = rule.summary.map((segment) => segmentText(segment, moment, trigger, records))
  return {
    rule: rule.index,
    score: rule.score,
    summary: words.join(''),
    facts,
    records: unique(records),
    day: moment.day,
  }
}

function unique(records: readonly EvidenceRecord[]): readonly EvidenceRecord[] {
  const bySequence = new Map(records.map((record) => [`${record.log} ${record.seq}`, record]))
  return [...bySequence.values()].sort((a, b) => a.seq - b.seq)
}

function nounOf(rule: Rule, index: number): { one: string; many: string } {
  const segment = rule.summary.find((part) => part.is === 'count' && part.index === index)
  return segment?.is === 'count' ? segment : { one: '', many: '' }
}

function segmentText(
  segment: Segment,
  moment: Moment,
  trigger: EvidenceRecord,
  records: readonly EvidenceRecord[],
): string {
  switch (segment.is) {
    case 'text':
      return segment.text
    case 'device':
      return deviceText(moment.device, moment.directory)
    case 'peer':
      return peerText(moment.event, moment.part, moment.directory)
    case 'subject':
      return moment.subject
    case 'count': {
      const window = moment.windows[segment.index]
      const value = window ? window.groups.value(window.group, window.place) : 0
      const noun = value === 1 ? segment.one : segment.many
      const count = noun === '' ? String(value) : `${value} ${noun}`
      return window?.groups.atLeast(window.group, window.place) ? `at least ${count}` : count
    }
    case 'step': {
      const chain = moment.chains[segment.index - moment.model.windows.length]
      const step = segment.which === 'first' ? chain?.[0] : chain?.at(-1)
      return step ? stepText(step.record) : '(not seen)'
    }
    case 'span':
      return spanText(segment, moment)
    case 'field': {
      const part = moment.model.parts[segment.part]!
      const chain = moment.chains
        .flatMap((occurrences) => occurrences ?? [])
        .find((occurrence) => occurrence.part === part.index)
      const own = (moment.matched & (1 << part.index)) !== 0 && part.log === moment.part.log
      const record =
        chain?.record ??
        (own
          ? evidenceOf(moment.event, part, moment.directory)
          : records.find(({ log }) => log === part.log.name && log !== trigger.log))
      const value = record?.fields[segment.field.name]
      return value === undefined ? '(not seen)' : shown(value)
    }
  }
}

/** The most telling fields of each log, in the order in which they read well. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  smb_files: ['name', 'path'],
  files: ['filename', 'mime_type'],
  dce_rpc: ['operation', 'endpoint'],
  http: ['method', 'uri'],
  smb_mapping: ['path'],
}

/** `CreateServiceW, svcctl`; the port where nothing else is known. */
function stepText({ log, fields }: EvidenceRecord): string {
  const names = TELLING[log] ?? []
  const values = names.flatMap((name) => (fields[name] === undefined ? [] : [shown(fields[name])]))
  return values.length > 0 ? values.join(', ') : `${log}, port ${fields['id.resp_p'] ?? 'unknown'}`
}

function spanText(segment: Segment & { is: 'span' }, moment: Moment): string {
  if (segment.of === 'window') {
    const window = moment.windows[segment.index]
    const first = window?.groups.first(window.group)
    return durationText(first ? moment.event.clock - first.clock : 0)
  }
  const chain = moment.chains[segment.index - moment.model.windows.length]
  return durationText(chain ? chain.at(-1)!.ts - chain[0]!.ts : 0)
}

/** `10.1.2.3 (FS-03)`. */
export function deviceText(device: number, directory: DeviceDirectory): string {
  const name = directory.hostname(device)
  const ip = directory.ip(device)
  return name === '' ? ip : `${ip} (${shown(name)})`
}

function peerText(event: Event, part: Part, directory: DeviceDirectory): string {
  const side = part.side === 'orig' ? 'resp' : 'orig'
  const device = event[side]
  if (device >= 0) return deviceText(device, directory)
  const slot = part.log.slots.get(`id.${side}_h`)
  const address = slot === undefined ? '' : event.text(slot)
  return address === '' ? 'an unknown address' : shown(address)
}
