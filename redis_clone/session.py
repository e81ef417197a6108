"""The state of one client as commands see it: user, database, protocol, transaction, subscriptions.

A session knows no socket. What belongs to the transport is behind `connection`, which the server sets
(its `open_outbox`, `close` and figures); EXEC, scripts, replication and the tests run commands through
sessions without one.

Locking: everything here is read and written under the engine's lock, by whichever thread holds it.
"""
from .propagation import INSTEAD
from .registry import NO_COMMANDS
from .resp import Encoded, NoReply, Push, Replies, encode, encode_into

__all__ = ["Session", "Blocked"]

_NEVER_HELD_BACK = (Push, Replies, Encoded)     # by CLIENT REPLY; what is Encoded has been through it


class Blocked(NoReply):
    """A handler's answer "not yet": run the command again when one of `keys` gets a value of `kind`.

    `timeout_s` 0 waits for ever; `on_timeout` is the reply when time is up. `args`, unless None, are the arguments
    to run the command with then. With `until_gone` it is also run when one of the keys is deleted or gets a
    value of another type.
    """

    __slots__ = ("keys", "kind", "timeout_s", "on_timeout", "args", "until_gone")

    def __init__(self, keys, kind, timeout_s, on_timeout, args, until_gone):
        self.keys = keys
        self.kind = kind
        self.timeout_s = timeout_s
        self.on_timeout = on_timeout
        self.args = args
        self.until_gone = until_gone


class Session:
    """One client. Attributes that commands use:

    db                   the selected Database
    engine               the server's engine
    protocol             2 or 3
    transaction          list of queued (command, argv) after MULTI, else None
    transaction_failed   a command was refused while queueing: EXEC aborts
    transaction_spoiled  a watched key changed: EXEC replies null
    watching             set of (database, key)
    channels, patterns, shard_channels   subscriptions, insertion-ordered dicts
    postponed            waits for the end of CLIENT PAUSE
    """

    __slots__ = (
        "engine", "id", "db", "protocol", "user", "authenticated", "tables", "transaction",
        "transaction_failed", "transaction_spoiled", "watching", "channels", "patterns", "shard_channels",
        "pushes", "may_block", "waiter", "postponed", "reply_mode", "no_evict", "no_touch", "name",
        "library_name", "library_version", "created_s", "active_s", "took_s",
        "last_command", "promised", "address", "local_address", "descriptor", "closing", "outbox", "connection",
        "bytes_in", "bytes_out", "kind", "traced", "journey")

    def __init__(self, engine, session_id=0, address="", local_address=""):
        self.engine = engine
        self.id = session_id
        self.address = address
        self.local_address = local_address
        self.descriptor = -1
        self.created_s = self.active_s = engine.keyspace.now
        self.took_s = 0.0                   # its last read's commands
        self.kind = "normal"                # normal, replica, primary: the classes of output limits; script
        self.last_command = None
        self.promised = 0                   # how much of the journal its last reply about a change tells of
        self.closing = False                # hang up after the replies are out
        self.connection = None              # the transport: client_handler.ClientHandler, or None
        self.outbox = None                  # where messages of others go, once it may receive any
        self.waiter = None                  # blocking.Waiter while blocked
        self.postponed = False
        self.traced = engine.tracing.on     # look at the clock between the stages of its commands: trace.py
        self.journey = None                 # trace.Journey of its last command, if that was traced
        self.pushes = []                    # out-of-band messages for itself, due after its running command
        self.bytes_in = self.bytes_out = 0
        self.library_name = self.library_version = b""
        self.watching = set()
        self.channels, self.patterns, self.shard_channels = {}, {}, {}
        self.reset()

    def reset(self):
        """The state of a new connection; RESET ends subscriptions, watches and MULTI before it calls this."""
        self.db = self.engine.keyspace.databases[0]
        self.protocol = 2
        self.user = "default"
        self.authenticated = not self.engine.password
        self.transaction = None
        self.transaction_failed = self.transaction_spoiled = False
        self.may_block = True
        self.reply_mode = "on"              # CLIENT REPLY: on, off, skip (the next reply), skipping (this one)
        self.name = b""
        self.no_touch = self.no_evict = False
        self.refresh_gates()

    @property
    def subscriptions(self):
        """How many channels and patterns, the number in replies of SUBSCRIBE; shard channels count apart."""
        return len(self.channels) + len(self.patterns)

    @property
    def subscribed(self):
        """Whether a RESP2 client is held to the commands of subscribers."""
        return bool(self.channels or self.patterns or self.shard_channels)

    def refresh_gates(self):
        """Decide whether commands may be called at once or must pass `dispatch.pass_gates`; call after any change."""
        usual = (self.authenticated and self.transaction is None and not self.no_touch and self.reply_mode == "on"
                 and not (self.protocol == 2 and self.subscribed) and self.outbox is None and not self.closing
                 and not self.engine.paused and self.engine.refuses_writes is None
                 and self.engine.loading is None and self.engine.busy is None and self.engine.intercept is None)
        self.tables = self.engine.tables if usual else NO_COMMANDS
        if self.connection is not None:
            self.connection.trust(self.authenticated)

    def propagate(self, *argv):
        """Say what the running command comes to, instead of its own argv: these words (bytes), to be repeated.

        Several calls make several commands, which are repeated together; none of words means nothing at all.
        """
        effects = self.engine.keyspace.effects
        if effects is not None:
            effects.append(INSTEAD)
            if argv:
                effects.append((self.db.number, argv))

    def block_on(self, keys, kind, timeout_s, on_timeout, args=None, until_gone=False):
        """The reply of a blocking command that found nothing: `kind` is the type it waits for ("list", "zset").

        See Blocked for the rest.
        """
        if not self.may_block:
            return on_timeout
        self.engine.keyspace.aftermath = True
        return Blocked(keys, kind, timeout_s, on_timeout, args, until_gone)

    def encode_reply(self, reply, out):
        """Append the bytes of `reply` to the list `out`, unless CLIENT REPLY holds it back."""
        if self.reply_mode in ("on", "skip") or reply.__class__ in _NEVER_HELD_BACK:
            encode_into(out, reply, self.protocol)

    def finish_reply(self):
        """After each command while `reply_mode` is not "on": CLIENT REPLY SKIP begins or ends."""
        if self.reply_mode == "skip":
            self.reply_mode = "skipping"
        elif self.reply_mode == "skipping":
            self.reply_mode = "on"
            self.refresh_gates()

    def late_reply(self, reply):
        """The bytes for a command that had blocked, and the messages it has caused for its own client."""
        out = []
        self.encode_reply(reply, out)
        self.finish_reply()
        out += self.pushes
        self.pushes = []
        return b"".join(out)

    def push(self, message):
        """Send a Push out of band; during the session's own command it follows the reply."""
        self.push_encoded(encode(message, self.protocol))

    def push_encoded(self, data, to_many=False):
        """`push` for a message that has been encoded in the session's protocol, perhaps one `to_many`."""
        if self.engine.running is self:
            self.pushes.append(data)
            self.engine.keyspace.aftermath = True
        elif self.outbox is not None:
            later = to_many and self.engine.running is not None     # else nobody flushes
            self.outbox.put(data, later)
            if later:
                self.engine.unflushed[self.outbox] = True
                self.engine.keyspace.aftermath = True

    def expect_pushes(self):
        """From now on others may send to this client; SUBSCRIBE and its like call it before they reply."""
        if self.outbox is None and self.connection is not None:
            self.outbox = self.connection.open_outbox()
            self.engine.keyspace.aftermath = True
            self.refresh_gates()

    def close(self):
        """Hang up: at once when another thread asks, after its reply when its own command does."""
        self.closing = self.engine.keyspace.aftermath = True
        self.tables = NO_COMMANDS
        if self.waiter is not None:
            self.waiter.finish(None)
        if self.postponed:
            self.engine.pause_over.notify_all()
        if self.connection is not None and self.engine.running is not self:
            self.connection.hang_up()

    def watch(self, key):
        """WATCH `key` in the selected database."""
        if (self.db, key) not in self.watching:
            self.watching.add((self.db, key))
            self.db.watched.setdefault(key, {})[self] = True

    def unwatch(self):
        """Forget all watched keys."""
        for database, key in self.watching:
            watchers = database.watched[key]
            del watchers[self]
            if not watchers:
                del database.watched[key]
        self.watching.clear()
        self.transaction_spoiled = False

    def discard(self):
        """Leave MULTI: forget the queue and the watched keys."""
        self.transaction = None
        self.transaction_failed = False
        self.unwatch()
        self.refresh_gates()

    @property
    def is_local(self):
        """Whether the client is on this machine: in this process, at a Unix socket or a loopback address."""
        return self.address.startswith(("127.", "[::1]", "/", "memory:", "pipe:")) or not self.address
