import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { FLOOD_CONNECTIONS, FLOOD_HOUR, FLOODED, finishedRun, HOSTILE } from './fixture.ts'
import { type RunningServer, serve } from './server.ts'

let server: RunningServer
let cookie = ''

before(async () => {
  server = await serve({ from: await finishedRun() })
  cookie = await enter(server)
})
after(() => server.close())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

function ask(
  path: string,
  {
    to = server,
    method = 'GET',
    headers = {},
  }: { to?: RunningServer; method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = to
    request({ host: '127.0.0.1', port, path, method, headers: { cookie, ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', reject)
      .end()
  })
}

async function enter(to: RunningServer): Promise<string> {
  const { pathname, search } = new URL(to.link())
  const { status, headers } = await ask(pathname + search, { to, headers: { cookie: '' } })
  assert.equal(status, 200)
  return headers['set-cookie']![0]!.split(';')[0]!
}

async function json<T>(path: string): Promise<T> {
  const { status, text } = await ask(`/api/v1/${path}`)
  assert.equal(status, 200, `${path}: ${text}`)
  return JSON.parse(text) as T
}

interface Problem {
  readonly status: number
  readonly detail: string
}

async function problem(path: string, options?: Parameters<typeof ask>[1]): Promise<Problem> {
  const { status, headers, text } = await ask(path, options)
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json/)
  const body = JSON.parse(text) as Problem
  assert.equal(body.status, status)
  return body
}

test('without a session nothing is answered but how to get one', async () => {
  const none = { headers: { cookie: '' } }
  for (const path of ['/api/v1/summary', '/api/v1/events?log=conn', '/api/openapi.json', '/api/nothing']) {
    assert.equal((await problem(path, none)).status, 401, path)
  }
  for (const path of ['/', '/devices', '/index.html', '/assets/x.js']) {
    const { status, text } = await ask(path, none)
    assert.equal(status, 401, path)
    assert.match(text, /Open the link/)
  }
  assert.equal((await problem('/api/v1/summary', { headers: { cookie: `${cookie}x` } })).status, 401)
})

test('a link lets in once; its cookie is out of reach of scripts and of other sites', async () => {
  const other = await serve({ from: await finishedRun() })
  try {
    const { pathname, search } = new URL(other.link())
    const first = await ask(pathname + search, { to: other })
    assert.match(first.headers['set-cookie']![0]!, /HttpOnly; SameSite=Strict/)
    const second = await ask(pathname + search, { to: other })
    assert.equal(second.status, 401)
    assert.equal(second.headers['set-cookie'], undefined)
    assert.match(second.text, /works once/)
  } finally {
    await other.close()
  }
})

test('a page of another name that was pointed here is refused', async () => {
  for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', '127.0.0.1:1']) {
    assert.equal((await problem('/api/v1/summary', { headers: { host } })).status, 421, host)
  }
  for (const host of [`localhost:${server.port}`, `127.0.0.1:${server.port}`, `LOCALHOST:${server.port}`]) {
    assert.equal((await ask('/api/v1/summary', { headers: { host } })).status, 200, host)
  }
})

test('nothing is written: other methods are refused', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    assert.equal((await problem('/api/v1/incidents', { method })).status, 405, method)
  }
})

test('every answer tells the browser to run nothing but our own files', async () => {
  for (const path of ['/api/v1/summary', '/api/nothing', '/enter?token=x']) {
    const { headers } = await ask(path)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  }
})

test('an incident is told whole, also by the id of one that became part of it', async () => {
  const { incidents, total } = await json<{ incidents: { id: string; title: string }[]; total: number }>('incidents')
  assert.equal(total, 1)
  const incident = await json<{ id: string; clauses: unknown[]; technique_names: object }>(
    `incidents/${incidents[0]!.id}`,
  )
  assert.equal(incident.clauses.length, 2)
  assert.deepEqual(incident.technique_names, { 'T1021.002': 'Remote Services: SMB/Windows Admin Shares' })
  assert.equal((await json<{ id: string }>('incidents/0123456789abcdef')).id, incident.id)
})

test('hostile names come as the text they are', async () => {
  const { title } = await json<{ title: string }>('incidents/feedfacefeedface')
  assert.ok(title.includes(HOSTILE))
  const { events } = await json<{ events: { log: string; fields: Record<string, unknown> }[] }>('events?uid=CHostile')
  assert.deepEqual(events.map(({ log }) => log).sort(), ['conn', 'smb_files', 'smb_mapping'])
  // The sensor's own way to write a control character is the canonical one.
  const stored = HOSTILE.replace('\u001b', '\\x1b')
  assert.equal(events.find(({ log }) => log === 'smb_files')!.fields['name'], stored)
  const { headers } = await ask('/api/v1/events?uid=CHostile')
  assert.match(headers['content-type'] ?? '', /^application\/json/)
})

test('what is asked for is never a part of the question to the lake', async () => {
  for (const hostile of ["' OR 1=1 --", '"; SELECT 1', '$seq', '%', "x') UNION ALL SELECT * FROM devices --"]) {
    for (const name of ['uid', 'device']) {
      const { events } = await json<{ events: unknown[] }>(`events?${name}=${encodeURIComponent(hostile)}`)
      assert.deepEqual(events, [], hostile)
    }
    assert.equal((await problem(`/api/v1/events?log=${encodeURIComponent(hostile)}`)).status, 404)
  }
})

test('pages of events hold every event once, in order', async () => {
  const seen: number[] = []
  let next: number | null = 0
  const device = (await deviceOf(FLOODED)).id
  for (let after = ''; next !== null; after = `&after=${next}`) {
    const page: { events: { seq: number }[]; next: number | null } = await json(
      `events?device=${device}&log=conn&limit=200${after}`,
    )
    assert.ok(page.events.length <= 200)
    seen.push(...page.events.map(({ seq }) => seq))
    next = page.next
  }
  assert.ok(seen.length > FLOOD_CONNECTIONS)
  assert.deepEqual(
    seen,
    [...new Set(seen)].sort((a, b) => a - b),
  )
})

test('events are bounded in time and found by place', async () => {
  const { id } = await deviceOf(FLOODED)
  const { events } = await json<{ events: { seq: number; ts: number }[] }>(
    `events?device=${id}&from=${FLOOD_HOUR}&to=${FLOOD_HOUR + 700}`,
  )
  assert.ok(events.length > 0)
  for (const { ts } of events) assert.ok(ts >= FLOOD_HOUR && ts < FLOOD_HOUR + 700)
  const [first] = events
  const found = await json<{ events: { seq: number }[] }>(`events?seq=${first!.seq}`)
  assert.deepEqual(
    found.events.map(({ seq }) => seq),
    [first!.seq],
  )
})

test('a flood stands far above a band that was learned before it', async () => {
  const { id } = await deviceOf(FLOODED)
  const { metrics } = await json<{
    metrics: { metric: string; peak: { hour: number; value: number; high: number } }[]
  }>(`devices/${id}/metrics`)
  const peak = metrics.find(({ metric }) => metric === 'connections_in')!.peak
  assert.equal(peak.hour, FLOOD_HOUR)
  assert.ok(peak.value >= FLOOD_CONNECTIONS && peak.high < 20, JSON.stringify(peak))
  assert.match(metrics[0]!.metric, /^connections_in/)
  const metric = await json<{ hours: number[]; values: number[]; high: (number | null)[] }>(
    `devices/${id}/metrics/connections_in?from=${FLOOD_HOUR - 7200}&to=${FLOOD_HOUR + 7200}`,
  )
  assert.deepEqual(
    metric.hours,
    [-2, -1, 0, 1].map((hour) => FLOOD_HOUR + hour * 3600),
  )
  assert.equal(metric.values[2], peak.value)
  assert.equal(metric.high[2], peak.high)
})

test('what is unknown or out of bounds is refused in words', async () => {
  for (const path of ['incidents/nope', 'alerts/nope', 'devices/nope', 'devices/nope/metrics', 'nope']) {
    assert.equal((await problem(`/api/v1/${path}`)).status, 404, path)
  }
  const { id } = await deviceOf(FLOODED)
  for (const path of [
    'incidents?limit=501',
    'incidents?limit=0',
    'incidents?limit=x',
    'incidents?offset=-1',
    'incidents?what=else',
    `devices/${id}/metrics/nope`,
    `devices/${id}/metrics/connections_in?from=yesterday`,
    'events',
    'events?uid=',
    `events?uid=${'x'.repeat(301)}`,
    'events?log=conn&limit=201',
    `incidents/${'x'.repeat(65)}`,
  ]) {
    const { status, detail } = await problem(`/api/v1/${path}`)
    assert.equal(status, 400, path)
    assert.ok(detail.length > 5 && detail.length < 500, detail)
  }
  assert.equal((await problem('/api/v1/..%2f..%2fetc%2fpasswd')).status, 404)
})

test('an answer holds what its schema says and nothing else', async () => {
  const { alerts } = await json<{ alerts: { id: string }[] }>('alerts?incident=feedfacefeedface')
  const alert = await json<{ records: object[]; facts: object[]; incident: object }>(`alerts/${alerts[0]!.id}`)
  assert.deepEqual(Object.keys(alert.incident).sort(), ['id', 'score', 'title'])
  for (const fact of alert.facts) assert.deepEqual(Object.keys(fact).sort(), ['at_least', 'text', 'value'])
  const known = ['fields', 'log', 'orig', 'resp', 'seq', 'ts', 'uid']
  for (const record of alert.records) assert.ok(Object.keys(record).every((name) => known.includes(name)))
})

test('alerts are those of an incident, of a device, or those that stand alone', async () => {
  const all = await json<{ total: number }>('alerts')
  const inside = await json<{ total: number }>('alerts?incident=feedfacefeedface')
  const alone = await json<{ total: number; alerts: { incident: unknown }[] }>('alerts?alone=true')
  assert.equal(inside.total + alone.total, all.total)
  assert.ok(alone.total > 0 && alone.alerts.every(({ incident }) => incident === null))
  const { id, alerts } = await deviceOf('10.0.1.6')
  assert.equal((await json<{ total: number }>(`alerts?device=${id}`)).total, alerts)
})

test('the description of the API names every route', async () => {
  const { text } = await ask('/api/openapi.json')
  const { openapi, paths } = JSON.parse(text) as { openapi: string; paths: object }
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(Object.keys(paths).sort(), [
    '/api/v1/alerts',
    '/api/v1/alerts/{id}',
    '/api/v1/devices',
    '/api/v1/devices/{id}',
    '/api/v1/devices/{id}/metrics',
    '/api/v1/devices/{id}/metrics/{metric}',
    '/api/v1/events',
    '/api/v1/incidents',
    '/api/v1/incidents/{id}',
    '/api/v1/incidents/{id}/evidence',
    '/api/v1/summary',
  ])
})

test('a run that kept no events says so, and shows all else', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thymus-server-'))
  cpSync(await finishedRun(), dir, { recursive: true, filter: (path) => !path.endsWith('lake') })
  const other = await serve({ from: dir })
  try {
    const headers = { cookie: await enter(other) }
    const { status, detail } = await problem('/api/v1/events?log=conn', { to: other, headers })
    assert.equal(status, 409)
    assert.match(detail, /no events/)
    assert.equal((await ask('/api/v1/incidents', { to: other, headers })).status, 200)
  } finally {
    await other.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

test('a folder without a finished run is refused in words', async () => {
  await assert.rejects(serve({ from: tmpdir() }), /no finished run in .*thymus replay/)
})

async function deviceOf(address: string): Promise<{ id: string; ip: string; alerts: number }> {
  const { devices } = await json<{ devices: { id: string; ip: string; alerts: number }[] }>('devices')
  return devices.find(({ ip }) => ip === address)!
}
