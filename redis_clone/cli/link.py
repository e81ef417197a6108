"""Link: the command line's connection, with what redis-cli remembers about it.

It connects when it must and greets the server as redis-cli does: AUTH, SELECT and HELLO one by one, a complaint
for the first that fails, but the connection stays, so that a person can put things right. What is typed later
(AUTH, SELECT, HELLO, MULTI, RESET, `connect`) is tracked: for the prompt, and to get there again after the
connection was lost. The modes have nothing typed; their connection only knows the greeting.
"""
import os
import re
import socket

from ..client import ClientError, Connection, ConnectionFailed, ReplyError, TimedOut, encode_command
from ..client.requests import command_name
from ..client.transport import tls_context
from .typed_replies import TypedConnection

__all__ = ["Link", "ModeConnection", "reason_of", "tls_of"]

# On Windows Ctrl-C does not interrupt the wait for a socket: it is noticed between short ones.
WAIT_S = 0.25 if os.name == "nt" else None

# Around what OpenSSL says: "[SSL: CERTIFICATE_VERIFY_FAILED] " and " (_ssl.c:1006)".
_SSL_DETAILS = re.compile(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$")


class Link:
    """The connection that `options` (arguments.Options) ask for. `complain` is called with each line for the
    standard error."""

    def __init__(self, options, complain):
        self._options = options
        self._complain = complain
        self.host, self.port, self.socket = options.host, options.port, options.socket
        self.user, self.password = options.user, options.password
        self.protocol = options.protocol or 2
        self.wanted_db = options.db
        self.db = 0                         # what the server has been told
        self.in_transaction = False
        self._db_before_transaction = 0
        self.subscribed = False
        self.connection = None
        self._accepted = []                 # commands of the greeting
        self._request = None                # the last one's name, for errors

    @property
    def connected(self):
        """False before `connect` and after a failure."""
        return self.connection is not None and self.connection.connected

    @property
    def address(self):
        """As in redis-cli's messages: `127.0.0.1:6379` or the path of the socket."""
        return self.socket or f"{self.host}:{self.port}"

    @property
    def prompt(self):
        """The prompt, without the colours it may get."""
        if not self.connected:
            return "not connected> "
        address = f"redis {self.socket}" if self.socket else \
            f"[{self.host}]:{self.port}" if ":" in self.host else self.address
        return address + (f"[{self.db}]" if self.db else "") + ("(TX)" if self.in_transaction else "") + \
            ("(subscribed mode)" if self.subscribed else "") + "> "

    # -- connecting ------------------------------------------------------------------------------------------

    def connect(self, connection_type=TypedConnection):
        """Connect, whether connected or not, and greet. True if all went well; otherwise a complaint has been
        made, but after a refused greeting there is a connection all the same."""
        self.close()
        self._accepted = []
        try:
            self.connection = self._new_connection(connection_type).connect()
        except (ClientError, OSError, ValueError) as error:
            self._complain(f"Could not connect to Redis at {self.address}: {reason_of(error)}")
            return False
        return self._greet()

    def connect_for_mode(self):
        """Connect and greet for one of the modes, which then has the connection to itself; return it, or None after
        a complaint."""
        if not self.connect(ModeConnection):
            return None
        self.connection.greeting = self._accepted
        return self.connection

    def close(self):
        """Hang up. What only the connection knew is gone; what is needed for the next one stays."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.db = 0
        self.in_transaction = self.subscribed = False

    def redirect(self, host, port):
        """Belong to another server from the next connect on."""
        self.close()
        self.host, self.port, self.socket = host, port, None

    def _new_connection(self, connection_type):
        options = self._options
        return connection_type(self.host, self.port, unix_socket=self.socket,
                               tls=tls_of(options) if options.tls else None,
                               connect_timeout_s=options.connect_timeout_s)

    def _greet(self):
        if self.password is not None:
            auth = ["AUTH", self.password] if self.user is None else ["AUTH", self.user, self.password]
            if not self._ask("AUTH", *auth):
                return False
        if not self.select():
            return False
        if self.protocol == 3 and not self._ask("HELLO 3", "HELLO", 3):
            self.protocol = 2
            return self._options.protocol_is_default
        return True

    def select(self):
        """Tell the server which database is wanted, if it does not know; True unless that failed."""
        if self.wanted_db == self.db:
            return True
        if self._ask(f"SELECT {self.wanted_db}", "SELECT", self.wanted_db):
            self.db = self.wanted_db
            return True
        return False

    def _ask(self, what, *command):
        try:
            self.connection.execute(*command)
        except ReplyError as error:
            self._complain(f"{what} failed: {error}")
            return False
        except ClientError as error:
            self._complain(f"Error: {reason_of(error)}")
            self.close()
            return False
        self._accepted.append(command)
        return True

    # -- requests and what comes back ----------------------------------------------------------------------------

    def send(self, argv):
        """Send a command."""
        self._request = command_name(argv)
        self.connection.send(encode_command(argv), self._request)

    def receive(self):
        """Return the next reply or push, whenever that may be."""
        items = []
        while not items:
            items = self.connection.next_item(WAIT_S, self._request)
        return items[0]

    # -- what successful commands change -------------------------------------------------------------------------

    def note(self, argv, reply):
        """Remember what the command `argv`, answered by `reply`, means for this connection."""
        note = _NOTES.get(argv[0].upper())
        if note is not None:
            note(self, argv[1:], reply, isinstance(reply, ReplyError))

    def _note_select(self, args, reply, failed):
        if not failed and len(args) == 1 and args[0].isdigit():         # if QUEUED: see _note_exec
            self.db = self.wanted_db = int(args[0])

    def _note_auth(self, args, reply, failed):
        if not failed and reply != "QUEUED" and len(args) in (1, 2):
            self.user, self.password = (None, *args)[-2:]
            self.select()

    def _note_hello(self, args, reply, failed):
        if failed or reply == "QUEUED" or not args:
            return
        self.protocol = 3 if args[0] == b"3" else 2
        words = [arg.upper() for arg in args]
        if b"AUTH" in words[1:-2]:
            at = words.index(b"AUTH", 1)
            self.user, self.password = args[at + 1:at + 3]
            self.select()

    def _note_multi(self, args, reply, failed):
        if not failed and not self.in_transaction:
            self.in_transaction, self._db_before_transaction = True, self.db

    def _note_exec(self, args, reply, failed):
        if self.in_transaction and not args:
            self.in_transaction = False
            if failed or reply is None:
                self.db = self.wanted_db = self._db_before_transaction

    def _note_discard(self, args, reply, failed):
        if self.in_transaction and not failed:
            self._note_exec(args, None, True)

    def _note_reset(self, args, reply, failed):
        if not failed and not args:
            self.in_transaction = self.subscribed = False
            self.db = self.wanted_db = 0
            self.protocol = 2


_NOTES = {
    b"SELECT": Link._note_select, b"AUTH": Link._note_auth, b"HELLO": Link._note_hello, b"MULTI": Link._note_multi,
    b"EXEC": Link._note_exec, b"DISCARD": Link._note_discard, b"RESET": Link._note_reset,
}


class ModeConnection(Connection):
    """A connection of a mode. Who watches a server opens it again after it was lost; then it gets the same
    greeting, the commands in `greeting`."""

    greeting = ()

    def connect(self):
        """As Connection's; a refused greeting is raised as ReplyError."""
        super().connect()
        for command in self.greeting:
            self.execute(*command)
        return self


class _NamedContext:
    """An SSL context that asks for a server of another name than that of its host."""

    def __init__(self, context, name):
        self._context, self._name = context, name

    def wrap_socket(self, sock, server_hostname):
        return self._context.wrap_socket(sock, server_hostname=self._name)


def tls_of(options):
    """Return the SSL context that the options ask for. Raises OSError and ValueError.

    With an authority of one's own, any server that it vouches for is trusted, whatever its name, as with redis-cli:
    few such certificates name their hosts. The system's authorities vouch for too many for that."""
    private = options.cacert or options.cacertdir
    context = tls_context(keyfile=options.key, certfile=options.cert, ca_certs=options.cacert,
                          ca_path=options.cacertdir, cert_reqs="none" if options.insecure else "required",
                          check_hostname=not private, ciphers=options.tls_ciphers)
    return context if options.sni is None else _NamedContext(context, options.sni)


def reason_of(error):
    """A failure in redis-cli's words: only what happened, since the rest of the line says where."""
    if isinstance(error, TimedOut):
        return "Connection timed out"
    cause = error.__cause__ if isinstance(error, ConnectionFailed) else error.__context__
    if isinstance(error, OSError):                          # in the files and names for TLS
        cause = error
    if isinstance(cause, EOFError):
        return "Server closed the connection"
    if isinstance(cause, OSError) and not isinstance(cause, socket.timeout):
        reason = cause.strerror or cause.errno and os.strerror(cause.errno) or str(next(iter(cause.args), cause))
        reason = _SSL_DETAILS.sub("", reason)
        return f"{cause.filename}: {reason}" if cause.filename else reason
    return str(error)
