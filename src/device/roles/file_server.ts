import { clientCount, clientsText } from './role_evidence.ts'
import { type RoleRule, SEVERAL_CLIENTS } from './role_rule.ts'

/** Disk shares that people made (not C$, ADMIN$, IPC$, print$, SYSVOL), opened by several devices. */
export const fileServer: RoleRule = {
  tag: 'File Server',
  kinds: ['file-share'],
  judge({ evidence }) {
    if (clientCount(evidence, 'file-share') < SEVERAL_CLIENTS) return undefined
    return `${clientsText(evidence, 'file-share')} opened shares on it`
  },
}
