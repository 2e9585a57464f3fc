import { graphlib, layout } from '@dagrejs/dagre'
import type { AttackStep, IncidentAnswer } from '../../../server/incident_schema.ts'

type IncidentDevice = IncidentAnswer['devices'][number]

export const NODE = { width: 196, height: 64 } as const

/** A device of the path, or those that were reached alike and went on to nothing, as one. */
export interface PathNode {
  readonly id: string
  readonly device: IncidentDevice | undefined
  readonly group: readonly IncidentDevice[]
  readonly x: number
  readonly y: number
}

export interface PathEdge {
  readonly from: string
  readonly to: string
  /** From 1, in order of time. */
  readonly number: number
  readonly steps: readonly AttackStep[]
  /** The other was looked for or looked at, no more. */
  readonly onlySeen: boolean
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Path {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PathNode[]
  readonly edges: readonly PathEdge[]
}

/** So many devices that were reached alike stand as one node; of those that were only looked at, fewer. */
const ALIKE = { reached: 3, seen: 2 } as const
/** A path of more nodes would be no picture. */
const MOST_NODES = 60

const LOOKED = new Set(['Discovery', 'Reconnaissance'])

function onlySeen(steps: readonly AttackStep[]): boolean {
  return steps.every(({ phases, why }) => why === null && phases.length > 0 && phases.every((name) => LOOKED.has(name)))
}

/** Lays out how the incident went from device to device: from left to right, as far as it can. */
export function pathOf(incident: IncidentAnswer, apart: boolean): Path {
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const all = incident.steps.filter(({ from, to }) => devices.has(from) && devices.has(to))
  // That a device was looked at tells nothing more once it was acted on.
  const acted = new Set(all.filter((step) => !onlySeen([step])).map(({ to }) => to))
  const steps = apart ? all : all.filter((step) => !acted.has(step.to) || !onlySeen([step]))
  const groups = apart ? new Map<string, IncidentDevice[]>() : alike(devices, steps)
  const groupOf = new Map([...groups].flatMap(([group, members]) => members.map(({ id }) => [id, group] as const)))
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 84, marginx: 12, marginy: 12 })
  graph.setDefaultEdgeLabel(() => ({}))
  const drawn = [...devices.keys()].filter((id) => !groupOf.has(id)).slice(0, MOST_NODES)
  for (const id of [...drawn, ...groups.keys()]) graph.setNode(id, { ...NODE })
  const edges = new Map<string, { from: string; to: string; steps: AttackStep[] }>()
  for (const step of steps) {
    const [from, to] = [step.from, groupOf.get(step.to) ?? step.to]
    if (!graph.hasNode(from) || !graph.hasNode(to)) continue
    const edge = edges.get(`${from} ${to}`)
    if (edge !== undefined) edge.steps.push(step)
    else edges.set(`${from} ${to}`, { from, to, steps: [step] })
    graph.setEdge(from, to)
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return {
    width,
    height,
    nodes: graph.nodes().map((id) => {
      const { x, y } = graph.node(id) as { x: number; y: number }
      return { id, device: devices.get(id), group: groups.get(id) ?? [], x, y }
    }),
    edges: [...edges.values()].map(({ from, to, steps: own }, index) => {
      const { points } = graph.edge(from, to) as { points: { x: number; y: number }[] }
      return { from, to, number: index + 1, steps: own, onlySeen: onlySeen(own), points }
    }),
  }
}

/** Devices that were reached from the same ones in the same way and acted on none, where they are many. */
function alike(
  devices: ReadonlyMap<string, IncidentDevice>,
  steps: readonly AttackStep[],
): Map<string, IncidentDevice[]> {
  const acts = new Set(steps.map(({ from }) => from))
  const plain = [...devices.values()].filter(({ id, role }) => !acts.has(id) && role === 'reached')
  const byWay = Map.groupBy(plain, ({ id }) => {
    const ways = steps.filter(({ to }) => to === id).map((step) => `${step.from} ${onlySeen([step])}`)
    return `those ${ways.sort().join(', ')}`
  })
  return new Map(
    [...byWay].filter(([, members]) => {
      const seen = onlySeen(steps.filter(({ to }) => to === members[0]!.id))
      return members.length >= (seen ? ALIKE.seen : ALIKE.reached)
    }),
  )
}
