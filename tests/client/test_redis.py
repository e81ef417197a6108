"""Redis: settings, results, errors; what it does with any command."""
import socket
import unittest
import warnings

from redis_clone.client import (
    AuthenticationError, ConnectionError, DataError, NoScriptError, Redis, ResponseError, StrictRedis,
    TimeoutError, errors, exceptions,
)

from ..support import ServerTestCase
from .scripted import PATIENCE_S, SHORT_S, ClientTestCase, request


class ResultsTest(ClientTestCase):
    def test_statuses_are_bytes_like_all_text(self):
        redis = self.redis([
            (request("X"), b"+FINE\r\n"), (request("X"), b"$4\r\nfine\r\n"), (request("X"), b"*-1\r\n")])
        self.assertEqual([redis.execute_command("X") for _ in range(3)], [b"FINE", b"fine", None])

    def test_also_those_that_scripts_reply_in_lists(self):
        reply = b"*3\r\n+OK\r\n*2\r\n+\xff\r\n:1\r\n$1\r\na\r\n"
        calls = (("EVAL", "s", 0), ("eval", "s", 0), ("EVALSHA", "s", 0), ("EVAL_RO", "s", 0), ("EVALSHA_RO", "s", 0),
                 ("FCALL", "f", 0), ("FCALL_RO", "f", 0), ("EXEC",))
        redis = self.redis([(request(*call), reply) for call in calls] + [(request("EVAL", "s", 0), b"+\xff\r\n")])
        for call in calls:
            self.assertEqual(redis.execute_command(*call), [b"OK", [b"\xff", 1], b"a"])
        self.assertEqual(redis.eval("s", 0), b"\xff")
        redis = self.redis([(request("HELLO", 3), b"%0\r\n"),
                            (request("EVAL", "s", 0), b"%1\r\n+k\r\n~1\r\n+v\r\n")], protocol=3)
        self.assertEqual(redis.pipeline(False).eval("s", 0).execute(), [{b"k": {b"v"}}])
        redis = self.redis([(request("EVAL", "s", 0), b"*1\r\n+OK\r\n")], decode_responses=True)
        self.assertEqual(redis.eval("s", 0), ["OK"])

    def test_decoded_statuses_are_str(self):
        redis = self.redis([(request("X"), b"+FINE\r\n"), (request("X"), b"$2\r\n\xc3\xa9\r\n")], decode_responses=True)
        self.assertEqual([redis.execute_command("X") for _ in range(2)], ["FINE", "\u00e9"])

    def test_everything_is_decoded_however_deep(self):
        reply = b"*3\r\n*2\r\n$1\r\na\r\n:1\r\n%1\r\n+k\r\n~1\r\n$1\r\nb\r\n=5\r\ntxt:c\r\n"
        redis = self.redis([(request("X"), reply)], decode_responses=True)
        self.assertEqual(redis.execute_command("X"), [["a", 1], {"k": {"b"}}, "c"])

    def test_other_encodings(self):
        redis = self.redis([(request("X", b"\xe9"), b"$1\r\n\xe8\r\n")], encoding="latin-1", decode_responses=True)
        self.assertEqual(redis.execute_command("X", "\u00e9"), "\u00e8")

    def test_what_cannot_be_decoded(self):
        redis = self.redis([(request("GET", "k"), b"$1\r\n\xff\r\n"), (request("GET", "k"), b"$1\r\na\r\n")],
                           decode_responses=True)
        with self.assertRaises(UnicodeDecodeError):
            redis.get("k")
        self.assertEqual(redis.get("k"), "a")
        redis = self.redis([(request("GET", "k"), b"$1\r\n\xff\r\n")], decode_responses=True, encoding_errors="replace")
        self.assertEqual(redis.get("k"), "\ufffd")

    def test_a_function_of_ones_own(self):
        redis = self.redis([(request("GET", "k"), b"$1\r\n7\r\n"), (request("get", "k"), b"$1\r\n7\r\n"),
                            (request("GET", "k"), b"$1\r\n7\r\n")])
        self.assertEqual(redis.execute_command("GET", "k", convert=int), 7)
        redis.set_response_callback("GET", int)
        self.assertEqual(redis.execute_command("get", "k"), 7)
        self.assertEqual(redis.pipeline(False).get("k").execute(), [7])
        self.assertEqual(Redis()._results.get("GET"), None)

    def test_names_that_are_none(self):
        with self.assertRaisesRegex(DataError, "the name of a command must be str"):
            Redis(port=1).execute_command(["GET", "k"])
        with self.assertRaisesRegex(DataError, "at least its name"):
            Redis(port=1).execute_command()

    def test_commands_that_are_not_answered_are_refused(self):
        for args in (("SYNC",), ("PSYNC", "?", -1), ("CLIENT REPLY", "OFF")):
            with self.assertRaises(DataError):
                Redis(port=1).execute_command(*args)

    def test_names_in_lower_case_have_the_same_results(self):
        redis = self.redis([(request("set", "k", "v"), b"+OK\r\n")])
        self.assertIs(redis.execute_command("set", "k", "v"), True)


class SettingsTest(ClientTestCase):
    def test_says_who_it_is(self):
        greeting = request("CLIENT", "SETINFO", "LIB-NAME", "mine") + request("CLIENT", "SETINFO", "LIB-VER", "1.0")
        redis = self.redis([(greeting, b"+OK\r\n-ERR no\r\n"), (request("PING"), b"+PONG\r\n")], lib_name="mine",
                           lib_version="1.0")
        self.assertTrue(redis.ping())

    def test_a_user_without_password(self):
        redis = self.redis([(request("AUTH", "ann", ""), b"+OK\r\n"), (request("PING"), b"+PONG\r\n")], username="ann")
        self.assertTrue(redis.ping())

    def test_pushes_go_to_their_handler(self):
        pushes = []
        redis = self.redis([(request("HELLO", 3), b"%0\r\n"), (request("GET", "k"), b">1\r\n+x\r\n$1\r\na\r\n")],
                           protocol=3, push_handler=pushes.append)
        self.assertEqual(redis.get("k"), b"a")
        self.assertEqual(pushes, [["x"]])

    def test_names_the_server_and_what_was_attempted(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with self.assertRaisesRegex(ConnectionError, f"^cannot connect to 127.0.0.1:{port}: "):
            Redis("127.0.0.1", port, retry=None).ping()
        redis = self.redis([(request("GET", "k"), b"")], socket_timeout=SHORT_S)
        with self.assertRaisesRegex(TimeoutError, rf"^127.0.0.1:\d+ did not answer GET within {SHORT_S} s$"):
            redis.get("k")
        self.assertRegex(repr(redis), r"^<Redis of 127.0.0.1:\d+>$")

    def test_leaves_nothing_open_when_it_is_forgotten(self):
        redis = self.redis([(request("PING"), b"+PONG\r\n")])
        redis.ping()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            redis.connection_pool.free[0].__del__()
        self.assertEqual(caught, [])


class RealServerTest(ServerTestCase):
    config = {"requirepass": "pw"}

    def redis(self, **options):
        redis = Redis(port=self.server.port, **{"password": "pw", "socket_timeout": PATIENCE_S, **options})
        self.addCleanup(redis.close)
        return redis

    def test_settings_reach_the_server(self):
        for protocol in (2, 3):
            redis = self.redis(protocol=protocol, db=3, client_name="me", socket_keepalive=True, decode_responses=True)
            info = redis.client_info()
            self.assertEqual((info["name"], str(info["db"]), info["lib-name"], str(info["resp"])),
                             ("me", "3", "redis-clone", str(protocol)))

    def test_wrong_passwords(self):
        for options in ({"password": "wrong"}, {"password": None}, {"username": "nobody"}):
            for protocol in (2, 3):
                with self.assertRaises(AuthenticationError) as caught:
                    self.redis(protocol=protocol, **options).get("k")
                self.assertIn(caught.exception.code, ("WRONGPASS", "NOAUTH"))

    def test_typed_error_replies(self):
        redis = self.redis()
        with self.assertRaises(NoScriptError):
            redis.evalsha("0" * 40, 0)
        redis.set("k", "text")
        with self.assertRaisesRegex(ResponseError, "^value is not an integer") as caught:
            redis.incr("k")
        self.assertEqual((caught.exception.code, caught.exception.reply[:8]), ("ERR", "ERR valu"))
        with self.assertRaises(DataError):
            redis.set("k", None)

    def test_transaction(self):
        redis = self.redis()
        redis.set("k", 1)
        rivals = [7, 5]

        def double(pipe):
            value = int(pipe.get("k"))
            if rivals:
                redis.set("k", rivals.pop())
            pipe.multi()
            pipe.set("k", value * 2)
            return value

        self.assertEqual(redis.transaction(double, "k", value_from_callable=True), 7)
        self.assertEqual(redis.get("k"), b"14")
        self.assertEqual(redis.transaction(lambda pipe: pipe.get("k")), [b"14"])

    def test_monitor(self):
        redis = self.redis()
        with redis.monitor() as monitor:
            redis.set("k", 'a "b"')
            command = monitor.next_command()
            while "SET k" not in command["command"]:
                command = monitor.next_command()
        self.assertEqual((command["command"], command["db"], command["client_type"], command["client_address"]),
                         ('SET k a "b"', 0, "tcp", "127.0.0.1"))


class ErrorsTest(unittest.TestCase):
    def test_names_as_in_redis_py(self):
        self.assertIs(exceptions.ConnectionError, ConnectionError)
        self.assertIs(StrictRedis, Redis)
        for name in exceptions.__all__:
            self.assertTrue(hasattr(exceptions, name), name)
        for child, parent in (("AuthenticationError", "ConnectionError"), ("BusyLoadingError", "ConnectionError"),
                              ("NoScriptError", "ResponseError"), ("MovedError", "AskError"),
                              ("LockError", "RedisError"),
                              ("ClusterDownError", "ClusterError"), ("WatchError", "RedisError"),
                              ("MaxConnectionsError", "ConnectionError"), ("LockNotOwnedError", "LockError"),
                              ("ProtocolError", "InvalidResponse"), ("ConnectionFailed", "ConnectionError")):
            self.assertTrue(issubclass(getattr(errors, child), getattr(errors, parent)), child)

    def test_moved_without_a_destination(self):
        for text in ("MOVED", "MOVED x", "MOVED 1", "MOVED 1 host:port"):
            error = errors.error_from_reply(text)
            self.assertIsInstance(error, errors.MovedError)
            self.assertEqual((error.slot_id, error.host, error.port), (None, "", None))
        self.assertEqual(errors.error_from_reply("ASK 7 ::1:6381").node_addr, ("::1", 6381))

    def test_texts(self):
        for reply, text, code in (
                ("ERR syntax error", "syntax error", "ERR"), ("WRONGTYPE no", "WRONGTYPE no", "WRONGTYPE"),
                ("OOM no memory", "no memory", "OOM"), ("BUSYGROUP there", "BUSYGROUP there", "BUSYGROUP")):
            error = errors.error_from_reply(reply)
            self.assertEqual((str(error), error.code, error.reply), (text, code, reply))
        error = errors.ResponseError("made by hand")
        self.assertEqual((error.code, error.reply), ("made", "made by hand"))


if __name__ == "__main__":
    unittest.main()
