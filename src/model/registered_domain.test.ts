import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RE2JS } from 're2js'
import { REGISTERED_DOMAIN_PATTERN, registeredDomain } from './registered_domain.ts'

const NAMES: readonly (readonly [name: string, domain: string])[] = [
  ['www.example.com', 'example.com'],
  ['A.B.Example.CO.UK', 'example.co.uk'],
  ['co.uk', 'co.uk'],
  ['.co.uk', 'co.uk'],
  ['a.com.br', 'a.com.br'],
  ['x.com.example', 'com.example'],
  ['localhost', ''],
  ['example.com.', ''],
  ['a..com', ''],
  ['.com', ''],
  ['', ''],
]

test('the registered domain of a name, and the same by the pattern that SQL uses', () => {
  const pattern = RE2JS.compile(REGISTERED_DOMAIN_PATTERN)
  for (const [name, domain] of NAMES) {
    assert.equal(registeredDomain(name), domain, name)
    const found = pattern.matcher(name.toLowerCase())
    assert.equal(found.find() ? found.group() : '', domain, `${name} by the pattern`)
  }
})
