import { spawn } from 'node:child_process'
import { type Command, InvalidArgumentError } from 'commander'
import { CommandFailure, EXIT } from './failure.ts'
import { out, paint } from './terminal.ts'

/** Taken when it is free and no other was asked for, so that an address can be kept. */
const USUAL_PORT = 4777

export interface ServeOptions {
  readonly port?: number
  readonly open?: boolean
}

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('show a finished run in the browser: incidents, devices, events')
    .option('--from <dir>', 'the --out folder of a replay', 'thymus-out')
    .option('--port <n>', `port on loopback (default: ${USUAL_PORT}, or any when that is taken)`, port)
    .option('--open', 'open it in the browser of this machine')
    .addHelpText(
      'after',
      '\nIt answers on this machine alone (127.0.0.1). The link that is printed lets one browser in, once; enter prints another.\n' +
        'From afar: ssh -L 4777:127.0.0.1:4777 HOST, then open the link here.',
    )
    .action(async ({ from, ...options }: ServeOptions & { from: string }) => serveUntilStopped(from, options))
}

/** Serves a run until Ctrl-C. */
export async function serveUntilStopped(from: string, options: ServeOptions): Promise<void> {
  // Fastify and, at the first time, Vite: only here.
  const [{ consoleFolder }, { serve }] = await Promise.all([
    import('../console/console.ts'),
    import('../server/server.ts'),
  ])
  const console = await consoleFolder(() => process.stderr.write('Building the console (once; some seconds) …\n'))
  const start = (port: number): ReturnType<typeof serve> => serve({ from, console, port })
  const server = await start(options.port ?? USUAL_PORT).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    if (options.port === undefined) return start(0)
    throw new CommandFailure(
      `port ${options.port} is taken by another program; --port 0 takes any that is free`,
      EXIT.unavailable,
      { cause: error },
    )
  })
  const link = server.link()
  out(`${paint('bold', 'The console:')} ${link}`)
  out(paint('dim', 'The link works once. Enter prints a new one; Ctrl-C ends.'))
  if (options.open) openInBrowser(link)
  if (process.stdin.isTTY) process.stdin.on('data', () => out(server.link()))
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  process.stdin.pause()
  await server.close()
}

function openInBrowser(link: string): void {
  const [program, ...before] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  const child = spawn(program!, [...before, link], { stdio: 'ignore', detached: true })
  child.on('error', () => process.stderr.write('thymus: no browser could be opened; open the link yourself\n'))
  child.unref()
}

export function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('give a port from 0 (any) to 65535.')
  }
  return value
}
