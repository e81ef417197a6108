"""Replies without end: published messages after SUBSCRIBE, and MONITOR's lines, printed until Ctrl-C.

On a terminal any key leads from the messages to the prompt, where the subscription goes on: more can be
subscribed there, or unsubscribed; after the command the messages are shown again.
"""
import contextlib
import selectors

from ..client import Push, ReplyError
from .arguments import RAW

try:
    import termios
    import tty
except ImportError:                     # Windows: Ctrl-C is the only key
    termios = None

__all__ = ["CONFIRMED", "follow_messages", "follow_monitor"]

READING = "Reading messages... (press Ctrl-C to quit)"
READING_OR_KEY = "Reading messages... (press Ctrl-C to quit or any key to type command)"

SUBSCRIBING = (b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE")
# Commands that are answered by one confirmation for each of their arguments, but at least by one.
CONFIRMED = SUBSCRIBING + (b"UNSUBSCRIBE", b"PUNSUBSCRIBE", b"SUNSUBSCRIBE")
SHARD = (b"SSUBSCRIBE", b"SUNSUBSCRIBE")
MESSAGES = (b"message", b"pmessage", b"smessage")


def follow_monitor(runner, argv):
    """Send `argv`, print what MONITOR shows, until Ctrl-C; return what Runner.run does."""
    with _until_interrupted(runner):
        runner.link.send(argv)
        reply = runner.receive()
        fine = runner.print_reply(reply)
        while not isinstance(reply, ReplyError):
            reply = runner.receive()
            runner.print_reply(reply)
        return fine
    return True


def follow_messages(runner, argv):
    """Send `argv`, print confirmations and messages until Ctrl-C, a key, or the end of all subscriptions; return
    what Runner.run does."""
    link, name = runner.link, argv[0].upper()
    keys = _Keys(runner)
    if not keys.usable and runner.output != RAW and name in SUBSCRIBING:
        runner.out.print(READING)
    awaited = max(1, len(argv) - 1) if name in CONFIRMED else 1
    fine = True
    with _until_interrupted(runner), keys:
        link.send(argv)
        while awaited > 0 or link.subscribed:
            if awaited <= 0 and keys.pressed_before(link.connection):
                break
            item = link.receive()
            fine = runner.print_reply(item) and fine
            kind = item[0] if isinstance(item, list) and item else None
            _count(link, item)
            if isinstance(item, ReplyError):
                awaited = 0
            elif name in CONFIRMED and isinstance(item, list):
                awaited -= kind == name.lower()
            elif kind not in MESSAGES and type(item) is not Push:
                link.note(argv, item)
                awaited = 0
    return fine


def _count(link, item):
    """Keep account of the subscriptions in `link.subscribed`: (shard channels, all others), or False."""
    if not isinstance(item, list) or len(item) != 3 or type(item[2]) is not int:
        return
    shards, others = link.subscribed or (0, 0)
    name = item[0].upper() if isinstance(item[0], bytes) else None
    if name in SHARD:
        shards = item[2]
    elif name in CONFIRMED:
        others = item[2]
    link.subscribed = (shards, others) if shards or others else False


@contextlib.contextmanager
def _until_interrupted(runner):
    """At the prompt Ctrl-C ends the stream, by ending the connection; otherwise it ends the program."""
    try:
        yield
    except KeyboardInterrupt:
        if not runner.interactive:
            raise
        runner.link.connect()
        runner.out.print()


class _Keys:
    """While this is entered, a key pressed on the terminal is noticed without Enter, and stays to be read."""

    def __init__(self, runner):
        self._out = runner.out
        self._input = runner.out.input
        self.usable = bool(termios) and runner.interactive and self._out.obeys_codes and self._out.input_is_terminal
        self._before = None

    def __enter__(self):
        if self.usable:
            self._before = termios.tcgetattr(self._input)
            tty.setcbreak(self._input, termios.TCSADRAIN)
        return self

    def __exit__(self, *exc_info):
        if self._before is not None:
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)

    def pressed_before(self, connection):
        """Wait for a key or for the connection; True if it was a key. False at once if keys do not count."""
        if not self.usable or connection.wait(0):
            return False
        self._out.print(self._out.styled(READING_OR_KEY, "1;90"), end="\r")
        self._out.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select()]
        self._out.print("\x1b[K", end="")
        self._out.flush()
        return connection not in ready
