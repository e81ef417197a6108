"""A report as text for people: what the file is, tables of what it holds, and last whether it is intact.

Names and keys come from the files: what cannot be printed is escaped, so that nothing in a file reaches the terminal
as a control sequence. Dates are UTC.
"""
import datetime

from .files import AOF, MANIFEST, RDB, UNKNOWN

__all__ = ["lines_of", "plural", "printable"]

_EPOCH = datetime.datetime(1970, 1, 1)
_COMMANDS_SHOWN = 30
_TEXT_SHOWN = 60                # characters of a key or another text
_INDENT = "  "
_CHECKSUMS = {"right": ", checksum right", "wrong": ", checksum WRONG", "none": ", no checksum"}
_KEY_COLUMNS = ("db", "type", "keys", "elements", "bytes", "expiring", "stored as")


def lines_of(report):
    """The lines of a report."""
    yield printable(report["path"], None)
    for line in _SECTIONS[report["kind"]](report):
        yield _INDENT + line if line else ""
    if report["damage"]:
        yield ""
        yield from (_INDENT + line for line in _damage(report))
    elif report["kind"] != MANIFEST:        # of its files, the table says it
        yield ""
        yield _INDENT + "Intact."
    for file in report.get("files", ()):
        yield ""
        yield from lines_of(file["report"])


# ---- kinds of files -----------------------------------------------------------------------------------

def _rdb(report):
    version = "of an unknown version" if report["version"] is None else f"version {report['version']}"
    yield f"RDB file, {version}: {plural(report['size'], 'byte')}, {plural(report['keys'], 'key')}{_checksum(report)}"
    yield from _rdb_contents(report)
    if report["bytes_after"]:
        yield ""
        yield f"{plural(report['bytes_after'], 'byte')} after the end of the file, which a server passes over."


def _checksum(report):
    return _CHECKSUMS.get(report["checksum"], "")


def _rdb_contents(report):
    if report["aux"]:
        yield ""
        yield from _table([(_cut(name), _aux_value(name, value)) for name, value in report["aux"].items()])
    if report["databases"]:
        yield ""
        yield from _table(list(_database_rows(report)), _KEY_COLUMNS, right=(0, 2, 3, 4, 5))
        yield ""
        yield "Largest keys"
        yield from _table(list(_largest_rows(report)), ("type", "bytes", "elements", "db", "key"), right=(1, 2, 3))
    if report["expiries"]["keys"]:
        expiries = report["expiries"]
        yield ""
        yield (f"{plural(expiries['keys'], 'key')} with an expiry, of which {_number(expiries['passed'])} passed; "
               f"from {_date(expiries['earliest_ms'])} to {_date(expiries['latest_ms'])}")
    if report["functions"]:
        yield ""
        yield "Libraries of functions"
        yield from _table([(_cut(library["name"] or "?"), _cut(library["engine"] or "?"), _number(library["bytes"]))
                           for library in report["functions"]], ("name", "engine", "bytes"), right=(2,))
    if report["empty_keys"]:
        yield ""
        yield f"{plural(report['empty_keys'], 'key')} without a value, which a server leaves out."


def _aux_value(name, value):
    if name == "ctime" and value.isdecimal():
        return f"{_cut(value)} ({_date(int(value) * 1000)})"
    if name == "used-mem" and value.isdecimal():
        return _number(int(value[:20]))
    return _cut(value)


def _database_rows(report):
    rows = [(database["number"], row) for database in report["databases"] for row in database["types"]]
    for number, row in rows:
        forms = row["encodings"]
        stored_as = ", ".join(f"{form} {_number(count)}" if len(forms) > 1 else form for form, count in forms.items())
        yield (str(number), row["type"], _number(row["keys"]), _number(row["elements"]), _number(row["bytes"]),
               _number(row["expiring"]), stored_as)
    if len(rows) > 1:
        total = {name: sum(row[name] or 0 for _, row in rows) for name in ("keys", "bytes", "expiring")}
        yield ("", "all", _number(total["keys"]), "", _number(total["bytes"]), _number(total["expiring"]), "")


def _largest_rows(report):
    for kind, keys in report["largest"].items():
        for key in keys:
            yield kind, _number(key["bytes"]), _number(key["elements"]), str(key["database"]), f'"{_cut(key["key"])}"'
            kind = ""


def _aof(report):
    yield (f"Append-only file: {plural(report['size'], 'byte')}, {plural(report['requests'], 'request')}, "
           f"{plural(report['transactions'], 'transaction')}")
    if report["rdb"]:
        yield ""
        rdb = report["rdb"]
        yield f"It begins with an RDB file, version {rdb['version']}: {plural(rdb['keys'], 'key')}{_checksum(rdb)}"
        yield from _rdb_contents(report["rdb"])
    if report["timestamps"]:
        times = report["timestamps"]
        yield ""
        yield f"Time stamps from {_date(times['first_s'] * 1000)} to {_date(times['last_s'] * 1000)}"
    if report["commands"]:
        commands = list(report["commands"].items())
        rows = [(_cut(name), _number(count)) for name, count in commands[:_COMMANDS_SHOWN]]
        rest = commands[_COMMANDS_SHOWN:]
        if rest:
            rows.append((f"{len(rest)} others", _number(sum(count for _, count in rest))))
        yield ""
        yield from _table(rows, ("command", "requests"), right=(1,))
    if report["unusual_at"] is not None:
        yield ""
        yield (f"NOTE: the request at byte {_number(report['unusual_at'])} is not as a server writes it, though it "
               "can be read. There may be more.")


def _manifest(report):
    files = report["files"]
    total = sum(file["report"]["size"] or 0 for file in files)
    yield f"Manifest of an append-only file: {plural(len(files), 'file')}, {plural(total, 'byte')}"
    rows = [(printable(file["name"], None), file["role"], str(file["sequence"]), _number(file["report"]["size"]),
             "DAMAGED" if file["report"]["damage"] else "intact") for file in files]
    rows += [(printable(file["name"], None), "history", str(file["sequence"]), "",
              "to be deleted" if file["exists"] else "is deleted") for file in report["history"]]
    if rows:
        yield ""
        yield from _table(rows, ("file", "role", "number", "bytes", "state"), right=(2, 3))


def _unknown(report):
    if report["size"] is not None:
        yield plural(report["size"], "byte")


_SECTIONS = {RDB: _rdb, AOF: _aof, MANIFEST: _manifest, UNKNOWN: _unknown}


def _damage(report):
    damage = report["damage"]
    size = "" if report["size"] is None else f" of {_number(report['size'])}"
    line = f" (line {damage['line']})" if damage.get("line") else ""
    yield f"DAMAGED at byte {_number(damage['offset'])}{size}{line}: {damage['reason']}"
    for what, count in damage["intact"].items():
        yield f"Intact before it: {plural(count, what[:-1])}"
    if damage["cut_from"] is not None:
        yield (f"--fix would cut off what is from byte {_number(damage['cut_from'])} on: "
               f"{plural(report['size'] - damage['cut_from'], 'byte')}")
    if damage.get("requests_after"):
        yield (f"Behind the damage, from byte {_number(damage['readable_from'])} on, "
               f"{plural(damage['requests_after'], 'request')} can be read: cut off there, they are lost, too")


# ---- words and tables ---------------------------------------------------------------------------------

def plural(count, what):
    """A number of things: "1 key", "2,000 keys"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def printable(text, most=_TEXT_SHOWN):
    """A text on one line without anything that a terminal would obey; at most so many characters, unless None."""
    shown = text if most is None else text[:most]
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    return shown + "..." if len(text) > len(text[:most]) else shown


_cut = printable


def _number(count):
    return "" if count is None else f"{count:,}"


def _date(time_ms):
    try:
        when = _EPOCH + datetime.timedelta(milliseconds=time_ms)
    except OverflowError:
        return f"{time_ms:,} ms"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _table(rows, heads=None, right=()):
    """The lines of a table; `right` are the columns that are aligned there."""
    rows = [heads, *rows] if heads else rows
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        yield (_INDENT + "  ".join(cell.rjust(width) if at in right else cell.ljust(width)
                                   for at, (cell, width) in enumerate(zip(row, widths)))).rstrip()
