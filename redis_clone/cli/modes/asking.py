"""Requests of the modes, and what becomes of them when the server is gone.

An error reply is a value here, as everywhere in a walk over many keys: each mode knows what it means to it.
"""
import time

from ...client import ClientError, ConnectionFailed, ConnectionLost, TimedOut, encode_command

__all__ = ["ModeFailed", "ask", "ask_many", "ask_until_answered"]

RETRY_S = 1


class ModeFailed(Exception):
    """A mode cannot go on; the text is for the standard error, the exit status is 1."""


def ask(connection, *command):
    """Return the reply to one command."""
    try:
        return connection.exchange(encode_command(command), 1, command[0])[0]
    except ClientError as error:
        raise ModeFailed(f"\nI/O error: {error}") from None


def ask_many(connection, commands):
    """Return the replies to several commands, sent at once. Raises ClientError."""
    if not commands:
        return []
    return connection.exchange(b"".join(map(encode_command, commands)), len(commands), commands[0][0])


def ask_until_answered(connection, out, *command, clock=time):
    """Return the reply to one command. A lost connection is opened again, with a try each second, for ever:
    whoever watches a server wants to see it come back."""
    tries = 0
    while True:
        try:
            if not connection.connected:
                tries += 1
                out.print(f"\r\x1b[0KReconnecting... {tries}\r", end="")
                out.flush()
                clock.sleep(RETRY_S)
                connection.connect()
            reply = connection.exchange(encode_command(command), 1, command[0])[0]
        except (ConnectionFailed, ConnectionLost, TimedOut):
            continue
        except ClientError as error:
            raise ModeFailed(f"Error: {error}") from None
        if tries:
            out.print("\r\x1b[0K", end="")
        return reply
