import { endpointName, operationName } from '../../event/dce_rpc_names.ts'
import type { EveRecord } from './flow.ts'
import { countAt, type JsonObject, objectAt, objectsAt, textAt, withoutKeys } from './json_reader.ts'
import { otherRow } from './other.ts'
import type { EveRow } from './row.ts'
import type { SmbMemory } from './smb_memory.ts'

const USED = new Set(['interfaces', 'opnum', 'call_id'])
const UNKNOWN = 'unknown-'

/**
 * A DCE/RPC call, over TCP (EVE `dcerpc`) or over a pipe (`smb.dcerpc`) → `dce_rpc`, one row a request as in Zeek. Binds
 * and what is no request are kept as `suricata_dcerpc`.
 * @param rpc the `dcerpc` object
 * @param pipes what the SMB session has told; undefined over TCP
 */
export function dceRpcRows(record: EveRecord, rpc: JsonObject, pipes: SmbMemory | undefined): readonly EveRow[] {
  const bound = acceptedInterface(rpc)
  const remembered = record.flow.rpcInterfaces
  const opnum = countAt(rpc, 'opnum') ?? countAt(objectAt(rpc, 'req'), 'opnum')
  if (textAt(rpc, 'request') !== 'REQUEST' || opnum === undefined) {
    if (bound?.uuid !== undefined) record.flow.rpcInterfaces = [bound.uuid, ...(remembered ?? [])].slice(0, 8)
    return [otherRow(record, { ...rpc, event_type: 'dcerpc' }, 'suricata_dcerpc')]
  }
  // A request that does not name its interface (older Suricata, or a lost bind): known only when one alone was bound.
  const only = remembered !== undefined && new Set(remembered).size === 1 ? remembered[0] : undefined
  const uuid = bound?.uuid ?? only
  const endpoint = uuid === undefined ? undefined : (known(endpointName(uuid)) ?? bound?.service)
  const operation = uuid === undefined ? undefined : (known(operationName(uuid, opnum)) ?? bound?.procedure)
  return [
    {
      type: 'dce_rpc',
      line: record.line,
      ts: record.ts,
      fields: {
        ...record.connection,
        named_pipe: pipes === undefined ? undefined : pipeOf(pipes, endpoint),
        endpoint: endpoint ?? (uuid === undefined ? undefined : `${UNKNOWN}${uuid}`),
        operation: operation ?? `${UNKNOWN}${opnum}`,
        uuid,
        opnum,
      },
      extra: withoutKeys(rpc, USED),
    },
  ]
}

function known(name: string): string | undefined {
  return name.startsWith(UNKNOWN) ? undefined : name
}

interface Interface {
  readonly uuid: string
  readonly service: string | undefined
  readonly procedure: string | undefined
}

/** The interface that was accepted (ack_result 0); one whose answer was not seen if there is none. */
function acceptedInterface(rpc: JsonObject): Interface | undefined {
  const interfaces = objectsAt(rpc, 'interfaces').filter((item) => textAt(item, 'uuid') !== undefined)
  const chosen =
    interfaces.find((item) => item['ack_result'] === 0) ?? interfaces.find((item) => item['ack_result'] === undefined)
  if (!chosen) return undefined
  return {
    uuid: textAt(chosen, 'uuid')!.toLowerCase(),
    service: textAt(chosen, 'service'),
    procedure: textAt(chosen, 'procedure'),
  }
}

/** The pipe that a call runs over, as Zeek names it: the one called like the interface, else the one opened last. */
function pipeOf(memory: SmbMemory, endpoint: string | undefined): string | undefined {
  const { pipes } = memory
  const same = pipes.find((pipe) => pipe === endpoint?.toLowerCase())
  const pipe = same ?? pipes.at(-1)
  return pipe === undefined ? undefined : `\\pipe\\${pipe}`
}
