"""Random Lua 5.1 programs that end, print the same whenever they run, and follow from a seed and a number.

A program is a row of parts: templates of a topic (lua_topics.py), mostly run by pcall so that what goes
wrong is printed, and random statements (lua_writer.py). Some programs are laid out over odd lines, and some
are damaged (lua_tokens.py): those are only compiled, for their syntax errors, since nobody knows what they
would do.
"""

from collections import namedtuple
from random import Random

from . import lua_values as values
from .lua_tokens import damaged, laid_out
from .lua_topics import chosen, filled, templates
from .lua_writer import Writer

DAMAGED_PART = 0.15
LAID_OUT_PART = 0.12

# source: bytes; runs: whether it may be run, or only compiled.
Program = namedtuple("Program", "source runs topics")


class Programs:
    """All programs of a seed."""

    def __init__(self, seed):
        self._seed = seed
        self._templates = templates()

    def program(self, number):
        random = Random("%s:%s" % (self._seed, number))
        text, topics = self._text(random)
        chance = random.random()
        runs = chance >= DAMAGED_PART
        if not runs:
            text = damaged(text, random)
        elif chance < DAMAGED_PART + LAID_OUT_PART:
            text = laid_out(text, random)
        return Program(text.encode("latin-1"), runs, topics)

    def _text(self, random):
        writer = Writer(random)
        topics, parts = [], []
        for _ in range(random.choice((1, 2, 4, 6))):
            if random.random() < 0.4:
                topics.append("statements")
                parts.append("\n".join(self._statements(writer)))
            else:
                topic = random.choice(list(self._templates))
                topics.append(topic)
                parts.append(self._from_template(writer, random.choice(self._templates[topic])))
        if random.random() < 0.1:
            parts.append("return " + writer.arguments())
        return "\n".join(parts) + random.choice(("", "\n")), topics

    @staticmethod
    def _statements(writer):
        size = writer.random.choice((3, 6, 12))
        if writer.random.random() < 0.5:
            return writer.block(size, own_scope=False)      # later parts see its variables
        return writer.protected(size)

    def _from_template(self, writer, template):
        random = writer.random
        text = chosen(template, random)
        runs_protected = random.random() < 0.85
        text = writer.inside(lambda: filled(text, fillers_for(writer)))
        if runs_protected:
            return "print(pcall(function()\n%s\nend))" % text
        return "do\n%s\nend" % text


def fillers_for(writer):
    """Return what stands for each letter of the templates; a variable has one name within a template."""
    random = writer.random
    name = random.choice(values.NAMES)
    return {
        "n": lambda: writer.expression("number", 1),
        "s": lambda: writer.plain("string", 1),
        "b": lambda: writer.plain("boolean", 1),
        "a": lambda: writer.expression("any", 1),
        "c": lambda: " " + writer.scalar(2),
        "q": lambda: writer.expression("sequence", 1),
        "t": lambda: writer.expression("record", 1),
        "f": lambda: writer.expression("function", 1),
        "i": lambda: str(random.randint(0, 9)),
        "N": lambda: values.number(random),
        "S": lambda: values.string(random),
        "P": lambda: values.pattern(random),
        "%": lambda: values.format_text(random),
        "l": lambda: writer.arguments(least=1),
        "m": writer.several,
        "v": lambda: name,
        "V": lambda: random.choice(values.GLOBALS + ["undefined", "nothing"]),
        "F": lambda: random.choice(values.FIELDS),
        "E": lambda: random.choice(values.EVENTS),
        "o": lambda: random.choice(values.ARITHMETIC),
        "r": lambda: random.choice(values.RELATIONS),
        "B": lambda: " ".join(writer.inside(lambda: writer.block(2))),
    }
