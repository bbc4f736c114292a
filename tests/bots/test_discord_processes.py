"""Two processes, one that hears and one that works: what a press in the first brings reaches the second."""

import asyncio
from pathlib import Path

import pytest

from bots.discord.client import NOTHING
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import heading, headings
from tests.stand_ins import LINK, TICKET, Upstream

pytestmark = pytest.mark.virtual_time

LONG = (Submitted(TICKET), 15 * 60.0, Progress(50), 120.0, Completed((ResultUrl(LINK),)))


async def test_a_press_that_one_process_hears_opens_the_message_to_the_one_that_works(
    database: Database, tmp_path: Path
) -> None:
    async with (
        discord_house(database, tmp_path, upstream=Upstream(LONG)) as house,
        asyncio.TaskGroup() as tasks,
    ):
        hears, writes = house.platform(), house.platform(NOTHING)
        worker = house.worker(writes)
        talks = [tasks.create_task(platform.run()) for platform in (hears, writes)]
        work = tasks.create_task(worker.run())
        await house.server.until_ready()
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach", visibility="private")
        await asyncio.sleep(14.2 * 60)
        assert asked.message is not None
        assert heading(asked.message.text).startswith("Sent to the model")
        await house.mia.press(asked.message, "Show result")
        await asyncio.sleep(100)
        assert heading(asked.message.text) == "Rendering 50 %"
        await house.over()
        await asyncio.sleep(2)
        assert asked.message.files[0].data == house.upstream.film
        assert headings(asked.message)[-1] == "Done"
        assert house.server.dm(house.mia).messages == []
        worker.stop()
        await work
        for talk in talks:
            talk.cancel()
