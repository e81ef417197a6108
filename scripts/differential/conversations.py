"""Scenarios in which several clients have to do with each other (see scenarios.py).

Clients A, B and D subscribe, wait or must log in; P publishes, C does what the others are waiting for.
"""

from .grammar import synopses
from .raw_requests import pieces
from .steps import raw, step, waiting

SUBSCRIPTIONS = synopses("""
    SUBSCRIBE channel...
    SUBSCRIBE channel...
    PSUBSCRIBE channel_pattern...
    SSUBSCRIBE channel...
    UNSUBSCRIBE channel...
    PUNSUBSCRIBE channel_pattern...
    SUNSUBSCRIBE channel...
""")
GOODBYES = synopses("""
    UNSUBSCRIBE
    PUNSUBSCRIBE
    SUNSUBSCRIBE
""")
PUBLICATIONS = synopses("""
    PUBLISH channel message
    PUBLISH channel message
    SPUBLISH channel message
""")
IN_SUBSCRIBING_TRANSACTION = SUBSCRIPTIONS + synopses("""
    PUBLISH channel 'own'
    SPUBLISH channel 'own'
    PING
    SET 's1' 'v'
""")
BETWEEN_MESSAGES = synopses("""
    PING ['hello'] ['too' 'much']
    GET 's1'
    SET 's1' 'v'
    ECHO 'x'
    NOSUCH
    SUBSCRIBE
    COMMAND COUNT 'x'
    PUBLISH channel 'own'
    HELLO (2|3)
    SELECT 1
    MULTI
    EXEC
    DISCARD
    UNWATCH
    RESET
    QUIT
""")


def pubsub(writer):
    """Subscribers in both protocols, publishers, and what happens to both in between."""
    random = writer.random
    steps = _in_some_protocol(writer)
    for _ in range(random.choice((10, 20, 35))):
        chance = random.random()
        if chance < 0.40:
            steps.append(step("P", writer.one_of(PUBLICATIONS)))
        elif chance < 0.64:
            steps.append(step(random.choice("AB"), writer.one_of(SUBSCRIPTIONS)))
        elif chance < 0.70:
            steps.append(step(random.choice("AB"), writer.one_of(GOODBYES)))
        elif chance < 0.80:
            steps.append(step(random.choice("PA"), writer.command("pubsub")))
        elif chance < 0.87:
            steps += _subscribing_transaction(writer, random.choice("AB"))
        else:
            steps.append(step(random.choice("AB"), writer.one_of(BETWEEN_MESSAGES)))
    return steps


def _in_some_protocol(writer):
    return [step(client, (b"HELLO", b"3")) for client in "AB" if writer.random.random() < 0.4]


def _subscribing_transaction(writer, client):
    """Subscribe within MULTI. Nobody leaves everything there: in which order that is confirmed is open."""
    body = [step(client, writer.one_of(IN_SUBSCRIBING_TRANSACTION))
            for _ in range(writer.random.randint(1, 3))]
    return [step(client, (b"MULTI",))] + body + [step(client, (b"EXEC",))]


WAITS = {
    "list": synopses("""
        BLPOP key... long_timeout
        BRPOP key... long_timeout
        BLMOVE key key (LEFT|RIGHT) (LEFT|RIGHT) long_timeout
        BRPOPLPUSH key key long_timeout
        BLMPOP long_timeout counted_keys (LEFT|RIGHT) [COUNT 2]
    """),
    "sorted_set": synopses("""
        BZPOPMIN key... long_timeout
        BZPOPMAX key... long_timeout
        BZMPOP long_timeout counted_keys (MIN|MAX) [COUNT 2]
    """),
    "stream": synopses("""
        XREAD BLOCK 0 STREAMS key '$'
        XREAD COUNT 1 BLOCK 100 STREAMS key key '$' 0
        XREADGROUP GROUP 'g' 'alice' BLOCK 0 STREAMS key '>'
        XREADGROUP GROUP 'g' 'bob' COUNT 1 BLOCK 1000 NOACK STREAMS key key '>' '>'
    """),
}
PUSHES = {
    "list": synopses("""
        RPUSH key element...
        LPUSH key element...
        LPUSHX key element...
        LINSERT key BEFORE element element
        LMOVE key key LEFT RIGHT
        RPOPLPUSH key key
        RPOP key
    """),
    "sorted_set": synopses("""
        ZADD key (score member)...
        ZADD key (score member)...
        ZINCRBY key score member
        ZUNIONSTORE key 1 key
        ZRANGESTORE key key 0 -1
        ZREM key member...
    """),
    "stream": synopses("""
        XADD key new_id (field value)...
        XADD key new_id (field value)...
        XADD key MAXLEN 2 new_id field value
        XGROUP CREATE key 'g' '$' MKSTREAM
        XGROUP CREATE key 'g' 0 MKSTREAM
        XGROUP DESTROY key 'g'
        XGROUP SETID key 'g' 0
        XDEL key entry_id
        XACK key 'g' entry_id
    """),
}
DISTURBANCES = synopses("""
    DEL key
    SET key 'another type'
    SADD key 'm'
    RENAME key key
    COPY key key REPLACE
    MOVE key 1
    PEXPIREAT key 1
    FLUSHALL
    SWAPDB 0 1
    SELECT (0|1)
    CLIENT UNBLOCK client_id [TIMEOUT|ERROR]
    CLIENT UNBLOCK client_id
    CLIENT LIST ID client_id
    CLIENT KILL ID client_id
""")


def blocking(writer):
    """Two or three clients wait; another one pushes, moves, renames, deletes, unblocks."""
    random = writer.random
    kind = random.choice(list(WAITS))
    steps = _in_some_protocol(writer)
    for _ in range(random.choice((8, 14, 22))):
        chance = random.random()
        if chance < 0.40:
            steps.append(waiting(random.choice("ABD"), writer.one_of(WAITS[kind], kind)))
        elif chance < 0.75:
            steps.append(step("C", writer.one_of(PUSHES[kind], kind)))
        elif chance < 0.85:
            body = [step("C", writer.one_of(PUSHES[random.choice(list(PUSHES))], kind))
                    for _ in range(random.randint(1, 4))]
            steps += [step("C", (b"MULTI",))] + body + [step("C", (b"EXEC",))]
        elif chance < 0.93:
            steps.append(step("C", writer.one_of(DISTURBANCES, kind)))
        else:
            steps.append(writer.step("C", kind if kind in writer.groups else None))
    for name in (b"A", b"B", b"D"):
        how = random.choice((b"TIMEOUT", b"ERROR"))
        steps.append(step("C", (b"CLIENT", b"UNBLOCK", b"{id:%s}" % name, how)))
    return steps


ABOUT_CLIENTS = synopses("""
    CLIENT LIST ID client_id...
    CLIENT KILL ID client_id [SKIPME ('yes'|'no')] [TYPE ('normal'|'pubsub')] [USER 'default']
    CLIENT UNBLOCK client_id [ERROR|TIMEOUT]
    CLIENT INFO
    CLIENT ID
""")
SILENCED = synopses("""
    SET key value
    INCR key
    LPUSH anykey element...
    LRANGE anykey 0 -1
    NOSUCH
""")


def connections(writer):
    """Names, ids and flags of several clients; replies switched off; clients that kill each other."""
    random = writer.random
    steps = []
    for _ in range(random.choice((8, 15))):
        client = random.choice("ABC")
        chance = random.random()
        if chance < 0.35:
            steps.append(step(client, writer.one_of(ABOUT_CLIENTS)))
        elif chance < 0.55:
            steps.append(_without_replies(writer, client))
        else:
            steps.append(step(client, writer.command("connection")))
    return steps


def _without_replies(writer, client):
    """CLIENT REPLY with what it silences, as one step."""
    silent = [writer.one_of(SILENCED, "string") for _ in range(writer.random.randint(0, 3))]
    if writer.random.random() < 0.5:
        return step(client, (b"CLIENT", b"REPLY", b"OFF"), *(silent + [(b"CLIENT", b"REPLY", b"ON")]))
    return step(client, (b"CLIENT", b"REPLY", b"SKIP"), *silent)


BEFORE_LOGIN = synopses("""
    AUTH [user] password
    AUTH
    AUTH 'too' 'many' 'words'
    HELLO
    HELLO protocol [AUTH user password] [SETNAME name]
    RESET
    PING
    GET 's1'
    GET
    NOSUCH
    MULTI
    QUIT
    CLIENT GETNAME
    CONFIG GET 'requirepass'
    COMMAND COUNT 'x'
""")
UNAUTHENTICATED_BYTES = (
    b"*11\r\n$4\r\nPING\r\n", b"*10\r\n" + b"$4\r\nPING\r\n" * 10, b"*1\r\n$16385\r\n",
    b"*2\r\n$3\r\nGET\r\n$16384\r\nxx", b"PING\r\n", b"SUBSCRIBE c1\r\n", b"AUTH secret\r\nPING\r\n",
    b"*-1\r\nPING\r\n", b"AUTH secret\r\n*11\r\n" + b"$1\r\na\r\n" * 11)


def authentication(writer):
    """A password is set while A is there; new clients must give it, and are kept short before that."""
    random = writer.random
    steps = [step("A", (b"CONFIG", b"SET", b"requirepass", b"secret"))]
    for number in range(random.choice((6, 12))):
        chance = random.random()
        if chance < 0.6:
            steps.append(step(random.choice("BC"), writer.one_of(BEFORE_LOGIN)))
        elif chance < 0.7:
            steps.append(raw("R%d" % number, *pieces(random, random.choice(UNAUTHENTICATED_BYTES))))
        else:
            steps.append(step(random.choice("AB"), writer.command()))
    return steps + [step("A", (b"CONFIG", b"SET", b"requirepass", b""))]
