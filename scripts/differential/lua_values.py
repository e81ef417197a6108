"""Literals and names for generated Lua programs: sensible ones mostly, odd ones often.

Nothing here prints differently from run to run: no addresses, no time, no chance.
"""

NAMES = "a b c d x y z s t u n v k list name self value".split()
GLOBALS = "ga gb gc gd".split()
FIELDS = "x y z name len count value next f _id1".split()
METHODS = "upper lower len reverse rep sub byte".split()

NUMBERS = """
    0 1 2 3 4 5 7 8 10 16 42 100 255 256 1000 65536 99999 123456789 2147483647 2147483648 4294967296
    9007199254740992 9007199254740993 1e15 1e14 99999999999999 123456789012345 1e100 1e308 1e309
    5e-324 0.1 0.5 .5 3. 1.5 2.25 0.001 1e-5 1.25e2 1E2 1e+2 3.14159265358979 0x10 0xff 0xFFFFFFFF
    0X7f 0xfffffffffffff 0.30000000000000004 100000000000000 1e16 12345.678 0.1e1 00012 08
""".split()
# What arithmetic, comparisons and conversions treat in their own way.
ODD_NUMBERS = ("math.huge (-math.huge) (-1) (-2) (-0.5) (2^53) (-2^53) (2^63) (-1e15) "
               "(1/3) math.pi").split()

STRINGS = [
    '"a"', '"b"', '"abc"', '"hello world"', '""', '"10"', '"0x10"', '" 5 "', '"1e2"', '"1e"', '"0x"',
    '"-3"', '"- 3"', '"3.0"', '"inf"', '"nan"', '"10 20"', "'single'", "'it\\'s'", '"\\n"', '"a\\tb"',
    '"\\065\\066"', '"\\0"', '"x\\0y"', '"\\255\\128"', '"q\\"q"', "'\\''", '"\\\\"', '"a\\\nb"',
    "[[long]]", "[[\nfirst line\nsecond]]", "[==[a]]b]=]c]==]", "[[]]", '"%d %s"', '"a,b,,c"',
    '"key=value, k2=v2"', '"  trimmed  "', '"THE (quick) fox"', '"\\a\\b\\f\\v\\r"', '"aXbXc"', '"aaa"',
    '"f(a(b)c)d"', '"001"', '"é"', '"x1y22z333"', '"0"', '"1"', '"2"', '"z"'
]

PATTERNS = [
    "a", "l+", "%a+", "%d+", "(%a)(%d)", "^%s*(.-)%s*$", "%w*", ".", ".-", "[abc]", "[^abc]", "[a-c]+",
    "[%a_]*", "%b()", "(%w+)=(%w+)", "%f[%w]%w+", "()", "()a()", "a*", "a-b", "a?b", "%.", "%%", "^a", "c$",
    "^$", "x*y*", "[]]", "[^]]", "[a-]", "[-a]", "%S+", "[%d%s]+", "([^,]*)", "(a)(b)?(c)", "(.)%1", "%x+",
    "%u%l*", "%p", "%c", "%z", "((a)(b))", "\\0", "$", "a$b", "^^a", "", ",", "l", "o w", "(h)(e)(l)(l)(o)"
]
WRONG_PATTERNS = [
    "%", "[a", "[^", "(a", "a)", "%1", "(a)%2", "%b", "%bx", "%f", "%fa", "[%", "(()", "[]", "[a-%"
]

FORMATS = [
    "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%i", "%u", "%x", "%X", "%#x", "%o", "%c", "%e", "%E",
    "%.3f", "%10.2f", "%f", "%g", "%G", "%.14g", "%.17g", "%.0f", "%s", "%10s", "%-10s|", "%.2s", "%q",
    "%%", "%5.1s", "%.20s", "%3d"
]
WRONG_FORMATS = [
    "%", "%y", "%10", "%123d", "%.123f", "%-#+ 0d%", "%l", "%-", "%#####d", "%------d"
]

ARITHMETIC = ["+", "-", "*", "/", "%", "^"]
RELATIONS = ["==", "~=", "<", "<=", ">", ">="]
EVENTS = "__add __sub __mul __div __mod __pow __concat".split()


def number(random):
    """Return the spelling of a number."""
    if random.random() < 0.55:
        return str(random.choice((0, 1, 1, 2, 2, 3, 4, 5, 10)))
    return random.choice(NUMBERS if random.random() < 0.85 else ODD_NUMBERS)


def string(random):
    """Return the spelling of a string."""
    return random.choice(STRINGS)


def pattern(random):
    """Return the spelling of a pattern, rarely of a wrong one."""
    return '"%s"' % random.choice(PATTERNS if random.random() < 0.9 else WRONG_PATTERNS)


def format_text(random):
    """Return the spelling of a format, rarely of a wrong one."""
    return '"%s"' % random.choice(FORMATS if random.random() < 0.9 else WRONG_FORMATS)
