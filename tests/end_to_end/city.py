"""An installation of many processes as its people see it: both platforms, one upstream, PostgreSQL between them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from typing_extensions import override

from core.db import Database, open_database
from core.simulator import Simulator
from core.simulator.files import send_file
from core.simulator.jobs import Job
from tests.emulators.discord import DiscordEmulator, emulated_discord
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.end_to_end.serving import Serving, serving
from tests.films import TINY_FILM
from tests.postgresql import Server, private_server


class BusyUpstream(Simulator):
    """Writes down what it was asked for and when, and gives out small films at once, each another one."""

    def __init__(self, *, speed: float, **more: Any) -> None:
        super().__init__(speed=speed, jobs_kept=1000, **more)
        self.asked: list[tuple[str, datetime]] = []
        """What it was asked for, and when."""
        self.fetched: dict[str, datetime] = {}
        """When the film of a prompt was first fetched."""

    @override
    async def _answer(self, request: web.Request, job: Job, *told: Any) -> web.StreamResponse:
        self.asked.append((job.order.prompt, datetime.now(UTC)))
        return await super()._answer(request, job, *told)

    @override
    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self._book.by_path(request.path)
        if job is None:
            raise web.HTTPNotFound
        self.fetched.setdefault(job.order.prompt, datetime.now(UTC))
        return await send_file(request, film_of(job.order.prompt), "video/mp4", {}, 0)


def film_of(prompt: str) -> bytes:
    """The film that comes of a prompt: a box at its end, which players skip, says of which."""
    said = prompt.encode()
    return TINY_FILM + (len(said) + 8).to_bytes(4, "big") + b"free" + said


@dataclass
class City:
    """The far ends, and the way to start processes between them."""

    discord: DiscordEmulator
    telegram: TelegramEmulator
    upstream: BusyUpstream
    server: Server
    url: str
    database: Database
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def process(self, *words: str, **settings: str) -> Any:
        """One `matinee WORDS`, until the block ends."""
        return serving(self.folder, {**self.settings, **settings}, *words)

    async def gateway_hears(self, *gateways: Serving) -> None:
        """Until every part of Discord, and Telegram, is heard by one of these."""
        await self.discord.until_ready()
        await until(
            lambda: any("Telegram is connected" in gateway.log for gateway in gateways), "Telegram's connection"
        )


@asynccontextmanager
async def city(folder: Path, *, speed: float, shards: int = 1, **settings: str) -> AsyncGenerator[City]:
    """Everything set up and nothing running; `settings` are what all processes are told, by their short names."""
    with private_server() as server:
        url = server.new()
        async with (
            emulated_discord(shards=shards) as discord,
            emulated_telegram() as telegram,
            BusyUpstream(speed=speed) as upstream,
            open_database(url) as database,
        ):
            named = {f"MATINEE_{name.upper()}": value for name, value in settings.items()}
            yield City(
                discord,
                telegram,
                upstream,
                server,
                url,
                database,
                folder,
                {
                    "MATINEE_DISCORD_TOKEN": discord.token,
                    "MATINEE_DISCORD_API_URL": discord.api_url,
                    "MATINEE_DISCORD_GATEWAY_URL": discord.gateway_url,
                    "MATINEE_TELEGRAM_TOKEN": telegram.token,
                    "MATINEE_TELEGRAM_API_URL": telegram.url,
                    "MATINEE_PROVIDER_URL": f"{upstream.url}/v1",
                    "MATINEE_DATABASE_URL": url,
                    **named,
                },
            )
        server.drop(url)


async def until(
    condition: Callable[[], object], what: str, seconds: float = 60, left: Callable[[], object] = lambda: ""
) -> float:
    """Look until it is so: other processes work meanwhile; `left` is told otherwise. How many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"{what} never happened {left()}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def most_at_once(spans: Mapping[str, list[tuple[datetime, datetime]]]) -> dict[str, int]:
    """By name, how many of its spans there were at one instant, at most; one that ends as another begins is over."""
    most = {}
    for name, theirs in spans.items():
        steps = sorted([(ends, -1) for _, ends in theirs] + [(began, 1) for began, _ in theirs])
        running = highest = 0
        for _, step in steps:
            running += step
            highest = max(highest, running)
        most[name] = highest
    return most
