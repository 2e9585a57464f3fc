/** Node's Buffer has these since its first day; @types/node does not list them. Twice as fast as `toString(encoding, …)`. */
interface Buffer {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
  utf8Write(text: string, offset: number): number
}
