"""A /video on Discord, from the slash command to the film in the channel, as the people there see it."""

import asyncio
import re
from pathlib import Path

import pytest

from core.db import Database
from tests.bots.discord_house import discord_house

pytestmark = pytest.mark.virtual_time


async def test_a_member_asks_and_the_film_arrives_in_the_same_message(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog runs on the beach")
        assert asked.acknowledged
        assert asked.deferred
        job = await house.over()
        await asyncio.sleep(2)
        message, ping = house.channel.messages
    assert message is asked.message
    headings = [re.findall(r"\*\*\S+ (.*?)\*\*", str(version.look.components))[:1] for version in message.history]
    words = [heading for found in headings for heading in found]
    assert [word for word in words if word != "In line, place 1 of 1"] == [
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
