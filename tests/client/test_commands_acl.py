"""The client's commands about users. The replies are those of Redis 7.0.15."""
import unittest

from redis_clone.client.errors import DataError
from tests.client.reply_case import CannedCase

SHA = b"30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4"
USER2 = [b"flags", [b"on"], b"passwords", [SHA], b"commands", b"-@all +@read -get", b"keys", b"~a* %R~b",
         b"channels", b"&ch", b"selectors", [[b"commands", b"-@all +set", b"keys", b"~x*", b"channels", b""]]]
USER3 = {b"flags": {b"on"}, b"passwords": [SHA], b"commands": b"-@all +@read -get", b"keys": b"~a* %R~b",
         b"channels": b"&ch", b"selectors": [{b"commands": b"-@all +set", b"keys": b"~x*", b"channels": b""}]}
OLD_USER = [b"flags", [b"off", b"allkeys"], b"passwords", [], b"commands", b"-@all", b"keys", [b"*"]]
LOG2 = [[b"count", 1, b"reason", b"auth", b"context", b"toplevel", b"object", b"AUTH", b"username", b"u",
         b"age-seconds", b"0.004", b"client-info", b"id=6 addr=127.0.0.1:54574 fd=16 name= age=0 cmd=auth user=default"]]
LOG3 = [{b"count": 1, b"reason": b"auth", b"context": b"toplevel", b"object": b"AUTH", b"username": b"u",
         b"age-seconds": 0.004, b"client-info": LOG2[0][-1]}]


class UsersTest(CannedCase):
    def test_a_user_is_a_dict(self):
        self.check_reply(lambda r: r.acl_getuser("u"), {
            "flags": ["on"], "passwords": [SHA.decode()], "commands": ["-get"], "categories": ["-@all", "+@read"],
            "keys": ["~a*", "%R~b"], "channels": ["&ch"],
            "selectors": [["commands", "-@all +set", "keys", "~x*", "channels", ""]], "enabled": True,
        }, USER2, USER3)

    def test_flags_have_the_order_of_resp2(self):
        flags = [b"on", b"allkeys", b"nopass", b"sanitize-payload"]
        self.check_reply(lambda r: r.acl_getuser("u")["flags"], [flag.decode() for flag in flags],
                         [b"flags", flags, *USER2[2:]], {**USER3, b"flags": set(flags)})

    def test_no_rights_are_empty_lists(self):
        empty = [*USER2[:6], b"keys", b"", b"channels", b"", b"selectors", []]
        self.check_reply(lambda r: [r.acl_getuser("u")[name] for name in ("keys", "channels", "selectors")],
                         [[], [], []], empty)

    def test_a_user_of_redis_6(self):
        self.check_reply(lambda r: r.acl_getuser("u"), {
            "flags": ["off", "allkeys"], "passwords": [], "commands": [], "categories": ["-@all"], "keys": [b"*"],
            "enabled": False,
        }, OLD_USER)

    def test_nobody(self):
        self.check_reply(lambda r: r.acl_getuser("nobody"), None, None)

    def test_texts_are_str(self):
        for call, reply in (
            (lambda r: r.acl_list(), [b"user default on nopass ~* &* +@all", b"user u off"]),
            (lambda r: r.acl_users(), [b"default", b"u"]),
            (lambda r: r.acl_cat("string"), [b"get", b"set"]),
            (lambda r: r.acl_whoami(), b"default"),
            (lambda r: r.acl_genpass(), SHA),
            (lambda r: r.acl_help(), ["ACL <subcommand>"]),
        ):
            texts = [text if isinstance(text, str) else text.decode() for text in reply] \
                if isinstance(reply, list) else reply.decode()
            self.check_reply(call, texts, reply)

    def test_the_file(self):
        self.check_reply(lambda r: r.acl_load(), True, "OK")
        self.check_reply(lambda r: r.acl_save(), True, "OK")


class LogTest(CannedCase):
    def test_refusals_are_dicts(self):
        self.check_reply(lambda r: r.acl_log(), [{
            "count": 1, "reason": "auth", "context": "toplevel", "object": "AUTH", "username": "u",
            "age-seconds": 0.004, "client-info": {
                "id": 6, "addr": "127.0.0.1:54574", "fd": "16", "name": "", "age": 0, "cmd": "auth",
                "user": "default"},
        }], LOG2, LOG3)
        self.check_words(lambda r: r.acl_log(5), "ACL LOG", 5)

    def test_it_is_emptied(self):
        self.check_reply(lambda r: r.acl_log_reset(), True, "OK")
        self.check_words(lambda r: r.acl_log_reset(), "ACL LOG", "RESET")


class WordsTest(CannedCase):
    def test_few_words(self):
        self.check_words(lambda r: r.acl_cat(), "ACL CAT")
        self.check_words(lambda r: r.acl_cat("list"), "ACL CAT", "list")
        self.check_words(lambda r: r.acl_deluser("a", "b"), "ACL DELUSER", "a", "b")
        self.check_words(lambda r: r.acl_dryrun("u", "get", "k"), "ACL DRYRUN", "u", "get", "k")
        self.check_words(lambda r: r.acl_genpass("128"), "ACL GENPASS", 128)

    def test_rules(self):
        self.check_words(lambda r: r.acl_setuser("u"), "ACL SETUSER", "u", "off")
        self.check_words(
            lambda r: r.acl_setuser(
                "u", True, passwords=["+new", b"-old"], hashed_passwords="+" + "ab" * 32,
                categories=["+@read", "-set"], commands=["+get", b"-config|set"], keys=["a*", "%R~b", b"~c"],
                channels=["news"], selectors=[("+set", "x*"), ("-@all", "%W~y")], reset=True, reset_keys=True,
                reset_channels=True, reset_passwords=True),
            "ACL SETUSER", "u", "reset", "resetkeys", "resetchannels", "resetpass", "on", b">new", b"<old",
            b"#" + b"ab" * 32, b"+@read", b"-@set", b"+get", b"-config|set", b"~a*", b"%R~b", b"~c", b"&news",
            b"(+set ~x*)", b"(-@all %W~y)")
        self.check_words(lambda r: r.acl_setuser("u", nopass=True), "ACL SETUSER", "u", "off", "nopass")

    def test_what_cannot_be_is_refused(self):
        self.check_refused(
            lambda r: r.acl_genpass(4097),
            lambda r: r.acl_genpass(-1),
            lambda r: r.acl_genpass("many"),
            lambda r: r.acl_log("1"),
            lambda r: r.acl_setuser("u", nopass=True, passwords="+p"),
            lambda r: r.acl_setuser("u", passwords="p"),
            lambda r: r.acl_setuser("u", hashed_passwords=["p"]),
            lambda r: r.acl_setuser("u", categories=["read"]),
            lambda r: r.acl_setuser("u", commands=["get"]),
            lambda r: r.acl_setuser("u", keys=[1]),
            lambda r: r.acl_setuser("u", selectors=[("get", "k")]),
        )

    def test_a_password_is_not_told(self):
        with self.assertRaises(DataError) as caught:
            self.check_words(lambda r: r.acl_setuser("u", passwords="secret"))
        self.assertNotIn("secret", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
