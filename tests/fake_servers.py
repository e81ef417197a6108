"""Servers that exist in memory only, for the tests of scripts/compare_with_redis.py and its parts."""
import inspect
import itertools
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))           # where the tests, too, find the package

from differential import steps, wire        # noqa: E402
from differential.notifications import Listener     # noqa: E402


_numbers = itertools.count()


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%b\r\n" % (len(value), value)


def array(*items):
    return b"*%d\r\n" % len(items) + b"".join(items)


def always(reply):
    """Return a twist that answers the same to every call (see FakeServer)."""
    return lambda server, link, argv: reply


class FakeServer:
    """As much of a server as the comparison needs: strings, lists, sets, channels, MULTI; one database.

    Of keyspace events it has only those of SET.

    `twist` maps a command's name to a function (server, link, argv) that answers correct calls instead.
    """

    def __init__(self, twist=None, family="redis", version=(7, 2, 6)):
        self.label = "fake"
        self.family, self.version = family, version
        self.obituary = ""
        self.values = {}
        self.links = []
        self.resets = 0
        self._twist = twist or {}
        self._number = next(_numbers)
        self.control = self.connect()
        self.listener = Listener(self.connect())

    def connect(self):
        link = FakeLink(self, len(self.links) + 1)
        self.links.append(link)
        return link

    def call(self, *argv):
        self.control.send(wire.encode(argv))
        return wire.parse(self.control.read_reply())

    def reset(self, touched_directives=()):
        self.values.clear()
        self.resets += 1

    own_clients = 1

    def last_output(self):
        return ""

    def writing_commands(self):
        return {"SET", "RPUSH", "SADD", "DEL", "BLPOP"}

    def knows(self, names):
        return set(names)

    def answer(self, link, argv):
        """Return the raw reply to a command."""
        name = steps.names_of(argv)
        method = getattr(self, "_" + name.lower().replace("|", "_").replace("-", "_"), None)
        if method is None:
            return b"-ERR unknown command '%b'\r\n" % argv[0]
        args = argv[2 if "|" in name else 1:]
        try:
            inspect.signature(method).bind(link, *args)
        except TypeError:
            return b"-ERR wrong number of arguments for '%b' command\r\n" % argv[0]
        if link.queue is not None and name not in ("EXEC", "MULTI"):
            link.queue.append(argv)
            return b"+QUEUED\r\n"
        return self._twist[name](self, link, argv) if name in self._twist else method(link, *args)

    def notify(self, channel, message):
        """Tell the listeners, those with a pattern."""
        for other in self.links:
            if other.pattern is not None:
                other.out += array(bulk(b"pmessage"), bulk(other.pattern), bulk(channel), bulk(message))

    def _psubscribe(self, link, pattern):
        link.pattern = pattern
        return array(bulk(b"psubscribe"), bulk(pattern), b":1\r\n")

    def _select(self, link, number):
        return b"+OK\r\n"

    def _ping(self, link, text=None):
        if link.pattern is not None:
            return array(bulk(b"pong"), bulk(text))
        return bulk(text) if text is not None else b"+PONG\r\n"

    def _set(self, link, key, value, *options):
        self.values[key] = value
        self.notify(b"__keyevent@0__:set", key)
        return b"+OK\r\n"

    def _watch(self, link, *keys):
        return b"+OK\r\n"

    def _get(self, link, key):
        value = self.values.get(key)
        return b"-WRONGTYPE\r\n" if isinstance(value, (list, set)) else bulk(value)

    def _rpush(self, link, key, item, *more):
        self.values.setdefault(key, []).extend((item,) + more)
        size = len(self.values[key])
        self._serve_waiting(key)
        return b":%d\r\n" % size

    def _serve_waiting(self, key):
        for other in self.links:
            if other.waits_for == key and self.values.get(key):
                other.waits_for = None
                other.out += array(bulk(key), bulk(self._pop(key)))

    def _pop(self, key):
        item = self.values[key].pop(0)
        if not self.values[key]:
            del self.values[key]
        return item

    def _blpop(self, link, key, timeout):
        if self.values.get(key):
            return array(bulk(key), bulk(self._pop(key)))
        link.waits_for = key
        return b""

    def _lrange(self, link, key, first, last):
        return array(*map(bulk, self.values.get(key, [])))

    def _sadd(self, link, key, member, *more):
        self.values.setdefault(key, set()).update((member,) + more)
        return b":1\r\n"

    def _smembers(self, link, key):
        """No two servers list a set in the same order."""
        members = sorted(self.values.get(key, ()))
        start = self._number % (len(members) or 1)
        return array(*map(bulk, members[start:] + members[:start]))

    def _scan(self, link, cursor, *options):
        return array(bulk(b"0"), array(*map(bulk, self.values)))

    def _sscan(self, link, key, cursor):
        """Two members a call, and one of them twice."""
        members = sorted(self.values.get(key, ()))
        start = int(cursor)
        end = start + 2 if start + 2 < len(members) else 0
        return array(bulk(b"%d" % end), array(*map(bulk, members[max(start - 1, 0):start + 2])))

    def _del(self, link, key):
        return b":%d\r\n" % (self.values.pop(key, None) is not None)

    def _multi(self, link):
        link.queue = []
        return b"+OK\r\n"

    def _exec(self, link):
        queue, link.queue = link.queue, None
        return array(*(self.answer(link, argv) for argv in queue))

    def _subscribe(self, link, *channels):
        link.channels += channels
        return b"".join(array(bulk(b"subscribe"), bulk(channel), b":1\r\n") for channel in channels)

    def _publish(self, link, channel, message):
        subscribers = [other for other in self.links if channel in other.channels]
        for other in subscribers:
            other.out += array(bulk(b"message"), bulk(channel), bulk(message))
        return b":%d\r\n" % len(subscribers)

    def _client_id(self, link):
        return b":%d\r\n" % link.number

    def _client_list(self, link, *filters):
        blocked = next(other for other in self.links if other.number == int(filters[1])).waits_for
        return bulk(b"id=%b flags=%b" % (filters[1], b"b" if blocked else b"N"))

    def _client_unblock(self, link, number):
        other = next(other for other in self.links if other.number == int(number))
        other.out += b"*-1\r\n"
        other.waits_for = None
        return b":1\r\n"

    def _info(self, link, *sections):
        return bulk(b"connected_clients:1\r\n")

    def _keys(self, link, pattern):
        return array(*map(bulk, self.values))

    def _dbsize(self, link):
        return b":%d\r\n" % len(self.values)

    def _type(self, link, key):
        kinds = {bytes: b"string", list: b"list", set: b"set"}
        return b"+%b\r\n" % kinds[type(self.values[key])]

    def _object_encoding(self, link, key):
        return bulk({set: b"hashtable"}.get(type(self.values.get(key)), b"raw"))

    def _pexpiretime(self, link, key):
        return b":-1\r\n"

    def _debug_digest(self, link):
        return b"+%d\r\n" % hash(repr(sorted((key, sorted(value)) for key, value in self.values.items())))

    def _debug_digest_value(self, link, key):
        return b"+%d\r\n" % hash(repr(sorted(self.values[key])))


class FakeLink:
    """A connection to a FakeServer; a reply is there as soon as the request was sent."""

    def __init__(self, server, number):
        self.number = number
        self.out = b""
        self.queue = None
        self.channels = []
        self.pattern = None
        self.waits_for = None
        self.failed = False
        self.closed = False
        self._server = server

    def send(self, data):
        while data:
            request, end = wire.parse(data), wire.reply_end(data, 0)
            data = data[end:]
            if not self.closed:
                self.out += self._server.answer(self, [word for _, word in request[1]])

    def end_of_requests(self):
        pass

    def has_reply(self):
        return bool(self.out)

    def read_reply(self):
        end = wire.reply_end(self.out, 0) if self.out else -1
        if end < 0:
            self.failed = True
            raise wire.LinkError("closed" if self.closed else "silent")
        reply, self.out = self.out[:end], self.out[end:]
        return reply

    def read_replies(self, count):
        replies = []
        try:
            while len(replies) < count:
                replies.append(self.read_reply())
        except wire.LinkError as error:
            return replies, str(error)
        return replies, None

    def read_until(self, ending):
        if not self.out.endswith(ending):
            raise wire.LinkError("closed" if self.closed else "silent")
        data, self.out = self.out, b""
        return data

    def read_to_end(self):
        data, self.out = self.out, b""
        return data, None

    def close(self):
        self.closed = True
        self.waits_for = None
        self.channels = []
