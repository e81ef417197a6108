"""AUTH, HELLO, RESET and the other commands about one's own connection, CLIENT excepted (client.py).

There is one user, "default". It has the password that `requirepass` sets, or needs none.
"""
import hmac

from ..args import parse_int, parse_label, parse_range_int
from ..errors import OptionSyntaxError, RedisError, wrong_arity
from ..registry import group
from ..version import REDIS_VERSION

command = group("connection")

_INT32 = 1 << 31


@command("AUTH", arity=-2, flags="noscript loading stale fast no_auth allow_busy", since="1.0.0")
def auth(session, *args):
    """Authenticates the connection."""
    if len(args) > 2:
        raise OptionSyntaxError()
    if len(args) == 1 and not session.engine.password:
        raise RedisError("ERR AUTH <password> called without any password configured for the default user. "
                         "Are you sure your configuration is correct?")
    _authenticate(session, b"default" if len(args) == 1 else args[0], args[-1])
    return "OK"


@command("ECHO", arity=2, flags="loading stale fast", since="1.0.0")
def echo(session, message):
    """Returns the given string."""
    return message


@command("HELLO", arity=-1, flags="noscript loading stale fast no_auth allow_busy", since="6.0.0")
def hello(session, *args):
    """Handshakes with the Redis server."""
    protocol = session.protocol
    if args:
        protocol = parse_int(args[0], "ERR Protocol version is not an integer or out of range")
        if protocol not in (2, 3):
            raise RedisError("NOPROTO unsupported protocol version")
    credentials, name = _parse_hello_options(args[1:])
    if credentials:
        _authenticate(session, *credentials)
    if not session.authenticated:
        raise RedisError("NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                         "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
                         "select the RESP protocol version at the same time")
    if name is not None:
        session.name = name
    session.protocol = protocol
    session.refresh_gates()
    return {b"server": b"redis", b"version": REDIS_VERSION.encode(), b"proto": protocol, b"id": session.id,
            b"mode": b"standalone", b"role": b"master", b"modules": []}


@command("PING", arity=-1, flags="fast _subscribed _needs_disk", since="1.0.0")
def ping(session, *message):
    """Returns the server's liveliness response."""
    if len(message) > 1:
        raise wrong_arity("PING")
    if session.protocol == 2 and session.subscribed:
        return [b"pong", message[0] if message else b""]
    return message[0] if message else "PONG"


@command("QUIT", arity=-1, flags="noscript loading stale fast no_auth allow_busy _unqueued _subscribed",
         since="1.0.0")
def quit_(session, *args):
    """Closes the connection."""
    session.close()
    return "OK"


@command("RESET", arity=1, flags="noscript loading stale fast no_auth allow_busy _unqueued _subscribed",
         since="6.2.0")
def reset(session):
    """Resets the connection."""
    skipping = session.reply_mode == "skipping"
    session.discard()
    session.engine.pubsub.drop(session)
    session.engine.monitors.drop(session)
    session.reset()
    if skipping:                                # RESET ends CLIENT REPLY OFF, but its own reply is skipped
        session.reply_mode = "skipping"
    return "RESET"


@command("SELECT", arity=2, flags="loading stale fast", since="1.0.0")
def select(session, index):
    """Changes the selected database."""
    number = parse_range_int(index, -_INT32, _INT32 - 1)
    databases = session.engine.keyspace.databases
    if not 0 <= number < len(databases):
        raise RedisError("ERR DB index is out of range")
    session.db = databases[number]
    return "OK"


def _authenticate(session, user, password):
    """Log in, or raise the one error for a wrong name and a wrong password."""
    expected = session.engine.password
    if user != b"default" or (expected and not hmac.compare_digest(expected, password)):
        raise RedisError("WRONGPASS invalid username-password pair or user is disabled.")
    session.user = "default"
    session.authenticated = True
    session.refresh_gates()


def _parse_hello_options(options):
    """``((user, password) or None, name or None)``; all are checked before any takes effect."""
    credentials = name = None
    position = 0
    while position < len(options):
        option, values = options[position].upper(), options[position + 1:]
        if option == b"AUTH" and len(values) >= 2:
            credentials = values[0], values[1]
            position += 3
        elif option == b"SETNAME" and values:
            name = parse_label(values[0], "Client names")
            position += 2
        else:
            word = options[position].decode("utf-8", "surrogateescape")
            raise RedisError(f"ERR Syntax error in HELLO option '{word}'")
    return credentials, name
