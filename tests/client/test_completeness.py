"""The client has a method for every command that the reference tables know."""
import ast
import inspect
import sys
import unittest
from pathlib import Path

SCRIPTS = str(Path(__file__).resolve().parent.parent.parent / "scripts")
sys.path.insert(0, SCRIPTS)
try:
    import commands_table
finally:
    sys.path.remove(SCRIPTS)

from redis_clone.client import commands
from redis_clone.client.pipeline import Pipeline
from redis_clone.client.pubsub import PubSub
from redis_clone.client.redis import Redis

# Where the method is not named like the command, with its words joined by "_" (as in redis-py).
METHODS = {
    "CLUSTER|COUNT-FAILURE-REPORTS": "cluster_count_failure_report",
    "CLUSTER|GETKEYSINSLOT": "cluster_get_keys_in_slot",
    "CLUSTER|SAVECONFIG": "cluster_save_config",
    "DEL": "delete",
    "OBJECT|ENCODING": "object",
    "OBJECT|FREQ": "object",
    "OBJECT|HELP": "object",
    "OBJECT|IDLETIME": "object",
    "OBJECT|REFCOUNT": "object",
}
# What only makes sense on a connection of its own is on the class that has one.
ELSEWHERE = {
    "DISCARD": (Pipeline, "discard"), "EXEC": (Pipeline, "execute"), "MULTI": (Pipeline, "multi"),
    "MONITOR": (Redis, "monitor"),
    "PSUBSCRIBE": (PubSub, "psubscribe"), "PUNSUBSCRIBE": (PubSub, "punsubscribe"),
    "SSUBSCRIBE": (PubSub, "ssubscribe"), "SUNSUBSCRIBE": (PubSub, "sunsubscribe"),
    "SUBSCRIBE": (PubSub, "subscribe"), "UNSUBSCRIBE": (PubSub, "unsubscribe"),
}


def method_of(name):
    """The class and the name of the method for the command."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    return commands.Commands, METHODS.get(name) or name.lower().replace("|", "_").replace("-", "_")


def public_methods(kind):
    return {name: method for name, method in vars(kind).items() if callable(method) and not name.startswith("_")}


class CompletenessTest(unittest.TestCase):
    def all_commands(self):
        return [name for group in commands_table.read_groups().values() for name in group]

    def test_every_command_has_a_method(self):
        missing = [name for name in self.all_commands() if not callable(getattr(*method_of(name), None))]
        self.assertEqual(missing, [])

    def test_the_exceptions_are_commands(self):
        self.assertEqual({*METHODS, *ELSEWHERE} - {*self.all_commands()}, set())

    def test_the_replies_belong_to_commands_that_methods_send(self):
        sent = set()
        for file in Path(commands.__file__).parent.glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    sent.add(node.value)
        names = {name.replace("|", " ") for name in self.all_commands()}
        self.assertEqual([name for name in commands.REPLIES if name not in sent and name not in names], [])


class MethodsTest(unittest.TestCase):
    def test_no_two_groups_have_the_same_method_or_reply(self):
        seen = {}
        for kind in commands.Commands.__bases__:
            for name in public_methods(kind):
                self.assertNotIn(name, seen, f"in {kind.__name__} and {seen.get(name)}")
                seen[name] = kind.__name__
        tables = [module.REPLIES for module in commands._MODULES]
        self.assertEqual(sum(map(len, tables)), len(commands.REPLIES))

    def test_every_method_tells_what_it_returns(self):
        for kind in commands.Commands.__bases__:
            for name, method in public_methods(kind).items():
                self.assertTrue((method.__doc__ or "").strip(), f"{kind.__name__}.{name} has no docstring")

    def test_help_shows_real_arguments(self):
        for kind in commands.Commands.__bases__:
            for name, method in public_methods(kind).items():
                kinds = {parameter.kind for parameter in inspect.signature(method).parameters.values()}
                self.assertNotIn(inspect.Parameter.VAR_KEYWORD, kinds, f"{kind.__name__}.{name}")


if __name__ == "__main__":
    unittest.main()
