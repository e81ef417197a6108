"""What commands come to, for those who repeat them: the append-only file, later replicas.

Most commands that change something can be repeated as they are. Some cannot, since they would not do the same
again: SPOP draws another member, EXPIRE counts from another moment, BLPOP finds something at once. Their
handlers say with `Session.propagate` what they have come to (`SREM key member`). A key that is found to be due
leaves its DEL before the command that found it.

`Keyspace.effects` collects this while a command runs: ``(database number, argv)`` pairs, and `INSTEAD` where
what a handler spelled out stands in place of its own argv. It is None while nobody wants to know, which is all
that this costs then. When the command is done, `finish_command` makes a unit of the pairs: to be repeated as a
whole or not at all. EXEC gathers those of its commands into one.

All under the engine's lock.
"""
__all__ = ["INSTEAD", "finish_command", "note_command", "take_unit"]

INSTEAD = None


def note_command(keyspace, number, argv, changed):
    """One command of several in a unit has run on database `number`; `changed`: the data is not what it was."""
    effects = keyspace.effects
    if INSTEAD in effects:
        effects[:] = [effect for effect in effects if effect is not INSTEAD]
    elif changed:
        effects.append((number, argv))


def finish_command(engine, number, argv, changed):
    """A command of a client has run: hand over what it came to. Call when `changed` or if there are effects."""
    if not engine.keyspace.effects:             # nothing special: nearly always
        engine.journal.record_one(number, argv)
    else:
        is_own = changed or INSTEAD in engine.keyspace.effects
        note_command(engine.keyspace, number, argv, changed)
        if not engine.keyspace.effects:         # a transaction that only reads
            return
        take_unit(engine)
        if not is_own:                          # only keys that were due: they stay away even if that is lost
            return
    engine.running.promised = engine.journal.recorded


def take_unit(engine):
    """Hand over what has been gathered, if anything."""
    effects = engine.keyspace.effects
    if effects:
        engine.keyspace.effects = []
        engine.journal.record(effects)
