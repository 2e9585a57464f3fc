import { type ExtraField, SEEN } from './catalog.ts'

/** How many unknown fields of a log type become columns of its view; the others stay in `extra` only. */
const MOST_FIELDS = 200
const LONGEST_NAME = 100

/** Collects the names and JSON types of the fields that log types do not know, for their views. */
export class ExtraFields {
  private readonly types = new Map<string, Map<string, number>>()

  /** @param json the text of an object; anything else is passed over */
  note(type: string, json: string): void {
    let names = this.types.get(type)
    if (names === undefined) {
      names = new Map()
      this.types.set(type, names)
    }
    let object: unknown
    try {
      object = JSON.parse(json)
    } catch {
      return
    }
    if (typeof object !== 'object' || object === null) return
    for (const [name, value] of Object.entries(object)) {
      if (value === null || name === '' || name.length > LONGEST_NAME) continue
      const seen = names.get(name)
      if (seen === undefined && names.size >= MOST_FIELDS) continue
      names.set(name, (seen ?? 0) | seenAs(value))
    }
  }

  /** What was noted of a type, by name. */
  of(type: string): ExtraField[] {
    const names = [...(this.types.get(type) ?? [])]
    return names.map(([name, seen]) => ({ type, name, seen })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

function seenAs(value: unknown): number {
  if (typeof value === 'boolean') return SEEN.boolean
  if (typeof value !== 'number') return SEEN.other
  return Number.isSafeInteger(value) ? SEEN.whole : SEEN.number
}
