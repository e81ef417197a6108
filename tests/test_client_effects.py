"""Tests of what CLIENT KILL, UNBLOCK and PAUSE do to other clients and their threads."""
import os
import socket
import tempfile
import time
import unittest

from redis_clone.resp import encode
from redis_clone.server import Server

from .support import EngineTestCase, ServerTestCase, receive, test_config
from .test_commands_client import lines_of


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
        self.assertEqual(self.other.connection.pushed,
                         message % 1 + b"*2\r\n$1\r\nl\r\n$1\r\na\r\n" + message % 2)


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
        for reason, reply in (("TIMEOUT", b"*-1\r\n"),
                              ("ERROR", b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")):
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
