"""Who blocks the bot on Telegram and comes back: their messages are brought up to date, and their films handed over."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bots.telegram.place import Place
from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.events import Progress, Submitted
from core.model import GenerationRequest, Job, JobState, Requester, Visibility, Wishes
from tests.bots.telegram_counter import Counter, counter
from tests.bots.test_telegram_crowd import takes
from tests.emulators.telegram import Message
from tests.stand_ins import TICKET, Upstream

pytestmark = pytest.mark.virtual_time


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        opened.upstream = takes(60)
        yield opened


async def shut_out(house: Counter) -> tuple[Message, Job]:
    """Anna asks, blocks the bot while it works, and misses how that ended."""
    house.anna.command(house.anna.private, "video", "a dog on the beach")
    async with house.working():
        await asyncio.sleep(30)
        house.anna.block()
    (message,) = house.anna.private.from_bot
    assert "Rendering" in message.text
    (job,) = await house.jobs()
    return message, job


def edits(house: Counter) -> int:
    return len(house.telegram.calls("editMessage.*", house.anna.private))


async def test_who_lets_the_bot_write_again_gets_the_film_in_its_message(house: Counter) -> None:
    message, job = await shut_out(house)
    assert job.state is JobState.UNDELIVERED
    async with house.working():
        house.anna.unblock()
        await house.heard(1)
    assert message.video is not None
    assert message.video.data == house.upstream.film
    assert [sent.text for sent in house.anna.private.from_bot[1:]] == ["Your video is ready."]
    assert (await house.say("/quota")).startswith("4 of 5 credits left")


async def test_who_writes_gets_the_film_although_nobody_told_that_the_bot_may_write_again(house: Counter) -> None:
    message, _ = await shut_out(house)
    house.anna.private.blocked = False
    async with house.working():
        house.anna.write(house.anna.private, "/quota")
        await house.heard(1)
    assert message.video is not None
    assert len(house.anna.private.videos) == 1


async def test_a_film_that_is_asked_for_just_then_is_shown_once(house: Counter) -> None:
    _, job = await shut_out(house)
    async with house.working():
        house.anna.start(f"show-{job.id}")
        await house.heard(1)
    assert len(house.anna.private.videos) == 1


async def test_a_film_for_one_person_alone_comes_when_they_open_their_chat_however_they_do(house: Counter) -> None:
    asked = house.ben.command(house.group, "jobs")
    await house.heard()
    await house.service.submit(
        GenerationRequest("a secret", house.models.default.name, 5),
        Requester(f"telegram:{house.ben.id}", f"telegram:{house.group.id}"),
        Place(chat=house.group.id, person=house.ben.id, asked_in=asked.id).address(),
        wishes=Wishes(Visibility.PRIVATE),
    )
    async with house.working():
        pass
    assert "may not write to you yet" in house.group.last.text
    async with house.working():
        house.ben.start()
        await house.heard(1)
    (film,) = house.ben.private.videos
    assert film.video is not None
    assert film.video.data == house.upstream.film
    assert house.group.videos == []
    assert "private chat" in house.group.last.text


async def test_what_telegram_keeps_refusing_is_not_tried_at_every_word(house: Counter) -> None:
    house.telegram.faults.fail("editMessageMedia", 400, description="Bad Request: no such thing", times=10)
    house.anna.command(house.anna.private, "video", "a dog on the beach")
    async with house.working():
        pass
    for _ in range(3):
        async with house.working():
            house.anna.write(house.anna.private, "/quota")
            await house.heard(1)
    assert len(house.telegram.calls("editMessageMedia")) == 2
    house.telegram.faults.clear()


async def test_who_comes_back_reads_how_it_failed_meanwhile_and_reads_it_once(house: Counter) -> None:
    failing = (Submitted(TICKET), 20.0, Progress(44), 20.0, ProviderError(ErrorKind.TIMEOUT))
    house.upstream = Upstream(failing)
    message, job = await shut_out(house)
    assert job.state is JobState.FAILED
    house.anna.unblock()
    await house.heard()
    assert message.text.startswith("❌ Failed")
    assert "returned" in message.text
    before = edits(house)
    house.anna.block()
    house.anna.unblock()
    await house.heard()
    assert edits(house) == before
    assert house.anna.private.from_bot == [message]


async def test_who_comes_back_while_it_is_being_made_sees_it_count_on(house: Counter) -> None:
    house.anna.command(house.anna.private, "video", "a dog on the beach")
    async with house.working():
        await asyncio.sleep(15)
        house.anna.block()
        await asyncio.sleep(20)
        (message,) = house.anna.private.from_bot
        before = len(message.texts)
        house.anna.unblock()
        await asyncio.sleep(20)
        assert len(message.texts) > before + 1
        assert message.video is None
    assert message.video is not None
