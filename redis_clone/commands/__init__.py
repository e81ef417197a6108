"""The commands, one module per group of the Redis documentation.

Each module declares its handlers with the decorator of `registry.py`; importing this package fills the
command table. A handler takes the session and the command's arguments (without its name) as bytes and
returns a reply value (`resp.py` lists them) or raises a RedisError. It runs with the engine's lock held.
"""
import importlib
import pkgutil

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
