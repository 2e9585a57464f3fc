import type { Command } from 'commander'
import { microsOf, utcText } from '../event/time.ts'
import { CommandFailure } from './failure.ts'
import { type DeviceRecord, needResults, readAlerts, readDevices } from './results.ts'
import { out, paint, table, visible } from './terminal.ts'

const NORMAL_SHOWN_A_VIEW = 8

export function addDeviceCommand(program: Command): void {
  program
    .command('device')
    .argument('[name]', 'a host name, an address (also one it had before), a MAC or an id; without it all are listed')
    .description('say who a device is, its roles and why, what is normal for it, and its alerts')
    .option('--from <dir>', 'the --out folder of a replay', 'thymus-out')
    .option('--json', 'the same as JSON')
    .addHelpText('after', '\nExit codes: 0 · 2 no such device, or no results')
    .action((name: string | undefined, options: { from: string; json?: boolean }) => {
      needResults(options.from)
      const devices = readDevices(options.from)
      if (name === undefined) {
        if (options.json) out(JSON.stringify(devices, null, 2))
        else out(listText(devices))
        return
      }
      const found = find(devices, name)
      const alerts = readAlerts(options.from).filter((alert) => found.some((device) => device.id === alert.device.id))
      if (options.json) out(JSON.stringify({ devices: found, alerts }, null, 2))
      else
        for (const device of found)
          print(
            device,
            alerts.filter((alert) => alert.device.id === device.id),
          )
    })
}

export function listText(devices: readonly DeviceRecord[]): string {
  const rows = devices.map((device) => [
    device.hostname || '-',
    device.ip,
    device.vendor ?? '',
    utcText(microsOf(device.first_seen)),
    device.id,
    device.tags.map((tag) => tag.tag).join(', '),
  ])
  return table([['name', 'address', 'vendor', 'first seen', 'id', 'tags'], ...rows])
}

/** Several devices may have had an address one after the other: all of them are meant. */
function find(devices: readonly DeviceRecord[], name: string): DeviceRecord[] {
  const wanted = name.toLowerCase()
  const exact = devices.filter(
    (device) =>
      device.id === wanted ||
      device.aliases.includes(wanted) ||
      device.ip === wanted ||
      device.names.some((each) => each.name.toLowerCase() === wanted) ||
      device.macs.includes(wanted) ||
      device.hostname?.toLowerCase() === wanted ||
      device.addresses.some(({ address }) => address === wanted),
  )
  if (exact.length > 0) return exact
  const like = devices.filter(
    (device) => device.id.startsWith(wanted) || device.hostname?.toLowerCase().startsWith(wanted),
  )
  if (like.length > 0) return like
  throw new CommandFailure(`no device is called ${visible(name)} or had that address; thymus device lists them`)
}

function print(device: DeviceRecord, alerts: ReturnType<typeof readAlerts>): void {
  const head = device.hostname ? `${device.hostname} · ${device.ip}` : device.ip
  out(paint('bold', visible(head)))
  out(`  id ${device.id}${device.vendor ? ` · ${visible(device.vendor)}` : ''}`)
  out(`  seen from ${utcText(microsOf(device.first_seen))} to ${utcText(microsOf(device.last_seen))}`)
  section(
    'Addresses',
    device.addresses.map(({ address, from, to }) => [
      address,
      `from ${utcText(microsOf(from))}`,
      to === null ? 'until now' : `to ${utcText(microsOf(to))}`,
    ]),
  )
  section(
    'Names, as it and others say (never proof)',
    device.names.map(({ name, confidence, evidence }) => [name, `${Math.round(confidence * 100)} %`, evidence]),
  )
  if (device.macs.length > 0)
    section(
      'MAC',
      device.macs.map((mac) => [mac]),
    )
  section(
    'Roles and states',
    device.tags.map((tag) => [tag.tag, tag.source, `since ${utcText(microsOf(tag.since))}`, tag.reason]),
  )
  const views = Map.groupBy(device.normal, (item) => item.view)
  out(paint('bold', 'What is normal for it'))
  if (views.size === 0) out('  nothing learned yet')
  for (const [view, items] of views) {
    const shown = [...items]
      .sort((a, b) => b.days - a.days || (a.value < b.value ? -1 : 1))
      .slice(0, NORMAL_SHOWN_A_VIEW)
    out(`  ${view}${items.length > shown.length ? ` (${items.length}, the most usual)` : ''}`)
    out(
      table(
        shown.map((item) => [`    ${item.value}`, `on ${item.days} of ${item.of_days} days`, `last ${item.last_day}`]),
        70,
      ),
    )
  }
  const volumes = device.volumes.filter(({ window, highest }) => window === 'a day' && highest > 0)
  const amount = (metric: string, value: number): string =>
    metric.startsWith('bytes') ? `${(value / 1024 ** 2).toFixed(1)} MiB` : String(value)
  if (volumes.length > 0)
    section(
      'How much it does on a day',
      volumes.map(({ metric, median, highest, of_days }) => [
        metric,
        `usually up to ${amount(metric, median)}`,
        `at most ${amount(metric, highest)}`,
        `of ${of_days} days`,
      ]),
    )
  section(
    'Alerts',
    alerts.map((alert) => [
      String(Math.round(alert.score)),
      utcText(microsOf(alert.time)),
      alert.id,
      alert.model,
      alert.summary,
    ]),
  )
}

function section(title: string, rows: readonly (readonly string[])[]): void {
  out(paint('bold', title))
  if (rows.length === 0) out('  none')
  else
    out(
      table(
        rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]),
        90,
      ),
    )
}
