"""What answers a card's question comes before the press that came after it, however long it takes to be read."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bots.telegram.ingress import EARLIER_SECONDS
from core.db import Database
from core.model import Job
from tests.bots.discord_house import two_models
from tests.bots.telegram_counter import Counter, photo
from tests.bots.telegram_door import all_seen_to, open_door
from tests.emulators.telegram import Message, bot_at, emulated_telegram
from tests.stand_ins import POLICY

pytestmark = pytest.mark.virtual_time

MAKE, DEARER = "▶️ Make it (1 credit)", "▶️ Make it (2 credits)"


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    """A counter whose updates come in by their real way."""
    async with emulated_telegram() as server, bot_at(server) as bot:
        made = Counter(server, bot, database, POLICY, two_models(), tmp_path)
        await made.handlers.open()
        await made.desk.wire.open()
        async with open_door(database, server, made.handlers.handle):
            yield made
        await made.desk.wire.close()
        assert server.flooded == []


async def asked_for(house: Counter, words: str, *ticks: str) -> tuple[Message, Message]:
    """A card of these words, and the question for others."""
    await house.say(words)
    card = house.anna.private.last
    for tick in ticks:
        await house.anna.press(card, tick)
        await house.heard(5)
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    return card, house.anna.private.last


async def made_of(house: Counter) -> list[str]:
    await all_seen_to(house.database, house.telegram)
    return [job.request.prompt for job in await house.jobs()]


async def test_words_that_came_before_make_it_are_made(house: Counter) -> None:
    card, question = await asked_for(house, "old words")
    house.anna.write(card.chat, "new words", reply_to=question)
    house.anna.tap(card, MAKE)
    assert await made_of(house) == ["new words"]
    assert question.deleted
    assert card.chat.from_bot == [card]


async def test_words_behind_others_in_the_chat_that_take_long_are_made_too(house: Counter) -> None:
    card, question = await asked_for(house, "old words")
    house.telegram.faults.slow("getFile", 10)
    house.anna.send_photo(card.chat, photo())
    house.anna.write(card.chat, "new words", reply_to=question)
    press = house.anna.tap(card, MAKE)
    assert await press.answered(5)
    assert await made_of(house) == ["new words"]


async def test_a_picture_that_came_before_make_it_is_made(house: Counter) -> None:
    card, question = await asked_for(house, "a dog", "pictures")
    house.telegram.faults.slow("getFile", 4)
    house.anna.send_photo(card.chat, photo(), reply_to=question)
    await asyncio.sleep(2)
    house.anna.tap(card, DEARER)
    await all_seen_to(house.database, house.telegram)
    (job,) = await house.jobs()
    assert job.request.image is not None


async def test_words_that_come_while_a_card_is_being_made_open_another(house: Counter) -> None:
    card, question = await asked_for(house, "old words")
    submit = house.service.submit

    async def submit_in_a_while(*asked: Any, **more: Any) -> Job:
        house.anna.write(card.chat, "new words", reply_to=question)
        await asyncio.sleep(3)
        return await submit(*asked, **more)

    house.service.submit = submit_in_a_while  # type: ignore[method-assign] # as slow as a database can be
    house.anna.tap(card, MAKE)
    assert await made_of(house) == ["old words"]
    assert question.deleted
    assert ["🎬 New video", "new words"] in [message.text.splitlines()[:2] for message in card.chat.from_bot]


async def test_what_others_say_in_the_chat_holds_up_no_press(house: Counter) -> None:
    card, _ = await asked_for(house, "old words")
    house.telegram.faults.slow("getFile", 10)
    house.anna.send_photo(card.chat, photo())
    press = await house.anna.press(card, MAKE)
    assert press.toast == "It is on its way."


async def test_an_answer_that_takes_too_long_lets_nothing_be_made(house: Counter) -> None:
    card, question = await asked_for(house, "old words")
    for _ in range(4):
        house.telegram.faults.slow("getFile", EARLIER_SECONDS)
    house.anna.send_photo(card.chat, photo())
    house.anna.write(card.chat, "new words", reply_to=question)
    house.anna.tap(card, MAKE)
    assert await made_of(house) == []
    assert card.text.splitlines()[1] == "new words"
