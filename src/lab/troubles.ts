import { DAY, HOUR, MINUTE, type Micros, SECOND, secondsOf } from '../event/time.ts'
import type { Calendar } from './calendar.ts'
import type { TroubleLabel } from './labels.ts'
import type { Random } from './random.ts'
import { SLOT } from './zeek/spool.ts'
import type { Trouble } from './zeek/tap.ts'

const SOUND: Trouble = { blind: false, loss: 0, duplicates: 0, shift: 0 }

export interface Troubles {
  readonly bySlot: Map<number, Trouble>
  readonly labels: TroubleLabel[]
}

/** What goes wrong with the sensor over a world: lost hours, packet loss of 5 to 30 %, doubled lines, a wrong clock. */
export function drawTroubles(calendar: Calendar, random: Random): Troubles {
  const bySlot = new Map<number, Trouble>()
  const labels: TroubleLabel[] = []
  const put = (
    kind: TroubleLabel['kind'],
    start: Micros,
    length: Micros,
    amount: number,
    change: Partial<Trouble>,
  ): void => {
    const from = Math.floor(start / SLOT)
    const to = Math.min(Math.ceil((start + length) / SLOT), Math.floor(calendar.end / SLOT))
    for (let slot = from; slot < to; slot++) bySlot.set(slot, { ...(bySlot.get(slot) ?? SOUND), ...change })
    labels.push({ kind, start: secondsOf(from * SLOT), end: secondsOf(to * SLOT), amount })
  }
  // Each kind is drawn day by day from a stream of its own; the first day is sound, so that a short world begins well.
  for (let day = 1; day < calendar.days; day++) {
    const start = calendar.begin(day)
    const own = random.fork('troubles', day)
    if (own.chance(0.09)) put('lost-hour', start + own.below(23) * HOUR, own.between(1, 2) * HOUR, 1, { blind: true })
    if (own.chance(0.12)) {
      const loss = own.uniform(0.05, 0.3)
      put('packet-loss', start + own.below(20) * HOUR, own.between(1, 8) * HOUR, loss, { loss })
    }
    if (own.chance(0.05))
      put('duplicates', start + own.below(22) * HOUR, own.between(1, 2) * HOUR, 0.5, { duplicates: 0.5 })
    if (own.chance(0.04)) {
      const shift = Math.floor(own.uniform(60, 240) * (own.chance(0.5) ? 1 : -1)) * SECOND
      put('wrong-clock', start + own.below(20) * HOUR, own.between(1, 5) * HOUR, shift / SECOND, { shift })
    }
  }
  return { bySlot, labels }
}

/** How far a second sensor's clock is off: up to three minutes either way. */
export function drawSkew(random: Random): Micros {
  return Math.floor(random.uniform(30, 180) * (random.chance(0.5) ? 1 : -1)) * SECOND
}

/** Every quarter of an hour Zeek says how much it missed. */
export const CAPTURE_LOSS_EVERY: Micros = 15 * MINUTE

/** The row of capture_loss for the quarter that ends at a moment. */
export function captureLossRow(
  trouble: Trouble | undefined,
  random: Random,
  busy: number,
): readonly (string | number)[] {
  const acks = Math.max(1, Math.floor(busy * random.uniform(0.8, 1.2)))
  const share = (trouble?.loss ?? 0) * random.uniform(0.7, 1.1) + random.float() ** 6 * 0.004
  const gaps = Math.floor(acks * share)
  return [CAPTURE_LOSS_EVERY, 'worker-1-1', gaps, acks, Math.round((gaps / acks) * 1e8) / 1e6]
}

/** How many quarters a day has. */
export const QUARTERS = DAY / CAPTURE_LOSS_EVERY
