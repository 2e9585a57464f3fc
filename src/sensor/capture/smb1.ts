import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { comesFrom, type DceRpcReader, rpcMessagesOf } from './dce_rpc.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import { STATUS_SUCCESS } from './nt_status.ts'
import type { ProtocolReader } from './protocol.ts'
import {
  type Asked,
  guessedTree,
  type Handle,
  newHandle,
  type ShareType,
  SmbFileWriter,
  shareTypeOf,
  type Tree,
} from './smb_files.ts'

// MS-CIFS section 2.2.2.1.
const CLOSE = 0x04
const DELETE = 0x06
const RENAME = 0x07
const WRITE = 0x0b
const OPEN_ANDX = 0x2d
const WRITE_ANDX = 0x2f
const TREE_CONNECT_ANDX = 0x75
const NT_CREATE_ANDX = 0xa2

const MOST_HANDLES = 4096
const MOST_REQUESTS = 1024

/** The share type by the service that the server names (MS-CIFS section 2.2.4.55.2). */
const SERVICES: ReadonlyMap<string, ShareType> = new Map([
  ['A:', 'DISK'],
  ['IPC', 'PIPE'],
  ['LPT1:', 'PRINT'],
])

interface Request extends Asked {
  readonly name: string | undefined
  readonly previous: string | undefined
  readonly path: string | undefined
}

interface Session {
  readonly handles: BoundedMap<string, Handle>
  readonly requests: BoundedMap<string, Request>
}

/**
 * SMB 1 (MS-CIFS): shares, files, pipes and the RPC calls in them. tshark itself remembers the path of a tree and the
 * name of a file and prints both in every message about them.
 */
export class Smb1Reader implements ProtocolReader {
  readonly protocols = ['smb']
  private readonly sessions = new WeakMap<Connection, Session>()
  private readonly files: SmbFileWriter
  private readonly rpc: DceRpcReader
  private readonly evictions: Evictions

  constructor(writer: EventWriter, rpc: DceRpcReader, evictions: Evictions) {
    this.files = new SmbFileWriter(writer)
    this.rpc = rpc
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const commands = dissection.numbers('smb.cmd')
    if (commands.length === 0 || header.transport !== 'tcp') return
    const session = this.sessionOf(connection)
    const key = dissection.all('smb.mid')[0] ?? ''
    // The commands of one message (AndX) share its id and its status.
    for (const command of commands) {
      if (dissection.number('smb.flags.response') === 1) this.response(command, key, session, dissection, connection)
      else this.request(command, key, session, dissection, connection, header)
    }
    if (dissection.has('dcerpc.pkt_type')) {
      const handle = this.handleOf(session, dissection)
      handle.rpc ??= this.rpc.converse(handle.name, connection)
      const side = dissection.number('smb.flags.response') === 1 ? 'server' : 'client'
      for (const message of rpcMessagesOf(dissection)) {
        if (comesFrom(side, message)) this.rpc.message(message, handle.rpc, connection, header)
      }
    }
  }

  ended(connection: Connection): void {
    const session = this.sessions.get(connection)
    if (!session) return
    for (const handle of session.handles.values()) if (handle.rpc) this.rpc.end(handle.rpc, connection)
    session.handles.clear()
  }

  private sessionOf(connection: Connection): Session {
    let session = this.sessions.get(connection)
    if (!session) {
      session = {
        handles: new BoundedMap(MOST_HANDLES, (handle) => {
          this.evictions.count('open SMB files')
          if (handle.rpc) this.rpc.end(handle.rpc, connection)
        }),
        requests: new BoundedMap(MOST_REQUESTS, () => this.evictions.count('SMB requests waiting for a response')),
      }
      this.sessions.set(connection, session)
    }
    return session
  }

  private handleOf(session: Session, dissection: Dissection): Handle {
    const file = dissection.all('smb.fid')[0] ?? ''
    let handle = session.handles.get(file)
    if (!handle) {
      handle = newHandle(treeOf(dissection), nameOf(dissection.text('smb.file')), undefined)
      session.handles.set(file, handle)
    }
    return handle
  }

  private request(
    command: number,
    key: string,
    session: Session,
    dissection: Dissection,
    connection: Connection,
    header: PacketHeader,
  ): void {
    const asked = { ts: header.time, packet: header.packet }
    switch (command) {
      case WRITE:
      case WRITE_ANDX: {
        const length = dissection.number('smb.data_len_low')
        this.files.writing(this.handleOf(session, dissection), undefined, length, asked, connection)
        break
      }
      case DELETE:
      case RENAME:
      case TREE_CONNECT_ANDX:
      case OPEN_ANDX:
      case NT_CREATE_ANDX:
        session.requests.set(key, {
          ...asked,
          name: nameOf(dissection.texts('smb.file').at(-1)),
          previous: nameOf(dissection.text('smb.old_file')),
          path: dissection.texts('smb.path').at(-1),
        })
        break
    }
  }

  private response(
    command: number,
    key: string,
    session: Session,
    dissection: Dissection,
    connection: Connection,
  ): void {
    if (command === CLOSE) {
      const handle = session.handles.take(dissection.all('smb.fid')[0] ?? '')
      if (handle?.rpc) this.rpc.end(handle.rpc, connection)
      return
    }
    const request = session.requests.get(key)
    if (!request || (dissection.number('smb.nt_status') ?? STATUS_SUCCESS) !== STATUS_SUCCESS) return
    const tree = treeOf(dissection)
    switch (command) {
      case TREE_CONNECT_ANDX: {
        const path = dissection.texts('smb.path').at(-1) ?? request.path
        if (path === undefined) break
        const service = dissection.text('smb.service')
        const type = SERVICES.get(service ?? '') ?? shareTypeOf(path)
        this.files.mapping({ path, type }, request, connection, {
          service,
          fileSystem: dissection.text('smb.native_fs'),
        })
        break
      }
      case OPEN_ANDX:
      case NT_CREATE_ANDX: {
        const name = request.name ?? nameOf(dissection.texts('smb.file').at(-1))
        const handle = newHandle(
          tree ?? guessedTree(name ?? '', connection),
          name,
          dissection.number('smb.end_of_file'),
        )
        session.handles.set(dissection.all('smb.fid')[0] ?? '', handle)
        this.files.opened(handle, request, connection)
        break
      }
      case DELETE:
        this.files.deleted(newHandle(tree, request.name, undefined), request, connection)
        break
      case RENAME: {
        const handle = newHandle(tree, request.previous, undefined)
        this.files.renamed(handle, request.name ?? '', request, connection)
        break
      }
      default:
        return
    }
    session.requests.delete(key)
  }
}

function treeOf(dissection: Dissection): Tree | undefined {
  const path = dissection.texts('smb.path').at(-1)
  return path === undefined ? undefined : { path, type: shareTypeOf(path) }
}

/** SMB 1 names begin at the root of the share; SMB 2's do not, and one name should be one name. */
function nameOf(name: string | undefined): string | undefined {
  return name?.replace(/^\\/, '')
}
