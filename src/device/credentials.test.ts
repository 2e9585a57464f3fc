import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultDeviceConfig } from './config.ts'
import { credentialName, credentialText, kerberosName, ldapName } from './credential_name.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const ends = { 'id.orig_h': '10.0.0.5', 'id.resp_h': '10.0.0.1' }
const ntlm = (username: string, domainname: string, success = true): Row => ({
  log: 'ntlm',
  ts: T,
  ...ends,
  username,
  domainname,
  success,
})
const kerberos = (client: string): Row => ({
  log: 'kerberos',
  ts: T,
  ...ends,
  request_type: 'TGS',
  client,
  service: 'cifs/fs',
  success: true,
})
const rdp = (cookie: string): Row => ({ log: 'rdp', ts: T, ...ends, cookie })

test('one account has one name, whichever protocol tells of it', () => {
  const text = (name: ReturnType<typeof credentialName>): string => (name ? credentialText(name) : '')
  assert.equal(text(credentialName('Anna', 'CORP')), 'CORP\\anna')
  assert.equal(text(credentialName('anna@corp.example', '')), 'CORP\\anna')
  assert.equal(text(credentialName('CORP\\anna', '')), 'CORP\\anna')
  assert.equal(text(kerberosName('anna/CORP.EXAMPLE')), 'CORP\\anna')
  assert.equal(text(kerberosName('DC01$/corp.example')), 'CORP\\dc01$')
  assert.equal(text(kerberosName('host/dc01.corp.example/CORP.EXAMPLE')), 'CORP\\host/dc01.corp.example')
  assert.equal(text(ldapName('CN=Anna Muster,OU=Staff,DC=corp,DC=example')), 'CORP\\anna muster')
  assert.equal(text(ldapName('CORP\\anna')), 'CORP\\anna')
  assert.equal(text(credentialName('root', '')), 'root')
  for (const nobody of [
    credentialName('', ''),
    credentialName('-', 'CORP'),
    kerberosName('/NM'),
    ldapName('OU=Staff,DC=corp'),
  ]) {
    assert.equal(nobody, undefined)
  }
})

test('events carry the credential they are about', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const seen = play(devices, [
    ntlm('Anna', 'CORP'),
    kerberos('anna/CORP.EXAMPLE'),
    ntlm('bert', 'CORP', false),
    ntlm('', ''),
    kerberos('anna'),
  ])
  const credentials = seen.map(({ credential }) => credential)
  assert.deepEqual(credentials, [0, 0, 1, -1, 0])
  assert.equal(devices.credential(0), 'CORP\\anna')
  assert.deepEqual([devices.credentialSucceeded(0), devices.credentialSucceeded(1)], [true, false])
})

test('an RDP cookie cut to nine letters is the only credential that begins so, or itself', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const seen = play(devices, [
    ntlm('administrator', 'CORP'),
    rdp('administr'),
    rdp('CORP\\administrator'),
    ntlm('administration', 'CORP'),
    rdp('administr'),
    rdp('bert'),
  ])
  const names = seen.map(({ credential }) => devices.credential(credential))
  assert.deepEqual(names, [
    'CORP\\administrator',
    'CORP\\administrator',
    'CORP\\administrator',
    'CORP\\administration',
    'administr',
    'bert',
  ])
})

test('LDAP names a credential only where somebody binds', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const seen = play(devices, [
    { log: 'ldap', ts: T, ...ends, opcode: 'bind simple', object: 'CN=svc,DC=corp,DC=example', result: 'success' },
    { log: 'ldap', ts: T, ...ends, opcode: 'modify', object: 'CN=victim,DC=corp,DC=example', result: 'success' },
  ])
  assert.deepEqual(
    seen.map(({ credential }) => devices.credential(credential)),
    ['CORP\\svc', ''],
  )
})

test('a spray of invented names pushes out names that never worked, not those that did', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { credentials: 1_000 })
  const first = play(devices, [ntlm('anna', 'CORP')])[0]!.credential
  play(
    devices,
    Array.from({ length: 20_000 }, (_, n) => ntlm(`user${n}`, 'CORP', false)),
  )
  assert.equal(play(devices, [ntlm('anna', 'CORP')])[0]!.credential, first)
  assert.ok(devices.stats().evicted.credentials >= 19_000)
})

test('a name that was pushed out and returns within one batch has its name again', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { credentials: 100 })
  const spray = Array.from({ length: 500 }, (_, n) => ntlm(`user${n}`, 'CORP', false))
  const seen = play(devices, [ntlm('anna', 'CORP', false), ...spray, ntlm('anna', 'CORP', false)])
  assert.equal(devices.credential(seen.at(-1)!.credential), 'CORP\\anna')
  assert.equal(devices.credential(seen[0]!.credential), '')
})

test('a name without a domain is the only account of that name, once there is one', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const ftp = (user: string): Row => ({ log: 'ftp', ts: T, ...ends, user })
  const seen = play(devices, [ftp('anna'), ntlm('anna', 'CORP'), ftp('anna'), ntlm('anna', 'LAB'), ftp('anna')])
  const names = seen.map(({ credential }) => devices.credential(credential))
  assert.deepEqual(names, ['anna', 'CORP\\anna', 'CORP\\anna', 'LAB\\anna', 'anna'])
})
