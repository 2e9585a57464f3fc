import type { WriteStream } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of the contract (DESIGN.md section 5) that grow while the engine runs. */
const STREAMED = ['signals', 'alerts', 'incidents', 'investigations', 'actions'] as const
export type StreamedFile = (typeof STREAMED)[number]

/**
 * The folder given with `--out`. `summary.json` is removed first and written last: a folder without one is of a run that
 * did not end.
 */
export class OutputFolder {
  readonly dir: string
  private readonly streams: Readonly<Record<StreamedFile, WriteStream>>
  private failure: Error | undefined

  private constructor(dir: string, streams: Readonly<Record<StreamedFile, WriteStream>>) {
    this.dir = dir
    this.streams = streams
    for (const stream of Object.values(streams)) {
      stream.on('error', (error) => {
        this.failure ??= error
      })
    }
  }

  /** @throws Error of the file system, naming the folder */
  static async open(dir: string): Promise<OutputFolder> {
    await mkdir(dir, { recursive: true })
    await rm(join(dir, 'summary.json'), { force: true })
    const entries = await Promise.all(
      STREAMED.map(async (name) => {
        const file = await open(join(dir, `${name}.jsonl`), 'w')
        return [name, file.createWriteStream()] as const
      }),
    )
    return new OutputFolder(dir, Object.fromEntries(entries) as Record<StreamedFile, WriteStream>)
  }

  /** One line; never waits: what a run says is small beside what it reads. */
  line(file: StreamedFile, value: unknown): void {
    this.streams[file].write(`${JSON.stringify(value)}\n`)
  }

  /** Writes a whole file so that it is there complete or not at all. */
  async whole(name: string, text: string): Promise<void> {
    const path = join(this.dir, name)
    await writeFile(`${path}.tmp`, text, { flush: true })
    await rename(`${path}.tmp`, path)
  }

  async close(): Promise<void> {
    await Promise.all(
      Object.values(this.streams).map(
        (stream) => new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
      ),
    )
    if (this.failure) throw this.failure
  }
}
