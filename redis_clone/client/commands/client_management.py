"""CLIENT: the connections of a server, one's own and those of others.

What is set for one's own (name, tracking, eviction ...) holds for one connection of the pool only: use a
client of a single connection for it.
"""
from ..errors import DataError
from .arguments import flag_words, listed
from .replies import nested_lists, ok, text, text_keys, texts

__all__ = ["ClientManagementCommands", "REPLIES", "client_info"]

CLIENT_TYPES = ("normal", "master", "slave", "replica", "pubsub")
# What is a number in CLIENT INFO, by the result that programs expect: other numbers stay texts.
NUMBERS = frozenset((
    "id", "age", "idle", "db", "sub", "psub", "multi", "qbuf", "qbuf-free", "obl", "argv-mem", "oll", "omem",
    "tot-mem",
))


class ClientManagementCommands:
    """The CLIENT commands."""

    def client_caching(self, mode):
        """Return OK after telling whether the keys of the next command are to be tracked. (CLIENT CACHING)

        mode: True after client_tracking with optin, False after client_tracking with optout.
        """
        return self.execute_command("CLIENT CACHING", "YES" if mode else "NO")

    def client_getname(self):
        """Return the name of this connection, None if it has none. (CLIENT GETNAME)"""
        return self.execute_command("CLIENT GETNAME")

    def client_getredir(self):
        """Return the id of the connection that gets the invalidations for this one, 0 for itself, -1 if
        nothing is tracked. (CLIENT GETREDIR)"""
        return self.execute_command("CLIENT GETREDIR")

    def client_help(self):
        """Return a list of lines about the CLIENT commands. (CLIENT HELP)"""
        return self.execute_command("CLIENT HELP")

    def client_id(self):
        """Return the number of this connection, never used twice by the server. (CLIENT ID)"""
        return self.execute_command("CLIENT ID")

    def client_info(self):
        """Return a dict about this connection: `id`, `addr`, `name`, `age`, `db`, `user` and many more.
        (CLIENT INFO)"""
        return self.execute_command("CLIENT INFO")

    def client_kill(self, address):
        """Return True after closing the connection of the client at `address`, "host:port"; ResponseError if
        there is none. (CLIENT KILL)"""
        return self.execute_command("CLIENT KILL", address)

    def client_kill_filter(self, _id=None, _type=None, addr=None, skipme=None, laddr=None, user=None,
                           maxage=None):
        """Return how many connections were closed: those to which all that is given applies. (CLIENT KILL)

        _id: number of the connection. _type: "normal", "master", "replica" or "pubsub". addr, laddr: their
        address or the server's, "host:port". user: logged in as. maxage: at least so many seconds old.
        skipme: whether to spare this connection, True if not given.
        """
        words = [] if _type is None else ["TYPE", _client_type("CLIENT KILL", _type)]
        if skipme is not None:
            if not isinstance(skipme, bool):
                raise DataError(f"CLIENT KILL: skipme must be True or False, not {skipme!r}")
            words += "SKIPME", "YES" if skipme else "NO"
        options = ("ID", _id), ("ADDR", addr), ("LADDR", laddr), ("USER", user), ("MAXAGE", maxage)
        for option, value in options:
            if value is not None:
                words += option, value
        if not words:
            raise DataError("CLIENT KILL needs to be told which connections")
        return self.execute_command("CLIENT KILL", *words)

    def client_list(self, _type=None, client_id=()):
        """Return a list of dicts about the connections, all of their values str; see client_info.
        (CLIENT LIST)

        _type: only these, "normal", "master", "replica" or "pubsub". client_id: a list of their ids.
        """
        words = [] if _type is None else ["TYPE", _client_type("CLIENT LIST", _type)]
        if not isinstance(client_id, (list, tuple)):
            raise DataError(f"CLIENT LIST: client_id must be a list, not {client_id!r}")
        if client_id:
            words += "ID", *client_id
        return self.execute_command("CLIENT LIST", *words)

    def client_no_evict(self, mode):
        """Return OK after setting whether the server spares this connection when memory is short.
        (CLIENT NO-EVICT)

        mode: "ON" or "OFF".
        """
        return self.execute_command("CLIENT NO-EVICT", mode)

    def client_no_touch(self, mode):
        """Return OK after setting whether this connection's commands leave alone when and how often a key
        was used. (CLIENT NO-TOUCH)

        mode: "ON" or "OFF".
        """
        return self.execute_command("CLIENT NO-TOUCH", mode)

    def client_pause(self, timeout, all=True):
        """Return True after stopping the commands of all clients for `timeout` milliseconds. (CLIENT PAUSE)

        all: False stops only what changes data.
        """
        if not isinstance(timeout, int):
            raise DataError(f"CLIENT PAUSE: timeout must be an int, not {timeout!r}")
        return self.execute_command("CLIENT PAUSE", timeout, *(() if all else ("WRITE",)))

    def client_unpause(self):
        """Return OK after ending client_pause. (CLIENT UNPAUSE)"""
        return self.execute_command("CLIENT UNPAUSE")

    def client_reply(self, reply):
        """Never of use here: raises DataError, whatever `reply` is. After "OFF" and "SKIP" the server does not
        answer, and every command here waits for its answer. (CLIENT REPLY)"""
        raise DataError("CLIENT REPLY is not possible here: every command waits for its answer")

    def client_setinfo(self, attr, value):
        """Return True after telling the server about the library in use. (CLIENT SETINFO)

        attr: "LIB-NAME" or "LIB-VER".
        """
        return self.execute_command("CLIENT SETINFO", attr, value)

    def client_setname(self, name):
        """Return True after naming this connection, without spaces; "" for no name. (CLIENT SETNAME)"""
        return self.execute_command("CLIENT SETNAME", name)

    def client_trace(self, action):
        """Return OK for "ON" and "OFF": whether the stages of this connection's commands are timed; for
        "LAST" a dict about the command before, `command`, `commands` (in the same read) and microseconds by
        stage, None if it was not timed. (CLIENT TRACE, which only the server of this project has)"""
        last = str(action).upper() == "LAST"
        return self.execute_command("CLIENT TRACE", action, convert=_journey if last else None)

    def client_tracking(self, on=True, clientid=None, prefix=(), bcast=False, optin=False, optout=False,
                        noloop=False):
        """Return OK after setting whether the server tells when keys change that this connection has read.
        (CLIENT TRACKING)

        clientid: number of the connection that is told instead, needed with RESP2. bcast: of all keys,
        whether read or not, or of those that start with one of the list `prefix`. optin: only keys read right
        after client_caching(True); optout: but those after client_caching(False). noloop: not of one's own
        changes.
        """
        if len(prefix) and not bcast:
            raise DataError("CLIENT TRACKING: prefix needs bcast")
        words = ["ON" if on else "OFF"]
        if clientid is not None:
            words += "REDIRECT", clientid
        for one in listed(prefix):
            words += "PREFIX", one
        words += flag_words(BCAST=bcast, OPTIN=optin, OPTOUT=optout, NOLOOP=noloop)
        return self.execute_command("CLIENT TRACKING", *words)

    def client_tracking_on(self, clientid=None, prefix=(), bcast=False, optin=False, optout=False, noloop=False):
        """Return OK after switching tracking on: see client_tracking. (CLIENT TRACKING)"""
        return self.client_tracking(True, clientid, prefix, bcast, optin, optout, noloop)

    def client_tracking_off(self, clientid=None, prefix=(), bcast=False, optin=False, optout=False, noloop=False):
        """Return OK after switching tracking off: see client_tracking. (CLIENT TRACKING)"""
        return self.client_tracking(False, clientid, prefix, bcast, optin, optout, noloop)

    def client_trackinginfo(self):
        """Return a list of names and values in turn: `flags` (a list), `redirect` (see client_getredir),
        `prefixes` (a list). (CLIENT TRACKINGINFO)"""
        return self.execute_command("CLIENT TRACKINGINFO")

    def client_unblock(self, client_id, error=False):
        """Return True if that connection was waiting in a blocking command, which has now ended as if its
        time were over. (CLIENT UNBLOCK)

        error: it ends with the error UNBLOCKED instead.
        """
        return self.execute_command("CLIENT UNBLOCK", int(client_id), *(("ERROR",) if error else ()))


def client_fields(line):
    """The dict of one line of CLIENT LIST, values as str. Those with spaces in it (paths) are put
    together."""
    fields, name = {}, None
    for word in line.split(" "):
        if "=" in word:
            name, value = word.split("=", 1)
            fields[name] = value
        elif name is not None:
            fields[name] += " " + word
    return fields


def client_info(reply):
    """The dict of CLIENT INFO: client_fields with numbers."""
    return {name: int(value) if name in NUMBERS else value
            for name, value in client_fields(text(reply).strip()).items()}


def _client_type(command, name):
    if str(name).lower() not in CLIENT_TYPES:
        raise DataError(f"{command}: the type must be one of {', '.join(CLIENT_TYPES)}, not {name!r}")
    return name


def _killed(reply):
    return reply if isinstance(reply, int) else ok(reply)


def _client_list(reply):
    return [client_fields(line) for line in text(reply).splitlines() if line]


def _journey(reply):
    if reply is None:
        return None
    stages = text_keys(reply)
    command = text(stages.pop("command"))
    times = {name: us if name == "commands" else float(us) for name, us in stages.items()}
    return {"command": command, **times}


def _tracking(reply):
    # Names as str but their values not: that is what programs know.
    return [text(item) for item in nested_lists(reply)]


REPLIES = {
    "CLIENT GETNAME": text,
    "CLIENT HELP": texts,
    "CLIENT INFO": client_info,
    "CLIENT KILL": _killed,
    "CLIENT LIST": _client_list,
    "CLIENT PAUSE": ok,
    "CLIENT SETINFO": ok,
    "CLIENT SETNAME": ok,
    "CLIENT TRACKINGINFO": _tracking,
    "CLIENT UNBLOCK": bool,
}
