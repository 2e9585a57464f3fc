import { type Finding, many, percent, whole } from './finding.ts'
import type { Observation } from './observation.ts'

/** A MAC with more addresses than this is a router's. */
const ROUTER_ADDRESSES = 8
const SHOWN = 8
const ENOUGH = 100

/** How devices can be told apart, and whether the sensor knows what is inside. */
export function deviceFindings(seen: Observation): Finding[] {
  if (!seen.types.has('conn') && !seen.types.has('open_conn')) return []
  return [identity(seen), ...networks(seen), ...locality(seen)]
}

function identity(seen: Observation): Finding {
  const leases = seen.types.get('dhcp')?.count ?? 0
  const names = (seen.types.get('ntlm')?.count ?? 0) + (seen.types.get('kerberos')?.count ?? 0)
  const { connections, withMac, addresses } = seen.macs
  const routers = [...addresses.values()].filter((set) => set.size > ROUTER_ADDRESSES).length
  const evidence = [
    leases > 0 ? many(leases, 'DHCP exchange') : '',
    withMac > 0 ? `MAC addresses in ${percent(withMac, connections)} of connections` : '',
    names > 0 ? `machine names in ${many(names, 'login')}` : '',
  ].filter((text) => text !== '')
  const details =
    routers > 0
      ? [
          `${many(routers, 'MAC')} of ${whole(addresses.size)} with more than ${ROUTER_ADDRESSES} addresses: routers, which identify nothing`,
        ]
      : []
  if (leases > 0 || withMac > 0) {
    return { id: 'identity', grade: 'good', title: `devices are told apart by ${evidence.join(', ')}`, details }
  }
  return {
    id: 'identity',
    grade: 'weak',
    title: `devices are told apart by ${evidence.length > 0 ? `address and ${evidence.join(', ')}` : 'address alone'}: no DHCP, no MAC addresses`,
    consequence: 'where addresses are leased, two devices may pass for one, or one for two',
    advice:
      'Zeek: load zeek/thymus.zeek (MAC logging) and see that DHCP passes the sensor. Suricata: ethernet: yes under eve-log, and dhcp with extended: yes',
  }
}

function networks(seen: Observation): Finding[] {
  const list = [...seen.networks].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  if (list.length === 0) {
    return [
      {
        id: 'networks',
        grade: 'weak',
        title: 'no private address was seen: what is inside is not known',
        consequence: 'no device is a local one, so nothing is learned about any',
        advice: "name your networks in thymus.yaml, and set Zeek's Site::local_nets",
      },
    ]
  }
  const shown = list.slice(0, SHOWN).map(([network, ends]) => `${network} (${many(ends, 'end')} of connections)`)
  if (list.length > SHOWN) shown.push(`and ${many(list.length - SHOWN, 'more')}`.replace('mores', 'more'))
  return [{ id: 'networks', grade: 'good', title: `${many(list.length, 'private network')} seen`, details: shown }]
}

function locality(seen: Observation): Finding[] {
  const { told, untold, privateButNotLocal, publicButLocal, lacking } = seen.local
  if (told === 0) {
    if (untold === 0) return []
    return [
      {
        id: 'local-nets',
        grade: 'unknown',
        title: 'the sensor does not say which addresses are local: RFC 1918 and fc00::/7 are taken',
        advice: "public addresses of your own: name them in thymus.yaml (or Zeek's Site::local_nets)",
      },
    ]
  }
  const findings: Finding[] = []
  if (privateButNotLocal / told > 0.01 && privateButNotLocal >= ENOUGH) {
    const list = [...lacking].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, SHOWN)
    findings.push({
      id: 'local-nets',
      grade: 'weak',
      title: `${percent(privateButNotLocal, told)} of all ends are private addresses that the sensor calls not local`,
      consequence:
        "Zeek's own scripts (known hosts, software, notices) leave these networks out; Thymus takes them as local",
      advice: 'add them to Site::local_nets (networks.cfg)',
      details: list.map(([network, ends]) => `${network} (${many(ends, 'end')})`),
    })
  } else
    findings.push({
      id: 'local-nets',
      grade: 'good',
      title: 'what the sensor calls local agrees with RFC 1918 and fc00::/7',
    })
  if (publicButLocal > 0) {
    findings.push({
      id: 'public-local',
      grade: 'good',
      title: `${percent(publicButLocal, told)} of all ends are public addresses that the sensor calls local: your own, as it seems`,
    })
  }
  return findings
}
