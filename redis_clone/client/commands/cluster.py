"""CLUSTER, sent to one server of a cluster. This client does not follow slots to their servers.

redis-py has these methods in its RedisCluster, with an argument more that tells which servers are meant; its
Redis has only `cluster`.
"""
from ..errors import DataError
from .replies import nested_lists, ok, text, texts

__all__ = ["ClusterCommands", "REPLIES"]


class ClusterCommands:
    """The CLUSTER commands, ASKING, READONLY and READWRITE."""

    def cluster(self, cluster_arg, *args):
        """Return what a CLUSTER command returns: `cluster("info")` is `cluster_info()`. (CLUSTER)"""
        return self.execute_command(f"CLUSTER {cluster_arg.upper()}", *args)

    # -- information -------------------------------------------------------------------------------

    def cluster_count_failure_report(self, node_id):
        """Return how many nodes have told this one that it cannot be reached.
        (CLUSTER COUNT-FAILURE-REPORTS)"""
        return self.execute_command("CLUSTER COUNT-FAILURE-REPORTS", node_id)

    def cluster_countkeysinslot(self, slot_id):
        """Return how many keys of the slot are on this server. (CLUSTER COUNTKEYSINSLOT)"""
        return self.execute_command("CLUSTER COUNTKEYSINSLOT", slot_id)

    def cluster_get_keys_in_slot(self, slot, num_keys):
        """Return a list of up to `num_keys` keys (str) of the slot. (CLUSTER GETKEYSINSLOT)"""
        return self.execute_command("CLUSTER GETKEYSINSLOT", slot, num_keys)

    def cluster_info(self):
        """Return a dict about the cluster, values as str: `cluster_state`, `cluster_slots_assigned` ...
        (CLUSTER INFO)"""
        return self.execute_command("CLUSTER INFO")

    def cluster_keyslot(self, key):
        """Return the slot of the key, from 0 to 16383. (CLUSTER KEYSLOT)"""
        return self.execute_command("CLUSTER KEYSLOT", key)

    def cluster_links(self):
        """Return a list of this node's connections to others, each a list of names and values in turn:
        `direction`, `node`, `create-time` ... (CLUSTER LINKS)"""
        return self.execute_command("CLUSTER LINKS")

    def cluster_myid(self):
        """Return the id of this node. (CLUSTER MYID)"""
        return self.execute_command("CLUSTER MYID")

    def cluster_myshardid(self):
        """Return the id of this node's shard. (CLUSTER MYSHARDID)"""
        return self.execute_command("CLUSTER MYSHARDID")

    def cluster_nodes(self):
        """Return a dict of the nodes by address "host:port", each a dict: `node_id`, `hostname`, `flags`,
        `master_id`, `last_ping_sent`, `last_pong_rcvd`, `epoch`, `slots` (lists of first and last),
        `migrations` (dicts), `connected`; all but the last three str. (CLUSTER NODES)"""
        return self.execute_command("CLUSTER NODES")

    def cluster_replicas(self, node_id):
        """Return a dict like that of cluster_nodes, of the node's replicas. (CLUSTER REPLICAS)"""
        return self.execute_command("CLUSTER REPLICAS", node_id)

    def cluster_slaves(self, node_id):
        """Return what cluster_replicas does. (CLUSTER SLAVES, its old name)"""
        return self.execute_command("CLUSTER SLAVES", node_id)

    def cluster_shards(self):
        """Return a list of the shards, each a list of names and values in turn: `slots` (first and last in
        turn) and `nodes` (again such lists). (CLUSTER SHARDS)"""
        return self.execute_command("CLUSTER SHARDS")

    def cluster_slots(self):
        """Return a list of [first slot, last slot, node ...], the primary first; a node is [host, port, id,
        more names and values in turn]. (CLUSTER SLOTS)"""
        return self.execute_command("CLUSTER SLOTS")

    def cluster_help(self):
        """Return a list of lines about the CLUSTER commands. (CLUSTER HELP)"""
        return self.execute_command("CLUSTER HELP")

    # -- slots -------------------------------------------------------------------------------------

    def cluster_addslots(self, *slots):
        """Return True after giving the slots to this node; ResponseError if one has an owner.
        (CLUSTER ADDSLOTS)"""
        return self.execute_command("CLUSTER ADDSLOTS", *slots)

    def cluster_addslotsrange(self, *slots):
        """Return True after giving ranges of slots, first and last in turn, to this node.
        (CLUSTER ADDSLOTSRANGE)"""
        return self.execute_command("CLUSTER ADDSLOTSRANGE", *slots)

    def cluster_delslots(self, *slots):
        """Return True after this node has forgotten who owns the slots. (CLUSTER DELSLOTS)"""
        return self.execute_command("CLUSTER DELSLOTS", *slots)

    def cluster_delslotsrange(self, *slots):
        """Return True after this node has forgotten who owns the slots of the ranges, first and last in turn.
        (CLUSTER DELSLOTSRANGE)"""
        return self.execute_command("CLUSTER DELSLOTSRANGE", *slots)

    def cluster_flushslots(self):
        """Return True after this node has forgotten who owns any slot; it must have no keys.
        (CLUSTER FLUSHSLOTS)"""
        return self.execute_command("CLUSTER FLUSHSLOTS")

    def cluster_setslot(self, node_id, slot_id, state):
        """Return True after setting what this node thinks of the slot. (CLUSTER SETSLOT)

        state: "IMPORTING" from the node, "MIGRATING" to it, or "NODE": it is the owner.
        """
        if state.upper() not in ("IMPORTING", "MIGRATING", "NODE"):
            raise DataError(f"CLUSTER SETSLOT: state must be IMPORTING, MIGRATING or NODE, not {state!r}; "
                            "for STABLE there is cluster_setslot_stable")
        return self.execute_command("CLUSTER SETSLOT", slot_id, state, node_id)

    def cluster_setslot_stable(self, slot_id):
        """Return True after ending the slot's import or migration for this node. (CLUSTER SETSLOT)"""
        return self.execute_command("CLUSTER SETSLOT", slot_id, "STABLE")

    # -- nodes -------------------------------------------------------------------------------------

    def cluster_bumpepoch(self):
        """Return a text with the node's new epoch, above all others unless it was already.
        (CLUSTER BUMPEPOCH)"""
        return self.execute_command("CLUSTER BUMPEPOCH")

    def cluster_failover(self, option=None):
        """Return True after this replica has begun to take its primary's place. (CLUSTER FAILOVER)

        option: "FORCE" does not ask the primary, "TAKEOVER" does not ask the cluster either.
        """
        if option and option.upper() not in ("FORCE", "TAKEOVER"):
            raise DataError(f"CLUSTER FAILOVER: option must be 'FORCE' or 'TAKEOVER', not {option!r}")
        return self.execute_command("CLUSTER FAILOVER", *((option,) if option else ()))

    def cluster_forget(self, node_id):
        """Return True after this node has forgotten the other one. (CLUSTER FORGET)"""
        return self.execute_command("CLUSTER FORGET", node_id)

    def cluster_meet(self, host, port):
        """Return True after telling this node to get in touch with another, which joins the cluster.
        (CLUSTER MEET)"""
        return self.execute_command("CLUSTER MEET", host, port)

    def cluster_replicate(self, node_id):
        """Return True after making this node a replica of the other one. (CLUSTER REPLICATE)"""
        return self.execute_command("CLUSTER REPLICATE", node_id)

    def cluster_reset(self, soft=True):
        """Return True after this node has left the cluster. (CLUSTER RESET)

        soft: False also gives it a new id and epoch 0.
        """
        return self.execute_command("CLUSTER RESET", "SOFT" if soft else "HARD")

    def cluster_save_config(self):
        """Return True after this node has saved what it knows of the cluster. (CLUSTER SAVECONFIG)"""
        return self.execute_command("CLUSTER SAVECONFIG")

    def cluster_set_config_epoch(self, epoch):
        """Return True after setting the epoch of a new node. (CLUSTER SET-CONFIG-EPOCH)"""
        return self.execute_command("CLUSTER SET-CONFIG-EPOCH", epoch)

    # -- one's own connection ----------------------------------------------------------------------

    def asking(self):
        """Return True after telling that the next command is for a slot that is being imported. (ASKING)"""
        return self.execute_command("ASKING")

    def readonly(self):
        """Return True after telling that this connection may read old data from a replica. (READONLY)"""
        return self.execute_command("READONLY")

    def readwrite(self):
        """Return True after ending readonly. (READWRITE)"""
        return self.execute_command("READWRITE")


def _info(reply):
    return dict(line.split(":", 1) for line in text(reply).splitlines() if line)


def _nodes(reply):
    lines = text(reply).splitlines() if isinstance(reply, (bytes, str)) else texts(reply)
    return dict(map(_node, lines))


def _node(line):
    node_id, address, flags, master_id, ping_sent, pong_received, epoch, link, *slots = line.split(" ")
    address, _, bus = address.partition("@")
    ranges = [words for words in slots if not words.startswith("[")]
    return address, {
        "node_id": node_id, "hostname": bus.split(",")[1] if "," in bus else "", "flags": flags,
        "master_id": master_id, "last_ping_sent": ping_sent, "last_pong_rcvd": pong_received, "epoch": epoch,
        "slots": [words.split("-") for words in ranges],
        "migrations": [_migration(words) for words in slots if words.startswith("[")],
        "connected": link == "connected",
    }


def _migration(words):
    """The dict of `[slot->-node]`, migrating there, or `[slot-<-node]`, importing from there."""
    state, arrow = ("migrating", "->-") if "->-" in words else ("importing", "-<-")
    slot, _, node_id = words.strip("[]").partition(arrow)
    return {"slot": slot, "node_id": node_id, "state": state}


REPLIES = {
    "ASKING": ok,
    "CLUSTER ADDSLOTS": ok,
    "CLUSTER ADDSLOTSRANGE": ok,
    "CLUSTER DELSLOTS": ok,
    "CLUSTER DELSLOTSRANGE": ok,
    "CLUSTER FAILOVER": ok,
    "CLUSTER FLUSHSLOTS": ok,
    "CLUSTER FORGET": ok,
    "CLUSTER GETKEYSINSLOT": texts,
    "CLUSTER HELP": texts,
    "CLUSTER INFO": _info,
    "CLUSTER LINKS": nested_lists,
    "CLUSTER MEET": ok,
    "CLUSTER NODES": _nodes,
    "CLUSTER REPLICAS": _nodes,
    "CLUSTER REPLICATE": ok,
    "CLUSTER RESET": ok,
    "CLUSTER SAVECONFIG": ok,
    "CLUSTER SET-CONFIG-EPOCH": ok,
    "CLUSTER SETSLOT": ok,
    "CLUSTER SHARDS": nested_lists,
    "CLUSTER SLAVES": _nodes,
    "CLUSTER SLOTS": nested_lists,
    "READONLY": ok,
    "READWRITE": ok,
}
