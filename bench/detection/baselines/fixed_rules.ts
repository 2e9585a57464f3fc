import { DAY, MINUTE } from '../../../src/event/time.ts'
import type { Baseline, Fire, Row } from './baseline.ts'

/** Counts in windows that begin with their first event, as Zeek's SumStats does. */
type Windows = Map<string, { start: number; count: number; values: Set<string> }>

/** A condition on one record. */
interface RecordRule {
  readonly rule: string
  readonly log: string
  readonly when: (row: Row) => boolean
}

/** So many records, or different values, of one originator within a time. */
interface ThresholdRule extends RecordRule {
  readonly about?: 'resp'
  readonly over: number
  readonly least: number
  readonly different?: (row: Row) => string
}

const operation = (row: Row): string => `${row.text('endpoint')}::${row.text('operation')}`

/** MITRE's BZAR (github.com/mitre-attack/bzar): operations that execute, persist or read credentials. */
const BZAR_EXECUTION = new Set([
  'atsvc::NetrJobAdd',
  'ITaskSchedulerService::SchRpcRegisterTask',
  'ITaskSchedulerService::SchRpcRun',
  'ITaskSchedulerService::SchRpcEnableTask',
  'svcctl::CreateServiceW',
  'svcctl::CreateServiceA',
  'svcctl::StartServiceW',
  'svcctl::StartServiceA',
  'svcctl::CreateServiceWOW64W',
  'IWbemServices::ExecMethod',
  'IWbemServices::ExecMethodAsync',
])
const BZAR_DISCOVERY =
  /^(?:srvsvc::NetrShareEnum|srvsvc::NetrSessionEnum|srvsvc::NetrConnectionEnum|wkssvc::NetrWkstaUserEnum|samr::Samr(?:Enum|Lookup|Query|GetGroups|GetMembers).*|lsarpc::Lsar?(?:Enum|Lookup|Query).*|netlogon::DsrGetDc.*)$/

const FAILED_STATES = new Set(['S0', 'REJ', 'RSTOS0', 'RSTRH'])

const RECORD_RULES: readonly RecordRule[] = [
  { rule: 'BZAR execution', log: 'dce_rpc', when: (row) => BZAR_EXECUTION.has(operation(row)) },
  {
    rule: 'BZAR DCSync',
    log: 'dce_rpc',
    when: (row) => /^drsuapi::DRS(?:GetNCChanges|ReplicaSync|CrackNames)$/.test(operation(row)),
  },
  {
    rule: 'Sigma admin share write',
    log: 'smb_files',
    when: (row) =>
      /\\(?:ADMIN|[A-Z])\$$/i.test(row.text('path')) &&
      (row.text('action') === 'SMB::FILE_WRITE' || /\.(?:exe|dll|bat|ps1|vbs|sys)$/i.test(row.text('name'))),
  },
  { rule: 'Sigma PsExec service', log: 'smb_files', when: (row) => /psexesvc/i.test(row.text('name')) },
  {
    rule: 'Sigma RC4 Kerberos ticket',
    log: 'kerberos',
    when: (row) =>
      row.text('request_type') === 'TGS' &&
      row.text('cipher').startsWith('rc4') &&
      !row.text('service').endsWith('$') &&
      !row.text('service').startsWith('krbtgt'),
  },
]

const THRESHOLD_RULES: readonly ThresholdRule[] = [
  {
    rule: 'Zeek scan: addresses',
    log: 'conn',
    when: (row) => FAILED_STATES.has(row.text('conn_state')),
    over: 5 * MINUTE,
    least: 25,
    different: (row) => row.text('id.resp_h'),
  },
  {
    rule: 'BZAR discovery',
    log: 'dce_rpc',
    when: (row) => BZAR_DISCOVERY.test(operation(row)),
    over: 5 * MINUTE,
    least: 5,
    different: (row) => row.text('id.resp_h'),
  },
  {
    rule: 'failed NTLM logons',
    log: 'ntlm',
    when: (row) => row.number('success') === 0,
    over: 5 * MINUTE,
    least: 10,
  },
  {
    rule: 'failed Kerberos logons',
    log: 'kerberos',
    when: (row) => /PREAUTH_FAILED|C_PRINCIPAL_UNKNOWN/.test(row.text('error_msg')),
    over: 5 * MINUTE,
    least: 10,
  },
  { rule: 'RDP attempts', log: 'rdp', when: () => true, over: 5 * MINUTE, least: 20 },
  {
    rule: 'Zeek SSH guessing',
    log: 'ssh',
    when: (row) => row.number('auth_success') === 0,
    over: 30 * MINUTE,
    least: 30,
  },
  {
    rule: 'names below one domain',
    log: 'dns',
    when: (row) => row.text('query').length > 30,
    over: 10 * MINUTE,
    least: 100,
    different: (row) => row.text('query'),
  },
  { rule: 'flood', log: 'conn', when: () => true, over: 5 * MINUTE, least: 20_000, about: 'resp' },
]

/**
 * What open rule sets do today: fixed conditions and thresholds. Tuned means what a team does in its first weeks: a source
 * that fired a rule while the team was looking at it is muted for this rule.
 */
export class FixedRules implements Baseline {
  readonly name: string
  readonly source = 'public Sigma, Zeek and BZAR rules: service creation, admin shares, failed logons, scans, tickets'
  readonly logs: ReadonlySet<string> = new Set([...RECORD_RULES, ...THRESHOLD_RULES].map(({ log }) => log))
  private readonly mutedUntil: number
  private readonly tuned: boolean
  private readonly muted: Set<string>
  private readonly windows: Windows
  private swept = 0

  /** @param learnedAt engine clock (µs) until when sources are muted (tuned) or not told (untuned) */
  constructor(learnedAt: number, tuned: boolean, muted: Set<string> = new Set(), windows: Windows = new Map()) {
    this.name = tuned ? 'open rules, tuned' : 'open rules'
    this.mutedUntil = learnedAt
    this.tuned = tuned
    this.muted = muted
    this.windows = windows
  }

  see(row: Row, fire: Fire): boolean {
    const { log } = row
    const say = (rule: string, about: 'orig' | 'resp'): void => {
      const source = about === 'orig' ? row.orig : row.resp
      if (source < 0) return
      const key = `${rule} ${source}`
      if (row.time < this.mutedUntil) this.muted.add(key)
      else if (!this.tuned || !this.muted.has(key)) fire(rule, about)
    }
    for (const each of RECORD_RULES) if (each.log === log && each.when(row)) say(each.rule, 'orig')
    for (const each of THRESHOLD_RULES) {
      if (each.log === log && each.when(row) && this.reaches(each, row)) say(each.rule, each.about ?? 'orig')
    }
    return true
  }

  fork(): Baseline {
    return new FixedRules(this.mutedUntil, this.tuned, new Set(this.muted), structuredClone(this.windows))
  }

  private reaches({ rule, over, least, different, about }: ThresholdRule, row: Row): boolean {
    this.sweep(row.time)
    const address = row.text(about === 'resp' ? 'id.resp_h' : 'id.orig_h')
    const key = `${rule} ${address}`
    let window = this.windows.get(key)
    if (window === undefined || row.time - window.start > over) {
      window = { start: row.time, count: 0, values: new Set() }
      this.windows.set(key, window)
    }
    window.count++
    if (different === undefined) return window.count >= least
    if (window.values.size < least) window.values.add(different(row))
    return window.values.size >= least
  }

  /** Windows of long ago are forgotten once a day. */
  private sweep(now: number): void {
    if (now - this.swept < DAY) return
    this.swept = now
    for (const [key, { start }] of this.windows) if (now - start >= DAY) this.windows.delete(key)
  }
}
