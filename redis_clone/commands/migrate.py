"""MIGRATE: keys move to another server, which may be a real Redis.

The values travel as DUMP payloads, each in a RESTORE command; a key is deleted here only when the other
server has answered that it has it. So whatever fails on the way, no key is lost; at worst it is in both
places, when the answer did not arrive.

It holds the engine's lock for all of that time, as Redis serves nobody meanwhile: the keys must not change
between being sent and being deleted. `timeout` bounds every single step (connecting, the greeting, each piece
of 64 KB that is sent, each reply), as in Redis, and the first step that takes longer is the last. Looking up
a host's name is up to the system; use addresses where it is slow. Unlike Redis, this opens a connection for
each MIGRATE and sends no RESTORE before AUTH and SELECT have succeeded.
"""
from itertools import islice

from ..args import parse_int, parse_int_or_none
from ..client import ClientError, Connection, ConnectionFailed, ReplyError, TimedOut, encode_command
from ..errors import OptionSyntaxError, RedisError
from ..registry import group
from .dump import payload_of

command = group("generic")

_CHUNK = 65536                  # bytes that must be on their way within the timeout
_DEFAULT_TIMEOUT_MS = 1000
_LONGEST_TIMEOUT_MS = (1 << 31) - 1     # the system takes no more
_NO_KEYS = "NOKEY"


@command("MIGRATE", arity=-6, flags="write", since="2.6.0",
         keys="3 RW ACCESS DELETE; after KEYS@-2..-1 RW ACCESS DELETE INCOMPLETE")
def migrate(session, host, port, key, destination_db, timeout, *options):
    """Atomically transfers a key from one Redis instance to another."""
    keys, keep, replace, credentials = _parse_options(key, options)
    timeout_ms = parse_int(timeout)
    number = parse_int(destination_db)
    found = [each for each in keys if session.db.read(each) is not None]
    if not found:
        return _NO_KEYS
    requests = _restore_requests(session, found, replace)
    timeout_s = (min(timeout_ms, _LONGEST_TIMEOUT_MS) if timeout_ms > 0 else _DEFAULT_TIMEOUT_MS) / 1000
    with _connect(host, port, timeout_s) as target:
        _greet(target, credentials, number)
        _send(target, requests)
        _take_replies(session, target, timeout_s, found, keep)
    return "OK"


def _parse_options(key, options):
    """Returns (keys, COPY, REPLACE, what AUTH is to be told or None)."""
    keep = replace = False
    credentials = None
    rest = iter(options)
    for word in rest:
        word = word.upper()
        if word == b"COPY":
            keep = True
        elif word == b"REPLACE":
            replace = True
        elif word in (b"AUTH", b"AUTH2"):
            count = 1 if word == b"AUTH" else 2
            credentials = list(islice(rest, count))
            if len(credentials) < count:
                raise OptionSyntaxError
        elif word == b"KEYS":
            if key:
                raise RedisError("ERR When using MIGRATE KEYS option, the key argument must be set to the empty "
                                 "string")
            return list(rest), keep, replace, credentials
        else:
            raise OptionSyntaxError
    return [key], keep, replace, credentials


def _restore_requests(session, keys, replace):
    """The bytes of a RESTORE for each key, with the rest of its time to live."""
    db = session.db
    now_ms = db.now_ms
    option = (b"REPLACE",) if replace else ()
    requests = []
    for key in keys:
        expires_at_ms = db.expires.get(key)
        ttl_ms = 0 if expires_at_ms is None else max(expires_at_ms - now_ms, 1)
        payload = payload_of(session.engine.config, db.values[key])
        requests.append(encode_command((b"RESTORE", key, ttl_ms, payload, *option)))
    return requests


# ---- the exchange with the other server -------------------------------------------------------------------

def _connect(host, port, timeout_s):
    """A connection; where nobody listens, Redis finds that out when it writes, and says so."""
    number = parse_int_or_none(port)
    if number is None or not 0 < number < 65536:
        raise _io_error("writing")
    try:
        name = host.decode("utf-8", "surrogateescape") or "\0"      # to Python, an empty name is this machine
        return Connection(name, number, timeout_s=timeout_s).connect()
    except (ConnectionFailed, TimedOut, ValueError) as error:
        if isinstance(error.__cause__, ConnectionRefusedError):
            raise _io_error("writing") from None
        raise RedisError("IOERR error or timeout connecting to the client") from None


def _greet(target, credentials, number):
    """AUTH, where asked for, and SELECT."""
    greeting = [(b"AUTH", *credentials)] if credentials else []
    greeting.append((b"SELECT", number))
    try:
        replies = target.exchange(b"".join(map(encode_command, greeting)), len(greeting), "the greeting")
    except ClientError:
        raise _io_error("reading") from None
    for reply in replies:
        _check(reply)


def _send(target, requests):
    data = memoryview(b"".join(requests))
    try:
        for start in range(0, len(data), _CHUNK):
            target.send(data[start:start + _CHUNK], "RESTORE")
    except ClientError:
        raise _io_error("writing") from None


def _take_replies(session, target, timeout_s, keys, keep):
    """Read the reply for each key, and delete those that have arrived unless they are to be kept.

    Raises the first error of the other server, but only after all its replies have been read.
    """
    db = session.db
    refusal = None
    for key in keys:
        try:
            arrived = target.next_item(timeout_s, "RESTORE")
        except ClientError:
            arrived = []
        if not arrived:
            raise refusal or _io_error("reading")
        if isinstance(arrived[0], ReplyError):
            refusal = refusal or _refusal(arrived[0])
        elif not keep and db.delete(key):
            db.touch(key, "del")
            session.propagate(b"DEL", key)      # at once: an error may follow
    if refusal:
        raise refusal


def _check(reply):
    if isinstance(reply, ReplyError):
        raise _refusal(reply)


def _refusal(reply):
    return RedisError(f"ERR Target instance replied with error: {reply}")


def _io_error(doing):
    return RedisError(f"IOERR error or timeout {doing} to target instance")
