"""--trace COMMAND ...: where the time of one command goes, stage by stage, as a small chart.

    server                                                                         46.4 us
      read               ███▊                                                       2.9 us    6.3 %
      parse                 █████                                                   3.9 us    8.4 %

A bar begins where the one before it ends: from left to right the chart is the command's way through the server,
and below, through this client. The client's wait is about the network's time and the server's; only about, since
the reply can be here while the server's thread is still busy with having sent it.

The server measures itself: `CLIENT TRACE ON` makes it take the time of this connection's commands, then the
command is executed as usual, once, and `CLIENT TRACE LAST` asks for its stages, a map of names and microseconds.
"""
import locale
import shutil
import time

from ...client import Push, ReplyError, encode_command
from ...reply_parser import ProtocolError
from ..arguments import RAW, STANDARD
from ..formats import format_reply, format_verbatim
from ..runner import is_verbatim
from ..typed_replies import Attribute, Double, Map, TypedParser
from .asking import ModeFailed, ask

__all__ = ["draw", "run"]

PIECE = 65536
NO_STAGES = ("command", "commands")      # what else the server tells
BLOCKS = "█▏▎▍▌▋▊▉"                      # a whole one, then one to seven eighths
LEAST_BAR, MOST_BAR = 10, 60             # columns
BESIDE_BAR = 48
COLUMNS = 100                            # where it is no terminal


def run(connection, options, out, clock=time):
    """Execute the command; print its reply and the charts."""
    if not options.command:
        raise ModeFailed("--trace needs the command to be traced")
    address = connection.address
    answer = ask(connection, "CLIENT", "TRACE", "ON")
    if isinstance(answer, ReplyError):
        raise ModeFailed(f"{address} cannot trace commands: {answer}")
    with connection.detach() as sock:
        exchange = Exchange(sock, clock)
        reply, client_stages = exchange.run(options.command)
        _print_reply(reply, options, out)
        trace, _ = exchange.run((b"CLIENT", b"TRACE", b"LAST"))
    if isinstance(trace, ReplyError):
        raise ModeFailed(f"{address} does not tell the stages: {trace}")
    server_stages = _read_stages(trace, options.command)
    if not server_stages:
        raise ModeFailed(f"{address} has no trace of the command: it was refused before it could run")
    _print_charts(server_stages, client_stages, out)
    return 1 if options.errors_fail and isinstance(reply, ReplyError) else 0


def _print_reply(reply, options, out):
    output = options.output or (STANDARD if out.is_terminal else RAW)
    out.write(format_verbatim(reply) if is_verbatim(options.command) else format_reply(reply, output))


# -- measuring ---------------------------------------------------------------------------------------------

class Exchange:
    """Commands and their replies over a socket, with a look at the clock between this side's stages."""

    def __init__(self, sock, clock):
        self._socket = sock
        self._now_ns = clock.perf_counter_ns
        self._parser = TypedParser(ReplyError)

    def run(self, command):
        """Return the reply, and the stages as pairs of a name and microseconds."""
        start_ns = self._now_ns()
        request = encode_command(command)
        encoded_ns = self._now_ns()
        try:
            self._socket.sendall(request)
            sent_ns = self._now_ns()
            data = self._receive()
            waited_ns = self._now_ns()
            reply, parse_ns = self._parse(data)
        except (OSError, ProtocolError) as error:
            raise ModeFailed(f"Error: {error}") from None
        receive_ns = self._now_ns() - waited_ns - parse_ns
        stages = (("encode", encoded_ns - start_ns), ("send", sent_ns - encoded_ns), ("wait", waited_ns - sent_ns),
                  ("receive", receive_ns), ("parse", parse_ns))
        return reply, [(name, nanoseconds / 1000) for name, nanoseconds in stages]

    def _parse(self, data):
        """Return the reply that begins with `data`, and how long parsing alone took."""
        parse_ns = 0
        while True:
            start_ns = self._now_ns()
            self._parser.feed(data)
            replies = [item for item in self._parser.replies if not isinstance(item, (Push, Attribute))]
            parse_ns += self._now_ns() - start_ns
            if replies:
                self._parser.replies.clear()
                return replies[0], parse_ns
            data = self._receive()

    def _receive(self):
        data = self._socket.recv(PIECE)
        if not data:
            raise ModeFailed("Error: Server closed the connection")
        return data


def _read_stages(trace, command):
    """Return the stages in the reply to CLIENT TRACE LAST, pairs of a name and microseconds; [] if there are none."""
    pairs = trace if type(trace) is Map else zip(trace[::2], trace[1::2]) if type(trace) is list else ()
    told = {name.decode("utf-8", "replace"): value for name, value in pairs if isinstance(name, bytes)}
    if told.get("command") == b"client|trace" and command[0].upper() != b"CLIENT":
        return []                           # that of CLIENT TRACE ON, where all clients are traced
    return [(name, _microseconds(value)) for name, value in told.items()
            if name not in NO_STAGES and _microseconds(value) is not None]


def _microseconds(value):
    """A stage's time, which is a bulk string in RESP2; None if it is none."""
    if type(value) not in (bytes, int, Double):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


# -- drawing -----------------------------------------------------------------------------------------------

def _print_charts(server_stages, client_stages, out):
    columns = shutil.get_terminal_size().columns if out.is_terminal else COLUMNS
    width = max(LEAST_BAR, min(columns - BESIDE_BAR, MOST_BAR))
    name_width = max(len(name) for name, _ in server_stages + client_stages)
    blocks = BLOCKS if out.is_terminal and _shows_blocks() else None
    for title, stages in (("server", server_stages), ("client", client_stages)):
        heading, *lines = draw(title, stages, name_width, width, blocks)
        out.print("\n" + out.styled(heading, "1"))
        for line in lines:
            out.print(line)


def draw(title, stages, name_width, width, blocks):
    """Return the lines of a chart. `stages` are pairs of a name and microseconds, `width` is the columns of all bars
    together, `blocks` the characters to draw them with (None: #)."""
    total = sum(microseconds for _, microseconds in stages)
    scale = width / total if total else 0
    lines = [f"{title:<{name_width + 2}}  {'':<{width}}  {total:>10.1f} us"]
    begin = 0.0
    for name, microseconds in stages:
        bar = _bar(begin * scale, microseconds * scale, width, blocks)
        percent = 100 * microseconds / total if total else 0
        lines.append(f"  {name:<{name_width}}  {bar:<{width}}  {microseconds:>10.1f} us  {percent:5.1f} %")
        begin += microseconds
    return lines


def _bar(begin, length, width, blocks):
    """A bar in column `begin`, `length` columns long (fractions count); the shortest one is still to be seen."""
    indent = " " * min(int(begin), width - 1)
    if blocks is None:
        return indent + "#" * max(round(length), 1)
    eighths = max(round(length * 8), 1)
    return indent + blocks[0] * (eighths // 8) + (blocks[eighths % 8] if eighths % 8 else "")


def _shows_blocks():
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
