import type { Micros } from '../../event/time.ts'
import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

/** Modbus Application Protocol Specification V1.1b3, sections 6 and 7; Zeek's names. */
const MODBUS_FUNCTIONS: ReadonlyMap<number, string> = new Map([
  [1, 'READ_COILS'],
  [2, 'READ_DISCRETE_INPUTS'],
  [3, 'READ_HOLDING_REGISTERS'],
  [4, 'READ_INPUT_REGISTERS'],
  [5, 'WRITE_SINGLE_COIL'],
  [6, 'WRITE_SINGLE_REGISTER'],
  [7, 'READ_EXCEPTION_STATUS'],
  [8, 'DIAGNOSTICS'],
  [11, 'GET_COMM_EVENT_COUNTER'],
  [12, 'GET_COMM_EVENT_LOG'],
  [15, 'WRITE_MULTIPLE_COILS'],
  [16, 'WRITE_MULTIPLE_REGISTERS'],
  [17, 'REPORT_SLAVE_ID'],
  [20, 'READ_FILE_RECORD'],
  [21, 'WRITE_FILE_RECORD'],
  [22, 'MASK_WRITE_REGISTER'],
  [23, 'READ_WRITE_MULTIPLE_REGISTERS'],
  [24, 'READ_FIFO_QUEUE'],
  [43, 'ENCAP_INTERFACE_TRANSPORT'],
])
const MODBUS_EXCEPTIONS: readonly (string | undefined)[] = [
  undefined,
  'ILLEGAL_FUNCTION',
  'ILLEGAL_DATA_ADDRESS',
  'ILLEGAL_DATA_VALUE',
  'SLAVE_DEVICE_FAILURE',
  'ACKNOWLEDGE',
  'SLAVE_DEVICE_BUSY',
  undefined,
  'MEMORY_PARITY_ERROR',
  undefined,
  'GATEWAY_PATH_UNAVAILABLE',
  'GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND',
]
const EXCEPTION = 0x80

/** Modbus/TCP requests and responses, one row each, as Zeek's modbus log. */
export class ModbusReader implements ProtocolReader {
  readonly protocols = ['modbus', 'mbtcp']
  private readonly writer: EventWriter

  constructor(writer: EventWriter) {
    this.writer = writer
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const functions = dissection.numbers('modbus.func_code')
    const transactions = new Cursor(dissection.numbers('mbtcp.trans_id'))
    const units = new Cursor(dissection.numbers('mbtcp.unit_id'))
    const exceptions = new Cursor(dissection.numbers('modbus.exception_code'))
    const single = functions.length === 1
    const exceptional = dissection.has('modbus.exception_code')
    for (const code of functions) {
      const failed = (code & EXCEPTION) !== 0 || (single && exceptional)
      const exception = failed ? exceptions.next() : undefined
      const plain = code & ~EXCEPTION
      const name = MODBUS_FUNCTIONS.get(plain) ?? `unknown-${plain}`
      this.writer.writeOf(connection, 'modbus', header.time, header.packet, (row) => {
        row
          .number('tid', transactions.next())
          .number('unit', units.next())
          .text('func', failed ? `${name}_EXCEPTION` : name)
          .text('pdu_type', connection.isFromOriginator(header) ? 'REQ' : 'RESP')
        if (exception !== undefined) row.text('exception', MODBUS_EXCEPTIONS[exception] ?? `unknown-${exception}`)
        if (!single) return
        row
          .number('address', dissection.number('modbus.reference_num'))
          .number('quantity', dissection.number('modbus.word_cnt') ?? dissection.number('modbus.bit_cnt'))
      })
    }
  }
}

/** IEEE 1815-2012 section 4.2.2.5; Zeek's names. */
const DNP3_FUNCTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'CONFIRM'],
  [1, 'READ'],
  [2, 'WRITE'],
  [3, 'SELECT'],
  [4, 'OPERATE'],
  [5, 'DIRECT_OPERATE'],
  [6, 'DIRECT_OPERATE_NR'],
  [7, 'IMMED_FREEZE'],
  [8, 'IMMED_FREEZE_NR'],
  [9, 'FREEZE_CLEAR'],
  [10, 'FREEZE_CLEAR_NR'],
  [11, 'FREEZE_AT_TIME'],
  [12, 'FREEZE_AT_TIME_NR'],
  [13, 'COLD_RESTART'],
  [14, 'WARM_RESTART'],
  [15, 'INITIALIZE_DATA'],
  [16, 'INITIALIZE_APPL'],
  [17, 'START_APPL'],
  [18, 'STOP_APPL'],
  [19, 'SAVE_CONFIG'],
  [20, 'ENABLE_UNSOLICITED'],
  [21, 'DISABLE_UNSOLICITED'],
  [22, 'ASSIGN_CLASS'],
  [23, 'DELAY_MEASURE'],
  [24, 'RECORD_CURRENT_TIME'],
  [25, 'OPEN_FILE'],
  [26, 'CLOSE_FILE'],
  [27, 'DELETE_FILE'],
  [28, 'GET_FILE_INFO'],
  [29, 'AUTHENTICATE_FILE'],
  [30, 'ABORT_FILE'],
  [31, 'ACTIVATE_CONFIG'],
  [32, 'AUTHENTICATE_REQ'],
  [33, 'AUTHENTICATE_ERR'],
  [129, 'RESPONSE'],
  [130, 'UNSOLICITED_RESPONSE'],
  [131, 'AUTHENTICATE_RESP'],
])
const FIRST_RESPONSE = 129

interface Dnp3Request {
  readonly ts: Micros
  readonly packet: number
  readonly code: number
}

/** DNP3 requests with the reply that follows, as Zeek's dnp3 log. */
export class Dnp3Reader implements ProtocolReader {
  readonly protocols = ['dnp3']
  private readonly pending: BoundedMap<Connection, Dnp3Request>
  private readonly writer: EventWriter

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.pending = new BoundedMap(10_000, (request, connection) => {
      evictions.count('DNP3 requests waiting for a reply')
      this.write(request, undefined, undefined, connection)
    })
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const indications = new Cursor(dissection.numbers('dnp3.al.iin'))
    for (const code of dissection.numbers('dnp3.al.func')) {
      if (code < FIRST_RESPONSE) {
        this.ended(connection)
        this.pending.set(connection, { ts: header.time, packet: header.packet, code })
        continue
      }
      // An unsolicited response answers nobody.
      const request = code === 130 ? undefined : this.pending.take(connection)
      const reply = { ts: header.time, packet: header.packet, code }
      this.write(request, reply, indications.next(), connection)
    }
  }

  ended(connection: Connection): void {
    const request = this.pending.take(connection)
    if (request) this.write(request, undefined, undefined, connection)
  }

  private write(
    request: Dnp3Request | undefined,
    reply: Dnp3Request | undefined,
    indication: number | undefined,
    connection: Connection,
  ): void {
    const first = request ?? reply
    if (!first) return
    this.writer.writeOf(connection, 'dnp3', first.ts, first.packet, (row) => {
      if (request) row.text('fc_request', DNP3_FUNCTIONS.get(request.code) ?? `unknown-${request.code}`)
      if (reply) row.text('fc_reply', DNP3_FUNCTIONS.get(reply.code) ?? `unknown-${reply.code}`)
      row.number('iin', indication)
    })
  }
}
