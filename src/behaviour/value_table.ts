import { KeyedRows } from './keyed_rows.ts'
import type { FrozenRows } from './paged_rows.ts'
import type { TextTable } from './text_table.ts'
import type { Part, View } from './view.ts'

const VALUE_WORDS = 6
/** Values that one event may bring. */
const SPARE = 16
const REFERENCES = 3
const COMMITTED = 4
const PUBLISHED = 5

/**
 * Values by number: each (view, part, part) stands once, 24 bytes. How many links name a value is counted; when the last
 * goes, the value goes and lets go of its text or service. So a number is never reused while a link still names it.
 */
export class ValueTable {
  private readonly rows: KeyedRows
  private readonly texts: TextTable
  private readonly most: number
  private readonly parts: readonly (readonly [a: Part, b: Part])[]
  refused = 0

  /** @param views every view that is used; each id once */
  constructor(most: number, texts: TextTable, views: readonly View[], seed: number) {
    this.most = most
    this.texts = texts
    const parts: (readonly [Part, Part])[] = []
    for (const view of views) {
      if (parts[view.id]) throw new Error(`two views have the id ${view.id}; the second is "${view.name}"`)
      parts[view.id] = view.value
    }
    this.parts = parts
    this.rows = new KeyedRows(VALUE_WORDS, 3, 1024, seed)
  }

  get size(): number {
    return this.rows.size
  }

  get nearlyFull(): boolean {
    return this.rows.size + SPARE > this.most
  }

  get bytes(): number {
    return this.rows.bytes
  }

  /** The number of a value, from 1; 0 when the table is full (`refused` counts). A new one has no references. */
  intern(view: number, a: number, b: number): number {
    const found = this.rows.find(view, a, b)
    if (found !== 0) return found
    if (this.rows.size >= this.most) {
      this.refused++
      return 0
    }
    const row = this.rows.insert(view, a, b)
    const [partA, partB] = this.parts[view]!
    this.holdPart(partA, a)
    this.holdPart(partB, b)
    return row
  }

  find(view: number, a: number, b: number): number {
    return this.rows.find(view, a, b)
  }

  view(row: number): number {
    return this.rows.rows.get(row, 0)
  }

  a(row: number): number {
    return this.rows.rows.get(row, 1)
  }

  b(row: number): number {
    return this.rows.rows.get(row, 2)
  }

  /** Links (and values) that name it: how many subjects have used it, as far as is remembered. */
  references(row: number): number {
    return this.rows.rows.get(row, REFERENCES)
  }

  /** Subjects for which it is committed as normal. */
  committed(row: number): number {
    return this.rows.rows.get(row, COMMITTED)
  }

  addCommitted(row: number, change: number): void {
    this.rows.rows.set(row, COMMITTED, Math.max(0, this.committed(row) + change))
  }

  /** `committed` as of the last closed epoch. */
  published(row: number): number {
    return this.rows.rows.get(row, PUBLISHED)
  }

  publish(row: number): void {
    this.rows.rows.set(row, PUBLISHED, this.committed(row))
  }

  isLive(row: number): boolean {
    return row > 0 && row < this.rows.end && this.rows.isLive(row)
  }

  hold(row: number): void {
    this.rows.rows.set(row, REFERENCES, this.references(row) + 1)
  }

  release(row: number): void {
    const left = this.references(row) - 1
    this.rows.rows.set(row, REFERENCES, left)
    if (left <= 0) this.free(row)
  }

  /** Frees a value that was interned and then not used. */
  discardUnused(row: number): void {
    if (row !== 0 && this.references(row) === 0) this.free(row)
  }

  private free(row: number): void {
    const [partA, partB] = this.parts[this.view(row)]!
    const a = this.a(row)
    const b = this.b(row)
    this.rows.remove(row)
    this.releasePart(partA, a)
    this.releasePart(partB, b)
  }

  private holdPart(part: Part, value: number): void {
    if (part === 'text') this.texts.hold(value)
    else if (part === 'service') this.hold(value)
  }

  private releasePart(part: Part, value: number): void {
    if (part === 'text') this.texts.release(value)
    else if (part === 'service') this.release(value)
  }

  head(): Int32Array {
    return Int32Array.from([...this.rows.head, this.refused])
  }

  freeze(): FrozenRows {
    return this.rows.rows.freeze(this.rows.end)
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.rows.restore([head[0]!, head[1]!, head[2]!], bytes)
    this.refused = head[3]!
  }
}
