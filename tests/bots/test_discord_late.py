"""What comes late or is refused again and again: edits executed after their time, answers that are lost."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.model import JobState
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import edits, heading, headings, overlap
from tests.bots.test_discord_contexts import asked_for
from tests.bots.test_discord_long_jobs import MANY, restless
from tests.bots.test_discord_losses import POSTS, films
from tests.emulators.discord import MIB
from tests.stand_ins import LINK, Upstream

pytestmark = pytest.mark.virtual_time

TOKEN_EDITS = r"^/webhooks/"
DEAD = '{"message": "Invalid Webhook Token", "code": 50027}'


@pytest.mark.parametrize("seconds", [8.0, 18.0, 25.0, 40.0])
async def test_a_slow_progress_edit_never_takes_the_film_away(
    database: Database, tmp_path: Path, seconds: float
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(20)
        house.server.slow("PATCH", TOKEN_EDITS, seconds, times=1)
        await house.over()
        await asyncio.sleep(90)
        assert heading(message.text) == "Done"
        assert message.files
        if seconds < 20:
            assert not overlap(edits(house.server, message))


@pytest.mark.parametrize("seconds", [12.0, 40.0])
async def test_a_cancelled_job_does_not_go_on_counting(database: Database, tmp_path: Path, seconds: float) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(8)
        house.server.slow("PATCH", TOKEN_EDITS, seconds, times=1)
        await asyncio.sleep(4)
        await house.mia.press(message, "Cancel")
        await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(120)
        assert heading(message.text) == "Cancelled"


async def test_a_film_whose_answers_are_lost_for_long_is_there_once(database: Database, tmp_path: Path) -> None:
    """Longer than Discord remembers a nonce: then we look whether it is there."""
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        house.make_moderator(house.ben)
        house.ben.delete(message)
        house.server.fail("POST", POSTS, status=500, after_effect=True, times=25)
        await house.over()
        await asyncio.sleep(30)
        (film,) = films(house)
        assert headings(film)[-1] == "Done"


async def test_a_film_arrives_where_the_channels_history_may_not_be_read(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        house.make_moderator(house.ben)
        house.ben.delete(message)
        house.server.fail("POST", POSTS, status=500, times=25)
        house.server.fail("GET", POSTS, status=403, body='{"message": "Missing Access", "code": 50001}', times=99)
        await house.over()
        assert len(films(house)) == 1


async def test_a_token_that_died_early_is_not_tried_again(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(restless((0, 3)))) as house, house.open():
        house.server.fail("PATCH", TOKEN_EDITS, status=401, body=DEAD, times=99_999)
        message = await asked_for(house, house.channel)
        await house.over()
        assert heading(message.text) == "Done"
        assert len([call for call in house.server.requests("PATCH") if call.status == 401]) == 1


async def test_many_whose_tokens_died_early_keep_to_the_channels_pace(database: Database, tmp_path: Path) -> None:
    upstream = Upstream(restless((0, 2)))
    async with discord_house(database, tmp_path, upstream=upstream, policy=MANY, at_once=8) as house, house.open():
        house.server.fail("PATCH", TOKEN_EDITS, status=401, body=DEAD, times=99_999)
        for number in range(8):
            await house.mia.slash(house.channel, "video", prompt=f"a dog {number}")
        await house.over(8)
        assert len([call for call in house.server.requests("PATCH") if call.status == 401]) == 8
        assert house.server.rate_limited == []


async def test_who_asks_for_a_pause_gets_it(database: Database, tmp_path: Path) -> None:
    """A 429 that discord.py does not wait for by itself: it comes from before Discord's own servers."""
    async with discord_house(database, tmp_path, upstream=Upstream(restless((0, 4)))) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(10)
        house.server.fail("PATCH", TOKEN_EDITS, status=429, times=2, headers={"Retry-After": "60"})
        await house.over()
        refused = [call.at for call in house.server.requests("PATCH") if call.status == 429]
        later = [call.at for call in house.server.requests("PATCH") if call.at > refused[0]]
        assert (later[0] - refused[0]).total_seconds() >= 60
        assert heading(message.text) == "Done"


async def test_a_bot_whose_own_token_is_refused_for_a_while_brings_the_film_later(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        refused = '{"message": "401: Unauthorized", "code": 0}'
        house.server.fail("*", r"^/(webhooks|channels|users)/", status=401, body=refused, times=12)
        job = await house.over()
        assert job.state is JobState.DELIVERED
        assert message.files


async def test_in_a_direct_message_a_ping_says_that_it_is_ready(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        chat = house.server.dm(house.mia)
        message = await asked_for(house, chat)
        await house.over()
        await asyncio.sleep(20)
        film, ping = chat.messages
        assert film is message
        assert ping.reply_to is film
        assert ping.pinged


async def test_a_ping_that_fails_for_a_while_is_sent_once_all_the_same(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house, house.channel)
        house.server.fail("POST", POSTS, status=503, times=5)
        await house.over()
        await asyncio.sleep(120)
        assert len([one for one in house.channel.messages if one.pinged]) == 1


async def test_a_spoilers_link_is_a_spoiler_too(database: Database, tmp_path: Path) -> None:
    upstream = Upstream(film=Upstream().film + bytes(11 * MIB), shown_links=(LINK,))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        message = await asked_for(house, house.channel, visibility="spoiler")
        await house.over()
        assert f"||<{LINK}>||" in message.text
