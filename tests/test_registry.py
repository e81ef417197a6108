"""Declaring commands."""
import unittest

from redis_clone import commands, registry                        # noqa: F401  (fills the table)
from redis_clone.registry import TABLE, Command, find, records_of


class CommandDecoratorTest(unittest.TestCase):
    def declare(self, name, handler, arity):
        self.addCleanup(TABLE.pop, name, None)
        return registry.group("generic")(name, arity=arity, since="1.0.0")(handler)

    def test_refuses_a_second_declaration_of_a_name(self):
        with self.assertRaisesRegex(ValueError, "GET is declared twice"):
            registry.group("string")("GET", arity=2, since="1.0.0")(lambda session, key: None)

    def test_refuses_a_handler_that_does_not_fit_the_arity(self):
        for handler, arity in ((lambda session: None, 2), (lambda session, a, b: None, 2), (lambda session, a: None, -2)):
            with self.assertRaisesRegex(ValueError, "does not fit arity"):
                self.declare("ATEST", handler, arity)

    def test_accepts_a_handler_that_fits(self):
        self.declare("ATEST", lambda session, a, *rest: None, -2)
        self.assertEqual(TABLE["ATEST"].low, 2)

    def test_every_command_has_a_summary(self):
        self.assertEqual([name for name, record in TABLE.items() if not record.summary], [])

    def test_subcommands_know_their_container(self):
        self.assertIs(TABLE["CONFIG|GET"].parent, TABLE["CONFIG"])
        self.assertIn(b"GET", TABLE["CONFIG"].subcommands)


class CommandCopyTest(unittest.TestCase):
    def test_figures_are_separate(self):
        twin = TABLE["CONFIG"].copy()
        twin.calls += 1
        twin.subcommands[b"GET"].calls += 1
        self.assertEqual((TABLE["CONFIG"].calls, TABLE["CONFIG|GET"].calls), (0, 0))
        self.assertIs(twin.subcommands[b"GET"].parent, twin)

    def test_all_else_is_the_same(self):
        twin = TABLE["GET"].copy()
        for slot in Command.__slots__:
            self.assertEqual(getattr(twin, slot), getattr(TABLE["GET"], slot), slot)


class FindTest(unittest.TestCase):
    commands = {b"GET": Command("GET", None, 2, "readonly", "", "string", "1.0.0"), b"CONFIG": TABLE["CONFIG"]}

    def test_any_case(self):
        self.assertEqual(find(self.commands, [b"gEt", b"k"])[0].name, "GET")

    def test_subcommands(self):
        record, words = find(self.commands, [b"CONFIG", b"get", b"*"])
        self.assertEqual((record.name, words), ("CONFIG|GET", 2))

    def test_an_unknown_subcommand_is_no_command(self):
        self.assertIsNone(find(self.commands, [b"CONFIG", b"nope"])[0])

    def test_unknown_names(self):
        self.assertIsNone(find(self.commands, [b"NOPE"])[0])


class RecordsOfTest(unittest.TestCase):
    def test_each_record_comes_once_and_subcommands_after_their_container(self):
        config, get = TABLE["CONFIG"], TABLE["GET"]
        names = [record.name for record in records_of({b"GET": get, b"get": get, b"CONFIG": config, b"config": config})]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(names[:2], ["GET", "CONFIG"])
        self.assertIn("CONFIG|GET", names[2:])
