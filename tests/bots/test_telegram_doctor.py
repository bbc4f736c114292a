"""What `matinee doctor` says about a bot on Telegram: how it stands, and what to do."""

import asyncio
from typing import Any

import pytest

from bots.findings import Found
from bots.telegram.doctor import examine
from bots.telegram.platform import Server
from core.db import Database
from tests.bots.telegram_door import Seen, open_door
from tests.emulators.telegram import TelegramEmulator, emulated_telegram

pytestmark = pytest.mark.virtual_time


async def said(server: TelegramEmulator, **more: Any) -> dict[str, Found]:
    """Each line, and how that stands."""
    choices: dict[str, Any] = {"storage_chat": None, "webhook_url": "", "told": None, "token": server.token, **more}
    token = choices.pop("token")
    return {finding.words: finding.found async for finding in examine(token, server=Server(server.url), **choices)}


def one(found: dict[str, Found], words: str) -> Found:
    """How that stands of which a line says this."""
    (line,) = [line for line in found if words in line]
    assert line.startswith("Telegram: ")
    return found[line]


async def test_a_bot_as_it_should_be_has_nothing_that_is_not_ok() -> None:
    async with emulated_telegram() as server:
        channel = server.channel("Store")
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "hello")
        found = await said(server, storage_chat=channel.id)
        assert Found.BAD not in found.values()
        assert one(found, "logged in as @matinee_bot") is Found.GOOD
        assert one(found, "privacy mode is on") is Found.GOOD
        assert one(found, "it can be added to groups") is Found.GOOD
        assert one(found, "nobody else fetches") is Found.GOOD
        assert one(found, "films are uploaded to the storage chat") is Found.GOOD
        assert [update.confirmed for update in server.updates.every] == [False], "it only looks"


@pytest.mark.parametrize("token", ["", "MTIz.abc.def", "123456789", "123456789:short", "a:b"])
async def test_what_is_no_token_is_not_even_tried(token: str) -> None:
    async with emulated_telegram() as server:
        found = await said(server, token=token)
        assert list(found.values()) == [Found.BAD]
        assert server.calls() == []


async def test_a_token_that_is_refused_is_not_said_aloud() -> None:
    async with emulated_telegram() as server:
        server.revoke_token()
        found = await said(server)
        assert list(found.values()) == [Found.BAD]
        assert server.token not in str(found)
        assert one(found, "@BotFather") is Found.BAD


async def test_a_bot_that_hears_too_much_is_told_so() -> None:
    async with emulated_telegram(privacy=False) as server:
        assert one(await said(server), "/setprivacy") is Found.NOTE


async def test_another_program_at_the_same_token_is_seen(database: Database) -> None:
    async with emulated_telegram() as server, open_door(database, server, Seen()) as other:
        await server.until(lambda: server.updates.is_polled)
        assert one(await said(server), "another program fetches") is Found.NOTE
        await asyncio.sleep(60)
        assert not other.done(), "and it is not driven away"


async def test_a_webhook_that_was_left_behind_is_seen() -> None:
    async with emulated_telegram() as server:
        server.resolve("https://old.example.com", "http://127.0.0.1:9")
        server.webhook.url, server.updates.webhook_active = "https://old.example.com/hook", True
        assert one(await said(server), "a webhook was left behind, https://old.example.com/hook") is Found.NOTE
        found = await said(server, webhook_url="https://bot.example.com/telegram")
        assert one(found, "it calls another address") is Found.NOTE
        found = await said(server, webhook_url="https://old.example.com/hook")
        assert one(found, "it calls https://old.example.com/hook") is Found.GOOD


async def test_a_store_that_cannot_be_used_is_not_ok() -> None:
    async with emulated_telegram() as server:
        assert one(await said(server, storage_chat=-100_999), "cannot be reached") is Found.BAD
        closed = server.supergroup("Store")
        closed.restrict_bot("can_send_videos")
        assert one(await said(server, storage_chat=closed.id), "may not post") is Found.BAD
        public = server.channel("Films", username="films_for_all")
        assert one(await said(server, storage_chat=public.id), "is public") is Found.NOTE


async def test_where_telegram_does_not_answer_the_doctor_says_so_and_ends() -> None:
    async with emulated_telegram() as server:
        server.faults.fail("getWebhookInfo", 502)
        assert one(await said(server), "could not be asked") is Found.BAD
