import type { IncidentType } from './incident_type.ts'

/** Passwords are guessed, tickets roasted, the directory copied. */
export const credentialAccess: IncidentType = {
  name: 'Credential Access',
  fits({ of, stages }) {
    const theft = of('credential theft').length
    const guesses = of('guessing').length
    return theft + guesses === 0 ? 0 : stages.length === 1 ? 7 : theft > 0 ? 5.5 : 3
  },
  title({ of, network, has }) {
    const [first] = [...of('credential theft'), ...of('guessing')]
    const how = has('T1003.006')
      ? 'the directory was replicated'
      : has('T1558')
        ? 'tickets to be cracked were collected'
        : has('T1110.003')
          ? 'one password was tried on many accounts'
          : has('T1110')
            ? 'passwords were guessed'
            : 'secrets were read'
    return `Credential access from ${network.nameOf(first!.device)}: ${how}`
  },
  nextSteps: [
    'Change the passwords of the accounts concerned; of the whole domain (krbtgt twice) where the directory was copied.',
    'Look where these accounts signed on since.',
  ],
}
