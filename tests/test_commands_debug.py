"""DEBUG and its words. RELOAD and LOADAOF are in test_loading.py."""
import io

from redis_clone.log import Log

from .support import CommandTestCase, EngineTestCase, test_config


def unknown(name):
    return f"-ERR unknown subcommand or wrong number of arguments for '{name}'. Try DEBUG HELP."


class DebugTest(CommandTestCase):
    def test_an_unknown_word_and_a_wrong_number_of_arguments_are_one_error(self):
        self.check(unknown("nosuch"), "DEBUG nosuch")
        for words in ("sleep", "SLEEP 0 1", "OBJECT", "DIGEST x", "POPULATE", "POPULATE 1 2 3 4", "LISTPACK", "LOG",
                      "ERROR", "PROTOCOL", "PROTOCOL a b", "JMAP x", "CHANGE-REPL-ID x", "SET-ACTIVE-EXPIRE",
                      "SET-ACTIVE-EXPIRE 1 2", "QUICKLIST-PACKED-THRESHOLD", "SET-SKIP-CHECKSUM-VALIDATION",
                      "PAUSE-CRON", "REPLYBUFFER", "REPLYBUFFER x", "HTSTATS", "HTSTATS-KEY", "STRINGMATCH-LEN"):
            self.check(unknown(words.split()[0]), "DEBUG " + words)

    def test_needs_a_word(self):
        self.check("-ERR wrong number of arguments for 'debug' command", "DEBUG")

    def test_help_is_lines_of_status_replies(self):
        lines = self.client.wire("DEBUG HELP").split(b"\r\n")
        self.assertEqual(lines[1], b"+DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        self.assertIn(b"+    Output a hex signature representing the current DB content.", lines)


class GuardTest(EngineTestCase):
    def make_config(self):
        config = test_config({})
        config.load([f"enable-debug-command {self.allowed}"], "test")
        return config

    def answer(self, allowed, address):
        self.allowed = allowed
        super().setUp()
        self.client.session.address = address
        return self.execute("DEBUG SLEEP 0")

    def test_is_for_whom_the_configuration_says(self):
        self.assertEqual(self.answer("yes", "10.0.0.1:1"), "OK")
        self.assertEqual(self.answer("local", "127.0.0.1:1"), "OK")
        refused = ("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run "
                   "it from a local connection, otherwise you need to set this option in the configuration file, and "
                   "then restart the server.")
        self.assertEqual(str(self.answer("local", "10.0.0.1:1")), refused)
        self.assertEqual(str(self.answer("no", "127.0.0.1:1")), refused)

    def setUp(self):
        pass                                    # each answer() makes an engine of its own


class SleepTest(CommandTestCase):
    def test_takes_decimals_and_what_is_no_number_as_zero(self):
        for seconds in ("0", "0.001", "-1", "1e-3x", "abc", "-abc"):
            self.check("+OK", "DEBUG", "sleep", seconds)


class ObjectTest(CommandTestCase):
    def fields(self, key):
        line = self.client.wire("DEBUG", "OBJECT", key).decode()
        self.assertRegex(line, r"^\+Value at:0x[0-9a-f]+ refcount:\d+ encoding:\w+ serializedlength:\d+ lru:\d+ "
                               r"lru_seconds_idle:\d+")
        return dict(word.split(":", 1) for word in line.split()[1:])

    def test_needs_a_key_that_is_there(self):
        self.check("-ERR no such key", "DEBUG OBJECT nosuch")

    def test_encoding_and_length_of_strings(self):
        for value, encoding, length in (("hello", "embstr", 6), ("123", "int", 2), ("-32769", "int", 5),
                                        ("12345678901", "int", 12), ("99999999999999999999", "embstr", 21)):
            self.client.wire("SET", "k", value)
            fields = self.fields("k")
            self.assertEqual((fields["encoding"], fields["serializedlength"]), (encoding, str(length)), value)

    def test_small_numbers_are_shared(self):
        self.client.wire("MSET a 9999 b 10000 c -1")
        self.assertEqual([self.fields(key)["refcount"] for key in "abc"], ["2147483647", "1", "1"])

    def test_encoding_and_length_of_collections(self):
        self.client.wire("RPUSH l a b c 1 2 3")
        self.client.wire("SADD i 1 2 3")
        self.client.wire("SADD s a b c")
        self.client.wire("HSET h a 1 b 2")
        self.client.wire("ZADD z 1 a 2 b")
        for key, encoding, length in (("l", "listpack", 25), ("i", "intset", 15), ("s", "listpack", 17),
                                      ("h", "listpack", 18), ("z", "listpack", 18)):
            fields = self.fields(key)
            self.assertEqual((fields["encoding"], fields["serializedlength"]), (encoding, str(length)), key)

    def test_nodes_of_a_long_list(self):
        self.client.wire("CONFIG SET list-max-listpack-size 2")
        try:
            self.client.wire("RPUSH l a b c d e f g")
            fields = self.fields("l")
        finally:
            self.client.wire("CONFIG SET list-max-listpack-size -2")
        self.assertEqual([fields[name] for name in ("serializedlength", "ql_nodes", "ql_avg_node", "ql_listpack_max",
                                                    "ql_compressed", "ql_uncompressed_size")],
                         ["58", "4", "1.75", "2", "0", "49"])


class ObjectIdleTest(EngineTestCase):
    def test_looking_is_no_use_of_the_key(self):
        self.execute("SET k v")
        self.clock.advance(30)
        for _ in range(2):
            self.assertTrue(self.execute("DEBUG OBJECT k").endswith(" lru_seconds_idle:30"))


class DigestCommandTest(CommandTestCase):
    """The digests themselves are tested in test_digest.py."""

    def test_of_no_keys_is_zero(self):
        self.check("+" + "0" * 40, "DEBUG DIGEST")
        self.check("*0", "DEBUG DIGEST-VALUE")
        self.check("*1\r\n+" + "0" * 40, "DEBUG DIGEST-VALUE nosuch")

    def test_of_several_values(self):
        self.client.wire("SET s hello")
        self.check("*2\r\n+36b23a1456b2dce2c3ed252c456761301dba8060\r\n+" + "0" * 40, "DEBUG DIGEST-VALUE s x")


class DigestOfExpiredKeyTest(EngineTestCase):
    def test_a_key_that_is_due_still_has_its_value(self):
        self.execute("SET k v PX 10")
        self.clock.advance(1)
        self.assertNotEqual(self.execute("DEBUG DIGEST-VALUE k"), ["0" * 40])


class PopulateTest(CommandTestCase):
    def test_makes_numbered_keys(self):
        self.check("+OK", "DEBUG POPULATE 3")
        self.check(":3", "DBSIZE")
        self.check("$7\r\nvalue:2", "GET key:2")
        self.check("+OK", "DEBUG POPULATE 1 other")
        self.check("$7\r\nvalue:0", "GET other:0")

    def test_values_are_cut_or_filled_to_a_size(self):
        self.client.wire("DEBUG POPULATE 1 long 10")
        self.check(b"$10\r\nvalue:0\0\0\0", "GET long:0")
        self.client.wire("DEBUG POPULATE 1 short 3")
        self.check("$3\r\nval", "GET short:0")
        self.client.wire("DEBUG POPULATE 1 any 0")
        self.check("$7\r\nvalue:0", "GET any:0")

    def test_keys_that_are_there_stay(self):
        self.client.wire("SET key:1 mine")
        self.client.wire("DEBUG POPULATE 2")
        self.check("$4\r\nmine", "GET key:1")

    def test_spoils_a_transaction_that_watches_a_new_key(self):
        self.client.wire("WATCH key:1")
        self.client.wire("DEBUG POPULATE 2")
        self.client.wire("MULTI")
        self.check("*-1", "EXEC")

    def test_counts_must_be_positive(self):
        for words in ("x", "-1", "9223372036854775808", "1 k x", "1 k -1"):
            self.check("-ERR value is out of range, must be positive", "DEBUG POPULATE " + words)
        self.check("+OK", "DEBUG POPULATE 0")
        self.check(":0", "DBSIZE")


class ProtocolTest(CommandTestCase):
    RESP2 = {
        "string": "$11\r\nHello World", "integer": ":12345", "double": "$5\r\n3.141", "null": "$-1",
        "array": "*3\r\n:0\r\n:1\r\n:2", "set": "*3\r\n:0\r\n:1\r\n:2", "map": "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0",
        "attrib": "$39\r\nSome real reply following the attribute",
        "push": "-ERR RESP2 is not supported by this command",
        "verbatim": "$25\r\nThis is a verbatim\nstring", "true": ":1", "FALSE": ":0",
        "bignum": "$37\r\n1234567999999999999999999999999999999",
    }
    RESP3 = {
        "string": "$11\r\nHello World", "integer": ":12345", "double": ",3.141", "null": "_",
        "array": "*3\r\n:0\r\n:1\r\n:2", "set": "~3\r\n:0\r\n:1\r\n:2", "map": "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f",
        "attrib": "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
                  "$39\r\nSome real reply following the attribute",
        "verbatim": "=29\r\ntxt:This is a verbatim\nstring", "true": "#t", "FALSE": "#f",
        "bignum": "(1234567999999999999999999999999999999",
    }

    def test_every_type_in_resp2(self):
        for name, reply in self.RESP2.items():
            self.check(reply, "DEBUG PROTOCOL " + name)

    def test_every_type_in_resp3(self):
        self.client.wire("HELLO 3")
        for name, reply in self.RESP3.items():
            self.check(reply, "DEBUG PROTOCOL " + name)

    def test_an_unknown_type(self):
        self.check("-ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|"
                   "array|set|map|attrib|push|verbatim|true|false", "DEBUG PROTOCOL nosuch")


class PushTest(EngineTestCase):
    def test_the_push_follows_the_reply(self):
        self.client.wire("HELLO 3")
        self.assertEqual(self.client.wire("DEBUG PROTOCOL push"),
                         b"$40\r\nSome real reply following the push reply\r\n"
                         b">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n")


class ErrorTest(CommandTestCase):
    def test_replies_the_text_as_an_error(self):
        self.check("-FOO bar", b"DEBUG", b"ERROR", b"FOO bar")
        self.check("-foo", "DEBUG ERROR foo")
        self.check("-a b  c", b"DEBUG", b"ERROR", b"a\nb\r\nc")

    def test_does_not_count_as_an_error(self):
        self.client.wire("CONFIG RESETSTAT")
        self.client.wire("DEBUG ERROR foo")
        self.check("$14\r\n# Errorstats\r\n\r\n", "INFO errorstats")


class SwitchTest(CommandTestCase):
    def test_switches_take_any_value(self):
        # The last value is how a server begins: other tests may use the same real one.
        for word, last in (("SET-ACTIVE-EXPIRE", 1), ("SET-SKIP-CHECKSUM-VALIDATION", 0), ("PAUSE-CRON", 0),
                           ("REPLYBUFFER RESIZING", 1)):
            for value in ("x", 1 - last, last):
                self.check("+OK", f"DEBUG {word} {value}")

    def test_packed_threshold_is_a_size_below_4gb(self):
        for size in ("1", "100", "1k", "1GB", "0"):
            self.check("+OK", "DEBUG QUICKLIST-PACKED-THRESHOLD " + size)
        for size in ("x", "-1", "4gb", "4294967295"):
            self.check("-ERR argument must be a memory value bigger than 1 and smaller than 4gb",
                       "DEBUG QUICKLIST-PACKED-THRESHOLD " + size)

    def test_reply_buffer_peaks(self):
        for value in ("100", "never", "RESET"):
            self.check("+OK", "DEBUG REPLYBUFFER peak-reset-time " + value)
        self.check("-ERR value is not an integer or out of range", "DEBUG REPLYBUFFER PEAK-RESET-TIME x")
        self.check(unknown("REPLYBUFFER"), "DEBUG REPLYBUFFER nosuch 1")

    def test_the_rest_is_harmless(self):
        for words in ("CHANGE-REPL-ID", "LEAK x"):
            self.check("+OK", "DEBUG " + words)


class EffectTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.log = io.StringIO()
        self.engine.log = Log(stream=self.log)

    def test_active_expiry_can_be_switched_off(self):
        self.execute("DEBUG SET-ACTIVE-EXPIRE 0")
        self.execute("SET k v PX 5")
        self.clock.advance(1)
        self.engine.housekeep()
        self.assertEqual(self.execute("DBSIZE"), 1)
        self.execute("DEBUG SET-ACTIVE-EXPIRE 1")
        self.engine.housekeep()
        self.assertEqual(self.execute("DBSIZE"), 0)

    def test_housekeeping_can_be_stopped(self):
        self.execute("DEBUG PAUSE-CRON 1")
        self.execute("SET k v PX 5")
        self.clock.advance(1)
        self.engine.housekeep()
        self.assertEqual(self.execute("DBSIZE"), 1)
        self.execute("DEBUG PAUSE-CRON 0")
        self.engine.housekeep()
        self.assertEqual(self.execute("DBSIZE"), 0)

    def test_the_replication_id_changes(self):
        before = self.engine.stats.replication_id
        self.execute("DEBUG CHANGE-REPL-ID")
        self.assertNotEqual(self.engine.stats.replication_id, before)

    def test_messages_go_to_the_log(self):
        self.execute(b"DEBUG", b"LOG", b"hello \xff")
        self.assertIn("# DEBUG LOG: hello ", self.log.getvalue())

    def test_what_would_crash_is_refused(self):
        for word in ("SEGFAULT", "panic", "OOM", "ASSERT", "RESTART", "CRASH-AND-RECOVER"):
            self.assert_error(f"ERR DEBUG {word.upper()} is not supported", "DEBUG " + word)
            self.assert_error(f"ERR DEBUG {word.upper()} is not supported", f"DEBUG {word} 1 2")


class ListpackTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.log = io.StringIO()
        self.engine.log = Log(stream=self.log)

    def test_prints_the_entries_of_every_type(self):
        self.execute("RPUSH l a 1")
        self.execute("HSET h f v")
        self.execute("SADD s x y")
        self.execute("ZADD z 1.5 m")
        for key, entries in (("l", ["a", "1"]), ("h", ["f", "v"]), ("s", ["x", "y"]), ("z", ["m", "1.5"])):
            self.log.truncate(0)
            self.log.seek(0)
            self.assertEqual(self.execute("DEBUG", "LISTPACK", key), "Listpack structure printed on stdout")
            self.assertEqual(self.log.getvalue(), "".join(f"{n}: b'{entry}'\n" for n, entry in enumerate(entries)))

    def test_refuses_other_encodings(self):
        self.execute("SET k v")
        self.assert_error("ERR Not a listpack encoded object.", "DEBUG LISTPACK k")
        self.assert_error("ERR no such key", "DEBUG LISTPACK nosuch")

    def test_quicklists_have_a_word_of_their_own(self):
        self.execute("CONFIG SET list-max-listpack-size 2")
        self.execute("RPUSH l a b c")
        self.assert_error("ERR Not a listpack encoded object.", "DEBUG LISTPACK l")
        self.assertEqual(self.execute("DEBUG QUICKLIST l"), "Quicklist structure printed on stdout")
        self.assertEqual(self.log.getvalue(), "3 elements in 2 nodes\n")
        self.execute("DEBUG QUICKLIST l 1")
        self.assertIn("2: b'c'\n", self.log.getvalue())
        self.execute("RPUSH short a")
        self.assert_error("ERR Not a quicklist encoded object.", "DEBUG QUICKLIST short")


class HtstatsTest(EngineTestCase):
    def test_sizes_of_the_tables_that_redis_would_have(self):
        self.execute("DEBUG POPULATE 24")
        self.assertEqual(self.execute("DEBUG HTSTATS 0"),
                         b"[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: 32\n"
                         b" number of elements: 24\n[Expires HT]\nHash table 0 stats (main hash table):\n"
                         b"No stats available for empty dictionaries\n")

    def test_of_a_value(self):
        self.execute("CONFIG SET set-max-listpack-entries 0")
        self.execute("SADD s a b c d e")
        self.assertEqual(self.execute("DEBUG HTSTATS-KEY s"),
                         b"Hash table 0 stats (main hash table):\n table size: 8\n number of elements: 5\n")

    def test_errors(self):
        self.execute("SET k v")
        self.assert_error("ERR value is not an integer or out of range", "DEBUG HTSTATS x")
        self.assert_error("ERR Out of range database", "DEBUG HTSTATS 16")
        self.assert_error("ERR no such key", "DEBUG HTSTATS-KEY nosuch")
        self.assert_error("ERR The value stored at the specified key is not represented using an hash table",
                          "DEBUG HTSTATS-KEY k")


class StringmatchTest(EngineTestCase):
    def test_tells_whether_a_text_matches(self):
        self.assertEqual(self.execute("DEBUG STRINGMATCH-LEN a*c abbc"), 1)
        self.assertEqual(self.execute("DEBUG STRINGMATCH-LEN a*c abb"), 0)

    def test_jmap_does_nothing(self):
        self.assertEqual(self.execute("DEBUG JMAP"), "OK")
