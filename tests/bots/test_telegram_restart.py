"""A process dies on Telegram, and another begins: in five seconds every open message is right, and its button works."""

import asyncio
from pathlib import Path

import pytest

from core import jobs as verbs
from core import leases
from core.db import Database
from core.events import Completed, ResultUrl, Submitted
from core.model import JobState
from tests.bots.telegram_counter import Counter, counter
from tests.emulators.telegram import Message
from tests.stand_ins import LINK, TICKET, WELL
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

SILENT = (60.0, Submitted(TICKET), 60.0, Completed((ResultUrl(LINK),)))
"""The upstream has taken it, and its ticket is still on its way."""
FREE = "🔄 Try again (goes to the front, free)"


async def asked_for(house: Counter, prompt: str) -> Message:
    """A job of Anna's."""
    house.anna.command(house.anna.private, "video", prompt)
    await house.heard(6)
    return house.anna.private.last


async def test_after_a_death_messages_are_right_in_five_seconds_and_a_try_for_nothing_goes_first(
    database: Database, tmp_path: Path
) -> None:
    async with counter(database, tmp_path) as house:
        worker = house.worker()
        work = asyncio.create_task(worker.run())
        rendering = await asked_for(house, "with a ticket")
        house.upstream.script = SILENT
        lost, waiting = await asked_for(house, "without"), await asked_for(house, "in line")
        assert house.upstream.submissions == 2
        worker._give_back = _nothing  # type: ignore[method-assign] # the dead tidy nothing up
        work.cancel()
        await asyncio.wait([work])
        async with database.begin() as tx:  # whoever holds the file alone knows that the others are dead
            await verbs.inherit(tx, now=now())
            await leases.inherit(tx)
        house.upstream.script, house.upstream.afterwards = WELL, (120.0, Completed((ResultUrl(LINK),)))
        async with house.working():
            await asyncio.sleep(5)
            assert "Rendering" in rendering.text
            assert lost.text.startswith("⚠️ Interrupted")
            assert "In line" not in waiting.text, "there was room"
            assert lost.keyboard[0][0] == FREE
            pressed = await house.anna.press(lost, FREE)
            assert pressed.toast == "It is on its way."
            again, *_ = await house.jobs()
            assert (again.price, again.front, again.tries, again.request.prompt) == (0, True, 2, "without")
        assert [job.state for job in await house.jobs()] == [
            JobState.DELIVERED,
            JobState.DELIVERED,
            JobState.INTERRUPTED,
            JobState.DELIVERED,
        ]
        assert len(house.anna.private.videos) == 3


async def _nothing() -> None:
    return None
