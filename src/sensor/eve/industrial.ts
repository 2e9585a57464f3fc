import type { EveRecord } from './flow.ts'
import { countAt, isObject, type JsonObject, objectAt, textAt } from './json_reader.ts'
import { otherRow } from './other.ts'
import type { EveRow } from './row.ts'

/** Names as Zeek writes them (Modbus Application Protocol V1.1b3, section 6). */
const MODBUS_FUNCTION: Readonly<Record<number, string>> = {
  1: 'READ_COILS',
  2: 'READ_DISCRETE_INPUTS',
  3: 'READ_HOLDING_REGISTERS',
  4: 'READ_INPUT_REGISTERS',
  5: 'WRITE_SINGLE_COIL',
  6: 'WRITE_SINGLE_REGISTER',
  7: 'READ_EXCEPTION_STATUS',
  8: 'DIAGNOSTICS',
  11: 'GET_COMM_EVENT_COUNTER',
  12: 'GET_COMM_EVENT_LOG',
  15: 'WRITE_MULTIPLE_COILS',
  16: 'WRITE_MULTIPLE_REGISTERS',
  17: 'REPORT_SLAVE_ID',
  20: 'READ_FILE_RECORD',
  21: 'WRITE_FILE_RECORD',
  22: 'MASK_WRITE_REGISTER',
  23: 'READ_WRITE_MULTIPLE_REGISTERS',
  24: 'READ_FIFO_QUEUE',
  43: 'ENCAP_INTERFACE_TRANSPORT',
}
const MODBUS_EXCEPTION: Readonly<Record<number, string>> = {
  1: 'ILLEGAL_FUNCTION',
  2: 'ILLEGAL_DATA_ADDRESS',
  3: 'ILLEGAL_DATA_VALUE',
  4: 'SLAVE_DEVICE_FAILURE',
  5: 'ACKNOWLEDGE',
  6: 'SLAVE_DEVICE_BUSY',
  8: 'MEMORY_PARITY_ERROR',
  10: 'GATEWAY_PATH_UNAVAILABLE',
  11: 'GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND',
}

/** EVE `modbus` → `modbus`: a row for the request and one for the response, as in Zeek. */
export function modbusRows(record: EveRecord): readonly EveRow[] {
  const modbus = objectAt(record.json, 'modbus')
  const rows: EveRow[] = []
  if (isObject(modbus['request'])) rows.push(modbusRow(record, objectAt(modbus, 'request'), 'REQ'))
  if (isObject(modbus['response'])) rows.push(modbusRow(record, objectAt(modbus, 'response'), 'RESP'))
  return rows.length > 0 ? rows : [otherRow(record)]
}

function modbusRow(record: EveRecord, message: JsonObject, pdu: string): EveRow {
  const raw = countAt(message, 'function_raw')
  const exception = countAt(objectAt(message, 'exception'), 'raw')
  const access = isObject(message['write']) ? objectAt(message, 'write') : objectAt(message, 'read')
  // An exception's function code is the request's with the top bit set.
  const code = raw === undefined ? undefined : raw & 0x7f
  const fields = {
    ...record.connection,
    tid: countAt(message, 'transaction_id'),
    unit: countAt(message, 'unit_id'),
    func: code === undefined ? textAt(message, 'function_code') : (MODBUS_FUNCTION[code] ?? `unknown-${code}`),
    pdu_type: pdu,
    exception: exception === undefined ? undefined : (MODBUS_EXCEPTION[exception] ?? `unknown-${exception}`),
    address: countAt(access, 'address'),
    quantity: countAt(access, 'quantity'),
  }
  return { type: 'modbus', line: record.line, ts: record.ts, fields }
}

/** Function codes of IEEE 1815, as Zeek names them. */
const DNP3_FUNCTION =
  'CONFIRM READ WRITE SELECT OPERATE DIRECT_OPERATE DIRECT_OPERATE_NR IMMED_FREEZE IMMED_FREEZE_NR FREEZE_CLEAR FREEZE_CLEAR_NR FREEZE_AT_TIME FREEZE_AT_TIME_NR COLD_RESTART WARM_RESTART INITIALIZE_DATA INITIALIZE_APPL START_APPL STOP_APPL SAVE_CONFIG ENABLE_UNSOLICITED DISABLE_UNSOLICITED ASSIGN_CLASS DELAY_MEASURE RECORD_CURRENT_TIME OPEN_FILE CLOSE_FILE DELETE_FILE GET_FILE_INFO AUTHENTICATE_FILE ABORT_FILE ACTIVATE_CONFIG AUTHENTICATE_REQ AUTHENTICATE_REQ_NR'.split(
    ' ',
  )
const DNP3_ANSWER: Readonly<Record<number, string>> = {
  129: 'RESPONSE',
  130: 'UNSOLICITED_RESPONSE',
  131: 'AUTHENTICATE_RESP',
}

/** EVE `dnp3` → `dnp3`: a record of its own for request and response, or (8.0) both in one. */
export function dnp3Rows(record: EveRecord): readonly EveRow[] {
  const dnp3 = objectAt(record.json, 'dnp3')
  const request = isObject(dnp3['request']) ? objectAt(dnp3, 'request') : dnp3
  const response = isObject(dnp3['response']) ? objectAt(dnp3, 'response') : dnp3
  const code = (message: JsonObject): number | undefined => countAt(objectAt(message, 'application'), 'function_code')
  const asked = code(request)
  const answered = code(response)
  const fields = {
    ...record.connection,
    fc_request: asked !== undefined && asked < 128 ? (DNP3_FUNCTION[asked] ?? `unknown-${asked}`) : undefined,
    fc_reply: answered !== undefined && answered >= 128 ? (DNP3_ANSWER[answered] ?? `unknown-${answered}`) : undefined,
  }
  return [
    {
      type: 'dnp3',
      line: record.line,
      ts: record.ts,
      fields,
      extra: { src: request['src'], dst: request['dst'], iin: response['iin'] },
    },
  ]
}
