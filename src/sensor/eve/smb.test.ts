import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReadRow, rowsOf } from './read_for_test.ts'

const OK = { status: 'STATUS_SUCCESS', status_code: '0x0', session_id: 4_398_046_511_201, dialect: '3.11' }

function smb(content: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { event_type: 'smb', smb: { ...OK, ...content }, ...more }
}
const connectTree = (share: Record<string, unknown>, tree: number): Record<string, unknown> =>
  smb({ command: 'SMB2_COMMAND_TREE_CONNECT', tree_id: tree, ...share })
const create = (filename: string, tree: number, change: Record<string, unknown> = {}): Record<string, unknown> =>
  smb({
    command: 'SMB2_COMMAND_CREATE',
    tree_id: tree,
    filename,
    disposition: 'FILE_OPEN',
    access: 'normal',
    size: 0,
    ...change,
  })

function pick(row: ReadRow, ...names: string[]): unknown[] {
  return [row.type, ...names.map((name) => row.fields[name])]
}

test('a tree connect is a mapping; later opens find their share by the number of the tree', async () => {
  const rows = await rowsOf(
    connectTree({ share: '\\\\dc1\\ADMIN$', share_type: 'FILE' }, 1),
    connectTree({ named_pipe: '\\\\dc1\\IPC$', share_type: 'PIPE' }, 5),
    create('PSEXESVC.exe', 1, { disposition: 'FILE_OVERWRITE_IF', modified: 1_513_760_000 }),
    create('svcctl', 5),
    create('secret.txt', 9),
  )
  assert.deepEqual(
    rows.filter(({ type }) => type === 'smb_mapping').map((row) => pick(row, 'path', 'share_type')),
    [
      ['smb_mapping', '\\\\dc1\\ADMIN$', 'DISK'],
      ['smb_mapping', '\\\\dc1\\IPC$', 'PIPE'],
    ],
  )
  const files = rows.filter(({ type }) => type === 'smb_files')
  assert.deepEqual(
    files.map((row) => pick(row, 'action', 'path', 'name', 'times.modified')),
    [
      ['smb_files', 'SMB::FILE_OPEN', '\\\\dc1\\ADMIN$', 'PSEXESVC.exe', 1_513_760_000_000_000],
      ['smb_files', 'SMB::PIPE_OPEN', '\\\\dc1\\IPC$', 'svcctl', undefined],
      ['smb_files', 'SMB::FILE_OPEN', undefined, 'secret.txt', undefined],
    ],
  )
  assert.equal(files[0]!.extra?.['disposition'], 'FILE_OVERWRITE_IF')
})

test('the trees of one flow or session are not those of another', async () => {
  const rows = await rowsOf(
    connectTree({ share: '\\\\a\\C$', share_type: 'FILE' }, 1),
    { ...create('x.exe', 1), flow_id: 2 },
    smb({ command: 'SMB2_COMMAND_CREATE', tree_id: 1, session_id: 7, filename: 'y.exe', disposition: 'FILE_OPEN' }),
  )
  assert.deepEqual(
    rows.filter(({ type }) => type === 'smb_files').map(({ fields }) => fields['path']),
    [undefined, undefined],
  )
})

test('what was refused is no opened file and no mapping, but is kept', async () => {
  const refused = { status: 'STATUS_ACCESS_DENIED', status_code: '0xc0000022' }
  const rows = await rowsOf(
    connectTree({ share: '\\\\dc1\\ADMIN$', share_type: 'FILE', ...refused }, 1),
    create('x.exe', 1, refused),
    smb({ command: 'SMB2_COMMAND_CLOSE', tree_id: 1 }),
  )
  assert.deepEqual(
    rows.map(({ type, extra }) => [type, extra?.['command']]),
    [
      ['suricata_smb', 'SMB2_COMMAND_TREE_CONNECT'],
      ['suricata_smb', 'SMB2_COMMAND_CREATE'],
      ['suricata_smb', 'SMB2_COMMAND_CLOSE'],
    ],
  )
})

test('a write is told once, whether the smb record, the file or both report it', async () => {
  const write = smb({ command: 'SMB2_COMMAND_WRITE', tree_id: 1, filename: 'temp\\x.exe', share: '\\\\dc1\\C$' })
  const file = {
    event_type: 'fileinfo',
    app_proto: 'smb',
    smb: { ...OK, tree_id: 1, filename: 'temp\\x.exe', share: '\\\\dc1\\C$' },
    fileinfo: {
      filename: 'temp\\x.exe',
      size: 381_816,
      state: 'CLOSED',
      md5: 'aa',
      magic: 'PE32 executable (console)',
    },
  }
  const action = (rows: readonly ReadRow[]): unknown[] =>
    rows.filter(({ type }) => type === 'smb_files').map((row) => pick(row, 'action', 'path', 'name'))
  const once = [['smb_files', 'SMB::FILE_WRITE', '\\\\dc1\\C$', 'temp\\x.exe']]
  assert.deepEqual(action(await rowsOf(write)), once)
  assert.deepEqual(action(await rowsOf(file)), once)
  assert.deepEqual(action(await rowsOf(write, file)), once)
  assert.deepEqual(action(await rowsOf(file, write)), once)

  const [files, smbFiles] = (await rowsOf(file)).sort((a, b) => (a.type < b.type ? -1 : 1))
  assert.deepEqual(
    pick(files!, 'source', 'mime_type', 'is_orig', 'tx_hosts', 'rx_hosts', 'seen_bytes', 'total_bytes', 'md5'),
    ['files', 'SMB', 'application/x-dosexec', 1, ['10.0.0.5'], ['10.0.0.10'], 381_816, 381_816, 'aa'],
  )
  assert.equal(smbFiles!.fields['fuid'], files!.fields['fuid'])
  assert.equal(smbFiles!.fields['size'], 381_816)
})

test('a file on its way from the server is no write', async () => {
  const rows = await rowsOf({
    event_type: 'fileinfo',
    app_proto: 'smb',
    src_ip: '10.0.0.10',
    src_port: 445,
    dest_ip: '10.0.0.5',
    dest_port: 50_000,
    fileinfo: { filename: 'readme.txt', size: 5, state: 'CLOSED' },
  })
  assert.deepEqual(
    rows.map((row) => pick(row, 'id.orig_h', 'is_orig', 'tx_hosts')),
    [['files', '10.0.0.5', 0, ['10.0.0.10']]],
  )
})

test('renames and deletions', async () => {
  const rows = await rowsOf(
    smb({
      command: 'SMB2_COMMAND_SET_INFO',
      set_info: { class: 'FILE_INFO' },
      rename: { from: 'a.doc', to: 'a.doc.locked' },
    }),
    smb({ command: 'SMB2_COMMAND_SET_INFO', filename: 'b.exe', access: 'delete on close' }),
  )
  assert.deepEqual(
    rows.map((row) => pick(row, 'action', 'name', 'prev_name')),
    [
      ['smb_files', 'SMB::FILE_RENAME', 'a.doc.locked', 'a.doc'],
      ['smb_files', 'SMB::FILE_DELETE', 'b.exe', undefined],
    ],
  )
})

test('NTLM: success and failure are said, an answer that asks for another round says neither', async () => {
  const login = (status: string): Record<string, unknown> =>
    smb({
      command: 'SMB2_COMMAND_SESSION_SETUP',
      status,
      ntlmssp: { domain: 'CORP', user: 'administrator', host: 'WS5', version: '10.0' },
    })
  const rows = await rowsOf(
    login('STATUS_SUCCESS'),
    login('STATUS_LOGON_FAILURE'),
    login('STATUS_MORE_PROCESSING_REQUIRED'),
  )
  assert.deepEqual(
    rows.map((row) => pick(row, 'username', 'domainname', 'hostname', 'success', 'status')),
    [
      ['ntlm', 'administrator', 'CORP', 'WS5', 1, 'STATUS_SUCCESS'],
      ['ntlm', 'administrator', 'CORP', 'WS5', 0, 'STATUS_LOGON_FAILURE'],
      ['ntlm', 'administrator', 'CORP', 'WS5', undefined, 'STATUS_MORE_PROCESSING_REQUIRED'],
    ],
  )
})

test('a Kerberos ticket that opens an SMB session is an AP exchange', async () => {
  const [row] = await rowsOf(
    smb({
      command: 'SMB2_COMMAND_SESSION_SETUP',
      kerberos: { realm: 'CONTOSO.LOCAL', snames: ['cifs', 'DC1.contoso.local'] },
    }),
  )
  assert.deepEqual(pick(row!, 'request_type', 'client', 'service', 'success'), [
    'kerberos',
    'AP',
    '/CONTOSO.LOCAL',
    'cifs/DC1.contoso.local',
    1,
  ])
})

const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003'
const rpc = (content: Record<string, unknown>): Record<string, unknown> =>
  smb({ command: 'SMB2_COMMAND_IOCTL', tree_id: 5, dcerpc: content })

test("an RPC call over a pipe has Zeek's names, its interface and number, and the pipe", async () => {
  const rows = await rowsOf(
    connectTree({ named_pipe: '\\\\dc1\\IPC$' }, 5),
    create('lsarpc', 5),
    create('svcctl', 5),
    create('samr', 5),
    rpc({
      request: 'REQUEST',
      response: 'RESPONSE',
      opnum: 12,
      call_id: 2,
      interfaces: [{ uuid: SVCCTL.toUpperCase(), version: '2.0', service: 'svcctl' }],
    }),
  )
  assert.deepEqual(
    pick(rows.find(({ type }) => type === 'dce_rpc')!, 'named_pipe', 'endpoint', 'operation', 'uuid', 'opnum'),
    ['dce_rpc', '\\pipe\\svcctl', 'svcctl', 'CreateServiceW', SVCCTL, 12],
  )
})

test('a call that names no interface takes the one that was bound, if there was one alone', async () => {
  const bind = (...interfaces: [string, number][]): Record<string, unknown> =>
    rpc({
      request: 'BIND',
      response: 'BINDACK',
      interfaces: interfaces.map(([uuid, ack]) => ({ uuid, ack_result: ack })),
    })
  const call = rpc({ request: 'REQUEST', response: 'RESPONSE', opnum: 15 })
  const other = '12345778-1234-abcd-ef00-0123456789ac'
  const uuids = async (...records: Record<string, unknown>[]): Promise<unknown[]> =>
    (await rowsOf(...records))
      .filter(({ type }) => type === 'dce_rpc')
      .map(({ fields }) => [fields['uuid'], fields['operation']])
  assert.deepEqual(await uuids(bind([other, 2], [SVCCTL, 0]), call), [[SVCCTL, 'OpenSCManagerW']])
  assert.deepEqual(await uuids(bind([SVCCTL, 0]), bind([other, 0]), call), [[undefined, 'unknown-15']])
  assert.deepEqual(await uuids(call), [[undefined, 'unknown-15']])
})

test('RPC over TCP, and an interface that no table knows', async () => {
  const [row] = await rowsOf({
    event_type: 'dcerpc',
    dest_port: 135,
    dcerpc: {
      request: 'REQUEST',
      req: { opnum: 3, frag_cnt: 1, stub_data_size: 136 },
      interfaces: [
        { uuid: 'deadbeef-0000-0000-0000-000000000000', ack_result: 0, service: 'house', procedure: 'Open' },
      ],
      response: 'FAULT',
      call_id: 1,
    },
  })
  assert.deepEqual(pick(row!, 'endpoint', 'operation', 'opnum', 'named_pipe'), [
    'dce_rpc',
    'house',
    'Open',
    3,
    undefined,
  ])
  assert.equal(row!.extra?.['response'], 'FAULT')
})
