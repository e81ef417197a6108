"""The text of INFO: what monitoring tools read, in Redis 7.2's sections, fields and order.

A section is a template whose fields stand in Redis' order, and a function that fills it. Figures of
features that this server does not have stand in the templates as the constants that Redis shows while the
feature is not used. Where a thing works differently here, the field says what comes nearest:

    multiplexing_api    threads: there is one for each client, nothing is multiplexed
    executable          the Python interpreter
    used_memory         anonymous memory of the whole process (see memory_use.py)
    used_memory_vm_...  0: what scripts have made is among all other Python objects
    ..._main_thread     the CPU time of the whole process: only one thread at a time works on commands

Latencystats is empty: latencies are not recorded for single commands.

Called with the engine's lock held, for about 0.3 ms.
"""
import functools
import itertools
import os
import platform
import re
import sys

from .memory_use import memory_figures, system_memory
from .version import REDIS_VERSION

try:
    import resource
except ImportError:                             # Windows
    resource = None

__all__ = ["info_text", "format_bytes", "SECTIONS"]

_TTL_SAMPLES = 100
_SPECIAL = re.compile("[#:\r\n]")


def info_text(engine, names=()):
    """The text of the sections with these names (str, any case), by default the default ones.

    Unknown names are passed over; sections come in their own order, each once.
    """
    wanted = set()
    for name in map(str.lower, names or ("default",)):
        wanted |= _GROUPS.get(name, {name})
    blocks = [f"# {title}\r\n{fill(engine)}" for name, (title, fill) in SECTIONS.items() if name in wanted]
    return "\r\n".join(blocks)


def format_bytes(count):
    """Bytes for people: 1.21M."""
    if count < 1024:
        return f"{count}B"
    for power, unit in enumerate("KMGTP", 1):
        if count < 1024 ** (power + 1):
            return f"{count / 1024 ** power:.2f}{unit}"
    return f"{count}B"


def _fill(template, **figures):
    return template.format(**figures).replace("\n", "\r\n")


# --- server --------------------------------------------------------------------------------------------

_SERVER = """\
redis_version:{version}
redis_git_sha1:00000000
redis_git_dirty:0
redis_build_id:0000000000000000
redis_mode:standalone
os:{system}
arch_bits:{bits}
monotonic_clock:POSIX clock_gettime
multiplexing_api:threads
atomicvar_api:lock
gcc_version:{compiler}
process_id:{process_id}
process_supervised:no
run_id:{run_id}
tcp_port:{port}
server_time_usec:{now_us}
uptime_in_seconds:{uptime_s}
uptime_in_days:{uptime_days}
hz:{hz}
configured_hz:{hz}
lru_clock:{lru_clock}
executable:{executable}
config_file:{config_file}
io_threads_active:0
"""


def _server(engine):
    stats, config = engine.stats, engine.config
    uptime_s = int(engine.clock.monotonic() - stats.started_s)
    port = next((port for kind, _, port in stats.listening if kind == "tcp"), config["port"])
    return _fill(
        _SERVER, version=REDIS_VERSION, system=_system(), bits=64 if sys.maxsize > 1 << 32 else 32,
        compiler=_compiler(), process_id=os.getpid(), run_id=stats.run_id, port=port,
        now_us=int(engine.clock.time() * 1e6), uptime_s=uptime_s, uptime_days=uptime_s // 86400,
        hz=config["hz"], lru_clock=engine.keyspace.lru_clock & 0xFFFFFF, executable=sys.executable or "",
        config_file=config.path) + _listeners(stats.listening)


def _listeners(listening):
    """A line for each kind of address that clients may connect to."""
    lines = []
    for number, (kind, addresses, port) in enumerate(listening):
        binds = "".join(f",bind={address}" for address in addresses)
        ends = f",port={port}" if kind == "tcp" else ""
        lines.append(f"listener{number}:name={kind}{binds}{ends}\r\n")
    return "".join(lines)


@functools.lru_cache(maxsize=None)
def _system():
    return " ".join((platform.system(), platform.release(), platform.machine()))


@functools.lru_cache(maxsize=None)
def _compiler():
    """The version of the GCC that Python was made with, or zeros as Redis shows them for other compilers."""
    found = re.search(r"GCC (\d+\.\d+\.\d+)", platform.python_compiler())
    return found.group(1) if found else "0.0.0"


# --- clients -------------------------------------------------------------------------------------------

_CLIENTS = """\
connected_clients:{connected}
cluster_connections:0
maxclients:{most}
client_recent_max_input_buffer:0
client_recent_max_output_buffer:0
blocked_clients:{blocked}
tracking_clients:0
clients_in_timeout_table:{with_timeout}
total_blocking_keys:{blocking_keys}
total_blocking_keys_on_nokey:{until_gone}
"""


def _clients(engine):
    waiters = [session.waiter for session in engine.sessions.values() if session.waiter is not None] \
        if engine.blocked_clients else ()
    return _fill(
        _CLIENTS, connected=len(engine.sessions), most=engine.config["maxclients"],
        blocked=engine.blocked_clients, with_timeout=sum(waiter.deadline_s is not None for waiter in waiters),
        blocking_keys=sum(len(database.waiting) for database in engine.keyspace.databases),
        until_gone=len({(waiter.database, key) for waiter in waiters if waiter.until_gone for key in waiter.keys}))


# --- memory --------------------------------------------------------------------------------------------

_MEMORY = """\
used_memory:{used}
used_memory_human:{used_human}
used_memory_rss:{resident}
used_memory_rss_human:{resident_human}
used_memory_peak:{peak}
used_memory_peak_human:{peak_human}
used_memory_peak_perc:{peak_percent:.2f}%
used_memory_overhead:{overhead}
used_memory_startup:{startup}
used_memory_dataset:{dataset}
used_memory_dataset_perc:{dataset_percent:.2f}%
allocator_allocated:{used}
allocator_active:{resident}
allocator_resident:{resident}
total_system_memory:{system}
total_system_memory_human:{system_human}
used_memory_lua:0
used_memory_vm_eval:0
used_memory_lua_human:0B
used_memory_scripts_eval:{eval_bytes}
number_of_cached_scripts:{cached_scripts}
number_of_functions:{functions}
number_of_libraries:{libraries}
used_memory_vm_functions:0
used_memory_vm_total:0
used_memory_vm_total_human:0B
used_memory_functions:{functions_bytes}
used_memory_scripts:{scripts_bytes}
used_memory_scripts_human:{scripts_human}
maxmemory:{limit}
maxmemory_human:{limit_human}
maxmemory_policy:{policy}
allocator_frag_ratio:{fragmentation:.2f}
allocator_frag_bytes:{fragmentation_bytes}
allocator_rss_ratio:1.00
allocator_rss_bytes:0
rss_overhead_ratio:1.00
rss_overhead_bytes:0
mem_fragmentation_ratio:{fragmentation:.2f}
mem_fragmentation_bytes:{fragmentation_bytes}
mem_not_counted_for_evict:0
mem_replication_backlog:0
mem_total_replication_buffers:0
mem_clients_slaves:0
mem_clients_normal:0
mem_cluster_links:0
mem_aof_buffer:{aof_buffer}
mem_allocator:libc
active_defrag_running:0
lazyfree_pending_objects:{pending}
lazyfreed_objects:{discarded}
"""


def _memory(engine):
    figures, stats, config = memory_figures(engine), engine.stats, engine.config
    sizes = dict(figures._asdict(), system=system_memory(), limit=config["maxmemory"])
    for name in ("used", "resident", "peak", "system", "limit"):
        sizes[name + "_human"] = format_bytes(sizes[name])
    functions, functions_bytes = engine.functions, engine.functions.memory_bytes
    eval_bytes = engine.scripting.memory_bytes
    return _fill(_MEMORY, **sizes, functions=functions.function_count, libraries=len(functions.libraries),
                 functions_bytes=functions_bytes, eval_bytes=eval_bytes,
                 cached_scripts=len(engine.scripting.programs), scripts_bytes=functions_bytes + eval_bytes,
                 scripts_human=format_bytes(functions_bytes + eval_bytes), policy=config["maxmemory-policy"],
                 pending=stats.pending_values, discarded=stats.discarded_values, aof_buffer=engine.journal.buffered)


# --- persistence ---------------------------------------------------------------------------------------

_PERSISTENCE = """\
loading:{loading}
async_loading:0
current_cow_peak:{copied_peak}
current_cow_size:{copied_bytes}
current_cow_size_age:{copied_age_s}
current_fork_perc:{child_percent:.2f}
current_save_keys_processed:{child_keys_done}
current_save_keys_total:{child_keys_total}
rdb_changes_since_last_save:{changes}
rdb_bgsave_in_progress:{saving}
rdb_last_save_time:{saved_at_s}
rdb_last_bgsave_status:{save_status}
rdb_last_bgsave_time_sec:{save_s}
rdb_current_bgsave_time_sec:{current_save_s}
rdb_saves:{saves}
rdb_last_cow_size:{save_copied_bytes}
rdb_last_load_keys_expired:{loaded_expired}
rdb_last_load_keys_loaded:{loaded}
aof_enabled:{aof_on}
aof_rewrite_in_progress:{rewriting}
aof_rewrite_scheduled:{rewrite_scheduled}
aof_last_rewrite_time_sec:{rewrite_s}
aof_current_rewrite_time_sec:{current_rewrite_s}
aof_last_bgrewrite_status:{rewrite_status}
aof_rewrites:{rewrites}
aof_rewrites_consecutive_failures:{rewrite_failures}
aof_last_write_status:{write_status}
aof_last_cow_size:{rewrite_copied_bytes}
module_fork_in_progress:0
module_fork_last_cow_size:0
"""
_AOF = """\
aof_current_size:{size}
aof_base_size:{base_size}
aof_pending_rewrite:{scheduled}
aof_buffer_length:{buffered}
aof_pending_bio_fsync:{syncing}
aof_delayed_fsync:{delayed}
"""
_LOADING = """\
loading_start_time:{started_at_s}
loading_total_bytes:{total}
loading_rdb_used_mem:{used_memory}
loading_loaded_bytes:{done}
loading_loaded_perc:{percent:.2f}
loading_eta_seconds:{left_s}
"""


def _persistence(engine):
    snapshots, append_only, journal, child = engine.snapshots, engine.append_only, engine.journal, engine.child
    at_work_s = int(engine.clock.monotonic() - child.started_s) if child is not None else -1
    text = _fill(
        _PERSISTENCE, loading=int(engine.loading is not None), changes=snapshots.changes,
        child_percent=100 * child.keys_done / (child.keys_total or 1) if child is not None else 0.0,
        child_keys_done=child.keys_done if child is not None else 0,
        child_keys_total=child.keys_total if child is not None else 0,
        copied_bytes=child.cow_bytes if child is not None else 0,
        copied_peak=child.cow_peak_bytes if child is not None else 0,
        copied_age_s=int(engine.clock.monotonic() - child.cow_measured_s) if child is not None else 0,
        saving=int(snapshots.in_progress), saved_at_s=snapshots.last_save_s, save_status=snapshots.last_status,
        save_s=snapshots.last_duration_s, current_save_s=at_work_s if snapshots.in_progress else -1,
        saves=snapshots.saves, save_copied_bytes=snapshots.last_cow_bytes,
        loaded_expired=engine.stats.loaded_expired_keys, loaded=engine.stats.loaded_keys,
        aof_on=int(append_only.state != "off"), rewriting=int(append_only.rewriting),
        rewrite_scheduled=int(append_only.rewrite_scheduled), rewrite_s=append_only.last_rewrite_s,
        current_rewrite_s=at_work_s if append_only.rewriting else -1, rewrite_status=append_only.last_status,
        rewrites=append_only.rewrites, rewrite_failures=append_only.failures,
        write_status="ok" if journal.error is None else "err", rewrite_copied_bytes=append_only.last_cow_bytes)
    if append_only.state != "off":
        text += _fill(_AOF, size=append_only.size, base_size=append_only.base_size,
                      scheduled=int(append_only.rewrite_scheduled), buffered=journal.buffered,
                      syncing=int(journal.syncing), delayed=journal.delayed_syncs)
    if engine.loading is not None:
        text += _fill(_LOADING, **engine.loading.figures())
    return text


# --- stats ---------------------------------------------------------------------------------------------

_STATS = """\
total_connections_received:{connections}
total_commands_processed:{commands}
instantaneous_ops_per_sec:{commands_per_s:.0f}
total_net_input_bytes:{input_bytes}
total_net_output_bytes:{output_bytes}
total_net_repl_input_bytes:0
total_net_repl_output_bytes:0
instantaneous_input_kbps:{input_kbps:.2f}
instantaneous_output_kbps:{output_kbps:.2f}
instantaneous_input_repl_kbps:0.00
instantaneous_output_repl_kbps:0.00
rejected_connections:{rejected}
sync_full:0
sync_partial_ok:0
sync_partial_err:0
expired_keys:{expired}
expired_stale_perc:0.00
expired_time_cap_reached_count:0
expire_cycle_cpu_milliseconds:0
evicted_keys:0
evicted_clients:0
total_eviction_exceeded_time:0
current_eviction_exceeded_time:0
keyspace_hits:{hits}
keyspace_misses:{misses}
pubsub_channels:{channels}
pubsub_patterns:{patterns}
pubsubshard_channels:{shard_channels}
latest_fork_usec:{fork_us}
total_forks:{forks}
migrate_cached_sockets:0
slave_expires_tracked_keys:0
active_defrag_hits:0
active_defrag_misses:0
active_defrag_key_hits:0
active_defrag_key_misses:0
total_active_defrag_time:0
current_active_defrag_time:0
tracking_total_keys:0
tracking_total_items:0
tracking_total_prefixes:0
unexpected_error_replies:0
total_error_replies:{errors}
dump_payload_sanitizations:0
total_reads_processed:0
total_writes_processed:0
io_threaded_reads_processed:0
io_threaded_writes_processed:0
reply_buffer_shrinks:0
reply_buffer_expands:0
eventloop_cycles:0
eventloop_duration_sum:0
eventloop_duration_cmd_sum:0
instantaneous_eventloop_cycles_per_sec:0
instantaneous_eventloop_duration_usec:0
acl_access_denied_auth:0
acl_access_denied_cmd:0
acl_access_denied_key:0
acl_access_denied_channel:0
"""


def _stats(engine):
    stats, keyspace, pubsub = engine.stats, engine.keyspace, engine.pubsub
    commands, input_bytes, output_bytes = stats.totals(engine)
    rates = stats.rates()
    return _fill(
        _STATS, connections=stats.connections_received, commands=commands, commands_per_s=rates.commands,
        input_bytes=input_bytes, output_bytes=output_bytes, input_kbps=rates.input_bytes / 1024,
        output_kbps=rates.output_bytes / 1024, rejected=stats.connections_rejected, expired=keyspace.expired,
        hits=keyspace.hits, misses=keyspace.misses, channels=len(pubsub.channels),
        fork_us=stats.latest_fork_usec, forks=stats.total_forks,
        patterns=len(pubsub.patterns), shard_channels=len(pubsub.shard_channels), errors=stats.error_replies)


# --- replication, CPU ----------------------------------------------------------------------------------

_REPLICATION = """\
role:master
connected_slaves:0
master_failover_state:no-failover
master_replid:{replication_id}
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:0
repl_backlog_size:{backlog_bytes}
repl_backlog_first_byte_offset:0
repl_backlog_histlen:0
"""

_CPU = """\
used_cpu_sys:{system_s:.6f}
used_cpu_user:{user_s:.6f}
used_cpu_sys_children:{children_system_s:.6f}
used_cpu_user_children:{children_user_s:.6f}
used_cpu_sys_main_thread:{system_s:.6f}
used_cpu_user_main_thread:{user_s:.6f}
"""


def _replication(engine):
    return _fill(_REPLICATION, replication_id=engine.stats.replication_id,
                 backlog_bytes=engine.config["repl-backlog-size"])


def _cpu(engine):
    if resource is None:
        times = os.times()
        user_s, system_s, children_user_s, children_system_s = times[:4]
    else:                                       # finer than os.times
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        user_s, system_s, children_user_s, children_system_s = (
            own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime)
    return _fill(_CPU, user_s=user_s, system_s=system_s, children_user_s=children_user_s,
                 children_system_s=children_system_s)


# --- commands and errors -------------------------------------------------------------------------------

def _command_stats(engine):
    """A line for each command that was called, or refused before it could be."""
    lines = []
    for record in engine.command_records:
        if record.calls or record.rejected or record.failed:
            spent_us = int(record.seconds * 1e6)
            mean_us = spent_us / record.calls if record.calls else 0
            lines.append(f"cmdstat_{record.shown_name}:calls={record.calls},usec={spent_us},"
                         f"usec_per_call={mean_us:.2f},rejected_calls={record.rejected},"
                         f"failed_calls={record.failed}\r\n")
    return "".join(lines)


def _error_stats(engine):
    # Scripts can make up error codes; a line end or colon in one must not look like a field.
    return "".join(f"errorstat_{_SPECIAL.sub('_', code)}:count={count}\r\n"
                   for code, count in sorted(engine.stats.errors.items()))


# --- keyspace ------------------------------------------------------------------------------------------

def _keyspace(engine):
    return "".join(f"db{database.number}:keys={len(database)},expires={len(database.expires)},"
                   f"avg_ttl={_mean_ttl_ms(database)}\r\n"
                   for database in engine.keyspace.databases if len(database))


def _mean_ttl_ms(database):
    """The mean time to live of the keys that have one, estimated from a few; 0 when none has."""
    sample = list(itertools.islice(database.expires.values(), _TTL_SAMPLES))
    now_ms = database.now_ms
    return sum(max(expires_at_ms - now_ms, 0) for expires_at_ms in sample) // len(sample) if sample else 0


_DEBUG = """\
eventloop_duration_aof_sum:0
eventloop_duration_cron_sum:0
eventloop_duration_max:0
eventloop_cmd_per_cycle_max:0
"""

# name -> (title, function of the engine that makes the lines); in the order of the text
SECTIONS = {
    "server": ("Server", _server),
    "clients": ("Clients", _clients),
    "memory": ("Memory", _memory),
    "persistence": ("Persistence", _persistence),
    "stats": ("Stats", _stats),
    "replication": ("Replication", _replication),
    "cpu": ("CPU", _cpu),
    "modules": ("Modules", lambda engine: ""),
    "commandstats": ("Commandstats", _command_stats),
    "errorstats": ("Errorstats", _error_stats),
    "latencystats": ("Latencystats", lambda engine: ""),
    "cluster": ("Cluster", lambda engine: "cluster_enabled:0\r\n"),
    "keyspace": ("Keyspace", _keyspace),
    "debug": ("Debug", lambda engine: _fill(_DEBUG)),
}
_EVERYTHING = SECTIONS.keys() - {"debug"}
_GROUPS = {
    "default": _EVERYTHING - {"commandstats", "latencystats"},
    "all": _EVERYTHING,
    "everything": _EVERYTHING,
}
