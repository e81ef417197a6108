"""Transactions. MULTI, EXEC and DISCARD are what a Pipeline does: on a pool of connections they mean
nothing."""
import warnings

from .replies import ok

__all__ = ["TransactionCommands", "REPLIES"]


class TransactionCommands:
    """WATCH and UNWATCH, which only a Pipeline has a use for."""

    def watch(self, *names):
        """Return None and do nothing but warn: use Pipeline.watch or Redis.transaction, which keep to the one
        connection that the keys are watched on. (WATCH)"""
        warnings.warn("WATCH needs a connection of its own: call it on a Pipeline", DeprecationWarning,
                      stacklevel=2)

    def unwatch(self):
        """Return None and do nothing but warn: see watch. (UNWATCH)"""
        warnings.warn("UNWATCH needs a connection of its own: call it on a Pipeline", DeprecationWarning,
                      stacklevel=2)


REPLIES = {
    "UNWATCH": ok,
    "WATCH": ok,
}
