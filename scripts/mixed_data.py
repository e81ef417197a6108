"""Keys and commands of all types, the same ones each time, for the suites that save and load them.

`keys(count)` are commands that make so many small keys, half of them strings; `changes(count)` are so many
commands as an append-only file holds them. Nothing is drawn at random: what differs from key to key is worked
out from its number, which is quick and the same on every machine.
"""

__all__ = ["changes", "keys"]

LATER_MS = 4_102_444_800_000    # expiries are after the end of this century
SPREAD = 2_654_435_761          # the golden section of 2 ** 32: its multiples are spread evenly


def spread(number, below):
    """A number below `below` for each number, in no order (multiplicative hashing)."""
    return (number * SPREAD % 2 ** 32) * below >> 32


# -- keys: what makes one key, or several commands for one ----------------------------------------------

def text(key, number):
    yield ["SET", key, f"value:{spread(number, 10 ** 9)}"]


def expiring_text(key, number):
    yield ["SET", key, f"value:{spread(number, 10 ** 9)}", "PXAT", LATER_MS + number]


def integer(key, number):
    yield ["SET", key, spread(number, 10 ** 9)]


def expiring_integer(key, number):
    yield ["SET", key, spread(number, 1000), "PXAT", LATER_MS + number]


def long_text(key, number):
    """One that can be compressed."""
    yield ["SET", key, f"a sentence with the number {spread(number, 10 ** 9)}, again and again; " * 4]


def list_(key, number):
    yield ["RPUSH", key, *(f"element:{number + i}" for i in range(2 + number % 5)), number]


def set_(key, number):
    yield ["SADD", key, *(f"member:{number + i}" for i in range(2 + number % 5))]


def intset(key, number):
    yield ["SADD", key, *(spread(number + i, 10 ** 6) for i in range(2 + number % 7))]


def hash_(key, number):
    yield ["HSET", key, "name", f"user:{number}", "age", number % 90, "city", f"city:{spread(number, 1000)}"]


def expiring_hash(key, number):
    yield from hash_(key, number)
    yield ["PEXPIREAT", key, LATER_MS + number]


def sorted_set(key, number):
    yield ["ZADD", key, *(word for i in range(2 + number % 5)
                          for word in (spread(number + i, 10 ** 4) / 8, f"member:{number + i}"))]


def stream(key, number):
    for i in range(1, 3):
        yield ["XADD", key, f"{number + 1}-{i}", "sensor", number % 100, "value", spread(number + i, 1000)]


# The keys take turns in these.
KINDS = (
    text, list_, integer, hash_, expiring_text, set_, text, sorted_set, long_text, intset,
    text, list_, expiring_integer, expiring_hash, expiring_text, hash_, text, sorted_set, integer, stream,
)


def keys(count):
    """Commands that make `count` keys."""
    for number in range(count):
        yield from KINDS[number % len(KINDS)](f"key:{number:07}", number)


# -- changes: one command each, about key `key` of the command's type -----------------------------------

CHANGES = (
    lambda key, number: ["SET", f"string:{key}", f"value:{number}"],
    lambda key, number: ["HSET", f"hash:{key}", f"field:{number % 7}", f"value:{number}"],
    lambda key, number: ["INCR", f"counter:{key}"],
    lambda key, number: ["RPUSH", f"list:{key}", f"element:{number}"],
    lambda key, number: ["SET", f"string:{key}", f"value:{number}", "PXAT", LATER_MS + number],
    lambda key, number: ["SADD", f"set:{key}", f"member:{number % 11}"],
    lambda key, number: ["SET", f"string:{key}", number],
    lambda key, number: ["ZADD", f"zset:{key}", number / 8, f"member:{number % 13}"],
    lambda key, number: ["INCRBY", f"counter:{key}", number % 100],
    lambda key, number: ["XADD", f"stream:{key % 1000}", f"{number + 1}-0", "value", number],
    lambda key, number: ["SET", f"string:{key}", f"value:{number}"],
    lambda key, number: ["PEXPIREAT", f"hash:{key}", LATER_MS + number],
    lambda key, number: ["SET", f"string:{key}", f"value:{number}"],
    lambda key, number: ["LPOP", f"list:{key}"],
    lambda key, number: ["HSET", f"hash:{key}", "name", f"user:{number}", "age", number % 90],
    lambda key, number: ["SREM", f"set:{key}", f"member:{number % 11}"],
    lambda key, number: ["MSET", f"string:{key}", number, f"string:{key + 1}", f"value:{number}"],
    lambda key, number: ["ZINCRBY", f"zset:{key}", 1, f"member:{number % 13}"],
    lambda key, number: ["APPEND", f"string:{key}", "more"],
    lambda key, number: ["DEL", f"string:{key}"],
)
# The first commands of every hundred are a transaction.
TRANSACTION_EVERY, TRANSACTION_LENGTH = 100, 5


def changes(count):
    """`count` commands, MULTI and EXEC among them; each key is changed several times."""
    key_count = max(count // 40, 1)
    for number in range(count):
        place = number % TRANSACTION_EVERY
        if place == 0 and number + TRANSACTION_LENGTH <= count:
            yield ["MULTI"]
        elif place == TRANSACTION_LENGTH - 1:
            yield ["EXEC"]
        else:
            change = CHANGES[number % len(CHANGES)]
            yield change(spread(number, key_count), number)
