"""What benchmark.py measures: the tests of redis-benchmark, and any command.

TESTS is the list; `Test` says what one is made of. The names and titles are redis-benchmark's. What differs:
every test starts from a known state, it removes and fills its own keys first (`benchmark:*`, and
`key:<12 digits>` for GET), so that it means the same alone and after others, and LPOP pops something.
"""
from typing import Callable, NamedTuple, Optional

from load_generator import RANDOM           # which makes the package known, too
from redis_clone.client import encode_command

__all__ = ["TESTS", "Test", "custom_test", "prepare", "select_tests"]

# A test that reads keys fills at most so many of the keyspace, and so many bytes.
MAX_FILLED_KEYS, MAX_FILLED_BYTES = 1000000, 1 << 29
FILL_CHUNK = 1000               # elements a command
FILL_BYTES = 1 << 20            # a pipeline, about

LIST, SET, HASH, ZSET = "benchmark:list", "benchmark:set", "benchmark:hash", "benchmark:zset"
DATA = "__data__"
KEY = "key:" + RANDOM.decode()
ELEMENT = "element:" + RANDOM.decode()


class Test(NamedTuple):
    """`words` is the command that is measured; RANDOM and DATA in it are filled in. `prepare` makes, from a
    setting (measuring.py), the commands that are sent before."""

    name: str                   # for -t
    title: str                  # in reports
    words: tuple
    prepare: Optional[Callable] = None
    inline: bool = False

    def request(self, data_size):
        """The command as bytes; RANDOM is left to the load generator."""
        if self.inline:
            return " ".join(self.words).encode() + b"\r\n"
        data = b"x" * data_size
        return encode_command([data if word == DATA else word for word in self.words])


def test(name, command, prepare=None, title=None, inline=False):
    """A Test whose command is written with spaces between the words."""
    return Test(name, title or name.upper(), tuple(command.split()), prepare, inline)


def custom_test(words, last=None):
    """A Test of a command that was given word by word; `last` is one more that does not show (bytes)."""
    encoded = [word.encode("utf-8", "surrogateescape") for word in words]     # DATA is not filled in
    return Test("command", " ".join(words), (*encoded, last) if last is not None else tuple(encoded))


# -- how they are prepared ----------------------------------------------------------------------------------

def remove(key):
    """Start without that key."""
    return lambda setting: [("UNLINK", key)]


def fill_keys(setting):
    """Every key of the keyspace has a value."""
    data = "x" * setting.data_size
    most = min(MAX_FILLED_KEYS, MAX_FILLED_BYTES // max(setting.data_size, 1))
    for number in range(min(setting.keyspace or 1, most)):
        yield "SET", f"key:{number:012d}", data


def fill_list(setting, length=None):
    """As many elements as will be popped."""
    yield "UNLINK", LIST
    data = "x" * setting.data_size
    for numbers in _chunks(setting.requests if length is None else length, setting.data_size):
        yield ("RPUSH", LIST, *[data] * len(numbers))


def fill_list_for_range(setting):
    """As many elements as the longest range."""
    return fill_list(setting, 600)


def fill_set(setting):
    """As many members as will be popped."""
    yield "UNLINK", SET
    for numbers in _chunks(setting.requests):
        yield ("SADD", SET, *(f"element:{number:012d}" for number in numbers))


def fill_zset(setting):
    """As many members as will be popped, in an order of scores that is not their order of arrival."""
    yield "UNLINK", ZSET
    for numbers in _chunks(setting.requests):
        scores = (str(number * 7919 % setting.requests) for number in numbers)
        members = (f"element:{number:012d}" for number in numbers)
        yield ("ZADD", ZSET, *(word for pair in zip(scores, members) for word in pair))


def _chunks(count, size=0):
    """range(count) in pieces for one command each, for elements of `size` bytes."""
    step = max(1, min(FILL_CHUNK, FILL_BYTES // (size + 1)))
    return (range(start, min(start + step, count)) for start in range(0, count, step))


def prepare(connection, commands):
    """Send `commands` in pipelines of bounded size. Raises ClientError."""
    requests, size = [], 0
    for command in commands:
        requests.append(command)
        size += sum(map(len, command))
        if size >= FILL_BYTES:
            _send(connection, requests)
            requests, size = [], 0
    _send(connection, requests)


def _send(connection, commands):
    if commands:
        for reply in connection.exchange_commands(commands):
            if isinstance(reply, Exception):
                raise reply


# -- the list -----------------------------------------------------------------------------------------------

LRANGE_FILL = test("lpush_for_lrange", f"LPUSH {LIST} {DATA}", remove(LIST), "LPUSH (needed to benchmark LRANGE)")

TESTS = [
    test("ping_inline", "PING", inline=True),
    test("ping_mbulk", "PING"),
    test("set", f"SET {KEY} {DATA}"),
    test("get", f"GET {KEY}", fill_keys),
    test("incr", "INCR counter:" + RANDOM.decode()),
    test("lpush", f"LPUSH {LIST} {DATA}", remove(LIST)),
    test("rpush", f"RPUSH {LIST} {DATA}", remove(LIST)),
    test("lpop", f"LPOP {LIST}", fill_list),
    test("rpop", f"RPOP {LIST}", fill_list),
    test("sadd", f"SADD {SET} {ELEMENT}", remove(SET)),
    test("hset", f"HSET {HASH} {ELEMENT} {DATA}", remove(HASH)),
    test("spop", f"SPOP {SET}", fill_set),
    test("zadd", f"ZADD {ZSET} {RANDOM.decode()} {ELEMENT}", remove(ZSET)),
    test("zpopmin", f"ZPOPMIN {ZSET}", fill_zset),
    LRANGE_FILL,
    *(test(f"lrange_{length}", f"LRANGE {LIST} 0 {length - 1}", fill_list_for_range,
           f"LRANGE_{length} (first {length} elements)") for length in (100, 300, 500, 600)),
    test("mset", "MSET" + f" {KEY} {DATA}" * 10, title="MSET (10 keys)"),
]


def select_tests(names):
    """The tests that `names` (comma separated) mean; `lrange` means all four. Raises ValueError.

    As in redis-benchmark, the pushes that LRANGE needs are measured whenever LRANGE is."""
    wanted = [name.strip().lower() for name in names.split(",") if name.strip()]
    named = [one for one in TESTS if one is not LRANGE_FILL]
    known = {name for one in named for name in (one.name, _family(one))}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise ValueError(f"no test is named {', '.join(unknown) or repr(names)}; there are "
                         + ", ".join(one.name for one in named))
    chosen = {one.name for one in named if one.name in wanted or _family(one) in wanted}
    if any(name.startswith("lrange") for name in chosen):
        chosen.add(LRANGE_FILL.name)
    return [one for one in TESTS if one.name in chosen]


def _family(one):
    return one.name.split("_")[0]
