import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'

/** The way of an event. A file may import from its own station and from those before it. */
const STREAM = [
  'event',
  'sensor',
  'journal',
  'device',
  'behaviour',
  'model',
  'analyst',
  'response',
  'store',
  'engine',
  'report',
  'server',
  'cli',
]

/** Stations that stand beside the stream, and what they may use. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  /** Simulates an enterprise: writes telemetry, knows nothing of who reads it. */
  lab: ['event'],
  /** Pages in a browser: of the server they know the shapes of its answers (types, which leave nothing behind). */
  console: ['server'],
}

/** The command line starts everything, the lab and the console included. */
const ALSO: Readonly<Record<string, readonly string[]>> = { cli: ['lab', 'console'] }

const root = import.meta.dirname

function sourceFiles(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
  )
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)].map((match) =>
    relative(root, resolve(root, dirname(path), match[1]!)),
  )
}

test('imports run down the stream only', () => {
  const wrong: string[] = []
  for (const path of sourceFiles()) {
    const station = path.split(sep)[0]!
    // A station's tests may set up what lies further down: the whole pipeline is the best test of a part.
    if (path.endsWith('.test.ts') || path.endsWith('.contract.ts')) continue
    for (const target of importsOf(path)) {
      const used = target.split(sep)[0]!
      if (used === station || used === '..') continue
      const allowed = BESIDE[station]?.includes(used) || ALSO[station]?.includes(used) || isBefore(used, station)
      if (!allowed) wrong.push(`${path} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the console takes nothing but types from the server', () => {
  const wrong = sourceFiles()
    .filter((path) => path.startsWith(`console${sep}app${sep}`))
    .filter((path) => /import (?!type )[^\n]*'[./]*\/server\//.test(readFileSync(join(root, path), 'utf8')))
  assert.deepEqual(wrong, [])
})

test('every folder of src is a station that this test knows', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  assert.deepEqual(
    folders.filter((name) => !STREAM.includes(name) && !(name in BESIDE)),
    [],
  )
})

test('a station opens with the file of its own name', () => {
  const missing = [...STREAM, ...Object.keys(BESIDE)].filter((station) => {
    if (station === 'cli' || station === 'console') return false
    const files = sourceFiles().filter((path) => path.startsWith(station + sep))
    return files.length > 0 && !files.includes(join(station, `${station}.ts`))
  })
  assert.deepEqual(missing, [])
})

test('no package of the lock file runs a script at installation', () => {
  const lock = JSON.parse(readFileSync(join(root, '..', 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const scripts = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript)
  assert.deepEqual(
    scripts.map(([name]) => name),
    [],
  )
})

function isBefore(used: string, station: string): boolean {
  const at = STREAM.indexOf(station)
  const of = STREAM.indexOf(used)
  return of >= 0 && at >= 0 && of < at
}
