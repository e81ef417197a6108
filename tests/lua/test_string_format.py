"""string.format: what lua5.1 on x86-64 answers."""
import unittest

from tests.lua.test_string import ScriptCase


class FormatCase(ScriptCase):
    def check_formats(self, *cases):
        """Each case: a format, Lua source of the arguments, the text."""
        for template, arguments, expected in cases:
            self.check(f"string.format('{template}', {arguments})", expected)


class TextTest(FormatCase):
    def test_plain_text_and_percent_signs(self):
        self.check("string.format('a%%b'), string.format(''), string.format(12)", b"a%b", b"", b"12")
        self.check("string.format('a\\0b%d\\0c', 1)", b"a\0b1\0c")

    def test_strings_and_numbers(self):
        self.check_formats(("%s", "'x'", b"x"), ("%s|%s", "1, 1e100", b"1|1e+100"),
                           ("%5s|", "'ab'", b"   ab|"),
                           ("%-5s|", "'ab'", b"ab   |"), ("%.2s", "'abc'", b"ab"), ("%.s|", "'abc'", b"|"),
                           ("%5.1s", "'abc'", b"    a"), ("%05s", "'ab'", b"   ab"), ("%+#s", "5", b"5"))

    def test_other_types_are_refused(self):
        for value, name in (("nil", b"nil"), ("true", b"boolean"), ("{}", b"table")):
            self.fails(f"string.format('%s', {value})",
                       b"bad argument #2 to 'format' (string expected, got %s)" % name)

    def test_a_short_text_ends_at_its_first_nul(self):
        self.check("string.format('%s|', 'a\\0b'), string.format('%3s|', 'a\\0b')", b"a|", b"  a|")
        self.check("#string.format('%s', ('a\\0'):rep(49)), #string.format('%s', ('a\\0'):rep(50))", 1, 100)
        self.check("#string.format('%.20s', ('a\\0'):rep(60))", 1)

    def test_a_long_text_is_not_padded(self):
        self.check("#string.format('%99s', ('a'):rep(100)), #string.format('%99s', ('a'):rep(98))", 100, 99)

    def test_quoted(self):
        self.check(b"string.format('%q', 'a\\0b\\r\\n\"\\\\\xe9')", b'"a\\000b\\r\\\n\\"\\\\\xe9"')
        self.check("string.format('%5q', 1)", b'"1"')

    def test_characters(self):
        self.check_formats(("%c%c", "72, 105", b"Hi"), ("%5c|", "65", b"    A|"), ("%-5c|", "65", b"A    |"),
                           ("%c", "65 + 256", b"A"), ("%c", "-42", b"\xd6"), ("%c|", "1e15", b"|"))

    def test_code_0_ends_the_text_of_its_directive(self):
        self.check_formats(("%c|", "0", b"|"), ("%5c|", "0", b"    |"), ("%-5c|", "0", b"|"))


class IntegerTest(FormatCase):
    def test_decimal(self):
        self.check_formats(("%d", "3.99", b"3"), ("%i", "-3.99", b"-3"), ("%5d|", "42", b"   42|"),
                           ("%d", "-0.5", b"0"),
                           ("%-5d|", "42", b"42   |"), ("%05d", "-42", b"-0042"), ("%+d", "42", b"+42"),
                           ("% d", "42", b" 42"), ("%+ d", "42", b"+42"), ("%-05d|", "3", b"3    |"),
                           ("%d", "'0x10'", b"16"), ("%#d", "3", b"3"))

    def test_what_does_not_fit_becomes_the_smallest_integer(self):
        for value in ("0/0", "1/0", "-1/0", "2^63", "1e300"):
            self.check(f"string.format('%d', {value})", b"-9223372036854775808")
        self.check("string.format('%d', 2^53)", b"9007199254740992")

    def test_precision(self):
        self.check_formats(("%.3d", "5", b"005"), ("%8.3d", "-42", b"    -042"),
                           ("%08.3d", "42", b"     042"),
                           ("%-8.3d|", "42", b"042     |"), ("%.0d|", "0", b"|"), ("%.d|", "0", b"|"),
                           ("%+.3d", "5", b"+005"), ("% .3d", "5", b" 005"))

    def test_unsigned(self):
        self.check_formats(("%u", "42", b"42"), ("%+u", "42", b"42"), ("%u", "-1", b"18446744073709551615"),
                           ("%u", "2^63", b"9223372036854775808"), ("%u", "1e300", b"0"),
                           ("%5u", "7", b"    7"),
                           ("%u", "0/0", b"9223372036854775808"))

    def test_hexadecimal_and_octal(self):
        self.check_formats(("%x", "255", b"ff"), ("%X", "255", b"FF"), ("%#x", "255", b"0xff"),
                           ("%#X", "42", b"0X2A"),
                           ("%#x", "0", b"0"), ("%x", "-1.5", b"ffffffffffffffff"),
                           ("%08x", "42", b"0000002a"),
                           ("%#08x", "42", b"0x00002a"), ("%#8x", "42", b"    0x2a"),
                           ("%-#8x|", "42", b"0x2a    |"),
                           ("%#08.5x", "42", b" 0x0002a"), ("%o", "8", b"10"), ("%#o", "8", b"010"),
                           ("%#o", "0", b"0"),
                           ("%#.0o", "0", b"0"), ("%#.3o", "42", b"052"), ("%.x|", "0", b"|"))

    def test_strings_that_spell_numbers(self):
        self.check("string.format('%d', ' 10 ')", b"10")
        self.fails("string.format('%d', 'x')", b"bad argument #2 to 'format' (number expected, got string)")


class FloatTest(FormatCase):
    def test_as_c_prints_them(self):
        self.check_formats(("%f", "0.5", b"0.500000"), ("%.2f", "2/3", b"0.67"),
                           ("%8.2f|", "-1.5", b"   -1.50|"),
                           ("%-8.1f|", "1", b"1.0     |"), ("%+08.2f", "42", b"+0042.00"),
                           ("% 08.2e", "42", b" 4.20e+01"),
                           ("%e", "1e100", b"1.000000e+100"), ("%E", "0.5", b"5.000000E-01"),
                           ("%g", "1e15", b"1e+15"),
                           ("%G", "1e-10", b"1E-10"), ("%#g", "42", b"42.0000"), ("%#.0f", "42", b"42."),
                           ("%.0f", "0.5", b"0"), ("%.20g", "0.1", b"0.10000000000000000555"),
                           ("%g", "100000", b"100000"))

    def test_the_longest_one(self):
        self.check("#string.format('%99.99f', -1e308)", 410)

    def test_what_is_not_finite(self):
        self.check_formats(("%f", "1/0", b"inf"), ("%05.1f", "1/0", b"  inf"), ("%-5g|", "-1/0", b"-inf |"),
                           ("%+g", "1/0", b"+inf"), ("% g", "1/0", b" inf"), ("%E", "1/0", b"INF"),
                           ("%f", "0/0", b"-nan"), ("%f", "-(0/0)", b"nan"), ("%+5.1f", "-(0/0)", b" +nan"))


class MistakesTest(FormatCase):
    def test_too_few_arguments(self):
        self.fails("string.format('%d')", b"bad argument #2 to 'format' (no value)")
        self.fails("string.format('%d %s', 1)", b"bad argument #3 to 'format' (no value)")
        self.fails("string.format('%')", b"bad argument #2 to 'format' (no value)")
        self.fails("string.format('%d', nil)", b"bad argument #2 to 'format' (number expected, got nil)")

    def test_too_many_arguments_are_ignored(self):
        self.check("string.format('%d', 1, 2, {})", b"1")

    def test_unknown_conversions(self):
        self.fails("string.format('%y', 1)", b"invalid option '%y' to 'format'")
        self.fails("string.format('%F', 1)", b"invalid option '%F' to 'format'")
        self.fails("string.format('%5%', 1)", b"invalid option '%%' to 'format'")
        for template in ("%", "%5", "%-", "%.3", "%\\0d"):
            self.fails(f"string.format('{template}', 1)", b"invalid option '%' to 'format'")

    def test_too_much_before_the_conversion(self):
        self.check("string.format('%-+ #0d', 3)", b"+3")
        self.fails("string.format('%-+ #00d', 3)", b"invalid format (repeated flags)")
        self.fails("string.format('%100d', 3)", b"invalid format (width or precision too long)")
        self.fails("string.format('%.100d', 3)", b"invalid format (width or precision too long)")

    def test_the_first_mistake_is_reported(self):
        self.fails("string.format('%d %y', 'x', 1)",
                   b"bad argument #2 to 'format' (number expected, got string)")
        self.fails("string.format('%y %d', 1, 'x')", b"invalid option '%y' to 'format'")
        self.fails("string.format('%y')", b"bad argument #2 to 'format' (no value)")

    def test_the_format_is_a_string(self):
        self.fails("string.format()", b"bad argument #1 to 'format' (string expected, got no value)")

    def test_too_much_is_refused_before_it_is_built(self):
        self.runtime.max_string = 1000
        self.check("#string.format('%s%s', ('x'):rep(500), ('x'):rep(500))", 1000)
        self.fails("string.format('%s%s', ('x'):rep(501), ('x'):rep(500))", b"not enough memory")

    def test_long_formats_are_not_kept_but_work(self):
        self.check("#string.format(('x'):rep(2000) .. '%d', 5)", 2001)


if __name__ == "__main__":
    unittest.main()
