/**
 * The part of MITRE ATT&CK (Enterprise and ICS names as of version 17) that models may name: id, name, tactics. Made by
 * hand from the matrix; a technique that is not here is refused when a model is loaded, so that a mistyped id is seen.
 */
const TACTICS = {
  TA0043: 'Reconnaissance',
  TA0042: 'Resource Development',
  TA0001: 'Initial Access',
  TA0002: 'Execution',
  TA0003: 'Persistence',
  TA0004: 'Privilege Escalation',
  TA0005: 'Defense Evasion',
  TA0006: 'Credential Access',
  TA0007: 'Discovery',
  TA0008: 'Lateral Movement',
  TA0009: 'Collection',
  TA0011: 'Command and Control',
  TA0010: 'Exfiltration',
  TA0040: 'Impact',
} as const

type TacticId = keyof typeof TACTICS

export interface Technique {
  readonly id: string
  readonly name: string
  readonly tactics: readonly TacticId[]
}

/** `id name | tactics`, one a line. */
const TABLE = `
T1003 OS Credential Dumping | TA0006
T1003.002 OS Credential Dumping: Security Account Manager | TA0006
T1003.004 OS Credential Dumping: LSA Secrets | TA0006
T1003.006 OS Credential Dumping: DCSync | TA0006
T1007 System Service Discovery | TA0007
T1012 Query Registry | TA0007
T1018 Remote System Discovery | TA0007
T1021 Remote Services | TA0008
T1021.001 Remote Services: Remote Desktop Protocol | TA0008
T1021.002 Remote Services: SMB/Windows Admin Shares | TA0008
T1021.003 Remote Services: Distributed Component Object Model | TA0008
T1021.004 Remote Services: SSH | TA0008
T1021.005 Remote Services: VNC | TA0008
T1021.006 Remote Services: Windows Remote Management | TA0008
T1029 Scheduled Transfer | TA0010
T1030 Data Transfer Size Limits | TA0010
T1033 System Owner/User Discovery | TA0007
T1039 Data from Network Shared Drive | TA0009
T1040 Network Sniffing | TA0006 TA0007
T1041 Exfiltration Over C2 Channel | TA0010
T1046 Network Service Discovery | TA0007
T1047 Windows Management Instrumentation | TA0002
T1048 Exfiltration Over Alternative Protocol | TA0010
T1049 System Network Connections Discovery | TA0007
T1053 Scheduled Task/Job | TA0002 TA0003 TA0004
T1053.002 Scheduled Task/Job: At | TA0002 TA0003 TA0004
T1053.005 Scheduled Task/Job: Scheduled Task | TA0002 TA0003 TA0004
T1059 Command and Scripting Interpreter | TA0002
T1069 Permission Groups Discovery | TA0007
T1069.002 Permission Groups Discovery: Domain Groups | TA0007
T1071 Application Layer Protocol | TA0011
T1071.001 Application Layer Protocol: Web Protocols | TA0011
T1071.004 Application Layer Protocol: DNS | TA0011
T1074 Data Staged | TA0009
T1078 Valid Accounts | TA0001 TA0003 TA0004 TA0005
T1078.002 Valid Accounts: Domain Accounts | TA0001 TA0003 TA0004 TA0005
T1087 Account Discovery | TA0007
T1087.002 Account Discovery: Domain Account | TA0007
T1090 Proxy | TA0011
T1095 Non-Application Layer Protocol | TA0011
T1098 Account Manipulation | TA0003 TA0004
T1105 Ingress Tool Transfer | TA0011
T1110 Brute Force | TA0006
T1110.001 Brute Force: Password Guessing | TA0006
T1110.003 Brute Force: Password Spraying | TA0006
T1110.004 Brute Force: Credential Stuffing | TA0006
T1112 Modify Registry | TA0005
T1133 External Remote Services | TA0001 TA0003
T1135 Network Share Discovery | TA0007
T1187 Forced Authentication | TA0006
T1190 Exploit Public-Facing Application | TA0001
T1200 Hardware Additions | TA0001
T1207 Rogue Domain Controller | TA0005
T1210 Exploitation of Remote Services | TA0008
T1219 Remote Access Tools | TA0011
T1482 Domain Trust Discovery | TA0007
T1485 Data Destruction | TA0040
T1486 Data Encrypted for Impact | TA0040
T1489 Service Stop | TA0040
T1496 Resource Hijacking | TA0040
T1498 Network Denial of Service | TA0040
T1498.001 Network Denial of Service: Direct Network Flood | TA0040
T1499 Endpoint Denial of Service | TA0040
T1499.001 Endpoint Denial of Service: OS Exhaustion Flood | TA0040
T1499.002 Endpoint Denial of Service: Service Exhaustion Flood | TA0040
T1529 System Shutdown/Reboot | TA0040
T1543 Create or Modify System Process | TA0003 TA0004
T1543.003 Create or Modify System Process: Windows Service | TA0003 TA0004
T1546.003 Event Triggered Execution: Windows Management Instrumentation Event Subscription | TA0003 TA0004
T1550 Use Alternate Authentication Material | TA0005 TA0008
T1550.002 Use Alternate Authentication Material: Pass the Hash | TA0005 TA0008
T1550.003 Use Alternate Authentication Material: Pass the Ticket | TA0005 TA0008
T1552 Unsecured Credentials | TA0006
T1555 Credentials from Password Stores | TA0006
T1556.001 Modify Authentication Process: Domain Controller Authentication | TA0003 TA0005 TA0006
T1557 Adversary-in-the-Middle | TA0006 TA0009
T1557.001 Adversary-in-the-Middle: LLMNR/NBT-NS Poisoning and SMB Relay | TA0006 TA0009
T1557.003 Adversary-in-the-Middle: DHCP Spoofing | TA0006 TA0009
T1558 Steal or Forge Kerberos Tickets | TA0006
T1558.003 Steal or Forge Kerberos Tickets: Kerberoasting | TA0006
T1558.004 Steal or Forge Kerberos Tickets: AS-REP Roasting | TA0006
T1559 Inter-Process Communication | TA0002
T1559.001 Inter-Process Communication: Component Object Model | TA0002
T1562.010 Impair Defenses: Downgrade Attack | TA0005
T1567 Exfiltration Over Web Service | TA0010
T1568 Dynamic Resolution | TA0011
T1568.002 Dynamic Resolution: Domain Generation Algorithms | TA0011
T1569 System Services | TA0002
T1569.002 System Services: Service Execution | TA0002
T1570 Lateral Tool Transfer | TA0008
T1571 Non-Standard Port | TA0011
T1572 Protocol Tunneling | TA0011
T1573 Encrypted Channel | TA0011
T1574.001 Hijack Execution Flow: DLL | TA0003 TA0004 TA0005
T1595 Active Scanning | TA0043
T1595.001 Active Scanning: Scanning IP Blocks | TA0043`

const TECHNIQUES: ReadonlyMap<string, Technique> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line): [string, Technique] => {
      const [head = '', tactics = ''] = line.split(' | ')
      const space = head.indexOf(' ')
      const id = head.slice(0, space)
      return [id, { id, name: head.slice(space + 1), tactics: tactics.split(' ') as TacticId[] }]
    }),
)

/** The technique with that id; a tactic id (`TA0008`) is answered with the tactic itself. Undefined when not in the table. */
export function techniqueOf(id: string): Technique | undefined {
  const found = TECHNIQUES.get(id)
  if (found) return found
  return id in TACTICS ? { id, name: TACTICS[id as TacticId], tactics: [id as TacticId] } : undefined
}

/** All ids that a model may name. */
export function techniqueIds(): readonly string[] {
  return [...TECHNIQUES.keys(), ...Object.keys(TACTICS)]
}
