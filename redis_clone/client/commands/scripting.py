"""Lua scripts that are sent along with their call, or remembered by the server under their SHA1.

`Redis.register_script` wraps these in an object that is called like a function.
"""
from ..errors import DataError
from .replies import ok, text, texts

__all__ = ["ScriptingCommands", "REPLIES"]


class ScriptingCommands:
    """EVAL and SCRIPT."""

    def eval(self, script, numkeys, *keys_and_args):
        """Return what the Lua script returns. (EVAL)

        numkeys: how many of the words that follow are keys (KEYS in the script); the others are its ARGV.
        ResponseError if it fails; what it has changed until then stays changed.
        """
        return self.execute_command("EVAL", script, numkeys, *keys_and_args)

    def eval_ro(self, script, numkeys, *keys_and_args):
        """Return what the Lua script returns, which must not change anything. (EVAL_RO)"""
        return self.execute_command("EVAL_RO", script, numkeys, *keys_and_args)

    def evalsha(self, sha, numkeys, *keys_and_args):
        """Return what the script with this SHA1 returns; NoScriptError if the server does not know it.
        (EVALSHA)

        sha: as returned by script_load. numkeys, keys_and_args: see eval.
        """
        return self.execute_command("EVALSHA", sha, numkeys, *keys_and_args)

    def evalsha_ro(self, sha, numkeys, *keys_and_args):
        """Return what the script with this SHA1 returns, which must not change anything; NoScriptError if the
        server does not know it. (EVALSHA_RO)"""
        return self.execute_command("EVALSHA_RO", sha, numkeys, *keys_and_args)

    def script_debug(self, mode):
        """Return OK after setting how the next scripts of this connection are debugged. (SCRIPT DEBUG)

        mode: "YES", "SYNC" (the server waits, changes stay) or "NO". For a client of a single connection, and
        one that speaks the debugger's protocol.
        """
        return self.execute_command("SCRIPT DEBUG", mode)

    def script_exists(self, *args):
        """Return a list with True or False for each SHA1: whether the server knows the script.
        (SCRIPT EXISTS)"""
        return self.execute_command("SCRIPT EXISTS", *args)

    def script_flush(self, sync_type=None):
        """Return True after making the server forget all scripts. (SCRIPT FLUSH)

        sync_type: "SYNC" frees their memory before the reply, "ASYNC" after it; None as the server is set up.
        """
        if sync_type not in ("SYNC", "ASYNC", None):
            raise DataError(f"SCRIPT FLUSH: sync_type must be 'SYNC', 'ASYNC' or None, not {sync_type!r}")
        words = [] if sync_type is None else [sync_type]
        return self.execute_command("SCRIPT FLUSH", *words)

    def script_help(self):
        """Return a list of lines about the SCRIPT commands. (SCRIPT HELP)"""
        return self.execute_command("SCRIPT HELP")

    def script_kill(self):
        """Return True after ending the script that runs, if it has not changed anything yet. (SCRIPT KILL)

        ResponseError with NOTBUSY if none runs, UNKILLABLE if it has changed something.
        """
        return self.execute_command("SCRIPT KILL")

    def script_load(self, script):
        """Return the SHA1 (str) under which the server now knows the script. (SCRIPT LOAD)"""
        return self.execute_command("SCRIPT LOAD", script)


def _booleans(reply):
    return [bool(item) for item in reply]


REPLIES = {
    "SCRIPT EXISTS": _booleans,
    "SCRIPT FLUSH": ok,
    "SCRIPT HELP": texts,
    "SCRIPT KILL": ok,
    "SCRIPT LOAD": text,
}
