"""The plugin in real pytest runs, where pytest is installed; and what it does where it is not."""
import configparser
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT_S = 60


def run_python(*args, cwd=ROOT):
    """Run this Python with the package to be found; a CompletedProcess with text."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTEST_ADDOPTS="")
    return subprocess.run([sys.executable, *args], cwd=cwd, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=TIMEOUT_S)


class PytestCase(unittest.TestCase):
    """Runs pytest with the plugin on files made for the purpose."""

    @classmethod
    def setUpClass(cls):
        if importlib.util.find_spec("pytest") is None:
            raise unittest.SkipTest("pytest is not installed")

    def run_pytest(self, tests, *options, ini=""):
        """What pytest says of a test file with this text."""
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            (path / "test_it.py").write_text(textwrap.dedent(tests))
            (path / "pytest.ini").write_text("[pytest]\n" + textwrap.dedent(ini))
            return run_python("-m", "pytest", "-p", "redis_clone.pytest_plugin", "-p", "no:cacheprovider", "-q",
                              *options, cwd=directory).stdout

    def assert_passes(self, count, *args, **options):
        output = self.run_pytest(*args, **options)
        self.assertIn(f"{count} passed", output, output)
        self.assertNotIn("failed", output)
        return output


class FixturesTest(PytestCase):
    def test_a_server_is_empty_for_each_test(self):
        self.assert_passes(2, """
            import pytest

            @pytest.mark.parametrize("number", [1, 2])
            def test_it(redis_server, redis_client, number):
                assert redis_client.dbsize() == 0
                redis_client.set("key", "value")
                redis_server.fast_forward(1)
                assert redis_client.get("key") == b"value"
        """)

    def test_it_is_the_same_one_for_all_fixtures_of_a_test(self):
        self.assert_passes(1, """
            import pytest
            from redis_clone.client import Client

            @pytest.fixture
            def application(redis_server):
                with Client(port=redis_server.port) as client:
                    yield client

            def test_it(application, redis_client):
                application.execute("SET", "key", "value")
                assert redis_client.get("key") == b"value"
        """)

    def test_directives_come_from_the_ini_file_and_from_markers(self):
        self.assert_passes(3, """
            import pytest

            pytestmark = pytest.mark.redis(databases=5)

            def slowlog_size(client):
                return client.config_get("slowlog-max-len")["slowlog-max-len"]

            def test_ini(redis_client):
                assert slowlog_size(redis_client) == "1000000"
                assert redis_client.config_get("databases") == {"databases": "5"}

            @pytest.mark.redis(slowlog_max_len="20", maxmemory_policy="allkeys-lru")
            def test_marker(redis_client):
                assert slowlog_size(redis_client) == "20"
                assert redis_client.config_get("databases") == {"databases": "5"}

            class TestOfClass:
                pytestmark = pytest.mark.redis(slowlog_max_len=1)

                @pytest.mark.redis(slowlog_max_len=2)
                def test_closest_marker(self, redis_client):
                    assert slowlog_size(redis_client) == "2"
        """, "--strict-markers", ini="""
            redis_clone_config =
                slowlog-max-len 9
                slowlog-max-len 1000000
        """)

    def test_directives_may_have_several_words(self):
        self.assert_passes(1, """
            import pytest

            def test_it(redis_client):
                assert redis_client.config_get("save") == {"save": "900 1"}
                with pytest.raises(Exception, match="unknown command"):
                    redis_client.flushall()
        """, ini="""
            redis_clone_config =
                Save 900 1
                rename-command FLUSHALL ""
        """)

    def test_what_is_no_directive_is_refused(self):
        output = self.run_pytest("""
            import pytest

            @pytest.mark.redis("databases", 5)
            def test_words(redis_server):
                pass

            @pytest.mark.redis(database=5)
            def test_name(redis_server):
                pass
        """)
        self.assertIn("pytest.mark.redis takes keywords, directive=value, not ('databases', 5)", output)
        self.assertIn("'database \"5\"': Bad directive", output)
        self.assertIn("2 errors", output)
        output = self.run_pytest("def test_it(redis_server): pass", ini="redis_clone_config = appendonly")
        self.assertIn("redis_clone_config: not a directive and its value: 'appendonly'", output)

    def test_a_server_that_was_shut_down_is_replaced(self):
        self.assert_passes(2, """
            import pytest

            @pytest.mark.parametrize("number", [1, 2])
            def test_it(redis_server, redis_client, number):
                redis_client.set("key", "value")
                redis_server.stop()
        """)

    def test_nothing_is_left_open(self):
        self.assert_passes(2, """
            def test_one(redis_client):
                redis_client.set("key", "value")

            def test_two(redis_server):
                redis_server.client().set("key", "value")
        """, "-W", "error")

    def test_several_processes(self):
        if importlib.util.find_spec("xdist") is None:
            self.skipTest("pytest-xdist is not installed")
        self.assert_passes(40, """
            import pytest

            @pytest.mark.parametrize("number", range(40))
            def test_it(redis_client, number):
                assert redis_client.dbsize() == 0
                redis_client.set("key", number)
                assert redis_client.get("key") == b"%d" % number
        """, "-p", "xdist", "-n", "3")


class ReportTest(PytestCase):
    TESTS = """
        def test_it(redis_server, redis_client):
            redis_client.set("greeting", "hello")
            for number in range(30):
                redis_client.get(f"key:{number}")
            assert False
    """

    def test_a_failure_shows_data_and_commands(self):
        output = self.run_pytest(self.TESTS)
        self.assertIn("1 failed", output)
        self.assertIn("- Data in redis_server -", output)
        self.assertIn('"greeting"  string  "hello"', output)
        self.assertIn("- Commands to redis_server -", output)
        self.assertIn("... 13 earlier ones", output)
        self.assertIn('GET "key:29"', output)
        self.assertNotIn('GET "key:9"', output)

    def test_success_shows_nothing(self):
        output = self.assert_passes(1, self.TESTS.replace("assert False", "assert True"))
        self.assertNotIn("greeting", output)

    def test_what_the_server_logs_is_shown_with_the_test(self):
        output = self.run_pytest("""
            def test_it(redis_client):
                redis_client.execute_command("DEBUG LOG", "look here")
                assert False
        """)
        self.assertIn("Captured stderr call", output)
        self.assertIn("DEBUG LOG: look here", output)


class InstalledTest(PytestCase):
    """With the entry point, from a directory that says what an installation would."""

    def test_the_plugin_is_found_and_the_server_is_not_compiled_anew(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            metadata = path / "redis_clone-0.0.dist-info"
            metadata.mkdir()
            (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: redis_clone\nVersion: 0.0\n")
            (metadata / "RECORD").write_text("redis_clone/__init__.py,,\nredis_clone/engine.py,,\n")
            (metadata / "entry_points.txt").write_text("[pytest11]\nredis_clone = redis_clone.pytest_plugin\n")
            (path / "test_it.py").write_text(textwrap.dedent("""
                def test_it(redis_server):
                    import redis_clone.engine, redis_clone.pytest_plugin
                    assert "AssertionRewriting" in repr(redis_clone.pytest_plugin.__spec__.loader)
                    assert "AssertionRewriting" not in repr(redis_clone.engine.__spec__.loader)
            """))
            environment = dict(os.environ, PYTHONPATH=os.pathsep.join((directory, str(ROOT))), PYTEST_ADDOPTS="")
            environment.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
            output = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=directory,
                                    env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    universal_newlines=True, timeout=TIMEOUT_S).stdout
        self.assertIn("1 passed", output, output)


class NoWeightTest(unittest.TestCase):
    def test_pytest_without_such_tests_imports_no_server(self):
        if importlib.util.find_spec("pytest") is None:
            self.skipTest("pytest is not installed")
        found = run_python("-c", "import sys, redis_clone.pytest_plugin; "
                                 "print(sorted(name for name in sys.modules if name.startswith('redis_clone')))")
        self.assertEqual(found.stdout.strip(), "['redis_clone', 'redis_clone.pytest_plugin', 'redis_clone.version']")

    def test_nobody_else_needs_pytest(self):
        found = run_python("-c", "import sys; sys.modules['pytest'] = None\n"
                                 "import redis_clone, redis_clone.testing; redis_clone.Server; print('fine')")
        self.assertEqual(found.stdout.strip(), "fine")

    def test_the_entry_point_is_there(self):
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg", encoding="utf-8")
        self.assertEqual(setup["options.entry_points"]["pytest11"].split(), ["redis_clone", "=",
                                                                             "redis_clone.pytest_plugin"])


if __name__ == "__main__":
    unittest.main()
