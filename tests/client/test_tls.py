"""Connections with TLS, to a server with a certificate that it has signed itself."""
import socket
import unittest
from pathlib import Path

from redis_clone.client import ConnectionError, Redis, TimeoutError, transport

from .scripted import HANG_UP, PATIENCE_S, SHORT_S, ScriptedServer, request

try:
    import ssl
except ImportError:
    ssl = None

CERTIFICATE, KEY = (str(Path(__file__).with_name(name)) for name in ("tls_certificate.pem", "tls_key.pem"))


@unittest.skipIf(ssl is None, "this Python has no ssl module")
class TlsTest(unittest.TestCase):
    def redis(self, *scripts, problems=False, host="localhost", listener=None, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        server = ScriptedServer(
            *scripts, listener=listener, wrap=lambda sock: context.wrap_socket(sock, server_side=True))
        self.addCleanup(lambda: self.assertEqual(bool(server.finish()), problems))
        redis = Redis.from_url(f"rediss://{host}:{server.port}", **{
            "ssl_ca_certs": CERTIFICATE, "lib_name": None, "retry": None, "socket_timeout": PATIENCE_S, **options})
        self.addCleanup(redis.close)
        return redis

    def test_commands_and_replies(self):
        value = b"x" * (1 << 20)
        redis = self.redis([(request("GET", "k"), b"$1\r\nv\r\n"),
                            (request("ECHO", value), b"$%d\r\n%b\r\n" % (len(value), value)),
                            (request("GET", "k"), [b"$", b"1\r\n", b"v\r\n"])])
        self.assertEqual(redis.get("k"), b"v")
        self.assertTrue(redis.echo(value) == value)
        self.assertEqual(redis.get("k"), b"v")

    def test_messages(self):
        subscribed = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
        published = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
        redis = self.redis([(request("SUBSCRIBE", "a"), [subscribed, published])])
        with redis.pubsub() as pubsub:
            pubsub.subscribe("a")
            self.assertEqual([pubsub.get_message(timeout=PATIENCE_S)["data"] for _ in range(2)], [1, b"hi"])
            self.assertIsNone(pubsub.get_message(timeout=SHORT_S))

    def test_timeouts_and_lost_connections(self):
        redis = self.redis([(request("GET", "k"), b"$1\r\n")], [(request("GET", "k"), HANG_UP)],
                           [(request("GET", "k"), b"$1\r\nv\r\n")],
                           socket_timeout=SHORT_S, socket_connect_timeout=PATIENCE_S)
        with self.assertRaises(TimeoutError):
            redis.get("k")
        with self.assertRaises(ConnectionError):
            redis.get("k")
        self.assertEqual(redis.get("k"), b"v")

    def test_a_certificate_that_nobody_trusts(self):
        redis = self.redis([], problems=True, ssl_ca_certs=None)
        with self.assertRaisesRegex(ConnectionError, r"^cannot connect to localhost:\d+: .*[Cc]ertificate"):
            redis.ping()

    def test_the_certificate_of_another_host(self):
        try:
            listener = socket.create_server(("127.0.0.2", 0))
        except OSError:
            self.skipTest("this system has only one address of its own")
        redis = self.redis([], problems=True, host="127.0.0.2", listener=listener)
        with self.assertRaisesRegex(ConnectionError, "cannot connect to 127.0.0.2.*[Cc]ertificate"):
            redis.ping()

    def test_anybody_if_so_wanted(self):
        redis = self.redis([(request("PING"), b"+PONG\r\n")], ssl_cert_reqs="none", ssl_ca_certs=None,
                           ssl_min_version=ssl.TLSVersion.TLSv1_2)
        self.assertTrue(redis.ping())

    def test_a_certificate_of_the_clients_own(self):
        redis = self.redis([(request("PING"), b"+PONG\r\n")], ssl_certfile=CERTIFICATE, ssl_keyfile=KEY)
        self.assertTrue(redis.ping())

    def test_impossible_settings_are_refused(self):
        with self.assertRaisesRegex(ValueError, "ssl_cert_reqs"):
            transport.tls_context(cert_reqs="perhaps")
        with self.assertRaises(OSError):
            transport.tls_context(ca_certs="/no/such/file")


if __name__ == "__main__":
    unittest.main()
