"""Several processes with one bot on one database: one flood budget, one board, one message a job."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bots.telegram.limits import GROUP_A_MINUTE
from bots.telegram.messenger import build
from bots.telegram.pace import Pace
from bots.telegram.place import read_place
from bots.telegram.turn_book import TurnBook
from bots.telegram.wire import Wire
from core.db import Database, DatabaseUnavailableError
from core.dispatch.in_process import InProcess
from core.model import JobId, JobState
from core.videos.store import Store
from core.worker import Worker
from tests.bots.telegram_house import TelegramHouse, sign, telegram_house
from tests.bots.test_telegram_crowd import CROWD, FIRST_POSTS_SECONDS, ROOM, boards, crowd, film_times, takes
from tests.bots.test_telegram_restarts import life, speaks
from tests.emulators.telegram import bot_at, emulated_telegram
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time

EACH = CROWD // 2
STALE_SECONDS = 32
"""As on a board of one process, and what the processes tell each other every few seconds."""


@asynccontextmanager
async def second_worker(house: TelegramHouse, *, dies: bool = False) -> AsyncGenerator[Worker]:
    """Another process that works beside the house's own; that one sees to the line."""
    async with bot_at(house.telegram) as bot:
        wire = Wire.of(bot, house.service, now=now, sign=sign, shared=True)
        worker = Worker(
            house.database,
            house.service,
            house.models,
            lambda _model: house.upstream,
            Store(house.folder / "videos"),
            lambda address: build(read_place(address), wire),
            InProcess(),
            owner="second",
            at_once=CROWD,  # of all; the house's own stops at half of them
            keep_for=timedelta(days=30),
            drain_seconds=0,
            now=now,
            lease=timedelta(minutes=1),
        )
        await wire.open()
        work = asyncio.create_task(worker.run(), name="second")
        try:
            yield worker
        finally:
            worker.stop()
            await work
            await wire.close()


async def began_at(house: TelegramHouse, job: JobId) -> float:
    """When a job was begun, in seconds from the beginning."""
    started = (await house.service.job(job)).started_at
    assert started is not None
    return (started - BEGINNING).total_seconds()


@pytest.mark.parametrize("seconds", [30, 44, 90, 300])
async def test_twelve_films_by_two_workers_arrive_soon_and_flood_nobody(
    database: Database, tmp_path: Path, seconds: int
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(seconds), policy=ROOM, at_once=EACH) as house,
        house.open(shared=True),
        second_worker(house),
    ):
        asked = await crowd(house)
        await house.over(CROWD)
        await asyncio.sleep(600)
        assert house.telegram.flooded == []
        shown_at = await film_times(house, asked)
        assert len(house.films()) == CROWD
        began = {job.id: await began_at(house, job.id) for job in asked}
        waits = [shown_at[job] - began[job] - seconds for job in shown_at]
        # The shortest films end while first messages of others still wait for their turn.
        assert median(waits) < (15 if seconds > FIRST_POSTS_SECONDS else 20)
        assert max(waits) < 45
        assert len([message for message in house.group.from_bot if message.text == "Your video is ready."]) == CROWD
        (board,) = boards(house)
        assert board.text == "All videos that were asked for here are done."
        times = [(version.at - BEGINNING).total_seconds() for version in board.versions]
        for at, text in list(zip(times, board.texts, strict=True))[:-1]:
            listed = re.findall(r"job (\w{8})", text)
            assert {job for job, second in shown_at.items() if second > at} <= set(listed)
            assert set(listed) <= {job for job, second in shown_at.items() if second >= at}
            for percent, job in re.findall(r"Rendering (\d+) %.*job (\w{8})", text):
                behind = 100 * (at - began[JobId(job)]) / seconds - int(percent)
                assert 0 <= behind < 100 * STALE_SECONDS / seconds + 1
        # Each job has one message, and one ping; the board is one more.
        assert len(house.group.from_bot) == 2 * CROWD + 1


async def test_a_worker_that_leaves_hands_its_jobs_and_the_board_over(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(100), policy=ROOM, at_once=CROWD) as house:
        house.upstream.afterwards = house.upstream.script[1:]
        async with second_worker(house):
            await crowd(house)
            await asyncio.sleep(2)
            async with house.open(shared=True, drain_seconds=0):
                await asyncio.sleep(60)
        (board,) = boards(house)
        assert board.text.startswith(f"{CROWD} videos are under way here")
        async with house.open(shared=True):
            await house.over(CROWD)
            await asyncio.sleep(300)
        assert house.telegram.flooded == []
        assert len(house.films()) == CROWD
        (board,) = boards(house)
        assert board.text == "All videos that were asked for here are done."


async def test_who_left_the_line_for_another_process_is_not_said_to_stand_in_it(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=1) as house,
        house.open(shared=True),
    ):
        asked = await crowd(house)
        await asyncio.sleep(60)
        async with second_worker(house):
            await asyncio.sleep(60)
            states = {job.id: (await house.service.job(job.id)).state for job in asked}
            (board,) = boards(house)
            places = {
                job: int(place) for place, job in re.findall(r"In line, place (\d+) of 5.*job (\w{8})", board.text)
            }
            assert places == {
                job.id: place
                for place, job in enumerate([job for job in asked if states[job.id] is JobState.WAITING], 1)
            }
        assert house.telegram.flooded == []


async def test_two_processes_at_once_have_one_budget(database: Database) -> None:
    async with emulated_telegram() as server, AsyncExitStack() as stays:
        group = server.supergroup("Film club", server.person("Anna"))
        wires = [await stays.enter_async_context(life(database, server, shared=True)) for _ in range(3)]
        said = await asyncio.gather(*(speaks(wire, group, 150) for wire in wires))
        assert server.flooded == []
        assert sum(said) == 3 * GROUP_A_MINUTE


async def test_what_telegram_told_one_process_of_a_flood_binds_the_others(database: Database) -> None:
    async with emulated_telegram() as server, AsyncExitStack() as stays:
        group = server.supergroup("Film club", server.person("Anna"))
        one, other = [await stays.enter_async_context(life(database, server, shared=True)) for _ in range(2)]
        server.flood.arm(group.id, 20)
        assert await speaks(one, group, 5) == 0
        assert await speaks(other, group, 15) == 0
        assert await speaks(other, group, 10) > 0
        assert len(server.flooded) == 1


async def test_floods_in_three_chats_that_three_processes_hear_of_pause_all(database: Database) -> None:
    async with emulated_telegram() as server, AsyncExitStack() as stays:
        groups = [server.supergroup(name, server.person(name)) for name in ("A", "B", "C", "D")]
        wires = [await stays.enter_async_context(life(database, server, shared=True)) for _ in range(4)]
        for wire, group in zip(wires[:3], groups[:3], strict=True):
            await wire.flooded(group.id, 7)
        began = asyncio.get_running_loop().time()
        await wires[3].pace.final(groups[3].id)
        assert asyncio.get_running_loop().time() - began == pytest.approx(7.5, abs=0.01)


async def test_a_turn_that_was_given_back_is_there_for_another_process(database: Database) -> None:
    async with emulated_telegram() as server, AsyncExitStack() as stays:
        one, other = [await stays.enter_async_context(life(database, server, shared=True)) for _ in range(2)]
        assert await one.pace.take_now(-1)
        assert await other.pace.take_now(-1)
        assert not await other.pace.take_now(-1)
        one.pace.give_back(-1)
        await asyncio.sleep(0.1)
        assert await other.pace.take_now(-1)


async def test_a_turn_that_cannot_be_asked_for_is_asked_for_again(database: Database) -> None:
    troubled = Troubled(database)
    book = TurnBook(troubled, "telegram:1", now=now, shared=True)
    pace = Pace(book)
    await pace.open()
    troubled.times = 3
    assert not await pace.take_now(-1)
    began = asyncio.get_running_loop().time()
    await pace.final(-1)
    assert 0 < asyncio.get_running_loop().time() - began < 10
    await pace.close()


class Troubled(Database):
    """A database whose next so many transactions fail."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._writer, database._readers)
        self.times = 0

    @override
    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        if self.times > 0:
            self.times -= 1
            raise DatabaseUnavailableError("disk I/O error")
        return super().begin()


async def test_a_message_that_two_processes_are_about_to_post_is_posted_once(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(30), policy=ROOM, at_once=0) as house,
        house.open(shared=True),
        second_worker(house) as second,
    ):
        house.telegram.faults.slow("sendMessage", 3, times=100)
        await house.ask(house.anna)
        await asyncio.sleep(1)
        second.wake()
        await house.over(1)
        await asyncio.sleep(60)
        assert len(house.telegram.calls("sendMessage")) == 2, "its message, and the ping"
