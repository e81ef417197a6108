"""Commands for HyperLogLogs, which estimate how many different elements were added in 12 KB, to about 0.8 %."""
from .replies import ok

__all__ = ["HyperLogLogCommands", "REPLIES"]


class HyperLogLogCommands:
    """Commands of the group "hyperloglog"."""

    def pfadd(self, name, *values):
        """Return 1 if the estimate may have changed by adding the values, else 0. (PFADD)

        Without values an empty one is made if there is none.
        """
        return self.execute_command("PFADD", name, *values)

    def pfcount(self, *sources):
        """Return about how many different values were added, of several: to any of them. (PFCOUNT)"""
        return self.execute_command("PFCOUNT", *sources)

    def pfmerge(self, dest, *sources):
        """Return True; what was added to any of `sources` counts as added to `dest`, too. (PFMERGE)"""
        return self.execute_command("PFMERGE", dest, *sources)

    def pfdebug(self, subcommand, key):
        """Return something of a HyperLogLog's inner life; for those who build servers. (PFDEBUG)

        `subcommand` is "GETREG" (a list of its registers), "DECODE" or "ENCODING" (texts) or "TODENSE" (1 if it
        changed its encoding, else 0).
        """
        return self.execute_command("PFDEBUG", subcommand, key)

    def pfselftest(self):
        """Return OK if the server's own test of its HyperLogLogs passes; it takes a while. (PFSELFTEST)"""
        return self.execute_command("PFSELFTEST")


REPLIES = {
    "PFMERGE": ok,
}
