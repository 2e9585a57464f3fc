import { createHash, type Hash } from 'node:crypto'
import { type EventBatch, giveBack } from '../event/batch.ts'
import type { LogType } from '../event/log_types.ts'
import type { Micros } from '../event/time.ts'
import { logNameOfFile } from './log_names.ts'
import { ReadReport, type Sensor, SourceFailure, type SourceFile } from './sensor.ts'
import { sensors } from './sensors.ts'
import { namesItsLog } from './zeek_json.ts'

/** So much of a file (bytes, unpacked) is looked at: some thousand records. */
const HEAD = 1 << 19

/** What the head of a file tells about it. */
export interface Survey {
  readonly file: SourceFile
  readonly sensor: Sensor
  /** Log types met in the head, in the order of their first record; exactly one unless `manyTypes`. */
  readonly types: readonly LogType[]
  /**
   * True when rows of several log types come, or may come further on: the head holds several (or none yet), the records
   * name their log and the file does not name the same, or the format knows no logs (EVE, captures).
   */
  readonly manyTypes: boolean
  /** `known` (µs) of the first record; NaN when that was not to be seen in the head, or the log has no times. */
  readonly firstKnown: Micros
  /** Of the first whole record, over its type and event key: 16 hexadecimal digits of SHA-256; '' when there is none. */
  readonly firstRecord: string
  /** Of all records, the same however they are packed (of a capture: of its bytes). Reads the whole file, once. */
  contentHash(): Promise<string>
}

/**
 * Looks at the head of a file: who reads it, and what it holds.
 * @param report gets a note when the file holds other logs than its name says
 * @throws SourceFailure `empty-file`, `unrecognised-format`, `unreadable`
 */
export async function survey(file: SourceFile, report?: ReadReport): Promise<Survey> {
  const head = await headOf(file)
  if (head.length === 0) throw new SourceFailure('empty-file', 'there is nothing in it')
  const sensor = sensors.find((each) => each.recognises(head, file.shown))
  if (sensor === undefined) {
    const names = sensors.map((each) => each.name).join(', ')
    throw new SourceFailure('unrecognised-format', `a format that Thymus reads (${names})`)
  }
  const batches = isText(sensor) ? await firstBatches(file, head, sensor) : []
  const types = batches.map((batch) => batch.type)
  const manyTypes = holdsManyTypes(file, head, sensor, types)
  if (manyTypes && types.length > 0)
    report?.note(`read as a file of many logs: ${types.map((each) => each.name).join(', ')}`)
  const firstKnown = batches[0]?.known[0] ?? Number.NaN
  const firstRecord = batches[0] === undefined ? '' : recordHash(batches[0])
  for (const batch of batches) giveBack(batch)
  let hash: Promise<string> | undefined
  return {
    file,
    sensor,
    types,
    manyTypes,
    firstKnown,
    firstRecord,
    contentHash() {
      hash ??= isText(sensor) ? hashOfRecords(file, sensor) : hashOfBytes(file)
      return hash
    },
  }
}

/** Captures are packets: a head of one cannot be read by itself. */
function isText(sensor: Sensor): boolean {
  return sensor.name !== 'capture'
}

function holdsManyTypes(file: SourceFile, head: Buffer, sensor: Sensor, types: readonly LogType[]): boolean {
  if (types.length !== 1) return true
  if (sensor.name === 'zeek-json' && !namesItsLog(head)) return false
  if (!sensor.name.startsWith('zeek-')) return sensor.manyTypes
  return types[0]!.name !== logNameOfFile(file.shown)
}

async function headOf(file: SourceFile): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of file.open()) {
      pieces.push(chunk)
      length += chunk.length
      if (length >= HEAD) break
    }
  } catch (error) {
    // What can be unpacked of a broken file is still worth reading; the reader says where it breaks.
    if (!(error instanceof SourceFailure && error.reason === 'truncated-compression' && length > 0)) throw error
  }
  return Buffer.concat(pieces).subarray(0, HEAD)
}

/** The first batch of each log type that the whole lines of the head hold, in the order of their first records. */
async function firstBatches(file: SourceFile, head: Buffer, sensor: Sensor): Promise<EventBatch[]> {
  const end = head.length < HEAD ? head.length : head.lastIndexOf(0x0a) + 1
  const headFile: SourceFile = {
    ...file,
    async *open() {
      yield head.subarray(0, end)
    },
  }
  const first = new Map<LogType, EventBatch>()
  for await (const batch of sensor.read(headFile, new ReadReport(file.shown))) {
    if (first.has(batch.type)) giveBack(batch)
    else first.set(batch.type, batch)
  }
  return [...first.values()].sort((a, b) => a.line[0]! - b.line[0]!)
}

function recordHash(batch: EventBatch): string {
  const hash = createHash('sha256').update(`${batch.type.name}\n`)
  addKeys(hash, batch, 1)
  return hash.digest('hex').slice(0, 16)
}

async function hashOfRecords(file: SourceFile, sensor: Sensor): Promise<string> {
  const hash = createHash('sha256')
  let type: LogType | undefined
  for await (const batch of sensor.read(file, new ReadReport(file.shown))) {
    if (batch.type !== type) hash.update(`${batch.type.name}\n`)
    type = batch.type
    addKeys(hash, batch, batch.rows)
    giveBack(batch)
  }
  return hash.digest('hex')
}

function addKeys(hash: Hash, batch: EventBatch, rows: number): void {
  const keys = Buffer.alloc(rows * 8)
  for (let row = 0; row < rows; row++) {
    keys.writeUInt32BE(batch.keyHigh[row]!, row * 8)
    keys.writeUInt32BE(batch.keyLow[row]!, row * 8 + 4)
  }
  hash.update(keys)
}

async function hashOfBytes(file: SourceFile): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of file.open()) hash.update(chunk)
  } catch (error) {
    if (!(error instanceof SourceFailure && error.reason === 'truncated-compression')) throw error
  }
  return hash.digest('hex')
}
