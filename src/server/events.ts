import type { AnswerRow } from '../store/query.ts'
import type { EventLake } from './event_lake.ts'
import type { EventAnswer } from './event_schema.ts'

/** Which events are asked for; times are epoch seconds of when the sensor could have known of them. */
export interface EventQuestion {
  readonly uid?: string | undefined
  readonly seq?: number | undefined
  readonly device?: string | undefined
  readonly log?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Only events behind this one in canonical order. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface EventsFound {
  readonly events: readonly EventAnswer[]
  readonly more: boolean
}

/** Columns that name a record where `uid` does not. */
const ID_COLUMNS = ['uid', 'fuid', 'id'] as const
const LONGEST_TEXT = 4096
const MOST_ITEMS = 64

/**
 * Finds events of all logs in canonical order: first their places, from narrow columns, then those rows alone.
 * Names of logs and columns are those that the lake itself has; all that a person gave is bound.
 */
export async function findEvents(
  lake: EventLake,
  logs: readonly string[],
  question: EventQuestion,
): Promise<EventsFound> {
  const columns = await lake.columns(logs)
  const asked = [...columns].filter(([log]) => question.log === undefined || question.log === log)
  const values: Record<string, string | number> = { n: question.limit + 1 }
  for (const name of ['uid', 'seq', 'device', 'from', 'to', 'after'] as const) {
    const value = question[name]
    if (value !== undefined) values[name] = value
  }
  const parts = asked.flatMap(([log, names]) => {
    const condition = conditionOf(question, names)
    if (condition === undefined) return []
    const seq = sequenceOf(names)
    return [
      `(SELECT '${log.replaceAll("'", "''")}' AS log, ${seq} AS place FROM ${quoted(log)} WHERE ${condition} ` +
        'ORDER BY place LIMIT $n::BIGINT)',
    ]
  })
  if (parts.length === 0) return { events: [], more: false }
  const places = await lake.query(
    `SELECT * FROM (${parts.join(' UNION ALL ')}) ORDER BY place LIMIT $n::BIGINT`,
    values,
  )
  const page = places.slice(0, question.limit)
  const events: EventAnswer[] = []
  for (const [log, found] of Map.groupBy(page, (row) => String(row['log']))) {
    const seq = sequenceOf(columns.get(log)!)
    const bound = Object.fromEntries(found.map((row, i) => [`s${i}`, Number(row['place'])]))
    const list = found.map((_, i) => `$s${i}::BIGINT`).join(', ')
    const rows = await lake.query(`SELECT * FROM ${quoted(log)} WHERE ${seq} IN (${list})`, bound)
    for (const row of rows) events.push(eventOf(log, seq, row))
  }
  events.sort((a, b) => a.seq - b.seq)
  return { events, more: places.length > question.limit }
}

/** The condition on a log that has those columns; undefined when it cannot hold what is asked. */
function conditionOf(question: EventQuestion, columns: ReadonlySet<string>): string | undefined {
  const all: string[] = []
  if (question.uid !== undefined) {
    const ids = ID_COLUMNS.filter((name) => columns.has(name))
    if (ids.length === 0) return undefined
    all.push(`(${ids.map((name) => `${name} = $uid`).join(' OR ')})`)
  }
  const seq = sequenceOf(columns)
  if (question.seq !== undefined) all.push(`${seq} = $seq::BIGINT`)
  if (question.device !== undefined) all.push('(device = $device OR peer_device = $device)')
  if (question.from !== undefined) all.push('known >= $from::DOUBLE')
  if (question.to !== undefined) all.push('known < $to::DOUBLE')
  if (question.after !== undefined) all.push(`${seq} > $after::BIGINT`)
  return all.length === 0 ? 'true' : all.join(' AND ')
}

/** Zeek's sip has a `seq` of its own; ours then has an underscore in front. */
function sequenceOf(columns: ReadonlySet<string>): string {
  return columns.has('_seq') ? '_seq' : 'seq'
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function eventOf(log: string, seq: string, row: AnswerRow): EventAnswer {
  const { ts, known, device, peer_device: peer, extra: _, [seq]: place, ...rest } = row
  const fields: EventAnswer['fields'] = {}
  for (const [name, value] of Object.entries(rest)) {
    if (value === null || value === undefined) continue
    if (Array.isArray(value)) {
      if (value.length > 0) fields[name] = value.slice(0, MOST_ITEMS).map((item) => plain(item))
    } else fields[name] = plain(value)
  }
  return {
    log,
    seq: Number(place),
    ts: Number(ts),
    known: Number(known),
    uid: typeof rest['uid'] === 'string' ? rest['uid'] : null,
    device: typeof device === 'string' ? device : null,
    peer_device: typeof peer === 'string' ? peer : null,
    fields,
  }
}

function plain(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
