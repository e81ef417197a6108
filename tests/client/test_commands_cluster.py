"""The client's commands about a cluster. The replies are those of Redis 7.0.15, shortened."""
import unittest

from tests.client.reply_case import CannedCase

ONE, TWO = b"1e15fd98d4f1757fe9d242453c95e4d32ea312f3", b"37aab77de91182d4e6ba97feb83d91eb6bba6efc"
NODES = (ONE + b" 127.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-100 200 [7->-" + TWO + b"] [9-<-" + TWO
         + b"]\n" + TWO + b" 127.0.0.1:6380@16380,host-two slave " + ONE + b" 0 1795379527739 1 disconnected\n")
NODE_ONE = {
    "node_id": ONE.decode(), "hostname": "", "flags": "myself,master", "master_id": "-", "last_ping_sent": "0",
    "last_pong_rcvd": "0", "epoch": "1", "slots": [["0", "100"], ["200"]],
    "migrations": [{"slot": "7", "node_id": TWO.decode(), "state": "migrating"},
                   {"slot": "9", "node_id": TWO.decode(), "state": "importing"}], "connected": True,
}
NODE_TWO = {
    "node_id": TWO.decode(), "hostname": "host-two", "flags": "slave", "master_id": ONE.decode(),
    "last_ping_sent": "0", "last_pong_rcvd": "1795379527739", "epoch": "1", "slots": [], "migrations": [],
    "connected": False,
}


class InformationTest(CannedCase):
    def test_the_state(self):
        self.check_reply(lambda r: r.cluster_info(), {"cluster_state": "ok", "cluster_size": "1"},
                         b"cluster_state:ok\r\ncluster_size:1\r\n")

    def test_nodes(self):
        nodes = {"127.0.0.1:6379": NODE_ONE, "127.0.0.1:6380": NODE_TWO}
        self.check_reply(lambda r: r.cluster_nodes(), nodes, NODES)
        for call in (lambda r: r.cluster_replicas(ONE), lambda r: r.cluster_slaves(ONE)):
            self.check_reply(call, {"127.0.0.1:6380": NODE_TWO}, [NODES.splitlines()[1]])

    def test_slots(self):
        node = [b"127.0.0.1", 6379, ONE]
        flat = [[0, 100, [*node, [b"hostname", b"one"]]], [200, 201, [*node, []]]]
        self.check_reply(lambda r: r.cluster_slots(), flat, flat,
                         [[0, 100, [*node, {b"hostname": b"one"}]], [200, 201, [*node, {}]]])

    def test_shards(self):
        flat = [[b"slots", [0, 100], b"nodes", [[b"id", ONE, b"port", 6379, b"role", b"master"]]]]
        self.check_reply(lambda r: r.cluster_shards(), flat, flat,
                         [{b"slots": [0, 100], b"nodes": [{b"id": ONE, b"port": 6379, b"role": b"master"}]}])

    def test_links(self):
        flat = [[b"direction", b"to", b"node", TWO, b"create-time", 1795379522817]]
        self.check_reply(lambda r: r.cluster_links(), flat, flat,
                         [{b"direction": b"to", b"node": TWO, b"create-time": 1795379522817}])

    def test_keys_and_ids(self):
        self.check_reply(lambda r: r.cluster_get_keys_in_slot(12182, 3), ["foo"], [b"foo"])
        self.check_reply(lambda r: r.cluster_keyslot("foo"), 12182, 12182)
        self.check_reply(lambda r: r.cluster_countkeysinslot(12182), 1, 1)
        self.check_reply(lambda r: r.cluster_count_failure_report(ONE), 0, 0)
        self.check_reply(lambda r: r.cluster_myid(), ONE, ONE)
        self.check_reply(lambda r: r.cluster_myshardid(), TWO, TWO)
        self.check_reply(lambda r: r.cluster_help(), ["CLUSTER"], ["CLUSTER"])

    def test_by_the_name_of_the_subcommand(self):
        self.check_reply(lambda r: r.cluster("info"), {"cluster_state": "ok"}, b"cluster_state:ok\r\n")
        self.check_words(lambda r: r.cluster("keyslot", "foo"), "CLUSTER KEYSLOT", "foo")


class ChangesTest(CannedCase):
    def test_they_return_true(self):
        for call, *words in (
            (lambda r: r.cluster_addslots(1, 2), "CLUSTER ADDSLOTS", 1, 2),
            (lambda r: r.cluster_addslotsrange(1, 2, 5, 6), "CLUSTER ADDSLOTSRANGE", 1, 2, 5, 6),
            (lambda r: r.cluster_delslots(1, 2), "CLUSTER DELSLOTS", 1, 2),
            (lambda r: r.cluster_delslotsrange(1, 2), "CLUSTER DELSLOTSRANGE", 1, 2),
            (lambda r: r.cluster_flushslots(), "CLUSTER FLUSHSLOTS"),
            (lambda r: r.cluster_setslot("id", 7, "importing"), "CLUSTER SETSLOT", 7, "importing", "id"),
            (lambda r: r.cluster_setslot_stable(7), "CLUSTER SETSLOT", 7, "STABLE"),
            (lambda r: r.cluster_failover(), "CLUSTER FAILOVER"),
            (lambda r: r.cluster_failover("takeover"), "CLUSTER FAILOVER", "takeover"),
            (lambda r: r.cluster_forget("id"), "CLUSTER FORGET", "id"),
            (lambda r: r.cluster_meet("host", 1), "CLUSTER MEET", "host", 1),
            (lambda r: r.cluster_replicate("id"), "CLUSTER REPLICATE", "id"),
            (lambda r: r.cluster_reset(), "CLUSTER RESET", "SOFT"),
            (lambda r: r.cluster_reset(soft=False), "CLUSTER RESET", "HARD"),
            (lambda r: r.cluster_save_config(), "CLUSTER SAVECONFIG"),
            (lambda r: r.cluster_set_config_epoch(3), "CLUSTER SET-CONFIG-EPOCH", 3),
            (lambda r: r.asking(), "ASKING"),
            (lambda r: r.readonly(), "READONLY"),
            (lambda r: r.readwrite(), "READWRITE"),
        ):
            self.check_reply(call, True, "OK")
            self.check_words(call, *words)

    def test_a_new_epoch(self):
        self.check_reply(lambda r: r.cluster_bumpepoch(), "BUMPED 4", "BUMPED 4")

    def test_what_cannot_be_is_refused(self):
        self.check_refused(
            lambda r: r.cluster_failover("now"),
            lambda r: r.cluster_setslot("id", 7, "stable"),
            lambda r: r.cluster_setslot("id", 7, "gone"),
        )


if __name__ == "__main__":
    unittest.main()
