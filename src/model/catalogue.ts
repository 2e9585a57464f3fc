import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model } from './definition.ts'
import { readModel } from './model_file.ts'
import { type Problem, problemText } from './problem.ts'

/** The catalogue as found in a folder: what can run, and what was refused. One wrong file costs one model. */
export interface LoadedModels {
  /** In order of their names. */
  readonly models: readonly Model[]
  readonly refused: readonly RefusedModel[]
}

interface RefusedModel {
  readonly name: string
  readonly file: string
  readonly problems: readonly Problem[]
  /** All problems with their places, for people. */
  readonly message: string
}

const EXTENSION = '.yaml'
const CASES = '.cases'
const MOST_FILES = 10_000
const LARGEST_FILE = 256 * 1024
const DEEPEST = 8

/**
 * Reads all models below a folder: `Device/RDP Scan.yaml` is the model `Device/RDP Scan`.
 * @throws Error of the file system when the folder itself cannot be read
 */
export async function loadModels(folder: string): Promise<LoadedModels> {
  const models: Model[] = []
  const refused: RefusedModel[] = []
  for (const file of await modelFiles(folder)) {
    const name = file.slice(0, -EXTENSION.length)
    const loaded = await loadFile(folder, file, name)
    if ('model' in loaded) models.push(loaded.model)
    else refused.push(loaded)
  }
  return { models, refused }
}

async function loadFile(folder: string, file: string, name: string): Promise<{ model: Model } | RefusedModel> {
  const refuse = (problems: readonly Problem[], text: string): RefusedModel => {
    return { name, file, problems, message: problems.map((problem) => problemText(problem, text)).join('\n') }
  }
  let text = ''
  try {
    text = await readFile(join(folder, file), 'utf8')
  } catch (error) {
    const message = `The file cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return refuse([{ file, line: 1, column: 1, path: '', message }], '')
  }
  if (text.length > LARGEST_FILE) {
    return refuse([{ file, line: 1, column: 1, path: '', message: `Larger than ${LARGEST_FILE / 1024} KiB.` }], '')
  }
  const read = readModel(name, file, text)
  return read.ok ? { model: read.model } : refuse(read.problems, text)
}

/** Paths of model files below a folder, with slashes, in the order of their code units. */
async function modelFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const visit = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true })
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory() && depth < DEEPEST && !entry.name.endsWith(CASES)) await visit(path, depth + 1)
      else if (entry.isFile() && entry.name.endsWith(EXTENSION) && found.length < MOST_FILES) found.push(path)
    }
  }
  await visit('', 0)
  return found.sort()
}

/** Models from texts instead of files, for tests and for the check of a single file. */
export function modelsFrom(texts: Readonly<Record<string, string>>): LoadedModels {
  const models: Model[] = []
  const refused: RefusedModel[] = []
  for (const name of Object.keys(texts).sort()) {
    const text = texts[name]!
    const file = `${name}${EXTENSION}`
    const read = readModel(name, file, text)
    if (read.ok) models.push(read.model)
    else
      refused.push({
        name,
        file,
        problems: read.problems,
        message: read.problems.map((problem) => problemText(problem, text)).join('\n'),
      })
  }
  return { models, refused }
}
