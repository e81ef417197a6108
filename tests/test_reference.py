"""The facts about commands and the notation in which they are written down."""
import os
import unittest
from collections import namedtuple

import redis_clone
from redis_clone import commands, reference
from redis_clone.registry import TABLE

Command = namedtuple("Command", "name group flags subcommands")
DIRECTORY = os.path.join(os.path.dirname(redis_clone.__file__), "commands", "reference")
GROUPS = sorted(name[:-4] for name in os.listdir(DIRECTORY))


def make_command(name, group="string", flags="", subcommands=()):
    return Command(name, group, tuple(flags.split()), subcommands)


def parse(synopsis):
    return reference._SynopsisParser(synopsis).parse()


class SynopsisTest(unittest.TestCase):

    def parse_one(self, synopsis):
        argument, = parse(synopsis)
        return argument

    def assert_facts(self, synopsis, **facts):
        argument = self.parse_one(synopsis)
        self.assertEqual({name: getattr(argument, name) for name in facts}, facts)

    def test_the_type_follows_from_the_name(self):
        for name, kind in (("key", "key"), ("count", "integer"), ("score", "double"), ("member", "string"),
                           ("pattern", "pattern"), ("unix-time-seconds", "unix-time")):
            self.assert_facts(name, name=name, shown=name, type=kind, token=None, flags=())

    def test_the_type_may_be_given(self):
        self.assert_facts("increment<double>", name="increment", type="double")

    def test_a_word_in_upper_case_is_a_token(self):
        self.assert_facts("NX", name="nx", shown="nx", type="pure-token", token="NX")

    def test_a_token_may_have_another_name(self):
        self.assert_facts("change=CH", name="change", shown="change", token="CH")
        self.assert_facts("auto-id=*", name="auto-id", token="*")
        self.assert_facts("equal==", name="equal", token="=")

    def test_the_empty_string_as_a_token(self):
        self.assert_facts('empty-string=""', name="empty-string", type="pure-token", token="")

    def test_an_argument_may_be_shown_under_another_name(self):
        self.assert_facts("addr=ip:port", name="addr", shown="ip:port", type="string")

    def test_a_token_belongs_to_the_argument_after_it(self):
        self.assert_facts("EX seconds", name="seconds", type="integer", token="EX")
        self.assertEqual(len(parse("NO ONE")), 2)
        self.assertEqual(len(parse("change=CH key")), 2)
        self.assertEqual(len(parse("FULL [COUNT count]")), 2)

    def test_brackets_make_an_argument_optional(self):
        self.assert_facts("[GET]", name="get", flags=("optional",))
        self.assert_facts("[COUNT count]", name="count", token="COUNT", flags=("optional",))

    def test_a_block_holds_arguments_in_a_row(self):
        block = self.parse_one("(data: score member)")
        self.assertEqual((block.name, block.type, block.shown), ("data", "block", None))
        self.assertEqual([each.name for each in block.arguments], ["score", "member"])

    def test_a_choice_holds_alternatives(self):
        choice = self.parse_one("[condition: NX | XX]@7.0.0")
        self.assertEqual((choice.name, choice.type, choice.flags), ("condition", "oneof", ("optional",)))
        self.assertEqual([each.token for each in choice.arguments], ["NX", "XX"])
        self.assertEqual(choice.since, "7.0.0")

    def test_a_group_may_have_a_token(self):
        self.assert_facts("[LIMIT (limit: offset count)]", name="limit", type="block", token="LIMIT",
                          flags=("optional",))

    def test_dots_repeat_an_argument(self):
        self.assert_facts("key...", flags=("multiple",))
        self.assert_facts("(data: field value)...", flags=("multiple",))
        self.assert_facts("[KEYS keys=key...]", token="KEYS", flags=("optional", "multiple"))
        self.assert_facts("[operation: GET | SET]...", flags=("optional", "multiple"))

    def test_dots_behind_brackets_repeat_the_token_too(self):
        self.assert_facts("[GET get-pattern=pattern]...", flags=("optional", "multiple", "multiple_token"))

    def test_versions(self):
        self.assert_facts("seconds@2.6.12", since="2.6.12", deprecated_since=None)
        self.assert_facts("[GET]@6.2.0", since="6.2.0", flags=("optional",))
        self.assert_facts("old-format=ip:port@until-2.8.12", since=None, deprecated_since="2.8.12")

    def test_keys_take_the_key_specs_in_their_order(self):
        self.assertEqual([each.key_spec for each in parse("destination numkeys key...")], [0, None, 1])

    def test_a_key_spec_may_be_given(self):
        self.assertEqual([each.key_spec for each in parse("key1 key2#0")], [0, 0])
        self.assert_facts("[BY by-pattern=pattern#1]", type="pattern", key_spec=1)

    def test_groups_nest(self):
        outer = self.parse_one("[range: start [end-unit-block: end [unit: BYTE | BIT]]]")
        self.assertEqual(outer.arguments[1].arguments[1].arguments[1].token, "BIT")

    def test_what_does_not_keep_the_notation_is_refused(self):
        for synopsis in ("[NX | XX]", "(key value)", "(data: key]", "[key value]", "[key", "(data: key value",
                         "(where: host port | NONE)"):
            with self.assertRaises(ValueError, msg=synopsis):
                parse(synopsis)


class FindEntryTest(unittest.TestCase):

    def test_facts_of_a_command(self):
        entry = reference.find_entry(make_command("GETSET"))
        self.assertEqual(entry.complexity, "O(1)")
        self.assertEqual(entry.doc_flags, ("deprecated",))
        self.assertEqual(entry.deprecated_since, "6.2.0")
        self.assertEqual(entry.replaced_by, "`SET` with the `!GET` argument")
        self.assertEqual([argument.name for argument in entry.arguments], ["key", "value"])

    def test_history_keeps_its_order(self):
        entry = reference.find_entry(make_command("ZADD", "sorted_set"))
        self.assertEqual([version for version, _ in entry.history], ["2.4.0", "3.0.2", "6.2.0"])
        self.assertEqual(entry.history[0], ("2.4.0", "Accepts multiple elements."))

    def test_tips(self):
        entry = reference.find_entry(make_command("MSET"))
        self.assertEqual(entry.tips, ("request_policy:multi_shard", "response_policy:all_succeeded"))

    def test_notes_belong_to_key_specs(self):
        entry = reference.find_entry(make_command("SORT", "generic"))
        self.assertEqual(sorted(entry.notes), [1, 2])

    def test_a_long_text_may_go_over_several_lines(self):
        entry = reference.find_entry(make_command("APPEND"))
        self.assertTrue(entry.complexity.endswith("the free space available on every reallocation."))
        self.assertNotIn("  ", entry.complexity)

    def test_an_unknown_command_has_an_empty_entry(self):
        for command in (make_command("NOSUCH"), make_command("NOSUCH", group="nosuch")):
            self.assertEqual(reference.find_entry(command), reference._UNKNOWN)

    def test_an_unknown_fact_is_refused(self):
        with self.assertRaises(ValueError):
            reference._make_entry([("arguments", ""), ("colour", "blue")])


class FilesTest(unittest.TestCase):

    def test_there_is_no_group_twice_and_every_group_can_be_read(self):
        self.assertEqual(len(GROUPS), 16)
        for group in GROUPS:
            self.assertTrue(reference._read_group(group), group)

    def test_no_command_is_listed_twice(self):
        names = []
        for group in GROUPS:
            with open(os.path.join(DIRECTORY, group + ".txt"), encoding="ascii") as lines:
                names += [line.split()[0] for line in lines if line[:1].isalpha()]
        self.assertEqual(len(names), len(set(names)))

    def test_every_command_of_this_server_is_described(self):
        self.assertTrue(commands)
        for command in TABLE.values():
            entry = reference.find_entry(command)
            self.assertIsNot(entry, reference._UNKNOWN, command.name)
            self.assertTrue(command.summary, command.name)

    def test_arguments_and_notes_name_existing_key_specs(self):
        for command in TABLE.values():
            entry = reference.find_entry(command)
            named = list(entry.notes) + [argument.key_spec for argument in walk(entry.arguments)]
            for index in named:
                self.assertTrue(index is None or index < len(command.key_specs), command.name)


def walk(arguments):
    for argument in arguments:
        yield argument
        yield from walk(argument.arguments)


class AclCategoriesTest(unittest.TestCase):

    def assert_categories(self, expected, *args, **kwargs):
        self.assertEqual(" ".join(reference.acl_categories(make_command(*args, **kwargs))), expected)

    def test_from_group_and_flags(self):
        self.assert_categories("read string fast", "GET", "string", "readonly fast")
        self.assert_categories("write list slow blocking", "BLPOP", "list", "write blocking")
        self.assert_categories("pubsub fast", "PUBLISH", "pubsub", "pubsub fast")

    def test_admin_commands_are_dangerous(self):
        self.assert_categories("admin slow dangerous", "CONFIG|GET", "server", "admin")

    def test_read_only_scripts_do_not_count_as_reading(self):
        self.assert_categories("slow scripting", "EVAL_RO", "scripting", "readonly")

    def test_a_container_has_no_category_of_its_own(self):
        self.assert_categories("slow", "OBJECT", "generic", subcommands={b"HELP": None})

    def test_some_are_written_down(self):
        self.assert_categories("keyspace read slow dangerous", "KEYS", "generic", "readonly")
        self.assert_categories("write set sortedset list slow dangerous", "SORT", "generic", "write")
        self.assert_categories("slow connection", "COMMAND", "server", subcommands={b"HELP": None})


if __name__ == "__main__":
    unittest.main()
