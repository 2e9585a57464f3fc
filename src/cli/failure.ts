import { CommanderError } from 'commander'

/** Exit codes, as sysexits.h has them where it has one. */
export const EXIT = { attention: 1, usage: 2, unavailable: 69, software: 70, inputOutput: 74 } as const

/** A failure that is explained to a person: no stack, an exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailure'
    this.exitCode = exitCode
  }
}

/** Failures that explain themselves, by the name of their class: the stations know nothing of exit codes. */
const EXPLAINED: Readonly<Record<string, number>> = {
  StateFailure: EXIT.inputOutput,
  LakeFailure: EXIT.inputOutput,
  ResultsFailure: EXIT.usage,
  QueryFailure: EXIT.usage,
  SourceFailure: EXIT.inputOutput,
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode
  if (error instanceof Error && error.name in EXPLAINED) return EXPLAINED[error.name]!
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) {
    return EXIT.inputOutput
  }
  return EXIT.software
}

/** For people: a fault of ours comes with its stack, so that it can be reported. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return exitCodeOf(error) === EXIT.software ? (error.stack ?? error.message) : error.message
}
