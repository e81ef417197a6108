import contextlib
import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from redis_clone.child import KILLED, WorkFailed, kill_child, poll_child, start_child
from redis_clone.persistence.safe_file import move_into_place
from tests.children import PATIENCE_S, hear, is_running, wait_for_child
from tests.support import EngineTestCase, test_config

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HAS_PROC = os.path.isdir("/proc/self/fd")


@contextlib.contextmanager
def without_fork():
    """As on Windows."""
    fork = getattr(os, "fork", None)
    if fork is None:
        yield
        return
    del os.fork
    try:
        yield
    finally:
        os.fork = fork


class ChildTestCase(EngineTestCase):
    kind = "rdb"

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(self.directory, "file")
        self.temporary = os.path.join(self.directory, "temp")
        self.outcomes = []
        self.addCleanup(self.kill)

    def kill(self):
        with self.engine.lock:
            kill_child(self.engine)

    def start(self, work, temporary=""):
        with self.engine.lock:
            start_child(self.engine, self.kind, work, self.outcomes.append, temporary)

    def run_in_child(self, work):
        """What ``work()`` returns in a child: something that JSON knows."""

        def write(report):
            result = work()
            with open(self.path, "w") as file:
                json.dump(result, file)

        self.start(write)
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, [None])
        with open(self.path) as file:
            return json.load(file)

    def new_gate(self):
        """A function for the child that waits until the one for the parent has been called."""
        path = os.path.join(self.directory, "gate")
        os.mkfifo(path)
        return (lambda: open(path, "rb").close()), (lambda: open(path, "wb").close())

    def put(self, data):
        with open(self.temporary, "wb") as file:
            file.write(data)


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class StartChildTest(ChildTestCase):
    def test_works_in_another_process(self):
        self.start(lambda report: self.put(b"%d" % os.getpid()), self.temporary)
        pid = self.engine.child.pid
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, [None])
        self.assertNotEqual(pid, os.getpid())
        with open(self.temporary, "rb") as file:
            self.assertEqual(int(file.read()), pid)

    def test_sees_the_data_of_the_moment_of_the_fork(self):
        wait, open_gate = self.new_gate()
        self.execute("SET key before")

        def write(report):
            wait()
            self.put(self.engine.keyspace.databases[0].values[b"key"])

        self.start(write, self.temporary)
        self.execute("SET key after")
        open_gate()
        wait_for_child(self.engine)
        with open(self.temporary, "rb") as file:
            self.assertEqual(file.read(), b"before")

    def test_waits_with_its_file_until_the_parent_has_put_it_in_place(self):
        def put_in_place(error):
            self.assertTrue(is_running(self.engine.child.pid))
            move_into_place(self.temporary, self.path)

        with self.engine.lock:
            start_child(self.engine, "rdb", lambda report: self.put(b"data"), put_in_place, self.temporary)
        pid = self.engine.child.pid
        wait_for_child(self.engine)
        self.assertIsNone(self.engine.child)
        self.assertFalse(is_running(pid))
        self.assertEqual(os.listdir(self.directory), ["file"])

    def test_there_is_a_child_until_it_is_gone(self):
        wait, open_gate = self.new_gate()
        self.execute("MSET a 1 b 2")
        self.start(lambda report: wait())
        child = self.engine.child
        with self.engine.lock:
            poll_child(self.engine)
        self.assertIs(self.engine.child, child)
        self.assertEqual((child.kind, child.started_s, child.keys_total, child.keys_done, child.finished),
                         ("rdb", self.clock.monotonic(), 2, 0, False))
        open_gate()
        wait_for_child(self.engine)
        self.assertIsNone(self.engine.child)

    def test_tells_how_it_gets_on(self):
        wait, open_gate = self.new_gate()
        seconds = itertools.count()             # each look at the clock is a second later

        def work(report):
            report(1024)
            wait()
            report(2048)

        with mock.patch("redis_clone.child.time.monotonic", lambda: next(seconds)):
            self.start(work)
        child = self.engine.child
        hear(self.engine)
        self.assertEqual(child.keys_done, 1024)
        self.clock.advance(3)
        open_gate()
        wait_for_child(self.engine)
        self.assertEqual(child.keys_done, 2048)
        self.assertEqual(child.cow_measured_s, self.clock.monotonic())

    @unittest.skipUnless(os.path.exists("/proc/self/smaps_rollup"), "the system does not tell")
    def test_tells_how_much_memory_had_to_be_copied(self):
        self.start(lambda report: bytearray(b"x" * 20_000_000))
        child = self.engine.child
        wait_for_child(self.engine)
        self.assertGreater(child.cow_peak_bytes, 0)
        self.assertEqual(child.cow_bytes, child.cow_peak_bytes)

    def test_forks_are_counted_and_timed(self):
        self.engine.latency.threshold_ms = 1
        seconds = itertools.count()
        with mock.patch("redis_clone.child.time.monotonic", lambda: next(seconds)):
            self.start(lambda report: None)
        wait_for_child(self.engine)
        self.assertEqual((self.engine.stats.total_forks, self.engine.stats.latest_fork_usec), (1, 1_000_000))
        self.assertEqual(self.engine.latency.events["fork"].highest_ms, 1000)

    def test_there_can_be_one_after_the_other(self):
        for _ in range(3):
            self.start(lambda report: None)
            wait_for_child(self.engine)
        self.assertEqual(self.outcomes, [None] * 3)

    def test_does_not_warn_of_other_threads_locks(self):
        with mock.patch("warnings.showwarning") as show:
            self.start(lambda report: None)
            wait_for_child(self.engine)
        show.assert_not_called()

    def test_what_stands_still_does_not_stop_the_child(self):
        """Housekeeping may be stopped (DEBUG PAUSE-CRON): the pipe is full of reports then."""
        seconds = itertools.count()

        def work(report):
            for keys in range(100_000):
                report(keys)
            self.put(b"done")

        with mock.patch("redis_clone.child.time.monotonic", lambda: next(seconds)), \
                mock.patch("redis_clone.child._private_bytes", lambda: 0):
            self.start(work, self.temporary)
        child = self.engine.child
        deadline_s = time.monotonic() + PATIENCE_S
        while not os.path.exists(self.temporary) and time.monotonic() < deadline_s:
            time.sleep(0.001)
        self.assertEqual(child.keys_done, 0)
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, [None])
        self.assertEqual(child.keys_done, 99_999)


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class FailureTest(ChildTestCase):
    def fail_with(self, error):
        def work(report):
            self.put(b"half")
            raise error

        self.start(work, self.temporary)
        wait_for_child(self.engine)
        self.assertEqual(os.listdir(self.directory), [])
        return self.outcomes[0]

    def test_an_error_of_the_system_is_told_by_its_text(self):
        self.assertEqual(self.fail_with(OSError(errno.ENOSPC, "No space left on device")), "No space left on device")

    def test_what_work_says_is_told_as_it_is(self):
        self.assertEqual(self.fail_with(WorkFailed("5 reasons, \xe4 and \udcff")), "5 reasons, \xe4 and \udcff")

    def test_a_bug_is_told_with_all_there_is_to_know(self):
        outcome = self.fail_with(KeyError("no such thing"))
        self.assertIn("Traceback", outcome)
        self.assertIn("no such thing", outcome)

    def test_a_long_text_is_cut(self):
        self.assertEqual(self.fail_with(WorkFailed("x" * 1_000_000)), "x" * 8000)

    def test_a_child_that_was_killed_by_somebody_else(self):
        def work(report):
            self.put(b"half")
            os.kill(os.getpid(), signal.SIGKILL)

        self.start(work, self.temporary)
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, ["terminated by signal 9"])
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_child_that_ended_by_itself(self):
        self.start(lambda report: os._exit(3))
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, ["terminated with exit status 3"])

    def test_a_fork_that_fails_is_told_to_the_caller(self):
        descriptors = len(os.listdir("/proc/self/fd")) if HAS_PROC else 0
        with mock.patch("os.fork", side_effect=OSError(errno.EAGAIN, "Resource temporarily unavailable")):
            with self.assertRaises(OSError):
                self.start(lambda report: None)
        self.assertIsNone(self.engine.child)
        self.assertEqual(self.engine.stats.total_forks, 0)
        self.assertEqual(self.outcomes, [])
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, ()), set())
        self.assertEqual(len(os.listdir("/proc/self/fd")) if HAS_PROC else 0, descriptors)

    def test_an_application_may_have_collected_the_exit_status_itself(self):
        self.start(lambda report: os._exit(0))
        os.waitpid(self.engine.child.pid, 0)
        wait_for_child(self.engine)
        self.assertEqual(self.outcomes, ["terminated for an unknown reason"])


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class KillChildTest(ChildTestCase):
    def test_ends_it_at_once_and_leaves_nothing_behind(self):
        wait, _ = self.new_gate()

        def work(report):
            self.put(b"half")
            wait()

        self.start(work, self.temporary)
        pid = self.engine.child.pid
        self.kill()
        self.assertEqual(self.outcomes, [KILLED])
        self.assertIsNone(self.engine.child)
        self.assertFalse(is_running(pid))
        self.assertEqual(os.listdir(self.directory), ["gate"])

    def test_one_that_is_done_is_not_told_twice(self):
        self.start(lambda report: None)
        while not self.engine.child.finished:
            self.engine.child.listen(0)
        self.kill()
        self.assertEqual(self.outcomes, [None])

    def test_without_a_child_there_is_nothing_to_do(self):
        self.kill()
        self.assertEqual(self.outcomes, [])


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class IsolationTest(ChildTestCase):
    """What the child keeps of its parent."""

    @unittest.skipUnless(HAS_PROC, "the system does not tell which descriptors are open")
    def test_only_the_standard_streams_and_its_pipe(self):
        descriptors = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]
        for descriptor in descriptors:
            self.addCleanup(os.close, descriptor)
        open_ones = self.run_in_child(lambda: [
            (int(name), os.readlink(f"/proc/self/fd/{name}"))
            for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")])
        kept = [target for descriptor, target in open_ones if descriptor > 2]
        self.assertEqual(len(kept), 1, open_ones)
        self.assertTrue(kept[0].startswith("pipe:"))

    def test_descriptors_are_also_closed_where_nobody_lists_them(self):
        descriptor = os.open(os.devnull, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)

        def is_closed():
            try:
                os.fstat(descriptor)
            except OSError:
                return True

        with mock.patch("os.listdir", side_effect=FileNotFoundError):
            self.assertTrue(self.run_in_child(is_closed))

    def test_no_signal_handlers_and_no_blocked_signals(self):
        before = signal.signal(signal.SIGTERM, lambda number, frame: None)
        self.addCleanup(signal.signal, signal.SIGTERM, before)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        self.addCleanup(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        handlers = self.run_in_child(lambda: [
            signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
            signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()])
        self.assertEqual(handlers, [True] * 3)
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, ()), mask | {signal.SIGTERM})

    def test_a_lower_priority(self):
        self.assertGreater(self.run_in_child(lambda: os.nice(0)), os.nice(0))

    def test_no_garbage_collector(self):
        self.assertFalse(self.run_in_child(lambda: __import__("gc").isenabled()))


@unittest.skipUnless(hasattr(os, "fork") and hasattr(os, "sched_setaffinity"), "processes cannot be bound here")
class CpuListTest(ChildTestCase):
    def make_config(self):
        self.processor = max(os.sched_getaffinity(0))
        return test_config({"bgsave-cpulist": self.processor, "aof-rewrite-cpulist": min(os.sched_getaffinity(0))})

    def test_a_snapshot_is_written_where_the_configuration_says(self):
        self.assertEqual(self.run_in_child(lambda: list(os.sched_getaffinity(0))), [self.processor])

    def test_so_is_an_append_only_file(self):
        self.kind = "aof"
        self.assertEqual(self.run_in_child(lambda: list(os.sched_getaffinity(0))), [min(os.sched_getaffinity(0))])


class WithoutForkTest(ChildTestCase):
    def start(self, work, temporary=""):
        with without_fork():
            super().start(work, temporary)

    def test_the_work_is_done_at_once(self):
        self.start(lambda report: self.put(b"%d" % os.getpid()), self.temporary)
        self.assertEqual(self.outcomes, [None])
        self.assertIsNone(self.engine.child)
        with open(self.temporary, "rb") as file:
            self.assertEqual(int(file.read()), os.getpid())

    def test_that_clients_have_to_wait_is_logged(self):
        with mock.patch.object(self.engine.log, "notice") as notice:
            self.start(lambda report: report(1024))
        notice.assert_called_once_with("There is no fork on this platform: clients wait until the RDB file is written")

    def test_failures_are_told_as_those_of_a_child(self):
        def work(report):
            self.put(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        self.start(work, self.temporary)
        self.assertEqual(self.outcomes, ["No space left on device"])
        self.assertEqual(os.listdir(self.directory), [])


ORPHAN = """\
import sys, time
from redis_clone.child import start_child
from redis_clone.engine import Engine

def work(report):
    with open(sys.argv[1], "w") as file:
        file.write("half")
    {work}

engine = Engine()
with engine.lock:
    start_child(engine, "rdb", work, None, sys.argv[1])
print(engine.child.pid, flush=True)
{parent}
time.sleep(100)
"""


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class OrphanTest(unittest.TestCase):
    """A child whose server was killed goes away by itself, and its file with it."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.temporary = os.path.join(directory.name, "temp")

    def run_and_kill(self, work, parent=""):
        script = ORPHAN.format(work=work, parent=parent)
        server = subprocess.Popen([sys.executable, "-c", script, self.temporary], stdout=subprocess.PIPE,
                                  env=dict(os.environ, PYTHONPATH=ROOT))
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        pid = int(server.stdout.readline())
        self.wait_until(lambda: os.path.exists(self.temporary))
        server.stdout.readline() if parent else None
        server.kill()
        server.wait()
        self.wait_until(lambda: not is_running(pid))
        self.assertFalse(os.path.exists(self.temporary))

    def wait_until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s)
            time.sleep(0.01)

    def test_in_the_middle_of_its_work(self):
        self.run_and_kill("time.sleep(100)")

    def test_when_it_has_much_to_say(self):
        self.run_and_kill("while True: report(1)")

    def test_when_it_is_done_and_nobody_has_taken_the_file(self):
        self.run_and_kill("", "import select; select.select([engine.child.pipe], [], []); print('said', flush=True)")
