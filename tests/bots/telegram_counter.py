"""What hears people on Telegram, between the emulator, a real database and an upstream that follows a script."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from telegram import Bot, Update

from bots.telegram.desk import Desk
from bots.telegram.handlers import Handlers
from bots.telegram.messenger import TelegramMessenger
from bots.telegram.place import read_place
from bots.telegram.signing import Signer
from bots.telegram.wire import Wire
from core import jobs
from core.catalogue import Catalogue
from core.db import Database, DatabaseUnavailableError
from core.dispatch.in_process import InProcess
from core.model import Job
from core.service import Policy, Service
from core.videos.store import Store
from core.worker import Worker
from tests.bots.discord_house import two_models
from tests.emulators.telegram import Chat, Message, Person, TelegramEmulator, bot_at, emulated_telegram
from tests.stand_ins import POLICY, Upstream
from tests.virtual_time import now


def photo(width: int = 320, height: int = 240, *, form: str = "JPEG", **more: Any) -> bytes:
    """A picture that somebody could have taken."""
    out = BytesIO()
    Image.new("RGB", (width, height), "orange").save(out, form, **more)
    return out.getvalue()


@dataclass
class Counter:
    """The far end, the house behind the counter, and two people."""

    telegram: TelegramEmulator
    bot: Bot
    database: Database
    policy: Policy
    models: Catalogue
    folder: Path
    clock: Callable[[], datetime] = now
    """What the host's clock shows."""
    upstream: Upstream = field(default_factory=Upstream)
    updates: list[Update] = field(default_factory=list)
    """All that was heard."""
    waited: int = 0
    """How often an update had to be seen to again, since the database was away."""
    anna: Person = field(init=False)
    ben: Person = field(init=False)
    group: Chat = field(init=False)
    service: Service = field(init=False)
    desk: Desk = field(init=False)
    handlers: Handlers = field(init=False)

    def __post_init__(self) -> None:
        self.anna, self.ben = self.telegram.person("Anna", started=True), self.telegram.person("Ben", known=True)
        self.group = self.telegram.supergroup("Film club", self.anna, self.ben)
        self.begin()

    def begin(self) -> None:
        """As a process begins: nothing is known but what the database says."""
        self.service = Service(self.database, self.models, self.policy, now=self.clock)
        signer = Signer()
        wire = Wire.of(self.bot, self.service, now=self.clock, sign=signer.sign)
        self.desk = Desk(self.service, self.models, wire, self.policy.zone, signer)
        self.handlers = Handlers(self.desk)

    async def serve(self) -> None:
        """Hear people until called off: presses at once, everything else one after another."""
        offset = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                for update in await self.bot.get_updates(offset, timeout=50, allowed_updates=Update.ALL_TYPES):
                    offset = update.update_id + 1
                    self.updates.append(update)
                    if update.callback_query is not None:
                        tasks.create_task(self._see_to(update))
                    else:
                        await self._see_to(update)

    async def _see_to(self, update: Update) -> None:
        while True:
            try:
                return await self.handlers.handle(update)
            except DatabaseUnavailableError:
                self.waited += 1
                await asyncio.sleep(1)

    def worker(self) -> Worker:
        """One process's hands."""
        store = Store(self.folder / "videos")
        worker = Worker(
            self.database,
            self.service,
            self.models,
            lambda _model: self.upstream,
            store,
            lambda address: TelegramMessenger(read_place(address), self.desk.wire),
            InProcess(),
            owner=f"counter at {now()}",
            at_once=2,
            keep_for=timedelta(days=30),
            drain_seconds=30,
            now=now,
        )
        self.service.wake, self.service.forget = worker.wake, store.forget
        return worker

    @asynccontextmanager
    async def working(self, *, seconds: float = 600) -> AsyncGenerator[None]:
        """Let somebody work on what was asked for; at the end of the block, until all of it is over."""
        worker = self.worker()
        work = asyncio.create_task(worker.run(), name="worker")
        yield
        async with asyncio.timeout(seconds):
            while True:
                if all(job.state.terminal for job in [*await self.jobs(), *await self.jobs(self.ben)]):
                    break
                await asyncio.sleep(1)
        worker.stop()
        await work
        await self.heard(5)

    async def film(self, chat: Chat | None = None, words: str = "a dog on the beach") -> Message:
        """A film of Anna's."""
        chat = chat or self.group
        self.anna.command(chat, "video", words)
        await self.heard(1)
        async with self.working():
            pass
        return chat.videos[-1]

    async def jobs(self, who: Person | Chat | None = None) -> list[Job]:
        """Somebody's, the newest first."""
        async with self.database.read() as tx:
            return await jobs.of_person(tx, f"telegram:{(who or self.anna).id}", limit=100)

    async def heard(self, seconds: float = 20) -> None:
        """Let everything be answered that was said."""
        await self.telegram.quiet()
        await asyncio.sleep(seconds)

    async def say(self, text: str, chat: Chat | None = None, **place: Any) -> str:
        """Anna writes, in private unless it is said otherwise; all that she is answered."""
        chat = chat or self.anna.private
        before = chat.from_bot
        self.anna.write(chat, text, **place)
        await self.heard()
        return "\n\n".join(message.text for message in chat.from_bot if message not in before)

    async def card(self, chat: Chat | None = None, words: str = "") -> Message:
        """A card of Anna's."""
        chat = chat or self.group
        self.anna.command(chat, "video")
        await self.heard()
        return chat.last


@asynccontextmanager
async def counter(
    database: Database,
    folder: Path,
    *,
    policy: Policy = POLICY,
    models: Catalogue | None = None,
    clock: Callable[[], datetime] = now,
) -> AsyncGenerator[Counter]:
    """Everything set up and listening; every press must have been answered, and no flood met."""
    async with emulated_telegram() as server, bot_at(server) as bot:
        house = Counter(server, bot, database, policy, models or two_models(), folder, clock)
        await house.handlers.open()
        await house.desk.wire.open()
        serving = asyncio.create_task(house.serve(), name="serve")
        try:
            yield house
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
        finally:
            await house.desk.wire.close()
        assert all(press.is_answered for press in server.pressed)
        assert server.flooded == []
