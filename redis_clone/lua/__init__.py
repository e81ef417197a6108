"""Lua 5.1 in Python: scripts are compiled to Python functions, once.

    source --lexer, parser--> tree (syntax) --inference--> tree --emitter--> Python text --compile()--> function

`compiler.py` is that way in one place, `runtime.py` the state that scripts run in, docs/scripting.md the same told
with an example. To see the Python text of a file: `python3 -m redis_clone.lua --python FILE`.

The choices, made by measuring (CPython 3.11; what each costs is in nanoseconds):

- Values are Python's own: floats, bytes, None, True, False, functions, and Table, a subclass of dict. No value is
  wrapped, so most operations are one instruction of Python's virtual machine. An array read is 38 as a dict
  with float keys, 57 to 148 as a list behind a test.
- Arithmetic stands inline behind a test of classes: `a + b` costs 28 with the test, 8 where inference.py knows
  the kinds, 52 as a call of a function.
- A call returns one value bare and other numbers of values as a tuple: 42 with the test, 51 to 61 otherwise.
- Metatables change the class of their table, so that plain tables pay nothing for them.
- Python text is written rather than a syntax tree: building Python's tree takes longer than compiling the text.
- Whether a script is to stop is a global flag, looked at in loops and functions: 4 to 6, where a counter costs 17
  and a trace function 100 to 180.
- Coroutines are generators, 2 us for a resume and a yield; threads would take 30 to 40 for each switch.

What differs from the C implementation: the order of `pairs` is that in which keys came in; `#t` of a table with
holes may be another of its borders; `string.dump` has nothing to dump; collectgarbage("count") is 0. Python's own
limits are a little lower than Lua's: 98 nested blocks; calls nest as deep as sys.getrecursionlimit() lets them.
"""
