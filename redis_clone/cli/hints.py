"""Help, completion and the syntax of commands, all from the server's own COMMAND DOCS.

    help = Help(link)
    help.complete("config s")                       # ["CONFIG SET"]
    help.syntax("expire k")                         # ("EXPIRE", "key seconds [NX | XX | GT | LT]")

The server is asked once, when something is needed for the first time: it knows its version and its modules
better than any table here. One that is too old for COMMAND DOCS is asked for the names of its commands.
"""
import os
from typing import NamedTuple

from ..client import ClientError, ReplyError
from .words import split_line

__all__ = ["Doc", "Help", "parse_docs"]

BOLD, GREY, YELLOW = "1", "90", "33"

GENERAL_HELP = """\
To get help about Redis commands type:
      "help <command>" for help on <command>, "help @<group>" for the commands of <group>
      "help <Tab>" for all there is help for
      "<command> <Tab>" for the arguments of <command>
      "quit" to exit

What is for this program and not for the server:
      "<number> <command>" executes <command> so many times
      "connect <host> <port>" goes to another server
      "clear" empties the screen
      ":set hints" and ":set nohints" show and do not show arguments on Tab; for ever if it is in {rc_file}
"""


class Doc(NamedTuple):
    """What is known about one command; `name` in capitals, `arguments` as a line of text."""

    name: str
    summary: str = ""
    since: str = ""
    group: str = ""
    arguments: str = ""


class Help:
    """Help from the server of `link`."""

    def __init__(self, link):
        self._link = link
        self._docs = None
        self._server = None                             # whose docs these are

    def docs(self):
        """Return {name: Doc}, sorted by name; empty while the server cannot be asked."""
        link = self._link
        if self._docs is None or self._server != link.address:
            if not link.connected or link.in_transaction or link.subscribed:
                return {}
            self._docs, self._server = _ask(link), link.address
        return self._docs

    # -- on paper ------------------------------------------------------------------------------------------------

    def show(self, words, out):
        """Print what `help` and these words (bytes) ask for."""
        words = [word.decode("utf-8", "replace") for word in words]
        if not words:
            rc_file = out.environment.get("REDISCLI_RCFILE") or os.path.join("~", ".redisclirc")
            out.print(GENERAL_HELP.format(rc_file=rc_file), end="")
            return
        if not self._link.connected:
            self._link.connect()
        docs = self.docs().values()
        fields = ["summary", "since", "group"]
        if not docs:
            out.print("No help: it comes from the server, which cannot be asked now.")
        elif words[0].startswith("@"):
            docs = [doc for doc in docs if doc.group.lower() == words[0][1:].lower()]
            fields.remove("group")
        else:
            words = [word.upper() for word in words]
            docs = [doc for doc in docs if doc.name.split()[:len(words)] == words]
        out.print()
        for doc in docs:
            out.print(f"  {out.styled(doc.name, BOLD)} {out.styled(doc.arguments, GREY)}")
            for field in fields:
                out.print(f"  {out.styled(field + ':', YELLOW)} {getattr(doc, field)}")
            out.print()

    # -- while typing ----------------------------------------------------------------------------------------------

    def complete(self, line):
        """Return all that the start of a line, a str, may become: whole lines."""
        before, words = _command_words(line)
        if words[:1] == ["HELP"] and len(words) > 1:
            topics = [*self.docs(), *sorted({f"@{doc.group}" for doc in self.docs().values() if doc.group})]
            before, words = before + line[len(before):len(before) + 5], words[1:]
        else:
            topics = [*self.docs(), "HELP", "QUIT"]
        start = " ".join(words)
        return [before + topic for topic in topics
                if topic.upper().startswith(start) and topic.count(" ") == len(words) - 1]

    def syntax(self, line):
        """Return (name, arguments) of the command that a line begins with, or None."""
        _, words = _command_words(line)
        for count in (2, 1):
            doc = self.docs().get(" ".join(words[:count]))
            if doc is not None:
                return doc.name, doc.arguments
        return None


def _command_words(line):
    """(a number of repetitions at the start with the space behind it, the words in capitals, the last of them
    perhaps not complete or even empty)."""
    rest = line.lstrip()
    number, space, behind = rest.partition(" ")
    if space and number.isdigit():
        rest = behind.lstrip()
    words = split_line(rest.encode("utf-8", "surrogateescape"))
    words = rest.split() if words is None else [word.decode("utf-8", "replace") for word in words]
    if not rest or rest[-1].isspace():
        words.append("")
    return line[:len(line) - len(rest)], [word.upper() for word in words]


# -- COMMAND DOCS --------------------------------------------------------------------------------------------------

def _ask(link):
    try:
        return parse_docs(link.connection.execute("COMMAND", "DOCS"))
    except ReplyError:
        pass                                            # older than 7.0, or this user may not
    except ClientError:
        return {}
    try:
        names = sorted(_text(entry[0]).upper() for entry in link.connection.execute("COMMAND"))
        return {name: Doc(name) for name in names}
    except (ClientError, TypeError, IndexError):
        return {}


def parse_docs(reply):
    """Return {name: Doc} for the reply to COMMAND DOCS, in RESP2 or RESP3 shape."""
    docs = {}
    for name, entry in _pairs(reply):
        _add_doc(docs, _text(name), _fields(entry))
    return dict(sorted(docs.items()))


def _add_doc(docs, name, fields):
    name = name.upper().replace("|", " ")
    docs[name] = Doc(name, _text(fields.get("summary")), _text(fields.get("since")), _text(fields.get("group")),
                     " ".join(_argument(_fields(argument)) for argument in fields.get("arguments") or ()))
    for subcommand, entry in _pairs(fields.get("subcommands") or ()):
        _add_doc(docs, _text(subcommand), _fields(entry))


def _argument(fields):
    """One argument as in Redis' documentation: `[EX seconds | PX milliseconds]`, `<LEFT | RIGHT>`, `key [key ...]`."""
    flags = {_text(flag) for flag in fields.get("flags") or ()}
    kind, token = _text(fields.get("type")), fields.get("token")
    inner = [_argument(_fields(argument)) for argument in fields.get("arguments") or ()]
    if kind == "oneof":
        text = " | ".join(inner)
        if "optional" not in flags or token is not None or "multiple" in flags:
            text = f"<{text}>"
    elif kind == "block":
        text = " ".join(inner)
    elif kind == "pure-token":
        text = ""
    else:
        text = _text(fields.get("display_text") or fields.get("name"))
    parts = [text] if text else []
    if token is not None:
        parts.insert(0, _text(token) or '""')
    whole = " ".join(parts)
    if "multiple" in flags:
        again = whole if "multiple_token" in flags else text
        whole += f" [{again} ...]"
    return f"[{whole}]" if "optional" in flags else whole


def _fields(reply):
    return {_text(name): value for name, value in _pairs(reply)}


def _pairs(reply):
    """The pairs of a map, which RESP2 sends as a flat array."""
    reply = list(reply.items()) if isinstance(reply, dict) else list(reply)
    if reply and isinstance(reply[0], tuple):
        return reply
    return list(zip(reply[::2], reply[1::2]))


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
