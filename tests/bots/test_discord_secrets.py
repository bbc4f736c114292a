"""No token is written anywhere: not in a line of any logger at DEBUG, not in an error, not in what people read."""

import asyncio
import json
import logging
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from typing_extensions import override

from core import telemetry
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import JobState
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.chat_stream import CANARY, happily, provider
from tests.raw_upstream import Script, Wire, raw_upstream
from tests.stand_ins import LINK, TICKET, Upstream

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def lines() -> Generator[list[str]]:
    """Everything that is logged. Of the secrets the upstream's key alone is registered: nothing else is hidden."""
    written: list[str] = []

    class Listener(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    root, hooks = logging.getLogger(), (sys.excepthook, sys.unraisablehook)
    before = root.handlers[:], root.level
    telemetry.configure(level="debug", form="json", secrets=[CANARY])
    listener = Listener()
    listener.setFormatter(root.handlers[0].formatter)
    root.handlers[:] = [listener]
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    sys.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()


async def a_hard_day(house: DiscordHouse) -> None:
    """Jobs that meet faults of every kind, by every way."""
    server = house.server
    async with house.open(drain_seconds=0):
        server.fail("PATCH", "^/webhooks/", status=500, times=2)
        server.drop("PATCH", "^/webhooks/")
        first = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(60)
        assert first.message is not None
        await house.ben.press(first.message, "Cancel")
        server.fail("POST", "/callback$", status=404, times=2)
        await house.ben.slash(house.channel, "video", prompt="a cat on the beach")
        server.gateway.disconnect(4000)
        await server.until_ready()
    async with house.open():
        await asyncio.sleep(800)
        house.channel.delete()
        await house.over()
        await asyncio.sleep(5)


async def test_no_token_is_written_anywhere(database: Database, tmp_path: Path, lines: list[str]) -> None:
    upstream = Upstream((Submitted(TICKET), 5000.0))
    upstream.afterwards = (790.0, Progress(50), 60.0, Completed((ResultUrl(LINK),)))
    async with discord_house(database, tmp_path, upstream=upstream) as house:
        await a_hard_day(house)
        secrets = [house.server.token, *(interaction.token for interaction in house.server.interactions)]
        rows = [repr(job) for job in await house.jobs()]
        shown = [
            version.look.text
            for channel in (house.channel, house.server.dm(house.mia))
            for message in channel.every_message.values()
            for version in message.history
        ]
    assert len(lines) > 10
    for secret in secrets:
        for text in (*lines, *rows, *shown):
            assert secret not in text, text[:2000]


async def refuses(wire: Wire) -> None:
    """An upstream that quotes the key that it was given."""
    await wire.answer(401, json.dumps({"error": {"message": f"{wire.asked.headers['authorization']} is not known"}}))


@pytest.mark.parametrize("script", [refuses, happily], ids=["refused", "and its film is nowhere"])
async def test_the_upstreams_key_is_written_nowhere(
    database: Database, tmp_path: Path, lines: list[str], script: Script
) -> None:
    async with raw_upstream(script) as wire, discord_house(database, tmp_path) as house, house.open():
        house.upstream = provider(wire)
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        job = await house.over(state=JobState.FAILED)
        await asyncio.sleep(2)
        assert asked.message is not None
        for text in (*lines, *(version.look.text for version in asked.message.history), repr(job)):
            assert CANARY not in text, text[:2000]
        assert "1 credit returned" in asked.message.text
