import type { BehaviourStation } from '../behaviour/behaviour.ts'
import type { DeviceDescription } from '../device/describe.ts'
import { secondsOf } from '../event/time.ts'

/** A line of `devices.jsonl`: who a device is, and what is normal for it. */
export function deviceLine(
  device: number,
  described: DeviceDescription,
  behaviour: BehaviourStation,
): Record<string, unknown> {
  return {
    id: described.id,
    aliases: described.aliases,
    ip: described.ip,
    hostname: described.hostname,
    site: described.site,
    vendor: described.macs.find(({ vendor }) => vendor !== '')?.vendor ?? null,
    first_seen: secondsOf(described.firstSeen),
    last_seen: secondsOf(described.lastSeen),
    addresses: described.addresses.map(({ ip, since, until, why }) => ({
      address: ip,
      from: secondsOf(since ?? described.firstSeen),
      to: until === undefined ? null : secondsOf(until),
      why,
    })),
    macs: described.macs.map(({ mac }) => mac),
    names: described.names.map(({ name, full, confidence, evidence }) => ({
      name,
      full,
      confidence: confidence / 100,
      evidence: evidence.map(({ says }) => says).join('; '),
    })),
    tags: described.tags.map(({ tag, since, until, reason, source }) => ({
      tag,
      since: secondsOf(since),
      until: until === undefined ? null : secondsOf(until),
      reason,
      source,
    })),
    served: described.served.map(({ kind, clients }) => ({ kind, clients })),
    normal: behaviour.normal(device).map(({ view, value, firstDay, lastDay, days, activeDaysOfDevice }) => ({
      view,
      value,
      days,
      of_days: activeDaysOfDevice,
      first_day: firstDay,
      last_day: lastDay,
    })),
    volumes: behaviour
      .metrics(device)
      .map(({ metric, window, days, activeDays, median, ninetyNinth, highest, groupNinetyNinth }) => ({
        metric,
        window,
        days,
        of_days: activeDays,
        median,
        ninety_ninth: ninetyNinth,
        highest,
        group_ninety_ninth: groupNinetyNinth ?? null,
      })),
  }
}
