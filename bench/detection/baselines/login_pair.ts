import { type Baseline, type Fire, type Row, userOf } from './baseline.ts'

/**
 * The published pair rule on the LANL data: a login between two machines that never had one. It finds 72 % of the attack's
 * edges there, at 4.4 % false positives.
 */
export class LoginPair implements Baseline {
  readonly name = 'login pair'
  readonly source = 'a login from a machine to a machine that never occurred before (LANL authentication data)'
  readonly logs: ReadonlySet<string> = new Set(['ntlm', 'kerberos', 'rdp', 'ssh'])
  private readonly learnedAt: number
  private readonly known: Set<string>

  /** @param learnedAt engine clock (µs) from which on it alerts */
  constructor(learnedAt: number, known: Set<string> = new Set()) {
    this.learnedAt = learnedAt
    this.known = known
  }

  see(row: Row, fire: Fire): boolean {
    const { orig } = row
    const target = targetOf(row)
    if (orig < 0 || target === undefined) return false
    const key = `${orig} ${target}`
    if (this.known.has(key)) return true
    this.known.add(key)
    if (row.time >= this.learnedAt) fire('login pair never occurred', 'orig')
    return true
  }

  fork(): Baseline {
    return new LoginPair(this.learnedAt, new Set(this.known))
  }
}

/** The machine logged in to: the responder, or whom a ticket is for (`cifs/files.example.org` and `host/FILES` are one machine). */
function targetOf(row: Row): string | undefined {
  if (row.number('success') === 0 || row.number('auth_success') === 0) return undefined
  if (row.log !== 'kerberos') return row.resp < 0 ? undefined : String(row.resp)
  if (row.text('request_type') !== 'TGS') return undefined
  const service = row.text('service').toLowerCase()
  if (service.startsWith('krbtgt')) return undefined
  const machine = service.includes('/') ? service.split('/')[1]! : userOf(service)
  return `ticket ${machine.replace(/[.:$].*$/, '')}`
}
