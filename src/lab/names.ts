import type { Random } from './random.ts'

/** Names that mean nothing, drawn by seed: a detector cannot be tuned to them. */

const ONSETS = 'b br c cl d dr f g gr h j k kr l m n p pr qu r s st t tr v w z th sh'.split(' ')
const VOWELS = 'a e i o u a e i o ia ea ou ei'.split(' ')
const CODAS = ['', '', '', 'n', 'r', 's', 'l', 'm', 'nd', 'rt', 'x', 'ck']

export function word(random: Random, syllables: number): string {
  let text = ''
  for (let i = 0; i < syllables; i++) {
    text += random.pick(ONSETS) + random.pick(VOWELS)
    if (i === syllables - 1 || random.chance(0.25)) text += random.pick(CODAS)
  }
  return text
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Draws until `taken` does not have it; adds a number when the names run out. */
export function fresh(taken: Set<string>, draw: () => string): string {
  let name = draw()
  for (let tries = 0; taken.has(name) && tries < 20; tries++) name = draw()
  for (let number = 2; taken.has(name); number++) name = `${name}${number}`
  taken.add(name)
  return name
}

export interface FullName {
  readonly given: string
  readonly family: string
}

export function fullName(random: Random): FullName {
  return { given: word(random, random.between(1, 2)), family: word(random, random.between(2, 3)) }
}

/** How a company makes account names of people's names. */
export type AccountScheme = (name: FullName) => string
export const ACCOUNT_SCHEMES: readonly AccountScheme[] = [
  ({ given, family }) => `${given}.${family}`,
  ({ given, family }) => `${given.charAt(0)}${family}`,
  ({ given, family }) => `${family}${given.charAt(0)}`,
  ({ given, family }) => `${given.charAt(0)}.${family}`,
  ({ given, family }) => `${family.slice(0, 5)}${given.slice(0, 2)}`,
]

/** How a company names the second, administrative account of a person. */
export const ADMIN_SCHEMES: readonly ((account: string) => string)[] = [
  (account) => `adm-${account}`,
  (account) => `${account}.adm`,
  (account) => `a_${account}`,
  (account) => `t0-${account}`,
  (account) => `${account}-da`,
  (account) => `sys${account}`,
]

const OFFICE_ENDINGS = ['docx', 'xlsx', 'pdf', 'pptx', 'docx', 'xlsx', 'csv', 'txt', 'msg', 'jpg', 'png', 'zip', 'vsdx']

/** A file as office workers name it, in a folder below a share. */
export function officeFile(random: Random): string {
  const depth = random.between(0, 3)
  let path = ''
  for (let i = 0; i < depth; i++) path += `${capital(word(random, random.between(1, 2)))}\\`
  return `${path}${capital(word(random, random.between(1, 3)))}${random.chance(0.3) ? ` ${random.between(1, 2030)}` : ''}.${random.pick(OFFICE_ENDINGS)}`
}
