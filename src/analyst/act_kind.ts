import { techniqueOf } from '../model/attack.ts'

/**
 * What kind of act an alert shows. Coarser than ATT&CK techniques: the explanations of the analyst differ by what was done,
 * not by how exactly.
 */
export const ACT_KINDS = [
  'exploit',
  'scan',
  'enumeration',
  'guessing',
  'credential theft',
  'remote execution',
  'tool written',
  'remote session',
  'administrative session',
  'outside',
  'flood',
] as const
export type ActKind = (typeof ACT_KINDS)[number]

/** Of the kill chain, in its order; a phase of an incident is one of these. */
export const STAGES = [
  'Initial access',
  'Discovery',
  'Credential access',
  'Lateral movement',
  'Command and control',
  'Impact',
] as const
export type Stage = (typeof STAGES)[number]

const STAGE_OF: Readonly<Record<ActKind, Stage>> = {
  exploit: 'Lateral movement',
  scan: 'Discovery',
  enumeration: 'Discovery',
  guessing: 'Credential access',
  'credential theft': 'Credential access',
  'remote execution': 'Lateral movement',
  'tool written': 'Lateral movement',
  'remote session': 'Lateral movement',
  'administrative session': 'Lateral movement',
  outside: 'Command and control',
  flood: 'Impact',
}

export function stageOf(kind: ActKind): Stage {
  return STAGE_OF[kind]
}

/** Techniques by their number, without the part after the dot unless that decides. */
const KIND_OF: Readonly<Record<string, ActKind>> = {
  T1046: 'scan',
  T1018: 'scan',
  T1595: 'scan',
  T1190: 'exploit',
  T1133: 'exploit',
  T1210: 'exploit',
  T1110: 'guessing',
  T1003: 'credential theft',
  T1187: 'credential theft',
  T1555: 'credential theft',
  T1556: 'credential theft',
  T1557: 'credential theft',
  T1558: 'credential theft',
  T1047: 'remote execution',
  T1053: 'remote execution',
  T1543: 'remote execution',
  T1569: 'remote execution',
  T1059: 'remote execution',
  'T1021.003': 'remote execution',
  'T1021.006': 'remote execution',
  T1570: 'tool written',
  T1105: 'tool written',
  T1080: 'tool written',
  'T1021.001': 'remote session',
  'T1021.004': 'remote session',
  'T1021.005': 'remote session',
  T1021: 'administrative session',
  T1078: 'administrative session',
  T1559: 'administrative session',
  T1498: 'flood',
  T1499: 'flood',
  T1486: 'flood',
}

/** For techniques that are not named above: by their first tactic. */
const KIND_OF_TACTIC: Readonly<Record<string, ActKind>> = {
  TA0043: 'scan',
  TA0001: 'exploit',
  TA0002: 'remote execution',
  TA0003: 'remote execution',
  TA0006: 'credential theft',
  TA0007: 'enumeration',
  TA0008: 'administrative session',
  TA0009: 'tool written',
  TA0011: 'outside',
  TA0010: 'outside',
  TA0040: 'flood',
}

function kindOf(technique: string): ActKind | undefined {
  const own = KIND_OF[technique] ?? KIND_OF[technique.split('.')[0]!]
  if (own !== undefined) return own
  const tactic = techniqueOf(technique)?.tactics.find((each) => each in KIND_OF_TACTIC)
  return tactic === undefined ? undefined : KIND_OF_TACTIC[tactic]
}

/** What changes or runs something is worth naming beside what the model is mainly about. */
const ALSO: ReadonlySet<ActKind> = new Set(['remote execution', 'tool written'])
/** Models that name remote services do so for the ports or accounts they look at, not for a session. */
const ALONE: ReadonlySet<ActKind> = new Set(['scan', 'guessing', 'flood', 'credential theft'])

/** @param techniques of several models together: every kind that is among them */
export function allActKindsOf(techniques: readonly string[]): readonly ActKind[] {
  return [...new Set(techniques.flatMap((technique) => kindOf(technique) ?? []))]
}

/**
 * @param techniques of a model, the one it is mainly about first
 * @returns the kind that it is mainly about first; nothing for a model about other models
 */
export function actKindsOf(techniques: readonly string[]): readonly ActKind[] {
  const [first, ...others] = techniques.flatMap((technique) => kindOf(technique) ?? [])
  if (first === undefined) return []
  if (ALONE.has(first)) return [first]
  return [...new Set([first, ...others.filter((kind) => ALSO.has(kind))])]
}
