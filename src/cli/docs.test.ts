import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'thymus-docs-'))
after(() => rmSync(folder, { recursive: true }))

/** What a reader puts in for the examples' own paths and names. */
const PUT_IN: readonly (readonly [string, string])[] = [
  ['/path/to/zeek/logs', join(root, 'demo', 'recording')],
  ['/path/to/your/zeek/logs', join(root, 'demo', 'recording')],
  ['fs-03', 'newyork'],
  ['thymus demo', 'thymus demo --recording --no-serve'],
]

const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)

function text(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

/** The commands of the shell blocks of a document, in their order. */
function commandsOf(document: string): string[] {
  return [...text(document).matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .split('\n')
      .filter((line) => /^(\.\/)?thymus /.test(line))
      .map((line) => line.replace(/\s+#.*$/, '')),
  )
}

/** Words of a command line; double quotes group. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}

test('the commands of README and docs do what they say, in the order in which they stand', { timeout: 240_000 }, () => {
  let ran = 0
  for (const document of documents) {
    for (const command of commandsOf(document)) {
      // What is served never ends, and what is simulated takes a minute: their own tests run them.
      if (/ (lab|bench|serve) /.test(`${command} `)) continue
      const words = wordsOf(PUT_IN.reduce((line, [from, to]) => line.replaceAll(from, to), command)).slice(1)
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'src', 'cli', 'main.ts'), ...words], {
        cwd: folder,
        encoding: 'utf8',
      })
      // 1 says that something needs attention: doctor finds what this recording lacks.
      assert.ok(status === 0 || (status === 1 && words[0] === 'doctor'), `${document}: ${command}\n${stderr}`)
      ran++
    }
  }
  assert.ok(ran >= 6, `only ${ran} commands found`)
})

test('links of README and docs lead to files', () => {
  const dead = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...documents].flatMap((document) =>
    [...text(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(root, document, '..', target)))
      .map((target) => `${document}: ${target}`),
  )
  assert.deepEqual(dead, [])
})
