import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { canonicalMac, ipv4Text, parseAddress, parseIpv4, scopeOf } from './address.ts'
import { NetworkSet, parseRange } from './network_set.ts'

const seed = 20_261_124

test('an IPv4 address is read as ipaddr.js reads it', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (value) => {
      const text = ipv4Text(value)
      assert.equal(parseIpv4(text), value)
      assert.equal(ipaddr.IPv4.parse(text).toString(), text)
    }),
    { seed },
  )
})

test('what is no IPv4 address is refused', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.',
    '1..2.3',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.0x4',
  ]) {
    assert.equal(parseIpv4(text), -1, text)
  }
})

test('an IPv6 address has one text, that of RFC 5952, however it is written', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), (groups) => {
      const theirs = new ipaddr.IPv6(groups)
      if (theirs.isIPv4MappedAddress()) return
      const wide = groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':')
      const ours = parseAddress(wide)
      assert.equal(ours?.text, theirs.toRFC5952String())
      assert.deepEqual(parseAddress(ours?.text ?? '')?.groups, groups)
    }),
    { seed },
  )
  assert.equal(parseAddress('::ffff:10.0.0.4')?.text, '10.0.0.4')
  assert.equal(parseAddress('fe80::1%eth0')?.text, 'fe80::1')
  for (const text of [':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'fe80::12345', 'x::', '::1.2.3']) {
    assert.equal(parseAddress(text), undefined, text)
  }
})

test('arbitrary text never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%]{0,60}$/)), (text) => {
      const address = parseAddress(text)
      if (address) assert.equal(parseAddress(address.text)?.text, address.text)
      canonicalMac(text)
      parseRange(text)
    }),
    { seed },
  )
})

test('private, unique local and link-local addresses are local; multicast, broadcast, loopback never are a device', () => {
  const scope = (text: string): string => scopeOf(parseAddress(text)!)
  for (const text of [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.1.1',
    '169.254.1.1',
    'fd00::1',
    'fc00::1',
    'fe80::1',
  ]) {
    assert.equal(scope(text), 'local', text)
  }
  for (const text of ['0.0.0.0', '127.0.0.1', '224.0.0.251', '255.255.255.255', '::', '::1', 'ff02::fb']) {
    assert.equal(scope(text), 'never', text)
  }
  for (const text of ['172.15.0.1', '172.32.0.1', '8.8.8.8', '192.169.0.1', '2001:db8::1', 'fec0::1']) {
    assert.equal(scope(text), 'outside', text)
  }
})

test('group and empty MAC addresses name no interface', () => {
  assert.equal(canonicalMac('00-0D-3A-13-E3-69'), '00:0d:3a:13:e3:69')
  assert.equal(canonicalMac('000d.3a13.e369'), '00:0d:3a:13:e3:69')
  for (const text of [
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:fb',
    '33:33:00:00:00:01',
    '00:00:00:00:00:00',
    '00:0d:3a',
    'x',
  ]) {
    assert.equal(canonicalMac(text), '', text)
  }
})

test('a set of networks finds the longest prefix, as ipaddr.js would', () => {
  const ranges = [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.1.0.0/16',
    '10.1.2.0/23',
    '10.1.2.3',
    'fd00::/8',
    'fd00:1::/33',
    '::/0',
  ]
  const set = new NetworkSet(ranges.map((range) => [range, range] as const))
  const parsed = ranges.map((range) => [range, ipaddr.parseCIDR(range.includes('/') ? range : `${range}/32`)] as const)
  const texts = fc.oneof(
    fc.nat(2 ** 26).map((low) => ipv4Text(0x0a000000 + low)),
    fc
      .array(fc.nat(0xffff), { minLength: 3, maxLength: 3 })
      .map(([a, b, c]) => `fd00:${a!.toString(16)}:${b!.toString(16)}::${c!.toString(16)}`),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const theirs = ipaddr.parse(text)
      const best = parsed
        .filter(([, [base]]) => base.kind() === theirs.kind())
        .filter(([, cidr]) => (theirs as ipaddr.IPv4).match(cidr as [ipaddr.IPv4, number]))
        .sort(([, [, a]], [, [, b]]) => b - a)[0]
      assert.equal(set.find(parseAddress(text)!), best?.[0])
    }),
    { seed },
  )
})
