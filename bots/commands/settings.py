"""`matinee settings`: every setting with its default and its sentence; `.env.example` is this text."""

import difflib
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.errors import ConfigurationError
from core.settings import PREFIX, Settings

_HEAD = """\
# Matinee's settings. Copy this file to .env and change what you like; the environment wins over .env.
# What is left empty has its default. Once .env holds a key it is for your eyes only: chmod 600 .env
# A key or token may also be given as a file: MATINEE_PROVIDER_KEY_FILE=/run/secrets/provider_key
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Where to compare."""
    parser.add_argument(
        "--check", metavar="FILE", type=Path, help="compare FILE with the settings; exit 1 if it is stale"
    )


def run(args: Namespace) -> int:
    """Print the example, or the difference between it and a file."""
    expected = example()
    if args.check is None:
        sys.stdout.write(expected)
        return 0
    try:
        found = args.check.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{args.check}: cannot be read ({error}); for example --check .env.example") from error
    lines = difflib.unified_diff(found.splitlines(), expected.splitlines(), str(args.check), "settings", lineterm="")
    difference = "\n".join(lines)
    if difference:
        sys.stderr.write(f"{difference}\n{args.check} is stale; make it anew: matinee settings > {args.check}\n")
    return 1 if difference else 0


def example() -> str:
    """The text of `.env.example`: for each setting its sentence, then its default."""
    parts = [_HEAD]
    for name, field in Settings.model_fields.items():
        if name == "provider":
            assignments = "\n".join(f"{line.partition('=')[0]}=" for line in field.examples or [])
            hints = "".join(f"\n# For example: {line}" for line in field.examples or [])
        else:
            default = field.get_default()
            written = "" if default is None else str(default).lower() if isinstance(default, bool) else default
            assignments = f"{PREFIX}{name.upper()}={written}"
            hints = (
                f"\n# For example: {PREFIX}{name.upper()}={field.examples[0]}" if not default and field.examples else ""
            )
        parts.append(f"# {field.description}{hints}\n{assignments}\n")
    return "\n".join(parts)
