import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { defaultConfig } from '../engine/config.ts'
import { MODELS_FOLDER } from './catalogue_folder.ts'
import { listText } from './device_command.ts'
import { explain } from './explain_command.ts'
import { runReplay } from './replay_command.ts'
import { readAlerts, readDevices } from './results.ts'
import { printSummary } from './summary_text.ts'
import { out, paint, wrap } from './terminal.ts'

/** Recorded by Zeek while people acted out an intrusion; see the folder's README for its origin. */
const RECORDING = join(import.meta.dirname, '..', '..', 'demo', 'recording')

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('replay a bundled real recording of an attack: devices, alerts, one of them explained')
    .option('--out <dir>', 'where the results go (default: a new temporary folder)')
    .action(async (options: { out?: string }) => {
      const dir = options.out ?? (await mkdtemp(join(tmpdir(), 'thymus-demo-')))
      out(
        wrap(
          'A real recording, made by Zeek while people acted out an intrusion (OTRF Security Datasets, APT29 emulation).',
          100,
        ),
      )
      out()
      const result = await runReplay({ paths: [RECORDING], out: dir, config: defaultConfig(), models: MODELS_FOLDER })
      printSummary(result, undefined)
      out()
      out(paint('bold', 'The devices'))
      out(listText(readDevices(dir)))
      const [first] = readAlerts(dir).sort((a, b) => b.score - a.score || a.time - b.time)
      if (first) {
        out()
        out(paint('bold', '── One alert, explained ──'))
        await explain(first, dir, false)
      }
      out()
      out('Try next:')
      out(`  thymus explain --from ${dir}            all alerts`)
      out(`  thymus device --from ${dir} NAME        who a device is, and why we think so`)
      out(`  thymus query --from ${dir} "SELECT endpoint, operation, count(*) FROM dce_rpc GROUP BY ALL"`)
      out('  thymus replay /path/to/your/zeek/logs --out yesterday')
    })
}
