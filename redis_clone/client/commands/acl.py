"""ACL: users and what they may do."""
from ..errors import DataError
from .arguments import flag_words, listed
from .client_management import client_info
from .replies import nested_lists, ok, ordered, text, text_keys, texts

__all__ = ["AclCommands", "REPLIES"]


class AclCommands:
    """The ACL commands."""

    def acl_cat(self, category=None):
        """Return a list of the categories of commands, or of a category's commands, as str. (ACL CAT)"""
        return self.execute_command("ACL CAT", *((category,) if category else ()))

    def acl_deluser(self, *username):
        """Return how many of the users were there and have been deleted; their connections are closed.
        (ACL DELUSER)"""
        return self.execute_command("ACL DELUSER", *username)

    def acl_dryrun(self, username, *args):
        """Return OK if the user may execute the command that the words `args` make, else a text that says
        why not. (ACL DRYRUN)"""
        return self.execute_command("ACL DRYRUN", username, *args)

    def acl_genpass(self, bits=None):
        """Return a random password of hexadecimal digits (str). (ACL GENPASS)

        bits: from 1 to 4096, four for each digit; the server's default is 256.
        """
        if bits is None:
            return self.execute_command("ACL GENPASS")
        try:
            number = int(bits)
        except ValueError:
            number = -1
        if not 0 <= number <= 4096:
            raise DataError(f"ACL GENPASS: bits must be a number up to 4096, not {bits!r}")
        return self.execute_command("ACL GENPASS", number)

    def acl_getuser(self, username):
        """Return a dict of the user's rules, None if there is no such user: `enabled`, `flags`, `passwords`
        (their SHA256), `commands`, `categories`, `keys`, `channels`, `selectors`. (ACL GETUSER)"""
        return self.execute_command("ACL GETUSER", username)

    def acl_help(self):
        """Return a list of lines about the ACL commands. (ACL HELP)"""
        return self.execute_command("ACL HELP")

    def acl_list(self):
        """Return a list of the users' rules, each one line as in the ACL file. (ACL LIST)"""
        return self.execute_command("ACL LIST")

    def acl_load(self):
        """Return True after replacing all users by those of the ACL file; ResponseError if there is none.
        (ACL LOAD)"""
        return self.execute_command("ACL LOAD")

    def acl_log(self, count=None):
        """Return a list of dicts about what was refused lately: `count`, `reason`, `context`, `object`,
        `username`, `age-seconds`, `client-info` (see client_info) and more. (ACL LOG)

        count: so many at most; the server's default is 10.
        """
        if count is None:
            return self.execute_command("ACL LOG")
        if not isinstance(count, int):
            raise DataError(f"ACL LOG: count must be an int, not {count!r}")
        return self.execute_command("ACL LOG", count)

    def acl_log_reset(self):
        """Return True after emptying the log. (ACL LOG RESET)"""
        return self.execute_command("ACL LOG", "RESET")

    def acl_save(self):
        """Return True after writing all users to the ACL file; ResponseError if there is none. (ACL SAVE)"""
        return self.execute_command("ACL SAVE")

    def acl_setuser(self, username, enabled=False, nopass=False, passwords=None, hashed_passwords=None,
                    categories=None, commands=None, keys=None, channels=None, selectors=None, reset=False,
                    reset_keys=False, reset_channels=False, reset_passwords=False):
        """Return True after creating the user, or changing him. (ACL SETUSER)

        enabled: whether he may log in. What he has stays, unless reset (all), reset_keys, reset_channels or
        reset_passwords is True. nopass: any password will do. passwords: one or a list, each with "+" (add)
        or "-" (remove) in front; hashed_passwords: the same with their SHA256 in hexadecimal. categories,
        commands: lists of what he may (with "+" in front) or may not ("-"), as "+@read", "-get". keys: a list
        of patterns of keys that he may use, "%R~pattern" to read only, "%W~pattern" to write only. channels:
        a list of patterns of channels. selectors: a list of (command, keys): a right for these keys.
        """
        if nopass and (passwords or hashed_passwords):
            raise DataError("ACL SETUSER: nopass and passwords exclude each other")
        rules = flag_words(reset=reset, resetkeys=reset_keys, resetchannels=reset_channels, resetpass=reset_passwords)
        rules.append("on" if enabled else "off")
        rules += _password_rules(passwords, b">", b"<")
        rules += _password_rules(hashed_passwords, b"#", b"!")
        if nopass:
            rules.append("nopass")
        rules += [*map(_category_rule, categories or ())]
        rules += [*map(_command_rule, commands or ())]
        rules += [*map(_key_rule, keys or ())]
        rules += [b"&" + _encoded(channel) for channel in channels or ()]
        rules += [b"(%s %s)" % (_command_rule(command), _key_rule(pattern))
                  for command, pattern in selectors or ()]
        return self.execute_command("ACL SETUSER", username, *rules)

    def acl_users(self):
        """Return a list of the users' names. (ACL USERS)"""
        return self.execute_command("ACL USERS")

    def acl_whoami(self):
        """Return the name of the user that this connection is logged in as. (ACL WHOAMI)"""
        return self.execute_command("ACL WHOAMI")


def _encoded(word):
    if isinstance(word, str):
        return word.encode("utf-8", "surrogateescape")
    if isinstance(word, (bytes, bytearray, memoryview)):
        return bytes(word)
    raise DataError(f"ACL SETUSER: a rule must be str or bytes, not {word!r}")


def _signed(word, what):
    word = _encoded(word)
    if word[:1] not in (b"+", b"-"):
        raise DataError(f"ACL SETUSER: {what} must begin with '+' or '-'")
    return word


def _password_rules(passwords, add, remove):
    words = [_signed(password, "a password") for password in listed(passwords or ())]
    return [(add if word[:1] == b"+" else remove) + word[1:] for word in words]


def _category_rule(category):
    word = _signed(category, f"the category {category!r}")
    return word if word[1:2] == b"@" else word[:1] + b"@" + word[1:]


def _command_rule(command):
    return _signed(command, f"the command {command!r}")


def _key_rule(pattern):
    word = _encoded(pattern)
    return word if word[:1] in (b"%", b"~") else b"~" + word


def _user(reply):
    if reply is None:
        return None
    user = text_keys(reply)
    user["flags"] = texts(ordered(user["flags"]))
    user["passwords"] = texts(user["passwords"])
    rules = text(user["commands"]).split(" ")
    user["commands"] = [rule for rule in rules if "@" not in rule]
    user["categories"] = [rule for rule in rules if "@" in rule]
    for name in ("keys", "channels"):
        if isinstance(user.get(name), (bytes, str)):            # a list before Redis 7
            user[name] = [pattern for pattern in text(user[name]).split(" ") if pattern]
    if "selectors" in user:
        user["selectors"] = [texts(nested_lists(selector)) for selector in user["selectors"]]
    user["enabled"] = "on" in user["flags"]
    return user


def _log(reply):
    return [_refusal(entry) for entry in reply] if isinstance(reply, list) else ok(reply)


def _refusal(reply):
    refusal = {name: text(value) for name, value in text_keys(reply).items()}
    refusal["age-seconds"] = float(refusal["age-seconds"])
    refusal["client-info"] = client_info(refusal.get("client-info", ""))
    return refusal


REPLIES = {
    "ACL CAT": texts,
    "ACL GENPASS": text,
    "ACL GETUSER": _user,
    "ACL HELP": texts,
    "ACL LIST": texts,
    "ACL LOAD": ok,
    "ACL LOG": _log,
    "ACL SAVE": ok,
    "ACL SETUSER": ok,
    "ACL USERS": texts,
    "ACL WHOAMI": text,
}
