import { AGGREGATOR } from './tshark.ts'
import { TSHARK_FIELDS, type TsharkField } from './tshark_fields.ts'

const COLUMN = new Map<TsharkField, number>(TSHARK_FIELDS.map((field, index) => [field, index]))
/** Columns that every packet is asked for; the rest is taken apart only for one that shows an application. */
const HEADER_COLUMNS = TSHARK_FIELDS.indexOf('icmpv6.code') + 1
const NON_ASCII = /[\x80-\xff]/
/** Longer text says nothing more to a model or a person; what is cut off is cut off for all alike. */
const LONGEST_TEXT = 8192
const NOTHING: readonly string[] = []

export type Transport = 'tcp' | 'udp' | 'icmp' | 'icmpv6'

/** Where the headers stand that count, in a packet whose headers may be nested (tunnels, ICMP errors that quote one). */
export interface Layers {
  readonly transport: Transport | undefined
  /** Which of several transport headers of that kind. */
  readonly transportIndex: number
  readonly family: 'ip' | 'ipv6'
  readonly familyIndex: number
  /** What tshark found above the transport, by its protocol names. */
  readonly applications: ReadonlySet<string>
}

/** Distinct protocol chains remembered; the senders choose them. */
const MOST_CHAINS = 4096
const chains = new Map<string, Layers>()

function layersOf(protocols: string): Layers {
  const known = chains.get(protocols)
  if (known) return known
  const names = protocols.split(':')
  // The headers that an ICMP error quotes belong to another packet.
  const quoting = names.findIndex((name) => name === 'icmp' || name === 'icmpv6')
  let transport: Transport | undefined
  let at = -1
  if (quoting >= 0) {
    transport = names[quoting] as Transport
    at = quoting
  } else {
    at = Math.max(names.lastIndexOf('tcp'), names.lastIndexOf('udp'))
    if (at >= 0) transport = names[at] as Transport
  }
  const before = at < 0 ? names : names.slice(0, at)
  const family = before.lastIndexOf('ipv6') > before.lastIndexOf('ip') ? 'ipv6' : 'ip'
  const layers: Layers = {
    transport,
    transportIndex: before.filter((name) => name === transport).length,
    family,
    familyIndex: before.filter((name) => name === family).length - 1,
    applications: new Set(at < 0 || quoting >= 0 ? [] : names.slice(at + 1)),
  }
  if (chains.size >= MOST_CHAINS) chains.clear()
  chains.set(protocols, layers)
  return layers
}

/** One packet as tshark took it apart: fields with their values, in the order in which they stand in the packet. */
export class Dissection {
  private readonly line: string
  private columns: readonly string[]
  readonly layers: Layers

  constructor(line: string) {
    this.line = line
    this.columns = line.split('\t', HEADER_COLUMNS)
    this.layers = layersOf(this.raw('frame.protocols'))
  }

  has(field: TsharkField): boolean {
    return this.raw(field) !== ''
  }

  /** All values of a field, as tshark prints them; those of different fields do not align by position. */
  all(field: TsharkField): readonly string[] {
    const value = this.raw(field)
    return value === '' ? NOTHING : value.split(AGGREGATOR)
  }

  /** All values of a field that holds what people wrote. */
  texts(field: TsharkField): readonly string[] {
    return this.all(field).map(readable)
  }

  /** The first value, or undefined. */
  text(field: TsharkField): string | undefined {
    const value = this.all(field)[0]
    return value === undefined || value === '' ? undefined : readable(value)
  }

  /** The first value as a number (decimal, or hexadecimal with 0x), or undefined. */
  number(field: TsharkField): number | undefined {
    return numberOf(this.all(field)[0])
  }

  numbers(field: TsharkField): readonly number[] {
    return this.all(field).map((value) => numberOf(value) ?? Number.NaN)
  }

  private raw(field: TsharkField): string {
    const column = COLUMN.get(field)!
    if (column >= this.columns.length) this.columns = this.line.split('\t')
    return this.columns[column] ?? ''
  }
}

/** tshark prints numbers in decimal, in hexadecimal with 0x, and booleans as 0 and 1. */
export function numberOf(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

/** Output is read as latin1, which keeps the aggregator apart; what is not ASCII is UTF-8. */
function readable(value: string): string {
  const text = NON_ASCII.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
  return text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text
}

/** Takes the values of a field one after another: each message of a packet takes those that it carries. */
export class Cursor<Value> {
  private at = 0
  private readonly values: readonly Value[]

  constructor(values: readonly Value[]) {
    this.values = values
  }

  next(): Value | undefined {
    return this.values[this.at++]
  }

  /** The next `count` values, fewer at the end. */
  take(count: number): readonly Value[] {
    const taken = this.values.slice(this.at, this.at + count)
    this.at += taken.length
    return taken
  }

  get left(): number {
    return Math.max(0, this.values.length - this.at)
  }
}

/** Microseconds since the epoch of `1595164481.180768000`, exactly; NaN when it is no time. */
export function microsOfEpochText(text: string): number {
  const dot = text.indexOf('.')
  const seconds = Number(dot < 0 ? text : text.slice(0, dot))
  if (text === '' || Number.isNaN(seconds)) return Number.NaN
  const fraction =
    dot < 0
      ? 0
      : Number(
          text
            .slice(dot + 1)
            .padEnd(9, '0')
            .slice(0, 9),
        ) / 1000
  return text.startsWith('-') ? seconds * 1_000_000 - Math.round(fraction) : seconds * 1_000_000 + Math.round(fraction)
}
