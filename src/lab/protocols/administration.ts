import { MINUTE, type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { capital, word } from '../names.ts'
import type { Scene } from '../world.ts'
import { rpcOverTcp, wmi } from './rpc.ts'
import { type Login, SmbSession } from './smb.ts'

/**
 * What administrators do to other machines, and so what intruders do with their credentials. Habits and playbooks call the
 * same functions: only who, whence, whither and when tell them apart.
 */

export interface RemoteFile {
  readonly name: string
  readonly size: number
}

/** Looks at services, and with `changes` stops and starts one, through the svcctl pipe. */
export function controlService(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  changes: boolean,
): Micros {
  const operations = changes
    ? [
        'OpenSCManagerW',
        'OpenServiceW',
        'QueryServiceStatus',
        'ControlService',
        'QueryServiceStatus',
        'StartServiceW',
        'CloseServiceHandle',
      ]
    : ['OpenSCManagerW', 'EnumServicesStatusExW', 'OpenServiceW', 'QueryServiceConfigW', 'CloseServiceHandle']
  return new SmbSession(scene, at, from, to, login, { lingers: true }).rpc('svcctl', 'svcctl', operations).close()
}

/** The service's program is copied to ADMIN$, made a service, started, talked to by pipes, removed: PsExec. */
export function psExec(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  program: RemoteFile = { name: 'PSEXESVC.exe', size: 145_568 },
  by: 'name' | 'address' = 'name',
): Micros {
  const { random } = scene
  const session = new SmbSession(scene, at, from, to, login, { by })
  const service = program.name.replace(/\.exe$/i, '')
  session.tree('ADMIN$').write(program.name, program.size)
  session.rpc('svcctl', 'svcctl', ['OpenSCManagerW', 'CreateServiceW', 'StartServiceW'])
  session.rawPipe(service)
  for (const stream of ['stdin', 'stdout', 'stderr']) {
    session.rawPipe(`${service}-${from.name}-${random.between(1000, 9999)}-${stream}`, 1500)
  }
  session.wait(random.uniform(1, 90) * SECOND)
  session.rpc('svcctl', 'svcctl', ['ControlService', 'DeleteService', 'CloseServiceHandle'])
  session.tree('ADMIN$').remove(program.name, program.size)
  return session.close()
}

/** Copies files onto a drive share (`C$`), below a folder. */
export function copyToDrive(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  folder: string,
  files: readonly RemoteFile[],
  share = 'C$',
  by: 'name' | 'address' = 'name',
): Micros {
  const session = new SmbSession(scene, at, from, to, login, { by, lingers: scene.random.chance(0.5) })
  session.tree(share).open('<share_root>').open(folder)
  for (const file of files) {
    session.write(folder === '' ? file.name : `${folder}\\${file.name}`, file.size)
    session.wait(scene.random.uniform(0.1, 4) * SECOND)
  }
  return session.close()
}

/** Looks into a drive share and takes logs or settings home. */
export function readFromDrive(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  share = 'C$',
): Micros {
  const { random } = scene
  const session = new SmbSession(scene, at, from, to, login, { lingers: true })
  const folder = `${capital(word(random, 2))}\\${capital(word(random, 1))}`
  session.tree(share).open('<share_root>').open(folder)
  const files = random.between(1, 4)
  for (let i = 0; i < files; i++) {
    session.read(
      `${folder}\\${word(random, 2)}.${random.pick(['log', 'txt', 'ini', 'evtx'])}`,
      random.lognormal(60_000, 1.5),
    )
    session.wait(random.uniform(0.5, 30) * SECOND)
  }
  return session.close()
}

/** Reads, and with `writes` changes, the registry of another machine; a default sensor hides most of it. */
export function remoteRegistry(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  writes: boolean,
): Micros {
  const session = new SmbSession(scene, at, from, to, login)
  session.rpc('winreg', 'winreg', [
    'OpenLocalMachine',
    'BaseRegOpenKey',
    'BaseRegQueryInfoKey',
    'BaseRegEnumKey',
    'BaseRegQueryValue',
    ...(writes ? ['BaseRegCreateKey', 'BaseRegSetValue'] : []),
    'BaseRegCloseKey',
  ])
  return session.close()
}

/** Lists shares, sessions and users of a machine through its pipes. */
export function enumerate(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  by: 'name' | 'address' = 'name',
): Micros {
  const session = new SmbSession(scene, at, from, to, login, { by })
  session.rpc('srvsvc', 'srvsvc', ['NetrShareEnum', 'NetrSessionEnum', 'NetrServerGetInfo'])
  session.rpc('wkssvc', 'wkssvc', ['NetrWkstaGetInfo', 'NetrWkstaUserEnum'])
  return session.close()
}

/** Looks up groups and members, as Windows itself does for "who is administrator here". */
export function lookUpAccounts(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  login: Login,
  members: number,
): Micros {
  const session = new SmbSession(scene, at, from, to, login)
  session.rpc('lsarpc', 'lsarpc', ['LsarOpenPolicy2', 'LsarLookupNames3', 'LsarClose'])
  if (members > 0) {
    const operations = [
      'SamrConnect5',
      'SamrLookupDomainInSamServer',
      'SamrOpenDomain',
      'SamrOpenAlias',
      'SamrGetMembersInAlias',
    ]
    for (let i = 0; i < members; i++) operations.push('SamrOpenUser', 'SamrQueryInformationUser')
    session.rpc('samr', 'samr', [...operations, 'SamrCloseHandle'])
  }
  return session.close()
}

/** Registers a task on another machine, runs and removes it. */
export function scheduleTask(scene: Scene, at: Micros, from: LabDevice, to: LabDevice, login: Login): Micros {
  return rpcOverTcp(
    scene,
    at,
    from,
    to,
    'ITaskSchedulerService',
    ['SchRpcHighestVersion', 'SchRpcRegisterTask', 'SchRpcRun', 'SchRpcGetLastRunInfo', 'SchRpcDelete'],
    login,
  )
}

/** Replicates directory objects, as domain controllers, directory synchronisation and thieves do (MS-DRSR). */
export function replicate(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  account: string,
  changes: number,
): Micros {
  const operations = ['DRSBind', 'DRSDomainControllerInfo']
  for (let i = 0; i < changes; i++) operations.push('DRSGetNCChanges')
  return rpcOverTcp(scene, at, from, to, 'drsuapi', [...operations, 'DRSUnbind'], { account, how: 'kerberos' }, 'ldap')
}

/** Starts a program on another machine through WMI. */
export function wmiExecute(scene: Scene, at: Micros, from: LabDevice, to: LabDevice, login: Login): Micros {
  return wmi(scene, at, from, to, 'execute', login)
}

/** Minutes, drawn around a median. */
export function minutes(scene: Scene, median: number): Micros {
  return Math.floor(scene.random.lognormal(median, 0.7) * MINUTE)
}
