import type { View } from '../view.ts'
import { ADMINISTRATION } from './administration.ts'
import { CONNECTIONS } from './connections.ts'
import { CREDENTIALS } from './credentials.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { Family } from './family.ts'
import { PIPES } from './pipes.ts'
import { SHARES } from './shares.ts'
import { SOFTWARE } from './software.ts'
import { TRANSFERS } from './transfers.ts'

/** Every family of views. Names of addresses (`ENDPOINTS`) come first: a connection is judged by what is known before it. */
export const FAMILIES: readonly Family[] = [
  ENDPOINTS,
  CONNECTIONS,
  CREDENTIALS,
  SHARES,
  PIPES,
  SOFTWARE,
  ADMINISTRATION,
  TRANSFERS,
]

/** All views, in the order of their ids, which is the order in which people read them. */
export const VIEWS: readonly View[] = FAMILIES.flatMap((family) => family.views).sort((a, b) => a.id - b.id)
