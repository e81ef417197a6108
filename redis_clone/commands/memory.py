"""MEMORY: what is known about the memory of the process, and how much a key takes. Not here: DOCTOR.

Handlers run with the engine's lock held.
"""
from ..args import parse_int
from ..errors import OptionSyntaxError
from ..memory_use import memory_figures, table_bytes
from ..registry import group
from ..value_size import key_bytes, value_bytes

command = group("server")
command.container("MEMORY", "A container for memory diagnostics commands.", since="4.0.0")

_SAMPLES = 5                                    # elements that MEMORY USAGE looks at unless told


@command("MEMORY|MALLOC-STATS", arity=2, since="4.0.0")
def memory_malloc_stats(session):
    """Returns the allocator statistics."""
    return b"Stats not supported for the current allocator"


@command("MEMORY|PURGE", arity=2, since="4.0.0")
def memory_purge(session):
    """Asks the allocator to release memory."""
    return "OK"                                 # Python gives back what it can without being asked


@command("MEMORY|STATS", arity=2, since="4.0.0")
def memory_stats(session):
    """Returns details about memory usage."""
    engine = session.engine
    figures = memory_figures(engine)
    in_use = [database for database in engine.keyspace.databases if len(database)]
    keys = sum(map(len, in_use))
    return {
        b"peak.allocated": figures.peak,
        b"total.allocated": figures.used,
        b"startup.allocated": figures.startup,
        b"replication.backlog": 0,
        b"clients.slaves": 0,
        b"clients.normal": 0,
        b"cluster.links": 0,
        b"aof.buffer": 0,
        b"lua.caches": 0,
        b"functions.caches": 0,
        **{b"db.%d" % database.number: _tables(database) for database in in_use},
        b"overhead.total": figures.overhead,
        b"keys.count": keys,
        b"keys.bytes-per-key": max(figures.used - figures.startup, 0) // keys if keys else 0,
        b"dataset.bytes": figures.dataset,
        b"dataset.percentage": figures.dataset_percent,
        b"peak.percentage": figures.peak_percent,
        b"allocator.allocated": figures.used,
        b"allocator.active": figures.resident,
        b"allocator.resident": figures.resident,
        b"allocator-fragmentation.ratio": figures.fragmentation,
        b"allocator-fragmentation.bytes": figures.fragmentation_bytes,
        b"allocator-rss.ratio": 1.0,
        b"allocator-rss.bytes": 0,
        b"rss-overhead.ratio": 1.0,
        b"rss-overhead.bytes": 0,
        b"fragmentation": figures.fragmentation,
        b"fragmentation.bytes": figures.fragmentation_bytes,
    }


def _tables(database):
    main, expiry = table_bytes(database)
    return {b"overhead.hashtable.main": main, b"overhead.hashtable.expires": expiry,
            b"overhead.hashtable.slot-to-keys": 0}


@command("MEMORY|USAGE", arity=-3, flags="readonly", keys="2 RO", since="4.0.0")
def memory_usage(session, key, *options):
    """Estimates the memory usage of a key."""
    samples = _parse_samples(options)
    db = session.db
    value = db.peek(key)
    if value is None:
        return None
    return key_bytes(key, key in db.expires) + value_bytes(value, samples)


def _parse_samples(options):
    samples = _SAMPLES
    for position in range(0, len(options), 2):
        if options[position].upper() != b"SAMPLES" or position + 1 == len(options):
            raise OptionSyntaxError
        samples = parse_int(options[position + 1])
        if samples < 0:
            raise OptionSyntaxError
    return samples


@command("MEMORY|HELP", arity=2, flags="loading stale", since="4.0.0")
def memory_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).",
        "HELP",
        "    Print this help.",
    ]
