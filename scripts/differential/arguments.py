"""Values for each kind of argument: sensible ones, and odd ones that a server must refuse as Redis does.

The universe of keys is small and each key has a type it usually holds, so that most commands meet a value
of their own type and some meet another one. No value here makes a server wait or allocate for long: huge
counts and offsets are those that Redis refuses or clips.
"""

import contextlib

KEYS = {
    "string": (b"s1", b"s2", b"n1", b"n2"),
    "list": (b"l1", b"l2", b"l3"),
    "hash": (b"h1", b"h2"),
    "set": (b"t1", b"t2", b"t3"),
    "sorted_set": (b"z1", b"z2", b"z3"),
}
ALL_KEYS = tuple(key for keys in KEYS.values() for key in keys)
LEX_KEYS = (b"y1", b"y2")
ODD_KEYS = (b"", b"none", b"\xff\x00k", b"a key", b"{tag}1", b"k" * 200)

LONG = b"x" * 70                    # longer than the 64 bytes that a listpack entry may have by default
CLIP = b"9223372036854775807"       # where a huge count is clipped
ODD_INTEGERS = (b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808",
                b"-9223372036854775809", b"", b" 1", b"1 ", b"+1", b"0x10", b"1.0", b"3.0", b"1e5", b"abc", b"-",
                b"00", b"-0", b"01", b"1" * 300, b"1\x00", b"18446744073709551616", b"nan", b"2147483648",
                b"-2147483649", b"4294967296")
ODD_FLOATS = (b"nan", b"-nan", b"inf", b"-inf", b"+inf", b"Infinity", b"1e400", b"-1e400", b"1e-400", b"0x10",
              b" 1", b"1 ", b"", b"abc", b"1e", b".5", b"5.", b"1_000", b"-0", b"0", b"1e308", b"-1e308",
              b"9223372036854775807", b"9223372036854775808", b"+1", b"1e5", b"3.0", b"1" * 300, b"5e-324",
              b"0.1e-6", b"1\x00", b"-0.0", b"1e17", b"123456789012345678", b"1,5")
ODD_COUNTS = ODD_INTEGERS + (b"-1", b"-100")

# kind: (sensible values, odd values). Kinds that depend on the keys are methods of Arguments.
VALUES = {
    "value": ((b"a", b"b", b"hello", b"10", b"-3", b"3.5", b"1e5", b"", b"0"),
              (b" 1", b"\xff\xfe\x00", b"v" * 44, b"v" * 45, LONG, b"y" * 2000, b"9223372036854775807",
               b"9223372036854775808", b"-9223372036854775808", b"01", b"1.0", b"inf", b"nan", b"12345678901234567",
               b"\r\n", b"10000", b"9999")),
    "element": ((b"a", b"b", b"c", b"d", b"1", b"2", b"-7", b"hello"),
                (b"", LONG, b"\xff\x00", b"9223372036854775807", b"32768", b"01", b"z" * 9000, b" ")),
    "member": ((b"a", b"b", b"c", b"d", b"e", b"1", b"2", b"3"),
               (b"", LONG, b"\xff\x00", b"-5", b"01", b"9223372036854775807", b"2147483648", b"70000", b"x y")),
    "number_member": ((b"1", b"2", b"3", b"4", b"-5", b"600"), (b"70000", b"-2147483649", b"9223372036854775807")),
    "field": ((b"f1", b"f2", b"f3", b"f4", b"f5", b"1"), (b"", LONG, b"\xff\x00", b"a b")),
    "integer": ((b"1", b"2", b"5", b"-1", b"-3", b"100", b"0"), ODD_INTEGERS),
    "float": ((b"1.5", b"0.1", b"-2", b"3", b"10.25", b"1e3", b"-0.75"), ODD_FLOATS),
    "score": ((b"1", b"2", b"3", b"1.5", b"-1", b"0", b"10"), ODD_FLOATS),
    "weight": ((b"1", b"2", b"0.5", b"-1", b"0"), ODD_FLOATS),
    "index": ((b"0", b"1", b"2", b"-1", b"-2", b"3", b"-3", b"10", b"-10"), ODD_INTEGERS),
    "count": ((b"1", b"2", b"3", b"5", b"10", b"0"), ODD_COUNTS),
    "signed_count": ((b"1", b"2", b"-1", b"-2", b"0"), ODD_INTEGERS),
    # -9223372036854775807 is left out here: Redis would begin to send that many picks.
    "pick_count": ((b"1", b"2", b"3", b"-1", b"-3", b"-7", b"10", b"0"),
                   (b"-9223372036854775808", b"9223372036854775807", b"9223372036854775808", b"", b"1.0", b"abc",
                    b"-9223372036854775809", b"+1", b" 1")),
    "pop_count": ((b"1", b"2", b"3", b"0", b"10"), ODD_COUNTS),
    "positive": ((b"1", b"2", b"3", b"10"), ODD_COUNTS + (b"0",)),
    "rank": ((b"1", b"-1", b"2", b"-2"), (b"0",) + ODD_INTEGERS),
    "offset": ((b"0", b"1", b"5", b"10", b"100"), (b"-1", b"536870912", b"536870908") + ODD_INTEGERS),
    "limit_offset": ((b"0", b"1", b"2"), (b"-1", b"100") + ODD_INTEGERS),
    "limit_count": ((b"1", b"2", b"10", b"-1", b"0"), (b"-5",) + ODD_INTEGERS),
    "bound": ((b"-inf", b"+inf", b"0", b"1", b"(1", b"2", b"(2", b"3", b"-1", b"10", b"inf"),
              (b"[1", b"(", b"", b"abc", b"(abc", b"nan", b"(nan", b"((1", b" 1", b"1 ", b"(+inf", b"1e400", b"-",
               b"+", b"(-inf", b"0x1", b"( 1", b"1\x00")),
    "lex_bound": ((b"-", b"+", b"[a", b"(a", b"[c", b"(d", b"[b", b"[1"),
                  (b"a", b"", b"(", b"[", b"+a", b"-a", b"[\xff", b"((", b"inf", b"--")),
    "odd_seconds": ((b"9223372036854775", b"-1"), (b"0", b"-1", b"-100", b"9223372036854775", b"9223372036854776") + ODD_INTEGERS),
    "odd_milliseconds": ((b"-1", b"0"), (b"-1000",) + ODD_INTEGERS),
    "unix_seconds": ((b"4102444800", b"4102444801", b"5000000000"),
                     (b"0", b"1", b"-1", b"1000000000", b"9223372036854775", b"9223372036854776") + ODD_INTEGERS),
    "unix_milliseconds": ((b"4102444800000", b"4102444800001", b"5000000000000"),
                          (b"0", b"1", b"-1", b"1000000000000") + ODD_INTEGERS),
    # Short enough to let them run out. Nothing that a server would read as a longer time.
    "timeout": ((b"0.01", b"0.02", b"1e-2"),
                (b"-1", b"nan", b"abc", b"", b"1e400", b"inf", b"9223372036854775807", b"-0.1", b"0.01 ", b"1e300",
                 b"-inf", b"9223372036854776")),
    "timeout_milliseconds": ((b"1", b"5"), (b"-1", b"abc", b"", b"1.5", b"9223372036854775808", b"-5")),
    "replicas": ((b"0", b"1"), (b"-1", b"abc", b"", b"9223372036854775808")),
    "local": ((b"0",), (b"1", b"2", b"-1", b"abc")),
    "database": ((b"0", b"0", b"0", b"1", b"2"), (b"16", b"15", b"-1", b"2147483648") + ODD_INTEGERS),
    "pattern": ((b"*", b"?1", b"[a-m]*", b"*1", b"s*", b"f?", b"[^s]*"),
                (b"", b"**", b"*" * 20 + b"a", b"[", b"[]", b"[a", b"\\*", b"\\", b"[z-a]?", b"[\\]]*", b"?", b"\xff*",
                 b"[^", b"a\\", b"[a-", b"[!a]*")),
    "type_name": ((b"string", b"list", b"set", b"zset", b"hash"), (b"stream", b"foo", b"", b"STRING", b"Hash")),
    "cursor": ((b"{cursor}",), (b"0", b"abc", b"18446744073709551616", b"0x1", b"1.0", b"0x", b"a0")),
    "name": ((b"me", b"you", b"client-1", b""), (b"a b", b"\xff", b"a\n", b"x" * 100)),
    "message": ((b"hello", b"", b"m1", b"42"), (b"\xff\x00", LONG, b"\r\n")),
    "channel": ((b"c1", b"c2", b"news.a", b"news.b"), (b"", b"\xff", b"c*", b"a b")),
    "channel_pattern": ((b"*", b"c?", b"news.*", b"c1"), (b"", b"[c]1", b"\\c1", b"\xff*")),
    "protocol": ((b"2", b"3"), (b"1", b"4", b"abc", b"", b"-1", b"3.0", b"9223372036854775808")),
    "category": ((b"string", b"list", b"hash", b"set", b"sortedset"), (b"", b"nosuch", b"@string", b"STRING")),
    "filter_pattern": ((b"z*", b"*set", b"client|*", b"get"), (b"", b"nosuch", b"[", b"GET")),
    "threshold": ((b"0", b"2", b"4", b"128", b"512"), (b"-1", b"abc", b"", b"1.5", b"9223372036854775808", b"1k")),
    "list_size": ((b"-1", b"-2", b"2", b"4", b"128"), (b"-6", b"abc", b"")),
    # A pause of no time: a longer one would only slow the comparison down.
    "no_time": ((b"0",), (b"-1", b"abc", b"", b"1.5", b"9223372036854775808")),
    # Orders by name are defined only among members of equal scores, so these keys get no others.
    "lex_key": (LEX_KEYS, (b"wrong", b"none")),
    "not_lex_key": ((b"wrong",), (b"wrong",)),
    "no_client": ((b"99999999", b"88888888"), (b"0", b"-1", b"abc", b"", b"9223372036854775808", b"99999999x")),
    "setting": ((b"hash-max-listpack-entries", b"*max-listpack*", b"databases", b"timeout", b"maxmemory-policy",
                 b"list-compress-depth", b"HZ", b"lfu-log-factor", b"set-max-intset-entries", b"save"),
                (b"nosuch", b"", b"[", b"*-max-ziplist-*", b"client-output-buffer-limit", b"zset*")),
    "memory": ((b"0", b"1gb", b"2GB", b"1048576000"), (b"1xb", b"-1", b"", b"gb", b"1.5gb", b"100 mb")),
}

# The directives whose change alters encodings, with the kind of their value.
THRESHOLDS = ("hash-max-listpack-entries", "hash-max-listpack-value", "hash-max-ziplist-entries",
              "hash-max-ziplist-value", "set-max-intset-entries", "set-max-listpack-entries",
              "set-max-listpack-value", "zset-max-listpack-entries", "zset-max-listpack-value",
              "zset-max-ziplist-entries", "zset-max-ziplist-value")


class Arguments:
    """Makes arguments for one sequence. Everything it chooses comes from `random`, so a seed repeats it."""

    def __init__(self, random, group="generic", special=None):
        """`special` maps further kinds to functions that return a list of arguments."""
        self.random = random
        self.group = group
        self._special = special or {}
        self._odd_chance = 0.03
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
        chosen = odd if self.random.random() < self._odd_chance else sensible
        return [self.random.choice(chosen)]

    def key(self, group=None):
        """Return a key that mostly holds a value of the group's type."""
        chance = self.random.random()
        if chance < 0.02:
            return self.random.choice(ODD_KEYS)
        if chance < 0.10:
            return self.random.choice(ALL_KEYS)
        return self.random.choice(self._keys.get(group or self.group, self._any))

    def _make_key(self):
        return [self.key()]

    def _make_seconds(self, factor=1):
        """Return a time to live that hardly ever comes twice: of equal ones EXPIRE GT could not tell the longer."""
        if self.random.random() < self._odd_chance:
            return self.make("odd_seconds" if factor == 1 else "odd_milliseconds")
        return [b"%d" % (self.random.randint(100, 10 ** self.random.randint(3, 7)) * factor)]

    def _make_milliseconds(self):
        return self._make_seconds(factor=997)

    def _make_anykey(self):
        return [self.key("any")]

    def _make_set_or_zset(self):
        return [self.key(self.random.choice(("set", "sorted_set", "sorted_set")))]

    def _make_counted_keys(self):
        return self._counted([self.key() for _ in range(self.random.choice((1, 1, 2, 2, 3)))])

    def _make_counted_zset_keys(self):
        return self._counted([self._make_set_or_zset()[0] for _ in range(self.random.choice((1, 1, 2, 2, 3)))])

    def _counted(self, keys):
        """Return the number of keys, now and then a wrong one, and the keys."""
        if self.random.random() < self._odd_chance:
            return [self.random.choice((b"0", b"-1", b"5", b"abc", b"1", CLIP, b""))] + keys
        return [b"%d" % len(keys)] + keys

    def _make_weighted_zset_keys(self):
        """Return counted keys with as many weights, or without."""
        keys = self._make_counted_zset_keys()
        if self.random.random() > 0.3:
            return keys
        weights = len(keys) - 1
        if self.random.random() < self._odd_chance:
            weights += self.random.choice((-1, 1))
        return keys + [b"WEIGHTS"] + [self.make("weight")[0] for _ in range(weights)]

    def _make_threshold_setting(self):
        name = self.random.choice(THRESHOLDS + ("list-max-listpack-size", "list-compress-depth"))
        if name == "list-max-listpack-size":
            return [name.encode(), self.make("list_size")[0]]
        return [name.encode(), self.make("threshold")[0]]
