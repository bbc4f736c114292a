"""What every platform owes the core: a name, a conversation for every stored address, and a quiet leave."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from rich.console import Console

from bots.console.commands import Commands
from bots.console.platform import HERE as TERMINAL
from bots.console.platform import ConsolePlatform
from bots.console.screen import Screen
from bots.discord.place import Place
from bots.discord.platform import build as build_discord
from bots.telegram.place import Place as TelegramPlace
from bots.telegram.platform import Server
from bots.telegram.platform import build as build_telegram
from core.db import Database
from core.model import Address
from core.ports import Platform
from core.service import Service
from tests.emulators.discord import emulated_discord
from tests.emulators.telegram import emulated_telegram
from tests.stand_ins import MIA, POLICY, catalogue
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time

BOTS: Final = Path(__file__).parents[2] / "bots"

Open = Callable[[Database], AbstractAsyncContextManager[tuple[Platform, Address]]]
"""A platform that nobody leaves by themselves, and an address that it stores with jobs."""


@asynccontextmanager
async def _console(database: Database) -> AsyncGenerator[tuple[Platform, Address]]:
    reads, writes = os.pipe()
    service = Service(database, catalogue(), POLICY, now=lambda: BEGINNING)
    commands = Commands(service, catalogue(), MIA, TERMINAL, zone=POLICY.zone, now=lambda: BEGINNING)
    screen = Screen(Console(file=io.StringIO()), lambda: BEGINNING)
    try:
        yield ConsolePlatform(commands, screen, reads), TERMINAL
    finally:
        os.close(reads)
        os.close(writes)


@asynccontextmanager
async def _discord(database: Database) -> AsyncGenerator[tuple[Platform, Address]]:
    async with emulated_discord() as server:
        service = Service(database, catalogue(), POLICY, now=now)
        with TemporaryDirectory() as folder:
            platform = build_discord(
                service, catalogue(), token=server.token, zone=POLICY.zone, now=now, gate=Path(folder) / "gate"
            )
            place = Place(application=1, token="t", token_from=now(), channel=2, message=3, person=4)
            yield platform, place.address()


@asynccontextmanager
async def _telegram(database: Database) -> AsyncGenerator[tuple[Platform, Address]]:
    async with emulated_telegram() as server:
        platform = build_telegram(
            Service(database, catalogue(), POLICY, now=now),
            catalogue(),
            database,
            token=server.token,
            owner="this one",
            zone=POLICY.zone,
            now=now,
            server=Server(server.url),
        )
        yield platform, TelegramPlace(chat=1, person=1, private=True).address()


PLATFORMS: Final[Mapping[str, Open]] = {"console": _console, "discord": _discord, "telegram": _telegram}


def test_every_platform_is_held_to_this() -> None:
    assert {path.parent.name for path in BOTS.glob("*/platform.py")} == set(PLATFORMS)


@pytest.mark.parametrize("name", PLATFORMS)
async def test_its_name_is_the_one_in_its_addresses(name: str, database: Database) -> None:
    async with PLATFORMS[name](database) as (platform, address):
        assert platform.name == name == address.platform


@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_conversation_can_be_reopened_from_what_was_stored(name: str, database: Database) -> None:
    async with PLATFORMS[name](database) as (platform, address):
        messenger = platform.messenger(Address(address.platform, str(address.value)))
        assert messenger.limits.upload_bytes > 0


@pytest.mark.parametrize("name", PLATFORMS)
async def test_it_stays_until_it_is_called_off_and_leaves_nothing_behind(name: str, database: Database) -> None:
    async with PLATFORMS[name](database) as (platform, _):
        before = asyncio.all_tasks()
        talk = asyncio.create_task(platform.run(), name="a platform")
        await asyncio.wait([talk], timeout=30)
        assert not talk.done()
        talk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talk
        await asyncio.sleep(60)  # the far end sees the line go; one that waits for news, when it looks up
        assert asyncio.all_tasks() == before
