import { cut, escapeHtml } from './escape.ts'

/**
 * A picture as shapes, drawn once as SVG and once through the paths of a PDF. Colours are named by what they mean, so
 * that light, dark and paper each have their own.
 */
export interface Picture {
  readonly width: number
  readonly height: number
  /** For those who do not see it. */
  readonly title: string
  readonly shapes: readonly Shape[]
}

export type Shape = RectShape | PathShape | TextShape

export interface RectShape {
  readonly kind: 'rect'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly radius?: number
  readonly fill?: Ink
  readonly stroke?: Ink
  readonly line?: number
  readonly dashed?: boolean
}

export interface PathShape {
  readonly kind: 'path'
  /** Absolute M, L, Q, C, A, Z; numbers parted by blanks. */
  readonly d: string
  readonly fill?: Ink
  readonly stroke?: Ink
  readonly line?: number
  readonly dashed?: boolean
}

export interface TextShape {
  readonly kind: 'text'
  readonly x: number
  /** Of the base line. */
  readonly y: number
  readonly text: string
  readonly size: number
  readonly ink: Ink
  readonly bold?: boolean
  readonly mono?: boolean
  readonly anchor?: 'start' | 'middle' | 'end'
}

/** `[light, dark]`. */
const INKS = {
  paper: ['#ffffff', '#0f141b'],
  card: ['#ffffff', '#19212c'],
  tint: ['#f4f6f9', '#151c25'],
  edge: ['#d5dbe4', '#334052'],
  line: ['#e6eaf0', '#253040'],
  text: ['#17202c', '#e8edf4'],
  muted: ['#5b6778', '#9aa8ba'],
  onInk: ['#ffffff', '#0f141b'],
  red: ['#c4293f', '#ff7382'],
  redTint: ['#fdecee', '#3a1b22'],
  orange: ['#c2570c', '#ff9f5a'],
  orangeTint: ['#fdf0e4', '#38251a'],
  amber: ['#97700a', '#e8bf4b'],
  amberTint: ['#fbf5df', '#332c16'],
  violet: ['#6a45c9', '#b197ff'],
  violetTint: ['#f1edfc', '#271f40'],
  blue: ['#2563c4', '#79aeff'],
  blueTint: ['#e9f1fd', '#182841'],
  teal: ['#0b7c7c', '#4fd0cc'],
  tealTint: ['#e2f5f4', '#10312f'],
  green: ['#2e7d42', '#74d28a'],
  greenTint: ['#e7f5ea', '#163020'],
  slate: ['#5d6b80', '#a5b3c6'],
  slateTint: ['#eef1f5', '#1f2834'],
} as const
export type Ink = keyof typeof INKS

/** Colours that tell kinds apart; each has its tint for grounds. */
export type Hue = 'red' | 'orange' | 'amber' | 'violet' | 'blue' | 'teal' | 'green' | 'slate'

export function lightOf(ink: Ink): string {
  return INKS[ink][0]
}

/** Variables of the inks for a style sheet, light unless the reader wants dark; paper is always light. */
export function inkStyle(): string {
  const variables = (side: 0 | 1): string =>
    Object.entries(INKS)
      .map(([name, pair]) => `--${name}:${pair[side]};`)
      .join('')
  return `:root{${variables(0)}}@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}`
}

/** Phases of the kill chain keep their colour through all pictures and lists. */
export function hueOfPhase(name: string): Hue {
  const text = name.toLowerCase()
  for (const [word, hue] of PHASE_HUES) if (text.includes(word)) return hue
  return 'slate'
}

const PHASE_HUES: readonly (readonly [string, Hue])[] = [
  ['discovery', 'blue'],
  ['reconnaissance', 'blue'],
  ['credential', 'amber'],
  ['lateral', 'orange'],
  ['initial', 'green'],
  ['command', 'teal'],
  ['execution', 'violet'],
  ['persistence', 'violet'],
  ['privilege', 'violet'],
  ['evasion', 'violet'],
  ['impact', 'red'],
  ['exfiltration', 'red'],
  ['collection', 'red'],
]

/**
 * Width of a text, in the units of its size: near enough for Inter, Helvetica, Segoe and DejaVu Sans Condensed, rather
 * too wide than too narrow, so that nothing runs over an edge.
 */
export function textWidth(text: string, size: number, bold = false, mono = false): number {
  let width = 0
  for (const char of text) {
    if (mono) width += char > '\u2e80' ? 1.2 : 0.61
    else if (/[iljtfrI.,:;|!'()[\] ]/.test(char)) width += 0.33
    else if (/[mwMW@%…→]/.test(char)) width += 0.9
    else if (/[A-Z]/.test(char)) width += 0.68
    else width += char > '\u2e80' ? 1.05 : 0.57
  }
  return width * size * (bold ? 1.13 : 1)
}

/** Cuts a text so that it fits. */
export function fitted(text: string, width: number, size: number, bold = false, mono = false): string {
  if (text.length < 400 && textWidth(text, size, bold, mono) <= width) return text
  let short = cut(text, 400)
  while (short.length > 1 && textWidth(short, size, bold, mono) > width) {
    short = `${[...short.replace(/…$/, '')].slice(0, -1).join('')}…`
  }
  return short
}

export function circle(x: number, y: number, r: number): string {
  const arc = `A${n(r)} ${n(r)} 0 1 1`
  return `M${n(x - r)} ${n(y)}${arc} ${n(x + r)} ${n(y)}${arc} ${n(x - r)} ${n(y)}Z`
}

/** Numbers in paths: two decimals, the same text on every machine. */
export function n(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** A smooth line through the bends of a laid out edge; it leaves and arrives along the axis of the layout. */
export function smoothPath(points: readonly { readonly x: number; readonly y: number }[], axis: 'x' | 'y'): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let d = `M${n(first.x)} ${n(first.y)}`
  let from = first
  for (const to of rest) {
    const middle = (from[axis] + to[axis]) / 2
    d +=
      axis === 'y'
        ? `C${n(from.x)} ${n(middle)} ${n(to.x)} ${n(middle)} ${n(to.x)} ${n(to.y)}`
        : `C${n(middle)} ${n(from.y)} ${n(middle)} ${n(to.y)} ${n(to.x)} ${n(to.y)}`
    from = to
  }
  return d
}

/** The head of an arrow whose tip is `to`. */
export function arrowHead(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  size: number,
): string {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  const corner = (turn: number): string =>
    `${n(to.x - size * Math.cos(angle + turn))} ${n(to.y - size * Math.sin(angle + turn))}`
  return `M${n(to.x)} ${n(to.y)}L${corner(0.42)}L${corner(-0.42)}Z`
}

/** The picture as SVG that takes its colours from `inkStyle` of the page around it. */
export function svgOf(picture: Picture): string {
  const title = escapeHtml(picture.title)
  return `<svg role="img" aria-label="${title}" viewBox="0 0 ${n(picture.width)} ${n(picture.height)}" width="${n(picture.width)}" height="${n(picture.height)}" xmlns="http://www.w3.org/2000/svg">${picture.shapes.map(element).join('')}</svg>`
}

function element(shape: Shape): string {
  if (shape.kind === 'text') {
    const style = `fill:var(--${shape.ink});font-size:${n(shape.size)}px${shape.bold ? ';font-weight:600' : ''}`
    const anchor = shape.anchor === undefined || shape.anchor === 'start' ? '' : ` text-anchor="${shape.anchor}"`
    return `<text x="${n(shape.x)}" y="${n(shape.y)}"${shape.mono ? ' class="mono"' : ''}${anchor} style="${style}">${escapeHtml(shape.text)}</text>`
  }
  const style =
    `fill:${shape.fill === undefined ? 'none' : `var(--${shape.fill})`}` +
    (shape.stroke === undefined ? '' : `;stroke:var(--${shape.stroke});stroke-width:${n(shape.line ?? 1)}`) +
    (shape.dashed ? ';stroke-dasharray:4 3' : '')
  if (shape.kind === 'path') return `<path d="${shape.d}" style="${style}"/>`
  return `<rect x="${n(shape.x)}" y="${n(shape.y)}" width="${n(shape.width)}" height="${n(shape.height)}" rx="${n(shape.radius ?? 0)}" style="${style}"/>`
}
