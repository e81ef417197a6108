"""String commands: exact replies, events, costs."""
import time
import unittest

from tests.support import CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
NOT_A_FLOAT = "-ERR value is not a valid float"
SYNTAX_ERROR = "-ERR syntax error"
OVERFLOW = "-ERR increment or decrement would overflow"
TOO_LONG = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"
MAX, MIN = "9223372036854775807", "-9223372036854775808"


def bulk(text):
    text = text.encode() if isinstance(text, str) else text
    return b"$%d\r\n%b\r\n" % (len(text), text)


class StringTestCase(CommandTestCase):
    """`l` is a set, for errors of type."""

    def setUp(self):
        super().setUp()
        self.client.wire("SADD l a")

    def check_bulk(self, text, *args):
        self.check(bulk(text), *args)

    def check_value(self, text, key="k"):
        self.check(bulk(text), "GET", key)


class GetTest(StringTestCase):
    def test_returns_the_value(self):
        self.client.wire("SET k v")
        self.check_bulk("v", "GET k")

    def test_missing_key(self):
        self.check("$-1", "GET k")

    def test_wrong_type(self):
        self.check(WRONG_TYPE, "GET l")

    def test_any_bytes_are_a_key_and_a_value(self):
        for key in (b"", b"\0\xff\r\n", b" "):
            self.check("+OK", "SET", key, key * 2)
            self.check_bulk(key * 2, "GET", key)

    def test_value_changed_in_place(self):
        self.client.wire("APPEND k a")
        self.client.wire("APPEND k b")
        self.check_bulk("ab", "GET k")


class MgetTest(StringTestCase):
    def test_values_in_order_with_null_for_what_is_no_string(self):
        self.client.wire("MSET a 1 b 2")
        self.client.wire("APPEND b 3")
        self.check("*5\r\n$1\r\n1\r\n$2\r\n23\r\n$-1\r\n$-1\r\n$1\r\n1", "MGET a b none l a")

    def test_keys_that_expire(self):
        self.client.wire("SET a 1 EX 100")
        self.check("*1\r\n$1\r\n1", "MGET a")

    def test_arity(self):
        self.check("-ERR wrong number of arguments for 'mget' command", "MGET")


class SetTest(StringTestCase):
    def test_replaces_any_type(self):
        self.check("+OK", "SET l v")
        self.check("+string", "TYPE l")

    def test_removes_the_expiry(self):
        self.client.wire("SET k v EX 100")
        self.check("+OK", "SET k v2")
        self.check(":-1", "TTL k")

    def test_nx_and_xx(self):
        self.check("$-1", "SET k v XX")
        self.check("+OK", "SET k v NX")
        self.check("$-1", "SET k v2 NX")
        self.check("$-1", "SET k v2 NX NX")
        self.check_value("v")
        self.check("+OK", "SET k v2 xx")
        self.check_value("v2")
        self.check("$-1", "SET l v NX")

    def test_get_returns_the_previous_value(self):
        self.check("$-1", "SET k a GET")
        self.check_bulk("a", "SET k b GET")
        self.check_bulk("b", "SET k c GET NX")
        self.check_value("b")
        self.check("$-1", "SET k2 a NX GET")
        self.check_value("a", "k2")
        self.check("$-1", "SET k3 a XX GET")
        self.check("$-1", "GET k3")

    def test_get_refuses_another_type(self):
        self.check(WRONG_TYPE, "SET l v GET")
        self.check(WRONG_TYPE, "SET l v NX GET")

    def test_expiry_options(self):
        for option in ("EX 100", "PX 100000", "ex 100", "EX 100 EX 100"):
            self.check("+OK", f"SET k v {option}")
            self.check(":100", "TTL k")
        self.check("+OK", "SET k v EXAT 9999999999")
        self.check(":9999999999", "EXPIRETIME k")
        self.check("+OK", "SET k v PXAT 9999999999999")
        self.check(":9999999999999", "PEXPIRETIME k")
        self.check("+OK", f"SET k v PXAT {MAX}")
        self.check(f":{MAX}", "PEXPIRETIME k")

    def test_keepttl(self):
        self.client.wire("SET k v EX 100")
        self.check("+OK", "SET k v2 KEEPTTL")
        self.check(":100", "TTL k")
        self.check("+OK", "SET k v2 KEEPTTL KEEPTTL XX")
        self.check(":100", "TTL k")

    def test_invalid_expiry(self):
        invalid = "-ERR invalid expire time in 'set' command"
        for option in ("EX 0", "EX -1", "PX 0", "EXAT 0", "PXAT -1", f"EX {MAX}", "EX 9223372036854775",
                       f"PX {MAX}", f"EXAT {MAX}"):
            self.check(invalid, f"SET k v {option}")
        self.check(NOT_AN_INTEGER, "SET k v EX a")
        self.check(NOT_AN_INTEGER, "SET k v EX NX")
        self.check(NOT_AN_INTEGER, "SET k v EX 1.5")
        self.check(invalid, "SET l v GET EX 0")         # asked before the type
        self.check("$-1", "GET k")

    def test_syntax_errors(self):
        for options in ("EX", "NX XX", "XX NX", "EX 10 PX 10", "EX 10 KEEPTTL", "KEEPTTL EX 10", "foo",
                        "PERSIST", "EX a foo", "GET NX XX", "EX 10 PX"):
            self.check(SYNTAX_ERROR, f"SET k v {options}")

    def test_arity(self):
        self.check("-ERR wrong number of arguments for 'set' command", "SET k")


class SetInThePastTest(EngineTestCase):
    """Redis stores such a key and lets it expire; Valkey 8 does not store it."""

    def test_the_key_expires_at_the_next_look(self):
        self.execute("SET k v")
        self.assertEqual(self.execute("SET k v2 PXAT 1"), "OK")
        self.assertIsNone(self.execute("GET k"))
        self.assertEqual(self.engine.keyspace.expired, 1)


class SetVariantsTest(StringTestCase):
    def test_setnx(self):
        self.check(":1", "SETNX k v")
        self.check(":0", "SETNX k v2")
        self.check(":0", "SETNX l v")
        self.check_value("v")

    def test_setex_and_psetex(self):
        self.check("+OK", "SETEX k 100 v")
        self.check(":100", "TTL k")
        self.check("+OK", "PSETEX k 50000 v2")
        self.check(":50", "TTL k")
        self.check_value("v2")

    def test_setex_errors(self):
        for name in ("setex", "psetex"):
            for amount in ("0", "-1", MAX):
                self.check(f"-ERR invalid expire time in '{name}' command", name, "k", amount, "v")
            self.check(NOT_AN_INTEGER, name, "k", "a", "v")

    def test_getset(self):
        self.check("$-1", "GETSET k a")
        self.client.wire("EXPIRE k 100")
        self.check_bulk("a", "GETSET k b")
        self.check(":-1", "TTL k")
        self.check(WRONG_TYPE, "GETSET l a")

    def test_getdel(self):
        self.client.wire("SET k a")
        self.check_bulk("a", "GETDEL k")
        self.check("$-1", "GETDEL k")
        self.check(WRONG_TYPE, "GETDEL l")


class GetexTest(StringTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("SET k v")

    def test_without_options_it_is_get(self):
        self.check_bulk("v", "GETEX k")
        self.check("$-1", "GETEX none")
        self.check(WRONG_TYPE, "GETEX l")

    def test_sets_the_expiry(self):
        for option in ("EX 100", "PX 100000"):
            self.check_bulk("v", f"GETEX k {option}")
            self.check(":100", "TTL k")
        self.check_bulk("v", "GETEX k EXAT 9999999999")
        self.check(":9999999999", "EXPIRETIME k")

    def test_persist(self):
        self.client.wire("EXPIRE k 100")
        self.check_bulk("v", "GETEX k PERSIST")
        self.check(":-1", "TTL k")
        self.check_bulk("v", "GETEX k PERSIST PERSIST")

    def test_a_date_in_the_past_deletes_the_key(self):
        self.check_bulk("v", "GETEX k EXAT 1")
        self.check(":0", "EXISTS k")
        self.client.wire("SET k v")
        self.check_bulk("v", "GETEX k PXAT 1")
        self.check(":0", "EXISTS k")

    def test_errors_and_their_order(self):
        for options in ("EX", "EX 10 PERSIST", "PERSIST EX 10", "KEEPTTL", "NX", "foo", "EX 10 PX 10"):
            self.check(SYNTAX_ERROR, f"GETEX l {options}")
        self.check(WRONG_TYPE, "GETEX l EX a")
        self.check("$-1", "GETEX none EX a")
        self.check(NOT_AN_INTEGER, "GETEX k EX a")
        self.check("-ERR invalid expire time in 'getex' command", "GETEX k EX 0")


class MsetTest(StringTestCase):
    def test_sets_all(self):
        self.check("+OK", "MSET a 1 b 2 a 3")
        self.check("*2\r\n$1\r\n3\r\n$1\r\n2", "MGET a b")
        self.client.wire("EXPIRE a 100")
        self.check("+OK", "MSET a 1 l 2")
        self.check(":-1", "TTL a")

    def test_msetnx_sets_all_or_nothing(self):
        self.check(":1", "MSETNX a 1 b 2")
        self.check(":0", "MSETNX c 1 b 3")
        self.check("$-1", "GET c")
        self.check(":1", "MSETNX c 1 c 2")
        self.check_value("2", "c")

    def test_a_value_is_missing(self):
        self.check("-ERR wrong number of arguments for 'mset' command", "MSET a 1 b")
        self.check("-ERR wrong number of arguments for 'msetnx' command", "MSETNX a 1 b")
        self.check("-ERR wrong number of arguments for 'mset' command", "MSET a")


class IncrTest(StringTestCase):
    def test_counts(self):
        self.check(":1", "INCR k")
        self.check(":2", "INCR k")
        self.check(":12", "INCRBY k 10")
        self.check(":11", "DECR k")
        self.check(":-89", "DECRBY k 100")
        self.check(":-90", "DECR k")
        self.check(":-89", "INCR k")
        self.check_value("-89")

    def test_from_zero_and_from_nothing(self):
        self.client.wire("SET k 0")
        self.check(":1", "INCR k")
        self.check(":-1", "DECR none")
        self.check(f":{MIN}", f"INCRBY none2 {MIN}")

    def test_keeps_the_expiry(self):
        self.client.wire("SET k 1 EX 100")
        self.check(":2", "INCR k")
        self.check(":100", "TTL k")

    def test_the_limits_of_64_bits(self):
        self.client.wire(f"SET k {MAX}")
        self.check(OVERFLOW, "INCR k")
        self.check(OVERFLOW, "INCRBY k 1")
        self.check(OVERFLOW, "DECRBY k -1")
        self.check(":9223372036854775806", "DECR k")
        self.client.wire(f"SET k {MIN}")
        self.check(OVERFLOW, "DECR k")
        self.check(OVERFLOW, f"INCRBY k {MIN}")
        self.check("-ERR decrement would overflow", f"DECRBY k {MIN}")
        self.client.wire("SET k 999999999999999999")
        self.check(":1000000000000000000", "INCR k")
        self.check(":1000000000000000001", "INCR k")

    def test_what_is_no_integer(self):
        for value in ("", " 1", "1 ", "01", "1.0", "abc", "+1", "1e3", "9223372036854775808", "00", "-0",
                      "9" * 30, "1_0"):
            self.client.wire("SET", "k", value)
            self.check(NOT_AN_INTEGER, "INCR k")
        self.check(NOT_AN_INTEGER, "INCRBY k a")
        self.check(NOT_AN_INTEGER, "DECRBY k 1.5")
        self.check(WRONG_TYPE, "INCR l")
        self.check(NOT_AN_INTEGER, "INCRBY l a")            # asked before the type

    def test_a_value_changed_in_place_is_a_number_too(self):
        self.client.wire("APPEND k 1")
        self.client.wire("APPEND k 2")
        self.check(":13", "INCR k")
        self.check_bulk("int", "OBJECT ENCODING k")


class IncrbyfloatTest(StringTestCase):
    def test_adds(self):
        self.client.wire("SET k 10.50")
        self.check_bulk("10.6", "INCRBYFLOAT k 0.1")
        self.check_bulk("5010.60000000000000009", "INCRBYFLOAT k 5.0e3")
        self.check_bulk("3000", "INCRBYFLOAT k2 3.0e3")
        self.check_bulk("0", "INCRBYFLOAT k2 -3000")
        self.check_bulk("0", "INCRBYFLOAT k2 -0.0000000000000000001")
        self.check_value("0", "k2")
        self.check_bulk("16", "INCRBYFLOAT k2 0x10")

    def test_a_whole_result_is_a_string_like_any_other_but_for_its_encoding(self):
        self.check_bulk("11", "INCRBYFLOAT k 11")
        self.check_bulk("embstr", "OBJECT ENCODING k")
        self.check(":1", "OBJECT REFCOUNT k")
        self.check_bulk("11", "GET k")
        self.check("*1\r\n$2\r\n11", "MGET k")
        self.check(":2", "STRLEN k")
        self.check_bulk("1", "GETRANGE k 0 0")
        self.check("+string", "TYPE k")
        self.check(":1", "COPY k copy")
        self.check_bulk("embstr", "OBJECT ENCODING copy")
        self.check(":3", "APPEND copy 2")
        self.check_bulk("raw", "OBJECT ENCODING copy")
        self.check(":12", "INCR k")
        self.check_bulk("int", "OBJECT ENCODING k")

    def test_keeps_the_expiry(self):
        self.client.wire("SET k 1 EX 100")
        self.check_bulk("2.5", "INCRBYFLOAT k 1.5")
        self.check(":100", "TTL k")

    def test_a_value_changed_in_place(self):
        self.client.wire("APPEND k 1")
        self.client.wire("APPEND k .5")
        self.check_bulk("3", "INCRBYFLOAT k 1.5")

    def test_errors_and_their_order(self):
        infinite = "-ERR increment would produce NaN or Infinity"
        self.check(infinite, "INCRBYFLOAT k inf")
        self.check(NOT_A_FLOAT, "INCRBYFLOAT k nan")
        self.check(NOT_A_FLOAT, "INCRBYFLOAT k 1e5000")
        self.check(NOT_A_FLOAT, "INCRBYFLOAT", "k", "1 ")
        self.check(WRONG_TYPE, "INCRBYFLOAT l abc")
        self.check("$-1", "GET k")
        self.client.wire("SET k inf")
        self.check(infinite, "INCRBYFLOAT k 1")
        self.client.wire("SET", "k", "")
        self.check(NOT_A_FLOAT, "INCRBYFLOAT k 1")


class AppendTest(StringTestCase):
    def test_appends(self):
        self.check(":3", "APPEND k abc")
        self.check(":5", "APPEND k de")
        self.check(":5", "APPEND", "k", "")
        self.check_value("abcde")

    def test_appending_nothing_creates_a_key(self):
        self.check(":0", "APPEND", "k", "")
        self.check(":1", "EXISTS k")

    def test_encodings(self):
        self.client.wire("APPEND k 55")
        self.check_bulk("int", "OBJECT ENCODING k")
        self.client.wire("APPEND", "k", "")
        self.check_bulk("raw", "OBJECT ENCODING k")

    def test_keeps_the_expiry(self):
        self.client.wire("SET k a EX 100")
        self.check(":2", "APPEND k b")
        self.check(":100", "TTL k")

    def test_wrong_type(self):
        self.check(WRONG_TYPE, "APPEND l x")


class SetrangeTest(StringTestCase):
    def test_overwrites_and_fills_with_zeros(self):
        self.client.wire("SET", "k", "Hello World")
        self.check(":11", "SETRANGE k 6 Redis")
        self.check_value("Hello Redis")
        self.check(":14", "SETRANGE k 13 x")
        self.check_value(b"Hello Redis\0\0x")
        self.check(":4", "SETRANGE none 2 ab")
        self.check_value(b"\0\0ab", "none")

    def test_nothing_to_write(self):
        self.check(":0", "SETRANGE", "k", 5, "")
        self.check(":0", "EXISTS k")
        self.client.wire("SET k 12")
        self.check(":2", "SETRANGE", "k", "536870912", "")
        self.check_bulk("int", "OBJECT ENCODING k")

    def test_makes_a_raw_string(self):
        self.client.wire("SET k 12 EX 100")
        self.check(":2", "SETRANGE k 1 3")
        self.check_bulk("raw", "OBJECT ENCODING k")
        self.check(":100", "TTL k")

    def test_errors_and_their_order(self):
        self.check("-ERR offset is out of range", "SETRANGE l -1 x")
        self.check(NOT_AN_INTEGER, "SETRANGE l a x")
        self.check(WRONG_TYPE, "SETRANGE l 536870912 x")
        self.check(WRONG_TYPE, "SETRANGE", "l", 0, "")
        self.check(TOO_LONG, "SETRANGE k 536870912 x")
        self.check(TOO_LONG, f"SETRANGE k {MAX} xx")
        self.check(":0", "EXISTS k")


class GetrangeTest(StringTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("SET", "k", "Hello World")

    def test_ranges(self):
        cases = {"0 4": "Hello", "-3 -1": "rld", "0 -1": "Hello World", "5 100": " World", "-100 4": "Hello",
                 "3 3": "l", f"{MIN} {MAX}": "Hello World", "-1 -3": "", "50 100": "", "5 3": "",
                 f"{MAX} {MIN}": "", "-100 -50": "H", "0 -100": "H", "-100 -12": "H"}
        for command in ("GETRANGE", "SUBSTR"):
            for bounds, text in cases.items():
                self.check_bulk(text, f"{command} k {bounds}")

    def test_empty_and_missing(self):
        self.client.wire("SET", "empty", "")
        self.check_bulk("", "GETRANGE empty 0 -1")
        self.check_bulk("", "GETRANGE empty -1 0")
        self.check_bulk("", "GETRANGE none 0 0")

    def test_a_value_changed_in_place(self):
        self.client.wire("APPEND k !")
        self.check_bulk("ld!", "GETRANGE k -3 -1")

    def test_errors_and_their_order(self):
        self.check(NOT_AN_INTEGER, "GETRANGE l a 0")
        self.check(NOT_AN_INTEGER, "GETRANGE l 0 b")
        self.check(WRONG_TYPE, "GETRANGE l 0 0")

    def test_strlen(self):
        self.check(":11", "STRLEN k")
        self.check(":0", "STRLEN none")
        self.check(WRONG_TYPE, "STRLEN l")
        self.client.wire("APPEND k !")
        self.check(":12", "STRLEN k")


class LcsTest(StringTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("MSET a ohmytext b mynewtext x rabbababbb y abbbbaabab")

    def test_text_and_length(self):
        self.check_bulk("mytext", "LCS a b")
        self.check(":6", "LCS a b LEN")
        self.check_bulk("ohmytext", "LCS a a")
        self.check_bulk("abbabab", "LCS y x")
        self.check_bulk("mytext", "LCS a b MINMATCHLEN 10 WITHMATCHLEN")

    def test_values_changed_in_place(self):
        self.client.wire("APPEND a ..")
        self.client.wire("APPEND b ..")
        self.check_bulk("mytext..", "LCS a b")
        self.check(":8", "LCS b a LEN")

    def test_missing_and_empty(self):
        self.check_bulk("", "LCS a none")
        self.check(":0", "LCS none none LEN")
        self.check("*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0", "LCS none b IDX")

    def test_positions(self):
        last = "*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
        first = "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n"
        end = "$3\r\nlen\r\n:6\r\n"
        self.check(f"*4\r\n$7\r\nmatches\r\n*2\r\n{last}{first}{end}", "LCS a b IDX")
        self.check(f"*4\r\n$7\r\nmatches\r\n*2\r\n{last}{first}{end}", "LCS a b idx MINMATCHLEN -4")
        self.check(f"*4\r\n$7\r\nmatches\r\n*1\r\n{last}{end}", "LCS a b IDX MINMATCHLEN 4")

    def test_positions_with_lengths(self):
        start = "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n"
        self.check(start + "*2\r\n:0\r\n:7\r\n*2\r\n:0\r\n:7\r\n:8\r\n$3\r\nlen\r\n:8",
                   "LCS a a IDX WITHMATCHLEN")
        self.check(start + "*2\r\n:1\r\n:3\r\n*2\r\n:0\r\n:2\r\n:3\r\n$3\r\nlen\r\n:7",
                   "LCS x y IDX WITHMATCHLEN MINMATCHLEN 2")

    def test_a_map_in_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0", "LCS none b IDX")

    def test_errors_and_their_order(self):
        self.check("-ERR The specified keys must contain string values", "LCS l a foo")
        self.check("-ERR The specified keys must contain string values", "LCS none l MINMATCHLEN a")
        self.check(SYNTAX_ERROR, "LCS a b foo")
        self.check(SYNTAX_ERROR, "LCS a b MINMATCHLEN")
        self.check(NOT_AN_INTEGER, "LCS a b LEN IDX MINMATCHLEN a")
        self.check("-ERR If you want both the length and indexes, please just use IDX.", "LCS a b LEN IDX")

    def test_texts_whose_table_would_not_fit(self):
        self.client.wire("SETRANGE", "a", 20000, "x")
        self.client.wire("SETRANGE", "b", 20000, "x")
        self.check("-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
                   "LCS a b LEN")


class ChangesTest(EngineTestCase):
    """Keyspace events, dirty count, hits and misses, each as a real server was seen to count them."""

    def setUp(self):
        super().setUp()
        self.events = []
        keyspace = self.engine.keyspace
        keyspace.notify = lambda database, event, key: self.events.append(f"{event}:{key.decode()}")
        self.execute("MSET k 10 s text")
        self.execute("SET e v EX 100")
        self.execute("SADD l a")

    def check_changes(self, command, events, dirty=0, hits=0, misses=0):
        keyspace = self.engine.keyspace
        self.events.clear()
        keyspace.dirty = keyspace.hits = keyspace.misses = 0
        self.execute(command)
        self.assertEqual((" ".join(self.events), keyspace.dirty, keyspace.hits, keyspace.misses),
                         (events, dirty, hits, misses), command)

    def test_setting(self):
        self.check_changes("SET k v", "set:k", 1)
        self.check_changes("SET k v EX 10", "set:k expire:k", 1)
        self.check_changes("SET k v NX", "")
        self.check_changes("SET k v NX GET", "", hits=1)
        self.check_changes("SET n v GET", "keymiss:n new:n set:n", 1, misses=1)
        self.check_changes("SET l v GET", "", hits=1)
        self.check_changes("SETEX k 10 v", "set:k expire:k", 1)
        self.check_changes("SETNX k v", "")
        self.check_changes("SETNX n2 v", "new:n2 set:n2", 1)
        self.check_changes("MSET k v s v k v", "set:k set:s set:k", 3)
        self.check_changes("MSETNX k v n3 v", "")
        self.check_changes("MSETNX n3 v n4 v", "new:n3 set:n3 new:n4 set:n4", 2)

    def test_reading(self):
        self.check_changes("GET k", "", hits=1)
        self.check_changes("GET none", "keymiss:none", misses=1)
        self.check_changes("GET l", "", hits=1)
        self.check_changes("MGET k none l", "keymiss:none", hits=2, misses=1)
        self.check_changes("STRLEN k", "", hits=1)
        self.check_changes("GETRANGE none 0 1", "keymiss:none", misses=1)
        self.check_changes("LCS l none foo", "keymiss:none", hits=1, misses=1)

    def test_reading_and_changing(self):
        self.check_changes("GETSET k v", "set:k", 1, hits=1)
        self.check_changes("GETDEL k", "del:k", 1, hits=1)
        self.check_changes("GETDEL k", "keymiss:k", misses=1)
        self.check_changes("GETEX s", "", hits=1)
        self.check_changes("GETEX s EX 10", "expire:s", 1, hits=1)
        self.check_changes("GETEX s PERSIST", "persist:s", 1, hits=1)
        self.check_changes("GETEX s PERSIST", "", hits=1)
        self.check_changes("GETEX s EX 0", "", hits=1)
        self.check_changes("GETEX s EXAT 1", "del:s", 1, hits=1)

    def test_counting_and_appending(self):
        self.check_changes("INCR k", "incrby:k", 1)
        self.check_changes("DECR other", "new:other incrby:other", 1)
        self.check_changes("INCRBYFLOAT k 1", "incrbyfloat:k", 1)
        self.check_changes("INCR s", "")
        self.check_changes("APPEND k x", "append:k", 1)
        self.check_changes("SETRANGE k 0 x", "setrange:k", 1)
        self.execute("APPEND s x")
        self.assertEqual(self.execute("APPEND", "s", ""), 5)
        self.check_changes("SETRANGE none -1 x", "")


class AccessTest(EngineTestCase):
    def test_what_uses_a_key_renews_its_access_time(self):
        for command in ("GET k", "MGET k", "STRLEN k", "INCR k", "APPEND k 1", "SETRANGE k 0 1", "SET k 1",
                        "MSET k 1", "GETEX k", "SETNX k 1", "INCRBYFLOAT k 1", "GETRANGE k 0 0"):
            self.execute("SET k 1")
            self.clock.advance(100)
            self.execute(command)
            self.assertEqual(self.execute("OBJECT IDLETIME k"), 0, command)


class CostTest(EngineTestCase):
    def test_appending_to_a_large_value_does_not_copy_it(self):
        self.execute("SETRANGE", "k", 50_000_000, "x")
        started = time.perf_counter()
        for _ in range(1000):
            self.execute("APPEND", "k", b"0123456789")
            self.execute("SETRANGE", "k", 1000, b"0123456789")
            self.execute("STRLEN k")
            self.execute("GETRANGE k -10 -1")
        self.assertLess(time.perf_counter() - started, 2)           # one copy takes some 10 ms

    def test_a_reply_does_not_follow_later_changes(self):
        self.execute("APPEND k a")
        self.execute("APPEND k b")
        value = self.execute("GET k")
        self.execute("APPEND k c")
        self.assertEqual(value, b"ab")

    def test_a_lower_limit_on_values_holds_for_append(self):
        self.engine.config.set_many([("proto-max-bulk-len", "1mb")])
        self.execute("SET", "k", b"x" * (1 << 20))
        self.assert_error(TOO_LONG[1:], "APPEND k x")
        self.assert_error(TOO_LONG[1:], "SETRANGE k 1048576 x")


if __name__ == "__main__":
    unittest.main()
