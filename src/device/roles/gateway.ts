import type { RoleRule } from './role_rule.ts'

/** Announces itself as a router (RFC 4861), or owns, by ARP, the interface that others' traffic comes through. */
export const gateway: RoleRule = {
  tag: 'Gateway',
  kinds: ['router-advertisement', 'forwarding-interface'],
  judge({ evidence }) {
    if (evidence.has('router-advertisement')) return 'announces itself as an IPv6 router'
    return evidence.has('forwarding-interface') ? 'owns the MAC address through which others are reached' : undefined
  },
}
