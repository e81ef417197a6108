"""--stat: a line of figures a second, or each -i seconds: how a server is doing.

With -r N (N > 1) it ends after N lines. A server that goes away is waited for.
"""
import time

from ...client import ReplyError
from .asking import ModeFailed, ask_until_answered

__all__ = ["run"]

HEADING = """\
------- data ------ --------------------- load -------------------- - child -
keys       mem      clients blocked requests            connections          """
LINES_UNDER_HEADING = 20
DEFAULT_INTERVAL_S = 1

UNITS = ((1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"))
# What the server is busy with: saving (1), rewriting its AOF (2), loading (4). A mixture with loading has no name.
CHILDREN = {1: "SAVE", 2: "AOF", 3: "SAVE+AOF", 4: "LOAD"}


def run(connection, options, out, clock=time):
    """Print lines until interrupted."""
    requests_before = 0
    number = 0
    while True:
        reply = ask_until_answered(connection, out, "INFO", clock=clock)
        if isinstance(reply, ReplyError):
            raise ModeFailed(f"ERROR: {reply}")
        if not isinstance(reply, bytes):
            raise ModeFailed("ERROR: the reply to INFO is no text")
        info = _parse_info(reply)
        if number % LINES_UNDER_HEADING == 0:
            out.print(HEADING)
        out.print(_line(info, requests_before))
        out.flush()
        requests_before = _number(info, "total_commands_processed")
        number += 1
        if options.repeat > 1 and number == options.repeat:
            return 0
        clock.sleep(options.interval_s or DEFAULT_INTERVAL_S)


def _parse_info(text):
    lines = text.decode("utf-8", "replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _number(info, name):
    """A figure of INFO; 0 if the server does not tell it."""
    try:
        return int(info.get(name, 0))
    except ValueError:
        return 0


def _line(info, requests_before):
    requests = _number(info, "total_commands_processed")
    rise = requests - requests_before if requests_before else 0
    busy = (_number(info, "rdb_bgsave_in_progress") | _number(info, "aof_rewrite_in_progress") << 1
            | _number(info, "loading") << 2)
    memory = _readable_bytes(_number(info, "used_memory"))
    return (f"{_count_keys(info):<11}{memory:<8} {_number(info, 'connected_clients'):<8}"
            f"{_number(info, 'blocked_clients'):<8}{f'{requests} (+{rise})':<19} "
            f"{_number(info, 'total_connections_received'):<12}{CHILDREN.get(busy, '')}")


def _count_keys(info):
    total = 0
    for name, value in info.items():
        if name[:2] == "db" and name[2:].isdigit() and value.startswith("keys="):
            digits = value[len("keys="):].partition(",")[0]
            total += int(digits) if digits.isdigit() else 0
    return total


def _readable_bytes(size):
    for unit, letter in UNITS:
        if size >= unit:
            return f"{size / unit:.2f}{letter}"
    return f"{size}B"
