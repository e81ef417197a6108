"""What the tests of durability share: writers that know what must be there again after a server's end.

Each writer changes keys of its own in steps 1, 2, 3, ... such that what its keys hold says how many steps were
done, and that nothing but whole steps explains it. While it writes, it notes when each step was sent and
when it was acknowledged. After the server's end and the next start `check_writers` asks for three things:

- each writer's keys hold the work of its first n steps: nothing half done, nothing twice, no hole;
- the writers' data are from one moment: no step survived that was sent after the acknowledgement of a lost one;
- no step is lost that was acknowledged before the moment up to which the setting promises to keep all.

Then they go on from there, so that the data and its files grow old over many ends.

`REDIS_CLONE_TEST_PROGRAM=valkey-server` has the tests that are meant for any server run on that one: what it is
accused of is mostly a mistake in the test.
"""

import contextlib
import os
import random
import threading
import time

from redis_clone.client import Client, ClientError, ConnectionFailed, ConnectionLost, ReplyError
from tests.system.support import PATIENCE_S, SystemTestCase, free_port, wait_until

PROGRAM = os.environ.get("REDIS_CLONE_TEST_PROGRAM") or None
CLOCK_LAG_MS = 20               # how far the server's clock may be behind within one round of its loop
FOR_EVER = float("inf")


class Writer:
    """Does steps on keys that start with its `name` until the server is gone or it is told to stop."""

    name = None                 # set by each class: it begins all its keys
    batch = 1                   # steps sent at once

    def __init__(self):
        self.begun = 0          # steps sent
        self.marks = []         # (last step, when it was sent, when acknowledged) of this round's batches
        self.failure = None
        self._stopped = False

    def key(self, name):
        return f"{self.name}:{name}"

    def send(self, client, first, last):
        """Do the steps from `first` to `last`, and check the replies."""
        raise NotImplementedError

    def found(self, client):
        """The number of steps that are in the data; AssertionError if there is no such number."""
        raise NotImplementedError

    def run(self, port):
        """The life of the writer's thread."""
        try:
            with Client(port=port, timeout_s=PATIENCE_S) as client:
                while not self._stopped:
                    self.step(client)
        except (ConnectionFailed, ConnectionLost):
            pass                                # killed: the step may have been done, or not
        except (ClientError, AssertionError) as error:
            self.failure = error

    def step(self, client):
        """Do the next steps and note that they are acknowledged."""
        first = self.begun + 1
        self.begun += self.batch
        self.marks.append((self.begun, time.monotonic(), FOR_EVER))
        self.send(client, first, self.begun)
        self.marks[-1] = (*self.marks[-1][:2], time.monotonic())

    def stop(self):
        self._stopped = True

    def go_on_from(self, steps):
        """A new round: `steps` is where the data stands."""
        self.begun = steps
        self.marks = []
        self._stopped = False

    def times_of(self, step):
        """When a step was sent and acknowledged; in an earlier round: long ago."""
        for last, sent_s, acknowledged_s in reversed(self.marks):
            if last - self.batch < step <= last:
                return sent_s, acknowledged_s
        return (0.0, 0.0) if step <= self.begun else (FOR_EVER, FOR_EVER)


def expect(condition, *explanation):
    """The writers' assert, which does not go away with -O."""
    if not condition:
        raise AssertionError(" ".join(map(repr, explanation))[:1000])


def numbers(values):
    return [int(value) for value in values]


# --- the writers -----------------------------------------------------------------------------------------


class Sets(Writer):
    """SET: step n puts n into one of sixteen keys."""

    name = "set"
    keys = 16

    def send(self, client, first, last):
        client.execute("SET", self.key(first % self.keys), first)

    def found(self, client):
        values = numbers(value or 0 for value in client.execute("MGET", *map(self.key, range(self.keys))))
        steps = max(values)
        expected = [max(steps - (steps - place) % self.keys, 0) for place in range(self.keys)]
        expect(values == expected, self.name, values, expected)
        return steps


class Counts(Writer):
    """INCR and INCRBYFLOAT in a pipeline: doing one of them twice would show."""

    name = "count"
    batch = 5

    def send(self, client, first, last):
        pipeline = client.pipeline()
        for _ in range(first, last + 1):
            pipeline.add("INCR", self.key("whole"))
            pipeline.add("INCRBYFLOAT", self.key("part"), "0.25")
        replies = pipeline.execute()
        expect(replies[::2] == list(range(first, last + 1)), self.name, first, replies)

    def found(self, client):
        steps = int(client.execute("GET", self.key("whole")) or 0)
        parts = float(client.execute("GET", self.key("part")) or 0) * 4
        expect(parts in (steps, steps - 1), self.name, steps, parts)
        if parts < steps:                       # between the two commands: they are no transaction
            client.execute("INCRBYFLOAT", self.key("part"), "0.25")
        return steps


class Appends(Writer):
    """RPUSH of growing elements in a pipeline."""

    name = "append"
    batch = 3

    def send(self, client, first, last):
        pipeline = client.pipeline()
        for number in range(first, last + 1):
            pipeline.add("RPUSH", self.key("list"), number)
        expect(pipeline.execute() == list(range(first, last + 1)), self.name, first)

    def found(self, client):
        elements = numbers(client.execute("LRANGE", self.key("list"), 0, -1))
        expect(elements == list(range(1, len(elements) + 1)), self.name, elements[-20:])
        return len(elements)


class Transactions(Writer):
    """MULTI and EXEC over keys of three types in two databases, which must always agree."""

    name = "transaction"

    def send(self, client, first, last):
        pipeline = client.pipeline(transaction=True)
        pipeline.add("SET", self.key("string"), first)
        pipeline.add("HINCRBY", self.key("hash"), "field", 1)
        pipeline.add("SELECT", 1)
        pipeline.add("ZADD", self.key("zset"), first, "member")
        pipeline.add("SELECT", 0)
        expect(pipeline.execute()[1] == first, self.name, first)

    def found(self, client):
        pipeline = client.pipeline()
        pipeline.add("GET", self.key("string"))
        pipeline.add("HGET", self.key("hash"), "field")
        pipeline.add("SELECT", 1)
        pipeline.add("ZSCORE", self.key("zset"), "member")
        pipeline.add("SELECT", 0)
        string, field, _, score, _ = pipeline.execute()
        values = numbers(value or 0 for value in (string, field, score))
        expect(len(set(values)) == 1, self.name, values)
        return values[0]


class Loads(Writer):
    """RPUSH onto a belt, from whose other end a Carrier takes."""

    name = "belt"

    def send(self, client, first, last):
        client.execute("RPUSH", self.key("loaded"), first)

    def found(self, client):
        done, loaded = (numbers(client.execute("LRANGE", self.key(name), 0, -1)) for name in ("carried", "loaded"))
        expect(done + loaded == list(range(1, len(done + loaded) + 1)), self.name, done[-20:], loaded[:20])
        return len(done + loaded)


class Carries(Writer):
    """LMOVE and BLMOVE off the belt, mostly as one who waits there already. No element is lost or doubled."""

    name = Loads.name

    def send(self, client, first, last):
        source, target = self.key("loaded"), self.key("carried")
        element = client.execute("LMOVE", source, target, "LEFT", "RIGHT") if first % 3 == 0 else None
        while element is None and not self._stopped:
            element = client.execute("BLMOVE", source, target, "LEFT", "RIGHT", 1)
        expect(self._stopped or int(element) == first, self.name, element, first)

    def found(self, client):
        return client.execute("LLEN", self.key("carried"))      # their contents are the business of Loads


class Draws(Writer):
    """SPOP: what was drawn stays drawn. Step 1, 51, 101, ... fills the set with fifty members."""

    name = "draw"
    cycle = 50

    def __init__(self):
        super().__init__()
        self.drawn = {}                         # step -> member, since the last filling

    def send(self, client, first, last):
        if first % self.cycle != 1:
            self.drawn[first] = int(client.execute("SPOP", self.key("set")))
            return
        pipeline = client.pipeline(transaction=True)
        pipeline.add("DEL", self.key("set"))
        pipeline.add("SADD", self.key("set"), *range(first, first + self.cycle))
        pipeline.execute()

    def found(self, client):
        left = set(map(int, client.execute("SMEMBERS", self.key("set"))))
        if not left:
            return 0
        start = min(left) - (min(left) - 1) % self.cycle
        missing = set(range(start, start + self.cycle)) - left
        steps = start + len(missing)
        expect(len(left) + len(missing) == self.cycle, self.name, left)
        drawn = {self.drawn[step] for step in range(start + 1, steps + 1) if step in self.drawn}
        # Who had drawn the last one, if that was not acknowledged, is not known.
        expect(drawn <= missing and len(missing - drawn) <= (steps not in self.drawn), self.name, start, missing, drawn)
        self.drawn = {start + 1 + place: member for place, member in enumerate(missing)}
        return steps


class Expiries(Writer):
    """Keys that expire, given as time left: they keep their moment, and what was due does not come back."""

    name = "expiry"
    lasting_s = 1000
    fleeting_ms = 20

    def __init__(self):
        super().__init__()
        self.windows = {}                       # step -> between which moments the lasting key ends, ms

    def send(self, client, first, last):
        started_ms = time.time() * 1000 - CLOCK_LAG_MS
        self.windows = {first - 1: self.windows.get(first - 1), first: (started_ms, FOR_EVER)}
        pipeline = client.pipeline(transaction=True)
        pipeline.add("SET", self.key("lasting"), first, "EX", self.lasting_s)
        pipeline.add("SET", self.key(f"fleeting {first % 8}"), first, "PX", self.fleeting_ms)
        pipeline.add("SADD", self.key("forgotten"), first)
        pipeline.add("EXPIRE", self.key("forgotten"), -1)
        pipeline.execute()
        self.windows[first] = (started_ms, time.time() * 1000 + CLOCK_LAG_MS)

    def found(self, client):
        time.sleep(self.fleeting_ms / 1000)
        fleeting = [self.key(f"fleeting {place}") for place in range(8)]
        expect(client.execute("EXISTS", self.key("forgotten"), *fleeting) == 0, self.name, "did not end")
        steps = int(client.execute("GET", self.key("lasting")) or 0)
        window = self.windows.get(steps)
        if window:
            set_ms = client.execute("PEXPIRETIME", self.key("lasting")) - self.lasting_s * 1000
            expect(window[0] <= set_ms <= window[1], self.name, window, set_ms)
        return steps


class Entries(Writer):
    """XADD with an id from the server's clock: the id that it answered is the one that stays."""

    name = "entry"

    def __init__(self):
        super().__init__()
        self.ids = {}                           # step -> id, as acknowledged

    def send(self, client, first, last):
        self.ids[first] = client.execute("XADD", self.key("stream"), "*", "step", first)

    def found(self, client):
        entries = client.execute("XRANGE", self.key("stream"), "-", "+")
        expect([int(fields[1]) for _, fields in entries] == list(range(1, len(entries) + 1)), self.name)
        for step, (identifier, _) in enumerate(entries, 1):
            expect(self.ids.get(step, identifier) == identifier, self.name, step, identifier, self.ids.get(step))
        self.ids = {step: identifier for step, (identifier, _) in enumerate(entries, 1)}
        return len(entries)


WRITERS = (Sets, Counts, Appends, Transactions, Loads, Carries, Draws, Expiries, Entries)


# --- checking ----------------------------------------------------------------------------------------------


def check_writers(writers, client, promised_s):
    """Ask what is there, and fail if it is not what it must be. Returns how many acknowledged steps are lost.

    All that was acknowledged before `promised_s` (on the monotonic clock) must be there.
    """
    found = {writer: writer.found(client) for writer in writers}
    kept, lost = ("", 0.0), ("", FOR_EVER)      # the last that was kept and the first that was lost
    count = 0
    for writer, steps in found.items():
        expect(steps <= writer.begun, writer.name, steps, "steps found,", writer.begun, "begun")
        last = f"step {steps} of {writer.name}", writer.times_of(steps)[0]
        kept = max(kept, last, key=lambda pair: pair[1])
        next_one = f"step {steps + 1} of {writer.name}", writer.times_of(steps + 1)[1]
        lost = min(lost, next_one, key=lambda pair: pair[1])
        count += sum(acknowledged_s < FOR_EVER and step > steps for step, _, acknowledged_s in writer.marks)
    expect(kept[1] <= lost[1], kept[0], "is there, but", lost[0], "is not, which was acknowledged before")
    expect(lost[1] >= promised_s, lost[0], f"is lost, acknowledged {promised_s - lost[1]:.3f} s too early for that")
    for writer, steps in found.items():
        writer.go_on_from(steps)
    return count


def fill(client, count):
    """Keys that give a child process something to do."""
    for first in range(0, count, 500):
        client.execute("MSET", *(word for number in range(first, first + 500)
                                 for word in (f"fill:{number}", f"value {number}")))


def check_filling(client, count):
    for first in range(0, count, 500):
        batch = range(first, first + 500)
        values = client.execute("MGET", *(f"fill:{number}" for number in batch))
        expect(values == [b"value %d" % number for number in batch], "filling", first)


# --- servers and their files ---------------------------------------------------------------------------------


class DurabilityTestCase(SystemTestCase):
    """Its servers keep their data in `self.data`, which outlives them."""

    directives = None
    options = ()                                # directives of every start

    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.directory, "data")
        os.mkdir(self.data)
        self.port = free_port()                 # the same for all, one after the other
        seed = os.environ.get("REDIS_CLONE_TEST_SEED") or str(random.randrange(1 << 32))
        self.random = random.Random(seed)
        self.seed = f"REDIS_CLONE_TEST_SEED={seed}"

    def start_on_data(self, *directives, **options):
        options.setdefault("program", PROGRAM)
        return self.start("--dir", self.data, "--enable-debug-command", "yes", *self.options, *directives,
                          port=self.port, **options)

    def ask(self, *command):
        """One command on a connection of its own."""
        with contextlib.closing(self.client()) as client:
            return client.execute(*command)

    def error_of(self, *command):
        """The text of the error reply to a command; None if it is none."""
        try:
            self.ask(*command)
        except ReplyError as error:
            return str(error)
        return None

    def persistence(self):
        return self.info("persistence")

    def wait_for(self, **fields):
        """Wait until INFO persistence has these values."""
        wait_until(lambda: self.persistence().items() >= {name: str(value) for name, value in fields.items()}.items(),
                   lambda: f"{fields} in {self.persistence()}")


def start_threads(writers, port):
    threads = [threading.Thread(target=writer.run, args=(port,), daemon=True) for writer in writers]
    for thread in threads:
        thread.start()
    return threads


def join_threads(writers, threads):
    """Wait for the writers' threads; raise what one of them has found wrong."""
    for thread in threads:
        thread.join(PATIENCE_S)
        expect(not thread.is_alive(), "a writer hangs")
    for writer in writers:
        if writer.failure is not None:
            raise writer.failure


def processes_in(directory):
    """The ids of the processes that work in a directory: a server and its children. Linux only."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{name}/cwd") == directory:
                    found.add(int(name))
    return found


def contents(directory, skip=lambda name: False):
    """All files below a directory: relative path -> bytes."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if not skip(name):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, directory)] = file.read()
    return found


def temporary_files(directory):
    return [name for name in contents(directory) if os.path.basename(name).startswith("temp")]
