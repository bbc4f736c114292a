"""The token of a bot on Telegram is written nowhere: in no line of any logger, no error, nothing that people read."""

import asyncio
import logging
import sys
from collections.abc import Generator

import pytest
import structlog
from typing_extensions import override

from bots.telegram.platform import Server, build
from core import telemetry
from core.db import Database
from core.errors import ConfigurationError
from core.service import Service
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def lines() -> Generator[list[str]]:
    """Everything that is logged, with no secret registered: nothing is hidden."""
    written: list[str] = []

    class Listener(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    root, hooks = logging.getLogger(), (sys.excepthook, sys.unraisablehook)
    before = root.handlers[:], root.level
    telemetry.configure(level="debug", form="json")
    listener = Listener()
    listener.setFormatter(root.handlers[0].formatter)
    root.handlers[:] = [listener]
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    sys.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()


async def a_hard_day(database: Database, server: TelegramEmulator, token: str, url: str = "") -> BaseException | None:
    """A bot that meets faults of every kind; how it ended, if it did."""
    platform = build(
        Service(database, catalogue(), POLICY, now=now),
        catalogue(),
        database,
        token=token,
        owner="this one",
        zone=POLICY.zone,
        now=now,
        server=Server(url or server.url),
    )
    talk = asyncio.create_task(platform.run(), name="telegram")
    await asyncio.wait([talk], timeout=2000)
    if not talk.done():
        talk.cancel()
    await asyncio.wait([talk])
    return None if talk.cancelled() else talk.exception()


async def test_no_token_is_written_anywhere(database: Database, lines: list[str]) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        token = server.token
        for method in ("getMe", "getUpdates"):
            for status in (502, 409, 429, 400):
                server.faults.fail(method, status)
            server.faults.garble(method)
            server.faults.drop(method)
            server.faults.slow(method, 300)
        server.faults.drop("sendMessage", after_effect=True)
        anna.write(anna.private, "/quota")
        anna.write(anna.private, "/video a dog")
        ends = [await a_hard_day(database, server, token)]
        ends.append(await a_hard_day(database, server, token, "http://127.0.0.1:9"))
        server.revoke_token()
        ends.append(await a_hard_day(database, server, token))
        shown = [text for message in anna.private.from_bot for text in message.texts]
    assert [type(end) for end in ends] == [type(None), type(None), ConfigurationError]
    assert shown
    assert len(lines) > 10
    secret = token.partition(":")[2]
    for text in (*lines, *shown, *(repr(end) for end in ends)):
        assert secret not in text, text[:2000]


async def test_what_is_no_token_is_not_quoted_either(database: Database, lines: list[str]) -> None:
    async with emulated_telegram() as server:
        end = await a_hard_day(database, server, "my token is hunter2")
        assert isinstance(end, ConfigurationError)
        assert server.calls() == []
    assert "hunter2" not in f"{end} {lines}"
