import { Cursor, type Dissection } from './dissection.ts'
import { STATUS_PENDING, STATUS_SUCCESS } from './nt_status.ts'

// MS-SMB2 section 2.2.1.2.
export const TREE_CONNECT = 3
export const TREE_DISCONNECT = 4
export const CREATE = 5
export const CLOSE = 6
export const READ = 8
export const WRITE = 9
export const IOCTL = 11
const QUERY_INFO = 16
export const SET_INFO = 17
/** Requests that name an open file: close, flush, read, write, lock, ioctl, find, notify, query and set info, break. */
const WITH_FILE: ReadonlySet<number> = new Set([CLOSE, 7, READ, WRITE, 10, IOCTL, 14, 15, QUERY_INFO, SET_INFO, 18])
/** MS-FSCC section 2.4, for class FILE. */
const INFO_CLASS_FILE = 1
const RENAME_INFORMATION = 0x0a
const DISPOSITION_INFORMATION = 0x0d
/** The file that the request before it in a compound has opened (MS-SMB2 section 3.3.5.2.7.2). */
export const RELATED_FILE = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** One SMB2 message; what it does not carry is undefined. */
export interface Smb2Message {
  readonly command: number
  readonly response: boolean
  readonly id: string
  readonly session: string
  readonly treeId: string | undefined
  /** Responses only. */
  readonly status: number
  /** Tree connect request. */
  path?: string | undefined
  /** Tree connect response: 1 disk, 2 pipe, 3 printer. */
  shareType?: number | undefined
  /** Create request, rename. */
  name?: string | undefined
  deleteOnClose?: boolean
  file?: string | undefined
  /** Create response. */
  size?: number | undefined
  offset?: number | undefined
  length?: number | undefined
  change?: 'rename' | 'delete' | undefined
}

/**
 * The messages of a packet. tshark prints each field's values in the order of the packet, without saying whose they are:
 * they are given out in that order to the messages that carry the field. What tshark adds of its own knowledge (the path
 * of a tree in every message on it) is told apart by `treeIsKnown`.
 */
export function smb2MessagesOf(
  dissection: Dissection,
  treeIsKnown: (session: string, treeId: string) => boolean,
): readonly Smb2Message[] {
  const headers = headersOf(dissection)
  const requests = headers.filter((message) => !message.response)
  const responses = headers.filter((message) => message.response)
  if (requests.length > 0) fillRequests(requests, headers, dissection, treeIsKnown)
  if (responses.length > 0) fillResponses(responses, dissection)
  return headers
}

function headersOf(dissection: Dissection): readonly Smb2Message[] {
  const responses = dissection.all('smb2.flags.response')
  const asynchronous = dissection.all('smb2.flags.async')
  const ids = dissection.all('smb2.msg_id')
  const sessions = dissection.all('smb2.sesid')
  const treeIds = new Cursor(dissection.all('smb2.tid'))
  const statuses = new Cursor(dissection.numbers('smb2.nt_status'))
  return dissection.numbers('smb2.cmd').map((command, index): Smb2Message => {
    const response = responses[index] === '1'
    return {
      command,
      response,
      id: ids[index] ?? '',
      session: sessions[index] ?? '',
      // An asynchronous message has an id of its own where others have the tree's.
      treeId: asynchronous[index] === '1' ? undefined : treeIds.next(),
      status: response ? (statuses.next() ?? STATUS_SUCCESS) : STATUS_SUCCESS,
    }
  })
}

function fillRequests(
  requests: readonly Smb2Message[],
  all: readonly Smb2Message[],
  dissection: Dissection,
  treeIsKnown: (session: string, treeId: string) => boolean,
): void {
  const paths = new Cursor(dissection.texts('smb2.tree'))
  const names = new Cursor(dissection.texts('smb2.filename'))
  const deletes = new Cursor(dissection.all('smb.nt.create_options.delete_on_close'))
  const lengths = new Cursor(dissection.numbers('smb2.write_length'))
  const offsets = new Cursor(dissection.numbers('smb2.file_offset'))
  const classes = new Cursor(dissection.numbers('smb2.class'))
  const levels = new Cursor(dissection.numbers('smb2.file_info.infolevel'))
  const dispositions = new Cursor(dissection.all('smb2.disposition.delete_on_close'))
  const files = new Cursor(dissection.all('smb2.fid'))
  // A create may carry a file id too, in a context that asks for a durable handle.
  let inContexts = files.left - requests.filter((message) => WITH_FILE.has(message.command)).length
  for (const message of all) {
    if (message.command === TREE_CONNECT) message.path = paths.next()
    else if (message.treeId !== undefined && treeIsKnown(message.session, message.treeId)) paths.next()
    if (message.command === CREATE) {
      message.name = names.next() ?? ''
      message.deleteOnClose = deletes.next() === '1'
      if (inContexts-- > 0) files.next()
    }
    if (WITH_FILE.has(message.command)) message.file = files.next()
    if (message.command === READ || message.command === WRITE) message.offset = offsets.next()
    if (message.command === WRITE) message.length = lengths.next()
    if (message.command !== QUERY_INFO && message.command !== SET_INFO) continue
    if (classes.next() !== INFO_CLASS_FILE) continue
    const level = levels.next()
    if (message.command !== SET_INFO) continue
    if (level === RENAME_INFORMATION) {
      message.change = 'rename'
      message.name = names.next()
    } else if (level === DISPOSITION_INFORMATION && dispositions.next() === '1') message.change = 'delete'
  }
}

function fillResponses(responses: readonly Smb2Message[], dissection: Dissection): void {
  const files = new Cursor(dissection.all('smb2.fid'))
  const sizes = new Cursor(dissection.numbers('smb2.eof'))
  const types = dissection.numbers('smb2.share_type')
  for (const message of responses) {
    const { command, status } = message
    // Every later size may belong to an answer about files (query info, find) that has several or none.
    const certain = responses.indexOf(message) === 0 || responses.every((other) => isOpenOrClose(other.command))
    if (command === TREE_CONNECT && status === STATUS_SUCCESS) message.shareType = types.at(-1)
    if (command === CREATE && status === STATUS_SUCCESS) {
      message.file = files.next()
      if (certain) message.size = sizes.next()
    } else if (command === CLOSE) sizes.next()
    else if (command === IOCTL && status !== STATUS_PENDING) files.next()
  }
}

function isOpenOrClose(command: number): boolean {
  return command === CREATE || command === CLOSE
}
