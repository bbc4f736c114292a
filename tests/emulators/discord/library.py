"""Points the real discord.py at the emulator, and puts everything back afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import yarl

import discord
from discord import gateway
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.ui import view
from tests.emulators.discord.emulator import DiscordEmulator
from tests.virtual_time import VirtualTimeLoop, now


@contextmanager
def point_at(emulator: DiscordEmulator, clock: Callable[[], datetime] = now) -> Iterator[None]:
    """While it lasts every client of discord.py in this process speaks with the emulator.

    `clock` is what the bot's host shows. Under a clock that jumps, the library's own clocks follow it: the age of
    interactions, the life of views, the pace at which it may send to the gateway.
    """
    loop = asyncio.get_running_loop()
    with pytest.MonkeyPatch.context() as library:
        library.setattr(Route, "BASE", emulator.api_url)
        library.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(emulator.gateway_url))
        library.setattr(discord.Asset, "BASE", emulator.cdn.base)
        library.setattr(discord.utils, "utcnow", clock)
        if isinstance(loop, VirtualTimeLoop):
            library.setattr(view, "time", SimpleNamespace(monotonic=loop.time))
            library.setattr(gateway, "time", SimpleNamespace(time=loop.time, perf_counter=loop.time))
        yield


@asynccontextmanager
async def emulated_discord(*, clock: Callable[[], datetime] = now, **choices: Any) -> AsyncGenerator[DiscordEmulator]:
    """Discord for one test, with discord.py pointed at it; what the bot did against the description fails the test."""
    async with DiscordEmulator(**choices) as emulator:
        with point_at(emulator, clock):
            yield emulator
        assert not emulator.complaints, "\n".join(emulator.complaints)


@asynccontextmanager
async def at_work(client: discord.Client, emulator: DiscordEmulator) -> AsyncGenerator[None]:
    """A client that has logged in and is ready; closed afterwards."""
    async with client:
        await client.login(emulator.token)
        task = asyncio.create_task(client.connect(), name="the bot's connection")
        ready = asyncio.create_task(client.wait_until_ready(), name="until the bot is ready")
        try:
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            yield
        finally:
            ready.cancel()
            await client.close()
            await asyncio.gather(task, ready, return_exceptions=True)
