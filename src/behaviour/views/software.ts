import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import type { Habits } from '../habits.ts'
import type { View } from '../view.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler } from './family.ts'

export const USER_AGENT: View = {
  id: 18,
  name: 'device → user agent',
  subject: 'device',
  question: 'how',
  value: ['text', 'none'],
}
export const TLS_CLIENT: View = {
  id: 19,
  name: 'device → TLS client',
  subject: 'device',
  question: 'how',
  value: ['text', 'none'],
}
export const SSH_CLIENT: View = {
  id: 20,
  name: 'device → SSH client',
  subject: 'device',
  question: 'how',
  value: ['text', 'none'],
}

/** Versions change with every update; what remains is which program it is. */
export function withoutVersion(software: string): string {
  return software.replace(/\d+(?:[._]\d+)*/g, '#')
}

function textField(
  log: string,
  fields: readonly string[],
  view: View,
  low: number,
  normalise: (text: string) => string,
) {
  const slots = fields.map((field) => slotOf(logType(log), field))
  return (habits: Habits): Handler => {
    const { texts, cache } = habits
    const memo = new BatchMemo(
      (text) => texts.intern(normalise(text)),
      () => texts.generation,
    )
    return ({ batch, row, orig }, day) => {
      if (orig < 0) return
      let id = 0
      for (const slot of slots) if (id === 0) id = batch.strings[slot]![row]!
      if (id === 0) return
      const name = memo.of(batch, id)
      if (name === 0 || cache.seen(orig, -1, 0, cacheWord(CACHE_TAG.software, name, low), day)) return
      habits.use(view, orig, name, 0, day)
    }
  }
}

/** From http, ssl and ssh: which programs speak for a device. JA4 where the sensor gives it: JA3 varies by connection. */
export const SOFTWARE: Family = {
  views: [USER_AGENT, TLS_CLIENT, SSH_CLIENT],
  handlers: {
    http: textField('http', ['user_agent'], USER_AGENT, 1, withoutVersion),
    ssl: textField('ssl', ['ja4', 'ja3'], TLS_CLIENT, 2, (text) => text),
    ssh: textField('ssh', ['client'], SSH_CLIENT, 3, withoutVersion),
  },
}
