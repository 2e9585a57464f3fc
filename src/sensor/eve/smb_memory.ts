/** Trees, pipes and written files remembered of one flow. A real client has a handful; a hostile one stops growing here. */
const MOST_OF_A_FLOW = 64

export interface Tree {
  /** `\\server\share`. */
  readonly path: string
  readonly isPipe: boolean
}

/**
 * What an SMB session has told so far. EVE names the share in the tree connect alone, and the interface in the RPC bind
 * alone; every later record has only the tree's number. (Zeek joins the same way, inside the sensor.)
 */
export class SmbMemory {
  /** Opened pipes, newest last: lower case, without `\pipe\`. */
  readonly pipes: string[] = []
  private readonly trees = new Map<string, Tree>()
  private readonly written = new Set<string>()

  addTree(session: number, tree: number, value: Tree): void {
    if (this.trees.size < MOST_OF_A_FLOW) this.trees.set(`${session} ${tree}`, value)
  }

  tree(session: number, tree: number): Tree | undefined {
    return this.trees.get(`${session} ${tree}`)
  }

  addPipe(name: string): void {
    const at = this.pipes.indexOf(name)
    if (at >= 0) this.pipes.splice(at, 1)
    this.pipes.push(name)
    if (this.pipes.length > MOST_OF_A_FLOW) this.pipes.shift()
  }

  /**
   * A write is told twice, by the `smb` record and by the `fileinfo` record of the same file. True the first time.
   */
  firstWrite(path: string, name: string): boolean {
    const file = `${path}\0${name}`
    if (this.written.has(file)) return false
    if (this.written.size < MOST_OF_A_FLOW) this.written.add(file)
    return true
  }
}
