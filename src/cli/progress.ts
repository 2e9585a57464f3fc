import { Presets, SingleBar } from 'cli-progress'

/** A progress bar on standard error, with rate and time left; silent when that is no terminal. */
export interface Progress {
  /** @param bytes as they lie on the disk, all in all */
  start(bytes: number): void
  advance(bytes: number): void
  stop(): void
}

/** A progress bar of things that are counted, such as days. */
export function countBar(what: string, unit: string, total: number): { reach(count: number): void; stop(): void } {
  if (!process.stderr.isTTY) return { reach() {}, stop() {} }
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} % · ${unit} {value} of {total}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0)
  return { reach: (count) => bar.update(count), stop: () => bar.stop() }
}

export function progressBar(what: string): Progress {
  if (!process.stderr.isTTY) return { start() {}, advance() {}, stop() {} }
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} % · {megabytes} of {totalMegabytes} MB · {rate} MB/s · {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  )
  let done = 0
  let whole = 0
  let began = 0
  const payload = (): Record<string, string> => ({
    megabytes: (done / 1e6).toFixed(0),
    totalMegabytes: (whole / 1e6).toFixed(0),
    rate: (done / 1e6 / Math.max(0.1, (performance.now() - began) / 1000)).toFixed(1),
  })
  return {
    start(bytes) {
      whole = bytes
      began = performance.now()
      bar.start(bytes, done, payload())
    },
    advance(bytes) {
      done += bytes
      if (whole > 0) bar.update(Math.min(done, whole), payload())
    },
    stop() {
      bar.stop()
    },
  }
}
