"""The kinds of sequences. Each is a function that gets a writer.Writer and returns steps."""

from collections import namedtuple

from .arguments import THRESHOLDS
from .steps import raw, step, waiting
from .synopses import DATA_GROUPS

# needs: the groups without whose commands the scenario makes no sense; weight: how often it comes.
Scenario = namedtuple("Scenario", "name weight needs make")

SERVED_BY = ("list", "sorted_set")
CHANNELS = (b"c1", b"c2", b"news.a", b"news.b")
PATTERNS = (b"c*", b"news.*", b"?1", b"*")


def data(writer):
    """Commands of a few groups on a few keys, mostly from one client."""
    random = writer.random
    steps = _opening(writer, "A")
    clients = "A" if random.random() < 0.85 else "AB"
    for _ in range(random.choice((10, 25, 40, 60))):
        client = random.choice(clients)
        if random.random() < 0.02 and "transactions" in writer.groups:
            steps += _transaction(writer, client)
        elif random.random() < 0.02:
            steps += _run_out(writer, client)
        else:
            steps.append(writer.step(client))
    return steps


def _opening(writer, client):
    """Perhaps another protocol, perhaps small thresholds so that encodings change early."""
    random = writer.random
    steps = []
    if random.random() < 0.35:
        steps.append(step(client, (b"HELLO", b"3")))
    if random.random() < 0.4:
        small = [(b"CONFIG", b"SET", name.encode(), random.choice((b"1", b"3", b"4", b"8")))
                 for name in random.sample(THRESHOLDS, 4) if "ziplist" not in name]
        if random.random() < 0.3:
            small.append((b"CONFIG", b"SET", b"list-max-listpack-size", random.choice((b"2", b"4"))))
        steps += [step(client, argv) for argv in small]
    for group in writer.theme:
        steps += [writer.valid_step(client, group) for _ in range(4) if group not in ("generic", "server")]
    return [one for one in steps if not any(b"{cursor}" in argv for argv in one.commands)]


def _transaction(writer, client):
    """MULTI, some commands and EXEC as one step, so that shrinking keeps them together at first."""
    body = [writer.step(client, in_multi=True) for _ in range(writer.random.randint(1, 6))]
    return [step(client, (b"MULTI",))] + body + [step(client, (writer.random.choice((b"EXEC",) * 4 + (b"DISCARD",)),))]


def _run_out(writer, client):
    """Let a key's time to live run out, use it, and make sure that both servers have deleted it then."""
    key = writer.key("any")
    setting = writer.random.choice(((b"PEXPIRE", key, b"1"), (b"GETEX", key, b"PX", b"1"),
                                    (b"SET", key, b"short", b"PX", b"1")))
    groups = [group for group in DATA_GROUPS if group in writer.groups]
    use = writer.step(client, writer.random.choice(groups), in_multi=True).commands if groups else ()
    return [step(client, setting, (b"DEBUG", b"SLEEP", b"0.003"), *(use + ((b"EXISTS", key),)))]


def transactions(writer):
    """Three clients: watched keys changed in all ways, transactions interleaved."""
    random = writer.random
    steps = _opening(writer, "A")
    in_multi = {"A": False, "B": False, "C": False}
    for _ in range(random.choice((12, 25, 40))):
        client = random.choice("AAABBC")
        chance = random.random()
        if chance < 0.22:
            names = (b"MULTI", b"WATCH") if not in_multi[client] else (b"EXEC", b"EXEC", b"EXEC", b"DISCARD", b"MULTI")
            argv = (random.choice(names),)
            if argv == (b"WATCH",):
                argv += tuple(writer.key("any") for _ in range(random.randint(1, 3)))
            in_multi[client] = argv[0] == b"MULTI"
            steps.append(step(client, argv))
        elif chance < 0.32:
            steps.append(step(client, _watch_breaker(writer)))
        else:
            steps.append(writer.step(client, in_multi=in_multi[client]))
    return steps


def _watch_breaker(writer):
    random = writer.random
    key = writer.key("any")
    return random.choice((
        (b"FLUSHALL",), (b"FLUSHDB",), (b"SWAPDB", b"0", b"1"), (b"SELECT", b"1"), (b"SELECT", b"0"),
        (b"PEXPIREAT", key, b"1"), (b"DEL", key), (b"UNWATCH",), (b"RENAME", key, writer.key("any")),
        (b"EXPIRE", key, b"1000"), (b"MOVE", key, b"1"), (b"TOUCH", key), (b"SET", key, b"v"),
        (b"COPY", writer.key("any"), key, b"REPLACE"), (b"PERSIST", key), (b"RESET",), (b"WATCH", key)))


def pubsub(writer):
    """Subscribers in both protocols, publishers, and what happens to both in between."""
    random = writer.random
    steps = [step(client, (b"HELLO", b"3")) for client in "AB" if random.random() < 0.5]
    for _ in range(random.choice((10, 20, 35))):
        chance = random.random()
        if chance < 0.40:
            steps.append(step("P", (random.choice((b"PUBLISH", b"PUBLISH", b"SPUBLISH")), _channel(writer),
                                    writer.argument("message"))))
        elif chance < 0.70:
            steps.append(step(random.choice("AB"), _subscription(writer)))
        elif chance < 0.80:
            steps.append(step(random.choice("PA"), writer.command("pubsub")))
        elif chance < 0.87:
            steps += _subscribing_transaction(writer, random.choice("AB"))
        else:
            steps.append(step(random.choice("AB"), _between_messages(writer)))
    return steps


def _channel(writer):
    return writer.argument("channel")


def _subscription(writer, least=0):
    """Return a command that subscribes or leaves; in a transaction it names its channels (least=1).

    The confirmations of leaving all come in any order, which cannot be told within the reply to EXEC.
    """
    random = writer.random
    name = random.choice((b"SUBSCRIBE", b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE",
                          b"UNSUBSCRIBE", b"PUNSUBSCRIBE", b"SUNSUBSCRIBE"))
    choices = PATTERNS if name in (b"PSUBSCRIBE", b"PUNSUBSCRIBE") else CHANNELS
    if b"UN" not in name[:4] and random.random() < 0.97:
        least = 1
    return (name,) + tuple(random.choice(choices) for _ in range(random.randint(least, 3)))


def _subscribing_transaction(writer, client):
    body = [step(client, writer.random.choice((_subscription(writer, least=1), (b"PUBLISH", _channel(writer), b"own"),
                                               (b"PING",), (b"SET", b"s1", b"v"))))
            for _ in range(writer.random.randint(1, 3))]
    return [step(client, (b"MULTI",))] + body + [step(client, (b"EXEC",))]


def _between_messages(writer):
    return writer.random.choice((
        (b"PING",), (b"PING", b"hello"), (b"GET", b"s1"), (b"RESET",), (b"HELLO", b"2"), (b"HELLO", b"3"),
        (b"PUBLISH", _channel(writer), b"own"), (b"ECHO", b"x"), (b"PING", b"a", b"b"), (b"SELECT", b"1"),
        (b"CLIENT", b"INFO"), (b"MULTI",), (b"EXEC",), (b"DISCARD",), (b"SUBSCRIBE",), (b"COMMAND", b"COUNT", b"x"),
        (b"NOSUCH",), (b"SET", b"s1", b"v"), (b"QUIT",), (b"UNWATCH",)))


def blocking(writer):
    """Two or three clients wait; another one pushes, moves, renames, deletes, unblocks."""
    random = writer.random
    kind = random.choice(SERVED_BY)
    steps = [step(client, (b"HELLO", b"3")) for client in "AB" if random.random() < 0.3]
    for _ in range(random.choice((8, 14, 22))):
        chance = random.random()
        if chance < 0.40:
            steps.append(waiting(random.choice("ABD"), _wait(writer, kind)))
        elif chance < 0.75:
            steps.append(step("C", _push(writer, kind)))
        elif chance < 0.85:
            body = [step("C", _push(writer, random.choice(SERVED_BY))) for _ in range(random.randint(1, 4))]
            steps += [step("C", (b"MULTI",))] + body + [step("C", (b"EXEC",))]
        elif chance < 0.93:
            steps.append(step("C", _disturb(writer, kind)))
        else:
            steps.append(writer.step("C", kind if kind in writer.groups else None))
    return steps + [step("C", (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name, random.choice((b"TIMEOUT", b"ERROR"))))
                    for name in (b"A", b"B", b"D")]


def _wait(writer, kind):
    random = writer.random
    keys = tuple(writer.key(kind) for _ in range(random.randint(1, 3)))
    end = (random.choice((b"LEFT", b"RIGHT")),)
    timeout = (random.choice((b"0", b"0", b"100", b"1e3")),)
    if kind == "list":
        return random.choice((
            (b"BLPOP",) + keys + timeout, (b"BRPOP",) + keys + timeout, (b"BLPOP",) + keys + timeout,
            (b"BLMOVE", keys[0], writer.key(kind)) + end + (random.choice((b"LEFT", b"RIGHT")),) + timeout,
            (b"BRPOPLPUSH", keys[0], writer.key(kind)) + timeout,
            (b"BLMPOP",) + timeout + (b"%d" % len(keys),) + keys + end,
            (b"BLMPOP",) + timeout + (b"%d" % len(keys),) + keys + end + (b"COUNT", b"2")))
    side = (random.choice((b"MIN", b"MAX")),)
    return random.choice((
        (b"BZPOPMIN",) + keys + timeout, (b"BZPOPMAX",) + keys + timeout,
        (b"BZMPOP",) + timeout + (b"%d" % len(keys),) + keys + side,
        (b"BZMPOP",) + timeout + (b"%d" % len(keys),) + keys + side + (b"COUNT", b"2")))


def _push(writer, kind):
    random = writer.random
    key = writer.key(kind)
    values = tuple(random.choice((b"a", b"b", b"c", b"1")) for _ in range(random.randint(1, 3)))
    if kind == "list":
        return random.choice((
            (b"RPUSH", key) + values, (b"LPUSH", key) + values, (b"LPUSHX", key) + values,
            (b"LMOVE", writer.key(kind), key, b"LEFT", b"RIGHT"), (b"RPOPLPUSH", writer.key(kind), key),
            (b"LINSERT", key, b"BEFORE", b"a", b"z"), (b"RPOP", key)))
    scored = tuple(word for value in values for word in (random.choice((b"1", b"2", b"-1")), value))
    return random.choice((
        (b"ZADD", key) + scored, (b"ZADD", key) + scored, (b"ZINCRBY", key) + scored[:2],
        (b"ZUNIONSTORE", key, b"1", writer.key(kind)), (b"ZRANGESTORE", key, writer.key(kind), b"0", b"-1"),
        (b"ZREM", key) + values))


def _disturb(writer, kind):
    random = writer.random
    key = writer.key(kind)
    name = random.choice((b"A", b"B", b"D"))
    return random.choice((
        (b"DEL", key), (b"SET", key, b"not a list"), (b"RENAME", writer.key(kind), key), (b"FLUSHALL",),
        (b"COPY", writer.key(kind), key, b"REPLACE"), (b"SWAPDB", b"0", b"1"), (b"SELECT", b"1"), (b"SELECT", b"0"),
        (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name), (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name, b"ERROR"),
        (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name, b"TIMEOUT"), (b"MOVE", key, b"1"), (b"SADD", key, b"m"),
        (b"CLIENT", b"LIST", b"ID", b"{id:%s}" % name), (b"PEXPIREAT", key, b"1"),
        (b"CLIENT", b"KILL", b"ID", b"{id:%s}" % name)))


def connections(writer):
    """Names, ids and flags of several clients; replies switched off; clients that kill each other."""
    random = writer.random
    steps = []
    for _ in range(random.choice((8, 15))):
        client = random.choice("ABC")
        chance = random.random()
        if chance < 0.35:
            steps.append(step(client, _about_clients(writer)))
        elif chance < 0.55:
            steps.append(_without_replies(writer, client))
        else:
            steps.append(step(client, writer.command("connection" if "connection" in writer.groups else None)))
    return steps


def _about_clients(writer):
    random = writer.random
    name = random.choice((b"A", b"B", b"C"))
    return random.choice((
        (b"CLIENT", b"LIST", b"ID", b"{id:%s}" % name), (b"CLIENT", b"KILL", b"ID", b"{id:%s}" % name),
        (b"CLIENT", b"LIST", b"ID", b"{id:A}", b"{id:B}"), (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name),
        (b"CLIENT", b"KILL", b"ID", b"{id:%s}" % name, b"SKIPME", random.choice((b"yes", b"no"))),
        (b"CLIENT", b"KILL", b"ID", b"{id:%s}" % name, b"TYPE", random.choice((b"normal", b"pubsub"))),
        (b"CLIENT", b"KILL", b"ID", b"{id:%s}" % name, b"USER", b"default"),
        (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name, b"ERROR"), (b"CLIENT", b"INFO"), (b"CLIENT", b"ID")))


def _without_replies(writer, client):
    """CLIENT REPLY with what it silences, as one step."""
    random = writer.random
    silent = [(b"SET", writer.key("string"), b"quiet"), (b"NOSUCH",), (b"INCR", writer.key("string")),
              (b"LPUSH", writer.key("list"), b"a", b"b"), (b"LRANGE", writer.key("list"), b"0", b"-1")]
    chosen = [random.choice(silent) for _ in range(random.randint(0, 3))]
    if random.random() < 0.5:
        return step(client, (b"CLIENT", b"REPLY", b"OFF"), *(chosen + [(b"CLIENT", b"REPLY", b"ON")]))
    return step(client, (b"CLIENT", b"REPLY", b"SKIP"), *chosen)


def authentication(writer):
    """A password is set while clients are there; new ones must give it, and are kept short before that."""
    random = writer.random
    steps = [step("A", (b"CONFIG", b"SET", b"requirepass", b"secret"))]
    for _ in range(random.choice((6, 12))):
        chance = random.random()
        client = random.choice("BC")
        if chance < 0.6:
            steps.append(step(client, _before_password(writer)))
        elif chance < 0.7:
            steps.append(raw("R%d" % len(steps), *_pieces(writer, random.choice(UNAUTHENTICATED_BYTES))))
        else:
            steps.append(step(random.choice("AB"), writer.command()))
    return steps + [step("A", (b"CONFIG", b"SET", b"requirepass", b""))]


def _before_password(writer):
    return writer.random.choice((
        (b"AUTH", b"secret"), (b"AUTH", b"wrong"), (b"AUTH", b"default", b"secret"), (b"AUTH", b"default", b"wrong"),
        (b"AUTH", b"nobody", b"secret"), (b"AUTH",), (b"AUTH", b"a", b"b", b"c"), (b"HELLO",), (b"HELLO", b"3"),
        (b"HELLO", b"3", b"AUTH", b"default", b"secret"), (b"HELLO", b"3", b"AUTH", b"default", b"wrong"),
        (b"HELLO", b"2", b"SETNAME", b"x"), (b"HELLO", b"3", b"AUTH", b"default", b"secret", b"SETNAME", b"me"),
        (b"HELLO", b"4"), (b"RESET",), (b"GET", b"s1"), (b"PING",), (b"NOSUCH",), (b"GET",), (b"MULTI",), (b"QUIT",),
        (b"CLIENT", b"GETNAME"), (b"CONFIG", b"GET", b"requirepass"), (b"COMMAND", b"COUNT", b"x")))


UNAUTHENTICATED_BYTES = (
    b"*11\r\n$4\r\nPING\r\n", b"*10\r\n" + b"$4\r\nPING\r\n" * 10, b"*1\r\n$16385\r\n", b"*2\r\n$3\r\nGET\r\n$16384\r\nxx",
    b"PING\r\n", b"SUBSCRIBE c1\r\n", b"AUTH secret\r\nPING\r\n", b"*-1\r\nPING\r\n", b"AUTH secret\r\n*11\r\n" + b"$1\r\na\r\n" * 11)


def statistics(writer):
    """What INFO counts for each command and each error.

    Scans are left out: a complete one takes any number of calls, and cursors are not judged alike.
    """
    steps = []
    if writer.random.random() < 0.5:
        steps = _transaction(writer, "A")
    steps += [writer.step("A", in_multi=True) for _ in range(8)]
    counted = [one for one in steps if not any(b"SCAN" in argv[0].upper() for argv in one.commands)]
    return counted + [step("B", (b"INFO", b"commandstats")), step("B", (b"INFO", b"errorstats"))]


def raw_bytes(writer):
    """Inline commands, requests cut anywhere, and what is no request at all."""
    random = writer.random
    steps = []
    for number in range(random.randint(3, 8)):
        data = _raw_request(writer)
        steps.append(raw("R%d" % number, *(_pieces(writer, data) if data not in HTTP_REQUESTS else [data])))
    return steps


def _raw_request(writer):
    random = writer.random
    chance = random.random()
    if chance < 0.05:
        return random.choice(HTTP_REQUESTS)
    if chance < 0.45:
        return b"".join(random.choice(RAW_REQUESTS) for _ in range(random.randint(1, 3)))
    if chance < 0.65:
        return b"".join(random.choice(INLINE_PARTS) for _ in range(random.randint(1, 8))) + b"\r\nPING\r\n"
    if chance < 0.85:
        damaged = bytearray(b"*3\r\n$3\r\nSET\r\n$2\r\ns1\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$2\r\ns1\r\n")
        for _ in range(random.randint(1, 3)):
            damaged[random.randrange(len(damaged))] = random.choice(b"*$:+-0123456789\r\n \x00x")
        return bytes(damaged)
    return bytes(random.choice(b"*$-0123456789\r\n\r\n PINGGETa\"'\\x\x00\xff") for _ in range(random.randint(1, 40)))


def _pieces(writer, data):
    if len(data) < 2 or writer.random.random() < 0.6:
        return [data]
    cut = writer.random.randrange(1, len(data))
    return [data[:cut], data[cut:]]


INLINE_PARTS = (b"PING", b"SET s1 v", b"GET s1", b" ", b"\t", b'"a b"', b"'a b'", b'"\\x41\\n"', b"'\\''", b'"', b"'",
                b'"a"b', b"\\", b'"\\xzz"', b"\x00", b"ECHO", b"*", b"$", b"\r", b'""', b"''", b"\xff", b"a" * 100)
# The connection is closed at once, whatever else was still to be answered: not to be combined or cut.
HTTP_REQUESTS = (b"post /\r\n", b"Host: a\r\n")
RAW_REQUESTS = (
    b"PING\r\n", b"PING\n", b"\r\n", b"\n", b"  PING  \r\n", b'SET s1 "a b"\r\nGET s1\r\n', b"GET 's1'\r\n",
    b'SET s1 "a\r\n', b"SET s1 'a'b\r\n", b"*1\r\n$4\r\nPING\r\n", b"*0\r\n", b"*-1\r\n", b"*-10\r\n", b"*\r\n", b"*a\r\n",
    b"*1a\r\n", b"* 1\r\n", b"*+1\r\n", b"*01\r\n", b"*1048576\r\n", b"*1048577\r\n", b"*2147483648\r\n",
    b"*99999999999999999999\r\n", b"*1\r\n+PING\r\n", b"*1\r\n\r\n", b"*1\r\n$\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$a\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$9223372036854775808\r\n", b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
    b"*1\r\n$0\r\n\r\n", b"*1\r\n$3\r\nPING\r\n", b"*1\r\n$5\r\nPING\r\n\r\n", b"*2\r\n$3\r\nGET\r\n:1\r\n",
    b"*1\n$4\nPING\n", b"*1\r\n$04\r\nPING\r\n", b"$4\r\nPING\r\n", b":1\r\n", b"+PING\r\n", b"-x\r\n",
    b"*3\r\n$3\r\nSET\r\n$2\r\ns1\r\n", b"QUIT\r\nPING\r\n", b"*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n",
    b"GET / HTTP/1.1\r\n", b"*" + b"1" * 100 + b"\r\n", b"x" * 200 + b"\r\n",
    b"MULTI\r\nSET s1 a\r\nEXEC\r\n", b"MULTI\r\nNOSUCH\r\nEXEC\r\n", b"SUBSCRIBE c1\r\nGET s1\r\n",
    b"HELLO 3\r\nGET nokey\r\n", b"CLIENT REPLY OFF\r\nPING\r\n", b"CLIENT REPLY SKIP\r\nPING\r\nPING\r\n",
    b"\x00\r\n", b"\xff\xfe\r\n", b"*2\r\n$4\r\nECHO\r\n$6\r\na\r\nb\r\n\r\n",
)


SCENARIOS = (
    Scenario("data", 60, frozenset(), data),
    Scenario("transactions", 8, frozenset({"transactions"}), transactions),
    Scenario("pubsub", 8, frozenset({"pubsub"}), pubsub),
    Scenario("blocking", 8, frozenset(), blocking),
    Scenario("connections", 5, frozenset({"connection"}), connections),
    Scenario("authentication", 2, frozenset({"connection"}), authentication),
    Scenario("statistics", 3, frozenset({"server"}), statistics),
    Scenario("raw", 4, frozenset(), raw_bytes),
)
EXTRA_GROUPS = ("blocking", "raw")      # scenarios that can be named like groups


def chosen(groups, only):
    """Return the scenarios for --groups and --only."""
    if only:
        return [scenario for scenario in SCENARIOS if scenario.name == "data"]
    if not groups:
        return list(SCENARIOS)
    names = set(groups)
    plain = names - set(EXTRA_GROUPS)
    return [scenario for scenario in SCENARIOS
            if scenario.name in names or (scenario.name == "data" and plain)
            or (scenario.needs and scenario.needs <= names)]
