"""docs/commands.md says what is supported, and this keeps it true."""
import sys
import unittest
from collections import namedtuple
from pathlib import Path

SCRIPTS = str(Path(__file__).resolve().parent.parent / "scripts")
sys.path.insert(0, SCRIPTS)
try:
    import commands_table
finally:
    sys.path.remove(SCRIPTS)

from redis_clone.registry import TABLE

Record = namedtuple("Record", "since summary")


class FileTest(unittest.TestCase):
    def test_the_file_is_what_the_script_writes(self):
        text = commands_table.render(commands_table.read_groups(), TABLE)
        written = commands_table.FILE.read_text(encoding="utf-8")
        self.assertEqual(written == text, True, "run python3 scripts/commands_table.py")

    def test_every_command_of_this_server_is_in_it(self):
        names = {name for group in commands_table.read_groups().values() for name in group}
        callable_names = {name for name, record in TABLE.items() if not record.subcommands or name == "COMMAND"}
        self.assertEqual(callable_names - names, set())


class RenderTest(unittest.TestCase):
    def render(self, names, **table):
        return commands_table.render({"sorted_set": names}, {name.replace("_", "|"): Record(*facts)
                                                             for name, facts in table.items()})

    def test_what_is_here_is_told_of_and_counted(self):
        text = self.render(["ZADD", "ZPOP"], ZADD=("1.2.0", "Adds."), ZPOP=("5.0.0", "Pops."))
        self.assertIn("| [Sorted set](#sorted-set) | 2 | 2 |", text)
        self.assertIn("\n## Sorted set\n\n| command | since | what it does |\n|---|---|---|\n"
                      "| `ZADD` | 1.2.0 | Adds. |\n", text)
        self.assertNotIn("Not yet", text)

    def test_what_is_missing_is_named(self):
        text = self.render(["ZADD", "ZFIND|ALL", "ZPOP"], ZADD=("1.2.0", "Adds."))
        self.assertIn("| all | 1 | 3 |", text)
        self.assertTrue(text.endswith("\n\nNot yet: `ZFIND ALL`, `ZPOP`.\n"))

    def test_a_group_of_which_nothing_is_here(self):
        self.assertIn("## Sorted set\n\nNot yet: `ZADD`.\n", self.render(["ZADD"]))


class ReadGroupsTest(unittest.TestCase):
    def test_containers_are_left_out_unless_they_do_something(self):
        names = commands_table.read_groups()["server"]
        self.assertNotIn("CONFIG", names)
        self.assertIn("CONFIG|GET", names)
        self.assertIn("COMMAND", names)

    def test_data_comes_first(self):
        self.assertEqual(list(commands_table.read_groups())[:3], ["string", "list", "set"])


if __name__ == "__main__":
    unittest.main()
