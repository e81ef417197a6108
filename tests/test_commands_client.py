"""Tests of CLIENT and its subcommands."""
import os
import re
import socket
import tempfile
import time
import unittest

from redis_clone.resp import encode
from redis_clone.server import Server

from .support import REAL, CommandTestCase, EngineTestCase, ServerTestCase, receive, test_config

FIELDS_OF_7_2 = ("id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp "
                 "obl oll omem tot-mem events cmd user redir resp lib-name lib-ver").split()


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
        shown = {name: info[name] for name in ("flags", "db", "sub", "psub", "ssub", "multi", "events", "cmd", "user",
                                               "redir", "resp")}
        self.assertEqual(shown, {"flags": "N", "db": "0", "sub": "0", "psub": "0", "ssub": "0", "multi": "-1",
                                 "events": "r", "cmd": "client|info", "user": "default", "redir": "-1", "resp": "2"})

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
        self.assertEqual((info["flags"], info["multi"], info["multi-mem"], info["cmd"]), ("x", "1", "26", "exec"))

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
        self.assertEqual([line["flags"] for line in lines_of(self.client.wire("CLIENT LIST TYPE pubsub"))], ["P"])
        self.assertNotIn("P", [line["flags"] for line in lines_of(self.client.wire("CLIENT LIST TYPE NORMAL"))])
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
        for word in ("CACHING", "GETREDIR", "GETNAME", "ID", "INFO", "KILL", "LIST", "UNPAUSE", "PAUSE", "REPLY",
                     "SETNAME", "SETINFO", "UNBLOCK", "TRACKING", "TRACKINGINFO", "NO-EVICT", "NO-TOUCH", "HELP"):
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
            self.check(f"-ERR wrong number of arguments for 'client|{name.lower()}' command", f"CLIENT {name}")


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
                               ("SKIPME foo", "syntax error"), ("foo bar", "syntax error"), ("a b c", "syntax error"),
                               ("ID 9 SKIPME", "syntax error"), ("ID x SKIPME", "client-id should be greater than 0"),
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


class BlockedClientTest(EngineTestCase):
    """What CLIENT subcommands do to a client that is blocked."""

    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.other.block("BLPOP l 0")
        self.id = self.other.session.id

    def test_shows_in_client_list(self):
        line = lines_of(self.client.wire("CLIENT", "LIST", "ID", self.id))[0]
        self.assertEqual((line["flags"], line["cmd"], line["argv-mem"]), ("b", "blpop", "7"))

    def test_unblock_is_like_a_timeout(self):
        for reason in ([], ["TIMEOUT"]):
            self.assertEqual(self.client.wire("CLIENT", "UNBLOCK", self.id, *reason), b":1\r\n")
            self.assertEqual(self.other.late_reply(), b"*-1\r\n")
            self.other.block("BLPOP l 0")

    def test_unblock_with_an_error(self):
        self.assertEqual(self.client.wire("CLIENT", "UNBLOCK", self.id, "error"), b":1\r\n")
        self.assertEqual(self.other.late_reply(), b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
        self.assertEqual(self.engine.stats.errors["UNBLOCKED"], 1)

    def test_unblock_in_a_transaction(self):
        self.client.wire("MULTI")
        self.client.wire("CLIENT", "UNBLOCK", self.id)
        self.assertEqual(self.client.wire("EXEC"), b"*1\r\n:1\r\n")
        self.assertTrue(self.other.waiter.done)

    def test_an_unblocked_client_takes_no_element_any_more(self):
        self.client.wire("CLIENT", "UNBLOCK", self.id)
        self.client.wire("RPUSH l a")
        self.assertEqual(self.client.wire("LLEN l"), b":1\r\n")

    def test_neither_does_a_killed_one(self):
        self.assertEqual(self.client.wire("CLIENT", "KILL", "ID", self.id), b":1\r\n")
        self.assertTrue(self.other.connection.hung_up)
        self.client.wire("RPUSH l a")
        self.assertEqual(self.client.wire("LLEN l"), b":1\r\n")
        self.assertEqual((self.engine.blocked_clients, len(self.engine.sessions)), (0, 1))

    def test_a_skipped_reply_is_skipped_when_it_comes(self):
        session = self.other.session
        self.client.wire("CLIENT", "UNBLOCK", self.id)
        self.other.wire("CLIENT REPLY SKIP")
        self.other.block("BLPOP l 0")
        self.assertEqual(session.reply_mode, "skipping")
        self.client.wire("RPUSH l a")
        self.assertEqual(session.late_reply(self.other.waiter.reply), b"")
        self.assertEqual(session.reply_mode, "on")

    def test_with_an_outbox_the_reply_comes_before_later_messages(self):
        self.client.wire("CLIENT", "UNBLOCK", self.id)
        for request in ("HELLO 3", "SUBSCRIBE c"):
            self.other.wire(request)
        self.other.block("BLPOP l 0")
        self.client.wire("PUBLISH c 1")
        self.client.wire("RPUSH l a")
        self.client.wire("PUBLISH c 2")
        message = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n%d\r\n"
        self.assertEqual(self.other.connection.pushed, message % 1 + b"*2\r\n$1\r\nl\r\n$1\r\na\r\n" + message % 2)


class KilledTest(EngineTestCase):
    """What is left of a client after CLIENT KILL, before its own thread has noticed."""

    def setUp(self):
        super().setUp()
        self.other = self.new_client()

    def kill(self):
        self.client.wire("CLIENT", "KILL", "ID", self.other.session.id)

    def test_it_runs_no_further_commands(self):
        self.kill()
        self.assertEqual(self.other.wire("SET k v"), b"")
        self.assertEqual(self.client.wire("GET k"), b"$-1\r\n")

    def test_it_gets_no_messages_and_is_not_counted(self):
        self.other.wire("SUBSCRIBE c")
        self.kill()
        self.assertEqual(self.client.wire("PUBLISH c x"), b":0\r\n")
        self.assertEqual(self.other.connection.pushed, b"")

    def test_its_watches_are_gone(self):
        self.other.wire("WATCH k")
        self.kill()
        self.assertEqual(self.engine.keyspace.databases[0].watched, {})

    def test_leaving_by_itself_afterwards_does_no_harm(self):
        self.other.wire("SUBSCRIBE c")
        self.kill()
        self.other.close()
        self.assertEqual(list(self.engine.sessions.values()), [self.client.session])


class PauseArgumentsTest(ClientTestCase):
    def test_errors(self):
        for options, error in (("x", "timeout is not an integer or out of range"), ("-1", "timeout is negative"),
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


class PauseTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.other = self.new_client()

    def assert_postponed(self, *args, client=None):
        client = client or self.other
        client.session.postponed = False
        self.assertEqual((client.wire(*args), client.session.postponed), (b"", True), args)

    def test_write_holds_back_what_may_write(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        for request in ("SET k v", "DEL k", "PUBLISH c x", "FLUSHALL", "BLPOP l 0"):
            self.assert_postponed(request)
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")

    def test_all_holds_back_everything_that_is_well_formed(self):
        self.client.wire("CLIENT PAUSE 100")
        for request in ("GET k", "PING", "CLIENT UNPAUSE", "QUIT", "RESET", "HELLO", "MULTI", "SUBSCRIBE c"):
            self.assert_postponed(request)
        self.assertEqual(self.other.wire("GET"), b"-ERR wrong number of arguments for 'get' command\r\n")
        self.assertIn(b"unknown command", self.other.wire("NOSUCH"))

    def test_queueing_a_write_is_held_back_too(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.assertEqual(self.other.wire("MULTI"), b"+OK\r\n")
        self.assertEqual(self.other.wire("GET k"), b"+QUEUED\r\n")
        self.assert_postponed("SET k v")
        self.assertEqual(self.other.wire("EXEC"), b"*1\r\n$-1\r\n")

    def test_exec_with_a_queued_write_is_held_back(self):
        self.other.wire("MULTI")
        self.other.wire("SET k v")
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.assert_postponed("EXEC")
        self.client.wire("CLIENT UNPAUSE")
        self.assertEqual(self.other.wire("EXEC"), b"*1\r\n+OK\r\n")

    def test_exec_without_multi_is_not(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.assertEqual(self.other.wire("EXEC"), b"-ERR EXEC without MULTI\r\n")

    def test_a_transaction_that_pauses_goes_on(self):
        for request in ("MULTI", "CLIENT PAUSE 100 WRITE", "SET k v"):
            self.client.wire(request)
        self.assertEqual(self.client.wire("EXEC"), b"*2\r\n+OK\r\n+OK\r\n")
        self.assert_postponed("SET k w")

    def test_a_postponed_client_shows_as_blocked_but_cannot_be_unblocked(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.assert_postponed("SET k v")
        client_id = self.other.session.id
        line = lines_of(self.client.wire("CLIENT", "LIST", "ID", client_id))[0]
        self.assertEqual((line["flags"], line["cmd"]), ("b", "set"))
        self.assertEqual(self.client.wire("CLIENT", "UNBLOCK", client_id), b":0\r\n")

    def test_ends_with_its_time(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.clock.advance(0.05)
        self.assert_postponed("SET k v")
        self.clock.advance(0.05)
        self.assertEqual(self.other.wire("SET k v"), b"+OK\r\n")

    def test_of_two_pauses_the_longer_one_holds(self):
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.client.wire("CLIENT PAUSE 10 WRITE")
        self.clock.advance(0.05)
        self.assert_postponed("SET k v")

    def test_of_two_pauses_the_stricter_one_holds(self):
        self.client.wire("MULTI")
        self.client.wire("CLIENT PAUSE 100 ALL")
        self.client.wire("CLIENT PAUSE 200 WRITE")
        self.client.wire("EXEC")
        self.clock.advance(0.15)
        self.assert_postponed("GET k")

    def test_a_pause_that_is_over_does_not_count(self):
        self.client.wire("CLIENT PAUSE 10 ALL")
        self.clock.advance(1)
        self.client.wire("CLIENT PAUSE 100 WRITE")
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")

    def test_keys_expire_for_readers_but_stay_until_it_is_over(self):
        self.client.wire("SET k v PX 10")
        self.client.wire("CLIENT PAUSE 1000 WRITE")
        self.clock.advance(0.5)
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")
        self.assertEqual(self.other.wire("EXISTS k"), b":0\r\n")
        self.assertEqual(self.other.wire("KEYS *"), b"*0\r\n")
        self.assertEqual(self.other.wire("RANDOMKEY"), b"$1\r\nk\r\n")
        self.assertEqual(self.other.wire("DBSIZE"), b":1\r\n")
        self.client.wire("CLIENT UNPAUSE")
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")
        self.assertEqual(self.other.wire("DBSIZE"), b":0\r\n")


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
        self.check("-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT "
                   "mode enabled", "CLIENT CACHING yes")

    def test_switching_it_off(self):
        for options in ("", "PREFIX x", "OPTIN OPTOUT BCAST NOLOOP"):
            self.check("+OK", f"CLIENT TRACKING off {options}")

    def test_errors(self):
        for options, error in (("foo", "syntax error"), ("on foo", "syntax error"), ("off REDIRECT", "syntax error"),
                               ("off REDIRECT x", "value is not an integer or out of range"),
                               ("foo REDIRECT 999999", "The client ID you want redirect to does not exist")):
            self.check(f"-ERR {error}", f"CLIENT TRACKING {options}")

    @unittest.skipIf(REAL, "a real server can")
    def test_switching_it_on_is_an_honest_error(self):
        self.check("-ERR client tracking is not available on this server", "CLIENT TRACKING on")


class ThreadsTest(ServerTestCase):
    """CLIENT subcommands that reach into other clients' threads."""

    def send(self, sock, *words):
        sock.sendall(encode([word if isinstance(word, bytes) else str(word).encode() for word in words]))

    def ask(self, sock, *words):
        """A command's reply in one line, or a text."""
        self.send(sock, *words)
        reply = b""
        while not reply.endswith(b"\r\n"):
            reply += sock.recv(4096)
        return reply

    def client(self):
        """A connected socket and the client's id."""
        sock = self.connect()
        return sock, int(self.ask(sock, "CLIENT", "ID")[1:])

    def wait_for_flags(self, admin, client_id, flags):
        """Block until another client's command has got as far as it can."""
        deadline = time.monotonic() + 10
        while b" flags=%b " % flags not in self.ask(admin, "CLIENT", "LIST", "ID", client_id):
            self.assertLess(time.monotonic(), deadline, f"client {client_id} does not show {flags}")

    def test_kill_hangs_up_on_idle_blocked_and_subscribed_clients(self):
        admin = self.connect()
        idle, idle_id = self.client()
        blocked, blocked_id = self.client()
        subscribed, subscribed_id = self.client()
        self.send(blocked, "BLPOP", "l", 0)
        self.wait_for_flags(admin, blocked_id, b"b")
        self.send(subscribed, "SUBSCRIBE", "c")
        receive(subscribed, len(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"))
        for sock, client_id in ((idle, idle_id), (blocked, blocked_id), (subscribed, subscribed_id)):
            self.assertEqual(self.ask(admin, "CLIENT", "KILL", "ID", client_id), b":1\r\n")
            self.assertEqual(sock.recv(100), b"")

    def test_kill_by_address(self):
        admin, _ = self.client()
        other, _ = self.client()
        address = "%s:%d" % other.getsockname()
        self.assertEqual(self.ask(admin, "CLIENT", "KILL", address), b"+OK\r\n")
        self.assertEqual(other.recv(100), b"")
        self.assertEqual(self.ask(admin, "CLIENT", "KILL", address), b"-ERR No such client\r\n")

    def test_killing_oneself_answers_first(self):
        for words, reply in (((), b"+OK\r\n"), (("ADDR",), b":1\r\n")):
            sock = self.connect()
            address = "%s:%d" % sock.getsockname()
            skip_me = ("SKIPME", "no") if words else ()
            sock.sendall(encode([b"CLIENT", b"KILL", *map(str.encode, words), address.encode(),
                                 *map(str.encode, skip_me)]) + encode([b"PING"]))
            self.assertEqual(receive(sock, len(reply)), reply)
            self.assertEqual(sock.recv(100), b"")

    def test_killing_everybody_on_a_local_address(self):
        admin, other = self.connect(), self.connect()
        self.ask(other, "PING")
        address = "%s:%d" % admin.getpeername()
        self.assertEqual(self.ask(admin, "CLIENT", "KILL", "LADDR", address, "SKIPME", "no"), b":2\r\n")
        self.assertEqual((admin.recv(100), other.recv(100)), (b"", b""))

    def test_unblock_wakes_the_other_thread(self):
        admin = self.connect()
        blocked, blocked_id = self.client()
        for reason, reply in (("TIMEOUT", b"*-1\r\n"), ("ERROR", b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")):
            self.send(blocked, "BLPOP", "l", 0)
            self.wait_for_flags(admin, blocked_id, b"b")
            self.assertEqual(self.ask(admin, "CLIENT", "UNBLOCK", blocked_id, reason), b":1\r\n")
            self.assertEqual(receive(blocked, len(reply)), reply)

    def test_paused_commands_run_after_unpause_in_their_order(self):
        admin = self.connect()
        writer, writer_id = self.client()
        self.ask(admin, "CLIENT", "PAUSE", 100_000, "WRITE")
        writer.sendall(b"GET k\r\nSET k v\r\nGET k\r\nDEL k\r\n")
        self.assertEqual(receive(writer, 5), b"$-1\r\n")
        self.wait_for_flags(admin, writer_id, b"b")
        self.assertEqual(self.ask(admin, "GET", "k"), b"$-1\r\n")
        self.assertEqual(self.ask(admin, "CLIENT", "UNPAUSE"), b"+OK\r\n")
        self.assertEqual(receive(writer, 16), b"+OK\r\n$1\r\nv\r\n:1\r\n")

    def test_a_pause_of_all_ends_by_itself(self):
        sock = self.connect()
        sock.sendall(b"CLIENT PAUSE 30\r\nPING\r\n")
        self.assertEqual(receive(sock, 12), b"+OK\r\n+PONG\r\n")

    def test_a_long_pipeline_of_reads_is_not_held_up_by_a_pause_of_writes(self):
        sock = self.connect()
        self.ask(self.connect(), "CLIENT", "PAUSE", 100_000, "WRITE")
        sock.sendall(b"PING\r\n" * 2000)
        self.assertEqual(receive(sock, 14_000), b"+PONG\r\n" * 2000)

    def test_a_paused_client_can_be_killed(self):
        admin = self.connect()
        writer, writer_id = self.client()
        self.ask(admin, "CLIENT", "PAUSE", 100_000, "WRITE")
        self.send(writer, "SET", "k", "v")
        self.wait_for_flags(admin, writer_id, b"b")
        self.assertEqual(self.ask(admin, "CLIENT", "KILL", "ID", writer_id), b":1\r\n")
        self.assertEqual(writer.recv(100), b"")
        self.ask(admin, "CLIENT", "UNPAUSE")
        self.assertEqual(self.ask(admin, "GET", "k"), b"$-1\r\n")

    def test_a_paused_client_that_hangs_up_does_not_run_its_command(self):
        admin = self.connect()
        writer, writer_id = self.client()
        self.ask(admin, "CLIENT", "PAUSE", 100_000, "WRITE")
        self.send(writer, "SET", "k", "v")
        self.wait_for_flags(admin, writer_id, b"b")
        writer.close()
        deadline = time.monotonic() + 10
        while self.ask(admin, "CLIENT", "LIST", "ID", writer_id) != b"$0\r\n\r\n":
            self.assertLess(time.monotonic(), deadline)
        self.ask(admin, "CLIENT", "UNPAUSE")
        self.assertEqual(self.ask(admin, "GET", "k"), b"$-1\r\n")

    def test_replies_are_held_back_while_blocked_too(self):
        sock = self.connect()
        sock.sendall(b"CLIENT REPLY SKIP\r\nBLPOP l 0.001\r\nPING\r\n")
        self.assertEqual(receive(sock, 7), b"+PONG\r\n")


@unittest.skipUnless(hasattr(socket, "AF_UNIX"), "needs Unix sockets")
class UnixSocketTest(unittest.TestCase):
    def test_shows_its_path_and_a_flag(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            with Server(test_config({"unixsocket": path}), port=0), socket.socket(socket.AF_UNIX) as sock:
                sock.connect(path)
                sock.sendall(b"CLIENT INFO\r\n")
                line = lines_of(sock.recv(4096))[0]
        self.assertEqual((line["addr"], line["laddr"], line["flags"]), (path + ":0", path + ":0", "U"))


if __name__ == "__main__":
    unittest.main()
