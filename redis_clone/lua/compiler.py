"""From the source of a chunk to a Python function: the whole way in one place."""
from .diagnosis import file_name
from .emitter_statements import emit
from .errors import LuaError, chunk_id
from .inference import infer
from .parser import parse

__all__ = ["compile_chunk", "python_text"]


def python_text(source, chunk_name, environments=False):
    """The Python text of a chunk and the entries of its places; raises LuaError for what is not Lua."""
    chunk = parse(source, chunk_name)
    environments = environments or b"setfenv" in source or b"getfenv" in source
    infer(chunk, environments)
    return emit(chunk, generators=b"coroutine" in source, environments=environments)


def compile_chunk(source, chunk_name, namespace, environment, environments=False):
    """The main function of a chunk.

    namespace     the Python globals that the text needs: operations and the table of globals, see runtime.py
    environment   the table of globals for functions that have their own
    Raises LuaError with a final message if the source is not Lua.
    """
    try:
        text, entries = python_text(source, chunk_name, environments)
        code = compile(text, file_name(chunk_name, entries), "exec", dont_inherit=True)
    except (RecursionError, MemoryError, SyntaxError, OverflowError):
        # Python's limits are not Lua's: it takes some 100 nested blocks.
        raise LuaError(b"%s: chunk has too many syntax levels" % chunk_id(chunk_name)) from None
    defined = {"E": [environment]}              # for the `def` of the main function, if it has its own globals
    exec(code, namespace, defined)
    return defined["main"]
