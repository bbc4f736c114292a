"""Where Discord is spoken with, and what becomes of a connection that Discord ends for good."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.client import Shards
from bots.discord.platform import build
from core.db import Database
from core.errors import ConfigurationError
from core.ports import Platform
from tests.bots.discord_house import DiscordHouse
from tests.emulators.discord import DiscordEmulator, emulated_discord
from tests.stand_ins import POLICY, Upstream, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

NOWHERE = "127.0.0.1:9"
"""Where nobody listens."""


@pytest.fixture
async def server() -> AsyncGenerator[DiscordEmulator]:
    """Discord, for whoever finds it."""
    async with emulated_discord() as server:
        yield server


def platform(
    server: DiscordEmulator,
    database: Database,
    folder: Path,
    *,
    shards: Shards | None = None,
    api_url: str | None = None,
    gateway_url: str | None = None,
) -> Platform:
    """One process's part of Discord."""
    house = DiscordHouse(server, database, folder, Upstream(), POLICY, 2, catalogue())
    return build(
        house.service,
        house.models,
        token=server.token,
        zone=POLICY.zone,
        now=now,
        gate=folder / "gate",
        shards=shards,
        api_url=api_url,
        gateway_url=gateway_url,
    )


@asynccontextmanager
async def running(platform: Platform) -> AsyncGenerator[asyncio.Task[None]]:
    """Serve until the block ends."""
    task = asyncio.create_task(platform.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("shards", [None, Shards((0,), 1)])
async def test_a_gateway_that_the_host_names_is_used_whatever_discord_names(
    server: DiscordEmulator, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: Shards | None
) -> None:
    there = server.gateway_url
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws://{NOWHERE}/"))
    server.gateway.url = f"ws://{NOWHERE}/"  # by GET /gateway/bot, and for a RESUME
    async with running(platform(server, database, tmp_path, shards=shards, gateway_url=there)):
        await server.until_ready()
        for resumable, resumed in ((True, 1), (False, 2)):
            server.gateway.disconnect(4000, resumable=resumable)
            await server.until_ready()
            assert server.gateway.resumes == resumed


async def test_a_proxy_s_own_path_is_kept_before_discord_s_question(
    server: DiscordEmulator, database: Database, tmp_path: Path
) -> None:
    asked: list[str] = []

    async with running(platform(server, database, tmp_path, gateway_url=f"{server.gateway_url}?by=proxy")):
        await server.until_ready()
        asked += [connection.request.query_string for connection in server.gateway.connections]
    (question,) = asked
    assert {"by=proxy", "v=10", "encoding=json"} <= set(question.split("&"))


async def test_an_api_that_the_host_names_is_used(
    server: DiscordEmulator, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "BASE", f"http://{NOWHERE}/api/v10")
    async with running(platform(server, database, tmp_path, api_url=f"{server.api_url}/")):
        await server.until_ready()
    assert server.api_url == Route.BASE


@pytest.mark.parametrize(
    ("code", "setting", "words"),
    [
        (4004, "MATINEE_DISCORD_TOKEN", "no longer accepts this token"),
        (4010, "MATINEE_DISCORD_SHARDS", "does not have this shard"),
        (4011, "MATINEE_DISCORD_SHARDS", "more shards"),
        (4012, "MATINEE_DISCORD_GATEWAY_URL", "newer Matinee"),
        (4013, "MATINEE_DISCORD_TOKEN", "intents"),
        (4014, "MATINEE_DISCORD_TOKEN", "intents"),
    ],
)
async def test_a_connection_that_discord_ends_for_good_is_one_clear_line(
    server: DiscordEmulator, database: Database, tmp_path: Path, code: int, setting: str, words: str
) -> None:
    async with running(platform(server, database, tmp_path)) as task:
        await server.until_ready()
        server.gateway.disconnect(code)
        with pytest.raises(ConfigurationError) as error:
            await asyncio.wait_for(task, 60)
    (line,) = error.value.lines
    assert line.startswith(f"{setting}: ")
    assert words in line
    assert server.token not in line


async def test_a_gateway_that_cannot_be_asked_for_at_the_start_is_asked_for_again(
    server: DiscordEmulator, database: Database, tmp_path: Path
) -> None:
    server.fail("GET", "^/gateway/bot", status=503, times=6)
    server.drop("GET", "^/gateway/bot", times=6)
    async with running(platform(server, database, tmp_path)):
        await server.until_ready(600)


async def test_a_token_that_is_taken_away_right_after_the_login_is_one_clear_line(
    server: DiscordEmulator, database: Database, tmp_path: Path
) -> None:
    server.fail("GET", "^/gateway/bot", status=401, times=99)
    async with running(platform(server, database, tmp_path)) as task:
        with pytest.raises(ConfigurationError, match=r"^MATINEE_DISCORD_TOKEN: "):
            await asyncio.wait_for(task, 60)
