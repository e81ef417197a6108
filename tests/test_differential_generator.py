"""What scripts/compare_with_redis.py sends: grammar, arguments, sequences and their readable form."""
import random
import unittest
from collections import Counter

from .fake_servers import steps

from differential import grammar, writer
from differential.arguments import KEYS, Arguments
from differential.generator import Generator
from differential.steps import read_steps, show_step, step
from differential.synopses import Catalogue


class GrammarTest(unittest.TestCase):
    def made(self, text, times=200, **options):
        source = Arguments(random.Random(1), "string")
        return {b" ".join(grammar.Synopsis(text).make(source, **options)) for _ in range(times)}

    def test_capitals_and_quoted_words_stand_for_themselves(self):
        self.assertEqual(self.made("CLIENT|KILL ID 'me too'"), {b"CLIENT KILL ID me too"})

    def test_alternatives_are_all_chosen(self):
        self.assertEqual(self.made("X (A|B C)"), {b"X A", b"X B C"})

    def test_options_may_be_missing_and_come_in_any_order(self):
        self.assertEqual(self.made("X [A] [B]"), {b"X", b"X A", b"X B", b"X A B", b"X B A"})

    def test_repeats_at_least_once(self):
        self.assertEqual(self.made("X (A B)..."), {b"X" + b" A B" * count for count in (1, 2, 3, 4)})

    def test_unbalanced_brackets_are_a_mistake_in_the_table(self):
        for text in ("X [A", "X A]", "X (A|B"):
            with self.subTest(text), self.assertRaises(ValueError):
                grammar.Synopsis(text)

    def test_variants_break_the_grammar(self):
        source = Arguments(random.Random(1), "string")
        synopsis = grammar.Synopsis("GETSET key value")
        lengths = {len(grammar.variants(synopsis, source)) for _ in range(100)}
        self.assertLess({2, 3, 4, 5}, lengths | {2})


class ArgumentsTest(unittest.TestCase):
    def test_the_same_seed_makes_the_same_arguments(self):
        made = [[Arguments(random.Random(seed)).make("value") for _ in range(20)] for seed in (1, 1)]
        self.assertEqual(*made)

    def test_keys_are_mostly_of_the_groups_type(self):
        source = Arguments(random.Random(1), "hash")
        keys = Counter(source.key() for _ in range(1000))
        self.assertGreater(sum(keys[key] for key in KEYS["hash"]), 800)
        self.assertLess(sum(keys[key] for key in KEYS["hash"]), 1000)

    def test_odd_values_come_within_their_context_only(self):
        source = Arguments(random.Random(1))
        with source.odd_values(1):
            self.assertNotIn(source.make("timeout")[0], (b"0.01", b"0.02", b"1e-2"))
        self.assertEqual({source.make("no_lex_key")[0] for _ in range(9)}, {b"wrong"})

    def test_counted_keys_begin_with_their_number(self):
        source = Arguments(random.Random(1), "set")
        with source.odd_values(0):
            for _ in range(20):
                number, *keys = source.make("counted_keys")
                self.assertEqual(int(number), len(keys))

    def test_every_kind_in_the_tables_can_be_made(self):
        special = {"command": lambda: [b"PING"], "command_name": lambda: [b"ping"]}
        source = Arguments(random.Random(1), "list", special)
        for entries in Catalogue().by_group.values():
            for synopsis, _ in entries:
                for _ in range(5):
                    synopsis.make(source, option_chance=1)


class WriterTest(unittest.TestCase):
    def test_knows_what_would_take_long(self):
        for text in ("BLPOP k 0", "BLMPOP 5 1 k LEFT", "BZPOPMIN k 1e3", "WAIT 1 0", "WAIT 1 1000",
                     "SRANDMEMBER k -9223372036854775807", "SETRANGE k 400000000 x",
                     "SETRANGE k 536870908 x", "CLIENT PAUSE 100"):
            with self.subTest(text):
                self.assertTrue(writer.takes_long(tuple(text.encode().split())))

    def test_takes_no_errors_for_long(self):
        for text in ("BLPOP k 0.01", "BLPOP k abc", "BLPOP k -1", "BLPOP", "WAIT 1 5",
                     "SETRANGE k 536870912 x", "SRANDMEMBER k -9223372036854775808", "SRANDMEMBER k 99999999",
                     "CLIENT PAUSE 0"):
            with self.subTest(text):
                self.assertFalse(writer.takes_long(tuple(text.encode().split())))

    def test_orders_by_name_need_equal_scores(self):
        for text, defined in (("ZADD y1 0 a 0 b", True), ("ZADD y1 1 a", False), ("ZADD z1 1 a", True),
                              ("ZRANGEBYLEX y1 - +", True), ("ZRANGEBYLEX z1 - +", False),
                              ("ZRANGE z1 - + BYLEX", False), ("ZRANGESTORE y1 z1 0 -1", False),
                              ("ZRANGESTORE z1 y1 - + BYLEX", True), ("ZUNIONSTORE y1 1 z1", False)):
            with self.subTest(text):
                self.assertEqual(writer.is_defined(tuple(text.encode().split())), defined)

    def test_asks_for_the_contents_before_a_random_pick(self):
        self.assertEqual(writer.with_context((b"SRANDMEMBER", b"k", b"2")),
                         [(b"SMEMBERS", b"k"), (b"SRANDMEMBER", b"k", b"2")])

    def test_leaves_nothing_of_a_random_pop(self):
        self.assertEqual(writer.with_context((b"SPOP", b"k"))[-1], (b"DEL", b"k"))


class GeneratorTest(unittest.TestCase):
    def commands(self, generator, sequences=80):
        for number in range(sequences):
            for one in generator.sequence(number)[1]:
                if one.kind != steps.RAW:
                    yield from ((one, argv) for argv in one.commands)

    def test_a_sequence_can_be_made_again_by_its_number(self):
        made = Generator(7)
        made.sequence(1)
        self.assertEqual(made.sequence(5), Generator(7).sequence(5))
        self.assertNotEqual(made.sequence(5), Generator(8).sequence(5))

    def test_all_kinds_of_sequences_come(self):
        generator = Generator(1)
        self.assertEqual({generator.sequence(number)[0] for number in range(300)},
                         {"data", "transactions", "pubsub", "blocking", "connections", "authentication",
                          "statistics", "raw"})

    def test_every_known_command_comes(self):
        names = {steps.names_of(argv) for _, argv in self.commands(Generator(1), 400)}
        self.assertEqual(set(Catalogue().by_name) - names, set())

    def test_only_the_chosen_commands_come(self):
        generator = Generator(1, only=["SET", "GET"])
        names = Counter(steps.names_of(argv) for _, argv in self.commands(generator, 20))
        opening = {"HELLO", "CONFIG|SET", "PEXPIRE", "GETEX", "DEBUG|SLEEP", "EXISTS"}
        strangers = set(names) - {"SET", "GET"} - opening
        self.assertEqual(generator.names, ["GET", "SET"])
        self.assertLess(sum(names[name] for name in strangers), 20)     # unknown ones on purpose
        self.assertGreater(names["SET"], 50)

    def test_commands_unknown_to_a_server_are_left_out(self):
        names = {steps.names_of(argv) for _, argv in self.commands(Generator(1, unknown=["SET", "MULTI"]))}
        self.assertFalse({"SET", "MULTI"} & names)

    def test_nothing_takes_long_unless_it_is_meant_to_wait(self):
        for one, argv in self.commands(Generator(1), 200):
            self.assertTrue(one.kind == steps.WAITS or not writer.takes_long(argv), argv)

    def test_a_group_can_be_chosen_alone(self):
        generator = Generator(1, groups=["raw"])
        self.assertEqual({generator.sequence(number)[0] for number in range(10)}, {"raw"})


class StepsTest(unittest.TestCase):
    def test_the_readable_form_is_read_back(self):
        generator = Generator(3)
        for number in range(100):
            for one in generator.sequence(number)[1]:
                self.assertEqual(read_steps(show_step(one, longest=10 ** 6)), [one])

    def test_quotes_as_redis_cli_does(self):
        shown = show_step(step("A", (b"SET", b"a b", b'\xff"\r\n')))
        self.assertEqual(shown, 'A> SET "a b" "\\xff\\"\\r\\n"')

    def test_long_arguments_are_cut_with_a_note(self):
        self.assertIn("...<5000 bytes>", show_step(step("A", (b"SET", b"k", b"v" * 5000))))

    def test_skips_comments_and_refuses_what_is_no_step(self):
        self.assertEqual(read_steps("# nothing\n\nA> PING\n"), [step("A", (b"PING",))])
        for text in ("PING", 'A> GET "open'):
            with self.subTest(text), self.assertRaises(ValueError):
                read_steps(text)


if __name__ == "__main__":
    unittest.main()
