"""Generates sequences of steps: which scenario, and from which commands.

Everything follows from the seed and the sequence's number, so each sequence can be made again by itself.
"""

from random import Random

from . import scenarios
from .steps import RAW, names_of
from .synopses import Catalogue
from .writer import Writer


class Generator:
    """Makes sequences for the chosen groups, or for the chosen commands only."""

    def __init__(self, seed, groups=None, only=None, unknown=()):
        self._seed = seed
        self._catalogue = Catalogue()
        self._unknown = frozenset(unknown)
        self._groups = self._chosen_groups(groups, only)
        self._scenarios = scenarios.chosen(groups, only)

    def _chosen_groups(self, groups, only):
        chosen = self._catalogue.groups_of(only) if only else dict(self._catalogue.by_group)
        if groups and not only:
            chosen = {group: entries for group, entries in chosen.items() if group in groups}
        kept = {group: [entry for entry in entries if entry[0].name not in self._unknown]
                for group, entries in chosen.items()}
        return {group: entries for group, entries in kept.items() if entries}

    @property
    def names(self):
        """The names of the commands that may be generated."""
        return sorted({synopsis.name for entries in self._groups.values() for synopsis, _ in entries})

    def sequence(self, number):
        """Return the scenario's name and the steps of the sequence with this number."""
        random = Random("%s:%s" % (self._seed, number))
        available = [scenario for scenario in self._scenarios if scenario.needs <= set(self._groups)
                     or not scenario.needs]
        scenario = random.choices(available, [scenario.weight for scenario in available])[0]
        writer = Writer(random, self._groups, self._catalogue, self._unknown)
        steps = scenario.make(writer)
        return scenario.name, [one for one in steps if not self._is_unknown(one)]

    def _is_unknown(self, one):
        return one.kind != RAW and any(names_of(argv) in self._unknown for argv in one.commands)
