import type { Event } from '../event/event.ts'
import { type ConditionContext, compileNumber, compileTest, compileText } from './compile.ts'
import { keyOf, type Part } from './definition.ts'

/** What one event gives for one key; undefined when it has none, and then the event belongs to no group. */
export type KeyValue = string | number
type ReadKey = (event: Event) => KeyValue | undefined

const LONGEST_KEY = 300

/** Works out to which group of a window or sequence an event belongs. */
export class GroupReader {
  private readonly reads: readonly ReadKey[]
  private readonly signature: string
  /** The two keys where there are just two: no array an event. */
  private readonly first: ReadKey | undefined
  private readonly second: ReadKey | undefined
  /** The side of the event when the group is the device alone. */
  private readonly alone: 'orig' | 'resp' | undefined

  private constructor(reads: readonly ReadKey[], alone: 'orig' | 'resp' | undefined, signature: string) {
    this.reads = reads
    this.signature = signature
    if (reads.length === 2) {
      this.first = reads[0]
      this.second = reads[1]
    }
    this.alone = alone
  }

  /** @returns undefined when the part's log cannot have one of the keys */
  static of(part: Part, by: readonly string[], context: ConditionContext): GroupReader | undefined {
    const reads: ReadKey[] = []
    for (const name of by) {
      const read = readerOf(part, name, context)
      if (!read) return undefined
      reads.push(read)
    }
    const keys = by.map((name) => (part.keys.has(name) ? `${part.index}.${name}` : name))
    const signature = [part.log.name, part.side, ...keys].join('\u0000')
    return new GroupReader(reads, by.length === 1 && by[0] === 'device' ? part.side : undefined, signature)
  }

  /** True when it gives the same group for every event. */
  sameAs(other: GroupReader): boolean {
    return this === other || this.signature === other.signature
  }

  /** The group's id, or undefined when the event lacks a key. */
  id(event: Event): string | number | undefined {
    if (this.alone) {
      const device = event[this.alone]
      return device < 0 ? undefined : device
    }
    const { first, second } = this
    if (first !== undefined && second !== undefined) {
      const a = first(event)
      if (a === undefined) return undefined
      const b = second(event)
      if (b === undefined) return undefined
      return idOfPair(a, b)
    }
    const values = this.values(event)
    return values && idOfValues(values)
  }

  values(event: Event): readonly KeyValue[] | undefined {
    const values: KeyValue[] = []
    for (const read of this.reads) {
      const value = read(event)
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }
}

/** Two small numbers (a device and a port) share one number, which is a faster key than a text. */
const SECOND_BELOW = 1 << 20
const FIRST_BELOW = 2 ** 32

function idOfValues(values: readonly KeyValue[]): string | number {
  if (values.length === 1) return values[0]!
  if (values.length === 2) return idOfPair(values[0]!, values[1]!)
  return values.map(keyText).join('\u0000')
}

function idOfPair(first: KeyValue, second: KeyValue): string | number {
  if (
    typeof first === 'number' &&
    typeof second === 'number' &&
    isBelow(first, FIRST_BELOW) &&
    isBelow(second, SECOND_BELOW)
  ) {
    return first * SECOND_BELOW + second
  }
  return `${keyText(first)}\u0000${keyText(second)}`
}

function keyText(value: KeyValue): string {
  return typeof value === 'number' ? `${value}` : `'${value}`
}

function isBelow(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit
}

function readerOf(part: Part, name: string, context: ConditionContext): ReadKey | undefined {
  const key = keyOf(part, name)
  if (!key) return undefined
  switch (key.is) {
    case 'device':
      return deviceReader(part.side)
    case 'peer':
      return peerReader(part)
    case 'credential':
      return ({ credential }) => (credential < 0 ? undefined : credential)
    case 'value':
      break
  }
  if (key.of.type === 'number') {
    const read = compileNumber(key.of, context)
    return (event) => {
      const value = read(event)
      return Number.isNaN(value) ? undefined : value
    }
  }
  if (key.of.type === 'bool') {
    const test = compileTest(key.of, context)
    return (event) => (test(event) ? 1 : 0)
  }
  const read = compileText(key.of, context)
  return (event) => {
    const value = read(event)
    return value === undefined || value === '' ? undefined : value.slice(0, LONGEST_KEY)
  }
}

function deviceReader(side: 'orig' | 'resp'): ReadKey {
  return (event) => {
    const device = event[side]
    return device < 0 ? undefined : device
  }
}

/** The device on the other side; outside, its address. */
function peerReader(part: Part): ReadKey {
  const side = part.side === 'orig' ? 'resp' : 'orig'
  const slot = part.log.slots.get(`id.${side}_h`)
  return (event) => {
    const device = event[side]
    if (device >= 0) return device
    const address = slot === undefined ? '' : event.text(slot)
    return address === '' ? undefined : address
  }
}
