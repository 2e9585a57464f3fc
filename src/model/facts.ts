import type { DeviceDirectory } from '../device/directory.ts'
import type { LogType } from '../event/log_types.ts'
import type { EvidenceRecord, Fact } from './alert.ts'
import { keyOf, type Model, type Part } from './definition.ts'
import { walk } from './expression.ts'
import type { KeyValue } from './group_key.ts'
import { ALERT_LOG } from './sources.ts'
import { conditionSql, peerSql, quoted, type SqlFrame, sequenceColumn, valueSql } from './sql.ts'
import type { Group, WindowGroups } from './window_groups.ts'

/** The numbers of an alert as queries: each counts exactly what the window had counted when the alert was said. */

export interface WindowQuestion {
  readonly model: Model
  readonly groups: WindowGroups
  readonly group: Group
  /** Place of the window in `groups.windows`. */
  readonly place: number
  /** The alerted device. */
  readonly device: number
  /** Position of the event at which the alert was said. */
  readonly until: number
  readonly directory: DeviceDirectory
}

/** @param noun `{ one, many }` as the model's sentence names what is counted; '' where it does not */
export function windowFact(question: WindowQuestion, noun: { one: string; many: string }): Fact {
  const { groups, group, place } = question
  const value = groups.value(group, place)
  const atLeast = groups.atLeast(group, place) || group.lateLost
  const name = value === 1 ? noun.one : noun.many
  const text = name === '' ? `${groups.windows[place]!.name}: ${value}` : `${value} ${name}`
  return { text: atLeast ? `at least ${text}` : text, value, at_least: atLeast, sql: windowSql(question) }
}

function windowSql(question: WindowQuestion): string | null {
  const { model, groups, group, place, until } = question
  const window = groups.windows[place]!
  const first = groups.first(group)
  // Only logs that were seen: a view of a log that never came does not exist.
  const parts = window.parts.map((index) => model.parts[index]!)
  const counted = parts.filter((part) => (group.seen & (1 << part.index)) !== 0)
  const seen = counted.length > 0 ? counted : parts
  if (!first || seen.length === 0 || seen.some((part) => !isCountable(part))) return null
  const logs = new Map<string, Part[]>()
  for (const part of seen) logs.set(part.log.name, [...(logs.get(part.log.name) ?? []), part])
  const selects: string[] = []
  for (const [log, parts] of logs) {
    const position = sequenceColumn(parts[0]!.log)
    const range = [`${position} BETWEEN ${first.sequence} AND ${until}`]
    if (group.late !== undefined) range.push(`${position} NOT IN (${group.late.join(', ')})`)
    const rows = parts.map((part) => rowsSql(part, question))
    if (rows.includes(undefined)) return null
    const matching = rows.length === 1 ? rows[0]! : `(${rows.join(' OR ')})`
    const value = window.values.get(parts[0]!.index)
    const column = value === undefined ? '1' : valueSql(value, frameOf(parts[0]!, question))
    selects.push(`SELECT ${column} AS v FROM ${log} WHERE ${range.join(' AND ')} AND ${matching}`)
  }
  const measure = { count: 'count(*)', distinct: 'count(DISTINCT v)', sum: 'coalesce(sum(v), 0)' }[window.measure]
  return `SELECT ${measure} AS n FROM (${selects.join(' UNION ALL ')})`
}

/** Alerts are no rows of the lake, and how odd an event was is not kept in it. */
function isCountable(part: Part): boolean {
  let countable = part.log.name !== ALERT_LOG
  walk(part.whole, (inner) => {
    if (inner.is === 'surprise') countable = false
  })
  return countable
}

function frameOf(part: Part, { device, directory, groups }: WindowQuestion): SqlFrame {
  return { side: part.side, device, directory, oneDevice: groups.by.includes('device') }
}

/** Condition and group of a part; undefined when the lake has no column for a key. */
function rowsSql(part: Part, question: WindowQuestion): string | undefined {
  const { groups, group } = question
  const frame = frameOf(part, question)
  const terms: string[] = []
  for (const [at, name] of groups.by.entries()) {
    const term = keySql(part, name, group.values[at]!, group, frame)
    if (term === undefined) return undefined
    terms.push(term)
  }
  return `(${[...terms, conditionSql(part.whole, frame)].join(' AND ')})`
}

function keySql(part: Part, name: string, value: KeyValue, group: Group, frame: SqlFrame): string | undefined {
  const key = keyOf(part, name)
  if (!key) return undefined
  if (key.is === 'device') return deviceSql(part, frame, group)
  if (key.is === 'peer') {
    if (typeof value === 'number') return `${peerSql(frame)} = ${quoted(frame.directory.id(value))}`
    return `id_${part.side === 'orig' ? 'resp' : 'orig'}_h = ${quoted(value)}`
  }
  if (key.is !== 'value') return undefined
  const literal = typeof value === 'number' ? String(value) : quoted(value)
  return `${valueSql(key.of, frame)} = ${key.of.type === 'bool' ? String(value === 1) : literal}`
}

/**
 * Rows in which the device stands on the part's side. `device` alone does not say the side when the other end is
 * outside: the addresses it had do.
 */
function deviceSql(part: Part, frame: SqlFrame, group: Group): string {
  const id = quoted(frame.directory.id(frame.device))
  const named = part.side === 'orig' ? `device = ${id}` : `(peer_device = ${id} OR device = ${id})`
  if (group.addressesLost || group.address === '' || !part.log.slots.has(`id.${part.side}_h`)) return named
  const column = `id_${part.side}_h`
  const addresses = [group.address, ...(group.otherAddresses ?? [])]
  return `${named} AND (${column} IS NULL OR ${column} IN (${addresses.map(quoted).join(', ')}))`
}

const MOST_SHOWN = 120

/** A single event as a fact. */
export function eventFact(record: EvidenceRecord, log: LogType): Fact {
  const fields = Object.entries(record.fields).map(([name, value]) => `${name} ${value}`)
  const text = `${record.log}: ${fields.join(', ')}`
  const sql =
    record.log === ALERT_LOG
      ? null
      : `SELECT count(*) AS n FROM ${record.log} WHERE ${sequenceColumn(log)} = ${record.seq}`
  return { text: text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text, value: 1, at_least: false, sql }
}
