"""The client's commands about commands."""
import unittest

from redis_clone.client.errors import ResponseError
from tests.client.reply_case import CannedCase, LiveCase

KEYS = [b"flags", [b"RO", b"access"], b"begin_search", [b"type", b"index", b"spec", [b"index", 1]],
        b"find_keys", [b"type", b"range", b"spec", [b"lastkey", 0, b"keystep", 1, b"limit", 0]]]


class CommandTest(LiveCase):
    def test_commands_are_described(self):
        table = self.client.command()
        self.assertEqual(self.client.command_count(), len(table))
        get = {name: table["get"][name] for name in ("name", "arity", "flags", "first_key_pos", "acl_categories")}
        self.assertEqual(get, {"name": "get", "arity": 2, "flags": ["readonly", "fast"], "first_key_pos": 1,
                               "acl_categories": ["@read", "@string", "@fast"]})
        self.same(table["get"]["key_specifications"], [KEYS])
        self.assertEqual(len(table["object"]["subcommands"]), 5)

    def test_some_are_described(self):
        self.assertEqual(self.client.command_info("get", "none"), {"get": self.client.command()["get"]})

    def test_names(self):
        self.assertGreaterEqual(len(self.client.command_list()), self.client.command_count())
        names = self.client.command_list(pattern="xr*")
        self.same(sorted(names), [b"xrange", b"xread", b"xreadgroup", b"xrevrange"])
        self.same(self.client.command_list(category="nothing"), [])

    def test_keys_in_words(self):
        self.assertEqual(self.client.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])
        with self.assertRaises(ResponseError):
            self.client.command_getkeys("PING")
        self.same(self.client.command_getkeysandflags("LMOVE", "a", "b", "left", "left"),
                  [[b"a", [b"RW", b"access", b"delete"]], [b"b", [b"RW", b"insert"]]])

    def test_documents(self):
        docs = self.client.command_docs("xinfo", "set", "none")
        self.assertEqual(sorted(docs), ["set", "xinfo"])
        self.assertEqual((docs["set"]["since"], docs["set"]["group"]), ("1.0.0", "string"))
        self.assertEqual(docs["set"]["arguments"][0], {"name": "key", "type": "key", "display_text": "key",
                                                       "key_spec_index": 0})
        self.assertIn("optional", docs["set"]["arguments"][2]["flags"])
        self.assertEqual(docs["set"]["arguments"][2]["arguments"][0]["token"], "NX")
        self.assertEqual(docs["set"]["history"][0][0], "2.6.12")
        self.assertEqual(docs["xinfo"]["subcommands"]["xinfo|groups"]["arguments"][0]["name"], "key")

    def test_help_is_text(self):
        self.assertIn("COMMAND", self.client.command_help()[0])


class OldServersTest(CannedCase):
    def test_they_tell_less(self):
        self.check_reply(lambda r: r.command(), {"get": {
            "name": "get", "arity": 2, "flags": ["readonly"], "first_key_pos": 1, "last_key_pos": 1, "step_count": 1,
        }}, [[b"get", 2, ["readonly"], 1, 1, 1]])


class SetsTest(CannedCase):
    def test_sets_become_lists_in_the_order_of_resp2(self):
        self.check_reply(lambda r: r.command_info("get"), {"get": {
            "name": "get", "arity": 2, "flags": ["write", "denyoom", "fast", "later"], "first_key_pos": 1,
            "last_key_pos": 1, "step_count": 1, "acl_categories": ["@read", "@string", "@fast"], "tips": [],
            "key_specifications": [], "subcommands": [],
        }}, [[b"get", 2, ["write", "denyoom", "fast", "later"], 1, 1, 1, ["@read", "@string", "@fast"], [], [], []]],
            [[b"get", 2, {"later", "write", "fast", "denyoom"}, 1, 1, 1, {"@fast", "@read", "@string"}, set(), set(),
              []]])

    def test_words(self):
        self.check_words(lambda r: r.command_list("m", "c", "p*"),
                         "COMMAND LIST", "FILTERBY", "MODULE", "m", "ACLCAT", "c", "PATTERN", "p*")


if __name__ == "__main__":
    unittest.main()
