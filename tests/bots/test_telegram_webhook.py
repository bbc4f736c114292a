"""The way in where Telegram calls us: only Telegram is heard, and what it brings is kept before it is told so."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.telegram.platform import Server, build
from bots.web import LARGEST_BODY, WebServer
from core import inbox
from core.db import Database, DatabaseUnavailableError
from core.errors import ConfigurationError
from core.service import Service
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

URL = "https://bot.example.com/telegram"
PROOF = "X-Telegram-Bot-Api-Secret-Token"


@asynccontextmanager
async def served(database: Database, server: TelegramEmulator, url: str = URL) -> AsyncGenerator[str]:
    """A house with a web server; where that really listens."""
    web = WebServer("127.0.0.1", 0)
    platform = build(
        Service(database, catalogue(), POLICY, now=now),
        catalogue(),
        database,
        token=server.token,
        owner="this one",
        zone=POLICY.zone,
        now=now,
        server=Server(server.url),
        webhook_url=url,
        web=web,
    )
    listening = asyncio.create_task(web.run(), name="web server")
    while web.port is None:  # noqa: ASYNC110 - a socket opens at once, or not at all
        await asyncio.sleep(0.01)
    here = f"http://127.0.0.1:{web.port}"
    server.resolve("https://bot.example.com", here)
    talk = asyncio.create_task(platform.run(), name="telegram")
    try:
        yield here
    finally:
        for task in (talk, listening):
            task.cancel()
        await asyncio.wait([talk, listening])


async def kept(database: Database, server: TelegramEmulator) -> int:
    async with database.read() as tx:
        return await inbox.backlog(tx, f"telegram:{server.bot.id}")


async def test_what_telegram_brings_is_kept_answered_and_never_asked_for(database: Database) -> None:
    async with emulated_telegram() as server, served(database, server):
        anna = server.person("Anna", started=True)
        await server.until(lambda: server.calls("setWebhook"))
        anna.write(anna.private, "/quota")
        await server.until(lambda: anna.private.from_bot)
        assert server.calls("getUpdates") == []
        assert server.updates.pending == []
        assert server.updates.allowed == {"message", "channel_post", "callback_query", "my_chat_member"}


async def test_a_stranger_is_not_heard(database: Database) -> None:
    update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}
    async with emulated_telegram() as server, served(database, server) as here, aiohttp.ClientSession() as stranger:
        await server.until(lambda: server.webhook.secret)
        for headers in ({}, {PROOF: ""}, {PROOF: "x" * 64}, {PROOF: server.webhook.secret[:-1]}, {PROOF: "é"}):
            async with stranger.post(f"{here}/telegram", json=update, headers=headers) as answer:
                assert answer.status == 403
        async with stranger.get(f"{here}/telegram") as answer:
            assert answer.status == 405
        assert await kept(database, server) == 0
        proof = {PROOF: server.webhook.secret}
        for body, status in (
            (b"no json", 400),
            (b"[]", 400),
            (b'{"update_id":"1"}', 400),
            (b"\xff", 400),
            (b"[" * 100_000, 400),
            (json.dumps({"update_id": 1, "x": "x" * LARGEST_BODY}).encode(), 413),
            (json.dumps(update).encode(), 200),
            (json.dumps(update).encode(), 200),
        ):
            async with stranger.post(f"{here}/telegram", data=io.BytesIO(body), headers=proof) as answer:
                assert answer.status == status, body[:40]


async def test_an_update_that_cannot_be_kept_is_brought_again(database: Database) -> None:
    async with emulated_telegram() as server, served(database, server):
        anna = server.person("Anna", started=True)
        await server.until(lambda: server.calls("setWebhook"))
        begin = database.begin
        database.begin = nothing_is_written  # type: ignore[method-assign] # of this one object
        anna.write(anna.private, "/quota")
        await asyncio.sleep(5)
        assert server.updates.pending
        database.begin = begin  # type: ignore[method-assign]
        await server.until(lambda: not server.updates.pending, 600)
        await server.until(lambda: anna.private.from_bot)
        assert len(anna.private.from_bot) == 1


def nothing_is_written() -> AbstractAsyncContextManager[AsyncConnection]:
    raise DatabaseUnavailableError("database or disk is full")


async def test_a_house_says_that_it_is_well(database: Database) -> None:
    async with (
        emulated_telegram() as server,
        served(database, server) as here,
        aiohttp.ClientSession() as session,
        session.get(f"{here}/healthz") as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_a_webhook_that_was_left_behind_is_taken_away_where_updates_are_asked_for(database: Database) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with served(database, server):
            await server.until(lambda: server.calls("setWebhook"))
        anna.write(anna.private, "/quota")
        platform = build(
            Service(database, catalogue(), POLICY, now=now),
            catalogue(),
            database,
            token=server.token,
            owner="another",
            zone=POLICY.zone,
            now=now,
            server=Server(server.url),
        )
        talk = asyncio.create_task(platform.run(), name="telegram")
        await server.until(lambda: anna.private.from_bot)
        assert server.webhook.url == ""
        talk.cancel()
        await asyncio.wait([talk])


async def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    first = WebServer("127.0.0.1", 0)
    task = asyncio.create_task(first.run(), name="web server")
    while first.port is None:  # noqa: ASYNC110 - a socket opens at once, or not at all
        await asyncio.sleep(0.01)
    with pytest.raises(ConfigurationError, match=r"MATINEE_WEB_PORT: 127\.0\.0\.1"):
        await WebServer("127.0.0.1", first.port).run()
    task.cancel()
    await asyncio.wait([task])
