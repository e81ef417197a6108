"""MEMORY: what is known about the memory of the process. Not here: USAGE and DOCTOR."""
from ..memory_use import memory_figures, table_bytes
from ..registry import group

command = group("server")
command.container("MEMORY", "A container for memory diagnostics commands.", since="4.0.0")


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
        "HELP",
        "    Print this help.",
    ]
