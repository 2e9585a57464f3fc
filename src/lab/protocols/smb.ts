import { DAY, MINUTE, type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { uniqueText } from '../random.ts'
import { openFlow, type Scene } from '../world.ts'
import type { FileAction, Flow } from '../zeek/tap.ts'
import { ticketFor } from './kerberos.ts'
import { clientPort, closeTcp } from './transport.ts'
import { fileRow } from './web.ts'

/** With what a session is opened. */
export interface Login {
  readonly account: string
  readonly how: 'kerberos' | 'ntlm'
  /** The password is wrong, the account locked, or the like. */
  readonly refused?: boolean
  /** Name that the client gives itself in NTLM; its own where not given. */
  readonly claims?: string
  /** Domain in NTLM; the directory's where not given. */
  readonly domain?: string
}

export interface SmbOptions {
  /** How the client names the server: by name, or by address as tools do. */
  readonly by?: 'name' | 'address'
  /** The session stays open after its last use, as Windows keeps it. */
  readonly lingers?: boolean
  readonly port?: number
}

const EXECUTABLE = 'application/x-dosexec'
const SCRIPT = 'text/plain'
const SHORTCUT = 'application/x-ms-shortcut'
const BY_ENDING: Readonly<Record<string, string>> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  pdf: 'application/pdf',
  csv: 'text/plain',
  txt: 'text/plain',
  jpg: 'image/jpeg',
  png: 'image/png',
  zip: 'application/zip',
  exe: EXECUTABLE,
  dll: EXECUTABLE,
  sys: EXECUTABLE,
  bat: SCRIPT,
  cmd: SCRIPT,
  ps1: SCRIPT,
  vbs: SCRIPT,
  lnk: SHORTCUT,
  msi: 'application/x-ole-storage',
  ini: 'text/ini',
  inf: 'text/ini',
  pol: 'application/octet-stream',
  cab: 'application/vnd.ms-cab-compressed',
}

/** What Zeek's magic finds in a file of this ending; nothing where the content says little. */
function mimeOf(name: string): string | undefined {
  return BY_ENDING[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
}

/** The name that the server gives a pipe in its bind answer, which is what Zeek shows. */
const PIPE_SHOWN: Readonly<Record<string, string>> = {
  svcctl: '\\PIPE\\ntsvcs',
  samr: '\\pipe\\lsass',
  lsarpc: '\\pipe\\lsass',
  netlogon: '\\pipe\\lsass',
  srvsvc: '\\PIPE\\srvsvc',
  wkssvc: '\\PIPE\\wkssvc',
  winreg: '\\PIPE\\winreg',
  atsvc: '\\PIPE\\atsvc',
  spoolss: '\\pipe\\spoolss',
}

/**
 * An SMB session being played: each call writes what Zeek sees of it and moves the session's clock. `close` writes the
 * connection.
 */
export class SmbSession {
  /** Moment of the next step. */
  at: Micros
  readonly flow: Flow
  private readonly scene: Scene
  private readonly server: string
  private readonly login: Login
  private readonly options: SmbOptions
  private share = ''
  private sent = 1600
  private received = 1500
  private hasPipes = false
  private hasRpc = false

  /** Asks for a Kerberos ticket where needed, connects and authenticates. */
  constructor(scene: Scene, at: Micros, from: LabDevice, to: LabDevice, login: Login, options: SmbOptions = {}) {
    const { random, tap, world } = scene
    this.scene = scene
    this.login = login
    this.options = options
    const ready = login.how === 'kerberos' ? ticketFor(scene, at, from, login.account, 'cifs', to) : at
    this.flow = openFlow(scene, ready + 500, from, clientPort(random), to, options.port ?? 445)
    this.server = options.by === 'address' ? to.address : random.chance(0.6) ? to.fqdn : to.name
    this.at = this.flow.ts + Math.floor(random.uniform(2, 12) * 1000)
    if (login.how === 'ntlm') {
      tap.row('ntlm', this.flow, this.at, this.at + 3000, [
        login.account,
        login.claims ?? from.name,
        login.domain ?? world.plan.netbios,
        to.name,
        to.fqdn,
        world.plan.domain,
        login.refused !== true,
      ])
    } else if (tap.release === 4) {
      // The AP request names no client: the older release writes a row with nothing in it.
      tap.row('kerberos', this.flow, this.at, this.at + 2000, [])
    }
    this.step(4)
  }

  /** Connects to a share; files named afterwards are in it. Pipes are reached beside it. */
  tree(share: string): this {
    if (share === 'IPC$') {
      this.connectPipes()
      return this
    }
    this.share = this.pathOf(share)
    this.mapping(this.share, 'DISK')
    return this
  }

  /** Opens a file or folder that is there. */
  open(name: string, size = 0): this {
    this.fileAction('FILE_OPEN', name, size)
    return this
  }

  read(name: string, size: number): this {
    this.fileAction('FILE_OPEN', name, size)
    this.transfer(name, size, false)
    return this
  }

  /** Creates a file and writes it: an open, then (seen by a tuned sensor) the write, and the file itself passing by. */
  write(name: string, size: number): this {
    this.fileAction('FILE_OPEN', name, 0, { created: true })
    const fuid = this.transfer(name, size, true)
    this.fileAction('FILE_WRITE', name, size, { fuid, created: true })
    return this
  }

  remove(name: string, size = 0): this {
    this.fileAction('FILE_DELETE', name, size)
    return this
  }

  rename(from: string, to: string, size = 0): this {
    this.fileAction('FILE_RENAME', to, size, { previous: from })
    return this
  }

  /** Opens a pipe of IPC$ without DCE-RPC on it (PSEXESVC and other tools' own). */
  rawPipe(name: string, bytes = 400): this {
    this.connectPipes()
    this.fileAction('PIPE_OPEN', name, 0)
    this.sent += bytes
    this.received += bytes
    return this
  }

  /** Calls operations of an RPC interface through its pipe. */
  rpc(pipe: string, endpoint: string, operations: readonly string[]): this {
    const { tap, random } = this.scene
    this.connectPipes()
    this.fileAction('PIPE_OPEN', pipe, 0)
    this.hasRpc = true
    const shown = PIPE_SHOWN[pipe] ?? `\\PIPE\\${pipe}`
    for (const operation of operations) {
      const rtt = Math.floor(random.uniform(0.3, 4) * 1000)
      if (tap.logsOperation(endpoint, operation)) {
        tap.row('dce_rpc', this.flow, this.at, this.at + rtt, [rtt, shown, endpoint, operation])
      }
      this.sent += 220
      this.received += 200
      this.at += rtt
      this.step(4)
    }
    return this
  }

  wait(micros: Micros): this {
    this.at += Math.floor(micros)
    return this
  }

  /** Ends the session and writes its connection. @returns its last moment of use */
  close(): Micros {
    const { random } = this.scene
    const lingering = this.options.lingers ? random.uniform(10 * SECOND, 12 * MINUTE) : random.uniform(2000, 30_000)
    const service = `${this.hasRpc ? 'dce_rpc,' : ''}gssapi,${this.login.how === 'kerberos' ? 'krb' : 'ntlm'},smb`
    const end = this.at
    closeTcp(this.scene, this.flow, end + Math.floor(lingering) - this.flow.ts, service, this.sent, this.received)
    return end
  }

  private pathOf(share: string): string {
    return `\\\\${this.server}\\${share}`
  }

  private mapping(path: string, type: 'DISK' | 'PIPE'): void {
    this.scene.tap.row('smb_mapping', this.flow, this.at, this.at + 1000, [path, undefined, undefined, type])
    this.step(6)
  }

  private connectPipes(): void {
    if (this.hasPipes) return
    this.hasPipes = true
    this.mapping(this.pathOf('IPC$'), 'PIPE')
  }

  private fileAction(
    action: FileAction,
    name: string,
    size: number,
    more: { readonly fuid?: string; readonly previous?: string; readonly created?: boolean } = {},
  ): void {
    const { tap, random } = this.scene
    if (tap.logsFileAction(action)) {
      // A file that the open has just created is as old as the open: what tells creation from opening by default.
      const age = more.created ? 0 : random.uniform(60 * SECOND, 200 * DAY)
      const changed = this.at - Math.floor(age)
      const times = action === 'PIPE_OPEN' ? [] : [changed, changed, changed, changed]
      tap.row('smb_files', this.flow, this.at, this.at + 1000, [
        more.fuid,
        `SMB::${action}`,
        action === 'PIPE_OPEN' ? this.pathOf('IPC$') : this.share,
        name,
        action === 'PIPE_OPEN' ? undefined : Math.floor(size),
        more.previous,
        ...times,
      ])
    }
    this.sent += 180
    this.received += 260
    this.step(5)
  }

  private transfer(name: string, size: number, writes: boolean): string {
    const { random } = this.scene
    const fuid = `F${uniqueText(random)}`
    const duration = size < 60_000 ? 0 : Math.floor((size / random.uniform(8e6, 6e7)) * SECOND)
    fileRow(this.scene, this.flow, fuid, this.at, duration, 'SMB', writes, size, mimeOf(name), name)
    if (writes) this.sent += size
    else this.received += size
    this.at += duration
    this.step(5)
    return fuid
  }

  private step(mostMilliseconds: number): void {
    this.at += 500 + Math.floor(this.scene.random.float() * mostMilliseconds * 1000)
  }
}

/** A login over SMB that is refused: ntlm and conn rows, nothing else. */
export function refusedSmb(scene: Scene, at: Micros, from: LabDevice, to: LabDevice, login: Login): Micros {
  const session = new SmbSession(scene, at, from, to, { ...login, refused: true }, { by: 'address' })
  return session.close()
}
