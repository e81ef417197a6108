"""Tests of tracing: CONFIG SET trace, --trace, CLIENT TRACE."""
import re
import unittest

from redis_clone.__main__ import split_arguments
from redis_clone.client import Client
from redis_clone.log import Log
from redis_clone.server import Server
from redis_clone.trace import STAGES
from tests.support import test_config


class RecordingLog(Log):
    """Keeps the lines that tell of journeys."""

    def __init__(self):
        super().__init__(level="warning")
        self.lines = []

    def notice(self, text):
        if text.startswith("trace: "):
            self.lines.append(text)


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.log = RecordingLog()
        self.server = Server(test_config({}), self.log, port=0)
        self.server.start()
        self.addCleanup(self.server.stop)
        self.client = self.new_client()

    def new_client(self):
        client = Client(port=self.server.port)
        self.addCleanup(client.close)
        return client

    def traced(self):
        """The names of the commands in the log, once all journeys so far are over."""
        with self.server.engine.lock:
            return [line.split()[1] for line in self.log.lines]

    def test_is_off_at_first(self):
        self.client.execute("GET", "x")
        self.assertIsNone(self.client.execute("CLIENT", "TRACE", "LAST"))
        self.assertEqual(self.traced(), [])

    def test_the_log_tells_of_all_clients_commands(self):
        other = self.new_client()
        other.execute("ECHO", "x")
        self.client.execute("CONFIG", "SET", "trace", "yes")
        self.client.execute("GET", "x")
        self.client.execute("PING")             # the line about GET is written after its reply
        other.execute("ECHO", "x")              # its thread may have waited for it already, without a look at the clock
        other.execute("SET", "x", "1")
        other.execute("PING")
        self.assertEqual([name for name in self.traced() if name not in ("PING", "ECHO")], ["GET", "SET"])
        address = self.client.execute("CLIENT", "INFO").split(b"addr=")[1].split()[0].decode()
        self.assertRegex(self.log.lines[0], re.escape(f"trace: GET for {address}: read ")
                         + r"\d+\.\d us, " + ", ".join(rf"{stage} \d+\.\d" for stage in STAGES[1:])
                         + r"; \d+\.\d us in all$")

    def test_one_command_in_so_many(self):
        self.client.execute("CONFIG", "SET", "trace", "yes", "trace-sample", "3")
        for number in range(9):
            self.client.execute("ECHO", number)
        self.client.execute("CONFIG", "SET", "trace", "no")
        self.client.execute("PING")
        self.assertEqual(self.traced(), ["ECHO"] * 3)

    def test_a_pipeline_is_one_journey(self):
        self.client.execute("CLIENT", "TRACE", "ON")
        pipeline = self.client.pipeline()
        for _ in range(5):
            pipeline.add("INCR", "n")
        self.assertEqual(pipeline.execute(), [1, 2, 3, 4, 5])
        journey = self.last_journey()
        self.assertEqual((journey[b"command"], journey[b"commands"]), (b"incr", b"5"))

    def last_journey(self):
        flat = self.client.execute("CLIENT", "TRACE", "LAST")
        return {name: value if isinstance(value, bytes) else b"%d" % value
                for name, value in zip(flat[::2], flat[1::2])}

    def test_a_client_can_look_at_its_own(self):
        self.assertEqual(self.client.execute("CLIENT", "TRACE", "ON"), "OK")
        self.client.execute("SET", "x", "1")
        journey = self.last_journey()
        self.assertEqual(list(journey), [b"command", b"commands", *(stage.encode() for stage in STAGES)])
        self.assertEqual(journey[b"command"], b"set")
        self.assertTrue(all(float(journey[stage.encode()]) >= 0 for stage in STAGES))
        self.assertEqual(self.traced(), [], "nothing is logged")
        self.assertEqual(self.client.execute("CLIENT", "TRACE", "OFF"), "OK")
        self.client.execute("GET", "x")
        self.assertNotEqual(self.last_journey()[b"command"], b"get")

    def test_traced_clients_are_served_as_others(self):
        self.client.execute("CONFIG", "SET", "trace", "yes")
        with self.assertRaisesRegex(Exception, "unknown command 'NOSUCH'"):
            self.client.execute("NOSUCH")
        self.assertIsNone(self.client.execute("BLPOP", "list", 0.01))
        big = b"x" * 300000
        self.client.execute("SET", "big", big)
        self.assertEqual(self.client.execute("GET", "big"), big)
        self.assertEqual(self.client.execute("EVAL", "return redis.call('STRLEN', 'big')", 0), len(big))
        pubsub = self.client.pubsub()
        self.addCleanup(pubsub.close)
        pubsub.subscribe("news")
        self.client.execute("PUBLISH", "news", "x")
        self.assertEqual(pubsub.get_message(timeout_s=5).data, b"x")

    def test_the_command_line_takes_it_without_a_word(self):
        self.assertEqual(split_arguments(["--trace", "--port", "7000"])[2], ["trace yes", 'port "7000"'])
        self.assertEqual(split_arguments(["--trace"])[2], ["trace yes"])
        self.assertEqual(split_arguments(["--trace", "no"])[2], ['trace "no"'])

    def test_other_words_are_refused(self):
        with self.assertRaisesRegex(Exception, "ERR syntax error"):
            self.client.execute("CLIENT", "TRACE", "MAYBE")


if __name__ == "__main__":
    unittest.main()
