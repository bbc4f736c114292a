"""The ping after a film: every film has one, whichever process is there by then, and none has two."""

import asyncio
from pathlib import Path

import pytest

from bots.telegram.endings import ping
from bots.telegram.place import read_place
from bots.telegram.wire import Wire
from core.db import Database
from core.model import Visibility, Wishes
from tests.bots.telegram_house import TelegramHouse, sign, telegram_house
from tests.bots.test_telegram_crowd import CROWD, ROOM, takes
from tests.emulators.telegram import bot_at
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

MADE_AFTER = 60
"""Seconds that a film takes here."""


def pings(house: TelegramHouse) -> list[int]:
    """The messages under which somebody was told to look, in order."""
    told = [message.reply_to for message in house.group.from_bot if message.text == "Your video is ready."]
    return [asked.id for asked in told if asked is not None]


async def asked_for(house: TelegramHouse, many: int, wishes: Wishes = Wishes()) -> None:  # noqa: B008 - frozen
    for number in range(many):
        person = house.telegram.person(f"P{number}", started=True)
        house.group.join(person)
        await house.ask(person, prompt=f"dog number {number} on the beach", wishes=wishes)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("many", [5, CROWD])
async def test_who_waits_for_a_ping_when_a_process_stops_gets_it_from_the_next(
    database: Database, tmp_path: Path, many: int, shared: bool
) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(MADE_AFTER), policy=ROOM, at_once=CROWD) as house:
        async with house.open(drain_seconds=120, shared=shared):
            await asked_for(house, many)
            await asyncio.sleep(MADE_AFTER - 10)
        assert len(house.films()) == many
        assert len(pings(house)) < many
        async with house.open(shared=shared):
            await asyncio.sleep(600)
        assert len(pings(house)) == len(set(pings(house))) == many
        assert house.telegram.flooded == []


async def test_one_process_after_another_pings_everybody_once(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(MADE_AFTER), policy=ROOM, at_once=CROWD) as house:
        async with house.open(drain_seconds=120):
            await asked_for(house, CROWD)
            await asyncio.sleep(MADE_AFTER - 10)
        for seconds in (5, 11, 17, 23, 61, 64, 70, 300):
            async with house.open():
                await asyncio.sleep(seconds)
        assert len(pings(house)) == len(set(pings(house))) == CROWD


async def test_who_wants_no_ping_gets_none_from_the_next_either(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(MADE_AFTER), policy=ROOM, at_once=CROWD) as house:
        async with house.open(drain_seconds=120):
            await asked_for(house, 5, Wishes(quiet=True))
            await asyncio.sleep(MADE_AFTER - 10)
        async with house.open():
            await asyncio.sleep(600)
        assert len(house.films()) == 5
        assert pings(house) == []


async def test_two_processes_that_owe_the_same_ping_send_one(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house:
        async with house.open(shared=True):
            job = await house.ask(house.anna, wishes=Wishes(quiet=True))
            await house.over()
        async with bot_at(house.telegram) as bot:
            wires = [Wire.of(bot, house.service, now=now, sign=sign, shared=True) for _ in range(2)]
            for wire in wires:
                await wire.open()
            assert not read_place((await house.service.job(job.id)).address).pinged
            await asyncio.gather(*(ping(job.id, wire, Visibility.EVERYONE) for wire in wires))
            for wire in wires:
                await wire.close()
        assert len(pings(house)) == 1
