"""Commands as bytes."""
import unittest

from redis_clone.client import DataError, encode_command
from redis_clone.client.requests import encode_commands, words_of


class EncodeCommandTest(unittest.TestCase):
    def test_every_type_of_argument(self):
        self.assertEqual(
            encode_command(["SET", b"k\r\n", "\u00e9", 12, -1.5, bytearray(b"x"), memoryview(b"y")]),
            b"*7\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n"
            b"$2\r\n\xc3\xa9\r\n$2\r\n12\r\n$4\r\n-1.5\r\n$1\r\nx\r\n$1\r\ny\r\n")

    def test_numbers_that_redis_understands(self):
        for number, text in ((10 ** 20, b"100000000000000000000"), (0.1, b"0.1"), (1e300, b"1e+300"),
                             (float("inf"), b"inf"), (float("-inf"), b"-inf"), (0, b"0")):
            self.assertEqual(encode_command([number]), b"*1\r\n$%d\r\n%b\r\n" % (len(text), text))

    def test_text_that_was_no_utf8_goes_back_as_it_came(self):
        self.assertEqual(encode_command(["\udcff"]), b"*1\r\n$1\r\n\xff\r\n")

    def test_many_and_long_arguments(self):
        encoded = b"*100\r\n" + (b"$5000\r\n" + b"a" * 5000 + b"\r\n") * 100
        self.assertEqual(encode_command([b"a" * 5000] * 100), encoded)

    def test_what_redis_does_not_have_is_refused(self):
        for argument in (None, True, [], {}, object()):
            with self.assertRaisesRegex(TypeError, f"not {type(argument).__name__}"):
                encode_command(["SET", "k", argument])

    def test_a_command_needs_a_name(self):
        with self.assertRaises(ValueError):
            encode_command([])


class EncodeCommandsTest(unittest.TestCase):
    def test_the_same_bytes_as_word_by_word(self):
        commands = [("SET", "k", b"v\r\n"), ("GET", "\u00e9"), ("INCRBY", bytearray(b"k"), -5), ("PING",),
                    ("ECHO", 1.5), ("SET", memoryview(b"k"), "x" * 5000), (b"GET", "k"), ("MSET", *range(200))]
        for _ in range(2):                  # the second time with names that are known
            self.assertEqual(encode_commands(commands), b"".join(map(encode_command, commands)))

    def test_a_subcommand_stands_with_its_command(self):
        for name, words in (("CONFIG GET", ["CONFIG", "GET", "a"]), (b"config get", [b"config", b"get", "a"])):
            for _ in range(2):
                self.assertEqual(encode_commands([(name, "a")]), encode_command(words))

    def test_arguments_with_spaces_stay_one_argument(self):
        self.assertEqual(encode_commands([("GET", "a b")]), encode_command(["GET", "a b"]))

    def test_text_in_another_encoding(self):
        self.assertEqual(encode_commands([("GET", "\u00e9")], lambda text: text.encode("latin-1")),
                         encode_command(["GET", b"\xe9"]))

    def test_what_redis_does_not_have_is_refused(self):
        for argument in (None, True, [], {}, object()):
            with self.assertRaisesRegex(DataError, f"not {type(argument).__name__}"):
                encode_commands([("SET", "k", argument)])

    def test_names_that_are_none(self):
        for name in (None, 5, ["GET"], bytearray(b"GET")):
            with self.assertRaisesRegex(DataError, "name of a command"):
                encode_commands([(name, "k")])
        for name in ("", "CONFIG  GET", " GET"):
            with self.assertRaisesRegex(DataError, "one space"):
                encode_commands([(name,)])
        with self.assertRaises(DataError):
            encode_commands([()])

    def test_commands_without_exactly_one_reply_are_refused_every_time(self):
        for args in (("SUBSCRIBE", "a"), ("monitor",), ("CLIENT", "REPLY", "OFF"), ("CLIENT REPLY", "OFF"),
                     ("CLIENT REPLY SKIP",), (b"client", b"reply", "SKIP"), ("PSYNC x",)):
            for _ in range(2):
                with self.assertRaisesRegex(DataError, "not answered by exactly one reply"):
                    encode_commands([("PING",), args])
        self.assertIn(b"GETNAME", encode_commands([("CLIENT", "GETNAME")]))

    def test_replies_may_be_turned_on(self):
        for args in (("CLIENT REPLY", "ON"), ("client", b"reply", "on")):
            self.assertIn(b"*3\r\n", encode_commands([args]))


class WordsOfTest(unittest.TestCase):
    def test_the_words_as_bytes(self):
        self.assertEqual(words_of(("CONFIG SET", "a", 1, b"x")), [b"CONFIG", b"SET", b"a", b"1", b"x"])

    def test_refuses_what_cannot_be_sent(self):
        for args in ((), ("SUBSCRIBE", "x"), ("SET", None)):
            with self.assertRaises(DataError):
                words_of(args)


if __name__ == "__main__":
    unittest.main()
