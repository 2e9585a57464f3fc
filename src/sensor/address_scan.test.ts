import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressText } from './address_scan.ts'

test('what is an address is decided as by the standard library', () => {
  const written = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
    fc
      .array(fc.constantFrom('::', ':', '1', 'ffff', '12345', '.', '10.0.0.1', '0', '01'), { maxLength: 10 })
      .map((p) => p.join('')),
  )
  fc.assert(
    fc.property(written, (text) => {
      assert.equal(addressText(text) !== undefined, isIP(text) !== 0, text)
    }),
    { seed: 1, numRuns: 5000 },
  )
})

test('brackets, zones and capitals are taken off', () => {
  assert.equal(addressText('[FE80::1%eth0]'), 'fe80::1')
  assert.equal(addressText('fe80::ABCD%12'), 'fe80::abcd')
  assert.equal(addressText('::ffff:10.0.0.1'), '::ffff:10.0.0.1')
  for (const wrong of ['', '%eth0', '10.0.0', '10.0.0.256', '10.0.0.1 ', 'a host', '1.2.3.4.5']) {
    assert.equal(addressText(wrong), undefined, wrong)
  }
})
