"""A whole house between a scripted upstream and the emulator of Telegram: everything between is real."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from telegram import Bot, Update

from bots.telegram.messenger import build
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.wire import Wire
from core import jobs
from core.catalogue import Catalogue
from core.db import Database
from core.dispatch.in_process import InProcess
from core.model import Address, GenerationRequest, Job, JobId, JobState, Requester, Wishes
from core.service import Policy, Service
from core.videos.store import Store
from core.worker import Worker
from tests.emulators.telegram import Chat, Message, Person, TelegramEmulator, Topic, bot_at, emulated_telegram
from tests.stand_ins import POLICY, Upstream, catalogue
from tests.virtual_time import now

Handle = Callable[[Update], Awaitable[None]]


def sign(verb: str, job: JobId, person: int) -> str:
    """As buttons are told apart in tests that press none."""
    return f"{verb}:{job}:{person}"


@dataclass
class TelegramHouse:
    """The far ends, and what is between them."""

    telegram: TelegramEmulator
    database: Database
    folder: Path
    upstream: Any
    """An `Upstream`, or a provider that speaks with one."""
    policy: Policy
    at_once: int
    models: Catalogue
    group: Chat = field(init=False)
    anna: Person = field(init=False)
    ben: Person = field(init=False)
    service: Service = field(init=False)
    storage: Chat | None = None
    """The operator's storage chat, where there is one."""
    wire: Wire = field(init=False)
    """Of the process that serves now."""
    asked: int = 0
    make_bot: Callable[[TelegramEmulator], Bot] = bot_at

    def __post_init__(self) -> None:
        self.anna = self.telegram.person("Anna", started=True)
        self.ben = self.telegram.person("Ben", started=True)
        self.group = self.telegram.supergroup("Film club", self.anna, self.ben)
        self.service = Service(self.database, self.models, self.policy, now=now)

    @asynccontextmanager
    async def open(
        self,
        *,
        drain_seconds: float = 30,
        shared: bool = False,
        handlers: Callable[["TelegramHouse"], Handle] | None = None,
    ) -> AsyncGenerator[Wire]:
        """Serve until the block ends, as one process does; `handlers` make what the bot is told of go somewhere."""
        async with self.make_bot(self.telegram) as bot:
            storage = self.storage.id if self.storage is not None else None
            wire = self.wire = Wire.of(bot, self.service, now=now, sign=sign, shared=shared, storage_chat=storage)
            store = Store(self.folder / "videos")
            worker = Worker(
                self.database,
                self.service,
                self.models,
                lambda _model: self.upstream,
                store,
                self.messenger,
                InProcess(),
                owner=f"house at {now()}",
                at_once=self.at_once,
                keep_for=timedelta(days=30),
                drain_seconds=drain_seconds,
                now=now,
                lease=timedelta(minutes=1),
            )
            self.service.wake, self.service.forget = worker.wake, store.forget
            await wire.open()
            try:
                async with asyncio.TaskGroup() as tasks:
                    feed = tasks.create_task(_feed(bot, handlers(self)), name="updates") if handlers else None
                    work = tasks.create_task(worker.run(), name="worker")
                    yield wire
                    worker.stop()
                    await work
                    if feed is not None:
                        feed.cancel()
            finally:
                await wire.close()

    def messenger(self, address: Address) -> Any:
        """As the platform reopens a conversation."""
        return build(read_place(address), self.wire)

    # What people do

    async def ask(
        self,
        who: Person,
        chat: Chat | None = None,
        prompt: str = "a dog on the beach",
        *,
        topic: Topic | None = None,
        wishes: Wishes = Wishes(),  # noqa: B008 - frozen
        seconds: int = 5,
    ) -> Job:
        """Write /video, and have it taken as the handlers do."""
        chat = chat or self.group
        message = who.command(chat, "video", prompt, topic=topic)
        self.asked += 1
        place = Place(
            chat=chat.id,
            person=who.id,
            thread=topic.id if topic is not None else None,
            asked_in=message.id,
            private=chat.is_private,
        )
        request = GenerationRequest(prompt, self.models.default.name, seconds)
        requester = Requester(f"{NAME}:{who.id}", f"{NAME}:{chat.id}")
        asked_by = f"{NAME}:{self.asked}"
        return await self.service.submit(request, requester, place.address(), wishes=wishes, asked_by=asked_by)

    # What is there to see

    async def jobs(self) -> list[Job]:
        """All of them, the newest first."""
        async with self.database.read() as tx:
            people = [user.id for user in self.telegram.world.users.values()]
            rows = [await jobs.of_person(tx, f"{NAME}:{id_}", limit=200) for id_ in people]
        return sorted((job for theirs in rows for job in theirs), key=lambda job: job.created_at, reverse=True)

    async def over(self, count: int = 1, *, state: JobState | None = JobState.DELIVERED, seconds: float = 7200) -> Job:
        """Wait for that many jobs to be over; the latest, which must have ended like this (None: however)."""
        async with asyncio.timeout(seconds):
            while True:
                rows = await self.jobs()
                if len(rows) >= count and all(job.state.terminal for job in rows):
                    assert state in {None, rows[0].state}, rows[0]
                    return rows[0]
                await asyncio.sleep(0.5 if asyncio.get_running_loop().time() < 100 else 5)

    def films(self) -> list[Message]:
        """Every film that anybody sees, but for those in the storage chat."""
        chats = [chat for chat in self.telegram.world.chats.values() if chat is not self.storage]
        return [message for chat in chats for message in chat.videos]

    async def message_of(self, job: Job) -> Message:
        """The message that a job has by the books."""
        place = read_place((await self.service.job(job.id)).address)
        assert place.message is not None
        return self.telegram.world.chats[place.chat].every_message[place.message]


async def _feed(bot: Bot, handle: Handle) -> None:
    """One update after another, as simply as can be."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset=offset, timeout=50):
            await handle(update)
            offset = update.update_id + 1


@asynccontextmanager
async def telegram_house(
    database: Database,
    folder: Path,
    *,
    upstream: Upstream | None = None,
    policy: Policy = POLICY,
    at_once: int = 2,
    models: Catalogue | None = None,
    **choices: Any,
) -> AsyncGenerator[TelegramHouse]:
    """Everything set up, nothing connected yet; no request may have been one that Telegram's description refuses."""
    async with emulated_telegram(**choices) as server:
        yield TelegramHouse(server, database, folder, upstream or Upstream(), policy, at_once, models or catalogue())
        check_what_was_sent(server)


def check_what_was_sent(server: TelegramEmulator) -> None:
    """What holds for every request that was ever made: nothing is parsed, and a film is only ever put in by an edit."""
    for call in server.calls():
        assert "parse_mode" not in str(call.params), call.method
    assert all(call.method != "sendVideo" or call.params["disable_notification"] for call in server.calls())
