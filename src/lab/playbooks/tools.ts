import { capital, word } from '../names.ts'
import type { RemoteFile } from '../protocols/administration.ts'
import type { Random } from '../random.ts'

/** What a loud intruder drops: the classic names, or names of the day. */
export interface Toolset {
  readonly classic: boolean
  /** Program that is made a service. */
  readonly service: RemoteFile
  readonly files: readonly RemoteFile[]
  /** Folder below the drive share. */
  readonly folder: string
}

export function toolset(random: Random): Toolset {
  const classic = random.chance(0.6)
  const stem = () => word(random, random.between(1, 2))
  return {
    classic,
    service: classic
      ? { name: 'PSEXESVC.exe', size: 145_568 }
      : {
          name: `${capital(stem())}${random.pick(['Svc', 'Srv', '', 'Host'])}.exe`,
          size: random.between(60_000, 900_000),
        },
    files: [
      { name: `${stem()}.bat`, size: random.between(200, 4000) },
      { name: `${stem()}.exe`, size: random.between(200_000, 9_000_000) },
      { name: `${capital(stem())}.lnk`, size: random.between(700, 2400) },
      ...(classic
        ? []
        : [{ name: `${stem()}.${random.pick(['ps1', 'vbs', 'dll', 'hta'])}`, size: random.between(1000, 300_000) }]),
    ],
    folder: random.pick(['Windows\\Temp', 'PerfLogs', 'ProgramData', 'Users\\Public', 'Temp', '']),
  }
}
