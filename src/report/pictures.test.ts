import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Incident } from '../analyst/incident.ts'
import { graphOf } from './attack_graph.ts'
import { attackPath } from './attack_path.ts'
import { INCIDENT, SOURCE } from './fixture.ts'
import { fitted, type Picture, svgOf, textWidth } from './picture.ts'
import { timeScale } from './time_scale.ts'
import { timelinePicture } from './timeline_picture.ts'

function textsOf(picture: Picture): string[] {
  return picture.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []))
}

function within(picture: Picture): void {
  for (const shape of picture.shapes) {
    if (shape.kind === 'path') {
      assert.ok(!/NaN|undefined|Infinity/.test(shape.d), shape.d)
      continue
    }
    assert.ok(
      shape.x >= -1 && shape.x <= picture.width + 1 && shape.y >= 0 && shape.y <= picture.height,
      JSON.stringify(shape),
    )
    if (shape.kind === 'rect') assert.ok(shape.x + shape.width <= picture.width + 1)
  }
}

/** A first device that reached so many others. */
function fanOut(count: number): Incident {
  const [first] = INCIDENT.devices
  const others = Array.from({ length: count }, (_, index) => ({
    ...INCIDENT.devices[4]!,
    id: `d${index}`,
    hostname: `HOST-${index}`,
  }))
  const links = others.map(({ id }, index) => ({ ...INCIDENT.links[2]!, from: first!.id, to: id, time: index }))
  return { ...INCIDENT, devices: [first!, ...others], links, indicators: [] }
}

test('steps are numbered in order of time, and endpoints hang at the devices that share their evidence', () => {
  const { nodes, edges } = graphOf(SOURCE)
  const steps = edges.filter(({ step }) => step !== null)
  assert.deepEqual(
    steps.map(({ from, to }) => `${nodes[from]!.name} ${nodes[to]!.name}`),
    ['FS-12 PRN-01', 'FS-12 DB-02', 'FS-12 APP-03', 'FS-12 DC-01', 'DC-01 DB-02', 'DC-01 APP-03', 'APP-03 WEB-01'],
  )
  const outside = edges.filter(({ kind }) => kind === 'outside')
  assert.deepEqual(outside.map(({ from, to }) => `${nodes[from]!.name} ${nodes[to]!.name}`).sort(), [
    'DB-02 203.0.113[.]77',
    'DC-01 cdn-sync[.]example',
  ])
})

test('addresses inside are nobody’s way out', () => {
  const [indicator] = SOURCE.incident.indicators
  const inside = { ...indicator!, value: '10.0.0.9', defanged: '10.0.0[.]9' }
  const { nodes } = graphOf({ ...SOURCE, incident: { ...INCIDENT, indicators: [inside] } })
  assert.ok(nodes.every(({ role }) => role !== null))
})

test('many devices that were only reached are one stack', () => {
  assert.equal(graphOf({ incident: fanOut(6), alerts: [] }).nodes.length, 7)
  const many = graphOf({ incident: fanOut(300), alerts: [] })
  assert.deepEqual(
    many.nodes.map(({ name }) => name),
    ['FS-12', '300 devices'],
  )
  assert.equal(many.edges.length, 1)
  assert.equal(many.edges[0]!.count, 300)
})

test('nothing is drawn outside of a picture', async () => {
  const slow = { ...INCIDENT, end: INCIDENT.end + 10 * 86_400 }
  const chain: Incident = {
    ...fanOut(20),
    links: Array.from({ length: 20 }, (_, index) => ({
      ...INCIDENT.links[2]!,
      from: index === 0 ? INCIDENT.devices[0]!.id : `d${index - 1}`,
      to: `d${index}`,
      time: index,
    })),
  }
  for (const incident of [INCIDENT, slow, fanOut(3), fanOut(300), chain, { ...INCIDENT, links: [], timeline: [] }]) {
    for (const alerts of [[], SOURCE.alerts]) {
      within(await attackPath({ ...SOURCE, incident, alerts }))
      within(timelinePicture({ incident, alerts }))
      within(timelinePicture({ incident, alerts }, 760))
    }
  }
})

test('pictures name every device of the incident', async () => {
  for (const picture of [await attackPath(SOURCE), timelinePicture(SOURCE)]) {
    for (const { hostname } of INCIDENT.devices) assert.ok(textsOf(picture).includes(hostname), hostname)
  }
})

test('a long silence is folded, and order is kept', () => {
  const times = [0, 60, 120, 864_000, 864_300]
  const scale = timeScale(times, 100, 800)
  assert.equal(scale.folds.length, 1)
  assert.equal(scale.folds[0]!.seconds, 863_880)
  const places = times.map(scale.x)
  assert.ok(places.every((x, index) => x >= 100 && x <= 900 && (index === 0 || x > places[index - 1]!)))
  assert.equal(timeScale([5], 0, 100).x(5), 50)
})

test('texts are cut to their room', () => {
  assert.equal(fitted('short', 200, 12), 'short')
  const long = fitted('x'.repeat(10_000), 100, 12)
  assert.ok(long.endsWith('…') && textWidth(long, 12) <= 100)
})

test('SVG holds no text as markup', () => {
  const svg = svgOf({
    width: 10,
    height: 10,
    title: '"><script>',
    shapes: [{ kind: 'text', x: 1, y: 1, text: '</text><script>', size: 9, ink: 'text' }],
  })
  assert.ok(!svg.includes('<script'))
})
