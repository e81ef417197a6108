"""COMMAND: what the server tells about its commands."""
from .replies import nested_lists, ordered, text, text_keys, texts, to_dict

__all__ = ["CommandTableCommands", "REPLIES"]


class CommandTableCommands:
    """The COMMAND commands."""

    def command(self):
        """Return a dict of all commands by name, each a dict with `name`, `arity`, `flags`, `first_key_pos`,
        `last_key_pos`, `step_count`, `acl_categories`, `tips`, `key_specifications` and `subcommands`, the
        last three as the server sent them. (COMMAND)

        arity: the number of words, the name included; the least number, if negative.
        """
        return self.execute_command("COMMAND")

    def command_count(self):
        """Return the number of commands. (COMMAND COUNT)"""
        return self.execute_command("COMMAND COUNT")

    def command_docs(self, *args):
        """Return a dict of the manual's facts about the given commands, or all: by name a dict with
        `summary`, `since`, `group`, `complexity`, `arguments`, `subcommands` (dicts as well) ... Those that
        the server does not know are left out. (COMMAND DOCS)"""
        return self.execute_command("COMMAND DOCS", *args)

    def command_getkeys(self, *args):
        """Return a list of the keys (str) in the words of a command. (COMMAND GETKEYS)

        ResponseError if the command is unknown, wrong, or has no keys.
        """
        return self.execute_command("COMMAND GETKEYS", *args)

    def command_getkeysandflags(self, *args):
        """Return a list of [key, flags] of the keys in the words of a command; the flags say what it does
        with the key, such as RO or RW. (COMMAND GETKEYSANDFLAGS)"""
        return self.execute_command("COMMAND GETKEYSANDFLAGS", *args)

    def command_info(self, *args):
        """Return a dict like that of `command`, of the given commands, or all. Those that the server does not
        know are left out. (COMMAND INFO)"""
        return self.execute_command("COMMAND INFO", *args)

    def command_list(self, module=None, category=None, pattern=None):
        """Return a list of the names of all commands, or of those of a module, of an ACL category, or that
        match a pattern; only one of these. (COMMAND LIST)"""
        words = []
        for option, value in (("MODULE", module), ("ACLCAT", category), ("PATTERN", pattern)):
            if value is not None:
                words += option, value
        return self.execute_command("COMMAND LIST", *(["FILTERBY"] if words else ()), *words)

    def command_help(self):
        """Return a list of lines about the COMMAND commands. (COMMAND HELP)"""
        return self.execute_command("COMMAND HELP")


def _commands(reply):
    return {text(entry[0]): _command(entry) for entry in reply if entry is not None}


def _command(entry):
    command = {
        "name": text(entry[0]), "arity": entry[1], "flags": texts(ordered(entry[2])), "first_key_pos": entry[3],
        "last_key_pos": entry[4], "step_count": entry[5],
    }
    if len(entry) > 6:
        command["acl_categories"] = texts(ordered(entry[6]))
    if len(entry) > 7:
        details = nested_lists(entry[7:10])
        command.update(zip(("tips", "key_specifications", "subcommands"), details))
    return command


def _docs(reply):
    return {text(name): _doc(doc) for name, doc in to_dict(reply).items()}


def _doc(reply):
    """What is told about one command, subcommand or argument: all texts as str."""
    doc = text_keys(reply)
    for name, value in doc.items():
        if name == "arguments":
            doc[name] = [_doc(argument) for argument in value]
        elif name == "subcommands":
            doc[name] = _docs(value)
        elif name == "history":
            doc[name] = [tuple(texts(change)) for change in ordered(value)]
        elif isinstance(value, (list, set)):
            doc[name] = texts(ordered(value))
        else:
            doc[name] = text(value)
    return doc


REPLIES = {
    "COMMAND": _commands,
    "COMMAND DOCS": _docs,
    "COMMAND GETKEYS": texts,
    "COMMAND GETKEYSANDFLAGS": nested_lists,
    "COMMAND HELP": texts,
    "COMMAND INFO": _commands,
}
