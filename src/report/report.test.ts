import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { csvReport } from './csv.ts'
import { INDICATOR_VALUES, SOURCE } from './fixture.ts'
import { hostileSource, PLAIN, RUNS } from './hostile.ts'
import { htmlReport } from './html.ts'
import { markdownReport } from './markdown.ts'
import { defangedText, presentable } from './presentable.ts'
import { formatOf, REPORT_FORMATS } from './report.ts'

test('a format is found by the ending of the file', () => {
  assert.equal(formatOf('a/b.STIX.json')?.name, 'STIX 2.1 bundle')
  assert.equal(formatOf('x.ocsf.json')?.name, 'OCSF Incident Finding')
  assert.equal(formatOf('x.md')?.name, 'Markdown')
  assert.equal(formatOf('x.json'), undefined)
  assert.equal(formatOf('md'), undefined)
})

test('the same incident gives the same bytes in every format', async () => {
  for (const { name, render } of REPORT_FORMATS) assert.deepEqual(await render(SOURCE), await render(SOURCE), name)
})

test('in texts, indicators are defanged wherever they stand; lists for programs keep them', async () => {
  for (const text of [markdownReport(SOURCE).replaceAll('\\', ''), await htmlReport(SOURCE)]) {
    for (const value of INDICATOR_VALUES) assert.ok(!text.includes(value), value)
    assert.ok(text.includes('203.0.113[.]77'))
  }
  assert.ok(csvReport(SOURCE).includes('"203.0.113.77"'))
  const like = presentable({ ...SOURCE, incident: { ...SOURCE.incident, title: '203.0.113.77, not 203.0.113.771' } })
  assert.equal(like.incident.title, '203.0.113[.]77, not 203.0.113.771')
  assert.equal(defangedText('2001:db8::1'), '2001[:]db8[:][:]1')
})

test('Markdown and HTML hold what a person needs to judge', async () => {
  const html = await htmlReport(SOURCE)
  const markdown = markdownReport(SOURCE).replace(/\\(.)/g, '$1')
  const { incident } = SOURCE
  const needed = [
    incident.title,
    ...incident.clauses.flatMap(({ text, evidence }) => [text.slice(0, 25), ...evidence]),
    ...incident.devices.flatMap(({ hostname, ip, role }) => [hostname, ip, role]),
    ...incident.phases.map(({ name }) => name),
    ...incident.hypotheses.map(({ name }) => name),
    ...incident.investigation.map(({ question }) => question),
    ...incident.credentials,
    ...incident.alerts,
    ...SOURCE.alerts.map(({ model }) => model),
    'no ntlm.log',
    'very high confidence',
    'T1569.002 System Services: Service Execution',
    'block matching connections',
    'simulated',
  ]
  for (const text of needed) {
    assert.ok(html.includes(text), `HTML: ${text}`)
    assert.ok(markdown.includes(text), `Markdown: ${text}`)
  }
})

test('HTML runs nothing and loads nothing', async () => {
  const html = await htmlReport(SOURCE)
  assert.ok(!/<script|<link|<iframe|<img|@import|url\(|javascript:/i.test(html))
  assert.ok(html.includes(`default-src 'none'`))
  const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target!)
  assert.ok(targets.every((target) => /^#evidence-\d+$|^https:\/\/attack\.mitre\.org\//.test(target)))
})

/** Tags with the names of their attributes, in order: what a reader's program makes of the page. */
function skeleton(html: string): string[] {
  return [...html.matchAll(/<(\/?[a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name, attributes]) => `${name} ${[...attributes!.matchAll(/([a-z-]+)=/gi)].map(([, each]) => each).join(' ')}`,
  )
}

test('no string from the network changes the structure of the HTML', async () => {
  const plainHtml = await htmlReport(PLAIN)
  const plain = skeleton(plainHtml)
  await fc.assert(
    fc.asyncProperty(hostileSource, async (source) => {
      const html = await htmlReport(source)
      assert.deepEqual(skeleton(html), plain)
      assert.equal(html.split('<').length, plainHtml.split('<').length)
      assert.ok(html.length < 600_000, 'long names are cut')
    }),
    RUNS,
  )
})

/** Marks that Markdown would read, line by line. */
function marks(markdown: string): string[] {
  return markdown
    .replaceAll('<!-- -->', '')
    .split('\n')
    .map((line) => line.replace(/\\[\\`*_{}[\]#|<>~&$^:.=+()-]/g, '').replace(/[^`*_[\]<>|#~]/g, ''))
}

test('no string from the network changes the structure of the Markdown', () => {
  const plain = marks(markdownReport(PLAIN))
  fc.assert(
    fc.property(hostileSource, (source) => {
      const markdown = markdownReport(source)
      assert.deepEqual(marks(markdown), plain)
      assert.ok(!/(?<!\\):\/\/|www\.|\w@\w/.test(markdown), 'nothing links by itself')
    }),
    RUNS,
  )
})

test('CSV has a line an indicator whatever its value, and no formula', () => {
  fc.assert(
    fc.property(hostileSource, (source) => {
      const lines = csvReport(source).trimEnd().split('\r\n')
      assert.equal(lines.length, source.incident.indicators.length + 1)
      for (const line of lines) {
        const cells = [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell]) => cell!)
        assert.equal(cells.length, 7)
        assert.ok(cells.every((cell) => !/^[\s"]*[=+\-@]/.test(cell)))
      }
    }),
    RUNS,
  )
})

test('an incident of almost nothing is told as well', async () => {
  const bare: typeof SOURCE = {
    alerts: [],
    actions: [],
    incident: {
      ...SOURCE.incident,
      ...{ types: [], clauses: [], devices: [], credentials: [], alerts: [], techniques: [], phases: [], timeline: [] },
      ...{ absorbed: [], related: [], links: [], indicators: [], hypotheses: [], investigation: [], unseen: [] },
      ...{ next_steps: [], start: 1e300, end: -1e300 },
    },
  }
  for (const { render } of REPORT_FORMATS) assert.ok((await render(bare)).length > 50)
})
