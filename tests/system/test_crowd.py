"""Thousands of clients: right answers, what the idle ones cost, and the limits on their number."""

import sys
import time
import unittest

from tests.system.support import (
    HAS_PROC, LONG, SystemTestCase, ask, need_descriptors, not_when_short, read_exactly, read_to_end, resource,
    wait_until)

CLIENTS = 10_000 if LONG else 500
ROUNDS = 20
IDLE_S = 10 if LONG else 1
MOST_IDLE_BYTES = 60_000
SPARE_DESCRIPTORS = 200
CAN_LIMIT = hasattr(resource, "prlimit") and HAS_PROC
NO_DESCRIPTORS = "# Accepting client connection: accept: Too many open files\n"


class CrowdTestCase(SystemTestCase):
    directives = None                           # each test raises the limit of open files first

    def setUp(self):
        super().setUp()
        need_descriptors(self, CLIENTS + SPARE_DESCRIPTORS)
        self.start("--maxclients", str(CLIENTS + 10))

    def gather(self):
        """Connect all clients; each has had an answer when this returns."""
        crowd = [self.connect() for _ in range(CLIENTS)]
        self.ask_all(crowd, lambda number: ("PING",), lambda number: b"+PONG\r\n")
        return crowd

    def ask_all(self, crowd, command, reply):
        for number, sock in enumerate(crowd):
            ask(sock, *command(number))
        for number, sock in enumerate(crowd):
            expected = reply(number)
            self.assertEqual(read_exactly(sock, len(expected)), expected)


@not_when_short
class AnswersTest(CrowdTestCase):
    def test_each_of_many_clients_gets_its_own_answers(self):
        crowd = self.gather()
        for round_ in range(ROUNDS):
            self.ask_all(crowd, lambda number: ("SET", f"key:{number}", f"{number:06}-{round_:03}"),
                         lambda number: b"+OK\r\n")
            self.ask_all(crowd, lambda number: ("GET", f"key:{number}"),
                         lambda number: b"$10\r\n%06d-%03d\r\n" % (number, round_))
        self.assertEqual(self.info("clients")["connected_clients"], str(CLIENTS + 1))
        self.assertEqual(self.info("stats")["rejected_connections"], "0")


# A share of one processor: 0.01 is what counts, in a long look at a quiet machine. Others that work at the same time
# make the same work dearer, and PyPy is still compiling the housekeeping thread during the test.
MOST_IDLE_CPU = (0.01 if LONG else 0.03) if sys.implementation.name == "cpython" else 0.05


@unittest.skipUnless(HAS_PROC, "the figures of a process are read from /proc")
class IdleTest(CrowdTestCase):
    def test_idle_clients_take_little_memory_and_no_time(self):
        ask(first := self.connect(), "PING")
        read_exactly(first, 7)
        before = self.server.resident_bytes()
        self.gather()
        each = (self.server.resident_bytes() - before) / CLIENTS
        self.assertLess(each, MOST_IDLE_BYTES)
        # A busy machine only ever adds to it: the first quiet one of three looks counts.
        self.assertTrue(any(self.cpu_share() < MOST_IDLE_CPU for _ in range(3)))

    def cpu_share(self):
        used_s = self.server.cpu_s()
        time.sleep(IDLE_S)
        return (self.server.cpu_s() - used_s) / IDLE_S

    def test_clients_that_leave_leave_nothing_behind(self):
        descriptors, threads = self.server.descriptors(), self.server.threads()
        for sock in self.gather():
            sock.close()
        wait_until(lambda: self.server.threads() == threads, "the end of all clients' threads")
        self.assertEqual(self.server.descriptors(), descriptors)
        self.assertEqual(self.info("clients")["connected_clients"], "1")


class MaxClientsTest(SystemTestCase):
    directives = ("--maxclients", "3")

    def assert_served(self, sock):
        ask(sock, "PING")
        self.assertEqual(read_exactly(sock, 7), b"+PONG\r\n")

    def test_one_too_many_is_refused_until_another_leaves(self):
        crowd = [self.connect() for _ in range(3)]
        for sock in crowd:
            self.assert_served(sock)
        self.assertEqual(read_to_end(self.connect()), b"-ERR max number of clients reached\r\n")
        crowd.pop().close()
        wait_until(self.is_admitted, "room for one more")
        for sock in crowd:
            self.assert_served(sock)

    def is_admitted(self):
        sock = self.connect()
        ask(sock, "PING")
        admitted = sock.recv(100) == b"+PONG\r\n"
        sock.close()
        return admitted

    def test_the_refused_are_counted(self):
        crowd = [self.connect() for _ in range(2)]
        for sock in crowd:
            self.assert_served(sock)
        self.assert_served(last := self.connect())
        read_to_end(self.connect())
        ask(last, "INFO", "stats")
        stats = last.recv(1 << 16).split(b"\r\n")
        self.assertIn(b"total_connections_received:3", stats)
        self.assertIn(b"rejected_connections:1", stats)


@unittest.skipUnless(resource, "this platform has no limit of open files")
class DescriptorLimitTest(SystemTestCase):
    directives = None

    def start_limited(self, soft, hard, *directives):
        self.start(*directives, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
        lines = [line.split(" ", 6)[5:] for line in self.server.log().splitlines()]
        return [" ".join(line) for line in lines]

    def test_a_low_limit_is_raised_and_told(self):
        log = self.start_limited(100, 500, "--maxclients", "300")
        self.assertIn("* Increased maximum number of open files to 332 (it was originally set to 100).", log)

    def test_a_limit_that_cannot_be_raised_lowers_maxclients_and_is_told(self):
        log = self.start_limited(256, 256)
        if any("Increased maximum number" in line for line in log):
            self.skipTest("this user may raise every limit")
        first = log.index("# You requested maxclients of 10000 requiring at least 10032 max file "
                          "descriptors.")
        self.assertEqual(log[first + 1:first + 3], [
            "# Server can't set maximum open files to 10032 because of OS error: Operation not permitted.",
            "# Current maximum open files is 256. maxclients has been reduced to 224 to compensate for low "
            "ulimit. If you need higher maxclients increase 'ulimit -n'."])
        self.assertEqual(self.client().execute("CONFIG", "GET", "maxclients"), [b"maxclients", b"224"])

    @unittest.skipUnless(CAN_LIMIT, "this platform cannot limit another process")
    def test_no_descriptors_left_stops_neither_the_listener_nor_the_rest(self):
        self.start()
        ask(served := self.connect(), "PING")
        read_exactly(served, 7)
        limit = self.server.descriptors()
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (limit, limit + 100))
        waiting = [self.connect() for _ in range(3)]
        for sock in waiting:
            ask(sock, "PING")
        wait_until(lambda: NO_DESCRIPTORS in self.server.log(), "the log line")
        used_s, lines = self.server.cpu_s(), self.count_refusals()
        time.sleep(0.5)
        self.assertLess(self.server.cpu_s() - used_s, 0.1)          # it does not spin
        self.assertLess(self.count_refusals() - lines, 20)
        ask(served, "PING")
        self.assertEqual(read_exactly(served, 7), b"+PONG\r\n")
        served.close()
        self.assertEqual(read_exactly(waiting[0], 7), b"+PONG\r\n")
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (limit + 100, limit + 100))
        for sock in waiting[1:]:
            self.assertEqual(read_exactly(sock, 7), b"+PONG\r\n")

    def count_refusals(self):
        return self.server.log().count(NO_DESCRIPTORS)


@unittest.skipUnless(CAN_LIMIT, "this platform cannot limit another process")
@unittest.skipIf(sys.implementation.name != "cpython", "PyPy takes much of its memory in advance")
class ThreadLimitTest(SystemTestCase):
    def test_a_client_for_whom_there_is_no_thread_is_let_go_and_the_rest_served(self):
        spare_bytes = 8 << 20                   # room for a few stacks
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
            taken_bytes = int(next(line for line in file if line.startswith("VmSize:")).split()[1]) << 10
        limit = resource.prlimit(self.server.pid, resource.RLIMIT_AS)[1]
        resource.prlimit(self.server.pid, resource.RLIMIT_AS, (taken_bytes + spare_bytes, limit))
        crowd = [self.connect() for _ in range(20)]
        refused = [sock for sock in crowd if self.is_refused(sock)]
        self.assertTrue(0 < len(refused) < len(crowd), f"{len(refused)} of {len(crowd)} were refused")
        self.assertEqual(self.server.log().count("RuntimeError(\"can't start new thread\")"), len(refused))
        for sock in crowd:
            sock.close()
        wait_until(lambda: not self.is_refused(self.connect()), "room for one more")

    def is_refused(self, sock):
        try:
            ask(sock, "PING")
            return sock.recv(100) != b"+PONG\r\n"
        except OSError:
            return True


if __name__ == "__main__":
    unittest.main()
