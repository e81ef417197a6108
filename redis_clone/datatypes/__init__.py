"""The values that keys hold, as plain data structures: nothing here knows commands, keys, clients or locks."""
