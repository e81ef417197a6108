"""Typed lines as words."""
import unittest

from redis_clone.cli.words import split_line, unquote


class SplitLineTest(unittest.TestCase):
    def test_words_are_separated_by_spaces(self):
        self.assertEqual(split_line(b"  set  key\tvalue \r\n"), [b"set", b"key", b"value"])
        self.assertEqual(split_line(b""), [])
        self.assertEqual(split_line(b" \t "), [])

    def test_double_quotes_know_escapes(self):
        self.assertEqual(split_line(rb'set k "a b\x00\xfF\n\r\t\b\a\"\\\q"'),
                         [b"set", b"k", b'a b\x00\xff\n\r\t\b\a"\\q'])
        self.assertEqual(split_line(rb'"\x4"'), [b"x4"])

    def test_single_quotes_know_only_themselves(self):
        self.assertEqual(split_line(rb"'a \n \' b' c"), [rb"a \n ' b", b"c"])

    def test_empty_words(self):
        self.assertEqual(split_line(b"set k \"\" ''"), [b"set", b"k", b"", b""])

    def test_a_quote_may_begin_within_a_word(self):
        self.assertEqual(split_line(b"a\"b c\" d'e f'"), [b"ab c", b"de f"])

    def test_bytes_of_no_encoding(self):
        self.assertEqual(split_line(b"get \xff\xfe"), [b"get", b"\xff\xfe"])

    def test_wrong_quotes(self):
        for line in (b'"a', b"'a", b'"a"b', b"'a'b", b'a "', rb'"a\"', rb"'a\'", b'"a\\'):
            self.assertIsNone(split_line(line), line)

    def test_a_long_line_takes_no_long_time(self):
        word = b'\\"' * 200_000
        self.assertEqual(split_line(b'"' + word + b'"'), [b'"' * 200_000])
        self.assertIsNone(split_line(b'"' + word))


class UnquoteTest(unittest.TestCase):
    def test_one_word(self):
        self.assertEqual(unquote(b'"a\\x00b"'), b"a\0b")
        self.assertEqual(unquote(b"plain"), b"plain")

    def test_not_exactly_one_word(self):
        for text in (b"", b"a b", b'"a', b'"a" "b"'):
            self.assertIsNone(unquote(text), text)


if __name__ == "__main__":
    unittest.main()
