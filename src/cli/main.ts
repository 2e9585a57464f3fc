import { Command } from 'commander'
import { addBenchCommand } from './bench_command.ts'
import { addConfigCommand } from './config_command.ts'
import { addDemoCommand } from './demo_command.ts'
import { addDeviceCommand } from './device_command.ts'
import { addDoctorCommand } from './doctor_command.ts'
import { addExplainCommand } from './explain_command.ts'
import { exitCodeOf, messageOf } from './failure.ts'
import { addIncidentCommand } from './incident_command.ts'
import { addLabCommand } from './lab_command.ts'
import { addModelsCommand } from './models_command.ts'
import { addQueryCommand } from './query_command.ts'
import { addReplayCommand } from './replay_command.ts'
import { addServeCommand } from './serve_command.ts'

/** The command line: one file a command, in the order in which a newcomer meets them. */
const program = new Command('thymus')
  .description('Learns what is normal on your network, notices what is not, and can show why.')
  .version('0.1.0')
  .showHelpAfterError('(thymus --help lists the commands; thymus COMMAND --help explains one)')
  .configureHelp({ sortSubcommands: false })

for (const add of [
  addDemoCommand,
  addReplayCommand,
  addServeCommand,
  addDoctorCommand,
  addExplainCommand,
  addIncidentCommand,
  addDeviceCommand,
  addQueryCommand,
  addModelsCommand,
  addConfigCommand,
  addBenchCommand,
  addLabCommand,
]) {
  add(program)
}

program.addHelpText(
  'after',
  `
Exit codes: 0 done · 1 done, and something needs your attention (said on screen) · 2 wrong use or wrong input ·
            69 something that is needed is missing · 70 a fault of Thymus itself · 74 reading or writing failed`,
)

// `thymus … | head` closes the pipe early: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`thymus: ${messageOf(error)}\n`)
  process.exitCode = exitCodeOf(error)
}
