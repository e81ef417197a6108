"""Tests of CLIENT and its subcommands; what they do to other clients is in test_client_effects.py."""
import re
import unittest

from .support import REAL, CommandTestCase

FIELDS_OF_7_2 = ("id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem "
                 "multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver").split()


def lines_of(reply):
    """The clients of a CLIENT LIST or CLIENT INFO reply as dicts."""
    text = re.sub(r"^[$=]\d+\r\n(txt:)?", "", reply.decode()).rstrip("\r\n")
    return [dict(field.split("=", 1) for field in line.split(" ")) for line in text.split("\n") if line]


class ClientTestCase(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.addCleanup(self.other.close)

    def id_of(self, client):
        return int(client.wire("CLIENT ID")[1:])

    def info(self, client=None):
        """One's own line."""
        return lines_of((client or self.client).wire("CLIENT INFO"))[0]

    def line_of(self, client_id):
        """Somebody else's line."""
        return lines_of(self.client.wire("CLIENT", "LIST", "ID", client_id))[0]


class IdTest(ClientTestCase):
    def test_grows_from_client_to_client(self):
        self.assertLess(self.id_of(self.client), self.id_of(self.other))

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'client|id' command", "CLIENT ID x")


class NameTest(ClientTestCase):
    def test_there_is_none_at_first(self):
        self.check("$-1", "CLIENT GETNAME")
        self.client.wire("HELLO 3")
        self.check("_", "CLIENT GETNAME")

    def test_is_set_and_removed(self):
        self.check("+OK", "CLIENT SETNAME me")
        self.check("$2\r\nme", "CLIENT GETNAME")
        self.assertEqual(self.info()["name"], "me")
        self.check("+OK", "CLIENT", "SETNAME", "")
        self.check("$-1", "CLIENT GETNAME")

    def test_must_not_break_client_list(self):
        for name in (b"a b", b"a\n", b"\xc3\xa9", b"\x7f"):
            self.check("-ERR Client names cannot contain spaces, newlines or special characters.",
                       "CLIENT", "SETNAME", name)
        self.check("+OK", "CLIENT", "SETNAME", "!~")


class SetinfoTest(ClientTestCase):
    def test_tells_of_the_library(self):
        self.check("+OK", "CLIENT SETINFO lib-name redis-py(x)")
        self.check("+OK", "CLIENT SETINFO LIB-VER 5.0.1")
        self.assertEqual((self.info()["lib-name"], self.info()["lib-ver"]), ("redis-py(x)", "5.0.1"))
        self.check("+OK", "CLIENT", "SETINFO", "LIB-NAME", "")
        self.assertEqual(self.info()["lib-name"], "")

    def test_refuses_what_would_break_client_list(self):
        for attribute in ("lib-name", "LIB-VER"):
            self.check(f"-ERR {attribute} cannot contain spaces, newlines or special characters.",
                       "CLIENT", "SETINFO", attribute, "a b")

    def test_knows_two_attributes(self):
        self.check("-ERR Unrecognized option 'libname'", "CLIENT SETINFO libname x")
        self.check("-ERR wrong number of arguments for 'client|setinfo' command", "CLIENT SETINFO lib-name")


class InfoTest(ClientTestCase):
    def test_has_the_fields_in_their_order(self):
        newer = {"watch", "tot-net-in", "tot-net-out", "tot-cmds"} if REAL else set()
        self.assertEqual([field for field in self.info() if field not in newer], FIELDS_OF_7_2)

    def test_tells_about_oneself(self):
        info = self.info()
        self.assertEqual(int(info["id"]), self.id_of(self.client))
        self.assertRegex(info["addr"], r"^127\.0\.0\.1:\d+$")
        self.assertRegex(info["laddr"], r"^127\.0\.0\.1:\d+$")
        expected = {"flags": "N", "db": "0", "sub": "0", "psub": "0", "ssub": "0", "multi": "-1",
                    "events": "r", "cmd": "client|info", "user": "default", "redir": "-1", "resp": "2"}
        self.assertEqual({name: info[name] for name in expected}, expected)

    def test_follows_the_state(self):
        self.client.wire("HELLO 3")
        for request in ("SELECT 3", "SUBSCRIBE a", "PSUBSCRIBE b c", "SSUBSCRIBE d"):
            self.client.wire(request)
        info = self.info()
        self.assertEqual([info[name] for name in ("flags", "db", "sub", "psub", "ssub", "resp")],
                         ["P", "3", "1", "2", "1", "3"])

    def test_is_verbatim_in_resp3(self):
        self.client.wire("HELLO 3")
        self.assertRegex(self.client.wire("CLIENT INFO"), rb"^=\d+\r\ntxt:id=")

    def test_in_exec_it_tells_of_the_transaction(self):
        for request in ("MULTI", "CLIENT INFO"):
            self.client.wire(request)
        info = lines_of(self.client.wire("EXEC").split(b"\r\n", 1)[1])[0]
        self.assertEqual([info[name] for name in ("flags", "multi", "multi-mem", "cmd")],
                         ["x", "1", "26", "exec"])

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'client|info' command", "CLIENT INFO x")


class ListTest(ClientTestCase):
    def test_has_a_line_for_each_client(self):
        ids = [self.id_of(self.client), self.id_of(self.other)]
        self.assertEqual([int(line["id"]) for line in lines_of(self.client.wire("CLIENT LIST"))
                          if int(line["id"]) in ids], ids)

    def test_of_given_ids_in_their_order(self):
        one, other = self.id_of(self.client), self.id_of(self.other)
        listed = lines_of(self.client.wire("CLIENT", "LIST", "ID", other, 999999, one, other))
        self.assertEqual([int(line["id"]) for line in listed], [other, one, other])
        self.check("$0\r\n\r\n", "CLIENT LIST ID -1")

    def test_of_a_type(self):
        self.other.wire("SUBSCRIBE c")
        subscribers, others = (lines_of(self.client.wire("CLIENT", "LIST", "TYPE", kind))
                               for kind in ("pubsub", "NORMAL"))
        self.assertEqual([line["flags"] for line in subscribers], ["P"])
        self.assertNotIn("P", [line["flags"] for line in others])
        for kind in ("master", "replica", "slave"):
            self.check("$0\r\n\r\n", f"CLIENT LIST TYPE {kind}")

    def test_patterns_and_shard_channels_make_a_subscriber_too(self):
        for request in ("PSUBSCRIBE p", "SSUBSCRIBE s"):
            self.other.wire(request)
            self.assertEqual(len(lines_of(self.client.wire("CLIENT LIST TYPE pubsub"))), 1)
            self.other.wire("RESET")

    def test_types_and_ids_that_there_are_not(self):
        self.check("-ERR Unknown client type 'foo'", "CLIENT LIST TYPE foo")
        self.check("-ERR Invalid client ID", "CLIENT LIST ID x")
        self.check("-ERR Invalid client ID", "CLIENT LIST ID 1 TYPE normal")

    def test_options_that_there_are_not(self):
        for options in ("x", "TYPE", "ID", "TYPE normal x", "TYPE normal ID 1"):
            self.check("-ERR syntax error", f"CLIENT LIST {options}")

    def test_shows_the_last_command_even_a_refused_one(self):
        client_id = self.id_of(self.other)
        for request, shown in (("CLIENT SETNAME x", "client|setname"), ("GET", "get"), ("MULTI", "multi"),
                               ("SET k v", "set"), ("NOSUCH", "NULL"), ("PING", "ping")):
            self.other.wire(request)
            self.assertEqual(self.line_of(client_id)["cmd"], shown)

    def test_shows_an_open_transaction(self):
        client_id = self.id_of(self.other)
        for request in ("WATCH w", "MULTI", "GET k", "SET k v"):
            self.other.wire(request)
        line = self.line_of(client_id)
        self.assertEqual((line["multi"], line["multi-mem"], line["flags"]), ("2", "49", "x"))
        self.client.wire("SET w 1")
        self.assertEqual(self.line_of(client_id)["flags"], "xd")


class HelpTest(ClientTestCase):
    def test_lists_its_subcommands(self):
        text = self.client.wire("CLIENT HELP").decode()
        self.assertIn("\r\n+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n", text)
        for word in ("CACHING GETREDIR GETNAME ID INFO KILL LIST UNPAUSE PAUSE REPLY SETNAME SETINFO UNBLOCK "
                     "TRACKING TRACKINGINFO NO-EVICT NO-TOUCH HELP").split():
            self.assertIn(f"\r\n+{word}", text)

    def test_unknown_subcommands(self):
        self.check("-ERR unknown subcommand 'FOO'. Try CLIENT HELP.", "CLIENT FOO")
        self.check("-ERR wrong number of arguments for 'client' command", "CLIENT")
        self.check("-ERR wrong number of arguments for 'client|help' command", "CLIENT HELP x")


class SwitchesTest(ClientTestCase):
    """CLIENT NO-EVICT and CLIENT NO-TOUCH."""

    def test_show_as_flags(self):
        self.check("+OK", "CLIENT NO-EVICT on")
        self.assertEqual(self.info()["flags"], "e")
        self.check("+OK", "CLIENT NO-TOUCH ON")
        self.assertEqual(self.info()["flags"], "eT")
        self.check("+OK", "CLIENT NO-EVICT off")
        self.check("+OK", "CLIENT NO-TOUCH off")
        self.assertEqual(self.info()["flags"], "N")

    def test_are_on_or_off(self):
        for name in ("NO-EVICT", "NO-TOUCH"):
            self.check("-ERR syntax error", f"CLIENT {name} x")
            self.check(f"-ERR wrong number of arguments for 'client|{name.lower()}' command",
                       f"CLIENT {name}")


class ReplyTest(ClientTestCase):
    def test_off_silences_everything_until_on(self):
        for request in ("CLIENT REPLY OFF", "PING", "NOSUCH", "CLIENT REPLY SKIP", "CLIENT NOSUCH"):
            self.check_all(b"", request)
        self.check_all(b"+OK\r\n", "CLIENT REPLY ON")
        self.check("+PONG", "PING")

    def test_skip_silences_one_command(self):
        self.check_all(b"", "CLIENT REPLY SKIP")
        self.check_all(b"", "ECHO unheard")
        self.check_all(b"+PONG\r\n", "PING")

    def test_skip_twice_is_skip_once(self):
        for request in ("CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "ECHO unheard"):
            self.check_all(b"", request)
        self.check_all(b"+PONG\r\n", "PING")

    def test_on_while_skipping_is_heard(self):
        self.check_all(b"", "CLIENT REPLY SKIP")
        self.check_all(b"+OK\r\n", "CLIENT REPLY ON")
        self.check_all(b"+PONG\r\n", "PING")

    def test_off_while_skipping_stays(self):
        for request in ("CLIENT REPLY SKIP", "CLIENT REPLY OFF", "PING", "PING"):
            self.check_all(b"", request)
        self.check_all(b"+OK\r\n", "CLIENT REPLY ON")

    def test_skips_errors_too(self):
        self.check_all(b"", "CLIENT REPLY SKIP")
        self.check_all(b"", "NOSUCH")
        self.check_all(b"+PONG\r\n", "PING")

    def test_knows_three_modes(self):
        self.check("-ERR syntax error", "CLIENT REPLY FOO")
        self.check("-ERR wrong number of arguments for 'client|reply' command", "CLIENT REPLY")


class KillTest(ClientTestCase):
    def test_of_an_address_that_nobody_has(self):
        self.check("-ERR No such client", "CLIENT KILL 1.2.3.4:5")
        self.check("-ERR No such client", "CLIENT KILL ID")

    def test_of_an_id(self):
        client_id = self.id_of(self.other)
        self.check(":1", "CLIENT", "KILL", "ID", client_id)
        self.check(":0", "CLIENT", "KILL", "ID", client_id)
        self.check(b"$0\r\n\r\n", "CLIENT", "LIST", "ID", client_id)

    def test_spares_oneself_unless_told_otherwise(self):
        client_id = self.id_of(self.client)
        self.check(":0", "CLIENT", "KILL", "ID", client_id)
        self.check(":0", "CLIENT", "KILL", "ID", client_id, "SKIPME", "yes")
        self.check(":1", "CLIENT", "KILL", "ID", client_id, "SKIPME", "no")

    def test_of_a_type(self):
        self.other.wire("SUBSCRIBE c")
        self.check(":1", "CLIENT KILL TYPE pubsub")
        self.check(":0", "PUBLISH c x")
        for kind in ("pubsub", "master", "slave", "replica"):
            self.check(":0", f"CLIENT KILL TYPE {kind}")

    def test_filters_must_all_agree(self):
        client_id = self.id_of(self.other)
        self.check(":0", "CLIENT", "KILL", "ID", client_id, "TYPE", "pubsub")
        self.check(":0", "CLIENT", "KILL", "ID", client_id, "ADDR", "1.2.3.4:5")
        self.check(":0", "CLIENT", "KILL", "ID", client_id, "LADDR", "1.2.3.4:5")
        self.check(":1", "CLIENT", "KILL", "USER", "default", "ID", client_id, "TYPE", "normal")

    def test_of_two_filters_of_one_kind_the_later_counts(self):
        self.check(":1", "CLIENT", "KILL", "ID", 999999, "ID", self.id_of(self.other))

    def test_errors_are_told_in_the_order_of_the_options(self):
        for options, error in (("ID 0", "client-id should be greater than 0"),
                               ("ID -1", "client-id should be greater than 0"),
                               ("ID x", "client-id should be greater than 0"),
                               ("ID 99999999999999999999", "client-id should be greater than 0"),
                               ("TYPE foo", "Unknown client type 'foo'"), ("USER foo", "No such user 'foo'"),
                               ("SKIPME foo", "syntax error"), ("foo bar", "syntax error"),
                               ("a b c", "syntax error"), ("ID 9 SKIPME", "syntax error"),
                               ("ID x SKIPME", "client-id should be greater than 0"),
                               ("SKIPME maybe ID x", "syntax error")):
            self.check(f"-ERR {error}", f"CLIENT KILL {options}")


class UnblockTest(ClientTestCase):
    def test_of_clients_that_are_not_blocked(self):
        self.check(":0", "CLIENT", "UNBLOCK", self.id_of(self.other))
        self.check(":0", "CLIENT", "UNBLOCK", self.id_of(self.client))
        self.check(":0", "CLIENT UNBLOCK 999999")
        self.check(":0", "CLIENT UNBLOCK -1")

    def test_errors(self):
        self.check("-ERR value is not an integer or out of range", "CLIENT UNBLOCK x")
        for options in ("1 foo", "x foo"):
            self.check("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR", f"CLIENT UNBLOCK {options}")
        self.check("-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
                   "CLIENT UNBLOCK 1 TIMEOUT x")
        self.check("-ERR wrong number of arguments for 'client|unblock' command", "CLIENT UNBLOCK")


class PauseArgumentsTest(ClientTestCase):
    def test_errors(self):
        for options, error in (("x", "timeout is not an integer or out of range"),
                               ("-1", "timeout is negative"),
                               ("1.5", "timeout is not an integer or out of range"),
                               ("99999999999999999999", "timeout is not an integer or out of range"),
                               ("9223372036854775807", "timeout is out of range"),
                               ("1 foo", "CLIENT PAUSE mode must be WRITE or ALL"),
                               ("x foo", "CLIENT PAUSE mode must be WRITE or ALL")):
            self.check(f"-ERR {error}", f"CLIENT PAUSE {options}")
        self.check("-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.",
                   "CLIENT PAUSE 1 WRITE x")

    def test_of_no_time(self):
        self.check("+OK", "CLIENT PAUSE 0")
        self.check("+PONG", "PING")

    def test_unpause_without_a_pause(self):
        self.check("+OK", "CLIENT UNPAUSE")

    def test_write_lets_readers_and_unpause_pass(self):
        self.addCleanup(self.client.wire, "CLIENT UNPAUSE")
        self.check("+OK", "CLIENT PAUSE 100000 WRITE")
        self.check("$-1", "GET k")
        self.check("+OK", "CLIENT UNPAUSE")
        self.check("+OK", "SET k v")


class TrackingTest(ClientTestCase):
    """As for a client that does not track."""

    def test_info(self):
        self.check("*6\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0",
                   "CLIENT TRACKINGINFO")
        self.client.wire("HELLO 3")
        self.check("%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0",
                   "CLIENT TRACKINGINFO")
        self.check(":-1", "CLIENT GETREDIR")

    def test_caching_is_refused(self):
        self.check("-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                   "OPTOUT mode enabled", "CLIENT CACHING yes")

    def test_switching_it_off(self):
        for options in ("", "PREFIX x", "OPTIN OPTOUT BCAST NOLOOP"):
            self.check("+OK", f"CLIENT TRACKING off {options}")

    def test_errors(self):
        for options, error in (("foo", "syntax error"), ("on foo", "syntax error"),
                               ("off REDIRECT", "syntax error"),
                               ("off REDIRECT x", "value is not an integer or out of range"),
                               ("foo REDIRECT 999999", "The client ID you want redirect to does not exist")):
            self.check(f"-ERR {error}", f"CLIENT TRACKING {options}")

    @unittest.skipIf(REAL, "a real server can")
    def test_switching_it_on_is_an_honest_error(self):
        self.check("-ERR client tracking is not available on this server", "CLIENT TRACKING on")


if __name__ == "__main__":
    unittest.main()
