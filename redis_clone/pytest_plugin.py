"""Fixtures for pytest: a Redis server for each test that asks for one. Loaded by pytest itself, through an entry point.

    def test_carts_expire(redis_server):
        cart = Cart(redis_server.url)
        cart.add("apples")
        redis_server.fast_forward(3600)
        assert cart.items() == []

    @pytest.mark.redis(maxmemory="1mb", maxmemory_policy="allkeys-lru")
    def test_a_full_cache(redis_client):
        ...

`redis_server` is a redis_clone.testing.TestServer, empty for each test; `redis_client` a redis_clone.Redis connected to
it. There is one server for each process of pytest-xdist, on a port of its own; it starts with the first test that asks
for it. Directives for all tests stand in pytest's ini file as lines of `redis_clone_config`.

When a test fails, the report shows what is in its server and what has been called last.

Nothing but pytest is imported here until a test asks for a fixture: a session without such tests pays nothing.
"""
import sys

import pytest

_MOST_CALLS = 20                # shown of a test that has failed


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
    directives = dict(line.split(None, 1) for line in request.config.getini("redis_clone_config"))
    for marker in reversed(list(request.node.iter_markers("redis"))):       # the closest one last
        directives.update(marker.kwargs)
    return _redis_keeper.fresh(directives)


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
            calls = value.commands
            if calls:
                title = f"Commands to {name}" + f", the last {_MOST_CALLS}" * (len(calls) > _MOST_CALLS)
                report.sections.append((title, "\n".join(map(str, calls[-_MOST_CALLS:]))))
