import { graphlib, layout } from '@dagrejs/dagre'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'

type IncidentDevice = IncidentAnswer['devices'][number]

export const NODE = { width: 196, height: 64 } as const

/** A device of the path, or those that were only reached from one device and went on to nothing, as one. */
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
  readonly step: number
  readonly links: IncidentAnswer['links']
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Path {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PathNode[]
  readonly edges: readonly PathEdge[]
}

/** More devices reached from one that went no further stand as one node. */
const MOST_ENDS = 5
/** A path of more nodes would be no picture. */
const MOST_NODES = 60

/** Lays out how the incident went from device to device: from left to right, time as far as it can. */
export function pathOf(incident: IncidentAnswer, apart: boolean): Path {
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const moves = incident.links.filter(({ from, to }) => from !== to && devices.has(from) && devices.has(to))
  const acts = new Set(moves.map(({ from }) => from))
  const groupOf = new Map<string, string>()
  const groups = new Map<string, IncidentDevice[]>()
  if (!apart) {
    for (const [from, ends] of endsBySource(moves, acts)) {
      const plain = ends.filter((id) => devices.get(id)!.role === 'reached')
      if (plain.length <= MOST_ENDS) continue
      const group = `group of ${from}`
      groups.set(
        group,
        plain.map((id) => devices.get(id)!),
      )
      for (const id of plain) groupOf.set(id, group)
    }
  }
  const graph = new graphlib.Graph({ multigraph: false })
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 84, marginx: 12, marginy: 12 })
  graph.setDefaultEdgeLabel(() => ({}))
  const drawn = [...devices.keys()].filter((id) => !groupOf.has(id)).slice(0, MOST_NODES)
  for (const id of [...drawn, ...groups.keys()]) graph.setNode(id, { ...NODE })
  const edges = new Map<string, IncidentAnswer['links']>()
  for (const move of [...moves].sort((a, b) => a.time - b.time)) {
    const to = groupOf.get(move.to) ?? move.to
    if (!graph.hasNode(move.from) || !graph.hasNode(to)) continue
    const key = `${move.from} ${to}`
    edges.set(key, [...(edges.get(key) ?? []), move])
    graph.setEdge(move.from, to)
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
    edges: [...edges.values()].map((links, index) => {
      const from = links[0]!.from
      const to = groupOf.get(links[0]!.to) ?? links[0]!.to
      const { points } = graph.edge(from, to) as { points: { x: number; y: number }[] }
      return { from, to, step: index + 1, links, points }
    }),
  }
}

/** Devices that were reached from exactly one other and acted on none. */
function endsBySource(moves: IncidentAnswer['links'], acts: ReadonlySet<string>): Map<string, string[]> {
  const sources = new Map<string, Set<string>>()
  for (const { from, to } of moves) sources.set(to, (sources.get(to) ?? new Set()).add(from))
  const ends = new Map<string, string[]>()
  for (const [to, from] of sources) {
    if (acts.has(to) || from.size > 1) continue
    const [only = ''] = from
    ends.set(only, [...(ends.get(only) ?? []), to])
  }
  return ends
}
