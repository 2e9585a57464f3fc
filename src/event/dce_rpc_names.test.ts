import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from './batch_builder.ts'
import { completeDceRpc, endpointName, interfaceUuid, operationName, opnumOf } from './dce_rpc_names.ts'
import { logType, slotOf } from './log_types.ts'

const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003'

test('operations have the numbers of their protocol documents', () => {
  const facts: readonly (readonly [endpoint: string, opnum: number, operation: string])[] = [
    ['svcctl', 12, 'CreateServiceW'],
    ['svcctl', 19, 'StartServiceW'],
    ['svcctl', 64, 'OpenSCManager2'],
    ['winreg', 22, 'BaseRegSetValue'],
    ['winreg', 31, 'BaseRegSaveKeyEx'],
    ['srvsvc', 12, 'NetrSessionEnum'],
    ['srvsvc', 15, 'NetrShareEnum'],
    ['wkssvc', 2, 'NetrWkstaUserEnum'],
    ['samr', 17, 'SamrLookupNamesInDomain'],
    ['samr', 64, 'SamrConnect5'],
    ['samr', 73, 'SamrUnicodeChangePasswordUser4'],
    ['lsarpc', 44, 'LsarOpenPolicy2'],
    ['lsarpc', 77, 'LsarLookupNames4'],
    ['netlogon', 4, 'NetrServerReqChallenge'],
    ['netlogon', 15, 'NetrServerAuthenticate2'],
    ['netlogon', 26, 'NetrServerAuthenticate3'],
    ['netlogon', 30, 'NetrServerPasswordSet2'],
    ['netlogon', 45, 'NetrLogonSamLogonWithFlags'],
    ['netlogon', 48, 'DsrUpdateReadOnlyServerDnsRecords'],
    ['drsuapi', 3, 'DRSGetNCChanges'],
    ['drsuapi', 12, 'DRSCrackNames'],
    ['drsuapi', 17, 'DRSAddEntry'],
    ['atsvc', 0, 'NetrJobAdd'],
    ['ITaskSchedulerService', 1, 'SchRpcRegisterTask'],
    ['ITaskSchedulerService', 12, 'SchRpcRun'],
    ['epmapper', 3, 'ept_map'],
    ['IRemoteSCMActivator', 4, 'RemoteCreateInstance'],
    ['IObjectExporter', 5, 'ServerAlive2'],
    ['IDispatch', 6, 'Invoke'],
    ['IWbemLevel1Login', 6, 'NTLMLogin'],
    ['IWbemServices', 20, 'ExecQuery'],
    ['IWbemServices', 24, 'ExecMethod'],
    ['spoolss', 65, 'RpcRemoteFindFirstPrinterChangeNotificationEx'],
    ['spoolss', 89, 'RpcAddPrinterDriverEx'],
    ['IRemoteWinspool', 39, 'RpcAsyncAddPrinterDriver'],
    ['efsrpc', 0, 'EfsRpcOpenFileRaw'],
    ['efsrpc2', 4, 'EfsRpcEncryptFileSrv'],
    ['efsrpc', 13, 'EfsRpcDuplicateEncryptionInfoFile'],
    ['netdfs', 13, 'NetrDfsRemoveStdRoot'],
    ['FileServerVssAgent', 8, 'IsPathSupported'],
    ['BackupKey', 0, 'bkrp_BackupKey'],
    ['dnsserver', 5, 'DnssrvOperation2'],
    ['InitShutdown', 0, 'BaseInitiateShutdown'],
    ['eventlog', 0, 'ElfrClearELFW'],
  ]
  for (const [endpoint, opnum, operation] of facts) {
    const uuid = interfaceUuid(endpoint)
    assert.ok(uuid, endpoint)
    assert.equal(endpointName(uuid), endpoint)
    assert.equal(operationName(uuid, opnum), operation)
    assert.equal(opnumOf(uuid, operation), opnum)
  }
})

test('names in use outside Zeek lead to the same interface', () => {
  assert.equal(interfaceUuid('ISystemActivator'), '000001a0-0000-0000-c000-000000000046')
  assert.equal(interfaceUuid('IOXIDResolver'), '99fcfec4-5260-101b-bbcb-00aa0021347a')
  assert.equal(interfaceUuid('protected_storage'), '3dde7c30-165d-11d1-ab8f-00805f14db40')
  assert.equal(interfaceUuid('IWbemFetchSmartEnum'), '1c1c45ee-4395-11d2-b60b-00104b703efd')
  assert.equal(interfaceUuid('SVCCTL'), SVCCTL)
})

test('what the table lacks is named as Zeek names it, and found again by that name', () => {
  const uuid = 'deadbeef-0000-0000-0000-000000000001'
  assert.equal(endpointName(uuid.toUpperCase()), `unknown-${uuid}`)
  assert.equal(interfaceUuid(`unknown-${uuid}`), uuid)
  assert.equal(operationName(SVCCTL, 200), 'unknown-200')
  assert.equal(opnumOf(SVCCTL, 'unknown-200'), 200)
  assert.equal(opnumOf(SVCCTL, 'unknown-99999'), undefined)
  assert.equal(interfaceUuid('no such endpoint'), undefined)
  assert.equal(opnumOf(SVCCTL, 'NoSuchOperation'), undefined)
})

test('a row gets the half that its sensor did not write', () => {
  const type = logType('dce_rpc')
  const [ts, uuid, opnum, endpoint, operation] = ['ts', 'uuid', 'opnum', 'endpoint', 'operation'].map((field) =>
    slotOf(type, field),
  ) as [number, number, number, number, number]
  const builder = new BatchBuilder(type)

  builder.setNumber(ts, 1)
  builder.setText(endpoint, 'svcctl')
  builder.setText(operation, 'CreateServiceW')
  completeDceRpc(builder)
  assert.equal(builder.textOf(uuid), SVCCTL)
  assert.equal(builder.numberOf(opnum), 12)
  builder.commit(1)

  builder.setNumber(ts, 2)
  builder.setText(uuid, SVCCTL)
  builder.setNumber(opnum, 19)
  completeDceRpc(builder)
  assert.equal(builder.textOf(endpoint), 'svcctl')
  assert.equal(builder.textOf(operation), 'StartServiceW')
  builder.commit(2)

  builder.setNumber(ts, 3)
  builder.setText(endpoint, 'never heard of')
  builder.setText(operation, 'CreateServiceW')
  completeDceRpc(builder)
  assert.equal(builder.has(uuid), false)
  assert.equal(builder.has(opnum), false)
})
