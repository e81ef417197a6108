"""The command line `redis-clone-cli`, also `python3 -m redis_clone.cli`: redis-cli's options and output.

Where to look: `arguments` the options; `__main__` what they start; `link` the connection as redis-cli keeps it
(greeting, database, transaction); `runner` sends commands and prints what comes back; `stream` what never ends
(SUBSCRIBE, MONITOR); `typed_replies` and `formats` replies as text; `repl` the prompt, `readline_lines` its editor;
`hints` help, completion and syntax of commands; `words` quotes; `console` the streams; `modes` what is no command:
--scan, --stat and so on.
"""
