"""The libraries of functions that FUNCTION LOAD has brought in, and that FCALL calls.

Libraries go by their names, functions by theirs in any case; a function is known in only one library. A library
comes in as a whole or not at all: its code is run first (library_loading.py), then its names are looked at, and only
then anything is changed. RESTORE does the same with several of them.

What is kept on disk are the sources: in RDB files, as FUNCTION LOAD in append-only files. FLUSHALL does not touch them.

Called with the engine's lock held. The format of FUNCTION DUMP is in function_dump.py, the commands are in
../commands/functions.py, and how a function is run is in scripts.py.
"""
from .library_loading import LOAD_LIMIT_S, LibraryLoader, LibraryRefused, parse_source

__all__ = ["Functions"]

_LIBRARY_BYTES, _FUNCTION_BYTES = 600, 200      # of the objects around them, in CPython


class _Shelf:
    """Libraries by name, and their functions by name in lower case."""

    def __init__(self):
        self.libraries = {}
        self.functions = {}

    def put(self, library):
        """Add a library, in place of one that has its name. Raises LibraryRefused if a function is in another one."""
        self.check_functions(library, {library.name})
        self.remove(library.name)
        self.libraries[library.name] = library
        for name, function in library.functions.items():
            self.functions.setdefault(name.lower(), function)

    def check_functions(self, library, replaced):
        """Refuse a library one of whose functions is in another one, which is not to be `replaced` (a set of names)."""
        for name in library.functions:
            known = self.functions.get(name.lower())
            if known is not None and known.library_name not in replaced:
                raise LibraryRefused(f"Function {name.decode()} already exists")

    def remove(self, name):
        """Forget a library, if it is there; returns whether it was."""
        library = self.libraries.pop(name, None)
        if library is None:
            return False
        for function_name in library.functions:
            self.functions.pop(function_name.lower(), None)
        return True


class Functions:
    """All libraries of one engine: `engine.functions`.

    load_limit_s    how long the code of a library may take that a client loads
    called_with     the first words of the last FCALL: command, function, number of keys
    """

    def __init__(self, engine):
        self._engine = engine
        self._shelf = _Shelf()
        self._loader = LibraryLoader(engine)
        self.load_limit_s = LOAD_LIMIT_S
        self.called_with = ()

    # What there is

    def find(self, name):
        """The library_loading.Function with this name (bytes, any case), or None."""
        return self._shelf.functions.get(name.lower())

    @property
    def libraries(self):
        """All library_loading.Library, in the order they came in."""
        return self._shelf.libraries.values()

    @property
    def sources(self):
        """What makes the same libraries again."""
        return [library.source for library in self.libraries]

    @property
    def function_count(self):
        return sum(len(library.functions) for library in self.libraries)

    @property
    def memory_bytes(self):
        """About what the libraries take, apart from what their code has made in Lua."""
        return sum(_LIBRARY_BYTES + len(library.source) + _FUNCTION_BYTES * len(library.functions)
                   for library in self.libraries)

    # What changes it

    def load(self, source, replace=False):
        """Take in a library, with `replace` in place of one that has its name; returns its name.

        Raises LibraryRefused; then all is as it was.
        """
        return self._load_onto(self._shelf, source, replace)

    def _load_onto(self, shelf, source, replace=False):
        name, code = parse_source(source)
        if name in shelf.libraries and not replace:
            raise LibraryRefused(f"Library '{name.decode()}' already exists")
        limit_s = self.load_limit_s if self._engine.loading is None else None       # it has been loaded before
        shelf.put(self._loader.load(name, source, code, limit_s))
        return name

    def delete(self, name):
        """Forget a library; returns whether there was one with this name."""
        return self._shelf.remove(name)

    def clear(self):
        """Forget all libraries."""
        self._shelf = _Shelf()

    def restore(self, sources, policy):
        """Take in all these libraries or none of them.

        `policy`: "flush" forgets all others, "append" refuses those that are there, "replace" replaces them.
        Raises LibraryRefused, and whatever iterating over `sources` raises.
        """
        restored = _Shelf()
        for source in sources:
            self._load_onto(restored, source)
        if policy == "flush":
            self._shelf = restored
        else:
            self._join(restored.libraries, policy == "replace")

    def _join(self, libraries, replace):
        shelf = self._shelf
        if not replace:
            for name in libraries:
                if name in shelf.libraries:
                    raise LibraryRefused(f"Library {name.decode()} already exists")
        for library in libraries.values():
            shelf.check_functions(library, libraries)
        for name in libraries:                  # all of them first: a function may move from one to another
            shelf.remove(name)
        for library in libraries.values():
            shelf.put(library)
