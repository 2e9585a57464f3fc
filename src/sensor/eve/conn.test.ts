import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOON, type ReadRow, rowsOf } from './read_for_test.ts'

/** A flow of one minute with its TCP flags, as Suricata 7 writes it. */
function flow(
  flags: { ts: string; tc: string } | undefined,
  change: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    event_type: 'flow',
    timestamp: '2024-04-20T13:30:00.000000+0000',
    app_proto: 'smb',
    flow: {
      pkts_toserver: 5,
      pkts_toclient: 4,
      bytes_toserver: 600,
      bytes_toclient: 500,
      start: '2024-04-20T14:00:00.000001+0200',
      end: '2024-04-20T14:01:00.000001+0200',
      age: 60,
      state: 'closed',
      reason: 'timeout',
      alerted: false,
    },
    ...(flags === undefined ? {} : { tcp: { tcp_flags_ts: flags.ts, tcp_flags_tc: flags.tc, state: 'closed' } }),
    ...change,
  }
}

async function conn(record: Record<string, unknown>): Promise<ReadRow> {
  const rows = await rowsOf(record)
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['conn'],
  )
  return rows[0]!
}

test('a flow is a connection that began at its start and is known at its end, whatever the time zone of the sensor', async () => {
  const { fields, known, extra } = await conn(
    flow(
      { ts: '1b', tc: '1b' },
      { vlan: [10, 20], community_id: '1:abc', ether: { src_macs: ['AA:00:00:00:00:01'], dest_macs: ['b:1', 'b:2'] } },
    ),
  )
  assert.equal(fields['ts'], NOON + 1)
  assert.equal(known, NOON + 60_000_001)
  const { uid, ...rest } = fields
  assert.match(String(uid), /^C[0-9A-Za-z]{17}$/)
  assert.deepEqual(rest, {
    ts: NOON + 1,
    'id.orig_h': '10.0.0.5',
    'id.orig_p': 50_000,
    'id.resp_h': '10.0.0.10',
    'id.resp_p': 445,
    proto: 'tcp',
    service: 'smb',
    duration: 60_000_000,
    conn_state: 'SF',
    history: 'ShADadFf',
    orig_pkts: 5,
    // 600 bytes of frames less 5 Ethernet headers of 14 bytes and two VLAN tags of 4 each.
    orig_ip_bytes: 600 - 5 * 22,
    resp_pkts: 4,
    resp_ip_bytes: 500 - 4 * 22,
    vlan: 10,
    inner_vlan: 20,
    orig_l2_addr: 'aa:00:00:00:00:01',
    community_id: '1:abc',
  })
  assert.deepEqual(extra, { state: 'closed', reason: 'timeout', alerted: false })
})

test("conn_state follows Zeek's rules from the flags of both sides", async () => {
  const expected: readonly (readonly [ts: string, tc: string, state: string, history: string])[] = [
    ['02', '00', 'S0', 'S'],
    ['02', '14', 'REJ', 'Sr'],
    ['c2', '14', 'REJ', 'Sr'],
    ['02', '12', 'S1', 'Sh'],
    ['1a', '1a', 'S1', 'ShADad'],
    ['13', '12', 'S2', 'ShAF'],
    ['1a', '1b', 'S3', 'ShADadf'],
    ['1b', '1b', 'SF', 'ShADadFf'],
    ['06', '12', 'RSTO', 'ShR'],
    ['1e', '1a', 'RSTO', 'ShADadR'],
    ['1a', '1e', 'RSTR', 'ShADadr'],
    ['06', '00', 'RSTOS0', 'SR'],
    ['03', '00', 'SH', 'SF'],
    ['00', '12', 'OTH', 'h'],
    ['00', '16', 'RSTRH', 'hr'],
    ['00', '13', 'SHR', 'hf'],
    ['18', '18', 'OTH', 'ADd'],
  ]
  for (const [ts, tc, state, history] of expected) {
    const { fields } = await conn(flow({ ts, tc }))
    assert.deepEqual([fields['conn_state'], fields['history']], [state, history], `${ts} ${tc}`)
  }
})

test('a flow of which Suricata kept no TCP session, or wrote no flags, claims no more than is known', async () => {
  assert.equal((await conn(flow({ ts: '00', tc: '00' }))).fields['conn_state'], 'OTH')
  const without = async (state: string, back: number): Promise<unknown> =>
    (
      await conn(
        flow(undefined, {
          flow: { pkts_toserver: 1, pkts_toclient: back, bytes_toserver: 60, bytes_toclient: back * 60, state },
        }),
      )
    ).fields['conn_state']
  assert.deepEqual(
    [await without('new', 0), await without('established', 3), await without('closed', 3), await without('closed', 0)],
    ['S0', 'S1', 'SF', 'OTH'],
  )
})

test('payload bytes are given where they are certain: UDP, and sides that cannot have sent any', async () => {
  const udp = await conn(flow(undefined, { proto: 'UDP', app_proto: 'dns', dest_port: 53 }))
  assert.deepEqual(
    [
      udp.fields['conn_state'],
      udp.fields['history'],
      udp.fields['orig_bytes'],
      udp.fields['resp_bytes'],
      udp.fields['service'],
    ],
    ['SF', 'Dd', 600 - 5 * 42, 500 - 4 * 42, 'dns'],
  )
  const rejected = await conn(flow({ ts: '02', tc: '14' }))
  assert.deepEqual([rejected.fields['orig_bytes'], rejected.fields['resp_bytes']], [0, 0])
  assert.equal((await conn(flow({ ts: '1b', tc: '1b' }))).fields['orig_bytes'], undefined)
})

test("services and ICMP have Zeek's names and places", async () => {
  const service = async (app: string): Promise<unknown> =>
    (await conn(flow({ ts: '1b', tc: '1b' }, { app_proto: app }))).fields['service']
  assert.deepEqual(await Promise.all(['tls', 'krb5', 'dcerpc', 'failed', 'rdp'].map(service)), [
    'ssl',
    'krb',
    'dce_rpc',
    undefined,
    'rdp',
  ])
  const ping = await conn(
    flow(undefined, {
      proto: 'IPv6-ICMP',
      icmp_type: 128,
      icmp_code: 0,
      src_port: undefined,
      dest_port: undefined,
      app_proto: undefined,
    }),
  )
  assert.deepEqual(
    [ping.fields['proto'], ping.fields['id.orig_p'], ping.fields['id.resp_p'], ping.fields['conn_state']],
    ['icmp', 128, 129, 'OTH'],
  )
})

test('IPv6 is written as Zeek writes it, and all records of a flow bear one uid, whichever way they point', async () => {
  const [src, dest] = ['FE80:0000:0000:0000:0000:0000:0000:0001', '2001:0db8:0000:0000:0001:0000:0000:0002']
  const rows = await rowsOf(
    flow({ ts: '1b', tc: '1b' }, { src_ip: src, dest_ip: dest }),
    { event_type: 'alert', src_ip: dest, src_port: 445, dest_ip: src, dest_port: 50_000, alert: { signature: 'x' } },
    flow({ ts: '1b', tc: '1b' }, { src_ip: src, dest_ip: dest, flow_id: 2 }),
    flow({ ts: '1b', tc: '1b' }, { src_ip: '::ffff:10.0.0.5', dest_ip: dest }),
  )
  const conns = rows.filter(({ type }) => type === 'conn')
  const alert = rows.find(({ type }) => type === 'suricata_alert')!
  assert.deepEqual([conns[0]!.fields['id.orig_h'], conns[0]!.fields['id.resp_h']], ['fe80::1', '2001:db8::1:0:0:2'])
  assert.equal(alert.fields['uid'], conns[0]!.fields['uid'])
  assert.deepEqual([alert.fields['id.orig_h'], alert.extra?.['to_client']], ['fe80::1', true])
  assert.notEqual(conns[1]!.fields['uid'], conns[0]!.fields['uid'])
  assert.equal(conns[2]!.fields['id.orig_h'], '10.0.0.5')
})
