"""The same commands with redis-cli and with this command line: what they print, complain and return is equal."""
import os
import re
import sys
import unittest

from tests.cli.cli_support import CLI_WORDS, CliTestCase, Terminal, needs_terminals
from tests.cli.mode_support import CLI, needs_redis_cli, run_redis_cli

TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

SCRIPT = rb"""
set k "a \"quoted\" \x00\xff\n value"
get k
get nothing
incr n
lpush l a b "c d" 1.5
lrange l 0 -1
lrange nothing 0 -1
lpush k x
nosuchcommand with arguments
hset h f1 v1 f2 "v 2"
hgetall h
hgetall nothing
sadd s one
smembers s
zadd z 1.5 a 2 b inf c
zrange z 0 -1 withscores
zscore z a
zscore z c
geoadd g 13.361389 38.115556 Palermo
geopos g Palermo nothing
xadd x 1-1 f v g "w w"
xrange x - +
xread count 2 streams x 0
xinfo stream x
command docs get
command info get
config get maxmemory
client getname
multi
get n
lpush k x
hgetall h
exec
multi
nosuchcommand
exec
debug protocol map
debug protocol set
debug protocol double
debug protocol true
debug protocol false
debug protocol null
debug protocol verbatim
debug protocol integer
debug protocol string
debug protocol array
3 incr n
eval "return {1, {2, {3, 'a'}}, redis.status_reply('fine'), false, redis.error_reply('ERR no')}" 0
cluster nodes
echo 'single \x41 \' quote'
get "unbalanced
0 incr n
select 3
get k
select 99
keys *
config set nothing 1
set
reset
quit
"""


@needs_redis_cli
class SameOutputTest(CliTestCase):
    def check(self, *words, given=b"", environment=None):
        expected = run_redis_cli(self.server.port, *words, given=given)
        self.execute("FLUSHALL", "CONFIG RESETSTAT")
        result = self.cli(*words, given=given, environment=environment)
        self.execute("FLUSHALL", "CONFIG RESETSTAT")
        for ours, theirs in ((result.output, expected.output), (result.errors, expected.errors)):
            for our_line, their_line in zip(ours.split(b"\n"), theirs.split(b"\n")):
                self.assertEqual(our_line, their_line, words)
            self.assertEqual(ours, theirs, words)
        self.assertEqual(result.status, expected.status, words)

    def test_scripts_in_all_formats(self):
        for options in ((), ("--no-raw",), ("--csv",), ("--json",), ("--quoted-json",), ("--json", "-2"),
                        ("-3", "--no-raw"), ("-3", "--csv"), ("-3", "--raw"), ("-d", "<>", "-D", "[]")):
            self.check(*options, given=SCRIPT)

    def test_single_commands(self):
        for words in (("GET", "k"), ("SET", "k", ""), ("GET",), ("-e", "GET"), ("-r", "3", "INCR", "n"),
                      ("-n", "2", "--no-raw", "SET", "k", "v"), ("-n", "99", "GET", "k"), ("-a", "wrong", "PING"),
                      ("--quoted-input", "GET", '"a'), ("--quoted-input", "GET", '"\\x00"'),
                      ("-3", "--json", "HGETALL", "h"), ("EVAL", "return {'a', {1, 2}}", "0"), ("SUBSCRIBE",),
                      ("-X", "t", "GET", "k"), ("--nope",),
                      ("-3", "-2", "PING"), ("-u", "http://x", "PING"), ("-s", "/nowhere/s", "PING")):
            self.check(*words)

    def test_values_from_the_standard_input(self):
        self.check("-x", "ECHO", given=b"a\nb\0\xff\n")
        self.check("-X", "tag", "ECHO", "tag", given=b"value")


@needs_redis_cli
@needs_terminals
@unittest.skipIf(sys.implementation.name == "pypy", "PyPy's readline writes more than the line")
class SamePromptTest(CliTestCase):
    """Both on a terminal, with the same keys."""

    LINES = ("set k v", "get k", "lpush l 1 2", "lrange l 0 -1", "get", "select 2", "multi", "incr n", "exec",
             "hello 3", "hset h f v", "hgetall h", "2 incr n", '"', "clientlist", "quit")

    def test_what_follows_each_line(self):
        expected = self.converse([CLI, "-p", str(self.server.port)])
        self.execute("FLUSHALL")
        self.assertEqual(self.converse([*CLI_WORDS, "-p", str(self.server.port)]), expected)

    def converse(self, words):
        """The lines that are shown, without those typed, and the prompts."""
        terminal = Terminal(self, words, REDISCLI_HISTFILE=os.devnull, REDISCLI_RCFILE=os.devnull)
        shown, prompts = [], []
        for line in self.LINES:
            text = terminal.read_until("> ")
            while not TERMINAL_CODES.sub("", text).endswith("> ") or "127.0.0.1" not in text.split("\n")[-1]:
                text += terminal.read_until("> ")
            *lines, prompt = TERMINAL_CODES.sub("", text).split("\n")
            shown.append([line.rstrip("\r") for line in lines if '"id"' not in line])
            prompts.append(prompt.split("\r")[-1])
            terminal.type(line + "\r")
            if line != "quit":
                terminal.read_until("\n")
        self.assertEqual(terminal.status(), 0)
        return shown, prompts


if __name__ == "__main__":
    unittest.main()
