import { type Command, InvalidArgumentError } from 'commander'
import { out } from './terminal.ts'

export function addBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('time the whole pipeline against the floor: JSON.parse of each line and nothing else')
    .option('--lines <n>', 'lines of the conn.log that is made for it', wholeNumber, 1_000_000)
    .option('--runs <n>', 'runs of each; medians are shown', wholeNumber, 3)
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nFigures are ratios of processor time within one run; docs/performance.md says where it goes.',
    )
    .action(async (options: { lines: number; runs: number; json?: boolean }) => {
      const { benchPipeline, pipelineText } = await import('../../bench/pipeline.ts')
      const figures = benchPipeline(options.lines, options.runs, (text) => process.stderr.write(`${text}\n`))
      out(options.json ? JSON.stringify(figures, null, 2) : pipelineText(figures))
    })
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number.')
  return value
}
