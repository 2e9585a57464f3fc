import type { Micros } from '../../event/time.ts'
import type { Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

/** Requests sent ahead of their responses on one connection. */
const MOST_PENDING = 64

interface Request {
  readonly ts: Micros
  readonly packet: number
  readonly depth: number
  readonly method: string
  readonly version: string | undefined
  readonly host: string | undefined
  readonly uri: string | undefined
  readonly userAgent: string | undefined
  readonly referrer: string | undefined
  readonly username: string | undefined
  readonly bodyLength: number | undefined
}

interface Dialogue {
  depth: number
  readonly pending: Request[]
}

interface Response {
  readonly time: Micros
  readonly status: number
  readonly phrase: string | undefined
  readonly bodyLength: number | undefined
}

/** HTTP/1 requests with their responses (RFC 9112), as Zeek's http log. */
export class HttpReader implements ProtocolReader {
  readonly protocols = ['http']
  private readonly dialogues = new WeakMap<Connection, Dialogue>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const methods = dissection.texts('http.request.method')
    const statuses = dissection.numbers('http.response.code')
    if (methods.length === 0 && statuses.length === 0) return
    let dialogue = this.dialogues.get(connection)
    if (!dialogue) {
      dialogue = { depth: 0, pending: [] }
      this.dialogues.set(connection, dialogue)
    }
    if (methods.length > 0) this.requests(methods, dialogue, dissection, connection, header)
    const phrases = new Cursor(dissection.texts('http.response.phrase'))
    const lengths = new Cursor(dissection.numbers('http.content_length'))
    for (const status of statuses) {
      const response: Response = {
        time: header.time,
        status,
        phrase: phrases.next(),
        bodyLength: statuses.length === 1 ? lengths.next() : undefined,
      }
      // An interim response (RFC 9110 section 15.2) is followed by the real one; 101 is the last in HTTP.
      if (status >= 100 && status < 200 && status !== 101) continue
      const request = dialogue.pending.shift()
      if (request) this.write(request, response, connection)
      else if (dialogue.depth === 0) this.responseAlone(response, connection, header)
    }
  }

  ended(connection: Connection): void {
    const pending = this.dialogues.get(connection)?.pending ?? []
    for (const request of pending.splice(0)) this.write(request, undefined, connection)
  }

  private requests(
    methods: readonly string[],
    dialogue: Dialogue,
    dissection: Dissection,
    connection: Connection,
    header: PacketHeader,
  ): void {
    // Headers of pipelined requests can be told apart only when every one of them carries one.
    const aligned = (values: readonly string[]): Cursor<string> =>
      new Cursor(values.length === methods.length || methods.length === 1 ? values : [])
    const versions = aligned(dissection.texts('http.request.version'))
    const hosts = aligned(dissection.texts('http.host'))
    const uris = aligned(dissection.texts('http.request.uri'))
    const agents = aligned(dissection.texts('http.user_agent'))
    const referrers = aligned(dissection.texts('http.referer'))
    const credentials = aligned(dissection.texts('http.authbasic'))
    const length = methods.length === 1 ? dissection.number('http.content_length') : undefined
    for (const method of methods) {
      if (dialogue.pending.length >= MOST_PENDING) {
        this.evictions.count('HTTP requests waiting for a response')
        this.write(dialogue.pending.shift()!, undefined, connection)
      }
      dialogue.depth++
      dialogue.pending.push({
        ts: header.time,
        packet: header.packet,
        depth: dialogue.depth,
        method,
        version: versions.next()?.replace(/^HTTP\//, ''),
        host: hosts.next(),
        uri: uris.next(),
        userAgent: agents.next(),
        referrer: referrers.next(),
        // The name only: a password is nobody's business.
        username: credentials.next()?.split(':')[0],
        bodyLength: length,
      })
    }
  }

  private write(request: Request, response: Response | undefined, connection: Connection): void {
    this.writer.writeOf(connection, 'http', request.ts, request.packet, (row) => {
      row
        .number('trans_depth', request.depth)
        .text('method', request.method)
        .text('host', request.host)
        .text('uri', request.uri)
        .text('referrer', request.referrer)
        .text('version', request.version)
        .text('user_agent', request.userAgent)
        .text('username', request.username)
        .number('request_body_len', request.bodyLength ?? 0)
      if (!response) return
      row
        .number('response_body_len', response.bodyLength ?? 0)
        .number('status_code', response.status)
        .text('status_msg', response.phrase)
    })
  }

  private responseAlone(response: Response, connection: Connection, header: PacketHeader): void {
    this.writer.writeOf(connection, 'http', header.time, header.packet, (row) => {
      row
        .number('status_code', response.status)
        .text('status_msg', response.phrase)
        .number('response_body_len', response.bodyLength ?? 0)
    })
  }
}
