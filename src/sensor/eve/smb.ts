import { dceRpcRows } from './dce_rpc.ts'
import type { EveRecord } from './flow.ts'
import { countAt, isObject, type JsonObject, objectAt, textAt, textsAt, withoutKeys } from './json_reader.ts'
import { otherRow } from './other.ts'
import type { EveRow, RowValue } from './row.ts'
import { SmbMemory, type Tree } from './smb_memory.ts'

const SUCCESS = 'STATUS_SUCCESS'
/** NTLM and SPNEGO take several rounds; this is the answer to all but the last. */
const MORE_PROCESSING = 'STATUS_MORE_PROCESSING_REQUIRED'

const USED = new Set([
  'id',
  'filename',
  'directory',
  'share',
  'named_pipe',
  'share_type',
  'size',
  'created',
  'accessed',
  'modified',
  'changed',
  'ntlmssp',
  'kerberos',
  'rename',
  'service',
])

/** Pipes whose names tell what they are when the tree connect was not seen (as Zeek's `SMB::pipe_filenames` does). */
const PIPE_NAMES = new Set(
  'atsvc browser epmapper eventlog initshutdown llsrpc lsarpc lsass netdfs netlogon ntsvcs plugplay protected_storage samr scerpc spoolss srvsvc svcctl tapsrv trkwks w32time winreg wkssvc msftewds'.split(
    ' ',
  ),
)

/** Share types of Zeek's smb_mapping. */
const SHARE_TYPE: Readonly<Record<string, string>> = { FILE: 'DISK', PIPE: 'PIPE', PRINT: 'PRINT' }

/**
 * EVE `smb`: one record a command. Tree connects become `smb_mapping`, opens, reads, writes, renames and deletions
 * `smb_files` with Zeek's action names, NTLM and Kerberos logins `ntlm` and `kerberos`, RPC over pipes `dce_rpc`. All other
 * commands, and opens and tree connects that were refused (which Zeek does not log), are kept as `suricata_smb`.
 */
export function smbRows(record: EveRecord): readonly EveRow[] {
  const smb = objectAt(record.json, 'smb')
  const memory = memoryOf(record)
  const command = textAt(smb, 'command') ?? ''
  const status = textAt(smb, 'status')
  const refused = status !== undefined && status !== SUCCESS
  if (isObject(smb['dcerpc'])) return dceRpcRows(record, objectAt(smb, 'dcerpc'), memory)
  if (isObject(smb['ntlmssp'])) return [ntlmRow(record, smb, status)]
  if (isObject(smb['kerberos'])) return [ticketRow(record, smb, status)]
  const share = textAt(smb, 'share') ?? textAt(smb, 'named_pipe')
  if (/TREE_CONNECT/.test(command) && share !== undefined && !refused) return [treeRow(record, smb, memory, share)]
  const action = refused ? undefined : fileAction(command, smb)
  return action === undefined ? [otherRow(record, smb)] : fileRows(record, smb, memory, action)
}

function memoryOf(record: EveRecord): SmbMemory {
  record.flow.smb ??= new SmbMemory()
  return record.flow.smb
}

type FileAction = 'OPEN' | 'READ' | 'WRITE' | 'RENAME' | 'DELETE'

function fileAction(command: string, smb: JsonObject): FileAction | undefined {
  if (isObject(smb['rename'])) return 'RENAME'
  const named = textAt(smb, 'filename') !== undefined || textAt(smb, 'directory') !== undefined
  if (!named) return undefined
  if (textAt(smb, 'disposition') !== undefined || /_CREATE(_ANDX)?$|_OPEN(_ANDX)?$/.test(command)) return 'OPEN'
  if (textAt(smb, 'access') === 'delete on close') return 'DELETE'
  if (/_WRITE(_ANDX|_AND_CLOSE|_AND_UNLOCK)?$/.test(command)) return 'WRITE'
  return /_READ(_ANDX)?$/.test(command) ? 'READ' : undefined
}

function treeRow(record: EveRecord, smb: JsonObject, memory: SmbMemory, path: string): EveRow {
  const type = textAt(smb, 'share_type')
  const isPipe = textAt(smb, 'named_pipe') !== undefined || type === 'PIPE' || /[\\/]ipc\$$/i.test(path)
  const session = countAt(smb, 'session_id')
  const tree = countAt(smb, 'tree_id')
  if (session !== undefined && tree !== undefined) memory.addTree(session, tree, { path, isPipe })
  return {
    type: 'smb_mapping',
    line: record.line,
    ts: record.ts,
    fields: {
      ...record.connection,
      path,
      service: textAt(objectAt(smb, 'service'), 'response') ?? textAt(objectAt(smb, 'service'), 'request'),
      share_type: isPipe ? 'PIPE' : (SHARE_TYPE[type ?? ''] ?? 'DISK'),
    },
    extra: withoutKeys(smb, USED),
  }
}

function fileRows(record: EveRecord, smb: JsonObject, memory: SmbMemory, action: FileAction): readonly EveRow[] {
  const rename = objectAt(smb, 'rename')
  const name = cleanName(textAt(rename, 'to') ?? textAt(smb, 'filename') ?? textAt(smb, 'directory') ?? '')
  const { path, isPipe } = treeOf(record, smb, memory, name)
  if (action === 'WRITE' && !isPipe && !memory.firstWrite(path ?? '', name)) return []
  const pipe = cleanName(name).toLowerCase()
  if (isPipe && action === 'OPEN') memory.addPipe(pipe)
  const fields: Record<string, RowValue> = {
    ...record.connection,
    action: `SMB::${isPipe ? 'PIPE' : 'FILE'}_${action}`,
    path,
    name,
    size: countAt(smb, 'size'),
    prev_name: textAt(rename, 'from') === undefined ? undefined : cleanName(textAt(rename, 'from')!),
    'times.modified': secondsAt(smb, 'modified'),
    'times.accessed': secondsAt(smb, 'accessed'),
    'times.created': secondsAt(smb, 'created'),
    'times.changed': secondsAt(smb, 'changed'),
  }
  return [{ type: 'smb_files', line: record.line, ts: record.ts, fields, extra: withoutKeys(smb, USED) }]
}

/** Zeek writes names without the leading backslash. */
function cleanName(name: string): string {
  return name.replace(/^[\\/]+/, '').replace(/^pipe\\/i, '')
}

interface FoundTree {
  readonly path: string | undefined
  readonly isPipe: boolean
}

/** The share of a record: told by itself, remembered from its tree connect, or, for a well-known pipe, inferred. */
function treeOf(record: EveRecord, smb: JsonObject, memory: SmbMemory, name: string): FoundTree {
  const told = textAt(smb, 'share')
  if (told !== undefined && told !== 'suricata::dcerpc') return { path: told, isPipe: /[\\/]ipc\$$/i.test(told) }
  const remembered: Tree | undefined = memory.tree(countAt(smb, 'session_id') ?? -1, countAt(smb, 'tree_id') ?? -1)
  if (remembered) return remembered
  if (!PIPE_NAMES.has(name.toLowerCase())) return { path: undefined, isPipe: false }
  return { path: `\\\\${String(record.connection['id.resp_h'] ?? '')}\\IPC$`, isPipe: true }
}

function secondsAt(object: JsonObject, key: string): number | undefined {
  const seconds = countAt(object, key)
  return seconds === undefined || seconds === 0 || seconds > 4_102_444_800 ? undefined : seconds * 1_000_000
}

function ntlmRow(record: EveRecord, smb: JsonObject, status: string | undefined): EveRow {
  const login = objectAt(smb, 'ntlmssp')
  return {
    type: 'ntlm',
    line: record.line,
    ts: record.ts,
    fields: {
      ...record.connection,
      username: textAt(login, 'user'),
      hostname: textAt(login, 'host'),
      domainname: textAt(login, 'domain'),
      success: succeeded(status),
      status,
    },
    extra: withoutKeys({ ...smb, ntlm_version: login['version'] }, USED),
  }
}

function ticketRow(record: EveRecord, smb: JsonObject, status: string | undefined): EveRow {
  const ticket = objectAt(smb, 'kerberos')
  const realm = textAt(ticket, 'realm')
  return {
    type: 'kerberos',
    line: record.line,
    ts: record.ts,
    fields: {
      ...record.connection,
      request_type: 'AP',
      client: realm === undefined ? undefined : `/${realm}`,
      service: textsAt(ticket, 'snames').join('/') || undefined,
      success: succeeded(status),
      error_msg: status === undefined || status === SUCCESS || status === MORE_PROCESSING ? undefined : status,
    },
    extra: withoutKeys(smb, USED),
  }
}

/** Absent while the login is still under way, or its answer was not seen. */
function succeeded(status: string | undefined): boolean | undefined {
  return status === undefined || status === MORE_PROCESSING ? undefined : status === SUCCESS
}

/**
 * A file that Suricata took off an SMB session, written by the client, as Zeek's FILE_WRITE; nothing when the `smb` record
 * of the same write came first.
 */
export function smbWriteRows(
  record: EveRecord,
  name: string,
  size: number | undefined,
  fuid: string,
): readonly EveRow[] {
  const smb = objectAt(record.json, 'smb')
  const memory = memoryOf(record)
  const clean = cleanName(textAt(smb, 'filename') ?? name)
  const { path, isPipe } = treeOf(record, smb, memory, clean)
  if (isPipe || !memory.firstWrite(path ?? '', clean)) return []
  const fields = { ...record.connection, fuid, action: 'SMB::FILE_WRITE', path, name: clean, size }
  return [{ type: 'smb_files', line: record.line, ts: record.ts, fields }]
}
