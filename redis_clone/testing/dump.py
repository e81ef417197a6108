"""The data of a server as a text for people: what `TestServer.dump` shows.

    db 0: 3 keys
      "greeting"  string  "hello"
      "jobs"      list    2 items: "a", "b"
      "user:1"    hash    1 item: "name": "Ann"  (expires in 59.9 s)

Keys are sorted, and so are the members of sets: the same data make the same text. It is bounded, whatever is stored.

With the engine's lock held. What is due is gone before it is shown, as if a command had looked for it.
"""
from itertools import islice

from ..args import format_float
from ..datatypes.hash import ExpiringHash
from ..datatypes.stream import LAST_ID, NO_ID
from ..field_expiry import live_fields
from ..keyspace import text_of, type_name
from .text import shown

__all__ = ["dump"]

_MOST_BYTES = 100                               # of one key, value or item


def dump(engine, most_keys, most_items):
    """All databases that are not empty, with so many of their keys and of the items in each of them."""
    engine.keyspace.tick()
    parts = []
    for database in engine.keyspace.databases:
        lines = _lines(database, most_keys, most_items)
        if lines:
            parts += [f"db {database.number}: {_count(len(database), 'key')}"] + lines
    return "\n".join(parts or ["no keys in any database"])


def _lines(database, most_keys, most_items):
    keys = [key for key in sorted(database.values) if database.peek(key) is not None]
    rows = []
    for key in keys[:most_keys]:
        stored = database.peek(key)
        kind = type_name(stored)
        value = _SHOWN[kind](database, key, stored, most_items)
        if value is not None:                   # a hash may lose its last field only now
            rows.append((shown(key, _MOST_BYTES), kind, value + _expiry(database, key)))
    width = max((len(row[0]) for row in rows if len(row[0]) <= 40), default=0)
    lines = [f"  {key:{width}}  {kind:6}  {value}" for key, kind, value in rows]
    return lines + [f"  ... and {len(keys) - most_keys} more"] * (len(keys) > most_keys)


def _expiry(database, key):
    expires_at_ms = database.expires.get(key)
    if expires_at_ms is None:
        return ""
    return f"  (expires in {(expires_at_ms - database.now_ms) / 1000:.1f} s)"


def _items(container, texts, most_items):
    """How many there are, and the first of them; `texts` makes them one by one."""
    size = len(container)
    more = [f"... and {size - most_items} more"] * (size > most_items)
    return f"{_count(size, 'item')}: " + ", ".join(list(islice(texts, most_items)) + more)


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _show(data):
    return shown(data, _MOST_BYTES)


def _string(database, key, value, most_items):
    return _show(text_of(value))


def _list(database, key, value, most_items):
    return _items(value, map(_show, value), most_items)


def _set(database, key, value, most_items):
    return _items(value, map(_show, sorted(value)), most_items)


def _hash(database, key, value, most_items):
    if value.__class__ is ExpiringHash:
        value = live_fields(database, key, value)
        if value is None:
            return None
    return _items(value, (f"{_show(field)}: {_show(value[field])}" for field in value), most_items)


def _zset(database, key, value, most_items):
    pairs = value.pairs_between(0, most_items)
    return _items(value, (f"{_show(member)}: {format_float(score).decode()}" for member, score in pairs), most_items)


def _stream(database, key, value, most_items):
    entries = value.between(NO_ID, LAST_ID, most_items)
    groups = f"{_count(len(value.groups), 'group')}, " if value.groups else ""
    return groups + _items(value, (_entry(*entry) for entry in entries), most_items)


def _entry(id_, fields):
    pairs = (f"{_show(field)}: {_show(value)}" for field, value in zip(fields[::2], fields[1::2]))
    return f"{id_[0]}-{id_[1]} {{{', '.join(pairs)}}}"


_SHOWN = {"string": _string, "list": _list, "set": _set, "hash": _hash, "zset": _zset, "stream": _stream}
