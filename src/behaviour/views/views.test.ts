import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actOfOperation } from './administration.ts'
import { answeredByHistory, protocolNumber, serviceName } from './connections.ts'
import { pipeName } from './pipes.ts'
import { fileKind, shareKind, shareName } from './shares.ts'
import { withoutVersion } from './software.ts'

test('a service is named alike in whatever order the sensor lists its layers', () => {
  assert.equal(serviceName('gssapi,smb,krb'), 'smb')
  assert.equal(serviceName('krb,SMB,gssapi,ntlm'), 'smb')
  assert.equal(serviceName('smb,dce_rpc'), serviceName('dce_rpc,smb'))
  assert.equal(serviceName('gssapi,ntlm'), 'gssapi,ntlm')
  assert.deepEqual(['tcp', 'udp', 'icmp', 'sctp'].map(protocolNumber), [6, 17, 1, 0])
})

test('a history tells of an answer even when one direction was not seen', () => {
  assert.equal(answeredByHistory('ShADadfF'), true)
  assert.equal(answeredByHistory('SAD'), true, 'only the originator was seen, and it acknowledges')
  assert.equal(answeredByHistory('S'), false)
  assert.equal(answeredByHistory('Sr'), false)
  assert.equal(answeredByHistory('SR'), false)
  assert.equal(answeredByHistory(''), false)
})

test('shares, pipes, files and programs are told apart by what they are, not by what varies', () => {
  assert.equal(shareName('\\\\FS1.corp.local\\Data'), 'data')
  assert.deepEqual(['ipc$', 'admin$', 'c$', 'sysvol', 'hr$', 'data'].map(shareKind), [
    'IPC$',
    'ADMIN$',
    'drive share',
    'domain share',
    'hidden share',
    'ordinary share',
  ])
  assert.equal(pipeName('\\pipe\\PSEXESVC-WS01-4412-stdin'), 'psexesvc-ws#-#-stdin')
  assert.equal(pipeName('49667'), '', 'Zeek writes a TCP port in the same field')
  assert.equal(fileKind('temp\\Run.PS1'), 'script')
  assert.equal(fileKind('a.b\\noextension'), 'file without extension')
  assert.equal(withoutVersion('SSH-2.0-OpenSSH_9.2p1'), withoutVersion('SSH-2.0-OpenSSH_9.3p2'))
})

test('operations that run or change something are administrative acts; looking is none', () => {
  assert.equal(actOfOperation('svcctl', 'CreateServiceW'), 'service control')
  assert.equal(actOfOperation('svcctl', 'OpenSCManagerW'), '')
  assert.equal(actOfOperation('svcctl', 'QueryServiceStatus'), '')
  assert.equal(actOfOperation('ITaskSchedulerService', 'SchRpcRegisterTask'), 'scheduled task')
  assert.equal(actOfOperation('IWbemServices', 'ExecMethod'), 'WMI')
  assert.equal(actOfOperation('samr', 'SamrEnumerateUsersInDomain'), '')
})
