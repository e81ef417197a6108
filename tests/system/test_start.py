"""Starting and stopping real server processes: what a person or a script sees."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_S = 20                     # how long a start may take on a busy machine before the test fails
UNIX = hasattr(os, "fork")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ping(address, family=socket.AF_INET):
    """Send PING to a server; return the reply."""
    with socket.socket(family) as client:
        client.settimeout(PATIENCE_S)
        client.connect(address)
        client.sendall(b"PING\r\n")
        return client.recv(100)


class StartTestCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = os.path.realpath(directory.name)
        self.port = free_port()
        self.log = ""

    def path(self, name):
        return os.path.join(self.directory, name)

    def command(self, *arguments):
        return [sys.executable, "-m", "redis_clone", *arguments]

    def environment(self):
        return dict(os.environ, PYTHONPATH=ROOT, PYTHONWARNINGS="error::ResourceWarning")

    def start(self, *arguments, port=None, **options):
        """Start a server in the test's directory and wait for its last start-up line."""
        arguments += () if port == 0 else ("--port", str(port or self.port))
        self.server = self.popen(*arguments, **options)
        self.addCleanup(self.end)
        for line in self.server.stdout:
            self.log += line.decode()
            if "Ready to accept connections" in self.log:
                return
        self.fail(f"the server did not start: {self.log}{self.server.stderr.read().decode()}")

    def popen(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                cwd=self.directory, env=self.environment(), **options)

    def end(self):
        if self.server.poll() is None:
            self.server.kill()
        self.server.communicate()

    def run_to_end(self, *arguments, standard_input=b""):
        """Run a server that is expected to give up; return its exit status, output and errors."""
        done = subprocess.run(self.command(*arguments), input=standard_input, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=self.directory, env=self.environment(),
                              timeout=PATIENCE_S)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def stop(self, number=signal.SIGTERM):
        """Send a signal; return the exit status, how long it took, and the log after the start."""
        started = time.monotonic()
        self.server.send_signal(number)
        out, err = self.server.communicate(timeout=PATIENCE_S)
        self.assertEqual(err, b"")
        return self.server.returncode, time.monotonic() - started, out.decode()


class LogTest(StartTestCase):
    def test_tells_the_start_in_redis_words_and_order(self):
        self.start()
        texts = [re.sub(r"^\d+:([CM]) \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} ", r"\1 ", line)
                 for line in self.log.splitlines() if " Threads: " not in line]
        pid = self.server.pid
        self.assertEqual(texts[:2] + texts[-4:], [
            "C * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
            f"C * Redis version=7.2.6, bits=64, commit=00000000, modified=0, pid={pid}, just started",
            "C * Configuration loaded",
            f"M * Running mode=standalone, port={self.port}.",
            "M * Server initialized",
            "M * Ready to accept connections tcp"])
        self.assertEqual({line.split(":")[0] for line in self.log.splitlines()}, {str(pid)})

    def test_shows_the_picture_with_port_and_process(self):
        self.start("--always-show-logo", "yes")
        self.assertIn(f" Port: {self.port}\n", self.log)
        self.assertIn(f" PID: {self.server.pid}\n", self.log)

    def test_goes_to_the_log_file(self):
        self.server = self.popen("--port", str(self.port), "--logfile", "redis.log")
        self.addCleanup(self.end)
        self.assertTrue(self.wait_for_text("redis.log", "Ready to accept connections tcp"))

    def wait_for_text(self, name, text):
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(OSError), open(self.path(name), encoding="utf-8") as file:
                if text in file.read():
                    return True
            time.sleep(0.02)
        return False

    def test_names_directives_without_effect_once(self):
        self.start("--tls-cluster", "yes", "--save", "")
        self.assertEqual(re.findall(r"The directive (\S+) is accepted", self.log), ["tls-cluster"])


class ConfigurationTest(StartTestCase):
    def write(self, text):
        with open(self.path("redis.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def test_file_and_options(self):
        self.write(f"# a comment\nport 1\nunixsocket {self.path('redis.sock')}\n")
        self.start("redis.conf")
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")

    def test_standard_input(self):
        read_end, write_end = os.pipe()
        os.write(write_end, f"port {self.port}\n".encode())
        os.close(write_end)
        self.start("-", port=0, stdin=read_end)
        os.close(read_end)
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")

    def test_wrong_line_stops_the_start(self):
        self.write("\nport abc\n")
        status, out, err = self.run_to_end("redis.conf")
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(err, "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                              "Reading the configuration file, at line 2\n>>> 'port abc'\n"
                              "argument couldn't be parsed into an integer\n(in redis.conf)\n")

    def test_missing_file_stops_the_start(self):
        status, out, err = self.run_to_end("none.conf")
        self.assertEqual((status, err), (1, ""))
        self.assertTrue(out.endswith(f" # Fatal error, can't open config file '{self.path('none.conf')}': "
                                     "No such file or directory\n"))

    def test_dir_is_where_everything_is_relative_to(self):
        os.mkdir(self.path("data"))
        self.start("--dir", "data", "--pidfile", "redis.pid")
        with open(self.path("data/redis.pid"), encoding="ascii") as file:
            self.assertEqual(file.read(), f"{self.server.pid}\n")
        self.stop()
        self.assertEqual(os.listdir(self.path("data")), ["dump.rdb"])


class ListenTest(StartTestCase):
    def test_answers_on_the_port(self):
        self.start()
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")

    def test_port_in_use_is_told_in_one_clear_line(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.port))
            other.listen()
            status, out, err = self.run_to_end("--port", str(self.port), "--bind", "127.0.0.1",
                                               "--pidfile", "redis.pid")
        self.assertEqual((status, err), (1, ""))
        lines = [line.split(" ", 5)[5] for line in out.splitlines()]
        self.assertEqual(lines[-2:], [
            f"# Warning: Could not create server TCP listening socket 127.0.0.1:{self.port}: bind: "
            "Address already in use",
            f"# Failed listening on port {self.port} (tcp), aborting."])
        self.assertEqual(os.listdir(self.directory), [])

    def test_address_with_a_dash_may_be_missing(self):
        self.start("--bind", "127.0.0.1", "-::1", "-192.0.2.1")
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "this platform has no Unix sockets")
    def test_port_0_leaves_the_unix_socket(self):
        path = self.path("redis.sock")
        self.start("--port", "0", "--unixsocket", path, "--unixsocketperm", "700", port=0)
        self.assertEqual(ping(path, socket.AF_UNIX), b"+PONG\r\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        self.assertIn(" * Ready to accept connections unix\n", self.log)
        self.assertNotIn("connections tcp", self.log)
        self.stop()
        self.assertFalse(os.path.exists(path))

    def test_unix_socket_that_cannot_be_made(self):
        status, out, _ = self.run_to_end("--port", "0", "--unixsocket", "none/redis.sock")
        self.assertEqual(status, 1)
        self.assertTrue(out.endswith(" # Failed opening Unix socket: bind: No such file or directory\n"), out)

    def test_nothing_to_listen_on(self):
        status, out, _ = self.run_to_end("--port", "0")
        self.assertEqual(status, 1)
        self.assertTrue(out.endswith(" # Configured to not listen anywhere, exiting.\n"))


@unittest.skipUnless(UNIX, "signals and fork need Unix")
class StopTest(StartTestCase):
    def assert_stops(self, number):
        self.start("--save", "")
        clients = []
        half_a_request = b"*2\r\n$3\r\nGET\r\n$5\r\nab"
        for request in (b"", b"PING\r\n", b"BLPOP k 0\r\n", b"SUBSCRIBE c\r\n", half_a_request):
            client = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
            self.addCleanup(client.close)
            client.sendall(request)
            clients.append(client)
        ping(("127.0.0.1", self.port))
        status, seconds, log = self.stop(number)
        self.assertEqual(status, 0)
        self.assertLess(seconds, 1)
        self.assertRegex(log, rf"^\d+:signal-handler \(\d+\) Received {number.name} scheduling shutdown...\n"
                              r"\d+:M [^*\n]+ \* User requested shutdown...\n"
                              r"\d+:M [^#\n]+ # Redis is now ready to exit, bye bye...\n$")

    def test_sigterm_stops_within_a_second_with_clients_connected(self):
        self.assert_stops(signal.SIGTERM)

    def test_sigint_stops_within_a_second_with_clients_connected(self):
        self.assert_stops(signal.SIGINT)

    def test_hang_up_of_the_terminal_is_ignored(self):
        self.start()
        self.server.send_signal(signal.SIGHUP)
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")


@unittest.skipUnless(UNIX, "this platform has no fork")
class DaemonizeTest(StartTestCase):
    def test_server_goes_on_in_the_background(self):
        status, out, err = self.run_to_end("--daemonize", "yes", "--port", str(self.port),
                                           "--pidfile", "redis.pid", "--logfile", "redis.log")
        self.assertEqual((status, out, err), (0, "", ""))
        pid = self.wait_for_pid()
        self.addCleanup(self.kill, pid)
        self.assertEqual(ping(("127.0.0.1", self.port)), b"+PONG\r\n")
        self.assertNotEqual(os.getsid(pid), os.getsid(0))
        os.kill(pid, signal.SIGTERM)
        self.wait_until(lambda: not os.path.exists(self.path("redis.pid")))
        self.wait_until(lambda: "bye bye" in self.read("redis.log"))

    def wait_for_pid(self):
        path = self.path("redis.pid")
        self.wait_until(lambda: os.path.exists(path) and self.read("redis.pid").endswith("\n"))
        return int(self.read("redis.pid"))

    def wait_until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s)
            time.sleep(0.02)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def kill(self, pid):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def may_exceed_limits():
    """Whether this process may raise a hard limit (CAP_SYS_RESOURCE, bit 24 of the effective capabilities)."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            effective = next(line for line in file if line.startswith("CapEff:"))
    except (OSError, StopIteration):
        return False
    return bool(int(effective.split()[1], 16) >> 24 & 1)


@unittest.skipUnless(hasattr(os, "sched_getaffinity"), "this platform or interpreter has no such scheduling")
class TuningTest(StartTestCase):
    def test_keeps_to_one_processor_and_says_so(self):
        self.start()
        processors = os.sched_getaffinity(self.server.pid)
        self.assertEqual(len(processors), 1)
        self.assertEqual(os.sched_getscheduler(self.server.pid), os.SCHED_BATCH)
        self.assertIn(f"batch scheduling (scheduler-batch); processor {min(processors)} (server-cpulist)",
                      self.log)
        self.assertIn("; replies in groups (group-replies)", self.log)

    def test_can_be_switched_off(self):
        self.start("--scheduler-batch", "no", "--server-cpulist", "all")
        self.assertEqual(os.sched_getaffinity(self.server.pid), os.sched_getaffinity(0))
        self.assertEqual(os.sched_getscheduler(self.server.pid), os.sched_getscheduler(0))
        self.assertNotIn("replies in groups", self.log)

    @unittest.skipIf(may_exceed_limits(), "a process with this privilege raises the limit instead")
    def test_too_few_descriptors_lower_maxclients(self):
        import resource                                             # not on every platform

        self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
        self.assertIn("# Current maximum open files is 256. maxclients has been reduced to 224", self.log)


if __name__ == "__main__":
    unittest.main()
