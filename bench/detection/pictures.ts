import type { CalibrationCell } from './calibration.ts'
import { BUDGET_PER_1000, type DetectionFigures } from './detection.ts'

const FONT = 'font-family="Segoe UI, Helvetica, Arial, sans-serif"'
/** Okabe and Ito's colours, which most people can tell apart; by role. */
const COLOUR: Readonly<Record<CalibrationCell['role'], string>> = {
  all: '#222222',
  clients: '#0072b2',
  servers: '#d55e00',
}

const LEFT = 74
const TOP = 56
const SIDE = 380

/** Stated against observed share of device-days, both on logarithmic axes, with Poisson intervals; dots that expect too few are hollow. */
export function calibrationPicture({ calibration, quiet }: DetectionFigures): string {
  const least = 1e-3
  const decades = -Math.log10(least)
  const x = (share: number): number => LEFT + (SIDE * (Math.log10(Math.max(least, share)) + decades)) / decades
  const y = (share: number): number =>
    TOP + SIDE - (SIDE * (Math.log10(Math.max(least, Math.min(1, share))) + decades)) / decades
  const parts: string[] = []
  for (const tick of [0.001, 0.01, 0.1, 1]) {
    parts.push(
      line(x(tick), TOP, x(tick), TOP + SIDE, '#dddddd'),
      line(LEFT, y(tick), LEFT + SIDE, y(tick), '#dddddd'),
      text(x(tick), TOP + SIDE + 18, String(tick), 'middle'),
      text(LEFT - 8, y(tick) + 4, String(tick), 'end'),
    )
  }
  const band = [
    [least, least * 2],
    [0.5, 1],
    [1, 1],
    [1, 0.5],
    [least * 2, least],
    [least, least],
  ].map(([stated, observed]) => `${fixed(x(stated!))},${fixed(y(observed!))}`)
  parts.push(`<polygon points="${band.join(' ')}" fill="#009e73" opacity="0.15"/>`)
  parts.push(line(x(least), y(least), x(1), y(1), '#009e73'))
  const offset = { all: 0, clients: -5, servers: 5 }
  for (const cell of calibration) {
    if (cell.statement !== 'what fires' || cell.level === 'daily') continue
    const at = x(cell.level) + offset[cell.role]
    const colour = COLOUR[cell.role]
    const stated = cell.expected / cell.deviceDays
    parts.push(line(at, y(cell.low * stated), at, y(cell.high * stated), colour, 1.5))
    parts.push(
      `<circle cx="${fixed(at)}" cy="${fixed(y(cell.ratio * stated))}" r="4" stroke="${colour}" stroke-width="1.5" fill="${cell.tested ? colour : 'white'}"/>`,
    )
  }
  ;(['all', 'clients', 'servers'] as const).forEach((role, index) => {
    parts.push(`<circle cx="${LEFT + 16}" cy="${TOP + 18 + index * 20}" r="4" fill="${COLOUR[role]}"/>`)
    parts.push(text(LEFT + 28, TOP + 22 + index * 20, role === 'all' ? 'all devices' : role, 'start'))
  })
  parts.push(
    text(LEFT + SIDE / 2, TOP + SIDE + 42, 'stated: share of device-days that are so odd or odder', 'middle'),
    `<text transform="translate(20 ${TOP + SIDE / 2}) rotate(-90)" text-anchor="middle" font-size="13" ${FONT}>observed share</text>`,
  )
  return svg(
    LEFT + SIDE + 30,
    TOP + SIDE + 60,
    'Stated against observed, what fires',
    `${quiet.deviceDays} device-days without attack; band: a factor of 2; bars: 95 %`,
    parts,
  )
}

const BAR = 22
const NAME_WIDTH = 470
const BAR_WIDTH = 330

/** Alerts a day per 1,000 devices on days without attack, by model: all, and of them those above score 60. */
export function alertsPicture({ quiet }: DetectionFigures): string {
  const models = quiet.models.filter(({ alerts }) => alerts > 0)
  const rows = [
    { name: 'all models', rate: quiet.alertsADayPer1000, loud: quiet.above60ADayPer1000 },
    ...models.map((each) => ({
      name: each.model,
      rate: each.alertsADayPer1000,
      loud: each.alerts === 0 ? 0 : (each.alertsADayPer1000 * each.above60) / each.alerts,
    })),
  ]
  const most = Math.max(BUDGET_PER_1000 * 1.1, quiet.alertsADayPer1000)
  const width = (rate: number): number => (BAR_WIDTH * rate) / most
  const parts: string[] = []
  rows.forEach(({ name, rate, loud }, index) => {
    const top = TOP + index * (BAR + 6)
    parts.push(
      text(NAME_WIDTH - 8, top + 15, name, 'end'),
      `<rect x="${NAME_WIDTH}" y="${top}" width="${fixed(width(rate))}" height="${BAR}" fill="#56b4e9"/>`,
      `<rect x="${NAME_WIDTH}" y="${top}" width="${fixed(width(loud))}" height="${BAR}" fill="#d55e00"/>`,
      text(NAME_WIDTH + width(rate) + 6, top + 15, rate.toFixed(2), 'start'),
    )
  })
  const bottom = TOP + rows.length * (BAR + 6)
  const budget = NAME_WIDTH + width(BUDGET_PER_1000)
  parts.push(
    `<line x1="${fixed(budget)}" y1="${TOP - 4}" x2="${fixed(budget)}" y2="${bottom}" stroke="#222222" stroke-dasharray="4 3"/>`,
    text(budget, bottom + 16, `budget: ${BUDGET_PER_1000}`, 'middle'),
  )
  return svg(
    NAME_WIDTH + BAR_WIDTH + 60,
    bottom + 34,
    'Alerts a day per 1,000 devices, days without attack',
    `${quiet.days} days; orange: score above 60`,
    parts,
  )
}

function svg(width: number, height: number, title: string, subtitle: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="16" y="22" font-size="15" font-weight="600" ${FONT}>${escaped(title)}</text>`,
    `<text x="16" y="41" font-size="12" fill="#555555" ${FONT}>${escaped(subtitle)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}" stroke-width="${width}"/>`
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="12" text-anchor="${anchor}" ${FONT}>${escaped(content)}</text>`
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
