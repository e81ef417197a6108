"""Every compared command's arguments, one line each, in the language of grammar.py.

The groups are Redis' own. A number after * is the command's weight: commands that fill the keys come more
often, those that wait less often. Commands that need a second client or more than one request
(subscribing, blocking, authentication) also have scenarios of their own in scenarios.py.
"""

from .grammar import Synopsis

GROUPS = {
    "string": """
        APPEND key value
        DECR key
        DECRBY key integer
        GET key *2
        GETDEL key
        GETEX key [EX seconds|PX milliseconds|EXAT unix_seconds|PXAT unix_milliseconds|PERSIST]
        GETRANGE key index index
        GETSET key value
        INCR key *2
        INCRBY key integer
        INCRBYFLOAT key float *2
        LCS key key [LEN] [IDX] [MINMATCHLEN count] [WITHMATCHLEN]
        MGET anykey...
        MSET (key value)... *2
        MSETNX (key value)...
        PSETEX key milliseconds value
        SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL] *4
        SET key value [NX|XX] [GET] [EXAT unix_seconds|PXAT unix_milliseconds] *2
        SETEX key seconds value
        SETNX key value
        SETRANGE key offset value
        STRLEN key
        SUBSTR key index index
    """,
    "list": """
        BLMOVE key key (LEFT|RIGHT) (LEFT|RIGHT) timeout *0.25
        BLMPOP timeout counted_keys (LEFT|RIGHT) [COUNT positive] *0.25
        BLPOP key... timeout *0.25
        BRPOP key... timeout *0.25
        BRPOPLPUSH key key timeout *0.25
        LINDEX key index
        LINSERT key (BEFORE|AFTER) element element
        LLEN key
        LMOVE key key (LEFT|RIGHT) (LEFT|RIGHT)
        LMPOP counted_keys (LEFT|RIGHT) [COUNT positive]
        LPOP key [pop_count]
        LPOS key element [RANK rank] [COUNT count] [MAXLEN count] *2
        LPUSH key element... *5
        LPUSHX key element...
        LRANGE key index index *2
        LREM key signed_count element
        LSET key index element
        LTRIM key index index
        RPOP key [pop_count]
        RPOPLPUSH key key
        RPUSH key element... *6
        RPUSHX key element...
    """,
    "hash": """
        HDEL key field...
        HEXISTS key field
        HGET key field
        HGETALL key
        HINCRBY key field integer
        HINCRBYFLOAT key field float *2
        HKEYS key
        HLEN key
        HMGET key field...
        HMSET key (field value)... *2
        HRANDFIELD key [pick_count [WITHVALUES]]
        HSCAN key cursor [MATCH pattern] [COUNT positive]
        HSET key (field value)... *6
        HSETNX key field value
        HSTRLEN key field
        HVALS key
    """,
    "set": """
        SADD key member... *6
        SADD key number_member... *2
        SCARD key
        SDIFF key...
        SDIFFSTORE key key...
        SINTER key...
        SINTERCARD counted_keys [LIMIT count]
        SINTERSTORE key key...
        SISMEMBER key member
        SMEMBERS key
        SMISMEMBER key member...
        SMOVE key key member
        SPOP key [pop_count]
        SRANDMEMBER key [pick_count]
        SREM key member...
        SSCAN key cursor [MATCH pattern] [COUNT positive]
        SUNION key...
        SUNIONSTORE key key...
    """,
    "sorted_set": """
        BZMPOP timeout counted_keys (MIN|MAX) [COUNT positive] *0.25
        BZPOPMAX key... timeout *0.25
        BZPOPMIN key... timeout *0.25
        ZADD key (score member)... *5
        ZADD key [NX|XX] [GT|LT] [CH] (score member)... *3
        ZADD key [NX|XX|GT|LT] [CH] [INCR] score member
        ZADD lex_key (0 member)... *3
        LPUSH no_lex_key element *0.2
        ZLEXCOUNT lex_key lex_bound lex_bound
        ZRANGE lex_key lex_bound lex_bound BYLEX [REV] [LIMIT limit_offset limit_count] [WITHSCORES]
        ZRANGEBYLEX lex_key lex_bound lex_bound [LIMIT limit_offset limit_count]
        ZRANGESTORE key lex_key lex_bound lex_bound BYLEX [REV] [LIMIT limit_offset limit_count]
        ZREMRANGEBYLEX lex_key lex_bound lex_bound
        ZREVRANGEBYLEX lex_key lex_bound lex_bound [LIMIT limit_offset limit_count]
        ZCARD key
        ZCOUNT key bound bound
        ZDIFF counted_zset_keys [WITHSCORES]
        ZDIFFSTORE key counted_zset_keys
        ZINCRBY key score member *2
        ZINTER weighted_zset_keys [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
        ZINTERCARD counted_zset_keys [LIMIT count]
        ZINTERSTORE key weighted_zset_keys [AGGREGATE (SUM|MIN|MAX)]
        ZMPOP counted_keys (MIN|MAX) [COUNT positive]
        ZMSCORE key member...
        ZPOPMAX key [pop_count]
        ZPOPMIN key [pop_count]
        ZRANDMEMBER key [pick_count [WITHSCORES]]
        ZRANGE key index index [REV] [WITHSCORES]
        ZRANGE key bound bound BYSCORE [REV] [LIMIT limit_offset limit_count] [WITHSCORES]
        ZRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT limit_offset limit_count]
        ZRANGESTORE key key (index index|bound bound BYSCORE) [REV] [LIMIT limit_offset limit_count]
        ZRANK key member [WITHSCORE]
        ZREM key member...
        ZREMRANGEBYRANK key index index
        ZREMRANGEBYSCORE key bound bound
        ZREVRANGE key index index [WITHSCORES]
        ZREVRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT limit_offset limit_count]
        ZREVRANK key member [WITHSCORE]
        ZSCAN key cursor [MATCH pattern] [COUNT positive]
        ZSCORE key member
        ZUNION weighted_zset_keys [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
        ZUNIONSTORE key weighted_zset_keys [AGGREGATE (SUM|MIN|MAX)]
    """,
    "stream": """
        XACK key group entry_id...
        XADD key new_id (field value)... *5
        XADD key [NOMKSTREAM] trim new_id (field value)... *2
        XAUTOCLAIM key group consumer min_idle range_start [COUNT positive] [JUSTID]
        XCLAIM key group consumer min_idle entry_id... [IDLE milliseconds|TIME unix_milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID entry_id] *2
        XDEL key entry_id... *2
        XGROUP|CREATE key group group_start [MKSTREAM] [ENTRIESREAD entries] *3
        XGROUP|CREATECONSUMER key group consumer
        XGROUP|DELCONSUMER key group consumer
        XGROUP|DESTROY key group *0.5
        XGROUP|SETID key group group_start [ENTRIESREAD entries]
        XINFO|CONSUMERS key group
        XINFO|GROUPS key *2
        XINFO|STREAM key [FULL [COUNT count]] *3
        XLEN key
        XPENDING key group *2
        XPENDING key group [IDLE min_idle] range_start range_end count [consumer] *2
        XRANGE key range_start range_end [COUNT count] *2
        XREAD [COUNT count] [BLOCK block] reads
        XREADGROUP GROUP group consumer [COUNT count] [BLOCK block] [NOACK] group_reads *4
        XREVRANGE key range_end range_start [COUNT count]
        XSETID key entry_id [ENTRIESADDED entries] [MAXDELETEDID entry_id] *0.5
        XTRIM key trim
    """,
    "geo": """
        GEOADD key [NX|XX] [CH] (longitude latitude place)... *6
        GEODIST key place place [unit]
        GEOHASH key place...
        GEOPOS key place...
        GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT positive [ANY]] [ASC|DESC] [STORE key|STOREDIST key]
        GEORADIUSBYMEMBER key place radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT positive [ANY]] [ASC|DESC] [STORE key|STOREDIST key]
        GEORADIUSBYMEMBER_RO key place radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT positive [ANY]] [ASC|DESC]
        GEORADIUS_RO key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT positive [ANY]] [ASC|DESC]
        GEOSEARCH key (FROMMEMBER place|FROMLONLAT longitude latitude) (BYRADIUS radius unit|BYBOX radius radius unit) [ASC|DESC] [COUNT positive [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH] *3
        GEOSEARCHSTORE key key (FROMMEMBER place|FROMLONLAT longitude latitude) (BYRADIUS radius unit|BYBOX radius radius unit) [ASC|DESC] [COUNT positive [ANY]] [STOREDIST]
        ZADD key score place *0.3
        ZRANGE key 0 -1 WITHSCORES
        ZREM key place... *0.5
    """,
    "bitmap": """
        BITCOUNT key [index index [BYTE|BIT]] *2
        BITFIELD key (GET bit_type bit_place|SET bit_type bit_place integer|INCRBY bit_type bit_place integer|OVERFLOW (WRAP|SAT|FAIL))... *4
        BITFIELD_RO key (GET bit_type bit_place)...
        BITOP (AND|OR|XOR|NOT) key key... *2
        BITPOS key bit [index [index [BYTE|BIT]]] *2
        GET key
        GETBIT key bit_offset
        SET key value
        SETBIT key bit_offset bit *5
        SETRANGE key offset value
    """,
    "hyperloglog": """
        GET key *2
        PFADD key element... *4
        PFADD key elements *3
        PFCOUNT key... *2
        PFDEBUG (DECODE|ENCODING|GETREG|TODENSE) key *0.3
        PFMERGE key [key]... *2
        SET key value *0.3
    """,
    "generic": """
        DUMP anykey *2
        RESTORE anykey time_to_live '{dump}' [REPLACE] [ABSTTL] [IDLETIME count] [FREQ count] *2
        SORT anykey [BY weight_pattern] [LIMIT limit_offset limit_count] [GET get_pattern] [GET get_pattern] [ASC|DESC] [STORE anykey]
        SORT anykey [LIMIT limit_offset limit_count] [GET get_pattern] [ASC|DESC] ALPHA [STORE anykey] *2
        SORT_RO anykey [BY weight_pattern] [LIMIT limit_offset limit_count] [GET get_pattern] [ASC|DESC]
        SORT_RO anykey [LIMIT limit_offset limit_count] [GET get_pattern] [ASC|DESC] ALPHA
        COPY anykey anykey [DB database] [REPLACE] *3
        DEL anykey... *2
        EXISTS anykey...
        EXPIRE anykey seconds [NX] [XX] [GT] [LT] *2
        EXPIREAT anykey unix_seconds [NX|XX|GT|LT]
        EXPIRETIME anykey
        KEYS pattern
        MOVE anykey database
        OBJECT|ENCODING anykey *4
        OBJECT|FREQ anykey
        OBJECT|IDLETIME anykey
        OBJECT|REFCOUNT anykey
        PERSIST anykey
        PEXPIRE anykey milliseconds [NX|XX|GT|LT]
        PEXPIREAT anykey unix_milliseconds [NX|XX|GT|LT] *2
        PEXPIRETIME anykey *2
        PTTL anykey
        RANDOMKEY
        RENAME anykey anykey *2
        RENAMENX anykey anykey
        SCAN cursor [MATCH pattern] [COUNT positive] [TYPE type_name]
        TOUCH anykey...
        TTL anykey
        TYPE anykey
        UNLINK anykey...
        WAIT replicas timeout_milliseconds *0.25
        WAITAOF local replicas timeout_milliseconds *0.25
    """,
    "connection": """
        AUTH name [name]
        CLIENT|CACHING (YES|NO)
        CLIENT|GETNAME
        CLIENT|GETREDIR
        CLIENT|ID
        CLIENT|INFO
        CLIENT|KILL (ID no_client|TYPE type_name|ADDR name|USER name|LADDR name|name)
        CLIENT|LIST [TYPE (type_name|PUBSUB|MASTER|REPLICA)|ID no_client]
        CLIENT|NO-EVICT (ON|OFF)
        CLIENT|NO-TOUCH (ON|OFF)
        CLIENT|PAUSE no_time [WRITE|ALL]
        CLIENT|SETINFO (LIB-NAME|LIB-VER) name
        CLIENT|SETNAME name
        CLIENT|TRACKINGINFO
        CLIENT|UNBLOCK no_client [TIMEOUT|ERROR]
        CLIENT|UNPAUSE
        ECHO message
        HELLO [protocol [AUTH name name] [SETNAME name]] *3
        PING [message]
        RESET
        SELECT database *2
    """,
    "transactions": """
        DISCARD
        EXEC *2
        MULTI *2
        UNWATCH
        WATCH anykey...
    """,
    "pubsub": """
        PUBLISH channel message
        PUBSUB|CHANNELS [channel_pattern]
        PUBSUB|NUMPAT
        PUBSUB|NUMSUB [channel...]
        PUBSUB|SHARDCHANNELS [channel_pattern]
        PUBSUB|SHARDNUMSUB [channel...]
        SPUBLISH channel message
    """,
    "server": """
        COMMAND|DOCS command_name...
        COMMAND|GETKEYS command
        COMMAND|GETKEYSANDFLAGS command
        COMMAND|INFO command_name...
        COMMAND|LIST FILTERBY (ACLCAT category|PATTERN filter_pattern|MODULE category)
        CONFIG|GET setting...
        CONFIG|SET threshold_setting... *4
        CONFIG|SET (HZ integer|TIMEOUT threshold|MAXMEMORY memory|LFU-LOG-FACTOR threshold)...
        DBSIZE *3
        DEBUG|DIGEST
        DEBUG|DIGEST-VALUE anykey...
        DEBUG|LISTPACK anykey
        DEBUG|LOG message
        DEBUG|PROTOCOL (STRING|INTEGER|DOUBLE|NULL|ARRAY|SET|MAP|ATTRIB|VERBATIM|TRUE|FALSE|BIGNUM|name)
        DEBUG|QUICKLIST-PACKED-THRESHOLD (100B|0|1K|name)
        DEBUG|SET-ACTIVE-EXPIRE (0|name)
        DEBUG|SLEEP (0|0.001)
        FLUSHALL [ASYNC|SYNC|name] *0.5
        FLUSHDB [ASYNC|SYNC|name] *0.5
        LOLWUT [VERSION integer]
        SWAPDB database database
        TIME
    """,
}

DATA_GROUPS = ("string", "list", "hash", "set", "sorted_set", "stream", "geo", "bitmap", "hyperloglog", "generic")


class Catalogue:
    """The synopses by group and by command name."""

    def __init__(self):
        self.by_group = {}
        self.by_name = {}
        for group, text in GROUPS.items():
            entries = [_entry(line) for line in text.strip().splitlines()]
            self.by_group[group] = entries
            for synopsis, weight in entries:
                self.by_name.setdefault(synopsis.name, []).append((group, synopsis))

    def groups_of(self, names):
        """Return {group: entries} with only the named commands."""
        kept = {group: [entry for entry in entries if entry[0].name in names]
                for group, entries in self.by_group.items()}
        return {group: entries for group, entries in kept.items() if entries}


def _entry(line):
    text, _, weight = line.partition(" *")
    return Synopsis(text), float(weight or 1)
