"""`matinee version`: which Matinee this is, on which Python."""

import platform
import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import version


def add_arguments(parser: ArgumentParser) -> None:
    """It takes nothing."""


def run(_args: Namespace) -> int:
    """Print one line."""
    sys.stdout.write(f"matinee {version('matinee')} (Python {platform.python_version()})\n")
    return 0
