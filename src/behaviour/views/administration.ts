import type { Event } from '../../event/event.ts'
import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'
import { shareKind, shareName } from './shares.ts'

export const ACT_KIND: View = {
  id: 21,
  name: 'device → kind of administrative act',
  subject: 'device',
  question: 'own',
  value: ['text', 'none'],
}
export const ADMINISTERED: View = {
  id: 22,
  name: 'device → device administered, and how',
  subject: 'device',
  question: 'own',
  again: true,
  value: ['device', 'text'],
  shown: (target, act) => `${act} on ${target}`,
}
export const ADMIN_SOURCE: View = {
  id: 23,
  name: 'credential → source device of administrative acts',
  subject: 'credential',
  question: 'who',
  again: true,
  ofAccount: true,
  value: ['device', 'none'],
}
export const ADMIN_DESTINATION: View = {
  id: 24,
  name: 'credential → device administered',
  subject: 'credential',
  question: 'who',
  again: true,
  ofAccount: true,
  value: ['device', 'none'],
}

/**
 * A causal path (A reached B by an administrative act, then B reaches C) with one credential. Administrators reach servers from
 * where they sit; an intruder goes on from where he has come to, and that the credential was on B yesterday is what made B's act possible.
 */
export const ADMIN_CHAIN: View = {
  id: 29,
  name: 'credential → device that it was brought to and goes on from',
  subject: 'credential',
  question: 'chain',
  again: true,
  ofAccount: true,
  value: ['device', 'none'],
  shown: (device) => `onwards from ${device}, which it had reached,`,
}
/** A path goes on within so many days of the site, the present one among them. */
const CHAIN_DAYS = 4

/** Operations of svcctl that change or run something (MS-SCMR 3.1.4); the others only look. */
const SERVICE_CONTROL = /^(r?create|start|control|delete|change|create.*wow).*service/i

export const DIRECTORY_REPLICATION = 'directory replication'

/** The administrative act that an operation is, or ''. Interfaces by Zeek's endpoint names. */
export function actOfOperation(endpoint: string, operation: string): string {
  const name = endpoint.toLowerCase()
  if (name === 'svcctl') return SERVICE_CONTROL.test(operation) ? 'service control' : ''
  if (name === 'atsvc' || name.startsWith('itaskscheduler') || name === 'idletask') return 'scheduled task'
  if (name === 'winreg')
    return /set|create|delete|save|restore|replace|load/i.test(operation) ? 'registry change' : 'remote registry'
  if (name.startsWith('iwbem')) return 'WMI'
  if (/^(iremotescmactivator|isystemactivator|iremotescm|iactivation)/.test(name)) return 'DCOM activation'
  if (name === 'drsuapi') return /getncchanges/i.test(operation) ? DIRECTORY_REPLICATION : ''
  if (name.startsWith('eventlog') || name === 'ieventservice') return 'event log'
  if (name === 'initshutdown' || name === 'winshutdown') return 'shutdown'
  return ''
}

type Recorder = (event: Event, act: number, day: DayNumber) => void

function recorder(habits: Habits): Recorder {
  return (event, act, day) => {
    const { orig, resp, credential: named, clock } = event
    if (orig < 0 || act === 0) return
    if (resp >= 0) habits.onAdministration?.(event, act)
    const credential = named >= 0 || resp < 0 ? named : habits.sessions.of(orig, resp, clock)
    // Whoever acts is part of the key: the same act by another credential is another fact.
    if (habits.cache.seen(orig, resp, credential, cacheWord(CACHE_TAG.act, act), day)) return
    habits.use(ACT_KIND, orig, act, 0, day)
    if (resp >= 0) habits.use(ADMINISTERED, orig, resp, act, day)
    if (credential < 0) return
    habits.use(ADMIN_SOURCE, credential, orig, 0, day)
    const reached = habits.find(ADMIN_DESTINATION, credential, orig, 0)
    if (reached !== 0 && day - habits.table.lastDay(reached) < CHAIN_DAYS)
      habits.use(ADMIN_CHAIN, credential, orig, 0, day)
    if (resp >= 0) habits.use(ADMIN_DESTINATION, credential, resp, 0, day)
  }
}

function rpc(habits: Habits): Handler {
  const type = logType('dce_rpc')
  const ENDPOINT = slotOf(type, 'endpoint')
  const OPERATION = slotOf(type, 'operation')
  const { texts } = habits
  const record = recorder(habits)
  const generation = (): number => texts.generation
  /** Two words make one act: the memo of the endpoint says whether to look at the operation at all. */
  const administers = new BatchMemo((text) =>
    actOfOperation(text, 'CreateService') || actOfOperation(text, 'GetNCChanges') ? 1 : 0,
  )
  const endpoint = new BatchMemo((text) => texts.intern(text), generation)
  const operation = new BatchMemo((text) => texts.intern(text), generation)
  return (event, day) => {
    const { batch, row } = event
    const of = batch.strings[ENDPOINT]![row]!
    if (administers.of(batch, of) === 0) return
    const act = actOfOperation(
      texts.text(endpoint.of(batch, of)),
      texts.text(operation.of(batch, batch.strings[OPERATION]![row]!)),
    )
    if (act !== '') record(event, texts.intern(act), day)
  }
}

function share(habits: Habits): Handler {
  const PATH = slotOf(logType('smb_mapping'), 'path')
  const { texts } = habits
  const record = recorder(habits)
  const act = new BatchMemo(
    (text) => (/^(ADMIN\$|drive share)$/.test(shareKind(shareName(text))) ? texts.intern('administrative share') : 0),
    () => texts.generation,
  )
  return (event, day) => record(event, act.of(event.batch, event.batch.strings[PATH]![event.row]!), day)
}

/** A session whose security layer was agreed upon, or an SSH sign-on that succeeded. */
function session(log: string, field: string, act: string): (habits: Habits) => Handler {
  const type = logType(log)
  const FIELD = slotOf(type, field)
  const numeric = type.fields[FIELD]!.numeric
  return (habits) => {
    const { texts } = habits
    const record = recorder(habits)
    const accepted = new BatchMemo((text) => (/^(success|encrypted)$/i.test(text) ? 1 : 0))
    return (event, day) => {
      const { batch, row } = event
      const done = numeric ? batch.numbers[FIELD]![row] === 1 : accepted.of(batch, batch.strings[FIELD]![row]!) === 1
      if (done) record(event, texts.intern(act), day)
    }
  }
}

/** WinRM is HTTP to /wsman (MS-WSMV 2.2). */
function winRm(habits: Habits): Handler {
  const URI = slotOf(logType('http'), 'uri')
  const { texts } = habits
  const record = recorder(habits)
  const act = new BatchMemo(
    (text) => (/^(https?:\/\/[^/]+)?\/wsman/i.test(text) ? texts.intern('WinRM') : 0),
    () => texts.generation,
  )
  return (event, day) => record(event, act.of(event.batch, event.batch.strings[URI]![event.row]!), day)
}

/** Acts that run or change something on another device: by whom, from where, to where, how. */
export const ADMINISTRATION: Family = {
  views: [ACT_KIND, ADMINISTERED, ADMIN_SOURCE, ADMIN_DESTINATION, ADMIN_CHAIN],
  handlers: {
    dce_rpc: rpc,
    smb_mapping: share,
    rdp: session('rdp', 'result', 'remote desktop'),
    ssh: session('ssh', 'auth_success', 'SSH session'),
    http: winRm,
  },
}
