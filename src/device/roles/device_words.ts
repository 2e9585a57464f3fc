import type { EvidenceKind } from './role_evidence.ts'

/**
 * What devices of one purpose say of themselves: in SNMP (sysDescr), in the vendor class of DHCP (RFC 2132, option 60), in the
 * names they come with from the factory, in SIP's User-Agent. Words are the device's own: a sign beside others, never alone.
 */
const WORDS: readonly (readonly [EvidenceKind, RegExp])[] = [
  [
    'printer-words',
    /\b(printer|laserjet|officejet|deskjet|jetdirect|imagerunner|bizhub|ecosys|taskalfa|workcentre|versalink|aficio|phaser|multifunction|ipp)\b|^(npi[0-9a-f]{6}|br[nw][0-9a-f]{12}|epson[0-9a-f]{6}|rnp[0-9a-f]{12}|km[0-9a-f]{6}|xrx[0-9a-f]{12})$/i,
  ],
  [
    'phone-words',
    /\b(ip ?phone|yealink|polycom|vvx|snom|grandstream|gxp\d+|spa\d{3}|aastra|unify|cp-\d{4})\b|^sep[0-9a-f]{12}$/i,
  ],
  ['camera-words', /\b(ip ?camera|network camera|ipcam|hikvision|dahua|vivotek|mobotix|nvr)\b|^axis-[0-9a-f]{12}$/i],
  [
    'medical-words',
    /\b(infusion pump|patient monitor|ultrasound|x-?ray|radiograph\w*|dicom|modality|intellivue|carescape|alaris|infinity delta)\b/i,
  ],
]

const LONGEST = 256

/** The kind of thing that a text says its device is, if any. */
export function deviceWords(text: string): EvidenceKind | undefined {
  const shortened = text.slice(0, LONGEST)
  return WORDS.find(([, pattern]) => pattern.test(shortened))?.[0]
}
