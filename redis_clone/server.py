"""A server: listeners, the clients' threads, housekeeping, and an engine behind them.

Besides the clients' threads (client_handler.py) a server has one for each listening address, one for housekeeping
(expiry, time-outs, saving) and the socket watcher (outbox.py); with an append-only file also the journal's. Nothing
here is process-wide; what tunes a stand-alone server's process is in process.py.
"""
import os
import socket
import threading

from .client_handler import ClientHandler
from .config import Config
from .ending import end
from .engine import Engine
from .listeners import PROTECTED_MODE_REFUSAL, ListenError, TCPListener, is_local, listen_tcp, listen_unix
from .loading import LoadError, LoadingStopped, load_at_start, start_empty
from .outbox import SocketWatcher

__all__ = ["Server", "ListenError", "LoadError"]

_STOP_POLL_S = 0.05             # how often a listener looks whether it should stop


def _config_without_files():
    config = Config()
    config.load(['save ""'], "the default of an embedded server")
    return config


class Server:
    """Listeners, housekeeping and an engine.

    `port` overrides the directive: 0 takes any free port (the directive's 0 means no TCP at all).

    With a `config`, data are loaded from its `dir` at the start and saved there as its directives say, like those of a
    stand-alone server. Without one, nothing is read or written anywhere, unless CONFIG SET or BGSAVE ask for it.
    """

    def __init__(self, config=None, log=None, clock=None, port=None):
        self._starts_empty = config is None
        self.engine = Engine(config or _config_without_files(), log, clock)
        self._port = port
        self.config = self.engine.config
        self.log = self.engine.log
        self.watcher = SocketWatcher()
        self.listeners = []
        self.exit_code = 0
        self.max_bulk = self.config["proto-max-bulk-len"]
        self.config.on_change("proto-max-bulk-len", lambda value: setattr(self, "max_bulk", value))
        self._stop = threading.Event()
        self._stopping = threading.Lock()       # held while stopping, so that a second call waits for the first
        self._stopped = False
        self._serving = False
        self._threads = []
        self.engine.shutdown = self.request_shutdown

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
        """Listen, load the data, serve. Raises ListenError and LoadError."""
        self.listen()
        try:
            self.load(self.serve)
        except LoadError:
            self.stop()
            raise

    def listen(self):
        """Open the listeners: from now on clients may connect, and wait. Raises ListenError."""
        try:
            self._listen()
        except ListenError:
            for listener in self.listeners:
                listener.server_close()
            self.listeners.clear()
            self.watcher.stop()
            raise

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
        with self._stopping:
            if self._serving or self._stopped:
                return
            self._serving = True
            self.watcher.start()
            self._spawn(self._housekeep, "housekeeping")
            for listener in self.listeners:
                self._spawn(lambda one=listener: one.serve_forever(_STOP_POLL_S), "listener")

    def _listen(self):
        port = self.config["port"] if self._port is None else self._port
        listening = self.engine.stats.listening             # for INFO
        if port or self._port == 0:
            for host in self.config["bind"]:
                self.listeners += listen_tcp(host, port, ClientHandler, self)
            listening.append(("tcp", self.config["bind"], self.port))
        if self.config["unixsocket"]:
            self.listeners += listen_unix(self.config["unixsocket"], self.config["unixsocketperm"], ClientHandler, self)
            listening.append(("unix", (self.config["unixsocket"],), 0))

    def _spawn(self, target, name):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _housekeep(self):
        while not self._stop.wait(1 / self.config["hz"]):
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
        threading.Thread(target=self.stop, name="shutdown", daemon=True).start()

    def stop(self):
        """Save the data, close the listeners, hang up on all clients, end the background threads; again does nothing.

        It ends even if the data cannot be saved, which is logged; `end` would not.
        """
        with self._stopping:
            if not self._stopped:
                self._stopped = True
                self._stop_all()

    def _stop_all(self):
        with self.engine.lock:
            while self.engine.busy is not None and not self.engine.ending:
                self.engine.scripting.killed = True         # a slow script ends, whatever it has done; so does the next
                self.engine.calm.wait()
            end(self.engine, {"force"})
        self._stop.set()
        self.engine.scripting.watch.stop()
        for listener in self.listeners:
            if self._serving:
                listener.shutdown()
            listener.server_close()
            if listener.address_family == getattr(socket, "AF_UNIX", None) and os.path.exists(listener.server_address):
                self.log.notice("Removing the unix socket file.")
                os.unlink(listener.server_address)
        with self.engine.lock:
            for session in list(self.engine.sessions.values()):
                session.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self.watcher.stop()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
