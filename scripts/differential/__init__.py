"""The parts of scripts/compare_with_redis.py, nearest to the user first.

    report             what is printed: differences, how to see them again, the summary
    session            a whole run: generate, play, shrink, collect
    shrinker           the shortest sequence that still shows a difference

    runner             one sequence of steps on both servers
      player           one client: its two connections and its state
      messages         clients that get messages, or another number of replies than commands
      waiting          clients that wait in a blocking command
      questions        what is asked after a client's steps beside them: encodings
      notifications    what both servers publish about their keys
      state            the whole state of both servers at the end
    judge              whether two replies are the same
      equivalence      when replies that differ in bytes mean the same
      known_differences  where a real server differs from Redis 7.2.6, each with its reason

    generator          sequences from a seed
      scenarios, conversations, raw_requests   the kinds of sequences
      writer           single commands, with what has to be asked around them
      synopses         every command's arguments, one line each
      grammar          the small language of the synopses
      arguments        values for each kind of argument, sensible and odd

    steps              a step of a sequence, and its readable form
    servers            starting, recognising and resetting a server
    wire               a connection that keeps each reply's exact bytes

    lua_session        Lua programs in the engine alone, compared with lua5.1
      lua_engines      both engines, giving the same kind of text; lua_driver.lua runs batches in lua5.1
      lua_shrinker     the shortest program that still shows a difference
      lua_programs     programs from a seed: templates of lua_topics, statements of lua_writer
      lua_values, lua_tokens   literals and names; source as tokens, to lay it out, damage it or cut it
    lua_script_session EVAL in both servers, with the scripts of lua_scripts

Nothing here but lua_engines imports redis_clone: a mistake shared by the server and its judge would not be seen.
"""
