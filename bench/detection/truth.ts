import { readFileSync } from 'node:fs'
import * as z from 'zod'

/** The lab's ground truth (`labels.json`), as far as the bench needs it. Times are epoch seconds. */

const host = z.object({ name: z.string(), ip: z.string() })
const recorded = {
  start: z.number().optional(),
  end: z.number().optional(),
  firstKnown: z.number().optional(),
  records: z.number(),
  uids: z.array(z.string()),
}
const stage = z.object({
  name: z.string(),
  title: z.string(),
  attacker: host,
  victims: z.array(host),
  techniques: z.array(z.string()),
  ...recorded,
})
const oddity = z.object({ kind: z.string(), cause: z.string(), devices: z.array(host), ...recorded })
const schema = z.object({
  format: z.literal(1),
  options: z.object({ seed: z.number(), devices: z.number(), days: z.number(), start: z.number() }),
  devices: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      addresses: z.array(z.object({ from: z.number(), ip: z.string() })),
    }),
  ),
  people: z.array(z.object({ job: z.string(), device: z.string() })),
  attacks: z.array(z.object({ playbook: z.string(), stages: z.array(stage) })),
  oddities: z.array(oddity),
})

export type Stage = z.infer<typeof stage>
export type Oddity = z.infer<typeof oddity>

/** What stands for a server where figures are given by role; everything else is a client or a thing. */
const SERVER = /server|controller|scanner|sync/

/** What really happened in a simulated world. */
export class Truth {
  /** Epoch seconds. */
  readonly start: number
  readonly stages: readonly Stage[]
  readonly oddities: readonly Oddity[]
  private readonly kinds = new Map<string, string>()
  /** Who sits at a device at the end of the world. */
  private readonly jobs = new Map<string, string>()
  /** By address: who had it from when on, oldest first. */
  private readonly owners = new Map<string, { from: number; name: string }[]>()

  private constructor(labels: z.infer<typeof schema>) {
    this.start = labels.options.start
    this.stages = labels.attacks.flatMap((attack) => attack.stages)
    this.oddities = labels.oddities
    for (const { job, device } of labels.people) this.jobs.set(device, job)
    for (const { name, kind, addresses } of labels.devices) {
      this.kinds.set(name, kind)
      for (const { from, ip } of addresses) {
        const owners = this.owners.get(ip) ?? []
        owners.push({ from, name })
        this.owners.set(ip, owners)
      }
    }
    for (const owners of this.owners.values()) owners.sort((a, b) => a.from - b.from)
  }

  /** @throws ZodError when the lab writes another format than this bench reads */
  static read(file: string): Truth {
    return new Truth(schema.parse(JSON.parse(readFileSync(file, 'utf8'))))
  }

  /** Which device of the world had an address at a moment; undefined: none, as for an address outside. */
  deviceAt(ip: string, time: number): string | undefined {
    let found: string | undefined
    for (const { from, name } of this.owners.get(ip) ?? []) if (from <= time || found === undefined) found = name
    return found
  }

  kindOf(name: string): string {
    return this.kinds.get(name) ?? 'unknown'
  }

  /** `workstation of a server-admin`, `file-server`. */
  describe(name: string): string {
    const job = this.jobs.get(name)
    return job === undefined ? this.kindOf(name) : `${this.kindOf(name)} (${job})`
  }

  isServer(name: string): boolean {
    return SERVER.test(this.kindOf(name))
  }

  /** Whether the device at an address is one that a stage names, as attacker or victim. */
  takesPart(stage: Stage, ip: string, time: number): boolean {
    const name = this.deviceAt(ip, time)
    return [stage.attacker, ...stage.victims].some((party) => party.name === name || party.ip === ip)
  }

  /** The end of the last stage that the sensor saw; epoch seconds, the world's start when it saw none. */
  get attackEnd(): number {
    return Math.max(this.start, ...this.stages.map((each) => each.end ?? this.start))
  }
}
