#!/usr/bin/env python3
"""Measures how the cost of commands grows with the number of elements, here and in redis-server.

    python3 scripts/benchmark.py --suite growth                     # everything; takes some minutes
    python3 scripts/benchmark.py --suite growth --only zadd,get --sizes 1000,100000
    python3 scripts/benchmark.py --suite growth --check             # status 1 if a limit below is missed

It starts its own servers: this one and, if one is installed, redis-server. A command is measured at each
size in turn, in both servers in turn, and again for several rounds; the least of the rounds counts. What is
measured is processor time of the server (on Linux; elsewhere the time that passes), which a busy machine
changes little. All goes over one connection for each server, in pipelines of PIPELINE commands (slow ones:
SLOW_PIPELINE). What a command adds or takes away is undone afterwards, unmeasured.

Then comes a SCAN of all keys between writes, which must return every key that was there throughout, and the
resident memory of so many keys of 16 bytes with values of 16 bytes, in servers that hold nothing else.

Where to look: OPERATIONS says what is measured and which growth is allowed, `measure_operation` how;
servers.py starts the servers. A limit is a number of times, or a multiple of what the real server's own
cost grows by.
"""
import random
import sys
from typing import Callable, NamedTuple, Optional

from servers import running_servers
from suite import OneLineParser, collected_growth, run_suite

SIZES = (1000, 100_000, 1_000_000)
PIPELINE = 200
SLOW_PIPELINE = 5
SAMPLES = 25                    # pipelines a round
FILL_CHUNK = 1000               # elements a command
GROWTH, PICK_GROWTH = 3, 5      # most times the cost at the smallest size; random picks miss more caches
REAL_GROWTHS = 2                # most times the real server's growth
HITS = 1000                     # of a GEOSEARCH, whatever the size
GEO_DEGREES = 10                # the side of the area on which the points of `fill_geo` lie
GEO_STEP = 0.6180339887         # spreads them evenly: the fractions of its multiples
BITS_APART = 800                # the bits that SETBIT sets: a million of them lie on 100 MB
SCAN_RATIO, MEMORY_RATIO = 20, 2    # most times what redis-server takes
SCAN_COUNT = 100
WRITES = 10                     # between two calls of SCAN


# -- what is measured -----------------------------------------------------------------------------------

def element(number):
    return f"element:{number:012}"


def score(number, size):
    """The elements' scores are the numbers below `size`, in no order."""
    return number * 7919 % size


def chunks(size):
    return (range(start, min(start + FILL_CHUNK, size)) for start in range(0, size, FILL_CHUNK))


def fill_zset(size):
    for numbers in chunks(size):
        yield ["ZADD", "zset",
               *(word for number in numbers for word in (score(number, size), element(number)))]


def fill_lex(size):
    for numbers in chunks(size):
        yield ["ZADD", "lex", *(word for number in numbers for word in (0, element(number)))]


def fill_set(size):
    return (["SADD", "set", *map(element, numbers)] for numbers in chunks(size))


def fill_hash(size):
    for numbers in chunks(size):
        yield ["HSET", "hash", *(word for number in numbers for word in (element(number), "value"))]


def fill_list(size):
    return (["RPUSH", "list", *map(element, numbers)] for numbers in chunks(size))


def fill_keys(size):
    return (["SET", element(number), "value"] for number in range(size))


def fill_stream(size):
    return (["XADD", "stream", f"{number + 1}-0", "field", "value"] for number in range(size))


def fill_group(size):
    yield from fill_stream(size)
    yield ["XGROUP", "CREATE", "stream", "group", "0"]


def read_again(commands, replies):
    """Undo XREADGROUP: nothing is pending, and the group begins anew."""
    ids = [entry[0] for reply in replies for _, entries in reply for entry in entries]
    return [["XACK", "stream", "group", *ids], ["XGROUP", "SETID", "stream", "group", "0"]]


def fill_geo(size):
    for numbers in chunks(size):
        yield ["GEOADD", "geo", *(word for number in numbers for word in (*point(number, size), element(number)))]


def point(number, size):
    """Longitude and latitude of one of `size` points that lie evenly on a square at the equator."""
    return (f"{number * GEO_STEP % 1 * GEO_DEGREES:.6f}", f"{(number + 0.5) / size * GEO_DEGREES:.6f}")


def search_hits(number, size):
    """A GEOSEARCH around the middle that finds about HITS points."""
    side_km = 111.3 * GEO_DEGREES * (HITS / size) ** 0.5
    middle = GEO_DEGREES / 2
    return ["GEOSEARCH", "geo", "FROMLONLAT", middle, middle, "BYBOX", f"{side_km:.3f}", f"{side_km:.3f}", "km"]


def fill_bits(size):
    yield ["SETBIT", "bits", size * BITS_APART, 0]


def fill_hyperloglog(size):
    return (["PFADD", "hll", *map(element, numbers)] for numbers in chunks(size))


class Operation(NamedTuple):
    """`command(number, size)` is a command about an element drawn at random, `fill(size)` are those that make
    what it needs, and `undo(commands, replies)` those that restore that. `limit` is the most growth, in times or,
    None, in REAL_GROWTHS of the real server's."""

    name: str
    fill: Callable
    command: Callable
    limit: Optional[float] = GROWTH
    undo: Callable = lambda commands, replies: []
    pipeline: int = PIPELINE

    @property
    def option(self):
        """The name for --only."""
        return self.name.lower().replace(" ", "_")


def remove_all(verb, position):
    """Undo by one command that removes the elements which stand at `position` in the commands."""
    return lambda commands, replies: [[verb, commands[0][1], *(command[position] for command in commands)]]


def for_each(verb):
    """Undo by a command for each key."""
    return lambda commands, replies: [[verb, command[1]] for command in commands]


OPERATIONS = [
    Operation("ZADD", fill_zset, lambda n, size: ["ZADD", "zset", n + 0.5, f"new:{n}"],
              undo=remove_all("ZREM", 3)),
    Operation("ZRANK", fill_zset, lambda n, size: ["ZRANK", "zset", element(n)]),
    Operation("ZRANGEBYSCORE", fill_zset,
              lambda n, size: ["ZRANGEBYSCORE", "zset", (size + n) // 3, "+inf", "LIMIT", 0, 10]),
    Operation("ZADD moves", fill_zset, lambda n, size: ["ZADD", "zset", random.randrange(size), element(n)]),
    Operation("ZRANGEBYLEX", fill_lex,
              lambda n, size: ["ZRANGEBYLEX", "lex", "[" + element((size + n) // 3), "+", "LIMIT", 0, 10]),
    Operation("SPOP", fill_set, lambda n, size: ["SPOP", "set"], PICK_GROWTH,
              undo=lambda commands, replies: [["SADD", "set", *replies]]),
    Operation("SRANDMEMBER", fill_set, lambda n, size: ["SRANDMEMBER", "set"], PICK_GROWTH),
    Operation("HSET", fill_hash, lambda n, size: ["HSET", "hash", f"new:{n}", "value"],
              undo=remove_all("HDEL", 2)),
    Operation("LPUSH", fill_list, lambda n, size: ["LPUSH", "list", "value"],
              undo=lambda commands, replies: [["LTRIM", "list", len(commands), -1]]),
    Operation("LINDEX", fill_list, lambda n, size: ["LINDEX", "list", n], None),
    Operation("LINSERT", fill_list, lambda n, size: ["LINSERT", "list", "BEFORE", element(n), "value"], None,
              undo=lambda commands, replies: [["LREM", "list", len(commands), "value"]],
              pipeline=SLOW_PIPELINE),
    Operation("XADD", fill_stream, lambda n, size: ["XADD", "stream", "*", "field", "value"], None,
              undo=lambda commands, replies: [["XDEL", "stream", *replies]]),
    Operation("XRANGE", fill_stream,
              lambda n, size: ["XRANGE", "stream", f"{(size + n) // 3}-0", "+", "COUNT", 10], None),
    Operation("XREADGROUP", fill_group,
              lambda n, size: ["XREADGROUP", "GROUP", "group", "alice", "COUNT", 1, "STREAMS", "stream", ">"], None,
              undo=read_again),
    Operation("GEOSEARCH", fill_geo, search_hits, None, pipeline=SLOW_PIPELINE),
    Operation("SETBIT", fill_bits, lambda n, size: ["SETBIT", "bits", n * BITS_APART, 1], None),
    Operation("PFADD", fill_hyperloglog, lambda n, size: ["PFADD", "hll", f"new:{n}"], None),
    Operation("PFCOUNT", fill_hyperloglog, lambda n, size: ["PFCOUNT", "hll"], None),
    Operation("PFCOUNT union", fill_hyperloglog, lambda n, size: ["PFCOUNT", "hll", "hll"], None,
              pipeline=SLOW_PIPELINE),
    Operation("GET", fill_keys, lambda n, size: ["GET", element(n)]),
    Operation("SET", fill_keys, lambda n, size: ["SET", f"new:{n}", "value"], undo=for_each("DEL")),
    Operation("EXPIRE", fill_keys, lambda n, size: ["EXPIRE", element(n), 100_000], undo=for_each("PERSIST")),
]


def measure_operation(operation, servers, sizes, rounds, rng):
    """{(server's name, size): seconds a command takes}; what it needs is there, each size in its database."""
    best = {}
    for _ in range(rounds):
        for database, size in enumerate(sizes):
            samples = [[operation.command(number, size)
                        for number in rng.sample(range(size), operation.pipeline)] for _ in range(SAMPLES)]
            for server in servers:
                server.select(database)
                cost_s = sum(run_sample(server, operation, commands) for commands in samples)
                cost_s /= SAMPLES * operation.pipeline
                best[server.name, size] = min(cost_s, best.get((server.name, size), cost_s))
    return best


def run_sample(server, operation, commands):
    """Run and undo one pipeline; returns how long the server took for it."""
    replies, cost_s = server.send(commands)
    undo = operation.undo(commands, replies)
    if undo:
        server.send(undo)
    return cost_s


def measure_scan(server, size, rng):
    """Walk over `size` keys between writes: (seconds for all calls of SCAN, how many keys were missing)."""
    stable = {element(number).encode() for number in range(size)}
    server.fill(fill_keys(size))
    cursor, found, cost_s, step = b"0", set(), 0.0, 0
    while True:
        (reply,), call_s = server.send([["SCAN", cursor, "COUNT", SCAN_COUNT]])
        cost_s += call_s
        found.update(reply[1])
        cursor = reply[0]
        if cursor == b"0":
            return cost_s, len(stable - found)
        step += 1
        server.send([["SET", f"volatile:{step}:{number}", "value"] for number in range(WRITES)]
                    + [["DEL", f"volatile:{rng.randrange(step)}:{number}"] for number in range(WRITES // 2)]
                    + [["SET", element(rng.randrange(size)), "changed"]])


def measure_memory(server, size):
    """The resident bytes of a server that holds `size` keys of 16 bytes with values of 16 bytes."""
    server.fill(["SET", f"key:{number:012}", f"value:{number:010}"] for number in range(size))
    return server.resident_bytes()


# -- the report -----------------------------------------------------------------------------------------

class Report:
    """Prints as it goes, and remembers the limits that were missed."""

    def __init__(self, servers, sizes):
        self._servers = servers
        self._sizes = sizes
        self.missed = []

    def begin(self):
        print(f"Microseconds of the server for a command, in pipelines of {PIPELINE} ({SLOW_PIPELINE} for "
              "LINSERT, GEOSEARCH and PFCOUNT)\nover one connection, and growth from the smallest size\n")
        print(" " * 14 + "".join(f"{server.name:^{11 * len(self._sizes) + 10}}" for server in self._servers))
        columns = "".join(f"{size:11,}" for size in self._sizes) + "    growth"
        print(f"{'':14}" + columns * len(self._servers) + "     limit")

    def operation(self, operation, costs):
        line = f"{operation.name:14}"
        growths = []
        for server in self._servers:
            figures = [costs[server.name, size] for size in self._sizes]
            for size, cost_s in zip(self._sizes, figures):
                collected_growth(operation.name, server.name, size, cost_s)
            growth = figures[-1] / figures[0]
            line += "".join(f"{1e6 * cost_s:11.2f}" for cost_s in figures) + f"{growth:10.1f}"
            growths.append(growth)
        limit = operation.limit or (REAL_GROWTHS * growths[1] if len(growths) > 1 else None)
        line += f"{limit:10.1f}" if limit else f"{'-':>10}"
        if limit and growths[0] > limit:
            self.missed.append(operation.name)
            line += "  MISSED"
        print(line, flush=True)

    def compare(self, title, figures, unit, limit):
        """A figure of each server and the ratio of the first to the second, if there is one."""
        line = f"{title}: " + ", ".join(f"{server.name} {figure:.1f} {unit}"
                                        for server, figure in zip(self._servers, figures))
        if len(figures) > 1:
            ratio = figures[0] / figures[1]
            line += f", ratio {ratio:.2f}, limit {limit}"
            if ratio > limit:
                self.missed.append(title)
                line += "  MISSED"
        print(line, flush=True)

    def lost_keys(self, server, missing):
        if missing:
            self.missed.append(f"SCAN of {server.name}: {missing} keys were not returned")
            print(self.missed[-1])


# -- running it -----------------------------------------------------------------------------------------

def run(options, real):
    with running_servers(real) as servers:
        report = Report(servers, options.sizes)
        run_operations(options, servers, report)
    size = options.sizes[-1]
    if "scan" in options.only:
        with running_servers(real) as servers:
            results = [measure_scan(server, size, random.Random(options.seed)) for server in servers]
            figures = [1000 * cost_s for cost_s, _ in results]
            report.compare(f"SCAN of {size:,} keys", figures, "ms", SCAN_RATIO)
            for server, (_, missing) in zip(servers, results):
                report.lost_keys(server, missing)
    if "memory" in options.only:
        with running_servers(real) as servers:
            figures = [measure_memory(server, size) / 1e6 for server in servers]
            report.compare(f"Memory of {size:,} keys", figures, "MB", MEMORY_RATIO)
    return report.missed


def run_operations(options, servers, report):
    chosen = [operation for operation in OPERATIONS if operation.option in options.only]
    if chosen:
        report.begin()
    filled = None
    for operation in chosen:
        if operation.fill is not filled:
            filled = operation.fill
            for server in servers:
                server.client.execute("FLUSHALL")
                for database, size in enumerate(options.sizes):
                    server.select(database)
                    server.fill(filled(size))
        report.operation(operation, measure_operation(operation, servers, options.sizes, options.rounds,
                                                      random.Random(options.seed)))


def make_parser():
    names = [operation.option for operation in OPERATIONS] + ["scan", "memory"]
    parser = OneLineParser(prog="benchmark.py --suite growth", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--check", action="store_true", help="end with status 1 if a limit is missed")
    add("--only", default=",".join(names), metavar="NAME,...", help="only these; there are %(default)s")
    add("--sizes", default=",".join(map(str, SIZES)), metavar="N,...",
        help="numbers of elements (%(default)s)")
    add("--rounds", type=int, default=5, help="of which the least counts (%(default)s)")
    add("--real", default="redis-server", metavar="PATH", help="the server to compare with (%(default)s)")
    add("--seed", type=int, default=0, help="of the random numbers (%(default)s)")
    return parser, names


def parse_options(arguments):
    parser, names = make_parser()
    options = parser.parse_args(arguments)
    options.only = options.only.lower().split(",")
    unknown = sorted(set(options.only) - set(names))
    if unknown:
        parser.error(f"nothing is named {', '.join(unknown)}; there are {', '.join(names)}")
    try:
        options.sizes = sorted(map(int, options.sizes.split(",")))
    except ValueError:
        parser.error(f"--sizes {options.sizes}: these are no numbers")
    if options.sizes[0] < 2 * PIPELINE:
        parser.error(f"--sizes: the least is {2 * PIPELINE}")
    return options


def main(arguments=None):
    """Run the suite; return the exit status."""
    return run_suite(parse_options(arguments), run)


if __name__ == "__main__":
    sys.exit(main())
