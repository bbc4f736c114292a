"""Within three seconds Discord has its answer: while the books are busy, and while fifty people ask at once."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.model import JobState, Requester
from core.service import Policy
from core.texts import say
from tests.bots.discord_house import discord_house
from tests.bots.discord_looks import heading, told
from tests.stand_ins import POLICY

pytestmark = pytest.mark.virtual_time


async def test_what_is_looked_at_is_acknowledged_while_the_books_are_busy(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open(), database.begin():
        for command in ("jobs", "quota", "queue", "models", "settings", "help"):
            asked = await house.mia.slash(house.channel, command)
            assert asked.acknowledged
            await asyncio.sleep(5)


async def test_a_job_and_its_buttons_are_acknowledged_while_the_books_are_busy(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.upstream.script = (600.0,)
        first = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(5)
        message = first.message
        assert message is not None
        async with database.begin():
            asked = await house.ben.slash(house.channel, "video", prompt="a cat on the beach")
            pressed = await house.mia.press(message, "Cancel")
            offered = await house.mia.autocomplete(house.channel, "video", "model", "")
            assert asked.acknowledged
            assert pressed.acknowledged
            assert offered.choices
            await asyncio.sleep(30)
        await asyncio.sleep(5)
        assert heading(message.text) == "Cancelled"
        assert asked.message is not None
        await house.ben.press(asked.message, "Cancel")
        await house.over(2, state=JobState.CANCELLED)


async def test_fifty_people_at_once_are_all_acknowledged(database: Database, tmp_path: Path) -> None:
    policy = Policy(5, POLICY.zone, waiting_per_person=3, waiting_total=100)
    async with discord_house(database, tmp_path, policy=policy) as house, house.open(drain_seconds=0):
        people = [house.server.person(f"person {number}") for number in range(50)]
        house.guild.join(*people)
        asked = await asyncio.gather(*(who.slash(house.channel, "video", prompt="a dog") for who in people))
        assert all(one.acknowledged for one in asked)
        await asyncio.sleep(10)
        line = await house.service.line(Requester("discord:1", "discord:1"))
        assert line.waiting + line.running == 50


async def test_that_the_books_are_away_is_said_and_nothing_is_charged(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        async with database.begin():
            asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
            await asyncio.sleep(70)
        await asyncio.sleep(2)
        assert told(asked) == say("database-away")
        assert await house.jobs() == []
        assert house.channel.messages == []
