import { knownLogTypes, type LogType, logType } from '../event/log_types.ts'

/** Compression and log suffixes, and numbers or dates that logrotate puts behind them. */
const ENDINGS = /\.(?:gz|zst|gzip|log|json|jsonl|ndjson|txt|tsv)$|[._-]\d[\d_:T.-]*(?:[A-Z]{2,4})?$/i
/** What shippers put before and behind the name of the log. */
const PREFIXES = /^(?:json_streaming_|zeek[_.-]|bro[_.-]|\d[\d_:T.-]*[_.-])/i
const SUFFIXES = /[_.-](?:json|log|tsv)$/i

/**
 * The name of the log that a file holds, as far as the file's name says it: without dates, times, ranges, sequence
 * numbers, compression and json-streaming forms.
 *
 *     conn.2024-04-20-11-00-00.log.gz, conn.11:00:00-12:00:00.log.gz, conn_20240420.log, conn.log.3.gz,
 *     json_streaming_conn.1.log, conn_json.log, conn.20240420T110000-120000.log   →   conn
 *
 * @returns '' when nothing is left
 */
export function logNameOfFile(fileName: string): string {
  let name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  for (;;) {
    const shorter = name.replace(ENDINGS, '').replace(PREFIXES, '').replace(SUFFIXES, '')
    if (shorter === name || shorter === '') break
    name = shorter
  }
  // `conn.2024-04-20.worker-1`: what stands behind the first dot never names a Zeek log.
  const dot = name.indexOf('.')
  const stem = dot > 0 ? name.slice(0, dot) : name
  return /[A-Za-z]/.test(stem) ? stem : ''
}

/**
 * The log type of a record, from the name it bears itself and the name of its file. RITA's open_conn, open_http and
 * open_ssl logs call themselves conn, http and ssl: there the file's name is right.
 */
export function logTypeOf(recordName: string, fileStem: string): LogType {
  const open = `open_${recordName}`
  if (fileStem === open && isKnown(open)) return logType(open)
  return logType(recordName)
}

export function isKnown(name: string): boolean {
  return KNOWN.has(name)
}

const KNOWN: ReadonlySet<string> = new Set(knownLogTypes().map((type) => type.name))

/** Keys of a record that say which log it belongs to: Zeek's own, its json-streaming's, Corelight's. */
export const NAMING_KEYS: ReadonlySet<string> = new Set(['_path', '@stream', '_stream'])
/** Keys that say nothing worth keeping: which program shipped the record. */
export const IGNORED_KEYS: ReadonlySet<string> = new Set(['@proc'])
const SYNONYMS: Readonly<Record<string, string>> = { '@system': '_system_name' }

/** Zeek's name of a field, for the names that shippers have given it. */
export function fieldNameOf(key: string): string {
  return SYNONYMS[key] ?? key
}

/** Fields that say nothing about the type. */
const EVERYWHERE = new Set(['ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p', 'proto'])

/** So many telling fields must agree, and so large a share of all telling ones, before fields name a type. */
const TELLING_FIELDS = 4
const TELLING_SHARE = 0.8

/**
 * The log type whose fields these are, for records that do not name their log in a file whose name does not either.
 * @param fieldNames dotted or underscored
 * @returns undefined when no type fits well; of equals the first of the table (conn before open_conn)
 */
export function logTypeOfFields(fieldNames: Iterable<string>): LogType | undefined {
  const names = [...new Set(fieldNames)].map((name) => name.replace(/^id_(orig|resp)_/, 'id.$1_'))
  const telling = names.filter((name) => !EVERYWHERE.has(name) && !name.startsWith('_') && !name.startsWith('@'))
  let best: LogType | undefined
  let most = Math.max(TELLING_FIELDS, telling.length * TELLING_SHARE) - 1e-9
  for (const type of knownLogTypes()) {
    const agreeing = telling.filter((name) => type.slots.has(name)).length
    if (agreeing > most) {
      best = type
      most = agreeing
    }
  }
  return best
}
