"""What the tests of real_life/ share: scripts from files, run as client libraries run them.

A script is loaded once and called by its digest, arguments are what a client would send, and time is one of
them, so that no test waits. A first line `-- include NAME` stands for that file: it is put before the script.
"""
import functools
import hashlib
import os
import struct

from redis_clone.reply_parser import ErrorReply, ReplyParser
from tests.support import CommandTestCase

__all__ = ["ScriptFileTestCase", "pack", "script_text"]

DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "real_life")
INCLUDE = b"-- include "


@functools.lru_cache(maxsize=None)
def script_text(name):
    """The source of a script, with what it includes."""
    with open(os.path.join(DIRECTORY, name + ".lua"), "rb") as file:
        text = file.read().replace(b"\r\n", b"\n")
    if text.startswith(INCLUDE):
        first, _, text = text.partition(b"\n")
        return script_text(first[len(INCLUDE):-len(b".lua")].decode()) + text
    return text


def pack(value):
    """A value as MessagePack, the way clients write it."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"\xda" + struct.pack(">H", len(text)) + text
    if isinstance(value, list):
        return b"\xdc" + struct.pack(">H", len(value)) + b"".join(map(pack, value))
    pairs = b"".join(pack(key) + pack(item) for key, item in value.items())
    return b"\xde" + struct.pack(">H", len(value)) + pairs


class ScriptFileTestCase(CommandTestCase):
    """`self.call_script("token_bucket", ["key"], 1, 2)` runs a script; errors are returned, too."""

    protocol = 2

    def setUp(self):
        super().setUp()
        if self.protocol != 2:
            self.client.wire("HELLO", self.protocol)

    def send(self, *args):
        """The reply as a value; texts of any kind are str, an error is an ErrorReply."""
        parser = ReplyParser()
        parser.feed(self.client.wire(*args))
        reply, = parser.replies
        return decoded(reply)

    def call_script(self, name, keys=(), *args):
        text = script_text(name)
        digest = hashlib.sha1(text).hexdigest()
        words = [digest, len(keys), *keys, *args]
        reply = self.send("EVALSHA", *words)
        if isinstance(reply, ErrorReply) and reply.code == "NOSCRIPT":
            self.assertEqual(self.send("SCRIPT", "LOAD", text), digest)
            reply = self.send("EVALSHA", *words)
        return reply

    def assert_script_error(self, text, reply):
        self.assertIsInstance(reply, ErrorReply)
        self.assertEqual(str(reply), text)


def decoded(reply):
    if isinstance(reply, bytes):
        return reply.decode(errors="surrogateescape")
    if isinstance(reply, (list, set)):
        return type(reply)(map(decoded, reply))
    if isinstance(reply, dict):
        return {decoded(key): decoded(value) for key, value in reply.items()}
    return reply
