"""The examples of the README that people copy for their own tests, run as they stand there."""
import contextlib
import importlib.util
import io
import pathlib
import re
import tempfile
import unittest

import redis_clone
from tests.test_pytest_plugin import run_python

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


def example(word):
    """The code block of the README that has this word in it."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found = [block for block in blocks if word in block]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} examples in the README have {word} in them")
    return found[0]


class TestingExamplesTest(unittest.TestCase):
    def run_example(self, word, *command):
        with tempfile.TemporaryDirectory() as directory:
            (pathlib.Path(directory) / "test_cart.py").write_text(example(word), encoding="utf-8")
            return run_python(*command, cwd=directory).stdout

    def test_unittest_alone(self):
        output = self.run_example("RedisTestCase", "-m", "unittest", "-v", "test_cart")
        self.assertRegex(output, r"Ran \d+ tests? in .*\n\nOK\n", output)

    def test_pytest_and_redis_py(self):
        for name in ("pytest", "redis"):
            if importlib.util.find_spec(name) is None:
                self.skipTest(f"{name} is not installed")
        output = self.run_example("def test_carts_expire(redis_server)", "-m", "pytest", "-q", "-p",
                                  "no:cacheprovider", "-p", "redis_clone.pytest_plugin", "test_cart.py")
        self.assertRegex(output, r"\d+ passed", output)
        self.assertNotIn("failed", output)


class OtherExamplesTest(unittest.TestCase):
    def run_example(self, text):
        namespace = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(text, namespace)
        return printed.getvalue(), namespace

    def test_inside_ones_own_process(self):
        printed, _ = self.run_example(example("redis_clone.connect()"))
        self.assertRegex(printed, r"^\d+\nb'hello'\n$")

    def test_the_client(self):
        text = example("Redis.from_url(\"redis://localhost")
        with redis_clone.Server(port=0) as server:
            _, namespace = self.run_example(text.replace("localhost:6379", f"127.0.0.1:{server.port}"))
            self.assertEqual((namespace["name"], namespace["visits"]), ("Ann", 2))
            namespace["redis"].close()


if __name__ == "__main__":
    unittest.main()
