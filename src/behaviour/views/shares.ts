import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'
import { PIPE, pipeName } from './pipes.ts'

export const SHARE: View = {
  id: 13,
  name: 'device → share',
  subject: 'device',
  question: 'what',
  value: ['device', 'text'],
  shown: (server, share) => `\\\\${server}\\${share}`,
}
export const SHARE_KIND: View = {
  id: 14,
  name: 'device → kind of share',
  subject: 'device',
  question: 'what',
  value: ['text', 'none'],
}
export const FILE_WRITTEN: View = {
  id: 17,
  name: 'device → kind of file written',
  subject: 'device',
  question: 'what',
  value: ['text', 'none'],
}

/** `\\FS1.corp.local\Data` → `data`: the last part, lower case (SMB names are not case sensitive: MS-SMB2 2.2.9). */
export function shareName(path: string): string {
  const parts = path.split('\\').filter((part) => part !== '')
  return (parts.at(-1) ?? '').toLowerCase()
}

/** What a share is for, by its name; Windows makes the administrative ones itself. */
export function shareKind(name: string): string {
  if (name === 'ipc$') return 'IPC$'
  if (name === 'admin$') return 'ADMIN$'
  if (/^[a-z]\$$/.test(name)) return 'drive share'
  if (name === 'sysvol' || name === 'netlogon') return 'domain share'
  if (name === 'print$') return 'printer share'
  if (name.endsWith('$')) return 'hidden share'
  return name === '' ? '' : 'ordinary share'
}

const KIND_BY_EXTENSION: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      ['program', 'exe dll sys scr com cpl ocx drv msi msp msu efi pif'],
      ['script', 'bat cmd ps1 psm1 psd1 vbs vbe js jse hta wsf wsh lnk sct inf reg py sh'],
      ['archive', 'zip rar 7z gz tar tgz cab bz2 xz iso img vhd vhdx'],
      ['document', 'doc docx docm xls xlsx xlsm ppt pptx pdf txt csv rtf odt ods xml json html htm'],
      ['database', 'mdb accdb sqlite db bak mdf ldf ndf dit edb pst ost'],
    ] as const
  ).flatMap(([kind, extensions]) => extensions.split(' ').map((extension) => [extension, kind])),
)

/** What kind of file a name announces. A name proves nothing: this is for habits, not for verdicts. */
export function fileKind(name: string): string {
  const base = name.slice(name.lastIndexOf('\\') + 1).toLowerCase()
  const dot = base.lastIndexOf('.')
  return dot < 0 ? 'file without extension' : (KIND_BY_EXTENSION[base.slice(dot + 1)] ?? 'other file')
}

/** Names of pipes also stand in the tree connects of captures that saw only those. */
function mapping(habits: Habits): Handler {
  const PATH = slotOf(logType('smb_mapping'), 'path')
  const { texts, cache } = habits
  const generation = (): number => texts.generation
  const share = new BatchMemo((text) => texts.intern(shareName(text)), generation)
  const kind = new BatchMemo((text) => texts.intern(shareKind(shareName(text))), generation)
  return ({ batch, row, orig, resp }, day) => {
    const path = batch.strings[PATH]![row]!
    if (orig < 0 || path === 0) return
    const name = share.of(batch, path)
    if (name === 0 || cache.seen(orig, resp, 0, cacheWord(CACHE_TAG.share, name), day)) return
    habits.use(SHARE, orig, resp, name, day)
    const group = kind.of(batch, path)
    if (group !== 0) habits.use(SHARE_KIND, orig, group, 0, day)
  }
}

/** smb_files: pipes opened over IPC$, and files written, by kind and by kind of share. */
function files(habits: Habits): Handler {
  const type = logType('smb_files')
  const ACTION = slotOf(type, 'action')
  const PATH = slotOf(type, 'path')
  const NAME = slotOf(type, 'name')
  const { texts, cache } = habits
  const generation = (): number => texts.generation
  const OVER_IPC = 1
  const ELSEWHERE = 2
  const where = new BatchMemo((text) => (text === '' ? 0 : /ipc\$$/i.test(text) ? OVER_IPC : ELSEWHERE))
  const writes = new BatchMemo((text) => (text === 'SMB::FILE_WRITE' ? 1 : 0))
  const share = new BatchMemo((text) => texts.intern(shareName(text)), generation)
  const kindOfShare = new BatchMemo((text) => texts.intern(shareKind(shareName(text)) || 'unknown share'), generation)
  const pipe = new BatchMemo((text) => texts.intern(pipeName(text)), generation)
  const kindOfFile = new BatchMemo((text) => texts.intern(fileKind(text)), generation)
  return ({ batch, row, orig, resp }, day) => {
    if (orig < 0) return
    const path = batch.strings[PATH]![row]!
    const name = batch.strings[NAME]![row]!
    const place = where.of(batch, path)
    if (place === OVER_IPC) {
      const opened = pipe.of(batch, name)
      if (opened === 0 || cache.seen(orig, -1, 0, cacheWord(CACHE_TAG.file, opened), day)) return
      habits.use(PIPE, orig, opened, 0, day)
      return
    }
    const shared = share.of(batch, path)
    if (shared !== 0 && !cache.seen(orig, resp, 0, cacheWord(CACHE_TAG.share, shared), day)) {
      habits.use(SHARE, orig, resp, shared, day)
      const group = kindOfShare.of(batch, path)
      if (group !== 0) habits.use(SHARE_KIND, orig, group, 0, day)
    }
    if (writes.of(batch, batch.strings[ACTION]![row]!) === 0 || name === 0) return
    const kind = kindOfFile.of(batch, name)
    const on = kindOfShare.of(batch, path)
    if (kind === 0 || cache.seen(orig, on, 0, cacheWord(CACHE_TAG.file, kind, 1), day)) return
    const what = texts.intern(`${texts.text(kind)} to ${texts.text(on)}`)
    if (what !== 0) habits.use(FILE_WRITTEN, orig, what, 0, day)
  }
}

/** files: what a sensor that logs no writes (Zeek's default) still shows: a file sent by the client over SMB. */
function transfers(habits: Habits): Handler {
  const type = logType('files')
  const SOURCE = slotOf(type, 'source')
  const FROM_CLIENT = slotOf(type, 'is_orig')
  const NAME = slotOf(type, 'filename')
  const { texts, cache } = habits
  const overSmb = new BatchMemo((text) => (text === 'SMB' ? 1 : 0))
  const what = new BatchMemo(
    (text) => texts.intern(`${fileKind(text)} to unknown share`),
    () => texts.generation,
  )
  return ({ batch, row, orig }, day) => {
    if (orig < 0 || batch.numbers[FROM_CLIENT]![row] !== 1) return
    if (overSmb.of(batch, batch.strings[SOURCE]![row]!) === 0) return
    const kind = what.of(batch, batch.strings[NAME]![row]!)
    if (kind === 0 || cache.seen(orig, -1, 0, cacheWord(CACHE_TAG.file, kind, 2), day)) return
    habits.use(FILE_WRITTEN, orig, kind, 0, day)
  }
}

/** From SMB: shares and kinds of share used, kinds of file written. */
export const SHARES: Family = {
  views: [SHARE, SHARE_KIND, FILE_WRITTEN],
  handlers: { smb_mapping: mapping, smb_files: files, files: transfers },
}
