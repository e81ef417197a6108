"""EVAL and its kin, and SCRIPT: running Lua scripts and keeping them. scripting/scripts.py does the work."""
from ..args import parse_int
from ..errors import RedisError
from ..registry import group

__all__ = ["parse_key_count"]

command = group("scripting")
command.container("SCRIPT", "A container for Lua scripts management commands.", since="2.6.0")

_COUNTS = {b"%d" % count: count for count in range(33)}         # to read these takes the time of a look-up
_LENGTH_OF_SHA1 = 40


@command("EVAL", arity=-3, flags="noscript stale skip_monitor may_replicate no_mandatory_keys _script",
         keys="numkeys@2 RW ACCESS UPDATE", since="2.6.0")
def eval_(session, source, count, *args):
    """Executes a server-side Lua script."""
    return _evaluate(session, source, count, args, False)


@command("EVAL_RO", arity=-3, flags="readonly noscript stale skip_monitor no_mandatory_keys _script",
         keys="numkeys@2 RO ACCESS", since="7.0.0")
def eval_ro(session, source, count, *args):
    """Executes a read-only server-side Lua script."""
    return _evaluate(session, source, count, args, True)


@command("EVALSHA", arity=-3, flags="noscript stale skip_monitor may_replicate no_mandatory_keys _script",
         keys="numkeys@2 RW ACCESS UPDATE", since="2.6.0")
def evalsha(session, digest, count, *args):
    """Executes a server-side Lua script by SHA1 digest."""
    return _evaluate_known(session, digest, count, args, False)


@command("EVALSHA_RO", arity=-3, flags="readonly noscript stale skip_monitor no_mandatory_keys _script",
         keys="numkeys@2 RO ACCESS", since="7.0.0")
def evalsha_ro(session, digest, count, *args):
    """Executes a read-only server-side Lua script by SHA1 digest."""
    return _evaluate_known(session, digest, count, args, True)


def _evaluate(session, source, count, args, read_only):
    count = parse_key_count(count, args)
    scripting = session.engine.scripting
    return scripting.run(session, scripting.load(source), args[:count], args[count:], read_only)


def _evaluate_known(session, digest, count, args, read_only):
    scripting = session.engine.scripting
    program = scripting.programs.get(digest) or scripting.programs.get(digest.lower())
    if program is None and len(digest) != _LENGTH_OF_SHA1:
        raise _no_script()
    known = _COUNTS.get(count, len(args) + 1)
    count = known if known <= len(args) else parse_key_count(count, args)
    if program is None:
        raise _no_script()
    return scripting.run(session, program, args[:count], args[count:], read_only)


def _no_script():
    return RedisError("NOSCRIPT No matching script. Please use EVAL.")


def parse_key_count(raw, args, message=None):
    """How many of `args` are keys; `message` is for what is no number."""
    count = _COUNTS.get(raw)
    if count is None:
        count = parse_int(raw, message)
    if count > len(args):
        raise RedisError("ERR Number of keys can't be greater than number of args")
    if count < 0:
        raise RedisError("ERR Number of keys can't be negative")
    return count


@command("SCRIPT|LOAD", arity=3, flags="noscript stale", since="2.6.0")
def script_load(session, source):
    """Loads a server-side Lua script to the script cache."""
    return session.engine.scripting.load(source).name


@command("SCRIPT|EXISTS", arity=-3, flags="noscript", since="2.6.0")
def script_exists(session, *digests):
    """Determines whether server-side Lua scripts exist in the script cache."""
    programs = session.engine.scripting.programs
    return [int(digest.lower() in programs) for digest in digests]


@command("SCRIPT|FLUSH", arity=-2, flags="noscript", since="2.6.0")
def script_flush(session, *args):
    """Removes all server-side Lua scripts from the script cache."""
    # Either way the cache is empty at once.
    if len(args) > 1 or args and args[0].upper() not in (b"SYNC", b"ASYNC"):
        raise RedisError("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    session.engine.scripting.flush()
    return "OK"


@command("SCRIPT|KILL", arity=2, flags="noscript allow_busy", since="2.6.0")
def script_kill(session):
    """Terminates a server-side Lua script during execution."""
    session.engine.scripting.kill(is_eval=True)
    return "OK"


@command("SCRIPT|DEBUG", arity=3, flags="noscript", since="3.2.0")
def script_debug(session, mode):
    """Sets the debug mode of server-side Lua scripts."""
    mode = mode.upper()
    if mode not in (b"YES", b"SYNC", b"NO"):
        raise RedisError("ERR Use SCRIPT DEBUG YES/SYNC/NO")
    if mode != b"NO":
        raise RedisError("ERR There is no debugger for Lua scripts in this server")
    return "OK"


@command("SCRIPT|HELP", arity=2, flags="loading stale", since="5.0.0")
def script_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "DEBUG (YES|SYNC|NO)",
        "    Set the debug mode for subsequent scripts executed.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.",
        "FLUSH [ASYNC|SYNC]",
        "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined",
        "     by the lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.",
        "    * SYNC: Synchronously flush the scripts cache.",
        "KILL",
        "    Kill the currently executing Lua script.",
        "LOAD <script>",
        "    Load a script into the scripts cache without executing it.",
        "HELP",
        "    Print this help.",
    ]
