"""The command line and what is printed about it. Real processes: tests/system/test_start.py."""

import contextlib
import io
import os
import tempfile
import unittest

from redis_clone.__main__ import describe, main, picture, read_configuration, split_arguments
from redis_clone.config import ConfigError


def read(*arguments, standard_input=b""):
    return read_configuration(list(arguments), io.BytesIO(standard_input))


class SplitArgumentsTest(unittest.TestCase):
    def assert_lines(self, arguments, *lines):
        self.assertEqual(split_arguments(arguments), (None, False, list(lines)))

    def test_options_become_lines_of_a_configuration_file(self):
        self.assert_lines(["--port", "7000", "--save", "900", "1"], 'port "7000"', 'save "900" "1"')

    def test_one_argument_may_hold_name_and_value(self):
        self.assert_lines(["--port 7000", "--hz", "20"], "port 7000", 'hz "20"')

    def test_equals_sign_is_part_of_the_name(self):
        self.assert_lines(["--port=7000"], "port=7000")

    def test_word_after_the_name_is_a_value_whatever_it_looks_like(self):
        self.assert_lines(["--requirepass", "--secret", "--port", "1"], 'requirepass "--secret"', 'port "1"')

    def test_save_without_a_value_means_an_empty_one(self):
        self.assert_lines(["--save", "--port", "1"], 'save ""', 'port "1"')
        self.assert_lines(["--port", "1", "--SAVE"], 'port "1"', 'SAVE ""')

    def test_values_are_quoted(self):
        self.assert_lines(["--requirepass", 'a "b"\n'], 'requirepass "a \\"b\\"\\n"')

    def test_words_that_belong_to_no_option_stay_for_the_error_message(self):
        self.assert_lines(["-x", "1"], '"-x" "1"')

    def test_first_word_is_the_configuration_file(self):
        self.assertEqual(split_arguments(["redis.conf", "--port", "1"]), ("redis.conf", False, ['port "1"']))

    def test_dash_first_or_last_means_standard_input(self):
        self.assertEqual(split_arguments(["-"]), (None, True, []))
        self.assertEqual(split_arguments(["-", "--port", "1"]), (None, True, ['port "1"']))
        self.assertEqual(split_arguments(["redis.conf", "--port", "1", "-"]),
                         ("redis.conf", True, ['port "1"']))


class ReadConfigurationTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "redis.conf")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("port 1\nhz 20\ntimeout 30\nsave 900 1\n")

    def assert_error(self, *arguments, source, line_number, line, reason, **options):
        with self.assertRaises(ConfigError) as caught:
            read(*arguments, **options)
        error = caught.exception
        self.assertEqual((error.source, error.line_number, error.line, error.reason),
                         (source, line_number, line, reason))

    def test_options_override_standard_input_and_that_overrides_the_file(self):
        config = read(self.path, "--port", "3", "-", standard_input=b"port 2\nhz 40\n")
        self.assertEqual([config[name] for name in ("port", "hz", "timeout")], [3, 40, 30])

    def test_options_may_take_several_words(self):
        config = read("--save", "900", "1", "300", "10", "--bind", "127.0.0.1", "::1", "--port", "7000",
                      "--client-output-buffer-limit", "pubsub", "1mb", "1mb", "10")
        self.assertEqual(config.text("save"), "900 1 300 10")
        self.assertEqual(config["client-output-buffer-limit"]["pubsub"], (1 << 20, 1 << 20, 10))
        self.assertEqual((config["bind"], config["port"]), (("127.0.0.1", "::1"), 7000))

    def test_save_adds_to_the_file_unless_it_is_empty(self):
        self.assertEqual(read(self.path, "--save", "60", "5").text("save"), "900 1 60 5")
        self.assertEqual(read(self.path, "--save", "").text("save"), "")

    def test_wrong_options_are_counted_from_two_as_redis_does(self):
        self.assert_error("--port", "abc", source="the options", line_number=2, line='port "abc"',
                          reason="argument couldn't be parsed into an integer")
        self.assert_error("--port", "1", "--nosuch1", "a", "--nosuch2", "b", source="the options",
                          line_number=3, line='nosuch1 "a"',
                          reason="Bad directive or wrong number of arguments")
        self.assert_error("--port", source="the options", line_number=2, line="port",
                          reason="wrong number of arguments")

    def test_wrong_line_on_standard_input(self):
        self.assert_error("-", standard_input=b"hz 10\nport x", source="the standard input", line_number=2,
                          line="port x", reason="argument couldn't be parsed into an integer")

    def test_wrong_line_in_the_file(self):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("daemonize maybe")
        self.assert_error(self.path, source=self.path, line_number=5, line="daemonize maybe",
                          reason="argument must be 'yes' or 'no'")


class DescribeTest(unittest.TestCase):
    def test_has_redis_form_and_tells_the_place(self):
        self.assertEqual(describe(ConfigError("/etc/redis.conf", 7, "port x", "why")),
                         "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                         "Reading the configuration file, at line 7\n>>> 'port x'\nwhy\n(in /etc/redis.conf)")


class PictureTest(unittest.TestCase):
    def test_tells_what_scripts_look_for(self):
        text = picture(6379, 123)
        for part in ("Redis 7.2.6 (00000000/0) 64 bit", "Running in standalone mode",
                     " Port: 6379\n", " PID: 123\n"):
            self.assertIn(part, text)


class MainTest(unittest.TestCase):
    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(arguments))
        return status, out.getvalue(), err.getvalue()

    def test_version(self):
        for option in ("-v", "--version"):
            status, out, err = self.run_main(option)
            self.assertEqual((status, err), (0, ""))
            self.assertRegex(out, r"^Redis server v=7\.2\.6 sha=00000000:0 malloc=libc bits=\d+ "
                                  r"build=[0-9a-f]+\nredis_clone v=\S+ on \w+ 3\.\S+\n$")

    def test_help(self):
        for option in ("-h", "--help"):
            status, out, err = self.run_main(option)
            self.assertEqual((status, err), (0, ""))
            self.assertTrue(out.startswith("Usage: python3 -m redis_clone [/path/to/redis.conf] [options]"))

    def test_what_is_not_supported_is_refused(self):
        for arguments in (["--test-memory", "10"], ["--check-system"], ["x.conf", "--sentinel"]):
            status, out, err = self.run_main(*arguments)
            self.assertEqual((status, out), (1, ""))
            self.assertIn("not supported", err)

    def test_wrong_option_ends_with_status_1_and_a_message(self):
        status, out, err = self.run_main("--port", "abc")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("\n>>> 'port \"abc\"'\nargument couldn't be parsed into an integer\n", err)

    def test_log_file_that_cannot_be_opened(self):
        status, out, err = self.run_main("--logfile", "/nonexistent/redis.log")
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(err, "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\n"
                              "Can't open the log file: No such file or directory\n")


if __name__ == "__main__":
    unittest.main()
