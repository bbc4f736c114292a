"""`matinee worker`: make videos that other processes have taken in; it hears nobody."""

from argparse import ArgumentParser, Namespace

from bots.app import Role
from bots.commands import run as running


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    running.add_env_file(parser)


def run(args: Namespace) -> int:
    """Work until SIGTERM or Ctrl-C."""
    return running.serve(args.env_file, Role.WORKER)
