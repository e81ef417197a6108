"""Tests of AUTH, ECHO, HELLO, PING, QUIT, RESET and SELECT."""
import unittest

from .support import REAL, CommandTestCase, EngineTestCase, ServerTestCase, receive

WRONG_PASSWORD = "-WRONGPASS invalid username-password pair or user is disabled."
NOT_AUTHENTICATED = "-NOAUTH Authentication required."


class EchoTest(CommandTestCase):
    def test_returns_its_argument(self):
        self.check("$2\r\nhi", "ECHO hi")
        self.check(b"$3\r\n\r\n\xff\r\n", "ECHO", b"\r\n\xff")

    def test_takes_one(self):
        for request in ("ECHO", "ECHO a b"):
            self.check("-ERR wrong number of arguments for 'echo' command", request)


class PingTest(CommandTestCase):
    def test_answers(self):
        self.check("+PONG", "PING")
        self.check("$2\r\nhi", "PING hi")

    def test_takes_at_most_one_argument(self):
        self.check("-ERR wrong number of arguments for 'ping' command", "PING a b")


class SelectTest(CommandTestCase):
    def test_changes_the_database(self):
        self.client.wire("SET k zero")
        self.check("+OK", "SELECT 1")
        self.check("$-1", "GET k")
        self.check("+OK", "SELECT 0")
        self.check("$4\r\nzero", "GET k")

    def test_numbers_without_a_database(self):
        for number in (16, -1, 2147483647, -2147483648):
            self.check("-ERR DB index is out of range", "SELECT", number)

    def test_numbers_that_are_none(self):
        for word in ("x", "1.0", "01", "99999999999999999999"):
            self.check("-ERR value is not an integer or out of range", "SELECT", word)

    def test_numbers_beyond_32_bits(self):
        for number in (2147483648, 4294967296, 9223372036854775807):
            self.check("-ERR value is out of range, value must between -2147483648 and 2147483647",
                       "SELECT", number)


class DatabasesTest(EngineTestCase):
    config = {"databases": "2"}

    def test_there_are_as_many_as_configured(self):
        self.assertEqual(self.client.wire("SELECT 1"), b"+OK\r\n")
        self.assertEqual(self.client.wire("SELECT 2"), b"-ERR DB index is out of range\r\n")


class AuthTest(CommandTestCase):
    """AUTH where no password is set."""

    def test_with_a_password_only_is_an_error(self):
        self.check("-ERR AUTH <password> called without any password configured for the default user. "
                   "Are you sure your configuration is correct?", "AUTH x")

    def test_the_default_user_may_have_any_password(self):
        self.check("+OK", "AUTH default x")
        self.check("+OK", "AUTH", "default", b"")

    def test_there_is_no_other_user(self):
        self.check(WRONG_PASSWORD, "AUTH nobody x")
        self.check(WRONG_PASSWORD, "AUTH Default x")

    def test_takes_one_or_two_arguments(self):
        self.check("-ERR wrong number of arguments for 'auth' command", "AUTH")
        self.check("-ERR syntax error", "AUTH a b c")


class PasswordTest(CommandTestCase):
    """A server with a password, and a client that comes after it was set."""

    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET requirepass foo")
        self.addCleanup(self.client.wire, "CONFIG", "SET", "requirepass", "")
        self.owner, self.client = self.client, self.new_client()
        self.addCleanup(self.client.close)

    def tearDown(self):
        self.client = self.owner

    def test_a_client_that_was_there_before_stays_authenticated(self):
        self.assertEqual(self.owner.wire("PING"), b"+PONG\r\n")

    def test_commands_are_refused_until_auth(self):
        for request in ("GET k", "get k", "PING", "CLIENT ID", "SUBSCRIBE c", "MULTI", "SELECT 0"):
            self.check(NOT_AUTHENTICATED, request)
        self.check("+OK", "AUTH foo")
        self.check("$-1", "GET k")

    def test_what_is_wrong_in_itself_is_told_first(self):
        self.check("-ERR unknown command 'NOSUCH', with args beginning with: ", "NOSUCH")
        self.check("-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.", "CLIENT NOSUCH")
        self.check("-ERR wrong number of arguments for 'get' command", "GET")

    def test_a_refused_exec_says_so_in_its_own_way(self):
        self.check("-EXECABORT Transaction discarded because of: NOAUTH Authentication required.", "EXEC")

    def test_wrong_passwords_and_names(self):
        for request in ("AUTH bar", "AUTH default bar", "AUTH foo x", "AUTH nobody foo",
                        "HELLO 3 AUTH default bar"):
            self.check(WRONG_PASSWORD, request)
        self.check(NOT_AUTHENTICATED, "PING")

    def test_a_failed_auth_does_not_log_out(self):
        self.check("+OK", "AUTH default foo")
        self.check(WRONG_PASSWORD, "AUTH wrong")
        self.check("+PONG", "PING")

    def test_reset_logs_out(self):
        self.check("+RESET", "RESET")
        self.check("+OK", "AUTH foo")
        self.check("+RESET", "RESET")
        self.check(NOT_AUTHENTICATED, "PING")

    def test_quit_is_always_allowed(self):
        self.check("+OK", "QUIT")

    def test_hello_needs_authentication_or_brings_it_along(self):
        text = ("-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
                "RESP protocol version at the same time")
        for request in ("HELLO", "HELLO 3", "HELLO 3 SETNAME me"):
            self.check(text, request)
        self.check("-NOPROTO unsupported protocol version", "HELLO 5")
        self.assertEqual(self.client.wire("HELLO 3 SETNAME me AUTH default foo")[:2], b"%7")
        self.check("$2\r\nme", "CLIENT GETNAME")

    def test_a_password_may_be_any_bytes(self):
        self.owner.wire("CONFIG", "SET", "requirepass", b"\xff \xc3\xa9")
        self.check(WRONG_PASSWORD, "AUTH foo")
        self.check("+OK", "AUTH", b"\xff \xc3\xa9")


class HelloTest(CommandTestCase):
    def fields(self, reply):
        """The words of the reply without their lengths."""
        return [line for line in reply.decode().split("\r\n")[1:-1] if not line.startswith("$")]

    def test_tells_about_the_server(self):
        words = self.fields(self.client.wire("HELLO 3"))
        client_id = self.client.wire("CLIENT ID").decode().strip()
        shown = dict(zip(words[0:12:2], words[1:12:2]))
        if not REAL:
            self.assertEqual((shown["server"], shown["version"]), ("redis", "7.2.6"))
        self.assertEqual(list(shown), ["server", "version", "proto", "id", "mode", "role"])
        self.assertEqual((shown["proto"], shown["id"], shown["mode"], shown["role"]),
                         (":3", client_id, "standalone", "master"))
        self.assertEqual(words[12:], ["modules", "*0"])

    def test_chooses_the_protocol(self):
        self.assertEqual(self.client.wire("HELLO 3")[:2], b"%7")
        self.check("_", "GET k")
        self.assertEqual(self.client.wire("HELLO")[:2], b"%7")
        self.assertEqual(self.client.wire("HELLO 2")[:3], b"*14")
        self.check("$-1", "GET k")
        self.assertEqual(self.client.wire("HELLO")[:3], b"*14")

    def test_versions_that_there_are_not(self):
        for version in (1, 4, -1, 0):
            self.check("-NOPROTO unsupported protocol version", "HELLO", version)
        for word in ("x", "03", " 3", "3.0", "AUTH"):
            self.check("-ERR Protocol version is not an integer or out of range", "HELLO", word)
        self.check("$-1", "GET k")

    def test_options_it_does_not_know_or_that_lack_something(self):
        for options in ("FOO", "SETNAME", "AUTH", "AUTH default", "SETNAME me FOO"):
            word = options.split()[-1] if "FOO" in options else options.split()[0]
            self.check(f"-ERR Syntax error in HELLO option '{word}'", f"HELLO 3 {options}")
        self.check("$-1", "GET k")
        self.check("$-1", "CLIENT GETNAME")

    def test_sets_and_unsets_a_name(self):
        self.client.wire("HELLO 2 SETNAME me")
        self.check("$2\r\nme", "CLIENT GETNAME")
        self.client.wire("HELLO", "2", "SETNAME", "")
        self.check("$-1", "CLIENT GETNAME")

    def test_refuses_odd_names(self):
        self.check("-ERR Client names cannot contain spaces, newlines or special characters.",
                   "HELLO", "2", "SETNAME", "a b")

    def test_authenticates(self):
        self.assertEqual(self.client.wire("HELLO 3 AUTH default whatever")[:2], b"%7")
        self.check(WRONG_PASSWORD, "HELLO 3 AUTH nobody x")

    def test_nothing_takes_effect_before_all_is_right(self):
        self.check("-ERR Client names cannot contain spaces, newlines or special characters.",
                   "HELLO", "3", "AUTH", "nobody", "x", "SETNAME", "a b")
        self.check("-ERR Syntax error in HELLO option 'FOO'", "HELLO 3 SETNAME me AUTH nobody x FOO")
        self.check(WRONG_PASSWORD, "HELLO 3 SETNAME me AUTH nobody x")
        self.check("$-1", "CLIENT GETNAME")


class ResetTest(CommandTestCase):
    def test_brings_back_the_first_state(self):
        for request in ("SELECT 1", "HELLO 3 SETNAME me", "CLIENT NO-EVICT on", "CLIENT NO-TOUCH on",
                        "CLIENT SETINFO lib-name mylib", "MULTI"):
            self.client.wire(request)
        self.check("+RESET", "RESET")
        self.check("-ERR EXEC without MULTI", "EXEC")
        info = self.client.wire("CLIENT INFO")
        for field in (b" name= ", b" db=0 ", b" flags=N ", b" multi=-1 ", b" resp=2 ", b" lib-name=mylib "):
            self.assertIn(field, info)

    def test_forgets_watched_keys(self):
        self.client.wire("WATCH k")
        self.client.wire("RESET")
        self.client.wire("SET k v")
        self.client.wire("MULTI")
        self.check("*0", "EXEC")

    def test_ends_client_reply_off(self):
        self.check_all(b"", "CLIENT REPLY OFF")
        self.check("+RESET", "RESET")
        self.check("+PONG", "PING")

    def test_its_own_reply_may_be_skipped(self):
        self.check_all(b"", "CLIENT REPLY SKIP")
        self.check_all(b"", "RESET")
        self.check_all(b"+PONG\r\n", "PING")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'reset' command", "RESET x")


class QuitTest(ServerTestCase):
    def test_answers_and_hangs_up(self):
        client = self.connect()
        client.sendall(b"SET k v\r\nQUIT\r\nSET k w\r\n")
        self.assertEqual(receive(client, 10), b"+OK\r\n+OK\r\n")
        self.assertEqual(client.recv(100), b"")
        other = self.connect()
        other.sendall(b"GET k\r\n")
        self.assertEqual(receive(other, 7), b"$1\r\nv\r\n")

    def test_takes_any_arguments(self):
        client = self.connect()
        client.sendall(b"QUIT now please\r\n")
        self.assertEqual(receive(client, 5), b"+OK\r\n")
        self.assertEqual(client.recv(100), b"")

    def test_a_subscriber_gets_all_that_was_sent_before(self):
        client = self.connect()
        client.sendall(b"SUBSCRIBE c\r\nPING " + b"x" * 50_000 + b"\r\nQUIT\r\n")
        expected = (b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                    b"*2\r\n$4\r\npong\r\n$50000\r\n" + b"x" * 50_000 + b"\r\n")
        self.assertEqual(receive(client, len(expected)), expected)
        self.assertEqual(receive(client, 5), b"+OK\r\n")
        self.assertEqual(client.recv(100), b"")


class PipelineTest(ServerTestCase):
    """State that changes in the middle of a pipeline."""

    def exchange(self, request, expected):
        client = self.connect()
        client.sendall(request)
        self.assertEqual(receive(client, len(expected)), expected)

    def test_the_protocol(self):
        client = self.connect()
        client.sendall(b"GET k\r\nHELLO 3\r\nGET k\r\nHELLO 2\r\nGET k\r\nRESET\r\nPING\r\n")
        replies = b""
        while not replies.endswith(b"+PONG\r\n"):
            replies += client.recv(4096)
        expected = [b"$-1", b"%7", b"_", b"*14", b"$-1", b"+RESET"]
        self.assertEqual([line for line in replies.split(b"\r\n") if line in expected], expected)

    def test_the_database(self):
        self.exchange(b"SET k 0\r\nSELECT 1\r\nSET k 1\r\nSELECT 0\r\nGET k\r\nSELECT 1\r\nGET k\r\n",
                      b"+OK\r\n" * 4 + b"$1\r\n0\r\n+OK\r\n$1\r\n1\r\n")

    def test_the_subscriptions(self):
        self.exchange(b"GET k\r\nSUBSCRIBE c\r\nGET k\r\nUNSUBSCRIBE\r\nGET k\r\n",
                      b"$-1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                      b"-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
                      b"RESET are allowed in this context\r\n"
                      b"*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n$-1\r\n")

    def test_the_transaction(self):
        self.exchange(b"MULTI\r\nSET k 1\r\nINCR k\r\nEXEC\r\nGET k\r\n",
                      b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n$1\r\n2\r\n")


class PasswordedServerTest(ServerTestCase):
    config = {"requirepass": "foo"}

    def test_large_requests_are_welcome_after_auth(self):
        client = self.connect()
        client.sendall(b"AUTH foo\r\n")
        self.assertEqual(receive(client, 5), b"+OK\r\n")
        client.sendall(b"*21\r\n$4\r\nMSET\r\n" + b"$1\r\nk\r\n$1\r\nv\r\n" * 10)
        self.assertEqual(receive(client, 5), b"+OK\r\n")
        client.sendall(b"*2\r\n$4\r\nECHO\r\n$50000\r\n" + b"x" * 50000 + b"\r\n")
        self.assertEqual(len(receive(client, 50_010)), 50_010)

    def test_and_not_any_more_after_reset(self):
        client = self.connect()
        client.sendall(b"AUTH foo\r\nRESET\r\n")
        self.assertEqual(receive(client, 13), b"+OK\r\n+RESET\r\n")
        client.sendall(b"*11\r\n")
        self.assertEqual(client.recv(100), b"-ERR Protocol error: unauthenticated multibulk length\r\n")
        self.assertEqual(client.recv(100), b"")


if __name__ == "__main__":
    unittest.main()
