"""A whole house between a scripted upstream and the emulator of Discord: everything between is real."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bots.discord.client import Shards
from bots.discord.place import Place
from bots.discord.platform import build
from core import jobs
from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import Database
from core.dispatch.in_process import InProcess
from core.duty import Duty
from core.model import Job, JobState, Shape
from core.ports import Platform
from core.service import Policy, Service
from core.videos.store import Store
from core.worker import Worker
from tests.emulators.discord import Channel, DiscordEmulator, Guild, Permission, Person, Right, emulated_discord
from tests.stand_ins import POLICY, Upstream, catalogue
from tests.standing import standing
from tests.virtual_time import BEGINNING, now

TOKEN = "aW50ZXJhY3Rpb246canary"
BEGAN = BEGINNING


def place(**more: object) -> Place:
    """Where an answer goes, unless it is said otherwise."""
    fields: dict[str, object] = {
        "application": 1,
        "token": TOKEN,
        "token_from": BEGAN,
        "channel": 2,
        "message": 3,
        "person": 4,
        "guild": 5,
    }
    return Place(**(fields | more))  # type: ignore[arg-type] # shorthand for many fields


def two_models() -> Catalogue:
    """One that takes words alone, and one that takes pictures in any shape."""
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    words = ModelEntry(name="words", label="words", provider="upstream", upstream_model="x", lengths={5: 1})
    pictures = ModelEntry(
        name="pictures",
        label="pictures",
        provider="upstream",
        upstream_model="y",
        lengths={5: 2},
        shapes=tuple(Shape),
        takes_image=True,
    )
    return Catalogue([words, pictures], [provider])


@dataclass
class DiscordHouse:
    """The far ends, and what is between them."""

    server: DiscordEmulator
    database: Database
    folder: Path
    upstream: Any
    """An `Upstream`, or a provider that speaks with one."""
    policy: Policy
    at_once: int
    models: Catalogue
    clock: Callable[[], datetime] = now
    """What the host's clock shows."""
    guild: Guild = field(init=False)
    channel: Channel = field(init=False)
    mia: Person = field(init=False)
    ben: Person = field(init=False)
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.mia, self.ben = self.server.person("mia"), self.server.person("ben")
        self.guild = self.server.guild("Film club", self.mia, self.ben)
        self.channel = self.guild.channel("videos")
        self.service = Service(self.database, self.models, self.policy, now=self.clock)

    def platform(self, shards: Shards | None = None, *, duty: Callable[[str], Duty] | None = None) -> Platform:
        """One process's part of Discord."""
        return build(
            self.service,
            self.models,
            token=self.server.token,
            zone=self.policy.zone,
            now=self.clock,
            gate=self.folder / "gate",
            shards=shards,
            duty=duty,
        )

    def worker(
        self, platform: Platform, *, drain_seconds: float = 30, upstream: Any = None, at_once: int | None = None
    ) -> Worker:
        """One process's hands."""
        store = Store(self.folder / "videos")
        worker = Worker(
            self.database,
            self.service,
            self.models,
            lambda _model: upstream or self.upstream,
            store,
            platform.messenger,
            InProcess(),
            owner=f"house at {now()}, {token_hex(4)}",
            at_once=at_once or self.at_once,
            keep_for=timedelta(days=30),
            drain_seconds=drain_seconds,
            now=self.clock,
            lease=timedelta(minutes=1),
        )
        self.service.wake, self.service.link_of = worker.wake, worker.link_of
        self.service.forget = store.forget
        return worker

    @asynccontextmanager
    async def open(self, *, drain_seconds: float = 30, at_once: bool = False) -> AsyncGenerator[Platform]:
        """Serve until the block ends, as one process does; `at_once`: work before Discord is there."""
        platform = self.platform()
        worker = self.worker(platform, drain_seconds=drain_seconds)
        # Its locks are a process's own.
        async_context.set(AsyncWebhookAdapter())  # type: ignore[no-untyped-call] # as in discord.py
        async with asyncio.TaskGroup() as tasks:
            talk = tasks.create_task(platform.run(), name="discord")
            if not at_once:
                await self.server.until_ready()
            work = tasks.create_task(worker.run(), name="worker")
            yield platform
            worker.stop()
            await work
            talk.cancel()

    def make_moderator(self, person: Person) -> None:
        """Let somebody manage messages."""
        role = self.guild.role("moderators", Permission.MANAGE_MESSAGES)
        self.guild.members[person.id].roles.append(role)

    async def jobs(self) -> list[Job]:
        """All of them, the newest first."""
        async with self.database.read() as tx:
            rows = [await jobs.of_person(tx, f"discord:{who.id}", limit=100) for who in (self.mia, self.ben)]
        return sorted((job for theirs in rows for job in theirs), key=lambda job: job.created_at, reverse=True)

    async def over(self, count: int = 1, *, state: JobState = JobState.DELIVERED, seconds: float = 7200) -> Job:
        """Wait for that many jobs to be over; the latest, which must have ended like this."""
        with standing(self.database) as look:
            async with asyncio.timeout(seconds):
                while len(look()) < count or not all(each.terminal for each in look().values()):  # noqa: ASYNC110 - the database rings no bell
                    await asyncio.sleep(0.5 if asyncio.get_running_loop().time() < 100 else 5)
        latest, *_ = await self.jobs()
        assert latest.state is state, latest
        return latest


@asynccontextmanager
async def discord_house(
    database: Database,
    folder: Path,
    *,
    upstream: Upstream | None = None,
    policy: Policy = POLICY,
    at_once: int = 2,
    models: Catalogue | None = None,
    clock: Callable[[], datetime] = now,
) -> AsyncGenerator[DiscordHouse]:
    """Everything set up, nothing connected yet; no request may have been one that Discord's description refuses."""
    async with emulated_discord(clock=clock) as server:
        yield DiscordHouse(
            server, database, folder, upstream or Upstream(), policy, at_once, models or catalogue(), clock
        )
        assert server.complaints == []
        assert server.rate_limited == []
        check_what_was_sent(server)


def check_what_was_sent(server: DiscordEmulator) -> None:
    """What holds for every message that was ever written: nobody is mentioned by chance, and no token is used late."""
    for call in server.requests():
        body = call.json if isinstance(call.json, dict) else {}
        written = (body.get("data") or {}) if call.path.endswith("/callback") else body
        is_message = "/messages" in call.path or call.right is Right.INTERACTION
        if is_message and {"content", "components"} & written.keys() and body.get("type") not in {8, 9}:
            assert written["allowed_mentions"]["parse"] == [], call.path
    born = {interaction.token: interaction.began for interaction in server.interactions}
    for call in server.requests("*", r"^/webhooks/"):
        assert (call.at - BEGINNING).total_seconds() - born[call.params["webhook_token"]] <= 14 * 60, call.path
