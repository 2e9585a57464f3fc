import { parseAddress, scopeOf } from '../../device/address.ts'
import type { EventBatch } from '../../event/batch.ts'
import { logType, SET_SEPARATOR, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import { type AddressWords, addressWords } from '../endpoint_names.ts'
import type { Habits } from '../habits.ts'
import { ENDPOINT } from './connections.ts'
import { CACHE_TAG, cacheWord, type Family, type Handler, TEXT_WORD } from './family.ts'

const MOST_ANSWERS = 32

/** Addresses outside among the answers of a look-up; at most 32. */
function outsideAddresses(answers: string): readonly AddressWords[] {
  const found: AddressWords[] = []
  for (const answer of answers.split(SET_SEPARATOR, MOST_ANSWERS)) {
    const address = parseAddress(answer)
    if (address === undefined || scopeOf(address) !== 'outside') continue
    const words = { high: 0, low: 0 }
    addressWords(answer, words)
    found.push(words)
  }
  return found
}

/** dns: the name a device asked for is what it will call the addresses in the answer, whatever aliases stand between. */
function lookups(habits: Habits): Handler {
  const type = logType('dns')
  const QUERY = slotOf(type, 'query')
  const ANSWERS = slotOf(type, 'answers')
  const { texts, endpoints } = habits
  const domain = new BatchMemo(
    (text) => texts.intern(endpoints.domainOf(text)),
    () => texts.generation,
  )
  const parsed = new WeakMap<EventBatch, Map<number, readonly AddressWords[]>>()
  return (event) => {
    const { batch, row, orig } = event
    const answers = batch.strings[ANSWERS]![row]!
    const query = batch.strings[QUERY]![row]!
    if (orig < 0 || answers === 0 || query === 0) return
    let known = parsed.get(batch)
    if (known === undefined) {
      known = new Map()
      parsed.set(batch, known)
    }
    let addresses = known.get(answers)
    if (addresses === undefined) {
      addresses = outsideAddresses(batch.dictionary.text(answers))
      known.set(answers, addresses)
    }
    if (addresses.length === 0) return
    const name = domain.of(batch, query)
    for (const address of addresses) endpoints.learn(orig, address, name)
  }
}

/** http and ssl: the host that was named in the request or the handshake. */
function named(log: string, field: string): (habits: Habits) => Handler {
  const type = logType(log)
  const RESP_H = slotOf(type, 'id.resp_h')
  const HOST = slotOf(type, field)
  const ESTABLISHED = type.slots.get('established') ?? -1
  return (habits) => {
    const { texts, endpoints, cache } = habits
    const domain = new BatchMemo(
      (text) => texts.intern(endpoints.domainOf(text)),
      () => texts.generation,
    )
    const address: AddressWords = { high: 0, low: 0 }
    return (event, day) => {
      const { batch, row, orig, resp } = event
      const host = batch.strings[HOST]![row]!
      if (orig < 0 || resp >= 0 || host === 0) return
      const name = domain.of(batch, host)
      if (name === 0) return
      const at = batch.dictionary.text(batch.strings[RESP_H]![row]!)
      const parsed = parseAddress(at)
      if (parsed === undefined || scopeOf(parsed) === 'never' || !addressWords(at, address)) return
      endpoints.learn(orig, address, name)
      if (ESTABLISHED >= 0 && batch.numbers[ESTABLISHED]![row] === 0) return
      if (cache.seen(orig, TEXT_WORD | name, 0, cacheWord(CACHE_TAG.names, 0), day)) return
      habits.use(ENDPOINT, orig, name, 0, day)
    }
  }
}

/** From dns, http and ssl: what the addresses outside are called, and which of them a device has spoken to. */
export const ENDPOINTS: Family = {
  views: [],
  handlers: {
    dns: lookups,
    http: named('http', 'host'),
    open_http: named('open_http', 'host'),
    ssl: named('ssl', 'server_name'),
    open_ssl: named('open_ssl', 'server_name'),
  },
}
