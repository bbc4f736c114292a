"""Time on Discord: a host whose clock is wrong, messages that grow old, and tokens that die while something is sent."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bots.discord.place import read_place
from core.db import Database
from core.events import Completed, ResultUrl, Retrying, Submitted
from core.model import JobState
from core.service import Policy
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import edits, gaps, headings
from tests.emulators.discord import Permission
from tests.stand_ins import LINK, POLICY, TICKET, Step, Upstream
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time


def restless(since: float, until: float) -> tuple[Step, ...]:
    """An upstream that has something new every second between these minutes."""
    told = [step for _ in range(round((until - since) * 60)) for step in (1.0, Retrying())]
    return (Submitted(TICKET), since * 60.0, *told, Completed((ResultUrl(LINK),)))


@pytest.mark.parametrize("hours", [1.5, -1.5], ids=["ahead", "behind"])
async def test_a_host_whose_clock_is_wrong_counts_up_as_fast_as_any(
    database: Database, tmp_path: Path, hours: float
) -> None:
    def clock() -> datetime:
        return now() + timedelta(hours=hours)

    upstream = Upstream(restless(0, 1))
    async with discord_house(database, tmp_path, upstream=upstream, clock=clock) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds")
        await house.over()
        assert asked.message is not None
        calls = edits(house.server, asked.message)
    assert len(calls) > 15
    assert max(gaps(calls)) < 4


async def test_a_message_that_was_pressed_is_as_old_as_it_was(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.channel.deny(house.server.bot, Permission.ATTACH_FILES)
        house.mia.takes_dms = False
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(20 * 60)
        assert asked.message is not None
        await house.mia.press(asked.message, "Show result")
        await asyncio.sleep(5)
        job = await house.over(state=JobState.UNDELIVERED)
        pressed = read_place(job.address)
    assert pressed.token_from > BEGINNING + timedelta(minutes=20)
    assert abs(pressed.message_from - asked.message.posted_at) < timedelta(seconds=1)


SILENT: tuple[Step, ...] = (Submitted(TICKET), 815.0, Completed((ResultUrl(LINK),)))
"""An upstream whose film is there 25 seconds before minute 14; a slow edit before it costs another sixteen."""


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("after_effect", [False, True])
async def test_what_fails_shortly_before_minute_14_is_not_repeated_by_the_token_after_it(
    database: Database, tmp_path: Path, private: bool, after_effect: bool
) -> None:
    options = {"visibility": "private"} if private else {}
    async with discord_house(database, tmp_path, upstream=Upstream(SILENT)) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds", **options)
        await asyncio.sleep(810)
        house.server.fail("PATCH", "^/webhooks/", status=502, after_effect=after_effect, times=99)
        await house.over()
        await asyncio.sleep(5)
        by_token = house.server.requests("PATCH", "^/webhooks/")
        message = house.server.dm(house.mia).messages[-1] if private else asked.message
    assert message is not None
    assert message.files[0].data == house.upstream.film
    assert headings(message)[-1] == "Done"
    tries = [call for call in by_token if call.files]
    assert len(tries) > 1  # the library tried again, as long as that was allowed
    assert (tries[-1].at - BEGINNING).total_seconds() < asked.began + 14 * 60


async def test_an_upload_that_began_before_minute_14_may_end_after_it(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(SILENT)) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds", visibility="private")
        await asyncio.sleep(810)
        house.server.slow("PATCH", "^/webhooks/", 16, times=99)
        await house.over()
        assert asked.message is not None
        assert asked.message.files[0].data == house.upstream.film
        assert (asked.message.history[-1].at - BEGINNING).total_seconds() > asked.began + 14 * 60
        assert house.server.dm(house.mia).messages == []


async def test_a_message_that_replaced_another_is_as_old_as_it_is(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(15)
        assert asked.message is not None
        house.make_moderator(house.ben)
        house.ben.delete(asked.message)
        job = await house.over()
        (film,) = [message for message in house.channel.messages if message.files]
    assert headings(film) == ["Done"]
    assert abs(read_place(job.address).message_from - film.posted_at) < timedelta(seconds=1)


async def test_after_55_minutes_a_message_counts_up_once_a_minute(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(restless(53, 63))) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="slow clouds")
        await house.over()
        assert asked.message is not None
        calls = edits(house.server, asked.message)
        assert asked.message.files
    minutes = [(call.at - BEGINNING).total_seconds() / 60 for call in calls]
    paces = list(zip(minutes, gaps(calls), strict=False))
    assert max(gap for at, gap in paces if 53.2 < at < 54.8) < 6
    assert min(gap for at, gap in paces[:-1] if at > 55.1) >= 60


async def test_where_old_messages_took_too_many_edits_all_of_them_end_well(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((Submitted(TICKET), 61 * 60.0, Completed((ResultUrl(LINK),))))
    many = Policy(credits_per_day=9, zone=POLICY.zone, waiting_per_person=9, waiting_total=9)
    async with (
        discord_house(database, tmp_path, upstream=upstream, policy=many, at_once=5) as house,
        house.open(),
    ):
        asked = [await house.mia.slash(house.channel, "video", prompt=f"clouds {number}") for number in range(5)]
        await house.over(5)
        await asyncio.sleep(30)
        for one in asked:
            assert one.message is not None
            assert one.message.files[0].data == house.upstream.film
            assert headings(one.message)[-1] == "Done"
        assert len([message for message in house.channel.messages if message.pinged]) == 5
        assert {refused.code for refused in house.server.rate_limited} == {30046}
        house.server.rate_limited.clear()
