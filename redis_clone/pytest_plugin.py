"""Fixtures for pytest: a Redis server for each test that asks for one. Loaded by pytest itself, through an entry point.

    def test_carts_expire(redis_server):
        cart = Cart(redis_server.url)
        cart.add("apples")
        redis_server.fast_forward(3600)
        assert cart.items() == []

    @pytest.mark.redis(requirepass="secret", databases=1)
    def test_a_server_with_a_password(redis_client):
        ...

`redis_server` is a redis_clone.testing.TestServer, empty for each test; `redis_client` a redis_clone.Redis connected to
it. There is one server for each process of pytest-xdist, on a port of its own; it starts with the first test that asks
for it. Directives for all tests stand in pytest's ini file as lines of `redis_clone_config`.

When a test fails, the report shows what is in its server and what has been called last.

Nothing but pytest is imported here until a test asks for a fixture: a session without such tests pays nothing.
"""
import sys

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    # All modules of a package with a plugin are compiled anew, for the sake of their assertions. Of a whole server that
    # is seconds, in each session where the result cannot be cached. There is no public way to have it spared.
    marked = getattr(getattr(early_config.pluginmanager, "rewrite_hook", None), "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard(__package__)


def pytest_addoption(parser):
    parser.addini("redis_clone_config", "directives of redis.conf for the fixture redis_server, one in each line",
                  type="linelist", default=[])


def pytest_configure(config):
    config.addinivalue_line("markers", "redis(**directives): directives of redis.conf for this test's redis_server")


@pytest.fixture(scope="session")
def _redis_keeper():
    from .testing.keeper import ServerKeeper
    keeper = ServerKeeper()
    yield keeper
    keeper.stop()


@pytest.fixture
def redis_server(request, _redis_keeper):
    """A Redis server with nothing in it: a redis_clone.testing.TestServer, running in this process."""
    directives = _directives(request.config)
    for marker in reversed(list(request.node.iter_markers("redis"))):       # the closest one last
        if marker.args:
            raise pytest.UsageError(f"pytest.mark.redis takes keywords, directive=value, not {marker.args}")
        directives.update((name.replace("_", "-").lower(), value) for name, value in marker.kwargs.items())
    return _redis_keeper.fresh(directives)


def _directives(config):
    """Those of the ini file, as name: words."""
    from .inline import split_inline
    directives = {}
    for line in config.getini("redis_clone_config"):
        words = [word.decode("utf-8", "surrogateescape")
                 for word in split_inline(line.encode("utf-8", "surrogateescape")) or ()]
        if len(words) < 2:
            raise pytest.UsageError(f"redis_clone_config: not a directive and its value: {line!r}")
        directives[words[0].lower()] = words[1:]
    return directives


@pytest.fixture
def redis_client(redis_server):
    """A client of `redis_server`: a redis_clone.Redis, closed after the test."""
    client = redis_server.client()
    yield client
    client.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    testing = sys.modules.get("redis_clone.testing")
    if not report.failed or report.when == "teardown" or testing is None:
        return
    for name, value in getattr(item, "funcargs", {}).items():
        if isinstance(value, testing.TestServer):
            report.sections.append((f"Data in {name}", value.dump()))
            commands = value.dump_commands()
            if commands:
                report.sections.append((f"Commands to {name}", commands))
