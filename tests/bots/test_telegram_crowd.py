"""Many jobs at once in one group on Telegram: its flood control is never met, and the board of the group tells the truth."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import Job
from tests.bots.telegram_house import TelegramHouse, telegram_house
from tests.emulators.telegram import Message, Person
from tests.stand_ins import LINK, POLICY, TICKET, Upstream
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.virtual_time

CROWD = 12
ROOM = replace(POLICY, waiting_per_person=12, waiting_total=20, credits_per_day=50)


def takes(seconds: float) -> Upstream:
    """An upstream that counts up all the while."""
    steps = int(seconds // 2)
    told = [part for step in range(steps) for part in (2.0, Progress(100 * (step + 1) / (steps + 1)))]
    return Upstream((Submitted(TICKET), *told, Completed((ResultUrl(LINK),))))


async def crowd(house: TelegramHouse, pause: float = 0) -> list[Job]:
    """Twelve people who each ask for a film."""
    people: list[Person] = [house.telegram.person(f"P{number}", started=True) for number in range(CROWD)]
    asked = []
    for number, person in enumerate(people):
        house.group.join(person)
        asked.append(await house.ask(person, prompt=f"dog number {number} on the beach"))
        await asyncio.sleep(pause)
    return asked


def boards(house: TelegramHouse) -> list[Message]:
    return [message for message in house.group.from_bot if "under way here" in message.texts[0]]


async def film_times(house: TelegramHouse, asked: list[Job]) -> dict[str, float]:
    """When each message became its film, in seconds from the beginning."""
    times = {}
    for job in asked:
        message = await house.message_of(job)
        assert message.video is not None
        assert message.video.data == house.upstream.film
        first = next(version for version in message.versions if version.look.media is not None)
        times[job.id] = (first.at - BEGINNING).total_seconds()
    return times


@pytest.mark.parametrize("seconds", [30.0, 45.0, 90.0, 300.0])
async def test_twelve_films_at_once_arrive_soon_and_flood_nobody(
    database: Database, tmp_path: Path, seconds: float
) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(seconds), policy=ROOM, at_once=12) as house, house.open():
        asked = await crowd(house)
        await house.over(CROWD)
        await asyncio.sleep(300)
        assert house.telegram.flooded == []
        waits = {id_: at - seconds for id_, at in (await film_times(house, asked)).items()}
        print(sorted(waits.values()))
        assert median(waits.values()) < 15
        assert max(waits.values()) < 45
        assert len(house.films()) == CROWD
        for b in boards(house): print(len(b.texts)); print("\n--\n".join(b.texts[:2]+b.texts[-2:]))
        print([(c.method, c.second) for c in house.telegram.calls()])
