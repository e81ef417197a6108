"""PubSub: subscriptions to channels, patterns and shard channels, with functions to call or messages to fetch.

    with redis.pubsub() as pubsub:
        pubsub.subscribe("news", alerts=print)          # print(message) is called for each message in "alerts"
        for message in pubsub.listen():
            message["channel"], message["data"]

A message is a dict: type ("message", "pmessage", "smessage", "subscribe", "unsubscribe", ..., "pong"), pattern,
channel and data; for the confirmations of (un)subscribing data is the number of subscriptions left.

When the connection is lost, it is opened again (as often as the client's Retry says), all that was subscribed to
is subscribed to again, and confirmed again. What was published meanwhile is lost.

Threads: one thread receives. Others may subscribe, unsubscribe, ping and close meanwhile: `_lock` guards all state, the
writing to the socket and what is read of it, but not the waiting for something to read, nor the calls of functions.
A signal handler may do all that, too, even if it interrupts who has the lock.
"""
import threading
import time

from ..reply_parser import Push
from .commands.arguments import listed
from .errors import ConnectionError, PubSubError, ReplyError, TimeoutError
from .forks import watch_for_fork
from .requests import encode_argument, encode_command

__all__ = ["PubSub", "PubSubWorkerThread"]

# What arrives -> what it is about.
KINDS = {
    "message": "channels", "subscribe": "channels", "unsubscribe": "channels",
    "pmessage": "patterns", "psubscribe": "patterns", "punsubscribe": "patterns",
    "smessage": "shard_channels", "ssubscribe": "shard_channels", "sunsubscribe": "shard_channels",
}
SUBSCRIBE = {"channels": "SUBSCRIBE", "patterns": "PSUBSCRIBE", "shard_channels": "SSUBSCRIBE"}
UNSUBSCRIBE = {"channels": "UNSUBSCRIBE", "patterns": "PUNSUBSCRIBE", "shard_channels": "SUNSUBSCRIBE"}
HEALTH_CHECK = b"redis-clone-health-check"
# A thread looks that often whether it is to stop; messages do not wait for that.
SHORTEST_NAP_S = 0.05


class PubSub:
    """Subscriptions over a connection of their own, see Redis.pubsub. It is opened with the first of them.

    `channels`, `patterns` and `shard_channels` are dicts from names to the functions for their messages (or None).
    """

    def __init__(self, connection_pool, shard_hint=None, ignore_subscribe_messages=False, push_handler_func=None):
        settings = connection_pool.settings
        self.connection_pool = connection_pool
        self.ignore_subscribe_messages = ignore_subscribe_messages
        self.push_handler_func = push_handler_func
        self.connection = None
        self.subscribed_event = threading.Event()
        self._settings = settings
        self._health_check_s = settings.health_check_interval
        self._receiving = None              # the connection that a thread waits for just now
        self._lock = threading.RLock()
        self._forget()
        watch_for_fork(self)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.reset()

    @property
    def subscribed(self):
        """True as long as there is a subscription."""
        return self.subscribed_event.is_set()

    # -- subscribing -------------------------------------------------------------------------------------

    def subscribe(self, *args, **kwargs):
        """Subscribe to channels: names or lists of names; `name=function` to have the function called with each
        message there."""
        self._subscribe("channels", args, kwargs)

    def psubscribe(self, *args, **kwargs):
        """Subscribe to all channels that match glob patterns; the arguments are like those of `subscribe`."""
        self._subscribe("patterns", args, kwargs)

    def ssubscribe(self, *args, **kwargs):
        """Subscribe to shard channels; the arguments are like those of `subscribe`."""
        self._subscribe("shard_channels", args, kwargs)

    def unsubscribe(self, *args):
        """Leave channels, all if none is named."""
        self._unsubscribe("channels", args)

    def punsubscribe(self, *args):
        """Leave patterns, all if none is named."""
        self._unsubscribe("patterns", args)

    def sunsubscribe(self, *args):
        """Leave shard channels, all if none is named."""
        self._unsubscribe("shard_channels", args)

    def ping(self, message=None):
        """Send a PING; its answer comes as a message of the type "pong"."""
        self._send(("PING",) if message is None else ("PING", message))

    def reset(self):
        """End all subscriptions and close the connection. A thread that receives just then gets None."""
        with self._lock:
            connection, self.connection = self.connection, None
            if connection is not None:
                connection.interrupt()      # closing alone would not wake who waits
                if connection is not self._receiving:
                    connection.close()      # else that thread closes it
            self._forget()

    close = reset

    def after_fork(self):
        """In a forked child: another thread of the parent may have had the lock."""
        self._lock = threading.RLock()
        self._receiving = None

    def _forget(self):
        self.channels, self.patterns, self.shard_channels = {}, {}, {}
        self._leaving = {"channels": set(), "patterns": set(), "shard_channels": set()}
        self._ping_due = self._ping_unanswered = None
        self.subscribed_event.clear()

    def _subscribe(self, what, args, handlers):
        new = {name: None for arg in args for name in listed(arg)}
        new.update(handlers)
        if not new:
            raise PubSubError(f"{SUBSCRIBE[what]} needs a name")
        request = self._request(SUBSCRIBE[what], *new)
        new = {self._normal(name): handler for name, handler in new.items()}
        with self._lock:
            fresh = self._connect()
            names = getattr(self, what)
            before = dict(names)
            names.update(new)               # now: the first message may be there before we are back from sending
            self._leaving[what].difference_update(new)
            try:
                self._send_subscribe(request, SUBSCRIBE[what], fresh)
            except BaseException:
                setattr(self, what, before)
                raise
            self.subscribed_event.set()

    def _send_subscribe(self, request, command, fresh):
        try:
            self.connection.send(request, command)
        except (ConnectionError, TimeoutError):
            if fresh:                       # not just an old connection that has ended unnoticed
                raise
            self._connect()                 # which subscribes to these, too

    def _unsubscribe(self, what, args):
        names = [name for arg in args for name in listed(arg)]
        with self._lock:
            self._leaving[what].update(map(self._normal, names) if names else getattr(self, what))
            self._send((UNSUBSCRIBE[what], *names))

    def _normal(self, name):
        """A name as the server's messages have it."""
        name = encode_argument(name, self._settings.encode_text)
        return self._settings.decode(name) if self._settings.decode is not None else name

    # -- receiving ---------------------------------------------------------------------------------------

    def get_message(self, ignore_subscribe_messages=False, timeout=0.0):
        """Return the next message, or None if there is none within `timeout` seconds (None: wait for ever), or if a
        function took it, or if it was a confirmation and these are to be ignored."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self.subscribed_event.wait(timeout):
            return None
        item = self._next_item(deadline)
        return None if item is None else self.handle_message(item, ignore_subscribe_messages)

    get_sharded_message = get_message

    def listen(self):
        """Yield messages as they come, as long as there is a subscription."""
        while self.subscribed:
            message = self.get_message(timeout=None)
            if message is not None:
                yield message

    def handle_message(self, response, ignore_subscribe_messages=False):
        """Return the message for what the server has sent, or None, see `get_message`."""
        if not isinstance(response, list):
            response = ["pong", b"" if response == "PONG" else response]
        kind, *rest = self._decoded(response)
        kind = kind.decode() if isinstance(kind, bytes) else kind
        pattern = rest.pop(0) if kind == "pmessage" else None
        channel = None if kind == "pong" else rest[0]
        message = {"type": kind, "pattern": pattern, "channel": channel, "data": rest[-1]}
        if kind == "pong":
            return message
        what = KINDS[kind]
        if kind.endswith("message"):
            handler = getattr(self, what).get(channel if pattern is None else pattern)
            if handler is None:
                return message
            handler(message)
            return None
        if kind.endswith("unsubscribe"):
            self._left(what, channel)
        return None if ignore_subscribe_messages or self.ignore_subscribe_messages else message

    def run_in_thread(self, sleep_time=0.0, daemon=False, exception_handler=None):
        """Start a thread that receives messages and return it; its `stop()` ends it, and the subscriptions.

        Every subscription needs a function. sleep_time: seconds between two looks whether it is to stop.
        exception_handler(exception, pubsub, thread) is called with what a function (or the connection) raises;
        without one that ends the thread.
        """
        for names in (self.channels, self.patterns, self.shard_channels):
            for name, handler in names.items():
                if handler is None:
                    raise PubSubError(f"there is no function for the messages of {name!r}")
        thread = PubSubWorkerThread(self, sleep_time, daemon, exception_handler)
        thread.start()
        return thread

    def _decoded(self, item):
        return item if self._settings.decode is None else self._settings.decode(item)

    def _left(self, what, name):
        with self._lock:
            if name in self._leaving[what]:     # else it has been subscribed to again since
                self._leaving[what].discard(name)
                getattr(self, what).pop(name, None)
            self._see_if_any_is_left()

    def _see_if_any_is_left(self):
        if not (self.channels or self.patterns or self.shard_channels):
            self.subscribed_event.clear()

    # -- the connection ----------------------------------------------------------------------------------

    def _send(self, words):
        request = self._request(*words)
        with self._lock:
            while True:
                fresh = self._connect()
                try:
                    self.connection.send(request, words[0])
                    return
                except (ConnectionError, TimeoutError):
                    if fresh:               # not just an old connection that has ended unnoticed
                        raise

    def _request(self, *words):
        return encode_command([encode_argument(word, self._settings.encode_text) for word in words])

    def _connect(self):
        """Open the connection if there is none, and subscribe to what had been. True if it was opened."""
        if self.connection is None:
            self.connection = self._settings.new_stream_connection()
        if self.connection.connected:
            return False
        self._settings.retry.connect(self.connection)
        try:
            self._resubscribe()
        except BaseException:               # else it would never be noticed that subscriptions are missing
            self.connection.close()
            raise
        self._see_if_any_is_left()
        self._ping_due = self._ping_unanswered = None
        return True

    def _resubscribe(self):
        for what, command in SUBSCRIBE.items():
            names = getattr(self, what)
            for name in self._leaving[what]:        # they have been left with the connection
                names.pop(name, None)
            self._leaving[what].clear()
            if names:
                self.connection.send(self._request(command, *names), command)

    def _next_item(self, deadline):
        """The next of what the server sends for subscribers, or None if the time is over."""
        while True:
            with self._lock:
                if self.subscribed:
                    self._connect()
                if not self.subscribed:
                    return None
                connection = self._receiving = self.connection
            try:
                with self._lock:
                    self._check_health()
                if connection.wait(self._patience(deadline)):
                    with self._lock:
                        items = connection.next_item(0, "subscriptions")
                    if items and connection is self.connection and self._is_for_subscribers(items[0]):
                        return items[0]
            except (ConnectionError, TimeoutError):
                if connection.connected:            # not lost: the server has refused something
                    raise
            finally:
                with self._lock:
                    self._receiving = None
                    if connection is not self.connection:
                        connection.close()          # by `reset`, meanwhile
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def _is_for_subscribers(self, item):
        if isinstance(item, ReplyError):
            raise item
        if item == HEALTH_CHECK or (isinstance(item, list) and item[1:] == [HEALTH_CHECK]):
            self._ping_unanswered = None
            return False
        if not isinstance(item, list):
            return True                     # the answer to a PING
        kind = item[0] if item else None
        if isinstance(kind, bytes) and (kind == b"pong" or kind.decode("latin-1") in KINDS):
            return True
        handler = self.push_handler_func or self._settings.push_handler
        if isinstance(item, Push) and handler is not None:
            handler(item)
        return False

    def _check_health(self):
        """Every `health_check_interval` seconds send a PING; if the last one was not answered, the server is
        gone."""
        if not self._health_check_s or self.connection is None:
            return
        now = time.monotonic()
        if self._ping_due is None:
            self._ping_due = now + self._health_check_s
        elif now >= self._ping_due:
            self._ping_due = now + self._health_check_s
            if self._ping_unanswered:
                raise self.connection.give_up(TimeoutError(), "a health check")
            self._ping_unanswered = True
            self.connection.send(encode_command(("PING", HEALTH_CHECK)), "PING")

    def _patience(self, deadline):
        """Seconds to wait for the next item, None for ever."""
        ends = [end for end in (deadline, self._ping_due) if end is not None]
        return max(min(ends) - time.monotonic(), 0) if ends else None


class PubSubWorkerThread(threading.Thread):
    """Receives messages for the functions of a PubSub, see PubSub.run_in_thread."""

    def __init__(self, pubsub, sleep_time, daemon=False, exception_handler=None):
        super().__init__(name="pubsub", daemon=daemon)
        self.pubsub = pubsub
        self.sleep_time = max(sleep_time, SHORTEST_NAP_S)
        self.exception_handler = exception_handler
        self._stopping = threading.Event()

    def run(self):
        """Receive until `stop` is called, then end the subscriptions."""
        try:
            while not self._stopping.is_set():
                try:
                    self.pubsub.get_message(ignore_subscribe_messages=True, timeout=self.sleep_time)
                except BaseException as error:
                    if self.exception_handler is None:
                        raise
                    self.exception_handler(error, self.pubsub, self)
        finally:
            self.pubsub.close()

    def stop(self):
        """Make the thread end. It may take as long as `sleep_time`; `join` waits for it."""
        self._stopping.set()
