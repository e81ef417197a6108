"""Options and replies that the commands of streams and those of consumer groups share.

The functions named `..._words` check an option and return the words of the command it stands for, none for
None.
"""
from ..errors import DataError
from .replies import to_dict

__all__ = [
    "block_words", "check_number", "check_reference_policy", "check_trimming", "count_words", "entries",
    "entries_by_stream", "limit_words", "stream_words",
]

REFERENCE_POLICIES = ("KEEPREF", "DELREF", "ACKED")


def check_number(command, name, value, least=0):
    """Raise DataError if the value is not an int of at least `least`."""
    if not isinstance(value, int) or value < least:
        raise DataError(f"{command}: {name} must be an int from {least}, not {value!r}")


def check_trimming(maxlen, minid):
    """Raise DataError if both are given."""
    if maxlen is not None and minid is not None:
        raise DataError("maxlen and minid exclude each other")


def check_reference_policy(command, policy, needed=False):
    """Raise DataError if it is neither one of the three nor (unless `needed`) None."""
    if policy not in REFERENCE_POLICIES and (needed or policy is not None):
        raise DataError(f"{command}: ref_policy must be one of {', '.join(REFERENCE_POLICIES)}, not {policy!r}")


def count_words(command, count):
    """COUNT entries, from 1."""
    if count is None:
        return []
    check_number(command, "count", count, least=1)
    return ["COUNT", count]


def block_words(command, block):
    """BLOCK milliseconds, from 0."""
    if block is None:
        return []
    check_number(command, "block", block)
    return ["BLOCK", block]


def limit_words(command, count, max_count, max_size):
    """MAXCOUNT entries, from `count`, and MAXSIZE bytes: limits of all streams together."""
    words = []
    if max_count is not None:
        check_number(command, "max_count", max_count, least=1)
        if count is not None and max_count < count:
            raise DataError(f"{command}: max_count ({max_count}) must not be less than count ({count})")
        words += "MAXCOUNT", max_count
    if max_size is not None:
        check_number(command, "max_size", max_size, least=1)
        words += "MAXSIZE", max_size
    return words


def stream_words(command, streams):
    """STREAMS, their names, then the ids: of a dict that is not empty."""
    if not isinstance(streams, dict) or not streams:
        raise DataError(f"{command}: streams must be a dict with at least one item, not {streams!r:.60}")
    return ["STREAMS", *streams, *streams.values()]


def entries(reply):
    """A list of (id, fields); (None, None) for an entry that has been deleted; None stays None."""
    if reply is None:
        return None
    return [(None, None) if entry is None else (entry[0], to_dict(entry[1])) for entry in reply]


def entries_by_stream(reply):
    """A list of [stream, entries]; an empty one for None."""
    if not reply:
        return []
    streams = reply.items() if isinstance(reply, dict) else reply
    return [[stream, entries(found)] for stream, found in streams]
