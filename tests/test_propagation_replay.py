"""What commands come to, repeated on another engine a year later, makes the same data.

The commands are those of the differential tester (scripts/differential/). Compared are all values, expiries, and what
streams and their groups know. Reading pending entries again is left out: as in Redis, that is not repeated.
"""
import unittest

from .fake_servers import SCRIPTS       # noqa: F401  (makes the next import find it)
from .recording import parse_reply, record
from .support import EngineTestCase

from differential.generator import Generator
from differential.steps import CURSOR, DUMP, RAW
from differential.synopses import DATA_GROUPS
from redis_clone.clock import FakeClock
from redis_clone.datatypes.hash import ExpiringHash
from redis_clone.datatypes.stream import Stream
from redis_clone.digest import dataset_digest
from redis_clone.dispatch import execute
from redis_clone.engine import Engine
from redis_clone.errors import RedisError

_GROUPS = (*DATA_GROUPS, "generic", "transactions", "blocking")
_SEED = "propagation"
_SEQUENCES = 60
_YEAR_S = 31_536_000
_BETWEEN_STEPS_S = 0.001
_NOT_PLAYED = {b"CONFIG", b"SHUTDOWN", b"DEBUG", b"MIGRATE", b"WAIT", b"WAITAOF"}


class ReplayTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.journal = record(self.engine)
        self.clients = {}
        self.dumped = b""

    def play(self, steps):
        """Run the steps of one sequence, each client's in turn."""
        for step in steps:
            if step.kind != RAW:
                for argv in step.commands:
                    self.play_command(step.client, list(argv))
                self.clock.advance(_BETWEEN_STEPS_S)

    def play_command(self, name, argv):
        client = self.clients.get(name)
        if client is None or client.session.closing:
            client = self.clients[name] = self.new_client()
        if argv[:2] == [b"DEBUG", b"SLEEP"]:
            self.clock.advance(float(argv[2]))
        if client.session.waiter is not None or argv[0].upper() in _NOT_PLAYED:
            return
        reply = client.wire(*({CURSOR: b"0", DUMP: self.dumped}.get(word, word) for word in argv))
        if argv[0].upper() == b"DUMP" and reply[:2] not in (b"$-", b"-E", b"+Q"):
            self.dumped = parse_reply(reply)

    def replayed(self, units):
        """Another engine that has repeated the units, as it does while loading."""
        engine = Engine(config=self.make_config(), clock=FakeClock(self.clock.now_s + _YEAR_S))
        engine.keyspace.may_expire, engine.keyspace.shows_due = False, True
        session = engine.open_session("", "")
        with engine.lock:
            for unit in units:
                for number, argv in unit:
                    session.db = engine.keyspace.databases[number]
                    reply = execute(session, argv)
                    self.assertNotIsInstance(reply, RedisError, f"{argv} failed")
                    self.assertIsNone(session.waiter, f"{argv} waits")
        return engine

    def test_generated_commands(self):
        generator = Generator(_SEED, groups=_GROUPS)
        for number in range(_SEQUENCES):
            with self.subTest(sequence=number):
                self.setUp()
                _, steps = generator.sequence(number)
                self.play(steps)
                self.compare(self.replayed(self.journal.take()))

    def test_fields_that_expire(self):
        self.run_all("""
            HSET h a 1 b 2 c 3 d 4; HEXPIRE h 10 FIELDS 2 a b; HPEXPIRE h 5 FIELDS 1 c; HINCRBYFLOAT h a 1.5
            HPERSIST h FIELDS 1 b; HEXPIRE h 100 NX FIELDS 2 a d; COPY h h2; HEXPIRE h2 0 FIELDS 1 b
            HSET h a 5; RENAME h h3; HGETALL h3""")
        self.compare(self.replayed(self.journal.take()))

    def test_deliveries(self):
        self.run_all("""
            XADD x 1-1 f v; XADD x 2-1 f v; XADD x 3-1 f v; XADD x 4-1 f v; XGROUP CREATE x g 0
            XREADGROUP GROUP g c COUNT 3 STREAMS x >; XCLAIM x g d 0 1-1 IDLE 7000; XCLAIM x g d 0 2-1 RETRYCOUNT 9
            XAUTOCLAIM x g e 5000 0 COUNT 1; XDEL x 3-1; XCLAIM x g d 0 3-1; XREADGROUP GROUP g f STREAMS x >""")
        other = self.replayed(self.journal.take())
        self.compare(other)
        self.assertEqual(*([(id_, entry.consumer.name, entry.delivered_ms, entry.deliveries)
                            for id_, entry in engine.keyspace.databases[0].values[b"x"].groups[b"g"].pending.items()]
                           for engine in (self.engine, other)))

    def run_all(self, text):
        for command in text.replace(";", "\n").splitlines():
            if command.strip():
                self.client.wire(command)
                self.clock.advance(_BETWEEN_STEPS_S)

    def compare(self, other):
        self.assertEqual(*([picture(database) for database in engine.keyspace.databases]
                           for engine in (self.engine, other)))
        self.assertEqual(*(dataset_digest(engine.keyspace.databases) for engine in (self.engine, other)))


def picture(database):
    """What the digest of a database does not tell."""
    streams = {key: describe_stream(value) for key, value in database.values.items() if value.__class__ is Stream}
    fields = {key: value.expiries.times for key, value in database.values.items()
              if value.__class__ is ExpiringHash and value.expiries.times}
    return sorted(database.values), database.expires, streams, fields


def describe_stream(stream):
    groups = {name: (members.last_id, members.entries_read, sorted(members.consumers),
                     {id_: entry.consumer.name for id_, entry in members.pending.items()})
              for name, members in stream.groups.items()}
    return len(stream), stream.last_id, stream.max_deleted_id, stream.entries_added, groups


if __name__ == "__main__":
    unittest.main()
