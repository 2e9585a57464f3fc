import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type RecordedEvent, recordedFromJson } from './recorded.ts'

/**
 * The bundled real recording with a port scan, password guessing and a program written to a share put into it, so that
 * the models of every kind (counts, distinct counts, sequences) have something to say. For tests of the whole way.
 */
export function recordingWithAttack(): RecordedEvent[] {
  const path = join(import.meta.dirname, '..', '..', 'demo', 'recording', 'combined_zeek.log.gz')
  const events = recordedFromJson(gunzipSync(readFileSync(path)).toString('utf8'))
  const start = 1588206000
  const attacker = '10.0.1.6'
  const made: RecordedEvent[] = []
  for (let i = 0; i < 300; i++) {
    made.push(connection(start + i * 0.7, `CScan${i}`, attacker, `10.0.2.${i % 250}`, i < 250 ? 445 : 3389, 'S0'))
  }
  for (let i = 0; i < 60; i++) {
    const ts = start + 300 + i * 2
    made.push(connection(ts, `CGuess${i}`, attacker, '10.0.0.4', 445, 'SF'))
    made.push({
      log: 'ntlm',
      fields: { ts, uid: `CGuess${i}`, ...ids(attacker, '10.0.0.4', 445), username: 'administrator', success: false },
    })
  }
  const share = { ts: start + 500, uid: 'CWrite', ...ids(attacker, '10.0.0.4', 445) }
  made.push(connection(start + 500, 'CWrite', attacker, '10.0.0.4', 445, 'SF'))
  made.push({ log: 'smb_mapping', fields: { ...share, path: '\\\\10.0.0.4\\ADMIN$', share_type: 'DISK' } })
  made.push({
    log: 'smb_files',
    fields: {
      ...share,
      ts: start + 501,
      action: 'SMB::FILE_WRITE',
      path: '\\\\10.0.0.4\\ADMIN$',
      name: 'a,b\\tool.exe',
      size: 9,
    },
  })
  for (const [i, operation] of ['OpenSCManagerW', 'CreateServiceW', 'StartServiceW'].entries()) {
    const fields = {
      ...share,
      ts: start + 503 + i,
      rtt: 0.001,
      named_pipe: '\\pipe\\svcctl',
      endpoint: 'svcctl',
      operation,
    }
    made.push({ log: 'dce_rpc', fields })
  }
  return inserted(events, made)
}

function ids(orig: string, resp: string, port: number): Record<string, unknown> {
  return { id_orig_h: orig, id_orig_p: 50000, id_resp_h: resp, id_resp_p: port }
}

function connection(ts: number, uid: string, orig: string, resp: string, port: number, state: string): RecordedEvent {
  const answered = state === 'SF'
  const fields = {
    ...{ ts, uid, ...ids(orig, resp, port), proto: 'tcp', conn_state: state, history: answered ? 'ShADadFf' : 'S' },
    ...(answered ? { duration: 0.5, orig_bytes: 900, resp_bytes: 700 } : {}),
    ...{ orig_pkts: answered ? 9 : 1, resp_pkts: answered ? 8 : 0 },
  }
  return { log: 'conn', fields }
}

/** Each made event stands in its log before the first recorded one that was known later. */
function inserted(events: readonly RecordedEvent[], made: readonly RecordedEvent[]): RecordedEvent[] {
  const waiting = [...made]
  const all: RecordedEvent[] = []
  for (const event of events) {
    while (waiting.length > 0 && Number(waiting[0]!.fields['ts']) <= Number(event.fields['ts']))
      all.push(waiting.shift()!)
    all.push(event)
  }
  return [...all, ...waiting]
}
