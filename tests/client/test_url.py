"""URLs of servers."""
import unittest

from redis_clone.client import ConnectionPool, Redis, from_url
from redis_clone.client.url import parse_url


class ParseUrlTest(unittest.TestCase):
    def test_what_a_url_stands_for(self):
        for url, options in (
                ("redis://", {}),
                ("redis://localhost", {"host": "localhost"}),
                ("redis://localhost:7000/3", {"host": "localhost", "port": 7000, "db": 3}),
                ("redis://:pw@host/", {"host": "host", "password": "pw"}),
                ("redis://ann:p%40w@[::1]:7000/0", {"host": "::1", "port": 7000, "username": "ann", "password": "p@w",
                                                    "db": 0}),
                ("redis://my%20host", {"host": "my host"}),
                ("rediss://host", {"host": "host", "ssl": True}),
                ("unix:///tmp/a%20b?db=2", {"unix_socket_path": "/tmp/a b", "db": 2}),
                ("unix://ann:pw@/s", {"unix_socket_path": "/s", "username": "ann", "password": "pw"}),
                ("redis://h/1?db=2", {"host": "h", "db": 2}),
                ("redis://h?socket_timeout=1.5&socket_keepalive=yes&decode_responses=false&client_name=a%20b",
                 {"host": "h", "socket_timeout": 1.5, "socket_keepalive": True, "decode_responses": False,
                  "client_name": "a b"}),
                ("redis://h?protocol=3&health_check_interval=9&max_connections=5",
                 {"host": "h", "protocol": 3, "health_check_interval": 9, "max_connections": 5})):
            self.assertEqual(parse_url(url), options, url)

    def test_what_is_none_is_refused(self):
        for url, text in (("http://host", "begins with redis://"), ("localhost:6379", "begins"), ("", "begins"),
                          ("redis:host", "begins"), ("redis://h/name", "number of a database"),
                          ("redis://h?db=x", "db='x'"), ("redis://h?socket_keepalive=maybe", "socket_keepalive"),
                          ("redis://h:70000", "[Pp]ort"), ("redis://h:x", "[Pp]ort")):
            with self.assertRaisesRegex(ValueError, text):
                parse_url(url)


class FromUrlTest(unittest.TestCase):
    def test_the_url_wins_over_options(self):
        redis = Redis.from_url("redis://127.0.0.1:7000/3?client_name=url", db=5, client_name="option", protocol=3)
        self.assertEqual(redis.connection_pool.settings.address, "127.0.0.1:7000")
        self.assertEqual((redis.connection_pool.settings.db, redis.connection_pool.settings.client_name), (3, "url"))
        self.assertEqual(redis.get_connection_kwargs()["protocol"], 3)

    def test_everywhere_redis_py_has_it(self):
        self.assertEqual(repr(from_url("unix:///tmp/s")), "<Redis of /tmp/s>")
        self.assertEqual(ConnectionPool.from_url("redis://h:1?max_connections=7").max_connections, 7)

    def test_unknown_options_are_refused(self):
        with self.assertRaises(TypeError):
            Redis.from_url("redis://h?no_such_option=1")


if __name__ == "__main__":
    unittest.main()
