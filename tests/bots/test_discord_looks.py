"""What people only look at on Discord: their videos, the line, what they have left, the models, their settings."""

import asyncio
from pathlib import Path

import pytest

from bots.discord.syncing import COMMANDS_MARK
from core.db import Database
from core.model import Shape
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house, two_models
from tests.bots.discord_looks import told
from tests.emulators.discord import Message
from tests.stand_ins import Upstream

pytestmark = pytest.mark.virtual_time


async def look(house: DiscordHouse, command: str, **options: object) -> Message:
    """The answer to a command, which only its person sees."""
    asked = await house.mia.slash(house.channel, command, **options)
    await asyncio.sleep(1)
    assert asked.message is not None
    assert asked.message.only_for is house.mia
    return asked.message


async def test_jobs_lists_what_was_made_and_shows_it_for_nothing(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        assert (await look(house, "jobs")).text == say("no-jobs")
        await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        job = await house.over()
        listed = await look(house, "jobs")
        assert listed.text == f"`{job.id}` Done · a dog on the beach"
        assert listed.labels == [f"Show {job.id}"]
        shown = await house.mia.press(listed, f"Show {job.id}")
        await asyncio.sleep(1)
        assert shown.message is not None
        assert shown.message.only_for is house.mia
        assert shown.message.files[0].data == house.upstream.film
        assert (await house.service.quota(job.requester)).left == 4


async def test_queue_tells_the_line_and_ones_own_places(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((600.0,))
    async with discord_house(database, tmp_path, upstream=upstream, at_once=1) as house, house.open(drain_seconds=0):
        for who in (house.ben, house.mia):
            await who.slash(house.channel, "video", prompt="a dog on the beach")
            await asyncio.sleep(1)
        mine = (await house.jobs())[0]
        assert (await look(house, "queue")).text == f"1 video is waiting. 1 is being made.\nYours: {mine.id} (1)"
        (_, place) = (message.text for message in house.channel.messages)
        assert "In line, place 1 of 1" in place


async def test_quota_models_and_help_are_told_in_private(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        assert (await look(house, "quota")).text == "5 of 5 credits left today (installation). More at 00:00 (in 12 h)."
        assert "**standard**: 5 s for 1 credit, 10 s for 2 credits" in (await look(house, "models")).text
        assert (await look(house, "help")).text == say("chat-help")
        assert house.channel.messages == []


async def test_settings_are_remembered_and_used(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        before = (await look(house, "settings")).text
        assert before.startswith("Ping me when a video is ready: yes\nShape when I name none: the model's own\n")
        after = (await look(house, "settings", quiet=True, shape="portrait", model="pictures")).text
        assert after.startswith("Ping me when a video is ready: no\nShape when I name none: Portrait 9:16\n")
        assert "Model when I name none: pictures" in after
        refused = await look(house, "settings", model="sora-9")
        assert refused.text.startswith("There is no model “sora")
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        job = await house.over()
        await asyncio.sleep(60)
        assert (job.request.shape, job.request.model, job.wishes.quiet) == (Shape.PORTRAIT, "pictures", True)
        assert house.channel.messages == [asked.message]


async def test_what_nobody_can_make_is_refused_before_anybody_sees_it(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog", length=7)
        await asyncio.sleep(1)
        assert told(asked) == "“standard” does not make 7 s. Nothing was charged. Choose one of: 5, 10 s."
        asked = await house.mia.slash(house.channel, "video", prompt="\u200b")
        assert told(asked) == "There is nothing to film yet. Nothing was charged. Say what the video should show."
        assert house.channel.messages == []
        assert await house.jobs() == []


async def test_what_is_over_the_limit_is_refused_in_private_and_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        for _ in range(3):
            await house.mia.slash(house.channel, "video", prompt="a dog on the beach", length=10)
            await asyncio.sleep(1)
        asked = house.server.interactions[-1]
        assert "More at 00:00" in told(asked)
        assert len(house.channel.messages) == 2


async def test_while_one_types_models_and_lengths_are_offered_from_memory(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        offered = await house.mia.autocomplete(house.channel, "video", "model", "sta")
        assert [choice["value"] for choice in offered.choices] == ["standard"]
        offered = await house.mia.autocomplete(house.channel, "video", "length", 1, prompt="x", model="standard")
        assert [choice["value"] for choice in offered.choices] == [5, 10]
        assert (offered.seconds or 0) < 0.5


async def test_commands_are_told_to_discord_only_when_they_have_changed(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house:
        for _ in range(2):
            async with house.open():
                pass
        assert len(house.server.syncs) == 1
        await house.service.set_mark(COMMANDS_MARK, "others")
        async with house.open():
            pass
        assert len(house.server.syncs) == 2


async def test_that_the_commands_cannot_be_told_stops_nothing(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house:
        async with house.open():
            pass
        await house.service.set_mark(COMMANDS_MARK, "others")
        house.server.fail("PUT", "/commands$", status=400, times=1)
        async with house.open():
            assert (
                await look(house, "quota")
            ).text == "5 of 5 credits left today (installation). More at 00:00 (in 12 h)."
