"""What Redis adds to Lua: the table `redis`, libraries of its own, scripts of EVAL and libraries of functions.

`scripts` runs both kinds, `busy` looks after those that take long. `bridge` is the table `redis`, `conversion` the
way of replies into Lua and back. `functions` are the libraries of FUNCTION LOAD, made by `library_loading` and
carried by `function_dump`. `cjson`, `cmsgpack`, `struct_library` and `bit` are the libraries that scripts find.
"""
