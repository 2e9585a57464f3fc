import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { discover } from '../sensor/discover.ts'
import { type Finding, type Grade, many, whole } from '../sensor/doctor/finding.ts'
import { Observation } from '../sensor/doctor/observation.ts'
import { type Diagnosis, diagnose, type SourceDiagnosis } from '../sensor/doctor.ts'
import { ReadReport, SourceFailure, type SourceFile } from '../sensor/sensor.ts'
import { type Survey, survey } from '../sensor/survey.ts'
import { CommandFailure, EXIT } from './failure.ts'
import { type Progress, progressBar } from './progress.ts'

interface DoctorOptions {
  readonly json?: boolean
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what a sensor can and cannot see, and what to change')
    .argument('<path...>', 'logs or captures: a file or a folder; each PATH is one sensor')
    .option('--json', 'print the findings as one JSON object')
    .addHelpText(
      'after',
      `
Looks at every record, learns nothing, writes nothing.

Exit codes: 0 nothing important is hidden · 1 something important cannot be seen (✗) · 2 nothing readable

Example: thymus doctor /opt/zeek/logs/2026-11-23`,
    )
    .action(async (paths: string[], options: DoctorOptions) => {
      const diagnosis = await examine(paths)
      process.stdout.write(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : render(diagnosis))
      if (diagnosis.verdict === 'unreadable') process.exitCode = EXIT.usage
      else if (diagnosis.verdict === 'blind') process.exitCode = EXIT.attention
    })
}

/** Reads all of the paths, one after another, one file at a time. */
export async function examine(paths: readonly string[]): Promise<Diagnosis> {
  for (const path of paths) {
    if (!existsSync(path)) throw new CommandFailure(`there is no ${path}: give a file or a folder of logs or captures`)
  }
  const observations: Observation[] = []
  const progress = progressBar('examined')
  const found = []
  for (const path of paths) found.push({ path, discovery: await discover(path) })
  progress.start(found.flatMap(({ discovery }) => discovery.files).reduce((sum, { bytes }) => sum + bytes, 0))
  for (const { path, discovery } of found) {
    const seen = new Observation(paths.length === 1 ? basename(resolve(path)) : path)
    for (const problem of discovery.problems) seen.addReport(problem)
    seen.unreadable = discovery.problems.length
    seen.files = discovery.files.length
    for (const surveyed of await inOrder(discovery.files, seen)) await observe(surveyed, seen, progress)
    observations.push(seen)
  }
  progress.stop()
  return diagnose(observations)
}

/** Files in order of their first record, as a replay takes them: names (`conn.log.2.gz`) lie about it. */
async function inOrder(files: readonly SourceFile[], seen: Observation): Promise<Survey[]> {
  const surveys: Survey[] = []
  for (const file of files) {
    try {
      surveys.push(await survey(file))
    } catch (error) {
      refuse(file, seen, error)
    }
  }
  return surveys.sort((a, b) => (a.firstKnown || 0) - (b.firstKnown || 0) || (a.file.shown < b.file.shown ? -1 : 1))
}

async function observe({ file, sensor }: Survey, seen: Observation, progress: Progress): Promise<void> {
  const report = new ReadReport(file.shown)
  seen.formats.set(sensor.name, (seen.formats.get(sensor.name) ?? 0) + 1)
  try {
    for await (const batch of sensor.read(file, report)) seen.take(batch)
  } catch (error) {
    refuse(file, seen, error)
  }
  seen.addReport(report)
  progress.advance(file.bytes)
}

/** A file that cannot be read costs itself and is named. */
function refuse(file: SourceFile, seen: Observation, error: unknown): void {
  if (!(error instanceof SourceFailure)) throw error
  const report = new ReadReport(file.shown)
  report.reject(error.reason, 0, { expected: error.message })
  seen.unreadable++
  seen.addReport(report)
}

/** A sign and a word for each grade: the sign alone says nothing to a screen reader, nor does colour. */
const SIGN: Readonly<Record<Grade, readonly [sign: string, colour: 'green' | 'yellow' | 'red' | 'gray']>> = {
  good: ['✓', 'green'],
  weak: ['!', 'yellow'],
  blind: ['✗', 'red'],
  unknown: ['?', 'gray'],
}
const VERDICT: Readonly<Record<Diagnosis['verdict'], string>> = {
  fine: 'This sensor shows what Thymus needs.',
  'could-be-better': 'Nothing important is hidden; what is marked ! would make Thymus surer.',
  blind: 'Something important cannot be seen: see what is marked ✗.',
  unreadable: 'Nothing could be read.',
}

/** For people. Colours only where the standard output is a terminal that has them. */
export function render(diagnosis: Diagnosis): string {
  const lines: string[] = []
  for (const source of diagnosis.sources) lines.push(...sourceLines(source))
  if (diagnosis.together.length > 0)
    lines.push(heading('Between the sensors'), ...diagnosis.together.flatMap(findingLines), '')
  lines.push(painted('bold', VERDICT[diagnosis.verdict]))
  return `${lines.join('\n')}\n`
}

function sourceLines(source: SourceDiagnosis): string[] {
  const types = Object.entries(source.recordsByType)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${whole(count)}`)
  const lines = [
    painted('bold', printable(source.source)),
    `${many(source.files, 'file')}${source.unreadableFiles > 0 ? ` (${whole(source.unreadableFiles)} of them unreadable)` : ''}, ${many(source.records, 'record')}`,
    ...wrapped(types.join(', '), '  '),
    '',
  ]
  for (const { title, findings } of source.sections) lines.push(heading(title), ...findings.flatMap(findingLines), '')
  return lines
}

function heading(title: string): string {
  return painted('underline', title)
}

function findingLines(finding: Finding): string[] {
  const [sign, colour] = SIGN[finding.grade]
  const [first = '', ...rest] = wrapped(printable(finding.title), '    ')
  return [
    `  ${painted(colour, sign)} ${first.trimStart()}`,
    ...rest,
    ...(finding.details ?? []).flatMap((detail) => wrapped(printable(detail), '      ')),
    ...(finding.consequence === undefined ? [] : wrapped(`so: ${finding.consequence}`, '    ')),
    ...(finding.advice === undefined ? [] : wrapped(`do: ${finding.advice}`, '    ')),
  ]
}

const WIDTH = 110

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = indent
    }
    line += line.length > indent.length ? ` ${word}` : word
  }
  return line.length > indent.length ? [...lines, line] : lines
}

/** What stood in a file may hold escape sequences: shown, never obeyed by the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u00b7')
}

function painted(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout })
}
