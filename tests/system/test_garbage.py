"""Whatever arrives, the server answers an error or closes that one connection, and goes on.

``REDIS_CLONE_TEST_SEED`` replays the random numbers of a failed run, which prints its own.
"""

import os
import random
import socket
import threading
import unittest

from redis_clone.client import encode_command
from tests.system.support import HAS_PROC, LONG, SystemTestCase, read_to_end

REQUESTS = 100_000 if LONG else 4_000
REQUESTS_A_CLIENT = 200
MONOTONOUS_BYTES = (4 << 20) if LONG else (256 << 10)
MOST_BYTES = 512 << 20          # what all of it may leave behind in memory

PIECES = [
    b"*", b"$", b"\r\n", b"\n", b"\r", b"0", b"1", b"2", b"3", b"-1", b"-", b"99999999999999999999",
    b"1048577", b"536870913", b"GET", b"SET", b"k", b"\0", b"\xff", b'"', b"'", b" ", b"\\x", b"%", b"~", b">",
    b"_", b"#t"]
NUMBERS = [
    b"0", b"1", b"-1", b"2", b"10", b"4294967296", b"9223372036854775807", b"-9223372036854775808",
    b"9223372036854775808", b"18446744073709551616", b"1e400", b"-0", b"+1", b"01", b" 1", b"0x10", b"1.5",
    b"nan", b"-inf", b"inf", b"(1", b"(inf", b"[a", b"(", b"-", b"+"]
WORDS = [b"", b"\0", b"\xff\xfe", b"a" * 100, b"*", b"[", b"\\", b"a*b?c[d-", *(
    b"COUNT MATCH WITHSCORES LIMIT EX PX NX XX GT LT CH INCR GET KEEPTTL BYSCORE BYLEX REV LEFT RIGHT MIN "
    b"MAX BEFORE AFTER WEIGHTS AGGREGATE SUM WITHVALUES ASYNC TYPE string ON OFF SKIP ID ADDR USER LIST HELP "
    b"STORE DB REPLACE ANY").split()]
KEYS = [b"string", b"number", b"list", b"set", b"intset", b"hash", b"zset", b"nothing", b""]
# What would end the server, stop it for long, or lock everybody out; and what is not a request.
FORBIDDEN = b"SHUTDOWN DEBUG CONFIG MONITOR SYNC PSYNC REPLICAOF SLAVEOF FAILOVER".split()
# After these, what follows is not executed, or finds nothing.
RARE = (b"MULTI FLUSHALL FLUSHDB SWAPDB SELECT RESET QUIT SUBSCRIBE PSUBSCRIBE SSUBSCRIBE BLPOP BRPOP BLMOVE "
        b"BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP").split()
FORBIDDEN_AFTER_CLIENT = {b"PAUSE", b"KILL"}


class GarbageTest(SystemTestCase):
    def setUp(self):
        super().setUp()
        seed = os.environ.get("REDIS_CLONE_TEST_SEED") or str(random.randrange(1 << 32))
        self.random = random.Random(seed)
        self.seed = f"REDIS_CLONE_TEST_SEED={seed}"
        self.before = self.server.resident_bytes() if HAS_PROC else 0

    def fill(self):
        """Give each key of KEYS its value."""
        client = self.client()
        pipeline = client.pipeline()
        for command in (("SET", "string", "value"), ("SET", "number", 10), ("RPUSH", "list", *"abc"),
                        ("SADD", "set", *"abc"), ("SADD", "intset", 1, 2, 3),
                        ("HSET", "hash", "a", 1, "b", "x"), ("ZADD", "zset", 1, "a", 2, "b", 2, "c")):
            pipeline.add("DEL", command[1]).add(*command)
        pipeline.execute()
        client.close()

    def send(self, data):
        """Send as a client does that reads only when it has sent all; return the replies."""
        with socket.create_connection(("127.0.0.1", self.server.port), 60) as sock:
            def send():
                try:
                    sock.sendall(data)
                    sock.shutdown(socket.SHUT_WR)
                except OSError:                     # the server has hung up: that is an answer
                    pass

            sender = threading.Thread(target=send)
            sender.start()
            try:
                return read_to_end(sock)
            finally:
                sender.join()

    def assert_unharmed(self):
        client = self.client()
        client.execute("FLUSHALL")
        self.assertEqual(client.execute("PING"), "PONG", self.seed)
        self.assertEqual(self.info("clients")["blocked_clients"], "0", self.seed)
        self.assertNotIn("Internal error", self.server.log(), self.seed)
        if HAS_PROC:
            self.assertLess(self.server.resident_bytes() - self.before, MOST_BYTES, self.seed)

    def rounds(self):
        return range(REQUESTS // REQUESTS_A_CLIENT)

    def test_random_bytes(self):
        for _ in self.rounds():
            self.send(b"".join(self.random.choice((self.noise, self.almost_a_request, self.wrong_lengths))()
                               for _ in range(REQUESTS_A_CLIENT)))
        self.assert_unharmed()

    def noise(self):
        return bytes(self.random.randrange(256) for _ in range(self.random.randrange(40)))

    def almost_a_request(self):
        return b"".join(self.random.choices(PIECES, k=self.random.randrange(12)))

    def wrong_lengths(self):
        request = bytearray(encode_command(self.random.choices(PIECES, k=3)))
        request[self.random.randrange(len(request))] = self.random.randrange(256)
        return bytes(request)

    def test_random_commands_with_random_arguments(self):
        commands = [entry for entry in self.client().execute("COMMAND") if entry[0].upper() not in FORBIDDEN]
        commands += [sub for entry in commands for sub in entry[9]]
        for _ in self.rounds():
            self.fill()
            self.send(b"".join(self.random_command(*self.random.choice(commands)[:2])
                               for _ in range(REQUESTS_A_CLIENT)))
        self.assert_unharmed()

    def random_command(self, name, arity):
        """One with, mostly, about the right number of arguments."""
        words = name.upper().split(b"|")
        if words[0] in RARE and self.random.random() < 0.95:
            return b""
        if words[0] == b"CLIENT" and words[-1] in FORBIDDEN_AFTER_CLIENT:
            return b""
        choice = self.random.choice
        count = max(abs(arity) - len(words) + choice((0, 0, 0, 1, 2, 3, 4, -1)), 0)
        words += [choice(choice((KEYS, KEYS, NUMBERS, WORDS))) for _ in range(count)]
        return encode_command(words)

    def test_a_hundred_thousand_queued_commands(self):
        queued = encode_command(("INCR", "n")) * 100_000
        replies = self.send(encode_command(("MULTI",)) + queued + encode_command(("EXEC",)))
        self.assertTrue(replies.startswith(b"+OK\r\n" + b"+QUEUED\r\n" * 100_000 + b"*100000\r\n:1\r\n"))
        self.send(encode_command(("MULTI",)) + queued)          # and never EXEC
        self.assertEqual(self.client().execute("GET", "n"), b"100000")
        self.assert_unharmed()

    def test_a_lot_of_the_same(self):
        for piece in (b"\r\n", b"\n", b"\0", b" ", b'"', b"PING ", b"$0\r\n", b"*1\r\n", b"*-1\r\n",
                      b"*0\r\n", b"*1\r\n$0\r\n\r\n", b"*1048576\r\n", b"*3\r\n$3\r\nSET\r\n$536870912\r\n"):
            with self.subTest(piece=piece):
                self.send(piece * (MONOTONOUS_BYTES // len(piece)))
        self.assert_unharmed()


if __name__ == "__main__":
    unittest.main()
