import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import type { Habits } from './habits.ts'
import { COMMITTED, type DayNumber } from './link_table.ts'
import type { View } from './view.ts'
import { ACT_KIND, actOfOperation } from './views/administration.ts'
import { FILE_WRITTEN, fileKind, SHARE_KIND, shareKind, shareName } from './views/shares.ts'

/** What kind of thing an event is, in the view that remembers on which days its device does such things. */
interface Kind {
  readonly view: View
  readonly text: string
}

type KindOf = (event: Event) => Kind | undefined

function textOf(log: string, field: string): (event: Event) => string {
  const slot = slotOf(logType(log), field)
  return (event) => event.text(slot)
}

function act(text: string): Kind | undefined {
  return text === '' ? undefined : { view: ACT_KIND, text }
}

const KIND_OF: Readonly<Record<string, KindOf>> = {
  dce_rpc: kindOfCall(),
  smb_mapping: kindOfShare(),
  smb_files: kindOfFile(),
  files: kindOfTransfer(),
  rdp: () => act('remote desktop'),
  ssh: () => act('SSH session'),
  http: kindOfRequest(),
}

function kindOfCall(): KindOf {
  const endpoint = textOf('dce_rpc', 'endpoint')
  const operation = textOf('dce_rpc', 'operation')
  return (event) => act(actOfOperation(endpoint(event), operation(event)))
}

function kindOfShare(): KindOf {
  const path = textOf('smb_mapping', 'path')
  return (event) => {
    const kind = shareKind(shareName(path(event)))
    return kind === 'ADMIN$' || kind === 'drive share' ? act('administrative share') : { view: SHARE_KIND, text: kind }
  }
}

function kindOfFile(): KindOf {
  const action = textOf('smb_files', 'action')
  const path = textOf('smb_files', 'path')
  const name = textOf('smb_files', 'name')
  return (event) => {
    const share = shareKind(shareName(path(event))) || 'unknown share'
    const kind = fileKind(name(event))
    // A sensor that logs no writes shows them as opens. That the share is read every day excuses no program put there.
    const written = action(event) === 'SMB::FILE_WRITE' || kind === 'program' || kind === 'script'
    return written ? { view: FILE_WRITTEN, text: `${kind} to ${share}` } : { view: SHARE_KIND, text: share }
  }
}

function kindOfTransfer(): KindOf {
  const source = textOf('files', 'source')
  const name = textOf('files', 'filename')
  return (event) =>
    source(event) === 'SMB' ? { view: FILE_WRITTEN, text: `${fileKind(name(event))} to unknown share` } : undefined
}

function kindOfRequest(): KindOf {
  const uri = textOf('http', 'uri')
  return (event) => (/^(https?:\/\/[^/]+)?\/wsman/i.test(uri(event)) ? act('WinRM') : undefined)
}

/**
 * On how many earlier days the device has done such a thing: the kind of administrative act, of share, of file written,
 * whatever the target. Days count once they are committed, so that nothing a device in quarantine does becomes usual.
 * @returns 0 also when the log says nothing that is remembered by kind
 */
export function usualDays(habits: Habits, event: Event, day: DayNumber): number {
  if (event.orig < 0) return 0
  const kind = KIND_OF[event.batch.type.name]?.(event)
  if (kind === undefined || kind.text === '') return 0
  const text = habits.texts.intern(kind.text)
  const link = text === 0 ? 0 : habits.find(kind.view, event.orig, text, 0)
  if (link === 0 || (habits.table.flags(link) & COMMITTED) === 0) return 0
  return habits.table.days(link) - (habits.table.lastDay(link) >= day ? 1 : 0)
}
