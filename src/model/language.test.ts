import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFrom } from './catalogue.ts'
import { offsetsOf } from './source_text.ts'
import { conn, runRecords } from './test_events.ts'

const GOOD = `
description: test
severity: 50
techniques: [T1046]
parts:
  attempt:
    log: conn
    when: id.resp_p == 445
windows:
  addresses: { distinct: id.resp_h, of: attempt, over: 5 minutes }
fires:
  - when: addresses >= 3
    summary: "{device} tried {addresses|address|addresses}"
response: none
earliest_evidence: conn
`

function problemsOf(text: string): readonly string[] {
  const { refused } = modelsFrom({ 'Test/Model': text })
  return (refused[0]?.problems ?? []).map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`)
}

test('a model without mistakes is loaded', () => {
  assert.deepEqual(problemsOf(GOOD), [])
})

const MISTAKES: readonly (readonly [what: string, from: string, to: string, expected: RegExp])[] = [
  [
    'a field that is mistyped',
    'id.resp_p == 445',
    'id.resp_prt == 445',
    /^8:11 parts\.attempt\.when The conn log has no field id\.resp_prt\. Did you mean id\.resp_p\?/,
  ],
  [
    'a number against a text',
    'id.resp_p == 445',
    "id.resp_p == '445'",
    /^8:24 .*id\.resp_p \(port\) is a number and cannot be compared with a text/,
  ],
  [
    'a tag that does not exist',
    'id.resp_p == 445',
    "orig.internal && 'Domain Controler' in resp.tags",
    /^8:28 .*No tag is called 'Domain Controler'\. Did you mean Domain Controller\?/,
  ],
  [
    'a log that does not exist',
    'log: conn',
    'log: con',
    /^7:10 parts\.attempt\.log No log is called con\. Did you mean conn\?/,
  ],
  ['a key that is mistyped', 'severity: 50', 'severty: 50', /^3:1 severty No such key\. Did you mean severity\?/],
  ['a severity out of range', 'severity: 50', 'severity: 150', /^3:11 severity/],
  ['a technique that does not exist', 'T1046', 'T9999', /^4:14 techniques\[0\] Not an ATT&CK technique/],
  [
    'a part that does not exist',
    'of: attempt',
    'of: atempt',
    /^10:41 windows\.addresses\.of No part is called atempt\. Did you mean attempt\?/,
  ],
  [
    'a window that does not exist in a rule',
    'addresses >= 3',
    'adresses >= 3',
    /^12:11 fires\[0\]\.when .*Did you mean addresses\?/,
  ],
  [
    'a place that does not exist in a summary',
    '{addresses|address|addresses}',
    '{targets}',
    /^13:3\d fires\[0\]\.summary Nothing is called targets/,
  ],
  ['a length of time that is none', '5 minutes', '5 mins', /^10:56 windows\.addresses\.over A length of time/],
  ['a condition that is no CEL', 'id.resp_p == 445', 'id.resp_p ==', /^8:2\d .*Not a CEL expression/],
  [
    'a pattern that cannot be matched in linear time',
    'id.resp_p == 445',
    "service.matches(r'(a)\\1')",
    /^8:27 .*Not a regular expression of RE2/,
  ],
  ['a rule that is no condition', 'addresses >= 3', 'addresses + 3', /^12:11 .*Gives a number; expected a truth value/],
  ['an order of texts', 'id.resp_p == 445', "service < 'a'", /^8:11 .*has no order/],
  [
    'a function that does not exist',
    'id.resp_p == 445',
    "service.lowerAsci() == 'a'",
    /^8:11 .*No function on texts is called lowerAsci\. Did you mean lowerAscii\?/,
  ],
  [
    'what is not part of the language',
    'id.resp_p == 445',
    '"id.resp_p == 445 ? true : false"',
    /^8:12 .*not part of this language/,
  ],
]

for (const [what, from, to, expected] of MISTAKES) {
  test(`${what} is refused with its line and column and what was expected`, () => {
    const problems = problemsOf(GOOD.replace(from, () => to))
    assert.ok(
      problems.some((problem) => expected.test(problem)),
      problems.join('\n') || 'no problem found',
    )
  })
}

test('all mistakes of a file are found at once, and its neighbours run', () => {
  const wrong = GOOD.replace('id.resp_p == 445', "id.resp_prt == 445 && conn_stat == 'S0'").replace('T1046', 'T9999')
  const { models, refused } = modelsFrom({ 'Test/Wrong': wrong, 'Test/Good': GOOD })
  assert.deepEqual(
    models.map(({ name }) => name),
    ['Test/Good'],
  )
  assert.equal(refused[0]!.problems.length, 3)
  assert.match(
    refused[0]!.message,
    /Test\/Wrong\.yaml:8:11 {2}parts\.attempt\.when\n +8 \| {5}when: id\.resp_prt .*\n +\| +\^ The conn log/,
  )
})

test('a place is found in quoted, folded and literal scalars alike', () => {
  for (const value of [
    '"id.resp_p == 445 &&  wrong"',
    '>-\n      id.resp_p == 445\n      && wrong',
    '|\n      id.resp_p == 445\n\n      && wrong\n',
    "'id.resp_p == 445 && wrong'",
  ]) {
    const text = GOOD.replace('id.resp_p == 445', () => value)
    const [problem] = modelsFrom({ 'Test/Model': text }).refused[0]!.problems
    const source = text.split('\n')[problem!.line - 1]!
    assert.equal(source.slice(problem!.column - 1, problem!.column + 4), 'wrong', value)
  }
})

test('offsets never lie outside the file', () => {
  for (const [value, source] of [
    ['a b', '"a\\x20b"'],
    ["it's", "'it''s'"],
    ['', '""'],
    ['a\n\nb', '|\n  a\n\n  b\n'],
  ] as const) {
    for (const offset of offsetsOf(value, source, 0)) assert.ok(offset >= 0 && offset <= source.length)
  }
})

function firesOn(condition: string, more: Parameters<typeof conn>[5]): boolean {
  const text = GOOD.replace('id.resp_p == 445', () => `>-\n      ${condition}`).replace('addresses >= 3', 'attempt')
  const models = modelsFrom({ 'Test/Model': text })
  assert.deepEqual(
    models.refused.map(({ message }) => message),
    [],
  )
  return runRecords(models, [conn(1_700_000_000, '10.0.0.1', '10.0.0.2', 445, 'S0', more)]).alerts.length > 0
}

test('what is absent makes a comparison false, and its negation true', () => {
  for (const condition of [
    "service == 'x'",
    "service != 'x'",
    'orig_bytes > 0',
    'orig_bytes <= 0',
    'orig_bytes != 1',
    'orig_bytes + 1 == 1',
    'local_orig',
    'local_orig == false',
    "service in ['x']",
    "service.contains('')",
    "service.matches('')",
    'size(service) == 0',
    'has(service)',
    'surprise.bits >= 0',
    '1 / 0 > 0',
  ]) {
    assert.equal(firesOn(condition, {}), false, condition)
    assert.equal(firesOn(`!(${condition})`, {}), true, condition)
  }
})

test('a hostile text cannot stall a pattern', () => {
  const began = performance.now()
  assert.equal(firesOn("service.matches(r'^(a+)+$')", { service: `${'a'.repeat(5000)}!` }), false)
  assert.ok(performance.now() - began < 2000)
})

test('letters outside ASCII are not folded', () => {
  assert.equal(firesOn("service.lowerAscii() == 'k'", { service: '\u212a' }), false)
  assert.equal(firesOn("service.lowerAscii() == 'k'", { service: 'K' }), true)
})
