/** Fields that say most of an event, by log, in the order in which an analyst reads them; all others come behind. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  conn: ['proto', 'service', 'conn_state', 'duration', 'orig_bytes', 'resp_bytes', 'history'],
  dce_rpc: ['endpoint', 'operation', 'named_pipe'],
  smb_files: ['action', 'path', 'name', 'size'],
  smb_mapping: ['path', 'share_type', 'service'],
  ntlm: ['domainname', 'username', 'hostname', 'success', 'server_nb_computer_name'],
  kerberos: ['request_type', 'client', 'service', 'success', 'error_msg'],
  dns: ['query', 'qtype_name', 'rcode_name', 'answers'],
  http: ['method', 'host', 'uri', 'status_code', 'user_agent'],
  ssl: ['server_name', 'version', 'established', 'validation_status'],
  files: ['filename', 'mime_type', 'source', 'seen_bytes', 'sha1'],
  rdp: ['cookie', 'result', 'security_protocol'],
  ssh: ['auth_success', 'client', 'server'],
}

/** Shown on their own, or not worth a place in a line. */
const APART = /^(uid|id[._](orig|resp)_[hp]|_write_ts|_node_name|_system_name)$/

export function saying(log: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = [...(FIRST[log] ?? []), ...Object.keys(fields)].filter((name) => name in fields && !APART.test(name))
  return Object.fromEntries([...new Set(names)].map((name) => [name, fields[name]]))
}
