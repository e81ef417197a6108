"""A server: listeners, the clients' threads, housekeeping, and an engine behind them.

Besides the clients' threads (client_handler.py) a server has one for each listening address, one for housekeeping
(expiry, time-outs, saving) and the socket watcher (outbox.py); with an append-only file also the journal's. Nothing
here is process-wide; what tunes a stand-alone server's process is in process.py.

Who lives in the server's own process needs no socket (memory_connection.py), or one end of a pair (`open_pipe`).
A server without any listener has one thread, for housekeeping; the watcher's comes with the first pipe.

`stop` leaves nothing behind: it wakes whoever waits for something, at once, and returns when the last thread is gone.
"""
import collections
import errno
import os
import socket
import threading

from .client_handler import ClientHandler
from .config import Config
from .ending import end
from .engine import Engine
from .listeners import (PROTECTED_MODE_REFUSAL, ClientThreads, ListenError, Pipes, TCPListener, is_local, listen_tcp,
                        listen_unix)
from .loading import LoadError, LoadingStopped, load_at_start, start_empty
from .memory_connection import MemoryConnection
from .outbox import SocketWatcher

__all__ = ["Server", "ListenError", "LoadError", "end_by_force"]

_PATIENCE_S = 5.0               # how long `stop` waits for clients' threads, which have been woken


def _config_without_files():
    config = Config()
    config.load(['save ""'], "the default of an embedded server")
    return config


def end_by_force(engine):
    """Save the data if that is possible, hang up on all clients, let no command run any more."""
    with engine.lock:
        while engine.busy is not None and not engine.ending:
            engine.scripting.killed = True      # a slow script ends, whatever it has done; so does the next
            engine.calm.wait()
        end(engine, {"force"})
    engine.scripting.watch.stop()


class Server:
    """Listeners, housekeeping and an engine.

    `port` overrides the directive: 0 takes any free port (the directive's 0 means no TCP at all). With `listen` False
    there are no listeners, whatever the directives say: for clients in the same process.

    With a `config`, data are loaded from its `dir` at the start and saved there as its directives say, like those of a
    stand-alone server. Without one, nothing is read or written anywhere, unless CONFIG SET or BGSAVE ask for it.
    """

    def __init__(self, config=None, log=None, clock=None, port=None, listen=True):
        self._starts_empty = config is None
        self._use(Engine(config or _config_without_files(), log, clock))
        self._port = port
        self._listens = listen
        self.watcher = SocketWatcher()
        self.departures = None                  # a Departures, started, if replies may leave in groups
        self.listeners = []
        self.client_threads = ClientThreads()
        self.exit_code = 0
        self._pipes = Pipes(ClientHandler, self)
        self._stop = threading.Event()
        # Held while starting and stopping, so that a second call waits for the first. Guards what follows.
        self._changing = threading.Lock()
        self._listening = self._serving = self._watching = self._stopped = False
        self._threads = []
        self._stop_listening = None             # a pair of sockets: closing the second one ends the listeners' threads
        self._shutdown = None                   # the thread that `request_shutdown` started
        self._abandoned = False
        self._process = os.getpid()             # threads do not survive a fork
        self._abandoned_sessions = collections.deque()

    def _use(self, engine):
        """Have whoever connects from now on served by this engine."""
        self.engine, self.config, self.log = engine, engine.config, engine.log
        self.max_bulk = self.config["proto-max-bulk-len"]
        self.config.on_change("proto-max-bulk-len", lambda value: setattr(self, "max_bulk", value))
        engine.shutdown = self.request_shutdown

    @property
    def port(self):
        """The port of the first TCP listener, useful with port 0 in tests."""
        return next((one.server_address[1] for one in self.listeners if isinstance(one, TCPListener)), 0)

    def refuse(self, request, client_address):
        """The bytes that turn a new client away, or None."""
        engine = self.engine
        with engine.lock:
            if len(engine.sessions) >= self.config["maxclients"]:
                engine.stats.connections_rejected += 1
                return b"-ERR max number of clients reached\r\n"
            engine.stats.connections_received += 1
            if self.config["protected-mode"] and not engine.password and not is_local(client_address):
                engine.stats.connections_rejected += 1
                return PROTECTED_MODE_REFUSAL
        return None

    def start(self):
        """Listen, load the data, serve; once. Raises ListenError, after which it may be tried again, and LoadError."""
        self.listen()
        try:
            self.load(self.serve)
        except BaseException:
            self.stop()
            raise

    def listen(self):
        """Open the listeners: from now on clients may connect, and wait. Raises ListenError."""
        with self._changing:
            if self._listening or self._stopped:
                raise RuntimeError("a server starts only once")
            try:
                self._listen()
            except BaseException:
                self._close_listeners()
                self.listeners.clear()
                self.engine.stats.listening.clear()
                raise
            self._listening = True

    def load(self, serve):
        """Load the data and call ``serve()``; before that if it takes so long that clients should be told.

        Returns False if the server was told to end meanwhile; raises LoadError.
        """
        try:
            if self._starts_empty:
                start_empty(self.engine)
            else:
                load_at_start(self.engine, serve)
        except LoadingStopped:
            return False
        serve()
        return not self._stopped

    def serve(self):
        """Start the threads, unless that is done or too late: clients are answered from now on."""
        with self._changing:
            if self._serving or self._stopped:
                return
            self._serving = True
            self._spawn(self._housekeep, "housekeeping")
            if self.listeners:
                self._watch()
                self._stop_listening = socket.socketpair()
            for listener in self.listeners:
                self._spawn(lambda one=listener: one.accept_until(self._stop_listening[0]), "listener")

    def _listen(self):
        if not self._listens:
            return
        port = self.config["port"] if self._port is None else self._port
        listening = self.engine.stats.listening             # for INFO
        if port or self._port == 0:
            for host in self.config["bind"]:
                self.listeners += listen_tcp(host, port, ClientHandler, self)
            listening.append(("tcp", self.config["bind"], self.port))
        if self.config["unixsocket"]:
            self.listeners += listen_unix(self.config["unixsocket"], self.config["unixsocketperm"], ClientHandler, self)
            listening.append(("unix", (self.config["unixsocket"],), 0))

    def _watch(self):
        """Start the watcher, which clients with sockets need."""
        if not self._watching:
            self._watching = True
            self.watcher.start()

    def _spawn(self, target, name):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _housekeep(self):
        while not self._stop.wait(1 / self.config["hz"]):
            if self._abandoned:
                self.stop()
                return
            self._close_abandoned()
            self.engine.housekeep()
            self._hang_up_idle()

    def _hang_up_idle(self):
        """The `timeout` directive: clients that have been silent for long."""
        timeout_s = self.config["timeout"]
        if not timeout_s:
            return
        with self.engine.lock:
            if self.engine.busy is not None:
                return
            now = self.engine.keyspace.now
            for session in list(self.engine.sessions.values()):
                if now - session.active_s > timeout_s and not session.subscribed and session.waiter is None \
                        and not session.postponed:
                    self.log.verbose("Closing idle client")
                    session.close()

    def serve_forever(self):
        """Block until `request_shutdown`, then stop."""
        self._stop.wait()
        self.stop()

    def end(self, options=()):
        """Do what SHUTDOWN does, with its words in lower case; raises RedisError when the data cannot be saved."""
        with self.engine.lock:
            self.engine.calm.wait_for(lambda: self.engine.busy is None)
            end(self.engine, options)
        self.request_shutdown()

    def request_shutdown(self, exit_code=0):
        """Stop soon, from a thread of its own: callable with the lock held and from any thread."""
        self.exit_code = exit_code
        if self._shutdown is None:
            thread = threading.Thread(target=self.stop, name="shutdown", daemon=True)
            thread.start()
            self._shutdown = thread             # for those to join who stop the server meanwhile

    def stop(self):
        """Save the data, close the listeners, hang up on all clients, end the threads; again does nothing.

        It ends even if the data cannot be saved, which is logged; `end` would not. A server that has not been started
        will never be.
        """
        with self._changing:
            if not self._stopped:
                self._stopped = True
                self._stop_all()
        for thread in (*self._threads, self._shutdown):     # one of them may be the one that has stopped the server
            if thread is not None and thread.ident != threading.get_ident():
                thread.join()

    def _stop_all(self):
        if self.departures is not None:
            self.departures.stop()
        self.watcher.stop()                     # first, or it would look after each client that is hung up on
        end_by_force(self.engine)
        self._stop.set()
        if self._stop_listening is not None:
            self._stop_listening[1].close()
        for thread in self._threads:
            if thread.ident != threading.get_ident():
                thread.join()
        self._close_listeners()
        with self.engine.lock:
            for session in list(self.engine.sessions.values()):
                session.close()
        # A process of its own ends anyway, and thousands of threads would take their time.
        if not self.engine.owns_process and not self.client_threads.wait_until_none(_PATIENCE_S):
            self.log.warning(f"{self.client_threads.count} threads of clients have not ended yet.")
        self.engine.journal.join()
        self._abandoned_sessions.clear()

    def _close_listeners(self):
        for listener in self.listeners:
            listener.server_close()
            if listener.address_family == getattr(socket, "AF_UNIX", None) and os.path.exists(listener.server_address):
                self.log.notice("Removing the unix socket file.")
                os.unlink(listener.server_address)
        if self._stop_listening is not None:
            self._stop_listening[0].close()

    # For clients in the same process

    @property
    def running(self):
        """Whether it serves clients; not in a process forked from its own."""
        return self._serving and not self._stopped and self._process == os.getpid()

    def open_memory_connection(self, **options):
        """A connection without a socket for a client in this process, not connected yet: see MemoryConnection.

        The options are keywords, as for client.Connection: db, username, password, client_name, protocol, timeout_s,
        on_push, lib_name, lib_version, typed_errors (True unless told otherwise), encode_text. It is not for messages
        (SUBSCRIBE, MONITOR, CLIENT REPLY): these take a ``client.Connection(open_socket=server.open_pipe)``.
        """
        return MemoryConnection(self, **options)

    def open_pipe(self):
        """A connected socket, whose other end has a thread like any client's. Raises OSError."""
        with self._changing:
            if not self.running:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "the server is not running")
            self._watch()
            try:
                return self._pipes.open()
            except RuntimeError as error:       # no thread for it
                raise OSError(errno.EAGAIN, str(error)) from None

    def abandon(self):
        """Stop within the next tenth of a second or so: callable from a finalizer, for it takes no locks."""
        self._abandoned = True

    def abandon_session(self, session):
        """Close the session of a memory connection soon, likewise."""
        self._abandoned_sessions.append(session)

    def _close_abandoned(self):
        while self._abandoned_sessions:
            session = self._abandoned_sessions.popleft()
            with session.engine.lock:
                session.engine.close_session(session)

    def __enter__(self):
        if not self.running:
            self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
