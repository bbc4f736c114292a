"""A bot's way in between the emulator of Telegram and a handler that writes down what it is given: all else is real."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import telegram

from bots.telegram.ingress import Ingress
from bots.telegram.polling import Poller, UpdatesRequest
from core import inbox
from core.db import Database
from core.duty import Duty
from tests.emulators.telegram import TelegramEmulator
from tests.virtual_time import now

SOURCE = "telegram:bot"


@dataclass
class Seen:
    """A handler: what it began, what it finished; `first` happens in between."""

    first: Callable[[telegram.Update], Awaitable[None]] | None = None
    begun: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    async def __call__(self, update: telegram.Update) -> None:
        words = words_of(update)
        self.begun.append(words)
        if self.first is not None:
            await self.first(update)
        self.finished.append(words)


def words_of(update: telegram.Update) -> str:
    """What somebody wrote, or the data of the button they pressed."""
    if update.callback_query is not None:
        return f"press {update.callback_query.data}"
    return (update.effective_message and update.effective_message.text) or "nothing"


@dataclass
class Door:
    """One process's way in."""

    ingress: Ingress
    poller: Poller
    duty: Duty

    async def run(self) -> None:
        """Fetch and see to updates for as long as this process is on duty."""

        async def work() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.poller.run(), name="poller")
                tasks.create_task(self.ingress.run(), name="ingress")

        await self.duty.run(work)


@asynccontextmanager
async def door(
    database: Database,
    server: TelegramEmulator,
    handle: Callable[[telegram.Update], Awaitable[None]],
    owner: str = "one",
) -> AsyncGenerator[Door]:
    """Everything set up, and a bot that was not asked who it is; nothing runs yet."""
    request = UpdatesRequest(read_timeout=15.0)
    bot = telegram.Bot(server.token, server.api_url, server.file_url, get_updates_request=request)
    ingress = Ingress(database, SOURCE, bot, handle, now=now)
    try:
        yield Door(ingress, Poller(bot, request, ingress.receive), Duty(database, SOURCE, owner, now=now))
    finally:
        await request.shutdown()
        await bot.request.shutdown()


@asynccontextmanager
async def open_door(
    database: Database,
    server: TelegramEmulator,
    handle: Callable[[telegram.Update], Awaitable[None]],
    owner: str = "one",
) -> AsyncGenerator[asyncio.Task[None]]:
    """It runs until the block ends, as a process that is told to stop."""
    async with door(database, server, handle, owner) as made:
        task = asyncio.create_task(made.run(), name=f"door {owner}")
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])


async def backlog(database: Database) -> int:
    """How many updates are still to be seen to."""
    async with database.read() as tx:
        return await inbox.backlog(tx, SOURCE)


async def all_seen_to(database: Database, server: TelegramEmulator, seconds: float = 600) -> None:
    """Until Telegram has nothing more to tell, and nothing is left to do."""
    async with asyncio.timeout(seconds):
        while server.updates.pending or await backlog(database):  # noqa: ASYNC110 - neither knows an event
            await asyncio.sleep(2)
