"""Help, completion and syntax from COMMAND DOCS."""
import io
import unittest

from redis_clone.cli.arguments import parse_arguments
from redis_clone.cli.console import Console
from redis_clone.cli.hints import Help, parse_docs
from redis_clone.cli.link import Link
from tests.cli.cli_support import CliTestCase
from tests.cli.mode_support import ScriptedServer, array, bulk


class HelpTestCase(CliTestCase):
    def help(self, port=None, *words):
        self.complaints = []
        link = Link(parse_arguments(["-p", str(port or self.server.port), *words], {}), self.complaints.append)
        link.connect()
        self.addCleanup(link.close)
        return Help(link)

    def shown(self, help, *words):
        output = io.BytesIO()
        help.show([word.encode() for word in words], Console(io.BytesIO(), output, io.BytesIO(), {}))
        return output.getvalue().decode()


class SyntaxTest(HelpTestCase):
    def test_arguments_are_written_as_in_the_documentation(self):
        help = self.help()
        for line, arguments in (
                ("get", "key"), ("mget k", "key [key ...]"), ("mset", "key value [key value ...]"),
                ("expire", "key seconds [NX | XX | GT | LT]"),
                ("lmove", "source destination <LEFT | RIGHT> <LEFT | RIGHT>"),
                ("set k v", "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                            "PXAT unix-time-milliseconds | KEEPTTL]"),
                ("sort", "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] "
                         "[STORE destination]"),
                ("xadd", "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value "
                         "[field value ...]"),
                ("config set", "parameter value [parameter value ...]"), ("ping", "[message]"),
                ("dbsize", "")):
            self.assertEqual(help.syntax(line)[1], arguments, line)

    def test_resp3_says_the_same(self):
        self.assertEqual(self.help(None, "-3").docs(), self.help().docs())

    def test_the_command_is_found_in_any_line(self):
        help = self.help()
        self.assertEqual(help.syntax("5 incr x")[0], "INCR")
        self.assertEqual(help.syntax('client SETNAME "a b')[0], "CLIENT SETNAME")
        self.assertEqual(help.syntax("config nothing")[0], "CONFIG")
        for line in ("", "  ", "nothing", "7 "):
            self.assertIsNone(help.syntax(line), line)


class CompleteTest(HelpTestCase):
    def test_commands(self):
        help = self.help()
        self.assertEqual(help.complete("getr"), ["GETRANGE"])
        self.assertEqual(help.complete("  2 GetS"), ["  2 GETSET"])
        self.assertEqual(help.complete("config re"), ["CONFIG RESETSTAT", "CONFIG REWRITE"])
        self.assertEqual(help.complete("conf"), ["CONFIG"])
        self.assertIn("CLIENT KILL", help.complete("client "))
        self.assertIn("GET", help.complete(""))
        self.assertEqual(help.complete("get "), [])
        self.assertEqual(help.complete("get ke"), [])

    def test_topics_of_help(self):
        help = self.help()
        self.assertEqual(help.complete("help getr"), ["help GETRANGE"])
        self.assertEqual(help.complete("help client setn"), ["help CLIENT SETNAME"])
        self.assertEqual(help.complete("help @str"), ["help @stream", "help @string"])
        self.assertEqual(help.complete("help"), ["HELP"])


class ShowTest(HelpTestCase):
    def test_a_command(self):
        self.assertRegex(self.shown(self.help(), "get"),
                         r"^\n  GET key\n  summary: .+\n  since: 1\.0\.0\n  group: string\n\n$")

    def test_a_container_with_its_subcommands(self):
        text = self.shown(self.help(), "config")
        self.assertIn("\n  CONFIG GET parameter [parameter ...]\n", text)
        self.assertNotIn("CONFIG GET", self.shown(self.help(), "config", "set"))

    def test_a_group(self):
        text = self.shown(self.help(), "@hash")
        self.assertIn("\n  HVALS key\n", text)
        self.assertIn("\n  since: ", text)
        self.assertNotIn("group:", text)

    def test_unknown_topics(self):
        self.assertEqual(self.shown(self.help(), "nothing"), "\n")
        self.assertEqual(self.shown(self.help(), "@nothing"), "\n")

    def test_in_general(self):
        self.assertIn('"help @<group>"', self.shown(self.help()))

    def test_without_a_server(self):
        self.assertEqual(self.shown(self.help(1), "get"),
                         "No help: it comes from the server, which cannot be asked now.\n\n")
        self.assertEqual(self.help(1).complete("get"), [])


class OldServerTest(HelpTestCase):
    def test_names_of_commands_come_from_command(self):
        server = ScriptedServer(self, {"COMMAND": lambda words: b"-ERR unknown subcommand\r\n" if words[1:] else
                                       array(array(bulk(b"get"), b":2\r\n"), array(bulk(b"set"), b":-3\r\n"))})
        help = self.help(server.port)
        self.assertEqual(help.complete("ge"), ["GET"])
        self.assertEqual(help.syntax("get k"), ("GET", ""))
        self.assertEqual(server.requests.count([b"COMMAND"]), 1)

    def test_nothing_is_asked_within_a_transaction(self):
        help = self.help()
        link = help._link
        link.send([b"MULTI"])
        link.note([b"MULTI"], link.receive())
        self.assertEqual(help.complete("get"), [])
        link.send([b"EXEC"])
        reply = link.receive()
        link.note([b"EXEC"], reply)
        self.assertEqual(reply, [])
        self.assertIn("GET", help.complete("get"))


class ParseDocsTest(unittest.TestCase):
    def test_tokens_and_repetitions(self):
        def argument(*pairs):
            return [word for pair in pairs for word in pair]

        arguments = [
            argument((b"name", b"a"), (b"type", b"string"), (b"token", b"A"), (b"flags", ["multiple", "optional"])),
            argument((b"name", b"b"), (b"type", b"string"), (b"token", b"B"),
                     (b"flags", ["multiple", "multiple_token"])),
            argument((b"name", b"c"), (b"type", b"string"), (b"display_text", b"shown")),
            argument((b"name", b"d"), (b"type", b"pure-token"), (b"token", b"")),
        ]
        docs = parse_docs([b"x", [b"summary", b"s", b"arguments", arguments]])
        self.assertEqual(docs["X"].arguments, '[A a [a ...]] B b [B b ...] shown ""')
        self.assertEqual(docs["X"].group, "")


if __name__ == "__main__":
    unittest.main()
