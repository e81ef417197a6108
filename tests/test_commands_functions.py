"""FUNCTION and FCALL: replies. Payloads are in scripting/test_function_dump.py, files in test_function_files.py there.

Valkey calls the table `server` in its messages; against one, they are compared with that name.
"""
from tests.support import REAL, CommandTestCase

PING = "#!lua name=lib\nredis.register_function('f', function() return 'pong' end)"
STATS = "*4\r\n$14\r\nrunning_script\r\n$-1\r\n$7\r\nengines\r\n*2\r\n$3\r\nLUA\r\n*4\r\n$15\r\nlibraries_count\r\n" \
        ":%d\r\n$15\r\nfunctions_count\r\n:%d"
BAD_NAME = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"


def library(name, *functions, result=1):
    """The source of a library whose functions return `result`."""
    return f"#!lua name={name}\n" + "\n".join(
        f"redis.register_function('{function}', function() return {result} end)" for function in functions)


class FunctionTestCase(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("FUNCTION FLUSH")

    def load(self, source, *options):
        """FUNCTION LOAD a source whose name is "lib"."""
        self.check("$3\r\nlib", "FUNCTION", "LOAD", *options, source)

    def load_function(self, body, more="", before=""):
        """A library with the one function f. `more` are more named arguments."""
        self.load(f"#!lua name=lib\n{before}\nredis.register_function{{function_name='f', callback=function(KEYS, ARGV)"
                  f"{body}\nend{more}}}", "REPLACE")

    def check_refused(self, reason, source, *options):
        reason = reason.replace("redis.", "server.") if REAL else reason
        self.check(f"-ERR {reason}", "FUNCTION", "LOAD", *options, source)

    def check_counts(self, libraries, functions):
        self.check(STATS % (libraries, functions), "FUNCTION STATS")


class FunctionLoadTest(FunctionTestCase):
    def test_replies_the_name_of_the_library(self):
        self.load(PING)
        self.check("$4\r\npong", "FCALL f 0")

    def test_the_name_stands_in_the_first_line(self):
        self.check("$1\r\na", "FUNCTION", "LOAD", library("a", "f"))
        self.check("$1\r\nb", "FUNCTION", "LOAD", library("b", "g").replace("lua name", "LUA NAME"))
        self.check("$2\r\n_9", "FUNCTION", "LOAD", library('"_9"', "h").replace('name="', '"name='))

    def test_the_first_line_may_end_as_in_windows(self):
        self.load(PING.replace("\n", "\r\n"))

    def test_refuses_a_source_without_a_first_line(self):
        self.check_refused("Missing library metadata", "return 1")
        self.check_refused("Missing library metadata", "")
        self.check_refused("Missing library metadata", " #!lua name=lib\n")
        self.check_refused("Invalid library metadata", "#!lua name=lib")
        self.check_refused("Invalid library metadata", "#!lua name=l\0ib\nreturn 1")
        self.check_refused("Invalid library metadata", '#!lua name="lib\nreturn 1')

    def test_refuses_first_lines_that_it_does_not_know(self):
        self.check_refused("Library name was not given", "#!lua\nx")
        self.check_refused("Library name was not given", "#!\nx")
        self.check_refused("Engine 'js' not found", "#!js name=lib\nx")
        self.check_refused("Engine '' not found", "#! name=lib\nx")
        self.check_refused("Invalid metadata value given: lua", "#! lua name=lib\nx")
        self.check_refused("Invalid metadata value given: flags=no-writes", "#!lua name=lib flags=no-writes\nx")
        self.check_refused("Invalid metadata value, name argument was given multiple times",
                           "#!lua name=lib name=lib\nx")

    def test_names_are_letters_digits_and_underscores(self):
        for name in ("", "a-b", "a.b", "\xe4"):
            self.check_refused(BAD_NAME, f"#!lua name={name}\nx")
        self.check_refused(BAD_NAME, '#!js "name=a b"\nx')

    def test_refuses_what_does_not_compile(self):
        self.check_refused("Error compiling function: user_function:3: unexpected symbol near '='",
                           "#!lua name=lib\n\nlocal x = = 1")

    def test_refuses_a_library_whose_code_fails(self):
        self.check_refused("Error registering functions: ERR user_function:2: attempt to index local 'a' (a nil value)",
                           "#!lua name=lib\nlocal a; a.b = 1")
        self.check_refused("Error registering functions: ERR user_function:3: attempt to perform arithmetic on a "
                           "boolean value", PING + "\nreturn 1 + true")
        self.check("-ERR Function not found", "FCALL f 0")

    def test_refuses_a_library_without_functions(self):
        self.check_refused("No functions registered", "#!lua name=lib\n")
        self.check_refused("No functions registered", "#!lua name=lib\nlocal function f() return 1 end")

    def test_replaces_only_when_told_to(self):
        self.load(PING)
        self.check_refused("Library 'lib' already exists", library("lib", "g"))
        self.check("$4\r\npong", "FCALL f 0")
        self.load(library("lib", "g"), "REPLACE")
        self.check("-ERR Function not found", "FCALL f 0")
        self.check(":1", "FCALL g 0")
        self.load(library("lib", "g", result=2), "replace", "Replace")
        self.check(":2", "FCALL g 0")
        self.check_counts(1, 1)

    def test_what_fails_leaves_the_old_version(self):
        self.load(PING)
        for source in (library("lib", "g") + "\nfoo()", "#!lua name=lib\n(", "#!lua name=lib\n"):
            self.assertEqual(self.client.wire("FUNCTION", "LOAD", "REPLACE", source)[:1], b"-")
        self.check("$4\r\npong", "FCALL f 0")
        self.check("-ERR Function not found", "FCALL g 0")
        self.check_counts(1, 1)

    def test_a_function_is_in_one_library(self):
        self.load(library("lib", "f", "g"))
        self.check_refused("Function g already exists", library("other", "h", "g"))
        self.check_refused("Function G already exists", library("other", "G"))
        self.check_counts(1, 2)
        self.load(library("lib", "f"), "REPLACE")
        self.check("$5\r\nother", "FUNCTION", "LOAD", library("other", "h", "g"))
        self.check_refused("Function h already exists", library("lib", "h"), "REPLACE")
        self.check(":1", "FCALL f 0")

    def test_names_of_libraries_have_case_those_of_functions_have_not(self):
        self.load(PING)
        self.check("$3\r\nLib", "FUNCTION", "LOAD", library("Lib", "g"))
        self.check("$4\r\npong", "FCALL F 0")
        self.check(":1", "FCALL G 0")

    def test_refuses_options_that_it_does_not_know(self):
        self.check_refused("Unknown option given: foo", PING, "foo")
        self.check_refused("Unknown option given: append", PING, "REPLACE", "append")
        self.check_refused("Missing library metadata", "REPLACE")
        self.check("-ERR wrong number of arguments for 'function|load' command", "FUNCTION LOAD")

    def test_is_not_for_scripts(self):
        self.check("-ERR This Redis command is not allowed from script", "EVAL",
                   "return redis.pcall('FUNCTION', 'LOAD', ARGV[1])", 0, PING)

    def test_takes_its_turn_in_a_transaction(self):
        self.check("+OK", "MULTI")
        self.check("+QUEUED", "FUNCTION", "LOAD", PING)
        self.check("+QUEUED", "FCALL f 0")
        self.check("+QUEUED", "FUNCTION FLUSH")
        self.check("+QUEUED", "FCALL f 0")
        self.check("*4\r\n$3\r\nlib\r\n$4\r\npong\r\n+OK\r\n-ERR Function not found", "EXEC")


class LoadingCodeTest(FunctionTestCase):
    """What the code of a library may do while it is loaded."""

    def check_fails(self, reason, code):
        self.check_refused(f"Error registering functions: ERR {reason}", f"#!lua name=lib\n{code}")

    def check_missing(self, name, code):
        self.check_fails(f"user_function:2: Script attempted to access nonexistent global variable '{name}'", code)

    def test_sees_no_global_but_redis(self):
        for name in ("pcall", "error", "pairs", "string", "math", "setmetatable", "loadstring", "print", "_G", "KEYS",
                     "_VERSION", "os", "cjson", "unpack"):
            self.check_missing(name, f"local x = {name}")

    def test_sees_what_redis_has_for_loading(self):
        for name in ("register_function", "log"):
            self.check_fails("user_function:2: attempt to perform arithmetic on field "
                             f"'{name}' (a function value)", f"return 1 + redis.{name}")
        for name in ("LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION_NUM"):
            self.check_refused("No functions registered", f"#!lua name=lib\nreturn 1 + redis.{name}")
        for name in ("call", "pcall", "sha1hex", "setresp", "set_repl", "status_reply", "error_reply", "REPL_ALL",
                     "acl_check_cmd", "breakpoint"):
            self.check_missing(name, f"return redis.{name}")

    def test_cannot_change_what_is_global(self):
        for code in ("x = 1", "function x() end", "redis = {}", "redis.x = 1", "redis.log = nil", "string = 1"):
            self.check_fails("user_function:2: Attempt to modify a readonly table", code)

    def test_has_locals_and_loops(self):
        self.load("#!lua name=lib\nlocal n = 0\nfor i = 1, 10 do n = n + i end\n"
                  "redis.register_function('f', function() return n end)")
        self.check(":55", "FCALL f 0")

    def test_what_it_has_found_works_on(self):
        self.load_function("return r.log(r.LOG_DEBUG, 'x')", before="local r = redis")
        self.check("$-1", "FCALL f 0")
        self.load_function("return r.call('PING')", before="local r = redis")
        self.check("-ERR user_function:3: Script attempted to access nonexistent global variable 'call' script: f, on "
                   "@user_function:3.", "FCALL f 0")
        self.load_function("return r.register_function('g', function() end)", before="local r = redis")
        table = "server" if REAL else "redis"
        self.check(f"-ERR {table}.register_function can only be called on FUNCTION LOAD command script: f, on "
                   "@user_function:3.", "FCALL f 0")

    def test_must_be_done_in_time(self):
        self.check_fails("FUNCTION LOAD timeout", "while true do end")
        self.check_fails("FUNCTION LOAD timeout", "local function f() return f() end f()")
        self.load(PING)


class RegisterFunctionTest(FunctionTestCase):
    def check_call_fails(self, reason, arguments):
        self.check_refused(f"Error registering functions: ERR {reason}",
                           f"#!lua name=lib\nredis.register_function({arguments})")

    def check_registers(self, name, arguments):
        self.load(f"#!lua name=lib\nredis.register_function({arguments})", "REPLACE")
        self.check(":1", "FCALL", name, 0)

    def test_takes_a_name_and_a_function(self):
        self.check_registers("f", "'f', function() return 1 end")
        self.check_registers("1", "1, function() return 1 end")

    def test_takes_a_table(self):
        self.check_registers("f", "{function_name='f', callback=function() return 1 end}")
        self.check_registers("f", "{FUNCTION_NAME='f', CallBack=function() return 1 end}")
        self.check_registers("1", "{function_name=1, callback=function() return 1 end, description=5}")

    def test_counts_its_arguments(self):
        self.check_call_fails("wrong number of arguments to redis.register_function", "")
        self.check_call_fails("wrong number of arguments to redis.register_function", "'f', function() end, nil")

    def test_checks_positional_arguments(self):
        for name in ("nil", "{}", "true", "function() end"):
            self.check_call_fails("first argument to redis.register_function must be a string",
                                  f"{name}, function() end")
        for callback in ("nil", "{}", "1", "'f'"):
            self.check_call_fails("second argument to redis.register_function must be a function", f"'f', {callback}")

    def test_checks_that_a_single_argument_is_a_table(self):
        for argument in ("nil", "1", "'f'", "function() end"):
            self.check_call_fails("calling redis.register_function with a single argument is only applicable to Lua "
                                  "table (representing named arguments).", argument)

    def test_checks_named_arguments(self):
        self.check_call_fails("redis.register_function must get a function name argument", "{}")
        self.check_call_fails("redis.register_function must get a function name argument", "{callback=function() end}")
        self.check_call_fails("redis.register_function must get a callback argument", "{function_name='f'}")
        self.check_call_fails("function_name argument given to redis.register_function must be a string",
                              "{function_name={}}")
        self.check_call_fails("description argument given to redis.register_function must be a string",
                              "{description=true}")
        self.check_call_fails("callback argument given to redis.register_function must be a function", "{callback='f'}")
        self.check_call_fails("flags argument to redis.register_function must be a table representing function flags",
                              "{flags='no-writes'}")
        self.check_call_fails("unknown argument given to redis.register_function", "{name='f'}")
        self.check_call_fails("unknown argument given to redis.register_function", "{'f'}")
        self.check_call_fails("named argument key given to redis.register_function is not a string", "{[true]=1}")

    def test_checks_names(self):
        for name in ("", "a-b", "a b", "a\\0b"):
            self.check_call_fails(BAD_NAME, f"'{name}', function() end")
        self.check_call_fails(BAD_NAME, "{function_name='a-b', callback=function() end}")

    def test_refuses_a_name_that_the_library_has_already(self):
        self.check_call_fails("Function already exists in the library",
                              "'f', function() end) redis.register_function('f', function() end")

    def test_checks_flags(self):
        for flags in ("{'bad'}", "{1}", "{{}}", "{true}", "{''}", "{'no-writes', 'no-writes '}"):
            self.check_call_fails("unknown flag given",
                                  f"{{function_name='f', callback=function() end, flags={flags}}}")

    def test_reads_flags_up_to_the_first_nil(self):
        self.check_registers("f",
                             "{function_name='f', callback=function() return 1 end, flags={'allow-oom', nil, 'x'}}")
        self.check_registers("f", "{function_name='f', callback=function() return 1 end, flags={a='x'}}")

    def test_is_there_only_while_a_library_is_loaded(self):
        self.load_function("return type(redis.register_function)")
        self.check("$3\r\nnil", "FCALL f 0")


class FunctionListTest(FunctionTestCase):
    def test_there_are_none_at_first(self):
        self.check("*0", "FUNCTION LIST")
        self.check("*0", "FUNCTION LIST LIBRARYNAME x WITHCODE")

    def test_tells_of_a_library_and_its_functions(self):
        self.load(library("lib", "f"))
        self.check("*1\r\n*6\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n"
                   "*1\r\n*6\r\n$4\r\nname\r\n$1\r\nf\r\n$11\r\ndescription\r\n$-1\r\n$5\r\nflags\r\n*0",
                   "FUNCTION LIST")

    def test_tells_the_code_when_it_is_wanted(self):
        self.load(PING)
        self.assertTrue(self.client.wire("FUNCTION LIST WITHCODE").endswith(
            b"$12\r\nlibrary_code\r\n$%d\r\n%b\r\n" % (len(PING), PING.encode())))

    def test_uses_maps_and_sets_in_resp3(self):
        self.load_function("return 1", ", description='what it does', flags={'allow-cross-slot-keys', 'NO-WRITES', "
                           "'no-cluster', 'no-writes', 'allow-stale', 'allow-oom'}")
        self.client.wire("HELLO 3")
        self.check("*1\r\n%3\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n"
                   "*1\r\n%3\r\n$4\r\nname\r\n$1\r\nf\r\n$11\r\ndescription\r\n$12\r\nwhat it does\r\n$5\r\nflags\r\n"
                   "~5\r\n+no-writes\r\n+allow-oom\r\n+allow-stale\r\n+no-cluster\r\n+allow-cross-slot-keys",
                   "FUNCTION LIST")

    def test_matches_names_in_any_case(self):
        self.load(PING)
        for pattern in ("lib", "LIB", "l*", "[k-m]i?"):
            self.assertEqual(self.client.wire("FUNCTION", "LIST", "libraryname", pattern)[:2], b"*1", pattern)
        self.check("*0", "FUNCTION LIST LIBRARYNAME f")
        self.check("*0", "FUNCTION LIST LIBRARYNAME WITHCODE")

    def test_refuses_what_it_does_not_know(self):
        self.check("-ERR Unknown argument foo", "FUNCTION LIST foo")
        self.check("-ERR Unknown argument WithCode", "FUNCTION LIST WITHCODE WithCode")
        self.check("-ERR Unknown argument LIBRARYNAME", "FUNCTION LIST LIBRARYNAME a LIBRARYNAME b")
        self.check("-ERR library name argument was not given", "FUNCTION LIST WITHCODE LIBRARYNAME")


class FunctionDeleteTest(FunctionTestCase):
    def test_forgets_a_library_and_its_functions(self):
        self.load(library("lib", "f", "g"))
        self.check("$5\r\nother", "FUNCTION", "LOAD", library("other", "h"))
        self.check("+OK", "FUNCTION DELETE lib")
        self.check("-ERR Function not found", "FCALL f 0")
        self.check(":1", "FCALL h 0")
        self.check_counts(1, 1)
        self.load(library("lib", "f"))

    def test_refuses_names_that_there_are_not(self):
        self.load(PING)
        self.check("-ERR Library not found", "FUNCTION DELETE nosuch")
        self.check("-ERR Library not found", "FUNCTION DELETE LIB")
        self.check("-ERR Library not found", "FUNCTION DELETE f")


class FunctionFlushTest(FunctionTestCase):
    def test_forgets_all_libraries(self):
        for mode in ((), ("SYNC",), ("async",)):
            self.load(PING)
            self.check("+OK", "FUNCTION", "FLUSH", *mode)
            self.check_counts(0, 0)
        self.check("+OK", "FUNCTION FLUSH")

    def test_refuses_other_modes(self):
        self.load(PING)
        self.check("-ERR FUNCTION FLUSH only supports SYNC|ASYNC option", "FUNCTION FLUSH now")
        self.check("-ERR unknown subcommand or wrong number of arguments for 'flush'. Try FUNCTION HELP.",
                   "FUNCTION flush SYNC ASYNC")
        self.check_counts(1, 1)

    def test_flushall_leaves_them(self):
        self.load(PING)
        self.check("+OK", "FLUSHALL")
        self.check("+OK", "FLUSHDB")
        self.check("$4\r\npong", "FCALL f 0")


class FunctionStatsTest(FunctionTestCase):
    def test_counts_libraries_and_functions(self):
        self.check_counts(0, 0)
        self.load(library("lib", "f", "g"))
        self.client.wire("FUNCTION", "LOAD", library("other", "h"))
        self.check_counts(2, 3)

    def test_uses_maps_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("%2\r\n$14\r\nrunning_script\r\n_\r\n$7\r\nengines\r\n%1\r\n$3\r\nLUA\r\n%2\r\n$15\r\n"
                   "libraries_count\r\n:0\r\n$15\r\nfunctions_count\r\n:0", "FUNCTION STATS")


class FunctionKillTest(FunctionTestCase):
    def test_there_is_nothing_to_kill(self):
        self.check("-NOTBUSY No scripts in execution right now.", "FUNCTION KILL")


class FunctionHelpTest(FunctionTestCase):
    def test_tells_of_the_subcommands(self):
        reply = self.client.wire("FUNCTION HELP")
        self.assertTrue(reply.startswith(b"*39\r\n+FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"))
        self.assertIn(b"\r\n+    Kill the current running function.\r\n", reply)

    def test_unknown_subcommands_are_refused(self):
        self.check("-ERR unknown subcommand 'foo'. Try FUNCTION HELP.", "FUNCTION foo")
        self.check("-ERR wrong number of arguments for 'function' command", "FUNCTION")


class FunctionRestoreTest(FunctionTestCase):
    def dump(self):
        reply = self.client.wire("FUNCTION DUMP")
        return reply[reply.index(b"\r\n") + 2:-2]

    def dump_of(self, *sources):
        """The payload of these libraries; nothing is left of them."""
        self.client.wire("FUNCTION FLUSH")
        for source in sources:
            self.assertEqual(self.client.wire("FUNCTION", "LOAD", source)[:1], b"$")
        payload = self.dump()
        self.client.wire("FUNCTION FLUSH")
        return payload

    def test_takes_what_dump_gives(self):
        payload = self.dump_of(PING, library("other", "g", "h"))
        self.check("+OK", "FUNCTION", "RESTORE", payload)
        self.check("$4\r\npong", "FCALL f 0")
        self.check(":1", "FCALL h 0")
        self.check_counts(2, 3)

    def test_appends_unless_a_library_is_there(self):
        payload = self.dump_of(PING, library("other", "g"))
        self.load(library("lib", "x"))
        for policy in ((), ("APPEND",), ("append",)):
            self.check("-ERR Library lib already exists", "FUNCTION", "RESTORE", payload, *policy)
        self.check_counts(1, 1)
        self.check("-ERR Function not found", "FCALL g 0")

    def test_replaces_libraries_that_are_there(self):
        payload = self.dump_of(PING, library("other", "g"))
        self.load(library("lib", "x"))
        self.client.wire("FUNCTION", "LOAD", library("third", "y"))
        self.check("+OK", "FUNCTION", "RESTORE", payload, "REPLACE")
        self.check_counts(3, 3)
        self.check("-ERR Function not found", "FCALL x 0")
        self.check(":1", "FCALL y 0")

    def test_flushes_all_others(self):
        payload = self.dump_of(PING)
        self.client.wire("FUNCTION", "LOAD", library("third", "f"))
        self.check("+OK", "FUNCTION", "RESTORE", payload, "Flush")
        self.check_counts(1, 1)
        self.check("$4\r\npong", "FCALL f 0")

    def test_functions_of_other_libraries_are_in_the_way(self):
        payload = self.dump_of(PING, library("other", "g"))
        self.client.wire("FUNCTION", "LOAD", library("third", "g", result=3))
        for policy in ("APPEND", "REPLACE"):
            self.check("-ERR Function g already exists", "FUNCTION", "RESTORE", payload, policy)
        self.check(":3", "FCALL g 0")
        self.check_counts(1, 1)

    def test_a_function_may_move_from_one_library_to_another(self):
        payload = self.dump_of(library("a", "g", result=2), library("b", "f", result=2))
        self.client.wire("FUNCTION", "LOAD", library("a", "f"))
        self.client.wire("FUNCTION", "LOAD", library("b", "g"))
        self.check("+OK", "FUNCTION", "RESTORE", payload, "REPLACE")
        self.check(":2", "FCALL f 0")
        self.check(":2", "FCALL g 0")
        self.check_counts(2, 2)

    def test_nothing_restores_nothing(self):
        payload = self.dump_of()
        self.load(PING)
        self.check("+OK", "FUNCTION", "RESTORE", payload, "REPLACE")
        self.check_counts(1, 1)
        self.check("+OK", "FUNCTION", "RESTORE", payload, "FLUSH")
        self.check_counts(0, 0)

    def test_refuses_payloads_that_are_damaged(self):
        payload = self.dump_of(PING)
        for damaged in (b"", b"x", payload[:-1], payload + b"x", payload[:9] + b"#" + payload[10:]):
            self.check("-ERR DUMP payload version or checksum are wrong", "FUNCTION", "RESTORE", damaged)
        self.check("-ERR given type is not a function", "FUNCTION", "RESTORE",
                   b"\x00\x01a\n\x00\xbf\xfe\xef\x9b\x8f6}\xb4")
        self.check("-ERR Failed loading library payload", "FUNCTION", "RESTORE", b"\xf5\n\x00?\x97u!\x84\xd9\\\xa4")

    def test_refuses_libraries_that_cannot_be_loaded(self):
        self.check("-ERR Missing library metadata", "FUNCTION", "RESTORE", b"\xf5\x03abc\n\x00rm\x92\xda\x94\x89B0")
        self.check("-ERR Missing library metadata", "FUNCTION", "RESTORE", b"\xf5\xc0\x05\n\x00\x15\nt\xee\xf2w\xaf6")
        self.check("-ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent "
                   "global variable 'foo'", "FUNCTION", "RESTORE",
                   b"\xf5\x12#!lua name=q\nfoo()\n\x00\xed\xd9[\xbe\xa2\xfc\xb7\xf4")

    def test_refuses_other_policies(self):
        for payload in (self.dump_of(), b"x"):
            self.check("-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
                       "FUNCTION", "RESTORE", payload, "MERGE")
        self.check("-ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP.",
                   "FUNCTION", "RESTORE", self.dump_of(), "FLUSH", "FLUSH")


class FcallTest(FunctionTestCase):
    def test_gives_keys_and_arguments_to_the_function(self):
        self.load_function("return {KEYS, ARGV}")
        self.check("*2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\n$1\r\nc", "FCALL f 2 a b c")
        self.check("*2\r\n*0\r\n*0", "FCALL f 0")

    def test_there_are_no_globals_for_them(self):
        self.load("#!lua name=lib\nredis.register_function('f', function() return KEYS[1] end)")
        self.check("-ERR user_function:2: Script attempted to access nonexistent global variable 'KEYS' script: f, on "
                   "@user_function:2.", "FCALL f 1 a")

    def test_functions_share_the_locals_of_their_library(self):
        self.load("#!lua name=lib\nlocal n = 0\nredis.register_function('add', function() n = n + 1 return n end)\n"
                  "redis.register_function('get', function() return n end)")
        self.check(":1", "FCALL add 0")
        self.check(":2", "FCALL add 0")
        self.check(":2", "FCALL get 0")

    def test_a_new_version_begins_anew(self):
        self.load_function("n = n + 1 return n", before="local n = 0")
        self.check(":1", "FCALL f 0")
        self.load_function("n = n + 1 return n", before="local n = 0")
        self.check(":1", "FCALL f 0")

    def test_globals_are_protected(self):
        for body in ("x = 1", "redis.x = 1", "_G.x = 1", "string.x = 1"):
            self.load_function(body)
            self.check("-ERR user_function:3: Attempt to modify a readonly table script: f, on @user_function:3.",
                       "FCALL f 0")

    def test_functions_have_all_libraries(self):
        for name in ("string", "table", "math", "cjson", "cmsgpack", "struct", "bit", "redis", "coroutine"):
            self.load_function(f"return type({name})")
            self.check("$5\r\ntable", "FCALL f 0")

    def test_calls_commands(self):
        self.load_function("return redis.call('SET', KEYS[1], ARGV[1])")
        self.check("+OK", "FCALL f 1 k v")
        self.check("$1\r\nv", "GET k")

    def test_refuses_functions_that_there_are_not(self):
        self.check("-ERR Function not found", "FCALL nosuch 0")
        self.check("-ERR Function not found", "FCALL nosuch x")
        self.check("-ERR Function not found", "FCALL_RO nosuch 0")

    def test_refuses_numbers_of_keys(self):
        self.load(PING)
        for name in ("FCALL", "FCALL_RO"):
            for number in ("x", "", "1.0", "99999999999999999999"):
                self.check("-ERR Bad number of keys provided", name, "f", number)
            self.check("-ERR Number of keys can't be greater than number of args", name, "f", 2, "a")
            self.check("-ERR Number of keys can't be negative", name, "f", -1)

    def test_tells_where_a_function_failed(self):
        self.load_function("error('boom')")
        self.check("-ERR user_function:3: boom script: f, on @user_function:3.", "FCALL f 0")
        self.load_function("local t; t.x = 1")
        self.check("-ERR user_function:3: attempt to index local 't' (a nil value) script: f, on @user_function:3.",
                   "FCALL F 0")

    def test_is_not_for_scripts(self):
        self.load_function("return redis.pcall('FCALL', 'f', 0)")
        self.check("-ERR This Redis command is not allowed from script", "FCALL f 0")

    def test_takes_its_turn_in_a_transaction(self):
        self.load_function("return redis.call('INCR', 'n')")
        self.check("+OK", "MULTI")
        self.check("+QUEUED", "FCALL f 0")
        self.check("+QUEUED", "FCALL f 0")
        self.check("*2\r\n:1\r\n:2", "EXEC")


class FcallFlagsTest(FunctionTestCase):
    def test_fcall_ro_wants_functions_without_writes(self):
        self.load_function("return redis.call('PING')")
        self.check("-ERR Can not execute a script with write flag using *_ro command.", "FCALL_RO f 0")
        self.load_function("return redis.call('PING')", ", flags={'no-writes'}")
        self.check("+PONG", "FCALL_RO f 0")
        self.check("+PONG", "FCALL f 0")

    def test_no_writes_is_believed_to_nobody(self):
        self.load_function("return redis.call('SET', 'k', 'v')", ", flags={'no-writes'}")
        for name in ("FCALL", "FCALL_RO"):
            self.check("-ERR Write commands are not allowed from read-only scripts. script: f, on @user_function:3.",
                       name, "f", 0)
        self.check("$-1", "GET k")
