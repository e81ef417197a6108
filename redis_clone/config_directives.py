"""The table of all configuration directives: those of Redis 7.2, and a few of our own at the end.

One line each: name, kind of value, default (as it would be written in a file), notes, other name.

The notes, separated by spaces:
    fixed      only a file or the command line sets it; CONFIG SET refuses
    protected  as fixed, unless enable-protected-configs allows CONFIG SET to change it
    hidden     CONFIG GET answers it only when asked for by its full name
    secret     its value must not appear in logs
    idle       accepted and answered, but without effect in this server so far

Directives that a pure Python server can do nothing about and whose absence changes no answer (how Redis'
own allocator, hash tables or threads behave) are not called idle: nobody needs a log line about them.
"""

import re

from .config_types import (Addresses, BufferLimits, Choice, Directory, EventClasses, FileName, Integer,
                           Memory, MemoryOrPercent, Octal, OomScores, Percentiles, Primary, SavePoints,
                           ShutdownFlags, Text, YesNo)

__all__ = ["DIRECTIVES", "LINE_ONLY", "Directive"]

_INT = (1 << 31) - 1
_UINT = (1 << 32) - 1
_LONG = (1 << 63) - 1
_ULONG = (1 << 64) - 1


class Directive:
    """One line of the table."""

    __slots__ = ("name", "alias", "kind", "default",
                 "fixed", "protected", "hidden", "secret", "idle")

    def __init__(self, name, kind, default, notes="", alias=None):
        notes = notes.split()
        self.name = name
        self.alias = alias
        self.kind = kind
        self.default = kind.parse_default(default)
        self.fixed = "fixed" in notes
        self.protected = "protected" in notes
        self.hidden = "hidden" in notes
        self.secret = "secret" in notes
        self.idle = "idle" in notes


# --- checks of single directives -----------------------------------------------------------------------


def _check_host_name(text):
    if len(text) >= 256:
        raise ValueError("Hostnames must be less than 256 characters")
    if not re.fullmatch(r"[A-Za-z0-9.-]*", text):
        raise ValueError("Hostnames may only contain alphanumeric characters, hyphens or dots")


def _check_node_name(text):
    if re.search(r"[!#$%&()*+:;<>?@\[\]^{|}~]", text):
        raise ValueError("Announced human node name contained invalid character")


def _check_cluster_file(text):
    if not text:
        raise ValueError("cluster-config-file can't be empty")


def _check_title_template(text):
    names = "title|listen-addr|server-mode|port|tls-port|unixsocket|config-file"
    if not re.fullmatch(r"(?:[^{]|\{\{|\{(?:%s)\})+" % names, text.strip()):
        raise ValueError("template format is invalid or contains unknown variables")


class _DefragSwitch(YesNo):
    def parse_word(self, word):
        if word.lower() == "yes":
            raise ValueError("Active defragmentation cannot be enabled: it requires a Redis server compiled "
                             "with a modified Jemalloc like the one shipped by default with the Redis source "
                             "distribution")
        return super().parse_word(word)


# --- the table -----------------------------------------------------------------------------------------

_LOCAL_ONLY = Choice("no yes local")
_EVICTION = Choice("volatile-lru volatile-lfu volatile-random volatile-ttl "
                   "allkeys-lru allkeys-lfu allkeys-random noeviction")
_FACILITY = Choice("user local0 local1 local2 local3 local4 local5 local6 local7")
_PORT = Integer(0, 65535)
_COUNT = Integer(0, _INT)
_LONG_COUNT = Integer(0, _LONG)
_BYTES = Memory(0, _LONG)

_TABLE = (
    # Network
    ("bind", Addresses(), "127.0.0.1 -::1"),
    ("bind-source-addr", Text(), "", "idle"),
    ("port", _PORT, "6379"),
    ("protected-mode", YesNo(), "yes"),
    ("proto-max-bulk-len", Memory(1 << 20, _LONG), "512mb"),
    ("socket-mark-id", Integer(0, _UINT), "0", "fixed idle"),
    ("tcp-backlog", _COUNT, "511", "fixed"),
    ("tcp-keepalive", _COUNT, "300"),
    ("timeout", _COUNT, "0"),
    ("unixsocket", Text(), "", "fixed"),
    ("unixsocketperm", Octal(0o777), "0", "fixed"),

    # TLS
    ("tls-auth-clients", Choice("no yes optional"), "yes", "idle"),
    ("tls-ca-cert-dir", Text(), "", "idle"),
    ("tls-ca-cert-file", Text(), "", "idle"),
    ("tls-cert-file", Text(), "", "idle"),
    ("tls-ciphers", Text(), "", "idle"),
    ("tls-ciphersuites", Text(), "", "idle"),
    ("tls-client-cert-file", Text(), "", "idle"),
    ("tls-client-key-file", Text(), "", "idle"),
    ("tls-client-key-file-pass", Text(), "", "secret idle"),
    ("tls-cluster", YesNo(), "no", "idle"),
    ("tls-dh-params-file", Text(), "", "idle"),
    ("tls-key-file", Text(), "", "idle"),
    ("tls-key-file-pass", Text(), "", "secret idle"),
    ("tls-port", _PORT, "0", "idle"),
    ("tls-prefer-server-ciphers", YesNo(), "no", "idle"),
    ("tls-protocols", Text(), "", "idle"),
    ("tls-replication", YesNo(), "no", "idle"),
    ("tls-session-cache-size", _COUNT, "20480", "idle"),
    ("tls-session-cache-timeout", _COUNT, "300", "idle"),
    ("tls-session-caching", YesNo(), "yes", "idle"),

    # Process
    ("always-show-logo", YesNo(), "no", "fixed"),
    ("crash-log-enabled", YesNo(), "yes"),
    ("crash-memcheck-enabled", YesNo(), "yes"),
    ("daemonize", YesNo(), "no", "fixed"),
    ("databases", Integer(1, _INT), "16", "fixed"),
    ("dir", Directory(), ".", "protected"),
    ("disable-thp", YesNo(), "yes", "fixed"),
    ("dynamic-hz", YesNo(), "yes"),
    ("enable-debug-command", _LOCAL_ONLY, "no", "fixed"),
    ("enable-module-command", _LOCAL_ONLY, "no", "fixed idle"),
    ("enable-protected-configs", _LOCAL_ONLY, "no", "fixed"),
    ("hz", Integer(0, _INT, clamp=(1, 500)), "10"),
    ("ignore-warnings", Text(), ""),
    ("io-threads", Integer(1, 128), "1", "fixed"),
    ("io-threads-do-reads", YesNo(), "no", "fixed"),
    ("locale-collate", Text(), "", "idle"),
    ("logfile", Text(), "", "fixed"),
    ("loglevel", Choice("debug verbose notice warning nothing"), "notice"),
    ("oom-score-adj", Choice("no yes relative absolute", {"relative": "yes"}), "no", "idle"),
    ("oom-score-adj-values", OomScores(), "0 200 800", "idle"),
    ("pidfile", Text(), "", "fixed"),
    ("proc-title-template", Text(_check_title_template), "{title} {listen-addr} {server-mode}"),
    ("set-proc-title", YesNo(), "yes", "fixed"),
    ("shutdown-on-sigint", ShutdownFlags(), "default"),
    ("shutdown-on-sigterm", ShutdownFlags(), "default"),
    ("shutdown-timeout", _COUNT, "10", "idle"),
    ("supervised", Choice("upstart systemd auto no"), "no", "fixed idle"),
    ("syslog-enabled", YesNo(), "no", "fixed idle"),
    ("syslog-facility", _FACILITY, "local0", "fixed idle"),
    ("syslog-ident", Text(), "redis", "fixed idle"),
    ("use-exit-on-panic", YesNo(), "no", "hidden idle"),
    ("watchdog-period", _COUNT, "0", "hidden idle"),
    ("aof-rewrite-cpulist", Text(), "", "fixed", "aof_rewrite_cpulist"),
    ("bgsave-cpulist", Text(), "", "fixed", "bgsave_cpulist"),
    ("bio-cpulist", Text(), "", "fixed idle", "bio_cpulist"),
    ("server-cpulist", Text(), "", "fixed", "server_cpulist"),

    # Clients
    ("client-output-buffer-limit", BufferLimits(), "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60"),
    ("client-query-buffer-limit", Memory(1 << 20, _LONG), "1gb"),
    ("maxclients", Integer(1, _UINT), "10000"),
    ("requirepass", Text(), "", "secret"),
    ("tracking-table-max-keys", _LONG_COUNT, "1000000", "idle"),

    # Access
    ("acl-pubsub-default", Choice("allchannels resetchannels"), "resetchannels", "idle"),
    ("aclfile", Text(), "", "fixed idle"),
    ("acllog-max-len", _LONG_COUNT, "128", "idle"),

    # Memory and keys
    ("activedefrag", _DefragSwitch(), "no"),
    ("active-defrag-cycle-max", Integer(1, 99), "25"),
    ("active-defrag-cycle-min", Integer(1, 99), "1"),
    ("active-defrag-ignore-bytes", Memory(1, _LONG), "100mb"),
    ("active-defrag-max-scan-fields", Integer(1, _LONG), "1000"),
    ("active-defrag-threshold-lower", Integer(0, 1000), "10"),
    ("active-defrag-threshold-upper", Integer(0, 1000), "100"),
    ("active-expire-effort", Integer(1, 10), "1"),
    ("activerehashing", YesNo(), "yes"),
    ("jemalloc-bg-thread", YesNo(), "yes"),
    ("lazyfree-lazy-eviction", YesNo(), "no"),
    ("lazyfree-lazy-expire", YesNo(), "no"),
    ("lazyfree-lazy-server-del", YesNo(), "no"),
    ("lazyfree-lazy-user-del", YesNo(), "no"),
    ("lazyfree-lazy-user-flush", YesNo(), "no"),
    ("lfu-decay-time", _COUNT, "1"),
    ("lfu-log-factor", _COUNT, "10"),
    ("maxmemory", Memory(0, _ULONG), "0", "idle"),
    ("maxmemory-clients", MemoryOrPercent(), "0", "idle"),
    ("maxmemory-eviction-tenacity", Integer(0, 100), "10", "idle"),
    ("maxmemory-policy", _EVICTION, "noeviction"),
    ("maxmemory-samples", Integer(1, _INT), "5", "idle"),
    ("notify-keyspace-events", EventClasses(), ""),

    # Encodings of values
    ("hash-max-listpack-entries", _LONG_COUNT, "512", "", "hash-max-ziplist-entries"),
    ("hash-max-listpack-value", _BYTES, "64", "", "hash-max-ziplist-value"),
    ("hll-sparse-max-bytes", _BYTES, "3000"),
    ("list-compress-depth", _COUNT, "0"),
    ("list-max-listpack-size", Integer(-_INT - 1, _INT), "-2", "", "list-max-ziplist-size"),
    ("set-max-intset-entries", _LONG_COUNT, "512"),
    ("set-max-listpack-entries", _LONG_COUNT, "128"),
    ("set-max-listpack-value", _LONG_COUNT, "64"),
    ("stream-node-max-bytes", _BYTES, "4096"),
    ("stream-node-max-entries", _LONG_COUNT, "100"),
    ("zset-max-listpack-entries", _LONG_COUNT, "128", "", "zset-max-ziplist-entries"),
    ("zset-max-listpack-value", _BYTES, "64", "", "zset-max-ziplist-value"),

    # Slow log, latency, scripts
    ("busy-reply-threshold", _LONG_COUNT, "5000", "", "lua-time-limit"),
    ("latency-monitor-threshold", _LONG_COUNT, "0"),
    ("latency-tracking", YesNo(), "yes", "idle"),
    ("latency-tracking-info-percentiles", Percentiles(), "50 99 99.9", "idle"),
    ("slowlog-log-slower-than", Integer(-1, _LONG), "10000"),
    ("slowlog-max-len", _LONG_COUNT, "128"),

    # Snapshots
    ("dbfilename", FileName("dbfilename"), "dump.rdb", "protected"),
    ("key-load-delay", Integer(-_INT - 1, _INT), "0", "hidden"),
    ("loading-process-events-interval-bytes", Integer(1024, _INT), "2097152", "hidden idle"),
    ("rdb-key-save-delay", Integer(-_INT - 1, _INT), "0", "hidden"),
    ("rdb-save-incremental-fsync", YesNo(), "yes"),
    ("rdbchecksum", YesNo(), "yes", "fixed"),
    ("rdbcompression", YesNo(), "yes"),
    ("sanitize-dump-payload", Choice("no yes clients"), "no", "idle"),
    ("save", SavePoints(), "3600 1 300 100 60 10000"),
    ("stop-writes-on-bgsave-error", YesNo(), "yes"),

    # Append-only file
    ("aof-disable-auto-gc", YesNo(), "no", "hidden"),
    ("aof-load-truncated", YesNo(), "yes"),
    ("aof-rewrite-incremental-fsync", YesNo(), "yes"),
    ("aof-timestamp-enabled", YesNo(), "no"),
    ("aof-use-rdb-preamble", YesNo(), "yes"),
    ("appenddirname", FileName("appenddirname", "dirname"), "appendonlydir", "fixed"),
    ("appendfilename", FileName("appendfilename"), "appendonly.aof", "fixed"),
    ("appendfsync", Choice("everysec always no"), "everysec"),
    ("appendonly", YesNo(), "no"),
    ("auto-aof-rewrite-min-size", _BYTES, "64mb"),
    ("auto-aof-rewrite-percentage", _COUNT, "100"),
    ("no-appendfsync-on-rewrite", YesNo(), "no"),

    # Replication
    ("masterauth", Text(), "", "secret idle"),
    ("masteruser", Text(), "", "secret idle"),
    ("min-replicas-max-lag", _COUNT, "10", "idle", "min-slaves-max-lag"),
    ("min-replicas-to-write", _COUNT, "0", "idle", "min-slaves-to-write"),
    ("propagation-error-behavior", Choice("ignore panic panic-on-replicas"), "ignore", "idle"),
    ("rdb-del-sync-files", YesNo(), "no", "idle"),
    ("repl-backlog-size", Memory(1, _LONG, clamp=(16384, _LONG)), "1mb", "idle"),
    ("repl-backlog-ttl", _LONG_COUNT, "3600", "idle"),
    ("repl-disable-tcp-nodelay", YesNo(), "no", "idle"),
    ("repl-diskless-load", Choice("disabled on-empty-db swapdb"), "disabled", "idle"),
    ("repl-diskless-sync", YesNo(), "yes", "idle"),
    ("repl-diskless-sync-delay", _COUNT, "5", "idle"),
    ("repl-diskless-sync-max-replicas", _COUNT, "0", "idle"),
    ("repl-ping-replica-period", Integer(1, _INT), "10", "idle", "repl-ping-slave-period"),
    ("repl-timeout", Integer(1, _INT), "60", "idle"),
    ("replica-announce-ip", Text(), "", "idle", "slave-announce-ip"),
    ("replica-announce-port", _PORT, "0", "idle", "slave-announce-port"),
    ("replica-announced", YesNo(), "yes", "idle"),
    ("replica-ignore-disk-write-errors", YesNo(), "no", "idle"),
    ("replica-ignore-maxmemory", YesNo(), "yes", "idle", "slave-ignore-maxmemory"),
    ("replica-lazy-flush", YesNo(), "no", "idle", "slave-lazy-flush"),
    ("replica-priority", _COUNT, "100", "idle", "slave-priority"),
    ("replica-read-only", YesNo(), "yes", "idle", "slave-read-only"),
    ("replica-serve-stale-data", YesNo(), "yes", "idle", "slave-serve-stale-data"),
    ("replicaof", Primary(), "no one", "fixed idle", "slaveof"),

    # Cluster
    ("cluster-allow-pubsubshard-when-down", YesNo(), "yes", "idle"),
    ("cluster-allow-reads-when-down", YesNo(), "no", "idle"),
    ("cluster-allow-replica-migration", YesNo(), "yes", "idle"),
    ("cluster-announce-bus-port", _PORT, "0", "idle"),
    ("cluster-announce-hostname", Text(_check_host_name), "", "idle"),
    ("cluster-announce-human-nodename", Text(_check_node_name), "", "idle"),
    ("cluster-announce-ip", Text(), "", "idle"),
    ("cluster-announce-port", _PORT, "0", "idle"),
    ("cluster-announce-tls-port", _PORT, "0", "idle"),
    ("cluster-config-file", Text(_check_cluster_file), "nodes.conf", "fixed idle"),
    ("cluster-enabled", YesNo(), "no", "fixed idle"),
    ("cluster-link-sendbuf-limit", Memory(0, _ULONG), "0", "idle"),
    ("cluster-migration-barrier", _COUNT, "1", "idle"),
    ("cluster-node-timeout", _LONG_COUNT, "15000", "idle"),
    ("cluster-port", _PORT, "0", "fixed idle"),
    ("cluster-preferred-endpoint-type", Choice("ip hostname unknown-endpoint"), "ip", "idle"),
    ("cluster-replica-no-failover", YesNo(), "no", "idle", "cluster-slave-no-failover"),
    ("cluster-replica-validity-factor", _COUNT, "10", "idle", "cluster-slave-validity-factor"),
    ("cluster-require-full-coverage", YesNo(), "yes", "idle"),

    # Our own: how the process of a stand-alone server is tuned (process.py). server-cpulist belongs here
    # too: "" means one processor chosen at the start, "all" leaves the choice to the system.
    ("scheduler-batch", YesNo(), "yes", "fixed"),
    ("switch-interval-ms", Integer(1, 10_000), "100", "fixed"),
    ("group-replies", YesNo(), "yes", "fixed"),

    # Our own: the log tells how long each stage of a command takes, for one command in so many (trace.py).
    ("trace", YesNo(), "no"),
    ("trace-sample", Integer(1, _INT), "1"),

    # Our own: the version of Redis' format in which values leave (DUMP, MIGRATE); 10 for a Redis 7.0 to read.
    ("rdb-version", Integer(10, 11), "11"),
)

DIRECTIVES = tuple(Directive(*line) for line in _TABLE)

# What may stand in a file but is no parameter: name -> (fewest, most) words after it.
LINE_ONLY = {
    "include": (1, 1),
    "loadmodule": (1, _INT),
    "rename-command": (2, 2),
    "user": (1, _INT),
    # Of older versions, without a meaning since: accepted, so that their files still load.
    "list-max-ziplist-entries": (1, 1),
    "list-max-ziplist-value": (1, 1),
    "lua-replicate-commands": (1, 1),
}
