import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceDirectory } from '../../device/directory.ts'
import { Event } from '../../event/event.ts'
import { DAY, HOUR, MINUTE } from '../../event/time.ts'
import { BehaviourStation } from '../behaviour.ts'
import { batchesOf } from '../told_events.ts'
import { ADMIN_CHAIN, ADMIN_SOURCE } from './administration.ts'

/** Devices are the addresses 10.0.0.n, with index n and the name srv-n. */
const directory: DeviceDirectory = {
  size: 256,
  id: String,
  ip: (device) => `10.0.0.${device}`,
  hostname: (device) => `srv-${device}`,
  tagMask: () => 0,
  has: () => false,
  tags: () => [],
  firstSeen: () => 0,
  lastSeen: () => 0,
  credential: (credential) => `CORP\\user${credential}`,
}
const START = 20_000 * DAY + 9 * HOUR

class Network {
  readonly station = new BehaviourStation(directory)
  private readonly event = new Event()

  tell(log: string, at: number, orig: number, resp: number, fields: Record<string, string | number>, who = -1): void {
    const [batch] = batchesOf(log, [
      { at, fields: { 'id.orig_h': `10.0.0.${orig}`, 'id.resp_h': '10.0.0.1', ...fields } },
    ])
    const { event } = this
    event.batch = batch!
    event.row = 0
    event.key = event.clock = Math.max(event.clock, at)
    event.orig = orig
    event.resp = resp
    event.credential = who
    this.station.see(event)
  }

  /** Kerberos says for whom, RPC what is done: the two never meet in one record. */
  controlService(at: number, orig: number, resp: number, who: number): void {
    const service = `cifs/srv-${resp}.corp.example`
    this.tell('kerberos', at, orig, 1, { request_type: 'TGS', service, success: 1 }, who)
    this.tell('dce_rpc', at + MINUTE, orig, resp, { endpoint: 'svcctl', operation: 'CreateServiceW' })
  }

  valuesOf(view: string, who: number): string[] {
    return this.station.normalOfCredential(who).flatMap((habit) => (habit.view === view ? [habit.value] : []))
  }
}

test('an administrative act belongs to the credential whose ticket its source got for that very target', () => {
  const network = new Network()
  network.controlService(START, 50, 60, 3)
  assert.deepEqual(network.valuesOf(ADMIN_SOURCE.name, 3), ['srv-50'])
  network.tell('dce_rpc', START + HOUR, 51, 60, { endpoint: 'svcctl', operation: 'CreateServiceW' })
  assert.deepEqual(network.valuesOf(ADMIN_SOURCE.name, 3), ['srv-50'], 'nobody signed on from there')
})

test('a chain: a credential goes on from where it was brought, within days, and nobody else does', () => {
  const network = new Network()
  network.controlService(START, 50, 60, 3)
  network.controlService(START + HOUR, 50, 61, 3)
  assert.deepEqual(network.valuesOf(ADMIN_CHAIN.name, 3), [], 'from one place to many is administration')
  network.controlService(START + 2 * HOUR, 60, 62, 4)
  assert.deepEqual(network.valuesOf(ADMIN_CHAIN.name, 4), [], 'another credential was not brought there')
  network.controlService(START + DAY, 60, 62, 3)
  assert.deepEqual(network.valuesOf(ADMIN_CHAIN.name, 3), ['onwards from srv-60, which it had reached,'])
  network.controlService(START + 5 * DAY, 61, 63, 3)
  assert.equal(network.valuesOf(ADMIN_CHAIN.name, 3).length, 1, 'too long ago to be one path')
  network.controlService(START + 5 * DAY + HOUR, 63, 64, 3)
  assert.equal(network.valuesOf(ADMIN_CHAIN.name, 3).length, 2, 'the next hop of the same day')
})
