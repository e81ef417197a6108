"""What a stand-alone server does to its process. What would change the tests' own process is faked."""

import io
import os
import sys
import tempfile
import unittest
from unittest import mock

from redis_clone import process
from redis_clone.config import Config
from redis_clone.errors import RedisError
from redis_clone.log import Log


class ProcessTestCase(unittest.TestCase):
    def setUp(self):
        self.config = Config()
        self.stream = io.StringIO()
        self.log = Log(level="debug", stream=self.stream)

    def load(self, *lines):
        self.config.load(lines, "test.conf")

    def logged(self):
        """The lines of the log: sign and text."""
        return [line.split(" ", 5)[5] for line in self.stream.getvalue().splitlines()]


class AllowRecursionTest(ProcessTestCase):
    def allow(self, version, limit=1000, name="cpython"):
        self.sys = mock.Mock(version_info=version)
        self.sys.implementation.name = name
        self.sys.getrecursionlimit.return_value = limit
        with mock.patch.object(process, "sys", self.sys):
            process.allow_recursion(self.log)

    def test_much_where_calls_need_no_stack(self):
        self.allow((3, 13))
        self.sys.setrecursionlimit.assert_called_once_with(16000)
        self.assertEqual(self.logged(), ["- Recursion limit: 16000"])

    def test_more_where_most_calls_need_none(self):
        self.allow((3, 11))
        self.sys.setrecursionlimit.assert_called_once_with(2000)

    def test_no_more_elsewhere(self):
        for version, name in (((3, 10), "cpython"), ((3, 12), "pypy")):
            self.allow(version, name=name)
            self.sys.setrecursionlimit.assert_not_called()

    def test_never_less_than_there_is(self):
        self.allow((3, 12), limit=20000)
        self.sys.setrecursionlimit.assert_not_called()


class TuneThreadsTest(ProcessTestCase):
    def setUp(self):
        super().setUp()
        self.os = mock.Mock(SCHED_BATCH=3, SCHED_OTHER=0)
        self.os.sched_getaffinity.return_value = {0, 1, 5}
        self.os.sched_getscheduler.return_value = 0
        self.sys = mock.Mock()
        self.threading = mock.Mock()
        self.sys._is_gil_enabled.return_value = True
        for name in ("os", "sys", "threading"):
            patch = mock.patch.object(process, name, getattr(self, name))
            patch.start()
            self.addCleanup(patch.stop)

    def tune(self):
        process.tune_threads(self.config, self.log)

    def test_sets_everything_and_says_so(self):
        self.tune()
        self.threading.stack_size.assert_called_once_with(1 << 20)
        self.os.sched_setscheduler.assert_called_once_with(0, 3, mock.ANY)
        self.os.sched_setaffinity.assert_called_once_with(0, {5})
        self.sys.setswitchinterval.assert_called_once_with(0.1)
        self.assertEqual(self.logged(), [
            "* Threads: stacks of 1024 kB; batch scheduling (scheduler-batch); processor 5 (server-cpulist); "
            "a switch interval of 100 ms (switch-interval-ms)"])

    def test_replies_leave_in_groups_where_threads_take_turns(self):
        for words, scheduler, processors, expected in (
                ((), 3, {5}, True), ((), 0, {5}, False), ((), 3, {1, 5}, False), (("group-replies no",), 3, {5}, False)):
            with self.subTest((words, scheduler, processors)):
                self.load(*words)
                self.os.sched_getscheduler.side_effect = [0, scheduler]
                self.os.sched_getaffinity.side_effect = [{0, 1, 5}, processors]
                self.assertIs(process.tune_threads(self.config, self.log), expected)
                self.assertIs(self.logged()[-1].endswith("; replies in groups (group-replies)"), expected)

    def test_follows_the_directives(self):
        self.load("scheduler-batch no", "server-cpulist 0-1", "switch-interval-ms 5")
        self.tune()
        self.os.sched_setscheduler.assert_not_called()
        self.os.sched_setaffinity.assert_called_once_with(0, {0, 1})
        self.sys.setswitchinterval.assert_called_once_with(0.005)
        self.assertIn("processor 0,1 (server-cpulist)", self.logged()[0])

    def test_all_processors_means_hands_off(self):
        self.load("server-cpulist all")
        self.tune()
        self.os.sched_setaffinity.assert_not_called()

    def test_leaves_a_scheduling_policy_that_somebody_chose(self):
        self.os.sched_getscheduler.return_value = 1
        self.tune()
        self.os.sched_setscheduler.assert_not_called()

    def test_goes_on_without_what_the_system_refuses(self):
        self.load("server-cpulist 77")
        self.os.sched_setaffinity.side_effect = OSError(22, "Invalid argument")
        self.os.sched_setscheduler.side_effect = PermissionError(1, "Operation not permitted")
        self.threading.stack_size.side_effect = ValueError
        self.tune()
        self.assertEqual(self.logged(), [
            "# Batch scheduling (scheduler-batch) is not possible: Operation not permitted",
            "# The processors of server-cpulist '77' cannot be used: [Errno 22] Invalid argument",
            "* Threads: a switch interval of 100 ms (switch-interval-ms)"])

    def test_says_what_is_wrong_with_a_list_of_processors(self):
        self.load("server-cpulist x")
        self.tune()
        self.os.sched_setaffinity.assert_not_called()
        self.assertIn("# The processors of server-cpulist 'x' cannot be used: a list looks", self.logged()[0])

    def test_does_without_where_the_platform_has_none_of_it(self):
        for name in ("sched_getaffinity", "sched_setaffinity"):     # PyPy has the rest
            delattr(self.os, name)
        self.tune()
        self.assertNotIn("replies in groups", self.logged().pop())
        self.stream.truncate(0)
        del self.os.SCHED_BATCH
        self.tune()
        self.assertEqual(self.logged(),
                         ["* Threads: stacks of 1024 kB; a switch interval of 100 ms (switch-interval-ms)"])

    def test_free_threaded_python_is_left_to_the_system(self):
        self.sys._is_gil_enabled.return_value = False
        self.tune()
        self.os.sched_setscheduler.assert_not_called()
        self.os.sched_setaffinity.assert_not_called()
        self.sys.setswitchinterval.assert_not_called()


class GarbageCollectorTest(unittest.TestCase):
    def test_rests_while_data_are_loaded_and_leaves_them_alone_then(self):
        with mock.patch.object(process, "gc") as gc:
            with self.assertRaises(KeyError):
                with process.garbage_collector_at_rest():
                    gc.enable.assert_not_called()
                    raise KeyError
        gc.disable.assert_called_once_with()
        gc.enable.assert_called_once_with()
        self.assertEqual(gc.freeze.called, sys.implementation.name == "cpython")


class FakeLimits:
    """The part of the `resource` module that is used, with a hard limit that only goes down."""

    RLIMIT_NOFILE = 7
    RLIM_INFINITY = -1

    def __init__(self, soft, hard, privileged=False):
        self.limits = soft, hard
        self.privileged = privileged

    def getrlimit(self, which):
        return self.limits

    def setrlimit(self, which, limits):
        hard = self.limits[1]
        if not self.privileged and hard != self.RLIM_INFINITY and limits[1] > hard:
            raise ValueError("not allowed to raise maximum limit")
        self.limits = limits


class RaiseDescriptorLimitTest(ProcessTestCase):
    def raise_limit(self, *limits, **options):
        self.resource = FakeLimits(*limits, **options)
        patch = mock.patch.object(process, "resource", self.resource)
        patch.start()
        self.addCleanup(patch.stop)
        return process.raise_descriptor_limit(self.config, self.log)

    def test_leaves_a_limit_that_is_high_enough(self):
        self.assertTrue(self.raise_limit(20_000, 20_000))
        self.assertEqual((self.resource.limits, self.logged()), ((20_000, 20_000), []))

    def test_raises_the_soft_limit_and_says_so(self):
        self.assertTrue(self.raise_limit(1024, 20_000))
        self.assertEqual(self.resource.limits, (10_032, 20_000))
        self.assertEqual(self.logged(), ["* Increased maximum number of open files to 10032 "
                                         "(it was originally set to 1024)."])

    def test_no_limit_is_high_enough(self):
        self.assertTrue(self.raise_limit(-1, -1))
        self.assertTrue(self.raise_limit(1024, -1))
        self.assertEqual(self.resource.limits, (10_032, -1))

    def test_raises_the_hard_limit_where_that_is_allowed(self):
        self.assertTrue(self.raise_limit(1024, 4096, privileged=True))
        self.assertEqual(self.resource.limits, (10_032, 10_032))

    def test_lowers_maxclients_to_what_is_possible_and_says_so(self):
        self.assertTrue(self.raise_limit(256, 1000))
        self.assertEqual((self.resource.limits, self.config["maxclients"]), ((1000, 1000), 968))
        self.assertEqual(self.logged(), [
            "# You requested maxclients of 10000 requiring at least 10032 max file descriptors.",
            "# Server can't set maximum open files to 10032 because of OS error: Operation not permitted.",
            "# Current maximum open files is 1000. maxclients has been reduced to 968 to compensate for low "
            "ulimit. If you need higher maxclients increase 'ulimit -n'."])

    def test_gives_up_where_not_even_one_client_fits(self):
        self.assertFalse(self.raise_limit(20, 20))
        self.assertEqual(self.logged(), [
            "# Your current 'ulimit -n' of 20 is not enough for the server to start. Please increase your "
            "open file limit to at least 10032. Exiting."])

    def test_config_set_is_held_to_the_limit(self):
        self.raise_limit(1024, 20_000)
        with self.assertRaises(RedisError) as caught:
            self.config.set_many([("maxclients", "50000")])
        self.assertTrue(str(caught.exception).endswith(
            "The operating system is not able to handle the specified number of clients, try with 19968"))
        self.config.set_many([("maxclients", "15000")])
        self.assertEqual((self.config["maxclients"], self.resource.limits[0]), (15_000, 20_000))

    def test_platform_without_limits(self):
        with mock.patch.object(process, "resource", None):
            self.assertTrue(process.raise_descriptor_limit(self.config, self.log))


class CheckBacklogTest(ProcessTestCase):
    def check(self, text):
        with mock.patch.object(process, "open", mock.mock_open(read_data=text), create=True):
            process.check_backlog(self.config, self.log)
        return self.logged()

    def test_tells_when_the_kernel_allows_less(self):
        self.assertEqual(self.check("128\n"), [
            "# WARNING: The TCP backlog setting of 511 cannot be enforced because "
            "/proc/sys/net/core/somaxconn is set to the lower value of 128."])

    def test_is_silent_otherwise(self):
        self.assertEqual(self.check("4096\n"), [])
        self.assertEqual(self.check("what?"), [])


class PidFileTest(ProcessTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "redis.pid")

    def test_is_written_and_removed(self):
        self.load(f"pidfile {self.path}")
        process.write_pid_file(self.config, self.log)
        with open(self.path, encoding="ascii") as file:
            self.assertEqual(file.read(), f"{os.getpid()}\n")
        process.remove_pid_file(self.config, self.log)
        self.assertFalse(os.path.exists(self.path))
        self.assertEqual(self.logged(), ["* Removing the pid file."])

    def test_none_is_written_unless_configured(self):
        process.write_pid_file(self.config, self.log)
        process.remove_pid_file(self.config, self.log)
        self.assertEqual(self.logged(), [])

    def test_failure_is_told_and_survived(self):
        self.load(f"pidfile {self.path}/x")
        process.write_pid_file(self.config, self.log)
        process.remove_pid_file(self.config, self.log)
        self.assertEqual(self.logged(), ["# Failed to write PID file: No such file or directory",
                                         "* Removing the pid file."])


class DaemonizeTest(ProcessTestCase):
    def test_platform_without_fork_goes_on_in_the_foreground(self):
        with mock.patch.object(process, "os", mock.Mock(spec=["getpid"])):
            process.daemonize(self.log)
        self.assertEqual(self.logged(), ["# daemonize has no effect: this platform has no fork"])


if __name__ == "__main__":
    unittest.main()
