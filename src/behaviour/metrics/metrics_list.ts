import type { Added, Fact, FamilyName, Metric } from './metric.ts'

function metric(
  id: number,
  family: FamilyName,
  name: string,
  when: readonly Fact[],
  adds: Added,
  says: (amount: string) => string,
): Metric {
  return { id, family, name, when, adds, says }
}

const made = (what: string) => (n: string) => `made ${n} ${what}`
const received = (what: string) => (n: string) => `received ${n} ${what}`

/** Logins by protocol; SMB sessions are tree connects, RDP ones security layers that were agreed upon. */
const PROTOCOLS = [
  ['ntlm', 'NTLM logins'],
  ['kerberos', 'Kerberos tickets'],
  ['ssh', 'SSH logins'],
  ['rdp', 'RDP sessions'],
  ['smb', 'SMB tree connects'],
] as const
/** SMB itself tells of no failed sign-on: NTLM or Kerberos does. */
const FAILING = [
  ['ntlm', 'failed NTLM logins'],
  ['kerberos', 'failed Kerberos logins'],
  ['ssh', 'failed SSH logins'],
  ['rdp', 'refused RDP sessions'],
] as const

/**
 * Everything that is counted, in the order of the ids. A number is never given to another metric.
 */
export const METRICS: readonly Metric[] = [
  metric(0, 'connections', 'connections', ['connection'], 'one', made('connections')),
  metric(
    1,
    'connections',
    'distinct internal peers',
    ['connection', 'inside'],
    'distinct peers',
    (n) => `tried ${n} different internal addresses`,
  ),
  metric(
    2,
    'connections',
    'distinct ports tried',
    ['connection'],
    'distinct ports',
    (n) => `tried ${n} different ports`,
  ),
  metric(3, 'traffic', 'bytes out, inside', ['connection', 'inside'], 'bytes sent', (n) => `sent ${n} inside`),
  metric(4, 'traffic', 'bytes in, inside', ['connection', 'inside'], 'bytes received', (n) => `fetched ${n} inside`),
  metric(5, 'traffic', 'bytes out, outside', ['connection', 'outside'], 'bytes sent', (n) => `sent ${n} outside`),
  metric(
    6,
    'traffic',
    'bytes in, outside',
    ['connection', 'outside'],
    'bytes received',
    (n) => `fetched ${n} from outside`,
  ),
  metric(7, 'failed connections', 'failed connections', ['failed'], 'one', made('failed connections')),
  metric(
    8,
    'failed connections',
    'connections without answer',
    ['no answer'],
    'one',
    made('connections without answer'),
  ),
  metric(9, 'failed connections', 'rejected connections', ['rejected'], 'one', made('connections that were rejected')),
  metric(
    10,
    'failed connections',
    'connections reset at once',
    ['reset'],
    'one',
    made('connections that were reset before they stood'),
  ),
  metric(
    11,
    'failed connections',
    'distinct internal targets in vain',
    ['failed', 'inside'],
    'distinct targets',
    (n) => `tried ${n} different internal addresses in vain`,
  ),
  metric(12, 'incoming connections', 'incoming connections', ['incoming'], 'one', received('connections')),
  metric(
    13,
    'incoming connections',
    'incoming sources',
    ['incoming'],
    'distinct sources',
    (n) => `was contacted by ${n} different addresses`,
  ),
  metric(14, 'name queries', 'DNS queries', ['query'], 'one', made('DNS queries')),
  metric(15, 'name queries', 'DNS queries for names that do not exist', ['NXDOMAIN'], 'one', (n) => {
    return `asked for ${n} names that do not exist`
  }),
  metric(
    16,
    'ICMP targets',
    'ICMP targets',
    ['ICMP'],
    'distinct targets',
    (n) => `sent ICMP to ${n} different addresses`,
  ),
  ...PROTOCOLS.map(([protocol, what], k) => metric(17 + k, 'logins', what, ['succeeded', protocol], 'one', made(what))),
  ...FAILING.map(([protocol, what], k) =>
    metric(22 + k, 'failed logins', what, ['login failed', protocol], 'one', made(what)),
  ),
  metric(
    26,
    'failed logins',
    'distinct credentials that failed',
    ['login failed'],
    'distinct credentials',
    (n) => `failed to sign on with ${n} different credentials`,
  ),
  metric(27, 'failed logins received', 'failed logins received', ['login failed'], 'one', received('failed logins')),
  metric(
    28,
    'administration',
    'administrative sessions',
    ['session'],
    'one',
    (n) => `opened ${n} administrative sessions`,
  ),
  metric(29, 'administration', 'RPC operations', ['operation'], 'one', made('RPC operations')),
  metric(30, 'administration', 'service control', ['service control'], 'one', made('service control operations')),
  metric(31, 'administration', 'WMI', ['WMI'], 'one', made('WMI operations')),
  metric(32, 'administration', 'scheduled tasks', ['scheduled task'], 'one', made('scheduled task operations')),
  metric(33, 'administration', 'registry changes', ['registry change'], 'one', made('remote registry changes')),
  metric(34, 'files', 'SMB opens', ['open'], 'one', (n) => `opened ${n} files over SMB`),
  metric(35, 'files', 'SMB reads', ['read'], 'one', (n) => `read ${n} files over SMB`),
  metric(36, 'files', 'SMB writes', ['write'], 'one', (n) => `wrote ${n} times to files over SMB`),
  metric(37, 'files', 'SMB deletes', ['delete'], 'one', (n) => `deleted ${n} files over SMB`),
  metric(38, 'files', 'SMB renames', ['rename'], 'one', (n) => `renamed ${n} files over SMB`),
  metric(
    39,
    'novelty',
    'new internal peers',
    ['new peer'],
    'one',
    (n) => `spoke to ${n} internal peers for the first time`,
  ),
  metric(
    40,
    'novelty',
    'rare endpoints',
    ['rare endpoint'],
    'one',
    (n) => `spoke to ${n} outside endpoints that hardly anybody knows`,
  ),
  ...PROTOCOLS.map(([protocol, what], k) =>
    metric(41 + k, 'logins of a credential', what, ['succeeded', protocol], 'one', made(what)),
  ),
  ...FAILING.map(([protocol, what], k) =>
    metric(46 + k, 'failed logins of a credential', what, ['login failed', protocol], 'one', made(what)),
  ),
  metric(
    50,
    'failed logins of a credential',
    'sources of failed logins',
    ['login failed'],
    'distinct sources',
    (n) => `failed to sign on from ${n} different devices`,
  ),
  metric(
    51,
    'administration by a credential',
    'administrative sessions',
    ['session'],
    'one',
    (n) => `opened ${n} administrative sessions`,
  ),
  metric(52, 'administration by a credential', 'devices administered', ['session'], 'distinct targets', (n) => {
    return `administered ${n} different devices`
  }),
]
