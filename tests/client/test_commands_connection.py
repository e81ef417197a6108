"""The client's commands about its own connections and those of others."""
import socket
import unittest

from redis_clone.client.errors import AuthenticationError, ResponseError
from tests.client.reply_case import CannedCase, LiveCase

CLIENT_LINE = (b"id=6 addr=/tmp/my socket:0 laddr=127.0.0.1:6379 fd=16 name= age=2 idle=0 flags=N db=3 sub=0"
               b" psub=0 ssub=0 multi=-1 qbuf=29 qbuf-free=20445 tot-mem=37663 events=r cmd=auth user=a=b redir=-1 resp=2")


class GreetingsTest(LiveCase):
    def test_a_sign_of_life(self):
        self.assertIs(self.client.ping(), True)
        self.same(self.client.echo("x"), b"x")
        self.same(self.client.echo(1.5), b"1.5")

    def test_one_connection_may_change_its_database(self):
        with self.client.client() as client:
            self.assertIs(client.select(1), True)
            client.set("key", "value")
            self.assertIs(client.select(0), True)
            self.assertIsNone(client.get("key"))
            with self.assertRaisesRegex(ResponseError, "out of range"):
                client.select(99)

    def test_a_wrong_password(self):
        for words in (("wrong",), ("wrong", "nobody")):
            with self.assertRaises(AuthenticationError):
                self.client.auth(*words)
        self.assertIs(self.client.auth("any", "default"), True)

    def test_hello_tells_about_the_server(self):
        with self.client.client() as client:
            told = client.hello(self.protocol, clientname="me")
            self.same(client.client_getname(), "me")
        self.assertEqual((told["server"], told["proto"], told["role"]), ("redis", self.protocol, "master"))
        self.assertEqual(self.client.hello()["modules"], [])

    def test_a_connection_becomes_as_new(self):
        with self.client.client() as client:
            client.client_setname("me")
            self.assertEqual(client.reset(), "RESET")
            self.assertIsNone(client.client_getname())

    def test_taking_leave(self):
        with self.client.client() as client:
            self.assertIs(client.quit(), True)


class OwnConnectionTest(LiveCase):
    def test_it_has_a_number_and_a_name(self):
        self.assertIsInstance(self.client.client_id(), int)
        self.assertIsNone(self.client.client_getname())
        self.assertIs(self.client.client_setname("me"), True)
        self.assertEqual(self.client.client_getname(), "me")
        self.assertEqual(self.client.client_info()["name"], "me")
        self.assertIs(self.client.client_setname(""), True)
        with self.assertRaisesRegex(ResponseError, "spaces"):
            self.client.client_setname("a b")

    def test_it_has_information(self):
        info = self.client.client_info()
        self.assertEqual(info["id"], self.client.client_id())
        self.assertEqual((info["db"], info["user"], info["resp"]), (0, "default", str(self.protocol)))

    def test_it_tells_about_its_library(self):
        self.assertIs(self.client.client_setinfo("LIB-NAME", "x"), True)
        self.assertEqual(self.client.client_info()["lib-name"], "x")
        with self.assertRaises(ResponseError):
            self.client.client_setinfo("LIB-COLOUR", "x")

    def test_tracing(self):
        with self.client.client() as client:
            self.same(client.client_trace("ON"), b"OK")
            client.echo("x")
            last = client.client_trace("LAST")
            self.assertEqual((last.pop("command"), last.pop("commands")), ("echo", 1))
            self.assertEqual({*map(type, last.values())}, {float})
            self.same(client.client_trace("OFF"), b"OK")

    def test_eviction_and_touching(self):
        with self.client.client() as client:
            for setting in (client.client_no_evict, client.client_no_touch):
                self.same(setting("ON"), b"OK")
                self.same(setting("OFF"), b"OK")
                with self.assertRaises(ResponseError):
                    setting("MAYBE")

    def test_help_is_text(self):
        self.assertIn("CLIENT", self.client.client_help()[0])


class OtherConnectionsTest(LiveCase):
    def other(self):
        """The id and address of a connection of someone else."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), 10)
        self.addCleanup(sock.close)
        sock.sendall(b"CLIENT ID\r\n")
        return int(sock.recv(100)[1:]), "%s:%d" % sock.getsockname()

    def test_they_are_listed(self):
        id, address = self.other()
        self.assertIn((str(id), address), [(one["id"], one["addr"]) for one in self.client.client_list()])
        one, = self.client.client_list(client_id=[id])
        self.assertEqual((one["addr"], one["cmd"]), (address, "client|id"))
        self.assertEqual(self.client.client_list(_type="master"), [])
        self.assertEqual(self.client.client_list(client_id=[999_999]), [])

    def test_they_are_closed(self):
        _, address = self.other()
        self.assertIs(self.client.client_kill(address), True)
        with self.assertRaisesRegex(ResponseError, "No such client"):
            self.client.client_kill(address)
        id, _ = self.other()
        self.assertEqual(self.client.client_kill_filter(_id=id, _type="normal", user="default"), 1)
        self.assertEqual(self.client.client_kill_filter(laddr="1.1.1.1:1", skipme=False), 0)

    def test_they_are_stopped(self):
        self.assertIs(self.client.client_pause(1), True)
        self.assertIs(self.client.client_pause(1, all=False), True)
        self.same(self.client.client_unpause(), b"OK")

    def test_those_that_do_not_wait_are_not_unblocked(self):
        id, _ = self.other()
        self.assertIs(self.client.client_unblock(id), False)
        self.assertIs(self.client.client_unblock(str(id), error=True), False)


class RepliesTest(CannedCase):
    def test_a_line_with_spaces_and_equal_signs(self):
        self.check_reply(lambda r: {name: r.client_info()[name] for name in ("addr", "user", "age", "fd", "name")},
                         {"addr": "/tmp/my socket:0", "user": "a=b", "age": 2, "fd": "16", "name": ""},
                         CLIENT_LINE + b"\n")

    def test_a_list_has_texts_only(self):
        self.check_reply(lambda r: [(one["id"], one["addr"]) for one in r.client_list()],
                         [("6", "/tmp/my socket:0"), ("6", "/tmp/my socket:0")], (CLIENT_LINE + b"\n") * 2)

    def test_tracking_is_names_and_values_in_turn(self):
        self.check_reply(
            lambda r: r.client_trackinginfo(),
            ["flags", [b"on", b"bcast", b"noloop"], "redirect", 7, "prefixes", [b"b", b"a"]],
            [b"flags", ["on", "bcast", "noloop"], b"redirect", 7, b"prefixes", [b"b", b"a"]],
            {b"flags": {"noloop", "on", "bcast"}, b"redirect": 7, b"prefixes": [b"b", b"a"]})

    def test_no_connection_is_listed(self):
        self.check_reply(lambda r: r.client_list(), [], b"")


class WordsTest(CannedCase):
    def test_filters(self):
        self.check_words(
            lambda r: r.client_kill_filter(1, "pubsub", "a:1", True, "b:2", "u", 9),
            "CLIENT KILL", "TYPE", "pubsub", "SKIPME", "YES", "ID", 1, "ADDR", "a:1", "LADDR", "b:2", "USER", "u",
            "MAXAGE", 9)
        self.check_words(lambda r: r.client_list("Normal", [1, 2]), "CLIENT LIST", "TYPE", "Normal", "ID", 1, 2)

    def test_greetings(self):
        self.check_words(lambda r: r.auth("p", "u"), "AUTH", "u", "p")
        self.check_words(
            lambda r: r.hello(3, "u", "p", "me"), "HELLO", 3, "AUTH", "u", "p", "SETNAME", "me")
        self.check_words(lambda r: r.hello(3, password="p"), "HELLO", 3, "AUTH", "default", "p")

    def test_tracking(self):
        self.check_words(lambda r: r.client_tracking(True, prefix="one", bcast=True),
                         "CLIENT TRACKING", "ON", "PREFIX", "one", "BCAST")
        self.check_words(lambda r: r.client_tracking_on(7, ["a", "b"], True, noloop=True),
                         "CLIENT TRACKING", "ON", "REDIRECT", 7, "PREFIX", "a", "PREFIX", "b", "BCAST", "NOLOOP")
        self.check_words(lambda r: r.client_tracking(optin=True, optout=True),
                         "CLIENT TRACKING", "ON", "OPTIN", "OPTOUT")
        self.check_words(lambda r: r.client_tracking_off(), "CLIENT TRACKING", "OFF")
        self.check_words(lambda r: r.client_caching(True), "CLIENT CACHING", "YES")
        self.check_words(lambda r: r.client_caching(False), "CLIENT CACHING", "NO")
        self.check_words(lambda r: r.client_getredir(), "CLIENT GETREDIR")

    def test_what_cannot_be_is_refused(self):
        self.check_refused(
            lambda r: r.hello(clientname="me"),
            lambda r: r.hello(3, username="u"),
            lambda r: r.client_kill_filter(),
            lambda r: r.client_kill_filter(_type="none"),
            lambda r: r.client_kill_filter(skipme=1),
            lambda r: r.client_list(_type="none"),
            lambda r: r.client_list(client_id="1"),
            lambda r: r.client_pause("1"),
            lambda r: r.client_pause(1.5),
            lambda r: r.client_reply("ON"),
            lambda r: r.client_reply("OFF"),
            lambda r: r.client_reply("SKIP"),
            lambda r: r.client_tracking(prefix=["a"]),
        )


if __name__ == "__main__":
    unittest.main()
