import { BatchBuilder } from '../event/batch_builder.ts'
import { completeDceRpc } from '../event/dce_rpc_names.ts'
import type { Field, LogType } from '../event/log_types.ts'
import type { ReadReport } from './sensor.ts'
import { canonicalJson, canonicalObject, type JsonValue, setValue } from './zeek_values.ts'

/** What is worked out from other fields of the row, just before it is committed. */
const DERIVED: Readonly<Record<string, (builder: BatchBuilder) => void>> = { dce_rpc: completeDceRpc }

/** Without these a record says nothing that can be trusted. */
const VITAL: ReadonlySet<string> = new Set(['ts', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'])

/**
 * The rows of one log type in one file: what both Zeek scanners fill. A value that does not fit its field costs the
 * record where the field is vital (time, addresses, ports), and otherwise travels in `extra` as it stood.
 */
export class ZeekRows {
  readonly type: LogType
  readonly builder: BatchBuilder
  private readonly report: ReadReport
  private readonly derive: ((builder: BatchBuilder) => void) | undefined
  private readonly carried: [key: string, json: string][] = []
  private broken: { field: string; value: string } | undefined

  constructor(type: LogType, report: ReadReport) {
    this.type = type
    this.report = report
    // A type that stands in no table may be a list without times, such as loaded_scripts.
    this.builder = new BatchBuilder(type, type.known)
    this.derive = DERIVED[type.name]
  }

  set(field: Field, value: JsonValue): void {
    if (setValue(this.builder, field, value)) return
    if (VITAL.has(field.name)) this.broken ??= { field: field.name, value: canonicalJson(value) }
    else this.carry(field.column, canonicalJson(value))
  }

  /** Keeps a field that the type does not know. @param json canonical JSON of its value */
  carry(key: string, json: string): void {
    this.carried.push([key, json])
  }

  /** Ends the open row. @returns false when it was rejected (and reported) instead */
  commit(line: number): boolean {
    if (this.broken !== undefined) {
      this.report.reject('malformed-value', line, { ...this.broken, expected: expectedIn(this.broken.field) })
      this.drop()
      return false
    }
    if (this.carried.length > 0) {
      this.builder.setExtra(canonicalObject(this.carried))
      this.carried.length = 0
    }
    this.derive?.(this.builder)
    const ts = this.builder.numberOf(0)
    const refusal = this.builder.commit(line)
    if (refusal === undefined) return true
    this.report.reject(refusal, line, {
      field: 'ts',
      ...(Number.isNaN(ts) ? {} : { value: String(ts / 1e6) }),
      expected: 'seconds since 1970, before the year 2100',
    })
    return false
  }

  /** Forgets the open row. */
  drop(): void {
    this.builder.drop()
    this.carried.length = 0
    this.broken = undefined
  }
}

function expectedIn(field: string): string {
  if (field === 'ts') return 'seconds since 1970, or ISO 8601'
  return field.endsWith('_h') ? 'an IPv4 or IPv6 address' : 'a port, 0 to 65535'
}
