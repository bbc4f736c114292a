"""`matinee doctor`: says in plain words what works, and what to do about what does not; it changes nothing."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from bots import interrupts
from bots.app import Plan
from bots.commands.run import read_settings
from bots.findings import Finding, Found
from core import people, telemetry
from core.db import file_of, is_server, open_database, shown
from core.settings import Settings

_MARKS = ("discord.commands", "telegram.commands")
"""Under which a platform's fingerprint of its commands is remembered."""
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
    marks: dict[str, str | None] = {}
    if is_server(plan.database) or file_of(plan.database).exists():
        async with open_database(plan.database) as database, database.read() as tx:
            marks = {name: await people.mark(tx, name) for name in _MARKS}
        yield Finding(Found.GOOD, f"Database: {shown(plan.database)} can be used.")
    else:
        yield Finding(Found.NOTE, f"Database: {file_of(plan.database)} is made at the first start.")
    if settings.discord_token is None:
        yield Finding(Found.NOTE, "Discord: no MATINEE_DISCORD_TOKEN is set.")
    else:
        async for finding in _discord(settings, settings.discord_token.get_secret_value(), marks):
            yield finding
    if settings.telegram_token is None:
        yield Finding(Found.NOTE, "Telegram: no MATINEE_TELEGRAM_TOKEN is set.")
    else:
        async for finding in _telegram(settings, settings.telegram_token.get_secret_value(), marks):
            yield finding
    if settings.discord_token is None and settings.telegram_token is None:
        yield Finding(Found.NOTE, "With neither, `matinee run` serves this terminal.")


async def _discord(settings: Settings, token: str, marks: Mapping[str, str | None]) -> AsyncGenerator[Finding]:
    # Imported here, so that a host without Discord does not wait for its library; so below.
    from bots.discord.doctor import examine  # noqa: PLC0415
    from bots.discord.platform import speak_through  # noqa: PLC0415

    speak_through(settings.discord_api_url or None, settings.discord_gateway_url or None)
    async for finding in examine(token, told=marks.get("discord.commands")):
        yield finding


async def _telegram(settings: Settings, token: str, marks: Mapping[str, str | None]) -> AsyncGenerator[Finding]:
    from bots.telegram.doctor import examine  # noqa: PLC0415
    from bots.telegram.platform import Server  # noqa: PLC0415

    async for finding in examine(
        token,
        server=Server(settings.telegram_api_url, settings.telegram_file_url, settings.telegram_local),
        storage_chat=settings.telegram_storage_chat,
        webhook_url=settings.telegram_webhook_url,
        told=marks.get("telegram.commands"),
    ):
        yield finding


def _disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK):
        return Finding(Found.BAD, f"Videos: {there} cannot be written; give it to the user who runs this.")
    free = shutil.disk_usage(there).free
    words = f"Videos: {free / 1e9:.0f} GB are free for {folder}."
    return Finding(Found.GOOD if free >= _ROOM else Found.BAD, words)
