"""The command line: one table of subcommands, each imported only when it is asked for."""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Protocol, cast

from core.errors import ConfigurationError

COMMANDS = {
    "demo": ("bots.commands.demo", "make one video here and now, with no token, key or service"),
    "run": ("bots.commands.run", "serve the platforms and the providers that are configured"),
    "worker": ("bots.commands.worker", "make videos that other processes have taken in; the same as run --role worker"),
    "simulate": ("bots.commands.simulate", "run an upstream of our own that renders films for nothing"),
    "parse": ("bots.commands.parse", "read captured streams and print what they say, as JSON"),
    "doctor": ("bots.commands.doctor", "say what works, and what to do about what does not"),
    "audit": ("bots.commands.audit", "look through the books, and stop what spends while they are wrong"),
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
    _open_what_is_closed()
    try:
        _let_the_first_interrupt_count()
        code = _obey(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except ConfigurationError as error:
        _tell(*error.lines)
        return USAGE
    except KeyboardInterrupt:
        _tell("Stopped.")
        return INTERRUPTED
    except OSError as error:
        # Whoever read our output has gone, or the machine is short of something; a reader who left knows it.
        _forget_what_is_unwritten()
        if not isinstance(error, BrokenPipeError):
            _tell(f"Stopped: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return 1
    return code


def _obey(words: list[str]) -> int:
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
    return command.run(args)


def _let_the_first_interrupt_count() -> None:
    """Ctrl-C ends the program, and pressed again does not disturb its leaving.

    Whoever started us deaf to it, as a shell does in the background, wants that.
    """

    def end(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


def _open_what_is_closed() -> None:
    """Let a standard stream that was closed lead nowhere, lest the first file or socket of ours take its number."""
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open


def _forget_what_is_unwritten() -> None:
    """What could not be written must not fail once more at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(*lines: str) -> None:
    """Say why we leave, if anybody listens."""
    with suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
