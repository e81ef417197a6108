"""What to do in a child process that `os.fork` has just made: objects say it with a method of their own.

A child inherits the sockets and locks of its parent. Both sides reading from one socket would get each other's
replies, and a lock held by a thread that the child does not have is never released. So connections close
their socket in the child (the parent's is not touched by that) and owners of locks make new ones.

On systems without fork nothing ever has to be done.
"""
import os
import weakref

__all__ = ["watch_for_fork"]

_watching = weakref.WeakSet()


def watch_for_fork(thing):
    """Call `thing.after_fork()` in every child process from now on, as long as `thing` exists."""
    _watching.add(thing)


def _tell_all():
    for thing in list(_watching):
        thing.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell_all)
