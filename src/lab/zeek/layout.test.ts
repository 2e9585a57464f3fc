import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonLine, jsonSeconds, layoutsOf, secondsText, tsvHeader, tsvLine } from './layout.ts'

test('times keep their microseconds in both formats', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (micros) => {
      assert.equal(Math.round(Number(secondsText(micros)) * 1e6), micros)
      assert.equal(Math.round(Number(jsonSeconds(micros)) * 1e6), micros)
    }),
    { seed: 1 },
  )
  assert.equal(jsonSeconds(5_000_000), '5.0')
  assert.equal(jsonSeconds(1_588_205_199_824_370), '1588205199.82437')
  assert.equal(secondsText(1_588_205_199_824_370), '1588205199.824370')
})

test('a JSON record survives quotes, backslashes and control characters', () => {
  const layout = layoutsOf(7, false).smb_mapping
  fc.assert(
    fc.property(fc.string(), (path) => {
      const line = jsonLine(layout, 1_000_000, '"uid":"C1"', [path])
      assert.equal((JSON.parse(line) as { path: string }).path, path)
    }),
    { seed: 1 },
  )
})

test('a TSV record has as many columns as its header and no stray separator', () => {
  for (const layout of Object.values(layoutsOf(7, true))) {
    const header = tsvHeader(layout, '2025-03-03-00-00-00')
    const fields = /#fields\t(.*)\n/.exec(header)?.[1]?.split('\t') ?? []
    const types = /#types\t(.*)\n/.exec(header)?.[1]?.split('\t') ?? []
    assert.equal(fields.length, types.length)
    const values = layout.columns.map(({ kind }) =>
      kind === 'set' || kind === 'numbers'
        ? ['a\tb', 'c,d']
        : kind === 'bool'
          ? true
          : kind === 'string'
            ? 'x\ty\\z'
            : 7,
    )
    const line = tsvLine(layout, 1_000_000, 'C1\t10.0.0.1\t1\t10.0.0.2\t2', values)
    assert.equal(line.trimEnd().split('\t').length, fields.length, layout.name)
  }
})

test('what is absent is left out of JSON and a dash in TSV', () => {
  const layout = layoutsOf(7, false).smb_mapping
  assert.equal(
    jsonLine(layout, 1_500_000, '"uid":"C1"', [undefined, undefined, undefined, 'DISK']),
    '{"ts":1.5,"uid":"C1","share_type":"DISK"}\n',
  )
  assert.equal(tsvLine(layout, 1_500_000, 'C1', ['\\\\a\\b']), '1.500000\tC1\t\\\\\\\\a\\\\b\t-\t-\t-\n')
})
