import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SESSION_HOURS = 12
/** A console on loopback is one person's: more sessions than this are a mistake, and the oldest ends. */
const MOST_SESSIONS = 16

/**
 * Who may look: whoever brings the one-time token (it is printed on the terminal of who started the server) gets a
 * session. Both are random, and only their hashes are kept and compared.
 */
export class Sessions {
  private token: Buffer | undefined
  /** End (wall clock, ms) by hash. */
  private readonly ends = new Map<string, number>()
  private readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  /** A new token; one that was not used yet no longer counts. */
  newToken(): string {
    const token = randomBytes(32).toString('base64url')
    this.token = hash(token)
    return token
  }

  /** The secret of a new session for a token, which is used up by that; undefined when it is not the token. */
  exchange(token: string): string | undefined {
    if (this.token === undefined || !timingSafeEqual(hash(token), this.token)) return undefined
    this.token = undefined
    const secret = randomBytes(32).toString('base64url')
    if (this.ends.size >= MOST_SESSIONS) this.ends.delete(this.ends.keys().next().value ?? '')
    this.ends.set(key(secret), this.now() + SESSION_HOURS * 3_600_000)
    return secret
  }

  holds(secret: string | undefined): boolean {
    if (secret === undefined) return false
    const end = this.ends.get(key(secret))
    return end !== undefined && end > this.now()
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function key(secret: string): string {
  return hash(secret).toString('hex')
}
