/** Something is wrong with the lake, in words for a person: what, where, what to do. */
export class LakeFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LakeFailure'
  }
}

const OUT_OF_SPACE = new Set(['ENOSPC', 'EDQUOT'])

/** What went wrong while writing below `dir`, and what that means for what is there. */
export function writeFailure(error: unknown, dir: string): LakeFailure {
  if (error instanceof LakeFailure) return error
  const { code, errcode } = error as { code?: string; errcode?: number }
  // SQLITE_FULL (13) is SQLite's word for the same thing.
  if ((code !== undefined && OUT_OF_SPACE.has(code)) || errcode === 13) {
    return new LakeFailure(
      `${dir}: no space left on the device. What the lake already lists is whole and stays readable; rows that were not ` +
        'yet written are lost. Free some space (or give another --out directory) and run again.',
      { cause: error },
    )
  }
  const said = error instanceof Error ? error.message : String(error)
  return new LakeFailure(`${dir}: cannot write to the lake: ${said}`, { cause: error })
}
