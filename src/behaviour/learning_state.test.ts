import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learningState } from './learning_state.ts'

test('after one evening nothing is learned, and it is said when it will be', () => {
  const state = learningState(0.006, { committedDays: 0, deviceDays: 0, devicesADay: 0, smallestTail: 1 })
  assert.equal(state.state, 'nothing')
  assert.equal(state.daysLeft, 5)
})

test('a small network needs longer until it has seen enough device-days to call one of them odd', () => {
  const small = learningState(0.006, { committedDays: 6, deviceDays: 40, devicesADay: 10, smallestTail: 0.0005 })
  const large = learningState(0.006, { committedDays: 6, deviceDays: 900, devicesADay: 300, smallestTail: 0.0005 })
  assert.equal(small.state, 'learning')
  assert.equal(small.daysLeft, 13)
  assert.equal(large.state, 'learned')
  assert.equal(large.daysLeft, 0)
})

test('nothing rarer is promised than the days that were learned', () => {
  const state = learningState(0.006, { committedDays: 6, deviceDays: 5000, devicesADay: 2, smallestTail: 0.00001 })
  assert.equal(state.rarestPeriodDays, 6)
})
