"""Runs Lua programs in lua5.1 and in redis_clone.lua, each giving the same kind of text.

The text is what was printed and a last line that tells how the program ended: "R" it returned, "E" and a
message, "V" and an error value that is no string, "X" it was stopped for being too long (lua5.1 only;
nothing is compared then). Values are printed without addresses. Programs for lua5.1 go in batches to one
process (lua_driver.lua); the other engine runs in this one, in a thread with a stack for deep recursion.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

DRIVER = Path(__file__).resolve().with_name("lua_driver.lua")
PROJECT_ROOT = Path(__file__).resolve().parents[2]
MOST_INSTRUCTIONS = 2000000
TIMEOUT_S = 20.0
OWN_TIMEOUT_S = 30.0
STACK_BYTES = 256 * 1024 * 1024
DEEPEST_PYTHON = 12000
ARGUMENTS = (b"one", 2.0, None, True)           # what programs get as ..., here and in the driver
STOPPED = b"X"

_NO_TEXT = {float: b"<number>", bool: b"<boolean>", type(None): b"<nil>"}       # from a __tostring
_ADDRESS = re.compile(rb"\A([A-Za-z]+): [0-9A-Za-z()]+\Z")


def find_lua():
    """Return the path of lua5.1, or None."""
    return shutil.which("lua5.1")


class RealLua:
    """lua5.1, a process for each batch of programs."""

    def run(self, programs):
        """Return the text of each program; b"X" for those that ran too long."""
        texts = []
        while len(texts) < len(programs):
            texts += self._run(programs[len(texts):])
            if len(texts) < len(programs):
                texts.append(STOPPED)           # it hung at this one, or died of it
        return texts

    def _run(self, programs):
        with tempfile.NamedTemporaryFile(prefix="lua-programs-") as batch:
            for program in programs:
                batch.write(b"%d %d\n%b" % (len(program.source), program.runs, program.source))
            batch.flush()
            command = [find_lua(), str(DRIVER), batch.name, str(MOST_INSTRUCTIONS)]
            try:
                done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      timeout=TIMEOUT_S)
                return _texts(done.stdout)
            except subprocess.TimeoutExpired as error:
                return _texts(error.stdout or b"")


def _texts(output):
    texts, place = [], 0
    while place < len(output):
        line_end = output.index(b"\n", place)
        end = line_end + 1 + int(output[place:line_end])
        texts.append(output[line_end + 1:end])
        place = end
    return texts


class OwnLua:
    """redis_clone.lua, a new Runtime for each program."""

    def __init__(self):
        if str(PROJECT_ROOT) not in sys.path:
            sys.path.insert(0, str(PROJECT_ROOT))
        # Only here: the generators and the judge of commands are independent of what they test.
        from redis_clone.lua import errors, runtime
        self._errors = errors
        self._new_runtime = runtime.Runtime

    def run(self, program):
        """Return the text of a program."""
        runtime = self._new_runtime()
        shown = _Shown(runtime.globals[b"tostring"])
        lines = []

        def print_line(*values):
            lines.append(b"\t".join(map(shown, values)))
            return ()

        runtime.globals[b"print"] = print_line
        watch = threading.Timer(OWN_TIMEOUT_S, runtime.interrupt, (self._kill,))
        watch.daemon = True
        watch.start()
        try:
            lines.append(self._ending(runtime, program, shown))
        finally:
            watch.cancel()
        return b"\n".join(lines)

    def _kill(self):
        raise self._errors.ScriptKilled()

    def _ending(self, runtime, program, shown):
        try:
            function = runtime.load(program.source, b"@user_script")
            if program.runs:
                runtime.call(function, *ARGUMENTS)
            return b"R"
        except self._errors.LuaError as error:
            if error.value.__class__ is bytes:
                return b"E" + error.value
            return b"V" + shown(error.value)
        except self._errors.ScriptKilled:
            return b"(does not end)"
        except Exception as error:          # a mistake of the engine: what is looked for
            return b"(internal error) " + _described(error).encode()


class _Shown:
    """What a value looks like when it is printed: as tostring says, but without addresses."""

    def __init__(self, tostring):
        self._tostring = tostring

    def __call__(self, value):
        text = self._tostring(value)
        if text.__class__ is tuple:
            text = text[0] if text else None
        if text.__class__ is not bytes:
            return _NO_TEXT.get(text.__class__, b"<table>")
        return text if value.__class__ is bytes else _ADDRESS.sub(rb"\1", text)


def _described(error):
    """Return an exception and where it was raised, without what changes from program to program."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    place = "script"
    if code.co_filename.startswith("/"):
        place = "%s:%d" % (Path(code.co_filename).name, trace.tb_lineno)
    text = error.msg if isinstance(error, SyntaxError) else str(error)      # without the text of the module
    return "%s: %s (%s)" % (type(error).__name__, " ".join(text.split())[:200], place)


def with_deep_stack(function, *arguments):
    """Call a function in a thread with a large stack and return what it returns."""
    result = []

    def call():
        try:
            result.append((True, function(*arguments)))
        except BaseException as error:
            result.append((False, error))

    kept = threading.stack_size(STACK_BYTES), sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(DEEPEST_PYTHON)
        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.5)                # so that Ctrl-C is noticed
    finally:
        threading.stack_size(kept[0])
        sys.setrecursionlimit(kept[1])
    succeeded, value = result[0]
    if not succeeded:
        raise value
    return value
