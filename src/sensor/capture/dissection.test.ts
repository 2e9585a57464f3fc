import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dissection, microsOfEpochText } from './dissection.ts'
import { LdapFilters } from './ldap_filter.ts'
import { lineOf } from './made_capture.ts'
import { smb2MessagesOf } from './smb2_messages.ts'

function dissectionOf(fields: Parameters<typeof lineOf>[0]): Dissection {
  return new Dissection(lineOf(fields))
}

test('times keep their microseconds, before the epoch too', () => {
  assert.equal(microsOfEpochText('1595164481.180768000'), 1_595_164_481_180_768)
  assert.equal(microsOfEpochText('1.000005'), 1_000_005)
  assert.equal(microsOfEpochText('1.0000015'), 1_000_002)
  assert.equal(microsOfEpochText('-1.5'), -1_500_000)
  assert.ok(Number.isNaN(microsOfEpochText('soon')))
})

test('in a tunnel the innermost headers count, in an ICMP error the outer ones', () => {
  const tunnel = dissectionOf({ 'frame.protocols': 'eth:ethertype:ip:gre:ip:tcp:http' })
  assert.deepEqual(
    [tunnel.layers.transport, tunnel.layers.family, tunnel.layers.familyIndex, tunnel.layers.transportIndex],
    ['tcp', 'ip', 1, 0],
  )
  const vxlan = dissectionOf({ 'frame.protocols': 'eth:ethertype:ip:udp:vxlan:eth:ethertype:ipv6:udp:dns' })
  assert.deepEqual(
    [vxlan.layers.transport, vxlan.layers.family, vxlan.layers.familyIndex, vxlan.layers.transportIndex],
    ['udp', 'ipv6', 0, 1],
  )
  const error = dissectionOf({ 'frame.protocols': 'eth:ethertype:ip:icmp:ip:udp:dns' })
  assert.deepEqual([error.layers.transport, error.layers.familyIndex, error.layers.applications.size], ['icmp', 0, 0])
})

test('names that are not ASCII are read as UTF-8 and apart from the byte that joins values', () => {
  const dissection = dissectionOf({ 'smb2.filename': ['Größe.exe', '秘密\\файл.txt'] })
  assert.deepEqual(dissection.texts('smb2.filename'), ['Größe.exe', '秘密\\файл.txt'])
})

test('in a compound of SMB2 requests every field goes to the message that carries it', () => {
  const messages = smb2MessagesOf(
    dissectionOf({
      'smb2.cmd': ['5', '9', '17', '6', '5'],
      'smb2.flags.response': ['0', '0', '0', '0', '0'],
      'smb2.flags.async': ['0', '0', '0', '0', '0'],
      'smb2.msg_id': ['1', '2', '3', '4', '5'],
      'smb2.sesid': ['s', 's', 's', 's', 's'],
      'smb2.tid': ['t', 't', 't', 't', 't'],
      'smb2.filename': ['a.txt', 'b.txt', 'c.txt'],
      'smb.nt.create_options.delete_on_close': ['0', '1'],
      'smb2.write_length': ['77'],
      'smb2.file_offset': ['5'],
      'smb2.class': ['0x01'],
      'smb2.file_info.infolevel': ['0x0a'],
      'smb2.fid': ['f', 'f', 'f'],
    }),
    () => false,
  )
  assert.deepEqual(
    messages.map(({ command, name, length, change, file, deleteOnClose }) => ({
      command,
      name,
      length,
      change,
      file,
      deleteOnClose,
    })),
    [
      { command: 5, name: 'a.txt', length: undefined, change: undefined, file: undefined, deleteOnClose: false },
      { command: 9, name: undefined, length: 77, change: undefined, file: 'f', deleteOnClose: undefined },
      { command: 17, name: 'b.txt', length: undefined, change: 'rename', file: 'f', deleteOnClose: undefined },
      { command: 6, name: undefined, length: undefined, change: undefined, file: 'f', deleteOnClose: undefined },
      { command: 5, name: 'c.txt', length: undefined, change: undefined, file: undefined, deleteOnClose: true },
    ],
  )
})

test("a file id in a create request's durable handle context is not the next message's", () => {
  const [create, close] = smb2MessagesOf(
    dissectionOf({
      'smb2.cmd': ['5', '6'],
      'smb2.flags.response': ['0', '0'],
      'smb2.msg_id': ['1', '2'],
      'smb2.filename': ['a.txt'],
      'smb2.fid': ['00000000-0000-0000-0000-000000000000', 'the file'],
    }),
    () => false,
  )
  assert.equal(create!.name, 'a.txt')
  assert.equal(close!.file, 'the file')
})

test('of SMB2 responses only an open that succeeded has a file id and a size', () => {
  const messages = smb2MessagesOf(
    dissectionOf({
      'smb2.cmd': ['5', '5'],
      'smb2.flags.response': ['1', '1'],
      'smb2.msg_id': ['1', '2'],
      'smb2.nt_status': ['0xc0000034', '0x00000000'],
      'smb2.fid': ['g'],
      'smb2.eof': ['123'],
    }),
    () => false,
  )
  assert.deepEqual(
    messages.map(({ status, file, size }) => ({ status, file, size })),
    [
      { status: 0xc0000034, file: undefined, size: undefined },
      { status: 0, file: 'g', size: 123 },
    ],
  )
})

test('a search filter is put together from its parts', () => {
  const filters = new LdapFilters(
    dissectionOf({
      'ldap.filter': ['0', '7'],
      'ldap.and': ['4'],
      'ldap.and_item': ['3', '1', '4', '2'],
      'ldap.or': ['2'],
      'ldap.or_item': ['3', '5'],
      'ldap.not': ['9'],
      'ldap.attributeDesc': ['samAccountType', 'samAccountName', 'uSNChanged'],
      'ldap.assertionValue': ['805306368', 'nmartha', '7'],
      'ldap.type': ['servicePrincipalName', 'userAccountControl'],
      'ldap.substrings': ['2'],
      'ldap.substrings_item': ['0', '1'],
      'ldap.initial': ['MSSQL'],
      'ldap.any': ['Svc'],
      'ldap.matchingRule': ['1.2.840.113556.1.4.803'],
      'ldap.matchValue': ['2'],
      'ldap.present': ['objectClass'],
    }),
  )
  assert.equal(
    filters.next(),
    '(&(samAccountType=805306368)(|(samAccountName=nmartha)(uSNChanged>=7))(servicePrincipalName=MSSQL*Svc*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
  )
  assert.equal(filters.next(), '(objectClass=*)')
  assert.equal(filters.next(), undefined)
})
