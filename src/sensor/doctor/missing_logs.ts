import { type Finding, many } from './finding.ts'
import type { Observation } from './observation.ts'

/** A log, the traffic that should have filled it, and what is lost without it. */
interface Expected {
  /** Any one of them will do. */
  readonly logs: readonly string[]
  /** `proto/port` of the responder. */
  readonly ports: readonly string[]
  readonly what: string
  readonly consequence: string
  readonly advice: string
  /** True when Thymus is blind, not just weaker, without it. */
  readonly vital: boolean
  /** Said only when this log is there: without it another entry has said more. */
  readonly beside?: string
  /** Traffic on the port may be something else than the log is about: a missing log is then only a doubt. */
  readonly doubtful?: string
}

/** So few answered connections may have been broken off before they said anything. */
const ENOUGH = 10

const SMB = ['tcp/445', 'tcp/139']

const EXPECTED: readonly Expected[] = [
  {
    logs: ['smb_mapping'],
    ports: SMB,
    what: 'shares that are connected to',
    consequence:
      'no administrative share (C$, ADMIN$) is seen: SMB Enumeration, Unusual Admin SMB Session and SMB Lateral Movement have nothing to go by',
    advice: 'Zeek: load base/protocols/smb (it is by default). Suricata: add smb to the eve-log types.',
    vital: true,
    doubtful: 'or these sessions are encrypted before a share is named',
  },
  {
    logs: ['smb_files'],
    ports: SMB,
    what: 'files and pipes opened over SMB',
    consequence:
      'no file written to another device and no pipe is seen: Executable Uploaded to DC, SMB Drive Write, Unusual SMB Script Write, New or Uncommon SMB Named Pipe and SMB Lateral Movement stay silent',
    advice: 'Zeek: load base/protocols/smb and zeek/thymus.zeek. Suricata: add smb to the eve-log types.',
    vital: true,
    doubtful: 'or these sessions are encrypted (SMB 3)',
  },
  {
    logs: ['ntlm', 'kerberos'],
    ports: SMB,
    what: 'logins',
    consequence:
      'no credential is known for SMB logins: NTLM Brute Force, SMB Session Brute Force (Admin), Outgoing NTLM Request from DC and every view by credential see nothing',
    advice: 'Zeek: load base/protocols/ntlm and base/protocols/krb. Suricata: add smb and krb5 to the eve-log types.',
    vital: true,
  },
  {
    logs: ['ntlm'],
    beside: 'kerberos',
    ports: SMB,
    what: 'NTLM logins',
    consequence:
      'Kerberos logins alone are seen: NTLM Brute Force and Outgoing NTLM Request from DC see nothing, and failed passwords of local accounts go unnoticed',
    advice: 'Zeek: load base/protocols/ntlm. Suricata: add smb to the eve-log types.',
    vital: false,
    doubtful: 'or none of these logins was NTLM',
  },
  {
    logs: ['dce_rpc'],
    ports: ['tcp/135', ...SMB],
    what: 'remote procedure calls',
    consequence:
      'no service created, task registered or WMI method called from afar is seen: New or Uncommon Service Control, New or Uncommon WMI Activity and New or Unusual Remote Command Execution see much less',
    advice: 'Zeek: load base/protocols/dce-rpc. Suricata: add smb and dcerpc to the eve-log types.',
    vital: true,
    doubtful: 'or none was called',
  },
  {
    logs: ['kerberos'],
    ports: ['tcp/88', 'udp/88'],
    what: 'Kerberos tickets',
    consequence: 'no roasting, spraying or forged ticket is seen, and domain accounts are known from NTLM alone',
    advice: 'Zeek: load base/protocols/krb. Suricata: add krb5 to the eve-log types.',
    vital: true,
  },
  {
    logs: ['ldap', 'ldap_search'],
    ports: ['tcp/389', 'udp/389', 'tcp/3268'],
    what: 'directory questions',
    consequence: 'who searches the directory for administrators and computers is not seen',
    advice: 'Zeek 6.1 and later log LDAP by themselves. Suricata 8: add ldap to the eve-log types.',
    vital: false,
  },
  {
    logs: ['dns'],
    ports: ['udp/53', 'tcp/53'],
    what: 'name lookups',
    consequence: 'endpoints have addresses but no names: tunnelling, generated names and rare domains are not seen',
    advice: 'Zeek: load base/protocols/dns. Suricata: add dns to the eve-log types.',
    vital: true,
  },
  {
    logs: ['dhcp'],
    ports: ['udp/67', 'udp/68'],
    what: 'address leases',
    consequence: 'a device that gets another address becomes another device, with nothing learned about it',
    advice: 'Zeek: load base/protocols/dhcp. Suricata: add dhcp to the eve-log types.',
    vital: false,
  },
  {
    logs: ['ssl', 'open_ssl'],
    ports: ['tcp/443'],
    what: 'TLS handshakes',
    consequence: 'encrypted endpoints have no names, certificates or fingerprints',
    advice: 'Zeek: load base/protocols/ssl. Suricata: add tls to the eve-log types.',
    vital: false,
  },
  {
    logs: ['http', 'open_http'],
    ports: ['tcp/80'],
    what: 'web requests',
    consequence: 'downloads, user agents and WinRM (5985) are not seen',
    advice: 'Zeek: load base/protocols/http. Suricata: add http to the eve-log types.',
    vital: false,
  },
  {
    logs: ['files'],
    ports: [...SMB, 'tcp/80'],
    what: 'files in transit',
    consequence:
      'a program is known by its name alone, never by what it is, and on a sensor with default settings no SMB write can be found',
    advice: 'Zeek: load base/frameworks/files. Suricata: add files to the eve-log types.',
    vital: false,
  },
  {
    logs: ['rdp'],
    ports: ['tcp/3389'],
    what: 'remote desktops',
    consequence: 'Unusual Admin RDP Session knows neither user nor client name',
    advice: 'Zeek: load base/protocols/rdp. Suricata: add rdp to the eve-log types.',
    vital: false,
  },
  {
    logs: ['ssh'],
    ports: ['tcp/22'],
    what: 'SSH sessions',
    consequence: 'password guessing over SSH is seen as connections only',
    advice: 'Zeek: load base/protocols/ssh. Suricata: add ssh to the eve-log types.',
    vital: false,
  },
  {
    logs: ['modbus'],
    ports: ['tcp/502'],
    what: 'Modbus commands',
    consequence: 'a write to a controller cannot be told from a read',
    advice: 'Zeek: load base/protocols/modbus. Suricata: enable modbus and add it to the eve-log types.',
    vital: false,
  },
  {
    logs: ['dnp3'],
    ports: ['tcp/20000'],
    what: 'DNP3 commands',
    consequence: 'a command to a controller cannot be told from a poll',
    advice: 'Zeek: load base/protocols/dnp3. Suricata: enable dnp3 and add it to the eve-log types.',
    vital: false,
  },
]

/** Which logs are there, which are missing although there was traffic for them, and of which nothing can be said. */
export function missingLogs(seen: Observation): Finding[] {
  const has = (log: string): boolean => seen.types.has(log)
  const connections = has('conn') || has('open_conn')
  const findings: Finding[] = [connectionLog(seen)]
  const present: string[] = []
  const untold: string[] = []
  for (const expected of EXPECTED) {
    const name = expected.logs.map((log) => `${log}.log`).join(' or ')
    if (expected.beside !== undefined && !has(expected.beside)) continue
    if (expected.logs.some(has)) {
      present.push(...expected.logs.filter(has))
      continue
    }
    const traffic = expected.ports.reduce((sum, port) => sum + answered(seen, port), 0)
    if (traffic === 0) {
      untold.push(...expected.logs)
      continue
    }
    const where = expected.ports.filter((port) => answered(seen, port) > 0).map((port) => port.replace('/', ' '))
    findings.push({
      id: `log-missing/${expected.logs.join('+')}`,
      grade: expected.vital && traffic >= ENOUGH ? 'blind' : 'weak',
      title: `no ${name} (${expected.what}), though ${many(traffic, 'connection')} to ${where.join(', ')} ${traffic === 1 ? 'was' : 'were'} answered${expected.doubtful === undefined ? '' : `, ${expected.doubtful}`}`,
      consequence: expected.consequence,
      advice: expected.advice,
    })
  }
  if (present.length > 0) {
    const names = [...new Set(present)].sort()
    findings.push({ id: 'logs-present', grade: 'good', title: `logs that models read: ${names.join(', ')}` })
  }
  if (untold.length > 0) {
    findings.push({
      id: 'logs-untold',
      grade: 'unknown',
      title: `not there, and ${connections ? 'no traffic that they would tell of' : 'no conn.log to tell whether they should be'}: ${[...new Set(untold)].join(', ')}`,
      consequence: 'either this network has no such traffic, or the sensor stands where it does not pass',
      advice:
        'a sensor that is to see lateral movement must stand between workstations and servers, not only at the edge',
    })
  }
  return findings
}

function connectionLog(seen: Observation): Finding {
  if (seen.types.has('conn')) {
    return { id: 'conn', grade: 'good', title: `conn.log: ${many(seen.types.get('conn')!.count, 'connection')}` }
  }
  const open = seen.types.has('open_conn')
  return {
    id: 'log-missing/conn',
    grade: open ? 'weak' : 'blind',
    title: open ? 'open_conn.log, but no conn.log' : 'no conn.log: no connection is known',
    consequence: 'scans, floods, beacons, volumes, and who talks to whom at all cannot be judged',
    advice: 'Zeek: load base/protocols/conn. Suricata: add flow to the eve-log types.',
  }
}

/** Connections to a port that came about; for broadcast protocols (DHCP), all. */
function answered(seen: Observation, port: string): number {
  const traffic = seen.traffic.get(port)
  if (!traffic) return 0
  return port === 'udp/67' || port === 'udp/68' ? traffic.all : traffic.answered
}
