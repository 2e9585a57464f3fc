/**
 * Writes Thrift's compact protocol, as far as Parquet's metadata needs it.
 * Source: Apache Thrift, doc/specs/thrift-compact-protocol.md; field numbers: apache/parquet-format, parquet.thrift.
 *
 * A struct is described as a list of `[field number, value]` in ascending order; an absent value is left out.
 */
export type ThriftValue =
  | { readonly is: 'bool'; readonly value: boolean }
  | { readonly is: 'i16' | 'i32' | 'i64'; readonly value: number }
  | { readonly is: 'binary'; readonly value: Uint8Array }
  | { readonly is: 'struct'; readonly fields: ThriftStruct }
  | { readonly is: 'list'; readonly of: 'i32' | 'binary' | 'struct'; readonly items: readonly ThriftValue[] }
export type ThriftStruct = readonly (readonly [field: number, value: ThriftValue | undefined])[]

export const i16 = (value: number): ThriftValue => ({ is: 'i16', value })
export const i32 = (value: number): ThriftValue => ({ is: 'i32', value })
/** A whole number below 2⁵³. */
export const i64 = (value: number): ThriftValue => ({ is: 'i64', value })
export const bool = (value: boolean): ThriftValue => ({ is: 'bool', value })
export const binary = (value: Uint8Array): ThriftValue => ({ is: 'binary', value })
export const text = (value: string): ThriftValue => ({ is: 'binary', value: Buffer.from(value, 'utf8') })
export const struct = (...fields: ThriftStruct): ThriftValue => ({ is: 'struct', fields })
export const list = (of: 'i32' | 'binary' | 'struct', items: readonly ThriftValue[]): ThriftValue => ({
  is: 'list',
  of,
  items,
})

const TYPE = { i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const
const TRUE = 1
const FALSE = 2

/** The struct as bytes. */
export function thriftBytes(fields: ThriftStruct): Buffer {
  const out = new ByteSink()
  writeStruct(out, fields)
  return out.take()
}

class ByteSink {
  private bytes = Buffer.allocUnsafe(1024)
  private used = 0

  byte(value: number): void {
    if (this.used === this.bytes.length) this.grow(1)
    this.bytes[this.used++] = value
  }

  /** Unsigned, little-endian groups of seven bits; `value` below 2⁵³. */
  varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  /** Signed as zigzag: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  raw(source: Uint8Array): void {
    if (this.used + source.length > this.bytes.length) this.grow(source.length)
    this.bytes.set(source, this.used)
    this.used += source.length
  }

  take(): Buffer {
    return this.bytes.subarray(0, this.used)
  }

  private grow(need: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.used + need))
    this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
  }
}

function writeStruct(out: ByteSink, fields: ThriftStruct): void {
  let last = 0
  for (const [field, value] of fields) {
    if (value === undefined) continue
    const type = value.is === 'bool' ? (value.value ? TRUE : FALSE) : TYPE[value.is]
    // Parquet numbers its fields densely: the step always fits the short form (1 to 15).
    out.byte(((field - last) << 4) | type)
    last = field
    if (value.is !== 'bool') writeValue(out, value)
  }
  out.byte(0)
}

function writeValue(out: ByteSink, value: ThriftValue): void {
  switch (value.is) {
    case 'bool':
      out.byte(value.value ? TRUE : FALSE)
      return
    case 'i16':
    case 'i32':
    case 'i64':
      out.zigzag(value.value)
      return
    case 'binary':
      out.varint(value.value.length)
      out.raw(value.value)
      return
    case 'struct':
      writeStruct(out, value.fields)
      return
    case 'list':
      if (value.items.length < 15) out.byte((value.items.length << 4) | TYPE[value.of])
      else {
        out.byte(0xf0 | TYPE[value.of])
        out.varint(value.items.length)
      }
      for (const item of value.items) writeValue(out, item)
  }
}
