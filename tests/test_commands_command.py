"""COMMAND and its subcommands."""
import unittest
from types import SimpleNamespace

from redis_clone.commands import command as command_module
from redis_clone.registry import Command
from redis_clone.reply_parser import ReplyParser

from .support import CommandTestCase, EngineTestCase

GET_INFO = (b"*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
            b"*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n"
            b"*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n"
            b"$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n"
            b"$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n"
            b"$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n"
            b"$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n"
            b"*0\r\n")

NULL = b"$-1\r\n"


class ReplyTestCase(CommandTestCase):

    def reply(self, *args):
        """The reply as a value."""
        parser = ReplyParser()
        parser.feed(self.client.wire(*args))
        return parser.replies.popleft()

    def info(self, name):
        return self.reply("COMMAND", "INFO", name)[0]

    def docs(self, name):
        """COMMAND DOCS about one command, from a RESP3 client."""
        self.client.wire("HELLO 3")
        return self.reply("COMMAND", "DOCS", name)[name.encode()]


class CommandTest(ReplyTestCase):

    def test_lists_the_same_as_info_without_names(self):
        everything = self.reply("COMMAND")
        self.assertEqual(everything, self.reply("COMMAND INFO"))
        self.assertIn(self.info("get"), everything)

    def test_knows_no_other_subcommands(self):
        self.check("-ERR unknown subcommand 'nosuch'. Try COMMAND HELP.", "COMMAND nosuch")
        self.check("-ERR unknown subcommand 'nosuch'. Try COMMAND HELP.", "COMMAND nosuch x y")


class CommandCountTest(ReplyTestCase):

    def test_counts_commands_without_their_subcommands(self):
        self.assertEqual(self.reply("COMMAND COUNT"), len(self.reply("COMMAND")))

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'command|count' command", "COMMAND COUNT x")


class CommandInfoTest(ReplyTestCase):

    def test_all_ten_elements(self):
        self.check(b"*1\r\n" + GET_INFO, "COMMAND INFO get")

    def test_names_are_taken_in_any_case(self):
        self.check(b"*2\r\n" + GET_INFO * 2, "COMMAND INFO GET gEt")

    def test_unknown_commands_are_null(self):
        for name in ("nosuch", "get|x", "config|nosuch", "config|get|x", "config|", "|"):
            self.check(b"*1\r\n" + NULL, "COMMAND", "INFO", name)
        self.check(b"*1\r\n" + NULL, "COMMAND", "INFO", "")

    def test_known_and_unknown_commands_together(self):
        self.check(b"*3\r\n" + NULL + GET_INFO + NULL, "COMMAND INFO nosuch get nosuch")

    def test_sets_and_maps_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check(b"*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
                   b"~3\r\n+@read\r\n+@string\r\n+@fast\r\n~0\r\n"
                   b"~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n"
                   b"$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n"
                   b"$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n"
                   b"$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n"
                   b"$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n"
                   b"~0\r\n",
                   "COMMAND INFO get")

    def test_a_subcommand_has_its_full_name(self):
        info = self.info("config|get")
        self.assertEqual(info[0], b"config|get")
        self.assertEqual(info[1], -3)
        self.assertEqual(info[6], ["@admin", "@slow", "@dangerous"])

    def test_a_container_tells_of_its_subcommands(self):
        info = self.info("config")
        self.assertEqual(info[:7], [b"config", -2, [], 0, 0, 0, ["@slow"]])
        self.assertIn(self.info("config|get"), info[9])

    def test_keys_that_may_be_anywhere_are_movable(self):
        self.assertIn("movablekeys", self.info("zunionstore")[2])
        self.assertEqual(self.info("zunionstore")[3:6], [1, 1, 1])
        self.assertEqual(self.info("mset")[3:6], [1, -1, 2])
        self.assertEqual(self.info("blpop")[3:6], [1, -2, 1])

    def test_tips(self):
        tips = self.info("mset")[7]
        self.assertEqual(tips, [b"request_policy:multi_shard", b"response_policy:all_succeeded"])

    def test_notes_come_before_the_flags_of_a_key_spec(self):
        self.assertEqual(self.info("set")[8][0][:4], [
            b"notes", b"RW and ACCESS due to the optional `GET` argument",
            b"flags", ["RW", "access", "update", "variable_flags"]])


class CommandDocsTest(ReplyTestCase):

    def test_a_map_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check(b"%1\r\n$3\r\nget\r\n%5\r\n$7\r\nsummary\r\n$34\r\nReturns the string value of a key.\r\n"
                   b"$5\r\nsince\r\n$5\r\n1.0.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n"
                   b"$10\r\ncomplexity\r\n$4\r\nO(1)\r\n"
                   b"$9\r\narguments\r\n*1\r\n%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
                   b"$12\r\ndisplay_text\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n",
                   "COMMAND DOCS GET")

    def test_a_flat_array_in_resp2(self):
        self.assertEqual(self.reply("COMMAND DOCS dbsize"), [
            b"dbsize", [b"summary", b"Returns the number of keys in the database.", b"since", b"1.0.0",
                        b"group", b"server", b"complexity", b"O(1)"]])

    def test_unknown_commands_are_left_out(self):
        self.check("*0", "COMMAND DOCS nosuch get|x")
        self.assertEqual(list(self.reply("COMMAND DOCS nosuch dbsize nosuch")[::2]), [b"dbsize"])

    def test_groups_are_spelled_with_a_hyphen(self):
        self.assertEqual(self.docs("zadd")[b"group"], b"sorted-set")

    def test_a_deprecated_command_tells_since_when_and_what_to_use(self):
        docs = self.docs("getset")
        self.assertEqual(docs[b"doc_flags"], {"deprecated"})
        self.assertEqual(docs[b"deprecated_since"], b"6.2.0")
        self.assertEqual(docs[b"replaced_by"], b"`SET` with the `!GET` argument")

    def test_history(self):
        self.assertIn([b"6.0.0", b"Added the `KEEPTTL` option."], self.docs("set")[b"history"])

    def test_choices_and_tokens(self):
        condition = self.docs("set")[b"arguments"][2]
        self.assertEqual({name: condition[name] for name in (b"name", b"type", b"since", b"flags")}, {
            b"name": b"condition", b"type": b"oneof", b"since": b"2.6.12", b"flags": {"optional"}})
        self.assertEqual(condition[b"arguments"][0], {
            b"name": b"nx", b"type": b"pure-token", b"display_text": b"nx", b"token": b"NX"})

    def test_a_container_tells_of_its_subcommands(self):
        docs = self.docs("config")
        self.assertEqual(docs[b"subcommands"][b"config|get"], self.docs("config|get"))

    def test_without_names_all_commands_and_only_these(self):
        docs = self.reply("COMMAND DOCS")
        self.assertEqual(len(docs) // 2, self.reply("COMMAND COUNT"))
        self.assertNotIn(b"config|get", docs)


class CommandListTest(ReplyTestCase):

    def test_names_of_commands_and_subcommands(self):
        names = self.reply("COMMAND LIST")
        for name in (b"get", b"config", b"config|get"):
            self.assertEqual(names.count(name), 1)

    def test_by_pattern_in_any_case(self):
        self.assertEqual(sorted(self.reply("COMMAND LIST FILTERBY PATTERN hGe*")), [b"hget", b"hgetall"])
        self.assertIn(b"config|get", self.reply("COMMAND LIST filterby pattern CONFIG*"))

    def test_by_category(self):
        self.assertEqual(sorted(self.reply("COMMAND LIST FILTERBY ACLCAT transaction")), [
            b"discard", b"exec", b"multi", b"unwatch", b"watch"])
        self.assertIn(b"config|get", self.reply("COMMAND LIST FILTERBY aclcat ADMIN"))

    def test_an_unknown_category_has_no_commands(self):
        self.check("*0", "COMMAND LIST FILTERBY ACLCAT nosuch")
        self.check("*0", "COMMAND LIST FILTERBY ACLCAT @string")

    def test_there_are_no_modules(self):
        self.check("*0", "COMMAND LIST FILTERBY MODULE string")

    def test_syntax_errors(self):
        for args in ("x", "FILTERBY", "FILTERBY ACLCAT", "FILTERBY x y", "FILTERBY ACLCAT hash x",
                     "FILTERBY PATTERN a* FILTERBY PATTERN b*"):
            self.check("-ERR syntax error", "COMMAND LIST " + args)


class CommandGetkeysTest(ReplyTestCase):

    def test_the_keys_of_a_command_line(self):
        self.check("*2\r\n$1\r\na\r\n$1\r\nb", "COMMAND GETKEYS MSET a 1 b 2")
        self.check("*3\r\n$1\r\nd\r\n$1\r\na\r\n$1\r\nb", "COMMAND GETKEYS ZUNIONSTORE d 2 a b")
        self.check("*1\r\n$1\r\nk", "COMMAND GETKEYS object encoding k")

    def test_unknown_commands_and_subcommands(self):
        self.check("-ERR Invalid command specified", "COMMAND GETKEYS nosuch k")
        self.check("-ERR Invalid command specified", "COMMAND GETKEYS CONFIG nosuch k")

    def test_commands_without_keys_whatever_their_arity(self):
        for line in ("PING", "TIME x", "CONFIG", "CONFIG GET", "SUBSCRIBE a", "SSUBSCRIBE a"):
            self.check("-ERR The command has no key arguments", "COMMAND GETKEYS " + line)

    def test_wrong_arity(self):
        for line in ("GET", "GET a b", "SET k", "OBJECT ENCODING"):
            self.check("-ERR Invalid number of arguments specified for command", "COMMAND GETKEYS " + line)

    def test_arguments_in_which_no_keys_are_found(self):
        self.check("-ERR Invalid arguments specified for command", "COMMAND GETKEYS ZUNIONSTORE d x a b")
        self.check("-ERR Invalid arguments specified for command", "COMMAND GETKEYS LMPOP 3 a LEFT")

    def test_needs_a_command_line(self):
        self.check("-ERR wrong number of arguments for 'command|getkeys' command", "COMMAND GETKEYS")


class CommandGetkeysandflagsTest(ReplyTestCase):

    def test_each_key_with_its_flags(self):
        self.check("*2\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n*2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update",
                   "COMMAND GETKEYSANDFLAGS COPY a b")

    def test_flags_are_a_set_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("*1\r\n*2\r\n$1\r\nk\r\n~2\r\n+OW\r\n+update", "COMMAND GETKEYSANDFLAGS SET k v")

    def test_flags_depend_on_the_options(self):
        self.check("*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update",
                   "COMMAND GETKEYSANDFLAGS SET k v GET")

    def test_a_key_may_have_no_flags(self):
        self.check("*1\r\n*2\r\n$1\r\na\r\n*0", "COMMAND GETKEYSANDFLAGS ZUNION 1x a")

    def test_needs_a_command_line(self):
        self.check("-ERR wrong number of arguments for 'command|getkeysandflags' command",
                   "COMMAND GETKEYSANDFLAGS")


class NoMandatoryKeysTest(unittest.TestCase):

    def test_commands_that_may_go_without_keys_are_no_error(self):
        keys = "numkeys@2 RW ACCESS UPDATE"
        record = Command("EVAL", None, -3, "no_mandatory_keys", keys, "scripting", "2.6.0")
        session = SimpleNamespace(engine=SimpleNamespace(commands={b"EVAL": record}))
        self.assertEqual(command_module.command_getkeys(session, b"EVAL", b"return 1", b"0"), [])
        self.assertEqual(command_module.command_getkeys(session, b"eval", b"return 1", b"1", b"k"), [b"k"])


class CommandHelpTest(EngineTestCase):

    def test_names_every_subcommand(self):
        lines = self.execute("COMMAND HELP")
        self.assertTrue(lines[0].startswith("COMMAND <subcommand> "))
        for name in ("COUNT", "LIST", "HELP"):
            self.assertIn(name, lines)
        self.assertEqual(lines[-1], "    Print this help.")


if __name__ == "__main__":
    unittest.main()
