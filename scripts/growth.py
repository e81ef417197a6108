#!/usr/bin/env python3
"""Measures how the cost of commands grows with the number of elements, here and in redis-server.

    python3 scripts/benchmark.py --suite growth                     # everything; takes some minutes
    python3 scripts/benchmark.py --suite growth --only zadd,get --sizes 1000,100000
    python3 scripts/benchmark.py --suite growth --check             # status 1 if a limit below is missed

It starts its own servers: this one and, if one is installed, redis-server. A command is measured at each size
in turn, in both servers in turn, and again for several rounds; the least of the rounds counts. What is
measured is processor time of the server (on Linux; elsewhere the time that passes), since that is the same on
a busy machine and an idle one. All goes over one connection for each server, in pipelines of PIPELINE commands
(slow ones: SLOW_PIPELINE). What a command adds or takes away is undone afterwards, unmeasured.

Then comes a SCAN of all keys between writes, which must return every key that was there throughout, and the
resident memory of so many keys of 16 bytes with values of 16 bytes, in servers that hold nothing else.

Where to look: OPERATIONS says what is measured and which growth is allowed, `measure_operation` how. A command
of which Redis' documentation itself says O(n) has no limit; its figures are for comparison with redis-server.
"""
import argparse
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from typing import Callable, NamedTuple, Optional

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from redis_clone.client import Client, ClientError, encode_command  # noqa: E402

SIZES = (1000, 100_000, 1_000_000)
PIPELINE = 200
SLOW_PIPELINE = 5
SAMPLES = 25                    # pipelines a round
FILL_CHUNK = 1000               # elements a command, or commands a pipeline
TIMEOUT_S = 120
GROWTH, PICK_GROWTH = 3, 5      # most times the cost at the smallest size; random picks miss caches more often
SCAN_RATIO, MEMORY_RATIO = 20, 2    # most times what redis-server takes
SCAN_COUNT = 100
WRITES = 10                     # between two calls of SCAN


# -- the servers ----------------------------------------------------------------------------------------

class ServerProcess:
    """A server of its own, with one connection; `databases` hold one size each."""

    def __init__(self, name, command):
        self.name = name
        self._directory = tempfile.TemporaryDirectory()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._process = subprocess.Popen([*command, "--port", str(port)], cwd=self._directory.name,
                                         env=dict(os.environ, PYTHONPATH=ROOT), stdout=subprocess.DEVNULL)
        self.client = Client(port=port, timeout_s=TIMEOUT_S)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline_s = time.monotonic() + TIMEOUT_S
        while True:
            try:
                return self.client.execute("PING")
            except ClientError:
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    self.stop()
                    raise
                time.sleep(0.05)

    def time_s(self):
        """The processor time that the server has used."""
        try:
            return time.clock_gettime(~self._process.pid << 3 | 2)      # as clock_getcpuclockid(3) on Linux
        except (AttributeError, OSError):
            return time.perf_counter()

    def resident_bytes(self):
        lines = bytes(self.client.execute("INFO", "memory")).decode().splitlines()
        return int(dict(line.split(":", 1) for line in lines if ":" in line)["used_memory_rss"])

    def select(self, database):
        self.client.execute("SELECT", database)

    def send(self, commands):
        """Run commands; return their replies, and the time that the server took."""
        request = b"".join(map(encode_command, commands))
        began_s = self.time_s()
        replies = self.client.exchange(request, len(commands), "a pipeline")
        return replies, self.time_s() - began_s

    def fill(self, commands):
        """Run any number of commands, which must not fail."""
        pipeline = self.client.pipeline()
        for command in commands:
            pipeline.add(*command)
            if len(pipeline) * len(command) > FILL_CHUNK:
                pipeline.execute()
        pipeline.execute()

    def stop(self):
        self.client.close()
        self._process.kill()
        self._process.wait()
        self._directory.cleanup()


def start_servers(real):
    """This server and, unless there is none, the real one, whose path is `real`."""
    servers = [ServerProcess("redis_clone", [sys.executable, "-m", "redis_clone", "--save", ""])]
    if real:
        servers.append(ServerProcess(os.path.basename(real), [real, "--save", "", "--appendonly", "no"]))
    return servers


# -- what is measured -----------------------------------------------------------------------------------

def element(number):
    return f"element:{number:012}"


def score(number, size):
    """The elements' scores are the numbers below `size`, in no order."""
    return number * 7919 % size


def chunks(size):
    return (range(start, min(start + FILL_CHUNK, size)) for start in range(0, size, FILL_CHUNK))


def fill_zset(size):
    for numbers in chunks(size):
        yield ["ZADD", "zset", *(word for number in numbers for word in (score(number, size), element(number)))]


def fill_lex(size):
    for numbers in chunks(size):
        yield ["ZADD", "lex", *(word for number in numbers for word in (0, element(number)))]


def fill_set(size):
    return (["SADD", "set", *map(element, numbers)] for numbers in chunks(size))


def fill_hash(size):
    for numbers in chunks(size):
        yield ["HSET", "hash", *(word for number in numbers for word in (element(number), "value"))]


def fill_list(size):
    return (["RPUSH", "list", *map(element, numbers)] for numbers in chunks(size))


def fill_keys(size):
    return (["SET", element(number), "value"] for number in range(size))


class Operation(NamedTuple):
    """`command(number, size)` is a command about an element drawn at random, `new(n)` names one that is not
    there. `undo(commands, replies)` are the commands that restore what was there before."""

    name: str
    fill: Callable
    command: Callable
    limit: Optional[int] = GROWTH
    undo: Callable = lambda commands, replies: []
    pipeline: int = PIPELINE


def remove_all(verb, position):
    """Undo by one command that removes the elements which stand at `position` in the commands."""
    return lambda commands, replies: [[verb, commands[0][1], *(command[position] for command in commands)]]


def for_each(verb):
    """Undo by a command for each key."""
    return lambda commands, replies: [[verb, command[1]] for command in commands]


OPERATIONS = [
    Operation("ZADD", fill_zset, lambda n, size: ["ZADD", "zset", n + 0.5, f"new:{n}"], undo=remove_all("ZREM", 3)),
    Operation("ZADD moves", fill_zset, lambda n, size: ["ZADD", "zset", (n * 31 + 17) % size, element(n)],
              undo=lambda commands, replies: [
                  ["ZADD", "zset", score(int(command[3][-12:]), MOVED_IN), command[3]] for command in commands][:0]),
    Operation("ZRANK", fill_zset, lambda n, size: ["ZRANK", "zset", element(n)]),
    Operation("ZRANGEBYSCORE", fill_zset,
              lambda n, size: ["ZRANGEBYSCORE", "zset", (size + n) // 3, "+inf", "LIMIT", 0, 10]),
    Operation("ZRANGEBYLEX", fill_lex,
              lambda n, size: ["ZRANGEBYLEX", "lex", "[" + element((size + n) // 3), "+", "LIMIT", 0, 10]),
    Operation("SPOP", fill_set, lambda n, size: ["SPOP", "set"], PICK_GROWTH,
              undo=lambda commands, replies: [["SADD", "set", *replies]]),
    Operation("SRANDMEMBER", fill_set, lambda n, size: ["SRANDMEMBER", "set"], PICK_GROWTH),
    Operation("HSET", fill_hash, lambda n, size: ["HSET", "hash", f"new:{n}", "value"], undo=remove_all("HDEL", 2)),
    Operation("LPUSH", fill_list, lambda n, size: ["LPUSH", "list", "value"],
              undo=lambda commands, replies: [["LTRIM", "list", len(commands), -1]]),
    Operation("LINDEX", fill_list, lambda n, size: ["LINDEX", "list", n], None),
    Operation("LINSERT", fill_list, lambda n, size: ["LINSERT", "list", "BEFORE", element(n), "value"], None,
              undo=lambda commands, replies: [["LREM", "list", len(commands), "value"]], pipeline=SLOW_PIPELINE),
    Operation("GET", fill_keys, lambda n, size: ["GET", element(n)]),
    Operation("SET", fill_keys, lambda n, size: ["SET", f"new:{n}", "value"], undo=for_each("DEL")),
    Operation("EXPIRE", fill_keys, lambda n, size: ["EXPIRE", element(n), 100_000], undo=for_each("PERSIST")),
]
