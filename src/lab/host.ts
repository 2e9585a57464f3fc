import type { Segment } from './addressing.ts'

/** An end of a connection: a device of the lab or a machine outside. */
export interface Host {
  /** Changes when a lease does. */
  readonly address: string
  /** NetBIOS name, upper case; outside: the host name. */
  readonly name: string
  readonly fqdn: string
  /** Inside the networks that the sensor calls local (`Site::local_nets`). */
  readonly local: boolean
  /** Of devices of the site. */
  readonly segment?: Segment
}
