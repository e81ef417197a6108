"""Libraries of functions beneath the commands: what is kept, what is refused, and what a library can reach."""
import unittest

from redis_clone.errors import RedisError
from redis_clone.scripting.library_loading import LibraryRefused, parse_source
from tests.support import EngineTestCase


def source_of(name, *functions, before=""):
    """A library whose functions return their own names."""
    lines = [f"redis.register_function('{function}', function() return '{function}' end)" for function in functions]
    return "\n".join([f"#!lua name={name}", before, *lines]).encode()


class ParseSourceTest(unittest.TestCase):
    def test_the_code_keeps_its_line_numbers(self):
        self.assertEqual(parse_source(b"#!lua name=a\nx\ny"), (b"a", b"\nx\ny"))
        self.assertEqual(parse_source(b"#!lua name=a\n"), (b"a", b"\n"))

    def test_words_may_be_quoted(self):
        self.assertEqual(parse_source(b"#!lua \"name=\\x61\"\n"), (b"a", b"\n"))
        self.assertEqual(parse_source(b"#!lua 'name=a' \n"), (b"a", b"\n"))

    def test_the_last_line_end_counts_only_before_a_zero_byte(self):
        with self.assertRaises(LibraryRefused) as caught:
            parse_source(b"#!lua name=a\0\n")
        self.assertEqual(caught.exception.reason, "Invalid library metadata")

    def test_bytes_that_are_no_text_come_back_as_they_are(self):
        with self.assertRaises(LibraryRefused) as caught:
            parse_source(b"#!\xff name=a\n")
        self.assertEqual(str(caught.exception).encode("utf-8", "surrogateescape"), b"ERR Engine '\xff' not found")


class FunctionsTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.functions = self.engine.functions

    def names(self):
        return {library.name: list(library.functions) for library in self.functions.libraries}

    def test_loads_finds_and_deletes(self):
        self.assertEqual(self.functions.load(source_of("a", "f", "g")), b"a")
        self.assertEqual(self.functions.find(b"F").name, b"f")
        self.assertEqual(self.functions.function_count, 2)
        self.assertTrue(self.functions.delete(b"a"))
        self.assertIsNone(self.functions.find(b"f"))
        self.assertFalse(self.functions.delete(b"a"))

    def test_flags_and_descriptions_are_kept(self):
        self.functions.load(b"#!lua name=a\nredis.register_function{function_name='f', callback=function() end,\n"
                            b"flags={'No-Writes', 'allow-oom'}, description='d'}")
        function = self.functions.find(b"f")
        self.assertEqual(function.flags, {b"no-writes", b"allow-oom"})
        self.assertEqual(function.description, b"d")
        self.assertEqual(function.library_name, b"a")
        self.assertFalse(function.is_eval)

    def test_two_spellings_of_a_name_in_one_library_are_one_function(self):
        self.functions.load(source_of("a", "f", "F"))
        self.assertEqual(self.functions.find(b"F").name, b"f")
        self.assertEqual(self.names(), {b"a": [b"f", b"F"]})
        self.functions.delete(b"a")
        self.assertIsNone(self.functions.find(b"f"))

    def test_all_libraries_live_in_one_state_apart_from_eval(self):
        self.functions.load(source_of("a", "f"))
        self.functions.load(source_of("b", "g"))
        self.assertIs(self.functions.find(b"f").runtime, self.functions.find(b"g").runtime)
        self.functions.load(b"#!lua name=c\nredis.register_function('h', function()\n"
                            b"string.format = nil math = nil end)")
        self.assertIsInstance(self.execute("FCALL h 0"), RedisError)
        self.assertEqual(self.execute("EVAL", "return redis.call == nil", 0), None)

    def test_restoring_is_all_or_nothing(self):
        self.functions.load(source_of("a", "f"))
        before = self.functions.sources
        for sources in ([source_of("b", "g"), source_of("a", "h")], [source_of("b", "g"), b"#!lua name=c\n("],
                        [source_of("b", "g"), source_of("b", "h")], [source_of("b", "g"), source_of("c", "g")],
                        [source_of("b", "f")]):
            with self.assertRaises(LibraryRefused):
                self.functions.restore(sources, "append")
            self.assertEqual(self.functions.sources, before)
            self.assertIsNone(self.functions.find(b"g"))

    def test_flushing_restores_only_what_can_be_loaded(self):
        self.functions.load(source_of("a", "f"))
        with self.assertRaises(LibraryRefused):
            self.functions.restore([b"#!lua name=c\n"], "flush")
        self.assertEqual(self.names(), {b"a": [b"f"]})
        self.functions.restore([source_of("b", "f")], "flush")
        self.assertEqual(self.names(), {b"b": [b"f"]})

    def test_a_library_that_is_never_done_is_ended(self):
        self.functions.load_limit_s = 0.01
        for code in ("while true do end", "local function f() return f() end f()", "for i = 1, 1e15 do end",
                     "local function f() f() f() end f()"):
            with self.assertRaises(LibraryRefused):
                self.functions.load(source_of("a", "f", before=code))
        self.functions.load_limit_s = 10
        self.functions.load(source_of("a", "f"))
        self.assertEqual(self.execute("FCALL f 0"), b"f")

    def test_what_has_failed_leaves_the_globals_as_they_are(self):
        for code in ("error('x')", "redis.call('PING')", "x = 1", "local t; t()"):
            with self.assertRaises(LibraryRefused):
                self.functions.load(source_of("a", "f", before=code))
        self.functions.load(b"#!lua name=a\nredis.register_function('f', function()\n"
                            b"return {type(redis.call), type(string.rep), type(redis.register_function)} end)")
        self.assertEqual(self.execute("FCALL f 0"), [b"function", b"function", b"nil"])

    def test_a_function_may_be_called_again_after_it_has_failed(self):
        self.functions.load(b"#!lua name=a\nlocal n = 0\nredis.register_function('f', function(keys, args)\n"
                            b"n = n + 1 if args[1] then error('boom') end return n end)")
        self.assertEqual(self.execute("FCALL f 0"), 1)
        self.assert_error("ERR user_function:4: boom script: f, on @user_function:4.", "FCALL f 0 x")
        self.assertEqual(self.execute("FCALL f 0"), 3)

    def test_info_tells_of_them(self):
        before = self.figures()
        self.functions.load(source_of("a", "f", "g"))
        self.assertEqual((before["number_of_libraries"], before["number_of_functions"]), (0, 0))
        after = self.figures()
        self.assertEqual((after["number_of_libraries"], after["number_of_functions"]), (1, 2))
        self.assertGreater(after["used_memory_functions"], before["used_memory_functions"])

    def figures(self):
        lines = self.client.wire("INFO memory").decode().split("\r\n")
        return {name: int(value) for name, _, value in (line.partition(":") for line in lines) if value.isdigit()}


class GatesTest(EngineTestCase):
    """What functions declare of themselves counts before they are run."""

    def setUp(self):
        super().setUp()
        self.execute("FUNCTION", "LOAD",
                     "#!lua name=a\n"
                     "redis.register_function('write', function() return redis.call('SET', 'x', 1) end)\n"
                     "redis.register_function{function_name='read', flags={'no-writes'},\n"
                     "callback=function() return redis.call('GET', 'x') end}")

    def refuse_writes(self):
        self.engine.refuses_writes = RedisError("MISCONF nothing can be kept")
        self.engine.refresh_gates()

    def test_functions_that_may_write_need_the_disk(self):
        self.refuse_writes()
        self.assert_error("MISCONF nothing can be kept", "FCALL write 0")
        self.assertIsNone(self.execute("FCALL read 0"))
        self.assertIsNone(self.execute("FCALL_RO read 0"))

    def test_libraries_are_not_changed_while_they_cannot_be_kept(self):
        self.refuse_writes()
        for command in ("FUNCTION LOAD x", "FUNCTION DELETE a", "FUNCTION FLUSH", "FUNCTION RESTORE x"):
            self.assert_error("MISCONF nothing can be kept", command)
        self.assertEqual(self.engine.functions.function_count, 2)

    def test_a_pause_of_writes_lets_functions_run_that_do_not_write(self):
        self.execute("CLIENT PAUSE 1000 WRITE")
        self.assertIsNone(self.execute("FCALL read 0"))
        self.execute("FCALL write 0")
        self.assertTrue(self.client.session.postponed)
