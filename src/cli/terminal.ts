import { styleText } from 'node:util'
import { visible } from '../report/escape.ts'

/** Text from the network, for a terminal: a file name can neither move the cursor nor pretend to be another. */
export { visible }

type Style = Parameters<typeof styleText>[0]

/** Colours only on a terminal that wants them (NO_COLOR, FORCE_COLOR are obeyed). */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export function out(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** Breaks at blanks so that no line is longer than `width`; continuation lines get `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.join('\n')
}

/** Rows in columns, numbers to the right; cells are made visible and cut at `widest`. */
export function table(rows: readonly (readonly string[])[], widest = 48): string {
  const cells = rows.map((row) => row.map((cell) => cut(visible(cell), widest)))
  const isNumber = (cell: string): boolean => /^-?\d[\d,]*(\.\d+)?$/.test(cell)
  const widths: number[] = []
  for (const row of cells) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column]!
          if (isNumber(cell)) return cell.padStart(width)
          return column === row.length - 1 ? cell : cell.padEnd(width)
        })
        .join('  '),
    )
    .join('\n')
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
