"""Tokens of Lua 5.1. The expectations were taken from lua5.1."""

import time
import unittest

from redis_clone.lua.lexer import scan, shown_string


def kinds(source):
    return scan(source).kinds


def value(source):
    """What the first token stands for."""
    tokens = scan(source)
    return tokens.constants[tokens.texts[0]]


class TokensTest(unittest.TestCase):
    def test_the_end_of_the_source_is_a_token(self):
        self.assertEqual(kinds(b""), ["<eof>"])
        self.assertEqual(kinds(b" \t\v\f"), ["<eof>"])

    def test_keywords_stand_for_themselves_and_other_words_are_names(self):
        self.assertEqual(kinds(b"and nil End _x1 ending"),
                         ["and", "nil", "<name>", "<name>", "<name>", "<eof>"])

    def test_the_longest_operator_is_taken(self):
        self.assertEqual(kinds(b"a<=b==c...d..e.f~=g"), [
            "<name>", "<=", "<name>", "==", "<name>", "...", "<name>", "..", "<name>", ".", "<name>", "~=",
            "<name>", "<eof>"])
        self.assertEqual(kinds(b"===>=[]=]]"), ["==", "=", ">=", "[", "]", "=", "]", "]", "<eof>"])
        self.assertEqual(kinds(b"f()=1;{}#%^*/-+:,<>"), [
            "<name>", "(", ")", "=", "<number>", ";", "{", "}", "#", "%", "^", "*", "/", "-", "+", ":", ",",
            "<", ">", "<eof>"])

    def test_bytes_without_a_meaning_are_tokens_of_their_own(self):
        tokens = scan(b"~ \xff\0!")
        self.assertEqual(tokens.kinds, ["<char>"] * 4 + ["<eof>"])
        self.assertEqual(tokens.texts, [b"~", b"\xff", b"\0", b"!", b""])

    def test_words_are_the_distinct_texts(self):
        self.assertIn(b"arg", scan(b"x = arg").words)
        self.assertNotIn(b"arg", scan(b"x = args -- arg").words)


class LinesTest(unittest.TestCase):
    def test_every_kind_of_line_end_counts_once(self):
        self.assertEqual(scan(b"a\nb\r\nc\n\rd\re\n\nf").lines, [1, 2, 3, 4, 5, 7, 7])
        self.assertEqual(scan(b"a \r\r\n  \n b").lines, [1, 4, 4])

    def test_a_token_is_in_the_line_where_it_ends(self):
        self.assertEqual(scan(b"x = [[\na\r\nb]] y 'c\\\nd' z").lines, [1, 1, 3, 3, 4, 4, 4])

    def test_a_string_over_several_lines_moves_the_line_each_time(self):
        self.assertEqual(scan(b"[[\n]] [[\n]] 'a\\\n' 'a\\\n'").lines, [2, 3, 4, 5, 5])

    def test_comments_count_their_lines(self):
        self.assertEqual(scan(b"--[[\n\n]] a -- b\n c --[==[ ]]\n ]==] d --x\r\n\r\n--y\ne").lines,
                         [3, 4, 5, 8, 8])


class CommentsTest(unittest.TestCase):
    def test_a_short_comment_ends_with_the_line(self):
        self.assertEqual(kinds(b"a -- b c\nd"), ["<name>", "<name>", "<eof>"])
        self.assertEqual(kinds(b"a --[ b ]]\nd --[= [\n--[==x"), ["<name>", "<name>", "<eof>"])

    def test_a_long_comment_ends_with_its_own_level(self):
        self.assertEqual(kinds(b"a --[==[ b ]] ]=] \n ]==] c"), ["<name>", "<name>", "<eof>"])
        self.assertEqual(kinds(b"--[[]]a"), ["<name>", "<eof>"])

    def test_a_long_comment_must_end(self):
        self.assertEqual(scan(b"a\n--[[\n").failure, (3, b"unfinished long comment near '<eof>'"))

    def test_brackets_must_not_be_nested(self):
        failure = scan(b"--[[ a\n [[ ]] b ]]").failure
        self.assertEqual(failure, (2, b"nesting of [[...]] is deprecated near '['"))
        self.assertIsNone(scan(b"--[=[ [[ [=[ ]=]").failure)


class NumbersTest(unittest.TestCase):
    def test_decimal_numbers(self):
        for text, number in ((b"3", 3.0), (b"3.", 3.0), (b".5", 0.5), (b"3.25e2", 325.0), (b"1E-2", 0.01),
                             (b"08", 8.0), (b"1e999", float("inf"))):
            self.assertEqual(value(text), number, text)
            self.assertIs(value(text).__class__, float)

    def test_a_zero_byte_counts_as_an_exponent_and_ends_what_is_read_of_a_number(self):
        self.assertEqual(value(b"0.3\x0012"), 0.3)
        self.assertEqual(kinds(b"1\0+2"), ["<number>", "<eof>"])

    def test_hexadecimal_numbers_as_strtod_reads_them(self):
        for text, number in ((b"0x10", 16.0), (b"0XfF", 255.0), (b"0x1p4", 16.0),
                             (b"0xffffffffffffffffff", 2.0 ** 72)):
            self.assertEqual(value(text), number, text)

    def test_a_sign_belongs_to_a_number_only_after_an_exponent(self):
        self.assertEqual(kinds(b"1-2"), ["<number>", "-", "<number>", "<eof>"])
        self.assertEqual(kinds(b"0x1e+1"), ["<number>", "+", "<number>", "<eof>"])

    def test_malformed_numbers(self):
        for text in (b"3..2", b"1x", b"1_0", b"0x", b"1e", b"1e+", b"0x1p", b"3e5e5", b"1.2.3"):
            tokens = scan(b"\n" + text + b" ")
            self.assertEqual(tokens.kinds, ["<error>"], text)
            self.assertEqual(tokens.failure, (2, b"malformed number near '%s'" % text))


class QuotedStringsTest(unittest.TestCase):
    def test_both_quotes(self):
        self.assertEqual(value(b"'a\"b'"), b'a"b')
        self.assertEqual(value(b'"a\'b"'), b"a'b")
        self.assertEqual(value(b"''"), b"")

    def test_escapes(self):
        self.assertEqual(value(rb"'\a\b\f\n\r\t\v\\\'\"'"), b"\a\b\f\n\r\t\v\\'\"")
        self.assertEqual(value(rb"'\0\10\0651\255'"), b"\0\nA1\xff")

    def test_a_backslash_before_any_other_byte_means_nothing(self):
        self.assertEqual(value(rb"'\z\x41\q'"), b"zx41q")

    def test_a_backslash_lets_a_string_go_on_in_the_next_line(self):
        for line_end in (b"\n", b"\r", b"\r\n", b"\n\r"):
            tokens = scan(b"'a\\" + line_end + b"b' x")
            self.assertEqual(tokens.constants[tokens.texts[0]], b"a\nb")
            self.assertEqual(tokens.lines, [2, 2, 2])

    def test_other_line_ends_are_kept(self):
        self.assertEqual(value(rb"'a\r\n'"), b"a\r\n")

    def test_a_string_must_end_in_its_line(self):
        self.assertEqual(scan(b"x\n'ab\\tc\n'").failure, (2, b"unfinished string near ''ab\tc'"))
        self.assertEqual(scan(b'"a\\\nb\r').failure, (2, b'unfinished string near \'"a\nb\''))
        self.assertEqual(scan(b"'a\\0b\n").failure, (1, b"unfinished string near ''a'"))

    def test_a_string_must_end_before_the_source(self):
        for source in (b"'abc", b"'", b"'abc\\", b"'a\\'"):
            self.assertEqual(scan(source).failure, (1, b"unfinished string near '<eof>'"), source)

    def test_an_escape_must_fit_a_byte(self):
        self.assertEqual(scan(rb"'a\n\256b'").failure, (1, b"escape sequence too large near ''a\n'"))
        self.assertEqual(scan(b"'\\\n\\300 never closed").failure,
                         (2, b"escape sequence too large near ''\n'"))

    def test_what_is_never_closed_takes_no_time(self):
        start = time.process_time()
        for part in (b"a", b"\\a", b"\\\n"):
            self.assertEqual(scan(b"'" + part * 50000).kinds, ["<error>"])
        self.assertLess(time.process_time() - start, 2.0)


class LongStringsTest(unittest.TestCase):
    def test_levels(self):
        self.assertEqual(value(b"[[a'b]]"), b"a'b")
        self.assertEqual(value(b"[==[a]]b]=]c]==]"), b"a]]b]=]c")
        self.assertEqual(value(b"[=[[[]=]"), b"[[")
        self.assertEqual(value(b"[[]]"), b"")

    def test_a_line_end_at_the_start_is_dropped_and_others_become_newlines(self):
        self.assertEqual(value(b"[[\r\na\r\nb\rc\n\rd\n\ne]]"), b"a\nb\nc\nd\n\ne")
        self.assertEqual(value(b"[[\n\n]]"), b"\n")

    def test_escapes_mean_nothing(self):
        self.assertEqual(value(rb"[[\n]]"), rb"\n")

    def test_errors(self):
        self.assertEqual(scan(b"[[\n").failure, (2, b"unfinished long string near '<eof>'"))
        self.assertEqual(scan(b"[=[ ]]").failure, (1, b"unfinished long string near '<eof>'"))
        self.assertEqual(scan(b"a[==b").failure, (1, b"invalid long string delimiter near '[=='"))
        self.assertEqual(scan(b"[[\n[[ ]]").failure, (2, b"nesting of [[...]] is deprecated near '['"))
        self.assertEqual(scan(b"[[ a [[ b").failure, (1, b"nesting of [[...]] is deprecated near '['"))

    def test_nothing_is_read_after_an_error(self):
        self.assertEqual(kinds(b"a [= b"), ["<name>", "<error>"])


class ShownStringTest(unittest.TestCase):
    def test_shows_the_value_in_its_delimiters(self):
        self.assertEqual(shown_string(rb"'a\n'", b"a\n"), b"'a\n'")
        self.assertEqual(shown_string(b"[=[\na]=]", b"a"), b"[=[a]=]")


if __name__ == "__main__":
    unittest.main()
