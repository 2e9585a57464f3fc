import { SECOND } from '../../event/time.ts'
import type { Site } from '../outside.ts'
import { resolve } from '../protocols/dns.ts'
import { fetchOutside, http, programOf, quic } from '../protocols/web.ts'
import type { PersonHabit } from './presence.ts'
import { moments } from './presence.ts'

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
]
/** Sites that other sites bring with them (advertising, fonts, counters) are among the most popular ones. */
const COMPANIONS = 150

/** Pages visited: favourites mostly, by popularity otherwise, each with the machines that come along. */
export const browsing: PersonHabit = (world, person, shift, random) => {
  const { outside } = world.plan
  const browser = BROWSERS[person.index % BROWSERS.length]!
  const speaker = programOf(world, `browser ${person.index % BROWSERS.length}`, browser)
  for (const at of moments(shift, 60 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const site: Site = random.chance(0.62) ? outside.site(random.pick(person.favourites)) : outside.draw(random)
      const device = person.device
      if (random.chance(0.05)) {
        const host = site.hosts[0]!
        http(scene, resolve(scene, now, device, host), device, host, {
          uri: `/${random.hex(6)}`,
          userAgent: browser,
          received: random.lognormal(20_000, 1.2),
          mimeType: random.chance(0.1) ? 'application/pdf' : 'text/html',
        })
      }
      const parts = 1 + random.poisson(4.5)
      let start = now
      for (let i = 0; i < parts; i++) {
        const own = i === 0 || random.chance(0.35)
        const from = own ? site : outside.site(Math.floor(random.float() ** 2 * COMPANIONS))
        const host = i === 0 ? from.hosts[0]! : random.pick(from.hosts)
        const duration = Math.floor(random.lognormal(12, 1.3) * SECOND)
        const sent = random.lognormal(2500, 1)
        const received = random.lognormal(i === 0 ? 60_000 : 25_000, 1.5)
        if (random.chance(0.12)) {
          quic(scene, resolve(scene, start, device, host) + 200, device, host, duration, sent, received)
        } else {
          fetchOutside(scene, start, device, host, { program: speaker, duration, sent, received, oldTls: from.oldTls })
        }
        start += Math.floor(random.exponential(0.25) * SECOND)
      }
    })
  }
}
