"""``python3 -m redis_clone.check FILE``: what an RDB file, an append-only file or a manifest holds.

And whether it is intact; the torn end of an append-only file can be cut off.

Where to look: `__main__` the command line; `files` what is at a path, and the parts of a manifest; `rdb_contents`
and `aof_contents` the facts about one file; `text` how they are printed; `repair` cutting off what cannot be read.

What is found out about a file is a report: a dict of plain values, which is printed as text or as JSON. The
formats themselves are in persistence/; nothing here belongs to a running server, or takes a lock.
"""
