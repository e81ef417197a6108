"""Glob patterns. The expectations were taken from KEYS of a real server."""

import random
import time
import unittest

from redis_clone.glob import compile_pattern, matches


class MatchesTest(unittest.TestCase):
    def assert_matches(self, pattern, *texts):
        for text in texts:
            self.assertTrue(matches(pattern, text), (pattern, text))

    def assert_differs(self, pattern, *texts):
        for text in texts:
            self.assertFalse(matches(pattern, text), (pattern, text))

    def test_plain_bytes_match_only_themselves(self):
        self.assert_matches(b"abc", b"abc")
        self.assert_differs(b"abc", b"", b"ab", b"abcd", b"ABC")
        self.assert_matches(b"", b"")
        self.assert_differs(b"", b"a")

    def test_bytes_that_mean_something_to_regular_expressions_are_plain(self):
        self.assert_matches(b".+(x)$|{1}", b".+(x)$|{1}")
        self.assert_differs(b"a.c", b"abc")
        self.assert_matches(b"\x00\xff\n*", b"\x00\xff\n\n")

    def test_star_matches_any_number_of_bytes(self):
        self.assert_matches(b"*", b"a", b"any\nthing")
        self.assert_matches(b"a*", b"a", b"abc", b"a\n")
        self.assert_matches(b"*c", b"c", b"abc")
        self.assert_matches(b"a*c", b"ac", b"abc", b"acc")
        self.assert_differs(b"a*c", b"a", b"acb", b"bac")
        self.assert_matches(b"*b*", b"b", b"abc")
        self.assert_matches(b"a**c***", b"abcd")

    def test_runs_between_stars_are_found_in_order_and_do_not_overlap(self):
        self.assert_matches(b"*ab*ba*", b"abba", b"xabxbax")
        self.assert_differs(b"*ab*ba*", b"aba", b"baab")
        self.assert_differs(b"ab*ba", b"aba")
        self.assert_differs(b"a*bc*c", b"abc")
        self.assert_matches(b"a*[bc]?*d", b"axxcxxd")

    def test_stars_alone_do_not_match_an_empty_text(self):
        self.assert_differs(b"*", b"")
        self.assert_differs(b"**", b"")

    def test_question_mark_matches_one_byte(self):
        self.assert_matches(b"h?llo", b"hello", b"h\nllo")
        self.assert_differs(b"h?llo", b"hllo", b"heello")

    def test_class_matches_one_of_its_bytes(self):
        self.assert_matches(b"h[ae]llo", b"hallo", b"hello")
        self.assert_differs(b"h[ae]llo", b"hillo", b"haello")
        self.assert_matches(b"[^a]", b"b", b"^")
        self.assert_differs(b"[^a]", b"a", b"")
        self.assert_matches(b"[a^]", b"^")

    def test_range_may_stand_backwards(self):
        self.assert_matches(b"[a-c]", b"a", b"b", b"c")
        self.assert_matches(b"[c-a]", b"b")
        self.assert_differs(b"[a-c]", b"d", b"-")
        self.assert_matches(b"[-a]", b"-", b"a")

    def test_closing_bracket_is_taken_as_the_end_of_a_range(self):
        self.assert_matches(b"[a-]", b"a", b"]", b"^")
        self.assert_differs(b"[a-]", b"-", b"b")

    def test_empty_class_matches_nothing_and_its_negation_everything(self):
        self.assert_differs(b"[]", b"", b"]", b"a")
        self.assert_matches(b"[^]", b"a", b"]")
        self.assert_differs(b"[^]", b"")

    def test_class_left_open_ends_with_the_pattern(self):
        self.assert_matches(b"[abc", b"a", b"c")
        self.assert_differs(b"[abc", b"[abc")
        self.assert_differs(b"a[", b"a", b"a[")
        self.assert_matches(b"[a-", b"a", b"-")

    def test_backslash_makes_the_next_byte_plain(self):
        self.assert_matches(b"\\*", b"*")
        self.assert_differs(b"\\*", b"a", b"\\*")
        self.assert_matches(b"\\a\\[", b"a[")
        self.assert_matches(b"[\\]\\-]", b"]", b"-")
        self.assert_differs(b"[\\]]", b"\\")

    def test_final_backslash_stands_for_itself(self):
        self.assert_matches(b"a\\", b"a\\")
        self.assert_matches(b"[\\", b"\\")

    def test_case_may_be_ignored_for_ascii_letters(self):
        self.assertTrue(matches(b"MaxM*", b"maxmemory", ignore_case=True))
        self.assertTrue(matches(b"max[A-M]*", b"MAXMEMORY", ignore_case=True))
        self.assertFalse(matches(b"\xc4", b"\xe4", ignore_case=True))
        self.assertFalse(matches(b"MaxM*", b"maxmemory"))

    def test_ranges_are_ordered_before_they_are_folded(self):
        self.assertFalse(matches(b"[Z-a]", b"K", ignore_case=True))
        self.assertFalse(matches(b"[A-_]", b"a", ignore_case=True))
        self.assertTrue(matches(b"[_-a]", b"A", ignore_case=True))


class CompilePatternTest(unittest.TestCase):
    def test_compiled_pattern_can_be_used_again(self):
        match = compile_pattern(b"news.*")
        self.assertEqual([match(text) for text in (b"news.art", b"old", b"news.")], [True, False, True])

    def test_patterns_too_long_for_the_cache_work_too(self):
        self.assertTrue(matches(b"?" * 10_000, b"x" * 10_000))

    def test_hostile_pattern_takes_no_longer_than_a_good_one(self):
        match = compile_pattern(b"a*" * 200 + b"b")
        started = time.process_time()
        self.assertFalse(match(b"a" * 5_000 + b"c"))
        self.assertFalse(compile_pattern(b"[ab]*?" * 80 + b"[c]")(b"a" * 5_000))
        self.assertLess(time.process_time() - started, 1)

    def test_random_patterns_agree_with_a_plain_recursive_matcher(self):
        source = random.Random(7)
        for _ in range(3_000):
            pattern = bytes(source.choices(b"ab?*", k=source.randrange(8)))
            text = bytes(source.choices(b"ab", k=source.randrange(8)))
            self.assertEqual(matches(pattern, text), _plain_match(pattern, text), (pattern, text))


def _plain_match(pattern, text):
    if not text:
        return not pattern
    if not pattern:
        return False
    if pattern[:1] == b"*":
        rest = pattern.lstrip(b"*")
        return not rest or any(_plain_match(rest, text[start:]) for start in range(len(text)))
    if pattern[:1] not in (b"?", text[:1]):
        return False
    rest = pattern[1:]
    return _plain_match(rest if text[1:] else rest.lstrip(b"*"), text[1:])


if __name__ == "__main__":
    unittest.main()
