"""A process dies on Discord, and another begins: in five seconds every open message is right, and its button works."""

import asyncio
from pathlib import Path

import pytest

from core import jobs as verbs
from core import leases
from core.db import Database
from core.events import Completed, ResultUrl, Submitted
from core.model import JobState
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import heading
from tests.emulators.discord import Message
from tests.stand_ins import LINK, TICKET, WELL, Upstream
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

SILENT = (60.0, Submitted(TICKET), 60.0, Completed((ResultUrl(LINK),)))
"""The upstream has taken it, and its ticket is still on its way."""
FREE = "Try again (goes to the front, free)"


async def asked_for(house: DiscordHouse, prompt: str) -> Message:
    """A job of mia's."""
    asked = await house.mia.slash(house.channel, "video", prompt=prompt)
    await asyncio.sleep(3)
    assert asked.message is not None
    return asked.message


async def test_after_a_death_messages_are_right_in_five_seconds_and_a_try_for_nothing_goes_first(
    database: Database, tmp_path: Path
) -> None:
    upstream = Upstream(WELL)
    async with discord_house(database, tmp_path, upstream=upstream, at_once=2) as house:
        platform = house.platform()
        worker = house.worker(platform)
        talk, work = asyncio.create_task(platform.run()), asyncio.create_task(worker.run())
        await house.server.until_ready()
        rendering = await asked_for(house, "with a ticket")
        upstream.script = SILENT
        lost, waiting = await asked_for(house, "without"), await asked_for(house, "in line")
        assert upstream.submissions == 2
        worker._give_back = _nothing  # type: ignore[method-assign] # the dead tidy nothing up
        for task in (work, talk):
            task.cancel()
            await asyncio.wait([task])
        async with database.begin() as tx:  # whoever holds the file alone knows that the others are dead
            await verbs.inherit(tx, now=now())
            await leases.inherit(tx)
        upstream.script, upstream.afterwards = WELL, (120.0, Completed((ResultUrl(LINK),)))
        async with house.open():
            await asyncio.sleep(5)
            assert heading(rendering.text).startswith("Rendering")
            assert heading(lost.text).startswith("Interrupted")
            assert heading(waiting.text).partition(" ")[0] in {"Starting", "Sent", "Rendering"}, "there was room"
            assert FREE in lost.labels
            await house.mia.press(lost, FREE)
            await asyncio.sleep(2)
            again, *_ = await house.jobs()
            assert (again.price, again.front, again.tries, again.request.prompt) == (0, True, 2, "without")
            await house.over(4)
            states = {job.state for job in await house.jobs()}
            assert states == {JobState.DELIVERED, JobState.INTERRUPTED}
            assert all(message.files for message in (rendering, waiting))


async def _nothing() -> None:
    return None
