"""What a bot holds that is connected and has nothing to do: `matinee run` and bare clients of discord.py, side by side.

Each is a process of its own, one at a time, at the same emulated Discord in another process. What it holds is read from
the kernel (`/proc/PID/smaps_rollup`) once it grows no more. Must be started from the repository's root.
"""

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.bare_client import CLIENTS
from core.db import open_database
from tests.emulators.discord import DiscordEmulator

SERVERS: Final = (1, 500)
"""How many servers the bot is in."""
_CHANNELS, _ROLES = 20, 10
_ROOT: Final = Path(__file__).parents[1]
_SETTLED_KIB: Final = 128
"""What has not grown by more than this in so many looks, a second apart, has settled."""
_LOOKS: Final = 3

OURS: Final = "matinee run"


class Held(NamedTuple):
    """MiB: resident, and with what is shared counted in shares."""

    rss: float
    pss: float


async def measure() -> Mapping[str, Mapping[int, Held]]:
    """What each holds, by the number of servers. Raises `OSError` where the kernel does not tell."""
    held: dict[str, dict[int, Held]] = {name: {} for name in (OURS, *CLIENTS)}
    with TemporaryDirectory() as folder:
        shutil.copy(_ROOT / "catalogue.toml", folder)
        async with open_database(f"sqlite:///{folder}/data/matinee.sqlite"):
            """A host that has run before."""
        for servers in SERVERS:
            for name, by_servers in held.items():
                async with _far_end(servers) as (discord_end, settings):
                    words = ["bots", "run"] if name == OURS else ["benchmarks.bare_client", name]
                    async with _process(*words, cwd=folder, settings=settings) as bot:
                        assert discord_end.stdout
                        await discord_end.stdout.readline()
                        by_servers[servers] = await _settled(bot.pid)
    return held


async def _settled(pid: int) -> Held:
    looks: list[dict[str, int]] = []
    while len(looks) < _LOOKS or looks[-1]["Pss"] - looks[-_LOOKS]["Pss"] > _SETTLED_KIB:
        await asyncio.sleep(1)
        # A look is a file of the kernel's: nothing is waited for.
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()  # noqa: ASYNC240
        looks.append({name: int(kib) for name, kib in re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE)})
    return Held(looks[-1]["Rss"] / 1024, looks[-1]["Pss"] / 1024)


@asynccontextmanager
async def _far_end(servers: int) -> AsyncGenerator[tuple[Process, Mapping[str, str]]]:
    async with _process("benchmarks.idle", str(servers), cwd=str(_ROOT)) as process:
        assert process.stdout
        api, gateway, token = (await process.stdout.readline()).decode().split()
        yield (
            process,
            {
                "MATINEE_DISCORD_API_URL": api,
                "MATINEE_DISCORD_GATEWAY_URL": gateway,
                "MATINEE_DISCORD_TOKEN": token,
                "MATINEE_PROVIDER_URL": "http://127.0.0.1:9/v1",
                "MATINEE_LOG_LEVEL": "warning",
            },
        )


@asynccontextmanager
async def _process(*words: str, cwd: str, settings: Mapping[str, str] | None = None) -> AsyncGenerator[Process]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    env |= {"PYTHONPATH": str(_ROOT)} | dict(settings or {})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        "-m",
        *words,
        cwd=cwd,
        env=env,
        stdout=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _serve(servers: int) -> None:
    """Be Discord: say where, and then that the bot has come."""
    async with DiscordEmulator() as emulator:
        for number in range(servers):
            guild = emulator.guild(f"Film club {number}")
            for channel in range(_CHANNELS):
                guild.channel(f"videos-{channel}")
            for role in range(_ROLES):
                guild.role(f"role {role}")
        sys.stdout.write(f"{emulator.api_url} {emulator.gateway_url} {emulator.token}\n")
        sys.stdout.flush()
        while not emulator.gateway.identifies:  # noqa: ASYNC110 - what is waited for knows no event
            await asyncio.sleep(0.1)
        sys.stdout.write("connected\n")
        sys.stdout.flush()
        await asyncio.sleep(300)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
