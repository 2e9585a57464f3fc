import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { comesFrom, type DceRpcReader, type RpcMessage, rpcMessagesOf } from './dce_rpc.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import { STATUS_PENDING, STATUS_SUCCESS } from './nt_status.ts'
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
import {
  CLOSE,
  CREATE,
  IOCTL,
  READ,
  RELATED_FILE,
  SET_INFO,
  type Smb2Message,
  smb2MessagesOf,
  TREE_CONNECT,
  TREE_DISCONNECT,
  WRITE,
} from './smb2_messages.ts'

const MOST_TREES = 1024
const MOST_HANDLES = 4096
const MOST_REQUESTS = 1024
const SHARE_TYPES: readonly (ShareType | undefined)[] = [undefined, 'DISK', 'PIPE', 'PRINT']
/** STATUS_BUFFER_OVERFLOW: more is to be read; a warning, not a failure. */
const STATUS_MORE_TO_READ = 0x80000005

/** A request whose response has not been seen, with what that response will complete. */
type Request = Asked &
  (
    | { readonly is: 'connect'; readonly path: string }
    | { readonly is: 'create'; readonly handle: Handle; readonly deleteOnClose: boolean }
    | { readonly is: 'close' | 'delete' | 'transfer'; readonly handle: Handle }
    | { readonly is: 'rename'; readonly handle: Handle; readonly name: string }
  )

interface Session {
  readonly trees: BoundedMap<string, Tree>
  readonly handles: BoundedMap<string, Handle>
  readonly requests: BoundedMap<string, Request>
}

/** SMB 2 and 3 (MS-SMB2): shares, files, pipes and the RPC calls in them. Encrypted messages say nothing. */
export class Smb2Reader implements ProtocolReader {
  readonly protocols = ['smb2']
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
    if (!dissection.has('smb2.cmd')) return
    const session = this.sessionOf(connection)
    const known = (id: string, treeId: string): boolean => session.trees.get(`${id} ${treeId}`) !== undefined
    const messages = smb2MessagesOf(dissection, known)
    const carriers: Handle[] = []
    let opened: Handle | undefined
    for (const message of messages) {
      if (message.response) {
        const carrier = this.response(message, session, connection)
        if (carrier) carriers.push(carrier)
        continue
      }
      const handle = this.handleOf(message, opened, session)
      const asked = { ts: header.time, packet: header.packet }
      opened = this.request(message, handle, asked, session, connection) ?? opened
      if (handle && (message.command === WRITE || message.command === IOCTL)) carriers.push(handle)
    }
    if (!dissection.has('dcerpc.pkt_type')) return
    const side = messages[0]?.response === true ? 'server' : 'client'
    const calls = rpcMessagesOf(dissection).filter((message) => comesFrom(side, message))
    this.calls(calls, carriers, connection, header)
  }

  ended(connection: Connection): void {
    const session = this.sessions.get(connection)
    if (!session) return
    for (const request of session.requests.values()) this.unanswered(request, connection)
    session.requests.clear()
    for (const handle of session.handles.values()) this.endCalls(handle, connection)
    session.handles.clear()
  }

  private sessionOf(connection: Connection): Session {
    let session = this.sessions.get(connection)
    if (!session) {
      session = {
        trees: new BoundedMap(MOST_TREES, () => this.evictions.count('SMB tree connects')),
        handles: new BoundedMap(MOST_HANDLES, (handle) => {
          this.evictions.count('open SMB files')
          this.endCalls(handle, connection)
        }),
        requests: new BoundedMap(MOST_REQUESTS, (request) => {
          this.evictions.count('SMB requests waiting for a response')
          this.unanswered(request, connection)
        }),
      }
      this.sessions.set(connection, session)
    }
    return session
  }

  private treeOf(message: Smb2Message, session: Session): Tree | undefined {
    return message.treeId === undefined ? undefined : session.trees.get(`${message.session} ${message.treeId}`)
  }

  /** The open file that a request names; one that was opened before the capture began is taken as it comes. */
  private handleOf(message: Smb2Message, opened: Handle | undefined, session: Session): Handle | undefined {
    const { file } = message
    if (file === undefined) return undefined
    if (file === RELATED_FILE) return opened
    let handle = session.handles.get(file)
    if (!handle) {
      handle = newHandle(this.treeOf(message, session), undefined, undefined)
      session.handles.set(file, handle)
    }
    return handle
  }

  /** @returns the handle that later requests of the same compound mean */
  private request(
    message: Smb2Message,
    handle: Handle | undefined,
    asked: Asked,
    session: Session,
    connection: Connection,
  ): Handle | undefined {
    const wait = (request: Request): void => session.requests.set(message.id, request)
    switch (message.command) {
      case TREE_CONNECT:
        if (message.path !== undefined) wait({ ...asked, is: 'connect', path: message.path })
        return undefined
      case TREE_DISCONNECT:
        if (message.treeId !== undefined) session.trees.delete(`${message.session} ${message.treeId}`)
        return undefined
      case CREATE: {
        const name = message.name ?? ''
        const created = newHandle(this.treeOf(message, session) ?? guessedTree(name, connection), name, undefined)
        wait({ ...asked, is: 'create', handle: created, deleteOnClose: message.deleteOnClose === true })
        return created
      }
      case CLOSE:
        if (message.file !== undefined) session.handles.delete(message.file)
        if (handle) wait({ ...asked, is: 'close', handle })
        return undefined
      case WRITE:
        if (handle) this.files.writing(handle, message.offset, message.length, asked, connection)
        return undefined
      case READ:
        if (handle) {
          this.files.reading(handle, asked, connection)
          wait({ ...asked, is: 'transfer', handle })
        }
        return undefined
      case IOCTL:
        if (handle) wait({ ...asked, is: 'transfer', handle })
        return undefined
      case SET_INFO:
        if (handle && message.change === 'delete') wait({ ...asked, is: 'delete', handle })
        if (handle && message.change === 'rename' && message.name !== undefined) {
          wait({ ...asked, is: 'rename', handle, name: message.name })
        }
        return undefined
    }
    return undefined
  }

  /** @returns the pipe whose data the response carries */
  private response(message: Smb2Message, session: Session, connection: Connection): Handle | undefined {
    if (message.status === STATUS_PENDING) return undefined
    const request = session.requests.take(message.id)
    if (!request) return undefined
    if (request.is === 'transfer') {
      const carries = message.status === STATUS_SUCCESS || message.status === STATUS_MORE_TO_READ
      return carries ? request.handle : undefined
    }
    if (request.is === 'close') this.endCalls(request.handle, connection)
    // What was refused did not happen.
    if (message.status !== STATUS_SUCCESS) return undefined
    if (request.is === 'connect') {
      const type = SHARE_TYPES[message.shareType ?? 0] ?? shareTypeOf(request.path)
      const tree: Tree = { path: request.path, type }
      if (message.treeId !== undefined) session.trees.set(`${message.session} ${message.treeId}`, tree)
      this.files.mapping(tree, request, connection)
    } else {
      if (request.is === 'create') {
        request.handle.size = message.size
        if (message.file !== undefined) session.handles.set(message.file, request.handle)
      }
      this.completed(request, connection)
    }
    return undefined
  }

  /** Without the response, what was asked for is all that can be told. */
  private unanswered(request: Request, connection: Connection): void {
    if (request.is === 'connect') {
      this.files.mapping({ path: request.path, type: shareTypeOf(request.path) }, request, connection)
    } else this.completed(request, connection)
  }

  private completed(request: Exclude<Request, { is: 'connect' }>, connection: Connection): void {
    switch (request.is) {
      case 'create':
        this.files.opened(request.handle, request, connection)
        if (request.deleteOnClose) this.files.deleted(request.handle, request, connection)
        break
      case 'delete':
        this.files.deleted(request.handle, request, connection)
        break
      case 'rename':
        this.files.renamed(request.handle, request.name, request, connection)
        break
      case 'close':
        this.endCalls(request.handle, connection)
        break
    }
  }

  private endCalls(handle: Handle, connection: Connection): void {
    if (handle.rpc) this.rpc.end(handle.rpc, connection)
  }

  /** RPC messages belong to the pipes of a packet in order; where there are more of them, the last has the rest. */
  private calls(
    messages: readonly RpcMessage[],
    carriers: readonly Handle[],
    connection: Connection,
    header: PacketHeader,
  ): void {
    if (carriers.length === 0) return
    for (const [index, message] of messages.entries()) {
      const handle = carriers[Math.min(index, carriers.length - 1)]!
      handle.rpc ??= this.rpc.converse(handle.name, connection)
      this.rpc.message(message, handle.rpc, connection, header)
    }
  }
}
