"""The exceptions under the name that this module has in redis-py; see `errors`."""
from .errors import *       # noqa: F401,F403
from .errors import __all__     # noqa: F401
