"""CLIENT and its subcommands: what connections there are, naming, killing, unblocking and pausing them.

Client tracking is not kept by this server: what asks about it is answered as for a client that does not
track, and only switching it on is refused. Of the buffers that CLIENT LIST tells of there are the
outbox and the queue of MULTI; query and reply buffers live as long as one read or send, and are shown as 0.
"""
import itertools

from ..args import INT64_MAX, parse_int, parse_int_or_none, parse_label
from ..blocking import unblock
from ..errors import OptionSyntaxError, RedisError, SubcommandSyntaxError
from ..registry import group
from ..resp import NO_REPLY, Verbatim

command = group("connection")

_TYPES = {b"NORMAL": "normal", b"PUBSUB": "pubsub", b"REPLICA": "replica", b"SLAVE": "replica",
          b"MASTER": "primary"}
_POINTER = 8                    # what an argument costs besides its bytes, in the figures that Redis gives

command.container("CLIENT", "A container for client connection commands.", since="2.4.0")


# ---- about oneself ----------------------------------------------------------------------------------------

@command("CLIENT|ID", arity=2, flags="noscript loading stale", since="5.0.0")
def client_id(session):
    """Returns the unique client ID of the connection."""
    return session.id


@command("CLIENT|INFO", arity=2, flags="noscript loading stale", since="6.2.0")
def client_info(session):
    """Returns information about the connection."""
    return Verbatim(_describe(session))


@command("CLIENT|GETNAME", arity=2, flags="noscript loading stale", since="2.6.9")
def client_getname(session):
    """Returns the name of the connection."""
    return session.name or None


@command("CLIENT|SETNAME", arity=3, flags="noscript loading stale", since="2.6.9")
def client_setname(session, name):
    """Sets the connection name."""
    session.name = parse_label(name, "Client names")
    return "OK"


@command("CLIENT|SETINFO", arity=4, flags="noscript loading stale", since="7.2.0")
def client_setinfo(session, attribute, value):
    """Sets information specific to the client or connection."""
    shown = attribute.decode("utf-8", "surrogateescape")
    if attribute.upper() == b"LIB-NAME":
        session.library_name = parse_label(value, shown)
    elif attribute.upper() == b"LIB-VER":
        session.library_version = parse_label(value, shown)
    else:
        raise RedisError(f"ERR Unrecognized option '{shown}'")
    return "OK"


@command("CLIENT|REPLY", arity=3, flags="noscript loading stale", since="3.2.0")
def client_reply(session, mode):
    """Instructs the server whether to reply to commands."""
    mode = mode.upper()
    if mode == b"ON":
        session.reply_mode = "on"
    elif mode == b"OFF":
        session.reply_mode = "off"
    elif mode != b"SKIP":
        raise OptionSyntaxError()
    elif session.reply_mode != "off":
        session.reply_mode = "skip"
    session.refresh_gates()
    return "OK" if mode == b"ON" else NO_REPLY


@command("CLIENT|NO-EVICT", arity=3, flags="admin noscript loading stale", since="7.0.0")
def client_no_evict(session, switch):
    """Sets the client eviction mode of the connection."""
    session.no_evict = _parse_switch(switch)
    return "OK"


@command("CLIENT|NO-TOUCH", arity=3, flags="noscript loading stale", since="7.2.0")
def client_no_touch(session, switch):
    """Controls whether commands sent by the client affect the LRU/LFU of accessed keys."""
    session.no_touch = _parse_switch(switch)
    session.refresh_gates()
    return "OK"


def _parse_switch(switch):
    if switch.upper() not in (b"ON", b"OFF"):
        raise OptionSyntaxError()
    return switch.upper() == b"ON"


# ---- about others -----------------------------------------------------------------------------------------

@command("CLIENT|LIST", arity=-2, flags="admin noscript loading stale", since="2.4.0")
def client_list(session, *args):
    """Lists open connections."""
    sessions = session.engine.sessions
    if not args:
        chosen = sessions.values()
    elif len(args) == 2 and args[0].upper() == b"TYPE":
        kind = _parse_type(args[1])
        chosen = [other for other in sessions.values() if _type_of(other) == kind]
    elif len(args) > 1 and args[0].upper() == b"ID":
        numbers = [parse_int(arg, "ERR Invalid client ID") for arg in args[1:]]
        chosen = [sessions[number] for number in numbers if number in sessions]
    else:
        raise OptionSyntaxError()
    return Verbatim(b"".join(map(_describe, chosen)))


@command("CLIENT|KILL", arity=-3, flags="admin noscript loading stale", since="2.4.0")
def client_kill(session, *args):
    """Terminates open connections."""
    if len(args) == 1:                          # the old form: an address, one's own too
        address = args[0].decode("utf-8", "surrogateescape")
        if not _kill(session, lambda other: other.address == address):
            raise RedisError("ERR No such client")
        return "OK"
    filters, skip_me = _parse_kill_filters(args)
    return _kill(session, lambda other: all(accept(other) for accept in filters)
                 and not (skip_me and other is session))


def _parse_kill_filters(args):
    """``(functions that accept a session or not, SKIPME)``. Of two filters of a kind the later counts."""
    filters, skip_me = {}, True
    for option, value in itertools.zip_longest(args[::2], args[1::2]):
        if value is None:
            raise OptionSyntaxError()
        option, text = option.upper(), value.decode("utf-8", "surrogateescape")
        if option == b"ID":
            number = parse_int_or_none(value)
            if number is None or number < 1:
                raise RedisError("ERR client-id should be greater than 0")
            filters[option] = lambda other, number=number: other.id == number
        elif option == b"TYPE":
            filters[option] = lambda other, kind=_parse_type(value): _type_of(other) == kind
        elif option == b"ADDR":
            filters[option] = lambda other, address=text: other.address == address
        elif option == b"LADDR":
            filters[option] = lambda other, address=text: other.local_address == address
        elif option == b"USER":
            if text != "default":
                raise RedisError(f"ERR No such user '{text}'")
            filters[option] = lambda other, user=text: other.user == user
        elif option == b"SKIPME" and value.upper() in (b"YES", b"NO"):
            skip_me = value.upper() == b"YES"
        else:
            raise OptionSyntaxError()
    return filters.values(), skip_me


def _kill(session, wanted):
    """Hang up on the clients that are `wanted`; returns how many. Oneself goes after the reply."""
    victims = [other for other in session.engine.sessions.values() if wanted(other)]
    for victim in victims:
        victim.close()
        if victim is not session:               # nobody sees it again, even before its thread has noticed
            session.engine.close_session(victim)
    return len(victims)


@command("CLIENT|UNBLOCK", arity=-3, flags="admin noscript loading stale", since="5.0.0")
def client_unblock(session, number, *reason):
    """Unblocks a client blocked by a blocking command from a different connection."""
    if len(reason) > 1:
        raise SubcommandSyntaxError
    if reason and reason[0].upper() not in (b"TIMEOUT", b"ERROR"):
        raise RedisError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
    target = session.engine.sessions.get(parse_int(number))
    if target is None or target.waiter is None:
        return 0
    unblock(target.waiter, with_error=bool(reason) and reason[0].upper() == b"ERROR")
    return 1


@command("CLIENT|PAUSE", arity=-3, flags="admin noscript loading stale", since="3.0.0")
def client_pause(session, timeout, *mode):
    """Suspends commands processing."""
    if len(mode) > 1:
        raise SubcommandSyntaxError
    mode = mode[0].lower().decode("latin-1") if mode else "all"
    if mode not in ("write", "all"):
        raise RedisError("ERR CLIENT PAUSE mode must be WRITE or ALL")
    timeout_ms = parse_int(timeout, "ERR timeout is not an integer or out of range")
    if timeout_ms < 0:
        raise RedisError("ERR timeout is negative")
    engine = session.engine
    if timeout_ms > INT64_MAX - engine.keyspace.now_ms:
        raise RedisError("ERR timeout is out of range")
    until_s = engine.keyspace.now + timeout_ms / 1000
    if engine.paused and engine.pause_until_s > engine.keyspace.now:
        # Of two pauses the longer time and the stricter mode hold.
        until_s = max(until_s, engine.pause_until_s)
        mode = "all" if engine.paused == "all" else mode
    engine.pause(mode, until_s)
    return "OK"


@command("CLIENT|UNPAUSE", arity=2, flags="admin noscript loading stale", since="6.2.0")
def client_unpause(session):
    """Resumes processing commands from paused clients."""
    if session.engine.paused:
        session.engine.unpause()
    return "OK"


# ---- client tracking --------------------------------------------------------------------------------------

@command("CLIENT|TRACKING", arity=-3, flags="noscript loading stale", since="6.0.0")
def client_tracking(session, switch, *options):
    """Controls server-assisted client-side caching for the connection."""
    remaining = list(options)
    while remaining:
        option = remaining.pop(0).upper()
        if option == b"REDIRECT" and remaining:
            if parse_int(remaining.pop(0)) not in session.engine.sessions:
                raise RedisError("ERR The client ID you want redirect to does not exist")
        elif option == b"PREFIX" and remaining:
            remaining.pop(0)
        elif option not in (b"BCAST", b"OPTIN", b"OPTOUT", b"NOLOOP"):
            raise OptionSyntaxError()
    if _parse_switch(switch):
        raise RedisError("ERR client tracking is not available on this server")
    return "OK"


@command("CLIENT|CACHING", arity=3, flags="noscript loading stale", since="6.0.0")
def client_caching(session, mode):
    """Instructs the server whether to track the keys in the next request."""
    raise RedisError("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN "
                     "or OPTOUT mode enabled")


@command("CLIENT|GETREDIR", arity=2, flags="noscript loading stale", since="6.0.0")
def client_getredir(session):
    """Returns the client ID to which the connection's tracking notifications are redirected."""
    return -1


@command("CLIENT|TRACKINGINFO", arity=2, flags="noscript loading stale", since="6.2.0")
def client_trackinginfo(session):
    """Returns information about server-assisted client-side caching for the connection."""
    return {b"flags": {b"off"}, b"redirect": -1, b"prefixes": []}


# ---- CLIENT LIST ------------------------------------------------------------------------------------------

def _parse_type(word):
    kind = _TYPES.get(word.upper())
    if kind is None:
        raise RedisError(f"ERR Unknown client type '{word.decode('utf-8', 'surrogateescape')}'")
    return kind


def _type_of(session):
    return "pubsub" if session.kind == "normal" and session.subscribed else session.kind


def _describe(session):
    """A client's line in CLIENT LIST, as bytes."""
    now = session.engine.keyspace.now
    waiter, outbox, queue = session.waiter, session.outbox, session.transaction
    argv_bytes = sum(map(len, waiter.argv)) if waiter else 0
    queue_bytes = sum(len(arg) + _POINTER for _, argv in queue or () for arg in argv)
    outbox_bytes = outbox.size if outbox is not None else 0
    fields = (
        ("id", session.id), ("addr", session.address), ("laddr", session.local_address),
        ("fd", session.descriptor), ("name", session.name.decode()),
        ("age", max(int(now - session.created_s), 0)), ("idle", max(int(now - session.active_s), 0)),
        ("flags", _flags(session)), ("db", session.db.number),
        ("sub", len(session.channels)), ("psub", len(session.patterns)),
        ("ssub", len(session.shard_channels)), ("multi", -1 if queue is None else len(queue)),
        ("qbuf", 0), ("qbuf-free", 0), ("argv-mem", argv_bytes), ("multi-mem", queue_bytes),
        ("rbs", 0), ("rbp", 0), ("obl", 0),
        ("oll", len(outbox) if outbox is not None else 0), ("omem", outbox_bytes),
        ("tot-mem", argv_bytes + queue_bytes + outbox_bytes), ("events", "rw" if outbox_bytes else "r"),
        ("cmd", session.last_command.shown_name if session.last_command else "NULL"), ("user", session.user),
        ("redir", -1), ("resp", session.protocol), ("lib-name", session.library_name.decode()),
        ("lib-ver", session.library_version.decode()))
    line = " ".join(f"{name}={value}" for name, value in fields)
    return line.encode("utf-8", "surrogateescape") + b"\n"


def _flags(session):
    """The letters of a client's state, in Redis' order; N when there is nothing to say."""
    letters = (
        ("O", session in session.engine.monitors),
        ("P", session.subscribed),
        ("x", session.transaction is not None),
        ("b", session.waiter is not None or session.postponed),
        ("d", session.transaction_spoiled),
        ("c", session.closing),
        ("U", session.address.endswith(":0")),              # a Unix socket: a peer's port is never 0
        ("e", session.no_evict),
        ("T", session.no_touch))
    return "".join(letter for letter, holds in letters if holds) or "N"


@command("CLIENT|TRACE", arity=3, flags="noscript loading stale", since="7.2.0")
def client_trace(session, word):
    """Times the stages of this connection's commands, and tells those of the last one."""
    word = word.upper()
    if word == b"LAST":
        return session.journey and session.journey.as_map()
    if word not in (b"ON", b"OFF"):
        raise OptionSyntaxError()
    session.traced = word == b"ON" or session.engine.tracing.on
    return "OK"


@command("CLIENT|HELP", arity=2, flags="loading stale", since="5.0.0")
def client_help(session):
    """Returns helpful text about the different subcommands."""
    return _HELP.splitlines()


_HELP = """\
CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CACHING (YES|NO)
    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.
GETREDIR
    Return the client ID we are redirecting to when tracking is enabled.
GETNAME
    Return the name of the current connection.
ID
    Return the ID of the current connection.
INFO
    Return information about the current client connection.
KILL <ip:port>
    Kill connection made from <ip:port>.
KILL <option> <value> [<option> <value> [...]]
    Kill connections. Options are:
    * ADDR (<ip:port>|<unixsocket>:0)
      Kill connections made from the specified address
    * LADDR (<ip:port>|<unixsocket>:0)
      Kill connections made to specified local address
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Kill connections by type.
    * USER <username>
      Kill connections authenticated by <username>.
    * SKIPME (YES|NO)
      Skip killing current connection (default: yes).
    * ID <client-id>
      Kill connections by client id.
LIST [options ...]
    Return information about client connections. Options:
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Return clients of specified type.
UNPAUSE
    Stop the current client pause, resuming traffic.
PAUSE <timeout> [WRITE|ALL]
    Suspend all, or just write, clients for <timeout> milliseconds.
REPLY (ON|OFF|SKIP)
    Control the replies sent to the current connection.
SETNAME <name>
    Assign the name <name> to the current connection.
SETINFO <option> <value>
    Set client meta attr. Options are:
    * LIB-NAME: the client lib name.
    * LIB-VER: the client lib version.
UNBLOCK <clientid> [TIMEOUT|ERROR]
    Unblock the specified blocked client.
TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
         [OPTIN] [OPTOUT] [NOLOOP]
    Control server assisted client side caching.
TRACKINGINFO
    Report tracking status for the current connection.
NO-EVICT (ON|OFF)
    Protect current client connection from eviction.
NO-TOUCH (ON|OFF)
    Will not touch LRU/LFU stats when this mode is on.
HELP
    Print this help."""
