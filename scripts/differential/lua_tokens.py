"""Lua source as tokens: for changing programs at random, laying them out anew, and making them shorter.

Texts are str with one character per byte (latin-1), so that any byte can be in a program. What is no token of
Lua becomes a token of one character: texts that are wrong stay as they are when they are put together again.
"""

import re

KEYWORDS = frozenset("and break do else elseif end false for function if in local nil not or repeat return "
                     "then true until while".split())
OPENING = {"(": ")", "{": "}", "[": "]", "function": "end", "do": "end", "then": "end", "repeat": "until"}

COMMENTS = (" --[[ a\nb ]] ", " -- note\n", " --[==[ ]] ]==] ", " --\n", " --[\n")

_TOKEN = re.compile(r"""
    (?P<comment>--\[(?P<c>=*)\[.*?\](?P=c)\] | --[^\n]*)
  | (?P<string>\[(?P<s>=*)\[.*?\](?P=s)\] | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<operator>\.\.\.|\.\.|==|~=|<=|>=|[^\s])
  | (?P<blank>\s+)
""", re.VERBOSE | re.DOTALL)


def tokens_of(text):
    """Return the tokens of a text, blanks and comments left out."""
    return [match.group() for match in _TOKEN.finditer(text)
            if match.lastgroup not in ("blank", "comment", "c")]


def joined(tokens):
    """Return a text of these tokens, a line for each statement where that can be told."""
    pieces = []
    depth = 0
    before = ""
    for token in tokens:
        if token in ("end", "until", "else", "elseif") and depth:
            depth -= 1
        if before and _needs_line(before, token):
            pieces.append("\n" + "  " * depth)
        elif before and _needs_blank(before, token):
            pieces.append(" ")
        pieces.append(token)
        if token in ("do", "then", "repeat", "else", "function"):
            depth += 1
        before = token
    return "".join(pieces)


def _needs_line(before, token):
    if token in ("local", "if", "while", "for", "repeat", "return", "break"):
        return True
    return (before in ("do", "then", "else", "end", "repeat") and token[0].isalpha()
            and token not in ("and", "or"))


def _needs_blank(before, token):
    if before[0].isdigit() and token[0] == "." or before == "[" and token[0] == "[":
        return True                             # neither a number with a point nor a long string
    if before in ("(", "[", "{", "#", ".", ":") or token in (")", "]", "}", ",", ".", ":", ";", "["):
        return False
    if token == "(":
        if before in KEYWORDS:
            return before != "function"
        return not (before[0].isalnum() or before[0] in "_)]'\"")
    return True


def matching(tokens, place):
    """Return where the group that opens at a place is closed, or None."""
    if tokens[place] not in OPENING:
        return None
    stack = []
    for number in range(place, len(tokens)):
        token = tokens[number]
        if token in OPENING:
            stack.append(OPENING[token])
        elif stack and token == stack[-1]:
            stack.pop()
            if not stack:
                return number
        elif token in ("end", "until", ")", "}", "]"):
            return None
    return None


def laid_out(text, random):
    """Return the text with line breaks, blanks and comments at random places between tokens.

    No line begins with a parenthesis: Lua 5.1 refuses that after what could be called.
    """
    pieces = []
    for token in tokens_of(text):
        chance = random.random()
        if token == "(" or not pieces or chance > 0.18:
            pieces.append(" ")
        elif chance < 0.12:
            pieces.append("\n")
        elif chance < 0.15:
            pieces.append(random.choice(("\t ", " \n\n", "\r\n", " \f", "\v")))
        else:
            pieces.append(random.choice(COMMENTS))
        pieces.append(token)
    return "".join(pieces[1:])


def damaged(text, random):
    """Return the text with a few tokens or characters deleted, doubled, swapped or replaced."""
    if random.random() < 0.25:
        return _damaged_characters(text, random)
    tokens = tokens_of(text)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if len(tokens) < 3:
            break
        place = random.randrange(len(tokens) - 1)
        change = random.random()
        if change < 0.35:
            del tokens[place]
        elif change < 0.55:
            tokens.insert(place, tokens[place])
        elif change < 0.75:
            tokens[place], tokens[place + 1] = tokens[place + 1], tokens[place]
        elif change < 0.85:
            del tokens[place:]
        else:
            tokens[place] = random.choice(STRANGERS)
    return joined(tokens)


STRANGERS = tuple(sorted(KEYWORDS)) + tuple(
    "+ - * / % ^ # == ~= <= >= < > = ( ) { } [ ] ; : , . .. ... ~ ! @ $ ? & | ` \\ goto :: // << x t 1 0x 3x "
    "1e 1..2 'a' \"b\" [[c]] [=[ [==x 'un \"un \"\\300\" \"\\q\" --[[ --".split())


def _damaged_characters(text, random):
    place = random.randrange(len(text) + 1)
    change = random.random()
    if change < 0.4:
        return text[:place] + text[place + random.randint(1, 3):]
    if change < 0.8:
        return text[:place] + random.choice("\"'[]=-.0x1e\\\n\0 \x80({") + text[place:]
    return text[:place]
