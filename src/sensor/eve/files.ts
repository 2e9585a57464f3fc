import { type EveRecord, hashedId } from './flow.ts'
import { countAt, objectAt, textAt, withoutKeys } from './json_reader.ts'
import type { EveRow, RowValue } from './row.ts'
import { smbWriteRows } from './smb.ts'
import { mimeType } from './web.ts'

const USED = new Set('filename size md5 sha1 sha256 tx_id file_id'.split(' '))

/** Zeek's names of what a file came over. */
const SOURCE: Readonly<Record<string, string>> = {
  http: 'HTTP',
  http2: 'HTTP',
  smb: 'SMB',
  smtp: 'SMTP',
  'ftp-data': 'FTP_DATA',
  nfs: 'NFS',
}

/**
 * EVE `fileinfo` → `files`, and `smb_files` with a FILE_WRITE for a file that a client put on an SMB server. A record names
 * the sender as its source.
 */
export function fileRows(record: EveRecord): readonly EveRow[] {
  const info = objectAt(record.json, 'fileinfo')
  const app = textAt(record.json, 'app_proto') ?? ''
  const name = textAt(info, 'filename')
  const size = countAt(info, 'size')
  const fuid = hashedId('F', `${record.flow.uid} ${app} ${countAt(info, 'tx_id') ?? ''} ${name ?? ''}`)
  const sender = record.connection[record.backwards ? 'id.resp_h' : 'id.orig_h']
  const receiver = record.connection[record.backwards ? 'id.orig_h' : 'id.resp_h']
  const uid = record.flow.uid
  const fields: Record<string, RowValue> = {
    ...record.connection,
    fuid,
    tx_hosts: typeof sender === 'string' ? [sender] : undefined,
    rx_hosts: typeof receiver === 'string' ? [receiver] : undefined,
    conn_uids: uid === '' ? undefined : [uid],
    source: SOURCE[app] ?? (app === '' ? undefined : app.toUpperCase()),
    mime_type:
      typeOfMagic(textAt(info, 'magic')) ?? mimeType(textAt(objectAt(record.json, 'http'), 'http_content_type')),
    filename: name,
    is_orig: !record.backwards,
    seen_bytes: size,
    total_bytes: textAt(info, 'state') === 'CLOSED' ? size : undefined,
    md5: textAt(info, 'md5'),
    sha1: textAt(info, 'sha1'),
    sha256: textAt(info, 'sha256'),
  }
  const file: EveRow = { type: 'files', line: record.line, ts: record.ts, fields, extra: withoutKeys(info, USED) }
  if (app !== 'smb' || record.backwards) return [file]
  return [file, ...smbWriteRows(record, name ?? '', size, fuid)]
}

/** The few of libmagic's descriptions that say "a program", in the MIME types that Zeek gives them. */
function typeOfMagic(magic: string | undefined): string | undefined {
  if (magic === undefined) return undefined
  if (/^PE32|^MS-DOS executable|for MS Windows/.test(magic)) return 'application/x-dosexec'
  if (/^ELF /.test(magic)) return 'application/x-executable'
  if (/^Zip archive/.test(magic)) return 'application/zip'
  if (/^PDF document/.test(magic)) return 'application/pdf'
  if (/script.*text executable/.test(magic)) return 'text/x-shellscript'
  return undefined
}
