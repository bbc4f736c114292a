"""What happens to people who are just being answered when another process takes over hearing Discord."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core.db import Database
from core.duty import Duty
from core.tables import leases
from tests.bots.discord_house import discord_house
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

LIFE = timedelta(seconds=5)
"""Of the right to hear Discord: it is asked for again at a third of it."""


async def test_whoever_is_being_answered_is_answered_before_another_process_takes_over(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, asyncio.TaskGroup() as tasks:
        platform = house.platform(duty=lambda name: Duty(database, name, "one", now=now, life=LIFE))
        talk = tasks.create_task(platform.run())
        await house.server.until_ready()
        async with database.begin() as tx:
            await tx.execute(update(leases).values(owner="other", until=now() + timedelta(minutes=1)))
        house.server.slow("POST", "/callback", LIFE.total_seconds() / 2)
        asked = tasks.create_task(house.mia.slash(house.channel, "video", prompt="a dog"))
        said = (await asked).message
        assert said is not None
        await asyncio.sleep(1)
        assert not house.server.gateway.connections
        assert [job.request.prompt for job in await house.jobs()] == ["a dog"]
        talk.cancel()
