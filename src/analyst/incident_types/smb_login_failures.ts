import type { IncidentType } from './incident_type.ts'

/** Several devices fail to sign on: a worm, or somebody who spreads his guesses. */
export const smbLoginFailures: IncidentType = {
  name: 'Large Volume of SMB Login Failures from Multiple Devices',
  fits({ of }) {
    return new Set(of('guessing').map(({ device }) => device)).size >= 2 ? 7 : 0
  },
  title({ of }) {
    const devices = new Set(of('guessing').map(({ device }) => device)).size
    return `Large volume of login failures from ${devices} devices`
  },
  nextSteps: [
    'Look whether any of the guessed accounts signed on afterwards.',
    'Lock the accounts that were tried, or change their passwords.',
  ],
}
