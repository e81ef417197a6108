"""Primaries and replicas: who follows whom. WAIT and WAITAOF are with the keys."""
from ..errors import DataError
from .keys import restore_words
from .replies import ok

__all__ = ["ReplicationCommands", "REPLIES"]


class ReplicationCommands:
    """ROLE, REPLICAOF, FAILOVER, and the commands with which servers talk to each other."""

    def role(self):
        """Return what part the server plays: ["master", offset, [[host, port, offset] of each replica]], or
        ["slave", host, port, state, offset]. (ROLE)"""
        return self.execute_command("ROLE")

    def replicaof(self, *args):
        """Return OK after making the server a replica of another, or a primary again. (REPLICAOF)

        args: host and port, or "NO", "ONE".
        """
        return self.execute_command("REPLICAOF", *args)

    def slaveof(self, host=None, port=None):
        """Return True after making the server a replica of another; without arguments, a primary again.
        (SLAVEOF, the old name of REPLICAOF)"""
        if host is None and port is None:
            return self.execute_command("SLAVEOF", "NO", "ONE")
        return self.execute_command("SLAVEOF", host, port)

    def failover(self, host=None, port=None, force=False, abort=False, timeout=None):
        """Return OK after starting to hand over to a replica; see `master_failover_state` in INFO.
        (FAILOVER)

        host, port: to this replica, else to the first that has all data. timeout: give up after so many
        milliseconds; or with force: hand over then even if the replica lacks some. abort: stop a failover.
        """
        if (host is None) != (port is None):
            raise DataError("FAILOVER: host and port go together")
        if force and host is None:
            raise DataError("FAILOVER: force needs host and port")
        words = [] if host is None else ["TO", host, port]
        if force:
            words.append("FORCE")
        if abort:
            words.append("ABORT")
        if timeout is not None:
            words += "TIMEOUT", timeout
        return self.execute_command("FAILOVER", *words)

    def replconf(self, *args):
        """Return what the server answers to a replica's settings, names and values in turn. (REPLCONF)"""
        return self.execute_command("REPLCONF", *args)

    def sync(self):
        """Never of use here: the server answers with a stream of data without end, which `Connection.detach`
        is for. (SYNC)"""
        return self.execute_command("SYNC")

    def psync(self, replicationid, offset):
        """Never of use here: see sync. (PSYNC)

        replicationid, offset: what the replica has; "?" and -1 for nothing.
        """
        return self.execute_command("PSYNC", replicationid, offset)

    def restore_asking(self, name, ttl, value, replace=False, absttl=False, idletime=None, frequency=None):
        """Return OK after restoring a dumped value while its slot is being imported. (RESTORE-ASKING)

        The arguments are those of restore.
        """
        words = restore_words(replace, absttl, idletime, frequency)
        return self.execute_command("RESTORE-ASKING", name, ttl, value, *words)


REPLIES = {
    "SLAVEOF": ok,
}
