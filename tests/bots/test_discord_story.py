"""A /video on Discord, from the slash command to the film in the channel, as the people there see it."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import headings
from tests.stand_ins import WELL, Upstream

pytestmark = pytest.mark.virtual_time


async def test_a_member_asks_and_the_film_arrives_in_the_same_message(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((3.0, *WELL))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog runs on the beach")
        assert asked.acknowledged
        assert asked.deferred
        job = await house.over()
        await asyncio.sleep(2)
        message, ping = house.channel.messages
    assert message is asked.message
    assert [word for word in headings(message) if word != "In line, place 1 of 1"] == [
        *("Starting", "Sent to the model", "Rendering 44 %", "Rendering 81 %", "Finishing", "Done")
    ]
    (film,) = message.files
    assert job.video is not None
    assert film.data == house.upstream.film == job.video.path.read_bytes()
    assert film.description == "AI-generated video: a dog runs on the beach"
    assert "It cost 1 credit; 4 of 5 credits left today." in message.text
    assert message.labels == ["Remix", "Run again", "Make private", "Report", "Delete"]
    assert (ping.content, ping.pinged, ping.reply_to) == (
        f"{house.mia.mention} your video is ready.",
        [house.mia],
        message,
    )
    assert house.server.rate_limited == []
