"""The end of a server with clients connected, wanted or not, and the next start on the same port."""

import signal
import time
import unittest

from tests.system.support import HAS_PROC, SystemTestCase, ask, read_exactly, read_to_end

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


if __name__ == "__main__":
    unittest.main()
