"""Modes: what the command line does instead of executing a command: --scan, --stat, --pipe and so on.

Each is a module with `run(connection, options, out) -> exit status`. `connection` is a connected
client.Connection (None for a mode without a server), `options` are those of arguments.py, `out` is a Console.
What ends a mode early is raised as ModeFailed (asking.py), with redis-cli's text for the standard error.

Where to look: `asking` requests and their failures; `scan` the walk over all keys, `big_keys` and `hot_keys`
take it; `latency`, `latency_spectrum`, `intrinsic_latency` and `stat` watch; `pipe` mass insertion; `sync` the
start of a replication, `rdb` and `replica` take it; `eval` a script from a file; `lru_test` a simulated cache;
`trace` the way of one command.
"""
import importlib

from ...client import ClientError
from .asking import ModeFailed

__all__ = ["NEEDS_NO_SERVER", "run"]

NEEDS_NO_SERVER = {"--intrinsic-latency"}

# The option and its module. Of several options the first one here wins, as in redis-cli.
_MODULES = {
    "--latency": "latency",
    "--latency-history": "latency",
    "--latency-dist": "latency_spectrum",
    "--replica": "replica",
    "--rdb": "rdb",
    "--functions-rdb": "rdb",
    "--pipe": "pipe",
    "--bigkeys": "big_keys",
    "--memkeys": "big_keys",
    "--memkeys-samples": "big_keys",
    "--hotkeys": "hot_keys",
    "--stat": "stat",
    "--scan": "scan",
    "--lru-test": "lru_test",
    "--intrinsic-latency": "intrinsic_latency",
    "--trace": "trace",
}


def run(connection, options, out):
    """Run the mode that `options.modes` asks for; return the exit status.

    KeyboardInterrupt is passed on, unless the mode has something to say at its end.
    """
    name = next(name for name in _MODULES if name in options.modes)
    module = importlib.import_module("." + _MODULES[name], __name__)
    try:
        return module.run(connection, options, out)
    except ModeFailed as failure:
        out.complain(str(failure))
    except ClientError as error:
        out.complain(f"Error: {error}")
    return 1
