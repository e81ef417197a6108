"""The suites of benchmark.py that put loads on one or two servers: `settings` says what each consists of.

    core            the usual tests, 50 clients, without pipelines and with pipelines of 16
    connections     SET and GET by number of clients, 1 to 5000 (--most-clients)
    sizes           SET and GET by length of values, 1 byte to 1 MB (--most-bytes)

What the command line says holds for all settings of a suite but for what the suite itself varies.
"""
from benchmark_tests import select_tests
from measuring import Setting, plural

__all__ = ["CLIENTS", "LOAD_SUITES", "SIZES", "settings"]

CORE_TESTS = "ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset"
PAIR = "set,get"
CLIENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
SIZES = (1, 16, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
PIPELINE = 16
CLIENTS_OF_MOST = 50            # where a suite does not vary them
KEYSPACE = 100000
REQUESTS = 60000                # where the command line does not say how many
PIPELINED_REQUESTS = 240000
SINGLE_CLIENT_REQUESTS = 15000  # for so few clients that each waits alone
BYTES = 256 << 20               # that travel in a test of long values, at most
KEPT_BYTES = 64 << 20           # that the keys of a test of long values hold
LEAST_REQUESTS = 200


def core(options):
    clients = options.clients or CLIENTS_OF_MOST
    plain = _setting(options, "core", f"{clients} clients", requests=options.requests or REQUESTS)
    yield plain, _tests(options, CORE_TESTS)
    if options.pipeline == 1:
        yield (plain._replace(title=f"{clients} clients, pipelines of {PIPELINE}", pipeline=PIPELINE,
                              requests=options.requests or PIPELINED_REQUESTS), _tests(options, CORE_TESTS))


def connections(options):
    for clients in CLIENTS:
        if clients <= options.most_clients:
            requests = options.requests or (SINGLE_CLIENT_REQUESTS if clients < 5 else REQUESTS)
            yield (_setting(options, "connections", "by number of clients", plural(clients, "client"),
                            clients=clients, requests=max(requests, clients)), _tests(options, PAIR))


def sizes(options):
    for size in SIZES:
        if size <= options.most_bytes:
            requests = min(options.requests or REQUESTS, max(BYTES // size, LEAST_REQUESTS))
            yield (_setting(options, "sizes", "by length of values", plural(size, "byte"),
                            data_size=size, requests=requests, keyspace=max(min(KEYSPACE, KEPT_BYTES // size), 1)),
                   _tests(options, PAIR))


LOAD_SUITES = {"core": core, "connections": connections, "sizes": sizes}


def settings(name, options):
    """(Setting, tests) of a suite, one after the other."""
    return LOAD_SUITES[name](options)


def _setting(options, suite, title, row="", clients=None, data_size=None, keyspace=None, requests=None):
    return Setting(
        suite=suite, title=title, row=row, requests=requests, clients=clients or options.clients or CLIENTS_OF_MOST,
        pipeline=options.pipeline, data_size=data_size or (3 if options.data_size is None else options.data_size),
        keyspace=keyspace or options.keyspace or KEYSPACE, keep_alive=options.keep_alive)


def _tests(options, usual):
    return [test for test in select_tests(options.tests or usual) if test.name != "lpush_for_lrange"]
