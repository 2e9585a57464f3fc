import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { MonitorOff } from 'lucide-react'
import type { JSX } from 'react'
import type { DeviceBrief } from '../../../server/device_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { useWalk } from '../keys.ts'
import { Chip, Time } from '../parts/bits.tsx'
import { Filter, matches } from '../parts/filter.tsx'
import { Score } from '../parts/severity.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { visible } from '../visible.ts'
import { shortName } from '../words.ts'

/** Rows that are drawn at once: the filter finds the others. */
const SHOWN = 300

export function DevicesPage(): JSX.Element {
  const query = useQuery(api.devices())
  return (
    <>
      <title>Devices · Thymus</title>
      <div className="mb-2.5 flex items-center justify-between gap-4">
        <h1 className="text-xl font-semibold tracking-tight">Devices</h1>
        <Filter label="Filter by name, address, role" />
      </div>
      <Loaded query={query} rows={10}>
        {({ devices }) => <DeviceTable devices={devices} />}
      </Loaded>
    </>
  )
}

function DeviceTable({ devices }: { devices: readonly DeviceBrief[] }): JSX.Element {
  const { search } = useAddress()
  const navigate = useNavigate()
  const fitting = devices.filter(({ ip, hostname, vendor, tags }) =>
    matches(search['q'], [ip, hostname, vendor, ...tags]),
  )
  const shown = fitting.slice(0, SHOWN)
  const { rowProps } = useWalk(
    shown.map(({ id }) => id),
    (id) => void navigate({ to: '/devices/$id', params: { id } }),
  )
  if (shown.length === 0) {
    return (
      <div className="panel">
        <Empty icon={MonitorOff} title={devices.length === 0 ? 'No devices were seen' : 'No device fits the filter'} />
      </div>
    )
  }
  return (
    <div className="panel overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-ink3">
            <th className="px-4 py-2 font-medium">Device</th>
            <th className="px-3 py-2 font-medium">Address</th>
            <th className="px-3 py-2 font-medium">Roles and states</th>
            <th className="px-3 py-2 font-medium">Highest alert</th>
            <th className="px-3 py-2 text-right font-medium">Alerts</th>
            <th className="px-4 py-2 text-right font-medium">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((device) => (
            <tr
              key={device.id}
              {...rowProps(device.id)}
              className="relative border-b border-line last:border-0 hover:bg-raise/60 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
            >
              <td className="px-4 py-1.5">
                <Link
                  to="/devices/$id"
                  params={{ id: device.id }}
                  title={visible(device.hostname ?? device.ip)}
                  className="font-medium after:absolute after:inset-0"
                >
                  <Text value={shortName(device)} />
                </Link>
              </td>
              <td className="num px-3 py-1.5 text-ink2">{device.ip}</td>
              <td className="px-3 py-1.5">
                <span className="flex flex-wrap gap-1">
                  {device.tags.slice(0, 5).map((tag) => (
                    <Chip key={tag}>
                      <Text value={tag} />
                    </Chip>
                  ))}
                </span>
              </td>
              <td className="px-3 py-1.5">{device.highest_score !== null && <Score score={device.highest_score} />}</td>
              <td className="num px-3 py-1.5 text-right text-ink2">{device.alerts > 0 && device.alerts}</td>
              <td className="px-4 py-1.5 text-right text-ink2">
                <Time at={device.last_seen} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {fitting.length > shown.length && (
        <p className="border-t border-line px-4 py-2 text-sm text-ink3">
          and {fitting.length - shown.length} more: filter
        </p>
      )}
    </div>
  )
}
