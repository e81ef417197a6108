#!/usr/bin/env python3
"""Writes docs/commands.md: which commands of Redis this server has, by group.

    python3 scripts/commands_table.py            # writes docs/commands.md
    python3 scripts/commands_table.py --check    # exit status 1 when it is not up to date

The names of all commands of Redis are those in redis_clone/commands/reference/, which know them whether this
server has them or not; what it has, since when Redis has it and what it does stand in the command table. A
container of subcommands (CONFIG) does nothing itself and is left out. tests/test_commands_table.py holds
the file to what this script would write.
"""
import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from redis_clone import commands                        # noqa: F401, E402  (fills the command table)
from redis_clone.registry import TABLE                  # noqa: E402

FILE = ROOT / "docs" / "commands.md"
_REFERENCE = ROOT / "redis_clone" / "commands" / "reference"

# In the order of the Redis documentation: data first. Any other group comes after these.
_GROUPS = ("string", "list", "set", "sorted_set", "hash", "stream", "geo", "hyperloglog", "bitmap", "generic",
           "pubsub", "transactions", "scripting", "connection", "server", "cluster")
_TITLES = {"sorted_set": "Sorted set", "hyperloglog": "HyperLogLog", "pubsub": "Pub/sub"}

_HEAD = """\
# Commands

Which commands of Redis 7.2 this server has, the nine of 7.4 for fields of hashes that expire, and CLIENT TRACE, which
is its own. "Since" is the version of Redis that brought a command. Containers of subcommands are not counted, nor are
Sentinel's commands.

`python3 scripts/commands_table.py` writes this file from the command table; a test holds it to that.

{summary}
"""


def read_groups():
    """All commands of Redis that do something themselves: a dict from group to a sorted list of names."""
    groups = {}
    for path in sorted(_REFERENCE.glob("*.txt"), key=_rank):
        lines = path.read_text(encoding="ascii").splitlines()
        names = sorted(line.split()[0] for line in lines if line[:1].isalpha())
        containers = {name.split("|")[0] for name in names if "|" in name} - {"COMMAND"}
        groups[path.stem] = [name for name in names if name not in containers]
    return groups


def _rank(path):
    return (_GROUPS.index(path.stem) if path.stem in _GROUPS else len(_GROUPS), path.stem)


def render(groups, table):
    """The text of the file; `table` maps names to records (registry.TABLE)."""
    sections = [_render_group(group, names, table) for group, names in groups.items()]
    return _HEAD.format(summary=_render_summary(groups, table)) + "".join(sections)


def _render_summary(groups, table):
    lines = ["| group | supported | of |", "|---|---|---|"]
    total_here = total = 0
    for group, names in groups.items():
        here = sum(name in table for name in names)
        lines.append(f"| [{_title(group)}](#{_title(group).lower().replace(' ', '-').replace('/', '')}) "
                     f"| {here} | {len(names)} |")
        total_here, total = total_here + here, total + len(names)
    lines.append(f"| all | {total_here} | {total} |")
    return "\n".join(lines)


def _render_group(group, names, table):
    here = [name for name in names if name in table]
    missing = [name for name in names if name not in table]
    lines = ["", f"## {_title(group)}", ""]
    if here:
        lines += ["| command | since | what it does |", "|---|---|---|"]
        lines += [f"| `{_shown(name)}` | {table[name].since} | {table[name].summary} |" for name in here]
    if missing:
        if here:
            lines.append("")
        lines.append("Not yet: " + ", ".join(f"`{_shown(name)}`" for name in missing) + ".")
    return "\n".join(lines) + "\n"


def _title(group):
    return _TITLES.get(group, group.capitalize())


def _shown(name):
    return name.replace("|", " ")


def main(arguments):
    parser = argparse.ArgumentParser(description="Write docs/commands.md from the command table.")
    parser.add_argument("--check", action="store_true", help="write nothing, only say whether it is up to date")
    options = parser.parse_args(arguments)
    text = render(read_groups(), TABLE)
    if not options.check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        print("docs/commands.md is not up to date: run python3 scripts/commands_table.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
