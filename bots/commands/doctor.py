"""`matinee doctor`: says in plain words what works, and what to do about what does not; it changes nothing."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bots import interrupts
from bots.app import Plan, utc_now
from bots.commands.run import read_settings
from bots.discord.desk import Desk
from bots.discord.doctor import Finding, Found, examine
from bots.discord.platform import speak_through
from core import telemetry
from core.db import Database, file_of, open_database
from core.service import Service
from core.settings import Settings

_ROOM = 2 << 30
"""Bytes that should be free for videos."""


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="settings; ./.env if there is one")


def run(args: Namespace) -> int:
    """Print one line a finding; 1 where something is not ok."""
    settings = read_settings(args.env_file)
    telemetry.configure(level="error", secrets=settings.secrets())
    plan = Plan.of(settings)
    return interrupts.run(lambda: _examine(plan, settings))


async def _examine(plan: Plan, settings: Settings) -> int:
    worst = 0
    async for finding in _findings(plan, settings):
        sys.stdout.write(f"{finding.found:<7} {finding.words}\n")
        worst = max(worst, int(finding.found is Found.BAD))
    return worst


async def _findings(plan: Plan, settings: Settings) -> AsyncGenerator[Finding]:
    yield Finding(Found.GOOD, f"Settings and catalogue: {len(plan.catalogue.offered())} models on offer.")
    yield _disk(plan.videos)
    file = file_of(plan.database)
    there = file.exists()
    async with _books(plan) as database:
        if there:
            yield Finding(Found.GOOD, f"Database: {file} can be used.")
        else:
            yield Finding(Found.NOTE, f"Database: {file} is made at the first start.")
        if settings.discord_token is None:
            yield Finding(Found.NOTE, "Discord: no MATINEE_DISCORD_TOKEN is set; `matinee run` serves this terminal.")
            return
        speak_through(settings.discord_api_url or None)
        desk = Desk(Service(database, plan.catalogue, plan.policy, now=utc_now), plan.catalogue, settings.zone, utc_now)
        async for finding in examine(settings.discord_token.get_secret_value(), desk):
            yield finding


@asynccontextmanager
async def _books(plan: Plan) -> AsyncGenerator[Database]:
    """The database; where there is none yet, an empty one that is gone afterwards."""
    with TemporaryDirectory() as folder:
        there = file_of(plan.database).exists()
        async with open_database(plan.database if there else f"sqlite:///{folder}/matinee.sqlite") as database:
            yield database


def _disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK):
        return Finding(Found.BAD, f"Videos: {there} cannot be written; give it to the user who runs this.")
    free = shutil.disk_usage(there).free
    words = f"Videos: {free / 1e9:.0f} GB are free for {folder}."
    return Finding(Found.GOOD if free >= _ROOM else Found.BAD, words)
