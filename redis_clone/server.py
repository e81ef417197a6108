"""The listener and the client threads: recv, parse, execute, send.

`socketserver.ThreadingTCPServer` accepts and gives each client a thread; `ClientHandler.handle` is that
thread's life. It blocks in recv, hands what it read to its parser, and runs the requests found under one
hold of the engine's lock. The replies leave in one send, without the lock: a slow reader blocks only
itself. Nothing polls; who wants to end a connection shuts its socket down, which wakes its thread.

Besides the clients' threads a server has one for each listening address, one for housekeeping (expiry,
time-outs) and the socket watcher (`outbox.py`). Nothing here is process-wide; what tunes a stand-alone
server's process is in `process.py`.
"""
import os
import socket
import socketserver
import threading

from .blocking import give_up
from .dispatch import execute_batch
from .engine import Engine
from .errors import RedisError
from .listeners import PROTECTED_MODE_REFUSAL, ListenError, TCPListener, UnixListener, addresses_of, is_local
from .outbox import Outbox, SocketWatcher
from .request_parser import HELD, RequestParser
from .resp import encode

__all__ = ["Server", "ListenError"]

# recv first makes a bytes object of the size asked for. Up to 479 bytes it comes from Python's own allocator,
# which is faster and, with 10,000 waiting clients, a third of the memory: the C library's keeps a
# remainder of each larger one. Clients that send more at a time are read in large pieces.
_READ_SIZE = 479
_LARGE_READ_SIZE = 65536
_NOTHING_LEFT = (None, {})      # see ClientHandler.settle
_STOP_POLL_S = 0.05             # how often a listener looks whether it should stop


class ClientHandler(socketserver.BaseRequestHandler):
    """One connected client. Its thread is the only one that reads from the socket."""

    def setup(self):
        server = self.server.owner
        self.engine = server.engine
        self.watcher = server.watcher
        if self.request.family != getattr(socket, "AF_UNIX", None):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.set_keepalive(self.request)
        self.parser = RequestParser(server.max_bulk)
        address, local_address = addresses_of(self.request, self.client_address)
        with self.engine.lock:
            self.session = self.engine.open_session(address, local_address)
            self.session.connection = self
            self.session.descriptor = self.request.fileno()
            self.trust(self.session.authenticated)

    def handle(self):
        """Serve the client until it, or somebody else, hangs up."""
        session, parser = self.session, self.parser
        lock = self.engine.lock
        feed = parser.feed
        recv, sendall = self.request.recv, self.request.sendall
        join = b"".join
        read_size, large = _READ_SIZE, False
        try:
            while True:
                data = recv(read_size)
                if not data:
                    return
                requests = feed(data)
                out = []
                with lock:
                    session.bytes_in += len(data)
                    done = execute_batch(session, requests, out)
                    if done is not None:
                        left = self.settle(out)
                if done is None and parser.regular:
                    reply = join(out)
                    session.bytes_out += len(reply)
                    sendall(reply)
                else:
                    if not self.finish_batch(requests, done, out, left if done is not None else None):
                        return
                    if len(data) == _READ_SIZE:         # the rest of a cut pipeline is small, too
                        read_size, large = _LARGE_READ_SIZE, True
                if large and len(data) < _READ_SIZE:
                    read_size = max(read_size >> 1, _READ_SIZE)
                    large = read_size > _READ_SIZE
                # Free them before others run: an idle client keeps nothing alive, and the next one's objects
                # go to the same places, which are still in the processor's cache.
                data = requests = out = reply = None
        except OSError:                         # reset by the peer, or shut down by hang_up
            return

    def settle(self, out):
        """With the lock held: hand the replies of a client with an outbox over, in the order of all messages.

        Returns what is to be done when the lock is free: ``(waiter, outboxes to flush)``.
        """
        session, engine = self.session, self.engine
        if session.outbox is not None:
            session.outbox.put(b"".join(out))
            session.bytes_out += sum(map(len, out))
            out.clear()
        unflushed, engine.unflushed = engine.unflushed, {}
        return session.waiter, unflushed        # the waiter now: once it is served this is None again

    def finish_batch(self, requests, done, out, left):
        """The less usual end of a read: blocking, messages, more requests than a batch, errors; False to hang up."""
        session, parser = self.session, self.parser
        done = len(requests) if done is None else done
        while True:
            waiter, unflushed = left or _NOTHING_LEFT
            self.watcher.flush_all(unflushed)
            self.send(out)
            if waiter is not None:
                self.wait_blocked(waiter)
            elif session.postponed:
                self.wait_for_unpause()
            if done == len(requests) and parser.error is HELD:
                requests, done = parser.feed(b""), 0
            if done == len(requests) or session.closing:
                break
            out = []
            rest = requests[done:]
            with self.engine.lock:
                ran = execute_batch(session, rest, out)
                left = self.settle(out)
            done += len(rest) if ran is None else ran
        violated = parser.error is not None and not session.closing
        if violated:
            self.engine.log.verbose(f"Protocol error from client {session.address}: {parser.error}")
            out = [encode(RedisError(parser.error))] if session.reply_mode == "on" else []
            with self.engine.lock:
                self.settle(out)
            self.send(out)
        if session.outbox is not None:
            session.outbox.wait_until_drained()
        return not violated and not session.closing

    def send(self, out):
        if out:
            reply = b"".join(out)
            self.session.bytes_out += len(reply)
            self.request.sendall(reply)

    def wait_blocked(self, waiter):
        """Sleep until a blocked command is served, times out, or the client hangs up; send its reply."""
        engine, session = self.engine, self.session
        self.watcher.watch_hang_up(self.request, lambda: self.abandon(waiter))
        if waiter.deadline_s is None:
            waiter.sleep()
        else:
            while not waiter.done:
                left_s = waiter.deadline_s - engine.clock.monotonic()
                if left_s <= 0 or waiter.sleep(min(left_s, threading.TIMEOUT_MAX)):
                    break
        self.watcher.forget(self.request)
        out = []
        with engine.lock:
            give_up(waiter)
            if not session.closing and session.outbox is None:      # else `finish` has put it there
                out.append(session.late_reply(waiter.reply))
        self.send(out)

    def abandon(self, waiter=None):
        """The client hung up while it was blocked or paused: it must not take an element any more."""
        with self.engine.lock:
            if waiter is None or not waiter.done:
                self.session.close()

    def wait_for_unpause(self):
        """Sleep until CLIENT PAUSE is over, or the client is killed or hangs up."""
        engine, session = self.engine, self.session
        self.watcher.watch_hang_up(self.request, self.abandon)
        with engine.lock:
            engine.blocked_clients += 1
            while engine.paused and not session.closing:
                left_s = engine.pause_until_s - engine.clock.monotonic()
                if left_s <= 0:
                    engine.unpause()
                else:
                    engine.pause_over.wait(min(left_s, threading.TIMEOUT_MAX))
            engine.blocked_clients -= 1
            session.postponed = False
        self.watcher.forget(self.request)

    def trust(self, authenticated):
        """Called by the session: an unauthenticated client is held to small requests."""
        self.parser.trust(authenticated)

    def open_outbox(self):
        """Called by the session, in this thread, before others may send to the client."""
        return Outbox(self.request, self.watcher, self.output_limits, self.drop_slow_reader)

    def output_limits(self):
        """The limits of the client's class, which changes with its subscriptions."""
        limits = self.engine.config["client-output-buffer-limit"]
        return limits["pubsub" if self.session.subscribed else "normal"]

    def drop_slow_reader(self, size):
        self.engine.log.warning(f"Client id={self.session.id} addr={self.session.address} scheduled to be closed ASAP "
                                f"for overcoming of output buffer limits ({size} bytes).")

    def hang_up(self):
        """Wake this client's thread wherever it is and let it end. Call with the engine's lock held."""
        if self.session.outbox is not None:
            self.session.outbox.close()
        try:
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def finish(self):
        with self.engine.lock:
            self.engine.close_session(self.session)
            self.session.connection = None      # from here on nobody else shuts the socket down
        if self.session.outbox is not None:
            self.session.outbox.close()
        self.watcher.forget(self.request)


class Server:
    """Listeners, housekeeping and an engine.

    `port` overrides the directive: 0 takes any free port (the directive's 0 means no TCP at all).
    """

    def __init__(self, config=None, log=None, clock=None, port=None):
        self.engine = Engine(config, log, clock)
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
        self._threads = []
        self.engine.shutdown = self.request_shutdown

    @property
    def port(self):
        """The port of the first TCP listener, useful with port 0 in tests."""
        return next((one.server_address[1] for one in self.listeners if isinstance(one, TCPListener)), 0)

    def set_keepalive(self, sock):
        interval_s = self.config["tcp-keepalive"]
        if interval_s:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, interval_s)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(interval_s // 3, 1))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

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
        """Listen and start the background threads; raises ListenError."""
        try:
            self._listen()
        except ListenError:
            for listener in self.listeners:
                listener.server_close()
            self.watcher.stop()
            raise
        self.watcher.start()
        self._spawn(self._housekeep, "housekeeping")
        for listener in self.listeners:
            self._spawn(lambda one=listener: one.serve_forever(_STOP_POLL_S), "listener")

    def _listen(self):
        port = self.config["port"] if self._port is None else self._port
        listening = self.engine.stats.listening             # for INFO
        if port or self._port == 0:
            for host in self.config["bind"]:
                self._listen_tcp(host, port)
            listening.append(("tcp", self.config["bind"], self.port))
        if self.config["unixsocket"]:
            self._listen_unix(self.config["unixsocket"])
            listening.append(("unix", (self.config["unixsocket"],), 0))

    def _listen_tcp(self, host, port):
        optional = host.startswith("-")         # "-::1": do without where the machine has no such address
        host = host.lstrip("-")
        try:
            self.listeners.append(TCPListener(("" if host == "*" else host, port), ClientHandler, self))
        except OSError as error:
            if not optional:
                raise ListenError(f"{host}:{port}", error.strerror or str(error)) from error

    def _listen_unix(self, path):
        try:
            if os.path.exists(path):            # left behind by a server that was killed
                os.unlink(path)
            self.listeners.append(UnixListener(path, ClientHandler, self))
            if self.config["unixsocketperm"]:
                os.chmod(path, self.config["unixsocketperm"])
        except OSError as error:
            raise ListenError(path, error.strerror or str(error)) from error

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

    def request_shutdown(self, exit_code=0):
        """Stop soon, from a thread of its own: callable with the lock held and from any thread."""
        self.exit_code = exit_code
        threading.Thread(target=self.stop, name="shutdown", daemon=True).start()

    def stop(self):
        """Close the listeners, hang up on all clients, end the background threads; again does nothing."""
        with self._stopping:
            if not self._stopped:
                self._stopped = True
                self._stop_all()

    def _stop_all(self):
        self._stop.set()
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()
        if self.config["unixsocket"] and os.path.exists(self.config["unixsocket"]):
            self.log.notice("Removing the unix socket file.")
            os.unlink(self.config["unixsocket"])
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
