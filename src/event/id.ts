import { createHash } from 'node:crypto'

/**
 * Ids are hashes of causes (DESIGN.md section 2): the same input gives the same ids on any machine.
 * @param kind  what is named ('device', 'alert', …), so that two kinds never share an id
 * @param parts the causes; their borders count ('ab','c' is not 'a','bc')
 * @returns 16 hexadecimal digits of SHA-256
 */
export function idOf(kind: string, ...parts: readonly (string | number)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('hex')
    .slice(0, 16)
}
