"""Replies as text: redis-cli's, byte for byte."""
import unittest

from redis_clone.cli.arguments import CSV, JSON, QUOTED_JSON, RAW, STANDARD
from redis_clone.cli.formats import format_push, format_reply, format_verbatim
from redis_clone.cli.typed_replies import Attribute, TypedParser
from redis_clone.client import ReplyError
from tests.cli.mode_support import ScriptedServer, needs_redis_cli, run_redis_cli
from tests.cli.printed_replies import PRINTED

OUTPUTS = {"--no-raw": STANDARD, "--raw": RAW, "--csv": CSV, "--json": JSON, "--quoted-json": QUOTED_JSON}


def parse(data):
    parser = TypedParser(ReplyError)
    parser.feed(data)
    return list(parser.replies)


def printed(data, output, **delimiters):
    reply, = parse(data)
    return format_reply(reply, output, **delimiters)


class PrintedRepliesTest(unittest.TestCase):
    def test_all_outputs_are_as_redis_cli_prints_them(self):
        for reply, *expected in PRINTED:
            expected += expected[-1:] * (len(OUTPUTS) - len(expected))
            for output, text in zip(OUTPUTS.values(), expected):
                self.assertEqual(printed(reply, output), text, f"{output} of {reply!r}")

    @needs_redis_cli
    def test_the_installed_redis_cli_prints_the_same(self):
        for position, option in enumerate(OUTPUTS):
            replies = iter([reply for reply, *_ in PRINTED])
            server = ScriptedServer(self, {"HELLO": b"%0\r\n", "NEXT": lambda words: next(replies)})
            given = b"next\n" * len(PRINTED)
            expected = b"".join(texts[min(position, len(texts) - 1)] for _, *texts in PRINTED)
            self.assertEqual(run_redis_cli(server.port, "-3", option, given=given).output, expected, option)


class LargeStringTest(unittest.TestCase):
    def test_large_strings_are_escaped_to_their_last_byte(self):
        reply = b"$200001\r\n" + b"\n" * 200_000 + b"z\r\n"
        self.assertEqual(printed(reply, STANDARD), b'"' + b"\\n" * 200_000 + b'z"\n')
        self.assertEqual(printed(reply, JSON), b'"' + b"\\n" * 200_000 + b'z"\n')


class DelimitersTest(unittest.TestCase):
    def test_delimiters_of_raw(self):
        self.assertEqual(printed(b"*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n", RAW, element_delimiter=b",",
                                 reply_delimiter=b"|"), b"a,1,2|")
        self.assertEqual(printed(b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", RAW, element_delimiter=b",", reply_delimiter=b""),
                         b"a 1,b 2")
        self.assertEqual(printed(b"*2\r\n-E a\r\n+b\r\n", RAW, element_delimiter=b",", reply_delimiter=b"|"),
                         b"E a\n,b|")

    def test_the_other_outputs_have_none(self):
        for output in (STANDARD, CSV, JSON):
            self.assertEqual(printed(b":1\r\n", output, element_delimiter=b",", reply_delimiter=b"|")[-1:], b"\n")

    def test_verbatim_texts_get_nothing_added(self):
        for data, text in ((b"$4\r\nab\r\n\r\n", b"ab\r\n"), (b"=8\r\ntxt:ab\r\n\r\n", b"ab\r\n"),
                           (b"-ERR x\r\n", b"ERR x\n"), (b"%1\r\n+a\r\n:1\r\n", b"a 1"),
                           (b"*2\r\n$1\r\na\r\n$1\r\nb\r\n", b"a\nb")):
            self.assertEqual(format_verbatim(*parse(data)), text)


class PushTest(unittest.TestCase):
    def test_invalidations_are_told_in_words(self):
        push, = parse(b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$2\r\nb'\r\n")
        self.assertEqual(format_push(push, STANDARD), b"-> invalidate: 'a', 'b''\n")
        self.assertEqual(format_push(push, RAW), b"invalidate\na\nb'\n")
        self.assertEqual(format_push(push, JSON), b'["invalidate",["a","b\'"]]\n')

    def test_other_pushes_are_like_arrays(self):
        push, = parse(b">2\r\n$10\r\ninvalidate\r\n_\r\n")
        self.assertEqual(format_push(push, STANDARD), b'1) "invalidate"\n2) (nil)\n')


class WhatRedisCliRefusesTest(unittest.TestCase):
    """Types at which redis-cli 7.0 ends with an error."""

    def test_big_numbers(self):
        number = b"9" * 6000                    # more digits than Python converts
        self.assertEqual(printed(b"(%b\r\n" % number, STANDARD), b"(big number) " + number + b"\n")
        for output in (RAW, CSV, JSON, QUOTED_JSON):
            self.assertEqual(printed(b"(-12\r\n", output), b"-12\n")

    def test_not_a_number(self):
        self.assertEqual(printed(b",nan\r\n", STANDARD), b"(double) nan\n")

    def test_long_errors(self):
        self.assertEqual(printed(b"!10\r\nSYNTAX a\nb\r\n", STANDARD), b"(error) SYNTAX a\nb\n")

    def test_attributes_come_before_their_reply(self):
        attribute, reply = parse(b"|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n")
        self.assertIs(type(attribute), Attribute)
        self.assertEqual(format_reply(attribute, STANDARD), b"1| ttl => (integer) 5\n")
        self.assertEqual(reply, b"a")

    def test_attributes_of_elements_are_dropped(self):
        self.assertEqual(parse(b"*2\r\n|1\r\n+ttl\r\n:5\r\n:1\r\n:2\r\n"), [[1, 2]])


if __name__ == "__main__":
    unittest.main()
