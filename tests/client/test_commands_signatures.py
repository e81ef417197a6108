"""What help() and editors show of the methods for data, and that each sends the command it names."""
import inspect
import re
import unittest

from redis_clone import commands as server_commands         # noqa: F401  (fills the command table)
from redis_clone.client.commands import (
    bitmaps, geo, hashes, hyperloglog, keys, lists, sets, sorted_sets, strings,
)
from redis_clone.registry import TABLE
from tests.client.command_case import Recorder

CLASSES = {
    "generic": keys.KeyCommands, "string": strings.StringCommands, "bitmap": bitmaps.BitmapCommands,
    "hyperloglog": hyperloglog.HyperLogLogCommands, "list": lists.ListCommands, "set": sets.SetCommands,
    "hash": hashes.HashCommands, "sorted_set": sorted_sets.SortedSetCommands, "geo": geo.GeoCommands,
}
# The only ones that may take any number of arguments; names as in the methods.
VARIADIC = {"args", "fields", "keys", "names", "sources", "values"}
COMMAND_NAME = re.compile(r"\(([A-Z_]+)\)")

# What to call methods with, by the names of their arguments.
WORDS = {
    "bit": 0, "fields": ["f"], "items": ["f", "v"], "keys": ["k"], "mapping": {"m": 1}, "members": ["m"], "names": ["k"],
    "sources": ["k"], "values": [1, 2, "v"], "args": ["k"], "direction": "LEFT",
}
OPTIONS = {
    "bzmpop": {"min": True}, "zmpop": {"min": True}, "hset": {"key": "f", "value": "v"},
    "geosearch": {"member": "m", "radius": 1}, "geosearchstore": {"member": "m", "radius": 1},
}


def methods():
    """(class, name, method) of all public and special methods, each once."""
    for kind in CLASSES.values():
        for name, method in vars(kind).items():
            if callable(method) and (not name.startswith("_") or name.endswith("item__") or name == "__contains__"):
                yield kind, name, method


def command_of(method):
    return COMMAND_NAME.findall(inspect.getdoc(method).split("\n\n")[0])[-1]


def call(kind, name):
    """The words that the method sends."""
    recorder = type("Recording" + kind.__name__, (Recorder, kind), {})()
    method = getattr(recorder, name)
    args, options = [], dict(OPTIONS.get(name, {}))
    for parameter in inspect.signature(method).parameters.values():
        value = WORDS.get(parameter.name, "1")
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += value
        elif parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY:
            options[parameter.name] = value
        elif parameter.default is parameter.empty:
            args.append(value)
    method(*args, **options)
    return recorder.words


class CompletenessTest(unittest.TestCase):
    def test_every_command_of_the_server_is_named_by_a_method_of_its_group(self):
        named = {kind: {command_of(method) for owner, _, method in methods() if owner is kind}
                 for kind in CLASSES.values()}
        aliases = {"INCR": "INCRBY", "DECR": "DECRBY"}
        for name, record in TABLE.items():
            if record.group in CLASSES and not record.subcommands:
                name = name.partition("|")[0]
                self.assertIn(aliases.get(name, name), named[CLASSES[record.group]])

    def test_aliases(self):
        for kind, alias, name in ((strings.StringCommands, "incr", "incrby"), (strings.StringCommands, "decr", "decrby")):
            self.assertIs(getattr(kind, alias), getattr(kind, name))


class SignaturesTest(unittest.TestCase):
    def test_the_first_line_tells_what_is_returned(self):
        for kind, name, method in methods():
            first_line = inspect.getdoc(method).split("\n")[0]
            starts = ("Return ", "Set ", "Delete ") if name.startswith("__") else ("Return ",)
            self.assertTrue(first_line.startswith(starts), f"{kind.__name__}.{name}: {first_line}")

    def test_the_command_is_named_in_the_first_line(self):
        for kind, name, method in methods():
            self.assertRegex(inspect.getdoc(method).split("\n")[0], COMMAND_NAME, f"{kind.__name__}.{name}")

    def test_arguments_have_names(self):
        for kind, name, method in methods():
            for parameter in inspect.signature(method).parameters.values():
                self.assertIsNot(parameter.kind, parameter.VAR_KEYWORD, f"{kind.__name__}.{name}")
                if parameter.kind is parameter.VAR_POSITIONAL:
                    self.assertIn(parameter.name, VARIADIC, f"{kind.__name__}.{name}")

    def test_each_sends_the_command_it_names(self):
        for kind, name, method in methods():
            if not name.endswith("_iter") and name not in ("bitfield", "__getitem__"):
                self.assertEqual(call(kind, name)[0], command_of(method), f"{kind.__name__}.{name}")

    def test_words_are_of_types_that_redis_has(self):
        for kind, name, method in methods():
            if not name.endswith("_iter") and name not in ("bitfield", "__getitem__"):
                for word in call(kind, name):
                    self.assertIn(type(word), (str, int, float), f"{kind.__name__}.{name}")


if __name__ == "__main__":
    unittest.main()
