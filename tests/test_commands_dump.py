"""DUMP, RESTORE and MIGRATE. The payloads stem from valkey-server 8.0.1 (RDB version 11)."""
import socket
import threading

from redis_clone.client import Client
from redis_clone.persistence.crc64 import crc64

from .events import EventTestCase
from .support import REAL, CommandTestCase, EngineTestCase, ServerTestCase

HELLO = b"\x00\x05hello\x0b\x00\n\xadb\x05\x98\xab\xc9\x83"
LIST = (b"\x12\x01\x02))\x00\x00\x00\x07\x00\x81a\x02\x01\x01\xdf\xfb\x02\xf1\x00\x10\x03\xf2p\x11\x01\x04"
        b"\xf4\xff\xe7vH\x17\x00\x00\x00\t\x85hello\x06\xff\x0b\x00*\xae\xae\x85\xadQc\x8d")
QUICKLIST = (b"\x12\x02\x02\r\r\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\x02\n\n\x00\x00\x00\x01\x00\x81c\x02\xff"
             b"\x0b\x00\xcf\xde/\xdb\n\xa9\\I")
INTSET = b"\x0b\x10\x04\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00p\x11\x01\x00\x0b\x00N\xea\xfe\x1d\x00\xf9\xbfM"
SET = b"\x14\x0f\x0f\x00\x00\x00\x03\x00\x81b\x02\x81a\x02\x01\x01\xff\x0b\x00\x07\xd3\xcc\x00\xbfQ\x00\x18"
HASH = b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81g\x02\x01\x01\xff\x0b\x00J\x1e\x18\x90\xa0e\x01\x95"
ZSET = (b"\x11\x1a\x1a\x00\x00\x00\x06\x00\x81a\x02\xdf\xff\x02\x81b\x02\x831.5\x04\x81c\x02\x03\x01\xff\x0b\x00"
        b"\xffc\xf6\x03\xfb\xa9\xa4\xc1")
X40 = b"\x00\xc3\t(\x01xx\xe0\x1b\x00\x01xx\x0b\x00\x13\xc2\xd1\xbdX\xdf\xfa\xba"
STREAM = (b"\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"
          b"\x0b\x00\x96\xf2n\x9f\xca\xcf\xc5r")


def bulk(data):
    return b"$%d\r\n%b\r\n" % (len(data), data)


def sealed(data, version=9):
    """A payload from a type and a value: with its version and checksum."""
    data += version.to_bytes(2, "little")
    return data + crc64(data).to_bytes(8, "little")


class DumpTest(CommandTestCase):
    def check_dump(self, payload, *command):
        self.client.wire("DEL k")
        self.client.wire(*command)
        self.check(bulk(payload), "DUMP k")

    def test_a_missing_key_has_none(self):
        self.check("$-1", "DUMP nosuch")

    def test_strings(self):
        self.check_dump(HELLO, "SET k hello")
        self.check_dump(b"\x00\xc190\x0b\x00\xf4KWTnc\xe10", "SET k 12345")
        self.check_dump(b"\x00\xc2\x90\xee\xfe\xff\x0b\x00A\xaac\x08\xeet\xc1\x89", "SET k -70000")
        self.check_dump(b"\x00\x0b12345678901\x0b\x00Y\x91\xef\xa4\xda\x88\x8c\x99", "SET k 12345678901")
        self.check_dump(b"\x00\x00\x0b\x004D\xe13\xf2\xe0KS", "SET", "k", "")

    def test_numbers_that_were_counted_and_strings_that_were_appended_to(self):
        self.check_dump(b"\x00\xc190\x0b\x00\xf4KWTnc\xe10", "INCRBY k 12345")
        self.client.wire("SET k hel")
        self.client.wire("APPEND k lo")
        self.check(bulk(HELLO), "DUMP k")

    def test_strings_are_compressed_where_that_helps(self):
        self.client.wire("SET", "k", "x" * 40)
        self.assertLess(len(self.client.wire("DUMP k")), 40)        # how well it is done is not defined
        self.check("+OK", "RESTORE", "k", 0, X40, "REPLACE")
        self.check(bulk(b"x" * 40), "GET k")
        self.check_dump(b"\x00\x180123456789abcdefghijklmn\x0b\x00\x88T\n;\x80R+C", "SET k 0123456789abcdefghijklmn")

    def test_lists(self):
        self.check_dump(LIST, "RPUSH k a 1 -5 4096 70000 99999999999 hello")
        self.client.wire("CONFIG SET list-max-listpack-size 2")
        self.addCleanup(self.client.wire, "CONFIG SET list-max-listpack-size -2")
        self.check_dump(QUICKLIST, "RPUSH k a b c")

    def test_sets(self):
        self.check_dump(INTSET, "SADD k 70000 1")
        self.check_dump(SET, "SADD k b a 1")

    def test_hashes_and_sorted_sets(self):
        self.check_dump(HASH, "HSET k f v g 1")
        self.check_dump(ZSET, "ZADD k 1.5 b -1 a 3 c")

    def test_minus_zero_is_zero_in_a_listpack(self):
        self.check_dump(b"\x11\x14\x14\x00\x00\x00\x04\x00\x81a\x02\x00\x01\x81b\x02\x83inf\x04\xff\x0b\x00=\x95"
                        b"\xbb\xd4%2\xde\xb2", "ZADD k -0 a inf b")

    def test_large_sorted_sets_come_from_the_highest_score_down(self):
        self.client.wire("CONFIG SET rdbcompression no")
        self.addCleanup(self.client.wire, "CONFIG SET rdbcompression yes")
        self.check_dump(sealed(b"\x05\x02\x01n\x00\x00\x00\x00\x00\x00\x04@" + b"@A" + b"m" * 65
                               + b"\x00\x00\x00\x00\x00\x00\xf0?", 11), "ZADD", "k", 1, "m" * 65, 2.5, "n")

    def test_streams(self):
        self.check_dump(STREAM, "XGROUP CREATE k g 0 MKSTREAM")


class DumpVersionTest(EngineTestCase):
    config = {"rdb-version": "10"}

    def test_redis_7_0_gets_what_it_can_read(self):
        self.execute("SADD k b a 1")
        self.assertEqual(self.execute("DUMP k")[:-8], b"\x02\x03\x01b\x01a\xc0\x01\x0a\x00")
        self.execute("XGROUP CREATE s g 0 MKSTREAM")
        self.assertEqual(self.execute("DUMP s")[0], 19)

    def test_the_version_can_be_changed(self):
        self.execute("SET k v")
        self.execute("CONFIG SET rdb-version 11")
        self.assertEqual(self.execute("DUMP k")[-10:-8], b"\x0b\x00")
        self.assert_error("ERR CONFIG SET failed (possibly related to argument 'rdb-version') - argument must be "
                          "between 10 and 11 inclusive", "CONFIG SET rdb-version 12")

    def test_hashes_whose_fields_expire_need_a_newer_version_anyway(self):
        self.execute("HSET k f v")
        self.execute("HEXPIRE k 100 FIELDS 1 f")
        payload = self.execute("DUMP k")
        self.assertEqual((payload[0], payload[-10:-8]), (25, b"\x0c\x00"))
        self.assertEqual(self.execute("RESTORE", "k", 0, payload, "REPLACE"), "OK")
        self.assertEqual(self.execute("HTTL k FIELDS 1 f"), [100])


class RestoreTest(CommandTestCase):
    def restore(self, payload, *options):
        self.check("+OK", "RESTORE", "k", 0, payload, "REPLACE", *options)

    def test_every_type_comes_back(self):
        for payload, encoding in ((HELLO, "embstr"), (LIST, "listpack"), (QUICKLIST, "quicklist"), (INTSET, "intset"),
                                  (SET, "listpack"), (HASH, "listpack"), (ZSET, "listpack"), (STREAM, "stream")):
            self.restore(payload)
            self.check(bulk(encoding.encode()), "OBJECT ENCODING k")
            self.check(bulk(payload), "DUMP k")

    def test_the_encoding_is_that_of_this_servers_limits(self):
        for directive, low, usual, payload, encoding in (
                ("set-max-intset-entries", 1, 512, INTSET, b"hashtable"),
                ("set-max-listpack-entries", 2, 128, SET, b"hashtable"),
                ("set-max-listpack-value", 0, 64, SET, b"listpack"),
                ("hash-max-listpack-entries", 1, 512, HASH, b"hashtable"),
                ("hash-max-listpack-value", 0, 64, HASH, b"listpack"),
                ("zset-max-listpack-entries", 2, 128, ZSET, b"skiplist"),
                ("list-max-listpack-size", 2, -2, LIST, b"quicklist"),
                ("list-max-listpack-size", 7, -2, LIST, b"listpack")):
            self.client.wire("CONFIG", "SET", directive, low)
            try:
                self.restore(payload)
                self.check(bulk(encoding), "OBJECT ENCODING k")
            finally:
                self.client.wire("CONFIG", "SET", directive, usual)

    def test_errors_come_in_redis_order(self):
        self.client.wire("SET s v")
        self.check("-ERR syntax error", "RESTORE", "s", "x", "bad", "BOO")
        self.check("-BUSYKEY Target key name already exists.", "RESTORE", "s", "x", "bad")
        self.check("-ERR value is not an integer or out of range", "RESTORE", "k", "x", "bad")
        self.check("-ERR Invalid TTL value, must be >= 0", "RESTORE", "k", "-1", "bad")
        self.check("-ERR DUMP payload version or checksum are wrong", "RESTORE", "k", "0", "bad")
        self.check("-ERR Bad data format", "RESTORE", "k", "0", sealed(b"\x0c\x0a"))
        self.check(":0", "EXISTS k")

    def test_options(self):
        for error, *options in (
                ("ERR syntax error", "IDLETIME"), ("ERR syntax error", "FREQ"),
                ("ERR syntax error", "IDLETIME", 10, "FREQ", 1), ("ERR syntax error", "FREQ", 1, "IDLETIME", 10),
                ("ERR value is not an integer or out of range", "IDLETIME", "x"),
                ("ERR Invalid IDLETIME value, must be >= 0", "IDLETIME", -1),
                ("ERR Invalid FREQ value, must be >= 0 and <= 255", "FREQ", 256)):
            self.check("-" + error, "RESTORE", "k", 0, HELLO, *options)
        self.check("+OK", "RESTORE", "k", 0, HELLO, "replace", "absttl", "freq", 1, "FREQ", 255)

    def test_a_payload_must_be_whole_and_of_a_known_version(self):
        for payload in (b"", HELLO[:-1], LIST[1:], HELLO[:3] + b"X" + HELLO[4:], HELLO[:-8] + bytes(8),
                        sealed(b"\x00\x05hello", 13)):
            self.check("-ERR DUMP payload version or checksum are wrong", "RESTORE", "k", 0, payload)
        self.restore(sealed(b"\x00\x05hello", 1))

    def test_a_value_that_makes_no_sense_is_refused_and_the_old_one_stays(self):
        self.client.wire("SET k old")
        for data in (b"", b"\xff", b"\x08\x05hello", b"\x02\x00", b"\x02\x02\xc0\x01\xc0\x01", b"\x00\xc5hello"):
            self.check("-ERR Bad data format", "RESTORE", "k", 0, sealed(data), "REPLACE")
        self.check(bulk(b"old"), "GET k")

    def test_what_stands_after_the_value_is_ignored(self):
        self.restore(sealed(b"\x00\x05hello and more"))
        self.check(bulk(b"hello"), "GET k")

    def test_the_checksum_can_be_skipped(self):
        self.client.wire("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1")
        try:
            self.restore(HELLO[:-8] + bytes(8))
        finally:
            self.client.wire("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0")
        self.check("-ERR DUMP payload version or checksum are wrong", "RESTORE", "x", 0, HELLO[:-8] + bytes(8))

    def test_a_time_to_live_that_is_over_deletes_only(self):
        self.check("+OK", "RESTORE", "k", 1, HELLO, "ABSTTL")
        self.check(":0", "EXISTS k")
        self.client.wire("SET k v")
        self.check("+OK", "RESTORE", "k", 1, HELLO, "ABSTTL", "REPLACE")
        self.check(":0", "EXISTS k")

    def test_times_to_live(self):
        self.restore(HELLO)
        self.check(":-1", "PTTL k")
        self.check("+OK", "RESTORE", "k", "33333333333333", HELLO, "ABSTTL", "REPLACE")
        self.check(":33333333333333", "PEXPIRETIME k")
        self.check("+OK", "RESTORE", "k", "100000", HELLO, "REPLACE")
        self.check(":100", "TTL k")

    def test_restore_asking_is_the_same(self):
        self.check("+OK", "RESTORE-ASKING", "k", 0, HELLO)
        self.check(bulk(b"hello"), "GET k")

    def test_a_waiting_client_is_served(self):
        waiting = self.new_client()
        self.addCleanup(waiting.close)
        if REAL:
            self.skipTest("looks into the engine")
        waiting.block("BLPOP k 0")
        self.restore(LIST)
        self.assertEqual(waiting.late_reply(), b"*2\r\n$1\r\nk\r\n$1\r\na\r\n")


class RestoreAccessTest(EngineTestCase):
    def test_idle_time(self):
        self.execute("RESTORE", "k", 0, HELLO, "IDLETIME", 1000)
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 1000)

    def test_frequency_counts_only_with_such_a_policy(self):
        self.execute("RESTORE", "k", 0, HELLO, "FREQ", 100)
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 0)
        self.execute("CONFIG SET maxmemory-policy allkeys-lfu")
        self.execute("RESTORE", "k", 0, HELLO, "REPLACE", "FREQ", 100)
        self.assertEqual(self.execute("OBJECT FREQ k"), 100)
        self.execute("RESTORE", "k", 0, HELLO, "REPLACE", "IDLETIME", 100)
        self.assertEqual(self.execute("OBJECT FREQ k"), 5)

    def test_a_client_that_touches_nothing_may_say_so_all_the_same(self):
        self.execute("CLIENT NO-TOUCH ON")
        self.execute("RESTORE", "k", 0, HELLO, "IDLETIME", 1000)
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 1000)
        self.execute("CONFIG SET maxmemory-policy volatile-lfu")
        self.execute("RESTORE", "k", 0, HELLO, "REPLACE", "FREQ", 7)
        self.assertEqual(self.execute("OBJECT FREQ k"), 7)

    def test_the_longest_time_to_live(self):
        self.execute("RESTORE", "k", (1 << 63) - 1, HELLO)
        self.assertEqual(self.execute("PEXPIRETIME k"), (1 << 63) - 1)


class RestoreEventsTest(EventTestCase):
    def check_restore(self, events, changes, *options):
        self.events.clear()
        before = self.engine.keyspace.dirty
        self.execute("RESTORE", *options)
        self.assertEqual(self.events, events)
        self.assertEqual(self.engine.keyspace.dirty - before, changes)

    def test_events(self):
        self.check_restore(["restore k"], 1, "k", 0, HELLO)
        self.check_restore([], 0, "k", 0, HELLO)
        self.check_restore(["restore k"], 1, "k", 1000, HELLO, "REPLACE")
        self.check_restore(["del k"], 1, "k", 1, HELLO, "REPLACE", "ABSTTL")
        self.check_restore([], 0, "k", 1, HELLO, "REPLACE", "ABSTTL")


class MigrateArgumentsTest(CommandTestCase):
    def test_without_keys_nothing_is_connected(self):
        self.check("+NOKEY", "MIGRATE", "no.such.host.invalid", "1", "nosuch", 0, 10)
        self.check("+NOKEY", "MIGRATE", "127.0.0.1", "1", "", 0, 10, "KEYS", "a", "b")
        self.check("+NOKEY", "MIGRATE", "127.0.0.1", "1", "", 0, 10, "KEYS")

    def test_options(self):
        for options in (("BOO",), ("AUTH",), ("AUTH2", "user"), ("COPY", "AUTH")):
            self.check("-ERR syntax error", "MIGRATE", "127.0.0.1", "1", "k", "x", "y", *options)
        self.check("-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
                   "MIGRATE", "127.0.0.1", "1", "k", "x", "y", "KEYS", "k")

    def test_numbers(self):
        for database, timeout in (("x", "10"), ("0", "x")):
            self.check("-ERR value is not an integer or out of range",
                       "MIGRATE", "127.0.0.1", "1", "k", database, timeout)

    def test_nobody_listens(self):
        self.client.wire("SET k v")
        for port in ("1", "0", "99999", "abc"):
            self.check("-IOERR error or timeout writing to target instance", "MIGRATE", "127.0.0.1", port, "k", 0, 1000)
        self.check("-IOERR error or timeout connecting to the client", "MIGRATE", "", "1", "k", 0, 1000)
        self.check(":1", "EXISTS k")


class MigratePasswordTest(EngineTestCase):
    config = {"slowlog-log-slower-than": "0"}

    def test_passwords_are_not_in_the_slow_log(self):
        for options, shown in ((("COPY", "auth", "secret"), [b"COPY", b"auth", b"(redacted)"]),
                               (("AUTH2", "me", "secret", "KEYS", "auth", "k"),
                                [b"AUTH2", b"(redacted)", b"(redacted)", b"KEYS", b"auth", b"k"])):
            self.execute("MIGRATE", "host", "1", "", "0", "10", *options)
            self.assertEqual(self.execute("SLOWLOG GET 1")[0][3][6:], shown)


class MigrateTest(ServerTestCase):
    """From one server to another, both here."""

    def setUp(self):
        super().setUp()
        self.source = self.server
        super().setUp()
        self.target = self.server
        self.client, self.other = Client(port=self.source.port), Client(port=self.target.port)
        self.addCleanup(self.client.close)
        self.addCleanup(self.other.close)

    def migrate(self, *args, database=0, key="k", timeout_ms=1000):
        return self.client.execute("MIGRATE", "127.0.0.1", self.target.port, key, database, timeout_ms, *args)

    def assert_refused(self, text, *args, **options):
        with self.assertRaisesRegex(Exception, text):
            self.migrate(*args, **options)

    def test_a_key_moves(self):
        self.client.execute("RPUSH", "k", "a", "b")
        self.assertEqual(self.migrate(database=3), "OK")
        self.assertEqual(self.client.execute("EXISTS", "k"), 0)
        self.other.execute("SELECT", 3)
        self.assertEqual(self.other.execute("LRANGE", "k", 0, -1), [b"a", b"b"])

    def test_many_keys_and_their_expiries(self):
        keys = [f"key:{number}" for number in range(200)]
        for key in keys:
            self.client.execute("SET", key, key, "PX", 100_000)
        self.assertEqual(self.migrate("KEYS", "nosuch", *keys, key=""), "OK")
        self.assertEqual((self.client.execute("DBSIZE"), self.other.execute("DBSIZE")), (0, 200))
        self.assertTrue(90_000 < self.other.execute("PTTL", "key:7") <= 100_000)

    def test_copies_stay(self):
        self.client.execute("SET", "k", "v")
        self.assertEqual(self.migrate("COPY"), "OK")
        self.assertEqual((self.client.execute("GET", "k"), self.other.execute("GET", "k")), (b"v", b"v"))

    def test_what_is_there_is_replaced_only_on_demand(self):
        self.client.execute("MSET", "k", "new", "l", "new")
        self.other.execute("SET", "k", "old")
        self.assert_refused("Target instance replied with error: BUSYKEY", "KEYS", "k", "l", key="")
        self.assertEqual(self.client.execute("KEYS", "*"), [b"k"])
        self.assertEqual(self.migrate("REPLACE"), "OK")
        self.assertEqual(self.other.execute("MGET", "k", "l"), [b"new", b"new"])

    def test_passwords(self):
        self.client.execute("SET", "k", "v")
        self.other.execute("CONFIG", "SET", "requirepass", "secret")
        self.assert_refused("ERR Target instance replied with error: NOAUTH")
        self.assert_refused("ERR Target instance replied with error: WRONGPASS", "AUTH", "wrong")
        self.assertEqual(self.migrate("AUTH2", "default", "secret", "COPY"), "OK")
        self.assertEqual(self.migrate("AUTH", "secret", "REPLACE"), "OK")
        self.assertEqual(self.client.execute("EXISTS", "k"), 0)

    def test_nothing_is_restored_into_the_wrong_database(self):
        self.client.execute("SET", "k", "v")
        self.assert_refused("ERR Target instance replied with error: ERR DB index is out of range", database=99)
        self.assertEqual((self.client.execute("EXISTS", "k"), self.other.execute("DBSIZE")), (1, 0))

    def test_a_server_cannot_wait_for_itself(self):
        self.client.execute("SET", "k", "v")
        with self.assertRaisesRegex(Exception, "IOERR error or timeout reading to target instance"):
            self.client.execute("MIGRATE", "127.0.0.1", self.source.port, "k", 1, 50)
        self.assertEqual(self.client.execute("EXISTS", "k"), 1)


class BadTargetTest(ServerTestCase):
    """The other server is slow, dies, or says nothing: no key is lost."""

    def setUp(self):
        super().setUp()
        self.client = Client(port=self.server.port)
        self.addCleanup(self.client.close)
        self.client.execute("MSET", "a", "1", "b", "2", "c", "3")

    def target(self, *replies, hang_up=False):
        """The port of a server that answers each thing it receives with one of `replies`."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        self.addCleanup(listener.close)

        def serve():
            connection, _ = listener.accept()
            self.addCleanup(connection.close)
            for reply in replies:
                connection.recv(65536)
                connection.sendall(reply)
            if hang_up:
                if not replies:
                    connection.recv(65536)
                connection.close()

        if replies or hang_up:
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            self.addCleanup(thread.join, 10)
        return listener.getsockname()[1]

    def check_failure(self, text, port, kept):
        with self.assertRaisesRegex(Exception, text):
            self.client.execute("MIGRATE", "127.0.0.1", port, "", 0, 100, "KEYS", "a", "b", "c")
        self.assertEqual([self.client.execute("EXISTS", key) for key in "abc"], kept)

    def test_it_says_nothing(self):
        self.check_failure("IOERR error or timeout reading to target instance", self.target(), [1, 1, 1])

    def test_it_hangs_up(self):
        self.check_failure("IOERR error or timeout reading to target instance", self.target(hang_up=True), [1, 1, 1])

    def test_it_falls_silent_after_the_first_key(self):
        port = self.target(b"+OK\r\n", b"+OK\r\n")
        self.check_failure("IOERR error or timeout reading to target instance", port, [0, 1, 1])

    def test_it_hangs_up_after_the_second_key(self):
        port = self.target(b"+OK\r\n", b"+OK\r\n+OK\r\n", hang_up=True)
        self.check_failure("IOERR error or timeout reading to target instance", port, [0, 0, 1])

    def test_it_refuses_one_key(self):
        port = self.target(b"+OK\r\n", b"+OK\r\n-OOM no\r\n+OK\r\n")
        self.check_failure("ERR Target instance replied with error: OOM no", port, [0, 1, 0])

    def test_it_refuses_one_key_and_falls_silent(self):
        port = self.target(b"+OK\r\n", b"-OOM no\r\n+OK\r\n")
        self.check_failure("ERR Target instance replied with error: OOM no", port, [1, 0, 1])

    def test_it_talks_nonsense(self):
        port = self.target(b"HTTP/1.0 400\r\n")
        self.check_failure("IOERR error or timeout reading to target instance", port, [1, 1, 1])
