"""The table `redis` that scripts see: above all `redis.call`.

A script's commands are run by a session of their own, without a client, with the caller's database and user. Nothing
they do blocks. As in dispatch.py there are tables of the commands that may be called at once, by number of words
and name. A script begins with those that only read, so that its first command that writes takes the slow way
(`_examine`), where it is seen whether the script may write at all. From then on it has the tables of all commands.

What commands change is gathered here call by call; scripts.py makes a unit of it when the script is done.

With the engine's lock held, in the thread of the script's caller.
"""
import hashlib
import sys
from itertools import takewhile

from ..dispatch import call as run_command
from ..errors import RedisError
from ..lua.arguments import to_integer
from ..lua.errors import LuaError
from ..lua.runtime import Runtime
from ..lua.stack import need_room
from ..lua.values import Table, to_number, to_string
from ..propagation import INSTEAD
from ..registry import find, tables_by_count
from ..session import Session
from ..version import REDIS_VERSION
from .conversion import decode_text, error_table, spell_number, text_of_error, to_lua

__all__ = ["Bridge", "call_error"]

_REPL_AOF, _REPL_REPLICA = 1, 2
_LEVELS = ("debug", "verbose", "notice", "warning")


def call_error(text):
    """The LuaError of a function of `redis` that was called wrongly; `text` is bytes without a code."""
    return LuaError(error_table(b"ERR " + text, False))


class Bridge:
    """Runs the commands of scripts, one script at a time.

    session     the session that commands run with; its `protocol` is how scripts want to see replies
    tables      what may be called at once: see above
    read_only   the script must not write
    wrote       it has called a command that writes
    effects     what its commands have come to: see propagation.py
    """

    def __init__(self, engine):
        self._engine = engine
        self.session = Session(engine)
        self.session.may_block = False
        self.session.kind = "script"
        self.tables = self._all = self._reading = None      # until there is a script: most engines never see one
        self.read_only = self.wrote = False
        self.effects = []
        self.kept_for = _REPL_AOF | _REPL_REPLICA

    def begin(self, caller, read_only):
        """A script starts, for the session `caller`."""
        session = self.session
        session.db = caller.db
        session.user = caller.user
        session.address = caller.address        # for the slow log
        session.name = caller.name
        session.protocol = 2
        if self._reading is None:
            self._make_tables()
        self.tables = self._reading
        self.read_only = read_only
        self.wrote = False
        self.kept_for = _REPL_AOF | _REPL_REPLICA

    def _make_tables(self):
        commands = self._engine.commands
        allowed = {name: record for name, record in commands.items() if "noscript" not in record.flags}
        self._all = tables_by_count(allowed)
        self._reading = tables_by_count({name: record for name, record in allowed.items() if not record.writes})

    def make_call(self):
        """The functions `redis.call` and `redis.pcall`."""
        bridge, engine, session = self, self._engine, self.session
        keyspace = engine.keyspace
        frame_at, outermost = sys._getframe, Runtime.call.__code__

        def call(*argv):
            if frame_at(2).f_code is not outermost:     # not called by a script's main function
                need_room()
            words = 1
            try:
                command = bridge.tables[len(argv)].get(argv[0])
            except IndexError:                  # nothing, or very many words
                command = None
            if command is None:
                command, words, argv = bridge._examine(argv)
            else:
                for arg in argv:
                    if arg.__class__ is not bytes:
                        argv = _spell(argv)
                        break
            if keyspace.effects is None:
                reply = run_command(session, command, words, argv)
            else:
                number, dirty = session.db.number, keyspace.dirty
                reply = run_command(session, command, words, argv)
                if keyspace.effects or keyspace.dirty != dirty:
                    bridge._note(number, argv, keyspace.dirty != dirty)
            kind = reply.__class__
            if kind is bytes:
                return reply
            if kind is int:
                return float(reply)
            if isinstance(reply, RedisError):
                raise LuaError(to_lua(reply, 2))
            return to_lua(reply, session.protocol)

        def pcall(*argv):
            try:
                return call(*argv)
            except LuaError as error:
                return error.value

        return call, pcall

    def _examine(self, argv):
        """Look closely at what a script wants to call; returns the command, how many words name it, argv as bytes."""
        if not argv:
            raise call_error(b"Please specify at least one argument for this redis lib call")
        argv = _spell(argv)
        command, words = find(self._engine.commands, argv)
        try:
            self._pass_gates(command, argv)
        except RedisError as error:
            self._engine.count_rejected(command, error)
            raise LuaError(error_table(text_of_error(error), True)) from None
        return command, words, argv

    def _pass_gates(self, command, argv):
        """Raise the first reason why a script may not call this. It may write from now on if it calls what writes."""
        if command is None:
            raise RedisError("ERR Unknown Redis command called from script")
        if not command.low <= len(argv) <= command.high:
            raise RedisError("ERR Wrong number of args calling Redis command from script")
        if "noscript" in command.flags:
            raise RedisError("ERR This Redis command is not allowed from script")
        if command.writes and self.read_only:
            raise RedisError("ERR Write commands are not allowed from read-only scripts.")
        if "write" in command.flags and not self.wrote:
            if self._engine.refuses_writes is not None:
                raise self._engine.refuses_writes
            self.wrote = True
            self.tables = self._all

    # What the commands come to

    def _note(self, number, argv, changed):
        """A command has run on database `number`: gather its effects."""
        effects = self._engine.keyspace.effects
        is_spelled_out = INSTEAD in effects
        if self.kept_for & _REPL_AOF:
            self.effects += [effect for effect in effects if effect is not INSTEAD]
            if changed and not is_spelled_out:
                self.effects.append((number, argv))
        else:                                   # keys that were due, which come first, go all the same
            self.effects += takewhile(lambda effect: effect is not INSTEAD, effects)
        effects.clear()

    # The table

    def make_table(self, for_eval):
        """A new `redis`. Scripts of EVAL find a few old functions in it that libraries do not."""
        call, pcall = self.make_call()
        table = Table({b"call": call, b"pcall": pcall, b"log": self._log, b"setresp": self._set_protocol,
                       b"error_reply": _error_reply, b"status_reply": _status_reply, b"sha1hex": _sha1hex,
                       b"set_repl": self._set_replication, b"acl_check_cmd": self._check_acl})
        table[b"REDIS_VERSION"] = REDIS_VERSION.encode()
        major, minor, patch = map(int, REDIS_VERSION.split("."))
        table[b"REDIS_VERSION_NUM"] = float(major << 16 | minor << 8 | patch)
        for level, name in enumerate(_LEVELS):
            table[b"LOG_" + name.upper().encode()] = float(level)
        table.update({b"REPL_NONE": 0.0, b"REPL_AOF": float(_REPL_AOF), b"REPL_SLAVE": float(_REPL_REPLICA),
                      b"REPL_REPLICA": float(_REPL_REPLICA), b"REPL_ALL": float(_REPL_AOF | _REPL_REPLICA)})
        if for_eval:
            # The debugger is never there, and effects have been all that is replicated since Redis 7.
            table.update({b"breakpoint": lambda *_: False, b"debug": lambda *_: (),
                          b"replicate_commands": lambda *_: True})
        return table

    def _log(self, *args):
        if len(args) < 2:
            raise call_error(b"redis.log() requires two arguments or more.")
        level = to_number(args[0])
        if level is None:
            raise call_error(b"First argument must be a number (log level).")
        level = to_integer(level)
        if not 0 <= level < len(_LEVELS):
            raise call_error(b"Invalid debug level.")
        texts = [to_string(arg) for arg in args[1:] if arg.__class__ in (bytes, float)]
        getattr(self._engine.log, _LEVELS[level])(decode_text(b" ".join(texts)))
        return ()

    def _set_protocol(self, *args):
        if len(args) != 1:
            raise call_error(b"redis.setresp() requires one argument.")
        protocol = to_integer(to_number(args[0]) or 0.0)
        if protocol not in (2, 3):
            raise call_error(b"RESP version must be 2 or 3.")
        self.session.protocol = protocol
        return ()

    def _set_replication(self, *args):
        if len(args) != 1:
            raise call_error(b"redis.set_repl() requires two arguments.")
        flags = to_integer(to_number(args[0]) or 0.0)
        if flags & ~(_REPL_AOF | _REPL_REPLICA):
            raise call_error(b"Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
        self.kept_for = flags
        return ()

    def _check_acl(self, *argv):
        """Whether the caller may run a command. There is only one user so far, who may run all of them."""
        if not argv:
            raise call_error(b"Please specify at least one argument for this redis lib call")
        command, _ = find(self._engine.commands, _spell(argv))
        if command is None:
            raise call_error(b"Invalid command passed to redis.acl_check_cmd()")
        return True


def _spell(argv):
    """The arguments of a command as bytes; raises LuaError."""
    words = []
    for arg in argv:
        if arg.__class__ is float:
            words.append(spell_number(arg))
        elif arg.__class__ is bytes:
            words.append(arg)
        else:
            raise call_error(b"Lua redis lib command arguments must be strings or integers")
    return words


def _error_reply(*args):
    if len(args) != 1 or args[0].__class__ is not bytes:
        return error_table(b"ERR wrong number or type of arguments", False)
    text = args[0].partition(b"\0")[0]
    code, space, message = text[text.startswith(b"-"):].partition(b" ")
    return error_table(code + b" " + message.strip(b"\r\n") if space else b"ERR " + code, False)


def _status_reply(*args):
    if len(args) != 1 or args[0].__class__ is not bytes:
        return error_table(b"ERR wrong number or type of arguments", False)
    return Table({b"ok": args[0]})


def _sha1hex(*args):
    if len(args) != 1:
        raise call_error(b"wrong number of arguments")
    return hashlib.sha1(to_string(args[0]) or b"").hexdigest().encode()
