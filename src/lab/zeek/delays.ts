import { MINUTE, SECOND } from '../../event/time.ts'

/**
 * How long after the last packet Zeek writes a line, by its defaults (base/init-bare.zeek and the protocol scripts). The
 * attempt, UDP, ICMP and DHCP delays are the ones DESIGN.md section 5 warns of.
 */
export const AFTER_CLOSE = 5 * SECOND
export const AFTER_RESET = SECOND / 10
export const AFTER_ATTEMPT = 5 * SECOND
export const AFTER_SILENCE_UDP = 60 * SECOND
export const AFTER_SILENCE_ICMP = 60 * SECOND
export const AFTER_SILENCE_TCP = 5 * MINUTE
export const AFTER_DHCP = 30 * SECOND
/** The tuned sensor names a connection that is still open after this long, and again every hour. */
export const OPEN_CONNECTION = 60 * SECOND
