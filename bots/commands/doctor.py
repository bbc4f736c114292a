"""`matinee doctor`: says in plain words what works, and what to do about what does not; it changes nothing."""

import asyncio
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from bots import interrupts
from bots.app import Plan, utc_now
from bots.commands.run import no_settings_file, read_settings
from bots.findings import Finding, Found
from core import telemetry
from core.catalogue import ProviderEntry
from core.db import Database, file_of, is_server, open_database, shown
from core.errors import ConfigurationError
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
    return interrupts.run(lambda: _examine(settings, args.env_file))


async def _examine(settings: Settings, env_file: Path | None) -> int:
    worst = 0
    async for finding in _findings(settings, env_file):
        sys.stdout.write(f"{finding.found:<7} {finding.words}\n")
        sys.stdout.flush()
        worst = max(worst, int(finding.found is Found.BAD))
    return worst


async def _findings(settings: Settings, env_file: Path | None) -> AsyncGenerator[Finding]:
    plan = None
    try:
        plan = Plan.of(settings)
        yield Finding(Found.GOOD, f"Settings and catalogue: {len(plan.catalogue.offered())} models on offer.")
        for name in sorted({plan.catalogue.models[model].provider for model in plan.catalogue.offered()}):
            yield await _reach(plan.catalogue.providers[name])
    except ConfigurationError as error:
        for line in no_settings_file(env_file):
            yield Finding(Found.NOTE, line)
        for line in error.lines:
            yield Finding(Found.BAD, line)
    yield _disk(settings.videos)
    named, there = shown(settings.database_url), _is_there(settings.database_url)
    try:
        async with _books(settings.database_url) as database:
            if there:
                yield Finding(Found.GOOD, f"Database: {named} can be used.")
            else:
                yield Finding(Found.NOTE, f"Database: {named} is made at the first start.")
            service = Service(database, plan.catalogue, plan.policy, now=utc_now) if plan is not None else None
            async for finding in _platforms(settings, plan, service):
                yield finding
    except ConfigurationError as error:
        for line in error.lines:
            yield Finding(Found.BAD, line)


async def _platforms(settings: Settings, plan: Plan | None, service: Service | None) -> AsyncGenerator[Finding]:
    if settings.discord_token is None:
        yield Finding(Found.NOTE, "Discord: no MATINEE_DISCORD_TOKEN is set.")
    else:
        async for finding in _discord(settings, settings.discord_token.get_secret_value(), plan, service):
            yield finding
    if settings.telegram_token is None:
        yield Finding(Found.NOTE, "Telegram: no MATINEE_TELEGRAM_TOKEN is set.")
    else:
        async for finding in _telegram(settings, settings.telegram_token.get_secret_value(), service):
            yield finding
    if settings.discord_token is None and settings.telegram_token is None:
        yield Finding(Found.NOTE, "With neither, `matinee run` serves this terminal.")


async def _discord(
    settings: Settings, token: str, plan: Plan | None, service: Service | None
) -> AsyncGenerator[Finding]:
    # Imported here, so that a host without Discord does not wait for its library; so below.
    from bots.discord.desk import Desk  # noqa: PLC0415
    from bots.discord.doctor import examine  # noqa: PLC0415
    from bots.discord.platform import speak_through  # noqa: PLC0415

    speak_through(settings.discord_api_url or None)
    desk = Desk(service, plan.catalogue, settings.zone, utc_now) if plan and service else None
    async for finding in examine(token, desk):
        yield finding


async def _telegram(settings: Settings, token: str, service: Service | None) -> AsyncGenerator[Finding]:
    from bots.telegram.doctor import examine  # noqa: PLC0415
    from bots.telegram.platform import Server  # noqa: PLC0415

    async for finding in examine(
        token,
        server=Server(settings.telegram_api_url, settings.telegram_file_url, settings.telegram_local),
        storage_chat=settings.telegram_storage_chat,
        webhook_url=settings.telegram_webhook_url,
        told=await service.mark("telegram.commands") if service is not None else None,
    ):
        yield finding


def _is_there(url: str) -> bool:
    return is_server(url) or file_of(url).exists()


@asynccontextmanager
async def _books(url: str) -> AsyncGenerator[Database]:
    """The database; where there is none yet, an empty one that is gone afterwards."""
    with TemporaryDirectory() as folder:
        async with open_database(url if _is_there(url) else f"sqlite:///{folder}/matinee.sqlite") as database:
            yield database


async def _reach(provider: ProviderEntry) -> Finding:
    """Whether anybody is there; what a key is worth only a video shows, and that would cost something."""
    parts = urlsplit(provider.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    there = f"{parts.hostname}:{port}"
    try:
        async with asyncio.timeout(provider.connect_seconds):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        # asyncio's own sentence for a refusal quotes the call; names that are not found have negative numbers.
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror or "no answer"
        words = f"Provider {provider.name}: nobody answers at {there} ({why})."
        if parts.hostname in {"127.0.0.1", "localhost", "::1"}:
            return Finding(Found.BAD, f"{words} If that is the simulator: `matinee simulate --port {port}` starts it.")
        return Finding(Found.BAD, f"{words} Is its address right, and is this host online?")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Finding(Found.GOOD, f"Provider {provider.name}: answers at {there}; its key is tried by the first video.")


def _disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK):
        return Finding(Found.BAD, f"Videos: {there} cannot be written; give it to the user who runs this.")
    free = shutil.disk_usage(there).free
    words = f"Videos: {free / 1e9:.0f} GB are free for {folder}."
    if free < _ROOM:
        return Finding(Found.BAD, f"{words} Make room, or name another folder in MATINEE_VIDEOS.")
    return Finding(Found.GOOD, words)
