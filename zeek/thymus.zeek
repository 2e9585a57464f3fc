##! Tunes a Zeek sensor for Thymus: what it hides by default is logged, and known early.
##!
##! Install: copy this file to $PREFIX/share/zeek/site/ and add one line to site/local.zeek:
##!
##!     @load ./thymus.zeek
##!
##! then `zeekctl deploy`. Every setting stands on its own: leave out what you do not want. docs/zeek.md says what each one
##! buys and costs. Written for Zeek 5.0 and later.

@load base/frameworks/files
@load base/protocols/conn
@load base/protocols/dce-rpc
@load base/protocols/dhcp
@load base/protocols/krb
@load base/protocols/ntlm
@load base/protocols/smb

# Who is who: the MAC address of both ends of a connection, and the VLAN. Behind a router the MAC is the router's; Thymus
# notices that by itself.
@load policy/protocols/conn/mac-logging
@load policy/protocols/conn/vlan-logging

# The same id for the same connection on every sensor and in Suricata (Community ID v1).
@load policy/protocols/conn/community-id-logging

# What the sensor did not see: share of lost packets, and drops of the capture itself.
@load policy/misc/capture-loss
@load policy/misc/stats

# The hash of a file makes the same program the same on every host, whatever its name.
@load policy/frameworks/files/hash-all-files

module Thymus;

export {
	redef enum Log::ID += { OPEN_CONN };

	## A TCP connection that is still open after this time is told in open_conn.log (without waiting for its end, which
	## may be hours away). 0 secs: never.
	option open_after = 10 secs;

	## What is added to every log line, under the prefix `_`: when it was written.
	type Extension: record {
		## The moment at which Zeek knew it: `ts` is when a thing began.
		write_ts: time &log;
	};
}

# --- SMB: writes and pipes ----------------------------------------------------------------------------------------------
# By default Zeek logs opens, renames and deletions only: a program that is put on another host looks like one that is
# read. Reads stay out: on a file server they are most of all rows and no model of ours needs them.
redef SMB::logged_file_actions += {
	SMB::FILE_WRITE,
	SMB::FILE_SET_ATTRIBUTE,
	SMB::PIPE_OPEN,
};

# --- DCE/RPC: all operations --------------------------------------------------------------------------------------------
# By default most of winreg (who reads the registry of another host reads its secrets), opening a printer (coercion) and
# asking a workstation for its name are left out.
redef DCE_RPC::ignored_operations = {};

# --- When ---------------------------------------------------------------------------------------------------------------
# `_write_ts` in every log: Thymus orders events by when they could be known. Without it that is guessed from ts + duration.
function add_write_time(path: string): Extension
	{
	return Extension($write_ts=network_time());
	}

redef Log::default_ext_func = add_write_time;

# --- Format -------------------------------------------------------------------------------------------------------------
# One JSON object a line. Thymus reads TSV as well and as fast; JSON survives added fields and is what shippers expect.
redef LogAscii::use_json = T;
# Seconds since 1970 with six decimals: exact, short, in no time zone.
redef LogAscii::json_timestamps = JSON::TS_EPOCH;

# A file an hour. zeekctl has its own setting for it (LogRotationInterval in zeekctl.cfg), which wins.
redef Log::default_rotation_interval = 1 hr;

# Lines reach the disk within a second, also on a quiet network. (One second is the default where this can be set.)
@ifdef ( Log::flush_interval )
redef Log::flush_interval = 1 sec;
@endif

# --- Connections that last ----------------------------------------------------------------------------------------------
global still_open: event(id: conn_id, uid: string);

event zeek_init() &priority=5
	{
	Log::create_stream(Thymus::OPEN_CONN, [$columns=Conn::Info, $path="open_conn"]);
	}

event connection_established(c: connection) &priority=-10
	{
	if ( open_after > 0 secs )
		schedule open_after { Thymus::still_open(c$id, c$uid) };
	}

event Thymus::still_open(id: conn_id, uid: string)
	{
	if ( ! connection_exists(id) )
		return;

	local c = lookup_connection(id);

	# The same four-tuple may be another connection by now.
	if ( c$uid != uid || ! c?$conn )
		return;

	# A copy: what is filled in here must not show in conn.log.
	local info = copy(c$conn);
	info$duration = c$duration;
	info$orig_bytes = c$orig$size;
	info$resp_bytes = c$resp$size;
	info$conn_state = "S1";

	if ( c$history != "" )
		info$history = c$history;

	if ( c$orig?$num_pkts )
		{
		info$orig_pkts = c$orig$num_pkts;
		info$orig_ip_bytes = c$orig$num_bytes_ip;
		info$resp_pkts = c$resp$num_pkts;
		info$resp_ip_bytes = c$resp$num_bytes_ip;
		}

	if ( |c$service| > 0 )
		info$service = to_lower(join_string_set(c$service, ","));

	if ( c$orig?$l2_addr )
		info$orig_l2_addr = c$orig$l2_addr;

	if ( c$resp?$l2_addr )
		info$resp_l2_addr = c$resp$l2_addr;

	Log::write(Thymus::OPEN_CONN, info);
	}
