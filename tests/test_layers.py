"""The layering of the design: a module imports only from lower levels."""
import ast
import pathlib
import sys
import unittest

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "redis_clone"

# Lowest first. A module may import from its own line and from those before it.
LEVELS = [
    # leaves: know nothing of a server
    {"version", "errors", "clock", "glob", "inline", "replies", "long_double", "lcs", "frequency", "slowlog",
     "shortest_double", "lolwut", "disposal", "bits", "processors", "lua"},
    {"args", "key_specs", "collection_args", "stream_args", "latency", "propagation"},
    {"registry", "reference"},
    {"resp", "request_parser", "reply_parser", "datatypes"},
    {"persistence"},
    # a tool beside the server
    {"check"},
    # the data, then one client's state
    {"keyspace", "field_expiry"},
    {"config_types", "config_directives", "config", "config_rewrite", "log",
     "memory_use", "value_size", "digest"},
    {"session", "outbox", "departures", "stats", "eviction", "group_commit", "journal"},
    {"blocking", "pubsub", "expiry", "info", "notify", "monitor", "trace"},
    {"dispatch", "child", "snapshots", "append_only"},
    {"scripting"},
    {"load_progress", "rdb_loading", "aof_loading", "loading", "ending"},
    {"commands"},
    {"engine"},
    {"process", "listeners", "client_handler", "memory_connection", "server"},
    {"__init__", "__main__", "embedded", "testing", "pytest_plugin"},
]
# Beside the server: the client and its tools know the wire format only.
CLIENT = {"client", "cli"}
CLIENT_MAY_USE = {"client", "reply_parser", "errors", "version", "resp"}


def top_name(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path):
    """Names of the package's top-level modules that a file imports, wherever in the file."""
    depth = len(path.relative_to(PACKAGE).parts)            # 1 for redis_clone/x.py
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            if node.module:
                yield node.module.split(".")[0]
            else:
                yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("redis_clone"):
            yield (node.module.split(".") + ["__init__"])[1]


class LayersTest(unittest.TestCase):
    def files(self):
        return sorted(PACKAGE.rglob("*.py"))

    def test_every_module_has_a_level(self):
        known = set().union(*LEVELS) | CLIENT
        self.assertEqual({top_name(path) for path in self.files()} - known, set())

    def test_modules_import_only_from_their_level_and_below(self):
        level_of = {name: number for number, names in enumerate(LEVELS) for name in names}
        for path in self.files():
            name = top_name(path)
            if name in CLIENT:
                continue
            for imported in imports_of(path):
                if imported in level_of and imported != name:
                    self.assertLessEqual(level_of[imported], level_of[name], f"{path.name} imports {imported}")

    def test_the_client_knows_only_the_wire_format(self):
        for path in self.files():
            if top_name(path) in CLIENT:
                self.assertLessEqual(set(imports_of(path)), CLIENT_MAY_USE, path.name)

    def test_only_the_standard_library_is_imported(self):
        allowed = set(getattr(sys, "stdlib_module_names", ())) | {"redis_clone"}
        if len(allowed) == 1:
            self.skipTest("this Python does not list its standard library")
        for path in self.files():
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                    [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
                for name in names:
                    if (path.name, name) != ("pytest_plugin.py", "pytest"):     # pytest alone imports that one
                        self.assertIn(name.split(".")[0], allowed, path.name)

    def test_hot_files_stay_readable_in_one_sitting(self):
        for name in ("client_handler.py", "server.py", "request_parser.py", "dispatch.py", "keyspace.py", "resp.py"):
            lines = (PACKAGE / name).read_text(encoding="utf-8").count("\n")
            self.assertLessEqual(lines, 450, name)
