"""The greeting: the commands that make a new connection what its user wants, all in one round trip."""
from .errors import (
    AuthenticationError, BusyLoadingError, ConnectionFailed, ReplyError, ServerFullError, error_from_reply,
)
from .requests import encode_command

__all__ = ["greet", "greeting"]


def greeting(protocol, db, username, password, client_name, library):
    """Return the commands. A server starts with RESP2 and database 0, so the usual connection needs none of
    them, and one older than HELLO is served too."""
    commands = []
    auth = ["AUTH", username or "default", password]
    if protocol == 3:
        commands.append(["HELLO", 3] + (auth if password is not None else []))
    elif password is not None:
        commands.append(auth if username is not None else ["AUTH", password])
    if client_name is not None:
        commands.append(["CLIENT", "SETNAME", client_name])
    if library is not None:
        commands += [["CLIENT", "SETINFO", what, text] for what, text in zip(("LIB-NAME", "LIB-VER"), library)]
    if db:
        commands.append(["SELECT", db])
    return commands


def greet(connection, commands):
    """Send the greeting. Raises ConnectionFailed (or the class that belongs to the code, where that is a
    ConnectionError) if the server refuses one of them. CLIENT SETINFO may be refused, by an older server."""
    request = b"".join(map(encode_command, commands))
    replies = connection.exchange(request, len(commands), f"the greeting ({commands[0][0]})")
    for command, reply in zip(commands, replies):
        if isinstance(reply, ReplyError) and command[1] != "SETINFO":
            connection.close()
            raise _refusal(f"{connection.address} refused {command[0]}", reply) from reply


def _refusal(what, reply):
    typed = error_from_reply(reply.reply)
    if isinstance(typed, (AuthenticationError, BusyLoadingError, ServerFullError)):
        failure = type(typed)(f"{what}: {reply.reply}")
        failure.take_code_of(typed)
    else:
        failure = ConnectionFailed(f"{what}: {reply.reply}")
        failure.final = True
    return failure
