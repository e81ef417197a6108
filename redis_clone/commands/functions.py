"""Functions of libraries: FUNCTION LOAD and its like, FCALL.

Which libraries there are is in ../scripting/functions.py, how a function is run in ../scripting/scripts.py. What
changes the libraries is repeated as it is from the append-only file. Handlers run with the engine's lock held.
"""
from ..errors import RedisError, SubcommandSyntaxError
from ..glob import matches
from ..persistence.corrupt import CorruptPayload
from ..persistence.dump_payload import WrongChecksum
from ..registry import group
from ..resp import SetReply
from ..scripting.conversion import decode_text
from ..scripting.function_dump import decode_libraries, encode_libraries
from ..scripting.scripts import FLAGS
from .scripting import parse_key_count

command = group("scripting")
command.container("FUNCTION", "A container for function commands.", since="7.0.0")

_POLICIES = (b"FLUSH", b"APPEND", b"REPLACE")


# --- calling -------------------------------------------------------------------------------------------

@command("FCALL", arity=-3, flags="noscript stale skip_monitor may_replicate no_mandatory_keys _script",
         keys="numkeys@2 RW ACCESS UPDATE", since="7.0.0")
def fcall(session, name, numkeys, *words):
    """Invokes a function."""
    return _call(session, b"FCALL", name, numkeys, words)


@command("FCALL_RO", arity=-3, flags="readonly noscript stale skip_monitor no_mandatory_keys _script",
         keys="numkeys@2 RO ACCESS", since="7.0.0")
def fcall_ro(session, name, numkeys, *words):
    """Invokes a read-only function."""
    return _call(session, b"FCALL_RO", name, numkeys, words)


def _call(session, command_name, name, numkeys, words):
    """Run a function with the keys and arguments in `words`."""
    engine = session.engine
    function = engine.functions.find(name)
    if function is None:
        raise RedisError("ERR Function not found")
    count = parse_key_count(numkeys, words, "ERR Bad number of keys provided")
    engine.functions.called_with = command_name, name, numkeys
    return engine.scripting.run(session, function, words[:count], words[count:], command_name == b"FCALL_RO")


# --- which libraries there are -------------------------------------------------------------------------

@command("FUNCTION|LOAD", arity=-3, flags="write denyoom noscript", since="7.0.0")
def function_load(session, *args):
    """Creates a library."""
    *options, source = args
    for option in options:
        if option.upper() != b"REPLACE":
            raise RedisError(f"ERR Unknown option given: {decode_text(option)}")
    name = session.engine.functions.load(source, replace=bool(options))
    session.engine.keyspace.dirty += 1
    return name


@command("FUNCTION|DELETE", arity=3, flags="write noscript", since="7.0.0")
def function_delete(session, name):
    """Deletes a library and its functions."""
    if not session.engine.functions.delete(name):
        raise RedisError("ERR Library not found")
    session.engine.keyspace.dirty += 1
    return "OK"


@command("FUNCTION|FLUSH", arity=-2, flags="write noscript", since="7.0.0")
def function_flush(session, *modes):
    """Deletes all libraries and functions."""
    if len(modes) > 1:
        raise SubcommandSyntaxError()
    if modes and modes[0].upper() not in (b"SYNC", b"ASYNC"):
        raise RedisError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
    session.engine.functions.clear()
    session.engine.keyspace.dirty += 1
    return "OK"


@command("FUNCTION|LIST", arity=-2, flags="noscript", since="7.0.0")
def function_list(session, *options):
    """Returns information about all libraries."""
    with_code, pattern = _parse_list_options(options)
    return [_describe(library, with_code) for library in session.engine.functions.libraries
            if pattern is None or matches(pattern, library.name, ignore_case=True)]


def _parse_list_options(options):
    """(whether the code is wanted, a pattern for the names or None)."""
    with_code, pattern = False, None
    rest = iter(options)
    for option in rest:
        word = option.upper()
        if word == b"WITHCODE" and not with_code:
            with_code = True
        elif word == b"LIBRARYNAME" and pattern is None:
            pattern = next(rest, None)
            if pattern is None:
                raise RedisError("ERR library name argument was not given")
        else:
            raise RedisError(f"ERR Unknown argument {decode_text(option)}")
    return with_code, pattern


def _describe(library, with_code):
    described = {
        b"library_name": library.name,
        b"engine": b"LUA",
        b"functions": [
            {b"name": name, b"description": function.description,
             b"flags": SetReply(flag.decode() for flag in FLAGS if flag in function.flags)}
            for name, function in library.functions.items()],
    }
    if with_code:
        described[b"library_code"] = library.source
    return described


# --- payloads ------------------------------------------------------------------------------------------

@command("FUNCTION|DUMP", arity=2, flags="noscript", since="7.0.0")
def function_dump(session):
    """Dumps all libraries into a serialized binary payload."""
    config = session.engine.config
    return encode_libraries(session.engine.functions.sources, config["rdb-version"], config["rdbcompression"])


@command("FUNCTION|RESTORE", arity=-3, flags="write denyoom noscript", since="7.0.0")
def function_restore(session, payload, *policies):
    """Restores all libraries from a payload."""
    if len(policies) > 1:
        raise SubcommandSyntaxError()
    policy = policies[0].upper() if policies else b"APPEND"
    if policy not in _POLICIES:
        raise RedisError("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
    engine = session.engine
    try:
        engine.functions.restore(decode_libraries(payload, not engine.skip_checksums), policy.decode().lower())
    except WrongChecksum:
        raise RedisError("ERR DUMP payload version or checksum are wrong") from None
    except CorruptPayload as error:
        raise RedisError(f"ERR {error}") from None
    engine.keyspace.dirty += 1
    return "OK"


# --- the function that runs ----------------------------------------------------------------------------

@command("FUNCTION|KILL", arity=2, flags="noscript allow_busy", since="7.0.0")
def function_kill(session):
    """Terminates a function during execution."""
    session.engine.scripting.kill(is_eval=False)
    return "OK"


@command("FUNCTION|STATS", arity=2, flags="noscript allow_busy", since="7.0.0")
def function_stats(session):
    """Returns information about a function during execution."""
    engine = session.engine
    running = engine.scripting.running
    if running is not None and running.is_eval:
        raise engine.busy
    functions = engine.functions
    counts = {b"libraries_count": len(functions.libraries), b"functions_count": functions.function_count}
    return {b"running_script": running and _describe_running(engine), b"engines": {b"LUA": counts}}


def _describe_running(engine):
    scripting = engine.scripting
    return {b"name": scripting.running.name,
            b"command": [*engine.functions.called_with, *scripting.keys, *scripting.args],
            b"duration_ms": int((engine.clock.monotonic() - scripting.started_s) * 1000)}


@command("FUNCTION|HELP", arity=2, flags="loading stale", since="7.0.0")
def function_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "LOAD [REPLACE] <FUNCTION CODE>",
        "    Create a new library with the given library name and code.",
        "DELETE <LIBRARY NAME>",
        "    Delete the given library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    Return general information on all the libraries:",
        "    * Library name",
        "    * The engine used to run the Library",
        "    * Functions list",
        "    * Library code (if WITHCODE is given)",
        "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
        "STATS",
        "    Return information about the current function running:",
        "    * Function name",
        "    * Command used to run the function",
        "    * Duration in MS that the function is running",
        "    If no function is running, return nil",
        "    In addition, returns a list of available engines.",
        "KILL",
        "    Kill the current running function.",
        "FLUSH [ASYNC|SYNC]",
        "    Delete all the libraries.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the libraries.",
        "    * SYNC: Synchronously flush the libraries.",
        "DUMP",
        "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE "
        "command",
        "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
        "    control how to handle existing libraries (default APPEND):",
        "    * FLUSH: delete all existing libraries.",
        "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
        "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
        "      libraries with the new libraries (notice that even on this option there is a chance of failure",
        "      in case of functions name collision with another library).",
        "HELP",
        "    Print this help.",
    ]
