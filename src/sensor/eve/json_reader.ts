/**
 * Narrow readers over a parsed EVE record. EVE is read with `JSON.parse` and these instead of a schema a line: a record
 * has some forty of four hundred possible fields, every one of which may be missing or, from a hostile hand, of any type.
 * A value of the wrong type reads as absent; nothing here throws.
 */
export type JsonObject = Readonly<Record<string, unknown>>

const NOTHING: JsonObject = Object.freeze({})
/** Elements of one array that are looked at: the largest real ones (TLS cipher lists, DNS answers) have some hundred. */
const MOST_ELEMENTS = 1000

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under a key; an empty one when there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = own(object, key)
  return isObject(value) ? value : NOTHING
}

/** The text under a key; undefined when absent, empty or no text. */
export function textAt(object: JsonObject, key: string): string | undefined {
  const value = own(object, key)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The whole number from 0 under a key, also when it was written as text. */
export function countAt(object: JsonObject, key: string): number | undefined {
  const value = own(object, key)
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

export function boolAt(object: JsonObject, key: string): boolean | undefined {
  const value = own(object, key)
  return typeof value === 'boolean' ? value : undefined
}

/** The array under a key; empty when there is none. */
export function listAt(object: JsonObject, key: string): readonly unknown[] {
  const value = own(object, key)
  return Array.isArray(value) ? (value.length > MOST_ELEMENTS ? value.slice(0, MOST_ELEMENTS) : value) : []
}

/** The texts among the elements of an array. */
export function textsAt(object: JsonObject, key: string): string[] {
  return listAt(object, key).filter((item): item is string => typeof item === 'string' && item !== '')
}

/** The objects among the elements of an array. */
export function objectsAt(object: JsonObject, key: string): JsonObject[] {
  return listAt(object, key).filter(isObject)
}

/** What is left of an object when the fields that became columns are taken away; undefined when nothing is. */
export function withoutKeys(object: JsonObject, used: ReadonlySet<string>): JsonObject | undefined {
  let rest: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(object)) {
    if (used.has(key)) continue
    rest ??= Object.create(null) as Record<string, unknown>
    rest[key] = value
  }
  return rest
}

/** Deeper than this is no telemetry but an attack on whoever reads it. Real EVE reaches seven. */
export const DEEPEST = 32

/** True when a value is nested more deeply than DEEPEST. */
export function nestedTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === DEEPEST) return true
  for (const inner of Object.values(value)) if (nestedTooDeep(inner, depth + 1)) return true
  return false
}

/** JSON text with sorted keys, so that two writers' key orders give one text. The value must not be nested too deep. */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${sortedJson(value[key])}`)
  return `{${members.join(',')}}`
}

/** Never what an object inherits: a record may well have a field called `constructor`. */
function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
