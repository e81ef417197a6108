"""Keyspace notifications of every command: which events, of which keys, in which order.

A subscriber beside the client hears all classes of events. Messages are written as Redis' own names would be
read: "set k" is the event and the key in database 0, "move_to k@1" one in another database.
"""
import unittest

from redis_clone.blocking import give_up_overdue
from redis_clone.reply_parser import ReplyParser
from tests.support import REAL, CommandTestCase, receive

PREFIX = b"__keyevent@"


class Listener:
    """A client that is subscribed to all events, here or on a real server."""

    def __init__(self, client):
        self.client = client
        client.wire("PSUBSCRIBE", "__keyevent@*__:*")

    def heard(self):
        """The events since the last time."""
        parser = ReplyParser()
        parser.feed(self._received())
        return [self._shown(*reply[2:]) for reply in parser.replies if reply[0] == b"pmessage"]

    def _received(self):
        if not REAL:
            data, self.client.connection.pushed = self.client.connection.pushed, b""
            return data
        end = b"*2\r\n$4\r\npong\r\n$3\r\nend\r\n"
        self.client.socket.sendall(b"PING end\r\n")
        data = b""
        while not data.endswith(end):
            data += receive(self.client.socket, 1)
        return data

    def _shown(self, channel, key):
        database, _, event = channel[len(PREFIX):].partition(b"__:")
        text = f"{event.decode()} {key.decode()}"
        return text if database == b"0" else f"{text}@{database.decode()}"


class NotificationTestCase(CommandTestCase):
    """All classes of events are on; `self.listener` hears them through __keyevent@..."""

    def setUp(self):
        super().setUp()
        if REAL:
            self.client.wire("DEBUG SET-ACTIVE-EXPIRE 0")
        self.client.wire("CONFIG SET notify-keyspace-events EAmn")
        self.listener = Listener(self.another())

    def another(self):
        client = self.new_client()
        self.addCleanup(client.close)
        return client

    def given(self, *commands):
        """Run commands whose events are of no interest."""
        for command in commands:
            self.client.wire(command)
        self.listener.heard()

    def check_events(self, command, *events):
        """The command causes just these events."""
        reply = self.client.wire(command)
        self.assertEqual(self.listener.heard(), list(events), f"{command} -> {reply!r}")

    def check_silent(self, *commands):
        for command in commands:
            self.check_events(command)

    def pass_time(self, milliseconds):
        if REAL:
            self.client.wire(f"DEBUG SLEEP {milliseconds / 1000}")
        else:
            self.clock.advance(milliseconds / 1000)

    def given_due(self, key, command):
        """Let a command make a key, and its time to live run out."""
        self.given(command, f"PEXPIRE {key} 2")
        self.pass_time(10)


class StringEventsTest(NotificationTestCase):
    def test_setting(self):
        self.check_events("SET k v", "new k", "set k")
        self.check_events("SET k v", "set k")
        self.check_events("SET k v EX 100", "set k", "expire k")
        self.check_events("SET k v GET", "set k")
        self.check_events("SET other v GET", "keymiss other", "new other", "set other")
        self.check_silent("SET k v NX", "SET none v XX")
        self.check_events("SETEX k 100 v", "set k", "expire k")
        self.check_events("PSETEX p 100000 v", "new p", "set p", "expire p")
        self.check_events("SETNX n v", "new n", "set n")
        self.check_silent("SETNX n v")
        self.check_events("MSET k 1 m 2 k 3", "set k", "new m", "set m", "set k")
        self.check_events("MSETNX x 1 y 2", "new x", "set x", "new y", "set y")
        self.check_silent("MSETNX x 1 z 2")

    def test_reading_and_changing(self):
        self.given("SET k v EX 100")
        self.check_events("GETEX k PERSIST", "persist k")
        self.check_silent("GETEX k PERSIST", "GETEX k", "GET k", "STRLEN k")
        self.check_events("GETEX k EX 100", "expire k")
        self.check_events("GETSET k w", "set k")
        self.check_events("GETEX k PXAT 1", "del k")
        self.check_events("GETEX k", "keymiss k")
        self.check_events("GETSET k v", "keymiss k", "new k", "set k")
        self.check_events("GETDEL k", "del k")
        self.check_events("GETDEL k", "keymiss k")

    def test_counting_and_changing_in_place(self):
        self.check_events("INCR n", "new n", "incrby n")
        for command in ("INCR n", "DECR n", "INCRBY n 5", "DECRBY n 5"):
            self.check_events(command, "incrby n")
        self.check_events("INCRBYFLOAT n 1.5", "incrbyfloat n")
        self.check_silent("INCR n")
        self.check_events("APPEND a x", "new a", "append a")
        self.check_events("APPEND a x", "append a")
        self.check_events("SETRANGE a 1 y", "setrange a")
        self.client.wire("SETRANGE", "a", 1, "")
        self.assertEqual(self.listener.heard(), [])
        self.check_events("SETRANGE r 1 y", "new r", "setrange r")


class ListEventsTest(NotificationTestCase):
    def test_pushing_and_popping(self):
        self.check_silent("LPUSHX l a")
        self.check_events("RPUSH l a b", "new l", "rpush l")
        self.check_events("LPUSH l x", "lpush l")
        self.check_events("RPUSHX l d", "rpush l")
        self.check_events("LPOP l", "lpop l")
        self.check_events("RPOP l 2", "rpop l")
        self.check_silent("RPOP l 0", "RPOP none")
        self.check_events("LPOP l 5", "lpop l", "del l")

    def test_popping_of_the_first_list(self):
        self.given("RPUSH l a b c")
        self.check_events("LMPOP 2 none l LEFT", "lpop l")
        self.check_events("LMPOP 2 none l RIGHT COUNT 5", "rpop l", "del l")
        self.given("RPUSH l a b")
        self.check_events("BLMPOP 0 2 none l LEFT", "lpop l")
        self.check_events("BLPOP none l 0", "lpop l", "del l")
        self.given("RPUSH l a")
        self.check_events("BRPOP none l 0", "rpop l", "del l")

    def test_the_push_comes_before_the_pop_when_an_element_moves(self):
        self.given("RPUSH l a b c")
        self.check_events("LMOVE l m LEFT RIGHT", "new m", "rpush m", "lpop l")
        self.check_events("LMOVE l l LEFT RIGHT", "rpush l", "lpop l")
        self.check_events("RPOPLPUSH l m", "lpush m", "rpop l")
        self.check_events("BLMOVE l m LEFT LEFT 0", "lpush m", "lpop l", "del l")
        self.check_events("BRPOPLPUSH m l 0", "new l", "lpush l", "rpop m")
        self.check_silent("LMOVE none l LEFT LEFT")

    def test_changing(self):
        self.given("RPUSH l a b a b")
        self.check_events("LINSERT l BEFORE a x", "linsert l")
        self.check_events("LSET l 0 y", "lset l")
        self.check_events("LREM l 1 b", "lrem l")
        self.check_silent("LINSERT l BEFORE z x", "LREM l 0 z", "LSET l 50 x")
        self.check_events("LTRIM l 0 5", "ltrim l")
        self.check_events("LTRIM l 5 0", "ltrim l", "del l")
        self.check_silent("LTRIM l 0 1")
        self.given("RPUSH l a")
        self.check_events("LREM l 0 a", "lrem l", "del l")


class HashEventsTest(NotificationTestCase):
    def test_fields(self):
        self.check_events("HSET h a 1", "new h", "hset h")
        self.check_events("HSET h a 1 b 2", "hset h")
        self.check_events("HMSET h a 1", "hset h")
        self.check_events("HSETNX h c 1", "hset h")
        self.check_silent("HSETNX h c 1", "HDEL h none", "HDEL none a")
        self.check_events("HINCRBY h a 1", "hincrby h")
        self.check_events("HINCRBYFLOAT h a 1", "hincrbyfloat h")
        self.check_events("HINCRBYFLOAT i a 1", "new i", "hincrbyfloat i")
        self.check_silent("HINCRBY h a x", "HINCRBY j a x")
        self.check_events("HDEL h a b", "hdel h")
        self.check_events("HDEL h c", "hdel h", "del h")


class SetEventsTest(NotificationTestCase):
    def test_members(self):
        self.check_events("SADD s a b", "new s", "sadd s")
        self.check_silent("SADD s a", "SREM s x", "SREM none x")
        self.check_events("SREM s a", "srem s")
        self.check_events("SMOVE s t b", "srem s", "del s", "new t", "sadd t")
        self.given("SADD s b c")
        self.check_events("SMOVE s t b", "srem s")
        self.check_silent("SMOVE s s c", "SMOVE s t x", "SMOVE none t x")
        self.check_events("SREM s c", "srem s", "del s")

    def test_popping(self):
        self.given("SADD s a b c d")
        self.check_events("SPOP s", "spop s")
        self.check_events("SPOP s 1", "spop s")
        self.check_silent("SPOP s 0")
        self.check_events("SPOP s 5", "spop s", "del s")
        self.given("SADD s a")
        self.check_events("SPOP s", "spop s", "del s")

    def test_storing(self):
        self.given("SADD s a b", "SADD t b", "SADD u x")
        for command, event in (("SINTERSTORE", "sinterstore"), ("SUNIONSTORE", "sunionstore"),
                               ("SDIFFSTORE", "sdiffstore")):
            self.check_events(f"{command} new s", "new new", f"{event} new")
            self.check_events(f"{command} new s", f"{event} new")
            self.check_events(f"{command} new none", "keymiss none", "del new")
            self.check_events(f"{command} new none", "keymiss none")
        self.check_silent("SINTERSTORE new t u", "SINTERCARD 2 t u", "SINTER t u")


class SortedSetEventsTest(NotificationTestCase):
    def test_members(self):
        self.check_events("ZADD z 1 a 2 b", "new z", "zadd z")
        self.check_silent("ZADD z 1 a", "ZADD z NX 5 a", "ZADD none XX 1 a", "ZINCRBY z 0 a")
        self.check_events("ZADD z 3 a", "zadd z")
        self.check_events("ZADD z INCR 3 a", "zincr z")
        self.check_events("ZINCRBY y 3 a", "new y", "zincr y")
        self.check_events("ZREM z a", "zrem z")
        self.check_events("ZREM z a b", "zrem z", "del z")
        self.check_silent("ZREM z a")

    def test_popping(self):
        self.given("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f")
        self.check_events("ZPOPMIN z", "zpopmin z")
        self.check_events("ZPOPMAX z 2", "zpopmax z")
        self.check_silent("ZPOPMAX z 0", "ZPOPMIN none")
        self.check_events("ZMPOP 2 none z MIN", "zpopmin z")
        self.check_events("BZMPOP 0 1 z MAX", "zpopmax z")
        self.check_events("BZPOPMIN z 0", "zpopmin z", "del z")
        self.given("ZADD z 1 a")
        self.check_events("BZPOPMAX z 0", "zpopmax z", "del z")

    def test_ranges(self):
        self.given("ZADD z 0 a 0 b 0 c 0 d")
        self.check_events("ZREMRANGEBYRANK z 0 0", "zremrangebyrank z")
        self.check_events("ZREMRANGEBYLEX z [b [b", "zremrangebylex z")
        self.check_silent("ZREMRANGEBYSCORE z 5 6")
        self.check_events("ZRANGESTORE y z 0 -1", "new y", "zrangestore y")
        self.check_events("ZRANGESTORE y none 0 -1", "keymiss none", "del y")
        self.check_events("ZREMRANGEBYSCORE z 0 0", "zremrangebyscore z", "del z")

    def test_storing(self):
        self.given("ZADD z 1 a")
        for command in ("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"):
            self.check_events(f"{command} y 1 z", "new y", f"{command.lower()} y")
            self.check_events(f"{command} y 1 none", "keymiss none", "del y")
            self.check_events(f"{command} y 1 none", "keymiss none")


class GenericEventsTest(NotificationTestCase):
    def test_deleting(self):
        self.given("MSET a 1 b 2 c 3")
        self.check_events("DEL a none b a", "del a", "del b")
        self.check_events("UNLINK c none", "del c")

    def test_flushing_and_swapping_are_silent(self):
        self.given("MSET a 1 b 2")
        self.check_silent("SWAPDB 0 1", "SWAPDB 0 1", "FLUSHDB", "SET a 1 XX", "FLUSHALL")

    def test_renaming(self):
        self.given("MSET a 1 b 2")
        self.check_events("RENAME a c", "new c", "rename_from a", "rename_to c")
        self.check_events("RENAME b c", "new c", "rename_from b", "rename_to c")
        self.check_events("RENAMENX c a", "new a", "rename_from c", "rename_to a")
        self.check_silent("RENAME a a", "RENAMENX a a", "RENAME none a")

    def test_copying(self):
        self.given("SET a 1 EX 100", "SET b 2")
        self.check_silent("COPY a b")
        self.check_events("COPY a b REPLACE", "new b", "copy_to b")
        self.check_events("COPY a a DB 1", "new a@1", "copy_to a@1")
        self.check_events("COPY none b", "keymiss none")

    def test_moving_tells_both_databases(self):
        self.given("SET a 1")
        self.check_events("MOVE a 1", "new a@1", "move_from a", "move_to a@1")
        self.check_silent("MOVE a 1")

    def test_time_to_live(self):
        self.given("SET k v")
        for command in ("EXPIRE k 100", "PEXPIRE k 200000", "EXPIREAT k 4102444800",
                        "PEXPIREAT k 4102444800000"):
            self.check_events(command, "expire k")
        self.check_silent("EXPIRE k 100 GT", "EXPIRE none 100")
        self.check_events("PERSIST k", "persist k")
        self.check_silent("PERSIST k", "PERSIST none")
        self.check_events("EXPIRE k -1", "del k")


class MissTest(NotificationTestCase):
    def test_reading_a_missing_key_is_told(self):
        for command in ("GET k", "MGET k", "GETRANGE k 0 1", "STRLEN k", "EXISTS k", "TOUCH k", "TYPE k",
                        "TTL k", "PEXPIRETIME k", "LLEN k", "LRANGE k 0 1", "LINDEX k 0", "LPOS k a",
                        "HGET k f", "HMGET k f", "HGETALL k", "HLEN k", "HSTRLEN k f", "HRANDFIELD k",
                        "HSCAN k 0", "SMEMBERS k", "SCARD k", "SISMEMBER k a", "SRANDMEMBER k 2", "SINTER k",
                        "SSCAN k 0", "ZCARD k", "ZSCORE k a", "ZRANK k a", "ZRANGE k 0 1", "ZCOUNT k 0 1",
                        "ZUNION 1 k", "ZRANDMEMBER k", "ZSCAN k 0"):
            with self.subTest(command):
                self.check_events(command, "keymiss k")
        self.check_events("LCS k j", "keymiss k", "keymiss j")
        self.check_events("SINTER k j", "keymiss k", "keymiss j")

    def test_writing_and_looking_inside_are_no_reads(self):
        self.check_silent("DEL k", "LPOP k", "SPOP k", "HDEL k f", "EXPIRE k 100", "OBJECT ENCODING k",
                          "OBJECT IDLETIME k", "WATCH k", "RANDOMKEY", "SCAN 0", "KEYS *", "GET")


class ExpiryTest(NotificationTestCase):
    def test_a_key_that_is_found_due_expires_first(self):
        for command, *events in (
                ("GET k", "expired k", "keymiss k"), ("EXISTS k", "expired k", "keymiss k"),
                ("SET k v", "expired k", "new k", "set k"), ("INCR k", "expired k", "new k", "incrby k"),
                ("DEL k", "expired k"), ("EXPIRE k 10", "expired k"), ("SCAN 0", "expired k"),
                ("RENAME a k", "expired k", "new k", "rename_from a", "rename_to k")):
            with self.subTest(command):
                self.given("SET a 1")
                self.given_due("k", "SET k v")
                self.check_events(command, *events)

    def test_storing_nothing_deletes_a_due_key_unseen(self):
        self.given("SADD s a", "SADD t b")
        for command in ("SINTERSTORE k s t", "SDIFFSTORE k s s", "ZINTERSTORE k 2 s t",
                        "ZRANGESTORE k none 0 -1"):
            with self.subTest(command):
                self.given_due("k", "SET k v")
                missed = ["keymiss none"] if "none" in command else []
                self.check_events(command, *missed, "del k")

    @unittest.skipIf(REAL, "a real clock")
    def test_expires_without_anyone_touching_the_key(self):
        self.given("SET k v PX 50", "SET other v")
        self.clock.advance(1)
        self.engine.housekeep()
        self.assertEqual(self.listener.heard(), ["expired k"])
        self.engine.housekeep()
        self.assertEqual(self.listener.heard(), [])


class TransactionTest(NotificationTestCase):
    def test_events_come_when_the_transaction_is_run(self):
        self.check_silent("MULTI", "SET k v", "RPUSH l a", "LPOP l", "GET none")
        self.check_events("EXEC", "new k", "set k", "new l", "rpush l", "lpop l", "del l", "keymiss none")

    def test_a_transaction_that_is_not_run_causes_none(self):
        self.check_silent("MULTI", "SET k v", "DISCARD", "MULTI", "SET k v", "NOSUCH", "EXEC")


class BlockingTest(NotificationTestCase):
    def test_a_waiting_client_pops_after_the_push(self):
        other = self.another()
        if REAL:
            other.socket.sendall(b"BLMOVE l m LEFT RIGHT 0\r\n")
            while b"blocked_clients:1" not in self.client.wire("INFO clients"):
                pass
        else:
            other.block("BLMOVE l m LEFT RIGHT 0")
        self.check_events("RPUSH l a", "new l", "rpush l", "new m", "rpush m", "lpop l", "del l")
        if REAL:
            self.assertEqual(receive(other.socket, 7), b"$1\r\na\r\n")

    @unittest.skipIf(REAL, "a real clock")
    def test_giving_up_causes_none(self):
        other = self.another()
        other.block("BLPOP l 1")
        self.clock.advance(2)
        self.engine.keyspace.tick()
        give_up_overdue(self.engine)
        self.assertEqual(self.listener.heard(), [])


class ClassesTest(NotificationTestCase):
    COMMANDS = ("SET k v EX 100", "PERSIST k", "RENAME k m", "COPY m n", "MOVE m 2", "DEL n", "GET none",
                "INCR i", "RPUSH l a", "SADD s a", "HSET h f v", "ZADD z 1 a", "APPEND a x", "LPOP l")

    def test_each_letter_chooses_its_events(self):
        for letter, expected in (
                ("g", ["expire k", "persist k", "rename_from k", "rename_to m", "copy_to n", "move_from m",
                       "move_to m@2", "del n", "del l"]),
                ("$", ["set k", "incrby i", "append a"]), ("l", ["rpush l", "lpop l"]), ("s", ["sadd s"]),
                ("h", ["hset h"]), ("z", ["zadd z"]), ("m", ["keymiss none"]), ("x", []), ("e", []),
                ("t", []), ("n", ["new k", "new m", "new n", "new m@2", "new i", "new l", "new s", "new h",
                                  "new z", "new a"])):
            with self.subTest(letter):
                self.client.wire("FLUSHALL")
                self.client.wire(f"CONFIG SET notify-keyspace-events E{letter}")
                for command in self.COMMANDS:
                    self.client.wire(command)
                self.assertEqual(self.listener.heard(), expected)

    def test_expired_is_a_class_of_its_own(self):
        for letter, expected in (("x", ["expired k"]), ("g", ["expire k"])):
            self.client.wire(f"CONFIG SET notify-keyspace-events E{letter}")
            self.client.wire("SET k v PX 2")
            self.pass_time(10)
            self.client.wire("GET k")
            self.assertEqual(self.listener.heard(), expected)


class SubscriberTest(CommandTestCase):
    """What the messages look like, and to whom they go."""

    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET notify-keyspace-events KEA")

    def test_first_the_key_then_the_event(self):
        subscriber = self.new_client()
        self.addCleanup(subscriber.close)
        subscriber.wire("PSUBSCRIBE", "__key*__:*")
        self.client.wire("SET k v")
        expected = (b"*4\r\n$8\r\npmessage\r\n$10\r\n__key*__:*\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n"
                    b"*4\r\n$8\r\npmessage\r\n$10\r\n__key*__:*\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n")
        received = receive(subscriber.socket, len(expected)) if REAL else subscriber.connection.pushed
        self.assertEqual(received, expected)

    def test_a_client_hears_of_its_own_changes_after_the_reply(self):
        self.client.wire("HELLO 3")
        self.client.wire("SUBSCRIBE __keyevent@0__:set")
        message = b">3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$%d\r\n%b\r\n"
        self.check_all(b"+OK\r\n" + message % (1, b"k"), "SET k v")
        self.check("+OK", "MULTI")
        self.check("+QUEUED", "SET k v")
        self.check("+QUEUED", "SET key v")
        self.check_all(b"*2\r\n+OK\r\n+OK\r\n" + message % (1, b"k") + message % (3, b"key"), "EXEC")

    @unittest.skipIf(REAL, "looks at the client's outbox")
    def test_a_waiting_client_hears_of_what_it_pops_after_the_reply(self):
        self.client.wire("HELLO 3")
        self.client.wire("SUBSCRIBE __keyevent@0__:lpop")
        self.client.block("BLPOP l 0")
        self.new_client().wire("RPUSH l a")
        self.assertEqual(self.client.connection.pushed, b"*2\r\n$1\r\nl\r\n$1\r\na\r\n"
                         b">3\r\n$7\r\nmessage\r\n$19\r\n__keyevent@0__:lpop\r\n$1\r\nl\r\n")

    def test_only_the_chosen_classes_and_channels(self):
        self.client.wire("HELLO 3")
        self.client.wire("SUBSCRIBE __keyspace@0__:k")
        message = b">3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n$%d\r\n%b\r\n"
        for classes, heard in (("KEA", message % (3, b"set")), ("K$", message % (3, b"set")),
                               ("Kn", message % (3, b"new")), ("Kl", b""), ("E$", b""), ("K", b""),
                               ("$", b""), ("", b"")):
            with self.subTest(classes):
                self.client.wire("DEL k")
                self.client.wire("CONFIG", "SET", "notify-keyspace-events", "")
                self.client.wire("DEL", "k")
                self.client.wire("CONFIG", "SET", "notify-keyspace-events", classes)
                self.check_all(b"+OK\r\n" + heard, "SET k v")

    def test_channels_name_the_database_and_any_key(self):
        self.client.wire("HELLO 3")
        self.client.wire("SUBSCRIBE", b"__keyspace@3__:\xff \r\n")
        self.client.wire("SELECT 3")
        self.check_all(b"+OK\r\n>3\r\n$7\r\nmessage\r\n$19\r\n__keyspace@3__:\xff \r\n\r\n$3\r\nset\r\n",
                       "SET", b"\xff \r\n", "v")


if __name__ == "__main__":
    unittest.main()
