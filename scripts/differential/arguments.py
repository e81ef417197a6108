"""Values for each kind of argument: sensible ones, and odd ones that a server must refuse as Redis does.

The universe of keys is small and each key has a type it usually holds, so that most commands meet a value
of their own type and some meet another one. No value here makes a server wait or allocate for long: huge
counts and offsets are those that Redis refuses or clips.
"""

import contextlib


def _words(text, *others):
    """Return the words of a text, and other values that cannot be written as words."""
    return tuple(word.encode() for word in text.split()) + others


KEYS = {
    "string": _words("s1 s2 n1 n2"),
    "list": _words("l1 l2 l3"),
    "hash": _words("h1 h2"),
    "set": _words("t1 t2 t3"),
    "sorted_set": _words("z1 z2 z3"),
    "stream": _words("x1 x2"),
    "geo": _words("g1 g2"),
    "bitmap": _words("b1 b2"),
    "hyperloglog": _words("p1 p2"),
}
ALL_KEYS = tuple(key for keys in KEYS.values() for key in keys)
# Orders by name are defined only among members of equal scores: these keys get no others (see writer.py).
LEX_KEYS = _words("y1 y2")
NO_LEX_KEY = b"wrong"
ODD_KEYS = _words("none {tag}1", b"", b"\xff\x00k", b"a key", b"k" * 200)

LONG = b"x" * 70                    # longer than the 64 bytes that a listpack entry may have by default
ODD_INTEGERS = _words(
    "9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551616 "
    "2147483648 -2147483649 4294967296 +1 0x10 1.0 3.0 1e5 abc - 00 -0 01 nan",
    b"", b" 1", b"1 ", b"1" * 300, b"1\x00")
ODD_FLOATS = _words(
    "nan -nan inf -inf +inf Infinity 1e400 -1e400 1e-400 5e-324 1e308 -1e308 1e17 1e5 0.1e-6 .5 5. 3.0 0 -0 "
    "-0.0 +1 0x10 1e abc 1_000 1,5 9223372036854775807 9223372036854775808 123456789012345678",
    b"", b" 1", b"1 ", b"1" * 300, b"1\x00")
ODD_IDS = _words(
    "0-0 0 0-1 abc 1-abc abc-1 1-1-1 -1 -1-1 1- -1- 18446744073709551615 18446744073709551615-18446744073709551615 "
    "18446744073709551616 1-18446744073709551616 18446744073709551615-0 1-* 0x1-1 01-01 99-99",
    b"", b" 1", b"1 -1", b"1-1\x00")
ODD_COUNTS = ODD_INTEGERS + _words("-1 -100")

# kind: (sensible values, odd values). Kinds that depend on the keys are methods of Arguments.
VALUES = {
    "value": (_words("a b hello 10 -3 3.5 1e5 0", b""),
              _words("9223372036854775807 9223372036854775808 -9223372036854775808 01 1.0 inf nan "
                     "12345678901234567 10000 9999",
                     b" 1", b"\r\n", b"\xff\xfe\x00", b"v" * 44, b"v" * 45, LONG, b"y" * 2000)),
    # None above 8192 bytes: to Valkey, and to Redis from 7.4 on, these make list nodes of another kind.
    "element": (_words("a b c d 1 2 -7 hello"),
                _words("9223372036854775807 32768 01", b"", b" ", LONG, b"\xff\x00", b"z" * 8100, b"z" * 4000)),
    "member": (_words("a b c d e 1 2 3"),
               _words("-5 01 9223372036854775807 2147483648 70000", b"", b"x y", LONG, b"\xff\x00")),
    "number_member": (_words("1 2 3 4 -5 600"), _words("70000 -2147483649 9223372036854775807")),
    "field": (_words("f1 f2 f3 f4 f5 1"), (b"", b"a b", LONG, b"\xff\x00")),
    "integer": (_words("1 2 5 -1 -3 100 0"), ODD_INTEGERS),
    "float": (_words("1.5 0.1 -2 3 10.25 1e3 -0.75"), ODD_FLOATS),
    "score": (_words("1 2 3 1.5 -1 0 10"), ODD_FLOATS),
    "weight": (_words("1 2 0.5 -1 0"), ODD_FLOATS),
    "index": (_words("0 1 2 -1 -2 3 -3 10 -10"), ODD_INTEGERS),
    "count": (_words("1 2 3 5 10 0"), ODD_COUNTS),
    "signed_count": (_words("1 2 -1 -2 0"), ODD_INTEGERS),
    "pop_count": (_words("1 2 3 0 10"), ODD_COUNTS),
    # -9223372036854775807 is left out here: Redis would begin to send that many picks.
    "pick_count": (_words("1 2 3 -1 -3 -7 10 0"),
                   _words("-9223372036854775808 9223372036854775807 9223372036854775808 -9223372036854775809 "
                          "1.0 abc +1", b"", b" 1")),
    "positive": (_words("1 2 3 10"), ODD_COUNTS + _words("0")),
    "rank": (_words("1 -1 2 -2"), ODD_INTEGERS + _words("0")),
    "offset": (_words("0 1 5 10 100"), ODD_INTEGERS + _words("-1 536870912")),
    "limit_offset": (_words("0 1 2"), ODD_INTEGERS + _words("-1 100")),
    "limit_count": (_words("1 2 10 -1 0"), ODD_INTEGERS + _words("-5")),
    "bound": (_words("-inf +inf 0 1 (1 2 (2 3 -1 10 inf"),
              _words("[1 ( abc (abc nan (nan ((1 (+inf (-inf 1e400 - + 0x1",
                     b"", b" 1", b"1 ", b"( 1", b"1\x00")),
    "lex_bound": (_words("- + [a (a [c (d [b [1"), _words("a ( [ +a -a (( inf --", b"", b"[\xff")),
    "lex_key": (LEX_KEYS, (NO_LEX_KEY, b"none")),
    "no_lex_key": ((NO_LEX_KEY,), (NO_LEX_KEY,)),
    "odd_seconds": (_words("-1 9223372036854775"),
                    ODD_INTEGERS + _words("0 -100 9223372036854775 9223372036854776")),
    "odd_milliseconds": (_words("-1 0"), ODD_INTEGERS + _words("-1000")),
    "unix_seconds": (_words("4102444800 4102444801 5000000000"),
                     ODD_INTEGERS + _words("0 1 -1 1000000000 9223372036854775 9223372036854776")),
    "unix_milliseconds": (_words("4102444800000 4102444800001 5000000000000"),
                          ODD_INTEGERS + _words("0 1 -1 1000000000000")),
    # Short enough to let them run out. Nothing that a server would read as a longer time.
    "timeout": (_words("0.01 0.02 1e-2"),
                _words("-1 nan abc 1e400 1e300 inf -inf -0.1 9223372036854775807 9223372036854776",
                       b"", b"0.01 ")),
    "long_timeout": (_words("0 0 100 1e3"), _words("0")),
    "timeout_milliseconds": (_words("1 5"), _words("-1 -5 abc 1.5 9223372036854775808", b"")),
    # A pause of no time: a longer one would only slow the comparison down.
    "no_time": (_words("0"), _words("-1 abc 1.5 9223372036854775808", b"")),
    "replicas": (_words("0 1"), _words("-1 abc 9223372036854775808", b"")),
    "local": (_words("0"), _words("1 2 -1 abc")),
    "database": (_words("0 0 0 1 2"), ODD_INTEGERS + _words("15 16 -1 2147483648")),
    "pattern": (_words("* ?1 [a-m]* *1 s* f? [^s]*"),
                _words("** [ [] [a [^ [a- [!a]* ? \\* \\ a\\ [z-a]? [\\]]*",
                       b"", b"*" * 20 + b"a", b"\xff*")),
    "type_name": (_words("string list set zset hash stream"), _words("foo STRING Hash", b"")),
    "cursor": ((b"{cursor}",), _words("0 abc 18446744073709551616 0x1 1.0 0x a0")),
    "name": (_words("me you client-1", b""), (b"a b", b"\xff", b"a\n", b"x" * 100)),
    "message": (_words("hello m1 42", b""), (LONG, b"\xff\x00", b"\r\n")),
    "channel": (_words("c1 c2 news.a news.b"), _words("c*", b"", b"\xff", b"a b")),
    "channel_pattern": (_words("* c? news.* c1"), _words("[c]1 \\c1", b"", b"\xff*")),
    "protocol": (_words("2 3"), _words("1 4 abc -1 3.0 9223372036854775808", b"")),
    "category": (_words("string list hash set sortedset"), _words("nosuch @string STRING", b"")),
    "filter_pattern": (_words("z* *set client|* get"), _words("nosuch [ GET", b"")),
    "threshold": (_words("0 2 4 128 512"), _words("-1 abc 1.5 9223372036854775808 1k", b"")),
    "list_size": (_words("-1 -2 2 4 128"), _words("-6 abc", b"")),
    "memory": (_words("0 1gb 2GB 1048576000"), _words("1xb -1 gb 1.5gb", b"", b"100 mb")),
    "no_client": (_words("99999999 88888888"), _words("0 -1 abc 9223372036854775808 99999999x", b"")),
    "client_id": (_words("{id:A} {id:B} {id:C} {id:D}"), _words("{id:A}")),
    "password": (_words("secret secret wrong"), (b"", b"secret ")),
    "user": (_words("default default nobody"), (b"", b"DEFAULT")),
    "entry_id": (_words("1-1 2-1 3-1 4-1 5-1 6-1 7-0 8 9-2"), ODD_IDS),
    "range_start": (_words("- - 0 1-1 2 (2-1 4-1"), ODD_IDS + _words("( (- (+ + 18446744073709551615 (0")),
    "range_end": (_words("+ + 9-9 5 (6-1 12"), ODD_IDS + _words("( (- (0-0 (0-1 - (18446744073709551615-18446744073709551615")),
    "group": (_words("g g h"), _words("none", b"", b"a b")),
    "consumer": (_words("alice bob"), _words("eve", b"", b"\xff")),
    "group_start": (_words("0 0 $ 2-1 5"), ODD_IDS + _words("- +")),
    "read_id": (_words("0 0 1-1 3 $"), ODD_IDS + _words("> - +")),
    "group_read_id": (_words("> > > 0 2-1"), ODD_IDS + _words("$ - +")),
    "entries": (_words("0 1 3 -1"), ODD_INTEGERS + _words("-2 100")),
    "min_idle": (_words("0 0 0 1000000"), ODD_INTEGERS + _words("-1")),
    "block": (_words("1 2 10"), _words("-1 abc 9223372036854775808 1.5", b"")),
    "trim_count": (_words("0 1 2 3 10 100"), ODD_INTEGERS + _words("-1")),
    "longitude": (_words("13.361389 15.087269 2.35 -0.1278 0 -73.9857 179.9999 -180 180 13.361388"),
                  ODD_FLOATS + _words("180.0001 -180.5 1000")),
    "latitude": (_words("38.115556 37.502669 48.85 51.5072 0 40.7484 -85.05112878 85.05112878 38.115557"),
                 ODD_FLOATS + _words("85.06 -85.06 90 -90")),
    "place": (_words("Palermo Catania Paris London Null NewYork a b"), _words("none", b"", b"\xff\x00")),
    "radius": (_words("0 1 100 200 1000 5000 20000 0.5"), ODD_FLOATS + _words("-1 40000")),
    "unit": (_words("m km km ft mi"), _words("KM Mi miles k", b"")),
    "bit": (_words("0 1 1"), _words("2 -1 abc 01 1.0", b"")),
    "bit_offset": (_words("0 1 2 7 8 9 15 63 100 1000"), ODD_INTEGERS + _words("-1 4294967295 4294967296")),
    "bit_type": (_words("u1 u4 u8 i8 i5 u16 i32 u63 i64"), _words("u64 i65 u0 i0 8 u i x8 u-1 i08 U8", b"")),
    "bit_place": (_words("0 1 5 8 100 #0 #1 #3"), ODD_INTEGERS + _words("-1 #-1 # #abc 4294967295 #4294967295")),
    "time_to_live": (_words("0 0 0 1000000"), ODD_INTEGERS + _words("-1")),
    "weight_pattern": (_words("h1->f1 n* s* *->f1 nosort w_*"), _words("* *->", b"", b"**")),
    "get_pattern": (_words("# # s* h*->f1 h1->f1 *"), _words("*-> ## nothing", b"")),
    "setting": (_words("hash-max-listpack-entries *max-listpack* databases timeout maxmemory-policy "
                       "list-compress-depth HZ lfu-log-factor set-max-intset-entries save"),
                _words("nosuch [ *-max-ziplist-* client-output-buffer-limit zset*", b"")),
}

# The directives whose change alters encodings.
THRESHOLDS = _words("hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries "
                    "hash-max-ziplist-value set-max-intset-entries set-max-listpack-entries "
                    "set-max-listpack-value zset-max-listpack-entries zset-max-listpack-value "
                    "zset-max-ziplist-entries zset-max-ziplist-value")


class Arguments:
    """Makes arguments for one sequence. Everything it chooses comes from `random`, so a seed repeats it."""

    def __init__(self, random, group="generic", special=None):
        """`special` maps further kinds to functions that return a list of arguments."""
        self.random = random
        self.group = group
        self._special = special or {}
        self._odd_chance = 0.03
        self._latest_ms = 0         # of the stream ids made so far
        # A part of the universe for each sequence: fewer keys, more happens to each.
        self._keys = {kind: tuple(random.sample(keys, min(len(keys), random.choice((1, 2, 2, 3)))))
                      for kind, keys in KEYS.items()}
        self._any = tuple(key for keys in self._keys.values() for key in keys)

    @contextlib.contextmanager
    def odd_values(self, chance):
        """Within this context each argument is odd with the given chance."""
        before, self._odd_chance = self._odd_chance, chance
        try:
            yield
        finally:
            self._odd_chance = before

    def make(self, kind):
        """Return the arguments of a kind: a list, mostly of one."""
        special = self._special.get(kind) or getattr(self, "_make_" + kind, None)
        if special is not None:
            return special()
        sensible, odd = VALUES[kind]
        return [self.random.choice(odd if self._is_odd() else sensible)]

    def key(self, group=None):
        """Return a key that mostly holds a value of the group's type."""
        chance = self.random.random()
        if chance < 0.02:
            return self.random.choice(ODD_KEYS)
        if chance < 0.10:
            return self.random.choice(ALL_KEYS)
        return self.random.choice(self._keys.get(group or self.group, self._any))

    def _is_odd(self):
        return self.random.random() < self._odd_chance

    def _make_key(self):
        return [self.key()]

    def _make_anykey(self):
        return [self.key("any")]

    def _make_set_or_zset_key(self):
        return [self.key(self.random.choice(("set", "sorted_set", "sorted_set")))]

    def _make_counted_keys(self):
        return self._counted("key")

    def _make_counted_zset_keys(self):
        return self._counted("set_or_zset_key")

    def _counted(self, kind):
        """Return the number of keys, now and then a wrong one, and the keys."""
        keys = [self.make(kind)[0] for _ in range(self.random.choice((1, 1, 2, 2, 3)))]
        if self._is_odd():
            return [self.random.choice(_words("0 -1 5 abc 1 9223372036854775807", b""))] + keys
        return [b"%d" % len(keys)] + keys

    def _make_weighted_zset_keys(self):
        """Return counted keys, sometimes with as many weights."""
        keys = self._make_counted_zset_keys()
        if self.random.random() > 0.3:
            return keys
        weights = len(keys) - 1
        if self._is_odd():
            weights += self.random.choice((-1, 1))
        return keys + [b"WEIGHTS"] + [self.make("weight")[0] for _ in range(weights)]

    def _make_seconds(self, factor=1):
        """Return a time to live that hardly ever comes twice: EXPIRE GT could not tell equal ones apart."""
        if self._is_odd():
            return self.make("odd_seconds" if factor == 1 else "odd_milliseconds")
        return [b"%d" % (self.random.randint(100, 10 ** self.random.randint(3, 7)) * factor)]

    def _make_milliseconds(self):
        return self._make_seconds(factor=997)

    def _make_new_id(self):
        """Return an id for XADD, mostly above those before it. Not *, which would be the time of each server."""
        if self._is_odd():
            return self.make("entry_id")
        self._latest_ms += self.random.choice((0, 1, 1, 1, 2))
        return [b"%d-%s" % (self._latest_ms, self.random.choice((b"*", b"*", b"1", b"2", b"0")))]

    def _make_trim(self):
        """Return MAXLEN or MINID with what may follow it."""
        strategy = self.random.choice((b"MAXLEN", b"MINID"))
        how = self.random.choice(([], [], [b"="], [b"~"], [b"~"]))
        limit = [b"LIMIT"] + self.make("count") if how == [b"~"] and self.random.random() < 0.5 or self._is_odd() else []
        return [strategy] + how + self.make("trim_count" if strategy == b"MAXLEN" else "entry_id") + limit

    def _make_reads(self, kind="read_id"):
        """Return STREAMS with keys and as many ids, now and then one too few."""
        keys = [self.key() for _ in range(self.random.choice((1, 1, 1, 2)))]
        ids = [self.make(kind)[0] for _ in range(len(keys) - self._is_odd())]
        return [b"STREAMS"] + keys + ids

    def _make_group_reads(self):
        return self._make_reads("group_read_id")

    def _make_elements(self):
        """Return many elements: a HyperLogLog shows only with some hundreds what it does."""
        first = self.random.randrange(2000)
        return [b"%d" % number for number in range(first, first + self.random.choice((10, 50, 200)))]

    def _make_threshold_setting(self):
        name = self.random.choice(THRESHOLDS + _words("list-max-listpack-size list-compress-depth"))
        return [name] + self.make("list_size" if name == b"list-max-listpack-size" else "threshold")
