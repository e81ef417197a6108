"""Keys of all types and encodings, made through the wire so that any server can be given the same.

They are always the same, and such that every server since Redis 7.0 accepts them.
"""

import random

from redis_clone.client import Client

DATABASES = (0, 3, 15)
EXPIRY_MS = 33_333_333_333_000
BATCH = 500
SAMPLE = 1000                   # how many keys of a database are looked at one by one, about
INTEGERS = (0, 1, -1, 12, 127, 128, -129, 8191, 32767, -32769, 1 << 23, -(1 << 31), 1 << 31, (1 << 63) - 1, -(1 << 63))
ODD_TEXTS = ("", " ", "\r\n", "*3\r\n$3\r\nSET\r\n", "\0\xff", "-0", "01", "1.0", "9223372036854775808", "é€",
             "a" * 63, "a" * 64, "a" * 65, "b" * 5000, "lorem ipsum " * 400)

PENDING_BUT_DELETED = ("stream:large", "group", "4-10")


def fill(port, count, fractions=True):
    """Give the data to a server; raise what it does not accept. With `fractions` there are scores of all kinds."""
    with Client(port=port, timeout_s=120) as client:
        client.execute("CONFIG", "SET", "hash-max-listpack-entries", 64, "list-max-listpack-size", -2)
        for number in DATABASES:
            client.execute("SELECT", number)
            pipeline = client.pipeline()
            for command in commands(number, count // len(DATABASES)):
                pipeline.add(*command)
                if len(pipeline) >= BATCH:
                    pipeline.execute()
            for command in fractional() if fractions else ():
                pipeline.add(*command)
            pipeline.execute()


def commands(number, count):
    """The commands for one database: small keys mostly, with a few of every kind of large and odd ones."""
    chance = random.Random(number)
    for position in range(count):
        name, *words = SMALL[position % len(SMALL)](chance)
        key = f"small {name.lower()}:{position}"
        yield (name, key, *words)
        if position % 10 == 0:
            yield ("PEXPIREAT", key, EXPIRY_MS + position)
    yield from odd_strings()
    yield from lists()
    yield from sets()
    yield from hashes()
    yield from sorted_sets()
    yield from streams()
    yield from others()


def words(chance, most=5, least=1):
    return [str(chance.choice((chance.randrange(1 << chance.randrange(1, 60)), f"word{chance.random()}", "w" * 40)))
            for _ in range(chance.randint(least, most))]


# What a usual key is made of: a command without its key.
SMALL = (
    lambda chance: ("SET", chance.randrange(1 << 40)),
    lambda chance: ("SET", f"value {chance.random()}" * chance.randint(1, 3)),
    lambda chance: ("SET", chance.choice(("compressible " * 20, "short"))),
    lambda chance: ("RPUSH", *words(chance)),
    lambda chance: ("SADD", *words(chance)),
    lambda chance: ("SADD", *(chance.randrange(-1 << 40, 1 << 40) for _ in range(4))),
    lambda chance: ("HSET", "field", chance.random(), "name", *words(chance, 1)),
    lambda chance: ("ZADD", *(word for member in words(chance) for word in (chance.randrange(4000) / 8, member))),
    lambda chance: ("XADD", f"{chance.randrange(1 << 40)}-1", "field", *words(chance, 1)),
)


def odd_strings():
    for value in INTEGERS:
        yield ("SET", f"integer:{value}", value)
    for position, text in enumerate(ODD_TEXTS):
        yield ("SET", f"text:{position}", text)
        yield ("SET", f"key {text}", position)
    yield ("SET", "bytes", bytes(range(256)) * 30)
    yield ("SET", b"\xff\x00key", b"\x00\xff")
    yield ("SET", "large", "0123456789" * 70000)
    yield ("APPEND", "appended", "12")
    yield ("APPEND", "appended", "34")


def lists():
    yield ("RPUSH", "list:odd", *INTEGERS, *ODD_TEXTS)
    yield ("RPUSH", "list:large", *(f"element {number}" * (number % 20) for number in range(3000)))
    yield ("RPUSH", "list:huge", "a", "x" * 20000, "b", "y" * 70000, "y" * 1000)
    yield ("LPUSH", "list:pushed", *range(1000))
    yield ("LTRIM", "list:pushed", 3, -4)


def sets():
    yield ("SADD", "set:16", *range(-30000, 30000, 997))
    yield ("SADD", "set:32", *range(-70000, 70000, 997))
    yield ("SADD", "set:64", *range(-1 << 40, 1 << 40, 1 << 33))
    yield ("SADD", "set:many integers", *range(2000))
    yield ("SADD", "set:words", *ODD_TEXTS[:11], *INTEGERS)
    yield ("SADD", "set:large", *(f"member {number}" for number in range(2000)), *ODD_TEXTS)


def hashes():
    yield ("HSET", "hash:odd", *(word for text in ODD_TEXTS[:11] for word in (text, text)))
    yield ("HSET", "hash:integers", *(word for value in INTEGERS for word in (value, -value)))
    yield ("HSET", "hash:large", *(word for number in range(1000) for word in (f"field {number}", number)))
    yield ("HSET", "hash:long", "field", "v" * 9000, "f" * 300, "")


def sorted_sets():
    scores = ("inf", "-inf", "0", "-0", "0.5", "3", "-17.25", "123456789012")
    yield ("ZADD", "zset:odd", *(word for score in scores for word in (score, f"member {score}")))
    yield ("ZADD", "zset:large", *(word for number in range(2000) for word in (number / 8, f"member {number}")))
    yield ("ZADD", "zset:large", "inf", "last")
    yield ("ZADD", "zset:texts", *(word for number, text in enumerate(ODD_TEXTS) for word in (number, text)))
    yield ("GEOADD", "geo", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania", -179.9, -85, "edge")


def fractional():
    """Scores that Redis 7.0 describes with other digits in its digest."""
    scores = ("0.1", "1e300", "5e-324", "-1.7976931348623157e308", "123456789012345678")
    yield ("ZADD", "zset:fractions", *(word for score in scores for word in (score, f"member {score}")))
    yield ("ZADD", "zset:large fractions", *(word for number in range(1000) for word in (number / 7, number)))


def streams():
    for number in range(600):
        yield ("XADD", "stream:large", f"{number // 3 + 1}-{number + 1}", "same", number, "fields", f"value {number}")
    yield ("XADD", "stream:large", "900-1", "other", "b" * 500, "x", "-5", "", "")
    yield ("XADD", "stream:large", "18446744073709551615-5", "last", 1)
    yield ("XDEL", "stream:large", "2-4", "2-5", "201-601", "5-13")
    yield ("XGROUP", "CREATE", "stream:large", "group", "1-2", "ENTRIESREAD", 2)
    yield ("XGROUP", "CREATE", "stream:large", "idle", "$")
    yield ("XGROUP", "CREATECONSUMER", "stream:large", "group", "nobody")
    for consumer in "alice", "bob":
        yield ("XREADGROUP", "GROUP", "group", consumer, "COUNT", 150, "STREAMS", "stream:large", ">")
    yield ("XACK", "stream:large", "group", "1-3", "3-9")
    yield ("XDEL", "stream:large", PENDING_BUT_DELETED[-1])
    yield ("XGROUP", "CREATE", "stream:empty", "group", "0", "MKSTREAM")
    yield ("XADD", "stream:trimmed", "7-7", "a", "b")
    yield ("XADD", "stream:trimmed", "8-0", "a", "b")
    yield ("XTRIM", "stream:trimmed", "MAXLEN", 0)
    yield ("XSETID", "stream:trimmed", "9-9", "ENTRIESADDED", 20, "MAXDELETEDID", "8-0")


def others():
    yield ("PFADD", "hll:sparse", *range(50))
    yield ("PFADD", "hll:dense", *range(5000))
    yield ("SETBIT", "bits", 100000, 1)
    yield ("SETRANGE", "range", 500, "end")
    yield ("PEXPIREAT", "list:large", EXPIRY_MS + 5)
    yield ("EXPIREAT", "stream:large", EXPIRY_MS // 1000)


STREAMS = ("stream:large", "stream:empty", "stream:trimmed")
CHANGED_BY_LOADING = {b"appended"}      # raw bytes that look like an integer become one
# What is a server's own affair, or is not kept by an append-only file.
NOT_KEPT = {b"radix-tree-keys", b"radix-tree-nodes", b"seen-time", b"active-time"}


def state(port, timeout_s):
    """What can be compared: a dict with the digest of all, and with what it does not see, of many keys."""
    with Client(port=port, timeout_s=timeout_s) as client:
        described = {"digest": client.execute("DEBUG", "DIGEST")}
        for number in DATABASES:
            client.execute("SELECT", number)
            keys = sorted(client.execute("KEYS", "*"))
            described[number, "keys"] = len(keys)
            sample = keys[::max(len(keys) // SAMPLE, 1)]
            for key, expiry in zip(sample, ask_each(client, ("PEXPIRETIME",), sample)):
                described[number, key, "expiry"] = expiry
            for key, encoding in zip(sample, ask_each(client, ("OBJECT", "ENCODING"), sample)):
                if key not in CHANGED_BY_LOADING:
                    described[number, key, "encoding"] = encoding
            for key in STREAMS:
                flatten(client.execute("XINFO", "STREAM", key, "FULL", "COUNT", 0), (number, key), described)
        return described


def ask_each(client, command, keys):
    """The replies to a command for each of the keys."""
    replies = []
    for first in range(0, len(keys), BATCH):
        pipeline = client.pipeline()
        for key in keys[first:first + BATCH]:
            pipeline.add(*command, key)
        replies += pipeline.execute()
    return replies


def flatten(value, path, described):
    """Put each single value of a nested reply into `described`, by the path to it."""
    if not isinstance(value, list):
        described[path] = value
    elif value and isinstance(value[0], bytes) and value[0].isalpha():
        for name, inner in zip(value[::2], value[1::2]):
            if name not in NOT_KEPT:
                flatten(inner, path + (name,), described)
    else:
        for position, inner in enumerate(value):
            flatten(inner, path + (position,), described)


def differences(one, other):
    """The first few: what, and what each side says."""
    different = [(what, one.get(what), other.get(what)) for what in {**one, **other}
                 if one.get(what) != other.get(what)]
    return sorted(different, key=repr)[:8]
