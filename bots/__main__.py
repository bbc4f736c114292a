"""The command line: one table of subcommands, each imported only when it is asked for."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from core.errors import ConfigurationError

COMMANDS = {
    "demo": ("bots.commands.demo", "make one video here and now, with no token, key or service"),
    "run": ("bots.commands.run", "serve the platforms and the providers that are configured"),
    "simulate": ("bots.commands.simulate", "run an upstream of our own that renders films for nothing"),
    "parse": ("bots.commands.parse", "read captured streams and print what they say, as JSON"),
    "settings": ("bots.commands.settings", "print every setting with its default"),
    "version": ("bots.commands.version", "print the version"),
}
"""Name -> module and one line of help. A module has `add_arguments(parser)` and `run(args) -> exit code`."""

USAGE = 2
"""The exit code where something was asked for, or configured, that cannot be done."""
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the signal's number."""


class _Command(Protocol):
    def add_arguments(self, parser: ArgumentParser) -> None: ...
    def run(self, args: Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand. The exit code: 0 done, 1 failed, 2 not possible as asked or configured, 130 Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--version"]:
        words = ["version"]
    parser = ArgumentParser(
        prog="matinee",
        description="Lets a community make AI video where it already talks.",
        epilog="Begin with `matinee demo`. Each command explains itself: `matinee demo --help`.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    command: _Command | None = None
    for name, (module, help_line) in COMMANDS.items():
        subparser = commands.add_parser(name, help=help_line, description=f"{help_line[0].upper()}{help_line[1:]}.")
        if words[:1] == [name]:
            command = cast("_Command", import_module(module))
            command.add_arguments(subparser)
    args = parser.parse_args(words)
    if command is None:
        parser.print_help(sys.stderr)
        return USAGE
    return _run(command, args)


def _run(command: _Command, args: Namespace) -> int:
    try:
        return command.run(args)
    except ConfigurationError as error:
        for line in error.lines:
            sys.stderr.write(f"{line}\n")
        return USAGE
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
