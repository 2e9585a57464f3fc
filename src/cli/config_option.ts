import { existsSync } from 'node:fs'
import { ConfigError, defaultConfig, loadConfig, type ThymusConfig } from '../engine/config.ts'
import { CommandFailure } from './failure.ts'

/**
 * The configuration that a command works with: the given file, else ./thymus.yaml, else the defaults.
 * @throws CommandFailure with every problem of the file, each at its line and column
 */
export function configFrom(path: string | undefined): ThymusConfig {
  if (path === undefined && !existsSync('thymus.yaml')) return defaultConfig()
  try {
    return loadConfig(path ?? 'thymus.yaml')
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(error.message, undefined, { cause: error })
    throw error
  }
}
