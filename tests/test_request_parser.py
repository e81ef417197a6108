"""Requests on the wire. Every one is parsed whole, byte by byte, and with data after it."""
import random
import unittest

from redis_clone.inline import quote, split_inline
from redis_clone.request_parser import HELD, RequestParser


def command(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in args)


class RequestParserTest(unittest.TestCase):
    def parse_all_ways(self, data):
        """The requests in `data`; asserts that it does not matter how the bytes are cut."""
        whole = RequestParser()
        requests = whole.feed(data)
        for size in (1, 2, 3, 7, len(data) - 1):
            parser, found = RequestParser(), []
            for start in range(0, len(data), max(size, 1)):
                found += parser.feed(data[start:start + max(size, 1)])
                if parser.error:
                    break
            self.assertEqual(found, requests, f"cut into pieces of {size}")
            self.assertEqual(parser.error, whole.error)
        return requests, whole.error

    def assert_parsed(self, data, *expected):
        requests, error = self.parse_all_ways(data)
        self.assertEqual(requests, [list(argv) for argv in expected])
        self.assertIsNone(error)

    def assert_refused(self, data, text, *before):
        requests, error = self.parse_all_ways(data)
        self.assertEqual(requests, [list(argv) for argv in before])
        self.assertEqual(error, "ERR Protocol error: " + text)

    def test_reads_one_request(self):
        self.assert_parsed(command(b"GET", b"k"), (b"GET", b"k"))

    def test_reads_a_pipeline_of_different_shapes(self):
        requests = [(b"PING",), (b"GET", b"k"), (b"SET", b"k", b"v"), (b"MSET", b"a", b"1", b"b", b"2"), (b"PING",)]
        self.assert_parsed(b"".join(command(*argv) for argv in requests), *requests)

    def test_reads_runs_of_one_shape_up_to_what_differs(self):
        for words in range(1, 8):
            run = [[b"%d" % (10 ** place + number) for place in range(words)] for number in range(3)]
            data = b"".join(command(*request) for request in run)
            self.assert_parsed(data, *run)
            self.assert_parsed(data + command(b"PING") + data, *run, [b"PING"], *run)
            odd = [b"a\r\nb"] * words
            self.assert_parsed(data + command(*odd) + data, *run, odd, *run)
            self.assert_parsed(data + command(*[b"x" * 5000] * words), *run, [b"x" * 5000] * words)

    def test_a_value_may_contain_line_ends_and_what_looks_like_headers(self):
        for value in (b"\r\n", b"a\r\nb", b"x\r\n$1\r\ny", b"\r\n*1\r\n$4\r\nPING\r\n", b"$3\r\n", b"*3\r\n$1"):
            self.assert_parsed(command(b"SET", b"k", value) + command(b"PING"), (b"SET", b"k", value), (b"PING",))

    def test_a_value_whose_pieces_have_the_right_total_length_is_not_cut(self):
        value = b"ab\r\n$2\r\ncd"
        self.assert_parsed(command(b"ECHO", value), (b"ECHO", value))

    def test_reads_empty_values(self):
        self.assert_parsed(command(b"SET", b"", b""), (b"SET", b"", b""))

    def test_reads_long_values_and_many_arguments(self):
        self.assert_parsed(command(b"SET", b"k", b"v" * 5000), (b"SET", b"k", b"v" * 5000))
        many = [b"MSET"] + [b"%d" % number for number in range(2000)]
        self.assertEqual(RequestParser().feed(command(*many)), [many])

    def test_reads_that_begin_with_a_long_value_or_with_many_short_ones(self):
        for value in (b"x" * 9000, b"\r\n" * 4500, b"x" * 2000 + b"\r\n" * 3500):
            long, short = (b"SET", b"k", value), (b"GET", b"k")
            for requests in ([long], [long] * 3, [long, *[short] * 300], [*[short] * 300, long], [short, long, short]):
                data = b"".join(command(*argv) for argv in requests)
                parser = RequestParser()
                self.assertEqual(parser.feed(data), [list(argv) for argv in requests])
                self.assertTrue(parser.regular)

    def test_tells_what_is_missing_of_a_long_value(self):
        data = command(b"SET", b"k", b"x" * 100000)
        parser = RequestParser()
        parser.feed(data[:20])
        self.assertEqual(parser.missing, 0, "of that line nobody knows yet how it goes on")
        parser.feed(data[20:70000])
        self.assertEqual(parser.missing, len(data) - 70000)
        self.assertEqual(parser.feed(data[70000:]), [[b"SET", b"k", b"x" * 100000]])
        self.assertEqual(parser.missing, 0)

    def test_random_pipelines_survive_random_cuts(self):
        rng = random.Random(7)
        alphabet = [b"\r", b"\n", b"\r\n", b"$", b"*", b"1", b"3", b"a", b"\0", b"\xff", b"x" * 300]
        for _ in range(200):
            requests = [[b"".join(rng.choices(alphabet, k=rng.randrange(6))) for _ in range(rng.randrange(1, 5))]
                        for _ in range(rng.randrange(1, 6))]
            data = b"".join(command(*argv) for argv in requests)
            parser, found, start = RequestParser(), [], 0
            while start < len(data):
                size = rng.randrange(1, len(data))
                found += parser.feed(data[start:start + size])
                start += size
            self.assertEqual(found, requests)

    def test_empty_requests_are_skipped(self):
        self.assert_parsed(b"*0\r\n*-1\r\n\r\n\n" + command(b"PING"), (b"PING",))

    def test_the_bytes_after_a_value_are_not_looked_at(self):
        self.assert_parsed(b"*1\r\n$4\r\nPINGXX" + command(b"PING"), (b"PING",), (b"PING",))

    def test_reads_inline_requests(self):
        self.assert_parsed(b"SET k v\r\nGET k\nPING   \r\n", (b"SET", b"k", b"v"), (b"GET", b"k"), (b"PING",))

    def test_inline_and_multibulk_may_alternate(self):
        self.assert_parsed(b"PING\r\n" + command(b"GET", b"k") + b"PING\r\n", (b"PING",), (b"GET", b"k"), (b"PING",))

    def test_refuses_wrong_counts_and_lengths(self):
        self.assert_refused(b"*abc\r\n", "invalid multibulk length")
        self.assert_refused(b"*03\r\n", "invalid multibulk length")
        self.assert_refused(b"*2147483648\r\n", "invalid multibulk length")
        self.assert_refused(b"*1\r\n$-1\r\n", "invalid bulk length")
        self.assert_refused(b"*1\r\n$536870913\r\n", "invalid bulk length")
        self.assert_refused(b"*1\r\n:3\r\n", "expected '$', got ':'")

    def test_requests_before_an_error_are_returned(self):
        self.assert_refused(command(b"PING") + b"*1\r\n+\r\n", "expected '$', got '+'", (b"PING",))

    def test_refuses_endless_lines(self):
        for start, text in ((b"*", "too big mbulk count string"), (b"*1\r\n$", "too big bulk count string"),
                            (b"a", "too big inline request")):
            parser = RequestParser()
            parser.feed(start + b"1" * 70000)
            self.assertEqual(parser.error, "ERR Protocol error: " + text)

    def test_refuses_unbalanced_quotes(self):
        self.assert_refused(b"PING 'a\r\n", "unbalanced quotes in request")

    def test_holds_unauthenticated_clients_to_small_requests(self):
        for data, text in ((b"*11\r\n", "unauthenticated multibulk length"),
                           (b"*1\r\n$16385\r\n", "unauthenticated bulk length")):
            parser = RequestParser()
            parser.trust(False)
            parser.feed(data)
            self.assertEqual(parser.error, "ERR Protocol error: " + text)

    def test_stops_after_what_may_authenticate(self):
        parser = RequestParser()
        parser.trust(False)
        auth, many = command(b"auth", b"secret"), command(*[b"PING"] * 11)
        self.assertEqual(parser.feed(auth + many), [[b"auth", b"secret"]])
        self.assertIs(parser.error, HELD)
        parser.trust(True)
        self.assertEqual(parser.feed(b""), [[b"PING"] * 11])
        self.assertIsNone(parser.error)

    def test_a_line_that_begins_with_a_carriage_return_is_inline(self):
        self.assert_parsed(b"\r*\n" + command(b"PING"), (b"*",), (b"PING",))

    def test_a_zero_byte_hides_the_end_of_its_line(self):
        for data in (b"PI\0NG\r\n", b"*1\0\r\n$4\r\nPING\r\n"):
            parser = RequestParser()
            self.assertEqual(parser.feed(data), [])
            self.assertIsNone(parser.error)

    def test_a_large_value_arrives_in_linear_time_and_once_in_memory(self):
        parser = RequestParser()
        value = bytes(8 << 20)
        data = command(b"SET", b"k", value)
        found = []
        for start in range(0, len(data), 65536):
            self.assertEqual(found, [])
            found += parser.feed(data[start:start + 65536])
        self.assertEqual(found, [[b"SET", b"k", value]])
        self.assertEqual(parser.buffered, 0)

    def test_counts_what_it_keeps(self):
        parser = RequestParser()
        parser.feed(b"*2\r\n$3\r\nGET\r\n$10\r\n12345")
        self.assertEqual(parser.buffered, 8)


class SplitInlineTest(unittest.TestCase):
    def test_what_was_quoted_is_one_word_again(self):
        word = bytes(range(256))
        self.assertEqual(split_inline(quote(word) + b" " + quote(b"")), [word, b""])
        self.assertTrue(quote(word).isascii() and quote(word).decode().isprintable())

    def test_quoting_rules(self):
        cases = {
            b"": [], b"  ": [], b"a b": [b"a", b"b"], b'"a b" c': [b"a b", b"c"], b"'a b'": [b"a b"],
            b'"\\x41\\n\\t\\r\\b\\a\\q\\""': [b'A\n\t\r\b\aq"'], b"'\\'\\n'": [b"'\\n"], b'""': [b""],
            b'"a"b': None, b"'a": None, b'"a\\': None, b'"\\x4"': [b"x4"], b'a"b c"': [b"ab c"],
        }
        for line, words in cases.items():
            self.assertEqual(split_inline(line), words, line)
