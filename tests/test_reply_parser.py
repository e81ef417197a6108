"""Tests of redis_clone.reply_parser: every message whole, byte by byte, cut anywhere, with trailing data."""
import math
import random
import unittest

from redis_clone import reply_parser
from redis_clone.reply_parser import ErrorReply, ProtocolError, Push, ReplyParser, Verbatim

LONG = b"long" * 1000

# (what the server sends, what it becomes); errors are written as ("error", text), see `plain`.
MESSAGES = [
    (b"+OK\r\n", "OK"),
    (b"+\r\n", ""),
    (b"+a status\nwith a line feed\r\n", "a status\nwith a line feed"),
    (b"+\xc3\xa9 \xff\r\n", "\u00e9 \udcff"),
    (b"-ERR no\r\n", ("error", "ERR no")),
    (b"-\r\n", ("error", "")),
    (b":0\r\n", 0),
    (b":1000\r\n", 1000),
    (b":-5\r\n", -5),
    (b":+5\r\n", 5),
    (b":9223372036854775807\r\n", 9223372036854775807),
    (b"$-1\r\n", None),
    (b"$0\r\n\r\n", b""),
    (b"$5\r\nhello\r\n", b"hello"),
    (b"$2\r\n\r\n\r\n", b"\r\n"),
    (b"$11\r\n$1\r\na\r\n$3\r\n\r\n", b"$1\r\na\r\n$3\r\n"),
    (b"$4000\r\n" + LONG + b"\r\n", LONG),
    (b"$2000\r\n" + b"\r\n" * 1000 + b"\r\n", b"\r\n" * 1000),
    (b"*-1\r\n", None),
    (b"*0\r\n", []),
    (b"*3\r\n:1\r\n$1\r\na\r\n+x\r\n", [1, b"a", "x"]),
    (b"*2\r\n*1\r\n*0\r\n*2\r\n$-1\r\n*-1\r\n", [[[]], [None, None]]),
    (b"*2\r\n-ERR a\r\n$1\r\nb\r\n", [("error", "ERR a"), b"b"]),
    (b"*30\r\n" + b"$3\r\nabc\r\n" * 30, [b"abc"] * 30),
    (b"*30\r\n" + b"$2\r\n\r\n\r\n" * 30, [b"\r\n"] * 30),
    (b"*31\r\n" + b"$3\r\nabc\r\n" * 30 + b"$-1\r\n", [b"abc"] * 30 + [None]),
    (b"_\r\n", None),
    (b"#t\r\n", True),
    (b"#f\r\n", False),
    (b",3.25\r\n", 3.25),
    (b",10\r\n", 10.0),
    (b",-1.5e-7\r\n", -1.5e-7),
    (b",inf\r\n", math.inf),
    (b",-inf\r\n", -math.inf),
    (b",nan\r\n", math.nan),
    (b"(3492890328409238509324850943850943825024385\r\n", 3492890328409238509324850943850943825024385),
    (b"(-1\r\n", -1),
    (b"!10\r\nERR \r\nblob\r\n", ("error", "ERR \r\nblob")),
    (b"=8\r\ntxt:text\r\n", b"text"),
    (b"=4\r\nmkd:\r\n", b""),
    (b"%0\r\n", {}),
    (b"%2\r\n$1\r\na\r\n:1\r\n+b\r\n*1\r\n_\r\n", {b"a": 1, "b": [None]}),
    (b"~0\r\n", set()),
    (b"~3\r\n$1\r\na\r\n:2\r\n$1\r\na\r\n", {b"a", 2}),
    (b"~2\r\n*1\r\n:1\r\n*0\r\n", [[1], []]),
    (b"%1\r\n*1\r\n:1\r\n:2\r\n", [([1], 2)]),
    (b">2\r\n$7\r\nmessage\r\n*0\r\n", [b"message", []]),
    (b"|1\r\n+ttl\r\n:3\r\n$1\r\na\r\n", b"a"),
    (b"*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:3\r\n:2\r\n", [1, 2]),
    (b"|0\r\n+a\r\n", "a"),
]


def plain(value):
    """`value` in a form that assertEqual compares as meant: errors and NaN by their text."""
    if isinstance(value, ErrorReply):
        return ("error", str(value))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class MessagesTest(unittest.TestCase):
    def check(self, pieces, expected):
        parser = ReplyParser()
        for piece in pieces:
            parser.feed(piece)
        self.assertEqual(plain(list(parser.replies)), plain(expected))
        # 1 == True == 1.0 for assertEqual, but not here.
        for reply, value in zip(parser.replies, expected):
            if isinstance(value, (int, float)):
                self.assertIs(type(reply), type(value))
        return parser

    def test_whole(self):
        for wire, value in MESSAGES:
            with self.subTest(wire[:50]):
                self.assertTrue(self.check([wire], [value]).idle)

    def test_byte_by_byte(self):
        for wire, value in MESSAGES:
            with self.subTest(wire[:50]):
                self.check([wire[i:i + 1] for i in range(len(wire))], [value])

    def test_cut_in_two_at_every_place(self):
        for wire, value in MESSAGES:
            with self.subTest(wire[:50]):
                for cut in range(1, min(len(wire), 100)):
                    self.check([wire[:cut], wire[cut:]], [value])

    def test_followed_by_the_start_of_another(self):
        for trailing in (b"+", b"$", b"$3", b"$3\r", b"$3\r\n", b"$3\r\nab", b"$3\r\nabc\r", b"*2\r\n:1\r\n"):
            for wire, value in MESSAGES:
                with self.subTest(wire[:50], trailing=trailing):
                    self.assertFalse(self.check([wire + trailing], [value]).idle)

    def test_incomplete_messages_give_nothing(self):
        for wire, _ in MESSAGES:
            with self.subTest(wire[:50]):
                parser = ReplyParser()
                parser.feed(wire[:-1])
                self.assertFalse(parser.replies)
                self.assertFalse(parser.idle)

    def test_tells_what_has_begun(self):
        for wire, begun in ((b"", b""), (b"+OK\r\n", b""), (b"+O", b"+"), (b":1\r\n$", b"$"), (b"$3\r\na", b"$"),
                            (b">2\r\n", b">"), (b">2\r\n*1\r\n$5\r\nab", b">"), (b"*1\r\n>1\r\n:", b"*")):
            parser = ReplyParser()
            parser.feed(wire)
            self.assertEqual((parser.begun, parser.idle), (begun, not begun), wire)

    def test_all_in_one_pipeline(self):
        wires, values = zip(*MESSAGES)
        for rounds in (1, 3):
            self.check([b"".join(wires) * rounds], list(values) * rounds)

    def test_random_pipelines_cut_at_random(self):
        chance = random.Random(7)
        for _ in range(300):
            messages = chance.choices(MESSAGES, k=chance.randrange(1, 40))
            wire = b"".join(message for message, _ in messages)
            cuts = sorted(chance.choices(range(len(wire)), k=chance.randrange(6)))
            pieces = [wire[start:end] for start, end in zip([0] + cuts, cuts + [len(wire)])]
            self.check(pieces, [value for _, value in messages])

    def test_rows_of_equal_replies(self):
        for wire, value in ((b"+OK\r\n", "OK"), (b"$3\r\nabc\r\n", b"abc"), (b":1234\r\n", 1234),
                            (b"$-1\r\n", None)):
            self.check([wire * 500], [value] * 500)
            self.check([wire * 500 + b"$-1\r\n", wire], [value] * 500 + [None, value])

    def test_empty_feeds_change_nothing(self):
        parser = ReplyParser()
        for piece in (b"", b"$3\r\n", b"", b"abc", b"", b"\r\n", b""):
            parser.feed(piece)
        self.assertEqual(list(parser.replies), [b"abc"])


class TypesTest(unittest.TestCase):
    def parse(self, wire, **options):
        parser = ReplyParser(**options)
        parser.feed(wire)
        return list(parser.replies)

    def test_a_push_can_be_told_from_an_array(self):
        push, array = self.parse(b">1\r\n+a\r\n*1\r\n+a\r\n")
        self.assertIs(type(push), Push)
        self.assertIs(type(array), list)
        self.assertEqual(push, array)

    def test_a_verbatim_string_knows_its_format(self):
        value, = self.parse(b"=8\r\nmkd:text\r\n")
        self.assertIs(type(value), Verbatim)
        self.assertEqual((value, value.format), (b"text", "mkd"))

    def test_an_error_has_a_code(self):
        error, empty = self.parse(b"-WRONGTYPE Operation against\r\n-\r\n")
        self.assertEqual((error.code, str(error)), ("WRONGTYPE", "WRONGTYPE Operation against"))
        self.assertEqual(empty.code, "")

    def test_errors_are_of_the_type_asked_for(self):
        class MyError(Exception):
            pass

        error, blob = self.parse(b"-ERR a\r\n!5\r\nERR b\r\n", error_type=MyError)
        self.assertEqual((type(error), type(blob)), (MyError, MyError))

    def test_attributes_go_to_their_own_receiver(self):
        seen = []
        wire = b"|1\r\n+a\r\n:1\r\n*2\r\n|0\r\n:1\r\n|1\r\n*0\r\n:5\r\n:2\r\n"
        self.assertEqual(self.parse(wire, on_attribute=seen.append), [[1, 2]])
        self.assertEqual(seen, [{"a": 1}, {}, [([], 5)]])

    def test_arrays_are_not_shared(self):
        first, second = self.parse(b"*0\r\n*0\r\n")
        self.assertIsNot(first, second)


class SizeTest(unittest.TestCase):
    """Sizes at which anything worse than linear would take minutes."""

    def test_reads_that_begin_with_a_long_value_or_with_many_short_ones(self):
        for value in (b"x" * 9000, b"\r\n" * 4500, b"x" * 2000 + b"\r\n" * 3500):
            for values in ([value], [value] * 3, [value, *[b"a"] * 300], [*[b"a"] * 300, value], [b"a", value, b"a"]):
                parser = ReplyParser()
                parser.feed(b"".join(b"$%d\r\n%b\r\n" % (len(each), each) for each in values))
                self.assertEqual(list(parser.replies), values)
                self.assertTrue(parser.idle)

    def test_a_long_value_of_nothing_but_line_ends(self):
        value = b"\r\n" * (8 << 20)
        wire = b"$%d\r\n%b\r\n:7\r\n" % (len(value), value)
        for size in (len(wire), 65536):
            with self.subTest(size=size):
                parser = ReplyParser()
                for start in range(0, len(wire), size):
                    parser.feed(wire[start:start + size])
                self.assertTrue(list(parser.replies) == [value, 7])

    def test_long_values_byte_by_byte(self):
        for wire in (b"$200000\r\n" + b"x" * 200000 + b"\r\n", b"+" + b"x\n\r" * 70000 + b"\r\n"):
            parser = ReplyParser()
            for i in range(len(wire)):
                parser.feed(wire[i:i + 1])
            self.assertEqual(len(parser.replies), 1)

    def test_deep_arrays(self):
        depth = 100000
        wire = b"*1\r\n" * depth + b":1\r\n"
        for size in (len(wire), 1000, 1):
            parser = ReplyParser()
            for start in range(0, len(wire), size):
                parser.feed(wire[start:start + size])
            value, levels = parser.replies.pop(), 0
            while value != 1:
                (value,), levels = value, levels + 1
            self.assertEqual(levels, depth)

    def test_a_large_array_in_reads_of_any_size(self):
        value = [b"%d" % number for number in range(50000)]
        wire = b"*50000\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(item), item) for item in value)
        for size in (len(wire), 65536, 997, 1):
            parser = ReplyParser()
            for start in range(0, len(wire), size):
                parser.feed(wire[start:start + size])
            self.assertTrue(list(parser.replies) == [value])

    def test_arrays_that_promise_more_than_they_hold(self):
        parser = ReplyParser()
        parser.feed(b"*5000\r\n$1\r\na\r\n" * 20000)
        self.assertFalse(parser.replies)

    def test_a_huge_announcement_costs_nothing(self):
        parser = ReplyParser()
        parser.feed(b"*9999999999\r\n$999999999999\r\nabc")
        self.assertFalse(parser.replies)


class GarbageTest(unittest.TestCase):
    GARBAGE = [
        b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"\x15\x03\x01\x00", b"hello\r\n", b" :1\r\n",
        b":\r\n", b":abc\r\n", b":1_0\r\n", b": 1\r\n", b":1.5\r\n", b":" + b"1" * 100 + b"\r\n",
        b"$\r\n", b"$-2\r\n", b"$+3\r\n", b"$x\r\n", b"$?\r\n", b"$3\r\nabcd\r\n", b"$3\r\nabc\rx",
        b"$1\r\n\r\n\r\n",
        b"$5000\r\n" + b"x" * 5001 + b"\r\n", b"$" + b"1" * 100,
        b"*\r\n", b"*-2\r\n", b"*1x\r\n", b"%-1\r\n", b"~-1\r\n", b">-1\r\n", b"*1\r\n?\r\n",
        b"_x\r\n", b"#x\r\n", b"#\r\n", b",\r\n", b",1_0\r\n", b",abc\r\n", b", 1\r\n", b"(1.5\r\n", b"(\r\n",
        b"=3\r\nabc\r\n", b"=5\r\nabcde\r\n", b"=-1x\r\n", b"!x\r\n",
    ]

    def test_garbage_is_refused_in_any_pieces(self):
        for wire in self.GARBAGE:
            with self.subTest(wire[:30]):
                with self.assertRaises(ProtocolError):
                    ReplyParser().feed(wire)
                with self.assertRaises(ProtocolError):
                    parser = ReplyParser()
                    for i in range(len(wire)):
                        parser.feed(wire[i:i + 1])

    def test_replies_before_garbage_are_there(self):
        parser = ReplyParser()
        with self.assertRaises(ProtocolError):
            parser.feed(b"+OK\r\n$1\r\na\r\nHTTP\r\n")
        self.assertEqual(list(parser.replies), ["OK", b"a"])

    def test_the_text_has_an_excerpt(self):
        with self.assertRaisesRegex(ProtocolError, r"not a reply: b'HTTP/1.1 400 Bad Request\\r\\n'$"):
            ReplyParser().feed(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n")

    def test_the_excerpt_is_short(self):
        with self.assertRaises(ProtocolError) as caught:
            ReplyParser().feed(b"x" * 100000)
        self.assertLess(len(str(caught.exception)), 120)

    def test_a_number_beyond_pythons_own_limit_is_refused_or_read(self):
        wire = b"(" + b"9" * 10000 + b"\r\n"
        try:
            expected = int(wire[1:-2])
        except ValueError:
            with self.assertRaisesRegex(ProtocolError, "too many digits"):
                ReplyParser().feed(wire)
        else:
            parser = ReplyParser()
            parser.feed(wire)
            self.assertEqual(parser.replies.pop(), expected)

    def test_random_bytes_raise_nothing_else(self):
        chance = random.Random(1)
        kinds = b"+-:$*_#,(=!~%>|0123456789\r\n\r\n\r\nabc."
        for _ in range(3000):
            parser = ReplyParser()
            try:
                for _ in range(chance.randrange(1, 4)):
                    parser.feed(bytes(chance.choices(kinds, k=chance.randrange(60))))
            except ProtocolError:
                pass


class SplitLimitTest(unittest.TestCase):
    def test_reads_too_long_to_split_are_parsed_all_the_same(self):
        wires, values = zip(*MESSAGES)
        wire = b"".join(wires) * (reply_parser.SPLIT_LIMIT // sum(map(len, wires)) + 1)
        self.assertGreater(len(wire), reply_parser.SPLIT_LIMIT)
        parser = ReplyParser()
        parser.feed(wire)
        self.assertEqual(plain(list(parser.replies))[-len(values):], plain(list(values)))


if __name__ == "__main__":
    unittest.main()
