"""Runner: sends commands and prints what comes back, the same for one command, a script and the prompt.

A command may be one that never ends (SUBSCRIBE, MONITOR: see `stream`), that is answered by another server
(MOVED, ASK), that closes the connection (SHUTDOWN, QUIT), or one for this program (HELP).
"""
import time

from ..client import ClientError, ProtocolError, Push, ReplyError
from . import stream
from .arguments import RAW, STANDARD
from .formats import format_push, format_reply, format_verbatim
from .hints import Help
from .link import reason_of
from .typed_replies import Attribute

__all__ = ["Runner"]

MAX_REDIRECTIONS = 16

# Texts for people already, by their first words.
VERBATIM = {
    (b"INFO",), (b"LOLWUT",), (b"DEBUG", b"HTSTATS"), (b"DEBUG", b"HTSTATS-KEY"), (b"MEMORY", b"MALLOC-STATS"),
    (b"MEMORY", b"DOCTOR"), (b"CLUSTER", b"NODES"), (b"CLUSTER", b"INFO"), (b"CLIENT", b"LIST"), (b"CLIENT", b"INFO"),
    (b"LATENCY", b"GRAPH"), (b"LATENCY", b"DOCTOR"), (b"PROXY", b"INFO"),
}


class Runner:
    """`options` are arguments.Options, `out` a Console, `link` a Link. `interactive`: there is more to come after
    a command, whatever becomes of it."""

    def __init__(self, options, out, link, interactive=False):
        self.options, self.out, self.link = options, out, link
        self.interactive = interactive
        self.output = options.output or (STANDARD if out.is_terminal else RAW)
        self.shows_pushes = out.is_terminal if options.show_pushes is None else options.show_pushes
        self.help = Help(link)

    def run(self, argv, repeat=1):
        """Execute the command `argv` (a list of bytes) and print its reply, `repeat` times, -1 for ever. False if
        it could not be executed, or if it failed and the option -e asks for that; that has been said."""
        if argv[0].upper() in (b"HELP", b"?"):
            self.help.show(argv[1:], self.out)
            return True
        if argv[0].upper() in (b"SYNC", b"PSYNC"):
            self.out.complain("Error: what a replica receives is shown by the option --replica")
            return False
        while repeat:
            if not self._run_once(argv):
                return False
            repeat -= 1
            if repeat:
                time.sleep(self.options.interval_s)
        return True

    def _run_once(self, argv):
        try:
            if not self.link.connected and not self._connect():
                return False
            return self._exchange(argv)
        except ClientError as error:
            self.link.close()
            if argv[0].upper() == b"SHUTDOWN" and not isinstance(error, ProtocolError):
                return True
            self.out.complain(f"Error: {error if isinstance(error, ProtocolError) else reason_of(error)}")
            return False

    def _connect(self):
        self.link.connect()
        return self.link.connected

    def _exchange(self, argv):
        name = argv[0].upper()
        if self.link.subscribed or name in stream.CONFIRMED:
            return stream.follow_messages(self, argv)
        if name == b"MONITOR":
            return stream.follow_monitor(self, argv)
        reply = self._ask(argv)
        for _ in range(MAX_REDIRECTIONS):
            redirection = self.options.cluster and _redirection(reply)
            if not redirection:
                break
            if not self._redirect(*redirection):
                return False
            reply = self._ask(argv)
        self.link.note(argv, reply)
        return self.print_reply(reply, is_verbatim(argv))

    def _ask(self, argv):
        self.link.send(argv)
        return self.receive()

    def _redirect(self, kind, slot, host, port):
        if self.interactive:
            self.out.print(f"-> Redirected to slot [{slot}] located at {host}:{port}")
        self.link.redirect(host or self.link.host, port)
        if not self._connect():
            return False
        if kind == "ASK":
            self._ask([b"ASKING"])
        return True

    def receive(self):
        """Return the next reply; what comes unasked before it is printed, if it is to be shown."""
        while True:
            item = self.link.receive()
            if isinstance(item, Push):
                if self.shows_pushes:
                    self.out.write(format_push(item, self.output, *self._delimiters()))
            elif isinstance(item, Attribute):
                if self.output == STANDARD:
                    self.out.write(format_reply(item, STANDARD))
            else:
                return item

    def print_reply(self, reply, verbatim=False):
        """Print a reply. False if it is an error and errors are to fail."""
        if isinstance(reply, ReplyError) and self.options.errors_fail and not self.interactive:
            self.out.complain(str(reply))
            return False
        self.out.write(format_verbatim(reply, self.options.element_delimiter) if verbatim else
                       format_reply(reply, self.output, *self._delimiters()))
        self.out.flush()
        return True

    def _delimiters(self):
        return self.options.element_delimiter, self.options.reply_delimiter


def is_verbatim(argv):
    words = tuple(word.upper() for word in argv[:2])
    return words[:1] in VERBATIM or words in VERBATIM


def _redirection(reply):
    """(kind, slot, host, port) if the reply sends the client to another node; `MOVED 3999 127.0.0.1:6381`."""
    if not isinstance(reply, ReplyError) or reply.code not in ("MOVED", "ASK"):
        return None
    try:
        kind, slot, address = str(reply).split(" ")
        host, _, port = address.rpartition(":")
        return kind, int(slot), host, int(port)
    except ValueError:
        return None
