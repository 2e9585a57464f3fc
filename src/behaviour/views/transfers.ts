import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'
import { fileKind } from './shares.ts'

export const PROGRAM_RECEIVER: View = {
  id: 27,
  name: 'device → device it wrote programs or scripts to',
  subject: 'device',
  value: ['device', 'none'],
}
export const BULK_SOURCE: View = {
  id: 28,
  name: 'device → device it took data from in bulk',
  subject: 'device',
  value: ['device', 'none'],
}

/** Bytes one way of one connection: above what mail, pages and documents come to, below one file of a backup. */
export const BULK_BYTES: number = 4 * 1024 * 1024

/** smb_files of a tuned sensor: the write itself. */
function writtenPrograms(habits: Habits): Handler {
  const type = logType('smb_files')
  const ACTION = slotOf(type, 'action')
  const NAME = slotOf(type, 'name')
  const writes = new BatchMemo((text) => (text === 'SMB::FILE_WRITE' ? 1 : 0))
  const runs = new BatchMemo((text) => (isProgram(text) ? 1 : 0))
  return ({ batch, row, orig, resp }, day) => {
    if (orig < 0 || resp < 0 || writes.of(batch, batch.strings[ACTION]![row]!) === 0) return
    if (runs.of(batch, batch.strings[NAME]![row]!) === 0) return
    if (!habits.cache.seen(orig, resp, 0, cacheWord(CACHE_TAG.transfer, 1), day))
      habits.use(PROGRAM_RECEIVER, orig, resp, 0, day)
  }
}

/** files of a sensor that logs no writes (Zeek's default): what the client sent over SMB. */
function sentPrograms(habits: Habits): Handler {
  const type = logType('files')
  const SOURCE = slotOf(type, 'source')
  const FROM_CLIENT = slotOf(type, 'is_orig')
  const NAME = slotOf(type, 'filename')
  const overSmb = new BatchMemo((text) => (text === 'SMB' ? 1 : 0))
  const runs = new BatchMemo((text) => (isProgram(text) ? 1 : 0))
  return ({ batch, row, orig, resp }, day) => {
    if (orig < 0 || resp < 0 || batch.numbers[FROM_CLIENT]![row] !== 1) return
    if (overSmb.of(batch, batch.strings[SOURCE]![row]!) === 0 || runs.of(batch, batch.strings[NAME]![row]!) === 0)
      return
    if (!habits.cache.seen(orig, resp, 0, cacheWord(CACHE_TAG.transfer, 1), day))
      habits.use(PROGRAM_RECEIVER, orig, resp, 0, day)
  }
}

function isProgram(name: string): boolean {
  const kind = fileKind(name)
  return kind === 'program' || kind === 'script'
}

/** conn: much data one way. An agent that sends and a server that fetches are the same to who has it afterwards. */
function bulk(habits: Habits): Handler {
  const type = logType('conn')
  const ORIG_BYTES = slotOf(type, 'orig_bytes')
  const RESP_BYTES = slotOf(type, 'resp_bytes')
  return ({ batch, row, orig, resp }, day) => {
    if (orig < 0 || resp < 0) return
    if (batch.numbers[RESP_BYTES]![row]! >= BULK_BYTES) habits.use(BULK_SOURCE, orig, resp, 0, day)
    if (batch.numbers[ORIG_BYTES]![row]! >= BULK_BYTES) habits.use(BULK_SOURCE, resp, orig, 0, day)
  }
}

/** Between devices inside: who gives programs to whom, who takes much data from whom. Remembered, not judged. */
export const TRANSFERS: Family = {
  views: [PROGRAM_RECEIVER, BULK_SOURCE],
  handlers: { smb_files: writtenPrograms, files: sentPrograms, conn: bulk },
}
