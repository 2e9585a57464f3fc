import type { DeviceRole, Incident, IncidentDevice } from '../analyst/incident.ts'
import { ROLE_HUES } from './attack_path.ts'
import { arrowHead, circle, fitted, hueOfPhase, n, type Picture, type Shape, textWidth } from './picture.ts'
import type { ReportAlert, ReportSource } from './report.ts'
import { type TimeScale, timeScale } from './time_scale.ts'
import { clockText, dayText, shortNames, spanText } from './wording.ts'

const WIDEST = 1040
const LEFT = 178
const RIGHT = 24
const PHASE_ROW = 24
const LANE = 40
const LANES_SHOWN = 14
const DOT = 5.5
/** Who acted stands above who was reached. */
const LANE_ORDER: Readonly<Record<DeviceRole, number>> = {
  'first foothold': 0,
  'second foothold': 1,
  suspect: 1,
  target: 2,
  reached: 3,
}

/** Phases as bars above, one lane a device below, arrows where one reached another. */
export function timelinePicture(
  { incident, alerts }: Pick<ReportSource, 'incident' | 'alerts'>,
  width = WIDEST,
): Picture {
  const lanes = [...incident.devices]
    .sort((a, b) => LANE_ORDER[a.role] - LANE_ORDER[b.role] || a.first - b.first)
    .slice(0, LANES_SHOWN)
  const rest = incident.devices.length - lanes.length
  const times = [
    incident.start,
    incident.end,
    ...incident.timeline.map(({ time }) => time),
    ...incident.phases.flatMap(({ start, end }) => [start, end]),
    ...incident.links.map(({ time }) => time),
    ...alerts.flatMap(({ reached }) => reached.map(({ time }) => time)),
  ].filter(Number.isFinite)
  const scale = timeScale(times.length > 0 ? times : [0], LEFT, width - LEFT - RIGHT)
  const names = shortNames(incident.devices)
  const top = 8
  const lanesTop = top + incident.phases.length * PHASE_ROW + 14
  const bottom = lanesTop + lanes.length * LANE
  const laneOf = new Map(lanes.map(({ id }, index) => [id, lanesTop + index * LANE + LANE / 2]))
  const shapes: Shape[] = [
    ...grid(scale, top, bottom),
    ...phaseBars(incident, scale, top, width),
    ...lanes.flatMap((device, index) => lane(device, names.get(device.id)!, index, lanesTop, scale, width)),
    ...moves(incident, alerts, scale, laneOf),
    ...dots(incident, scale, laneOf),
    ...axis(scale, bottom),
  ]
  if (rest > 0) {
    shapes.push({ kind: 'text', x: 12, y: bottom + 20, text: `and ${rest} more devices`, size: 11, ink: 'muted' })
  }
  return {
    width,
    height: bottom + 42,
    title: `Timeline: ${incident.phases.length} phases, ${incident.devices.length} devices, ${spanText(incident.end - incident.start)}`,
    shapes,
  }
}

function grid(scale: TimeScale, top: number, bottom: number): Shape[] {
  const lines = scale.ticks.map(
    ({ x }): Shape => ({ kind: 'path', d: `M${n(x)} ${n(top)}L${n(x)} ${n(bottom)}`, stroke: 'line', line: 1 }),
  )
  const folds = scale.folds.flatMap(({ x, width, seconds }): Shape[] => [
    { kind: 'rect', x: x + 10, y: top, width: width - 20, height: bottom - top, radius: 4, fill: 'tint' },
    {
      kind: 'text',
      x: x + width / 2,
      y: bottom + 16,
      text: spanText(seconds),
      size: 10,
      ink: 'muted',
      anchor: 'middle',
    },
    { kind: 'text', x: x + width / 2, y: bottom + 28, text: 'nothing new', size: 10, ink: 'muted', anchor: 'middle' },
  ])
  return [...lines, ...folds]
}

function phaseBars({ phases }: Incident, scale: TimeScale, top: number, right: number): Shape[] {
  return phases.flatMap((phase, index): Shape[] => {
    const hue = hueOfPhase(phase.name)
    const y = top + index * PHASE_ROW
    const x = scale.x(phase.start)
    const width = Math.max(14, scale.x(phase.end) - x)
    const left = Math.min(x, right - RIGHT - width)
    return [
      {
        kind: 'text',
        x: 12,
        y: y + 14,
        text: fitted(phase.name, LEFT - 30, 11.5, true),
        size: 11.5,
        ink: hue,
        bold: true,
      },
      { kind: 'rect', x: left, y: y + 3, width, height: 14, radius: 7, fill: hue },
    ]
  })
}

function lane(
  device: IncidentDevice,
  name: string,
  index: number,
  top: number,
  scale: TimeScale,
  width: number,
): Shape[] {
  const y = top + index * LANE
  const middle = y + LANE / 2
  const hue = ROLE_HUES[device.role]
  const shapes: Shape[] = []
  if (index % 2 === 0) shapes.push({ kind: 'rect', x: 0, y, width, height: LANE, radius: 6, fill: 'tint' })
  const from = scale.x(device.first)
  const to = scale.x(device.last)
  shapes.push(
    { kind: 'rect', x: 0, y: y + 6, width: 4, height: LANE - 12, radius: 2, fill: hue },
    {
      kind: 'text',
      x: 12,
      y: middle - 2,
      text: fitted(name, LEFT - 34, 12.5, true),
      size: 12.5,
      ink: 'text',
      bold: true,
    },
    { kind: 'text', x: 12, y: middle + 12, text: device.role, size: 10.5, ink: hue },
    { kind: 'path', d: `M${n(from)} ${n(middle)}L${n(Math.max(to, from + 1))} ${n(middle)}`, stroke: 'edge', line: 3 },
  )
  return shapes
}

function moves(
  { links }: Incident,
  alerts: readonly ReportAlert[],
  scale: TimeScale,
  laneOf: ReadonlyMap<string, number>,
): Shape[] {
  const drawn = new Set<string>()
  const moved = links.filter(({ kind }) => kind === 'movement')
  const acted = alerts.flatMap(({ device, reached }) =>
    reached.map((each) => ({ kind: 'target', from: device, to: each.device, time: each.time })),
  )
  return [...moved, ...acted].flatMap((link): Shape[] => {
    const from = laneOf.get(link.from)
    const to = laneOf.get(link.to)
    if (from === undefined || to === undefined || from === to) return []
    const x = scale.x(link.time)
    const key = `${from} ${to} ${Math.round(x / 12)}`
    if (drawn.has(key)) return []
    drawn.add(key)
    const ink = link.kind === 'movement' ? 'red' : 'violet'
    const tip = to + (to > from ? -DOT - 1 : DOT + 1)
    return [
      {
        kind: 'path',
        d: `M${n(x)} ${n(from)}L${n(x)} ${n(tip)}`,
        stroke: ink,
        line: link.kind === 'movement' ? 2 : 1.4,
      },
      { kind: 'path', d: arrowHead({ x, y: from }, { x, y: tip }, 8), fill: ink },
      { kind: 'path', d: circle(x, to, 3), fill: ink },
    ]
  })
}

/** Entries that would cover one another are one dot with their number. */
function dots({ timeline }: Incident, scale: TimeScale, laneOf: ReadonlyMap<string, number>): Shape[] {
  const groups: { x: number; y: number; phase: string; count: number }[] = []
  for (const entry of [...timeline].sort((a, b) => a.time - b.time)) {
    const y = laneOf.get(entry.device)
    if (y === undefined) continue
    const x = scale.x(entry.time)
    const near = groups.findLast((group) => group.y === y && group.phase === entry.phase)
    if (near !== undefined && Math.abs(near.x - x) < DOT * 1.6) near.count++
    else groups.push({ x, y, phase: entry.phase, count: 1 })
  }
  return groups.flatMap(({ x, y, phase, count }): Shape[] => {
    const text = count > 99 ? '99+' : String(count)
    const radius = count > 1 ? Math.max(8, textWidth(text, 9, true) / 2 + 3) : DOT
    const dot: Shape = { kind: 'path', d: circle(x, y, radius), fill: hueOfPhase(phase), stroke: 'card', line: 1.6 }
    if (count === 1) return [dot]
    return [dot, { kind: 'text', x, y: y + 3.2, text, size: 9, ink: 'onInk', bold: true, anchor: 'middle' }]
  })
}

function axis(scale: TimeScale, bottom: number): Shape[] {
  const shapes: Shape[] = []
  let day = ''
  let end = 0
  for (const { x, time } of scale.ticks) {
    const clock = clockText(time)
    const text = clock.endsWith(':00') ? clock.slice(0, 5) : clock
    const half = textWidth(text, 11) / 2
    if (x - half < end) continue
    end = x + half + 8
    shapes.push({ kind: 'text', x, y: bottom + 16, text, size: 11, ink: 'muted', anchor: 'middle' })
    const today = dayText(time)
    if (today !== day) {
      shapes.push({
        kind: 'text',
        x,
        y: bottom + 31,
        text: today,
        size: 10.5,
        ink: 'text',
        bold: true,
        anchor: 'middle',
      })
      end = Math.max(end, x + 40)
    }
    day = today
  }
  return shapes
}
