"""`matinee run`: serve what the settings and the catalogue describe. For now this terminal is the one platform."""

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bots.app import Plan, open_house
from bots.console.sitting import converse
from core import telemetry
from core.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    parser.add_argument("--env-file", type=Path, default=Path(".env"), metavar="FILE", help="settings; ./.env")


def run(args: Namespace) -> int:
    """Serve until the person leaves, or SIGTERM."""
    settings = Settings.load(args.env_file)
    telemetry.configure(level=settings.log_level, form=settings.log_format, secrets=settings.secrets())
    plan = Plan.of(settings)
    asyncio.run(_serve(plan))
    return 0


async def _serve(plan: Plan) -> None:
    async with open_house(plan) as house:
        await converse(house)
