import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { CaseResult, ModelCase } from '../model/cases.ts'
import type { LoadedModels } from '../model/catalogue.ts'
import type { Model } from '../model/definition.ts'
import { MODELS_FOLDER } from './catalogue_folder.ts'

interface Options {
  readonly json?: boolean
  readonly models?: string
}

/** `thymus models list|check|test`: what is in the catalogue, whether it is right, and whether it does what it says. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('list, check and test the models (docs/models.md tells how to write one)')
    .addHelpText('after', '\nExit codes: 0 all is well, 1 a model was refused or a case failed, 2 wrong usage.')
  models
    .command('list')
    .description('all models: severity, ATT&CK techniques, what they read and what they see')
    .option('--models <dir>', 'folder of the catalogue')
    .option('--json', 'as JSON')
    .action(list)
  models
    .command('check')
    .description('check model files; each mistake with its line, column and what was expected')
    .argument('[files...]', 'single .yaml files; the whole catalogue when none is given')
    .option('--models <dir>', 'folder of the catalogue')
    .option('--json', 'as JSON')
    .action(check)
  models
    .command('test')
    .description('run the recorded cases: where a model must fire and where it must stay quiet')
    .argument('[names...]', 'only models whose name contains one of these')
    .option('--models <dir>', 'folder of the catalogue')
    .option('--json', 'as JSON')
    .action(test)
}

async function load(options: Options): Promise<{ folder: string; loaded: LoadedModels }> {
  const { loadModels } = await import('../model/catalogue.ts')
  const folder = options.models ?? MODELS_FOLDER
  return { folder, loaded: await loadModels(folder) }
}

async function list(options: Options): Promise<void> {
  const { folder, loaded } = await load(options)
  const { casesOf } = await import('../model/cases.ts')
  const rows = await Promise.all(loaded.models.map(async (model) => rowOf(model, await casesOf(folder, model.name))))
  if (options.json) {
    print(
      JSON.stringify(
        { models: rows, refused: loaded.refused.map(({ name, problems }) => ({ name, problems })) },
        null,
        2,
      ),
    )
  } else {
    for (const row of rows) {
      print(`${String(row.severity).padStart(3)}  ${row.name}`)
      print(`     ${row.description}`)
      print(
        `     ${row.techniques.join(' ')} · reads ${row.logs.join(', ')} · ${row.fires} cases fire, ${row.quiet} stay quiet\n`,
      )
    }
    print(`${rows.length} models`)
    for (const { message } of loaded.refused) print(`\n${message}`)
  }
  if (loaded.refused.length > 0) process.exitCode = 1
}

function rowOf(model: Model, cases: readonly ModelCase[]) {
  return {
    name: model.name,
    description: model.description,
    severity: model.severity,
    techniques: model.techniques,
    logs: [...new Set(model.parts.map((part) => part.log.name))],
    needs_learning: model.trained,
    alert: model.alert,
    earliest_evidence: model.earliestEvidence,
    quiet_on: model.quietOn,
    response: model.response,
    fires: cases.filter(({ expected }) => expected === 'fires').length,
    quiet: cases.filter(({ expected }) => expected === 'quiet').length,
  }
}

async function check(files: readonly string[], options: Options): Promise<void> {
  const loaded = files.length === 0 ? (await load(options)).loaded : await loadFiles(files)
  const { models, refused } = loaded
  if (options.json) {
    print(
      JSON.stringify(
        { right: models.map(({ name }) => name), refused: refused.map(({ name, problems }) => ({ name, problems })) },
        null,
        2,
      ),
    )
  } else {
    for (const { message } of refused) print(`${message}\n`)
    print(`${models.length} right, ${refused.length} refused`)
  }
  if (refused.length > 0) process.exitCode = 1
}

async function loadFiles(files: readonly string[]): Promise<LoadedModels> {
  const { readModel } = await import('../model/model_file.ts')
  const { problemText } = await import('../model/problem.ts')
  const models: Model[] = []
  const refused: LoadedModels['refused'][number][] = []
  for (const file of files) {
    const name = basename(file).replace(/\.ya?ml$/, '')
    const found = await stat(file).catch(() => undefined)
    const text = found?.isFile() ? await readFile(file, 'utf8') : undefined
    if (text === undefined) {
      const problem = { file, line: 1, column: 1, path: '', message: 'There is no such file.' }
      refused.push({ name, file, problems: [problem], message: `${file}: there is no such file` })
      continue
    }
    const read = readModel(name, file, text)
    if (read.ok) models.push(read.model)
    else {
      const message = read.problems.map((problem) => problemText(problem, text)).join('\n')
      refused.push({ name, file, problems: read.problems, message })
    }
  }
  return { models, refused }
}

async function test(names: readonly string[], options: Options): Promise<void> {
  const { folder, loaded } = await load(options)
  const { casesOf, runCase } = await import('../model/cases.ts')
  const { CaseRunner } = await import('../engine/case_runner.ts')
  const runner = new CaseRunner(folder)
  const wanted = loaded.models.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  const results: CaseResult[] = []
  const without: string[] = []
  for (const model of wanted) {
    const cases = await casesOf(folder, model.name)
    if (cases.length === 0) without.push(model.name)
    for (const one of cases) {
      const result = await runCase(one, loaded, runner.run)
      results.push(result)
      if (!options.json) print(resultText(result))
    }
  }
  await runner.close()
  const failed = results.filter(({ passed }) => !passed)
  if (options.json) {
    const shown = results.map(({ case: { model, expected, what, dialect }, passed, detail }) => ({
      model,
      expected,
      what,
      dialect,
      passed,
      said: detail,
    }))
    print(
      JSON.stringify(
        {
          cases: shown,
          failed: failed.length,
          without_cases: without,
          refused: loaded.refused.map(({ name }) => name),
        },
        null,
        2,
      ),
    )
  } else {
    for (const name of without) print(`none  ${name} has no recorded cases`)
    for (const { message } of loaded.refused) print(`\n${message}`)
    print(`\n${results.length - failed.length} of ${results.length} cases as they must be`)
  }
  if (wanted.length === 0 && names.length > 0) {
    process.stderr.write(`No model's name contains ${names.join(' or ')}. Ask "thymus models list" for the names.\n`)
    process.exitCode = 2
  } else if (failed.length > 0 || loaded.refused.length > 0) process.exitCode = 1
}

function resultText({ case: { model, expected, what, dialect }, passed, detail }: CaseResult): string {
  const head = `${passed ? 'ok  ' : 'FAIL'}  ${model}: ${expected === 'fires' ? 'fires on' : 'quiet on'} ${what} (${dialect})`
  return passed ? head : `${head}\n      it said: ${detail}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
