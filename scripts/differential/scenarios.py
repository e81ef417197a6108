"""The kinds of sequences. Each is a function that gets a writer.Writer and returns steps.

Those with a life of their own are in conversations.py (several clients) and raw_requests.py (bytes).
"""

from collections import namedtuple

from .arguments import THRESHOLDS
from .conversations import authentication, blocking, connections, pubsub
from .grammar import synopses
from .raw_requests import raw_requests
from .steps import CURSOR, step
from .synopses import DATA_GROUPS

SMALL_LIMITS = (b"1", b"3", b"4", b"8")
SMALL_SIZES = (b"2", b"4")
RUNNING_OUT = synopses("""
    PEXPIRE anykey 2
    GETEX anykey PX 2
    SET anykey 'short' PX 2
""")
WATCH_BREAKERS = synopses("""
    FLUSHALL
    FLUSHDB
    SWAPDB 0 1
    SELECT (0|1)
    PEXPIREAT anykey 1
    EXPIRE anykey 1000
    PERSIST anykey
    DEL anykey
    SET anykey 'v'
    TOUCH anykey
    RENAME anykey anykey
    COPY anykey anykey REPLACE
    MOVE anykey 1
    WATCH anykey
    UNWATCH
    RESET
""")


def data(writer):
    """Commands of a few groups on a few keys, mostly from one client."""
    random = writer.random
    steps = _opening(writer, "A")
    clients = "A" if random.random() < 0.85 else "AB"
    for _ in range(random.choice((10, 25, 40, 60))):
        client = random.choice(clients)
        chance = random.random()
        if chance < 0.02 and "transactions" in writer.groups:
            steps += _transaction(writer, client)
        elif chance < 0.04:
            steps.append(_run_out(writer, client))
        else:
            steps.append(writer.step(client))
    return steps


def _opening(writer, client):
    """Perhaps another protocol, perhaps small limits so that encodings change early; then some values."""
    random = writer.random
    steps = [step(client, (b"HELLO", b"3"))] if random.random() < 0.35 else []
    if random.random() < 0.4:
        steps += [step(client, (b"CONFIG", b"SET", name, random.choice(SMALL_LIMITS)))
                  for name in random.sample(THRESHOLDS, 4) if b"ziplist" not in name]
        if random.random() < 0.3:
            size = random.choice(SMALL_SIZES)
            steps.append(step(client, (b"CONFIG", b"SET", b"list-max-listpack-size", size)))
    filled = [writer.valid_step(client, group) for group in writer.theme if group not in ("generic", "server")
              for _ in range(4)]
    return steps + [one for one in filled if not any(CURSOR in argv for argv in one.commands)]


def _transaction(writer, client):
    end = writer.random.choice((b"EXEC", b"EXEC", b"EXEC", b"EXEC", b"DISCARD"))
    body = [writer.step(client, in_multi=True) for _ in range(writer.random.randint(1, 6))]
    return [step(client, (b"MULTI",))] + body + [step(client, (end,))]


def _run_out(writer, client):
    """Let a key's time to live run out, use it, and make sure that both servers have deleted it then."""
    setting = writer.one_of(RUNNING_OUT)
    groups = [group for group in DATA_GROUPS if group in writer.groups]
    use = writer.step(client, writer.random.choice(groups), in_multi=True).commands if groups else ()
    return step(client, setting, (b"DEBUG", b"SLEEP", b"0.004"), *(use + ((b"EXISTS", setting[1]),)))


def transactions(writer):
    """Three clients: watched keys changed in all ways, transactions interleaved."""
    random = writer.random
    steps = _opening(writer, "A")
    in_multi = {"A": False, "B": False, "C": False}
    for _ in range(random.choice((12, 25, 40))):
        client = random.choice("AAABBC")
        chance = random.random()
        if chance < 0.22:
            argv = _transaction_command(writer, in_multi[client])
            in_multi[client] = argv[0] == b"MULTI"
            steps.append(step(client, argv))
        elif chance < 0.32:
            steps.append(step(client, writer.one_of(WATCH_BREAKERS)))
        else:
            steps.append(writer.step(client, in_multi=in_multi[client]))
    return steps


def _transaction_command(writer, in_multi):
    if in_multi:
        return (writer.random.choice((b"EXEC", b"EXEC", b"EXEC", b"DISCARD", b"MULTI")),)
    if writer.random.random() < 0.5:
        return (b"MULTI",)
    return (b"WATCH",) + tuple(writer.key("any") for _ in range(writer.random.randint(1, 3)))


def statistics(writer):
    """What INFO counts for each command and each error.

    Scans are left out: a complete one takes any number of calls, and cursors are not judged alike.
    """
    steps = _transaction(writer, "A") if writer.random.random() < 0.5 else []
    steps += [writer.step("A", in_multi=True) for _ in range(8)]
    counted = [one for one in steps if not any(b"SCAN" in argv[0].upper() for argv in one.commands)]
    return counted + [step("B", (b"INFO", b"commandstats")), step("B", (b"INFO", b"errorstats"))]


# needs: the groups without whose commands the scenario makes no sense; weight: how often it comes.
Scenario = namedtuple("Scenario", "name weight needs make")

SCENARIOS = (
    Scenario("data", 60, frozenset(), data),
    Scenario("transactions", 8, frozenset({"transactions"}), transactions),
    Scenario("pubsub", 8, frozenset({"pubsub"}), pubsub),
    Scenario("blocking", 8, frozenset(), blocking),
    Scenario("connections", 5, frozenset({"connection"}), connections),
    Scenario("authentication", 2, frozenset({"connection"}), authentication),
    Scenario("statistics", 3, frozenset({"server"}), statistics),
    Scenario("raw", 4, frozenset(), raw_requests),
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
