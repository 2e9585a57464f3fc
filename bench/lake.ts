import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import type { EventBatch } from '../src/event/batch.ts'
import { BatchBuilder } from '../src/event/batch_builder.ts'
import { type Field, logType, slotOf } from '../src/event/log_types.ts'
import { microsOf } from '../src/event/time.ts'
import { NO_DEVICE } from '../src/store/lake_frames.ts'
import { LakeWriter } from '../src/store/lake_writer.ts'
import { connRecords } from './conn_log.ts'

/**
 * What the lake costs: processor time of handing a million connections to it (the engine's side) and of sorting and writing
 * them (the lake process), against the floor of the same run: `JSON.parse` of the same lines. Floor and appending take
 * turns batch by batch, so that what else the machine does hits both.
 *
 *     node bench/lake.ts [--lines 1000000] [--json] [--duckdb]
 *
 * `--duckdb` also measures the way not taken: the same batches into a DuckDB table (typed arrays into vectors, text
 * value by value), then its own sorted COPY.
 */

const CONN = logType('conn')

/** The fields of `connRecords`, in its order. */
const FIELDS = (
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig ' +
  'local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes'
).split(' ')
type ConnRecord = ReturnType<typeof connRecords> extends Generator<infer Record> ? Record : never

interface Batch {
  readonly batch: EventBatch
  readonly lines: readonly string[]
  readonly device: Uint32Array
  readonly peer: Uint32Array
  readonly sequence: Float64Array
}

/** Batches as sensors make them, with the JSON lines that they would have come from. */
function* batches(lines: number, devices: Map<string, number>): Generator<Batch> {
  const slots = FIELDS.map((name) => slotOf(CONN, name))
  const builder = new BatchBuilder(CONN)
  let json: string[] = []
  let position = 0
  const finished = (): Batch => {
    const batch = builder.take()!
    const deviceOf = (slot: number, row: number): number => {
      const address = batch.dictionary.text(batch.strings[slot]![row]!)
      if (!address.startsWith('10.')) return NO_DEVICE
      const known = devices.get(address)
      if (known !== undefined) return known
      devices.set(address, devices.size)
      return devices.size - 1
    }
    const [orig, resp] = [slotOf(CONN, 'id.orig_h'), slotOf(CONN, 'id.resp_h')]
    const device = Uint32Array.from({ length: batch.rows }, (_, row) => deviceOf(orig, row))
    const peer = Uint32Array.from({ length: batch.rows }, (_, row) => deviceOf(resp, row))
    const sequence = Float64Array.from({ length: batch.rows }, () => position++)
    const taken = { batch, lines: json, device, peer, sequence }
    json = []
    return taken
  }
  for (const record of connRecords({ lines })) {
    json.push(setRecord(builder, slots, record))
    builder.commit(json.length)
    if (builder.full) yield finished()
  }
  if (builder.rows > 0) yield finished()
}

/** Returns the record as a JSON line. */
function setRecord(builder: BatchBuilder, slots: readonly number[], record: ConnRecord): string {
  const line: Record<string, unknown> = {}
  record.forEach((value, i) => {
    if (value === undefined) return
    const slot = slots[i]!
    const { kind, numeric } = CONN.fields[slot]!
    line[FIELDS[i]!] = value
    if (kind === 'time' || kind === 'interval') builder.setNumber(slot, microsOf(Number(value)))
    else if (numeric) builder.setNumber(slot, Number(value))
    else builder.setText(slot, String(value))
  })
  return JSON.stringify(line)
}

/** Seconds of processor time of this process, all its threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const deviceId = (index: number): string =>
  Math.imul(index + 1, 0x9e3779b1)
    .toString(16)
    .padStart(16, '0')
    .slice(-16)

export interface LakeFigures {
  readonly node: string
  readonly lines: number
  /** µs of processor time to `JSON.parse` a line. */
  readonly floorMicros: number
  /** Ratios to the floor. */
  readonly engineSide: number
  readonly lakeProcess: number
  readonly together: number
  readonly duckdb?: {
    readonly append: number
    readonly sortedCopy: number
    readonly together: number
    readonly bytesARow: number
  }
  readonly bytesARow: number
  readonly files: number
  readonly peakMiB: number
}

export async function benchLake(lines: number, withDuckdb: boolean): Promise<LakeFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-bench-'))
  try {
    const lake = await LakeWriter.open(join(folder, 'lake'), { fresh: true })
    const duckdb = withDuckdb ? await DuckdbWay.open() : undefined
    const devices = new Map<string, number>()
    const spent = { floor: 0, engine: 0 }
    let parsed = 0
    let defined = 0
    for (const { batch, lines: json, device, peer, sequence } of batches(lines, devices)) {
      let began = cpuSeconds()
      for (const line of json) if ((JSON.parse(line) as { ts: number }).ts > 0) parsed++
      spent.floor += cpuSeconds() - began
      duckdb?.append(batch)
      began = cpuSeconds()
      for (; defined < devices.size; defined++) lake.defineDevice(defined, deviceId(defined))
      await lake.append(batch, { device, peer, sequence })
      // The pipe is written to between batches, as in the engine.
      await new Promise((resolve) => setImmediate(resolve))
      spent.engine += cpuSeconds() - began
    }
    const began = cpuSeconds()
    const summary = await lake.close()
    spent.engine += cpuSeconds() - began
    if (parsed !== lines || summary.rows !== lines) throw new Error(`${summary.rows} of ${lines} rows are in the lake`)
    const ratio = (seconds: number): number => Math.round((seconds / spent.floor) * 100) / 100
    const way = duckdb && (await duckdb.finish(join(folder, 'duckdb.parquet')))
    return {
      node: process.version,
      lines,
      floorMicros: Math.round((spent.floor / lines) * 1e8) / 100,
      engineSide: ratio(spent.engine),
      lakeProcess: ratio(summary.cpuSeconds),
      together: ratio(spent.engine + summary.cpuSeconds),
      ...(way && {
        duckdb: {
          append: ratio(way.append),
          sortedCopy: ratio(way.copy),
          together: ratio(way.append + way.copy),
          bytesARow: Math.round((way.bytes / lines) * 10) / 10,
        },
      }),
      bytesARow: Math.round((summary.bytes / lines) * 10) / 10,
      files: summary.files,
      peakMiB: Math.round(summary.peakBytes / 2 ** 20),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The way not taken. */
class DuckdbWay {
  private readonly connection: DuckDBConnection
  private readonly appender: DuckDBAppender
  private readonly fields: readonly Field[]
  private spent = 0

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender, fields: readonly Field[]) {
    this.connection = connection
    this.appender = appender
    this.fields = fields
  }

  static async open(): Promise<DuckdbWay> {
    const fields = FIELDS.map((name) => CONN.fields[slotOf(CONN, name)]!)
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
    const columns = fields.map((field) => `"${field.column}" ${duckdbType(field)}`)
    await connection.run(`CREATE TABLE conn (${columns.join(', ')}, known DOUBLE)`)
    return new DuckdbWay(connection, await connection.createAppender('conn'), fields)
  }

  append(batch: EventBatch): void {
    const began = cpuSeconds()
    const types = [...this.fields.map(duckdbType), DOUBLE]
    for (let from = 0; from < batch.rows; from += 2048) {
      const rows = Math.min(2048, batch.rows - from)
      const chunk = DuckDBDataChunk.create(types, rows)
      this.fields.forEach((field, column) => {
        const vector = chunk.getColumnVector(column)
        const micros = field.kind === 'time' || field.kind === 'interval'
        for (let row = 0; row < rows; row++) vector.setItem(row, duckdbValue(batch, field, from + row, micros))
        vector.flush()
      })
      const known = chunk.getColumnVector(this.fields.length)
      for (let row = 0; row < rows; row++) known.setItem(row, batch.known[from + row]! / 1e6)
      known.flush()
      this.appender.appendDataChunk(chunk)
    }
    this.spent += cpuSeconds() - began
  }

  async finish(path: string): Promise<{ append: number; copy: number; bytes: number }> {
    const began = cpuSeconds()
    this.appender.closeSync()
    const appended = cpuSeconds()
    const format = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480'
    await this.connection.run(`COPY (SELECT * FROM conn ORDER BY id_orig_h, ts) TO '${path}' (${format})`)
    return { append: this.spent + appended - began, copy: cpuSeconds() - appended, bytes: statSync(path).size }
  }
}

function duckdbType({ kind, numeric }: Field) {
  if (!numeric) return VARCHAR
  if (kind === 'bool') return BOOLEAN
  if (kind === 'port') return INTEGER
  return kind === 'count' || kind === 'int' ? BIGINT : DOUBLE
}

function duckdbValue(batch: EventBatch, { slot, kind, numeric }: Field, row: number, micros: boolean) {
  if (!numeric) {
    const id = batch.strings[slot]![row]!
    return id === 0 ? null : batch.dictionary.text(id)
  }
  const value = batch.numbers[slot]![row]!
  if (Number.isNaN(value)) return null
  if (micros) return value / 1e6
  if (kind === 'bool') return value === 1
  return kind === 'count' || kind === 'int' ? BigInt(value) : value
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
      duckdb: { type: 'boolean', default: false },
    },
  })
  const figures = await benchLake(Number(values.lines), values.duckdb)
  if (values.json) console.log(JSON.stringify(figures))
  else {
    console.log(`Node ${figures.node}, ${figures.lines} lines of conn.log, processor time`)
    console.log(`floor (JSON.parse a line)     1.00   ${figures.floorMicros} µs a line`)
    console.log(`engine's side                 ${figures.engineSide}`)
    console.log(`lake process                  ${figures.lakeProcess}   peak ${figures.peakMiB} MiB`)
    console.log(
      `together                      ${figures.together}   ${figures.bytesARow} bytes a row, ${figures.files} files`,
    )
    if (figures.duckdb) {
      const { append, sortedCopy, together, bytesARow } = figures.duckdb
      console.log(
        `DuckDB instead                ${together}   append ${append}, sorted COPY ${sortedCopy}, ${bytesARow} bytes a row`,
      )
    }
  }
}

if (import.meta.main) await main()
