import { countOf } from '../story/story.ts'
import type { IncidentType } from './incident_type.ts'

/** Programs or scripts are put on other devices. */
export const smbWrites: IncidentType = {
  name: 'SMB Writes of Suspicious Files',
  fits({ of, sightings }) {
    const written = of('tool written')
    return written.length === 0
      ? 0
      : written.some(({ files }) => files.length > 0)
        ? 6 + (written.length === sightings.length ? 1 : 0)
        : 3
  },
  title({ actors, of, reached, network }) {
    const [file] = of('tool written').flatMap(({ files }) => files)
    const what = file === undefined ? 'files' : file.value.slice(0, 40)
    return `Suspicious files (${what}) written over SMB by ${actors[0]!.name} to ${countOf(reached, network)}`
  },
  nextSteps: [
    'Fetch the written files and have them examined.',
    'Look on the reached devices for services and tasks that were made at that time.',
  ],
}
