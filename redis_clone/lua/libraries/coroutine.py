"""The coroutine library: Lua's threads as Python generators, see calls.py."""
from ..arguments import NO_VALUE
from ..calls import YIELD_REFUSED, call
from ..diagnosis import CAUGHT, is_from_script, value_of
from ..errors import ArgumentError, LibraryError, LuaError
from ..operations import depth, enter
from ..values import Table, name_type

__all__ = ["open_coroutine", "Coroutine"]


class Coroutine:
    """A function that can be left in the middle and entered again there.

    status: "suspended", "running", "normal" (it has resumed another one) or "dead".
    depth: how many calls of generators are nested in it while it is suspended.
    """

    __slots__ = ("function", "generator", "status", "depth")

    def __init__(self, function):
        self.function = function
        self.generator = None                   # until it is resumed for the first time
        self.status = "suspended"
        self.depth = 0


name_type(Coroutine, b"thread")


def _run(runtime, coroutine, args):
    """Go on with a coroutine until it yields or ends: a tuple of values. Raises what it raises."""
    if coroutine.status != "suspended":
        raise LuaError(b"cannot resume %s coroutine" % coroutine.status.encode())
    enter()
    resumer = runtime.running
    if resumer is not None:
        resumer.status = "normal"
    runtime.running = coroutine
    coroutine.status = "running"
    outside = depth.generators
    depth.generators += coroutine.depth
    try:
        if coroutine.generator is None:
            coroutine.generator = call(coroutine.function, *args)
            args = None
        values = coroutine.generator.send(args)
        coroutine.status = "suspended"
        coroutine.depth = depth.generators - outside
    except StopIteration as end:
        values = end.value
    finally:
        depth.level -= 1
        depth.generators = outside
        if coroutine.status == "running":       # it has ended, one way or the other
            coroutine.status = "dead"
            coroutine.generator = None
        runtime.running = resumer
        if resumer is not None:
            resumer.status = "running"
    return values if values.__class__ is tuple else (values,)


def open_coroutine(runtime):
    """The Table of the library; `runtime.running` is the Coroutine that runs."""

    def create(function=NO_VALUE, *_):
        if not is_from_script(function):
            raise ArgumentError(1, b"Lua function expected")
        return Coroutine(function)

    def resume(coroutine=NO_VALUE, *args):
        if coroutine.__class__ is not Coroutine:
            raise ArgumentError(1, b"coroutine expected")
        try:
            return (True, *_run(runtime, coroutine, args))
        except CAUGHT as error:
            return False, value_of(error)

    def wrap(function=NO_VALUE, *_):
        coroutine = create(function)

        def wrapped(*args):
            try:
                return _run(runtime, coroutine, args)
            except CAUGHT as error:
                value = value_of(error)
            if value.__class__ is bytes:
                raise LibraryError(value)       # with the position of who called it in front, as Lua adds it
            raise LuaError(value)
        return wrapped

    def yield_(*args):
        raise LuaError(YIELD_REFUSED)           # not from a generator: a coroutine comes through `co`

    def yield_from_coroutine(*args):
        return (yield args)

    yield_.co = yield_from_coroutine

    def status(coroutine=NO_VALUE, *_):
        if coroutine.__class__ is not Coroutine:
            raise ArgumentError(1, b"coroutine expected")
        return coroutine.status.encode()

    def running(*_):
        return runtime.running

    return Table({b"create": create, b"resume": resume, b"wrap": wrap, b"yield": yield_, b"status": status,
                  b"running": running})
