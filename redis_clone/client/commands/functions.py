"""Functions: scripts in libraries that the server keeps, with its data."""
from .replies import nested_lists, ok, texts

__all__ = ["FunctionCommands", "REPLIES"]


class FunctionCommands:
    """FCALL and FUNCTION."""

    def fcall(self, function, numkeys, *keys_and_args):
        """Return what the function returns. (FCALL)

        numkeys: how many of the words that follow are keys; the others are its arguments.
        """
        return self.execute_command("FCALL", function, numkeys, *keys_and_args)

    def fcall_ro(self, function, numkeys, *keys_and_args):
        """Return what the function returns, which must have the flag `no-writes`. (FCALL_RO)"""
        return self.execute_command("FCALL_RO", function, numkeys, *keys_and_args)

    def function_load(self, code, replace=False):
        """Return the name of the library that was loaded. (FUNCTION LOAD)

        code: with a first line such as `#!lua name=mylib`. replace: a library of that name is replaced, else
        ResponseError.
        """
        return self.execute_command("FUNCTION LOAD", *(["REPLACE"] if replace else ()), code)

    def function_delete(self, library):
        """Return True after deleting the library and its functions; ResponseError if there is none.
        (FUNCTION DELETE)"""
        return self.execute_command("FUNCTION DELETE", library)

    def function_flush(self, mode="SYNC"):
        """Return True after deleting all libraries. (FUNCTION FLUSH)

        mode: "SYNC" frees their memory before the reply, "ASYNC" after it.
        """
        return self.execute_command("FUNCTION FLUSH", mode)

    def function_list(self, library="*", withcode=False):
        """Return a list of the libraries whose names match the pattern, each a list of names and values in
        turn: `library_name`, `engine`, `functions` (again such lists). (FUNCTION LIST)

        withcode: with `library_code`, the source.
        """
        return self.execute_command("FUNCTION LIST", "LIBRARYNAME", library, *(["WITHCODE"] if withcode else ()))

    def function_dump(self):
        """Return all libraries as bytes that function_restore takes. (FUNCTION DUMP)"""
        return self.execute_command("FUNCTION DUMP")

    def function_restore(self, payload, policy="APPEND"):
        """Return True after loading the libraries of a dump. (FUNCTION RESTORE)

        policy: "APPEND" keeps those that are there (ResponseError if a name is taken), "REPLACE" replaces
        those of the same name, "FLUSH" first deletes all.
        """
        return self.execute_command("FUNCTION RESTORE", payload, policy)

    def function_kill(self):
        """Return OK after ending the function that runs, if it has not changed anything yet.
        (FUNCTION KILL)"""
        return self.execute_command("FUNCTION KILL")

    def function_stats(self):
        """Return a list of names and values in turn: `running_script` (None, or such a list with `name`,
        `command` and `duration_ms`) and `engines`. (FUNCTION STATS)"""
        return self.execute_command("FUNCTION STATS")

    def function_help(self):
        """Return a list of lines about the FUNCTION commands. (FUNCTION HELP)"""
        return self.execute_command("FUNCTION HELP")


REPLIES = {
    "FUNCTION DELETE": ok,
    "FUNCTION FLUSH": ok,
    "FUNCTION HELP": texts,
    "FUNCTION LIST": nested_lists,
    "FUNCTION RESTORE": ok,
    "FUNCTION STATS": nested_lists,
}
