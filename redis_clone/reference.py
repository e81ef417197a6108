"""What is known about every command beyond what its handler declares: the facts behind COMMAND DOCS and INFO.

They lie in commands/reference/, one text file per group, and are read on the first question about that
group, never at import and never on the way of an ordinary command. An entry looks like this:

    SET key value [condition: NX | XX]@2.6.12 [GET]@6.2.0
            [expiration: EX seconds@2.6.12 | PX milliseconds@2.6.12 | KEEPTTL@6.0.0]
        complexity: O(1)
        history: 6.0.0 Added the `KEEPTTL` option.
        note: 0 RW and ACCESS due to the optional `GET` argument

The name is followed by the arguments; lines indented by four hold further facts, lines indented deeper
continue what stands above them. Further facts are: complexity; history (a version and what changed in it);
deprecated (the version since which, and what to use instead); tips (words that cluster clients read); acl
(the categories, where they do not follow from group and flags); note (a key spec's number and a remark on
it); doc_flags. They are what Redis 7.2 itself replies to COMMAND DOCS and COMMAND INFO.

The arguments are written much like the synopsis in the Redis manual:

    key                 an argument; its type follows from its name (see _TYPES)
    increment<double>   ... or is given here
    by-pattern=pattern  its name is by-pattern, it is shown as pattern
    NX                  a token, a word to be typed as it is; the argument's name is nx
    change=CH           ... is change
    EX seconds          one argument with a token before it (change=CH never takes the next one along)
    [GET]  [COUNT count]            optional
    (data: score member)            a block: several arguments in a row under one name
    (unit: M | KM)                  one of several
    [condition: NX | XX]            an optional block or choice
    key...                          may be given several times
    [GET pattern]...                may be given several times, each time with its token
    @6.2.0  @until-2.8.12           exists since, is deprecated since that version
    pattern#1                       belongs to key spec 1; else keys take the specs in their order

Entries are immutable and reading a file twice does no harm: no lock is needed.
This module does not know which commands this server has, nor what they do.
"""

import functools
import pkgutil
import re
from collections import namedtuple

__all__ = ["Argument", "Entry", "find_entry", "acl_categories"]

_TYPES = {
    "key": "destination destkey dst key key1 key2 keys newkey source sourcekey src storedistkey storekey",
    "integer": "bit bits client-id cluster-bus-port config-epoch count cursor db decrement destination-db "
               "end end-slot entries-added entries-read entriesread frequency increment index index1 index2 "
               "len limit milliseconds min-match-len ms num-matches numkeys numlocal numreplicas offset port "
               "protover rank seconds slot start start-slot stop ttl version weight",
    "double": "height latitude longitude radius score timeout width",
    "pattern": "by-pattern get-pattern pattern",
    "unix-time": "unix-time-milliseconds unix-time-seconds",
}
_TYPE_OF_NAME = {name: kind for kind, names in _TYPES.items() for name in names.split()}   # others: string

_LEXEME = re.compile(r"[(\[|]|[)\]][^\s()\[\]|]*|[^\s()\[\]|]+")
_TAIL = r"(\.\.\.)?(?:@(until-)?([\d.]+))?"
_WORD = re.compile(r"(?:([a-z0-9-]+)=)?(.+?)(?:<([a-z-]+)>)?(?:#(\d+))?" + _TAIL)
_CLOSING = re.compile(r"[)\]]" + _TAIL)


class Argument(namedtuple("Argument", "name type shown key_spec token since deprecated_since flags "
                                      "arguments")):
    """One argument of a command as COMMAND DOCS tells of it.

    type: key, string, integer, double, pattern, unix-time, pure-token, oneof or block; the last two have
    `arguments` of their own and are not shown (shown is None). key_spec is a number or None, token the
    word before the argument or None, flags some of optional, multiple, multiple_token.
    """

    __slots__ = ()


class Entry(namedtuple("Entry", "complexity doc_flags deprecated_since replaced_by history arguments "
                                "tips acl notes")):
    """The facts about one command; what is not known is None or empty.

    history holds pairs (version, change), notes pairs of a key spec's number and a text; acl is None when
    the categories follow from group and flags.
    """

    __slots__ = ()


_UNKNOWN = Entry(None, (), None, None, (), (), (), None, {})


def find_entry(command):
    """Return the Entry of a command, which is asked for its `name` and `group`."""
    return _read_group(command.group).get(command.name, _UNKNOWN)


# ---- ACL categories ---------------------------------------------------------------------------------------

_CATEGORY_OF_GROUP = {
    "generic": "keyspace", "string": "string", "list": "list", "set": "set", "sorted_set": "sortedset",
    "hash": "hash", "bitmap": "bitmap", "hyperloglog": "hyperloglog", "geo": "geo", "stream": "stream",
    "connection": "connection", "transactions": "transaction", "scripting": "scripting",
}
_CATEGORIES = ("keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
               "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
               "connection", "transaction", "scripting")


def acl_categories(command):
    """Return the ACL categories of a command, without the @, in the order in which Redis lists them."""
    explicit = find_entry(command).acl
    if explicit is None:
        # a container does nothing itself; its subcommands carry the category
        explicit = () if command.subcommands else (_CATEGORY_OF_GROUP.get(command.group),)
    found = set(explicit)
    flags = command.flags
    found.update(name for name in ("write", "pubsub", "blocking") if name in flags)
    if "readonly" in flags and "scripting" not in found:
        found.add("read")
    if "admin" in flags:
        found.update(("admin", "dangerous"))
    found.add("fast" if "fast" in flags else "slow")
    return [name for name in _CATEGORIES if name in found]


# ---- reading the files ------------------------------------------------------------------------------------

@functools.lru_cache(maxsize=None)
def _read_group(group):
    """Return the entries of one group, a dict from the command's name in upper case; empty without a file."""
    try:
        text = pkgutil.get_data(__package__, f"commands/reference/{group}.txt").decode()
    except OSError:
        return {}
    return {fields[0][1]: _make_entry(fields[1:]) for fields in _split_entries(text)}


def _split_entries(text):
    """Cut a file into entries: lists of (field, text), the first two being the name and the arguments."""
    entries = []
    for line in text.splitlines():
        words = line.strip()
        indent = len(line) - len(words)
        if not words or line.startswith("#"):
            continue
        if indent == 0:
            name, _, synopsis = words.partition(" ")
            entries.append([("name", name), ("arguments", synopsis)])
        elif indent == 4:
            field, _, value = words.partition(": ")
            entries[-1].append((field, value))
        else:
            field, value = entries[-1].pop()
            entries[-1].append((field, value + " " + words))
    return entries


def _make_entry(fields):
    """Build an Entry from its fields. Raises ValueError for a field that does not exist."""
    known, history, notes = _UNKNOWN._asdict(), [], {}
    for field, value in fields:
        first, _, rest = value.partition(" ")
        if field == "arguments":
            known["arguments"] = _SynopsisParser(value).parse()
        elif field == "history":
            history.append((first, rest))
        elif field == "note":
            notes[int(first)] = rest
        elif field == "deprecated":
            known.update(deprecated_since=first, replaced_by=rest, doc_flags=("deprecated",))
        elif field in ("tips", "acl", "doc_flags"):
            known[field] = tuple(value.split())
        elif field == "complexity":
            known["complexity"] = value
        else:
            raise ValueError(f"no such fact about a command: {field}")
    known.update(history=tuple(history), notes=notes)
    return Entry(**known)


# ---- arguments --------------------------------------------------------------------------------------------

class _SynopsisParser:
    """Recursive descent over one synopsis; the notation is at the top of this module."""

    def __init__(self, text):
        self._lexemes = _LEXEME.findall(text)
        self._position = 0
        self._keys_seen = 0

    def parse(self):
        """Return the tuple of Argument. Raises ValueError where the notation is not kept."""
        arguments = []
        while self._peek():
            arguments.append(self._take_item())
        return tuple(arguments)

    def _peek(self):
        return self._lexemes[self._position] if self._position < len(self._lexemes) else ""

    def _next(self):
        if not self._peek():
            raise ValueError("a bracket is not closed")
        self._position += 1
        return self._lexemes[self._position - 1]

    def _take_item(self, token=None):
        """Take one argument; `token` is the word that was read before it."""
        lexeme = self._next()
        if lexeme in ("(", "["):
            return self._take_group(lexeme, token)
        match = _WORD.fullmatch(lexeme)
        name, shown, kind, key_spec = match.groups()[:4]
        if shown == shown.upper():
            follower = self._peek()
            if lexeme == shown and (follower == "(" or follower != follower.upper()):
                return self._take_item(token=shown)
            kind, token = "pure-token", "" if shown == '""' else shown
            name = shown = name or shown.lower()
        name = name or shown
        kind = kind or _TYPE_OF_NAME.get(name, "string")
        if kind == "key" and key_spec is None:
            key_spec = self._keys_seen
            self._keys_seen += 1
        key_spec = None if key_spec is None else int(key_spec)
        return _with_tail(Argument(name, kind, shown, key_spec, token, None, None, (), ()), match)

    def _take_group(self, opening, token):
        """Take all up to the closing bracket; the opening one is taken already."""
        label = self._next()[:-1] if self._peek().endswith(":") else None
        members, bars = [self._take_item()], 0
        while self._peek()[:1] not in (")", "]"):
            if self._peek() == "|":
                self._next()
                bars += 1
            members.append(self._take_item())
        closing = self._next()
        if closing[0] != {"(": ")", "[": "]"}[opening] or bars not in (0, len(members) - 1):
            raise ValueError("brackets that do not match or alternatives of several arguments")
        if label is None and (opening == "(" or len(members) > 1):
            raise ValueError("a group without a name")
        group = members[0]
        if label:
            kind = "oneof" if bars else "block"
            group = Argument(label, kind, None, None, token, None, None, (), tuple(members))
        if opening == "[":
            group = group._replace(flags=("optional",) + group.flags)
        return _with_tail(group, _CLOSING.fullmatch(closing))


def _with_tail(argument, match):
    """Add what was written behind an argument: that it may be repeated, and versions."""
    multiple, until, version = match.groups()[-3:]
    if multiple:
        # behind a bracket the dots repeat all that is in it, the word before the argument included
        repeats_token = match.re is _CLOSING and argument.token
        argument = argument._replace(flags=argument.flags + (("multiple", "multiple_token") if repeats_token
                                                             else ("multiple",)))
    if version:
        argument = argument._replace(**{"deprecated_since" if until else "since": version})
    return argument
