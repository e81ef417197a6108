"""The command line of benchmark.py: redis-benchmark's options, and those that it does not have.

`parse_options` checks everything that can be known before a server is asked. What is wrong is told in one line,
with exit status 2. Long names are ours where redis-benchmark has but a letter.
"""
import argparse
import os
import shlex
import sys

from benchmark_tests import TESTS, custom_test, select_tests      # which makes the package known, too
from load_suites import CLIENTS as CLIENT_NUMBERS, LOAD_SUITES, SIZES
from measuring import Setting
from servers import OWN_COMMAND
from suite import OneLineParser
from targets import Target, parse_address
from redis_clone import __version__

__all__ = ["OTHER_SUITES", "parse_options"]

# Suites with a command line of their own: name -> module.
OTHER_SUITES = {"growth": "growth", "persistence": "persistence", "lua": "lua_suite", "client": "client_suite",
                "embedding": "embedding_suite"}
MAX_DATA_SIZE = 512 * 1024 * 1024
# Descriptors of a process that are no clients.
OTHER_DESCRIPTORS = 32
REQUESTS, CLIENTS, DATA_SIZE = 100000, 50, 3
SUITE_ROUNDS = 3


def make_parser():
    parser = OneLineParser(
        prog="benchmark.py", add_help=False, allow_abbrev=False, usage="%(prog)s [options] [command ...]",
        description="Measures how many requests a second a Redis server answers, and how soon.")
    add_server_options(parser.add_argument_group("the server"))
    add_load_options(parser.add_argument_group("the load"))
    add_output_options(parser.add_argument_group("the output"))
    add_own_options(parser.add_argument_group("what redis-benchmark does not have"))
    parser.add_argument("command", nargs=argparse.REMAINDER,
                        help="measure this command instead; __rand_int__ in it is a random number (-r)")
    return parser


def add_server_options(group):
    add = group.add_argument
    add("-h", "--host", help="(127.0.0.1)")
    add("-p", "--port", type=number(1, 65535), help="(6379)")
    add("-s", "--socket", metavar="PATH", help="Unix socket of the server, instead of host and port")
    add("-u", "--uri", help="redis://user:password@host:port/db, rediss:// (TLS) or unix://path instead")
    add("-a", "--password")
    add("--user", help="with --password; default: the default user")
    add("--dbnum", type=number(0), metavar="DB", help="number of the database (0)")
    add("-3", "--resp3", action="store_true", help="speak RESP3")
    add("--enable-tracking", action="store_true", help="CLIENT TRACKING ON in every connection")
    add("--cluster", action="store_true", help="not supported: name a node, and keys of its own")
    add("--tls", action="store_true", help="speak TLS")
    add("--sni", metavar="HOST", help="name to ask for (TLS)")
    add("--cacert", metavar="FILE", help="certificates to trust (default: the system's)")
    add("--cacertdir", metavar="DIRECTORY", help="the same, a directory")
    add("--insecure", action="store_true", help="trust any certificate")
    add("--cert", metavar="FILE", help="certificate to show to the server")
    add("--key", metavar="FILE", help="private key of that")
    add("--tls-ciphers", metavar="LIST", help="for TLS up to 1.2, as OpenSSL names them")
    add("--tls-ciphersuites", metavar="LIST", help="for TLS 1.3, where Python can set them")


def add_load_options(group):
    add = group.add_argument
    add("-c", "--clients", type=number(1), help=f"connections at the same time ({CLIENTS})")
    add("-n", "--requests", type=number(1),
        help=f"requests of each test, by all clients together ({REQUESTS})")
    add("-d", "--data-size", type=number(0, MAX_DATA_SIZE), metavar="BYTES",
        help=f"length of values ({DATA_SIZE})")
    add("-P", "--pipeline", type=number(1), default=1, help="requests sent at once by a client (%(default)s)")
    add("-r", "--keyspace", type=number(0, 10 ** 12), default=0, metavar="KEYS",
        help="random keys, members and scores out of so many (default: always the same)")
    add("-t", "--tests", metavar="NAME,...",
        help="only these, or families of them such as lrange; there are "
             + ",".join(test.name for test in TESTS if test.name != "lpush_for_lrange"))
    add("-k", "--keep-alive", type=number(0, 1), default=1, metavar="0|1",
        help="0: a new connection for each request (%(default)s)")
    add("-l", "--loop", action="store_true", help="again and again, until interrupted")
    add("-I", "--idle", action="store_true", help="only open the connections, and wait until interrupted")
    add("-x", "--stdin", action="store_true", help="the last argument of the command is standard input")
    add("--threads", "--processes", type=number(1), dest="processes",
        help="processes that make the load (default: as many as help, up to one for each processor)")
    add("--seed", type=int, default=0, help="of the random numbers (%(default)s)")
    add("-e", action="store_true", help=argparse.SUPPRESS)      # as there: an error always ends it


def add_output_options(group):
    add = group.add_argument
    add("-q", "--quiet", action="store_true", help="one line for each test, no progress")
    add("--csv", action="store_true", help="comma separated values")
    add("--precision", type=number(0, 6), default=3, metavar="DIGITS",
        help="decimal places of latencies in ms (%(default)s)")
    add("--help", action="help", help="show this and exit")
    add("--version", action="version", version=f"redis_clone benchmark {__version__}",
        help="show the version and exit")


def add_own_options(group):
    add = group.add_argument
    add("--against", metavar="HOST:PORT", help="a second server (also a port, a path, a URL): both are measured in "
                                               "turn, and the first compared with it")
    add("--names", metavar="A[,B]", help="what to call the servers")
    add("--rounds", type=number(1), help=f"of which the median counts (1; {SUITE_ROUNDS} with --against or --suite)")
    add("--suite", metavar="NAME,...",
        help=f"sets of measurements: {', '.join([*LOAD_SUITES, *OTHER_SUITES])}. Without an address they start servers "
             "of their own, this one and --real. One that is named alone may have options of its own: "
             "--suite NAME --help")
    add("--most-clients", type=number(1), default=CLIENT_NUMBERS[-1], metavar="N",
        help="where the suite `connections` ends (%(default)s)")
    add("--most-bytes", type=number(1), default=SIZES[-1], metavar="N",
        help="where the suite `sizes` ends (%(default)s)")
    add("--real", default="redis-server", metavar="PATH", help="the server that suites compare with (%(default)s)")
    add("--server-command", type=shlex.split, default=OWN_COMMAND, metavar="COMMAND",
        help="another server, or another Python, in the place of this one in suites")
    add("--json", metavar="FILE", help="write all figures to a file; -: instead of the report")
    add("--html", metavar="FILE", help="write a page with charts of them")
    add("--from", metavar="FILE", dest="from_", help="measure nothing, but take the figures that --json wrote")


def number(least, most=None):
    """A type for argparse: an integer within bounds."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def parse(text):
        if text.isascii() and text.isdigit() and int(text) >= least and (most is None or int(text) <= most):
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {bounds}")

    return parse


def parse_options(arguments, stdin=None):
    """The options, checked; exits with status 2 if they are wrong. Added to them are

    `targets` (empty: a suite is to start its own), `suites` (names), and, if there are none of these, `chosen` (the
    tests) and `setting`."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    options.given = arguments
    options.keep_alive = bool(options.keep_alive)
    try:
        options.suites = _suites(options)
        options.targets = _targets(options)
        _check_combinations(options)
        if options.suite is None:
            options.chosen = _chosen(options, stdin)
            options.setting = Setting(
                options.requests or REQUESTS, options.clients or CLIENTS, options.pipeline,
                DATA_SIZE if options.data_size is None else options.data_size, options.keyspace, options.keep_alive)
    except ValueError as error:
        parser.error(str(error))
    options.rounds = options.rounds or (SUITE_ROUNDS if options.suite or options.against else 1)
    options.names = options.names.split(",") if options.names else []
    _check_descriptors(parser, options)
    return options


def _suites(options):
    names = options.suite.split(",") if options.suite is not None else []
    known = [*LOAD_SUITES, *OTHER_SUITES]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"no suite is named {', '.join(unknown)!r}; there are {', '.join(known)}")
    return names


def _chosen(options, stdin):
    if options.stdin and not options.command:
        raise ValueError("-x is for the last argument of a command: where is the command?")
    if options.command:
        last = (stdin or sys.stdin.buffer).read() if options.stdin else None
        return [custom_test(options.command, last)]
    return select_tests(options.tests or ",".join(test.name for test in TESTS if test.name != "lpush_for_lrange"))


def _targets(options):
    """The servers that the options name, none if a suite is to start them."""
    named = (options.host, options.port, options.socket, options.uri)
    if options.suite and named == (None,) * 4:
        if options.against:
            raise ValueError("--against is a second server: which is the first? (-h, -p, -s or -u)")
        return []
    if options.uri is not None and named[:3] != (None,) * 3:
        raise ValueError("-u names the server, so -h, -p and -s must not")
    target = Target(tls=_tls(options), sni=options.sni, protocol=3 if options.resp3 else 2,
                    tracking=options.enable_tracking)
    if options.uri is not None:
        if "://" not in options.uri:
            raise ValueError(f"{options.uri!r} is no URL")
        first = parse_address(options.uri, target)
    else:
        first = target._replace(host=options.host or "127.0.0.1", port=options.port or 6379,
                                unix_socket=options.socket)
    if options.password is not None:
        first = first._replace(username=options.user, password=options.password)
    if options.dbnum is not None:
        first = first._replace(db=options.dbnum)
    if first.username is not None and first.password is None:
        raise ValueError("a user needs a password")
    return [first, parse_address(options.against, target)] if options.against else [first]


def _tls(options):
    details = {
        "ca_certs": options.cacert, "ca_path": options.cacertdir, "certfile": options.cert, "keyfile": options.key,
        "ciphers": options.tls_ciphers}
    if not options.tls and not (options.uri or "").startswith("rediss://"):
        if any(details.values()) or options.insecure or options.sni or options.tls_ciphersuites:
            raise ValueError("certificates, ciphers, --sni and --insecure need --tls")
        return None
    if options.tls_ciphersuites:
        raise ValueError("--tls-ciphersuites: this Python cannot choose those of TLS 1.3")
    for path in (options.cacert, options.cacertdir, options.cert, options.key):
        if path is not None and not os.path.exists(path):
            raise ValueError(f"{path} does not exist")
    return {**details, "cert_reqs": "none"} if options.insecure else details


def _check_combinations(options):
    if options.cluster:
        raise ValueError("--cluster is not supported: name one node, and measure a command with a key of its own")
    if options.user is not None and options.password is None:
        raise ValueError("--user needs --password")
    for name in ("clients", "requests"):
        value = getattr(options, name)
        if options.processes and value is not None and options.processes > value:
            raise ValueError(f"{options.processes} processes cannot share {value} {name}")
    for name in ("command", "idle", "loop"):
        if options.suite is not None and getattr(options, name):
            raise ValueError(f"a suite has its own ways: no {name}")
    if options.from_ and not options.html:
        raise ValueError("--from FILE needs --html FILE")
    if options.loop and (options.json or options.html):
        raise ValueError("--loop never ends, so there is no time to write --json or --html")
    for path in (options.json, options.html):
        if path not in (None, "-") and not os.path.isdir(os.path.dirname(path) or "."):
            raise ValueError(f"{path}: there is no such directory")
    if options.html == "-":
        raise ValueError("--html needs a file")
    if options.json == "-" and options.csv:
        raise ValueError("--json - and --csv both want the standard output")


def _check_descriptors(parser, options):
    clients = options.most_clients if "connections" in options.suites else options.clients or CLIENTS
    limit = descriptor_limit(clients // (options.processes or 1) + OTHER_DESCRIPTORS)
    if limit is not None:
        parser.error(f"{clients} clients need more open files than the {limit} that this system "
                     "allows a process; try `ulimit -n` or more --processes")


def descriptor_limit(needed):
    """Raise the limit of open files where need be; return it if it stays too low, else None."""
    try:
        import resource
    except ImportError:                     # Windows: no such limit
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return None
    if hard != resource.RLIM_INFINITY and hard < needed:
        return hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None
