"""The Lua side of scripts/compare_with_redis.py, and a short comparison of the engine with lua5.1."""
import sys
import time
import unittest
from pathlib import Path
from random import Random
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from differential import lua_tokens, lua_topics         # noqa: E402
from differential.lua_engines import STOPPED, OwnLua, RealLua, find_lua, with_deep_stack        # noqa: E402
from differential.lua_programs import Program, Programs     # noqa: E402
from differential.lua_scripts import Scripts     # noqa: E402
from differential.lua_session import LuaSession      # noqa: E402
from differential.lua_shrinker import Shrinking, first_difference, outline      # noqa: E402
from differential.steps import RAW      # noqa: E402

SEED = 11
COMPARED = 150


class GeneratorTest(unittest.TestCase):
    def test_a_program_follows_from_the_seed_and_its_number(self):
        one, other = Programs(3), Programs(3)
        other.program(1)
        self.assertEqual(one.program(7), other.program(7))
        self.assertNotEqual(one.program(7).source, Programs(4).program(7).source)

    def test_a_sequence_of_scripts_follows_from_the_seed_and_its_number(self):
        self.assertEqual(Scripts(3).sequence(7), Scripts(3).sequence(7))

    def test_sequences_of_scripts_send_nothing_raw_and_fill_every_place_in_a_template(self):
        for number in range(150):
            _, steps = Scripts(1).sequence(number)
            for one in steps:
                self.assertNotEqual(one.kind, RAW)
                if one.commands[0][0] == b"EVAL":
                    self.assertNotRegex(one.commands[0][1], rb"\$[CckwvnjJf](?=[ ,)])")

    def test_every_template_can_be_filled(self):
        for texts in lua_topics.templates().values():
            for text in texts:
                for seed in range(3):
                    self.assertNotIn("?(", lua_topics.chosen(text, Random(seed)))

    def test_alternatives_may_be_nested_and_hold_parentheses(self):
        texts = {lua_topics.chosen("a ?(b(1)|c?(d|e)|)", Random(seed)) for seed in range(60)}
        self.assertEqual(texts, {"a b(1)", "a cd", "a ce", "a "})


class TokensTest(unittest.TestCase):
    TEXT = ("local t = {[ [[k]] ] = 1 ..'x', -- note\n 'it\\'s', --[[ long\n note ]] f(- -2)(3)}\n"
            "return t[1].x:y()")

    def test_tokens_put_together_again_are_the_same_tokens(self):
        tokens = lua_tokens.tokens_of(self.TEXT)
        self.assertEqual(lua_tokens.tokens_of(lua_tokens.joined(tokens)), tokens)
        self.assertIn("[[k]]", tokens)
        self.assertNotIn("note", tokens)

    def test_another_layout_has_the_same_tokens(self):
        for seed in range(20):
            text = lua_tokens.laid_out(self.TEXT, Random(seed))
            self.assertEqual(lua_tokens.tokens_of(text), lua_tokens.tokens_of(self.TEXT))

    def test_groups_end_where_they_are_closed(self):
        tokens = "function ( ) if x then y ( ) end end z".split()
        self.assertEqual(lua_tokens.matching(tokens, 0), 10)
        self.assertEqual(lua_tokens.matching(tokens, 1), 2)
        self.assertIsNone(lua_tokens.matching(["(", "end"], 0))


class ShrinkerTest(unittest.TestCase):
    def test_leaves_the_statement_that_makes_the_difference(self):
        source = (b"local a = 1\nif a then\n  print(1 + bad, 2)\n  print(3)\nend\n"
                  b"print(function() return 5 end)\n")

        def texts(programs, is_plausible):
            for program in programs:
                yield b"1", b"2" if b"bad" in program.source and b"print" in program.source else b"1"

        program, _, _ = Shrinking(Program(source, True, ()), b"1", b"2", texts, 5.0).run()
        self.assertEqual(program.source.split(), [b"print", b"bad"])

    def test_stays_with_the_kind_of_difference(self):
        kinds = {outline(b"a\nEuser_script:%d: attempt to index local '%c'" % (line, name), b"a\nR")
                 for line, name in ((1, 120), (20, 121))}
        self.assertEqual(len(kinds), 1)
        self.assertNotIn(outline(b"a\nEuser_script:1: attempt to call local 'x'", b"a\nR"), kinds)

    def test_a_missing_line_is_a_difference(self):
        self.assertEqual(first_difference(b"a\nb", b"a"), (b"b", b""))


class SessionTest(unittest.TestCase):
    def test_a_difference_is_shrunk_printed_and_not_repeated(self):
        shown = []
        options = SimpleNamespace(seed=1, lua_programs=30, replay=None, seconds=0.0, keep_going=True,
                                  shrink_seconds=0.2)
        session = LuaSession(options, shown.append)
        session._real = SimpleNamespace(run=lambda programs: [b"Euser_script:1: real"] * len(programs))
        session._own = SimpleNamespace(run=lambda program: b"Euser_script:1: own")
        session.run()
        self.assertEqual(len(session.found), 1)
        self.assertIn("real  Euser_script:1: real", shown[0])
        self.assertIn("--seed 1 --replay 0", shown[0])


class ComparisonTest(unittest.TestCase):
    """Skipped without lua5.1."""

    def setUp(self):
        if find_lua() is None:
            self.skipTest("lua5.1 is not installed")

    def test_the_driver_tells_how_a_program_ended(self):
        sources = (b"print(1, nil, 'a', {}) return 2", b"error('x')", b"error({})", b"return +",
                   b"while true do end", b"")
        texts = RealLua().run([Program(source, True, ()) for source in sources])
        self.assertEqual(texts, [b"1\tnil\ta\ttable\nR", b"Euser_script:1: x", b"Vtable",
                                 b"Euser_script:1: unexpected symbol near '+'", STOPPED, b"R"])

    def test_programs_do_not_meet_what_others_did(self):
        sources = (b"string.upper = nil x = 1 getmetatable('').__index = nil", b"print(('a'):upper(), x)")
        self.assertEqual(RealLua().run([Program(source, True, ()) for source in sources])[1], b"A\tnil\nR")

    def test_both_engines_print_the_same(self):
        self.assertEqual(with_deep_stack(self._differences), [])

    def _differences(self):
        own, source = OwnLua(), Programs(SEED)
        programs = [source.program(number) for number in range(COMPARED)]
        started = time.monotonic()
        differences = []
        for number, (program, real) in enumerate(zip(programs, RealLua().run(programs))):
            if real != STOPPED and time.monotonic() - started < 20.0:
                text = own.run(program)
                if text != real:
                    differences.append((number,) + first_difference(real, text))
        return differences


if __name__ == "__main__":
    unittest.main()
