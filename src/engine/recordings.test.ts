import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import { type Lake, openLake } from '../store/query.ts'
import { defaultConfig } from './config.ts'
import { type ReplayResult, replay } from './replay.ts'

/**
 * Every labelled recording of the shared data, through the whole program: it ends well, its facts are found with a query,
 * the attacker's device is alerted where a model covers the technique, and benign recordings stay quiet.
 */
const root = join(import.meta.dirname, '..', '..')
const data = join(root, '..', 'shared', 'data')
const models = join(root, 'models')

const fact = z.object({
  type: z.enum([
    'smb_mapping',
    'smb_files',
    'pipe',
    'dce_rpc',
    'ntlm',
    'rdp',
    'kerberos',
    'http',
    'dns',
    'ldap_search',
  ]),
  orig_h: z.string().optional(),
  resp_h: z.string().optional(),
  name: z.string().optional(),
  path: z.string().optional(),
  uuid: z.string().optional(),
  opnum: z.number().optional(),
  username: z.string().optional(),
  cookie: z.string().optional(),
  request_type: z.string().optional(),
  client: z.string().optional(),
  service: z.string().optional(),
  uri: z.string().optional(),
  qtype_name: z.string().optional(),
  base_object: z.string().optional(),
})
const label = z.object({
  name: z.string(),
  path: z.string(),
  benign: z.boolean().nullable(),
  attacker: z.array(z.string()),
  techniques: z.array(z.string()),
  must_show: z.array(fact),
})

/** Techniques that an untrained model of the catalogue sees by itself, from the first minute. */
const COVERED = [
  'T1046',
  'T1021.002',
  'T1570',
  'T1569.002',
  'T1543.003',
  'T1053.005',
  'T1047',
  'T1021.003',
  'T1021.006',
  'T1018',
  'T1049',
  'T1069.002',
  'T1087.002',
]

/** Techniques that have a model of their own: one of these must name the attacker. */
const OWN_MODELS: Readonly<Record<string, readonly string[]>> = {
  'T1003.006': ['Anomalous Connection/DCSync from Non-Domain Controller'],
  'T1071.004': ['Anomalous Connection/DNS Tunnelling'],
  'T1110.003': ['Device/Password Spraying'],
  T1210: ['Anomalous Connection/Zerologon-like Netlogon'],
  T1555: ['Anomalous Connection/Retrieval of Domain Backup Key', 'Compliance/Domain Backup Key Used'],
  'T1556.001': ['Anomalous Connection/Kerberos Encryption Downgrade'],
  'T1558.003': ['Anomalous Connection/Kerberoasting', 'Compliance/Weak Kerberos Service Ticket'],
}

/** The log of a fact, and the column of each of its properties where they differ. */
const TABLE: Readonly<Record<string, string>> = { pipe: 'smb_files' }

function queryOf(wanted: z.infer<typeof fact>): string {
  const { type, ...properties } = wanted
  const conditions = Object.entries(properties).map(([property, value]) => {
    if (property === 'orig_h' || property === 'resp_h') return `id_${property} = ${quoted(value)}`
    if (property === 'client' || property === 'service') return `lower(${property}) LIKE lower(${quoted(`${value}%`)})`
    return typeof value === 'number' ? `${property} = ${value}` : `lower(${property}) = lower(${quoted(value)})`
  })
  if (type === 'pipe') conditions.push(`upper(path) LIKE '%IPC$'`)
  return `SELECT count(*) AS n FROM ${TABLE[type] ?? type} WHERE ${conditions.join(' AND ')}`
}

function quoted(value: unknown): string {
  return `'${String(value).replaceAll("'", "''")}'`
}

function newest(result: ReplayResult): ReplayResult['alerts'] {
  return [...new Map(result.alerts.map((alert) => [alert.id, alert])).values()]
}

const there = existsSync(join(data, 'labels.json'))
assert.ok(there || process.env['CI'] !== 'true', 'the shared recordings are missing, and CI must have them')

test('the labelled recordings', { skip: !there && 'no shared recordings beside the repository' }, async (context) => {
  const labels = z.array(label).parse(JSON.parse(readFileSync(join(data, 'labels.json'), 'utf8')))
  for (const item of labels) {
    await context.test(item.name, async () => {
      const out = mkdtempSync(join(tmpdir(), 'thymus-recording-'))
      let lake: Lake | undefined
      try {
        const result = await replay({ paths: [join(data, item.path)], out, config: defaultConfig(), models })
        assert.ok((result.summary['events'] as { total: number }).total > 0)
        const alerts = newest(result)
        lake = await openLake(out)
        for (const wanted of item.must_show) {
          const sql = queryOf(wanted)
          const [row] = await lake.query(sql)
          assert.ok(Number(row?.['n']) > 0, sql)
        }
        for (const alert of alerts) {
          for (const { sql, value, at_least: atLeast } of alert.facts) {
            if (sql === null) continue
            const [row] = await lake.query(sql)
            const recount = Number(Object.values(row ?? {})[0])
            assert.ok(
              atLeast ? recount >= value : recount === value,
              `${alert.model} says ${value}, ${recount}: ${sql}`,
            )
          }
        }
        if (item.benign === true) {
          const loud = alerts.filter((alert) => alert.score > 40)
          assert.deepEqual(
            loud.map((alert) => `${alert.score} ${alert.model}`),
            [],
          )
        }
        if (item.benign === false && item.attacker.length > 0) {
          const right = alerts.filter((alert) => item.attacker.includes(alert.device.ip)).map(({ model }) => model)
          if (item.techniques.some((id) => COVERED.includes(id)))
            assert.ok(right.length > 0, `no alert on ${item.attacker.join(', ')}`)
          for (const id of item.techniques) {
            const own = OWN_MODELS[id]
            if (own)
              assert.ok(
                right.some((model) => own.includes(model)),
                `${id}: alerts of ${right.join(', ')} only`,
              )
          }
        }
      } finally {
        await lake?.close()
        rmSync(out, { recursive: true, force: true })
      }
    })
  }
})
