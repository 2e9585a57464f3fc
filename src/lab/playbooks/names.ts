/** The attacks that can be played: `story` is the loud one, the others are what counts. */
export const PLAYBOOKS = [
  'story',
  'lotl',
  'credential',
  'slow-guess',
  'slow-walk',
  'kerberoast',
  'dcsync',
  'dns-tunnel',
] as const
export type PlaybookName = (typeof PLAYBOOKS)[number]
