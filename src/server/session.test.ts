import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sessions } from './session.ts'

test('a token is good once', () => {
  const sessions = new Sessions()
  const token = sessions.newToken()
  const secret = sessions.exchange(token)
  assert.ok(secret)
  assert.equal(sessions.holds(secret), true)
  assert.equal(sessions.exchange(token), undefined)
})

test('a wrong token is refused and does not use up the right one', () => {
  const sessions = new Sessions()
  const token = sessions.newToken()
  assert.equal(sessions.exchange(`${token}x`), undefined)
  assert.equal(sessions.exchange(''), undefined)
  assert.ok(sessions.exchange(token))
})

test('a new token makes the one before worthless', () => {
  const sessions = new Sessions()
  const old = sessions.newToken()
  sessions.newToken()
  assert.equal(sessions.exchange(old), undefined)
})

test('a session ends after hours, and the oldest when there are too many', () => {
  let now = 0
  const sessions = new Sessions(() => now)
  const secrets = Array.from({ length: 17 }, () => sessions.exchange(sessions.newToken()))
  assert.equal(sessions.holds(secrets[0]), false)
  assert.equal(sessions.holds(secrets[16]), true)
  now = 13 * 3_600_000
  assert.equal(sessions.holds(secrets[16]), false)
  assert.equal(sessions.holds(undefined), false)
})
