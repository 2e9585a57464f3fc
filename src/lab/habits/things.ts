import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { resolve } from '../protocols/dns.ts'
import { modbus, ntp, sip, snmp, voice } from '../protocols/machines.ts'
import { SmbSession } from '../protocols/smb.ts'
import { ping, tcp, udp } from '../protocols/transport.ts'
import { fetchOutside, programOf } from '../protocols/web.ts'
import { type DeviceHabit, poll } from './presence.ts'

/** Printers: supplies reported, scans filed on a share. */
export const printer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind, serviceAccounts } = world.plan
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  if (device.index % 2 === 0) {
    poll(world, random, from, to, 2 * HOUR, 0.05, (scene, at) => {
      fetchOutside(scene, at, device, outside.service('printer-vendor').hosts[0]!, {
        program: programOf(world, 'printer', ''),
        duration: 2 * SECOND,
        sent: 3000,
        received: 900,
        oldTls: true,
      })
    })
  }
  if (!calendar.isWorkday(day)) return
  const target = byKind('file-server')[device.index % byKind('file-server').length]!
  poll(world, random, calendar.at(day, 8), calendar.at(day, 17), 40 * MINUTE, 0.9, (scene, at) => {
    if (!target.isOn(day)) return
    // Copiers speak NTLM with one account for all of them.
    new SmbSession(
      scene,
      at,
      device,
      target,
      { account: serviceAccounts.get('copier')!, how: 'ntlm' },
      { by: 'address' },
    )
      .tree('Scans')
      .write(`scan_${scene.random.between(1000, 99_999)}.pdf`, scene.random.lognormal(600_000, 0.9))
      .close()
  })
}

/** Desk phones register at the exchange and are used. */
export const phone: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind } = world.plan
  const exchange = byKind('linux-server')[0]!
  const agent = `PolycomVVX-${(device.index % 4) + 3}00/5.9`
  poll(world, random, calendar.at(day, 0), calendar.at(day, 24), 20 * MINUTE, 0.03, (scene, at) =>
    sip(scene, at, device, exchange, 'REGISTER', device.name.toLowerCase(), agent),
  )
  poll(world, random, calendar.at(day, 0), calendar.at(day, 24), 4 * HOUR, 0.02, (scene, at) =>
    ntp(scene, at, device, outside.service('time').hosts[0]!),
  )
  if (!calendar.isWorkday(day)) return
  const phones = byKind('phone')
  poll(world, random, calendar.at(day, 8), calendar.at(day, 17), 70 * MINUTE, 0.9, (scene, at) => {
    const other = scene.random.pick(phones)
    const inside = scene.random.chance(0.4) && other !== device
    sip(scene, at, device, exchange, 'INVITE', String(scene.random.between(100, 99_999)), agent)
    const peer = inside ? other : outside.service('phone-provider').hosts[0]!
    voice(scene, at + 4 * SECOND, device, peer, Math.floor(scene.random.lognormal(110, 0.9) * SECOND))
  })
}

/** Cameras stream to a recorder and to nowhere else. */
export const camera: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind } = world.plan
  const servers = byKind('linux-server')
  const recorder = servers[servers.length - 1]!
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  poll(
    world,
    random,
    from,
    to,
    HOUR,
    0.01,
    (scene, at) =>
      void tcp(scene, at, recorder, device, 554, {
        duration: 59 * MINUTE,
        sent: 90_000,
        received: scene.random.lognormal(4e8, 0.3),
      }),
  )
  poll(
    world,
    random,
    from,
    to,
    5 * MINUTE,
    0.02,
    (scene, at) => void udp(scene, at, device, recorder, 3702, { duration: 2000, sent: 600, received: 400 }),
  )
  if (device.index % 3 === 0)
    poll(world, random, from, to, 15 * MINUTE, 0.05, (scene, at) => {
      fetchOutside(scene, at, device, outside.service('camera-cloud').hosts[0]!, {
        program: programOf(world, 'camera', ''),
        duration: SECOND,
        sent: 900,
        received: 400,
        oldTls: true,
      })
    })
}

/** Scanners and monitors of a hospital: pictures by DICOM to the archive, messages by HL7; a vendor's remote service. */
export const medical: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind } = world.plan
  const archive = byKind('application-server')[0]!
  const broker = byKind('application-server')[1] ?? archive
  const busy = calendar.isWorkday(day) ? 1 : 3
  poll(world, random, calendar.at(day, 6), calendar.at(day, 20), busy * 9 * MINUTE, 0.9, (scene, at) => {
    tcp(scene, at, device, archive, 104, {
      duration: Math.floor(scene.random.lognormal(15, 1) * SECOND),
      sent: scene.random.lognormal(2e7, 1.2),
      received: 4000,
    })
    const messages = scene.random.between(1, 4)
    for (let i = 0; i < messages; i++)
      tcp(scene, at + i * SECOND, device, broker, 2575, { duration: 400_000, sent: 1200, received: 300 })
  })
  poll(
    world,
    random,
    calendar.at(day, 0),
    calendar.at(day, 24),
    6 * MINUTE,
    0.05,
    (scene, at) => void tcp(scene, at, device, archive, 11_112, { duration: 100_000, sent: 300, received: 300 }),
  )
  if (device.index % 2 === 0)
    poll(world, random, calendar.at(day, 0), calendar.at(day, 24), HOUR, 0.03, (scene, at) => {
      const host = outside.service('medical-vendor').hosts[0]!
      fetchOutside(scene, resolve(scene, at, device, host), device, host, {
        program: programOf(world, 'medical', ''),
        duration: 5 * SECOND,
        sent: 9000,
        received: 1200,
        oldTls: true,
      })
    })
}

const READS = ['READ_HOLDING_REGISTERS', 'READ_INPUT_REGISTERS', 'READ_COILS', 'READ_HOLDING_REGISTERS']

/** Controllers of machines, asked by their control station; written by it alone, a few times a day. */
export const industrial: DeviceHabit = (world, device, day, random) => {
  const { calendar, byKind } = world.plan
  const all = byKind('industrial')
  const station = all[0]!
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  if (device === station) {
    for (const controller of all.slice(1)) {
      // One connection an hour stands for it; each request is a row.
      poll(world, random, from, to, HOUR, 0.001, (scene, at) => {
        const functions: string[] = []
        for (let i = 0; i < 50; i++) functions.push(READS[i % READS.length]!)
        if (scene.random.chance(0.2)) functions.push('WRITE_SINGLE_REGISTER')
        modbus(scene, at, station, controller, functions, 70 * SECOND)
      })
    }
    return
  }
  poll(
    world,
    random,
    from,
    to,
    10 * MINUTE,
    0.01,
    (scene, at) => void udp(scene, at, device, station, 2222, { duration: 5 * MINUTE, sent: 40_000, received: 0 }),
  )
}

/** Switches and firewalls: traps and logs to the monitoring server, routing neighbours. */
export const networkGear: DeviceHabit = (world, device, day, random) => {
  const { calendar, byKind } = world.plan
  const monitoring = byKind('monitoring-server')[0]!
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  poll(
    world,
    random,
    from,
    to,
    3 * MINUTE,
    0.7,
    (scene, at) =>
      void udp(scene, at, device, monitoring, 514, {
        service: 'syslog',
        duration: 30 * SECOND,
        sent: 3000,
        received: 0,
        fromPort: 514,
      }),
  )
  poll(world, random, from, to, 5 * HOUR, 0.5, (scene, at) => snmp(scene, at, device, monitoring, 1, false))
  const gear = byKind('network-gear')
  const neighbour = gear[(gear.indexOf(device) + 1) % gear.length]!
  if (neighbour !== device)
    poll(world, random, from, to, 10 * MINUTE, 0.01, (scene, at) => void ping(scene, at, device, neighbour, 3, true))
}
