"""How values and databases become bytes and come back: Redis' own formats (DUMP payloads, RDB files).

From the bottom up: `crc64` and `lzf` know bytes only; `listpack`, `ziplist`, `zipmap` and `intset` are the
packed collections that Redis keeps small values in; `rdb_primitives` are the lengths, strings and numbers
that everything else in an RDB file is made of. All of them are plain functions that know nothing of keys,
values and servers.

Whatever is read here may come from anyone: a reader either returns a valid result or raises
`corrupt.CorruptPayload`, and takes no more memory than the bytes before it justify.
"""
