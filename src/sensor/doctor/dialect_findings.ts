import { type Finding, many } from './finding.ts'
import type { Observation } from './observation.ts'

/** SMB writes, hidden RPC operations, connections told early: the settings of the sensor that models depend on. */
export function dialectFindings(seen: Observation): Finding[] {
  const formats = [...seen.formats].sort(([a], [b]) => (a < b ? -1 : 1))
  const zeek = seen.formats.has('zeek-json') || seen.formats.has('zeek-tsv')
  const findings: Finding[] = [
    {
      id: 'format',
      grade: 'good',
      title: `format: ${formats.map(([name, files]) => `${name} (${many(files, 'file')})`).join(', ')}`,
    },
  ]
  if (seen.types.has('smb_files')) findings.push(writes(seen, zeek))
  const calls = seen.types.get('dce_rpc')?.count ?? 0
  if (calls > 0 && zeek) findings.push(operations(seen, calls))
  if (seen.types.has('conn') && zeek) findings.push(openConnections(seen))
  return findings
}

function writes(seen: Observation, zeek: boolean): Finding {
  const count = seen.smbActions.get('SMB::FILE_WRITE') ?? 0
  const details = [
    [...seen.smbActions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([action, rows]) => `${action.replace('SMB::', '')} ${rows}`)
      .join(', '),
  ]
  if (count > 0) {
    return {
      id: 'smb-writes',
      grade: 'good',
      title: `SMB writes are logged: ${many(count, 'FILE_WRITE row')}`,
      details,
    }
  }
  const advice = zeek
    ? 'load zeek/thymus.zeek (or: redef SMB::logged_file_actions += { SMB::FILE_WRITE }); Zeek leaves writes out by default'
    : 'with Suricata: add files to the eve-log types, so that files put on a share are told'
  if (seen.filesOverSmb > 0) {
    return {
      id: 'smb-writes',
      grade: 'weak',
      title: `no FILE_WRITE in smb_files.log; writes have to be inferred from files.log (${many(seen.filesOverSmb, 'file')} over SMB)`,
      consequence: 'a write is known a little later and not in sessions of which the file could not be followed',
      advice,
      details,
    }
  }
  return {
    id: 'smb-writes',
    grade: 'blind',
    title: 'SMB writes are invisible: no FILE_WRITE in smb_files.log, and no file over SMB in files.log',
    consequence:
      'a program put on another device cannot be told from one that was read: Executable Uploaded to DC, SMB Drive Write and the first half of SMB Lateral Movement depend on it',
    advice,
    details,
  }
}

/** Below this many calls the absence of the commonest ones says nothing. */
const ENOUGH_CALLS = 20

function operations(seen: Observation, calls: number): Finding {
  if (seen.hiddenOperations > 0) {
    return {
      id: 'rpc-operations',
      grade: 'good',
      title: `all RPC operations are logged (${many(seen.hiddenOperations, 'call')} that Zeek hides by default)`,
    }
  }
  if (calls < ENOUGH_CALLS) {
    return {
      id: 'rpc-operations',
      grade: 'unknown',
      title: `only ${many(calls, 'RPC call')}: too few to tell whether some are hidden`,
    }
  }
  return {
    id: 'rpc-operations',
    grade: 'weak',
    title: `in ${many(calls, 'RPC call')} none of those that Zeek hides by default (most of winreg, opening a printer)`,
    consequence:
      'reading the registry of another device (SAM and LSA secrets, reconnaissance) is seen as a pipe that is opened, or not at all',
    advice: 'load zeek/thymus.zeek (or: redef DCE_RPC::ignored_operations = table())',
  }
}

function openConnections(seen: Observation): Finding {
  if (seen.types.has('open_conn')) {
    return { id: 'open-connections', grade: 'good', title: 'connections are told while they are open (open_conn.log)' }
  }
  return {
    id: 'open-connections',
    grade: 'weak',
    title: 'a connection is told only when it has ended (no open_conn.log)',
    consequence: 'a session of hours is known hours late, and cannot be stopped while it runs',
    advice: 'load zeek/thymus.zeek, which writes open_conn.log',
  }
}
