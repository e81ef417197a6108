"""Patterns: find, match, gmatch and gsub, and the ways by which a pattern is matched.

Most cases were answered by lua5.1. Whatever is checked of short texts is checked three times: as usual, with
the Machine for all patterns, and with bounds so low that every text counts as long.
"""
import unittest
from unittest import mock

from redis_clone.lua import patterns
from redis_clone.lua.errors import LuaError, ScriptKilled
from redis_clone.lua.pattern_costs import Profile
from redis_clone.lua.pattern_items import ALL, END, ERROR, FRONTIER, GREEDY, LAZY, ONE, parse
from redis_clone.lua.patterns import PATTERNS, Pattern, compile_pattern
from tests.lua.test_string import ScriptCase


class EveryWayCase(ScriptCase):
    """Runs the checks of its subclasses by each way of matching."""

    def results(self, expression):
        expected = self.answer(expression)
        with mock.patch.dict(PATTERNS, clear=True), mock.patch.object(patterns, "_translatable",
                                                                      lambda items: False):
            self.assertEqual(self.answer(expression), expected, "by the Machine")
        for budget, checked in ((20.0, 100.0), (200.0, 1.0), (0.0, 0.0)):
            with mock.patch.dict(PATTERNS, clear=True), mock.patch.multiple(
                    patterns, _BUDGET=budget, _CHECKED_BUDGET=checked, _TRIES=2):
                self.assertEqual(self.answer(expression), expected, f"with budgets of {budget} and {checked}")
        if isinstance(expected, LuaError):
            raise expected
        return expected

    def answer(self, expression):
        try:
            return super().results(expression)
        except LuaError as error:
            return _ComparableError(error.value)


class _ComparableError(LuaError):
    def __eq__(self, other):
        return isinstance(other, LuaError) and self.value == other.value

    __hash__ = LuaError.__hash__


class FindTest(EveryWayCase):
    def test_positions_and_captures(self):
        self.check("('hello world'):find('o w')", 5, 7)
        self.check("('key = value'):find('(%w+)%s*=%s*(%w+)')", 1, 11, b"key", b"value")
        self.check("('hello'):find('x')", None)

    def test_start(self):
        self.check("('aXbXc'):find('X', 3)", 4, 4)
        self.check("('abc'):find('b', -1)", None)
        self.check("('abc'):find('b', -2)", 2, 2)
        self.check("('abc'):find('b', '2')", 2, 2)
        self.check("('abc'):find('a', 0/0)", 1, 1)

    def test_a_start_behind_the_end_is_the_end(self):
        self.check("('abc'):find('', 10)", 4, 3)
        self.check("('abc'):find('()', 10)", 4, 3, 4)
        self.check("(''):find('', 5)", 1, 0)

    def test_plain(self):
        self.check("('a.b'):find('.', 1, true)", 2, 2)
        self.check("('a.b'):find('.', 1, 0)", 2, 2)
        self.check("('a.b'):find('.', 1, false)", 1, 1)
        self.check("('abc'):find('', 3, true)", 3, 2)
        self.check("('a%b'):find('%', nil, true)", 2, 2)

    def test_without_special_characters_all_of_the_pattern_is_plain(self):
        self.check("('a\\0b.c'):find('b.')", 3, 4)
        self.check("('a\\0b'):find('a\\0x')", None)
        self.check("('xa\\0.b'):find('a\\0.')", 2, 4)

    def test_a_pattern_with_special_characters_ends_at_a_nul(self):
        self.check("('ab'):find('a.\\0x')", 1, 2)

    def test_numbers_are_strings(self):
        self.check("string.find(12345, 3)", 3, 3)
        self.check("string.find(1.5, '%.')", 2, 2)

    def test_wrong_arguments(self):
        self.fails("string.find('a')", b"bad argument #2 to 'find' (string expected, got no value)")
        self.fails("string.find('a', {})", b"bad argument #2 to 'find' (string expected, got table)")
        self.fails("string.find('a', 'a', 'x')", b"bad argument #3 to 'find' (number expected, got string)")
        self.fails("string.find('a', 'a', true)", b"bad argument #3 to 'find' (number expected, got boolean)")


class MatchTest(EveryWayCase):
    def test_classes(self):
        text = "aZ5_ \\t.\\0\\127"
        for letter, expected in (("a", b"aZ"), ("d", b"5"), ("l", b"a"), ("p", b"_."), ("s", b" \t"),
                                 ("u", b"Z"),
                                 ("w", b"aZ5"), ("x", b"a5"), ("c", b"\t\0\x7f"), ("z", b"\0"),
                                 ("A", b"5_ \t.\0\x7f"),
                                 ("W", b"_ \t.\0\x7f"), ("Z", b"aZ5_ \t.\x7f"), (".", b"."), ("-", b"")):
            complement = f"[^%{letter}]"
            self.check(f"(('{text}'):gsub('{complement}', ''))", expected)

    def test_bytes_above_127_are_in_no_class(self):
        self.check(b"('\xe9\xff'):match('[%a%c%d%l%p%s%u%w%x]')", None)
        self.check(b"('\xe9\xff'):match('[\x80-\xff]+')", b"\xe9\xff")

    def test_sets(self):
        self.check("('a]b'):match('[]]'), ('a]b'):match('[^]]+'), ('a-b'):match('[a-]+')", b"]", b"a", b"a-")
        self.check("('a^b'):match('[b^]+'), ('x-z'):match('[%a-z]+'), ('a%]'):match('[%]]')", b"^b", b"x-z",
                   b"]")
        self.check("('b%c'):match('[a-%]c]'), ('5'):match('[3-7]'), ('5'):match('[7-3]')", b"c", b"5", None)
        self.check("('ab'):match('[%s%S]+'), ('ab'):match('[^%s%S]'), ('ab'):match('[^%s%S]*')", b"ab", None,
                   b"")

    def test_quantifiers(self):
        self.check("('aaab'):match('a*'), ('aaab'):match('a-b'), ('aaab'):match('a?b')", b"aaa", b"aaab",
                   b"ab")
        self.check("('b'):match('a*b'), ('b'):match('a+b'), ('<a><b>'):match('<.->')", b"b", None, b"<a>")
        self.check("('<a><b>'):match('<.*>'), ('aab'):match('a?a?a?b'), ('xaay'):match('a-')", b"<a><b>",
                   b"aab", b"")

    def test_quantifiers_that_quantify_nothing_are_plain(self):
        self.check("('*a'):match('*a'), ('a+'):match('(a)+'), ('^'):match('a*^')", b"*a", b"a", b"^")

    def test_anchors(self):
        self.check("('abab'):match('^ab'), ('xab'):match('^ab'), ('abab'):match('ab$')", b"ab", None, b"ab")
        self.check("('a$b'):match('a$b'), ('a^b'):match('a^b'), ('ab'):match('^', 2), ('ab'):match('^b', 2)",
                   b"a$b", b"a^b", b"", b"b")
        self.check("('a$'):match('%$$'), ('a\\n'):match('a$')", b"$", None)

    def test_captures(self):
        self.check("('2024-01-31'):match('(%d+)-(%d+)-(%d+)')", b"2024", b"01", b"31")
        self.check("('abc'):match('(a(b)(c))')", b"abc", b"b", b"c")
        self.check("('abc'):match('a()b()')", 2, 3)
        self.check("('abc'):match('()')", 1)
        self.check("('  trim me '):match('^%s*(.-)%s*$')", b"trim me")

    def test_back_references(self):
        self.check("('say \"hi\\' now\"'):match('([\"\\']).-%1')", b'"')
        self.check("('abab'):match('(ab)%1'), ('abac'):match('(ab)%1'), ('x'):match('()%1')", b"ab", None,
                   None)
        self.check("('a1a11'):match('(%d)%11')", None)
        self.check("('aa1'):match('(a)%11')", b"a")

    def test_balance(self):
        self.check("('f(a(b)c)d)'):match('%b()'), ('(()'):match('%b()'), ('x|a|'):match('%b||')",
                   b"(a(b)c)", b"()", b"|a|")
        self.check("('if x end'):match('%bie'), ('a[b]=c'):match('(%b[])=(.)')", b"if x e", b"[b]", b"c")

    def test_frontier(self):
        self.check("('THE (quick) fox'):match('%f[%a]%a+%f[%A]')", b"THE")
        self.check("('THE (quick) fox'):find('%f[%l]%l+')", 6, 10)
        self.check("('abc'):find('%f[%z]'), ('abc'):find('%f[%Z]')", 4, 1, 0)
        self.check("('a\\0b'):find('%f[%z]')", 2, 1)
        self.check("(''):find('%f[%z]'), (''):find('%f[a]')", None, None)
        self.check("('xay'):find('%f[a]', 2)", 2, 1)

    def test_32_captures(self):
        self.check("select('#', ('x'):match(('()'):rep(32)))", 32)
        self.fails("('x'):match(('()'):rep(33))", b"too many captures")


class MistakesTest(EveryWayCase):
    def test_are_reported(self):
        for pattern, message in (
                ("%", b"malformed pattern (ends with '%')"), ("[a", b"malformed pattern (missing ']')"),
                ("[]", b"malformed pattern (missing ']')"), ("[^]", b"malformed pattern (missing ']')"),
                ("[a%]", b"malformed pattern (missing ']')"), ("[%", b"malformed pattern (missing ']')"),
                ("%f", b"missing '[' after '%f' in pattern"), ("%fa", b"missing '[' after '%f' in pattern"),
                ("%f[a", b"malformed pattern (missing ']')"), ("%b", b"unbalanced pattern"),
                ("%bx", b"unbalanced pattern"), ("%1", b"invalid capture index"),
                ("%0", b"invalid capture index"),
                ("(%1)", b"invalid capture index"), (")", b"invalid pattern capture"),
                ("(a))", b"invalid pattern capture"), ("(", b"unfinished capture"),
                ("(()", b"unfinished capture")):
            self.fails(f"('abc'):match('{pattern}')", message)

    def test_only_when_a_match_comes_to_them(self):
        self.check("('abc'):find('x%')", None)
        self.check("('abc'):find('x[a')", None)
        self.check("('abc'):find('c(x')", None)
        self.fails("('abc'):find('c%')", b"malformed pattern (ends with '%')")
        self.fails("('abc'):find('c-%')", b"malformed pattern (ends with '%')")

    def test_unfinished_captures_matter_to_those_who_look(self):
        self.check("('abc'):gsub('(b', 'x')", b"axc", 1)
        self.check("('abc'):gsub('(b)(', '%1%1')", b"abbc", 1)
        self.check("('abc'):gsub('(b)(', {b = 'x'})", b"axc", 1)
        self.fails("('abc'):gsub('(b', '%1')", b"unfinished capture")
        self.fails("('abc'):gsub('(b', function() end)", b"unfinished capture")
        self.fails("('abc'):find('(b')", b"unfinished capture")


class GmatchTest(EveryWayCase):
    def check_all(self, text, pattern, *expected):
        """Each match as its captures in one string."""
        joined = "(function() local all = {} for a, b in (%s):gmatch(%s) do " \
                 "all[#all + 1] = a .. (b and '=' .. b or '') end return table.concat(all, ';') end)()"
        self.check(joined % (text, pattern), b";".join(expected))

    def test_all_matches(self):
        self.check_all("'one two  three'", "'%a+'", b"one", b"two", b"three")
        self.check_all("'a=1, b=2'", "'(%w+)=(%w+)'", b"a=1", b"b=2")
        self.check_all("'abc'", "'()b'", b"2")
        self.check_all("'abc'", "'x'")

    def test_empty_matches(self):
        self.check_all("'abc'", "''", b"", b"", b"", b"")
        self.check_all("'aab'", "'a*'", b"aa", b"", b"")
        self.check_all("'aab'", "'()a-'", b"1", b"2", b"3", b"4")

    def test_there_is_no_anchor(self):
        self.check_all("'^a^a'", "'^a'", b"^a", b"^a")
        self.check_all("'aa'", "'^a'")

    def test_the_end_gives_no_values(self):
        step = self.call(b"gmatch", b"a", b"a")
        self.assertEqual((step(), step(), step()), (b"a", (), ()))

    def test_a_mistake_is_reported_by_each_call(self):
        step = self.call(b"gmatch", b"a", b"%")
        for _ in range(2):
            with self.assertRaises(LuaError):
                step()

    def test_the_old_name(self):
        self.check("string.gfind('abc', '%a')()", b"a")


class GsubTest(EveryWayCase):
    def test_strings(self):
        self.check("('hello'):gsub('l', 'L')", b"heLLo", 2)
        self.check("('hello'):gsub('', '-')", b"-h-e-l-l-o-", 6)
        self.check("('abc'):gsub('%w', '%0%0')", b"aabbcc", 3)
        self.check("('hello world'):gsub('(%w+) (%w+)', '%2 %1')", b"world hello", 1)
        self.check("('abc'):gsub('b', '%1')", b"abc", 1)
        self.check("('abc'):gsub('()b', '%1')", b"a2c", 1)
        self.check("('abc'):gsub('b', 12.5)", b"a12.5c", 1)

    def test_escapes_in_strings(self):
        self.check("('abc'):gsub('b', '%%'), ('abc'):gsub('b', '%x'), ('abc'):gsub('b', 'x%')", b"a%c",
                   b"axc", b"ax\0c", 1)
        self.check(r"('abc'):gsub('b', '\\1\\g<0>\\n')", b"a\\1\\g<0>\\nc", 1)
        self.check("('abc'):gsub('(b)', '%%1%1%d%s')", b"a%1bdsc", 1)
        self.fails("('abc'):gsub('b', '%2')", b"invalid capture index")
        self.check("('abc'):gsub('x', '%2')", b"abc", 0)

    def test_functions(self):
        self.check("('abc'):gsub('%w', function(c) if c == 'b' then return 'B' end end)", b"aBc", 3)
        self.check("('abc'):gsub('(a)(b)', function(a, b) return b .. a, 'ignored' end)", b"bac", 1)
        self.check("('abc'):gsub('()b', function(n) return n * 10 end)", b"a20c", 1)
        self.check("('abc'):gsub('b', function() return false end)", b"abc", 1)
        self.fails("('abc'):gsub('b', function() return true end)", b"invalid replacement value (a boolean)")
        self.fails("('abc'):gsub('b', function() error('oops') end)", b"oops")

    def test_tables(self):
        self.check("('$name is $age'):gsub('%$(%w+)', {name = 'Bob', age = 42})", b"Bob is 42", 2)
        self.check("('abc'):gsub('%w', {a = false, b = 'B'})", b"aBc", 3)
        self.check("('abc'):gsub('()b', {[2] = 'two'})", b"atwoc", 1)
        self.check("('abc'):gsub('b', setmetatable({}, {__index = function(_, k) return k .. k end}))",
                   b"abbc", 1)
        self.fails("('abc'):gsub('b', {b = {}})", b"invalid replacement value (a table)")

    def test_a_table_that_can_be_called_is_a_table(self):
        self.check("('abc'):gsub('b', setmetatable({}, {__call = function() return 'x' end}))", b"abc", 1)

    def test_at_most(self):
        self.check("('aaaa'):gsub('a', 'b', 2)", b"bbaa", 2)
        self.check("('aaaa'):gsub('a', 'b', 0)", b"aaaa", 0)
        self.check("('aaaa'):gsub('a', 'b', -1)", b"aaaa", 0)
        self.check("('aaaa'):gsub('a', 'b', 2^32 + 1)", b"baaa", 1)
        self.check("('aaaa'):gsub('a', 'b', nil)", b"bbbb", 4)

    def test_anchored(self):
        self.check("('aaa'):gsub('^a', 'b')", b"baa", 1)
        self.check("('abc'):gsub('^', 'x')", b"xabc", 1)
        self.check("('  x '):gsub('^%s*(.-)%s*$', '%1')", b"x", 1)

    def test_empty_matches(self):
        self.check("('aab'):gsub('a-', 'x')", b"xaxaxbx", 4)
        self.check("('abxd'):gsub('x*', '-')", b"-a-b--d-", 5)
        self.check("('abc'):gsub('%f[%z]', '!')", b"abc!", 1)

    def test_wrong_arguments(self):
        for value in ("nil", "true"):
            self.fails(f"string.gsub('abc', 'b', {value})",
                       b"bad argument #3 to 'gsub' (string/function/table expected)")
        self.fails("string.gsub('abc', 'b', nil, {})",
                   b"bad argument #4 to 'gsub' (number expected, got table)")

    def test_too_much_is_refused(self):
        self.runtime.max_string = 1000
        self.check("#('x'):rep(500):gsub('x', 'yy')", 1000)
        self.fails("('x'):rep(501):gsub('x', 'yyy')", b"not enough memory")
        self.fails("('x'):rep(501):gsub('x', '%0%0%0')", b"not enough memory")


# --- the ways ---------------------------------------------------------------------------------------------

class ParseTest(unittest.TestCase):
    def kinds(self, pattern):
        return [item.kind for item in parse(pattern).items]

    def test_items(self):
        self.assertEqual(self.kinds(b"a.+%d-x*$"), [ONE, ONE, GREEDY, LAZY, GREEDY, END])
        self.assertEqual(self.kinds(b"%f[%w]a%"), [FRONTIER, ONE, ERROR])

    def test_what_follows_a_mistake_is_left_out(self):
        self.assertEqual(self.kinds(b"a)bc"), [ONE, ERROR])

    def test_masks(self):
        self.assertEqual(parse(b".").items[0].mask, ALL)
        self.assertEqual(parse(b"a").items[0].mask, 1 << 97)


class CostTest(unittest.TestCase):
    """Which patterns may be searched freely, however long the text is."""

    def test_usual_patterns_have_no_limit(self):
        for pattern in (b"%s+", b"%w+", b"[^,]+", b"%d+", b"(.-)\n", b"^(%w+)=(.*)$", b"^%-?%d+%.?%d*", b".*",
                        b"^[ \t]*", b"abc.", b"(%d)(%d)", b"%s*$?"):
            self.assertGreater(Pattern(pattern).attemptable, 1 << 40, pattern)

    def test_patterns_that_may_take_quadratic_time_are_limited(self):
        for pattern in (b"^%s*(.-)%s*$", b"^%d+%.?%d*$", b"(%w+)=(%w+)", b"%s+$", b"x.-y"):
            self.assertTrue(1000 < Pattern(pattern).limit < 10000, pattern)

    def test_what_begins_with_a_repetition_of_any_byte_is_tried_at_one_place_only(self):
        for pattern in (b".-x", b".*x", b"(.-),", b"()(.-)%s"):
            self.assertGreater(Pattern(pattern).limit, 1 << 40, pattern)
        self.assertLess(Pattern(b"(.-)%1x").limit, 10000)

    def test_worse_ones_are_limited_more(self):
        self.assertLess(Pattern(b"x.-y.-z").limit, 500)
        self.assertLess(Pattern(b"a?" * 40 + b"a" * 40).limit, 0)

    def test_a_determinate_repetition_adds_its_steps(self):
        failing, _ = Profile(parse(b"%w*=%w*=").items).attempt(1000.0, 1000.0)
        self.assertLess(failing, 3000)
        failing, _ = Profile(parse(b"%w*a%w*b").items).attempt(1000.0, 1000.0)
        self.assertGreater(failing, 900000)

    def test_short_runs_make_a_pattern_cheap(self):
        profile = Profile(parse(b"^%s*(.-)%s*$").items)
        self.assertLess(sum(profile.attempt(1000.0, 2.0)), 10000)


class LongTextTest(ScriptCase):
    """Texts of some 100,000 bytes: these would take minutes or for ever if a wrong way were taken."""

    def test_trim(self):
        text = b"  " + b"word and word " * 10000
        self.assertEqual(self.call(b"match", text, b"^%s*(.-)%s*$"), text.strip())
        self.assertEqual(self.call(b"gsub", text, b"%s+$", b""), (text.rstrip(), 1.0))

    def test_trim_of_long_runs(self):
        text = b" " * 100000 + b"x" + b" " * 100000
        self.assertEqual(self.call(b"match", text, b"^%s*(.-)%s*$"), b"x")

    def test_pairs(self):
        text = b"key=value, " * 10000
        self.assertEqual(self.call(b"gsub", text, b"(%w+)=(%w+)", b"%2=%1"),
                         (b"value=key, " * 10000, 10000.0))
        self.assertEqual(self.call(b"find", text + b"!", b"(%w+)!"), None)
        self.assertEqual(self.call(b"find", b", " * 10000 + b"k=v", b"(%w+)=(%w+)"),
                         (20001.0, 20003.0, b"k", b"v"))

    def test_several_lazy_captures(self):
        text = b"a,b,c\n" * 5000
        self.assertEqual(self.call(b"gsub", text, b"(.-),(.-),(.-)\n", b"%3%2%1 "), (b"cba " * 5000, 5000.0))

    def test_repetitions_of_any_byte_that_find_nothing(self):
        text = b"a,b;" * 50000
        for pattern in (b".-.-.-x", b".*x", b"(.-),(.-)=", b"%b().-x", b"a.-b.-=.-x"):
            self.assertEqual(self.call(b"find", text, pattern), None)

    def test_going_back_to_an_earlier_place_is_not_cut_short(self):
        text = b"ab" * 5000
        self.assertEqual(self.call(b"find", text, b"[ab]+.-.-a()"), (1.0, 9999.0, 10000.0))
        self.assertEqual(self.call(b"find", text, b"a?.*.*b%f[%z]"), (1.0, 10000.0))

    def test_balance(self):
        text = b"(" * 50000 + b")" * 50000
        self.assertEqual(self.call(b"find", text, b"%b()"), (1.0, 100000.0))

    def test_more_choices_than_python_has_stack(self):
        self.assertEqual(self.call(b"find", b"a" * 3000, b"a?" * 3000), (1.0, 3000.0))


class InterruptTest(ScriptCase):
    """A script can be killed while it matches a pattern that would never end."""

    def check_killed(self, name, *args):
        def kill():
            raise ScriptKilled
        self.runtime.interrupt(kill)
        with self.assertRaises(ScriptKilled):
            self.call(name, *args)

    def test_hopeless_patterns(self):
        for pattern in (b".-.-.-x", b".*.*x", b"a*a*a*a*b", b"a?" * 400 + b"a" * 400 + b"b", b"%w+=",
                        b"(.*)%1x"):
            self.check_killed(b"find", b"a" * 100000, pattern)

    def test_balance(self):
        self.check_killed(b"find", b"(" * 100000, b"%b()")

    def test_walks(self):
        self.check_killed(b"gsub", b"a" * 10000, b"a", b"%0")
        self.runtime.interrupt(lambda: None)
        step = self.call(b"gmatch", b"ab", b"%a")
        self.assertEqual((step(), step(), step()), (b"a", b"b", ()))


class CacheTest(unittest.TestCase):
    def test_is_bounded(self):
        with mock.patch.dict(PATTERNS, clear=True):
            for number in range(1200):
                compile_pattern(b"a%d" % number)
            self.assertLessEqual(len(PATTERNS), 500)

    def test_leaves_out_long_patterns(self):
        with mock.patch.dict(PATTERNS, clear=True):
            self.assertIsNotNone(compile_pattern(b"x" * 2000).search(b"x" * 3000, 0, _Quiet))
            self.assertEqual(PATTERNS, {})


class _Quiet:
    namespace = {"STOP": False}


if __name__ == "__main__":
    unittest.main()
