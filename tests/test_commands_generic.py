"""Commands for keys of any type: exact replies, events, copies of every type."""
import unittest
from unittest import mock

from tests.support import CommandTestCase, EngineTestCase

NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
OUT_OF_INT = "-ERR value is out of range, value must between -2147483648 and 2147483647"
NO_DATABASE = "-ERR DB index is out of range"
SYNTAX_ERROR = "-ERR syntax error"
SAME = "-ERR source and destination objects are the same"
NO_KEY = "-ERR no such key"


class DelTest(CommandTestCase):
    def test_counts_what_was_there(self):
        for command in ("DEL", "UNLINK"):
            self.client.wire("MSET a 1 b 2")
            self.check(":2", f"{command} a a none b")
            self.check(":0", f"{command} a")

    def test_any_type_with_or_without_expiry(self):
        self.client.wire("SADD s a")
        self.client.wire("SET k v EX 100")
        self.check(":2", "DEL s k")
        self.client.wire("SET k v")
        self.check(":-1", "TTL k")

    def test_arity(self):
        self.check("-ERR wrong number of arguments for 'del' command", "DEL")


class ExistsTest(CommandTestCase):
    def test_counts_repeated_keys_repeatedly(self):
        self.client.wire("SET a 1")
        for command in ("EXISTS", "TOUCH"):
            self.check(":2", f"{command} a a none")
            self.check(":0", f"{command} none")

    def test_type(self):
        for command in ("SET a 1", "APPEND a 1", "RPUSH l 1", "SADD s 1", "HSET h a 1", "ZADD z 1 a"):
            self.client.wire(command)
        types = {"a": "string", "l": "list", "s": "set", "h": "hash", "z": "zset", "none": "none"}
        for key, name in types.items():
            self.check(f"+{name}", f"TYPE {key}")


class RenameTest(CommandTestCase):
    def test_takes_value_and_expiry_along(self):
        self.client.wire("SET a 1 EX 100")
        self.client.wire("SADD b x")
        self.check("+OK", "RENAME a b")
        self.check(":0", "EXISTS a")
        self.check(":100", "TTL b")
        self.client.wire("SET c 2")
        self.check("+OK", "RENAME c b")
        self.check(":-1", "TTL b")

    def test_to_itself(self):
        self.check(NO_KEY, "RENAME a a")
        self.client.wire("SET a 1 EX 100")
        self.check("+OK", "RENAME a a")
        self.check(":100", "TTL a")
        self.check(":0", "RENAMENX a a")

    def test_renamenx_spares_an_existing_key(self):
        self.client.wire("MSET a 1 b 2")
        self.check(":0", "RENAMENX a b")
        self.check(":1", "RENAMENX a c")
        self.check("$1\r\n1", "GET c")
        self.check(NO_KEY, "RENAMENX a c")


class MoveTest(CommandTestCase):
    def test_moves_value_and_expiry(self):
        self.client.wire("SET a 1 EX 100")
        self.check(":1", "MOVE a 1")
        self.check(":0", "EXISTS a")
        self.check(":0", "MOVE a 1")
        self.client.wire("SET a 2")
        self.check(":0", "MOVE a 1")                    # there is one already
        self.check(":1", "COPY a b DB 1")

    def test_errors_and_their_order(self):
        self.check(SAME, "MOVE none 0")
        self.check(NO_DATABASE, "MOVE none 16")
        self.check(NO_DATABASE, "MOVE none -1")
        self.check(NOT_AN_INTEGER, "MOVE none a")
        self.check(NOT_AN_INTEGER, "MOVE none 99999999999999999999")
        self.check(OUT_OF_INT, "MOVE none 4294967296")
        self.check(":0", "MOVE none 1")


class CopyTest(CommandTestCase):
    def test_copies_value_and_expiry(self):
        self.client.wire("SET a 1 EX 100")
        self.check(":1", "COPY a b")
        self.check(":100", "TTL b")
        self.check("$1\r\n1", "GET b")
        self.check(":0", "COPY none c")

    def test_replaces_only_when_told(self):
        self.client.wire("SET a 1")
        self.client.wire("SADD b x EX 100")
        self.client.wire("EXPIRE b 100")
        self.check(":0", "COPY a b")
        self.check(":1", "COPY a b replace REPLACE")
        self.check("+string", "TYPE b")
        self.check(":-1", "TTL b")

    def test_to_another_database(self):
        self.client.wire("SET a 1")
        self.check(":1", "COPY a a DB 1")
        self.check(":0", "COPY a a DB 1")
        self.check(":1", "COPY a a DB 1 REPLACE")
        self.check(":1", "COPY a b DB 2 DB 1 REPLACE")

    def test_errors_and_their_order(self):
        self.check(SAME, "COPY none none")
        self.check(SAME, "COPY a a DB 0")
        self.check(SYNTAX_ERROR, "COPY a a FOO")
        self.check(SYNTAX_ERROR, "COPY a b DB")
        self.check(NO_DATABASE, "COPY a a DB 16")
        self.check(NO_DATABASE, "COPY a b DB -1")
        self.check(NO_DATABASE, "COPY a b DB 16 FOO")
        self.check(NOT_AN_INTEGER, "COPY a b DB x")
        self.check(OUT_OF_INT, "COPY a b DB 4294967296")

    def test_the_copy_is_independent(self):
        for command in ("SET text a", "APPEND text b", "RPUSH list a b", "SADD set 1 2", "HSET hash f v",
                        "ZADD zset 1 a"):
            self.client.wire(command)
        for key in ("text", "list", "set", "hash", "zset"):
            self.check(":1", f"COPY {key} {key}2")
        for command in ("APPEND text c", "RPUSH list c", "SADD set x", "HSET hash g v", "ZADD zset 2 b 3 a"):
            self.client.wire(command)
        self.check("$2\r\nab", "GET text2")
        self.check("*2\r\n$1\r\na\r\n$1\r\nb", "LRANGE list2 0 -1")
        self.check("*2\r\n$1\r\n1\r\n$1\r\n2", "SMEMBERS set2")
        self.check("*2\r\n$1\r\nf\r\n$1\r\nv", "HGETALL hash2")
        self.check("*2\r\n$1\r\na\r\n$1\r\n1", "ZRANGE zset2 0 -1 WITHSCORES")
        self.check("$3\r\nraw", "OBJECT ENCODING text2")
        self.check("$6\r\nintset", "OBJECT ENCODING set2")

    def test_large_values_keep_their_encoding(self):
        members = [b"%d" % number for number in range(4000)]
        self.client.wire("RPUSH", "list", *members)
        self.client.wire("SADD", "set", *members)
        self.client.wire("HSET", "hash", *members)
        self.client.wire("ZADD", "zset", *members)
        encodings = {"list": "quicklist", "set": "hashtable", "hash": "hashtable", "zset": "skiplist"}
        for key, encoding in encodings.items():
            self.check(":1", f"COPY {key} {key}2")
            self.check(f"${len(encoding)}\r\n{encoding}", f"OBJECT ENCODING {key}2")
        self.check(":4000", "LLEN list2")
        self.check("$4\r\n3999", "LINDEX list2 -1")
        self.check(":4000", "SCARD set2")
        self.check(":1", "SISMEMBER set2 1234")
        self.check("$1\r\n1", "HGET hash2 0")
        self.check(":1999", "ZRANK zset2 3999")


class WaitTest(CommandTestCase):
    def test_no_replica_to_wait_for(self):
        self.check(":0", "WAIT 0 0")
        self.check(":0", "WAIT -1 10")
        self.check("*2\r\n:0\r\n:0", "WAITAOF 0 0 0")

    def test_errors_and_their_order(self):
        self.check(NOT_AN_INTEGER, "WAIT a a")
        self.check("-ERR timeout is not an integer or out of range", "WAIT 0 a")
        self.check("-ERR timeout is not an integer or out of range", "WAIT 1 1.5")
        self.check("-ERR timeout is negative", "WAIT -1 -1")
        self.check("-ERR timeout is out of range", "WAIT 1 9223372036854775807")
        self.check("-ERR value is out of range, value must between 0 and 1", "WAITAOF 2 a -1")
        self.check("-ERR value is out of range, value must between 0 and 1", "WAITAOF -1 a a")
        self.check(NOT_AN_INTEGER, "WAITAOF a a a")
        self.check("-ERR value is out of range, must be positive", "WAITAOF 1 a a")
        self.check("-ERR value is out of range, must be positive", "WAITAOF 0 -1 a")
        self.check("-ERR timeout is not an integer or out of range", "WAITAOF 1 0 a")
        self.check("-ERR timeout is negative", "WAITAOF 1 0 -1")
        self.check("-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
                   "WAITAOF 1 0 0")


class WaitBlocksTest(EngineTestCase):
    def test_until_the_time_is_up(self):
        for command, reply in (("WAIT 1 500", b":0\r\n"), ("WAITAOF 0 1 500", b"*2\r\n:0\r\n:0\r\n")):
            self.client.block(command)
            waiter = self.client.waiter
            self.assertEqual(waiter.deadline_s, self.clock.monotonic() + 0.5)
            waiter.finish(waiter.on_timeout)
            self.assertEqual(self.client.late_reply(), reply)


class ChangesTest(EngineTestCase):
    """Keyspace events, dirty count, hits and misses, each as a real server was seen to count them."""

    def setUp(self):
        super().setUp()
        self.events = []
        self.engine.keyspace.notify = \
            lambda database, event, key: self.events.append(f"{event}:{key.decode()}@{database.number}")
        self.execute("MSET a 1 b 2")

    def check_changes(self, command, events, dirty=0, hits=0, misses=0):
        keyspace = self.engine.keyspace
        self.events.clear()
        keyspace.dirty = keyspace.hits = keyspace.misses = 0
        self.execute(command)
        self.assertEqual((" ".join(self.events), keyspace.dirty, keyspace.hits, keyspace.misses),
                         (events, dirty, hits, misses), command)

    def test_deleting_and_looking(self):
        self.check_changes("EXISTS a none", "keymiss:none@0", hits=1, misses=1)
        self.check_changes("TOUCH a none", "keymiss:none@0", hits=1, misses=1)
        self.check_changes("TYPE none", "keymiss:none@0", misses=1)
        self.check_changes("TYPE a", "", hits=1)
        self.check_changes("DEL a none b", "del:a@0 del:b@0", 2)
        self.check_changes("UNLINK a", "")

    def test_moving_and_copying(self):
        self.check_changes("RENAME a b", "new:b@0 rename_from:a@0 rename_to:b@0", 1)
        self.check_changes("RENAME b b", "")
        self.check_changes("RENAME none b", "")
        self.check_changes("RENAMENX b a", "new:a@0 rename_from:b@0 rename_to:a@0", 1)
        self.check_changes("COPY a b", "new:b@0 copy_to:b@0", 1, hits=1)
        self.check_changes("COPY a b", "", hits=1)
        self.check_changes("COPY none x", "keymiss:none@0", misses=1)
        self.check_changes("COPY a b DB 2", "new:b@2 copy_to:b@2", 1, hits=1)
        self.check_changes("MOVE a 1", "new:a@1 move_from:a@0 move_to:a@1", 1)
        self.check_changes("MOVE a 1", "")


class AccessTest(EngineTestCase):
    def test_looking_at_a_key_is_no_use_of_it_but_touch_is(self):
        self.execute("SET k 1 EX 1000")
        self.clock.advance(100)
        for command in ("EXISTS k", "TYPE k", "TTL k", "PEXPIRETIME k", "OBJECT ENCODING k",
                        "SCAN 0 TYPE string", "KEYS *"):
            self.execute(command)
            self.assertEqual(self.execute("OBJECT IDLETIME k"), 100, command)
        self.execute("TOUCH k")
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 0)


class UnlinkTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        patcher = mock.patch("redis_clone.commands.generic.dispose")
        self.dispose = patcher.start()
        self.addCleanup(patcher.stop)
        self.execute("SADD set a b")
        self.execute("SET text x")

    def disposed(self):
        return [[set(value) for value in call.args[1]] for call in self.dispose.call_args_list]

    def test_collections_are_taken_apart_elsewhere(self):
        self.assertEqual(self.execute("UNLINK set text none"), 2)
        self.assertEqual(self.disposed(), [[{b"a", b"b"}]])

    def test_del_does_it_when_configured(self):
        self.assertEqual(self.execute("DEL set"), 1)
        self.assertEqual(self.disposed(), [])
        self.execute("SADD set a")
        self.engine.config.set_many([("lazyfree-lazy-user-del", "yes")])
        self.assertEqual(self.execute("DEL set"), 1)
        self.assertEqual(self.disposed(), [[{b"a"}]])


class WakingTest(EngineTestCase):
    """A key that arrives by another way than a push serves the clients that wait for it."""

    def check_wakes(self, command, database=0):
        other = self.new_client()
        self.client.wire("SELECT", database)
        self.client.block("BLPOP waited 0")
        other.wire("RPUSH source a")
        other.wire(command)
        self.assertEqual(self.client.late_reply(), b"*2\r\n$6\r\nwaited\r\n$1\r\na\r\n")

    def test_rename(self):
        self.check_wakes("RENAME source waited")

    def test_renamenx(self):
        self.check_wakes("RENAMENX source waited")

    def test_copy(self):
        self.check_wakes("COPY source waited")

    def test_copy_to_another_database(self):
        self.check_wakes("COPY source waited DB 3", database=3)

    def test_move(self):
        self.client.wire("SELECT 3")
        self.client.block("BLPOP waited 0")
        other = self.new_client()
        other.wire("RPUSH waited a")
        other.wire("MOVE waited 3")
        self.assertEqual(self.client.late_reply(), b"*2\r\n$6\r\nwaited\r\n$1\r\na\r\n")


if __name__ == "__main__":
    unittest.main()
