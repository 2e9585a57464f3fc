import { once } from 'node:events'
import type { Query } from '../store/query.ts'
import type { AnswerValue } from '../store/query_engine.ts'
import { paint, visible } from './terminal.ts'

/** Waits when the reader of our output is slower than the query. */
async function put(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** An array of objects, one a line. */
export async function writeJson({ columns, pages }: Query): Promise<void> {
  const keys = columns.names.map((name) => JSON.stringify(name))
  let first = true
  await put('[')
  for await (const page of pages) {
    const lines = page.map((row) => `{${keys.map((key, i) => `${key}:${JSON.stringify(row[i] ?? null)}`).join(',')}}`)
    await put(`${first ? '\n' : ',\n'}${lines.join(',\n')}`)
    first = false
  }
  await put(first ? ']\n' : '\n]\n')
}

/** RFC 4180 with CR LF; absent values are empty, and empty text is `""`. */
export async function writeCsv({ columns, pages }: Query): Promise<void> {
  await put(`${columns.names.map(csvField).join(',')}\r\n`)
  for await (const page of pages) {
    await put(page.map((row) => `${row.map(csvField).join(',')}\r\n`).join(''))
  }
}

/** One field; text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvField(value: AnswerValue | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  // A number that was too long for a double is still a number.
  const guarded = /^[=+\-@\t\r\n]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return guarded === '' || /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** Columns are as wide as the first so many rows ask for. */
const MEASURED_ROWS = 200
const WIDEST = 48
const NULL_TEXT = '·'

/** A table for people: wide values are cut, control characters made visible; what is absent is a dot. */
export async function writeTable({ columns, pages }: Query): Promise<void> {
  const heads = columns.names.map((name) => cut(visible(name)))
  const numeric = columns.types.map((type) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type) && !type.endsWith('[]'))
  let widths: number[] | undefined
  let count = 0
  for await (const page of pages) {
    const cells = page.map((row) => heads.map((_, i) => cut(cellText(row[i] ?? null))))
    if (widths === undefined) {
      widths = heads.map((head, i) =>
        cells.slice(0, MEASURED_ROWS).reduce((widest, row) => Math.max(widest, row[i]!.length), head.length),
      )
      await put(`${paint('bold', tableLine(heads, widths, numeric))}\n`)
    }
    count += cells.length
    await put(cells.map((row) => `${tableLine(row, widths!, numeric)}\n`).join(''))
  }
  if (widths === undefined) await put(`${paint('bold', heads.join('  '))}\n`)
  await put(`${paint('dim', `${count} ${count === 1 ? 'row' : 'rows'}`)}\n`)
}

function tableLine(cells: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string {
  return cells
    .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
    .join('  ')
    .trimEnd()
}

function cellText(value: AnswerValue): string {
  if (value === null) return NULL_TEXT
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value))
    return visible(value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', '))
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function cut(text: string): string {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text
}
