import type { Field, LogType } from '../event/log_types.ts'
import { READ_TEXT, type Reading, readingOf } from './decimal_scan.ts'
import { fieldNameOf, IGNORED_KEYS, NAMING_KEYS } from './log_names.ts'
import { columnOf } from './zeek_values.ts'

/** A key as met in the records of one log type. */
export interface Key {
  readonly name: string
  /** Its name in `extra`. */
  readonly column: string
  readonly role: 'field' | 'names-type' | 'ignored' | 'unknown'
  /** What a key of role 'field' fills. */
  readonly field: Field | undefined
  readonly reading: Reading
  /** The same for the dotted and the underscored spelling of a field. */
  readonly identity: number
  /** `"name":` stands in `words` from here on. */
  readonly firstWord: number
  readonly bytes: number
}

/** Words of a node of the tree. */
export const NODE = 8
/** Its key: where its bytes stand in `words`, how many words they fill, which bits of the last count, how many bytes. */
export const FIRST_WORD = 0
export const WORDS = 1
export const LAST_MASK = 2
export const LENGTH = 3
/** How to read its value: slot and reading; the slot is NO_SLOT when the value is no plain field's. */
export const SLOT = 4
export const READING = 5
/** Further nodes: what may come next, and what may stand here instead; 0 is none. */
export const CHILD = 6
export const SIBLING = 7

export const NO_SLOT = -1
/** The node of a record in which no key has been read. */
export const ROOT = 0

const MOST_NODES = 1 << 13
/** So many keys may follow the same ones before; a record with yet another is read by other means. */
const MOST_SIBLINGS = 64
const MOST_KEYS = 1024
const LONGEST_KEY = 256

/**
 * The orders in which the keys of records have come, as a tree: what the next record is guessed to look like. Zeek leaves
 * out what is unset, so a log has a few dozen orders, which begin alike. No key stands twice on a way from the root.
 * Plain words side by side, since a look at an object a key would cost more than the key.
 */
export class RecordShapes {
  readonly nodes = new Int32Array(MOST_NODES * NODE)
  /** The bytes of all keys met, four at a time, zeros behind: comparing words is what makes guessing cheap. */
  words = new Int32Array(1 << 8)
  private readonly type: LogType
  private used = NODE
  private wordsUsed = 0
  private readonly keys = new Map<string, Key>()
  /** By number of the node. */
  private readonly keyOfNode: Key[] = []
  private readonly parents: number[] = []

  constructor(type: LogType) {
    this.type = type
  }

  /** The key of a node other than the root. */
  keyAt(node: number): Key {
    return this.keyOfNode[node / NODE]!
  }

  /**
   * The node for a key that comes after those of `node`, made if need be.
   * @returns the name of the key when it stands twice; undefined when there is no room for it
   */
  follow(node: number, name: string): number | string | undefined {
    const key = this.keyCalled(name)
    for (let at = node; at !== ROOT; at = this.parents[at / NODE]!) {
      if (this.keyAt(at).identity === key.identity) return name
    }
    const { nodes } = this
    let last = node + CHILD
    let siblings = 0
    while (nodes[last] !== 0) {
      if (this.keyAt(nodes[last]!) === key) return nodes[last]!
      last = nodes[last]! + SIBLING
      siblings++
    }
    // Orders without end are no log's: what is remembered begins anew with the next record.
    if (this.used === nodes.length) this.forget()
    else if (key.firstWord >= 0 && siblings < MOST_SIBLINGS) return this.newNode(node, last, key)
    return undefined
  }

  /** The key called `name`, whether or not there is room to remember it. */
  keyCalled(name: string): Key {
    const found = this.keys.get(name)
    if (found !== undefined) return found
    const { type } = this
    const slot = type.slots.get(fieldNameOf(name))
    const field = slot === undefined ? undefined : type.fields[slot]!
    const remembered = this.keys.size < MOST_KEYS && name.length <= LONGEST_KEY
    const bytes = Buffer.from(`"${name}":`)
    const key: Key = {
      name,
      column: columnOf(name),
      role: NAMING_KEYS.has(name)
        ? 'names-type'
        : IGNORED_KEYS.has(name)
          ? 'ignored'
          : field === undefined
            ? 'unknown'
            : 'field',
      field,
      reading: field === undefined ? READ_TEXT : readingOf(field.kind),
      identity: slot ?? type.fields.length + this.keys.size,
      firstWord: remembered ? this.addWords(bytes) : -1,
      bytes: bytes.length,
    }
    if (remembered) this.keys.set(name, key)
    return key
  }

  private addWords(bytes: Buffer): number {
    const first = this.wordsUsed
    const count = (bytes.length + 3) >> 2
    if (first + count > this.words.length) {
      const larger = new Int32Array(2 * (first + count))
      larger.set(this.words)
      this.words = larger
    }
    const padded = Buffer.concat([bytes, Buffer.alloc(3)])
    for (let i = 0; i < count; i++) this.words[first + i] = padded.readInt32LE(4 * i)
    this.wordsUsed += count
    return first
  }

  private newNode(parent: number, link: number, key: Key): number {
    const { nodes } = this
    const node = this.used
    this.used += NODE
    const words = (key.bytes + 3) >> 2
    nodes[node + FIRST_WORD] = key.firstWord
    nodes[node + WORDS] = words
    nodes[node + LAST_MASK] = -1 >>> (8 * (4 * words - key.bytes))
    nodes[node + LENGTH] = key.bytes
    nodes[node + SLOT] = key.role === 'field' ? key.field!.slot : NO_SLOT
    nodes[node + READING] = key.reading
    nodes[link] = node
    this.keyOfNode[node / NODE] = key
    this.parents[node / NODE] = parent
    return node
  }

  private forget(): void {
    this.nodes.fill(0)
    this.used = NODE
    this.keyOfNode.length = 0
    this.parents.length = 0
  }
}
