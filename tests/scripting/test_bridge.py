"""Tests of the table `redis` (scripting/bridge.py)."""
import unittest
from hashlib import sha1

from tests.support import REAL, CommandTestCase, EngineTestCase


class CallTest(CommandTestCase):
    def run_script(self, expected, script, *args):
        self.check(expected, "EVAL", script, *(args or (0,)))

    def test_replies_become_lua_values(self):
        self.run_script("+OK", "return redis.call('set', 'k', 'v')")
        self.run_script("$1\r\nv", "return redis.call('get', 'k')")
        self.run_script("$6\r\nnumber", "return type(redis.call('strlen', 'k'))")
        self.run_script("$5\r\nfalse", "return tostring(redis.call('get', 'nosuch'))")
        self.run_script("$2\r\nOK", "return redis.call('set', 'k', 'v').ok")
        self.run_script("*2\r\n$1\r\nv\r\n$-1", "return redis.call('mget', 'k', 'nosuch')")

    def test_numbers_are_spelled_so_that_they_stay_what_they_are(self):
        for number, text in (("3", "3"), ("0.1", "0.1"), ("1e20", "1e+20"), ("-0", "0"), ("2^53", "9007199254740992"),
                             ("1/0", "inf"), ("0/0", "-nan"), ("1e-7", "1e-7"), ("0.1 + 0.2", "0.30000000000000004")):
            self.run_script(f"${len(text)}\r\n{text}", f"return redis.call('echo', {number})")

    def test_names_in_any_case_and_subcommands(self):
        self.check("+OK", "SET k v")
        self.run_script("$1\r\nv", "return redis.call('GeT', 'k')")
        self.run_script("$6\r\nembstr", "return redis.call('object', 'encoding', 'k')")

    def test_very_many_arguments(self):
        self.run_script(":600", "return redis.call('rpush', 'l', unpack(ARGV))", 0, *["x"] * 600)

    def test_errors_of_a_command_are_tables(self):
        self.check("+OK", "SET k v")
        text = "WRONGTYPE Operation against a key holding the wrong kind of value"
        self.run_script(f"*3\r\n${len(text)}\r\n{text}\r\n:1\r\n$3\r\nnil",
                        "local e = redis.pcall('hget', 'k', 'f') "
                        "return {e.err, e.ignore_error_stats_update, tostring(e.source)}")

    def test_commands_that_are_not_for_scripts(self):
        for words in ("'multi'", "'subscribe', 'x'", "'config', 'get', 'x'", "'eval', 'return 1', 0",
                      "'debug', 'sleep', 0", "'watch', 'k'", "'client', 'id'", "'script', 'load', 'x'", "'auth', 'x'",
                      "'save'", "'shutdown'"):
            self.run_script("-ERR This Redis command is not allowed from script", f"return redis.pcall({words})")

    def test_publishing_goes_on_at_once(self):
        self.run_script(":0", "return redis.call('publish', 'c', 'm')")


class ReplyFunctionsTest(CommandTestCase):
    def run_script(self, expected, script):
        self.check(expected, "EVAL", script, 0)

    def test_error_reply_has_a_code(self):
        for text, reply in (("x", "ERR x"), ("-x", "ERR x"), ("My fault", "My fault"), ("-My fault", "My fault"),
                            ("", "ERR "), ("-", "ERR "), ("a b\\r\\n c\\n", "a b   c")):
            self.run_script(f"-{reply}", f"return redis.error_reply('{text}')")

    def test_error_reply_and_status_reply_want_one_string(self):
        for function in ("error_reply", "status_reply"):
            for args in ("", "1", "'a', 'b'", "{}"):
                self.run_script("-ERR wrong number or type of arguments", f"return redis.{function}({args})")

    def test_status_reply_is_one_line(self):
        self.run_script("+x  y", "return redis.status_reply('x\\r\\ny')")
        self.run_script("+", "return redis.status_reply('')")


class SmallFunctionsTest(CommandTestCase):
    def run_script(self, expected, script):
        self.check(expected, "EVAL", script, 0)

    def fails(self, text, script):
        digest = sha1(script.encode()).hexdigest()
        self.run_script(f"-ERR {text} script: {digest}, on @user_script:1.", script)

    def test_sha1hex(self):
        for argument, text in (("''", ""), ("1", "1"), ("'a\\0b'", "a\0b"), ("{}", ""), ("nil", "")):
            self.run_script(f"$40\r\n{sha1(text.encode()).hexdigest()}", f"return redis.sha1hex({argument})")
        self.fails("wrong number of arguments", "return redis.sha1hex()")

    def test_log_returns_nothing(self):
        self.run_script(":0", "return select('#', redis.log(redis.LOG_DEBUG, 'a', nil, {}, 'b', 1))")
        self.run_script("$-1", "return redis.log('0', 'x')")
        self.fails("First argument must be a number (log level).", "redis.log('a', 'x')")

    def test_setresp(self):
        self.run_script("$3\r\nnil", "redis.setresp(3) return tostring(redis.call('get', 'nosuch'))")
        self.run_script("$5\r\nfalse",
                        "redis.setresp(3) redis.setresp('2') return tostring(redis.call('get', 'nosuch'))")
        self.run_script("$5\r\nfalse", "return tostring(redis.call('get', 'nosuch'))")
        for argument in ("1", "4", "{}"):
            self.fails("RESP version must be 2 or 3.", f"redis.setresp({argument})")

    def test_set_repl(self):
        self.run_script("*4\r\n:0\r\n:1\r\n:2\r\n:3",
                        "return {redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_ALL}")
        for argument in ("4", "7", "-1"):
            self.fails("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
                       f"redis.set_repl({argument})")

    def test_what_remains_of_older_times(self):
        self.run_script(":1", "return redis.replicate_commands()")
        self.run_script("$-1", "return redis.breakpoint()")
        self.run_script("$-1", "return redis.debug('x')")

    def test_acl_check_cmd(self):
        self.run_script(":1", "return redis.acl_check_cmd('get', 'x')")
        self.run_script(":1", "return redis.acl_check_cmd('config', 'get', 'x')")


@unittest.skipIf(REAL, "has the wording of Redis 7.2")
class WordingTest(EngineTestCase):
    def fails(self, text, script):
        digest = sha1(script.encode()).hexdigest()
        self.assert_error(f"ERR {text} script: {digest}, on @user_script:1.", "EVAL", script, 0)

    def test_wrong_calls(self):
        self.fails("Please specify at least one argument for this redis lib call", "return redis.call()")
        self.fails("Lua redis lib command arguments must be strings or integers", "return redis.call('get', nil)")
        self.fails("Lua redis lib command arguments must be strings or integers", "return redis.call({})")
        for words in ("'nope'", "''", "1", "'get\\0', 'k'", "'object', 'nope', 'k'"):
            self.fails("Unknown Redis command called from script", f"return redis.call({words})")
        for words in ("'get'", "'object'", "'get', 'a', 'b'"):
            self.fails("Wrong number of args calling Redis command from script", f"return redis.call({words})")

    def test_wrong_calls_of_other_functions(self):
        self.fails("redis.log() requires two arguments or more.", "redis.log(1)")
        self.fails("Invalid debug level.", "redis.log(4, 'x')")
        self.fails("redis.setresp() requires one argument.", "redis.setresp()")
        self.fails("redis.set_repl() requires two arguments.", "redis.set_repl()")
        self.fails("Please specify at least one argument for this redis lib call", "redis.acl_check_cmd()")
        self.fails("Invalid command passed to redis.acl_check_cmd()", "redis.acl_check_cmd('nope')")

    def test_pcall_returns_what_is_wrong(self):
        self.assertEqual(self.execute("EVAL", "return redis.pcall('nope').err", 0),
                         b"ERR Unknown Redis command called from script")
        self.assertEqual(self.execute("EVAL", "return redis.pcall().err", 0),
                         b"ERR Please specify at least one argument for this redis lib call")

    def test_the_version_is_that_of_redis(self):
        self.assertEqual(self.execute("EVAL", "return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}", 0),
                         [b"7.2.6", 0x070206])

    def test_the_globals_are_those_of_redis(self):
        names = self.execute("EVAL", "local t = {} for name in pairs(_G) do t[#t + 1] = name end return t", 0)
        self.assertEqual(sorted(names), (
            b"ARGV KEYS _G _VERSION __redis__err__handler assert bit cjson cmsgpack collectgarbage coroutine error "
            b"gcinfo getfenv getmetatable ipairs load loadstring math newproxy next os pairs pcall rawequal rawget "
            b"rawset redis select setfenv setmetatable string struct table tonumber tostring type unpack "
            b"xpcall").split())

    def test_log_lines_have_their_level(self):
        lines = []
        self.engine.log.notice = lines.append
        self.execute("EVAL", "redis.log(redis.LOG_NOTICE, 'a', 1, {}, 'b')", 0)
        self.assertEqual(lines, ["a 1 b"])

    def test_a_mistake_in_a_command_does_not_end_the_script(self):
        record = self.engine.commands[b"GET"]
        self.addCleanup(setattr, record, "handler", record.handler)
        record.handler = lambda session, key: 1 / 0
        self.engine.log.warning = lambda text: None
        self.assertEqual(self.execute("EVAL", "return redis.pcall('get', 'k').err", 0), b"ERR internal error")
