import type { EventBatch } from '../event/batch.ts'
import type { LogType } from '../event/log_types.ts'
import { utcText } from '../event/time.ts'
import { demultiplex } from '../sensor/demultiplex.ts'
import { discover } from '../sensor/discover.ts'
import type { FileReader } from '../sensor/reader.ts'
import { ReadReport, type Sensor, SourceFailure, type SourceFile } from '../sensor/sensor.ts'
import { type Survey, survey } from '../sensor/survey.ts'
import { FilePositions } from './positions.ts'
import { Stream, type StreamFile, type StreamState } from './stream.ts'

/** What the journal remembers from one run on a state to the next. */
export interface JournalState {
  readonly positions: FilePositions
  /** Keys reached, by `sensor type`. */
  readonly streams: Map<string, StreamState>
}

export function newJournalState(): JournalState {
  return { positions: new FilePositions(), streams: new Map() }
}

/** Everything that was found under the PATH arguments, as streams ready to be merged. */
export interface Sources {
  readonly streams: readonly Stream[]
  /** One a file, in the order of the arguments and then of the paths; they fill while the streams are read. */
  readonly reports: readonly ReadReport[]
  readonly files: number
  /** As they lie on the disk. */
  readonly bytes: number
  /** Removes what was written aside. */
  dispose(): Promise<void>
}

export interface SourceProgress {
  /** A file was read to its end. */
  fileRead?(bytes: number): void
}

/**
 * Finds the telemetry under each path, tells formats and log types by content, and puts the files of each log in order:
 * by their first `known`, then by content, never by name.
 * @param paths one sensor each, in this order
 */
export async function openSources(
  paths: readonly string[],
  reader: FileReader,
  state: JournalState,
  progress: SourceProgress = {},
): Promise<Sources> {
  const streams: Stream[] = []
  const reports: ReadReport[] = []
  const disposals: (() => Promise<void>)[] = []
  let files = 0
  let bytes = 0
  for (const [sensorIndex, path] of paths.entries()) {
    const logs = new Map<LogType, OrderedFile[]>()
    const add = (type: LogType, file: OrderedFile): void => {
      const log = logs.get(type)
      if (log) log.push(file)
      else logs.set(type, [file])
    }
    const found = await discover(path)
    reports.push(...found.problems)
    for (const file of found.files) {
      files++
      bytes += file.bytes
      const report = new ReadReport(file.shown)
      reports.push(report)
      const surveyed = await surveyOf(file, report)
      if (surveyed === undefined) {
        progress.fileRead?.(file.bytes)
        continue
      }
      const read = (): AsyncIterable<EventBatch> =>
        reading(reader, file, surveyed.sensor, report, () => progress.fileRead?.(file.bytes))
      if (!surveyed.manyTypes) {
        const type = surveyed.types[0]!
        add(type, {
          firstKnown: surveyed.firstKnown,
          contentHash: () => surveyed.contentHash(),
          file: streamFile(report, only(type, read(), report)),
        })
        continue
      }
      const taken = await demultiplex(read())
      disposals.push(() => taken.dispose())
      for (const part of taken.parts) {
        add(part.type, {
          firstKnown: part.firstKnown,
          contentHash: () => surveyed.contentHash(),
          file: streamFile(report, part.batches()),
        })
      }
    }
    for (const [type, log] of logs) {
      const name = `${sensorIndex} ${type.name}`
      let streamState = state.streams.get(name)
      if (!streamState) {
        streamState = { key: undefined }
        state.streams.set(name, streamState)
      }
      streams.push(new Stream(type, sensorIndex, await inOrder(log), state.positions, streamState))
    }
  }
  return {
    streams,
    reports,
    files,
    bytes,
    async dispose() {
      for (const dispose of disposals) await dispose()
    },
  }
}

/** A file of a log, and what decides its place among the others. */
interface OrderedFile {
  /** µs; NaN for a log without times. */
  readonly firstKnown: number
  contentHash(): Promise<string>
  readonly file: StreamFile
}

async function inOrder(log: readonly OrderedFile[]): Promise<StreamFile[]> {
  const sorted = [...log].sort((a, b) => timeOf(a) - timeOf(b))
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1
    while (to < sorted.length && timeOf(sorted[to]!) === timeOf(sorted[from]!)) to++
    if (to - from > 1) {
      const tied = await Promise.all(
        sorted.slice(from, to).map(async (item) => ({ item, hash: await item.contentHash() })),
      )
      tied.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
      sorted.splice(from, to - from, ...tied.map(({ item }) => item))
    }
    from = to
  }
  return sorted.map(({ file }) => file)
}

function timeOf(file: OrderedFile): number {
  return Number.isNaN(file.firstKnown) ? -1 : file.firstKnown
}

async function surveyOf(file: SourceFile, report: ReadReport): Promise<Survey | undefined> {
  try {
    return await survey(file, report)
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error
    report.reject(error.reason, 0, { expected: error.message })
    return undefined
  }
}

function streamFile(report: ReadReport, batches: AsyncIterable<EventBatch>): StreamFile {
  return {
    shown: report.file,
    batches: () => batches,
    refused(line, known, key) {
      const expected = key === undefined ? 'a time that its log agrees with' : `at most a day after ${utcText(key)}`
      report.reject('ts-far-ahead', line, { field: 'ts', value: utcText(known), expected })
    },
  }
}

/** A file that fails in the middle costs what is behind, is counted, and does not stop the others. */
async function* reading(
  reader: FileReader,
  file: SourceFile,
  sensor: Sensor,
  report: ReadReport,
  done: () => void,
): AsyncGenerator<EventBatch> {
  try {
    yield* reader.read(file, sensor, report)
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error
    report.reject(error.reason, 0, { expected: error.message })
  } finally {
    done()
  }
}

/** A file that was taken for one log's holds stray records of another far behind its head: they are left out, counted. */
async function* only(
  type: LogType,
  batches: AsyncIterable<EventBatch>,
  report: ReadReport,
): AsyncGenerator<EventBatch> {
  for await (const batch of batches) {
    if (batch.type === type) yield batch
    else {
      const expected = `only ${type.name} records, as at the head of the file; name mixed files otherwise`
      report.reject('unknown-log-type', batch.line[0]!, { value: batch.type.name, expected, count: batch.rows })
    }
  }
}
