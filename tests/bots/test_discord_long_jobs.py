"""Jobs that outlive their interaction's token, many of them at once, and the pace at which Discord is spoken to."""

import asyncio
import statistics
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import discord
import pytest
from typing_extensions import override

from bots.discord.messenger import build
from bots.discord.pace import Pace
from bots.discord.wire import Wire
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Retrying, Submitted
from core.model import Address, JobId, JobState
from core.ports import Limits
from core.service import Policy
from tests.bots.discord_house import discord_house, place
from tests.bots.discord_looks import edits, gaps, heading, headings, overlap
from tests.stand_ins import LINK, POLICY, TICKET, Step, Upstream
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time

MANY = Policy(credits_per_day=100, zone=POLICY.zone, waiting_per_person=20, waiting_total=50)


def counting(minutes: float, *, after: float, every: float = 5.0) -> tuple[Step, ...]:
    """An upstream that counts up evenly after a long silence."""
    steps = round(minutes * 60 / every)
    told: list[Step] = [Submitted(TICKET), after * 60.0]
    for step in range(steps):
        told += [every, Progress(100 * step / steps)]
    return (*told, Completed((ResultUrl(LINK),)))


def restless(*minutes: tuple[float, float]) -> tuple[Step, ...]:
    """An upstream that has something new to show every second during these minutes, and is silent between them."""
    told: list[Step] = [Submitted(TICKET)]
    reached = 0.0
    for since, until in minutes:
        told.append((since - reached) * 60.0)
        told += [step for _ in range(round((until - since) * 60)) for step in (1.0, Retrying())]
        reached = until
    return (*told, Completed((ResultUrl(LINK),)))


@dataclass
class Watched(Upstream):
    """An upstream that notes when its films were fetched."""

    fetched: list[float] = field(default_factory=list)

    @override
    @asynccontextmanager
    async def download(self, result: ResultUrl) -> AsyncGenerator[AsyncIterator[bytes]]:
        async with super().download(result) as chunks:
            yield chunks
        self.fetched.append(asyncio.get_running_loop().time())


async def test_a_job_of_twenty_minutes_is_delivered_in_place_by_the_channel(database: Database, tmp_path: Path) -> None:
    upstream = Upstream(restless((0, 1.5), (13.5, 15), (20, 20)))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds")
        await house.over()
        message = asked.message
        assert message is not None
        calls = edits(house.server, message)
    assert [call.right for call in calls] == sorted((call.right for call in calls), reverse=True)
    assert calls[-1].at >= BEGINNING + timedelta(minutes=20)
    assert message.files[0].data == house.upstream.film
    assert headings(message)[-1] == "Done"
    assert len(house.channel.messages) == 2  # and one ping
    minutes = [(call.at - BEGINNING).total_seconds() / 60 for call in calls]
    paces = list(zip(minutes, gaps(calls), strict=False))
    assert 2.5 <= min(gap for at, gap in paces if 0.1 < at < 0.9) < 4
    assert 5 <= min(gap for at, gap in paces if 1 <= at < 14.5) < 6


async def test_a_message_of_an_hour_takes_an_edit_a_minute_and_its_channel_one_in_ten_seconds() -> None:
    pace, clock = Pace(), asyncio.get_running_loop().time
    wire = Wire(discord.Client(intents=discord.Intents.none()), pace, now, nothing_moves)

    def limits(minutes: float) -> Limits:
        asked = now() - timedelta(minutes=minutes)
        there = place(message=discord.utils.time_snowflake(asked), token_from=asked)
        return build(there, wire).limits

    assert [limits(minutes).edit_interval.total_seconds() for minutes in (0.5, 2, 54, 56)] == [2.5, 5, 5, 60]
    for _ in range(7):
        await pace.turn(1, old=True)
    assert clock() == pytest.approx(60, abs=0.1)


async def nothing_moves(job: JobId, address: Address) -> None:
    """No message is another one."""


@pytest.mark.parametrize(
    ("silent", "apart"), [(0, 0), (14.5, 0), (14.5, 1)], ids=["by token", "by channel", "by channel, a second apart"]
)
async def test_eight_jobs_in_one_channel_all_end_well(
    database: Database, tmp_path: Path, silent: float, apart: float
) -> None:
    upstream = Watched(counting(0.5, after=silent, every=2.5))
    async with (
        discord_house(database, tmp_path, upstream=upstream, policy=MANY, at_once=8) as house,
        house.open(),
    ):
        asked = []
        for number in range(8):
            asked.append(await house.mia.slash(house.channel, "video", prompt=f"clouds {number}"))
            await asyncio.sleep(apart)
        await house.over()
        done = []
        for one in asked:
            assert one.message is not None
            assert headings(one.message)[-1] == "Done"
            assert one.message.files
            assert not overlap(edits(house.server, one.message))
            done.append((one.message.history[-1].at - BEGINNING).total_seconds())
        await asyncio.sleep(15)  # films go before pings
        pings = [message for message in house.channel.messages if message.pinged]
    waits = [shown - fetched for shown, fetched in zip(sorted(done), sorted(upstream.fetched), strict=True)]
    # Discord takes five in five seconds: of eight at one moment by the channel, some have to wait for the next five.
    assert statistics.median(waits) < (5 if silent and not apart else 1), sorted(waits)
    assert max(waits) < 6
    assert len(pings) == 8


async def test_an_end_that_is_no_film_is_shown_by_the_channel_too(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream((Submitted(TICKET), 1200.0))) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds")
        await asyncio.sleep(14.5 * 60)
        assert asked.message is not None
        await house.mia.press(asked.message, "Cancel")
        await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(2)
    assert heading(asked.message.text) == "Cancelled"
    assert "1 credit returned" in asked.message.text
