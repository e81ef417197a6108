"""Pieces of Lua programs, by topic, in a small language: what random statements would hardly ever come to.

    $n $s $b $a $c  an expression: number, string, boolean, of any kind, of one that prints alike everywhere
    $q $t $f        a sequence, a table with fields x and y, a function that ends
    $i $N $S $P $%  the spelling of a small integer, a number, a string, a pattern, a format
    $l $m           a list of expressions, an expression with any number of values
    $v $V $F $E     the name of a visible variable, a global, a field, the event of an arithmetic operator
    $o $r           an operator: arithmetic, relation
    $B              a few statements
    ?(one|other)    one of these; may be nested, parentheses in it must be balanced

The templates are in lua_templates.txt, in sections, separated by blank lines. What a template prints must not
depend on addresses or on the order of a hash table.
"""

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().with_name("lua_templates.txt")
HEADING = "== "

_PLACE = re.compile(r"\$([a-zA-Z%])")


def chosen(text, random):
    """Return the text with one of each ?(...) in its place."""
    while True:
        start = text.rfind("?(")            # the innermost of nested ones comes last
        if start < 0:
            return text
        end = _closing(text, start + 2)
        text = text[:start] + random.choice(_alternatives(text[start + 2:end])) + text[end + 1:]


def _closing(text, place):
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        place += 1
    return place - 1


def _alternatives(text):
    """Split at the bars outside of parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def filled(text, fillers):
    """Return the text with each $x replaced by what fillers[x]() returns."""
    return _PLACE.sub(lambda match: fillers[match.group(1)](), text)


def sections(path):
    """Return the texts of a file's sections by their headings: lines such as "== name"."""
    parts = ("\n" + path.read_text(encoding="utf-8")).split("\n" + HEADING)[1:]
    return {name: text.strip("\n") for name, _, text in (part.partition("\n") for part in parts)}


def blocks(text):
    """Return the parts of a text that blank lines separate."""
    return [each for each in text.split("\n\n") if each.strip()]


def templates():
    """Return the templates of each topic as a dict of lists."""
    return {topic: blocks(text) for topic, text in sections(TEMPLATES).items()}
