import type { Command } from 'commander'
import { configJsonSchema } from '../engine/config.ts'
import { configFrom } from './config_option.ts'
import { out } from './terminal.ts'

export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('look at thymus.yaml')
  config
    .command('check')
    .argument('[file]', 'the file to check', 'thymus.yaml')
    .description('say whether a configuration is right; all errors, each with line and column')
    .action((file: string) => {
      const checked = configFrom(file)
      out(
        `${file} is right: ${checked.sites.length} sites, ${checked.networks.length} networks, ` +
          `${checked.devices.length + checked.critical.length} devices declared.`,
      )
    })
  config
    .command('schema')
    .description('print the JSON Schema of thymus.yaml, for editors')
    .action(() => out(JSON.stringify(configJsonSchema(), null, 2)))
}
