"""Arguments that several stream commands share: ids, intervals of ids, and how to trim.

An id in a request is `1526919030474-55`; without the sequence it is completed with the lowest or the highest one,
as the command needs it. Ids are tuples of two numbers, see `datatypes/stream.py`.
"""
import re
from collections import namedtuple

from .args import INT64_MAX, INT64_MIN, UINT64_MAX, parse_int
from .errors import OptionSyntaxError, RedisError

__all__ = ["format_id", "parse_id", "parse_new_id", "parse_bound", "parse_interval", "next_id", "previous_id",
           "parse_trim", "parse_add_options", "parse_read_options", "Trim", "ReadOptions"]

_LOWEST, _HIGHEST = (0, 0), (UINT64_MAX, UINT64_MAX)
_LONGEST_ID = 127
_INVALID_ID = "ERR Invalid stream ID specified as stream command argument"
_usual_id = re.compile(rb"(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})").fullmatch
_number = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(\d+)").fullmatch


Trim = namedtuple("Trim", "max_length min_id whole_nodes limit")     # one of the first two is None
# `ids` as they were sent; `block_s` None: do not wait; `count` None: all; `group` is None for XREAD.
ReadOptions = namedtuple("ReadOptions", "keys ids count block_s group consumer no_ack")


# ---- ids --------------------------------------------------------------------------------------------------

def format_id(id_):
    """An id as it is shown."""
    return b"%d-%d" % id_


def parse_id(raw, missing_seq=0):
    """An id; `missing_seq` completes one without a sequence."""
    usual = _usual_id(raw)
    if usual:
        ms, seq = usual.groups()
        return int(ms), int(seq)
    return _parse_unusual(raw, missing_seq)


def parse_new_id(raw):
    """The id for XADD. It is ``(ms, None)`` for `ms-*`, where the sequence is to be chosen."""
    ms, dash, seq = _cut(raw).partition(b"-")
    if dash and seq == b"*":
        return _parse_number(ms), None
    return parse_id(raw)


def _parse_unusual(raw, missing_seq):
    ms, dash, seq = _cut(raw).partition(b"-")
    ms = _parse_number(ms)
    return ms, _parse_number(seq) if dash else missing_seq


def _cut(raw):
    """An id as C sees it: no longer than its buffer, up to a zero byte."""
    if len(raw) > _LONGEST_ID:
        raise RedisError(_INVALID_ID)
    return raw.split(b"\0", 1)[0]


def _parse_number(raw):
    """An unsigned 64-bit number by the rules of strtoull, but for what is plainly negative."""
    match = _number(raw)
    if match:
        sign, digits = match.groups()
        number = int(digits)
        plainly_negative = raw[:1] == b"-" and raw[1:2] not in (b"0", b"") and -number >= INT64_MIN
        if number <= UINT64_MAX and not plainly_negative:
            return -number % (UINT64_MAX + 1) if sign == b"-" else number
    raise RedisError(_INVALID_ID)


def next_id(id_):
    """The id after this one, or None after the highest."""
    ms, seq = id_
    if seq < UINT64_MAX:
        return ms, seq + 1
    return (ms + 1, 0) if ms < UINT64_MAX else None


def previous_id(id_):
    """The id before this one, or None before the lowest."""
    ms, seq = id_
    if seq:
        return ms, seq - 1
    return (ms - 1, UINT64_MAX) if ms else None


def parse_interval(start, end):
    """``(first id, last id)``, both included, from bounds like `-`, `+`, `5`, `5-3` and, exclusive, `(5-3`."""
    first, exclusive = parse_bound(start, 0)
    if exclusive:
        first = next_id(first)
        if first is None:
            raise RedisError("ERR invalid start ID for the interval")
    last, exclusive = parse_bound(end, UINT64_MAX)
    if exclusive:
        last = previous_id(last)
        if last is None:
            raise RedisError("ERR invalid end ID for the interval")
    return first, last


def parse_bound(raw, missing_seq):
    """``(id, is exclusive)`` of one bound of an interval."""
    if raw[:1] == b"(" and len(raw) > 1:
        return parse_id(raw[1:], missing_seq), True
    if raw == b"-":
        return _LOWEST, False
    if raw == b"+":
        return _HIGHEST, False
    return parse_id(raw, missing_seq), False


# ---- options ----------------------------------------------------------------------------------------------

def parse_trim(args, limits, as_recorded=False):
    """The Trim that the options of XTRIM ask for.

    Options `as_recorded` come from an append-only file, where a LIMIT is left from a ~ that has become exact.
    """
    return _parse_options(args, limits, False, as_recorded)[0]


def parse_add_options(args, limits, as_recorded=False):
    """``(Trim or None, may it create the key, id, how many words)`` of XADD's options up to its id.

    The id is as `parse_new_id` returns it, or None for "*".
    """
    return _parse_options(args, limits, True, as_recorded)


def _parse_options(args, limits, for_xadd, as_recorded):
    strategy = value = limit = new_id = None
    whole_nodes, may_create = False, True
    position, last = 0, len(args) - 1
    while position <= last:
        word = args[position].upper()
        if word == b"*" and for_xadd:
            break
        if word in _STRATEGIES and position < last:
            if strategy:
                raise RedisError("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
            strategy = word
            position += 1
            if args[position] in (b"~", b"=") and position < last:
                whole_nodes = args[position] == b"~"
                position += 1
            value = _STRATEGIES[word](args[position])
        elif word == b"LIMIT" and position < last:
            position += 1
            limit = _parse_count(args[position], "LIMIT")
        elif word == b"NOMKSTREAM" and for_xadd:
            may_create = False
        elif for_xadd:
            new_id = parse_new_id(args[position])
            break
        else:
            raise OptionSyntaxError
        position += 1
    if limit and not strategy:
        raise RedisError("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
    if not strategy and not for_xadd:
        raise RedisError("ERR syntax error, XTRIM must be called with a trimming strategy")
    if as_recorded:
        limit = 0
    elif limit is not None and not whole_nodes:
        raise RedisError("ERR syntax error, LIMIT cannot be used without the special ~ option")
    trim = None
    if strategy:
        if limit is None and whole_nodes:
            limit = _default_limit(limits)
        trim = Trim(value if strategy == b"MAXLEN" else None, value if strategy == b"MINID" else None,
                    whole_nodes, limit or 0)
    return trim, may_create, new_id, position + 1


def _parse_count(raw, option):
    count = parse_int(raw)
    if count < 0:
        raise RedisError(f"ERR The {option} argument must be >= 0.")
    return count


_STRATEGIES = {b"MAXLEN": lambda raw: _parse_count(raw, "MAXLEN"), b"MINID": parse_id}


def _default_limit(limits):
    """How many entries `~` deletes at most when LIMIT does not tell: those of a hundred full nodes."""
    return min(100 * limits.stream_node_max_entries or 10_000, 1_000_000)


def parse_read_options(args, now_ms, for_group):
    """The ReadOptions of XREAD, or of XREADGROUP."""
    count = block_s = group = consumer = None
    no_ack = False
    position, last = 0, len(args) - 1
    while position < last or position == last and args[position].upper() == b"NOACK":
        word = args[position].upper()
        if word == b"STREAMS":
            break
        if word == b"BLOCK":
            block_s = _parse_block_timeout(args[position + 1], now_ms)
            position += 2
        elif word == b"COUNT":
            count = max(parse_int(args[position + 1]), 0) or None
            position += 2
        elif word == b"GROUP" and position + 2 <= last:
            _check_for_group(for_group, "GROUP")
            group, consumer = args[position + 1:position + 3]
            position += 3
        elif word == b"NOACK":
            _check_for_group(for_group, "NOACK")
            no_ack = True
            position += 1
        else:
            raise OptionSyntaxError
    if position >= last:
        raise OptionSyntaxError             # no STREAMS, or the last word lacks something after it
    words = args[position + 1:]
    if len(words) % 2:
        name, any_id = ("xreadgroup", ">") if for_group else ("xread", "$")
        raise RedisError(f"ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{any_id}' must be "
                         "specified.")
    if for_group and group is None:
        raise RedisError("ERR Missing GROUP option for XREADGROUP")
    half = len(words) // 2
    return ReadOptions(words[:half], words[half:], count, block_s, group, consumer, no_ack)


def _check_for_group(for_group, option):
    if not for_group:
        raise RedisError(f"ERR The {option} option is only supported by XREADGROUP. You called XREAD instead.")


def _parse_block_timeout(raw, now_ms):
    """BLOCK's argument, milliseconds, in seconds."""
    timeout_ms = parse_int(raw, "ERR timeout is not an integer or out of range")
    if timeout_ms < 0:
        raise RedisError("ERR timeout is negative")
    if timeout_ms > INT64_MAX - now_ms:
        raise RedisError("ERR timeout is out of range")
    return timeout_ms / 1000
