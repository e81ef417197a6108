"""`python3 -m redis_clone.lua`: the interpreter as a program."""
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

from redis_clone.lua.__main__ import main


class _Stream(io.TextIOWrapper):
    def __init__(self, data=b""):
        super().__init__(io.BytesIO(data), encoding="utf-8")

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode()


class MainTest(unittest.TestCase):
    def run_main(self, *arguments, standard_input=b""):
        """(exit code, standard output, standard error)"""
        out, errors = _Stream(), _Stream()
        with mock.patch.multiple(sys, stdin=_Stream(standard_input), stdout=out, stderr=errors):
            code = main(list(arguments))
        return code, out.text(), errors.text()

    def run_file(self, source, *arguments):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "script.lua")
            with open(path, "wb") as file:
                file.write(source)
            code, out, errors = self.run_main(path, *arguments)
            return code, out, errors.replace(path, "script.lua")

    def test_prints_and_writes(self):
        self.assertEqual(self.run_file(b"print(1, nil, 'x') io.write('a', 1, '\\n')"), (0, "1\tnil\tx\na1\n",
                         ""))

    def test_arguments_are_the_dots_of_the_file(self):
        self.assertEqual(self.run_file(b"print(select('#', ...), ...)", "a", "b"), (0, "2\ta\tb\n", ""))

    def test_a_first_line_for_the_shell_is_skipped(self):
        self.assertEqual(self.run_file(b"#!/usr/bin/lua\nprint(5)"), (0, "5\n", ""))
        self.assertEqual(self.run_file(b"#!/usr/bin/lua\nx.y = 1")[2],
                         "lua: script.lua:2: attempt to index global 'x' (a nil value)\n")

    def test_an_error_ends_it_with_code_1(self):
        self.assertEqual(self.run_file(b"print(1)\nerror('bad')"), (1, "1\n", "lua: script.lua:2: bad\n"))
        self.assertEqual(self.run_file(b"error({})")[::2], (1, "lua: (error object is not a string)\n"))
        self.assertEqual(self.run_file(b"x =")[::2],
                         (1, "lua: script.lua:1: unexpected symbol near '<eof>'\n"))

    def test_standard_input(self):
        self.assertEqual(self.run_main("-", standard_input=b"print('in') error('x')"), (1, "in\n",
                         "lua: stdin:1: x\n"))

    def test_shows_the_python_text(self):
        code, out, _ = self.run_file(b"return 1")
        self.assertEqual((code, out), (0, ""))
        with tempfile.NamedTemporaryFile(suffix=".lua") as file:
            file.write(b"local total = 1 return total")
            file.flush()
            code, out, _ = self.run_main("--python", file.name)
        self.assertEqual(code, 0)
        self.assertIn("total_1 = 1.0", out)

    def test_without_a_file_it_tells_how_to_use_it(self):
        code, _, errors = self.run_main()
        self.assertEqual(code, 2)
        self.assertIn("python3 -m redis_clone.lua", errors)


if __name__ == "__main__":
    unittest.main()
