"""Several processes on one database: two that each hear a shard of Discord, one that works, and who may not join."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy

import pytest

from bots.sharing import hold
from core.errors import ConfigurationError
from core.simulator import Simulator
from tests import virtual_time
from tests.emulators.discord import Channel, DiscordEmulator, Right
from tests.end_to_end.programs import SECONDS, command, environment, matinee

CATALOGUE = Path(__file__).parents[2] / "catalogue.toml"


@asynccontextmanager
async def process(folder: Path, env: dict[str, str], *words: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`matinee run WORDS` until the block ends; it must leave in peace."""
    with (folder / "log").open("ab") as log:
        started = await asyncio.create_subprocess_exec(
            *command("run", *words), cwd=folder, env=environment(**env), stdout=log, stderr=log
        )
        try:
            yield started
            started.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(started.wait(), SECONDS) == 0, (folder / "log").read_text()
        finally:
            if started.returncode is None:
                started.kill()
                await started.wait()


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordEmulator]:
    """Discord of two shards, under the clock that the processes have too."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(virtual_time, "BEGINNING", datetime.now(UTC) - timedelta(seconds=loop.time()))
    async with DiscordEmulator(shards=2) as server:
        yield server


def settings(server: DiscordEmulator, provider: str) -> dict[str, str]:
    """What all of the processes are told."""
    return {
        "MATINEE_DISCORD_TOKEN": server.token,
        "MATINEE_DISCORD_API_URL": server.api_url,
        "MATINEE_DISCORD_GATEWAY_URL": server.gateway_url,
        "MATINEE_PROVIDER_URL": provider,
    }


async def test_two_gateways_and_a_worker_bring_one_film_to_each_shard(server: DiscordEmulator, tmp_path: Path) -> None:
    copy(CATALOGUE, tmp_path)
    mia = server.person("mia")
    rooms: dict[int, Channel] = {}
    while len(rooms) < 2:
        guild = server.guild("Film club", mia)
        rooms.setdefault((guild.id >> 22) % 2, guild.channel("videos"))
        await asyncio.sleep(0.001)
    async with Simulator(speed=20) as simulator:
        env = settings(server, f"{simulator.url}/v1")
        async with (
            process(tmp_path, env | {"MATINEE_DISCORD_SHARDS": "0/2"}, "--role", "gateway"),
            process(tmp_path, env | {"MATINEE_DISCORD_SHARDS": "1/2"}, "--role", "gateway"),
            process(tmp_path, env, "--role", "worker"),
        ):
            await server.until(lambda: len(server.gateway.connections) == 2, 60)
            assert sorted(shard for _, shard in server.gateway.identifies) == [0, 1], "none was refused"
            (first, _), (second, _) = server.gateway.identifies
            assert second - first >= 5, "Discord's own limit"
            for room in rooms.values():
                asked = await mia.slash(room, "video", prompt=f"a dog in {room.id}")
                assert asked.acknowledged

            def there() -> bool:
                return all(any(one.pinged for one in room.messages) for room in rooms.values())

            await server.until(there, 60)
    for room in rooms.values():
        film, ping = room.messages
        assert [file.content_type for file in film.files] == ["video/mp4"]
        assert ping.pinged == [mia]
    (one,), (other,) = (room.messages[0].files for room in rooms.values())
    assert one.data != other.data
    assert len(server.syncs) == 1
    assert server.complaints == []
    assert server.rate_limited == []
    uploads = [call for call in server.requests("PATCH") if call.files]
    assert [call.right for call in uploads] == [Right.INTERACTION] * 2


async def test_whoever_wants_a_database_alone_is_told_that_others_are_there(
    server: DiscordEmulator, tmp_path: Path
) -> None:
    copy(CATALOGUE, tmp_path)
    env = settings(server, "http://127.0.0.1:9/v1")
    async with process(tmp_path, env, "--role", "worker"):
        await server.until(lambda: server.requests("GET", "/users/@me$"))
        seen = await asyncio.to_thread(matinee, "run", cwd=tmp_path, env=env)
    assert seen.returncode == 2
    assert seen.stderr.startswith("MATINEE_DATABASE_URL: another Matinee is at work on ")


def test_a_role_without_a_platform_is_refused(tmp_path: Path) -> None:
    copy(CATALOGUE, tmp_path)
    seen = matinee("run", "--role", "worker", cwd=tmp_path, env={"MATINEE_PROVIDER_URL": "http://127.0.0.1:9/v1"})
    assert (seen.returncode, seen.stdout) == (2, "")
    assert seen.stderr.startswith("--role: ")


async def test_only_the_first_of_those_that_share_takes_over_what_the_dead_left(tmp_path: Path) -> None:
    file = tmp_path / "matinee.sqlite"
    async with hold(file, shared=True) as first:
        assert first.first
        first.share()
        async with hold(file, shared=True) as second:
            assert not second.first
            with pytest.raises(ConfigurationError, match="another Matinee"):
                async with hold(file, shared=False):
                    """Nobody gets here."""
    async with hold(file, shared=False) as alone:
        assert alone.first
