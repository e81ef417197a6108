"""The configuration of one server: read from files and the command line, asked for by CONFIG GET, changed by
CONFIG SET.

A `Config` holds a typed value for every directive of config_directives.py. Three ways lead into it: `load`
reads the lines of a redis.conf, `load_file` a file of them, and `set_many` is CONFIG SET: all or nothing.
Whoever lives by a directive registers with `on_change`; a callback may still refuse a new value.

Texts are str. Bytes that are not UTF-8 travel as surrogate escapes, so any password can be configured.

Changes are made under the engine's lock, or before there is one. A value is read in one dictionary look-up
and is never changed in place, so readers need no lock.
"""

import glob as file_glob
import os

from .config_directives import DIRECTIVES, LINE_ONLY
from .errors import RedisError
from .glob import compile_pattern
from .inline import quote as quote_bytes, split_inline

__all__ = ["Config", "ConfigError", "quote"]

_BY_NAME = {name: one for one in DIRECTIVES for name in (one.name, one.alias) if name}


class ConfigError(Exception):
    """A line that cannot be followed: `source` (a file's name), `line_number`, `line`, and `reason`."""

    def __init__(self, source, line_number, line, reason):
        super().__init__(f"{source}, line {line_number}: {line!r}: {reason}")
        self.source = source
        self.line_number = line_number
        self.line = line
        self.reason = reason


class Config:
    """All directives of one server."""

    def __init__(self):
        self._values = {directive.name: directive.default for directive in DIRECTIVES}
        self._given = set()                 # names that a file, the command line or CONFIG SET has set
        self._line_only = {name: [] for name in LINE_ONLY}
        self._callbacks = {}                # name -> functions of the new value
        self.path = ""                      # absolute path of the file given to `load_file`

    # Reading

    def __getitem__(self, name):
        """The value of a directive, by its main name: int, bool, str, tuple, dict or frozenset."""
        return self._values[name]

    def text(self, name):
        """The value as CONFIG GET prints it; aliases are answered too."""
        directive = _BY_NAME[name]
        return directive.kind.format(self._values[directive.name])

    def get(self, patterns):
        """CONFIG GET: a dict of name to text, for glob patterns and plain names in any case.

        As in Redis, a plain name is answered as it was spelled, and hidden directives only by plain name.
        """
        shown = {}                          # name -> how it is spelled in the answer
        for pattern in patterns:
            if not any(char in pattern for char in "[*?"):
                shown.setdefault(pattern.lower(), pattern)
                continue
            matches = compile_pattern(pattern.encode("utf-8", "surrogateescape"), ignore_case=True)
            for name, directive in _BY_NAME.items():
                if not directive.hidden and matches(name.encode()):
                    shown.setdefault(name, name)
        return {spelled: self.text(name) for name, spelled in shown.items() if name in _BY_NAME}

    def lines(self, name):
        """The words given to each line of a directive that is no parameter, such as rename-command."""
        return list(self._line_only[name])

    def is_secret(self, name):
        """Whether the value of this name (any case, perhaps unknown) must be kept out of logs."""
        directive = _BY_NAME.get(name.lower())
        return directive is not None and directive.secret

    def unused(self):
        """Names that somebody has set to something this server does not do (yet), in order."""
        idle = [one.name for one in DIRECTIVES
                if one.idle and one.name in self._given and self._values[one.name] != one.default]
        return idle + [name for name in ("loadmodule", "user") if self._line_only[name]]

    # Changing

    def on_change(self, name, callback):
        """Have `callback(new_value)` called after each CONFIG SET that changes this directive.

        It may refuse by raising ValueError or OSError (the message completes Redis' sentence) or RedisError
        (sent as it is). Then all directives of that CONFIG SET get their old values back, and the callbacks
        that were called already are called again, with those.
        """
        self._callbacks.setdefault(_BY_NAME[name].name, []).append(callback)

    def forget_callbacks(self):
        """Nobody lives by these directives any more."""
        self._callbacks.clear()

    def set_many(self, pairs, local_client=False):
        """CONFIG SET: `pairs` of name and text, all or nothing; raises RedisError.

        `local_client` says that the one who asks may change protected directives if these are "local".
        """
        names = self._check_names([name for name, _ in pairs], local_client)
        values = {}
        for name, (_, text) in zip(names, pairs):
            directive = _BY_NAME[name]
            current = values.get(directive.name, self._values[directive.name])
            if directive.kind.adds_up:
                current = ()                # CONFIG SET replaces what the lines of a file would add to
            try:
                values[directive.name] = _parse(directive, [text], current)
            except ValueError as error:
                raise _set_failed(name, error) from None
        self._apply(values, names)
        self._given.update(values)

    def _check_names(self, names, local_client):
        """Return the names in lower case; like Redis, look at all of them before any value."""
        unknown = next((name for name in names if name.lower() not in _BY_NAME), None)
        known = []
        for spelled in names:                   # as the refusals here quote them
            name = spelled.lower()
            if name not in _BY_NAME:
                raise RedisError(f"ERR Unknown option or number of arguments for CONFIG SET - '{unknown}'")
            if _BY_NAME[name].fixed:
                raise _set_failed(spelled, "can't set immutable config")
            if _BY_NAME[name].protected and not self._may_change_protected(local_client):
                raise _set_failed(spelled, "can't set protected config")
            if name in known:
                raise _set_failed(spelled, "duplicate parameter")
            known.append(name)
        return known

    def _may_change_protected(self, local_client):
        allowed = self["enable-protected-configs"]
        return allowed == "yes" or (allowed == "local" and local_client)

    def _apply(self, values, names):
        """Store the values and call the callbacks of those that changed; undo both if one refuses."""
        before = {name: self._values[name] for name in values}
        self._values.update(values)
        called = []
        for given_name in names:
            name = _BY_NAME[given_name].name
            if values[name] == before[name]:
                continue
            for callback in self._callbacks.get(name, ()):
                called.append((name, callback))
                try:
                    callback(values[name])
                except (ValueError, OSError, RedisError) as error:
                    self._undo(before, called)
                    raise error if isinstance(error, RedisError) else _set_failed(given_name, error) from None

    def _undo(self, before, called):
        self._values.update(before)
        for name, callback in called:
            try:
                callback(before[name])
            except (ValueError, OSError, RedisError):
                pass                        # what it did before cannot be had back; the first error is told

    # Loading

    def load(self, lines, source, first_line=1):
        """Follow the lines of a configuration file (str, with or without line ends); raises ConfigError.

        Callbacks are not called: this is meant for the time before the server starts.
        """
        self._load(lines, source, first_line, ())

    def load_file(self, path):
        """Follow a configuration file; raises ConfigError, or OSError if it cannot be read."""
        self.path = os.path.abspath(path)
        self._load_file(path, ())

    def _load_file(self, path, including):
        with open(path, "rb") as file:
            text = file.read().decode("utf-8", "surrogateescape")
        self._load(text.split("\n"), path, 1, including + (os.path.realpath(path),))

    def _load(self, lines, source, first_line, including):
        for number, line in enumerate(lines, first_line):
            line = line.strip(" \t\r\n")
            if not line or line.startswith("#"):
                continue
            try:
                self._follow(_split(line), including)
            except ValueError as error:
                raise ConfigError(source, number, line, str(error)) from None

    def _follow(self, words, including):
        if not words:
            return
        name, words = words[0].lower(), words[1:]
        if name in _BY_NAME:
            directive = _BY_NAME[name]
            adds_to_default = directive.kind.adds_up and directive.name not in self._given
            current = () if adds_to_default else self._values[directive.name]
            self._values[directive.name] = _parse(directive, words, current)
            self._given.add(directive.name)
        elif name in LINE_ONLY and LINE_ONLY[name][0] <= len(words) <= LINE_ONLY[name][1]:
            self._line_only[name].append(tuple(words))
            if name == "include":
                self._include(words[0], including)
        elif name == "sentinel":
            raise ValueError("sentinel directive while not in sentinel mode")
        else:
            raise ValueError("Bad directive or wrong number of arguments")

    def _include(self, pattern, including):
        """Load the files that a path with or without wildcards names, seen from `dir`."""
        pattern = os.path.join(self["dir"], pattern)
        paths = sorted(file_glob.glob(pattern)) if file_glob.has_magic(pattern) else [pattern]
        for path in paths:
            if os.path.realpath(path) in including:
                raise ValueError(f"'{path}' includes itself")
            try:
                self._load_file(path, including)
            except OSError as error:
                raise ValueError(f"can't open config file '{path}': {error.strerror}") from None


def _parse(directive, words, current):
    if not directive.kind.several:
        if len(words) != 1:
            raise ValueError("wrong number of arguments")
    elif len(words) == 1:
        words = words[0].split(" ")         # as Redis: two spaces in a row make an empty word
    return directive.kind.parse(words, current)


def _set_failed(name, reason):
    reason = getattr(reason, "strerror", None) or reason
    return RedisError(f"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")


def _split(line):
    words = split_inline(line.encode("utf-8", "surrogateescape"))
    if words is None:
        raise ValueError("Unbalanced quotes in configuration line")
    return [word.decode("utf-8", "surrogateescape") for word in words]


def quote(word):
    """The word in double quotes, so that a line of a configuration file holds it as one."""
    return quote_bytes(word.encode("utf-8", "surrogateescape")).decode("ascii")
