"""The set: a Python set of bytes that knows which encoding Redis would have chosen.

The encodings differ in what clients see: an "intset" lists its members as ascending numbers, a "listpack"
in the order of insertion, and both answer a whole SCAN at once; a "hashtable" has no order. A set only
moves from the former to the latter, but for SPOP with a count, which may build it anew. Beside itself a
listpack keeps `order`, a list of its members, and a hashtable an `index` for random picks and scans.

`len(s)`, `member in s` and iteration are those of `set`, at its speed; iterate only where the order does
not matter, else use `ordered()`. Set algebra gives plain sets: `Set.stored` makes a Set of the result.
Change a Set through its methods only.

CPython 3.11, 1,000 members (1,000,000): adding a new one 0.17 us (0.5), `discard_member` 0.6 (1.2),
`random_member` 0.33 (0.9), `pop_random` 0.5 (1.3). A member of a large set takes 44 bytes beside its own
object.

Locking: the engine's lock. Not here: keys, and dropping a set that has become empty.
"""

from .hash_index import HashIndex, choices, random_key, sample, shrink_if_hollow
from .limits import is_integer

# SPOP with a count builds the set anew when what stays is less than a fifth of what goes.
_POP_OR_REBUILD = 5


class Set(set):
    """Members are bytes. A new Set gets its encoding with its first members."""

    __slots__ = ("encoding", "order", "index")

    def __init__(self):
        self.encoding = None
        self.order = None           # list of the members, while the encoding is "listpack"
        self.index = None           # HashIndex, while the encoding is "hashtable"

    @classmethod
    def stored(cls, members, limits):
        """The set that SUNIONSTORE and its kin store: members added one by one, beginning as an intset."""
        new = cls()
        new.encoding = "intset"
        for member in members:
            new.add_member(member, limits)
        return new

    def duplicate(self):
        """An independent copy with the same encoding."""
        new = Set()
        new.update(self)
        new.encoding = self.encoding
        if self.order is not None:
            new.order = self.order.copy()
        if self.index is not None:
            new.index = HashIndex(self)
        return new

    # ---- adding and removing -----------------------------------------------------------------

    def add_member(self, member, limits):
        """Adds one member; True when it is new."""
        if member in self:
            return False
        if self.index is not None:
            self.index.add(member)
        else:
            self._admit(member, 1, limits)
        self.add(member)
        return True

    def add_members(self, members, limits):
        """Adds several members at once and returns how many were new. `members` may repeat, not be empty.

        Redis chooses the encoding for as many members as it is given, repeated or not.
        """
        before = len(self)
        count = len(members)
        if self.index is None and before and self._is_too_small_for(count, limits):
            self._become_hashtable()
        for member in members:
            if member not in self:
                if self.index is not None:
                    self.index.add(member)
                else:
                    self._admit(member, count, limits)
                self.add(member)
        return len(self) - before

    def discard_member(self, member):
        """Removes a member; True when it was there."""
        if member not in self:
            return False
        self.remove(member)
        if self.index is not None:
            self.index.discard(member)
            self._removed()
        elif self.order is not None:
            self.order.remove(member)
        return True

    def pop_random(self, rng):
        """Removes and returns a random member of a set that is not empty."""
        if self.index is not None:
            member = self.index.pop(rng)
            self.remove(member)
            self._removed()
        elif self.order is not None:
            member = self.order.pop(int(rng.random() * len(self.order)))
            self.remove(member)
        else:
            member = random_key(self._pickable(rng), None, rng)
            self.remove(member)
        return member

    def pop_randoms(self, rng, count, limits):
        """Removes and returns a list of `count` random members, or of all when there are no more."""
        remaining = len(self) - count
        if remaining <= 0:
            popped = self.ordered()
            self._rebuild([], limits)
        elif remaining * _POP_OR_REBUILD > count:
            popped = [self.pop_random(rng) for _ in range(count)]
        else:
            kept = self.random_members(rng, remaining)
            popped = list(self.difference(kept))
            self._rebuild(kept, limits)
        return popped

    # ---- reading -----------------------------------------------------------------------------

    def ordered(self):
        """List of the members in the order in which Redis gives them, as far as there is one."""
        if self.order is not None:
            return self.order.copy()
        if self.encoding == "intset":
            return sorted(self, key=int)
        return list(self)

    def random_member(self, rng):
        """One member of a set that is not empty, each with the same probability."""
        if self.order is not None:
            return self.order[int(rng.random() * len(self.order))]
        return random_key(self._pickable(rng), self.index, rng)

    def random_members(self, rng, count):
        """List of `count` different random members, or of all when there are no more."""
        if count >= len(self):
            return self.ordered()
        return sample(self._pickable(rng), self.index, rng, count)

    def random_choices(self, rng, count):
        """List of `count` random members of a set that is not empty, each picked anew."""
        return choices(self._pickable(rng), self.index, rng, count)

    def _pickable(self, rng):
        """What to pick from: the order of a set of bytes is another one in each process, unless it is sorted.

        An index, where there is one, is in steady order.
        """
        return self.ordered() if self.index is None and getattr(rng, "repeatable", False) else self

    def scan(self, cursor, count):
        """(next cursor, list of members); see HashIndex. A small set comes at once, as in Redis."""
        if self.index is not None:
            return self.index.scan(cursor, count)
        return 0, self.ordered()

    # ---- the encoding ------------------------------------------------------------------------

    def _is_too_small_for(self, count, limits):
        if self.encoding == "intset":
            return count > limits.set_max_intset_entries
        return count > limits.set_max_listpack_entries

    def _admit(self, member, count, limits):
        """Takes a new member into a set that is no hashtable, or makes it one. `count` are expected."""
        if self.encoding is None:
            self._begin(member, count, limits)
            if self.index is not None:
                self.index.add(member)
                return
        size = len(self)
        if self.encoding == "intset":
            if is_integer(member):
                if size >= limits.set_max_intset_entries:
                    self._become_hashtable()
                    self.index.add(member)
                return
            # Redis measures the longest number too, since it is to become text.
            longest = max(map(len, self), default=0)
        else:
            longest = 0
        longest = max(longest, len(member))
        if size < limits.set_max_listpack_entries and longest <= limits.set_max_listpack_value:
            if self.order is None:
                self.order = self.ordered()
                self.encoding = "listpack"
            self.order.append(member)
        else:
            self._become_hashtable()
            self.index.add(member)

    def _begin(self, member, count, limits):
        if count <= limits.set_max_intset_entries and is_integer(member):
            self.encoding = "intset"
        elif count <= limits.set_max_listpack_entries:
            self.encoding = "listpack"
            self.order = []
        else:
            self._become_hashtable()

    def _become_hashtable(self):
        self.index = HashIndex(self)
        self.order = None
        self.encoding = "hashtable"

    def _rebuild(self, members, limits):
        self.clear()
        if self.encoding == "intset":
            self.update(members)
            return
        self.encoding, self.order, self.index = "listpack", [], None
        for member in members:
            self.add_member(member, limits)

    def _removed(self):
        size = len(self)
        if not size & (size - 1):
            shrink_if_hollow(self)
