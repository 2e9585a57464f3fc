import { DAY, type Micros } from '../event/time.ts'
import type { Firing } from './firing.ts'

/** What a device's odd day amounts to: one alert, to which other models add what they saw. Plain data. */
export interface Matter {
  /** The model that founded it and names the alert. */
  readonly model: string
  readonly firing: Firing
  readonly since: Micros
  /** Other models that added to it, in order. */
  models: string[]
}

/** What `--state` keeps of it. */
export type MattersState = readonly (readonly [device: number, matter: Matter])[]

/** A day's oddness is one statement, however many models can say why. */
const MATTER_LASTS = DAY
const MOST_DEVICES = 20_000

/** The open matters, one a device. */
export class Matters {
  private readonly byDevice = new Map<number, Matter>()

  /** @param live the open firing that a saved one is a copy of, where there is one */
  constructor(saved?: MattersState, live: (model: string, firing: Firing) => Firing = (_, firing) => firing) {
    for (const [device, matter] of saved ?? [])
      this.byDevice.set(device, {
        ...matter,
        models: [...matter.models],
        firing: live(matter.model, matter.firing),
      })
  }

  /** @returns the device's matter; undefined when there is none or the last one is over */
  of(device: number, clock: Micros): Matter | undefined {
    const matter = this.byDevice.get(device)
    return matter !== undefined && clock - matter.since < MATTER_LASTS ? matter : undefined
  }

  /** The device's matter or its last one. */
  last(device: number): Matter | undefined {
    return this.byDevice.get(device)
  }

  /** An alert was raised that others may add to. */
  found(device: number, model: string, firing: Firing, since: Micros): void {
    this.byDevice.delete(device)
    this.byDevice.set(device, { model, firing, since, models: [] })
    // In order of founding: what is over stands first.
    for (const [oldest, matter] of this.byDevice) {
      if (since - matter.since < MATTER_LASTS && this.byDevice.size <= MOST_DEVICES) return
      this.byDevice.delete(oldest)
    }
  }

  save(): MattersState {
    return [...this.byDevice].map(([device, matter]) => [device, structuredClone(matter)])
  }
}
