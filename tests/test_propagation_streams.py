"""What the commands of streams and their groups come to; see test_propagation.py."""
import unittest

from tests.recording import RecordingTestCase
from tests.test_propagation import ours


class AddTest(RecordingTestCase):
    def test_names_the_id(self):
        self.journal.take()
        for text in ("XADD x * f v", "XADD x NOMKSTREAM MAXLEN 100 * f v", "XADD x 99999999999999-* f v"):
            id_ = self.ask(text).decode()
            self.assert_propagated([" ".join(id_ if "*" in word else word for word in text.split())])

    def test_what_is_near_enough_becomes_exact(self):
        self.ask("CONFIG SET stream-node-max-entries 2")
        self.addCleanup(self.ask, "CONFIG SET stream-node-max-entries 100")
        for number in range(1, 6):
            self.ask(f"XADD x {number}-1 f v")
        self.assert_propagates(["XADD x MAXLEN = 2 6-1 f v"], "XADD x MAXLEN ~ 2 6-1 f v")
        self.assert_propagates(["XADD x MAXLEN = 3 7-1 f v"], "XADD x MAXLEN ~ 100 7-1 f v")
        self.assert_propagates(["XADD x NOMKSTREAM MINID = 5-1 LIMIT 100 8-0 f v"],
                               "XADD x NOMKSTREAM MINID ~ 6 LIMIT 100 8-* f v")
        self.assert_propagates(["XADD x maxlen = 4 10-1 f v"], "XADD x maxlen = 4 10-1 f v")
        self.assert_propagates(["XADD x MINID = 18446744073709551615-18446744073709551615 11-1 f v"],
                               "XADD x MINID ~ 100 11-1 f v")

    def test_xtrim_near_enough_becomes_exact(self):
        self.ask("CONFIG SET stream-node-max-entries 2")
        self.addCleanup(self.ask, "CONFIG SET stream-node-max-entries 100")
        for number in range(1, 8):
            self.ask(f"XADD x {number}-1 f v")
        self.assert_propagates([], "XTRIM x MAXLEN ~ 6")
        self.assert_propagates(["XTRIM x MAXLEN = 5"], "XTRIM x MAXLEN ~ 4")
        self.assert_propagates(["XTRIM x MAXLEN = 3 LIMIT 2"], "XTRIM x MAXLEN ~ 0 LIMIT 2")
        self.assert_propagates(["XTRIM x MINID = 7-1"], "XTRIM x MINID ~ 7-1")
        self.assert_propagates(["XTRIM x MAXLEN 0"], "XTRIM x MAXLEN 0")

    @ours("Redis leaves ids as they were sent if nothing was chosen")
    def test_ids_are_complete(self):
        self.assert_propagates(["XADD x 5-0 f v"], "XADD x 5 f v")


class GroupTest(RecordingTestCase):
    def setUp(self):
        super().setUp()
        for number in (1, 2, 3):
            self.ask(f"XADD x {number}-1 f v")
        self.ask("XGROUP CREATE x g 0")

    def claim(self, consumer, id_, deliveries=1, last_id=None, time="{+0}", key="x"):
        return (f"XCLAIM {key} g {consumer} 0 {id_} TIME {time} RETRYCOUNT {deliveries} FORCE JUSTID "
                f"LASTID {last_id or id_}")

    def test_changes_of_groups_are_repeated(self):
        for text in ("XGROUP CREATE x g2 $ ENTRIESREAD 2", "XGROUP SETID x g 2-1", "XGROUP SETID x g $ ENTRIESREAD 3",
                     "XGROUP CREATECONSUMER x g c", "XGROUP DELCONSUMER x g c", "XGROUP DESTROY x g2",
                     "XSETID x 9-9 ENTRIESADDED 9 MAXDELETEDID 2-2"):
            self.assert_propagates([text], text)
        self.assert_propagates([], "XGROUP CREATECONSUMER nosuch g c")

    def test_reading_claims_each_entry(self):
        self.assert_propagates(
            [[self.claim("c", "1-1"), self.claim("c", "2-1"), "XGROUP SETID x g 2-1 ENTRIESREAD 2"]],
            "XREADGROUP GROUP g c COUNT 2 STREAMS x >")
        self.assert_propagates([[self.claim("d", "3-1"), "XGROUP SETID x g 3-1 ENTRIESREAD 3"]],
                               "XREADGROUP GROUP g d STREAMS x >")
        self.assert_propagates([], "XREADGROUP GROUP g d STREAMS x >")

    def test_reading_several_streams(self):
        self.ask("XADD y 5-5 f v")
        self.ask("XGROUP CREATE y g 0")
        self.assert_propagates([[self.claim("c", "1-1"), "XGROUP SETID x g 1-1 ENTRIESREAD 1",
                                 self.claim("c", "5-5", key="y"), "XGROUP SETID y g 5-5 ENTRIESREAD 1"]],
                               "XREADGROUP GROUP g c COUNT 1 STREAMS x y > >")

    def test_reading_without_acknowledgement_moves_on(self):
        self.assert_propagates([["XGROUP CREATECONSUMER x g c", "XGROUP SETID x g 1-1 ENTRIESREAD 1"]],
                               "XREADGROUP GROUP g c COUNT 1 NOACK STREAMS x >")
        self.assert_propagates(["XGROUP SETID x g 3-1 ENTRIESREAD 3"], "XREADGROUP GROUP g c NOACK STREAMS x >")
        self.assert_propagates([], "XREADGROUP GROUP g c NOACK STREAMS x >")

    def test_how_far_it_has_read_may_be_unknown(self):
        self.ask("XDEL x 2-1")
        self.ask("XGROUP SETID x g 1-1")
        self.ask("XADD x 4-1 f v")
        self.assert_propagates([[self.claim("c", "3-1"), "XGROUP SETID x g 3-1 ENTRIESREAD -1"]],
                               "XREADGROUP GROUP g c COUNT 1 STREAMS x >")

    def test_reading_again_comes_to_nothing(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.assert_propagates([], "XREADGROUP GROUP g c STREAMS x 0")
        self.ask("XDEL x 1-1")
        self.assert_propagates([], "XREADGROUP GROUP g c NOACK STREAMS x 0")

    @ours("Redis tells of such consumers only with NOACK")
    def test_a_consumer_that_got_nothing_is_created(self):
        self.assert_propagates(["XGROUP CREATECONSUMER x g c"], "XREADGROUP GROUP g c STREAMS x 0")
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.assert_propagates(["XGROUP CREATECONSUMER x g d"], "XREADGROUP GROUP g d STREAMS x >")
        self.assert_propagates(["XGROUP CREATECONSUMER x g e"], "XCLAIM x g e 100000 1-1")
        self.assert_propagates(["XGROUP CREATECONSUMER x g f"], "XAUTOCLAIM x g f 100000 0")

    def test_waiting_for_an_entry(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.block("XREADGROUP GROUP g c BLOCK 0 STREAMS x >")
        self.assert_propagates(["XADD x 4-1 f v", [self.claim("c", "4-1"), "XGROUP SETID x g 4-1 ENTRIESREAD 4"]],
                               "XADD x 4-1 f v")

    def test_waiting_without_acknowledgement(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.journal.take()
        self.block("XREADGROUP GROUP g d BLOCK 0 NOACK STREAMS x >")
        self.assert_propagated(["XGROUP CREATECONSUMER x g d"])
        self.assert_propagates(["XADD x 4-1 f v", "XGROUP SETID x g 4-1 ENTRIESREAD 4"], "XADD x 4-1 f v")

    def test_acknowledging_is_repeated(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.assert_propagates(["XACK x g 1-1 9-9"], "XACK x g 1-1 9-9")
        self.assert_propagates([], "XACK x g 1-1 9-9")
        self.assert_propagates([], "XACK x nosuch 1-1")

    def test_claiming_tells_what_it_came_to(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.assert_propagates([self.claim("d", "1-1", 2, "3-1")], "XCLAIM x g d 0 1-1")
        self.assert_propagates([self.claim("d", "1-1", 2, "3-1")], "XCLAIM x g d 0 1-1 JUSTID")
        before = "{+-5000}"
        self.assert_propagates([[self.claim("d", "1-1", 3, "3-1", before), self.claim("d", "2-1", 2, "3-1", before)]],
                               "XCLAIM x g d 0 1-1 2-1 IDLE 5000")
        self.assert_propagates([self.claim("d", "1-1", 9, "5-5", "5")],
                               "XCLAIM x g d 0 1-1 TIME 5 RETRYCOUNT 9 LASTID 5-5")
        self.assert_propagates([], "XCLAIM x g d 0 8-8")
        self.assert_propagates([], "XCLAIM x g d 0 8-8 FORCE")
        self.assert_propagates([], "XCLAIM x g d 100000 2-1")

    def test_claiming_what_was_not_pending(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.ask("XACK x g 1-1")
        self.assert_propagates([], "XCLAIM x g c 0 1-1")
        self.assert_propagates([self.claim("c", "1-1", 2, "3-1")], "XCLAIM x g c 0 1-1 FORCE")

    def test_claiming_nothing_may_move_on(self):
        self.ask("XREADGROUP GROUP g c COUNT 1 STREAMS x >")
        self.assert_propagates(["XGROUP SETID x g 2-1 ENTRIESREAD 1"], "XCLAIM x g c 0 8-8 LASTID 2-1")
        self.assert_propagates([], "XCLAIM x g c 0 8-8 LASTID 2-1")

    def test_claiming_what_is_deleted_drops_it(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.ask("XCLAIM x g c 0 1-1 TIME 5 RETRYCOUNT 7")
        self.ask("XDEL x 1-1")
        self.assert_propagates([[self.claim("c", "1-1", 7, "3-1", "5"), self.claim("d", "2-1", 2, "3-1")]],
                               "XCLAIM x g d 0 1-1 2-1")
        self.ask("XDEL x 2-1")
        self.assert_propagates([self.claim("d", "2-1", 2, "6-6")], "XCLAIM x g c 0 2-1 LASTID 6-6")

    def test_claiming_by_itself_tells_what_it_came_to(self):
        self.ask("XREADGROUP GROUP g c STREAMS x >")
        self.ask("XCLAIM x g c 0 2-1 TIME 5 RETRYCOUNT 7")
        self.ask("XDEL x 2-1")
        self.assert_propagates(
            [[self.claim("d", "1-1", 2, "3-1"), self.claim("c", "2-1", 7, "3-1", "5"),
              self.claim("d", "3-1", 2, "3-1")]],
            "XAUTOCLAIM x g d 0 0")
        self.assert_propagates([self.claim("d", "1-1", 2, "3-1")], "XAUTOCLAIM x g d 0 0 COUNT 1 JUSTID")
        self.assert_propagates([], "XAUTOCLAIM x g d 100000 0")


if __name__ == "__main__":
    unittest.main()
