"""What others send to a client, and who notices that a waiting client has gone.

A client that may receive messages out of band (a subscriber, above all) gets an `Outbox`; from then on
its own replies go through it too, so that everything leaves in the order in which it was made. `put`
never waits: it sends what the socket takes at once and leaves the rest to the one `SocketWatcher`
thread, which waits for writability. A client that does not read grows its outbox up to its
`client-output-buffer-limit` and is then dropped; whoever publishes never notices.

A message to many is only queued under the engine's lock (`later`), and the publisher's thread sends when it
has given the lock back. It pays for its own messages, so it cannot run ahead of subscribers that do read,
while nobody else waits for a thousand sends; and what other publishers queue meanwhile joins in.

The same thread watches the sockets of blocked clients for a hang-up, because their own threads sleep.

Locks: `put` is called under the engine's lock, which orders the messages. Each outbox has a lock of
its own for what it shares with the watcher's thread, and under it may take the watcher's lock, never the
other way round. An outbox uses its socket only under its lock and while it is not broken: after `close`
the descriptor may be closed, and become another client's.
"""
import collections
import select
import socket
import threading
import time

__all__ = ["Outbox", "SocketWatcher"]

_DONT_WAIT = getattr(socket, "MSG_DONTWAIT", 0)     # 0 (Windows): only the watcher sends, in small pieces
_JOIN = 1 << 16                 # small messages are joined up to this many bytes for one send
_FLUSH = 1 << 18                # bytes sent to one client before the next one's turn
_SMALL = 4096                   # what a writable socket takes without waiting
_WRITABLE_OR_BROKEN = 0x4 | 0x8 | 0x10      # EPOLLOUT, EPOLLERR, EPOLLHUP, which only Linux names
_NEVER = 1 << 62
_POLL_S = 0.1                   # how often hang-ups are looked for where there is no epoll
_CHECK_S = 1.0                  # how often the limits of full outboxes are checked
_HUNG_UP = getattr(select, "EPOLLRDHUP", 0x2000)    # not named by every Python; poll() has the same number


class Outbox:
    """Bytes on their way to one client.

    ``limits()`` is ``(hard bytes, soft bytes, seconds over the soft limit)`` as they are now, 0 for none; a
    change is noticed within a second. A client over them is hung up on, and ``on_overflow(size)`` told
    once. Both are called by whoever put the last straw, or by the watcher, and must take no locks.
    """

    def __init__(self, sock, watcher, limits, on_overflow, monotonic=time.monotonic):
        self._socket = sock
        self._descriptor = sock.fileno()
        self._watcher = watcher
        self._limits = limits
        self._on_overflow = on_overflow
        self._monotonic = monotonic
        self._lock = threading.Lock()           # guards everything below
        self._drained = threading.Condition(self._lock)
        self._pending = collections.deque()     # bytes and memoryviews, none of them empty
        self._watched = False                   # whether the watcher waits for the socket to be writable
        self._soft_since_s = None
        self._check_from = 0                    # the lower of the limits: smaller sizes need no look at them
        self.size = 0                           # bytes not sent yet
        self.broken = False                     # nothing can be sent any more

    def __len__(self):
        """How many pieces wait to be sent."""
        return len(self._pending)

    def put(self, data, later=False):
        """Send `data` (bytes) after all that was put before; never waits.

        With `later` it is only queued: the caller calls `flush` once it has given back the engine's lock.
        """
        with self._lock:
            if self.broken or not data:
                return
            if not self._pending and not later and _DONT_WAIT:
                sent = self._send(data)
                if self.broken or sent == len(data):
                    return
                data = memoryview(data)[sent:] if sent else data
            self._pending.append(data)
            self.size += len(data)
            if not later or not _DONT_WAIT:
                self._watch()
            if self.size < self._check_from:
                return
        self.check_limits()

    def check_limits(self):
        """Hang up on a client that has let too much pile up, or for too long."""
        with self._lock:
            size = self.size
            if self.broken or not self._is_over_limit():
                return
            self._break()
            try:
                self._socket.shutdown(socket.SHUT_RDWR)     # wakes the client's own thread
            except OSError:
                pass
        self._on_overflow(size)

    def flush(self):
        """Send what the socket takes; the rest is the watcher's. Callable from any thread."""
        with self._lock:
            budget = _FLUSH if _DONT_WAIT else _SMALL
            while self._pending and budget > 0:
                chunk = self._take_chunk()
                sent = self._send(chunk)
                if self.broken:
                    return
                self.size -= sent
                budget -= sent
                if sent < len(chunk):
                    self._pending.appendleft(memoryview(chunk)[sent:])
                    break
            if self._pending:
                self._watch()
            else:
                self._unwatch()
                self._drained.notify_all()

    def wait_until_drained(self):
        """Block the client's own thread until it has read what it asked for."""
        with self._lock:
            while self._pending:
                self._drained.wait()

    def close(self):
        """Drop what is left; the socket is not used any more, and `put` does nothing."""
        with self._lock:
            self._break()

    # With the lock held

    def _send(self, data):
        """Send without waiting; returns how many bytes the socket took. Marks the outbox broken if it is."""
        try:
            return self._socket.send(data, _DONT_WAIT)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._break()
            return 0

    def _take_chunk(self):
        """Take from the queue what to send next: one piece, or several small ones joined."""
        first = self._pending.popleft()
        if not _DONT_WAIT:
            if len(first) > _SMALL:
                self._pending.appendleft(memoryview(first)[_SMALL:])
            return first[:_SMALL]
        pieces, size = [first], len(first)
        while self._pending and size + len(self._pending[0]) <= _JOIN:
            pieces.append(self._pending.popleft())
            size += len(pieces[-1])
        return b"".join(pieces) if len(pieces) > 1 else first

    def _is_over_limit(self):
        hard, soft, soft_s = self._limits()
        self._check_from = min(hard or _NEVER, soft or _NEVER)
        if hard and self.size >= hard:
            return True
        if not soft or self.size < soft:
            self._soft_since_s = None
            return False
        now = self._monotonic()
        if self._soft_since_s is None:
            self._soft_since_s = now
        return now - self._soft_since_s > soft_s

    def _break(self):
        self.broken = True
        self._pending.clear()
        self.size = 0
        self._unwatch()
        self._drained.notify_all()

    def _watch(self):
        if not self._watched:
            self._watched = True
            self._watcher.add_writer(self._descriptor, self)

    def _unwatch(self):
        if self._watched:
            self._watched = False
            self._watcher.remove_writer(self._descriptor)


class SocketWatcher:
    """One thread for sockets whose own threads cannot look: full outboxes, and clients that block.

    With epoll both wait in one system call. Elsewhere poll (or select) serves the writers and a peek each
    100 ms finds the hang-ups; `use_epoll` False chooses that, for tests. It holds no descriptor until it is started.
    """

    def __init__(self, use_epoll=hasattr(select, "epoll")):
        self._lock = threading.Lock()           # guards the two dicts and what epoll knows of them
        self._writers = {}                      # descriptor -> Outbox
        self._blocked = {}                      # descriptor -> (socket, callback)
        self._stopping = False
        self._flushing = threading.Lock()       # only held by `flush_all`
        self._use_epoll = use_epoll
        self._epoll = self._wake_out = self._wake_in = self._thread = None

    def open(self):
        """Take the descriptors that it needs; before that, nothing can be watched."""
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)        # a full pipe wakes as well, and must not block
        if self._use_epoll:
            self._epoll = select.epoll()
            self._epoll.register(self._wake_out.fileno(), select.EPOLLIN)

    def start(self):
        """Open it and start the thread."""
        self.open()
        self._thread = threading.Thread(target=self._run, name="socket-watcher", daemon=True)
        self._thread.start()

    def stop(self):
        """End the thread, if there is one. A callback may be waiting for the engine's lock: do not hold it."""
        if self._wake_in is None:
            return
        self._stopping = True
        self._wake()
        if self._thread:
            self._thread.join()
        with self._lock:
            if self._epoll:
                self._epoll.close()
            self._wake_out.close()
            self._wake_in.close()

    def flush_all(self, outboxes):
        """Send what was put into these outboxes for `later`. Called by the publisher's thread, without locks.

        One at a time: the next publisher's messages join those that wait, and the sends of one thread cost
        less than those of several that take the GIL from each other after each.
        """
        if not _DONT_WAIT:
            return                              # the watcher has been told
        with self._flushing:
            for outbox in outboxes:
                outbox.flush()

    def add_writer(self, descriptor, outbox):
        """Call ``outbox.flush()`` whenever `descriptor` is writable."""
        with self._lock:
            self._writers[descriptor] = outbox
            self._watch(descriptor)
            if len(self._writers) == 1:
                self._wake()                    # limits have to be checked from now on

    def remove_writer(self, descriptor):
        with self._lock:
            self._writers.pop(descriptor, None)
            self._watch(descriptor)

    def watch_hang_up(self, sock, callback):
        """Call ``callback()`` once, from the watcher's thread, when the peer closes its side."""
        with self._lock:
            self._blocked[sock.fileno()] = (sock, callback)
            self._watch(sock.fileno())

    def forget(self, sock):
        """The socket's own thread looks after it again, or is about to close it."""
        with self._lock:
            if self._blocked.pop(sock.fileno(), None) is not None:
                self._watch(sock.fileno())

    def _watch(self, descriptor):
        """Tell epoll, or the sleeping thread, what is wanted of a descriptor now."""
        if self._epoll is None:
            self._wake()
            return
        mask = select.EPOLLOUT if descriptor in self._writers else 0
        mask |= _HUNG_UP if descriptor in self._blocked else 0
        try:
            if mask:
                try:
                    self._epoll.modify(descriptor, mask)
                except FileNotFoundError:
                    self._epoll.register(descriptor, mask)
            else:
                self._epoll.unregister(descriptor)
        except (OSError, ValueError):           # never registered, or the watcher has been stopped
            pass

    def _wake(self):
        try:
            self._wake_in.send(b"x")
        except OSError:
            pass

    def _run(self):
        checked_s = time.monotonic()
        while not self._stopping:
            writable, gone = self._wait_with_epoll() if self._epoll else self._wait_with_poll()
            for outbox in writable:
                outbox.flush()
            for callback in gone:
                callback()
            if time.monotonic() - checked_s >= _CHECK_S:
                checked_s = time.monotonic()
                with self._lock:
                    full = list(self._writers.values())
                for outbox in full:
                    outbox.check_limits()

    def _wait_with_epoll(self):
        """Sleep; returns the outboxes that can be flushed and the callbacks of clients that have gone."""
        events = self._epoll.poll(_CHECK_S if self._writers else -1)
        writable, gone = [], []
        with self._lock:
            for descriptor, event in events:
                if descriptor == self._wake_out.fileno():
                    self._drain_wakes()
                    continue
                if descriptor in self._writers and event & _WRITABLE_OR_BROKEN:
                    writable.append(self._writers[descriptor])
                # The descriptor may have become another's since the event: look at the socket itself.
                if descriptor in self._blocked and _has_hung_up(self._blocked[descriptor][0]):
                    gone.append(self._blocked.pop(descriptor)[1])
                    self._watch(descriptor)
        return writable, gone

    def _wait_with_poll(self):
        with self._lock:
            writers = dict(self._writers)
            timeout_s = _POLL_S if self._blocked else _CHECK_S if writers else None
        readable, writable = _poll(self._wake_out.fileno(), list(writers), timeout_s)
        gone = []
        with self._lock:
            if readable:
                self._drain_wakes()
            for descriptor, (sock, callback) in list(self._blocked.items()):
                if _has_hung_up(sock):
                    del self._blocked[descriptor]
                    gone.append(callback)
        return [writers[descriptor] for descriptor in writable], gone

    def _drain_wakes(self):
        try:
            while self._wake_out.recv(4096):
                pass
        except OSError:
            pass


def _poll(reader, writers, timeout_s):
    """Wait for one descriptor to be readable or others to be writable: ``(whether, list)``."""
    if not hasattr(select, "poll"):
        try:
            readable, writable, _ = select.select([reader], writers, [], timeout_s)
        except (OSError, ValueError):           # closed meanwhile, or more than select can take
            time.sleep(_POLL_S)
            return True, writers
        return bool(readable), writable
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    for descriptor in writers:
        poll.register(descriptor, select.POLLOUT)
    ready = [descriptor for descriptor, _ in poll.poll(None if timeout_s is None else timeout_s * 1000)]
    return reader in ready, [descriptor for descriptor in ready if descriptor != reader]


def _has_hung_up(sock):
    """Whether the peer has closed its side. Where poll cannot say, unread data hides it."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "epoll"):                # that is, on Linux, whose poll knows POLLRDHUP
        poll = select.poll()
        poll.register(sock.fileno(), _HUNG_UP)
        return bool(poll.poll(0))
    if not _DONT_WAIT:
        return False
    try:
        return sock.recv(1, socket.MSG_PEEK | _DONT_WAIT) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
