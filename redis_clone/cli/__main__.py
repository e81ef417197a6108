"""The command line from its arguments to its exit status.

The exit status is redis-cli's: 0, also if the server answered with an error (unless -e was given); 1 if there
was no answer, or no sense in the arguments.
"""
import os
import sys

from ..version import __version__
from . import modes
from .arguments import HELP, PROGRAM, VERSION, UsageError, parse_arguments, usage
from .console import Console
from .link import Link
from .modes.asking import ModeFailed
from .modes.eval import eval_command
from .repl import Repl, choose_lines
from .runner import Runner
from .words import unquote

__all__ = ["main"]

FAILED = 1
INTERRUPTED = 130                   # as a shell says it
NO_READER = 141                     # the same, of a broken pipe

PASSWORD_WARNING = "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."


def main(arguments=None, stdin=None, out=None, err=None, environment=None):
    """Do what the arguments (by default those of the process) ask for; return the exit status. The streams
    are binary."""
    console = Console(stdin, out, err, os.environ if environment is None else environment)
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments, console)
        finally:
            console.flush()
    except (UsageError, ModeFailed) as error:
        console.complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        console.discard()
        return NO_READER
    except OSError as error:        # of the streams: all others have been told
        console.discard()
        console.complain(f"Error: {error.strerror or error}")
        return FAILED


def _run(arguments, console):
    options = parse_arguments(arguments, console.environment)
    if options == HELP:
        console.print(usage(), end="")
        return 0
    if options == VERSION:
        console.print(f"{PROGRAM} {__version__}")
        return 0
    if options.askpass:
        import getpass                      # here, since the start is quicker without it
        options.password = os.fsencode(getpass.getpass("Please input password: "))
    elif options.password is not None and options.auth_warning and not options.password_is_from_environment:
        console.complain(PASSWORD_WARNING)
    if options.modes:
        return _run_mode(options, console)
    interactive = not options.command and options.eval_file is None
    runner = Runner(options, console, Link(options, console.complain), interactive)
    try:
        if interactive:
            return Repl(runner, choose_lines(runner)).run()
        command = _command(options, console)
        return 0 if command and runner.run(command, options.repeat) else FAILED
    except RecursionError:
        console.complain("Error: the reply is nested too deeply to be shown")
        return FAILED
    finally:
        runner.link.close()


def _run_mode(options, console):
    if options.modes <= modes.NEEDS_NO_SERVER:
        return modes.run(None, options, console)
    if options.modes == {"--trace"}:
        options.command = _command(options, console)
        if options.command is None:
            return FAILED
    link = Link(options, console.complain)
    try:
        connection = link.connect_for_mode()
        return FAILED if connection is None else modes.run(connection, options, console)
    finally:
        link.close()


# -- the command ---------------------------------------------------------------------------------------------------

def _command(options, console):
    """The words of the command, as bytes, with what the options put into it; None if they are wrong."""
    words = options.command
    if options.quoted_input:
        words = [unquote(word) for word in words]
        if None in words:
            console.print("Invalid quoted string")          # to the standard output, as redis-cli
            return None
    if options.eval_file is not None:
        options.command = words
        words = eval_command(options)
    if options.last_from_input:
        words = words + [console.input.read()]
    elif options.tag_from_input is not None:
        if options.tag_from_input not in words:
            raise UsageError("Using -X option but stdin tag not match.")
        at = words.index(options.tag_from_input)
        words = words[:at] + [console.input.read()] + words[at + 1:]
    return words


if __name__ == "__main__":
    sys.exit(main())
