import type { Micros } from '../event/time.ts'
import { type CredentialName, credentialText } from './credential_name.ts'

/** How many letters of a user name an RDP cookie (`mstshash`) holds before Windows cuts it. */
const COOKIE_LETTERS = 9
const CLEARED_SHARE = 16
const AMBIGUOUS = -2
/** Indices ever given out in a run; they are never used twice. */
const MOST_INDICES = 4_000_000

/**
 * All credentials, by index. Bounded: of those that never succeeded (a spray of invented names) the ones unseen for longest
 * go first; the index of one that is gone names nobody any more.
 */
export class CredentialTable {
  readonly names: string[] = []
  private lastSeen: number[] = []
  private proven: number[] = []
  private live = 0
  private readonly most: number
  private readonly index = new Map<string, number>()
  /** By user: the only credential of that name, or AMBIGUOUS. */
  private readonly byUser = new Map<string, number>()
  /** By the first letters of the user name, for cut RDP cookies: the only credential, or AMBIGUOUS. */
  private readonly byCookie = new Map<string, number>()
  /** Called when an index was taken from somebody. */
  onReuse: () => void = () => {}
  evicted = 0

  constructor(most = 262_144) {
    this.most = most
  }

  get size(): number {
    return this.names.length
  }

  /** Whether a logon with it was ever seen to succeed. */
  succeeded(credential: number): boolean {
    return this.proven[credential] === 1
  }

  /** Index of a credential; -1 when there is no room left. A name without a domain is the only known one of that user. */
  of(name: CredentialName, clock: Micros): number {
    if (name.domain === '') {
      const only = this.byUser.get(name.user)
      if (only !== undefined && only >= 0) return this.touch(only, clock)
    }
    return this.exact(name, clock)
  }

  /** Index for an RDP cookie: exact where the name fits, by unique beginning where it may have been cut. */
  ofCookie(name: CredentialName, clock: Micros): number {
    if (name.domain === '' && name.user.length >= COOKIE_LETTERS) {
      const only = this.byCookie.get(name.user.slice(0, COOKIE_LETTERS))
      if (only !== undefined && only >= 0) return this.touch(only, clock)
    }
    return this.of(name, clock)
  }

  touch(at: number, clock: Micros): number {
    this.lastSeen[at] = clock
    return at
  }

  markSucceeded(credential: number): void {
    if (credential >= 0) this.proven[credential] = 1
  }

  save(): unknown {
    const rows: unknown[] = []
    for (let at = 0; at < this.names.length; at++) rows.push([this.names[at], this.lastSeen[at], this.proven[at]])
    return rows
  }

  restore(saved: unknown): void {
    for (const [at, [text, last, proven]] of (saved as [string, number, number][]).entries()) {
      this.names[at] = text
      this.lastSeen[at] = last
      this.proven[at] = proven
      if (text === '') continue
      this.live++
      this.index.set(text, at)
    }
    this.indexUsers()
  }

  private exact(name: CredentialName, clock: Micros): number {
    const text = credentialText(name)
    const known = this.index.get(text)
    if (known !== undefined) return this.touch(known, clock)
    if (this.live >= this.most) this.clear()
    const at = this.names.length
    if (at >= MOST_INDICES) {
      this.evicted++
      return -1
    }
    this.names[at] = text
    this.lastSeen[at] = clock
    this.proven[at] = 0
    this.live++
    this.index.set(text, at)
    this.indexUser(text, at)
    return at
  }

  private indexUser(text: string, at: number): void {
    const slash = text.indexOf('\\')
    const user = text.slice(slash + 1)
    // A name without a domain must not stand in the way of the same name with one.
    if (slash < 0) return
    this.byUser.set(user, this.byUser.has(user) ? AMBIGUOUS : at)
    if (user.length < COOKIE_LETTERS) return
    const cut = user.slice(0, COOKIE_LETTERS)
    this.byCookie.set(cut, this.byCookie.has(cut) ? AMBIGUOUS : at)
  }

  private indexUsers(): void {
    this.byUser.clear()
    this.byCookie.clear()
    for (const [text, at] of this.index) this.indexUser(text, at)
  }

  private clear(): void {
    const all = [...this.index.values()].sort(
      (a, b) => this.proven[a]! - this.proven[b]! || this.lastSeen[a]! - this.lastSeen[b]! || a - b,
    )
    for (const at of all.slice(0, Math.ceil(this.most / CLEARED_SHARE))) {
      this.index.delete(this.names[at]!)
      this.names[at] = ''
      this.live--
      this.evicted++
    }
    this.indexUsers()
    this.onReuse()
  }
}
