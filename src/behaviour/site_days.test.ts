import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY, HOUR, MINUTE, type Micros } from '../event/time.ts'
import { SiteDays } from './site_days.ts'

const at = (iso: string): Micros => Date.parse(iso) * 1000
const dayNumber = (date: string): number => Date.parse(date) / 86_400_000

/** Zones with summer time, without, with half hours, with a change at midnight, and one that left out a day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'Asia/Beirut',
  'Pacific/Apia',
  'Pacific/Kiritimati',
] as const
const moment = fc.record({
  zone: fc.constantFrom(...ZONES),
  clock: fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') }),
})

test('a day begins at the midnight of the site, in winter and in summer', () => {
  const days = new SiteDays('Europe/Berlin')
  assert.equal(days.startOf(dayNumber('2026-01-15')), at('2026-01-14T23:00:00Z'))
  assert.equal(days.startOf(dayNumber('2026-07-15')), at('2026-07-14T22:00:00Z'))
  assert.equal(days.dayOf(at('2026-07-14T22:00:00Z') - 1), dayNumber('2026-07-14'))
  assert.equal(days.dayOf(at('2026-07-14T22:00:00Z')), dayNumber('2026-07-15'))
  assert.equal(days.hourOf(at('2026-07-15T07:30:00Z')), 9)
})

test('where clocks change a day has 23 or 25 hours, and the 25th counts as the 24th', () => {
  const days = new SiteDays('Europe/Berlin')
  const lengthOf = (date: string): number => days.startOf(dayNumber(date) + 1) - days.startOf(dayNumber(date))
  assert.equal(lengthOf('2026-03-29'), 23 * HOUR)
  assert.equal(lengthOf('2026-10-25'), 25 * HOUR)
  assert.equal(lengthOf('2026-10-26'), DAY)
  assert.equal(days.hourOf(days.startOf(dayNumber('2026-10-26')) - 1), 23)
  assert.equal(days.hourOf(days.startOf(dayNumber('2026-03-30')) - 1), 22)
})

test('a midnight that the clocks skip is the moment of the skip; one that they show twice is the first', () => {
  // Beirut: from 00:00 to 01:00 on 2022-03-27, back from 00:00 to 23:00 of the 29th at what was 2022-10-30.
  const days = new SiteDays('Asia/Beirut')
  assert.equal(days.startOf(dayNumber('2022-03-27')), at('2022-03-26T22:00:00Z'))
  const second = days.startOf(dayNumber('2022-10-30'))
  assert.equal(second, at('2022-10-29T22:00:00Z'))
  assert.equal(days.dayOf(second - 90 * MINUTE), dayNumber('2022-10-29'))
  // Havana shows midnight twice: 2022-11-06 01:00 back to 00:00.
  const havana = new SiteDays('America/Havana')
  assert.equal(havana.startOf(dayNumber('2022-11-06')), at('2022-11-06T04:00:00Z'))
})

test('days follow each other without gap or overlap, in every zone, in whatever order they are asked for', () => {
  fc.assert(
    fc.property(moment, fc.array(fc.integer({ min: -3 * DAY, max: 3 * DAY })), ({ zone, clock }, others) => {
      const days = new SiteDays(zone)
      for (const other of others) days.dayOf(clock + other)
      const day = days.dayOf(clock)
      assert.ok(days.startOf(day) <= clock && clock < days.startOf(day + 1))
      assert.equal(days.dayOf(clock), new SiteDays(zone).dayOf(clock))
      assert.ok(days.dayOf(clock + HOUR) >= day)
      const hour = days.hourAfter(clock)
      assert.ok(clock < hour && hour <= clock + HOUR && hour <= days.startOf(day + 1))
      assert.ok(days.hourOf(clock) >= 0 && days.hourOf(clock) <= 23)
    }),
  )
})

test('the site decides, not the zone of the machine', () => {
  const before = process.env['TZ']
  try {
    const seen = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'].map((zone) => {
      process.env['TZ'] = zone
      const days = new SiteDays('Europe/Berlin')
      return [days.startOf(20_000), days.startOf(20_150), days.dayOf(at('2026-10-25T12:34:56Z'))]
    })
    assert.deepEqual(seen[1], seen[0])
    assert.deepEqual(seen[2], seen[0])
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
})

test('a zone that is not there is refused', () => {
  assert.throws(() => new SiteDays('Europe/Zuerich'), RangeError)
})
