import { elementsAt, textAt } from '../../event/batch.ts'
import { eve } from '../eve.ts'
import { ReadReport, type SourceFile } from '../sensor.ts'

/** A row as tests like to see it: fields that are there, by name; times and intervals in µs. */
export interface ReadRow {
  readonly type: string
  readonly line: number
  readonly known: number
  readonly fields: Readonly<Record<string, number | string | readonly string[]>>
  readonly extra: Readonly<Record<string, unknown>> | undefined
}

export function textFile(text: string | Uint8Array, chunk = 1 << 16): SourceFile {
  const bytes = Buffer.from(text)
  return {
    path: '/eve.json',
    shown: 'eve.json',
    bytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
    },
  }
}

/** Reads a file with the EVE sensor and spreads the batches out. */
export async function readRows(file: SourceFile): Promise<{ rows: ReadRow[]; report: ReadReport }> {
  const report = new ReadReport(file.shown)
  const rows: ReadRow[] = []
  for await (const batch of eve.read(file, report)) {
    for (let row = 0; row < batch.rows; row++) {
      const fields: Record<string, number | string | readonly string[]> = {}
      for (const { name, slot, kind, numeric } of batch.type.fields) {
        const number = batch.numbers[slot]![row]!
        if (numeric && !Number.isNaN(number)) fields[name] = number
        if (numeric || batch.strings[slot]![row] === 0) continue
        fields[name] = kind === 'set' || kind === 'numbers' ? elementsAt(batch, slot, row) : textAt(batch, slot, row)
      }
      const extra = batch.extra[row]!
      rows.push({
        type: batch.type.name,
        line: batch.line[row]!,
        known: batch.known[row]!,
        fields,
        extra: extra === 0 ? undefined : (JSON.parse(batch.dictionary.text(extra)) as Record<string, unknown>),
      })
    }
  }
  return { rows, report }
}

/** Rows of EVE records given as objects; members that a record needs and a test does not care about are filled in. */
export async function rowsOf(...records: readonly Readonly<Record<string, unknown>>[]): Promise<ReadRow[]> {
  const { rows, report } = await readRows(
    textFile(records.map((record) => `${JSON.stringify({ ...ANY, ...record })}\n`).join('')),
  )
  if (report.rejected.size > 0) throw new Error(`rejected: ${JSON.stringify([...report.rejected])}`)
  return rows
}

const ANY = {
  timestamp: '2024-04-20T12:00:00.000000+0000',
  flow_id: 1,
  src_ip: '10.0.0.5',
  src_port: 50_000,
  dest_ip: '10.0.0.10',
  dest_port: 445,
  proto: 'TCP',
}

/** 2024-04-20 12:00:00Z in µs. */
export const NOON = 1_713_614_400_000_000
