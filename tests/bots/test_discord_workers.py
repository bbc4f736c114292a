"""A process that hears nothing: it works on what another has taken in, and writes without a gateway connection."""

import asyncio
from pathlib import Path

import pytest

from bots.discord.client import NOTHING
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import JobState
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import edits, headings
from tests.emulators.discord import Right
from tests.stand_ins import LINK, TICKET, Upstream

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize(("minutes", "last"), [(1, Right.INTERACTION), (20, Right.BOT)], ids=["token", "channel"])
async def test_a_process_that_only_works_edits_and_delivers_without_the_gateway(
    database: Database, tmp_path: Path, minutes: float, last: Right
) -> None:
    half = minutes * 30.0
    upstream = Upstream((Submitted(TICKET), half, Progress(50), half, Completed((ResultUrl(LINK),))))
    async with discord_house(database, tmp_path, upstream=upstream) as house, asyncio.TaskGroup() as tasks:
        hears = tasks.create_task(house.platform().run(), name="hears")
        await house.server.until_ready()
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(1)
        hears.cancel()
        await house.server.until(lambda: not house.server.gateway.connections)
        assert [job.state for job in await house.jobs()] == [JobState.WAITING]

        platform = house.platform(NOTHING)
        worker = house.worker(platform)
        talk = tasks.create_task(platform.run(), name="writes")
        work = tasks.create_task(worker.run(), name="works")
        await house.over()
        await asyncio.sleep(2)
        assert not house.server.gateway.connections
        assert len(house.server.syncs) == 1
        assert asked.message is not None
        assert asked.message.files[0].data == upstream.film
        assert headings(asked.message)[-1] == "Done"
        assert "Rendering 50 %" in headings(asked.message)
        assert [message.pinged for message in house.channel.messages] == [[], [house.mia]]
        assert edits(house.server, asked.message)[-1].right is last
        worker.stop()
        await work
        talk.cancel()
