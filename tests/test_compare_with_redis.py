"""scripts/compare_with_redis.py: playing, shrinking, reporting, with servers that exist in memory only."""
import contextlib
import io
import socket
import sys
import unittest
from unittest import mock

from .fake_servers import FakeServer, always, array, bulk

import compare_with_redis
from differential import servers, wire
from differential.judge import Coverage, Difference, Judge
from differential.known_differences import applying_to
from differential.notifications import Notification
from differential.player import Failure, Player
from differential.questions import Questions
from differential.report import show_difference, show_reply, show_summary
from differential.runner import Runner
from differential.session import Found, Session, culprit
from differential.shrinker import shrink, signature
from differential.steps import read_steps, show_step


def play(text, twist=None, **real):
    """Play steps in their readable form to two fakes, the second one with a twist."""
    return Runner([FakeServer(**real), FakeServer(twist)]).play(read_steps(text))


class WireTest(unittest.TestCase):
    REPLIES = (b"+OK\r\n", b"-ERR x\r\n", b":1\r\n", b"$4\r\na\r\nb\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n",
               b"*2\r\n$1\r\na\r\n*1\r\n:2\r\n", b"%1\r\n+a\r\n:1\r\n", b"~1\r\n_\r\n", b">2\r\n+a\r\n+b\r\n",
               b",1.5\r\n", b"#t\r\n", b"(12\r\n", b"=5\r\ntxt:a\r\n", b"|1\r\n+k\r\n+v\r\n:7\r\n")

    def test_finds_the_end_of_every_kind_of_reply(self):
        for reply in self.REPLIES:
            with self.subTest(reply):
                self.assertEqual(wire.reply_end(reply + b"+next\r\n", 0), len(reply))
                for cut in range(len(reply)):
                    self.assertEqual(wire.reply_end(reply[:cut], 0), -1)

    def test_refuses_what_is_no_reply(self):
        for data in (b"hello\r\n", b"$x\r\n", b"*1\r\nhello\r\n"):
            with self.subTest(data), self.assertRaises(wire.LinkError):
                wire.reply_end(data, 0)

    def test_parses_nested_replies(self):
        self.assertEqual(wire.parse(b"*2\r\n$1\r\na\r\n%1\r\n:1\r\n$-1\r\n"),
                         ("*", [("$", b"a"), ("%", [(":", b"1"), ("$", None)])]))


class LinkTest(unittest.TestCase):
    def setUp(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.link = wire.Link(listener.getsockname(), 0.05)
        self.addCleanup(self.link.close)
        self.peer = listener.accept()[0]
        self.addCleanup(self.peer.close)

    def test_puts_replies_together_from_pieces(self):
        self.peer.sendall(b"+OK\r\n$5\r\nhel")
        self.peer.sendall(b"lo\r\n")
        self.assertEqual(self.link.read_replies(2), ([b"+OK\r\n", b"$5\r\nhello\r\n"], None))

    def test_tells_silence_from_a_closed_connection(self):
        self.peer.sendall(b"+OK\r\n")
        self.assertEqual(self.link.read_replies(2), ([b"+OK\r\n"], "silent"))
        self.assertEqual(self.link.failed, "silent")

    def test_tells_a_closed_connection_from_silence(self):
        self.peer.sendall(b"+OK\r\n")
        self.peer.close()
        self.assertEqual(self.link.read_replies(2), ([b"+OK\r\n"], "closed"))

    def test_takes_no_late_reply_for_the_next_one(self):
        self.assertEqual(self.link.read_replies(1), ([], "silent"))
        self.peer.sendall(b"+late\r\n")
        self.assertEqual(self.link.read_replies(1), ([], "silent"))
        with self.assertRaises(wire.LinkError):
            self.link.send(b"PING\r\n")

    def test_reads_everything_up_to_the_end(self):
        self.peer.sendall(b"not a reply")
        self.peer.close()
        self.assertEqual(self.link.read_to_end(), (b"not a reply", None))


class RunnerTest(unittest.TestCase):
    def test_two_equal_servers_show_no_difference(self):
        self.assertIsNone(play("A> SET k v\nA> GET k\nB> SADD s a b c\nB> SMEMBERS s\nA> NOSUCH"))

    def test_reports_the_first_reply_that_differs(self):
        found = play("A> SET k v\nA> GET k\nA> GET k", {"GET": always(bulk(b"x"))})
        self.assertEqual(found, Difference(1, (b"GET", b"k"), [bulk(b"v"), bulk(b"x")]))

    def test_compares_the_state_at_the_end(self):
        found = play("A> SET k v", {"SET": lambda server, link, argv: server._set(link, argv[1], b"x")})
        self.assertEqual(found, Difference(None, (b"GET", b"k"), [bulk(b"v"), bulk(b"x")]))

    def test_a_missing_key_is_a_difference_of_state(self):
        found = play("A> SET k v\nA> DEL k", {"DEL": always(b":1\r\n")})
        self.assertEqual(found.argv, (b"KEYS", b"*"))

    def test_every_database_that_one_of_them_has_is_compared(self):
        asked = []

        def select(server, link, argv):
            asked.append(argv[1])
            return b"+OK\r\n"

        def info(server, link, argv):
            return bulk(b"# Keyspace\r\ndb0:keys=1\r\ndb11:keys=1\r\n")
        pair = [FakeServer({"SELECT": select}), FakeServer({"INFO": info})]
        self.assertIsNone(Runner(pair).play(read_steps("A> SET k v")))
        self.assertEqual(asked, [b"0", b"11"])

    def test_a_silent_server_is_a_difference(self):
        found = play("A> SET k v", {"SET": always(b"")})
        self.assertEqual(found.replies, [b"+OK\r\n", Failure("silent")])

    def test_a_closed_connection_is_a_difference(self):
        def hang_up(server, link, argv):
            link.closed = True
            return b""
        self.assertEqual(play("A> GET k", {"GET": hang_up}).replies[1], Failure("closed"))
        both = Runner([FakeServer({"GET": hang_up}), FakeServer({"GET": hang_up})])
        self.assertIsNone(both.play(read_steps("A> GET k\nA> SET k v")))

    def test_replies_of_a_transaction_are_compared_each_as_its_own(self):
        text = "A> SADD s a b c d e\nA> MULTI\nA> GET k\nA> SMEMBERS s\nA> EXEC"
        self.assertIsNone(play(text))
        self.assertEqual(play(text, {"GET": always(bulk(b"x"))}).argv, (b"EXEC",))

    def test_a_complete_scan_is_compared_as_a_set(self):
        text = "A> SADD s a b c d e\nA> SSCAN s {cursor}"
        self.assertIsNone(play(text))
        found = play(text, {"SSCAN": always(array(bulk(b"0"), array(bulk(b"a"))))})
        self.assertEqual(found.replies[1], [("$", b"a")])

    def test_an_endless_scan_ends(self):
        found = play("A> SSCAN s {cursor}", {"SSCAN": always(array(bulk(b"7"), array()))})
        self.assertEqual(found.replies, [[], Failure("endless scan")])

    def test_messages_to_others_are_compared(self):
        text = "A> SUBSCRIBE c d\nB> PUBLISH c hello"
        self.assertIsNone(play(text))
        found = play(text, {"PUBLISH": always(b":1\r\n")})
        self.assertEqual(found.argv, (b"(messages)",))
        self.assertEqual(found.replies[1], [])

    def test_waiting_clients_are_compared_when_they_are_served(self):
        text = "A waits> BLPOP k 0\nB waits> BLPOP k 0\nC> RPUSH k 1\nC> RPUSH k 2"
        self.assertIsNone(play(text))
        found = play(text, {"BLPOP": lambda server, link, argv: b"*-1\r\n"})
        self.assertEqual(found, Difference(0, (b"BLPOP", b"k", b"0"), [Failure("blocked"), b"*-1\r\n"]))

    def test_clients_that_still_wait_are_let_go(self):
        pair = [FakeServer(), FakeServer()]
        self.assertIsNone(Runner(pair).play(read_steps("A waits> BLPOP k 0")))
        self.assertFalse(any(link.waits_for for server in pair for link in server.links))

    def test_ids_are_replaced_for_each_server(self):
        seen = []

        def unblock(server, link, argv):
            seen.append(argv[2])
            return b":0\r\n"
        pair = [FakeServer({"CLIENT|UNBLOCK": unblock}), FakeServer({"CLIENT|UNBLOCK": unblock})]
        pair[1].connect()
        self.assertIsNone(Runner(pair).play(read_steps("A> PING\nB> CLIENT UNBLOCK {id:A}")))
        self.assertEqual(seen, [b"3", b"4"])

    def test_servers_are_emptied_after_each_sequence(self):
        pair = [FakeServer(), FakeServer()]
        Runner(pair).play(read_steps("A> SET k v"))
        self.assertEqual([(server.values, server.resets) for server in pair], [({}, 1)] * 2)

    def test_what_a_real_server_does_otherwise_is_not_sent_to_it(self):
        text = "A> MULTI\nA> MULTI\nA> EXEC"
        twist = {"WATCH": always(b"-never sent\r\n")}
        self.assertIsNone(play(text.replace("MULTI\nA> MULTI", "MULTI\nA> WATCH k"), twist,
                               family="valkey", version=(8, 0, 1)))

    def test_counts_what_succeeded(self):
        runner = Runner([FakeServer(), FakeServer()])
        runner.play(read_steps("A> NOSUCH\nA> PING\nA> MULTI\nA> GET k\nA> EXEC"))
        self.assertEqual(runner.coverage.sent["NOSUCH"], 1)
        self.assertEqual(set(runner.coverage.succeeded), {"PING", "MULTI", "GET", "EXEC"})


class NotificationsTest(unittest.TestCase):
    SILENT = {"SET": lambda server, link, argv: server.values.update({argv[1]: argv[2]}) or b"+OK\r\n"}
    EVENT = ("$", b"__keyevent@0__:set k")

    def test_what_is_published_is_compared_after_the_replies(self):
        found = play("A> SET k v", self.SILENT)
        self.assertEqual(found, Difference(0, (b"(notifications)", b"SET"), [[self.EVENT], []]))
        self.assertEqual(signature(found), "(notifications) SET")
        self.assertIn('["__keyevent@0__:set k"]', show_reply(found.replies[0]))

    def test_step_by_step_shows_which_command_it_was(self):
        steps = read_steps("A> PING\nA> SET k v\nA> PING\nA> GET k")
        self.assertEqual(Runner([FakeServer(), FakeServer(self.SILENT)]).play(steps).place, 3)
        found = Runner([FakeServer(), FakeServer(self.SILENT)]).play(steps, step_by_step=True)
        self.assertEqual((found.place, found.argv[1]), (1, b"SET"))

    def test_is_shrunk_and_shown_like_any_difference(self):
        printed = []
        options = compare_with_redis.parse_options(["--only", "SET,GET", "--seconds", "30"])
        session = Session([FakeServer(), FakeServer(self.SILENT)], options, set(), printed.append)
        session.run()
        self.assertIn("DIFFERENCE at (notifications) SET", printed[0])
        self.assertEqual(len(session.found[0].steps), 1)
        self.assertEqual(culprit(session.found[0].difference, session.found[0].steps), "SET")

    def test_only_the_order_in_which_keys_expire_is_open(self):
        def told(text):
            return [Notification(*event.encode().split()) for event in text.split(", ")]
        judge = Judge([], Coverage())
        expired = tuple("__keyspace@0__:%s expired, __keyevent@0__:expired %s" % (key, key) for key in "ab")
        one, other = ", ".join(expired), ", ".join(reversed(expired))
        self.assertTrue(judge.same_notifications([told(one), told(other)]))
        self.assertFalse(judge.same_notifications([told(one), told(expired[0])]))
        moved = "%s, __keyspace@0__:c set, %s"
        self.assertFalse(judge.same_notifications([told(moved % expired), told(moved % expired[::-1])]))
        self.assertFalse(judge.same_notifications([told("__keyspace@0__:a set, __keyspace@0__:b set"),
                                                   told("__keyspace@0__:b set, __keyspace@0__:a set")]))

    def test_sort_may_miss_keys_in_any_order(self):
        one, other = (Notification(b"__keyspace@0__:" + key, b"keymiss") for key in (b"a", b"b"))
        judge = Judge([], Coverage())
        self.assertFalse(judge.same_notifications([[one, other], [other, one]]))
        judge.note((b"SORT", b"k", b"BY", b"*"), [array(), array()])
        self.assertTrue(judge.same_notifications([[one, other], [other, one]]))
        self.assertFalse(judge.same_notifications([[one, other], [one]]))

    def test_redis_before_7_2_makes_fewer_consumers(self):
        new, told = (Notification(b"__keyspace@0__:x", event) for event in (b"xgroup-createconsumer", b"xadd"))
        for family, version, expected in (("redis", (7, 0, 15), True), ("redis", (7, 2, 6), False)):
            known = applying_to([FakeServer(family=family, version=version), FakeServer()])
            judge = Judge(known, Coverage())
            self.assertEqual(judge.same_notifications([[told], [told, new]]), expected)
            self.assertFalse(judge.same_notifications([[told], [new]]))

    def test_counts_what_was_compared(self):
        runner = Runner([FakeServer(), FakeServer()])
        runner.play(read_steps("A> SET s1 v\nA> SET s2 v\nA> GET s1"))
        coverage = runner.coverage
        self.assertEqual((coverage.notifications, coverage.encodings, coverage.commands), (2, 2, 3))


class QuestionsTest(unittest.TestCase):
    def asked(self, text, **state):
        player = Player([])
        vars(player).update(state)
        questions = Questions(player, {"SET", "RENAME"})
        return [[argv[2] for argv in questions.after(one)] for one in read_steps(text)]

    def test_after_each_step_that_writes(self):
        self.assertEqual(self.asked("A> SET s1 v\nA> GET s1\nA> rename s1 s2"), [[b"s1"], [], [b"s1", b"s2"]])
        self.assertEqual(self.asked("A> SET s1 v ; DEBUG SLEEP 0 ; SET s1 w"), [[b"s1"]])

    def test_words_that_are_no_keys_are_not_asked_about(self):
        self.assertEqual(self.asked("A> SET s1 hello EX 10"), [[b"s1"]])

    def test_a_transaction_is_asked_about_at_its_end(self):
        self.assertEqual(self.asked("A> MULTI\nA> SET s1 v\nA> SET s2 v\nA> EXEC"),
                         [[], [], [], [b"s1", b"s2"]])
        self.assertEqual(self.asked("A> EXEC", in_multi=True, queued=[(b"SET", b"s1", b"v")]), [[b"s1"]])

    def test_an_encoding_that_differs_is_a_difference_of_its_step(self):
        found = play("A> PING\nA> SET s1 v\nA> PING", {"OBJECT|ENCODING": always(bulk(b"int"))})
        self.assertEqual(found, Difference(1, (b"OBJECT", b"ENCODING", b"s1"), [bulk(b"raw"), bulk(b"int")]))


class ShrinkerTest(unittest.TestCase):
    def shrunk(self, text, twist):
        pair = [FakeServer(), FakeServer(twist)]
        runner = Runner(pair)
        one_by_one = read_steps(text)
        return "\n".join(map(show_step, shrink(one_by_one, runner.play(one_by_one), runner.play)[0]))

    def test_keeps_only_the_steps_that_matter(self):
        def wrong_with_other(server, link, argv):
            return bulk(b"wrong" if b"other" in server.values else server.values.get(argv[1]))
        noise = "A> SET a 1\nB> SADD s x\nA> PING\n"
        text = noise + "A> SET k v\n" + noise + "A> SET other 1\n" + noise + "A> GET k\n" + noise
        self.assertEqual(self.shrunk(text, {"GET": wrong_with_other}), "A> SET other 1\nA> GET k")

    def test_drops_arguments_and_shortens_long_ones(self):
        twist = {"SADD": lambda server, link, argv: b":%d\r\n" % (len(argv[2]) < 20)}
        self.assertEqual(self.shrunk("A> SADD k %s EX 100" % ("v" * 500), twist), "A> SADD k " + "v" * 20)

    def test_does_not_wander_to_another_difference(self):
        twist = {"GET": always(bulk(b"x")),
                 "PING": lambda server, link, argv: b"+PONG\r\n" if server.values else b"+?\r\n"}
        self.assertEqual(self.shrunk("A> SET k x\nA> GET k\nA> DEL k\nA> PING", twist), "A> PING")
        self.assertEqual(self.shrunk("A> SET k x\nA> PING\nA> GET other", twist), "A> GET other")

    def test_stops_when_the_time_is_over(self):
        calls = []
        found = Difference(1, (b"GET",), [b"a", b"b"])
        shrink(read_steps("A> PING\nA> GET k\nA> PING"), found, calls.append, limit_s=0)
        self.assertEqual(calls, [])

    def test_keeps_together_what_hides_chance(self):
        def differs(candidate):
            return Difference(None, (b"DEBUG", b"DIGEST"), [b"a", b"b"])
        whole = read_steps("A> SMEMBERS s ; SPOP s 1 ; DEL s")
        self.assertEqual(shrink(whole, differs(whole), differs)[0], whole)

    def test_signature_is_the_command_or_the_state(self):
        self.assertEqual(signature(Difference(3, (b"client", b"id"), [])), "CLIENT|ID")
        self.assertEqual(signature(Difference(None, (b"GET", b"k"), [])), "state")
        self.assertEqual(signature(Difference(3, (b"GET", b"k"), [b"+OK\r\n", Failure("closed")])), "closed")

    def test_finds_the_command_that_kills_a_server(self):
        def die(server, link, argv):
            link.closed = True
            link.out = b""
            return b""
        text = "A> PING\nA> SET k v\nA> GET k\nA> DEL k\nA> PING"
        self.assertEqual(self.shrunk(text, {"DEL": die}), "A> DEL k")


class SessionTest(unittest.TestCase):
    def session(self, arguments, twist):
        self.printed = []
        options = compare_with_redis.parse_options(arguments)
        return Session([FakeServer(), FakeServer(twist)], options, set(), self.printed.append)

    def test_stops_at_the_first_difference(self):
        session = self.session(["--only", "GET,SET", "--seconds", "30"], {"GET": always(b"-ERR no\r\n")})
        session.run()
        self.assertEqual(len(session.found), 1)
        self.assertIn("DIFFERENCE at", self.printed[0])
        self.assertIn("--replay %d" % session.found[0].number, self.printed[0])

    def test_collects_one_difference_per_command(self):
        def wrong_without_key(server, link, argv):
            return bulk(server.values[argv[1]]) if argv[1] in server.values else b"-ERR no\r\n"
        twist = {"GET": wrong_without_key, "DEL": always(b":7\r\n")}
        session = self.session(["--only", "GET,DEL", "--commands", "1500", "--keep-going"], twist)
        session.run()
        self.assertEqual(sorted(culprit(one.difference, one.steps) for one in session.found), ["DEL", "GET"])

    def test_replays_a_sequence(self):
        twist = {"GET": always(b"-ERR no\r\n")}
        first = self.session(["--only", "GET,SET", "--seconds", "30"], twist)
        first.run()
        again = self.session(["--only", "GET,SET", "--replay", str(first.found[0].number)], twist)
        again.run()
        self.assertEqual(again.found, first.found)

    def test_plays_given_steps_and_shows_every_exchange(self):
        session = self.session(["--steps", "-"], {})
        self.assertIsNone(session.play_steps(read_steps("A> SET k v\nA> GET k")))
        self.assertEqual(self.printed, ["   SET k v\n      +OK", '   GET k\n      "v"'])

    def test_the_culprit_is_not_the_command_that_asks(self):
        state = Difference(None, (b"DEBUG", b"DIGEST"), [])
        self.assertEqual(culprit(state, read_steps("A> SET k v\nA> RPUSH l a\nA> GET k")), "RPUSH")
        self.assertEqual(culprit(Difference(0, (b"PING",), []), read_steps("A> PING\nB> SET k v")), "PING")


class ReportTest(unittest.TestCase):
    def test_shows_replies_on_one_line(self):
        for reply, shown in ((bulk(b"a b"), '"a b"'), (b":1\r\n", ":1"), (b"$-1\r\n", "(nil)"),
                             (b"*-1\r\n", "*(nil)"), (b"~1\r\n:1\r\n", "~[:1]"),
                             (array(bulk(b"a"), b"+OK\r\n"), '["a", +OK]'),
                             (Failure("closed"), "<closed>"), (b"half\r", '"half\\r"'),
                             ([b"+OK\r\n", Failure("silent")], "[+OK, <silent>]")):
            with self.subTest(shown):
                self.assertEqual(show_reply(reply), shown)

    def test_of_long_replies_shows_where_they_differ(self):
        one, other = bulk(b"a" * 3000 + b"one" + b"b" * 3000), bulk(b"a" * 3000 + b"two" + b"b" * 3000)
        found = Found(0, Difference(0, (b"GET", b"k"), [one, other]), [], 1, "", "")
        text = show_difference(found, ["real", "ours"])
        self.assertIn("aaone", text)
        self.assertLess(len(text), 1500)

    def test_says_when_chance_plays_a_part(self):
        found = Found(0, Difference(0, (b"GET", b"k"), [b":1\r\n", b":2\r\n"]), [], 1 / 3, "", "it crashed")
        text = show_difference(found, ["real", "ours"])
        self.assertIn("33 %", text)
        self.assertIn("it crashed", text)

    def test_summary_warns_of_commands_that_never_succeeded(self):
        runner = Runner([FakeServer(), FakeServer()])
        runner.play(read_steps("A> NOSUCH\nA> PING"))
        text = show_summary(runner.coverage, 2.0, ["NOSUCH", "PING", "GET"], {"WAITAOF"}, [])
        self.assertIn("1 sequences, 2 commands", text)
        self.assertIn("2 of 3 known commands sent", text)
        self.assertIn("never answered without an error: NOSUCH", text)
        self.assertIn("lacks them: WAITAOF", text)
        self.assertIn("No difference.", text)


class CommandLineTest(unittest.TestCase):
    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = compare_with_redis.main(list(arguments))
        return status, out.getvalue() + err.getvalue()

    def test_a_missing_oracle_is_said_loudly(self):
        with mock.patch.object(servers.shutil, "which", return_value=None):
            status, text = self.run_main("--seconds", "1")
        self.assertEqual(status, 2)
        self.assertIn("valkey-server and redis-server not found", text)

    def test_prefers_valkey(self):
        with mock.patch.object(servers.shutil, "which", side_effect=lambda name: "/there/" + name):
            self.assertEqual(servers.find_oracle(), "/there/valkey-server")
            self.assertEqual(servers.find_oracle("redis-server"), "/there/redis-server")

    def test_a_server_that_does_not_start_is_said(self):
        command = "%s -c 'print(\"no way\")' {port}" % sys.executable
        with mock.patch.object(servers, "find_oracle", return_value="x"), \
                mock.patch.object(servers, "oracle_command", return_value=command):
            status, text = self.run_main("--seconds", "1")
        self.assertEqual(status, 2)
        self.assertIn("exited with 0 at start:\nno way", text)

    def test_compares_two_servers(self):
        for twist, expected in (({}, 0), ({"SET": always(b"-ERR no\r\n")}, 1)):
            pair = (FakeServer(), FakeServer(twist))
            options = compare_with_redis.parse_options(["--only", "SET,GET", "--commands", "200"])
            with self.subTest(twist), contextlib.redirect_stdout(io.StringIO()) as out:
                self.assertEqual(compare_with_redis.compare(pair, options), expected)
            self.assertIn("DIFFERENCE" if expected else "2 of 2 known commands sent", out.getvalue())

    def test_commands_that_the_server_under_test_lacks_are_a_difference(self):
        pair = (FakeServer(), FakeServer())
        pair[1].knows = lambda names: set(names) - {"GET"}
        options = compare_with_redis.parse_options(["--only", "SET,GET", "--commands", "50"])
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(compare_with_redis.compare(pair, options), 1)
        self.assertIn("MISSING: the server under test does not know GET", out.getvalue())

    def test_refuses_unknown_groups_and_commands(self):
        for arguments, message in ((["--groups", "string,nosuch"], "no such group: nosuch"),
                                   (["--only", "set,nosuch"], "no such command: NOSUCH")):
            with contextlib.redirect_stderr(io.StringIO()) as err, self.assertRaises(SystemExit):
                compare_with_redis.parse_options(arguments)
            self.assertIn(message, err.getvalue())
        options = compare_with_redis.parse_options(["--groups", "string,raw"])
        self.assertEqual(options.groups, ["string", "raw"])


if __name__ == "__main__":
    unittest.main()
