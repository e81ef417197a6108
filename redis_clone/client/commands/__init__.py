"""A method for every command: what `Redis` and `Pipeline` have in common.

Where to look: one module per group of commands, as in Redis' documentation. Each has a class of methods, which do
nothing but put a command's words in order and hand them to `self.execute_command(*words, convert=None)`, and a
table REPLIES from a command's name to the function that makes its reply what the method promises; `convert` is
given where that depends on the options. `arguments` and `replies` are what several groups share.

Where a docstring says OK, that is the server's own word, bytes or (`decode_responses`) str like any text.

`Commands` is all of these classes in one, REPLIES all of these tables. Names, arguments and results are those of
redis-py with RESP2, whichever protocol is spoken.
"""
from . import (
    acl, bitmaps, client_management, cluster, command_table, connection, diagnostics, functions, geo, hashes,
    hyperloglog, keys, lists, pubsub, replication, scripting, server, sets, sorted_sets, stream_groups, streams,
    strings, transactions,
)
from .acl import AclCommands
from .bitmaps import BitFieldOperation, BitmapCommands
from .client_management import ClientManagementCommands
from .cluster import ClusterCommands
from .command_table import CommandTableCommands
from .connection import ConnectionCommands
from .diagnostics import DiagnosticsCommands
from .functions import FunctionCommands
from .geo import GeoCommands
from .hashes import HashCommands
from .hyperloglog import HyperLogLogCommands
from .keys import KeyCommands
from .lists import ListCommands
from .pubsub import PubSubCommands
from .replication import ReplicationCommands
from .scripting import ScriptingCommands
from .server import ServerCommands
from .sets import SetCommands
from .sorted_sets import SortedSetCommands
from .stream_groups import StreamGroupCommands
from .streams import StreamCommands
from .strings import StringCommands
from .transactions import TransactionCommands

__all__ = ["BitFieldOperation", "Commands", "REPLIES", "UNDECODED"]

_MODULES = (
    keys, strings, bitmaps, hyperloglog, lists, sets, hashes, sorted_sets, geo, streams, stream_groups, scripting,
    functions, transactions, pubsub, connection, client_management, server, command_table, diagnostics,
    replication, cluster, acl,
)

REPLIES = {name: convert for module in _MODULES for name, convert in module.REPLIES.items()}

# Their replies are binary, whatever `decode_responses` says.
UNDECODED = frozenset({"DUMP", "FUNCTION DUMP", "SLOWLOG GET"})


class Commands(
    KeyCommands, StringCommands, BitmapCommands, HyperLogLogCommands, ListCommands, SetCommands, HashCommands,
    SortedSetCommands, GeoCommands, StreamCommands, StreamGroupCommands, ScriptingCommands, FunctionCommands,
    TransactionCommands, PubSubCommands, ConnectionCommands, ClientManagementCommands, ServerCommands,
    CommandTableCommands, DiagnosticsCommands, ReplicationCommands, ClusterCommands, AclCommands,
):
    """A method for every command of Redis. It needs only `execute_command(*words, convert=None)`."""
