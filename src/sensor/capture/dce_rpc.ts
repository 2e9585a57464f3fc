import { endpointName, operationName } from '../../event/dce_rpc_names.ts'
import type { Micros } from '../../event/time.ts'
import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

// C706 section 12.6.4, MS-RPCE section 2.2.2.
const REQUEST = 0
const RESPONSE = 2
const FAULT = 3
const BIND = 11
const BIND_ACK = 12
const ALTER_CONTEXT = 14
const FIRST_FRAGMENT = 1

const MOST_CONTEXTS = 64
const MOST_CALLS = 256

/** What a pipe is known to speak, for a capture that begins after its bind. */
const PIPE_INTERFACES: ReadonlyMap<string, string> = new Map([
  ['svcctl', '367abb81-9844-35f1-ad32-98f038001003'],
  ['winreg', '338cd001-2244-31f1-aaaa-900038001003'],
  ['srvsvc', '4b324fc8-1670-01d3-1278-5a47bf6ee188'],
  ['wkssvc', '6bffd098-a112-3610-9833-46c3f87e345a'],
  ['samr', '12345778-1234-abcd-ef00-0123456789ac'],
  ['lsarpc', '12345778-1234-abcd-ef00-0123456789ab'],
  ['netlogon', '12345678-1234-abcd-ef00-01234567cffb'],
  ['atsvc', '1ff70682-0a51-30e8-076d-740be8cee98b'],
  ['spoolss', '12345678-1234-abcd-ef00-0123456789ab'],
  ['epmapper', 'e1af8308-5d1f-11c9-91a4-08002b14a0fa'],
  ['eventlog', '82273fdc-e32a-18c3-3f78-827929dc23ea'],
  ['efsrpc', 'df1941c5-fe89-4e79-bf10-463657acf44d'],
  ['netdfs', '4fc742e0-4a10-11cf-8273-00aa004ae673'],
  ['browser', '6bffd098-a112-3610-9833-012892020162'],
  ['initshutdown', '894de0c0-0d55-11d3-a322-00c04fa321a1'],
  ['fssagentrpc', 'a8e0653c-2744-4389-a61d-7373df8b2292'],
  ['protected_storage', '3dde7c30-165d-11d1-ab8f-00805f14db40'],
  ['w32time', '8fb6d884-2388-11d0-8c35-00c04fda2795'],
  ['dnsserver', '50abc2a4-574d-40b3-9d66-ee4fd5fba076'],
  ['cert', '91ae6020-9e3c-11cf-8d7c-00aa00c091be'],
])

/** Types of messages that only a server sends: response, fault, the answers to bind and alter context. */
const FROM_SERVER: ReadonlySet<number> = new Set([RESPONSE, FAULT, BIND_ACK, 13, 15])

/** True when the message can come from that side: an ioctl's answer may repeat the request that it answers. */
export function comesFrom(side: 'server' | 'client', message: RpcMessage): boolean {
  return FROM_SERVER.has(message.type) === (side === 'server')
}

/** True for the name of a pipe that Windows itself offers to other machines. */
export function isWellKnownPipe(name: string): boolean {
  return PIPE_INTERFACES.has(name.toLowerCase())
}

/** One message of the protocol. */
export interface RpcMessage {
  readonly type: number
  readonly firstFragment: boolean
  readonly callId: number
  /** Bind and alter context: what each context id stands for from now on. */
  readonly offers: readonly { readonly context: number; readonly uuid: string }[]
  readonly context: number
  readonly opnum: number | undefined
  readonly secondaryAddress: string | undefined
}

interface Call {
  readonly ts: Micros
  readonly packet: number
  readonly uuid: string | undefined
  readonly opnum: number
}

/** A conversation: a TCP connection of its own, or an open named pipe. */
export class RpcConversation {
  readonly contexts: BoundedMap<number, string>
  readonly calls: BoundedMap<number, Call>
  /** Name of the pipe that carries it, without path. */
  readonly pipe: string | undefined
  secondaryAddress: string | undefined

  constructor(pipe: string | undefined, dropped: (call: Call) => void) {
    this.pipe = pipe
    this.contexts = new BoundedMap(MOST_CONTEXTS, () => {})
    this.calls = new BoundedMap(MOST_CALLS, dropped)
  }
}

/** The messages of a packet, in their order. */
export function rpcMessagesOf(dissection: Dissection): readonly RpcMessage[] {
  const flags = new Cursor(dissection.numbers('dcerpc.cn_flags'))
  const callIds = new Cursor(dissection.numbers('dcerpc.cn_call_id'))
  const counts = new Cursor(dissection.numbers('dcerpc.cn_num_ctx_items'))
  const contexts = new Cursor(dissection.numbers('dcerpc.cn_ctx_id'))
  const uuids = new Cursor(dissection.all('dcerpc.cn_bind_to_uuid'))
  const opnums = new Cursor(dissection.numbers('dcerpc.opnum'))
  const addresses = new Cursor(dissection.texts('dcerpc.cn_sec_addr'))
  return dissection.numbers('dcerpc.pkt_type').map((type): RpcMessage => {
    const offers: { context: number; uuid: string }[] = []
    if (type === BIND || type === ALTER_CONTEXT) {
      const count = counts.next() ?? 0
      for (const context of contexts.take(count)) offers.push({ context, uuid: (uuids.next() ?? '').toLowerCase() })
    }
    const calls = type === REQUEST || type === RESPONSE || type === FAULT
    return {
      type,
      firstFragment: ((flags.next() ?? FIRST_FRAGMENT) & FIRST_FRAGMENT) !== 0,
      callId: callIds.next() ?? 0,
      offers,
      context: (calls ? contexts.next() : undefined) ?? 0,
      opnum: calls ? opnums.next() : undefined,
      secondaryAddress: type === BIND_ACK ? addresses.next() : undefined,
    }
  })
}

/**
 * DCE-RPC calls (C706, MS-RPCE), as Zeek's dce_rpc log with interface UUID and operation number beside the names. Calls
 * over TCP are read here; those over named pipes are handed in by the SMB readers. Neither integrity nor privacy hides
 * the operation number.
 */
export class DceRpcReader implements ProtocolReader {
  readonly protocols = ['dcerpc']
  private readonly conversations = new WeakMap<Connection, RpcConversation>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const { applications } = dissection.layers
    if (header.transport !== 'tcp' || applications.has('smb') || applications.has('smb2')) return
    let conversation = this.conversations.get(connection)
    if (!conversation) {
      conversation = this.converse(undefined, connection)
      this.conversations.set(connection, conversation)
    }
    for (const message of rpcMessagesOf(dissection)) this.message(message, conversation, connection, header)
  }

  ended(connection: Connection): void {
    const conversation = this.conversations.get(connection)
    if (conversation) this.end(conversation, connection)
  }

  /** Begins a conversation over a pipe. */
  converse(pipe: string | undefined, connection: Connection): RpcConversation {
    const conversation: RpcConversation = new RpcConversation(pipe, (call) => {
      this.evictions.count('RPC calls waiting for a response')
      this.write(call, undefined, conversation, connection)
    })
    return conversation
  }

  /** Calls that no response will answer any more. */
  end(conversation: RpcConversation, connection: Connection): void {
    for (const call of conversation.calls.values()) this.write(call, undefined, conversation, connection)
    conversation.calls.clear()
  }

  message(message: RpcMessage, conversation: RpcConversation, connection: Connection, header: PacketHeader): void {
    switch (message.type) {
      case BIND:
      case ALTER_CONTEXT:
        for (const { context, uuid } of message.offers) if (uuid !== '') conversation.contexts.set(context, uuid)
        return
      case BIND_ACK:
        conversation.secondaryAddress = message.secondaryAddress ?? conversation.secondaryAddress
        return
      case REQUEST: {
        if (!message.firstFragment || message.opnum === undefined) return
        const before = conversation.calls.take(message.callId)
        if (before) this.write(before, undefined, conversation, connection)
        const uuid =
          conversation.contexts.get(message.context) ?? PIPE_INTERFACES.get(conversation.pipe?.toLowerCase() ?? '')
        conversation.calls.set(message.callId, {
          ts: header.time,
          packet: header.packet,
          uuid,
          opnum: message.opnum,
        })
        return
      }
      case RESPONSE:
      case FAULT: {
        const call = conversation.calls.take(message.callId)
        if (call) this.write(call, header.time - call.ts, conversation, connection)
        return
      }
    }
  }

  private write(
    call: Call,
    roundTrip: Micros | undefined,
    conversation: RpcConversation,
    connection: Connection,
  ): void {
    const { uuid, opnum } = call
    const { pipe, secondaryAddress } = conversation
    this.writer.writeOf(connection, 'dce_rpc', call.ts, call.packet, (row) => {
      row
        .number('rtt', roundTrip !== undefined && roundTrip > 0 ? roundTrip : undefined)
        .text('named_pipe', secondaryAddress ?? (pipe === undefined ? undefined : `\\pipe\\${pipe}`))
        .number('opnum', opnum)
      if (uuid === undefined) return
      row.text('uuid', uuid).text('endpoint', endpointName(uuid)).text('operation', operationName(uuid, opnum))
    })
  }
}
