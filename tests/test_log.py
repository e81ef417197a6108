"""The form of log lines, levels, files that are rotated, many threads."""

import io
import os
import re
import tempfile
import threading
import time
import unittest

from redis_clone.log import Log

NOW_S = time.mktime((2026, 11, 2, 7, 9, 5, 0, 0, -1)) + 0.0429


class LineTest(unittest.TestCase):
    def setUp(self):
        self.stream = io.StringIO()
        self.log = Log(level="debug", stream=self.stream, now=lambda: NOW_S)

    def written(self):
        return self.stream.getvalue()

    def test_has_process_role_time_level_and_text(self):
        self.log.role = "M"
        self.log.notice("Server initialized")
        self.assertEqual(self.written(), f"{os.getpid()}:M 02 Nov 2026 07:09:05.042 * Server initialized\n")

    def test_role_is_c_until_the_server_is_set_up(self):
        self.log.notice("starting")
        self.assertRegex(self.written(), r"^\d+:C ")

    def test_each_level_has_its_sign(self):
        for level in ("debug", "verbose", "notice", "warning"):
            getattr(self.log, level)(level)
        self.assertEqual(re.findall(r" ([.\-*#]) (\w+)\n", self.written()),
                         [(".", "debug"), ("-", "verbose"), ("*", "notice"), ("#", "warning")])

    def test_raw_text_is_written_as_it_is(self):
        self.log.raw("a\n b\n")
        self.assertEqual(self.written(), "a\n b\n")

    def test_signal_handlers_have_their_own_form(self):
        self.log.from_signal("Received SIGTERM scheduling shutdown...")
        self.assertEqual(self.written(), f"{os.getpid()}:signal-handler ({int(NOW_S)}) "
                                         "Received SIGTERM scheduling shutdown...\n")


class LevelTest(unittest.TestCase):
    def lines_at(self, level):
        stream = io.StringIO()
        log = Log(level="debug", stream=stream)
        log.set_level(level)
        log.debug("1")
        log.verbose("2")
        log.notice("3")
        log.raw("3\n")
        log.warning("4")
        log.from_signal("4")
        return "".join(line[-1] for line in stream.getvalue().splitlines())

    def test_everything_below_the_level_is_left_out(self):
        self.assertEqual(self.lines_at("debug"), "123344")
        self.assertEqual(self.lines_at("verbose"), "23344")
        self.assertEqual(self.lines_at("notice"), "3344")
        self.assertEqual(self.lines_at("warning"), "44")

    def test_nothing_is_a_level(self):
        self.assertEqual(self.lines_at("nothing"), "")


class FileTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "redis.log")
        self.log = Log(self.path)

    def lines(self, path=None):
        with open(path or self.path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()

    def test_line_is_in_the_file_at_once(self):
        self.log.notice("one")
        self.assertEqual(len(self.lines()), 1)
        self.log.notice("two")
        self.assertEqual([line[-3:] for line in self.lines()], ["one", "two"])

    def test_file_that_was_moved_away_is_made_anew(self):
        self.log.notice("one")
        os.rename(self.path, self.path + ".1")
        self.log.notice("two")
        self.assertEqual([line[-3:] for line in self.lines()], ["two"])
        self.assertEqual([line[-3:] for line in self.lines(self.path + ".1")], ["one"])

    def test_line_that_cannot_be_written_is_lost_without_an_error(self):
        Log(os.path.join(self.path, "no", "directory")).warning("lost")
        closed = io.StringIO()
        closed.close()
        Log(stream=closed).warning("lost")

    def test_bytes_that_are_not_utf_8_come_out_as_they_were(self):
        self.log.notice(b"\xff\xc3\xa9".decode("utf-8", "surrogateescape"))
        with open(self.path, "rb") as file:
            self.assertTrue(file.read().endswith(b" \xff\xc3\xa9\n"))

    def test_lines_of_many_threads_do_not_mix(self):
        def write(letter):
            for _ in range(50):
                self.log.notice(letter * 200)

        threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = self.lines()
        self.assertEqual(len(lines), 400)
        for line in lines:
            self.assertRegex(line, r" \* (.)\1{199}$")


if __name__ == "__main__":
    unittest.main()
