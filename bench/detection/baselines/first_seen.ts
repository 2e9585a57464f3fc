import { type Baseline, type Fire, type Row, userOf } from './baseline.ts'

/**
 * Naive novelty, as in "first time seen" rules of SIEMs: after learning, anything new alerts once: a device on a peer's
 * service, a credential on a device.
 */
export class FirstSeen implements Baseline {
  readonly name = 'first time seen'
  readonly source = 'new device → peer and service, new credential → device ("new terms" rules of SIEMs)'
  readonly logs: ReadonlySet<string> = new Set(['conn', 'ntlm', 'kerberos'])
  private readonly learnedAt: number
  private readonly known: Set<string>

  /** @param learnedAt engine clock (µs) from which on it alerts */
  constructor(learnedAt: number, known: Set<string> = new Set()) {
    this.learnedAt = learnedAt
    this.known = known
  }

  see(row: Row, fire: Fire): boolean {
    const key = row.log === 'conn' ? pairOf(row) : credentialOf(row)
    if (key === undefined) return false
    if (this.known.has(key)) return true
    this.known.add(key)
    if (row.time >= this.learnedAt) fire(row.log === 'conn' ? 'new peer and service' : 'new credential', 'orig')
    return true
  }

  fork(): Baseline {
    return new FirstSeen(this.learnedAt, new Set(this.known))
  }
}

const DYNAMIC_PORT = 49_152

function pairOf(row: Row): string | undefined {
  const { orig, resp } = row
  if (orig < 0 || resp < 0) return undefined
  const state = row.text('conn_state')
  if (state === 'S0' || state === 'REJ' || state === 'OTH') return undefined
  const port = row.number('id.resp_p')
  return `${orig} ${resp} ${row.text('proto')} ${port >= DYNAMIC_PORT ? 'dynamic' : port}`
}

function credentialOf(row: Row): string | undefined {
  const user = userOf(row.text(row.log === 'ntlm' ? 'username' : 'client'))
  const { orig } = row
  return user === '' || orig < 0 || row.number('success') === 0 ? undefined : `${user} ${orig}`
}
