"""`matinee run`: serve what the settings and the catalogue describe. For now this terminal is the one platform."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bots import interrupts
from bots.app import Plan, open_house
from bots.console.sitting import converse
from core import telemetry
from core.errors import ConfigurationError
from core.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="settings; ./.env if there is one")


def run(args: Namespace) -> int:
    """Serve until the person leaves, or SIGTERM."""
    if args.env_file is not None and not args.env_file.is_file():
        raise ConfigurationError(f"--env-file: there is no file {args.env_file}; for example --env-file .env")
    settings = Settings.load(args.env_file or Path(".env"))
    telemetry.configure(level=settings.log_level, form=settings.log_format, secrets=settings.secrets())
    plan = Plan.of(settings)
    return interrupts.run(lambda: _serve(plan))


async def _serve(plan: Plan) -> int:
    async with open_house(plan) as house:
        await converse(house)
    return 0
