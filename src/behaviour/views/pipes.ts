import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'

export const PIPE: View = {
  id: 15,
  name: 'device → named pipe',
  subject: 'device',
  question: 'what',
  value: ['text', 'none'],
}
export const OPERATION: View = {
  id: 16,
  name: 'device → RPC operation',
  subject: 'device',
  question: 'what',
  value: ['text', 'none'],
}

/**
 * `\pipe\PSEXESVC-WS01-4412-stdin` → `psexesvc-ws#-#-stdin`: runs of digits are what differs from use to use. '' for a
 * TCP port, which Zeek writes in the same field.
 */
export function pipeName(name: string): string {
  const bare = name.toLowerCase().replace(/^\\*(pipe\\)?/, '')
  return /^\d*$/.test(bare) ? '' : bare.replace(/\d+/g, '#')
}

/** dce_rpc: interface and operation, and the pipe that carries them. */
function rpc(habits: Habits): Handler {
  const type = logType('dce_rpc')
  const NAMED_PIPE = slotOf(type, 'named_pipe')
  const ENDPOINT = slotOf(type, 'endpoint')
  const OPERATION_NAME = slotOf(type, 'operation')
  const { texts, cache } = habits
  const generation = (): number => texts.generation
  const pipe = new BatchMemo((text) => texts.intern(pipeName(text)), generation)
  const endpoint = new BatchMemo((text) => texts.intern(text), generation)
  const operation = new BatchMemo((text) => texts.intern(text), generation)
  return ({ batch, row, orig }, day) => {
    if (orig < 0) return
    const over = pipe.of(batch, batch.strings[NAMED_PIPE]![row]!)
    const of = endpoint.of(batch, batch.strings[ENDPOINT]![row]!)
    const what = operation.of(batch, batch.strings[OPERATION_NAME]![row]!)
    if (cache.seen(orig, of, over, cacheWord(CACHE_TAG.rpc, what), day)) return
    if (of !== 0 || what !== 0) {
      const act = texts.intern(`${texts.text(of) || 'unknown interface'} ${texts.text(what) || 'unknown operation'}`)
      if (act !== 0) habits.use(OPERATION, orig, act, 0, day)
    }
    if (over !== 0) habits.use(PIPE, orig, over, 0, day)
  }
}

/** From DCE-RPC: operations requested and pipes used. */
export const PIPES: Family = { views: [PIPE, OPERATION], handlers: { dce_rpc: rpc } }
