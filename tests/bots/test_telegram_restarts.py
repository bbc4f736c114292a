"""The flood budget of Telegram across restarts: whoever begins takes it that others have spoken just before."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from bots.telegram.faults import faults_become_ours
from bots.telegram.limits import GROUP_A_MINUTE
from bots.telegram.wire import Wire
from core.db import Database
from core.service import Service
from tests.bots.telegram_house import sign
from tests.emulators.telegram import Chat, TelegramEmulator, bot_at, emulated_telegram
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


@asynccontextmanager
async def life(database: Database, server: TelegramEmulator, *, dies: bool = False) -> AsyncGenerator[Wire]:
    """One process that can speak; where it `dies`, it leaves nothing in order."""
    async with bot_at(server) as bot:
        wire = Wire.of(bot, Service(database, catalogue(), POLICY, now=now), now=now, sign=sign)
        await wire.open()
        yield wire
        if not dies:
            await wire.close()


async def speaks(wire: Wire, group: Chat, seconds: float) -> int:
    """Say as much as may be said; how much that was."""
    said = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                await wire.pace.final(group.id)
                with faults_become_ours():
                    await wire.bot.send_message(group.id, "x")
                said += 1
    except TimeoutError:
        return said


async def test_a_process_that_dies_again_and_again_floods_no_group(database: Database) -> None:
    async with emulated_telegram() as server:
        group = server.supergroup("Film club", server.person("Anna"))
        async with life(database, server):
            await asyncio.sleep(100)
        said = []
        for _ in range(6):
            async with life(database, server, dies=True) as wire:
                said.append(await speaks(wire, group, 9))
        assert server.flooded == []
        assert sum(said) <= GROUP_A_MINUTE
        assert said[0] > 5


async def test_the_first_start_of_all_and_one_long_after_a_stop_begin_with_all_of_it(database: Database) -> None:
    async with emulated_telegram() as server:
        group = server.supergroup("Film club", server.person("Anna"))
        for _ in range(2):
            async with life(database, server) as wire:
                assert await speaks(wire, group, 60) == GROUP_A_MINUTE
            await asyncio.sleep(120)
        assert server.flooded == []


async def test_a_start_after_a_death_begins_with_half_of_it_for_a_minute(database: Database) -> None:
    async with emulated_telegram() as server:
        group = server.supergroup("Film club", server.person("Anna"))
        async with life(database, server, dies=True):
            await asyncio.sleep(600)
        async with life(database, server) as wire:
            assert await speaks(wire, group, 60) == GROUP_A_MINUTE // 2
            await asyncio.sleep(70)
            assert await speaks(wire, group, 60) == GROUP_A_MINUTE
        assert server.flooded == []
