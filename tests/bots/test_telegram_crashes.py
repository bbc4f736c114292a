"""A process dies at every step between a job that is taken and its film: exactly one film is ever seen."""

import asyncio
import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from core.db import Database
from core.events import Completed, ResultUrl, Submitted
from core.model import Job, JobState
from core.service import Service
from core.texts import say
from tests.bots.telegram_deaths import Death, HeldDatabase, MortalDatabase, mortal_bot
from tests.bots.telegram_house import TelegramHouse, telegram_house
from tests.emulators.telegram import Chat, bot_at
from tests.stand_ins import LINK, POLICY, TICKET, Upstream
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

RICH = replace(POLICY, credits_per_day=1000)


LIFE_SECONDS = 12.0
"""Longer than the work takes."""


def quick() -> Upstream:
    """An upstream that is soon done."""
    return Upstream((Submitted(TICKET), 2.0, Completed((ResultUrl(LINK),))))


async def _live(house: TelegramHouse) -> None:
    async with house.open():
        await asyncio.sleep(LIFE_SECONDS)


async def live_until(death: Death, house: TelegramHouse, database: Database) -> None:
    """One process, from its start to its death; or a while, where it outlives the work."""
    house.database = MortalDatabase(database, death)
    house.service = Service(house.database, house.models, house.policy, now=now)
    house.make_bot = partial(mortal_bot, death=death)
    life = asyncio.create_task(_live(house), name="a process")
    end = asyncio.create_task(death.came.wait(), name="its death")
    await asyncio.wait([life, end], return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    await death.bury(life)
    house.database = database
    house.service = Service(database, house.models, house.policy, now=now)
    house.make_bot = bot_at


@pytest.mark.parametrize("stored", [False, True], ids=["uploaded into the message", "by way of the storage chat"])
async def test_exactly_one_film_is_seen_wherever_the_process_dies(
    database: Database, tmp_path: Path, stored: bool
) -> None:
    seen: dict[JobState, int] = {}
    async with telegram_house(database, tmp_path, upstream=quick(), at_once=1, policy=RICH) as house:
        house.telegram.flood.enforced = False
        house.storage = house.telegram.channel("Store") if stored else None
        for boundary in itertools.count(1):
            death = Death(at=boundary)
            chat = house.telegram.supergroup(f"Club {boundary}", house.anna)
            job = await house.ask(house.anna, chat)
            await live_until(death, house, database)
            async with house.open():
                await house.over(boundary, state=None)
                await asyncio.sleep(10)
            row = await house.service.job(job.id)
            seen[row.state] = seen.get(row.state, 0) + 1
            check(chat, row, house.upstream.film)
            if not death.came.is_set():
                break
    assert seen[JobState.DELIVERED] > 20
    assert seen.keys() <= {JobState.DELIVERED, JobState.INTERRUPTED}


async def test_whoever_was_pinged_is_not_pinged_again_after_a_death(database: Database, tmp_path: Path) -> None:
    """Telegram has the ping, its answer and everything else that would be written down is lost with the process."""
    async with telegram_house(database, tmp_path, upstream=quick(), at_once=1) as house:
        ready = say("telegram-ready")
        house.telegram.faults.slow("sendMessage", 600, after_effect=True, text=ready)
        house.database = held = HeldDatabase(database, but=("end ", "post ping "))
        death = Death(at=0)
        job = await house.ask(house.anna)

        async def die() -> None:
            await house.telegram.until(house.films)
            held.held = True
            await house.telegram.until(lambda: house.group.last.text == ready)
            death.came.set()

        dying = asyncio.create_task(die())
        await live_until(death, house, held)
        await dying
        assert (await house.service.job(job.id)).state is JobState.DELIVERING, "so the film is handed over once more"
        house.database, house.service = database, Service(database, house.models, house.policy, now=now)
        async with house.open():
            await house.over()
            await asyncio.sleep(60)
        check(house.group, await house.service.job(job.id), house.upstream.film)
        assert len([message for message in house.group.from_bot if message.text == ready]) == 1


def check(chat: Chat, job: Job, film: bytes) -> None:
    """One film where there is one by the books, or one sentence why there is none; and never two pings."""
    messages = chat.from_bot
    pings = [message for message in messages if message.text == say("telegram-ready")]
    if job.state is JobState.DELIVERED:
        assert [message.video.data for message in chat.videos if message.video is not None] == [film]
        assert chat.videos[0].text.startswith("✅ Done")
    else:
        assert chat.videos == []
        assert len([message for message in messages if message.text.startswith("⚠️ Interrupted")]) == 1
    assert len(pings) <= 1
    # A text whose number was never written down may be left; there is no key by which it could be found again.
    assert len(messages) - len(pings) <= 2
