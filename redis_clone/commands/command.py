"""COMMAND and its subcommands: what this server knows about its own commands.

Only commands that are registered here are told of. What a handler declares (arity, flags, keys, since)
comes from its record, the summary from its docstring, all else from `reference.py`.

The replies are nested deeply but built from plain values; where Redis 7 sends a set to RESP3 clients its
members keep their order here, so that a reply never changes from one run to the next.
"""
from .. import glob
from ..errors import OptionSyntaxError, RedisError, unknown_subcommand
from ..key_specs import find_keys, has_keys, has_movable_keys, legacy_range
from ..reference import acl_categories, find_entry
from ..registry import find, group

command = group("server")

_SHOWN_FLAGS = ("write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking",
                "loading", "stale", "skip_monitor", "skip_slowlog", "asking", "fast", "no_auth",
                "no_mandatory_keys", "no_async_loading", "no_multi", "allow_busy")


class OrderedSet(set):
    """A set reply with its members in a given order; unlike those of a set they may be lists and maps."""

    def __init__(self, members):
        super().__init__()
        self._members = list(members)

    def __len__(self):
        return len(self._members)

    def __iter__(self):
        return iter(self._members)


@command("COMMAND", arity=-1, flags="loading stale", since="2.8.13")
def command_(session, *args):
    """Returns detailed information about all commands."""
    if args:
        raise unknown_subcommand("COMMAND", args[0])
    return [_describe(record) for record in _registered(session)]


@command("COMMAND|COUNT", arity=2, flags="loading stale", since="2.8.13")
def command_count(session):
    """Returns a count of commands."""
    return len(_registered(session))


@command("COMMAND|INFO", arity=-2, flags="loading stale", since="2.8.13")
def command_info(session, *names):
    """Returns information about one, multiple or all commands."""
    records = [_named(session, name) for name in names] if names else _registered(session)
    return [record and _describe(record) for record in records]


@command("COMMAND|DOCS", arity=-2, flags="loading stale", since="7.0.0")
def command_docs(session, *names):
    """Returns documentary information about one, multiple or all commands."""
    records = [_named(session, name) for name in names] if names else _registered(session)
    return {record.shown_name.encode(): _document(record) for record in records if record}


@command("COMMAND|LIST", arity=-2, flags="loading stale", since="7.0.0")
def command_list(session, *args):
    """Returns a list of command names."""
    accepts = _parse_filter(args) if args else lambda record: True
    found = []
    for record in _registered(session):
        found += [each.shown_name.encode() for each in (record, *record.subcommands.values())
                  if accepts(each)]
    return found


@command("COMMAND|GETKEYS", arity=-3, flags="loading stale", since="2.8.13")
def command_getkeys(session, *argv):
    """Extracts the key names from an arbitrary command."""
    return [argv[position] for position, _ in _keys_of(session, argv)]


@command("COMMAND|GETKEYSANDFLAGS", arity=-3, flags="loading stale", since="7.0.0")
def command_getkeysandflags(session, *argv):
    """Extracts the key names and access flags for an arbitrary command."""
    return [[argv[position], OrderedSet(flags)] for position, flags in _keys_of(session, argv)]


@command("COMMAND|HELP", arity=2, flags="loading stale", since="5.0.0")
def command_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        "HELP",
        "    Print this help.",
    ]


# ---- looking commands up ----------------------------------------------------------------------------------

def _registered(session):
    """The records of this server's commands; the table holds each under several spellings."""
    return list(dict.fromkeys(session.engine.commands.values()))


def _named(session, name):
    """The record with a full name like `get` or `config|get`, or None."""
    first, *rest = name.upper().split(b"|")
    record = session.engine.commands.get(first)
    for word in rest:
        record = record.subcommands.get(word) if record else None
    return record


def _parse_filter(args):
    """The condition that COMMAND LIST's FILTERBY sets, a function from a record to bool."""
    if len(args) != 3 or args[0].lower() != b"filterby":
        raise OptionSyntaxError()
    kind, wanted = args[1].lower(), args[2]
    if kind == b"module":
        return lambda record: False                 # there are no modules here
    if kind == b"aclcat":
        category = wanted.lower().decode("latin-1")
        return lambda record: category in acl_categories(record)
    if kind == b"pattern":
        matches = glob.compile_pattern(wanted, ignore_case=True)
        return lambda record: matches(record.shown_name.encode())
    raise OptionSyntaxError()


def _keys_of(session, argv):
    """The keys of a command line, as find_keys gives them. Raises RedisError in Redis' order."""
    record, words = find(session.engine.commands, argv)
    if record is None or (record.subcommands and words == 1 and len(argv) > 1):
        raise RedisError("ERR Invalid command specified")
    if not has_keys(record.key_specs):
        raise RedisError("ERR The command has no key arguments")
    if not record.low <= len(argv) <= record.high:
        raise RedisError("ERR Invalid number of arguments specified for command")
    found = find_keys(record, argv)
    if not found and "no_mandatory_keys" not in record.flags:
        raise RedisError("ERR Invalid arguments specified for command")
    return found


# ---- COMMAND INFO -----------------------------------------------------------------------------------------

def _describe(record):
    """The ten elements of COMMAND INFO about one command."""
    entry = find_entry(record)
    flags = [flag for flag in _SHOWN_FLAGS if flag in record.flags]
    if has_movable_keys(record.key_specs):
        flags.append("movablekeys")
    subcommands = [_describe(each) for each in record.subcommands.values()]
    return [
        record.shown_name.encode(),
        record.arity,
        OrderedSet(flags),
        *legacy_range(record.key_specs),
        OrderedSet("@" + category for category in acl_categories(record)),
        OrderedSet(tip.encode() for tip in entry.tips),
        OrderedSet(_describe_key_spec(spec, entry.notes.get(index))
                   for index, spec in enumerate(record.key_specs)),
        subcommands or OrderedSet(()),              # an array, but without any a set: Redis is like that
    ]


def _describe_key_spec(spec, note):
    described = {b"notes": note.encode()} if note else {}
    described[b"flags"] = OrderedSet(spec.flags)
    begin, *begin_values = spec.begin
    described[b"begin_search"] = {b"type": begin.encode(), b"spec": _name_values(begin, begin_values)}
    find_kind, *find_values = spec.find
    described[b"find_keys"] = {b"type": find_kind.encode(), b"spec": _name_values(find_kind, find_values)}
    return described


_VALUE_NAMES = {
    "index": (b"index",),
    "keyword": (b"keyword", b"startfrom"),
    "range": (b"lastkey", b"keystep", b"limit"),
    "keynum": (b"keynumidx", b"firstkey", b"keystep"),
    "unknown": (),
}


def _name_values(kind, values):
    return {name: value.encode() if isinstance(value, str) else value
            for name, value in zip(_VALUE_NAMES[kind], values)}


# ---- COMMAND DOCS -----------------------------------------------------------------------------------------

def _document(record):
    """COMMAND DOCS' map for one command; facts that there are none of are left out."""
    entry = find_entry(record)
    document = _encode_texts(
        summary=record.summary, since=record.since, group=record.group.replace("_", "-"),
        complexity=entry.complexity)
    if entry.doc_flags:
        document[b"doc_flags"] = OrderedSet(entry.doc_flags)
    document.update(_encode_texts(deprecated_since=entry.deprecated_since, replaced_by=entry.replaced_by))
    if entry.history:
        document[b"history"] = OrderedSet([version.encode(), change.encode()]
                                          for version, change in entry.history)
    if entry.arguments:
        document[b"arguments"] = [_document_argument(argument) for argument in entry.arguments]
    if record.subcommands:
        document[b"subcommands"] = {each.shown_name.encode(): _document(each)
                                    for each in record.subcommands.values()}
    return document


def _document_argument(argument):
    document = _encode_texts(name=argument.name, type=argument.type, display_text=argument.shown)
    if argument.key_spec is not None:
        document[b"key_spec_index"] = argument.key_spec
    document.update(_encode_texts(
        token=argument.token, since=argument.since, deprecated_since=argument.deprecated_since))
    if argument.flags:
        document[b"flags"] = OrderedSet(argument.flags)
    if argument.arguments:
        document[b"arguments"] = [_document_argument(each) for each in argument.arguments]
    return document


def _encode_texts(**texts):
    """A map of the texts that are not None."""
    return {name.encode(): text.encode() for name, text in texts.items() if text is not None}
