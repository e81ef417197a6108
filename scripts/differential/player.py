"""One client of a sequence: a connection to each of the two servers, and what is known about its state."""

from collections import namedtuple

from .steps import CURSOR, DUMP, ID_OF, names_of
from .wire import LinkError, encode

TRANSACTION_ENDS = frozenset({"EXEC", "DISCARD", "RESET", "QUIT"})
QUEUED = b"+QUEUED\r\n"

# A reply of its own kind: the connection was closed, stayed silent, sent no RESP, or the client is blocked.
Failure = namedtuple("Failure", "what")


class Player:
    """What both servers are told by one client.

    `ids_of` is a function from a client's name to its ids on both servers, for the placeholder {id:NAME}.
    """

    def __init__(self, links, ids_of=None):
        self.links = links
        self.careful = False        # replies must be separated by a token from now on (see messages.py)
        self.in_multi = False
        self.queued = []            # the commands that EXEC will answer
        self.waiting = None         # the blocking command it waits in (see waiting.py)
        self.gone = False
        self.before = None          # the command before in the same step, and its replies
        self.ids = None
        self.dumps = (b"", b"")     # what each server answered to the latest DUMP that had a value
        self._ids_of = ids_of

    def find_ids(self):
        """Ask both servers for the client's id."""
        if self.ids is None:
            self.ids = []
            for link in self.links:
                link.send(encode([b"CLIENT", b"ID"]))
                reply = link.read_reply()
                self.ids.append(reply[1:-2] if reply[:1] == b":" else b"0")

    def send(self, argvs):
        """Send the commands to both servers; return for each None or why it failed."""
        reasons = []
        for side, link in enumerate(self.links):
            try:
                link.send(b"".join(encode(self._resolved(argv, side)) for argv in argvs))
                reasons.append(None)
            except LinkError as error:
                reasons.append(str(error))
        return reasons

    def exchange(self, argvs):
        """Send the commands, then read; return for each server one reply or Failure per command."""
        reasons = self.send(argvs)
        sides = []
        for link, reason in zip(self.links, reasons):
            replies, failed = link.read_replies(len(argvs))
            sides.append(replies + [Failure(failed or reason)] * (len(argvs) - len(replies)))
        return sides

    def _resolved(self, argv, side):
        """Return the command as one server gets it, with placeholders replaced."""
        if not any(argument[:1] == b"{" for argument in argv):
            return argv
        return [self._resolved_argument(argument, side) for argument in argv]

    def _resolved_argument(self, argument, side):
        if argument == CURSOR:
            return b"0"
        if argument == DUMP:
            return self.dumps[1 - side]
        match = ID_OF.match(argument)
        if match is None:
            return argument
        ids = self._ids_of(match.group(1).decode()) if self._ids_of else None
        return ids[side] if ids else b"0"

    def keep_dump(self, replies):
        """Remember the payloads that both servers answered to a DUMP, if there were any."""
        if all(isinstance(reply, bytes) and reply[:1] == b"$" and reply[1:2] != b"-" for reply in replies):
            self.dumps = tuple(reply[reply.index(b"\n") + 1:-2] for reply in replies)

    def follow(self, argv, reply):
        """Take note of what a command's reply tells about the client's state."""
        if isinstance(reply, Failure):
            self.gone = True
            return
        name = names_of(argv)
        if reply == QUEUED:
            self.queued.append(argv)
        elif name == "MULTI" and reply[:1] == b"+":
            self.in_multi, self.queued = True, []
        elif name in TRANSACTION_ENDS and (reply[:1] != b"-" or reply.startswith(b"-EXECABORT")):
            self.in_multi, self.queued = False, []

    def close(self):
        for link in self.links:
            link.close()


def read_reply(link):
    """Return the next reply, or the Failure to get one."""
    try:
        return link.read_reply()
    except LinkError as error:
        return Failure(str(error))
