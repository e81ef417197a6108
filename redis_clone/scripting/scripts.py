"""Running scripts: what EVAL and FCALL have in common, and the cache of EVAL's scripts.

A script is compiled once, kept by its SHA1, and called like any function. All scripts of EVAL share one Lua state,
all functions of libraries another. What scripts find there is as in Redis: Lua's libraries without files, modules
and the debugger, cjson, cmsgpack, struct, bit and `redis`; none of it can be changed, and no global can be added,
so that nothing is left of a script when it is done.

A script runs as one command does: time stands still, nobody else is served, and what it changes is repeated as a
unit, like a transaction's commands; never the script itself. It has all the time it takes: see busy.py.

With the engine's lock held, in the thread of the script's caller.
"""
import hashlib
import weakref

from ..errors import RedisError
from ..inline import split_inline
from ..lua.arguments import to_integer
from ..lua.diagnosis import diagnose
from ..lua.errors import LibraryError, LuaError, ScriptKilled
from ..lua.libraries.math import Random, random_of, randomseed_of
from ..lua.runtime import Runtime
from ..lua.values import ReadOnlyTable, Table, first, raw_text, to_string
from ..propagation import INSTEAD
from .bit import open_bit
from .bridge import Bridge
from .busy import BusyWatch
from .cjson import open_cjson
from .cmsgpack import open_cmsgpack
from .conversion import decode_text, reply_of, sequence
from .struct_library import open_struct

__all__ = ["Program", "Scripting", "parse_flags", "FLAGS"]

FLAGS = (b"no-writes", b"allow-oom", b"allow-stale", b"no-cluster", b"allow-cross-slot-keys")   # as they are listed
_LIBRARIES = {b"cjson": open_cjson, b"cmsgpack": open_cmsgpack, b"struct": open_struct, b"bit": open_bit}
_PROGRAM_BYTES = 250             # of the objects around a script, in CPython
_NO_GLOBALS = (b"print", b"dofile", b"loadfile", b"require", b"module")
_WRITABLE_BLOCKED = ("but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag "
                     "for read only scripts.")


class Program:
    """What can be run: a script of EVAL, or one function of a library.

    name        bytes: the script's SHA1 in lower-case hex, or the function's name
    function    the Lua function. EVAL's takes nothing and finds KEYS and ARGV as globals; a library's is called
                with the two tables
    flags       frozenset of what it declares, of `FLAGS`, or None for a script of EVAL without a #! line, which may
                do anything until it does it
    runtime     the lua.runtime.Runtime it lives in
    is_eval     whether it came with EVAL
    """

    __slots__ = ("name", "function", "flags", "runtime", "is_eval")

    def __init__(self, name, function, flags, runtime, is_eval=False):
        self.name = name
        self.function = function
        self.flags = flags
        self.runtime = runtime
        self.is_eval = is_eval


class Scripting:
    """All about scripts in one engine: `engine.scripting`.

    programs    the scripts of EVAL by SHA1 (bytes, lower-case hex)
    runs        how many scripts have been started
    running     the Program that runs now, or None. While it does:
    keys, args  what it was given, lists of bytes
    started_s   when it began (engine.clock.monotonic)
    killed      SCRIPT KILL or FUNCTION KILL wants it to end
    """

    def __init__(self, engine):
        self.engine = engine
        self.bridge = Bridge(engine)
        self.programs = {}
        self._by_source = {}
        self._runtime = None                    # of EVAL, once it is needed
        self._runtimes = weakref.WeakSet()      # all that there are
        self._random = Random()                 # one sequence for all scripts, whatever state they live in
        self.running = None
        self.keys = self.args = ()
        self.killed = False
        self.started_s = 0.0
        self.runs = 0
        self.watch = BusyWatch(self)

    # Lua states

    def new_runtime(self, for_eval=False):
        """A Lua state as Redis' scripts see it. One such state holds all libraries of functions.

        `runtime.globals[b"redis"]` and all else is read-only for scripts.
        """
        runtime = Runtime()
        self._runtimes.add(runtime)
        fields = runtime.globals
        for name, open_library in _LIBRARIES.items():
            fields[name] = open_library(runtime)
        fields[b"math"].update({b"random": random_of(self._random), b"randomseed": randomseed_of(self._random)})
        for name in _NO_GLOBALS:
            fields.pop(name, None)
        fields[b"redis"] = self.bridge.make_table(for_eval)
        fields[b"pcall"] = _pcall_for_redis(fields[b"pcall"])
        if for_eval:
            fields[b"__redis__err__handler"] = lambda error=None, *_: error
        metatable = Table()
        metatable[b"__index"] = _refuse_global
        runtime.set_metatable(fields, metatable)
        _protect_all(runtime, fields)
        _protect_all(runtime, runtime.string_metatable)
        return runtime

    # EVAL's cache

    def load(self, source):
        """The Program of a script (bytes), compiled if it is new. Raises RedisError."""
        program = self._by_source.get(source)
        if program is None:
            name = hashlib.sha1(source).hexdigest().encode()
            flags, code = _parse_first_line(source)
            if self._runtime is None:
                self._runtime = self.new_runtime(for_eval=True)
            try:
                function = self._runtime.load(code)
            except LuaError as error:
                text = decode_text(raw_text(error.value))
                raise RedisError(f"ERR Error compiling script (new function): {text}") from None
            program = self.programs[name] = self._by_source[source] = Program(
                name, function, flags, self._runtime, is_eval=True)
        return program

    def flush(self):
        """SCRIPT FLUSH: forget all scripts and their Lua state."""
        self.programs.clear()
        self._by_source.clear()
        self._runtime = None

    def close(self):
        """Let go of all scripts and functions, none of which will run any more."""
        self.flush()
        for runtime in list(self._runtimes):
            runtime.close()

    def seed(self, number):
        """Begin another sequence of random numbers, for all scripts."""
        self._random.seed(number)

    @property
    def memory_bytes(self):
        """About what the cached scripts take, apart from what Lua makes of them."""
        return sum(_PROGRAM_BYTES + len(source) for source in self._by_source)

    def declared_flags(self, command, argv):
        """What the script declares that a request wants to run: a frozenset, or None if that is not known."""
        name = command.name
        if name.startswith("FCALL"):
            program = self.engine.functions.find(argv[1])
        elif name.startswith("EVALSHA"):
            program = self.programs.get(argv[1].lower())
        else:
            program = self._by_source.get(argv[1])
            if program is None:
                try:
                    return _parse_first_line(argv[1])[0]
                except RedisError:
                    return None
        return program and program.flags

    # Running

    def run(self, session, program, keys, args, read_only):
        """Run `program` for `session`; returns its reply value. Raises RedisError: the error that it replies."""
        if program.flags is not None:
            self._check_flags(program.flags, read_only)
            read_only = read_only or b"no-writes" in program.flags
        engine, bridge = self.engine, self.bridge
        keyspace = engine.keyspace
        effects, dirty = keyspace.effects, keyspace.dirty
        if effects is not None:
            keyspace.effects = []
        bridge.begin(session, read_only)
        self.keys, self.args, self.killed = keys, args, False
        self.started_s = engine.clock.monotonic()
        self.runs += 1
        self.running = program
        if not self.watch.awake:
            self.watch.wake()
        runtime = program.runtime
        try:
            if program.is_eval:
                # By dict's own method, for _G is read-only.
                dict.update(runtime.globals, {b"KEYS": sequence(keys), b"ARGV": sequence(args)})
                result = runtime.call(program.function)
            else:
                result = runtime.call(program.function, sequence(keys), sequence(args))
            if result.__class__ is tuple:
                result = first(result)
            if result.__class__ is float:       # the usual case of `reply_of`
                reply = to_integer(result)
            else:
                reply = reply_of(result, bridge.session.protocol, session.protocol, engine.stats.count_error,
                                 runtime.pause)
        except (LuaError, ScriptKilled) as error:
            reply = self._failure(program, error)
        finally:
            self.running = None
            self.keys = self.args = ()
            runtime.environment = runtime.globals       # setfenv(0, ...) ends with the script
            if engine.busy is not None:
                self.watch.calm_down()
            if effects is not None:
                self._hand_over(effects, keyspace.dirty != dirty)
        if reply.__class__ is RedisError:
            raise reply
        return reply

    def _check_flags(self, flags, read_only):
        """Refuse at once what a script that tells of itself is going to be refused for."""
        if b"no-writes" in flags:
            return
        engine = self.engine
        if engine.refuses_writes is not None:
            if engine.snapshots.write_denied():
                raise RedisError(f"MISCONF Redis is configured to save RDB snapshots, {_WRITABLE_BLOCKED}")
            raise RedisError(f"MISCONF Redis is configured to persist data to AOF, {_WRITABLE_BLOCKED} AOF error: "
                             f"{engine.journal.error}")
        if read_only:
            raise RedisError("ERR Can not execute a script with write flag using *_ro command.")

    def _failure(self, program, error):
        """The RedisError for what a script was ended by: with its code, and the place where that happened."""
        if isinstance(error, ScriptKilled):
            place = LuaError(b"Script killed by user with SCRIPT KILL...")      # functions as well, in Redis
            place.__traceback__ = error.__traceback__
            error = diagnose(place)
        value = error.value
        if isinstance(value, Table):
            text = to_string(value.get(b"err"))
            text = b"ERR unknown error" if text is None else text
        else:
            text = b"ERR " + raw_text(value)
        text = text.partition(b"\0")[0]
        if error.chunk is not None:
            text += b" script: %s, on %s:%d." % (program.name, error.chunk, error.line)
        failure = RedisError(decode_text(text))
        failure.counted = isinstance(value, Table) and value.get(b"ignore_error_stats_update") is True
        return failure

    def _hand_over(self, effects, changed):
        """What the script's commands have come to joins `effects`, in place of the script itself."""
        bridge, keyspace = self.bridge, self.engine.keyspace
        if self.engine.ending:                  # SHUTDOWN NOSAVE in the middle of it: nothing is kept any more
            keyspace.effects = None
        else:
            keyspace.effects = effects
            effects += bridge.effects
            if changed or bridge.effects:
                effects.append(INSTEAD)
        bridge.effects = []

    # Ending one

    def kill(self, is_eval):
        """SCRIPT KILL (`is_eval`) or FUNCTION KILL: end the running script soon; raises RedisError if it must go on."""
        program = self.running
        if program is None:
            raise RedisError("NOTBUSY No scripts in execution right now.")
        if self.engine.loading is not None:
            raise RedisError("UNKILLABLE The busy script was sent by a master instance in the context of replication "
                             "and cannot be killed.")
        if self.bridge.wrote:
            raise RedisError("UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
                             "either wait the script termination or kill the server in a hard way using the SHUTDOWN "
                             "NOSAVE command.")
        if program.is_eval is not is_eval:
            raise self.engine.busy
        self.killed = True


def _parse_first_line(source):
    """The flags that a `#!lua flags=...` line declares, or None, and the code without it but with its line end."""
    if not source.startswith(b"#!"):
        return None, source
    end = source.find(b"\n")
    words = split_inline(source[:end]) if end >= 0 else None
    if not words:
        raise RedisError("ERR Invalid script shebang")
    if words[0] != b"#!lua":
        raise RedisError(f"ERR Unexpected engine in script shebang: {decode_text(words[0])}")
    flags = frozenset()
    for word in words[1:]:
        if not word.startswith(b"flags="):
            raise RedisError(f"ERR Unknown lua shebang option: {decode_text(word)}")
        if len(word) > 6:
            flags |= parse_flags(word[6:].split(b","))
    return flags, source[end:]


def parse_flags(words):
    """The frozenset of a list of flags (bytes); raises RedisError for one that there is not."""
    for word in words:
        if word not in FLAGS:
            raise RedisError(f"ERR Unexpected flag in script shebang: {decode_text(word)}")
    return frozenset(words)


def _refuse_global(table=None, key=None, *_):
    """The __index of _G: a typo should not read as nil."""
    if key.__class__ is not bytes and key.__class__ is not float:
        raise LibraryError(b"Second argument to luaProtectedTableError must be a string or number")
    raise LibraryError(b"Script attempted to access nonexistent global variable '%s'" % raw_text(key))


def _pcall_for_redis(pcall):
    """`pcall` as scripts written before Redis 7 want it: of an error that is a table they get its text.

    If that is no text, Redis leaves it behind as a third result.
    """
    def pcall_for_redis(*args):
        results = pcall(*args) if args else pcall(True)     # Redis calls its own placeholder then
        if results.__class__ is tuple and len(results) == 2 and results[0] is False:
            error = results[1]
            if isinstance(error, Table):
                text = error[b"err"]
                return (False, text) if text.__class__ in (bytes, float) else (False, error, text)
        return results
    return pcall_for_redis


def _protect_all(runtime, table):
    """Make a table read-only, and all tables that can be reached from it."""
    if table.__class__ is ReadOnlyTable:
        return
    metatable = getattr(table, "metatable", None)
    runtime.protect(table)
    for value in list(table.values()):
        if isinstance(value, Table):
            _protect_all(runtime, value)
    if metatable is not None:
        _protect_all(runtime, metatable)
