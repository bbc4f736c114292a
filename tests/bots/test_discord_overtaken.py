"""Endings that a late edit overtakes, whoever sent it, and what of a film may be seen where: looked at once more."""

import asyncio
import contextvars
from pathlib import Path

import pytest
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bots.discord.client import NOTHING
from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import JobState, Visibility
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import heading, told
from tests.bots.test_discord_contexts import LONG, asked_for, elsewhere
from tests.bots.test_discord_forms import made, sent
from tests.bots.test_discord_late import DEAD
from tests.bots.test_discord_losses import POSTS, films
from tests.stand_ins import LINK, TICKET, Upstream

pytestmark = pytest.mark.virtual_time

EDITS = r"^/webhooks/"


@pytest.mark.parametrize("seconds", [6.0, 9.0, 18.0])
async def test_the_line_of_one_process_does_not_stand_where_another_has_ended_the_job(
    database: Database, tmp_path: Path, seconds: float
) -> None:
    quick = Upstream((Submitted(TICKET), 3.0, Completed((ResultUrl(LINK),))))
    slow = Upstream((Submitted(TICKET), 300.0, Completed((ResultUrl(LINK),))))
    process = contextvars.copy_context()
    process.run(async_context.set, AsyncWebhookAdapter())  # type: ignore[no-untyped-call] # as in discord.py
    async with discord_house(database, tmp_path, at_once=1) as house, asyncio.TaskGroup() as tasks:
        one, two = house.platform(), house.platform(NOTHING)
        helper = house.worker(two, upstream=quick, at_once=2, drain_seconds=0)
        leader = house.worker(one, upstream=slow, drain_seconds=0)
        talks = [tasks.create_task(one.run()), tasks.create_task(two.run(), context=process)]
        await house.server.until_ready()
        works = [tasks.create_task(leader.run())]
        await house.mia.slash(house.channel, "video", prompt="first")
        await asyncio.sleep(20)
        works.append(tasks.create_task(helper.run(), context=process))
        await asyncio.sleep(0.5)
        second = await house.mia.slash(house.channel, "video", prompt="second")
        assert second.message is not None
        house.server.slow("PATCH", rf"^/webhooks/.*/messages/{second.message.id}$", seconds, times=1)
        await asyncio.sleep(150)
        assert heading(second.message.text) == "Done"
        assert second.message.files
        for worker in (leader, helper):
            worker.stop()
        await asyncio.wait(works)
        for talk in talks:
            talk.cancel()


@pytest.mark.parametrize("seconds", [44.0, 49.0])
async def test_a_cancelled_job_stays_cancelled(database: Database, tmp_path: Path, seconds: float) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(8)
        house.server.slow("PATCH", EDITS, seconds, times=1)
        await asyncio.sleep(4)
        await house.mia.press(message, "Cancel")
        await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(180)
        assert heading(message.text) == "Cancelled"


async def test_a_failed_job_stays_failed(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((Submitted(TICKET), 20.0, Progress(50), 4.0, ProviderError(ErrorKind.NO_RESULT)))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(12)
        house.server.slow("PATCH", EDITS, 45.0, times=1)
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(180)
        assert heading(message.text) == "Failed"


@pytest.mark.parametrize("seconds", [28.0, 35.0])
async def test_what_an_earlier_run_had_sent_does_not_stand_in_the_end(
    database: Database, tmp_path: Path, seconds: float
) -> None:
    async with discord_house(database, tmp_path) as house:
        async with house.open(drain_seconds=0):
            message = await asked_for(house, house.channel)
            await asyncio.sleep(8)
            house.server.slow("PATCH", EDITS, seconds, times=1)
            await asyncio.sleep(4)
        async with house.open():
            await house.over()
            await asyncio.sleep(150)
        assert heading(message.text) == "Done"
        assert message.files


async def test_an_ending_that_stands_is_looked_at_once_and_sent_once(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        before = len(message.history)
        await asyncio.sleep(300)
        assert len(message.history) == before
        assert len(house.server.requests("GET", rf"/messages/{message.id}$")) == 1


async def test_where_it_could_not_be_looked_a_film_is_not_posted_again(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        house.make_moderator(house.ben)
        house.ben.delete(message)
        house.server.fail("POST", POSTS, status=500, after_effect=True, times=25)
        house.server.fail("GET", POSTS, status=503, times=9)
        await house.over()
        await asyncio.sleep(30)
        assert len(films(house)) == 1


async def test_two_pings_that_were_late_tell_which_film_is_meant(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        first = await asked_for(house, house.channel)
        second = await asked_for(house, house.channel)
        house.server.fail("POST", POSTS, status=503, times=2)
        await house.over(2)
        await asyncio.sleep(120)
        assert {ping.reply_to for ping in house.channel.messages if ping.pinged} == {first, second}


async def test_a_ping_whose_answers_are_lost_for_long_is_one_ping(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house, house.channel)
        house.server.fail("POST", POSTS, status=500, after_effect=True, times=29)
        await house.over()
        await asyncio.sleep(400)
        assert len([one for one in house.channel.messages if one.pinged]) == 1


async def test_while_nobody_can_be_pinged_a_film_can_be_made_private(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        house.server.fail("POST", POSTS, status=503, times=99)
        await house.over()
        await asyncio.sleep(10)
        pressed = await house.mia.press(message, "Make private")
        await asyncio.sleep(1)
        assert told(pressed) == "This video is now private."
        assert message.files == []
        await asyncio.sleep(180)
        assert message.files == []


async def test_a_remix_of_what_was_made_private_meanwhile_is_not_made_before_everybody(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        opened = await house.mia.press(message, "Remix")
        await house.mia.press(message, "Make private")
        await asyncio.sleep(1)
        await sent(house, opened, "a cat on the beach")
        await asyncio.sleep(2)
        assert len(await house.jobs()) == 1
        assert "a cat" not in "".join(one.text for one in house.channel.messages)


async def test_what_is_shown_again_before_everybody_is_taken_from_their_view(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        await asyncio.sleep(5)
        (direct,) = house.server.dm(house.mia).messages
        await house.mia.press(message, "Show result")
        await asyncio.sleep(3)
        assert message.files
        pressed = await house.mia.press(direct, "Make private")
        await asyncio.sleep(3)
        assert told(pressed) == "This video is now private."
        assert message.files == []


async def test_what_is_private_is_not_shown_before_everybody(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        await asyncio.sleep(5)
        (direct,) = house.server.dm(house.mia).messages
        await house.mia.press(direct, "Make private")
        await asyncio.sleep(3)
        pressed = await house.mia.press(message, "Show result")
        await asyncio.sleep(3)
        assert "private by now" in told(pressed)
        assert message.files == []


async def test_a_film_that_still_stands_there_is_not_said_to_be_private(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        listed = await house.mia.slash(house.server.dm(house.mia), "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await house.mia.press(listed.message, listed.message.labels[0])
        await asyncio.sleep(1)
        assert shown.message is not None
        house.server.fail("PATCH", rf"^/webhooks/.*/messages/{message.id}$", status=401, body=DEAD)
        pressed = await house.mia.press(shown.message, "Make private")
        await asyncio.sleep(1)
        assert "may still show the video" in told(pressed)
        (job,) = await house.jobs()
        assert job.wishes.visibility is Visibility.PRIVATE


async def test_one_long_pause_does_not_keep_the_line_waiting(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, at_once=1) as house, house.open():
        await asked_for(house, house.channel)
        await asyncio.sleep(15)
        house.server.fail("PATCH", EDITS, status=429, times=1, headers={"Retry-After": "3600"})
        await asked_for(house, house.channel)
        await asyncio.sleep(240)
        assert all(job.started_at is not None for job in await house.jobs())
        await house.over(2)
