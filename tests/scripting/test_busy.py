"""Tests of scripting/busy.py: what others may do while a script is slow.

The script calls `pause()`, which lets time pass and interrupts it as the watching thread would; what others do then
is done instead of the moment of sleep for which the script's thread gives the lock away.
"""
import select
import time
import unittest
from unittest import mock

from redis_clone.errors import RedisError
from redis_clone.resp import encode
from tests.support import REAL, EngineTestCase, argv_of, receive

from .slow_scripts import SlowScriptTestCase

BUSY = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
MOMENT = "redis_clone.scripting.busy.time.sleep"
UNKILLABLE = (b"-UNKILLABLE Sorry the script already executed write commands against the dataset. You can either "
              b"wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.\r\n")
KILLED = r"^ERR Script killed by user with SCRIPT KILL\.\.\. script: \w+, on @user_script:1\.$"
BUSY_LINE = f"-{BUSY}\r\n".encode()


@unittest.skipIf(REAL, "looks into the engine")
class BusyTestCase(EngineTestCase):
    config = {"busy-reply-threshold": "125"}           # an eighth of a second: floats are exact

    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.lines = []
        self.engine.log.warning = self.engine.log.notice = self.lines.append
        self.execute("SCRIPT", "LOAD", "return 1")
        runtime = next(iter(self.engine.scripting.programs.values())).runtime
        dict.__setitem__(runtime.globals, b"pause", self.pause)

    def pause(self, seconds=0.125, *_):
        self.clock.advance(seconds)
        self.engine.scripting.watch.give_way()
        return ()

    def run_with_others(self, script, others, *args):
        """The reply of a script, while others do something whenever they are let in."""
        with mock.patch(MOMENT, lambda seconds: others()):
            return self.execute("EVAL", script, *(args or (0,)))


class BusyTest(BusyTestCase):
    def test_others_are_told(self):
        replies = []
        reply = self.run_with_others("pause() return 'done'", lambda: replies.append(self.other.wire("PING")))
        self.assertEqual((reply, replies), (b"done", [BUSY_LINE]))
        self.assertEqual(self.other.wire("PING"), b"+PONG\r\n")

    def test_not_before_the_threshold(self):
        replies = []
        self.run_with_others("pause(0.0625)", lambda: replies.append(self.other.wire("PING")))
        self.assertEqual(replies, [])

    def test_a_threshold_of_zero_is_never_reached(self):
        self.execute("CONFIG", "SET", "lua-time-limit", 0)
        replies = []
        self.run_with_others("pause(1000)", lambda: replies.append(self.other.wire("PING")))
        self.assertEqual(replies, [])

    def test_commands_that_do_no_harm_are_run(self):
        replies = {}

        def others():
            for words in ("MULTI", "DISCARD", "WATCH k", "UNWATCH", "HELLO", "RESET"):
                replies[words] = self.other.wire(words)[:1]
        self.run_with_others("pause()", others)
        self.assertNotIn(b"-", replies.values())

    def test_unknown_commands_and_wrong_ones_are_refused_as_ever(self):
        replies = []
        self.run_with_others("pause()", lambda: replies.extend(self.other.wire(words) for words in ("NOSUCH", "GET")))
        self.assertEqual(replies, [b"-ERR unknown command 'NOSUCH', with args beginning with: \r\n",
                                   b"-ERR wrong number of arguments for 'get' command\r\n"])

    def test_a_transaction_is_spoiled(self):
        self.other.wire("MULTI")
        replies = []
        self.run_with_others("pause()", lambda: replies.extend(self.other.wire(words) for words in ("GET k", "EXEC")))
        self.assertEqual(replies, [BUSY_LINE, b"-EXECABORT Transaction discarded because of: " + BUSY_LINE[1:]])

    def test_those_who_connect_meanwhile_are_told(self):
        replies = []
        self.run_with_others("pause()", lambda: replies.append(self.new_client().wire("PING")))
        self.assertEqual(replies, [BUSY_LINE])

    def test_it_is_logged_once(self):
        self.run_with_others("pause() pause() return 1", lambda: None)
        self.assertEqual(len(self.lines), 1)
        self.assertRegex(self.lines[0],
                         r"^Slow script detected: still in execution after 125 milliseconds\. You can try killing the "
                         r"script using the SCRIPT KILL command\. Script name is: [0-9a-f]{40}\.$")

    def test_what_is_the_commands_own_is_put_aside(self):
        keyspace = self.engine.keyspace
        before = (keyspace.now, self.client.session)
        self.engine.running = self.client.session

        def others():
            self.other.wire("GET k")
            self.assertIsNot(keyspace.now, before[0])
        self.run_with_others("redis.call('time') pause()", others)
        self.assertEqual((keyspace.now, self.engine.running), before)

    def test_time_stands_still_for_the_script(self):
        self.execute("SET", "k", "v", "PX", "50")
        reply = self.run_with_others("pause() return redis.call('get', 'k')", lambda: self.other.wire("GET k"))
        self.assertEqual(reply, b"v")

    def test_who_waits_is_served_after_the_script(self):
        waiting = self.new_client()
        waiting.block("BLPOP l 0")
        with mock.patch(MOMENT, lambda seconds: self.assertEqual(
                (self.other.wire("PING"), waiting.late_reply()), (BUSY_LINE, None))):
            self.client.wire("EVAL", "redis.call('rpush', 'l', 'a') pause()", "0")
        self.assertEqual(waiting.late_reply(), b"*2\r\n$1\r\nl\r\n$1\r\na\r\n")

    def test_housekeeping_stays_away(self):
        self.execute("SET", "k", "v", "PX", "50")
        database = self.engine.keyspace.databases[0]

        def others():
            self.engine.housekeep()
            self.assertIn(b"k", database.values)
        self.run_with_others("pause()", others)
        self.engine.housekeep()
        self.assertNotIn(b"k", database.values)

    def test_keys_that_others_look_for_do_not_expire(self):
        self.execute("SET", "k", "1", "PX", "50")
        self.engine.keyspace.effects = []
        values = self.engine.keyspace.databases[0].values

        def others():
            self.assertEqual(self.other.wire("WATCH k"), b"+OK\r\n")
            self.assertIn(b"k", values)
        self.assertEqual(self.run_with_others("pause() return redis.call('incr', 'k')", others), 2)
        self.assertEqual(self.execute("GET", "k"), None)
        self.assertNotIn(b"k", values)

    def test_nor_when_a_pause_ends_meanwhile(self):
        self.execute("CLIENT", "PAUSE", "10", "WRITE")
        expires = []

        def others():
            self.other.wire("WATCH k")
            expires.append(self.engine.keyspace.may_expire)
        self.run_with_others("#!lua flags=no-writes\npause()", others)
        self.assertEqual((self.engine.paused, expires, self.engine.keyspace.may_expire), (None, [False], True))

    def test_a_late_interruption_does_no_harm_to_the_next_script(self):
        self.assertEqual(self.run_with_others("pause(0)", self.fail), None)
        self.engine.scripting.watch.give_way()

    def test_scripts_in_a_transaction(self):
        replies = []
        self.client.wire("MULTI")
        self.client.wire("EVAL", "pause() return redis.call('incr', 'k')", 0)
        self.client.wire("INCR", "k")
        with mock.patch(MOMENT, lambda seconds: replies.append(self.other.wire("INCR k"))):
            self.assertEqual(self.client.wire("EXEC"), b"*2\r\n:1\r\n:2\r\n")
        self.assertEqual(replies, [BUSY_LINE])


class KillTest(BusyTestCase):
    def kill(self):
        self.killing = self.other.wire("SCRIPT KILL")

    def test_ends_the_script(self):
        reply = self.run_with_others("pause() return 1", self.kill)
        self.assertEqual(self.killing, b"+OK\r\n")
        self.assertRegex(str(reply), KILLED)
        self.assertEqual(self.lines[1:], ["Lua script killed by user with SCRIPT KILL."])
        self.assertEqual(self.other.wire("PING"), b"+PONG\r\n")

    def test_no_pcall_helps_against_it(self):
        reply = self.run_with_others("pcall(pause)\nreturn 1", self.kill)
        self.assertIsInstance(reply, RedisError)

    def test_what_has_written_cannot_be_ended(self):
        reply = self.run_with_others("redis.call('set', 'k', 'v') pause() return 1", self.kill)
        self.assertEqual(reply, 1)
        self.assertEqual(self.killing, UNKILLABLE)

    def test_what_has_published_can_be_ended(self):
        self.run_with_others("redis.call('publish', 'c', 'm') pause() return 1", self.kill)
        self.assertEqual(self.killing, b"+OK\r\n")

    def test_functions_have_their_own(self):
        replies = []
        self.run_with_others("pause()", lambda: replies.append(self.other.wire("FUNCTION KILL")))
        self.assertEqual(replies, [BUSY_LINE])

    def test_the_next_script_lives(self):
        self.run_with_others("pause()", self.kill)
        self.assertEqual(self.run_with_others("pause() return 1", lambda: None), 1)


class ShutdownTest(BusyTestCase):
    def setUp(self):
        super().setUp()
        self.stopped = []
        self.engine.shutdown = lambda: self.stopped.append(True)

    def test_only_without_saving(self):
        replies = []
        self.run_with_others("pause()", lambda: replies.extend(
            self.other.wire(words) for words in ("SHUTDOWN", "SHUTDOWN SAVE", "SHUTDOWN NOW FORCE")))
        self.assertEqual((replies, self.stopped), ([BUSY_LINE] * 3, []))

    def test_nosave_ends_the_server_and_the_script(self):
        reply = self.run_with_others("redis.call('set', 'k', 'v') pause() return 1",
                                     lambda: self.other.wire("SHUTDOWN NOSAVE"))
        self.assertTrue(self.stopped and self.engine.ending)
        self.assertIsInstance(reply, RedisError)


class WatchTest(BusyTestCase):
    """When the thread looks, and when it is not there."""

    def setUp(self):
        super().setUp()
        self.watch = self.engine.scripting.watch

    def test_it_looks_when_a_script_that_runs_gets_slow(self):
        delays = []
        runtime = next(iter(self.engine.scripting.programs.values())).runtime
        dict.__setitem__(runtime.globals, b"look", lambda seconds, *_: (
            self.clock.advance(seconds), delays.append(round(self.watch.delay_s(), 3)), ())[-1])
        self.execute("EVAL", "look(0) look(0.0625) look(0.125)", 0)
        self.assertEqual(delays, [0.125, 0.062, 0.001])
        self.assertEqual(self.watch.delay_s(), 0.125)

    def test_it_interrupts_what_is_slow(self):
        program = self.engine.scripting.load(b"return 1")
        calls = []
        self.engine.scripting.running = mock.Mock(runtime=mock.Mock(interrupt=calls.append))
        self.engine.scripting.started_s = self.clock.monotonic()
        self.watch.look()
        self.assertEqual(calls, [])
        self.clock.advance(0.125)
        self.watch.look()
        self.assertEqual(calls, [self.watch.give_way])
        self.engine.scripting.running = None
        self.assertEqual(program.name.decode(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")

    def test_without_a_threshold_there_is_no_thread(self):
        self.execute("CONFIG", "SET", "busy-reply-threshold", 0)
        self.watch.awake = False
        self.execute("EVAL", "return 1", 0)
        self.assertFalse(self.watch.awake)

    def test_it_does_not_ask_one_for_another(self):
        class Runs:                             # one script ends and another begins between two looks
            running = mock.Mock()
            runs = property(lambda self: next(self.numbers))
            numbers = iter((1, 2))
            started_s = -1000.0
        with mock.patch.object(self.watch, "_scripting", Runs()):
            self.watch.look()
        Runs.running.runtime.interrupt.assert_not_called()

    def test_there_is_one_thread_and_none_after_the_end(self):
        self.watch.wake()
        thread = self.watch._thread
        self.watch.wake()
        self.assertIs(self.watch._thread, thread)
        self.watch.stop()
        self.assertFalse(thread.is_alive())
        self.watch.awake = False
        self.watch.wake()
        self.assertFalse(self.watch.awake)


@unittest.skipIf(REAL, "starts a server of its own")
class SlowScriptTest(SlowScriptTestCase):
    """The same with a real clock and real threads."""

    def test_an_endless_script_can_be_killed(self):
        for script in ("while true do end", "repeat until false", "local function f() return f() end f()",
                       "while true do pcall(function() while true do end end) end",
                       "for i = 1, math.huge do redis.call('get', 'k') end",
                       "local co = coroutine.wrap(function() while true do coroutine.yield() end end) "
                       "while true do co() end"):
            sock = self.start("EVAL", script, 0)
            self.assertEqual(self.error_of("GET", "k"), BUSY)
            self.assertEqual(self.client.execute("SCRIPT", "KILL"), "OK")
            expected = b"-ERR Script killed by user with SCRIPT KILL... script: "
            self.assertEqual(receive(sock, len(expected)), expected)
            self.assertEqual(self.client.execute("PING"), "PONG")

    def test_a_script_that_is_only_slow_ends_by_itself(self):
        script = "redis.call('set', 'k', 0) for i = 1, ARGV[1] do redis.call('incr', 'k') end return 'done'"
        rounds, noticed = 10_000, False
        while not noticed:                      # on a machine with little time for this it may be over before
            rounds *= 4
            sock = self.connect()
            sock.sendall(encode(argv_of(("EVAL", script, 0, rounds))))
            while not noticed and not select.select((sock,), (), (), 0)[0]:
                noticed = self.error_of("PING") is not None
            self.assertEqual(receive(sock, 10), b"$4\r\ndone\r\n")
        self.assertEqual(int(self.client.execute("GET", "k")), rounds)

    def test_stopping_the_server_ends_it(self):
        self.start("EVAL", "redis.call('set', 'k', 'v') while true do end", 0)
        started_s = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - started_s, 5)
        self.assertFalse(self.server.engine.scripting.watch._thread.is_alive())

    def test_stopping_the_server_ends_the_one_after_it_as_well(self):
        sock = self.connect()
        endless = encode(argv_of(("EVAL", "while true do end", 0)))
        sock.sendall(encode([b"MULTI"]) + 2 * endless + encode([b"EXEC"]))
        self.wait_until_busy()
        self.server.stop()
        self.assertIsNone(self.server.engine.scripting.running)

    def test_shutdown_nosave_ends_it(self):
        self.start("EVAL", "redis.call('set', 'k', 'v') while true do end", 0)
        sock = self.connect()
        sock.sendall(encode(argv_of(("SHUTDOWN NOSAVE",))))
        self.assertEqual(sock.recv(100), b"")
        while self.server.engine.scripting.running is not None:
            time.sleep(0.001)


if __name__ == "__main__":
    unittest.main()
