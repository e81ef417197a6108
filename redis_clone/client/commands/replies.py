"""From replies to results: what several groups of commands share.

A function here takes one reply as the server sent it, in RESP2 or RESP3, texts as bytes or (`decode_responses`) as
str, and returns the same result for all of these. Replies that are errors never get here.
"""

__all__ = [
    "cursor_and_list", "flat", "nested_lists", "ok", "ordered", "text", "text_keys", "texts", "to_dict", "to_float",
    "to_floats", "to_tuple",
]

# What RESP3 sends as a set has an order in RESP2. These are the words of such sets in the servers' order: of ACL
# and tracking, of commands, their ACL categories, keys and arguments, of functions.
WORDS = (
    "on off allkeys allchannels allcommands nopass skip-sanitize-payload sanitize-payload "
    "bcast optin optout caching-yes caching-no noloop broken_redirect "
    "write readonly denyoom module admin pubsub noscript blocking loading stale skip_monitor skip_slowlog "
    "asking fast no_auth may_replicate no_mandatory_keys no_async_loading no_multi movablekeys allow_busy "
    "@keyspace @read @write @set @sortedset @list @hash @string @bitmap @hyperloglog @geo @stream @pubsub "
    "@admin @fast @slow @blocking @dangerous @connection @transaction @scripting "
    "RO RW OW RM access update insert delete not_key incomplete variable_flags "
    "deprecated syscmd optional multiple multiple_token "
    "no-writes allow-oom allow-stale no-cluster allow-cross-slot-keys"
).split()
RANKS = {word: rank for rank, word in enumerate(WORDS)}


def ok(reply):
    """True for the status OK, which is all that many commands have to say."""
    return reply == b"OK" or reply == "OK"


def text(reply):
    """A text as str even where others are bytes; anything else as it is."""
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply


def texts(reply):
    """A list of texts as str even where others are bytes."""
    return [text(item) for item in reply]


def to_float(reply):
    """A number with a fraction: a text in RESP2, a double in RESP3. None stays None."""
    return None if reply is None else float(reply)


def to_floats(reply):
    """A list of to_float."""
    return [None if item is None else float(item) for item in reply]


def to_dict(reply):
    """A map: in RESP2 keys and values in turn."""
    if isinstance(reply, dict):
        return reply
    items = iter(reply or ())
    return dict(zip(items, items))


def to_tuple(reply):
    """A list as a tuple, None for an empty one and for none."""
    return tuple(reply) if reply else None


def flat(reply):
    """Names and values in turn, as RESP2 has them; in RESP3 they come as a map or in pairs."""
    if isinstance(reply, dict):
        return [item for pair in reply.items() for item in pair]
    if isinstance(reply, list) and reply and isinstance(reply[0], list):
        return [item for pair in reply for item in pair]
    return reply


def cursor_and_list(reply):
    """One step of a SCAN: the next cursor as a number, 0 at the end, and a list of what was found."""
    cursor, found = reply
    return int(cursor), found


def text_keys(reply):
    """to_dict with the keys as str even where other texts are bytes."""
    return {text(key): value for key, value in to_dict(reply).items()}


def ordered(reply):
    """A list: in RESP3 a set, which is put in the order of RESP2. Anything else as it is."""
    if not isinstance(reply, (set, frozenset)):
        return reply
    return sorted(reply, key=lambda word: (RANKS.get(text(word), len(RANKS)), text(word)))


def nested_lists(reply):
    """Lists within lists as RESP2 has them, names and values in turn: in RESP3 they are maps and sets. Status
    lines become bytes if texts are."""
    lists = _lists(reply)
    return _encoded(lists) if _has_bytes(lists) else lists


def _lists(reply):
    if isinstance(reply, dict):
        return [_lists(item) for pair in reply.items() for item in pair]
    if isinstance(reply, (list, set)):
        return [_lists(item) for item in ordered(reply)]
    return reply


def _has_bytes(item):
    return any(map(_has_bytes, item)) if isinstance(item, list) else isinstance(item, bytes)


def _encoded(item):
    if isinstance(item, list):
        return [_encoded(one) for one in item]
    return item.encode() if isinstance(item, str) else item
