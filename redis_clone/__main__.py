"""``python3 -m redis_clone``: a stand-alone server, started with redis-server's own conventions.

The command line and the configuration files become a Config, the Config a Server, and this process serves
until SIGTERM, SIGINT or SHUTDOWN. What is done to the process itself is in process.py.

Scripts wait for the lines logged here; their wording and order are Redis'.
"""

import os
import platform
import signal
import socket
import sys
import threading

from . import process
from .config import Config, ConfigError, quote
from .departures import Departures
from .errors import RedisError
from .log import Log
from .server import ListenError, LoadError, Server
from .version import REDIS_VERSION, __version__

__all__ = ["main"]

_BITS = 64 if sys.maxsize > 1 << 32 else 32
_PROGRAM = "python3 -m redis_clone"
_FATAL = f"\n*** FATAL CONFIG FILE ERROR (Redis {REDIS_VERSION}) ***\n"

_USAGE = f"""\
Usage: {_PROGRAM} [/path/to/redis.conf] [options] [-]
       {_PROGRAM} - (read the configuration from standard input)
       {_PROGRAM} -v or --version
       {_PROGRAM} -h or --help

An option is any directive of redis.conf with -- before its name. Options override the file.

Examples:
       {_PROGRAM} (listens on 127.0.0.1:6379)
       {_PROGRAM} --port 7777 --save '' --appendonly no
       {_PROGRAM} --unixsocket /tmp/redis.sock --port 0
       {_PROGRAM} /etc/redis/6379.conf --loglevel verbose
       echo 'maxclients 100' | {_PROGRAM} -
"""

_PICTURE = r"""
       _______
      /______/|
     /______/||             Redis {version} (00000000/0) {bits} bit
    |      | ||
    | redis| ||             Running in standalone mode
    | clone| ||             Port: {port}
    |      | |/             PID: {pid}
    |______|/
                            redis_clone {own_version}, {python}

"""


def main(argv=None):
    """Run a server as the arguments say; return the exit status. Does not return after serving."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments and arguments[0] in _ANSWERS:
        return _ANSWERS[arguments[0]]()
    if "--sentinel" in arguments:
        return _refuse("Sentinel mode is not supported.")
    try:
        config = read_configuration(arguments, sys.stdin.buffer)
    except ConfigError as error:
        return _refuse(describe(error))
    except OSError as error:
        path = os.path.abspath(error.filename)
        Log().warning(f"Fatal error, can't open config file '{path}': {error.strerror}")
        return 1
    os.chdir(config["dir"])
    try:
        _check_log_file(config["logfile"])
    except OSError as error:
        return _refuse(f"{_FATAL}Can't open the log file: {error.strerror}")
    return _run(config, Log(config["logfile"], config["loglevel"]), bool(arguments))


# --- the command line ----------------------------------------------------------------------------------


def read_configuration(arguments, standard_input):
    """Turn the command line into a Config: first the file, then `-`, then the options, the last one wins.

    `standard_input` is a binary stream. Raises ConfigError, or OSError if the file cannot be read.
    """
    config = Config()
    path, has_input, lines = split_arguments(arguments)
    if path is not None:
        config.load_file(path)
    if has_input:
        text = standard_input.read().decode("utf-8", "surrogateescape")
        config.load(text.split("\n"), "the standard input")
    # Redis puts the options below the file's text and an empty line, hence it counts them from 2.
    config.load(lines, "the options", first_line=2)
    return config


# What an option stands for that has no word after it: --save $POINTS may have been left without any.
_WITHOUT_WORD = {"--save": '""', "--trace": "yes"}


def split_arguments(arguments):
    """Return the path of the configuration file or None, whether `-` was given, and the options as lines.

    ``--port 7000 --save 900 1`` makes the lines ``port "7000"`` and ``save "900" "1"``: all words up to
    the next ``--`` belong to an option, and the one right after its name does whatever it looks like.
    """
    path = None
    if arguments and not arguments[0].startswith("-"):
        path, arguments = arguments[0], arguments[1:]
    has_input = False
    if arguments[-1:] == ["-"]:
        has_input, arguments = True, arguments[:-1]
    elif arguments[:1] == ["-"] and path is None:
        has_input, arguments = True, arguments[1:]
    lines, needs_word = [], False
    for position, word in enumerate(arguments):
        following = arguments[position + 1:position + 2]
        if word.startswith("--") and not needs_word:
            lines.append(word[2:])
            needs_word = len(word.split()) == 1
            missing = _WITHOUT_WORD.get(word.lower())
            if missing is not None and (not following or following[0].startswith("--")):
                lines[-1] += " " + missing
                needs_word = False
        else:
            lines[-1:] = [" ".join(lines[-1:] + [quote(word)])]
            needs_word = False
    return path, has_input, lines


def describe(error):
    """The text that Redis prints about a wrong line, and where that line is."""
    return (f"{_FATAL}Reading the configuration file, at line {error.line_number}\n"
            f">>> '{error.line}'\n"
            f"{error.reason}\n"
            f"(in {error.source})")


def _check_log_file(path):
    if path:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))


def _refuse(text):
    print(text, file=sys.stderr)
    return 1


def _print_version():
    print(f"Redis server v={REDIS_VERSION} sha=00000000:0 malloc=libc bits={_BITS} build=0000000000000000")
    print(f"redis_clone v={__version__} on {_python()}")
    return 0


def _print_usage():
    print(_USAGE, end="")
    return 0


def _python():
    return f"{platform.python_implementation()} {platform.python_version()}"


_ANSWERS = {
    "-v": _print_version,
    "--version": _print_version,
    "-h": _print_usage,
    "--help": _print_usage,
    "--test-memory": lambda: _refuse("Testing the memory is not supported."),
    "--check-system": lambda: _refuse("Checking the system is not supported."),
}


# --- serving -------------------------------------------------------------------------------------------


def _run(config, log, configured):
    if config["daemonize"]:
        process.daemonize(log)
    log.notice("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
    log.notice(f"Redis version={REDIS_VERSION}, bits={_BITS}, commit=00000000, modified=0, "
               f"pid={os.getpid()}, just started")
    if configured:
        log.notice("Configuration loaded")
    else:
        log.warning("Warning: no config file specified, using the default config. In order to specify a "
                    f"config file use {_PROGRAM} /path/to/redis.conf")
    for name in config.unused():
        log.notice(f"The directive {name} is accepted, but has no effect in redis_clone {__version__}")
    log.role = "M"
    if not process.raise_descriptor_limit(config, log):
        return 1
    take_turns = process.tune_threads(config, log)
    process.allow_recursion(log)
    server = Server(config, log)
    server.engine.owns_process = True
    if take_turns:
        server.departures = Departures()
        server.departures.start()
    config.on_change("loglevel", log.set_level)
    config.on_change("dir", os.chdir)
    _follow_signals(server, log)
    _show_start(config, log)
    process.check_backlog(config, log)
    process.settle_garbage_collector(log)
    if not _listen(server, config, log):
        return 1
    # Not earlier, as Redis does it: a start that fails must not touch the pid file of a server that runs.
    process.write_pid_file(config, log)
    log.notice("Server initialized")
    try:
        if _load(server):
            _announce(config, log)
    except LoadError as error:
        process.remove_pid_file(config, log)
        log.warning(f"{error}. Exiting.")
        os._exit(1)
    server.serve_forever()
    process.remove_pid_file(config, log)
    log.warning("Redis is now ready to exit, bye bye...")
    # Taking millions of objects apart one by one before the process ends would take seconds.
    os._exit(server.exit_code)


def _show_start(config, log):
    on_terminal = not config["logfile"] and sys.stdout is not None and sys.stdout.isatty()
    if on_terminal or config["always-show-logo"]:
        log.raw(picture(config["port"], os.getpid()))
    else:
        log.notice(f"Running mode=standalone, port={config['port']}.")


def picture(port, pid):
    """What a person sees first."""
    return _PICTURE.format(version=REDIS_VERSION, bits=_BITS, port=port, pid=pid, own_version=__version__,
                           python=_python())


def _listen(server, config, log):
    """Open the listeners; say why and return False if that does not work."""
    if not config["unixsocket"] and (not config["port"] or not config["bind"]):
        log.warning("Configured to not listen anywhere, exiting.")
        return False
    try:
        server.listen()
    except ListenError as error:
        if error.address == config["unixsocket"]:
            log.warning(f"Failed opening Unix socket: bind: {error.reason}")
        else:
            step = "" if isinstance(error.__cause__, socket.gaierror) else "bind: "
            log.warning("Warning: Could not create server TCP listening socket "
                        f"{error.address}: {step}{error.reason}")
            log.warning(f"Failed listening on port {config['port']} (tcp), aborting.")
        return False
    return True


def _load(server):
    """Load the data and start to serve; False if the server is told to end meanwhile."""

    def serve():
        with process.signals_for_the_main_thread():
            server.serve()

    with process.garbage_collector_at_rest():
        return server.load(serve)


def _announce(config, log):
    if config["port"] and config["bind"]:
        log.notice("Ready to accept connections tcp")
    if config["unixsocket"]:
        log.notice("Ready to accept connections unix")


def _follow_signals(server, log):
    """SIGTERM and SIGINT end the server as SHUTDOWN does, a second SIGINT at once."""
    asked = []

    def stop(number, frame):
        if asked and number == signal.SIGINT and server.engine.loading is None:
            log.from_signal("You insist... exiting now.")
            server.engine.snapshots.leave_nothing_behind()
            os._exit(1)
        asked.append(number)
        name = signal.Signals(number).name
        log.from_signal(f"Received {name} scheduling shutdown..." if server.engine.loading is None else
                        "Received shutdown signal during loading, scheduling shutdown.")
        # By another thread: the one interrupted here may hold the very lock that the request needs.
        threading.Thread(target=end, args=(f"shutdown-on-{name.lower()}",)).start()

    def end(directive):
        try:
            server.end(server.config[directive])
        except RedisError:
            asked.clear()                       # what could not be saved is in the log; the server goes on

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)    # a server outlives the terminal it was started from


if __name__ == "__main__":
    sys.exit(main())
