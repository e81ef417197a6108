"""The words of the command line as an Options object: redis-cli's options, and what they exclude.

    options = parse_arguments(["-p", "6380", "-n", "2", "GET", "key"], environment={})
    options.port, options.db, options.command           # 6380, 2, [b"GET", b"key"]

Options come before the command; the first word that is none begins it, and everything from there on is the
command's. Every option is one line of OPTIONS, which is what `--help` shows, too. A mistake raises UsageError
with the line for the user.
"""
import os
import textwrap
from typing import Callable, NamedTuple, Optional

from .words import unquote

__all__ = ["HELP", "Options", "UsageError", "parse_arguments", "usage"]

PROGRAM = "redis-clone-cli"

# Values of Options.output.
STANDARD, RAW, CSV, JSON, QUOTED_JSON = "standard", "raw", "csv", "json", "quoted-json"

# What parse_arguments returns instead of Options.
HELP, VERSION = "help", "version"


HELP_INDENT, HELP_WIDTH = 28, 110

EXAMPLES = f"""\
Environment:
  REDISCLI_AUTH             the password, unless there is -a
  REDISCLI_HISTFILE         file for the lines typed (~/.rediscli_history), /dev/null for none
  REDISCLI_RCFILE           file with settings for the prompt, such as ":set nohints" (~/.redisclirc)
  NO_COLOR                  no colours

Examples:
  {PROGRAM} -x SET photo < photo.jpg
  {PROGRAM} --raw -D "" GET photo > copy.jpg
  {PROGRAM} -r -1 -i 1 INFO memory
  {PROGRAM} --scan --pattern "user:*"
  {PROGRAM} --eval script.lua key1 key2 , argument1 argument2
"""


class UsageError(Exception):
    """The command line makes no sense; the text says why in one line."""


class Options:
    """What was asked for. Text is bytes where it goes to the server, str where it is a name of this system."""

    def __init__(self):
        # the server
        self.host, self.port, self.socket = "127.0.0.1", 6379, None
        self.user = self.password = None                # bytes
        self.password_is_from_environment = False
        self.askpass = False
        self.auth_warning = True
        self.db = 0
        self.protocol = None                            # 2 or 3 if asked for
        self.protocol_is_default = False                # the 3 is only --json's wish, 2 will do
        self.connect_timeout_s = None
        self.cluster = False                            # follow MOVED and ASK
        self.tls, self.sni, self.insecure = False, None, False
        self.cacert = self.cacertdir = self.cert = self.key = None
        self.tls_ciphers = None
        # the command
        self.command = []                               # bytes
        self.last_from_input = False                    # -x
        self.tag_from_input = None                      # -X, bytes
        self.quoted_input = False
        self.repeat, self.interval_s = 1, 0.0           # repeat -1: for ever
        self.eval_file = None
        self.errors_fail = False                        # -e
        # the output
        self.output = None                              # None: STANDARD on a terminal, else RAW
        self.element_delimiter, self.reply_delimiter = b"\n", b"\n"
        self.show_pushes = None                         # None: on a terminal
        self.verbose = False
        # the modes
        self.modes = set()                              # names of options: {"--pipe"}
        self.pattern = None                             # bytes
        self.count = None
        self.pipe_timeout_s = 30
        self.memkeys_samples = 0
        self.rdb_file = None
        self.intrinsic_latency_s = 0
        self.lru_test_keys = 0


class Option(NamedTuple):
    """One option: `attribute` of Options becomes `value`, or what `convert` makes of the next word.
    `mode` says that it is one of the modes."""

    names: str
    help: str
    attribute: Optional[str] = None
    value: object = True
    metavar: Optional[str] = None
    convert: Optional[Callable] = None
    mode: bool = False


def _number(kind, least, most=None):
    def convert(word):
        try:
            number = kind(word)
        except ValueError:
            raise UsageError(f"not a number: '{word}'") from None
        if not number >= least or most is not None and number > most or number == float("inf"):
            raise UsageError(f"out of range: '{word}'")
        return number
    return convert


def _seconds(word):
    return _number(float, 0)(word) or None


def _port(word):
    try:
        return _number(int, 0, 65535)(word)
    except UsageError:
        raise UsageError("Invalid server port.") from None


def _yes_or_no(word):
    if word.lower() not in ("yes", "no", "y", "n"):
        raise UsageError(f"Unknown --show-pushes value '{word}' (valid: '[y]es', '[n]o').")
    return word.lower().startswith("y")


def _quoted_pattern(word):
    pattern = unquote(os.fsencode(word))
    if pattern is None:
        raise UsageError("Invalid quoted string specified for --quoted-pattern.")
    return pattern


OPTIONS = {
    "The server": [
        Option("-h", "host name or address (127.0.0.1)", "host", metavar="host", convert=str),
        Option("-p", "port (6379)", "port", metavar="port", convert=_port),
        Option("-s", "path of a Unix socket, instead of host and port", "socket", metavar="path", convert=str),
        Option("-a --pass", "password; others may see it in the list of processes, so better put it in the "
               "environment's REDISCLI_AUTH", "password", metavar="password", convert=os.fsencode),
        Option("--user", "name that belongs to the password", "user", metavar="name", convert=os.fsencode),
        Option("--askpass", "ask for the password on the terminal", "askpass"),
        Option("-u", "all at once: redis://user:password@host:port/db, rediss:// with TLS", "uri", metavar="uri",
               convert=str),
        Option("-n", "number of the database (0)", "db", metavar="db", convert=_number(int, 0)),
        Option("-t", "seconds to wait for a connection, at most", "connect_timeout_s", metavar="seconds",
               convert=_seconds),
        Option("-c", "cluster: go to the node that an error MOVED or ASK names", "cluster"),
        Option("-2", "speak RESP2", "protocol", 2),
        Option("-3", "speak RESP3", "protocol", 3),
        Option("--no-auth-warning", "no warning because of a password on the command line", "auth_warning", False),
    ],
    "TLS": [
        Option("--tls", "encrypt the connection", "tls"),
        Option("--sni", "name of the server to ask for and to verify", "sni", metavar="name", convert=str),
        Option("--cacert", "file with the certificates to trust", "cacert", metavar="file", convert=str),
        Option("--cacertdir", "directory with the certificates to trust", "cacertdir", metavar="dir", convert=str),
        Option("--insecure", "do not verify who the server is", "insecure"),
        Option("--cert", "file with the certificate to show", "cert", metavar="file", convert=str),
        Option("--key", "file with its private key", "key", metavar="file", convert=str),
        Option("--tls-ciphers", "ciphers to offer up to TLS 1.2", "tls_ciphers", metavar="list", convert=str),
    ],
    "The command": [
        Option("-r", "execute it so many times, -1 for ever", "repeat", metavar="times", convert=_number(int, -1)),
        Option("-i", "wait between them; also between the steps of --scan, --stat and the like", "interval_s",
               metavar="seconds", convert=_number(float, 0)),
        Option("-x", "the last argument is all of the standard input", "last_from_input"),
        Option("-X", "the argument that reads like this is all of the standard input", "tag_from_input", metavar="tag",
               convert=os.fsencode),
        Option("--quoted-input", 'arguments in quotes: \'"a\\x00b"\' has three bytes', "quoted_input"),
        Option("--eval", "execute a Lua script; keys follow, then a comma, then the other arguments", "eval_file",
               metavar="file", convert=str),
        Option("-e", "exit with 1 if the reply is an error", "errors_fail"),
    ],
    "The output": [
        Option("--raw", "replies without types (the default when the output is no terminal)", "output", RAW),
        Option("--no-raw", "replies for people (the default on a terminal)", "output", STANDARD),
        Option("--csv", "replies as comma-separated values", "output", CSV),
        Option("--json", "replies as JSON (with RESP3 unless there is -2)", "output", JSON),
        Option("--quoted-json", "the same, ASCII only", "output", QUOTED_JSON),
        Option("-d", "what is between the elements of a raw reply (a line feed)", "element_delimiter", metavar="text",
               convert=os.fsencode),
        Option("-D", "what is after a raw reply (a line feed)", "reply_delimiter", metavar="text",
               convert=os.fsencode),
        Option("--show-pushes", "show what a RESP3 server sends unasked (on a terminal)", "show_pushes",
               metavar="yes|no", convert=_yes_or_no),
        Option("--verbose", "say more", "verbose"),
    ],
    "Instead of commands": [
        Option("--pipe", "send the standard input, which is in RESP, as it is, and count the replies", mode=True),
        Option("--pipe-timeout", "seconds to wait for the last reply, 0 for ever (30)", "pipe_timeout_s",
               metavar="seconds", convert=_number(int, 0)),
        Option("--scan", "list all keys", mode=True),
        Option("--pattern", "only keys like this", "pattern", metavar="pattern", convert=os.fsencode),
        Option("--quoted-pattern", "the same in quotes, for any bytes", "pattern", metavar="pattern",
               convert=_quoted_pattern),
        Option("--count", "how many keys a step looks at", "count", metavar="number", convert=_number(int, 1)),
        Option("--bigkeys", "find the keys with the most elements", mode=True),
        Option("--memkeys", "find the keys that take most memory", mode=True),
        Option("--memkeys-samples", "the same, measured by so many elements of each", "memkeys_samples",
               metavar="number", convert=_number(int, 0), mode=True),
        Option("--hotkeys", "find the keys used most (with an LFU maxmemory-policy)", mode=True),
        Option("--stat", "watch the server's figures", mode=True),
        Option("--latency", "measure how long a PING takes, for ever on a terminal, else for a second or -i",
               mode=True),
        Option("--latency-history", "the same, with a new line every 15 seconds or -i", mode=True),
        Option("--latency-dist", "the same as a spectrum of colours", mode=True),
        Option("--intrinsic-latency", "measure for so long what this system itself delays", "intrinsic_latency_s",
               metavar="seconds", convert=_number(int, 1), mode=True),
        Option("--lru-test", "use the server as a cache, with so many keys", "lru_test_keys", metavar="keys",
               convert=_number(int, 1), mode=True),
        Option("--replica --slave", "show what a primary sends its replicas", mode=True),
        Option("--rdb", "copy the data into a file, - for the standard output", "rdb_file", metavar="file",
               convert=str, mode=True),
        Option("--functions-rdb", "the same for the functions only", "rdb_file", metavar="file", convert=str,
               mode=True),
        Option("--trace", "show where the time of the command that follows goes", mode=True),
    ],
    "About": [
        Option("--help", "show this", HELP),
        Option("-v --version", "show the version", VERSION),
    ],
}

# redis-cli has them, this program does not.
ABSENT = {
    "--cluster": "cluster manager", "--ldb": "debugger of Lua scripts", "--ldb-sync-mode": "debugger of Lua scripts",
    "--tls-ciphersuites": "choice of TLS 1.3's cipher suites",
}

_BY_NAME = {name: option for group in OPTIONS.values() for option in group for name in option.names.split()}


def parse_arguments(words, environment):
    """Return the Options that `words` (str, without the program's name) ask for, or HELP or VERSION. Raises
    UsageError."""
    options = Options()
    given = set()
    words = list(words)
    while words and words[0].startswith("-"):
        name = words.pop(0)
        option = _BY_NAME.get(name)
        if name == "-h" and not words:
            return HELP
        if name in ABSENT:
            raise UsageError(f"There is no {ABSENT[name]} here: {name}")
        if option is None or option.convert and not words:
            raise UsageError(f"Unrecognized option or bad number of args for: '{name}'")
        if option.attribute in (HELP, VERSION):
            return option.attribute
        given.update(option.names.split())
        _apply(options, option, name, words)
    options.command = [os.fsencode(word) for word in words]
    _refuse_contradictions(options, given)
    if options.password is None and environment.get("REDISCLI_AUTH") is not None:
        options.password = os.fsencode(environment["REDISCLI_AUTH"])
        options.password_is_from_environment = True
    if options.output in (JSON, QUOTED_JSON) and options.protocol is None:
        options.protocol, options.protocol_is_default = 3, True
    return options


def _apply(options, option, name, words):
    value = option.value
    if option.convert:
        try:
            value = option.convert(words.pop(0))
        except UsageError as error:
            raise UsageError(str(error) if str(error).endswith(".") else f"{name}: {error}") from None
    if option.attribute == "uri":
        _apply_uri(options, value)
    elif option.attribute:
        setattr(options, option.attribute, value)
    if option.mode:
        options.modes.add(option.names.split()[0])


def _apply_uri(options, uri):
    """Set what `uri` says: redis://[[user:]password@][host[:port]][/db]; rediss:// is over TLS."""
    from urllib.parse import unquote_to_bytes               # here, since the start is quicker without it

    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower() not in ("redis", "rediss"):
        raise UsageError("Invalid URI scheme")
    options.tls = options.tls or scheme.lower() == "rediss"
    authority, _, db = rest.partition("/")
    credentials, at, address = authority.rpartition("@")
    if at:
        user, colon, password = credentials.rpartition(":")
        options.password = unquote_to_bytes(password)
        if colon and user:
            options.user = unquote_to_bytes(user)
    host, colon, port = address.rpartition(":")
    if not colon or "]" in port:                            # no port, or the colon is part of an IPv6 address
        host, port = address, ""
    options.host = host.strip("[]") or options.host
    options.port = _port(port) if port else options.port
    options.db = _number(int, 0)(db) if db else options.db


def _refuse_contradictions(options, given):
    for one, other in (("-x", "-X"), ("-2", "-3"), ("-c", "-s")):
        if one in given and other in given:
            raise UsageError(f"Options {one} and {other} are mutually exclusive.")
    if "--rdb" in given and "--functions-rdb" in given:
        raise UsageError("Option --functions-rdb and --rdb are mutually exclusive.")


def usage():
    """Return the text of --help."""
    lines = [f"Usage: {PROGRAM} [OPTIONS] [COMMAND [ARGUMENT ...]]", "",
             "Executes a command on a Redis server. Without one: asks for commands on a terminal, and otherwise",
             "executes those on the standard input, one a line.", ""]
    for title, options in OPTIONS.items():
        lines.append(f"{title}:")
        for option in options:
            names = ", ".join(option.names.split()) + (f" <{option.metavar}>" if option.metavar else "")
            first, *more = textwrap.wrap(option.help, HELP_WIDTH - HELP_INDENT)
            if len(names) + 4 > HELP_INDENT:
                lines.append("  " + names)
                names = ""
            lines.append(f"  {names:{HELP_INDENT - 2}}{first}")
            lines += [" " * HELP_INDENT + line for line in more]
        lines.append("")
    return "\n".join(lines + EXAMPLES.splitlines()) + "\n"
