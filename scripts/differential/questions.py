"""What is asked after the steps of a client, beside what they send themselves: how their keys are stored.

After each step with commands that write, OBJECT ENCODING of every key they mention goes out in the same
batch; for commands within MULTI that is after EXEC. Which arguments are keys is known from their small
universe: asking about another word does no harm.
"""

from .arguments import ALL_KEYS, LEX_KEYS, NO_LEX_KEY, ODD_KEYS
from .player import TRANSACTION_ENDS
from .steps import names_of

KEYS = frozenset(ALL_KEYS + LEX_KEYS + ODD_KEYS + (NO_LEX_KEY,))


class Questions:
    """Follows one client through a batch of its steps, as well as can be done before there are replies."""

    def __init__(self, player, writing_commands):
        """`writing_commands` are the names of commands that may change data."""
        self._writing = writing_commands
        self._in_multi = player.in_multi
        self._keys = {}                     # in order of appearance
        for argv in player.queued:
            self._note(argv)

    def after(self, one):
        """Return the commands to be asked after a step."""
        for argv in one.commands:
            name = self._note(argv)
            self._in_multi = (self._in_multi or name == "MULTI") and name not in TRANSACTION_ENDS
        if self._in_multi:
            return []
        keys, self._keys = self._keys, {}
        return [(b"OBJECT", b"ENCODING", key) for key in keys]

    def _note(self, argv):
        name = names_of(argv)
        if name in self._writing:
            self._keys.update((argument, True) for argument in argv[1:] if argument in KEYS)
        return name
