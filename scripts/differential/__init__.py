"""The parts of scripts/compare_with_redis.py, nearest to the user first.

    report            what is printed: differences, how to replay them, the summary
    shrinker          the shortest sequence that still shows a difference
    session           a whole run: generate, compare, shrink, collect
    runner            one sequence of steps on both servers, reply against reply
    equivalence       when two replies that differ in bytes mean the same
    known_differences where a real server differs from Redis 7.2.6, each with its reason
    scenarios         the kinds of sequences: data, transactions, pub/sub, blocking, raw bytes, ...
    synopses          every command's arguments, one line each
    arguments         values for each kind of argument, sensible and odd
    grammar           the small language the synopses are written in
    steps             a step of a sequence, and its readable form
    servers           starting, recognising and resetting a server
    wire              a connection that keeps each reply's exact bytes

Nothing here imports redis_clone: a mistake shared by the server and its judge would not be seen.
"""
