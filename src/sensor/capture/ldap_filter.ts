import { Cursor, type Dissection } from './dissection.ts'

/** Filter items of one search that are written out; the rest is `…`. */
const MOST_ITEMS = 512
const DEEPEST = 32

/** RFC 4511 section 4.5.1.7, by context tag. */
const AND = 0
const OR = 1
const NOT = 2
const EQUALITY = 3
const SUBSTRINGS = 4
const GREATER_OR_EQUAL = 5
const LESS_OR_EQUAL = 6
const PRESENT = 7
const APPROXIMATE = 8
const EXTENSIBLE = 9
const SIGNS: ReadonlyMap<number, string> = new Map([
  [EQUALITY, '='],
  [GREATER_OR_EQUAL, '>='],
  [LESS_OR_EQUAL, '<='],
  [APPROXIMATE, '~='],
])

/**
 * Puts search filters together again (RFC 4515). tshark gives the parts of all filters of a packet field by field, each
 * in the order in which it met them, which is that of a walk through the tree.
 */
export class LdapFilters {
  private readonly roots: Cursor<number>
  private readonly ands: Cursor<number>
  private readonly andItems: Cursor<number>
  private readonly ors: Cursor<number>
  private readonly orItems: Cursor<number>
  private readonly nots: Cursor<number>
  private readonly attributes: Cursor<string>
  private readonly values: Cursor<string>
  private readonly presents: Cursor<string>
  private readonly types: Cursor<string>
  private readonly substrings: Cursor<number>
  private readonly pieces: Cursor<number>
  private readonly initials: Cursor<string>
  private readonly anys: Cursor<string>
  private readonly finals: Cursor<string>
  private readonly rules: Cursor<string>
  private readonly matches: Cursor<string>
  private items = 0

  constructor(dissection: Dissection) {
    this.roots = new Cursor(dissection.numbers('ldap.filter'))
    this.ands = new Cursor(dissection.numbers('ldap.and'))
    this.andItems = new Cursor(dissection.numbers('ldap.and_item'))
    this.ors = new Cursor(dissection.numbers('ldap.or'))
    this.orItems = new Cursor(dissection.numbers('ldap.or_item'))
    this.nots = new Cursor(dissection.numbers('ldap.not'))
    this.attributes = new Cursor(dissection.texts('ldap.attributeDesc'))
    this.values = new Cursor(dissection.texts('ldap.assertionValue'))
    this.presents = new Cursor(dissection.texts('ldap.present'))
    this.types = new Cursor(dissection.texts('ldap.type'))
    this.substrings = new Cursor(dissection.numbers('ldap.substrings'))
    this.pieces = new Cursor(dissection.numbers('ldap.substrings_item'))
    this.initials = new Cursor(dissection.texts('ldap.initial'))
    this.anys = new Cursor(dissection.texts('ldap.any'))
    this.finals = new Cursor(dissection.texts('ldap.final'))
    this.rules = new Cursor(dissection.texts('ldap.matchingRule'))
    this.matches = new Cursor(dissection.texts('ldap.matchValue'))
  }

  /** The filter of the packet's next search, or undefined when it has none that can be read. */
  next(): string | undefined {
    this.items = 0
    const kind = this.roots.next()
    return kind === undefined ? undefined : this.item(kind, 0)
  }

  private item(kind: number, depth: number): string {
    if (++this.items > MOST_ITEMS || depth > DEEPEST) return '(…)'
    const sign = SIGNS.get(kind)
    if (sign !== undefined) return `(${this.attributes.next() ?? ''}${sign}${this.values.next() ?? ''})`
    switch (kind) {
      case AND:
        return `(&${this.several(this.ands.next(), this.andItems, depth)})`
      case OR:
        return `(|${this.several(this.ors.next(), this.orItems, depth)})`
      case NOT: {
        const inner = this.nots.next()
        return `(!${inner === undefined ? '' : this.item(inner, depth + 1)})`
      }
      case PRESENT:
        return `(${this.presents.next() ?? ''}=*)`
      case SUBSTRINGS:
        return this.substring()
      case EXTENSIBLE: {
        const rule = this.rules.next()
        return `(${this.types.next() ?? ''}${rule === undefined ? '' : `:${rule}`}:=${this.matches.next() ?? ''})`
      }
      default:
        return '(?)'
    }
  }

  private several(count: number | undefined, kinds: Cursor<number>, depth: number): string {
    let text = ''
    for (let i = 0; i < (count ?? 0) && this.items < MOST_ITEMS; i++) {
      const kind = kinds.next()
      if (kind === undefined) break
      text += this.item(kind, depth + 1)
    }
    return text
  }

  private substring(): string {
    const attribute = this.types.next() ?? ''
    const count = this.substrings.next() ?? 0
    let text = ''
    let open = true
    for (let i = 0; i < count; i++) {
      const kind = this.pieces.next()
      if (kind === undefined) break
      if (kind === 0) text += this.initials.next() ?? ''
      else if (kind === 1) text += `*${this.anys.next() ?? ''}`
      else {
        text += `*${this.finals.next() ?? ''}`
        open = false
      }
    }
    return `(${attribute}=${text}${open ? '*' : ''})`
  }
}
