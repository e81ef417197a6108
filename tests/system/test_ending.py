"""The end of a server with clients connected, wanted or not, and the next start on the same port."""

import os
import signal
import time
import unittest

from tests.system.support import HAS_PROC, SystemTestCase, ask, read_exactly, read_to_end, wait_until

CLIENTS = 100
KINDS = [("PING",), ("BLPOP", "list", "0"), ("SUBSCRIBE", "channel"), ("MULTI",), ("WATCH", "key")]


class EndTestCase(SystemTestCase):
    def gather(self):
        """Clients of all kinds, in the middle of what they do."""
        crowd = [self.connect() for _ in range(CLIENTS)]
        for number, sock in enumerate(crowd):
            ask(sock, "PING")
            read_exactly(sock, 7)
            ask(sock, *KINDS[number % len(KINDS)])
        return crowd

    def assert_gone(self, crowd):
        """Every client has been hung up on."""
        for sock in crowd:
            read_to_end(sock)

    def start_again(self):
        self.start(port=self.server.port)
        ask(sock := self.connect(), "PING")
        self.assertEqual(read_exactly(sock, 7), b"+PONG\r\n")


class SignalTest(EndTestCase):
    def assert_ends(self, number):
        crowd = self.gather()
        started_s = time.monotonic()
        self.server.signal(number)
        self.assertEqual(self.server.wait(), 0)
        self.assertLess(time.monotonic() - started_s, 1)
        self.assert_gone(crowd)
        self.assertTrue(self.server.log().endswith("# Redis is now ready to exit, bye bye...\n"))
        self.start_again()

    @unittest.skipIf(not hasattr(signal, "SIGKILL"), "signals need Unix")
    def test_sigterm_ends_within_a_second_and_the_port_is_free(self):
        self.assert_ends(signal.SIGTERM)

    @unittest.skipIf(not hasattr(signal, "SIGKILL"), "signals need Unix")
    def test_sigint_ends_within_a_second_and_the_port_is_free(self):
        self.assert_ends(signal.SIGINT)

    @unittest.skipUnless(HAS_PROC, "the threads' signal masks are read from /proc")
    def test_only_the_main_thread_takes_these_signals(self):
        self.gather()
        takers = [thread for thread, blocked in self.server.blocked_signals().items()
                  if not {signal.SIGTERM, signal.SIGINT} & blocked]
        self.assertEqual(takers, [self.server.pid])

    @unittest.skipIf(not hasattr(signal, "SIGKILL"), "signals need Unix")
    def test_a_kill_leaves_the_port_free(self):
        crowd = self.gather()
        self.server.signal(signal.SIGKILL)
        self.assertEqual(self.server.wait(), -signal.SIGKILL)
        self.assert_gone(crowd)
        self.start_again()


class ShutdownTest(EndTestCase):
    def test_shutdown_nosave_hangs_up_on_everybody_and_ends(self):
        crowd = self.gather()
        ask(asker := self.connect(), "SHUTDOWN", "NOSAVE")
        self.assertEqual(self.server.wait(), 0)
        self.assertEqual(read_to_end(asker), b"")
        self.assert_gone(crowd)
        self.start_again()

    def test_a_wrong_shutdown_goes_on(self):
        ask(sock := self.connect(), "SHUTDOWN", "PERHAPS")
        self.assertEqual(read_exactly(sock, 19), b"-ERR syntax error\r\n")
        ask(sock, "PING")
        self.assertEqual(read_exactly(sock, 7), b"+PONG\r\n")


@unittest.skipIf(not hasattr(signal, "SIGKILL"), "signals need Unix")
class SavingTest(EndTestCase):
    """What is kept when a signal ends the server; test_ending.py one level up has the other cases."""

    directives = ("--save", "3600 1")

    def setUp(self):
        super().setUp()
        self.snapshot = os.path.join(self.directory, "dump.rdb")
        self.client().execute("SET", "key", "value")

    def end_and_log(self, number):
        self.server.signal(number)
        return self.server.wait(), self.server.log().split("Ready to accept connections tcp\n")[1]

    def test_data_are_there_again(self):
        status, log = self.end_and_log(signal.SIGTERM)
        self.assertEqual(status, 0)
        self.assertRegex(log, r"^\d+:signal-handler \(\d+\) Received SIGTERM scheduling shutdown...\n"
                              r"\d+:M [^*\n]+ \* User requested shutdown...\n"
                              r"\d+:M [^*\n]+ \* Saving the final RDB snapshot before exiting.\n"
                              r"\d+:M [^*\n]+ \* DB saved on disk\n"
                              r"\d+:M [^#\n]+ # Redis is now ready to exit, bye bye...\n$")
        self.start()
        self.assertEqual(self.client().execute("GET", "key"), b"value")

    def test_signals_can_be_told_not_to_save(self):
        self.client().execute("CONFIG", "SET", "shutdown-on-sigint", "nosave")
        self.assertEqual(self.end_and_log(signal.SIGINT)[0], 0)
        self.assertFalse(os.path.exists(self.snapshot))

    def test_goes_on_when_it_cannot_save_and_ends_when_it_can(self):
        os.mkdir(self.snapshot)
        self.server.signal(signal.SIGINT)
        wait_until(lambda: "# Errors trying to shut down the server." in self.server.log(), "the refusal")
        self.assertEqual(self.client().execute("GET", "key"), b"value")
        os.rmdir(self.snapshot)
        self.assertEqual(self.end_and_log(signal.SIGINT)[0], 0)
        self.assertTrue(os.path.exists(self.snapshot))

    def test_a_second_sigint_ends_at_once_and_leaves_the_old_snapshot(self):
        self.client().execute("SAVE")
        with open(self.snapshot, "rb") as file:
            before = file.read()
        self.client().execute("MSET", *(str(number) for number in range(4000)))
        self.client().execute("CONFIG", "SET", "rdb-key-save-delay", "100000")
        self.server.signal(signal.SIGINT)
        wait_until(lambda: any(name.startswith("temp-") for name in os.listdir(self.directory)), "the final snapshot")
        status, log = self.end_and_log(signal.SIGINT)
        self.assertEqual(status, 1)
        self.assertTrue(log.endswith(") You insist... exiting now.\n"))
        with open(self.snapshot, "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("temp-")], [])


if __name__ == "__main__":
    unittest.main()
