"""How often keys are used, which LFU eviction policies and OBJECT FREQ ask instead of when they were used.

The keyspace notes every access with `accessed[key] = lru_clock`, where `accessed` usually is a plain dict
and the value a time in seconds. A `FrequencyTable` in its place counts the assignments: the hot path stays
as it is, and pays for counting only while such a policy is chosen.

An entry is one int: the minute of the last access, and in its low 8 bits a counter. The counter is
logarithmic, as in Redis: the higher it stands, the less likely an access makes it grow, so that 255 stand
for a million accesses with the usual factor of 10; and it loses one for each `decay_minutes` without
access.

Like all of the keyspace, used with the engine's lock held. Choosing what to evict is not done here.
"""

__all__ = ["FrequencyRules", "FrequencyTable", "Untouched", "INITIAL_FREQUENCY"]

INITIAL_FREQUENCY = 5               # what a new key starts with, else it would be the first to go
_HIGHEST = 255


class FrequencyRules:
    """What all tables of one server share: lfu-log-factor, lfu-decay-time, and a random.Random."""

    __slots__ = ("log_factor", "decay_minutes", "random")

    def __init__(self, random, log_factor=10, decay_minutes=1):
        self.random = random
        self.log_factor = log_factor
        self.decay_minutes = decay_minutes

    def count(self, counter):
        """The counter after one more access."""
        if counter < _HIGHEST:
            chance = 1.0 / (max(counter - INITIAL_FREQUENCY, 0) * self.log_factor + 1)
            counter += self.random.random() < chance
        return counter

    def decay(self, counter, minutes):
        """The counter after so many minutes without access."""
        return max(counter - minutes // self.decay_minutes, 0) if self.decay_minutes else counter


class FrequencyTable(dict):
    """Key -> entry. Assigning an lru_clock (seconds) to a key counts an access at that time."""

    __slots__ = ("rules",)

    def __init__(self, rules):
        super().__init__()
        self.rules = rules

    def __setitem__(self, key, lru_clock):
        counter = self.rules.count(self.frequency(key, lru_clock)) if key in self else INITIAL_FREQUENCY
        super().__setitem__(key, lru_clock // 60 << 8 | counter)

    def set_frequency(self, key, lru_clock, counter):
        """Let the counter of a key stand at 0 to 255: what RESTORE was told."""
        super().__setitem__(key, lru_clock // 60 << 8 | counter)

    def frequency(self, key, lru_clock):
        """The counter of a key as it stands at `lru_clock`; keys never seen are as good as new."""
        entry = self.get(key)
        if entry is None:
            return INITIAL_FREQUENCY
        return self.rules.decay(entry & _HIGHEST, lru_clock // 60 - (entry >> 8))


class Untouched:
    """Stands in for a database's `accessed` while a client in CLIENT NO-TOUCH runs a command.

    Only keys that are not in the `table` behind it are noted, the ones that the command creates.
    """

    __slots__ = ("table",)

    def __init__(self, table):
        self.table = table

    def __setitem__(self, key, lru_clock):
        if key not in self.table:
            self.table[key] = lru_clock

    def __contains__(self, key):
        return key in self.table

    def get(self, key, default=None):
        return self.table.get(key, default)

    def pop(self, key, default=None):
        return self.table.pop(key, default)

    def set_frequency(self, key, lru_clock, counter):
        self.table.set_frequency(key, lru_clock, counter)

    def frequency(self, key, lru_clock):
        return self.table.frequency(key, lru_clock)
