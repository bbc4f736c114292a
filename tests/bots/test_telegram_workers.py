"""Several processes with one bot on one database: one flood budget, one board, one message a job."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from bots.telegram.messenger import build
from bots.telegram.place import read_place
from bots.telegram.wire import Wire
from core.db import Database
from core.model import JobId
from core.videos.store import Store
from core.worker import Worker
from tests.bots.telegram_house import TelegramHouse, sign, telegram_house
from tests.bots.test_telegram_crowd import CROWD, ROOM, boards, crowd, film_times, takes
from tests.emulators.telegram import bot_at
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time

EACH = CROWD // 2
STALE_SECONDS = 24
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
            owner="second",
            at_once=EACH,
            keep_for=timedelta(days=30),
            drain_seconds=0,
            now=now,
            lease=timedelta(minutes=1),
            leads=lambda: False,
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
        assert median(waits) < 15
        assert max(waits) < 45
        assert len([message for message in house.group.from_bot if message.text == "Your video is ready."]) == CROWD
        for b in boards(house):
            "FROM BOT",
            len(house.group.from_bot),
            [t.splitlines()[0] for m in house.group.from_bot for t in m.texts][:60],
        )
        (board,) = boards(house)
        assert board.text == "All videos that were asked for here are done."
        times = [(version.at - BEGINNING).total_seconds() for version in board.versions]
        for at, text in list(zip(times, board.texts, strict=True))[:-1]:
            listed = re.findall(r"job (\w{8})", text)
            assert set(listed) == {job for job, second in shown_at.items() if second > at}
            for percent, job in re.findall(r"Rendering (\d+) %.*job (\w{8})", text):
                behind = 100 * (at - began[JobId(job)]) / seconds - int(percent)
                assert 0 <= behind < 100 * STALE_SECONDS / seconds + 1
        # Each job has one message, and one ping; the board is one more.
        assert len(house.group.from_bot) == 2 * CROWD + 1
