#!/usr/bin/env python3
"""Measures scripts: how many a second, beside redis-server, and how fast Lua runs, beside lua5.1.

    python3 scripts/benchmark.py --suite lua                    # everything; takes a few minutes
    python3 scripts/benchmark.py --suite lua --only loops,calls --rounds 3
    python3 scripts/benchmark.py --suite lua --check            # status 1 if a limit below is missed

    limiter     EVALSHA of a rate limiter that calls four commands, 50 clients: requests a second
    empty       EVALSHA of `return 1`, 50 clients: requests a second
    loops       programs of pure Lua (lua_loops/*.lua), timed by themselves with os.clock, here and in
                lua5.1; and round trips through cjson: processor time of an EVALSHA, here and in redis-server
    compile     from the source of a script of 100 lines to something that can be called
    calls       what a command costs that a script calls, more than the same command called from Python

It starts its own servers, this one and, if one is installed, redis-server, and does the same in both in
turn, for several rounds. Of requests a second the median of the ratios within a round counts, of times the
least (of compiling the median). What needs redis-benchmark, redis-server or lua5.1 is skipped where that is
not installed.

Where to look: Suite has a method for each of these, the constants before it are the limits; servers.py
starts the servers.
"""
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

import persistence
from servers import OWN_COMMAND, ROOT, ServerFailed, running_servers   # which makes the package known, too
from suite import OneLineParser, Report, parse_choice, run_suite
from redis_clone.client import ClientError
from redis_clone.config import Config
from redis_clone.dispatch import call, execute
from redis_clone.engine import Engine
from redis_clone.errors import RedisError
from redis_clone.lua.errors import LuaError
from redis_clone.lua.runtime import Runtime
from redis_clone.registry import find

LIMITER_SHARE, EMPTY_SHARE = 0.30, 0.60     # least parts of redis-server's requests a second
LOOPS_MEDIAN, LOOP_MOST = 5, 15             # most times what lua5.1 takes: the median, and each
COMPILE_MOST_MS = 10
CALL_MOST_US = 2

TIMEOUT_S = 600                 # of a program or a run of redis-benchmark
CLIENTS = 50
BUCKETS = 1000                  # different keys that the rate limiter is asked about
REPEATS = 3                     # of a loop within a round
COMPILATIONS = 20               # a round
CALLS = 5000                    # a script

# A token bucket with the server's own clock.
LIMITER = """
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = redis.call("HMGET", KEYS[1], "tokens", "filled_at")
local tokens = tonumber(bucket[1]) or capacity
local elapsed = math.max(0, now - (tonumber(bucket[2]) or now))
tokens = math.min(capacity, tokens + elapsed * rate / 1000)
local taken = 0
if tokens >= 1 then
  tokens = tokens - 1
  taken = 1
end
redis.call("HSET", KEYS[1], "tokens", tokens, "filled_at", now)
redis.call("PEXPIRE", KEYS[1], math.ceil(capacity / rate * 1000))
return taken
"""
LIMITER_ARGUMENTS = ("1", "bucket:__rand_int__", "10", "5")

CJSON = """
local order = {id = 17, paid = true, total = 99.95, note = cjson.null, items = {}}
for i = 1, 10 do
  order.items[i] = {sku = "A-" .. i, count = i, price = i / 4, tags = {"new", "red \\"deep\\""}}
end
local size = 0
for _ = 1, 500 do
  local text = cjson.encode(order)
  size = size + #text
  order = cjson.decode(text)
end
return size
"""

# Runs a loop REPEATS times and returns the least time and what it returned, as text.
STOPWATCH = """
local function loop()
%s
end
local least, result = math.huge, nil
for _ = 1, %d do
  local began = os.clock()
  result = loop()
  least = math.min(least, os.clock() - began)
end
return string.format("%%.9f %%s", least, tostring(result))
"""

LOOPS_DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lua_loops")
COMPILED = os.path.join(ROOT, "tests", "scripting", "real_life", "queue_take.lua")
COMMANDS = (("SET", "key", "value"), ("GET", "key"), ("INCR", "counter"), ("HSET", "hash", "field", "value"))


# -- what is measured -----------------------------------------------------------------------------------

class Suite:
    """The measurements, a method for each."""

    def __init__(self, options, real, report):
        self._options = options
        self._real = real
        self._report = report
        self._benchmark = shutil.which("redis-benchmark")
        self._lua = shutil.which(options.lua)

    def limiter(self):
        self._measure_requests("limiter", "EVALSHA of a rate limiter", LIMITER, LIMITER_ARGUMENTS,
                               LIMITER_SHARE)

    def empty(self):
        self._measure_requests("empty", "EVALSHA of `return 1`", "return 1", ("0",), EMPTY_SHARE)

    def _measure_requests(self, name, title, script, arguments, share):
        if not self._benchmark:
            return self._report.skipped(name, "redis-benchmark is not installed")
        with self._servers() as servers:
            for server in servers:
                digest = bytes(server.client.execute("SCRIPT", "LOAD", script)).decode()
            command = ["EVALSHA", digest, *arguments]
            rounds = [[self._run_benchmark(server, command) for server in servers]
                      for _ in range(self._options.rounds)]
        self._report.table("Requests a second", [server.name for server in servers])
        self._report.compare(
            title, [statistics.median(rates) for rates in zip(*rounds)], digits=0,
            ratio=statistics.median(rates[0] / rates[-1] for rates in rounds), least=share)

    def _run_benchmark(self, server, command):
        """Requests a second; redis-benchmark ends with an error at the first error reply."""
        arguments = ["-p", server.port, "-c", CLIENTS, "-n", self._options.requests, "-r", BUCKETS, "--csv",
                     *command]
        try:
            done = subprocess.run(
                [self._benchmark, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=TIMEOUT_S, universal_newlines=True, check=True)
        except subprocess.SubprocessError as error:
            raise ServerFailed(f"redis-benchmark with {server.name}: {error}") from error
        (rate, _), = persistence.parse_benchmark(done.stdout).values()
        return rate

    def loops(self):
        self._report.table("Loops: milliseconds", ["redis_clone", "lua5.1"])
        ratios = []
        if self._lua:
            ratios += [self._measure_loop(name, source) for name, source in loop_sources()]
        else:
            self._report.skipped("loops", f"{self._options.lua} is not installed")
        ratios += self._measure_cjson()
        if ratios:
            self._report.row("median", [None, None], ratio=statistics.median(ratios), most=LOOPS_MEDIAN)

    def _measure_loop(self, name, source):
        program = STOPWATCH % (source, REPEATS)
        runtime = Runtime()
        chunk = runtime.load(program.encode(), b"@" + name.encode())
        rounds = [(runtime.call(chunk).decode(), run_lua(self._lua, program))
                  for _ in range(self._options.rounds)]
        pairs = [[text.split(" ", 1) for text in texts] for texts in rounds]
        check_equal(name, {result for pair in pairs for _, result in pair})
        return self._report_times(name, [[float(time_s) for time_s, _ in pair] for pair in pairs])

    def _measure_cjson(self):
        with self._servers() as servers:
            for server in servers:
                digest = server.client.execute("SCRIPT", "LOAD", CJSON)
            rounds = [[server.send([["EVALSHA", digest, 0]]) for server in servers]
                      for _ in range(self._options.rounds)]
        if len(servers) == 1:
            self._report.skipped("cjson", "there is no other server")
            return []
        check_equal("cjson", {replies[0] for pair in rounds for replies, _ in pair})
        rounds = [[time_s for _, time_s in pair] for pair in rounds]
        return [self._report_times(f"cjson ({servers[1].name})", rounds)]

    def _report_times(self, name, rounds):
        """Report the least of the times in each round, for both sides; returns the ratio."""
        times_s = [min(side) for side in zip(*rounds)]
        ratio = times_s[0] / times_s[1]
        self._report.row(name, [1000 * time_s for time_s in times_s], ratio=ratio, most=LOOP_MOST)
        return ratio

    def compile(self):
        with open(COMPILED, "rb") as file:
            source = file.read()
        times_s = [compile_time_s(source, number) for number in range(self._options.rounds * COMPILATIONS)]
        self._report.table("Compiling: milliseconds", ["least", "lines"], "median")
        self._report.row(os.path.basename(COMPILED), [1000 * min(times_s), source.count(b"\n")],
                         ratio=1000 * statistics.median(times_s), most=COMPILE_MOST_MS)

    def calls(self):
        engine = EngineInProcess()
        self._report.table("Calling a command: microseconds", ["from a script", "from Python"], "more")
        for command in COMMANDS:
            rounds = [(engine.script_call_s(command), engine.python_call_s(command))
                      for _ in range(self._options.rounds)]
            script_us, python_us = (1e6 * min(times_s) for times_s in zip(*rounds))
            # A script may be quicker, since its call has fewer gates to pass.
            more_us = max(0, script_us - python_us)
            self._report.row(command[0], (script_us, python_us), ratio=more_us, most=CALL_MOST_US)

    def _servers(self):
        return running_servers(self._real, own=self._options.server_command)


MEASUREMENTS = ("limiter", "empty", "loops", "compile", "calls")


def loop_sources():
    """(name, source) of each program in lua_loops."""
    for file_name in sorted(os.listdir(LOOPS_DIRECTORY)):
        with open(os.path.join(LOOPS_DIRECTORY, file_name), encoding="utf-8") as file:
            yield os.path.splitext(file_name)[0], file.read()


def check_equal(name, results):
    if len(results) > 1:
        raise ServerFailed(f"{name} came to different results: {', '.join(sorted(map(str, results)))}")


def run_lua(interpreter, program):
    """What a program returns, run by another interpreter."""
    try:
        done = subprocess.run(
            [interpreter, "-"], input=f"print((function() {program} end)())", stdout=subprocess.PIPE,
            timeout=TIMEOUT_S, universal_newlines=True, check=True)
    except subprocess.SubprocessError as error:
        raise ServerFailed(f"{interpreter}: {error}") from error
    return done.stdout.rstrip("\n")


def compile_time_s(source, number):
    """A state of its own and a text of its own: nothing of it can be known already."""
    runtime, source = Runtime(), source + b"\n-- %d\n" % number
    began_s = time.process_time()
    runtime.load(source)
    return time.process_time() - began_s


class EngineInProcess:
    """An engine without sockets, and the processor time of calls in it, that of the loops taken off."""

    def __init__(self):
        self._engine = Engine(config=Config())
        with self._engine.lock:
            self._session = self._engine.open_session("127.0.0.1:1", "127.0.0.1:2")

    def script_call_s(self, words):
        body = "redis.call(" + ", ".join(f'"{word}"' for word in words) + ")"
        return self._per_call_s(self._run_script, body, "")

    def python_call_s(self, words):
        argv = [word.encode() for word in words]
        command, name_words = find(self._engine.commands, argv)
        return self._per_call_s(run_calls, (self._session, command, name_words, argv), None)

    def _per_call_s(self, run, work, nothing):
        with self._engine.lock:
            self._engine.keyspace.tick()
            run(work)                           # the first time compiles, and makes the key
            times_s = []
            for argument in (work, nothing):
                began_s = time.process_time()
                run(argument)
                times_s.append(time.process_time() - began_s)
        return (times_s[0] - times_s[1]) / CALLS

    def _run_script(self, body):
        script = f"for i = 1, {CALLS} do {body} end"
        reply = execute(self._session, [b"EVAL", script.encode(), b"0"])
        if isinstance(reply, RedisError):
            raise ServerFailed(f"{script}: {reply}")


def run_calls(arguments):
    if arguments is None:
        for _ in range(CALLS):
            pass
    else:
        session, command, words, argv = arguments
        for _ in range(CALLS):
            call(session, command, words, argv)


# -- running it -----------------------------------------------------------------------------------------

def run(options, real):
    """Run what was chosen, each after the other whatever becomes of it; return what was missed."""
    report = Report()
    suite = Suite(options, real, report)
    for name in options.only:
        try:
            getattr(suite, name)()
        except (ClientError, LuaError, ServerFailed, OSError) as error:
            report.failed(name, error)
    return report.missed


def make_parser():
    parser = OneLineParser(prog="benchmark.py --suite lua", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--check", action="store_true", help="end with status 1 if a limit is missed or something fails")
    add("--only", default=",".join(MEASUREMENTS), metavar="NAME,...",
        help="only these; there are %(default)s")
    add("--requests", type=int, default=40_000, metavar="N",
        help="of each run of redis-benchmark (%(default)s)")
    add("--rounds", type=int, default=5, help="of which the best or the median counts (%(default)s)")
    add("--real", default="redis-server", metavar="PATH", help="the server to compare with (%(default)s)")
    add("--lua", default="lua5.1", metavar="PATH", help="the interpreter to compare with (%(default)s)")
    add("--server-command", type=shlex.split, default=OWN_COMMAND, metavar="COMMAND",
        help="another server, or another Python, in the place of this one")
    return parser


def main(arguments=None):
    """Run the suite; return the exit status."""
    return run_suite(parse_choice(make_parser(), arguments, MEASUREMENTS), run)


if __name__ == "__main__":
    sys.exit(main())
