import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import { targetOfHost } from '../session_credentials.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'

export const CREDENTIAL_USED: View = {
  id: 9,
  name: 'device → credential',
  subject: 'device',
  question: 'who',
  again: true,
  value: ['credential', 'none'],
}
export const CREDENTIAL_FAILED: View = {
  id: 10,
  name: 'device → credential that failed',
  subject: 'device',
  value: ['credential', 'none'],
}
export const CREDENTIAL_SOURCE: View = {
  id: 11,
  name: 'credential → source device',
  subject: 'credential',
  question: 'who',
  value: ['device', 'none'],
}
export const CREDENTIAL_DESTINATION: View = {
  id: 12,
  name: 'credential → destination device',
  subject: 'credential',
  question: 'who',
  value: ['device', 'none'],
}

/** Guessing, at its first attempt: of the failures of people who have signed on here before it knows nothing. */
export const CREDENTIAL_GUESSED: View = {
  id: 26,
  name: 'device → credential that failed and never succeeded here',
  subject: 'device',
  question: 'who',
  again: true,
  value: ['credential', 'none'],
}

/**
 * Kerberos errors that say that the client proved nothing: unknown client, revoked, expired password, wrong password
 * (RFC 4120, 7.5.9: 6, 18, 23, 24). 25, "pre-authentication required", is the ordinary first answer.
 */
const KERBEROS_FAILURES: ReadonlySet<string> = new Set([
  'KDC_ERR_C_PRINCIPAL_UNKNOWN',
  'KDC_ERR_CLIENT_REVOKED',
  'KDC_ERR_KEY_EXPIRED',
  'KDC_ERR_PREAUTH_FAILED',
])

function recordUse(habits: Habits, orig: number, resp: number, credential: number, day: DayNumber): void {
  if (orig >= 0) {
    habits.use(CREDENTIAL_USED, orig, credential, 0, day)
    habits.use(CREDENTIAL_SOURCE, credential, orig, 0, day)
  }
  if (resp >= 0) habits.use(CREDENTIAL_DESTINATION, credential, resp, 0, day)
}

function recordFailure(habits: Habits, orig: number, credential: number, day: DayNumber): void {
  if (orig < 0) return
  habits.use(CREDENTIAL_FAILED, orig, credential, 0, day)
  if (habits.find(CREDENTIAL_USED, orig, credential, 0) === 0) habits.use(CREDENTIAL_GUESSED, orig, credential, 0, day)
}

/** Where the sensor saw no outcome nothing is known: neither used nor failed. */
function ntlm(habits: Habits): Handler {
  const SUCCESS = slotOf(logType('ntlm'), 'success')
  const { sessions } = habits
  return ({ batch, row, orig, resp, credential, clock }, day) => {
    const success = batch.numbers[SUCCESS]![row]!
    if (credential < 0 || Number.isNaN(success)) return
    if (success === 1 && orig >= 0 && resp >= 0)
      sessions.remember(orig, sessions.targetOfDevice(resp), credential, clock)
    if (habits.cache.seen(orig, resp, credential, cacheWord(CACHE_TAG.ntlm, 0, success), day)) return
    if (success === 1) recordUse(habits, orig, resp, credential, day)
    else recordFailure(habits, orig, credential, day)
  }
}

/** Ticket requests name client and source; the destination is the service of the ticket, not the KDC that answered. */
function kerberos(habits: Habits): Handler {
  const type = logType('kerberos')
  const SUCCESS = slotOf(type, 'success')
  const ERROR = slotOf(type, 'error_msg')
  const SERVICE = slotOf(type, 'service')
  const failure = new BatchMemo((text) => (KERBEROS_FAILURES.has(text) ? 1 : 0))
  const target = new BatchMemo((text) => targetOfHost(/^(?!krbtgt\/)[^/]+\/([^/@:]+)/i.exec(text)?.[1] ?? ''))
  return ({ batch, row, orig, credential, clock }, day) => {
    if (credential < 0 || orig < 0) return
    const success = batch.numbers[SUCCESS]![row] === 1
    if (success) habits.sessions.remember(orig, target.of(batch, batch.strings[SERVICE]![row]!), credential, clock)
    const failed = !success && failure.of(batch, batch.strings[ERROR]![row]!) === 1
    if (!success && !failed) return
    if (habits.cache.seen(orig, credential, 0, cacheWord(CACHE_TAG.kerberos, 0, success ? 1 : 0), day)) return
    if (success) recordUse(habits, orig, -1, credential, day)
    else recordFailure(habits, orig, credential, day)
  }
}

/** rdp: the cookie names the user before anything is proved; a negotiated security layer (`result`) is the least of success. */
function rdp(habits: Habits): Handler {
  const RESULT = slotOf(logType('rdp'), 'result')
  const accepted = new BatchMemo((text) => (/^(success|encrypted)$/i.test(text) ? 1 : 0))
  return ({ batch, row, orig, resp, credential }, day) => {
    if (credential < 0 || accepted.of(batch, batch.strings[RESULT]![row]!) === 0) return
    if (habits.cache.seen(orig, resp, credential, cacheWord(CACHE_TAG.rdp, 0), day)) return
    recordUse(habits, orig, resp, credential, day)
  }
}

/** Within a session (a tree connected, an operation requested) the credential has been accepted by that server. */
function session(habits: Habits): Handler {
  return ({ orig, resp, credential }, day) => {
    if (credential < 0) return
    if (habits.cache.seen(orig, resp, credential, cacheWord(CACHE_TAG.session, 0), day)) return
    recordUse(habits, orig, resp, credential, day)
  }
}

function ssh(habits: Habits): Handler {
  const SUCCESS = slotOf(logType('ssh'), 'auth_success')
  const used = session(habits)
  return (event, day) => {
    const { batch, row, orig, credential } = event
    const success = batch.numbers[SUCCESS]![row]
    if (success === 1) used(event, day)
    else if (success === 0 && credential >= 0) recordFailure(habits, orig, credential, day)
  }
}

/** ldap: a bind that was accepted (RFC 4511, 4.2.2: `success`) or refused (`invalidCredentials`). */
function ldap(habits: Habits): Handler {
  const type = logType('ldap')
  const OPCODE = slotOf(type, 'opcode')
  const RESULT = slotOf(type, 'result')
  const bind = new BatchMemo((text) => (/^bind/i.test(text) ? 1 : 0))
  const outcome = new BatchMemo((text) => (/^success$/i.test(text) ? 1 : /^invalid ?credentials$/i.test(text) ? 2 : 0))
  const used = session(habits)
  return (event, day) => {
    const { batch, row, orig, credential } = event
    if (credential < 0 || bind.of(batch, batch.strings[OPCODE]![row]!) === 0) return
    const result = outcome.of(batch, batch.strings[RESULT]![row]!)
    if (result === 1) used(event, day)
    else if (result === 2) recordFailure(habits, orig, credential, day)
  }
}

/** From authentication in every protocol: which credentials a device uses, where a credential is used from and to. */
export const CREDENTIALS: Family = {
  views: [CREDENTIAL_USED, CREDENTIAL_FAILED, CREDENTIAL_SOURCE, CREDENTIAL_DESTINATION, CREDENTIAL_GUESSED],
  handlers: { ntlm, kerberos, rdp, ssh, ldap, smb_mapping: session, dce_rpc: session },
}
