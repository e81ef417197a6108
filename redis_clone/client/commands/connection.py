"""Who we are and how we speak, on one connection.

A client takes any free connection of its pool for each command. What AUTH, SELECT, HELLO and RESET change
holds for that one connection only: use them on a client of a single connection
(`single_connection_client=True`, `Redis.client()`), or tell the constructor for all of them (username,
password, db, protocol, client_name).
"""
from ..errors import DataError
from .replies import ok, text, text_keys

__all__ = ["ConnectionCommands", "REPLIES"]


class ConnectionCommands:
    """AUTH, ECHO, HELLO, PING, QUIT, RESET and SELECT."""

    def auth(self, password, username=None):
        """Return True after logging this connection in; AuthenticationError if the password is wrong. (AUTH)

        username: None for the user "default".
        """
        return self.execute_command("AUTH", *(() if username is None else (username,)), password)

    def echo(self, value):
        """Return the value as the server repeats it. (ECHO)"""
        return self.execute_command("ECHO", value)

    def hello(self, protover=None, username=None, password=None, clientname=None):
        """Return a dict about the server and this connection: `server`, `version`, `proto`, `id`, `mode`,
        `role`, `modules`. (HELLO)

        protover: 2 or 3, to speak this version of the protocol from now on; what follows needs it.
        username, password: log in. clientname: see client_setname.
        """
        if protover is None and (password is not None or clientname is not None):
            raise DataError("HELLO: the other arguments need protover")
        if username is not None and password is None:
            raise DataError("HELLO: username needs password")
        words = [] if protover is None else [protover]
        if password is not None:
            words += "AUTH", "default" if username is None else username, password
        if clientname is not None:
            words += "SETNAME", clientname
        return self.execute_command("HELLO", *words)

    def ping(self):
        """Return True if the server answers. (PING)"""
        return self.execute_command("PING")

    def quit(self):
        """Return True after the server has taken leave; it then closes this connection. (QUIT)"""
        return self.execute_command("QUIT")

    def reset(self):
        """Return "RESET" after the connection has become as new: not logged in, database 0, RESP2, nothing
        watched or subscribed to. (RESET)"""
        return self.execute_command("RESET")

    def select(self, index):
        """Return True after this connection has changed to the database `index`. (SELECT)"""
        return self.execute_command("SELECT", index)


def _pong(reply):
    return text(reply) == "PONG"


def _hello(reply):
    return {name: text(value) for name, value in text_keys(reply).items()}


REPLIES = {
    "AUTH": bool,
    "HELLO": _hello,
    "PING": _pong,
    "QUIT": ok,
    "RESET": text,
    "SELECT": ok,
}
