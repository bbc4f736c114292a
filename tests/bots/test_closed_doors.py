"""A platform that cannot be reached keeps nobody else waiting, and no stop."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.model import Address, GenerationRequest, JobState, Requester, Wishes
from core.ports import Messenger
from tests.bots.discord_house import discord_house, place
from tests.stand_ins import Chat
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time


async def test_jobs_of_a_platform_that_is_not_there_leave_room_for_the_others(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house:
        away, here = house.platform(), Chat()  # it is never run

        class Both:
            """One platform that is there, and one that is not."""

            name = "both"

            async def run(self) -> None:
                """Nobody is heard."""

            def messenger(self, address: Address) -> Messenger:
                return here if address.platform == "console" else away.messenger(address)

        worker = house.worker(Both(), drain_seconds=1)
        mia = Requester(f"discord:{house.mia.id}", "discord:5")
        request = GenerationRequest("a dog", "standard", 5)
        for number in range(house.at_once + 1):
            await house.service.submit(request, mia, place(message=number + 1).address(), wishes=Wishes())
        ben = Requester(f"discord:{house.ben.id}", "discord:5")
        await house.service.submit(request, ben, Address("console", "here"))
        work = asyncio.create_task(worker.run())
        await asyncio.sleep(300)
        assert here.delivered
        assert {job.state for job in await house.jobs()} == {JobState.DELIVERING, JobState.DELIVERED}
        worker.stop()
        began = now()
        await work
        assert (now() - began).total_seconds() < 60
        assert began > BEGINNING
