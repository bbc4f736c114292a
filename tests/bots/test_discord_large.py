"""Films that are larger than a conversation takes: as a link, where their host may be named; kept in any case."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.model import JobState
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import heading, told
from tests.emulators.discord import MIB, Interaction, Message
from tests.stand_ins import LINK, Upstream

pytestmark = pytest.mark.virtual_time

LARGE = Upstream().film + bytes(11 * MIB)


async def asked_for(house: DiscordHouse) -> Interaction:
    """A job of mia's that has just begun."""
    asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
    await asyncio.sleep(1)
    return asked


async def listed(house: DiscordHouse) -> Message:
    """What mia sees of her films by /jobs."""
    asked = await house.mia.slash(house.channel, "jobs")
    await asyncio.sleep(1)
    assert asked.message is not None
    return asked.message


@pytest.mark.parametrize("announced", [True, False])
async def test_by_jobs_a_film_that_is_too_large_is_a_link_too(
    database: Database, tmp_path: Path, announced: bool
) -> None:
    upstream = Upstream(film=LARGE, shown_links=(LINK,))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        await asked_for(house)
        await house.over()
        films = await listed(house)
        if not announced:
            house.server.world.upload_limit = 20 * MIB
            house.server.fail("PATCH", "@original", status=413, body='{"message": "too large", "code": 40005}')
        before = len(house.server.requests("PATCH", "@original"))
        shown = await house.mia.press(films, films.labels[0])
        await asyncio.sleep(1)
        assert f"<{LINK}>" in told(shown)
        assert heading(told(shown)) == "Done"
        assert len(house.server.requests("PATCH", "@original")) - before == (1 if announced else 2)


async def test_by_jobs_a_film_that_is_too_large_without_a_link_is_said_to_be_so(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(film=LARGE)) as house, house.open():
        await asked_for(house)
        await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(3)
        films = await listed(house)
        shown = await house.mia.press(films, films.labels[0])
        await asyncio.sleep(1)
        assert told(shown) == say("delivery-too-large-for-chat")


@pytest.mark.parametrize("shown_links", [(LINK,), ()])
async def test_a_film_that_discord_itself_finds_too_large_becomes_a_link_or_is_kept(
    database: Database, tmp_path: Path, shown_links: tuple[str, ...]
) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(shown_links=shown_links)) as house, house.open():
        asked = await asked_for(house)
        house.server.world.upload_limit = len(house.upstream.film) - 1  # less than was announced with the command
        job = await house.over(state=JobState.DELIVERED if shown_links else JobState.UNDELIVERED)
        await asyncio.sleep(3)
        assert asked.message is not None
        assert asked.message.files == []
        assert (f"<{LINK}>" in asked.message.text) is bool(shown_links)
        assert (say("delivery-too-large-for-chat") in asked.message.text) is not bool(shown_links)
        (refused,) = [call for call in house.server.requests("PATCH") if call.status == 413]
        assert refused.answer["code"] == 40005
        assert job.video is not None
        assert job.video.path.is_file()
