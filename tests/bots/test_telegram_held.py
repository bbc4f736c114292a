"""Presses while something else holds the database: answered all the same, and what they say is said later."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import telegram

from bots.telegram.desk import Desk
from bots.telegram.handlers import Handlers
from bots.telegram.ingress import PRESS_SECONDS, calmed
from bots.telegram.signing import Signer
from bots.telegram.wire import Wire
from core.db import Database
from core.service import Service
from core.texts import say
from tests.bots.discord_house import two_models
from tests.bots.telegram_door import Seen, all_seen_to, backlog, open_door
from tests.emulators.telegram import TelegramEmulator, bot_at, emulated_telegram
from tests.stand_ins import POLICY
from tests.virtual_time import now

HELD_SECONDS = 8
"""Longer than a press is thought about, shorter than a transaction waits."""


@asynccontextmanager
async def counter_behind_the_door(database: Database, server: TelegramEmulator) -> AsyncGenerator[None]:
    """Everything that answers people, with updates on their real way in."""
    async with bot_at(server) as bot:
        models, signer = two_models(), Signer()
        service = Service(database, models, POLICY, now=now)
        wire = Wire.of(bot, service, now=now, sign=signer.sign)
        handlers = Handlers(Desk(service, models, wire, POLICY.zone, signer))
        await handlers.open()
        await wire.open()
        try:
            async with open_door(database, server, handlers.handle):
                yield
        finally:
            await wire.close()


@pytest.mark.virtual_time
async def test_a_press_that_cannot_be_kept_is_answered_and_seen_to_later(database: Database) -> None:
    answered: list[bool] = []

    async def note(_: telegram.Update) -> None:
        answered.append(calmed.get())

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen(note)):
            mine = anna.write(anna.private, "hello")
            await all_seen_to(database, server)
            async with database.begin():
                press = anna.forge(mine, "held")
                assert await press.answered(2 * PRESS_SECONDS)
                assert seen.finished == ["hello"]
                await asyncio.sleep(HELD_SECONDS)
            await all_seen_to(database, server)
            later = anna.forge(mine, "free")
            await all_seen_to(database, server)
        assert (press.is_answered, later.is_answered) == (True, False), "who sees to a press in time answers it"
        assert seen.finished == ["hello", "press held", "press free"]
        assert answered == [False, True, False]
        assert len(server.calls("answerCallbackQuery")) == 1


@pytest.mark.virtual_time
async def test_that_telegram_does_not_take_the_answer_costs_no_press(database: Database) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        server.faults.fail("answerCallbackQuery", 400)
        async with open_door(database, server, seen := Seen()):
            mine = anna.write(anna.private, "hello")
            await all_seen_to(database, server)
            async with database.begin():
                anna.forge(mine, "held")
                await asyncio.sleep(HELD_SECONDS)
            await all_seen_to(database, server)
        assert seen.finished == ["hello", "press held"]


@pytest.mark.virtual_time
async def test_what_such_a_press_says_is_said_in_the_chat(database: Database) -> None:
    async with emulated_telegram() as server, counter_behind_the_door(database, server):
        anna = server.person("Anna", started=True)
        anna.command(anna.private, "video")
        await server.until(lambda: anna.private.from_bot)
        card = anna.private.last
        await all_seen_to(database, server)
        async with database.begin():
            press = anna.tap(card, card.keyboard[-2][0])
            assert await press.answered(2 * PRESS_SECONDS)
            assert press.toast == ""
            await asyncio.sleep(HELD_SECONDS)
        await all_seen_to(database, server)
        said = [message.text for message in anna.private.from_bot]
        assert say("card-no-words") in said, "a card without words cannot be made"
        assert len(server.calls("answerCallbackQuery")) == 1
        assert server.complaints == []


async def test_another_programs_lock_on_the_file_keeps_no_button_turning(database: Database, tmp_path: Path) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen()):
            mine = anna.write(anna.private, "hello")
            await server.until(lambda: seen.finished)
            lock = sqlite3.connect(tmp_path / "house" / "matinee.sqlite", isolation_level=None, timeout=30)
            try:
                lock.execute("BEGIN IMMEDIATE")
                press = anna.forge(mine, "held")
                assert await press.answered(60), "nobody lets the lock go before that"
                assert seen.finished == ["hello"]
            finally:
                lock.close()
            await server.until(lambda: len(seen.finished) == 2)
        assert await backlog(database) == 0
