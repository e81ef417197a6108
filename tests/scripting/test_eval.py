"""Tests of EVAL and its kin and of SCRIPT; expectations hold for a real Redis, too, unless a class says otherwise."""
import unittest
from hashlib import sha1

from tests.support import REAL, CommandTestCase, EngineTestCase

SHA_OF_1 = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"       # of "return 1"


def digest_of(script):
    return sha1(script.encode()).hexdigest()


class ScriptCase(CommandTestCase):
    def run_script(self, expected, script, *args):
        """Compare the reply of EVAL; `args` are the number of keys, keys and arguments."""
        self.check(expected, "EVAL", script, *(args or (0,)))

    def fails(self, text, script, line=1):
        """Compare the reply of a script that ends with an error in a line."""
        self.run_script(f"-{text} script: {digest_of(script)}, on @user_script:{line}.", script)


class EvalTest(ScriptCase):
    def test_keys_and_arguments_are_tables(self):
        self.run_script("*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nx\r\n:1", "return {KEYS[1], KEYS[2], ARGV[1], #ARGV}",
                        2, "a", "b", "x")

    def test_many_arguments(self):
        self.run_script(":3000", "return #ARGV", 0, *["x"] * 3000)

    def test_the_tables_of_keys_and_arguments_may_be_changed(self):
        self.run_script(":5", "KEYS.x = 5; return KEYS.x")

    def test_the_number_of_keys_is_checked(self):
        self.check("-ERR value is not an integer or out of range", "EVAL", "return 1", "x")
        self.check("-ERR Number of keys can't be negative", "EVAL", "return 1", -1)
        self.check("-ERR Number of keys can't be greater than number of args", "EVAL", "return 1", 2, "a")
        self.check("-ERR Number of keys can't be greater than number of args", "EVAL", "return 1", (1 << 63) - 1)
        self.check("-ERR wrong number of arguments for 'eval' command", "EVAL", "return 1")

    def test_what_cannot_be_compiled(self):
        self.run_script("-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'",
                        "return 1 +")
        self.check("*1\r\n:0", "SCRIPT", "EXISTS", digest_of("return 1 +"))

    def test_effects_of_a_script_that_fails_stay(self):
        self.fails("ERR user_script:1: x", "redis.call('set', KEYS[1] or 'k', 'v') error('x')")
        self.check("$1\r\nv", "GET k")

    def test_in_a_transaction(self):
        self.check("+OK", "MULTI")
        self.check("+QUEUED", "EVAL", "redis.call('set', 'k', 1) return redis.call('get', 'k')", 0)
        self.check("+QUEUED", "EVAL", "error({err = 'My fault'})", 0)
        script = "error({err = 'My fault'})"
        self.check(f"*2\r\n$1\r\n1\r\n-My fault script: {digest_of(script)}, on @user_script:1.", "EXEC")

    def test_a_script_spoils_the_transactions_of_others(self):
        self.check("+OK", "WATCH k")
        other = self.new_client()
        self.addCleanup(other.close)
        other.wire("EVAL", "redis.call('set', 'k', 1)", "0")
        self.check("+OK", "MULTI")
        self.check("*-1", "EXEC")

    def test_select_is_for_the_script_only(self):
        self.run_script(":1", "redis.call('select', 2); redis.call('set', 'x', 'y') return redis.call('dbsize')")
        self.check(":0", "DBSIZE")
        self.check("+OK", "SELECT 2")
        self.run_script("$1\r\ny", "return redis.call('get', 'x')")

    def test_time_stands_still(self):
        self.run_script(":1", "local a = redis.call('time') for i = 1, 20000 do end local b = redis.call('time') "
                              "return a[1] == b[1] and a[2] == b[2]")

    def test_nothing_blocks(self):
        self.run_script("$-1", "return redis.call('blpop', 'nothing', 0)")
        self.run_script("$-1", "return redis.call('xread', 'block', 0, 'streams', 'nothing', '$')")

    def test_whoever_waits_is_served_when_the_script_is_done(self):
        if REAL:
            self.skipTest("needs a second client that blocks")
        other = self.new_client()
        other.block("BLPOP l 0")
        self.run_script(":2", "redis.call('lpush', 'l', 1, 2) return redis.call('llen', 'l')")
        self.assertEqual(other.late_reply(), b"*2\r\n$1\r\nl\r\n$1\r\n2\r\n")
        self.check(":1", "LLEN l")

    def test_sort_without_order_is_in_order_all_the_same(self):
        self.check(":3", "SADD s c a b")
        self.run_script("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc", "return redis.call('sort', 's', 'by', 'nosort')")

    def test_random_numbers_go_on_from_script_to_script(self):
        replies = []
        for _ in range(3):
            replies.append(self.client.wire("EVAL", "return math.random(1000000)", 0))
            self.check("+OK", "SCRIPT FLUSH")
        self.assertEqual(len(set(replies)), 3)

    def test_client_reply_holds_back_deeply_nested_replies_as_well(self):
        script = "local t = {} for i = 1, 60 do t = {t} end return t"
        expected = b"*1\r\n" * 60 + b"*0\r\n"
        self.check_all(b"", "CLIENT", "REPLY", "SKIP")
        self.check_all(b"", "EVAL", script, 0)
        self.check_all(expected, "EVAL", script, 0)

    def test_replies_for_resp3_clients(self):
        self.client.wire("HELLO", 3)
        self.run_script("_", "return false")
        self.run_script("*3\r\n:1\r\n_\r\n:2", "return {1, false, 2}")
        self.check(":1", "HSET h f v")
        self.run_script("*2\r\n$1\r\nf\r\n$1\r\nv", "return redis.call('hgetall', 'h')")
        self.run_script("%1\r\n$1\r\nf\r\n$1\r\nv", "redis.setresp(3) return redis.call('hgetall', 'h')")


class EvalErrorsTest(ScriptCase):
    """Where errors come from, and what is made of them."""

    def test_errors_of_lua(self):
        self.fails("ERR user_script:1: x", "error('x')")
        self.fails("ERR user_script:2: x", "\nerror('x')", line=2)
        self.fails("ERR x", "error('x', 0)")
        self.fails("ERR user_script:1: attempt to index local 'x' (a nil value)", "local x = nil; x.y = 1")
        self.fails("ERR user_script:1: attempt to perform arithmetic on a nil value", "return 1 + nil")

    def test_errors_that_are_no_strings(self):
        self.fails("ERR nil", "error()")
        self.fails("ERR true", "error(true)")
        self.fails("ERR user_script:1: 5", "error(5)")

    def test_tables_are_errors_with_their_own_code(self):
        self.fails("My fault", "error({err = 'My fault'})")
        self.fails("5", "error({err = 5})")
        self.fails("x", "error({err = 'x', source = 's', line = 9})")
        self.fails("X y", "error(redis.error_reply('X y'))")

    def test_errors_of_commands_keep_their_code(self):
        self.check("+OK", "SET k v")
        self.fails("WRONGTYPE Operation against a key holding the wrong kind of value",
                   "return redis.call('hget', 'k', 'f')")
        self.fails("ERR value is not an integer or out of range", "\n\nredis.call('incr', 'k')", line=3)

    def test_the_innermost_line_counts(self):
        self.fails("My fault", "local function f()\n  error({err = 'My fault'})\nend\n\nf()", line=2)

    def test_an_error_that_is_returned_has_no_place(self):
        self.check("+OK", "SET k v")
        self.run_script("-WRONGTYPE Operation against a key holding the wrong kind of value",
                        "return redis.pcall('hget', 'k', 'f')")

    def test_pcall_gives_the_text_of_an_error_table(self):
        self.run_script("*3\r\n$5\r\nfalse\r\n$6\r\nstring\r\n$4\r\nMy x",
                        "local ok, e = pcall(error, {err = 'My x'}) return {tostring(ok), type(e), e}")
        self.run_script("$5\r\ntable", "local ok, e = pcall(error, {a = 5}) return type(e)")
        self.run_script("*2\r\n:1\r\n:2", "return {select(2, pcall(function() return 1, 2 end))}")

    def test_xpcall_gives_the_table_to_its_handler(self):
        self.run_script("$4\r\nMy x", "local ok, e = xpcall(function() error({err = 'My x'}) end, "
                                      "function(e) return e end) return e.err")


class SandboxTest(ScriptCase):
    def test_globals_that_there_are_not(self):
        self.fails("ERR user_script:1: Script attempted to access nonexistent global variable 'foo'", "return foo")
        self.fails("ERR user_script:1: Script attempted to access nonexistent global variable '1'", "return _G[1]")
        self.fails("ERR user_script:1: Second argument to luaProtectedTableError must be a string or number",
                   "return _G[true]")
        self.run_script("$-1", "return rawget(_G, 'foo')")

    def test_nothing_can_be_changed(self):
        for script in ("foo = 1", "_G.foo = 1", "_G[1] = 1", "KEYS = 1", "redis.x = 1", "redis.call = 1",
                       "string.x = 1", "cjson.x = 1", "getmetatable(_G).__index = nil", "math.random = nil"):
            self.fails("ERR user_script:1: Attempt to modify a readonly table", script)
        for script in ("rawset(_G, 'x', 1)", "setmetatable(_G, {})", "rawset(redis, 'a', 1)", "table.insert(redis, 1)"):
            self.fails("ERR Attempt to modify a readonly table", script)

    def test_other_globals_are_for_one_script_only(self):
        if REAL:
            self.skipTest("no script can be run any more after that")
        self.run_script("$-1", "setfenv(0, {})")
        self.run_script("$4\r\ntrue", "return tostring(getfenv(0) == _G)")

    def test_pcall_as_scripts_find_it(self):
        self.run_script("*2\r\n$-1\r\n$31\r\nattempt to call a boolean value", "return {pcall()}")
        self.run_script("*2\r\n$-1\r\n$1\r\nx", "return {pcall(error, {err = 'x'})}")
        self.run_script("*2\r\n$-1\r\n$3\r\nerr",
                        "return {pcall(error, setmetatable({}, {__index = function(_, k) return k end}))}")
        self.run_script("*2\r\n$-1\r\n$7\r\nboolean",
                        "local ok, _, third = pcall(error, {err = true}) return {ok, type(third)}")
        self.run_script(":3", "return select('#', pcall(error, {}))")

    def test_what_is_missing_from_lua(self):
        for name in ("print", "dofile", "loadfile", "require", "module", "io", "debug", "package"):
            self.fails(f"ERR user_script:1: Script attempted to access nonexistent global variable '{name}'",
                       f"return {name}")

    def test_a_missing_field_of_a_library_is_nil(self):
        self.run_script("$-1", "return math.foo")

    def test_os_has_only_a_clock(self):
        self.run_script("*1\r\n$5\r\nclock", "local t = {} for k in pairs(os) do t[#t + 1] = k end return t")


class EvalshaTest(ScriptCase):
    def test_runs_what_has_been_loaded_or_run(self):
        self.check(f"$40\r\n{SHA_OF_1}", "SCRIPT", "LOAD", "return 1")
        self.check(":1", "EVALSHA", SHA_OF_1, 0)
        self.check(":1", "EVALSHA", SHA_OF_1.upper(), 0)
        self.run_script("$1\r\nx", "return ARGV[1]", 0, "x")
        self.check("$1\r\ny", "EVALSHA", digest_of("return ARGV[1]"), 0, "y")

    def test_the_number_of_keys_is_checked_first_if_it_may_be_a_digest(self):
        self.check("-ERR value is not an integer or out of range", "EVALSHA", "0" * 40, "x")
        self.check("-ERR Number of keys can't be negative", "EVALSHA", SHA_OF_1, -1)


class EvalRoTest(ScriptCase):
    def test_runs_scripts_that_only_read(self):
        self.check("+OK", "SET k v")
        self.check("$1\r\nv", "EVAL_RO", "return redis.call('get', KEYS[1])", 1, "k")
        self.client.wire("SCRIPT", "LOAD", "return 1")
        self.check(":1", "EVALSHA_RO", SHA_OF_1, 0)

    def test_refuses_commands_that_write(self):
        for words in ("'set', 'k', 'v'", "'publish', 'c', 'm'", "'pfcount', 'k'"):
            self.check("-ERR Write commands are not allowed from read-only scripts.",
                       "EVAL_RO", f"return redis.pcall({words})", 0)

    def test_may_write_again_in_the_next_script(self):
        self.client.wire("EVAL_RO", "return 1", 0)
        self.run_script("+OK", "return redis.call('set', 'k', 'v')")


class ShebangTest(ScriptCase):
    def test_lines_keep_their_numbers(self):
        self.run_script(":1", "#!lua\nreturn 1")
        self.fails("ERR user_script:3: x", "#!lua\n\nerror('x')", line=3)

    def test_flags(self):
        for flags in ("no-writes", "allow-oom", "no-writes,no-cluster,allow-stale,allow-cross-slot-keys",
                      '"no-writes"', ""):
            self.run_script(":1", f"#!lua flags={flags}\nreturn 1")
        self.run_script(":1", "#!lua flags=no-writes flags=allow-oom \nreturn 1")

    def test_no_writes_is_held_to(self):
        script = "#!lua flags=no-writes\nreturn redis.call('set', 'k', 'v')"
        self.fails("ERR Write commands are not allowed from read-only scripts.", script, line=2)

    def test_a_script_that_may_write_is_not_for_eval_ro(self):
        self.check("-ERR Can not execute a script with write flag using *_ro command.", "EVAL_RO", "#!lua\nreturn 1", 0)
        self.check(":1", "EVAL_RO", "#!lua flags=no-writes\nreturn 1", 0)

    def test_lines_that_are_wrong(self):
        for script, reason in (("#!lua", "Invalid script shebang"),
                               ("#!js\nreturn 1", "Unexpected engine in script shebang: #!js"),
                               ("#! lua\nreturn 1", "Unexpected engine in script shebang: #!"),
                               ("#!Lua\nreturn 1", "Unexpected engine in script shebang: #!Lua"),
                               ("#!lua flags=foo\nreturn 1", "Unexpected flag in script shebang: foo"),
                               ("#!lua flags=no-writes,\nreturn 1", "Unexpected flag in script shebang: "),
                               ("#!lua name=x\nreturn 1", "Unknown lua shebang option: name=x"),
                               ("#!lua flags\nreturn 1", "Unknown lua shebang option: flags")):
            self.check(f"-ERR {reason}", "EVAL", script, 0)
            self.check(f"-ERR {reason}", "SCRIPT", "LOAD", script)


class ScriptCommandTest(ScriptCase):
    def test_exists_knows_digests_in_any_case(self):
        self.client.wire("SCRIPT", "LOAD", "return 1")
        self.check("*3\r\n:1\r\n:1\r\n:0", "SCRIPT", "EXISTS", SHA_OF_1, SHA_OF_1.upper(), "x")

    def test_flush_forgets_scripts(self):
        for args in ((), ("SYNC",), ("async",)):
            self.client.wire("SCRIPT", "LOAD", "return 1")
            self.check("+OK", "SCRIPT", "FLUSH", *args)
            self.check("*1\r\n:0", "SCRIPT", "EXISTS", SHA_OF_1)
        self.run_script(":1", "return 1")

    def test_flush_takes_one_mode(self):
        for args in (("x",), ("SYNC", "ASYNC")):
            self.check("-ERR SCRIPT FLUSH only support SYNC|ASYNC option", "SCRIPT", "FLUSH", *args)

    def test_load_refuses_what_cannot_be_compiled(self):
        self.check("-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'",
                   "SCRIPT", "LOAD", "return 1 +")

    def test_kill_needs_a_script(self):
        self.check("-NOTBUSY No scripts in execution right now.", "SCRIPT", "KILL")

    def test_debug_takes_a_mode(self):
        self.check("-ERR Use SCRIPT DEBUG YES/SYNC/NO", "SCRIPT", "DEBUG", "x")
        self.check("+OK", "SCRIPT", "DEBUG", "NO")

    def test_unknown_subcommands(self):
        self.check("-ERR unknown subcommand 'x'. Try SCRIPT HELP.", "SCRIPT", "x")


@unittest.skipIf(REAL, "looks into the engine, or has the wording of Redis 7.2")
class ScriptingStateTest(EngineTestCase):
    def figures(self, section):
        lines = self.client.wire("INFO", section).decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def test_an_unknown_digest(self):
        for digest in ("0" * 40, "x"):
            self.assert_error("NOSCRIPT No matching script. Please use EVAL.", "EVALSHA", digest, 0)

    def test_there_is_no_debugger(self):
        self.assert_error("ERR There is no debugger for Lua scripts in this server", "SCRIPT", "DEBUG", "YES")

    def test_info_counts_cached_scripts(self):
        self.assertEqual(self.figures("memory")["number_of_cached_scripts"], "0")
        self.execute("EVAL", "return 1", 0)
        self.execute("EVAL", "return 1", 0)
        self.execute("SCRIPT", "LOAD", "return 2")
        figures = self.figures("memory")
        self.assertEqual(figures["number_of_cached_scripts"], "2")
        self.assertGreater(int(figures["used_memory_scripts_eval"]), 0)

    def test_commands_of_scripts_are_counted(self):
        self.execute("EVAL", "redis.call('set', 'k', 1) redis.call('set', 'k', 2)", 0)
        figures = self.figures("commandstats")
        self.assertTrue(figures["cmdstat_set"].startswith("calls=2,"))
        self.assertTrue(figures["cmdstat_eval"].startswith("calls=1,"))

    def test_an_error_of_a_command_is_counted_once(self):
        self.execute("SET", "k", "v")
        self.execute("EVAL", "return redis.call('incr', 'k')", 0)
        self.assertEqual(self.figures("errorstats"), {"errorstat_ERR": "count=1"})
        figures = self.figures("commandstats")
        self.assertIn("failed_calls=1", figures["cmdstat_incr"])
        self.assertIn("failed_calls=1", figures["cmdstat_eval"])

    def test_a_refused_command_is_counted_as_rejected(self):
        self.execute("EVAL", "redis.pcall('get') redis.pcall('multi') return 1", 0)
        figures = self.figures("commandstats")
        self.assertEqual(figures["cmdstat_get"], "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0")
        self.assertEqual(figures["cmdstat_multi"], "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0")
        self.assertEqual(self.figures("errorstats"), {"errorstat_ERR": "count=2"})

    def test_errors_in_a_reply_are_counted(self):
        self.execute("EVAL", "return {redis.error_reply('A b'), redis.error_reply('C d')}", 0)
        self.execute("EVAL", "return redis.error_reply('E f')", 0)
        self.assertEqual(self.figures("errorstats"), {f"errorstat_{code}": "count=1" for code in "ACE"})

    def test_slow_commands_of_scripts_are_logged_for_their_caller(self):
        self.execute("CLIENT", "SETNAME", "me")
        self.execute("CONFIG", "SET", "slowlog-log-slower-than", 0)
        self.execute("EVAL", "redis.call('get', 'k')", 0)
        entries = [entry for entry in self.engine.slowlog.entries if entry.argv[0] == b"get"]
        self.assertEqual([(entry.address, entry.name) for entry in entries], [("127.0.0.1:1", b"me")])

    def test_events_of_keys_are_published(self):
        other = self.new_client()
        self.execute("CONFIG", "SET", "notify-keyspace-events", "KEA")
        other.wire("SUBSCRIBE __keyevent@0__:set")
        self.execute("EVAL", "redis.call('set', 'k', 'v')", 0)
        self.assertIn(b"__keyevent@0__:set\r\n$1\r\nk\r\n", other.connection.pushed)


@unittest.skipIf(REAL, "looks into the engine")
class RefusedWritesTest(EngineTestCase):
    """Scripts while what they write could not be kept."""

    reason = "MISCONF Errors writing to the AOF file: No space left on device"

    def setUp(self):
        super().setUp()
        self.engine.journal.error = "No space left on device"
        with self.engine.lock:
            self.engine.check_disk()

    def test_a_script_runs_until_it_writes(self):
        self.assertEqual(self.execute("EVAL", "return redis.call('get', 'k')", 0), None)
        reply = self.execute("EVAL", "return redis.call('set', 'k', 'v')", 0)
        self.assertTrue(str(reply).startswith(f"{self.reason} script: "))

    def test_a_script_that_declares_to_write_does_not_begin(self):
        self.assert_error(self.reason, "EVAL", "#!lua\nreturn 1", 0)
        self.assertEqual(self.execute("EVAL", "#!lua flags=no-writes\nreturn 1", 0), 1)

    def test_evalsha_knows_what_a_script_declares(self):
        digest = self.execute("SCRIPT", "LOAD", "#!lua\nreturn 1")
        self.assert_error(self.reason, "EVALSHA", digest, 0)

    def test_a_script_queued_before(self):
        self.engine.journal.error = None
        self.engine.check_disk()
        self.execute("MULTI")
        self.execute("EVAL", "#!lua\nreturn 1", 0)
        self.engine.journal.error = "No space left on device"
        self.engine.check_disk()
        reply = self.execute("EXEC")
        self.assertTrue(str(reply).startswith("EXECABORT Transaction discarded because of: MISCONF "))


@unittest.skipIf(REAL, "looks into the engine")
class PausedScriptsTest(EngineTestCase):
    def test_what_declares_to_write_nothing_is_not_held_back(self):
        self.execute("CLIENT", "PAUSE", 1000, "WRITE")
        self.assertEqual(self.execute("EVAL", "#!lua flags=no-writes\nreturn 1", 0), 1)
        self.assertEqual(self.execute("EVAL_RO", "return 1", 0), 1)
        self.execute("EVAL", "return 1", 0)
        self.assertTrue(self.client.session.postponed)


if __name__ == "__main__":
    unittest.main()
