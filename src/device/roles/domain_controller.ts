import { clientCount, clientsText, type EvidenceKind } from './role_evidence.ts'
import { listed, type RoleRule, SEVERAL_CLIENTS } from './role_rule.ts'

/**
 * What only, or mostly, a domain controller does. Two points are needed. A secure channel (MS-NRPC) and directory
 * replication (MS-DRSR) are served by nothing else and count two; a kind seen by several clients counts twice. Tickets and an
 * answering directory together are two kinds, so a capture of minutes with one client is enough.
 */
const KINDS: readonly { kinds: readonly EvidenceKind[]; points: number; atLeast: number; says: string }[] = [
  { kinds: ['netlogon-channel'], points: 2, atLeast: 1, says: 'served Netlogon secure channels' },
  { kinds: ['directory-replication'], points: 2, atLeast: 1, says: 'served the directory replication interface' },
  {
    kinds: ['kerberos-ticket', 'kerberos-refusal'],
    points: 1,
    atLeast: 1,
    says: 'answered ticket requests (Kerberos)',
  },
  { kinds: ['directory-answer'], points: 1, atLeast: 1, says: 'answered LDAP' },
  { kinds: ['policy-share'], points: 1, atLeast: 1, says: 'serves SYSVOL or NETLOGON' },
  { kinds: ['controller-record'], points: 1, atLeast: 1, says: 'is named as controller in DNS' },
  // Every Windows answers these: only used by several does it point to accounts that are everybody's.
  { kinds: ['account-rpc'], points: 1, atLeast: SEVERAL_CLIENTS, says: 'looks up accounts (LSA, SAM)' },
]

export const domainController: RoleRule = {
  tag: 'Domain Controller',
  kinds: KINDS.flatMap(({ kinds }) => kinds),
  judge({ evidence }) {
    let points = 0
    const reasons: string[] = []
    for (const { kinds, points: worth, atLeast, says } of KINDS) {
      const kind = kinds.find((one) => clientCount(evidence, one) >= atLeast)
      if (kind === undefined) continue
      // An LDAP server or a KDC of another kind also has many clients: those need a second kind.
      const alone = kind === 'directory-answer' || kind === 'account-rpc' || kind === 'kerberos-refusal'
      points += !alone && clientCount(evidence, kind) >= SEVERAL_CLIENTS ? Math.max(2, worth) : worth
      reasons.push(`${says} for ${clientsText(evidence, kind)}`)
    }
    return points >= 2 ? listed(reasons) : undefined
  },
}
