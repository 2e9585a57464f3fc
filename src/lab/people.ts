import type { LabDevice } from './device.ts'
import type { Random } from './random.ts'

/**
 * What a person does on the network. The three kinds of administrators differ in their tools: servers over RDP, service
 * control and WMI; desktops over C$, PsExec and remote assistance; the network and Linux over SSH and web consoles.
 */
export type Job = 'office' | 'developer' | 'helpdesk' | 'server-admin' | 'desktop-admin' | 'network-admin'

export interface ShareChoice {
  readonly server: LabDevice
  readonly share: string
}

export class Person {
  readonly index: number
  readonly account: string
  /** Changes when somebody takes on other work. */
  job: Job
  readonly department: number
  /** The second account for administration, for those who have one. */
  adminAccount: string
  /** Where they sit; changes when they get a new desk. */
  device: LabDevice
  readonly shares: ShareChoice[]
  /** Internal web applications they use. */
  readonly applications: readonly LabDevice[]
  /** Ranks of the sites they go to most. */
  readonly favourites: number[]
  /** How much of a day they click. */
  readonly diligence: number
  /** When they come and go (site's hours). */
  readonly comes: number
  readonly goes: number
  /** Share of workdays on which they are here. */
  readonly presence: number
  firstDay: number
  lastDay = Number.POSITIVE_INFINITY
  /** Their own random stream. */
  readonly random: Random

  constructor(spec: {
    index: number
    account: string
    job: Job
    department: number
    adminAccount: string
    device: LabDevice
    shares: ShareChoice[]
    applications: readonly LabDevice[]
    favourites: number[]
    random: Random
    firstDay: number
  }) {
    this.index = spec.index
    this.account = spec.account
    this.job = spec.job
    this.department = spec.department
    this.adminAccount = spec.adminAccount
    this.device = spec.device
    this.shares = spec.shares
    this.applications = spec.applications
    this.favourites = spec.favourites
    this.firstDay = spec.firstDay
    this.random = spec.random
    const { random } = spec
    this.diligence = random.lognormal(1, 0.45)
    this.comes = random.uniform(6.5, 9.5)
    this.goes = this.comes + random.uniform(7.5, 9.5)
    this.presence = random.uniform(0.78, 0.97)
  }

  isEmployed(day: number): boolean {
    return day >= this.firstDay && day < this.lastDay
  }

  get administers(): boolean {
    return this.job === 'server-admin' || this.job === 'desktop-admin' || this.job === 'network-admin'
  }
}
