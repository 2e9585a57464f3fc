/** A user or machine account as telemetry names it, brought to one form. */
export interface CredentialName {
  /** First label, upper case: NetBIOS name and Kerberos realm of one domain become one; '' when none was said. */
  readonly domain: string
  /** Lower case; machine accounts end in `$`. */
  readonly user: string
}

const LONGEST_USER = 128
const LONGEST_DOMAIN = 64
/** Domain names that say "here": no domain. */
const NO_DOMAIN: ReadonlySet<string> = new Set(['.', '-', '', 'NULL', 'BUILTIN', 'NT AUTHORITY'])

/**
 * @param user may carry its domain: `CORP\anna`, `anna@corp.example`
 * @param domain as said beside it; '' when not
 * @returns undefined when nobody is named (an anonymous session)
 */
export function credentialName(user: string, domain: string): CredentialName | undefined {
  let name = clean(user)
  let realm = clean(domain)
  const slash = name.lastIndexOf('\\')
  if (slash >= 0) {
    realm = name.slice(0, slash) || realm
    name = name.slice(slash + 1)
  }
  const at = name.lastIndexOf('@')
  if (at > 0) {
    if (realm === '') realm = name.slice(at + 1)
    name = name.slice(0, at)
  }
  if (name === '' || name === '-' || name.length > LONGEST_USER) return undefined
  return { domain: domainLabel(realm), user: name.toLowerCase() }
}

/** Zeek's `client`: `anna/CORP.EXAMPLE`, `DC01$/CORP.EXAMPLE`, `host/dc01.corp.example/CORP.EXAMPLE`; the realm may lack. */
export function kerberosName(client: string): CredentialName | undefined {
  const text = clean(client)
  const slash = text.lastIndexOf('/')
  if (slash < 0) return credentialName(text, '')
  return credentialName(text.slice(0, slash), text.slice(slash + 1))
}

/** The object of a simple LDAP bind: a distinguished name, `CORP\anna`, `anna@corp.example`, or a bare name. */
export function ldapName(object: string): CredentialName | undefined {
  const text = clean(object)
  const first = /^(?:cn|uid)=((?:[^,\\]|\\.)+)/i.exec(text)
  if (!first) return text.includes('=') ? undefined : credentialName(text, '')
  const domain = /,\s*dc=([^,]+)/i.exec(text)
  return credentialName(first[1]!.replace(/\\(.)/g, '$1'), domain?.[1] ?? '')
}

/** `DOMAIN\user`, or `user` where no domain was said. */
export function credentialText(name: CredentialName): string {
  return name.domain === '' ? name.user : `${name.domain}\\${name.user}`
}

function domainLabel(realm: string): string {
  const upper = realm.toUpperCase()
  if (NO_DOMAIN.has(upper)) return ''
  return upper.split('.')[0]!.slice(0, LONGEST_DOMAIN)
}

function clean(text: string): string {
  return text
    .replaceAll('\0', '')
    .trim()
    .slice(0, LONGEST_USER + LONGEST_DOMAIN + 1)
}
