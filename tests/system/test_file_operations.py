"""Each single file operation of a server is once the last one, once when the power goes off, and once one that fails.

The server runs in a fork of this process, in which the functions of `os` are watched (file_operations.py). It
is asked for steps, each a transaction over three keys, while it begins its files, writes them anew, and
turns them on and off. What it acknowledged, and whether that had to be kept at the time, comes back through a
pipe, so that the next start on the same directory can be compared with it.
"""

import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import unittest

from redis_clone import journal
from redis_clone.client import Client, ConnectionLost, ReplyError
from redis_clone.dispatch import execute
from redis_clone.engine import Engine
from redis_clone.loading import LoadError, load_at_start
from redis_clone.log import Log
from redis_clone.server import Server
from tests.support import argv_of, test_config
from tests.system.durability import contents
from tests.system.file_operations import Fail, FailThenPictures, Kill, Pictures, watch_operations
from tests.system.support import LONG, PATIENCE_S

STRIDE = 1 if LONG else 8
MOST_OPERATIONS = 300           # no scenario has as many
ALWAYS = {"appendonly": "yes", "appendfsync": "always"}
MANIFEST = "appendonly.aof.manifest"
NOT_STARTED = 3                 # exit statuses of the fork
WRONG = 4


class Scene:
    """What a scenario uses, in the fork: a server, a client, and the pipe to report by."""

    def __init__(self, directory, directives, tell):
        self.directory = directory
        self._directives = directives
        self._tell = tell
        self.lasting = directives == ALWAYS     # whether what is acknowledged is promised to be kept
        self.step_number = self.kept = 0
        self._told = set()

    def start(self):
        config = test_config({"dir": self.directory, "save": '""', "hz": 500, **self._directives})
        self.server = Server(config, Log(level="nothing"), port=0)
        try:
            self.server.start()
        except LoadError:
            os._exit(NOT_STARTED)
        self.client = Client(port=self.server.port, timeout_s=PATIENCE_S)
        self.step_number = steps_in(self.client)

    def report(self, what):
        """Tell the test: "begun" or "kept", which mean the latest step, or "at" an operation."""
        if what == "kept":
            self.kept = self.step_number
        self._tell(f"{what} {self.step_number}" if what in ("begun", "kept") else what)

    def picture(self, name, picture):
        """What to report when this one is complete, or None if there is one like it for what is promised now."""
        told = (self.kept, frozenset(picture.items()))
        if told in self._told:
            return None
        self._told.add(told)
        return f"left {name} {self.kept} {self.step_number}"

    def steps(self, count, *then):
        """Do steps until `count` are acknowledged. The command `then` is sent in the same breath as each."""
        while count:
            with contextlib.suppress(ReplyError):
                if self.step(then):
                    count -= 1

    def step(self, then):
        before = self.step_number
        self.step_number += 1
        self.report("begun")
        pipeline = self.client.pipeline()
        for command in transaction(self.step_number):
            pipeline.add(*command)
        if then:
            pipeline.add(*then)
        try:
            replies = pipeline.execute(raise_errors=False)
        except ConnectionLost:                          # it may have been done
            self.step_number = steps_in(self.client)
            return False
        if isinstance(replies[4], ReplyError):          # writes are refused
            self.step_number = before
            time.sleep(0.002)
            return False
        self.acknowledged()
        return True

    def acknowledged(self):
        if self.lasting:
            self.report("kept")

    def execute(self, *command):
        """A command that may fail; whether it did not."""
        with contextlib.suppress(ReplyError, ConnectionLost):
            self.client.execute(*command)
            return True
        return False

    def persistence(self, *names):
        text = self.client.execute("INFO", "persistence").decode()
        return [text.split(f"\r\n{name}:")[1].split("\r\n")[0] for name in names]

    def wait_for_child(self):
        while self.persistence("aof_rewrite_in_progress", "rdb_bgsave_in_progress",
                               "aof_rewrite_scheduled") != ["0", "0", "0"]:
            time.sleep(0.001)


def transaction(number):
    return (("MULTI",), ("SET", "one", number), ("RPUSH", "list", number), ("SET", "two", number), ("EXEC",))


def steps_in(client):
    """How many steps are in the data; raises AssertionError if it is not a whole number of them."""
    one, two = (int(client.execute("GET", key) or 0) for key in ("one", "two"))
    elements = [int(element) for element in client.execute("LRANGE", "list", 0, -1)]
    assert one == two and elements == list(range(1, one + 1)), (one, two, elements)
    return one


# --- scenarios ---------------------------------------------------------------------------------------------


def write(scene):
    """The first start, and writing."""
    scene.start()
    scene.steps(3)


def rewrite(scene):
    """BGREWRITEAOF, with something noted in the same turn that is not in the file yet, and writes meanwhile."""
    scene.start()
    scene.steps(1)
    while True:
        scene.steps(1, "BGREWRITEAOF")
        scene.steps(1)
        scene.wait_for_child()
        scene.steps(1)
        if scene.persistence("aof_last_bgrewrite_status") == ["ok"]:
            break


def switch(scene):
    """The append-only file is turned on, off and on. What is promised begins with the complete first base."""
    scene.start()
    scene.steps(1)
    for _ in range(2):
        while True:
            scene.execute("CONFIG", "SET", "appendonly", "yes")
            scene.steps(1)
            scene.wait_for_child()
            if scene.persistence("aof_enabled", "aof_last_bgrewrite_status") == ["1", "ok"]:
                break
        scene.lasting = True
        scene.acknowledged()
        scene.steps(2)
        scene.lasting = False
        while not scene.execute("CONFIG", "SET", "appendonly", "no"):
            pass
        scene.steps(1)


def save(scene):
    """SAVE and BGSAVE over an older snapshot."""
    scene.start()
    for command in ("SAVE", "SAVE", "BGSAVE", "BGSAVE"):
        scene.steps(2)
        while not scene.execute(command):
            time.sleep(0.002)
        scene.wait_for_child()
        if command == "SAVE" or scene.persistence("rdb_last_bgsave_status") == ["ok"]:
            scene.report("kept")


# --- playing them ------------------------------------------------------------------------------------------


class LocalClient:
    """Reads what an engine holds, without a server."""

    def __init__(self, engine):
        self._engine = engine
        with engine.lock:
            self._session = engine.open_session()

    def execute(self, *words):
        with self._engine.lock:
            return execute(self._session, argv_of(words))


@unittest.skipUnless(hasattr(os, "fork") and os.path.isdir("/proc/self/fd"), "needs Linux")
class OperationTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # What happens only once in a process need not happen in each fork.
        with Server(test_config({"save": '""'}), Log(level="nothing"), port=0) as server:
            with Client(port=server.port) as client:
                steps_in(client)

    def setUp(self):
        in_memory = "/dev/shm"                  # where a sync takes no time
        self.directory = os.path.realpath(tempfile.mkdtemp(dir=in_memory if os.access(in_memory, os.W_OK) else None))
        self.addCleanup(shutil.rmtree, self.directory)
        self.pictures = os.path.join(self.directory, "pictures")
        os.mkdir(self.pictures)

    def play(self, scenario, directives, directory, make_hook):
        """Run a scenario in a fork; return its exit status, negative for a signal, and what it reported."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            perform(scenario, directives, directory, make_hook, writer)
        os.close(writer)
        with open(reader, "rb") as pipe:
            reports = Reports(pipe.read().decode())
        status = os.waitpid(pid, 0)[1]
        return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), reports

    def play_each(self, scenario, directives, hook, expected=(0,), stride=STRIDE):
        """Once for each operation, or each `stride`-th, to which ``hook(number, directory, scene)`` does something. The
        fork must end with one of `expected`.
        """
        for turn in range(random.randint(1, stride), MOST_OPERATIONS, stride):
            directory = os.path.join(self.directory, str(turn))
            os.mkdir(directory)
            status, reports = self.play(scenario, directives, directory, lambda scene: hook(turn, directory, scene))
            where = f"at operation {turn} of {scenario.__name__}: {reports.operation}"
            self.assertIn(status, (0,) if reports.operation is None else expected, where)
            self.check_pictures(reports, where)
            self.check(directory, reports.kept, reports.begun, where)
            shutil.rmtree(directory)
            if reports.operation is None:
                return
        self.fail("there is no end")

    def check_pictures(self, reports, where):
        """A start on each of them finds what was kept by then."""
        for name, kept, begun in reports.left:
            picture = os.path.join(self.pictures, name)
            self.check(picture, kept, begun, f"{where}, {name}")
        for name in os.listdir(self.pictures):          # also one that the end of the process has cut short
            shutil.rmtree(os.path.join(self.pictures, name))

    def check(self, directory, least, most, where):
        """A start on that directory finds at least and at most so many steps."""
        try:
            steps = found(directory)
        except Exception as error:
            files = sorted(f"{name} {len(data)}" for name, data in contents(directory).items())
            raise AssertionError(f"{where}: {error!r} with {files}") from error
        self.assertTrue(least <= steps <= most, f"{where}: {steps} steps, not {least} to {most}")


class Reports:
    """What came through the pipe: `begun` and `kept` steps, the `operation` at which something was done."""

    def __init__(self, text):
        lines = [line.split() for line in text.splitlines()]
        told = {what: word for what, word, *_ in lines}         # the last of each: numbers only grow
        self.begun, self.kept = int(told.get("begun", 0)), int(told.get("kept", 0))
        self.operation = told.get("at")
        self.left = [(name, int(kept), int(begun)) for name, kept, begun in
                     (line[1:] for line in lines if line[0] == "left")]


def perform(scenario, directives, directory, make_hook, pipe):
    """In the fork; does not return."""
    status = WRONG
    write = os.write
    try:
        journal._SYNC_S = 0.005                         # how often it tries again
        sys.setswitchinterval(0.0002)                   # client and server take turns in one process
        signal.alarm(PATIENCE_S)
        scene = Scene(directory, directives, lambda text: write(pipe, text.encode() + b"\n"))
        hook = make_hook(scene)
        watch_operations(directory, hook)
        scenario(scene)
        hook.finish()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def found(directory):
    """Load what is in a directory, as a server does at its start, and count the steps in it."""
    appendonly = "yes" if os.path.exists(os.path.join(directory, "appendonlydir", MANIFEST)) else "no"
    engine = Engine(test_config({"dir": directory, "save": '""', "appendonly": appendonly}), Log(level="nothing"))
    load_at_start(engine, lambda: None)
    try:
        return steps_in(LocalClient(engine))
    finally:
        with engine.lock:
            engine.append_only.stop()


class PictureTest(OperationTestCase):
    """What is left at each operation by SIGKILL, and when the power goes off, which SIGKILL does not show."""

    def look_at_each(self, scenario, directives):
        """Play the scenario once, and start on what would have been left at each operation."""
        directory = os.path.join(self.directory, "watched")
        os.mkdir(directory)
        status, reports = self.play(scenario, directives, directory,
                                    lambda scene: Pictures(directory, self.pictures, scene))
        self.assertEqual(status, 0)
        self.check_pictures(reports, scenario.__name__)

    def test_writing(self):
        self.look_at_each(write, ALWAYS)

    def test_rewriting(self):
        self.look_at_each(rewrite, ALWAYS)

    def test_rewriting_with_everysec(self):
        """Nothing certain is promised to survive a power cut, but what does has no holes."""
        self.look_at_each(rewrite, {"appendonly": "yes", "appendfsync": "everysec"})

    def test_turning_on_and_off(self):
        self.look_at_each(switch, {"appendfsync": "always"})

    def test_snapshots(self):
        self.look_at_each(save, {})


class KillTest(OperationTestCase):
    """SIGKILL at each operation."""

    def kill_each(self, scenario, directives):
        self.play_each(scenario, directives, lambda turn, directory, scene: Kill(turn, False, scene.report),
                       expected=(-signal.SIGKILL,))

    def test_writing(self):
        self.kill_each(write, ALWAYS)

    def test_rewriting(self):
        self.kill_each(rewrite, ALWAYS)

    def test_turning_on_and_off(self):
        self.kill_each(switch, {"appendfsync": "always"})

    def test_snapshots(self):
        self.kill_each(save, {})


class ChildTest(OperationTestCase):
    """The child is killed at each operation, or that fails: the server goes on, and what there was stays."""

    def do_to_each(self, scenario, directives):
        for action in Kill, Fail:
            self.play_each(scenario, directives,
                           lambda turn, directory, scene: action(turn, True, scene.report), stride=1)

    def test_rewriting(self):
        self.do_to_each(rewrite, ALWAYS)

    def test_snapshots(self):
        self.do_to_each(save, {})


class FailTest(OperationTestCase):
    """Each operation fails once; a server that cannot start may end. What SIGKILL would leave soon after is looked
    at, too.
    """

    def fail_each(self, scenario, directives):
        self.play_each(scenario, directives,
                       lambda turn, directory, scene: FailThenPictures(turn, directory, self.pictures, scene),
                       expected=(0, NOT_STARTED))

    def test_writing(self):
        self.fail_each(write, ALWAYS)

    def test_rewriting(self):
        self.fail_each(rewrite, ALWAYS)

    def test_turning_on_and_off(self):
        self.fail_each(switch, {"appendfsync": "always"})

    def test_snapshots(self):
        self.fail_each(save, {})


if __name__ == "__main__":
    unittest.main()
