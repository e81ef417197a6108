"""docs/scripting.md and the README's passage on scripts show what really happens, and this keeps it so.

Python text in the document is compared as a syntax tree, so line breaks, indentation and superfluous
parentheses are free there. A Python block shows what is made of the Lua block before it: all of it if it
begins with `def main`, else statements that follow each other somewhere in it. Commands are those of a
shell; behind `# `, or on the lines after the command, is the reply as redis-cli shows it.
"""
import ast
import re
import shlex
import unittest
from pathlib import Path

from redis_clone.errors import RedisError
from redis_clone.lua.compiler import python_text
from redis_clone.lua.inference import infer
from redis_clone.lua.lexer import scan
from redis_clone.lua.parser import parse
from redis_clone.lua.stack import CALLS_ARE_UNCHECKED
from redis_clone.lua.syntax import Function, Variable
from tests.recording import RecordingTestCase
from tests.support import REAL

ROOT = Path(__file__).resolve().parent.parent
CHUNK = b"@user_script"
LINE = 8                        # of the script, whose tokens and tree are shown
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(name, title):
    """The text under a heading of a document, up to the next chapter."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(2)


def blocks(title, language, name="docs/scripting.md"):
    return [text for kind, text in _FENCED.findall(section(name, title)) if kind == language]


def script():
    return blocks("The script", "lua")[0].encode()


def read_session(text):
    """[words, expected reply] of each command of a shell session; quotes may hold line ends."""
    session, pending = [], ""
    for line in text.splitlines():
        if line.startswith("# ") and not pending:
            session[-1][1] = (session[-1][1] + line[1:]).strip()
            continue
        pending += line
        command, _, reply = re.fullmatch(r"(?s)(.*?)(\s+# ([^\n]*))?", pending).groups()
        try:
            session.append([shlex.split(command), reply or ""])
            pending = ""
        except ValueError:              # a quotation goes on in the next line
            pending += "\n"
    return session


def shown_reply(reply):
    """A reply value as redis-cli shows it."""
    if isinstance(reply, RedisError):
        return f"(error) {reply}"
    if reply.__class__ is int:
        return f"(integer) {reply}"
    if reply is None:
        return "(nil)"
    return reply if reply.__class__ is str else '"%s"' % reply.decode()


@unittest.skipIf(REAL, "looks into the engine")
class SessionTest(RecordingTestCase):
    def run_session(self, text):
        for words, expected in read_session(text):
            self.assertEqual(words.pop(0), "redis-cli")
            if words[0] == "--eval":
                comma = words.index(",")
                keys = words[2:comma]
                words = ["EVAL", script(), len(keys), *keys, *words[comma + 1:]]
            words = [script().rstrip(b"\n") if word == "$(cat limiter.lua)" else word for word in words]
            self.assertEqual(shown_reply(self.execute(*words)), expected, words)

    def test_replies_of_the_script(self):
        self.run_session(blocks("The script", "sh")[0])

    def test_error_messages(self):
        self.run_session(blocks("Where an error comes from", "sh")[0])

    def test_the_readme(self):
        self.run_session(blocks("Scripts", "sh", "README.md")[0])

    def test_what_the_first_request_comes_to(self):
        lines = blocks("6. The run", "text")[0].splitlines()
        self.assertEqual((lines[0], lines[-1]), ("MULTI", "EXEC"))
        unit = [re.sub(r"\(now \+ (\d+)\)", r"{+\1}", line) for line in lines[1:-1]]
        self.assert_propagates([unit], "EVAL", script(), 1, "user:7", 60, 2, 3600, 100)


@unittest.skipIf(REAL, "only this server differs")
class DifferencesTest(RecordingTestCase):
    """What the document says of the differences to Redis."""

    def check_script(self, expected, source):
        self.assertEqual(self.execute("EVAL", source, 0), expected)

    def test_pairs_goes_in_the_order_in_which_keys_came_in(self):
        self.check_script(b"zab", "local t, s = {z = 1, a = 2}, '' t.b = 3 "
                                  "for k in pairs(t) do s = s .. k end return s")

    def test_the_length_of_a_table_with_a_hole(self):
        self.check_script(2, "local t = {} t[1] = 1 t[2] = 2 t[4] = 4 return #t")

    def test_nested_blocks(self):
        self.check_script(98, "if KEYS then " * 98 + "return 98 " + "end " * 98)

    def test_there_is_no_bytecode(self):
        self.check_script(None, "return pcall(string.dump, function() end) or nil")

    def test_memory_is_not_told(self):
        self.check_script(0, "return collectgarbage('count')")

    def test_there_is_no_debugger(self):
        self.assertIsInstance(self.execute("SCRIPT", "DEBUG", "YES"), RedisError)
        self.check_script(None, "redis.debug(1) return redis.breakpoint() or nil")

    def test_everything_is_allowed(self):
        self.check_script(1, "return redis.acl_check_cmd('FLUSHALL')")


class StepsTest(unittest.TestCase):
    """The steps from the source to the tree."""

    def test_tokens(self):
        tokens = scan(script())
        kinds, texts = [line.split() for line in blocks("1. Words", "text")[0].splitlines()]
        shown = [(kind, text.decode()) for kind, text, line in zip(tokens.kinds, tokens.texts, tokens.lines)
                 if line == LINE]
        self.assertEqual(list(zip(kinds, texts)), shown)

    def test_tree(self):
        statement = [each for each in parse(script(), CHUNK).body if each.line == LINE - 1][0].body[0]
        self.assertEqual(blocks("2. A tree", "text")[0], "".join(f"{line}\n" for line in outline(statement)))

    def test_what_is_known_of_locals(self):
        chunk = parse(script(), CHUNK)
        infer(chunk)
        table = section("docs/scripting.md", "3. What is known beforehand")
        rows = re.findall(r"^\| (`.*`) \| (\w+) \|", table, re.MULTILINE)
        rows = [(name, kind) for names, kind in rows for name in re.findall(r"\w+", names)]
        kinds = {}
        for variable in variables_of(chunk):
            kinds.setdefault(variable.name.decode(), set()).add(
                "function" if variable.known_function else variable.kind or "unknown")
        self.assertEqual({name: {kind} for name, kind in rows}, kinds)
        self.assertTrue(chunk.functions[0].single)


def outline(node, indent=""):
    """The lines that show a tree: the class of a node and its plain attributes, then what is below it."""
    words, below = [], []
    for name in node.__slots__:
        value = getattr(node, name)
        if name in ("line", "depth"):
            continue
        if isinstance(value, list) and isinstance(value[0], Variable):
            words.append(", ".join(variable.name.decode() for variable in value))
        elif isinstance(value, list):
            below += value
        elif isinstance(value, Variable):
            words.append(value.name.decode())
        elif isinstance(value, (bytes, str, float)):
            words.append(value.decode() if isinstance(value, bytes) else str(value))
        else:
            below.append(value)
    lines = [indent + " ".join([node.__class__.__name__, *words])]
    for child in below:
        lines += outline(child, indent + "  ")
    return lines


def variables_of(node):
    """All Variables in a tree."""
    if isinstance(node, Variable):
        return {node}
    if isinstance(node, (list, tuple)):
        return {variable for each in node for variable in variables_of(each)}
    if isinstance(node, Function):
        return variables_of(node.parameters) | variables_of(node.body)
    if hasattr(node, "__slots__"):
        return {variable for name in node.__slots__ for variable in variables_of(getattr(node, name))}
    return set()


@unittest.skipIf(CALLS_ARE_UNCHECKED, "functions begin with one more line in this version of Python")
class PythonTextTest(unittest.TestCase):
    def test_what_lua_is_compiled_to(self):
        text = (ROOT / "docs/scripting.md").read_text(encoding="utf-8")
        source = shown = None
        for language, block in _FENCED.findall(text):
            if language == "lua":
                source = block.encode()
            elif language == "python":
                shown = block
                self.check(source, shown)
        self.assertIsNotNone(shown)

    def check(self, source, shown):
        text, _ = python_text(source, CHUNK)
        whole = ast.parse(text)
        wanted = [ast.dump(statement) for statement in ast.parse(shown).body]
        bodies = [whole.body] if shown.startswith("def main") else [
            each.body for each in ast.walk(whole) if isinstance(getattr(each, "body", None), list)]
        for body in bodies:
            present = [ast.dump(statement) for statement in body]
            for start in range(len(present) - len(wanted) + 1):
                if present[start:start + len(wanted)] == wanted:
                    return
        self.fail(f"docs/scripting.md shows\n\n{shown}\nbut the text is now\n\n{text}")

    def test_places(self):
        text, entries = python_text(script(), CHUNK)
        present = [(str(number), entry.replace("\t", ", "), line.strip())
                   for number, (entry, line) in enumerate(zip(entries, text.split("\n")), 1)]
        rows = [re.split(r" {2,}", line.strip(), maxsplit=2)
                for line in blocks("Where an error comes from", "text")[0].splitlines()[1:]]
        first = int(rows[0][0])
        self.assertEqual([tuple(row) for row in rows], present[first - 1:first - 1 + len(rows)])


def files_named(folders):
    """The names and patterns in the table of files that begin with one of these folders."""
    return re.findall(rf"`((?:{folders})/[\w/*.]+)`", section("docs/scripting.md", "Where to look"))


class FilesTest(unittest.TestCase):
    def test_the_files_that_are_named_exist(self):
        for pattern in files_named("lua|scripting|commands"):
            self.assertTrue(list((ROOT / "redis_clone").glob(pattern.rstrip("/"))), pattern)

    def test_all_files_are_named(self):
        named = set()
        for pattern in files_named("lua|scripting"):
            named.update((ROOT / "redis_clone").glob(pattern + "*.py" if pattern.endswith("/") else pattern))
        present = {path for folder in ("lua", "lua/libraries", "scripting")
                   for path in (ROOT / "redis_clone" / folder).glob("*.py") if not path.name.startswith("__")}
        self.assertEqual({path.name for path in present - named}, set())


if __name__ == "__main__":
    unittest.main()
