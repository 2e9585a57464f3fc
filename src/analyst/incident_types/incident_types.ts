import { administrativeChain } from './administrative_chain.ts'
import { administrativeConnections } from './administrative_connections.ts'
import { commandAndControl } from './command_and_control.ts'
import { credentialAccess } from './credential_access.ts'
import { dceRpc } from './dce_rpc.ts'
import { denialOfService } from './denial_of_service.ts'
import type { IncidentType } from './incident_type.ts'
import { portScanning } from './port_scanning.ts'
import { remoteWmi } from './remote_wmi.ts'
import { scanning } from './scanning.ts'
import { smbLoginFailures } from './smb_login_failures.ts'
import { smbWrites } from './smb_writes.ts'
import { tcpScanning } from './tcp_scanning.ts'

/** Every narrative. A new one is its file and a line here. */
export const INCIDENT_TYPES: readonly IncidentType[] = [
  administrativeChain,
  administrativeConnections,
  remoteWmi,
  smbWrites,
  dceRpc,
  portScanning,
  tcpScanning,
  scanning,
  smbLoginFailures,
  commandAndControl,
  denialOfService,
  credentialAccess,
]
