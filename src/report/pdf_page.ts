import { fileURLToPath } from 'node:url'
import { type Hue, type Ink, lightOf, type Picture, type Shape } from './picture.ts'

export type Cell =
  | string
  | { readonly text: string; readonly ink?: Ink; readonly bold?: boolean; readonly mono?: boolean }

const FONTS = { plain: 'DejaVuSansCondensed', bold: 'DejaVuSansCondensed-Bold', mono: 'DejaVuSansMono' } as const
type Font = keyof typeof FONTS

const PADDING = 4
const HEADING = 34
/** A picture that misses the rest of a page by less than this share is made smaller rather than moved. */
const SQUEEZE = 0.74
/** No row is higher than a page: a cell is cut instead. */
const HIGHEST_ROW = 300
const HIGHEST_PICTURE = 560

/** Flowing text, tables and pictures on the pages of a PDF. */
export class PdfPage {
  readonly #doc: PDFKit.PDFDocument
  readonly #glyphs = new Map<Font, (code: number) => boolean>()
  readonly #left: number
  readonly #width: number

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc
    this.#left = doc.page.margins.left
    this.#width = doc.page.width - doc.page.margins.left - doc.page.margins.right
    for (const [name, file] of Object.entries(FONTS) as [Font, string][]) {
      doc.registerFont(name, fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}.ttf`)))
      doc.font(name)
      this.#glyphs.set(name, glyphTest(doc))
    }
  }

  title(hue: Hue, kind: string, title: string, score: string, verdict: string, confidence: string, why: string): void {
    const doc = this.#doc
    doc.rect(0, 0, doc.page.width, 7).fill(lightOf(hue))
    doc.y = 36
    this.#write(kind, 'plain', 8.5, 'muted')
    doc.y += 3
    this.#write(title, 'bold', 19, 'text')
    doc.y += 12
    const top = doc.y
    doc.roundedRect(this.#left, top, 76, 62, 8).fill(lightOf(`${hue}Tint`))
    this.#at(score, 'bold', 27, hue, this.#left, top + 10, 76, 'center')
    this.#at('of 100', 'plain', 8.5, hue, this.#left, top + 43, 76, 'center')
    const x = this.#left + 92
    const width = this.#width - 92
    this.#at(verdict, 'bold', 13, 'text', x, top + 1, width)
    this.#at(confidence, 'plain', 9.5, 'muted', x, top + 18, width)
    this.#at(why, 'plain', 9.5, 'text', x, top + 33, width)
    doc.y = Math.max(doc.y, top + 62) + 12
  }

  facts(facts: readonly (readonly [string, string])[]): void {
    const doc = this.#doc
    const top = doc.y
    this.#rule(top - 4)
    let x = this.#left
    for (const [name, value] of facts) {
      doc.font('bold').fontSize(9.5)
      const width = Math.max(doc.widthOfString(value), 44) + 18
      this.#at(name, 'plain', 8, 'muted', x, top + 3, width)
      this.#at(value, 'bold', 9.5, 'text', x, top + 14, width)
      x += width
    }
    doc.y = top + 30
  }

  /** @param room that what follows wants at least: a heading at the foot of a page would stand apart from it */
  heading(text: string, room = 70): void {
    this.#need(room + HEADING)
    this.#doc.y += 13
    this.#write(text, 'bold', 13, 'text')
    this.#doc.y += 4
  }

  paragraph(text: string, size = 9.5): void {
    this.#write(text, 'plain', size, 'text', 2.5)
    this.#doc.y += 5
  }

  note(text: string): void {
    this.#doc.y += 3
    this.#write(text, 'plain', 8.5, 'muted', 1.5)
    this.#doc.y += 3
  }

  list(items: readonly string[], empty: string, numbered = false): void {
    if (items.length === 0) {
      if (empty !== '') this.note(empty)
      return
    }
    for (const [index, item] of items.entries()) {
      const shown = this.#shown(item, 'plain')
      this.#doc.font('plain').fontSize(9.5)
      this.#need(this.#doc.heightOfString(shown, { width: this.#width - 16 }) + 3)
      const top = this.#doc.y
      this.#at(numbered ? `${index + 1}.` : '•', 'plain', 9.5, 'muted', this.#left, top, 16)
      this.#at(item, 'plain', 9.5, 'text', this.#left + 16, top, this.#width - 16)
      this.#doc.y += 3
    }
  }

  phase(hue: Hue, name: string, when: string, text: string, techniques: string): void {
    const doc = this.#doc
    const width = this.#width - 14
    doc.font('plain').fontSize(9.5)
    const height =
      doc.heightOfString(this.#shown(text, 'plain'), { width }) + doc.heightOfString(techniques, { width }) + 30
    this.#need(height)
    const top = doc.y
    const x = this.#left + 12
    this.#at(name, 'bold', 10.5, hue, x, top, width)
    this.#at(when, 'plain', 8.5, 'muted', x, doc.y, width)
    this.#at(text, 'plain', 9.5, 'text', x, doc.y + 1, width)
    if (techniques !== '') this.#at(techniques, 'plain', 8.5, 'muted', x, doc.y + 1, width)
    const bottom = doc.y
    if (bottom > top) doc.rect(this.#left, top, 3, bottom - top).fill(lightOf(hue))
    doc.y = bottom + 8
  }

  /** @param widths of columns; 0 for the one that takes the rest */
  table(head: readonly string[], widths: readonly number[], rows: readonly (readonly Cell[])[]): void {
    if (rows.length === 0) return
    const doc = this.#doc
    const rest = this.#width - widths.reduce((sum, width) => sum + width, 0)
    const columns = widths.map((width) => (width === 0 ? rest : width))
    const heading = (): void => {
      const top = doc.y
      let x = this.#left
      for (const [index, name] of head.entries()) {
        this.#at(name, 'bold', 8, 'muted', x, top, columns[index]! - PADDING)
        x += columns[index]!
      }
      doc.y = top + 13
      this.#rule(doc.y)
    }
    this.#need(50)
    doc.y += 3
    heading()
    for (const row of rows) {
      const height = Math.min(
        HIGHEST_ROW,
        Math.max(...row.map((cell, index) => this.#cellHeight(cell, columns[index]!))),
      )
      if (this.#need(height + 2 * PADDING)) heading()
      const top = doc.y + PADDING
      let x = this.#left
      for (const [index, cell] of row.entries()) {
        const { text, font, size, ink } = styled(cell)
        this.#at(text, font, size, ink, x, top, columns[index]! - PADDING * 1.5, 'left', height + 2)
        x += columns[index]!
      }
      doc.y = top + height + PADDING
      this.#rule(doc.y)
    }
    doc.y += 6
  }

  picture(heading: string, picture: Picture): void {
    const doc = this.#doc
    let scale = Math.min(1, this.#width / picture.width, HIGHEST_PICTURE / picture.height)
    const room = doc.page.height - doc.page.margins.bottom - doc.y - HEADING - 6
    if (picture.height * scale > room && picture.height * scale * SQUEEZE < room) scale = room / picture.height
    const height = picture.height * scale
    this.heading(heading, height)
    const top = doc.y
    doc.save()
    doc.translate(this.#left + (this.#width - picture.width * scale) / 2, top).scale(scale)
    for (const shape of picture.shapes) this.#shape(shape)
    doc.restore()
    doc.x = this.#left
    doc.y = top + height + 4
  }

  footers(text: string): void {
    const doc = this.#doc
    const { start, count } = doc.bufferedPageRange()
    for (let index = start; index < start + count; index++) {
      doc.switchToPage(index)
      // Writing below the margin would begin a new page.
      const bottom = doc.page.margins.bottom
      doc.page.margins.bottom = 0
      const y = doc.page.height - 36
      this.#at(text, 'plain', 7.5, 'muted', this.#left, y, this.#width - 70)
      this.#at(`${index + 1} of ${count}`, 'plain', 7.5, 'muted', this.#left + this.#width - 70, y, 70, 'right')
      doc.page.margins.bottom = bottom
    }
  }

  #shape(shape: Shape): void {
    const doc = this.#doc
    if (shape.kind === 'text') {
      const font: Font = shape.mono ? 'mono' : shape.bold ? 'bold' : 'plain'
      const text = this.#shown(shape.text, font)
      doc.font(font).fontSize(shape.size).fillColor(lightOf(shape.ink))
      const width = doc.widthOfString(text)
      const x = shape.anchor === 'end' ? shape.x - width : shape.anchor === 'middle' ? shape.x - width / 2 : shape.x
      doc.text(text, x, shape.y, { lineBreak: false, baseline: 'alphabetic' })
      return
    }
    doc.lineWidth(shape.line ?? 1)
    if (shape.dashed) doc.dash(4, { space: 3 })
    if (shape.kind === 'path') doc.path(shape.d)
    else doc.roundedRect(shape.x, shape.y, shape.width, shape.height, shape.radius ?? 0)
    if (shape.fill !== undefined && shape.stroke !== undefined) {
      doc.fillAndStroke(lightOf(shape.fill), lightOf(shape.stroke))
    } else if (shape.fill !== undefined) doc.fill(lightOf(shape.fill))
    else doc.stroke(lightOf(shape.stroke ?? 'edge'))
    if (shape.dashed) doc.undash()
  }

  #write(text: string, font: Font, size: number, ink: Ink, gap = 0): void {
    const doc = this.#doc
    doc.font(font).fontSize(size).fillColor(lightOf(ink))
    doc.text(this.#shown(text, font), this.#left, doc.y, { width: this.#width, lineGap: gap })
  }

  #at(
    text: string,
    font: Font,
    size: number,
    ink: Ink,
    x: number,
    y: number,
    width: number,
    align: 'left' | 'right' | 'center' = 'left',
    height?: number,
  ): void {
    const doc = this.#doc
    doc.font(font).fontSize(size).fillColor(lightOf(ink))
    const limit = height === undefined ? {} : { height, ellipsis: true }
    doc.text(this.#shown(text, font), x, y, { width, align, ...limit })
    doc.x = this.#left
  }

  #cellHeight(cell: Cell, width: number): number {
    const { text, font, size } = styled(cell)
    this.#doc.font(font).fontSize(size)
    return this.#doc.heightOfString(this.#shown(text, font), { width: width - PADDING * 1.5 })
  }

  /** Begins a new page when so much does not fit; whether it did. */
  #need(height: number): boolean {
    const doc = this.#doc
    if (doc.y + height <= doc.page.height - doc.page.margins.bottom) return false
    doc.addPage()
    doc.y = doc.page.margins.top
    return true
  }

  #rule(y: number): void {
    this.#doc
      .moveTo(this.#left, y)
      .lineTo(this.#left + this.#width, y)
      .lineWidth(0.6)
      .stroke(lightOf('line'))
  }

  /** Letters that the font does not have are written out: an empty box could stand for anything. */
  #shown(text: string, font: Font): string {
    const has = this.#glyphs.get(font)!
    let shown = ''
    for (const char of text) {
      const code = char.codePointAt(0)!
      shown += code < 0x80 || has(code) ? char : `\\u{${code.toString(16)}}`
    }
    return shown
  }
}

function styled(cell: Cell): { text: string; font: Font; size: number; ink: Ink } {
  if (typeof cell === 'string') return { text: cell, font: 'plain', size: 8.8, ink: 'text' }
  const font = cell.mono ? 'mono' : cell.bold || cell.ink !== undefined ? 'bold' : 'plain'
  return { text: cell.text, font, size: cell.mono ? 7.8 : 8.8, ink: cell.ink ?? 'text' }
}

/** pdfkit keeps the opened font to itself; where it hides it elsewhere, every letter counts as known. */
function glyphTest(doc: PDFKit.PDFDocument): (code: number) => boolean {
  const { _font: opened } = doc as unknown as {
    _font?: { font?: { hasGlyphForCodePoint?: (code: number) => boolean } }
  }
  const font = opened?.font
  return font?.hasGlyphForCodePoint === undefined ? () => true : (code) => font.hasGlyphForCodePoint!(code)
}
