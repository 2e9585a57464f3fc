import type { DeviceRole } from '../analyst/incident.ts'
import { type AttackGraph, graphOf } from './attack_graph.ts'
import {
  arrowHead,
  circle,
  fitted,
  type Hue,
  type Ink,
  n,
  type Picture,
  type Shape,
  smoothPath,
  textWidth,
} from './picture.ts'
import type { ReportSource } from './report.ts'
import { clockText } from './wording.ts'

const CARD = { width: 188, height: 66 }
/** A picture wider than a page is laid out from top to bottom. */
const WIDEST = 1040
const LEGEND_HEIGHT = 30

export const ROLE_HUES: Readonly<Record<DeviceRole, Hue>> = {
  'first foothold': 'red',
  'second foothold': 'orange',
  suspect: 'amber',
  target: 'violet',
  reached: 'slate',
}

/** Who reached whom: devices by their part, arrows in order of time, endpoints outside. */
export async function attackPath(source: ReportSource, widest = WIDEST): Promise<Picture> {
  const graph = graphOf(source)
  const wide = await laidOut(graph, 'LR')
  const laid = wide.width > widest ? await laidOut(graph, 'TB') : wide
  const shapes: Shape[] = []
  for (const edge of laid.edges) shapes.push(...arrow(edge, laid.axis))
  for (const node of laid.nodes) shapes.push(...card(node))
  // Labels stand on top: an arrow that crosses must not strike one out.
  for (const edge of laid.edges) shapes.push(...label(edge))
  const width = Math.max(laid.width, 640)
  const shift = (width - laid.width) / 2
  const legend = legendOf(graph, laid.height)
  return {
    width,
    height: laid.height + LEGEND_HEIGHT,
    title: `Attack path: ${source.incident.devices.length} devices, ${graph.edges.filter(({ step }) => step !== null).length} steps`,
    shapes: [...shapes.map((shape) => moved(shape, shift)), ...legend],
  }
}

interface Point {
  readonly x: number
  readonly y: number
}
type Node = AttackGraph['nodes'][number] & Point
type Edge = AttackGraph['edges'][number] & { readonly points: readonly Point[]; readonly at: Point }

interface Layout {
  readonly width: number
  readonly height: number
  /** Along which the attack goes. */
  readonly axis: 'x' | 'y'
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
}

async function laidOut(graph: AttackGraph, direction: 'LR' | 'TB'): Promise<Layout> {
  const { Graph, layout } = await import('@dagrejs/dagre')
  const dagre = new Graph({ multigraph: true })
  dagre.setGraph({
    rankdir: direction,
    nodesep: direction === 'LR' ? 18 : 26,
    ranksep: direction === 'LR' ? 64 : 42,
    edgesep: 18,
    marginx: 14,
    marginy: 16,
  })
  dagre.setDefaultEdgeLabel(() => ({}))
  // dagre is given numbers for names: names from the network never become keys of its tables.
  for (const index of graph.nodes.keys()) dagre.setNode(String(index), { ...CARD })
  for (const [index, edge] of graph.edges.entries()) {
    const size = edge.step === null ? { width: 4, height: 4 } : { width: labelWidth(edge), height: 22 }
    dagre.setEdge(
      String(edge.from),
      String(edge.to),
      { ...size, labelpos: 'c', weight: edge.kind === 'movement' ? 3 : 1 },
      String(index),
    )
  }
  layout(dagre)
  const size = dagre.graph() as { width?: number; height?: number }
  const axis = direction === 'LR' ? 'x' : 'y'
  const nodes = graph.nodes.map((node, index): Node => ({ ...node, ...(dagre.node(String(index)) as Point) }))
  const edges = graph.edges.map((edge, index) => {
    const laid = dagre.edge(String(edge.from), String(edge.to), String(index)) as {
      points?: Point[]
      x?: number
      y?: number
    }
    return { ...edge, points: laid.points ?? [], at: { x: laid.x ?? 0, y: laid.y ?? 0 } }
  })
  return {
    width: size.width ?? CARD.width,
    height: size.height ?? CARD.height,
    axis,
    nodes,
    edges: ported(edges, nodes, axis),
  }
}

/**
 * dagre ends an edge where its line meets the card, often at a corner. Here all leave and arrive on the side that faces
 * the other card, side by side in the order in which they go on, so that no arrow head covers another.
 */
function ported(edges: readonly Edge[], nodes: readonly Node[], axis: 'x' | 'y'): Edge[] {
  const across = axis === 'x' ? 'y' : 'x'
  const ends = edges.flatMap((edge, index) => {
    const [from, to] = [nodes[edge.from]!, nodes[edge.to]!]
    const inner = edge.points.slice(1, -1)
    const forward = Math.sign(to[axis] - from[axis])
    return [
      { index, end: 0, card: from, side: forward, next: (inner[0] ?? to)[across], group: `${edge.from} ${forward}` },
      {
        index,
        end: 1,
        card: to,
        side: -forward,
        next: (inner.at(-1) ?? from)[across],
        group: `${edge.to} ${-forward}`,
      },
    ]
  })
  const ports = new Map<string, Point>()
  const half = { x: CARD.width / 2, y: CARD.height / 2 }
  for (const group of Map.groupBy(ends, (end) => end.group).values()) {
    group.sort((a, b) => a.next - b.next || a.index - b.index)
    const gap = Math.min(26, (half[across] * 1.5) / group.length)
    for (const [place, { index, end, card, side }] of group.entries()) {
      const offset = (place - (group.length - 1) / 2) * gap
      const along = card[axis] + side * half[axis]
      const port = axis === 'x' ? { x: along, y: card.y + offset } : { x: card.x + offset, y: along }
      ports.set(`${index} ${end}`, port)
    }
  }
  return edges.map((edge, index) => ({
    ...edge,
    points: [ports.get(`${index} 0`)!, ...edge.points.slice(1, -1), ports.get(`${index} 1`)!],
  }))
}

const EDGE_INKS: Readonly<Record<AttackGraph['edges'][number]['kind'], Ink>> = {
  movement: 'red',
  target: 'violet',
  shared: 'slate',
  outside: 'teal',
}

function arrow(edge: Edge, axis: 'x' | 'y'): Shape[] {
  const ink = EDGE_INKS[edge.kind]
  const tip = edge.points.at(-1)!
  const bend = edge.points.at(-2)!
  const before = axis === 'x' ? { x: bend.x, y: tip.y } : { x: tip.x, y: bend.y }
  const line: Shape = {
    kind: 'path',
    d: smoothPath(edge.points, axis),
    stroke: ink,
    line: edge.kind === 'movement' ? 2.4 : 1.4,
    dashed: edge.kind === 'shared' || edge.kind === 'outside',
  }
  return edge.kind === 'shared' ? [line] : [line, { kind: 'path', d: arrowHead(before, tip, 11), fill: ink }]
}

function labelText(edge: AttackGraph['edges'][number]): string {
  return clockText(edge.time).slice(0, 5)
}

function labelWidth(edge: AttackGraph['edges'][number]): number {
  return 26 + textWidth(labelText(edge), 11) + 8
}

function label(edge: Edge): Shape[] {
  if (edge.step === null) return []
  const ink = EDGE_INKS[edge.kind]
  const width = labelWidth(edge)
  const left = edge.at.x - width / 2
  const number = String(edge.step)
  return [
    { kind: 'rect', x: left, y: edge.at.y - 11, width, height: 22, radius: 11, fill: 'card', stroke: ink, line: 1.2 },
    { kind: 'path', d: circle(left + 11, edge.at.y, 8), fill: ink },
    {
      kind: 'text',
      x: left + 11,
      y: edge.at.y + 3.6,
      text: number,
      size: number.length > 1 ? 9 : 10,
      ink: 'onInk',
      bold: true,
      anchor: 'middle',
    },
    { kind: 'text', x: left + 24, y: edge.at.y + 4, text: labelText(edge), size: 11, ink: 'text' },
  ]
}

function card(node: Node): Shape[] {
  const x = node.x - CARD.width / 2
  const y = node.y - CARD.height / 2
  const hue = node.role === null ? 'teal' : ROLE_HUES[node.role]
  const room = CARD.width - 66
  const nameSize = textWidth(node.name, 13, true) <= room ? 13 : 11
  const shapes: Shape[] = []
  if (node.stacked) {
    shapes.push({
      kind: 'rect',
      x: x + 5,
      y: y + 5,
      width: CARD.width,
      height: CARD.height,
      radius: 10,
      fill: 'tint',
      stroke: 'edge',
    })
  }
  shapes.push(
    {
      kind: 'rect',
      x,
      y,
      width: CARD.width,
      height: CARD.height,
      radius: 10,
      fill: 'card',
      stroke: node.role === null ? 'teal' : hue,
      line: node.role === 'first foothold' ? 2.2 : 1.3,
      dashed: node.role === null,
    },
    { kind: 'rect', x: x + 10, y: y + 14, width: 38, height: 38, radius: 9, fill: `${hue}Tint` },
    ...icon(node.icon, x + 29, y + 33, hue),
    {
      kind: 'text',
      x: x + 56,
      y: y + 24,
      text: fitted(node.name, room, nameSize, true),
      size: nameSize,
      ink: 'text',
      bold: true,
    },
    {
      kind: 'text',
      x: x + 56,
      y: y + 39,
      text: fitted(node.detail, room, 10.5, false, true),
      size: 10.5,
      ink: 'muted',
      mono: true,
    },
    { kind: 'text', x: x + 56, y: y + 55, text: fitted(node.part, room, 10.5, true), size: 10.5, ink: hue, bold: true },
  )
  return shapes
}

/** A sign for what a device is, drawn of lines about its middle. */
function icon(name: AttackGraph['nodes'][number]['icon'], x: number, y: number, ink: Ink): Shape[] {
  const line = (d: string): Shape => ({ kind: 'path', d, stroke: ink, line: 1.7 })
  const box = (left: number, top: number, width: number, height: number, radius: number): Shape => ({
    kind: 'rect',
    x: x + left,
    y: y + top,
    width,
    height,
    radius,
    stroke: ink,
    line: 1.7,
  })
  const dot = (left: number, top: number): Shape => ({ kind: 'path', d: circle(x + left, y + top, 1.4), fill: ink })
  switch (name) {
    case 'domain controller':
      return [
        line(
          `M${n(x)} ${n(y - 11)}L${n(x + 9)} ${n(y - 7)}L${n(x + 9)} ${n(y)}Q${n(x + 9)} ${n(y + 7)} ${n(x)} ${n(y + 11)}Q${n(x - 9)} ${n(y + 7)} ${n(x - 9)} ${n(y)}L${n(x - 9)} ${n(y - 7)}Z`,
        ),
        dot(0, -2),
        line(`M${n(x)} ${n(y - 2)}L${n(x)} ${n(y + 4)}`),
      ]
    case 'server':
      return [box(-9, -10, 18, 8.5, 2), box(-9, 1.5, 18, 8.5, 2), dot(-5, -5.7), dot(-5, 5.7)]
    case 'several':
      return [box(-10, -4, 13, 12, 2), line(`M${n(x - 5)} ${n(y - 8)}L${n(x + 9)} ${n(y - 8)}L${n(x + 9)} ${n(y + 4)}`)]
    case 'outside':
      return [
        line(circle(x, y, 10)),
        line(`M${n(x - 10)} ${n(y)}L${n(x + 10)} ${n(y)}`),
        line(`M${n(x)} ${n(y - 10)}Q${n(x + 9)} ${n(y)} ${n(x)} ${n(y + 10)}Q${n(x - 9)} ${n(y)} ${n(x)} ${n(y - 10)}`),
      ]
    case 'client':
      return [
        box(-10, -9, 20, 14, 2),
        line(`M${n(x - 5)} ${n(y + 10)}L${n(x + 5)} ${n(y + 10)}`),
        line(`M${n(x)} ${n(y + 5)}L${n(x)} ${n(y + 10)}`),
      ]
  }
}

const LEGEND: Readonly<Record<AttackGraph['edges'][number]['kind'], string>> = {
  movement: 'moved to',
  target: 'acted on',
  shared: 'shares something with',
  outside: 'contacted outside',
}

function legendOf(graph: AttackGraph, top: number): Shape[] {
  const shapes: Shape[] = []
  let x = 18
  const y = top + 14
  for (const kind of ['movement', 'target', 'outside', 'shared'] as const) {
    if (!graph.edges.some((edge) => edge.kind === kind)) continue
    const ink = EDGE_INKS[kind]
    shapes.push(
      {
        kind: 'path',
        d: `M${n(x)} ${n(y)}L${n(x + 26)} ${n(y)}`,
        stroke: ink,
        line: kind === 'movement' ? 2.4 : 1.4,
        dashed: kind === 'shared' || kind === 'outside',
      },
      { kind: 'text', x: x + 33, y: y + 4, text: LEGEND[kind], size: 11, ink: 'muted' },
    )
    x += 33 + textWidth(LEGEND[kind], 11) + 22
  }
  if (graph.edges.some(({ step }) => step !== null)) {
    shapes.push({ kind: 'text', x, y: y + 4, text: 'numbers: order of time (UTC)', size: 11, ink: 'muted' })
  }
  return shapes
}

function moved(shape: Shape, dx: number): Shape {
  if (dx === 0) return shape
  if (shape.kind !== 'path') return { ...shape, x: shape.x + dx }
  return { ...shape, d: movedPath(shape.d, dx) }
}

/** Arcs have other numbers before their end point: two radii and three flags. */
function movedPath(d: string, dx: number): string {
  return d.replace(/([MLQCA])([^MLQCAZ]*)/g, (_, command: string, body: string) => {
    const numbers = body.trim().split(/\s+/).map(Number)
    const start = command === 'A' ? 5 : 0
    const shifted = numbers.map((value, index) => n(index >= start && (index - start) % 2 === 0 ? value + dx : value))
    return `${command}${shifted.join(' ')}`
  })
}
