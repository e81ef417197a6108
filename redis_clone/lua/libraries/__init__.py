"""The libraries of Lua 5.1, a module each: what `open_X(runtime)` returns is the table that scripts see."""
