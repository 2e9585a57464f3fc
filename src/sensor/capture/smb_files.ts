import type { Micros } from '../../event/time.ts'
import type { Connection } from './connection.ts'
import type { RpcConversation } from './dce_rpc.ts'
import { isWellKnownPipe } from './dce_rpc.ts'
import type { EventWriter } from './events.ts'

export type ShareType = 'DISK' | 'PIPE' | 'PRINT'

/** What a client has connected to. */
export interface Tree {
  readonly path: string
  readonly type: ShareType
}

/** A file or pipe that is open. */
export interface Handle {
  readonly tree: Tree | undefined
  name: string | undefined
  size: number | undefined
  wrote: boolean
  read: boolean
  rpc: RpcConversation | undefined
}

/** When something was asked for, and in which packet. */
export interface Asked {
  readonly ts: Micros
  readonly packet: number
}

/** The share type by its path: only the server's answer says it, and that may be missing. */
export function shareTypeOf(path: string): ShareType {
  return /(^|\\)IPC\$$/i.test(path) ? 'PIPE' : 'DISK'
}

/**
 * The tree of an open whose tree connect was not seen. A bare name that Windows gives to its own pipes is taken for that
 * pipe; of anything else the share stays unknown.
 */
export function guessedTree(name: string, connection: Connection): Tree | undefined {
  if (!isWellKnownPipe(name)) return undefined
  return { path: `\\\\${connection.responder.address}\\IPC$`, type: 'PIPE' }
}

export function newHandle(tree: Tree | undefined, name: string | undefined, size: number | undefined): Handle {
  return { tree, name, size, wrote: false, read: false, rpc: undefined }
}

type Verb = 'OPEN' | 'READ' | 'WRITE' | 'DELETE' | 'RENAME'

/** Writes Zeek's smb_mapping and smb_files logs, in the dialect of a sensor that logs every action. */
export class SmbFileWriter {
  private readonly writer: EventWriter

  constructor(writer: EventWriter) {
    this.writer = writer
  }

  mapping(
    tree: Tree,
    asked: Asked,
    connection: Connection,
    more: { readonly service?: string | undefined; readonly fileSystem?: string | undefined } = {},
  ): void {
    this.writer.writeOf(connection, 'smb_mapping', asked.ts, asked.packet, (row) => {
      row
        .text('path', tree.path)
        .text('share_type', tree.type)
        .text('service', more.service)
        .text('native_file_system', more.fileSystem)
    })
  }

  opened(handle: Handle, asked: Asked, connection: Connection): void {
    this.action('OPEN', handle, asked, connection)
  }

  /** Reading is told once an open file. */
  reading(handle: Handle, asked: Asked, connection: Connection): void {
    if (handle.read || handle.tree?.type !== 'DISK') return
    handle.read = true
    this.action('READ', handle, asked, connection)
  }

  /**
   * Writing is told once an open file, with its first write: at the moment at which it is known.
   * @param offset of that write
   * @param length of that write, in bytes
   */
  writing(
    handle: Handle,
    offset: number | undefined,
    length: number | undefined,
    asked: Asked,
    connection: Connection,
  ): void {
    if (handle.wrote || handle.tree?.type === 'PIPE' || handle.tree === undefined) return
    handle.wrote = true
    this.action('WRITE', handle, asked, connection, { offset, length })
  }

  deleted(handle: Handle, asked: Asked, connection: Connection): void {
    this.action('DELETE', handle, asked, connection)
  }

  renamed(handle: Handle, name: string, asked: Asked, connection: Connection): void {
    const previous = handle.name
    handle.name = name
    this.action('RENAME', handle, asked, connection, { previous })
  }

  private action(
    verb: Verb,
    handle: Handle,
    asked: Asked,
    connection: Connection,
    more: {
      readonly offset?: number | undefined
      readonly length?: number | undefined
      readonly previous?: string | undefined
    } = {},
  ): void {
    const kind = handle.tree?.type === 'PIPE' ? 'PIPE' : handle.tree?.type === 'PRINT' ? 'PRINT' : 'FILE'
    this.writer.writeOf(connection, 'smb_files', asked.ts, asked.packet, (row) => {
      row
        .text('action', `SMB::${kind}_${verb}`)
        .text('path', handle.tree?.path)
        // Zeek's word for the root of a share, which has no name of its own.
        .text('name', handle.name === '' ? '<share_root>' : handle.name)
        .number('size', handle.size)
        .text('prev_name', more.previous)
        .number('data_offset_req', more.offset)
        .number('data_len_req', more.length)
    })
  }
}
