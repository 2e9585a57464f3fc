import type { Tag } from '../tags.ts'
import { clientCount, clientsText, type EvidenceKind } from './role_evidence.ts'
import { listed, type RoleRule, SEVERAL_CLIENTS } from './role_rule.ts'

/**
 * Things that are one purpose: told by two of three independent signs (what it does, what it says of itself, who made it),
 * or by what it does alone where several devices use it so and workstations do not.
 */
interface Appliance {
  readonly tag: Tag
  readonly does: EvidenceKind
  readonly doesSay: string
  readonly words: EvidenceKind
  readonly wordsSay: string
  readonly makers: RegExp
  /** Used by several, the act alone is enough. */
  readonly actSuffices: boolean
}

const TABLE: readonly Appliance[] = [
  {
    tag: 'Printer',
    does: 'print-job',
    doesSay: 'took print jobs of',
    words: 'printer-words',
    wordsSay: 'calls itself a printer',
    makers: /\b(brother|kyocera|lexmark|ricoh|canon|epson|xerox|zebra|konica|oki (data|electric)|toshiba tec|riso)\b/i,
    actSuffices: true,
  },
  {
    tag: 'Phone',
    does: 'sip-registration',
    doesSay: 'registered by SIP with',
    words: 'phone-words',
    wordsSay: 'calls itself a telephone',
    makers: /\b(yealink|polycom|snom|grandstream|mitel|avaya|aastra|gigaset|fanvil|spectralink|unify)\b/i,
    actSuffices: false,
  },
  {
    tag: 'Camera',
    does: 'video-stream',
    doesSay: 'sent video streams to',
    words: 'camera-words',
    wordsSay: 'calls itself a camera',
    makers:
      /\b(hikvision|dahua|axis communications|vivotek|mobotix|hanwha|avigilon|arecont|amcrest|reolink|geovision)\b/i,
    actSuffices: false,
  },
  {
    tag: 'Medical Device',
    does: 'medical-exchange',
    doesSay: 'exchanged DICOM or HL7 data with',
    words: 'medical-words',
    wordsSay: 'calls itself a medical device',
    makers:
      /\b(ge (medical|healthcare)|philips (medical|healthcare|patient)|dr[aä]e?ger|siemens health\w*|b\.? ?braun|baxter|hospira|mindray|masimo|nihon kohden|welch allyn|carefusion|spacelabs|fresenius)\b/i,
    actSuffices: false,
  },
]

export const applianceRoles: readonly RoleRule[] = TABLE.map((appliance) => ({
  tag: appliance.tag,
  kinds: [appliance.does, appliance.words],
  judge({ evidence, vendors }) {
    const signs: string[] = []
    const users = clientCount(evidence, appliance.does)
    if (users > 0) signs.push(`${appliance.doesSay} ${clientsText(evidence, appliance.does)}`)
    if (clientCount(evidence, appliance.words) > 0) signs.push(appliance.wordsSay)
    if (signs.length === 0) return undefined
    if (signs.length === 2 || (appliance.actSuffices && users >= SEVERAL_CLIENTS)) return listed(signs)
    const maker = vendors().find((vendor) => appliance.makers.test(vendor))
    return maker === undefined ? undefined : listed([...signs, `was made by ${maker}`])
  },
}))
