import { BlockList, isIP } from 'node:net'
import type { DeviceRole, Incident, IncidentDevice, IncidentLink, Indicator } from '../analyst/incident.ts'
import type { EpochSeconds } from '../event/time.ts'
import type { ReportAlert, ReportSource } from './report.ts'
import { shortNames } from './wording.ts'

/** What the picture of the attack path shows, before it is laid out. */
export interface AttackGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export interface GraphNode {
  readonly name: string
  readonly detail: string
  readonly part: string
  /** Null for an endpoint outside. */
  readonly role: DeviceRole | null
  readonly icon: 'server' | 'domain controller' | 'client' | 'outside' | 'several'
  readonly stacked: boolean
}

export interface GraphEdge {
  /** Indices of nodes. */
  readonly from: number
  readonly to: number
  readonly kind: 'movement' | 'target' | 'shared' | 'outside'
  readonly time: EpochSeconds
  /** How many links it stands for. */
  readonly count: number
  /** Number in order of time; null for what is no step of the attack. */
  readonly step: number | null
}

/** Leaves of one kind at one device are stacked beyond so many; endpoints beyond so many are one node. */
const LEAVES_SHOWN = 6
const ENDPOINTS_SHOWN = 4
/** Named on the card of a stack, as far as there is room. */
const NAMES_IN_STACK = 3
/** More devices than these make no picture; the later ones are one node. */
const DEVICES_SHOWN = 24

interface Draft {
  readonly from: string
  readonly to: string
  readonly kind: GraphEdge['kind']
  time: EpochSeconds
  /** How many links or alerts stand behind it. */
  count: number
}

export function graphOf({ incident, alerts }: Pick<ReportSource, 'incident' | 'alerts'>): AttackGraph {
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const names = shortNames([...devices.values()])
  const drafts = draftsOf(incident.links, alerts, devices)
  const stackOf = stacks([...devices.values()], drafts)
  const nodes: GraphNode[] = []
  const indexOf = new Map<string, number>()
  const sizes = new Map<string, number>()
  for (const stack of stackOf.values()) sizes.set(stack, (sizes.get(stack) ?? 0) + 1)
  for (const device of devices.values()) {
    const stack = stackOf.get(device.id)
    const known = stack === undefined ? undefined : indexOf.get(stack)
    if (known !== undefined) {
      indexOf.set(device.id, known)
      continue
    }
    indexOf.set(device.id, nodes.length)
    if (stack === undefined) nodes.push(deviceNode(device, names.get(device.id)!))
    else {
      indexOf.set(stack, nodes.length)
      nodes.push({
        name: `${sizes.get(stack)} devices`,
        detail: [...devices.values()]
          .filter(({ id }) => stackOf.get(id) === stack)
          .slice(0, NAMES_IN_STACK)
          .map(({ id }) => names.get(id)!)
          .join(', '),
        part: device.role,
        role: device.role,
        icon: 'several',
        stacked: true,
      })
    }
  }
  const merged = mergedEdges(drafts, indexOf)
  addOutside(incident, alerts, indexOf, nodes, merged)
  return { nodes, edges: numbered(merged) }
}

function draftsOf(
  links: readonly IncidentLink[],
  alerts: readonly ReportAlert[],
  devices: ReadonlyMap<string, IncidentDevice>,
): Draft[] {
  const drafts = new Map<string, Draft>()
  const add = (link: Pick<IncidentLink, 'from' | 'to' | 'time'>, kind: Draft['kind']): void => {
    if (link.from === link.to || !devices.has(link.from) || !devices.has(link.to)) return
    const key = `${link.from}\n${link.to}`
    const known = drafts.get(key)
    if (known === undefined) drafts.set(key, { from: link.from, to: link.to, kind, time: link.time, count: 1 })
    // Movements come first: that one looked around on the other before is no further step.
    else if (known.kind === kind) {
      known.count++
      known.time = Math.min(known.time, link.time)
    }
  }
  for (const link of links) if (link.kind === 'movement') add(link, 'movement')
  for (const { device, reached } of alerts) {
    for (const each of reached) add({ from: device, to: each.device, time: each.time }, 'target')
  }
  // What two devices share is drawn only where nothing stronger joins one of them to the rest.
  const joined = new Set([...drafts.values()].flatMap(({ from, to }) => [from, to]))
  for (const link of links) {
    const shares = link.kind !== 'movement' && link.kind !== 'device'
    if (shares && !(joined.has(link.from) && joined.has(link.to))) add(link, 'shared')
  }
  return [...drafts.values()].sort((a, b) => a.time - b.time || order(a.from, b.from) || order(a.to, b.to))
}

/** Which devices stand in a stack: those with the same part that were reached from the same devices and did nothing. */
function stacks(devices: readonly IncidentDevice[], drafts: readonly Draft[]): Map<string, string> {
  const acted = new Set(drafts.map(({ from }) => from))
  const leaves = Map.groupBy(
    devices.filter(({ id, role }) => !acted.has(id) && role !== 'first foothold'),
    ({ id, role }) => {
      const sources = drafts.filter(({ to }) => to === id).map(({ from, kind }) => `${kind} ${from}`)
      return `stack ${role} ${sources.sort(order).join(' ')}`
    },
  )
  const stackOf = new Map<string, string>()
  for (const [stack, members] of leaves) {
    if (members.length > LEAVES_SHOWN) for (const { id } of members) stackOf.set(id, stack)
  }
  const rest = devices.filter(({ id }) => !stackOf.has(id)).slice(DEVICES_SHOWN)
  for (const { id, role } of rest) stackOf.set(id, `rest ${role}`)
  return stackOf
}

function mergedEdges(drafts: readonly Draft[], indexOf: ReadonlyMap<string, number>): GraphEdge[] {
  const edges = new Map<string, GraphEdge>()
  for (const draft of drafts) {
    const from = indexOf.get(draft.from)!
    const to = indexOf.get(draft.to)!
    if (from === to) continue
    const known = edges.get(`${from} ${to}`)
    edges.set(`${from} ${to}`, {
      from,
      to,
      kind: known?.kind === 'movement' ? 'movement' : draft.kind,
      time: Math.min(known?.time ?? draft.time, draft.time),
      count: (known?.count ?? 0) + draft.count,
      step: null,
    })
  }
  return [...edges.values()]
}

/** Endpoints that are indicators hang at the devices whose evidence they share. */
function addOutside(
  incident: Incident,
  alerts: readonly ReportAlert[],
  indexOf: ReadonlyMap<string, number>,
  nodes: GraphNode[],
  edges: GraphEdge[],
): void {
  const actors = new Map<string, Set<string>>()
  for (const { device, evidence } of [...incident.timeline, ...alerts]) {
    for (const uid of evidence) {
      const known = actors.get(uid) ?? new Set()
      actors.set(uid, known.add(device))
    }
  }
  const users = (indicator: Indicator): number[] => [
    ...new Set(
      indicator.evidence
        .flatMap((uid) => [...(actors.get(uid) ?? [])])
        .map((id) => indexOf.get(id))
        .filter((index) => index !== undefined),
    ),
  ]
  const endpoints = incident.indicators
    .filter(({ kind, value }) => kind === 'domain' || (kind === 'address' && !isInside(value)))
    .map((indicator) => ({ indicator, users: users(indicator) }))
    .filter((each) => each.users.length > 0)
  const shown = endpoints.slice(0, endpoints.length > ENDPOINTS_SHOWN ? ENDPOINTS_SHOWN - 1 : ENDPOINTS_SHOWN)
  const rest = endpoints.slice(shown.length)
  const add = (node: Pick<GraphNode, 'name' | 'detail'>, from: readonly number[], time: EpochSeconds): void => {
    for (const user of from) edges.push({ from: user, to: nodes.length, kind: 'outside', time, count: 1, step: null })
    nodes.push({ ...node, part: 'outside', role: null, icon: 'outside', stacked: false })
  }
  for (const { indicator, users: from } of shown)
    add({ name: indicator.defanged, detail: indicator.kind }, from, indicator.first)
  if (rest.length > 0) {
    const from = [...new Set(rest.flatMap((each) => each.users))]
    add({ name: `${rest.length} endpoints`, detail: 'listed below' }, from, rest[0]!.indicator.first)
  }
}

const INSIDE = new BlockList()
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  INSIDE.addSubnet(net, bits, 'ipv4')
}
INSIDE.addSubnet('fc00::', 7, 'ipv6')
INSIDE.addSubnet('fe80::', 10, 'ipv6')

/** An address inside behind which no device is known (a scan has many) is nobody's way out. */
function isInside(address: string): boolean {
  const plain = address.replaceAll('[.]', '.').replaceAll('[:]', ':')
  const version = isIP(plain)
  return version !== 0 && INSIDE.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}

function numbered(edges: readonly GraphEdge[]): GraphEdge[] {
  let step = 0
  return [...edges]
    .sort((a, b) => a.time - b.time || a.from - b.from || a.to - b.to)
    .map((edge) => (edge.kind === 'movement' || edge.kind === 'target' ? { ...edge, step: ++step } : edge))
}

function deviceNode(device: IncidentDevice, name: string): GraphNode {
  return {
    name,
    detail: device.hostname === '' ? 'no host name' : device.ip,
    part: device.role,
    role: device.role,
    icon: iconOf(device.tags),
    stacked: false,
  }
}

function iconOf(tags: readonly string[]): GraphNode['icon'] {
  const all = tags.join(' ').toLowerCase()
  if (/domain.?controller/.test(all)) return 'domain controller'
  return /server|database|critical/.test(all) ? 'server' : 'client'
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
