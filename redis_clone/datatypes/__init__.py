"""The values that keys hold, as plain data structures that know no commands, keys, clients or locks."""
