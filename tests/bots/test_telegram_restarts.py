"""The flood budget of Telegram across restarts: whoever begins knows what others have said just before."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.limits import BURST, GROUP_A_MINUTE
from bots.telegram.pace import GatedError
from bots.telegram.wire import Wire
from core.db import Database
from core.service import Service
from tests.bots.telegram_house import sign, telegram_house
from tests.bots.test_telegram_crowd import CROWD, ROOM, crowd, film_times, takes
from tests.emulators.telegram import Chat, TelegramEmulator, bot_at, emulated_telegram
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


@asynccontextmanager
async def life(
    database: Database, server: TelegramEmulator, *, dies: bool = False, shared: bool = False
) -> AsyncGenerator[Wire]:
    """One process that can speak; where it `dies`, it leaves nothing in order."""
    async with bot_at(server) as bot:
        service = Service(database, catalogue(), POLICY, now=now)
        wire = Wire.of(bot, service, now=now, sign=sign, shared=shared)
        before = asyncio.all_tasks()
        await wire.open()
        writers = asyncio.all_tasks() - before
        yield wire
        if dies:
            for writer in writers:
                writer.cancel()
        else:
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
    except FaultError as fault:
        if fault.means is not Means.FLOODED:
            raise
        await wire.flooded(group.id, fault.seconds)
        return said
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


async def test_what_a_process_had_not_written_down_when_it_died_is_left_free_for_a_minute(database: Database) -> None:
    async with emulated_telegram() as server:
        group, other = (server.supergroup(name, server.person(name)) for name in ("Film club", "Other"))
        async with life(database, server, dies=True) as wire:
            await speaks(wire, other, 1)
            assert await speaks(wire, group, 0.5) == BURST, "these are not written down yet"
        async with life(database, server) as wire:
            assert await speaks(wire, group, 60 - 2) == GROUP_A_MINUTE - BURST
        assert server.flooded == []


@pytest.mark.parametrize("seconds", [8, 15, 20, 25, 40, 58])
@pytest.mark.parametrize("shared", [False, True])
async def test_a_process_that_is_replaced_among_twelve_films_floods_nobody(
    database: Database, tmp_path: Path, seconds: int, shared: bool
) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(60), policy=ROOM, at_once=CROWD) as house:
        house.upstream.afterwards = house.upstream.script[-15:]
        async with house.open(drain_seconds=0, shared=shared):
            asked = await crowd(house)
            await asyncio.sleep(seconds)
        async with house.open(shared=shared):
            await house.over(CROWD)
            await asyncio.sleep(300)
        assert house.telegram.flooded == []
        assert len(house.films()) == CROWD
        times = await film_times(house, asked)
        assert max(times.values()) < 60 + seconds + 45


async def test_a_silence_that_one_process_heard_of_is_kept_by_the_next(database: Database) -> None:
    async with emulated_telegram() as server:
        group = server.supergroup("Film club", server.person("Anna"))
        server.flood.arm(group.id, 20)
        async with life(database, server) as wire:
            assert await speaks(wire, group, 5) == 0
        for seconds in (5, 20):
            async with life(database, server) as wire:
                assert await speaks(wire, group, seconds) == (0 if seconds == 5 else 2 * BURST)
        assert len(server.flooded) == 1, "nobody spoke meanwhile, so it did not grow"


@pytest.mark.parametrize("shared", [False, True])
async def test_who_cannot_wait_is_told_of_a_silence_that_an_earlier_process_heard_of(
    database: Database, shared: bool
) -> None:
    async with emulated_telegram() as server:
        group = server.supergroup("Film club", server.person("Anna"))
        server.flood.arm(group.id, 3600)
        async with life(database, server, shared=shared) as wire:
            assert await speaks(wire, group, 5) == 0
        async with life(database, server, shared=shared) as wire:
            with pytest.raises(GatedError):
                await wire.pace.final(group.id)
        assert len(server.flooded) == 1
