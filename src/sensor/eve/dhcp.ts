import { type Micros, SECOND } from '../../event/time.ts'
import type { EveRecord } from './flow.ts'
import { countAt, objectAt, textAt, withoutKeys } from './json_reader.ts'
import { type Deadline, Pending, waitFor } from './pending.ts'
import type { EveRow, RowValue } from './row.ts'

/** Zeek gathers the messages of one transaction for as long (`DHCP::max_txid_watch_time`). */
const EXCHANGE_WITHIN: Micros = 30 * SECOND
const MOST_WAITING = 20_000

const USED = new Set(
  'type id client_mac assigned_ip client_ip hostname dhcp_type requested_ip lease_time vendor_class_identifier'.split(
    ' ',
  ),
)

interface Exchange {
  readonly first: EveRecord
  last: Micros
  line: number
  readonly messages: string[]
  readonly fields: Record<string, RowValue>
  extra: Record<string, unknown>
}

/**
 * EVE `dhcp` → `dhcp`, one row an exchange. With `extended: no` (Suricata's default) only the acknowledgement is written,
 * which has what matters: MAC, address, host name.
 */
export class DhcpExchanges {
  private readonly waiting = new Pending<Exchange>(MOST_WAITING)

  get evicted(): number {
    return this.waiting.evicted
  }

  rows(record: EveRecord): readonly EveRow[] {
    const dhcp = objectAt(record.json, 'dhcp')
    const message = textAt(dhcp, 'dhcp_type')?.toUpperCase() ?? ''
    const key = `${textAt(dhcp, 'client_mac') ?? ''} ${countAt(dhcp, 'id') ?? ''}`
    const rows: EveRow[] = []
    let exchange = this.waiting.get(key)
    if (!exchange) {
      exchange = { first: record, last: record.ts, line: record.line, messages: [], fields: {}, extra: {} }
      const given = this.waiting.add(key, exchange, waitFor(record, EXCHANGE_WITHIN))
      if (given) rows.push(exchangeRow(given, record.ts))
    }
    addMessage(exchange, record, message)
    const over = message === 'ACK' || message === 'NAK' || message === 'RELEASE' || message === 'DECLINE'
    if (over && this.waiting.take(key)) rows.push(exchangeRow(exchange, record.ts))
    return rows
  }

  expired(now: Deadline): EveRow[] {
    return [...this.waiting.expired(now)].map((exchange) => exchangeRow(exchange, exchange.first.ts + EXCHANGE_WITHIN))
  }
}

function addMessage(exchange: Exchange, record: EveRecord, message: string): void {
  const dhcp = objectAt(record.json, 'dhcp')
  const { fields } = exchange
  const reply = textAt(dhcp, 'type') === 'reply'
  exchange.last = Math.max(exchange.last, record.ts)
  exchange.line = record.line
  if (message !== '') exchange.messages.push(message)
  const assigned = address(textAt(dhcp, 'assigned_ip'))
  const lease = countAt(dhcp, 'lease_time')
  const source = record.connection['id.orig_h']
  const told: Record<string, RowValue> = {
    mac: textAt(dhcp, 'client_mac')?.toLowerCase(),
    host_name: reply ? undefined : textAt(dhcp, 'hostname'),
    requested_addr: address(textAt(dhcp, 'requested_ip')),
    client_addr: address(textAt(dhcp, 'client_ip')) ?? (message === 'ACK' ? assigned : undefined),
    assigned_addr: message === 'ACK' || message === 'OFFER' ? assigned : undefined,
    server_addr: reply && typeof source === 'string' ? address(source) : undefined,
    lease_time: message === 'ACK' && lease !== undefined ? lease * SECOND : undefined,
    vendor_class: reply ? undefined : textAt(dhcp, 'vendor_class_identifier'),
    client_port: reply ? undefined : record.connection['id.orig_p'],
    server_port: reply ? record.connection['id.orig_p'] : undefined,
  }
  for (const [name, value] of Object.entries(told)) if (value !== undefined) fields[name] = value
  // A server repeats the host name it will register; the client's own word, where there is one, is the better.
  fields['host_name'] ??= textAt(dhcp, 'hostname')
  Object.assign(exchange.extra, withoutKeys(dhcp, USED))
}

/** 0.0.0.0 is DHCP's "none". */
function address(text: string | undefined): string | undefined {
  return text === '0.0.0.0' ? undefined : text
}

function exchangeRow({ first, last, line, messages, fields, extra }: Exchange, written: Micros): EveRow {
  const uid = first.flow.uid
  return {
    type: 'dhcp',
    line,
    ts: first.ts,
    written,
    fields: {
      ...fields,
      uids: uid === '' ? undefined : [uid],
      msg_types: messages,
      duration: last > first.ts ? last - first.ts : undefined,
    },
    extra: Object.keys(extra).length > 0 ? extra : undefined,
  }
}
