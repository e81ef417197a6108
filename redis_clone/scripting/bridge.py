"""The table `redis` that scripts see: above all `redis.call`.

A script's commands are run by a session of their own, without a client, with the caller's database and user. Nothing
they do blocks. As in dispatch.py there are tables of the commands that may be called at once, by number of words
and name; for all others, and before the first command that writes, it is seen whether the script may call them.

What commands change is gathered here call by call; scripts.py makes a unit of it when the script is done.

With the engine's lock held, in the thread of the script's caller.
"""
import hashlib
import sys
from itertools import takewhile

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
from .conversion import array_to_lua, call_error, decode_text, error_table, spell_argument, text_of_error, to_lua

__all__ = ["Bridge"]

_REPL_AOF, _REPL_REPLICA = 1, 2
_FEW_CALLS = 8                  # as many are quicker to look through than it is to see whether there is room
_LEVELS = ("debug", "verbose", "notice", "warning")


class Bridge:
    """Runs the commands of scripts, one script at a time.

    session     the session that commands run with; its `protocol` is how scripts want to see replies
    read_only   the script must not write
    wrote       it has called a command that writes
    effects     what its commands have come to: see propagation.py
    """

    def __init__(self, engine):
        self._engine = engine
        self.session = Session(engine)
        self.session.may_block = False
        self.session.kind = "script"
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
        self.read_only = read_only
        self.wrote = False
        self.kept_for = _REPL_AOF | _REPL_REPLICA

    def _make_tables(self):
        """What may be called at once, as in dispatch.py: see `tables_by_count`."""
        return tables_by_count({name: record for name, record in self._engine.commands.items()
                                if "noscript" not in record.flags})

    def _may_write(self, command):
        """Whether the script may call `command`, its first one that writes; if so it may call all others, too."""
        if self.read_only or self._engine.refuses_writes is not None:
            return False
        self.wrote = "write" in command.flags
        return True

    def make_call(self):
        """The functions `redis.call` and `redis.pcall`."""
        bridge, engine, session = self, self._engine, self.session
        keyspace, monotonic = engine.keyspace, engine.clock.monotonic
        frame_at, outermost = sys._getframe, Runtime.call.__code__
        tables = self._make_tables()

        def call(*argv):
            frame = frame_at(2)
            if frame.f_code is not outermost and _is_deep(frame, outermost):
                need_room()
            count, words = len(argv), 1
            try:
                command = tables[count].get(argv[0])
            except IndexError:                  # nothing, or very many words
                command = None
            if command is None or command.writes and not bridge.wrote and not bridge._may_write(command):
                command, words, argv = bridge._examine(argv)
                count = 0
            else:
                for arg in argv:
                    if arg.__class__ is not bytes:
                        argv = _spell(argv)
                        break
            # What dispatch.call does, flat: for a short command a call more is a tenth of the time.
            effects = keyspace.effects
            if effects is not None:
                number, dirty = session.db.number, keyspace.dirty
            started = monotonic()
            try:
                if count == 3:
                    reply = command.handler(session, argv[1], argv[2])
                elif count == 4:
                    reply = command.handler(session, argv[1], argv[2], argv[3])
                elif count == 2:
                    reply = command.handler(session, argv[1])
                elif count == 6:
                    reply = command.handler(session, argv[1], argv[2], argv[3], argv[4], argv[5])
                else:
                    reply = command.handler(session, *argv[words:])
            except RedisError as error:
                reply = error.as_reply().for_request(argv)
                engine.count_error(command, reply)
            except Exception:
                reply = engine.report_bug(command, argv)
            elapsed_s = monotonic() - started
            command.calls += 1
            command.seconds += elapsed_s
            if elapsed_s >= engine.slow_s:
                engine.command_ran(session, command, argv, elapsed_s)
            if effects is not None and (keyspace.effects or keyspace.dirty != dirty):
                bridge._note(number, argv, keyspace.dirty != dirty)
            kind = reply.__class__
            if kind is bytes:
                return reply
            if kind is int:
                return float(reply)
            if kind is list:
                return array_to_lua(reply, session.protocol)
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


def _is_deep(frame, outermost):
    """Whether a frame is many calls away from the code that calls scripts: only then there may be no room."""
    for _ in range(_FEW_CALLS):
        if frame is None or frame.f_code is outermost:
            return False
        frame = frame.f_back
    return True


def _spell(argv):
    """The arguments of a command as bytes; raises LuaError."""
    return [arg if arg.__class__ is bytes else spell_argument(arg) for arg in argv]


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
