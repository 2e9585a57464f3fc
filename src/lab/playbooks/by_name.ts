import type { World } from '../world.ts'
import { credentialFromNewPlace } from './credential.ts'
import { dcSync } from './dcsync.ts'
import { dnsTunnel } from './dns_tunnel.ts'
import { kerberoasting } from './kerberoast.ts'
import { livingOffTheLand } from './lotl.ts'
import type { PlaybookName } from './names.ts'
import { slowGuessing } from './slow_guess.ts'
import { slowWalk } from './slow_walk.ts'
import { story } from './story.ts'

/** @param order position among the attacks of the world: the same attack twice is two different ones */
export type Playbook = (world: World, order: number) => void

export const PLAYBOOK: Readonly<Record<PlaybookName, Playbook>> = {
  story,
  lotl: livingOffTheLand,
  credential: credentialFromNewPlace,
  'slow-guess': slowGuessing,
  'slow-walk': slowWalk,
  kerberoast: kerberoasting,
  dcsync: dcSync,
  'dns-tunnel': dnsTunnel,
}
