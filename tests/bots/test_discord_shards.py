"""Several processes under one token: who tells the commands, and how they take turns at the gateway."""

import asyncio
from pathlib import Path

import pytest

from bots.discord.client import Shards
from bots.discord.platform import build
from core.db import Database
from core.ports import Platform
from tests.bots.discord_house import DiscordHouse, check_what_was_sent
from tests.emulators.discord import DiscordEmulator, emulated_discord
from tests.stand_ins import POLICY, Upstream, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


def process(house: DiscordHouse, *shards: int) -> Platform:
    """One process that serves these shards of two."""
    return build(
        house.service,
        house.models,
        token=house.server.token,
        zone=POLICY.zone,
        now=now,
        gate=house.folder / "gate",
        shards=Shards(shards, 2),
    )


async def ready(server: DiscordEmulator, shards: int) -> None:
    await server.until(lambda: len(server.gateway.connections) == shards)


async def test_two_processes_share_the_gate_and_only_the_first_tells_the_commands(
    database: Database, tmp_path: Path
) -> None:
    async with emulated_discord(shards=2) as server:
        house = DiscordHouse(server, database, tmp_path, Upstream(), POLICY, 2, catalogue())
        at: list[float] = []
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(process(house, shard).run()) for shard in (1, 0)]
            for count in (1, 2):
                await ready(server, count)
                at.append(asyncio.get_running_loop().time())
            assert len(server.syncs) == 1
            asked = await house.mia.slash(house.channel, "quota")
            assert asked.acknowledged
            # Answered before the processes go: a look into the books that nobody waits for would outlive the test.
            await server.until(lambda: not asked.deferred)
            for task in running:
                task.cancel()
        check_what_was_sent(server)
    assert at[1] - at[0] >= 5


async def test_a_process_without_the_first_shard_tells_no_commands(database: Database, tmp_path: Path) -> None:
    async with emulated_discord(shards=2) as server:
        house = DiscordHouse(server, database, tmp_path, Upstream(), POLICY, 2, catalogue())
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(process(house, 1).run())
            await ready(server, 1)
            running.cancel()
        assert server.syncs == []
