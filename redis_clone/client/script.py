"""Script: a Lua script that is sent to the server once and then called by its SHA1."""
import hashlib

from .errors import NoScriptError

__all__ = ["Script"]


class Script:
    """A script to be called like a function, see Redis.register_script. `script` is its text, `sha` its SHA1."""

    def __init__(self, registered_client, script):
        self.registered_client = registered_client
        self.script = script
        text = registered_client.connection_pool.settings.encode_text(script) if isinstance(script, str) else script
        self.sha = hashlib.sha1(text).hexdigest()

    def __repr__(self):
        return f"<Script {self.sha}>"

    def __call__(self, keys=None, args=None, client=None):
        """Run the script with KEYS and ARGV, on another client or in a pipeline if `client` says so.

        A server that does not know the script gets its text first. A pipeline sees to that before it is executed.
        """
        client = self.registered_client if client is None else client
        keys = tuple(keys or ())
        words = (self.sha, len(keys), *keys, *(args or ()))
        prepare = getattr(client, "prepare_script", None)
        if prepare is not None:
            prepare(self)
        try:
            return client.evalsha(*words)
        except NoScriptError:
            client.script_load(self.script)
            return client.evalsha(*words)
