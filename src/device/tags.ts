/** What a device is or does, learned by the device station or declared by a person; with time and reason (`TagRecord`). */
export const TAGS = [
  'Domain Controller',
  'File Server',
  'Server',
  'Internet Facing System',
  'Re-Activated Device',
  'New Device',
  'Critical',
  'Gateway',
  'DNS Server',
  'Mail Server',
  'Web Server',
  'Database Server',
  'Printer',
  'Phone',
  'Camera',
  'Medical Device',
  'Industrial Controller',
  'Security Scanner',
  'Admin Workstation',
  'Deployment Server',
  'Backup Server',
  'Monitoring',
] as const

export type Tag = (typeof TAGS)[number]

export interface TagRecord {
  readonly tag: Tag
  /** Engine clock (µs) at which it was set. */
  readonly since: number
  /** Engine clock (µs) at which it ends by itself; undefined: stays until the evidence changes. */
  readonly until?: number
  /** In words, with the numbers that led to it: "answered Kerberos and LDAP for 14 devices". */
  readonly reason: string
  readonly source: 'learned' | 'declared'
  /** Of a declared tag: who said so, and so who may take it back. */
  readonly declaredBy?: 'configuration' | 'person'
}

/** The bit of a tag in a device's tag mask. */
export const TAG_BIT: Readonly<Record<Tag, number>> = Object.fromEntries(
  TAGS.map((tag, index) => [tag, 2 ** index]),
) as Record<Tag, number>
