"""The storage chat on Telegram: where what is slow and unsure hurts nobody, and for which nobody is kept waiting."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from core.db import Database
from tests.bots.telegram_house import TelegramHouse, telegram_house
from tests.bots.test_telegram_crowd import CROWD, ROOM, film_times, takes
from tests.emulators.telegram import TelegramEmulator

pytestmark = pytest.mark.virtual_time

GROUPS = 3


async def test_many_films_at_once_do_not_wait_for_the_storage_chat(database: Database, tmp_path: Path) -> None:
    seconds, films = 90, GROUPS * CROWD
    policy = replace(ROOM, waiting_total=films)
    async with telegram_house(database, tmp_path, upstream=takes(seconds), policy=policy, at_once=films) as house:
        storage = house.storage = house.telegram.channel("Store")
        async with house.open():
            asked = []
            for name in range(GROUPS):
                people = [house.telegram.person(f"P{name}-{number}", started=True) for number in range(CROWD)]
                group = house.telegram.supergroup(f"Club {name}", *people)
                asked += [await house.ask(person, group) for person in people]
            await house.over(films)
            waits = [at - seconds for at in (await film_times(house, asked)).values()]
            assert median(waits) < 15
            assert max(waits) < 45
            assert len(house.films()) == films
            assert 0 < len(storage.videos) < films
            assert house.telegram.flooded == []


def _cut(server: TelegramEmulator, times: int) -> None:
    server.faults.drop("sendVideo", after_effect=True, times=times)


def _slow(server: TelegramEmulator, times: int) -> None:
    server.faults.slow("sendVideo", 150, after_effect=True, times=times)


async def _one_film(house: TelegramHouse) -> None:
    """Make one: it is seen once, soon, in the one message that its job had."""
    async with house.open():
        job = await house.ask(house.anna)
        await house.over(seconds=600)
        await asyncio.sleep(60)
        (film,) = house.films()
        assert film is await house.message_of(job)
        assert film.video is not None
        assert film.video.data == house.upstream.film


@pytest.mark.parametrize("go_wrong", [_cut, _slow], ids=["the line is cut", "the answer takes too long"])
async def test_an_upload_that_may_have_arrived_is_made_again_where_nobody_sees_it(
    database: Database, tmp_path: Path, go_wrong: Callable[[TelegramEmulator, int], None]
) -> None:
    async with telegram_house(database, tmp_path) as house:
        storage = house.storage = house.telegram.channel("Store")
        go_wrong(house.telegram, 1)
        await _one_film(house)
        assert len(storage.videos) == 2
        assert [bool(call.files) for call in house.telegram.calls("editMessageMedia")] == [False]


@pytest.mark.parametrize("go_wrong", [_cut, _slow], ids=["the line is cut", "the answer takes too long"])
async def test_after_two_such_uploads_the_film_goes_into_its_message(
    database: Database, tmp_path: Path, go_wrong: Callable[[TelegramEmulator, int], None]
) -> None:
    async with telegram_house(database, tmp_path) as house:
        storage = house.storage = house.telegram.channel("Store")
        go_wrong(house.telegram, 30)
        await _one_film(house)
        assert len(storage.videos) == 2
        assert [bool(call.files) for call in house.telegram.calls("editMessageMedia")] == [True]
        assert house.wire.unsure_stored == {}


async def test_a_flood_in_the_storage_chat_holds_no_film_up(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house:
        storage = house.storage = house.telegram.channel("Store")
        house.telegram.flood.arm(storage.id, 20)
        await _one_film(house)
        house.telegram.faults.clear()
        assert storage.videos == []
        assert len(house.telegram.flooded) == 1
        assert [bool(call.files) for call in house.telegram.calls("editMessageMedia")] == [True]
