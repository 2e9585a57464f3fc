/** Methods that Node's Buffer has and its type declarations leave out. */
interface Buffer {
  /** Writes the low byte of each UTF-16 unit. @returns bytes written */
  latin1Write(text: string, offset?: number): number
}
