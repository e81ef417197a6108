#!/usr/bin/env python3
"""Compares this server with a real one: the same generated commands to both, reply against reply.

    python3 scripts/compare_with_redis.py --seconds 60

starts a real server and this project's, and plays generated sequences to both until the time is over or a
difference is found, which is then shrunk to the shortest sequence that shows it. Everything follows from
the seed. The parts are in scripts/differential/. Exit status: 0 no difference, 1 a difference, 2 a server
is missing or does not start.
"""

import argparse
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from differential import report, servers, synopses
from differential.generator import Generator
from differential.lua_script_session import compare_scripts
from differential.lua_session import compare_programs
from differential.scenarios import EXTRA_GROUPS
from differential.session import Session
from differential.steps import read_steps


def parse_options(arguments):
    parser = argparse.ArgumentParser(description="Compare this server with a real Redis or Valkey server.")
    oracle = parser.add_mutually_exclusive_group()
    oracle.add_argument("--oracle", metavar="PATH", help="the real server to start (default: valkey-server, "
                        "else redis-server)")
    oracle.add_argument("--oracle-port", metavar="HOST:PORT", help="a running real server: it is emptied!")
    parser.add_argument("--server", metavar="COMMAND", help="how to start the server under test; {port} and "
                        "{dir} are replaced (default: this project's)")
    parser.add_argument("--seconds", type=float, help="how long to compare (default: 60; Lua: to the end)")
    parser.add_argument("--commands", type=int, default=0, help="compare this many commands instead")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other sequences (default: 1)")
    parser.add_argument("--replay", type=int, metavar="K", help="play only sequence K of the seed")
    parser.add_argument("--steps", metavar="FILE", help="play the steps in a file (- for standard input), "
                        "as printed for a difference")
    parser.add_argument("--groups", type=_names, default=[], help="only these groups: %s"
                        % ",".join(list(synopses.GROUPS) + list(EXTRA_GROUPS)))
    parser.add_argument("--only", type=_upper_names, default=[], help="only these commands: SET,CLIENT|ID")
    parser.add_argument("--skip", type=_upper_names, default=[], help="leave these commands out")
    parser.add_argument("--keep-going", action="store_true", help="collect differences, one per command")
    parser.add_argument("--timeout", type=float, default=10.0,
                        help="seconds after which a server counts as silent")
    parser.add_argument("--shrink-seconds", type=float, default=20.0,
                        help="longest time to shrink a difference")
    parser.add_argument("--verbose", action="store_true", help="print every sequence")
    lua = parser.add_mutually_exclusive_group()
    lua.add_argument("--lua-programs", type=int, metavar="N",
                     help="compare N Lua programs in the engine alone with lua5.1, no servers")
    lua.add_argument("--lua-file", metavar="FILE", help="compare one Lua program with lua5.1")
    lua.add_argument("--lua-scripts", type=int, metavar="N",
                     help="compare N scripts that EVAL runs in both servers")
    options = parser.parse_args(arguments)
    if options.seconds is None:
        options.seconds = 0.0 if options.lua_programs or options.lua_scripts else 60.0
    wrong = set(options.groups) - set(synopses.GROUPS) - set(EXTRA_GROUPS)
    if wrong:
        parser.error("no such group: %s" % ", ".join(sorted(wrong)))
    strangers = set(options.only) - set(synopses.Catalogue().by_name)
    if strangers:
        parser.error("no such command: %s" % ", ".join(sorted(strangers)))
    return options


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def _upper_names(text):
    return [name.upper() for name in _names(text)]


def make_servers(options):
    """Return the oracle and the server under test, not yet started."""
    if options.oracle_port:
        host, _, port = options.oracle_port.rpartition(":")
        oracle = servers.Server("real", address=(host or "127.0.0.1", int(port)), timeout_s=options.timeout)
    else:
        command = servers.oracle_command(servers.find_oracle(options.oracle))
        oracle = servers.Server("real", command, timeout_s=options.timeout)
    return oracle, servers.Server("ours", options.server or servers.own_command(), timeout_s=options.timeout)


def compare(pair, options):
    """Run a session with two started servers; return the exit status."""
    names = Generator(options.seed, options.groups, options.only).names
    unknown = set(names) - pair[0].knows(names)
    missing = set(names) - unknown - pair[1].knows(names)
    if missing:
        print("MISSING: the server under test does not know %s\n" % ", ".join(sorted(missing)))
    session = Session(pair, options, unknown | missing)
    if options.steps:
        text = sys.stdin.read() if options.steps == "-" else Path(options.steps).read_text()
        return 1 if session.play_steps(read_steps(text)) else 0
    session.run()
    print(report.show_summary(session.runner.coverage, session.seconds, session.names, unknown,
                              session.found))
    return 1 if session.found or missing else 0


def main(arguments=None):
    options = parse_options(arguments)
    if options.lua_programs is not None or options.lua_file:
        return compare_programs(options)
    pair = ()
    try:
        pair = make_servers(options)
        for server in pair:
            server.start()
        print("Comparing %s %s with %s, seed %d." % (pair[0].family, ".".join(map(str, pair[0].version)),
                                                     options.server or "this server", options.seed))
        return compare_scripts(pair, options) if options.lua_scripts else compare(pair, options)
    except servers.ServerError as error:
        print("ERROR: %s" % error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        for server in pair:
            server.stop()


def _stop(number, frame):
    """Leave as by Ctrl-C, so that the servers are stopped, too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
