import { question } from '../investigation/question.ts'

const ENOUGH_DAYS = 5
const LOGS = ['ntlm', 'kerberos']

/** A stolen credential is used where it never was. */
export const credential = question({
  name: 'credential here before',
  asks: 'Were the credentials of the alerts used from {device} before?',
  cost: 2,
  basis: 'measured',
  usual: { before: 0.9, 'first time': 0.1 },
  answer({ network, index, began, name, sightings }) {
    const used = [...new Set(sightings.flatMap(({ credentials }) => credentials.map(({ value }) => value)))]
    if (used.length === 0) {
      const missing = LOGS.filter((log) => !network.sees(log))
      if (missing.length === LOGS.length)
        return {
          is: 'cannot tell',
          text: 'Cannot tell: the sensor writes neither ntlm.log nor kerberos.log, so that no credential is known.',
        }
      return { is: 'cannot tell', text: 'Cannot tell: no event of the alerts names a credential.' }
    }
    let fresh: string | undefined
    let known = 0
    for (const name of used) {
      const found = index < 0 ? undefined : network.credentialDays(index, name, began)
      if (found === undefined || found.of < ENOUGH_DAYS) continue
      known++
      if (found.days === 0) fresh ??= name
    }
    if (known === 0) return { is: 'cannot tell', text: `Cannot tell: too few earlier days of ${name} are known.` }
    if (fresh === undefined)
      return { is: 'found', outcome: 'before', text: `${list(used)}: used from ${name} on earlier days.`, evidence: [] }
    const users = network.usersOf(fresh)
    return {
      is: 'found',
      outcome: 'first time',
      text: `${fresh} was never used from ${name} on an earlier day; ${users} ${users === 1 ? 'device uses' : 'devices use'} it.`,
      evidence: sightings.flatMap(({ credentials }) =>
        credentials.flatMap(({ value, uid }) => (value === fresh ? [uid] : [])),
      ),
    }
  },
})

function list(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
