"""What is saved at the end, and when a server refuses to end."""
import io
import os
import socket
import tempfile
import unittest
from unittest import mock

from redis_clone.clock import FakeClock
from redis_clone.ending import end
from redis_clone.engine import Engine
from redis_clone.errors import RedisError
from redis_clone.log import Log
from redis_clone.server import LoadError, Server

from .support import EngineTestCase, receive, test_config

_FAILED = "ERR Errors trying to SHUTDOWN. Check logs."


class EndTestCase(EngineTestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.log = io.StringIO()
        self.clock = FakeClock()
        self.engine = Engine(self.make_config(), Log(stream=self.log), self.clock)
        self.engine.loaded = True
        self.client = self.new_client()
        self.stopped = 0
        self.engine.shutdown = self.stop

    def make_config(self):
        return test_config(dict(self.config, dir=self.directory))

    def stop(self):
        self.stopped += 1

    def end(self, *options):
        with self.engine.lock:
            end(self.engine, options)

    def has_snapshot(self):
        return os.path.isfile(os.path.join(self.directory, "dump.rdb"))

    def lines(self):
        """What was logged: signs and texts."""
        return [line.split(" ", 5)[-1] for line in self.log.getvalue().splitlines()]

    def make_saving_fail(self):
        os.mkdir(os.path.join(self.directory, "dump.rdb"))


class SaveTest(EndTestCase):
    def test_without_save_points_nothing_is_saved(self):
        self.end()
        self.assertFalse(self.has_snapshot())
        self.assertEqual(self.lines(), ["* User requested shutdown..."])

    def test_with_save_points_all_is_saved(self):
        self.execute("CONFIG", "SET", "save", "3600 1")
        self.end()
        self.assertTrue(self.has_snapshot())
        self.assertEqual(self.lines(), ["* User requested shutdown...", "* Saving the final RDB snapshot before exiting.",
                                        "* DB saved on disk"])

    def test_save_points_can_be_overruled(self):
        self.execute("CONFIG", "SET", "save", "3600 1")
        self.end("nosave")
        self.assertFalse(self.has_snapshot())

    def test_saving_can_be_asked_for(self):
        self.end("save", "now")
        self.assertTrue(self.has_snapshot())

    def test_data_that_were_not_loaded_are_not_saved(self):
        self.engine.loaded = False
        self.end("save")
        self.assertFalse(self.has_snapshot())


class RefusalTest(EndTestCase):
    def test_what_cannot_be_saved_keeps_the_server_alive(self):
        self.make_saving_fail()
        with self.assertRaises(RedisError) as caught:
            self.end("save")
        self.assertEqual(str(caught.exception), _FAILED)
        self.assertFalse(self.engine.ending)
        self.assertEqual(self.lines()[-2:], [
            "# Error trying to save the DB, can't exit.",
            "# Errors trying to shut down the server. Check the logs for more information."])
        self.assertEqual(self.client.wire("SET a b"), b"+OK\r\n")

    def test_force_ends_all_the_same(self):
        self.make_saving_fail()
        self.end("save", "force")
        self.assertTrue(self.engine.ending)
        self.assertEqual(self.lines()[-1], "# Error trying to save the DB. Exit anyway.")


class AppendOnlyTest(EndTestCase):
    config = {"appendonly": "yes"}

    def setUp(self):
        super().setUp()
        with self.engine.lock:
            self.engine.append_only.open_after_loading()
        self.addCleanup(self.engine.append_only.stop)

    def content(self):
        with open(os.path.join(self.directory, "appendonlydir", "appendonly.aof.1.incr.aof"), "rb") as file:
            return file.read()

    def test_is_written_to_the_end(self):
        self.client.wire("SET a b")
        self.end()
        self.assertTrue(self.content().endswith(b"SET\r\n$1\r\na\r\n$1\r\nb\r\n"))
        self.assertIn("* Calling fsync() on the AOF file.", self.lines())

    def test_stays_open_when_the_end_fails_for_another_reason(self):
        self.make_saving_fail()
        with self.assertRaises(RedisError):
            self.end("save")
        self.client.wire("SET a b")
        self.engine.journal.flush()
        self.assertIn(b"SET", self.content())

    def test_what_cannot_be_written_keeps_the_server_alive(self):
        with mock.patch("redis_clone.journal.os.write", side_effect=OSError(28, "No space left on device")):
            self.client.wire("SET a b")
            with self.assertRaises(RedisError) as caught:
                self.end()
        self.assertEqual(str(caught.exception), _FAILED)
        self.assertIn("# Error writing to the AOF file: No space left on device, can't exit.", self.lines())
        self.engine.journal.tick()
        self.end()
        self.assertIn(b"SET", self.content())


class FakeChild:
    def __init__(self, kind):
        self.kind = kind
        self.killed = False

    def kill(self):
        self.killed = True


class ChildTest(EndTestCase):
    def end_with_child(self, kind, *options):
        self.engine.child = self.child = FakeChild(kind)
        self.end(*options)

    def test_that_saves_is_killed(self):
        self.end_with_child("rdb", "nosave")
        self.assertTrue(self.child.killed)
        self.assertIn("# There is a child saving an .rdb. Killing it!", self.lines())

    def test_that_rewrites_is_killed(self):
        self.end_with_child("aof")
        self.assertTrue(self.child.killed)
        self.assertIn("# There is a child rewriting the AOF. Killing it!", self.lines())

    def test_that_writes_the_first_append_only_file_is_waited_for(self):
        self.engine.append_only.state = "waiting"
        with self.assertRaises(RedisError):
            self.end_with_child("aof")
        self.assertFalse(self.child.killed)
        self.assertIn("# Writing initial AOF, can't exit.", self.lines())


class LastWordTest(EndTestCase):
    """Nothing is acknowledged after the data have been saved."""

    def test_everybody_is_hung_up_on_and_runs_nothing_any_more(self):
        other = self.new_client()
        self.assertEqual(self.client.wire("SHUTDOWN"), b"")
        self.assertEqual(self.stopped, 1)
        self.assertTrue(other.connection.hung_up)
        self.assertEqual(other.wire("SET a b"), b"")
        self.assertEqual(self.engine.keyspace.databases[0].values, {})

    def test_those_who_wait_wait_no_longer(self):
        other = self.new_client()
        other.block("BLPOP list 0")
        self.client.wire("SHUTDOWN NOSAVE")
        self.assertTrue(other.waiter.done)

    def test_housekeeping_rests(self):
        self.execute("SET a b PX 1")
        self.end()
        self.clock.advance(1)
        self.engine.housekeep()
        self.assertEqual(len(self.engine.keyspace.databases[0].values), 1)

    def test_a_second_end_does_nothing(self):
        self.end()
        self.end("save")
        self.assertFalse(self.has_snapshot())


class EmbeddedServerTest(unittest.TestCase):
    """A Server inside a process keeps its data in `dir`, like one of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def server(self, **directives):
        server = Server(test_config(dict({"dir": self.directory, "save": "3600 1"}, **directives)), Log(level="nothing"),
                        port=0)
        self.addCleanup(server.stop)
        return server

    def ask(self, server, command, size):
        with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
            sock.sendall(command + b"\r\n")
            return receive(sock, size)

    def test_data_outlive_it(self):
        with self.server() as server:
            self.assertEqual(self.ask(server, b"SET a b", 5), b"+OK\r\n")
        self.assertEqual(os.listdir(self.directory), ["dump.rdb"])
        with self.server() as server:
            self.assertEqual(self.ask(server, b"GET a", 7), b"$1\r\nb\r\n")

    def test_data_outlive_it_in_an_append_only_file(self):
        options = {"appendonly": "yes", "save": '""', "appendfsync": "always"}
        with self.server(**options) as server:
            self.assertEqual(self.ask(server, b"SET a b", 5), b"+OK\r\n")
        with self.server(**options) as server:
            self.assertEqual(self.ask(server, b"GET a", 7), b"$1\r\nb\r\n")

    def test_without_a_config_it_reads_and_writes_nothing(self):
        with self.server() as server:
            self.ask(server, b"SET a b", 5)
        before = os.getcwd()
        os.chdir(self.directory)
        self.addCleanup(os.chdir, before)
        with open("dump.rdb", "rb") as file:
            snapshot = file.read()
        with Server(log=Log(level="nothing"), port=0) as server:
            self.assertEqual(self.ask(server, b"GET a", 5), b"$-1\r\n")
            self.assertEqual(self.ask(server, b"SET c d", 5), b"+OK\r\n")
            self.assertEqual(self.ask(server, b"FLUSHALL", 5), b"+OK\r\n")
        self.assertEqual(os.listdir("."), ["dump.rdb"])
        with open("dump.rdb", "rb") as file:
            self.assertEqual(file.read(), snapshot)

    def test_files_that_cannot_be_loaded_are_an_exception_and_stay(self):
        path = os.path.join(self.directory, "dump.rdb")
        with open(path, "wb") as file:
            file.write(b"REDIS0011")
        server = self.server()
        with self.assertRaises(LoadError) as caught:
            server.start()
        self.assertEqual((caught.exception.path, caught.exception.offset), (path, 9))
        server.stop()
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"REDIS0011")

    def test_one_that_is_stopped_while_it_loads_serves_nobody(self):
        with self.server() as server:
            self.ask(server, b"SET a b", 5)
        server = self.server()
        server.listen()
        server.stop()
        self.assertFalse(server.load(server.serve))
        self.assertFalse(server.engine.loaded)
        self.assertEqual(server.listeners[0].fileno(), -1)

    def test_one_that_never_started_saves_nothing(self):
        self.server().stop()
        self.assertEqual(os.listdir(self.directory), [])

    def test_stops_even_if_it_cannot_save(self):
        server = self.server()
        server.start()
        os.mkdir(os.path.join(self.directory, "dump.rdb"))
        server.stop()
        self.assertTrue(server.engine.ending)


if __name__ == "__main__":
    unittest.main()
