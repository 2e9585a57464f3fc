import type { Tag } from '../../device/tags.ts'
import type { Event } from '../../event/event.ts'
import { logType, slotOf } from '../../event/log_types.ts'
import { MINUTE, type Micros } from '../../event/time.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import type { SiteDays } from '../site_days.ts'
import type { SnapshotWriter } from '../snapshot.ts'
import type { Handler } from '../views/family.ts'
import { BULK_BYTES } from '../views/transfers.ts'
import { adminWorkstation } from './admin_workstation.ts'
import { backupServer } from './backup_server.ts'
import { BulkDay } from './bulk_day.ts'
import { DayFacts } from './day_facts.ts'
import { deploymentServer } from './deployment_server.ts'
import type { LearnedRole } from './learned_role.ts'
import { monitoring } from './monitoring.ts'
import { Pulse } from './pulse.ts'
import { QuietHours } from './quiet_hours.ts'
import { RoleDays } from './role_days.ts'
import { type EndedDay, parseRolesState, type RolesState } from './roles_state.ts'
import { isScan, securityScanner } from './security_scanner.ts'

/**
 * Roles that excuse (DESIGN.md section 3), in the order in which a day is judged: a day that one of them claims is no day of
 * an administrator.
 */
export const LEARNED_ROLES: readonly LearnedRole[] = [
  securityScanner,
  monitoring,
  backupServer,
  deploymentServer,
  adminWorkstation,
]
const ROLE_BY_ID: ReadonlyMap<number, LearnedRole> = new Map(LEARNED_ROLES.map((role) => [role.id, role]))

/** A role is given for so many committed days of its behaviour. */
const DAYS_NEEDED = 7
/** Bytes of a conversation with which one asks how somebody is; a page of metrics, a walk over SNMP. */
const SHORT_CONVERSATION = 256 * 1024

/** What carries tags: the device station. A declared tag is never touched by either. */
export interface TagCarrier {
  /** Gives a device a learned tag, or a newer reason for one that it has. */
  learnTag(device: number, tag: Tag, reason: string, clock: Micros): void
  /** Takes a learned tag back. */
  unlearnTag(device: number, tag: Tag): void
}

/**
 * Learns which devices scan, watch, back up, deploy and administer for a living. A day is judged when it ends, counts when
 * it is older than the lag and the device is not in quarantine then, and is forgotten otherwise; so an attack that is seen
 * earns its device no excuse, and a quarantine takes none away.
 */
export class LearnedRoles {
  private readonly habits: Habits
  private readonly carrier: TagCarrier | undefined
  private readonly isHeld: (device: number) => boolean
  private readonly siteDays: SiteDays
  private readonly pulse: Pulse
  private readonly bulk: BulkDay
  private readonly quiet = new QuietHours()
  private readonly days: RoleDays
  private readonly facts: DayFacts
  private ended: EndedDay[] = []
  private firstDay = -1

  /** @param isHeld whether a device is in quarantine now */
  constructor(
    habits: Habits,
    siteDays: SiteDays,
    isHeld: (device: number) => boolean,
    carrier: TagCarrier | undefined,
    seed: number,
  ) {
    this.habits = habits
    this.siteDays = siteDays
    this.isHeld = isHeld
    this.carrier = carrier
    this.pulse = new Pulse(siteDays)
    this.bulk = new BulkDay(seed ^ 0x1f83d9ab)
    this.days = new RoleDays(seed ^ 0x5be0cd19)
    this.facts = new DayFacts(habits)
  }

  /** Handlers by log type, beside those of the views. */
  handlers(): Readonly<Record<string, Handler>> {
    return { conn: this.connections() }
  }

  /** A learned model has raised an alert on the device: today is no day on which to earn an excuse. */
  alerted(device: number, day: DayNumber): void {
    this.pulse.alerted(device, day)
  }

  /**
   * A day has ended: what it was is settled now, and counts later.
   * @param due    minute of the engine clock from which it counts
   * @param active devices that did something on it, in the order in which they began
   */
  endDay(day: DayNumber, due: number, active: readonly number[]): void {
    if (this.firstDay < 0) this.firstDay = day
    const { facts } = this
    const found: number[] = []
    for (const device of active) {
      facts.device = device
      facts.day = day
      facts.tagMask = this.habits.devices.tagMask(device)
      facts.pulse = this.pulse.takeDay(device, day)
      facts.bulk = this.bulk.of(device)
      if (facts.pulse.alerted) continue
      // A scan that earns no excuse is a scan all the same.
      facts.claimed = isScan(facts)
      for (const role of LEARNED_ROLES) {
        if (!role.isSuchDay(facts)) continue
        facts.claimed = true
        found.push(device, role.id)
      }
    }
    this.ended.push({ day, due, found, deviceHours: [...this.pulse.hoursOfDay] })
    this.pulse.hoursOfDay.fill(0)
    this.bulk.clear()
  }

  /** The hourly commit: days that are older than the lag count from now on. */
  commit(clock: Micros): void {
    while (this.ended.length > 0 && this.ended[0]!.due <= clock / MINUTE) this.commitDay(this.ended.shift()!, clock)
  }

  get bytes(): number {
    return this.pulse.bytes + this.bulk.bytes + this.days.bytes
  }

  /** What bounds have cost. */
  get refused(): number {
    return this.days.refused + this.bulk.refused
  }

  addTo(snapshot: SnapshotWriter): void {
    const state: RolesState = {
      firstDay: this.firstDay,
      quiet: this.quiet.save(),
      ended: this.ended,
      pulse: this.pulse.head(),
      days: this.days.head(),
      bulk: this.bulk.save(),
    }
    snapshot.add('roles/state', Buffer.from(JSON.stringify(state), 'utf8'))
    snapshot.addRows('roles/pulse', this.pulse.freeze())
    snapshot.addRows('roles/days', this.days.freeze())
  }

  /** Goes on from a snapshot; one that was written before there were roles leaves them to be learned. */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const stored = sections.get('roles/state')
    if (stored === undefined) return
    const state = parseRolesState(JSON.parse(Buffer.from(stored).toString('utf8')))
    this.firstDay = state.firstDay
    this.quiet.restore(state.quiet)
    this.ended = [...state.ended]
    this.pulse.restore(state.pulse, sections.get('roles/pulse') ?? new Uint8Array())
    this.days.restore(state.days, sections.get('roles/days') ?? new Uint8Array())
    this.bulk.restore(state.bulk)
  }

  private commitDay({ day, found, deviceHours }: EndedDay, clock: Micros): void {
    this.quiet.addDay(deviceHours)
    for (let at = 0; at < found.length; at += 2) {
      const device = found[at]!
      if (this.isHeld(device)) continue
      const row = this.days.add(device, found[at + 1]!, day)
      if (row !== 0) this.judge(row, day, clock)
    }
    for (const row of this.days.stopped(day)) {
      const device = this.days.device(row)
      if (this.isHeld(device)) continue
      this.carrier?.unlearnTag(device, ROLE_BY_ID.get(this.days.role(row))!.tag)
      this.days.remove(row)
    }
  }

  private judge(row: number, day: DayNumber, clock: Micros): void {
    const { days, facts, habits } = this
    const device = days.device(row)
    const role = ROLE_BY_ID.get(days.role(row))!
    const forbidden = role.forbids?.({
      device,
      tagMask: habits.devices.tagMask(device),
      day,
      firstDay: days.firstDay(row),
      firstDayOfDevice: habits.deviceActivity.firstDay(device),
      firstDayOfNetwork: this.firstDay,
    })
    if (forbidden) {
      this.carrier?.unlearnTag(device, role.tag)
      return
    }
    const counted = role.within === undefined ? days.count(row) : days.daysWithin(row, role.within)
    if (counted < DAYS_NEEDED) return
    facts.device = device
    facts.day = day
    const devices = facts.countOnDays(role.view, days.bitmap(row, role.within ?? 32))
    if (devices < role.devices) return
    const of = Math.min(role.within ?? Number.POSITIVE_INFINITY, day - days.firstDay(row) + 1)
    this.carrier?.learnTag(device, role.tag, `${role.did(devices)} on ${counted} of the last ${of} days`, clock)
  }

  private connections(): Handler {
    const type = logType('conn')
    const PROTO = slotOf(type, 'proto')
    const STATE = slotOf(type, 'conn_state')
    const RESP_H = slotOf(type, 'id.resp_h')
    const ORIG_BYTES = slotOf(type, 'orig_bytes')
    const RESP_BYTES = slotOf(type, 'resp_bytes')
    const tcp = new BatchMemo((text) => (text === 'tcp' ? 1 : 0))
    const inVain = new BatchMemo((text) => (UNANSWERED.has(text) ? 1 : 0))
    const address = new BatchMemo(hashOf)
    const { pulse, bulk, quiet, siteDays } = this
    return (event: Event) => {
      const { batch, row, orig, resp, clock } = event
      if (orig < 0 || event.late) return
      pulse.begin(orig, clock)
      if (tcp.of(batch, batch.strings[PROTO]![row]!) === 1 && inVain.of(batch, batch.strings[STATE]![row]!) === 1)
        pulse.triedInVain(orig, address.of(batch, batch.strings[RESP_H]![row]!))
      if (resp < 0) return
      const sent = batch.numbers[ORIG_BYTES]![row]!
      const received = batch.numbers[RESP_BYTES]![row]!
      // Absent counts are NaN: not large.
      if (!(sent + received > SHORT_CONVERSATION)) {
        pulse.spoke(orig, resp)
        return
      }
      const isQuiet = quiet.isQuiet(siteDays.hourOf(clock))
      if (received >= BULK_BYTES) {
        bulk.taken(orig, received, isQuiet)
        bulk.given(resp, received)
      }
      if (sent >= BULK_BYTES) {
        bulk.taken(resp, sent, isQuiet)
        bulk.given(orig, sent)
      }
    }
  }
}

/** States of `conn_state` in which the responder refused or said nothing (Zeek, scripts/base/protocols/conn/main.zeek). */
const UNANSWERED: ReadonlySet<string> = new Set(['S0', 'REJ', 'SH', 'RSTOS0', 'RSTRH'])

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash | 0
}
