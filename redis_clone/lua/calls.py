"""Calls that are not plain Python calls: proper tail calls and coroutines.

Tail calls. `return f(x)` is a plain call where the depth is bounded. Where it may not be (inference.py), the body of
the function answers with a list, `[f, x]`, no Lua value being a list, and whoever called the function from
outside goes on in a loop: `bounce`. Others know such a function by its attribute `body`.

Coroutines. In a chunk that mentions them every function is a Python generator: `co` is its body, and the function
itself runs that for those who cannot wait for it, such as library functions and metamethods, where Lua 5.1
does not allow to yield either. Calls between generators are `yield from call(f, x)`.
"""
from .errors import ExecutionError, LuaError, OperationError
from .operations import depth, metamethod_of
from .values import array_of, type_name

__all__ = ["bounce", "call", "generator_function", "argument_table", "keep_environment", "YIELD_REFUSED"]

_DEEPEST_GENERATOR = 400        # nested calls of generators: each costs up to 1 KB of C stack and two Python calls
YIELD_REFUSED = b"attempt to yield across metamethod/C-call boundary"


def bounce(pending):
    """Make the calls that bodies answer with, one after the other; the results of the last."""
    while True:
        body = getattr(pending[0], "body", None)
        if body is None:
            return pending[0](*pending[1:])
        size = len(pending)
        if size == 2:
            results = body(pending[1])
        elif size == 3:
            results = body(pending[1], pending[2])
        elif size == 1:
            results = body()
        else:
            results = body(*pending[1:])
        if results.__class__ is not list:
            return results
        pending = results


def argument_table(values):
    """The local `arg` of functions that do not use `...` themselves, as Lua 5.0 had it."""
    table = array_of(values)
    table[b"n"] = float(len(values))
    return table


def keep_environment(function, body):
    """Let getfenv and setfenv find the list that holds a function's globals, and in it the function."""
    function.environment = body.__kwdefaults__["E"]
    function.environment.append(function)


# --- coroutines ------------------------------------------------------------------------------------------

def call(function, *args):
    """A generator: call any function from a coroutine, so that it may yield; its results."""
    body = getattr(function, "co", None)
    if body is None:
        handler = metamethod_of(function, b"__call")
        if handler is not None and type_name(handler) == b"function":
            return (yield from call(handler, function, *args))
        if not callable(function):
            raise OperationError(b"call", function)
        return function(*args)
    if depth.generators >= _DEEPEST_GENERATOR:
        raise ExecutionError(b"stack overflow")
    depth.generators += 1
    try:
        results = yield from body(*args)
        while results.__class__ is list:
            function, *args = results
            body = getattr(function, "co", None)
            results = (yield from body(*args)) if body is not None else (yield from call(function, *args))
    except GeneratorExit:                       # a coroutine that nobody needs any more: its calls do not count
        raise
    except BaseException:
        depth.generators -= 1
        raise
    depth.generators -= 1
    return results


def generator_function(body):
    """The Lua function whose body is a generator function."""
    def function(*args):
        return run_to_end(call(function, *args))
    function.co = body
    return function


def run_to_end(generator):
    """The results of a generator that is not allowed to yield."""
    try:
        generator.send(None)
    except StopIteration as end:
        return end.value
    return generator.throw(LuaError(YIELD_REFUSED))     # nothing in a generator catches: out it comes
