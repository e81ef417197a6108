"""Sequences of EVAL and its kin: scripts that call commands, convert values and use Redis' libraries.

The sequences are made of steps like those of generator.py and are played by the same runner, which compares
the replies and the final keys. Scripts come from lua_script_templates.txt (the language of lua_topics.py,
with letters of its own) and from the programs of lua_programs.py, whose lines are returned as a table.
Commands whose replies depend on chance or on the order of a hash table are left out: inside a reply of EVAL
nobody could tell. A script that ends by error({}), an error table without a text, is left out as well: real
servers die of it.

    $C a call of redis.call or redis.pcall          $c a command and its arguments, as Lua
    $k a key                                        $w what a script may return
    $v a value for commands                         $s $n $i $S $N as in lua_topics.py
    $j a value for encoders                         $J text of JSON
    $f a format of struct                           $F a field of a reply table
"""

from hashlib import sha1
from pathlib import Path
from random import Random

from . import lua_values as values
from .lua_programs import Programs
from .lua_topics import blocks, chosen, filled, sections
from .steps import step

KEYS = ("str", "num", "list", "hash", "set", "zset", "stream", "missing", "new")
ARGUMENTS = (b"a", b"10", b"3.5", b"", b"x y", b"\xff\0")
WRONG_COUNTS = (b"-1", b"9", b"x", b"0")
SHEBANGS = (b"#!lua", b"#!lua", b"#!LUA", b"#!python", b"#!")
FLAGS = (b"", b" flags=no-writes", b" flags=allow-oom", b" flags=no-writes,allow-stale", b" flags=bad",
         b" name=x", b" bad", b" flags=")
VALUES = ("'v'", "1", "2.5", "'10'", "ARGV[1]", "$N", "''", "-1", "$S", "1e20", "10 / 4", "0/0")
OPENING = """
SET str hello
SET num 41
RPUSH list a b c 1 2
HSET hash f1 v1 f2 2 f3 3.5
SADD set 1 2 3
ZADD zset 1 a 2.5 b inf c
XADD stream 1-1 f v
"""

TEMPLATES = Path(__file__).resolve().with_name("lua_script_templates.txt")

LINES = """local lines_ = {}
local function print(...)
  local parts_ = {}
  for i = 1, select('#', ...) do
    local text_ = tostring((select(i, ...)))
    if type(text_) ~= 'string' then text_ = '<' .. type(text_) .. '>' end
    if type((select(i, ...))) ~= 'string' then text_ = string.gsub(text_, '^(%%a+): [%%w%%(%%)]+$', '%%1') end
    parts_[i] = text_
  end
  lines_[#lines_ + 1] = table.concat(parts_, '\\t')
end
"""


BODY = """local ok_, error_ = pcall(function(...)
%s
end, 'one', 2, nil, true)
if not ok_ then lines_[#lines_ + 1] = type(error_) == 'string' and error_ or type(error_) end
return lines_
"""


def _lines(text):
    return [line for line in text.strip().split("\n") if line]


def _alternatives(text):
    """Split lines of alternatives at bars with a blank on either side."""
    return [each.strip() for line in _lines(text) for each in line.split(" | ")]


class Scripts:
    """Sequences of EVAL steps; in place of generator.Generator."""

    names = ("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "SCRIPT|LOAD", "SCRIPT|EXISTS")

    def __init__(self, seed):
        self._seed = seed
        self._programs = Programs("%s:scripts" % seed)
        texts = sections(TEMPLATES)
        self._scripts = blocks(texts["scripts"])
        self._commands, self._returned = _lines(texts["commands"]), _lines(texts["returned"])
        self._json, self._encoded, self._formats = (_alternatives(texts[name])
                                                    for name in ("json", "encoded", "formats"))

    def sequence(self, number):
        """Return the scenario's name and the steps of the sequence with this number."""
        random = Random("%s:script:%s" % (self._seed, number))
        steps = [step("A", (b"HELLO", b"3"))] if random.random() < 0.3 else []
        steps += [step("A", tuple(line.encode().split())) for line in _lines(OPENING)]
        if random.random() < 0.25:
            return "programs", steps + [self._program_step(number)]
        for _ in range(random.choice((3, 6, 10))):
            steps += self._steps(random)
        return "scripts", steps

    def _program_step(self, number):
        program = self._programs.program(number)
        source = b"do return 'compiled' end\n" + program.source
        if program.runs:
            source = (LINES + BODY).encode() % program.source
        return step("A", (b"EVAL", source, b"0"))

    def _steps(self, random):
        script = self._script(random)
        keys = [random.choice(KEYS).encode() for _ in range(random.choice((0, 1, 2, 3)))]
        arguments = [random.choice(ARGUMENTS) for _ in range(random.choice((0, 1, 2)))]
        count = str(len(keys)).encode() if random.random() < 0.97 else random.choice(WRONG_COUNTS)
        rest = (count,) + tuple(keys) + tuple(arguments)
        chance = random.random()
        if chance < 0.12:
            digest = sha1(script).hexdigest().encode()
            loading = [step("A", (b"SCRIPT", b"LOAD", script))] if random.random() < 0.8 else []
            name = random.choice((b"EVALSHA", b"EVALSHA", b"EVALSHA_RO"))
            return loading + [step("A", (name, digest) + rest)]
        if chance < 0.2:
            return [step("A", (b"EVAL_RO", script) + rest)]
        if chance < 0.26:
            script = random.choice(SHEBANGS) + random.choice(FLAGS) + b"\n" + script
        return [step("A", (b"EVAL", script) + rest)]

    def _script(self, random):
        text = random.choice(self._scripts)
        fillers = self._fillers(random)
        while "$" in text or "?(" in text:
            before = text
            text = filled(chosen(text, random), fillers)
            if text == before:
                break
        return text.encode("latin-1")

    def _fillers(self, random):
        def pick(texts):
            return lambda: random.choice(texts)

        return {
            "C": lambda: "redis.%s($c)" % random.choice(("call", "call", "pcall")),
            "c": pick(self._commands),
            "k": lambda: random.choice(["'%s'" % key for key in KEYS] + ["KEYS[1]", "KEYS[2]"]),
            "w": pick(self._returned),
            "v": pick(VALUES),
            "s": lambda: values.string(random),
            "S": lambda: values.string(random),
            "n": lambda: values.number(random),
            "N": lambda: values.number(random),
            "i": lambda: str(random.randint(0, 9)),
            "j": pick(self._encoded),
            "J": pick(self._json),
            "f": pick(self._formats),
        }
