"""The configuration: kinds of values, CONFIG GET and SET, files. Texts were taken from real servers."""

import os
import tempfile
import time
import unittest

from redis_clone.config import Config, ConfigError, quote
from redis_clone.config_directives import DIRECTIVES
from redis_clone.errors import RedisError


def loaded(*lines):
    config = Config()
    config.load(lines, "test.conf")
    return config


class ConfigTestCase(unittest.TestCase):
    def setUp(self):
        self.config = Config()

    def set(self, *names_and_texts, **options):
        self.config.set_many(list(zip(names_and_texts[::2], names_and_texts[1::2])), **options)

    def assert_refused(self, *names_and_texts, reason, name=None, **options):
        """CONFIG SET fails with Redis' sentence about the first name (or `name`) and this reason."""
        with self.assertRaises(RedisError) as caught:
            self.set(*names_and_texts, **options)
        self.assertEqual(str(caught.exception), "ERR CONFIG SET failed (possibly related to argument "
                                                f"'{name or names_and_texts[0]}') - {reason}")

    def assert_wrong_line(self, *lines, reason):
        """Loading fails at the last of these lines."""
        with self.assertRaises(ConfigError) as caught:
            loaded(*lines)
        self.assertEqual((caught.exception.line_number, caught.exception.reason), (len(lines), reason))


class DirectivesTest(unittest.TestCase):
    def test_no_name_is_used_twice(self):
        names = [name for one in DIRECTIVES for name in (one.name, one.alias) if name]
        self.assertEqual(len(names), len(set(names)))

    def test_every_default_reads_back_from_its_own_text(self):
        config = Config()
        for one in DIRECTIVES:
            text = config.text(one.name)
            written = "no one" if one.name == "replicaof" else quote(text)
            self.assertEqual(loaded(f"{one.name} {written}").text(one.name), text, one.name)

    def test_defaults_are_those_of_redis(self):
        config = Config()
        for name, text in {
            "maxclients": "10000", "repl-backlog-size": "1048576", "save": "3600 1 300 100 60 10000",
            "client-output-buffer-limit":
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            "unixsocketperm": "0", "shutdown-on-sigterm": "default", "replicaof": "", "hz": "10",
            "oom-score-adj-values": "0 200 800", "latency-tracking-info-percentiles": "50 99 99.9",
        }.items():
            self.assertEqual(config.text(name), text)


class ValuesTest(ConfigTestCase):
    def assert_value(self, line, value):
        name = line.split()[0]
        self.assertEqual(loaded(line)[name], value)

    def test_have_the_type_that_fits_them(self):
        self.assert_value("port 7000", 7000)
        self.assert_value("daemonize YES", True)
        self.assert_value("loglevel Verbose", "verbose")
        self.assert_value("requirepass 'a b'", "a b")
        self.assert_value("unixsocketperm 700", 0o700)
        self.assert_value("save 900 1 300 10", ((900, 1), (300, 10)))
        self.assert_value("bind 127.0.0.1 -::1", ("127.0.0.1", "-::1"))
        self.assert_value("replicaof localhost 6380", ("localhost", 6380))
        self.assert_value("oom-score-adj-values 1 -2 3", (1, -2, 3))
        self.assert_value("latency-tracking-info-percentiles 50 99.9", (50.0, 99.9))
        self.assert_value("shutdown-on-sigint now force", frozenset({"now", "force"}))

    def test_are_not_shared_between_servers(self):
        self.set("hz", "20")
        self.assertEqual(Config()["hz"], 10)

    def test_memory_knows_thousands_and_kibibytes(self):
        for text, number in {"10": 10, "10b": 10, "1k": 1000, "1Kb": 1024, "2m": 2_000_000, "2MB": 2 << 20,
                             "1g": 10 ** 9, "1gb": 1 << 30, "": 0, "9" * 30: (1 << 64) - 1}.items():
            self.set("maxmemory", text)
            self.assertEqual(self.config["maxmemory"], number, text)

    def test_memory_refuses_anything_else(self):
        for text in ("x", "1.5g", "-1", "10x", "1 kb", "1%", "1" * 128):
            self.assert_refused("maxmemory", text, reason="argument must be a memory value")

    def test_memory_has_limits(self):
        self.assert_refused("proto-max-bulk-len", "1", reason="argument must be between 1048576 and "
                                                              "9223372036854775807 inclusive")

    def test_share_of_memory_is_held_as_a_negative_number(self):
        name = "maxmemory-clients"
        self.set(name, "10%")
        self.assertEqual((self.config[name], self.config.text(name)), (-10, "10%"))
        self.set(name, "5g")
        self.assertEqual(self.config.text(name), "5000000000")
        self.assert_refused(name, "101%", reason="percentage argument must be less or equal to 100")
        for text in ("x%", "%", "-1%", "-5"):
            self.assert_refused(name, text, reason="argument must be a memory or percent value")

    def test_integer_has_one_spelling(self):
        for text in ("abc", "", "+10", "010", "0x10", "1.0", " 1", "1_0", "9" * 20):
            self.assert_refused("hz", text, reason="argument couldn't be parsed into an integer")

    def test_numbers_of_absurd_length_are_refused_at_once(self):
        digits = "1" * 1_000_000
        started = time.process_time()
        for name in ("hz", "maxmemory", "maxmemory-clients", "save", "latency-tracking-info-percentiles"):
            with self.assertRaises(RedisError):
                self.set(name, digits + " 1" if name == "save" else digits)
        self.assertLess(time.process_time() - started, 1)

    def test_integer_has_limits(self):
        self.assert_refused("hz", "-1", reason="argument must be between 0 and 2147483647 inclusive")
        self.assert_refused("maxclients", "0", reason="argument must be between 1 and 4294967295 inclusive")
        self.assert_refused("slowlog-log-slower-than", "-2", reason="argument must be between -1 and "
                                                                    "9223372036854775807 inclusive")

    def test_some_integers_are_narrowed_without_an_error(self):
        self.set("hz", "0")
        self.assertEqual(self.config["hz"], 1)
        self.set("hz", "1000", "repl-backlog-size", "1")
        self.assertEqual((self.config["hz"], self.config["repl-backlog-size"]), (500, 16384))

    def test_octal_refuses_other_digits_and_large_numbers(self):
        self.assertEqual(loaded("unixsocketperm 0750").text("unixsocketperm"), "750")
        self.assert_wrong_line("unixsocketperm 778", reason="argument couldn't be parsed as an octal number")
        self.assert_wrong_line("unixsocketperm x", reason="argument couldn't be parsed as an octal number")
        self.assert_wrong_line("unixsocketperm 1000", reason="argument must be between 0 and 777 inclusive")

    def test_yes_and_no_are_all_a_switch_takes(self):
        self.assert_refused("activerehashing", "1", reason="argument must be 'yes' or 'no'")

    def test_choice_lists_what_it_takes(self):
        self.assert_refused("appendfsync", "x",
                            reason="argument(s) must be one of the following: everysec, always, no")
        self.set("oom-score-adj", "relative")
        self.assertEqual(self.config.text("oom-score-adj"), "yes")

    def test_names_of_files_have_no_path(self):
        self.assert_wrong_line("appendfilename a/b", reason="appendfilename can't be a path, just a filename")
        self.assert_wrong_line("appenddirname ''", reason="appenddirname can't be empty")
        self.assert_wrong_line("appenddirname a/b", reason="appenddirname can't be a path, just a dirname")

    def test_single_directives_have_checks_of_their_own(self):
        self.assert_refused("cluster-announce-hostname", "a" * 256,
                            reason="Hostnames must be less than 256 characters")
        self.assert_refused("cluster-announce-hostname", "a_b",
                            reason="Hostnames may only contain alphanumeric characters, hyphens or dots")
        self.assert_refused("cluster-announce-human-nodename", "a!",
                            reason="Announced human node name contained invalid character")
        for text in ("{x}", "{title", "{", " ", ""):
            self.assert_refused("proc-title-template", text,
                                reason="template format is invalid or contains unknown variables")
        self.set("proc-title-template", "{{x}} {title}:{port}")

    def test_bytes_that_are_not_utf_8_are_kept(self):
        password = b"\xff\x00\xc3\xa9".decode("utf-8", "surrogateescape")
        config = loaded(f"requirepass {quote(password)}")
        self.assertEqual(config["requirepass"], password)


class SaveTest(ConfigTestCase):
    def test_lines_of_a_file_add_up_and_replace_the_default(self):
        self.assertEqual(loaded("save 900 1", "save 300 10").text("save"), "900 1 300 10")

    def test_empty_line_takes_back_what_was_before(self):
        self.assertEqual(loaded("save 900 1", "save ''").text("save"), "")
        self.assertEqual(loaded("save ''", "save '300 10'").text("save"), "300 10")

    def test_config_set_replaces(self):
        self.config.load(["save 900 1"], "test.conf")
        self.set("save", "300 10 60 5")
        self.assertEqual(self.config.text("save"), "300 10 60 5")

    def test_wrong_pairs_are_refused(self):
        for text in ("900 1 300", "900 x", "0 1", "900 -1", " 900 1", "900  1", "'900' 1"):
            self.assert_refused("save", text, reason="Invalid save parameters")


class BufferLimitsTest(ConfigTestCase):
    def test_only_the_classes_named_change(self):
        self.set("client-output-buffer-limit", "pubsub 1mb 1k 5 replica 1 2 3")
        self.assertEqual(self.config["client-output-buffer-limit"],
                         {"normal": (0, 0, 0), "slave": (1, 2, 3), "pubsub": (1 << 20, 1000, 5)})

    def test_lines_of_a_file_add_up(self):
        config = loaded("client-output-buffer-limit NORMAL 1 2 3", "client-output-buffer-limit pubsub 4 5 6")
        self.assertEqual(config.text("client-output-buffer-limit"),
                         "normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6")

    def test_errors(self):
        name = "client-output-buffer-limit"
        self.assert_refused(name, "normal", reason="Wrong number of arguments in buffer limit configuration.")
        self.assert_refused(name, "master 1 1 1",
                            reason="Invalid client class specified in buffer limit configuration.")
        for text in ("normal 1 1 x", "normal x 1 1", "pubsub 1 -1 1", "pubsub 1 1 -1"):
            self.assert_refused(name, text, reason="Error in hard, soft or soft_seconds setting in buffer "
                                                   "limit configuration.")


class OtherListsTest(ConfigTestCase):
    def test_keyspace_events_are_letters_with_a_written_out(self):
        self.set("notify-keyspace-events", "KEA")
        self.assertEqual(self.config["notify-keyspace-events"], frozenset("KEg$lshzxetd"))
        for given, shown in {"KEA": "AKE", "Ex": "xE", "g$lshzxeKEtmdn": "AKEm", "nE": "nE", "": ""}.items():
            self.set("notify-keyspace-events", given)
            self.assertEqual(self.config.text("notify-keyspace-events"), shown)
        self.assert_refused("notify-keyspace-events", "q",
                            reason="Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")

    def test_shutdown_flags_are_shown_in_one_order(self):
        self.set("shutdown-on-sigterm", "Now nosave")
        self.assertEqual(self.config.text("shutdown-on-sigterm"), "nosave now")
        self.assert_refused("shutdown-on-sigterm", "save nosave",
                            reason="shutdown options SAVE and NOSAVE can't be used simultaneously")
        reason = "argument(s) must be one of the following: default, save, nosave, now, force"
        self.assert_refused("shutdown-on-sigterm", "now  force", reason=reason)

    def test_out_of_memory_scores_are_three(self):
        self.assert_refused("oom-score-adj-values", "1 2", reason="wrong number of arguments")
        self.assert_refused("oom-score-adj-values", "1 2 2001",
                            reason="Invalid oom-score-adj-values, elements must be between -2000 and 2000.")

    def test_percentiles_are_shown_without_needless_zeros(self):
        for given, shown in {"0 100": "0 100", "33.3333333": "33.333333", "1e1": "10", "": ""}.items():
            self.set("latency-tracking-info-percentiles", given)
            self.assertEqual(self.config.text("latency-tracking-info-percentiles"), shown)
        name = "latency-tracking-info-percentiles"
        self.assert_refused(name, "nan", reason="Invalid latency-tracking-info-percentiles parameters")
        self.assert_refused(name, "101", reason=f"{name} parameters should sit between [0.0,100.0]")

    def test_addresses_may_be_none_and_sixteen_at_most(self):
        self.set("bind", "")
        self.assertEqual(self.config["bind"], ())
        self.assert_wrong_line("bind" + " a" * 17, reason="Too many bind addresses specified.")

    def test_primary_may_be_no_one(self):
        self.assertEqual(loaded("slaveof a 1", "replicaof NO ONE")["replicaof"], ())
        self.assert_wrong_line("replicaof a", reason="wrong number of arguments")
        self.assert_wrong_line("replicaof a 65536", reason="Invalid master port")


class DirTest(ConfigTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.realpath(directory.name)
        os.mkdir(os.path.join(self.path, "inner"))

    def test_is_the_working_directory_at_first(self):
        self.assertEqual(self.config.text("dir"), os.path.realpath(os.getcwd()))

    def test_is_made_absolute_as_seen_from_the_one_before(self):
        config = loaded(f"dir {self.path}", "dir inner")
        self.assertEqual(config["dir"], os.path.join(self.path, "inner"))

    def test_must_exist(self):
        self.assert_wrong_line("dir /nonexistent/at/all", reason="No such file or directory")
        self.assert_wrong_line(f"dir {os.path.abspath(__file__)}", reason="Not a directory")
        self.assert_wrong_line("dir ''", reason="dir can't be empty")


class GetTest(ConfigTestCase):
    def test_takes_several_patterns_and_answers_each_name_once(self):
        self.assertEqual(self.config.get(["port", "p?rt", "tcp-b*"]), {"port": "6379", "tcp-backlog": "511"})

    def test_ignores_case_and_answers_plain_names_as_they_were_spelled(self):
        self.assertEqual(self.config.get(["PORT", "DataBase[s]", "port"]),
                         {"PORT": "6379", "databases": "16"})

    def test_answers_both_names_of_a_directive(self):
        self.assertEqual(self.config.get(["*max-?i*list-entries", "hash-max-listpack-entries"]), {
            "hash-max-ziplist-entries": "512", "zset-max-ziplist-entries": "128",
            "hash-max-listpack-entries": "512"})
        self.set("hash-max-ziplist-entries", "7")
        self.assertEqual(self.config.get(["hash-max-listpack-entries"]), {"hash-max-listpack-entries": "7"})

    def test_hidden_directives_need_their_full_name(self):
        self.assertEqual(self.config.get(["watchdog*"]), {})
        self.assertEqual(self.config.get(["watchdog-period"]), {"watchdog-period": "0"})

    def test_unknown_names_are_left_out(self):
        self.assertEqual(self.config.get(["nosuch", "", "include", "no*such"]), {})

    def test_secrets_are_known(self):
        self.assertTrue(self.config.is_secret("RequirePass"))
        self.assertFalse(self.config.is_secret("port"))
        self.assertFalse(self.config.is_secret("nosuch"))


class SetTest(ConfigTestCase):
    def test_sets_several_at_once(self):
        self.set("hz", "20", "MAXMEMORY", "1mb")
        self.assertEqual((self.config["hz"], self.config["maxmemory"]), (20, 1 << 20))

    def test_changes_nothing_if_one_is_wrong(self):
        self.assert_refused("hz", "20", "maxmemory", "x", name="maxmemory",
                            reason="argument must be a memory value")
        self.assertEqual(self.config["hz"], 10)

    def test_unknown_name(self):
        with self.assertRaises(RedisError) as caught:
            self.set("maxmemory", "x", "NoSuch", "1")
        self.assertEqual(str(caught.exception),
                         "ERR Unknown option or number of arguments for CONFIG SET - 'NoSuch'")

    def test_names_are_checked_in_order_before_values(self):
        self.assert_refused("hz", "x", "daemonize", "yes", "nosuch", "1", name="daemonize",
                            reason="can't set immutable config")
        self.assert_refused("hz", "1", "HZ", "2", "nosuch", "1", name="HZ", reason="duplicate parameter")

    def test_a_directive_may_be_set_by_both_of_its_names(self):
        self.set("hash-max-ziplist-entries", "1", "hash-max-listpack-entries", "2")
        self.assertEqual(self.config["hash-max-listpack-entries"], 2)

    def test_error_shows_the_name_in_lower_case_and_as_the_alias_it_was(self):
        self.assert_refused("LIST-MAX-ziplist-size", "x", name="list-max-ziplist-size",
                            reason="argument couldn't be parsed into an integer")

    def test_protected_directives_need_permission(self):
        self.assert_refused("dir", "/", reason="can't set protected config")
        self.config.load(["enable-protected-configs local"], "test.conf")
        self.assert_refused("dir", "/", reason="can't set protected config")
        self.set("dir", "/", local_client=True)
        self.config.load(["enable-protected-configs yes"], "test.conf")
        self.set("dir", "/")
        self.assert_refused("dir", "/nonexistent", reason="No such file or directory")


class OnChangeTest(ConfigTestCase):
    def setUp(self):
        super().setUp()
        self.calls = []

    def record(self, name):
        self.config.on_change(name, lambda value: self.calls.append((name, value)))

    def refuse(self, name, error):
        def callback(value):
            self.calls.append((name, value))
            if value != Config()[name]:
                raise error

        self.config.on_change(name, callback)

    def test_is_called_with_the_new_value_after_all_are_set(self):
        self.config.on_change("hz", lambda value: self.calls.append((value, self.config["timeout"])))
        self.set("hz", "20", "timeout", "5")
        self.assertEqual(self.calls, [(20, 5)])

    def test_is_not_called_if_the_value_stays_the_same(self):
        self.record("hz")
        self.set("hz", "10")
        self.assertEqual(self.calls, [])

    def test_may_be_registered_for_an_alias_and_twice(self):
        self.record("lua-time-limit")
        self.record("busy-reply-threshold")
        self.set("lua-time-limit", "7")
        self.assertEqual(self.calls, [("lua-time-limit", 7), ("busy-reply-threshold", 7)])

    def test_is_not_called_by_load(self):
        self.record("hz")
        self.config.load(["hz 20"], "test.conf")
        self.assertEqual(self.calls, [])

    def test_refusal_undoes_everything_and_calls_again_with_the_old_values(self):
        self.record("hz")
        self.refuse("port", ValueError("Unable to listen on this port. Check server logs."))
        self.record("timeout")
        self.assert_refused("hz", "20", "port", "7000", "timeout", "5", name="port",
                            reason="Unable to listen on this port. Check server logs.")
        self.assertEqual(self.calls, [("hz", 20), ("port", 7000), ("hz", 10), ("port", 6379)])
        self.assertEqual([self.config[name] for name in ("hz", "port", "timeout")], [10, 6379, 0])

    def test_system_errors_refuse_too(self):
        self.refuse("port", OSError(98, "Address already in use"))
        self.assert_refused("port", "7000", reason="Address already in use")

    def test_redis_errors_are_sent_as_they_are(self):
        self.refuse("port", RedisError("ERR no"))
        with self.assertRaises(RedisError) as caught:
            self.set("port", "7000")
        self.assertEqual(str(caught.exception), "ERR no")

    def test_failure_while_undoing_does_not_hide_the_first_error(self):
        def callback(value):
            raise ValueError(f"not {value}")

        self.config.on_change("hz", callback)
        self.assert_refused("hz", "20", reason="not 20")
        self.assertEqual(self.config["hz"], 10)


class LoadTest(ConfigTestCase):
    def test_knows_comments_blank_lines_and_any_line_end(self):
        config = loaded("# port 1", "", " \t\r\n", "\t PORT  7000 \r\n", "hz 20\n")
        self.assertEqual((config["port"], config["hz"]), (7000, 20))

    def test_later_lines_win(self):
        self.assertEqual(loaded("port 1", "port 2")["port"], 2)

    def test_knows_both_kinds_of_quotes(self):
        config = loaded('requirepass "a\\x20\\"b\\n"', "masterauth 'it\\'s \"'", "'logfile' \"\"")
        self.assertEqual((config["requirepass"], config["masterauth"]), ('a "b\n', 'it\'s "'))

    def test_open_quotes_are_an_error(self):
        for line in ('requirepass "x', "requirepass 'x", 'requirepass "x"y'):
            self.assert_wrong_line(line, reason="Unbalanced quotes in configuration line")

    def test_error_tells_source_number_line_and_reason(self):
        with self.assertRaises(ConfigError) as caught:
            loaded("# first", "  port  abc\r\n")
        error = caught.exception
        self.assertEqual((error.source, error.line_number, error.line), ("test.conf", 2, "port  abc"))
        self.assertEqual(error.reason, "argument couldn't be parsed into an integer")

    def test_directives_of_one_word_refuse_more_or_none(self):
        self.assert_wrong_line("port", reason="wrong number of arguments")
        self.assert_wrong_line("port 1 2", reason="wrong number of arguments")
        self.assert_wrong_line("port 12 # comment", reason="wrong number of arguments")

    def test_unknown_directives_are_an_error(self):
        for line in ("nosuch 1", '"" 1', "include", "rename-command GET", "list-max-ziplist-value 1 2"):
            self.assert_wrong_line(line, reason="Bad directive or wrong number of arguments")
        self.assert_wrong_line("sentinel x", reason="sentinel directive while not in sentinel mode")

    def test_directives_without_a_meaning_since_long_are_passed_over(self):
        loaded("list-max-ziplist-entries 512", "list-max-ziplist-value 64", "lua-replicate-commands no")

    def test_lines_that_are_no_parameters_are_kept(self):
        config = loaded("rename-command GET ''", "rename-command SET put", "user a on nopass")
        self.assertEqual(config.lines("rename-command"), [("GET", ""), ("SET", "put")])
        self.assertEqual(config.lines("user"), [("a", "on", "nopass")])

    def test_name_may_be_an_alias(self):
        self.assertEqual(loaded("slave-priority 5")["replica-priority"], 5)


class FilesTest(ConfigTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(text.encode())
        return path

    def assert_file_error(self, path, reason, line_number=1):
        with self.assertRaises(ConfigError) as caught:
            Config().load_file(path)
        self.assertEqual((caught.exception.line_number, caught.exception.reason), (line_number, reason))
        return caught.exception

    def test_file_is_loaded_and_its_path_remembered(self):
        path = self.write("redis.conf", "port 7000\r\n\r\nhz 20")
        self.config.load_file(path)
        self.assertEqual((self.config["port"], self.config["hz"], self.config.path), (7000, 20, path))

    def test_missing_file_is_an_os_error(self):
        with self.assertRaises(FileNotFoundError):
            self.config.load_file(os.path.join(self.directory, "none.conf"))

    def test_include_loads_another_file_in_place(self):
        other = self.write("other.conf", "port 7000\nhz 20\n")
        path = self.write("redis.conf", f"hz 5\ninclude {other}\nport 7001\n")
        self.config.load_file(path)
        self.assertEqual((self.config["port"], self.config["hz"]), (7001, 20))

    def test_include_knows_wildcards_in_order_of_names(self):
        self.write("b.inc", "port 2")
        self.write("a.inc", "port 1")
        self.config.load([f"include {self.directory}/*.inc", f"include {self.directory}/*.none"], "test.conf")
        self.assertEqual(self.config["port"], 2)

    def test_include_is_seen_from_dir(self):
        self.write("other.conf", "port 7000")
        self.config.load([f"dir {self.directory}", "include other.conf"], "test.conf")
        self.assertEqual(self.config["port"], 7000)

    def test_error_in_an_included_file_names_that_file(self):
        other = self.write("other.conf", "\nport x")
        error = self.assert_file_error(self.write("redis.conf", f"include {other}"), line_number=2,
                                       reason="argument couldn't be parsed into an integer")
        self.assertEqual(error.source, other)

    def test_missing_include_is_an_error(self):
        path = os.path.join(self.directory, "none")
        self.assert_file_error(self.write("redis.conf", f"include {path}"),
                               f"can't open config file '{path}': No such file or directory")

    def test_files_that_include_each_other_are_an_error(self):
        first = self.write("a.conf", f"include {self.directory}/b.conf")
        self.write("b.conf", "include " + first)
        error = self.assert_file_error(first, f"'{first}' includes itself")
        self.assertTrue(error.source.endswith("b.conf"))

    def test_file_may_be_included_twice(self):
        other = self.write("other.conf", "port 7000")
        self.config.load([f"include {other}", "port 1", f"include {other}"], "test.conf")
        self.assertEqual(self.config["port"], 7000)


class UnusedTest(unittest.TestCase):
    def test_names_what_was_set_and_does_nothing_yet(self):
        self.assertEqual(loaded("port 7000", "tls-cluster yes").unused(), ["tls-cluster"])

    def test_what_was_set_to_what_happens_anyway_is_not_named(self):
        self.assertEqual(loaded("tls-cluster no", "save ''").unused(), [])
        self.assertEqual(Config().unused(), [])


class QuoteTest(unittest.TestCase):
    def test_line_with_the_quoted_word_gives_it_back(self):
        not_utf_8 = b"\xff".decode("utf-8", "surrogateescape")
        for word in ("", "plain", "two words", 'a"b\\c', "\n\r\t\a\b\0", "é", not_utf_8):
            self.assertEqual(loaded(f"requirepass {quote(word)}")["requirepass"], word)

    def test_looks_as_redis_prints_it(self):
        self.assertEqual(quote('a"\\\n\x01é'), '"a\\"\\\\\\n\\x01\\xc3\\xa9"')


if __name__ == "__main__":
    unittest.main()
