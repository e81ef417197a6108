"""One client's thread: recv, parse, execute, send.

`socketserver.ThreadingTCPServer` (listeners.py) gives each client a thread; `ClientHandler.handle` is that
thread's life. It blocks in recv, hands what it read to its parser, and runs the requests found under one
hold of the engine's lock. The replies leave in one send, without the lock: a slow reader blocks only
itself. Nothing polls; who wants to end a connection shuts its socket down, which wakes its thread.

A reply that tells of changes leaves when the journal (journal.py) allows it, for the append-only file must know
of them first. It may then be the journal's thread that sends it (`deliver`). The reply to a command that was not
quick may leave together with those of other clients (departures.py), and then others may send it (`depart`).
"""
import socket
import socketserver
import threading

from .blocking import give_up
from .dispatch import execute_batch
from .errors import RedisError
from .listeners import addresses_of, keep_alive
from .outbox import Outbox
from .registry import find
from .request_parser import HELD, RequestParser
from .resp import encode
from .trace import Journey

__all__ = ["ClientHandler"]

# recv first makes a bytes object of the size asked for. Up to 479 bytes it comes from Python's own allocator,
# which is faster and, with 10,000 waiting clients, a third of the memory: the C library's keeps a
# remainder of each larger one. Clients that send more at a time are read in large pieces.
_READ_SIZE = 479
_LARGE_READ_SIZE = 65536
# The rest of a long value is waited for in one call: among busy clients each wait costs a turn of all the others.
_LONGEST_WAIT = 1 << 20
_QUICK_S = 10e-6                # of commands: their clients have no time to fall asleep
_LONGEST_LEFT = 1 << 14         # bytes of a reply that others may send: a socket takes that at once
_WAIT_FOR_ALL = getattr(socket, "MSG_WAITALL", 0)
_DONT_WAIT = getattr(socket, "MSG_DONTWAIT", 0)


class ClientHandler(socketserver.BaseRequestHandler):
    """One connected client. Its thread is the only one that reads from the socket."""

    def setup(self):
        server = self.server.owner
        self.engine = server.engine
        self.watcher = server.watcher
        if self.request.family != getattr(socket, "AF_UNIX", None):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(self.request, server.config["tcp-keepalive"])
        self.parser = RequestParser(server.max_bulk)
        self.outbox = None                      # for what other threads send to this client: `deliver`, `open_outbox`
        self.departures = server.departures     # None: replies are always sent at once
        self.turn = server.departures.turn if server.departures is not None else 0
        self.departing = threading.Lock()       # guards `left`, and is held while others send it
        self.left = None                        # a reply for others to send
        self.has_left = False                   # it may still be there, or on its way
        address, local_address = addresses_of(self.request, self.client_address)
        with self.engine.lock:
            self.session = self.engine.open_session(address, local_address)
            self.session.connection = self
            self.session.descriptor = self.request.fileno()
            self.trust(self.session.authenticated)
            if self.engine.ending:
                self.session.close()

    def handle(self):
        """Serve the client until it, or somebody else, hangs up."""
        session, parser = self.session, self.parser
        lock, journal = self.engine.lock, self.engine.journal
        feed = parser.feed
        recv, sendall = self.request.recv, self.request.sendall
        departures = self.departures
        waiting = departures.waiting if departures is not None else ()
        join = b"".join
        read_size, large, missing = _READ_SIZE, False, 0
        try:
            while True:
                if session.traced:
                    if not self.serve_traced():
                        return
                    continue
                if not missing:
                    data = recv(read_size)
                else:
                    data = recv(min(missing, _LONGEST_WAIT), _WAIT_FOR_ALL)
                    missing = 0
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
                    if journal.recorded == journal.flushed:
                        if session.took_s < _QUICK_S and not self.has_left:
                            sendall(reply)
                            if waiting:
                                departures.send_all()
                        else:
                            self.leave(reply)
                    elif journal.grouping:
                        self.send_when_kept(reply)
                    else:
                        journal.flush()
                        self.leave(reply)
                else:
                    if not self.finish_batch(requests, done, out, left if done is not None else None):
                        return
                    missing = parser.missing
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

    def serve_traced(self):
        """One read and its commands with a look at the clock between the stages: see trace.py. False to hang up."""
        engine, session, out = self.engine, self.session, []
        if not self.request.recv(1, socket.MSG_PEEK):
            return False
        journey = Journey()
        data = self.request.recv(_LARGE_READ_SIZE)
        journey.mark()
        requests = self.parser.feed(data)
        journey.mark()
        with engine.lock:
            journey.mark()
            if requests:
                find(engine.commands, requests[0])
            journey.mark()
            session.bytes_in += len(data)
            engine.observe(journey.note)
            done = execute_batch(session, requests, out)
            engine.stop_observing(journey.note)
            left = self.settle(out) if done is not None else None
            journey.mark_executed()
        goes_on = self.finish_batch(requests, done, out, left)
        journey.mark()
        with engine.lock:
            engine.tracing.finish(session, journey)
        return goes_on

    def settle(self, out):
        """With the lock held: hand the replies of a client with an outbox over, in the order of all messages.

        Returns what is to be done when the lock is free: ``(waiter, outboxes to flush)``.
        """
        session, engine = self.session, self.engine
        if session.outbox is not None:
            if engine.may_reply(session.promised):
                session.outbox.put(b"".join(out))
                session.bytes_out += sum(map(len, out))
            else:
                session.close()
            out.clear()
        unflushed, engine.unflushed = engine.unflushed, {}
        # The waiter as it is now: once it is served this is None again.
        return session.waiter, unflushed

    def finish_batch(self, requests, done, out, left):
        """The less usual end of a read: blocking, messages, more requests than a batch, errors; False to hang up."""
        session, parser, journal = self.session, self.parser, self.engine.journal
        if done is None:
            done, left = len(requests), (None, {})
        while True:
            waiter, unflushed = left
            may_reply = journal.recorded == journal.flushed or journal.wait_for(session.promised)
            self.watcher.flush_all(unflushed)
            if not may_reply:
                return False
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

    def leave(self, reply):
        """Send a reply, or leave it to be sent together with those of other clients."""
        if self.has_left:
            self.depart()
            self.wait_for_reader()
        session, departures = self.session, self.departures
        if departures is not None and session.took_s >= _QUICK_S and len(reply) <= _LONGEST_LEFT:
            if departures.take(self, reply, session.active_s - session.took_s, session.active_s):
                return
        self.request.sendall(reply)
        if departures is not None:
            departures.send_all()

    def depart(self):
        """For departures: send the reply that is left, if it still is, without waiting for the client."""
        with self.departing:
            reply, self.left = self.left, None
            if reply is not None:
                self.deliver(reply)
                # What the socket has not taken is in the outbox: nothing is to overtake it.
                self.has_left = self.outbox is not None

    def send_when_kept(self, reply):
        """Send a reply when what it tells of is as safe as `appendfsync` wants it; that may be later."""
        if self.has_left:
            self.depart()
        self.wait_for_reader()
        if not self.engine.journal.keep_back(self, reply, self.session.promised):
            self.wait_for_reader()              # the one before may have been delivered just now, in part
            self.request.sendall(reply)

    def deliver(self, reply):
        """Send a reply that was kept back or left, without waiting for the client; for any thread."""
        if self.outbox is None:
            try:
                sent = self.request.send(reply, _DONT_WAIT) if _DONT_WAIT else 0
            except BlockingIOError:
                sent = 0
            except OSError:
                return                          # it is gone
            if sent == len(reply):
                return
            reply = memoryview(reply)[sent:]
            self.outbox = self.new_outbox()
        self.outbox.put(reply)

    def refuse(self):
        """For the journal: what this client waits to be told cannot be kept."""
        try:
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def send(self, out):
        if out:
            if self.has_left:
                self.depart()
            self.wait_for_reader()
            reply = b"".join(out)
            self.session.bytes_out += len(reply)
            self.request.sendall(reply)
            if self.departures is not None:
                self.departures.send_all()

    def wait_for_reader(self):
        """Let the client take what is left for it: nothing may overtake that, and it must not pile up."""
        if self.outbox is not None:
            self.outbox.wait_until_drained()

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
        if session.closing:                     # which has ended the wait
            return
        out = []
        with engine.lock:
            give_up(waiter)
            if not session.closing and session.outbox is None:      # else `finish` has put it there
                out.append(session.late_reply(waiter.reply))
        journal = engine.journal
        if journal.recorded != journal.flushed and not journal.wait_for(session.promised):
            self.abandon()
            return
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
        journal = self.engine.journal
        if journal.recorded != journal.flushed:
            journal.wait_for(0)                 # replies that are kept back go first, and may need an outbox, too
        if self.has_left:
            self.depart()
        if self.outbox is None:
            self.outbox = self.new_outbox()
        return self.outbox

    def new_outbox(self):
        return Outbox(self.request, self.watcher, self.output_limits, self.drop_slow_reader)

    def output_limits(self):
        """The limits of the client's class, which changes with its subscriptions. Own replies have none: see `send`."""
        if self.session.outbox is None:
            return 0, 0, 0
        limits = self.engine.config["client-output-buffer-limit"]
        return limits["pubsub" if self.session.subscribed else "normal"]

    def drop_slow_reader(self, size):
        self.engine.log.warning(f"Client id={self.session.id} addr={self.session.address} scheduled to be closed ASAP "
                                f"for overcoming of output buffer limits ({size} bytes).")

    def hang_up(self):
        """Wake this client's thread wherever it is and let it end. Call with the engine's lock held."""
        if self.outbox is not None:
            self.outbox.close()
        try:
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def finish(self):
        self.engine.journal.wait_for(0)         # replies that are kept back: the socket is closed next
        self.depart()
        if self.session.outbox is None:
            self.wait_for_reader()
        with self.engine.lock:
            self.engine.close_session(self.session)
            self.session.connection = None      # from here on nobody else shuts the socket down
        if self.outbox is not None:
            self.outbox.close()
        self.watcher.forget(self.request)
