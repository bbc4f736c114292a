"""Processes that die at a step of one's choice: from then on nothing of theirs reaches the disk or Telegram."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import telegram
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram.request import HTTPXRequest
from typing_extensions import override

from core.db import Database, DatabaseUnavailableError
from tests.emulators.telegram import TelegramEmulator


class Death:
    """Comes at the boundary `at`: each call and each transaction has one before and one after its effect."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.boundaries = 0
        self.came = asyncio.Event()
        self.buried = False
        self.lines: list[MortalRequest] = []

    async def boundary(self) -> None:
        """Whoever dies here goes no further."""
        self.boundaries += 1
        if self.boundaries == self.at:
            self.came.set()
        await self.stop_if_dead()

    async def bury(self, life: asyncio.Task[None]) -> None:
        """Let nothing of a process be left."""
        self.buried = True
        life.cancel()
        await asyncio.wait([life])
        for line in self.lines:
            await line.shutdown()

    async def stop_if_dead(self) -> None:
        """The dead do nothing; what is cleaned up after them does not reach anything."""
        if self.buried:
            raise DatabaseUnavailableError("the process is dead")
        if self.came.is_set():
            await asyncio.Event().wait()


class MortalDatabase(Database):
    """Writes as long as its process lives."""

    def __init__(self, database: Database, death: Death) -> None:
        self._database = database
        self._death = death

    @override
    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncGenerator[AsyncConnection]:
        await self._death.boundary()
        async with self._database.begin() as tx:
            yield tx
        await self._death.boundary()

    @override
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._read()

    @asynccontextmanager
    async def _read(self) -> AsyncGenerator[AsyncConnection]:
        await self._death.stop_if_dead()
        async with self._database.read() as tx:
            yield tx


class HeldDatabase(Database):
    """Once `held`, whoever would write waits, but for tasks with a name that begins so."""

    def __init__(self, database: Database, *, but: tuple[str, ...]) -> None:
        self._database = database
        self._but = but
        self.held = False

    @override
    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncGenerator[AsyncConnection]:
        task = asyncio.current_task()
        if self.held and task is not None and not task.get_name().startswith(self._but):
            await asyncio.Event().wait()
        async with self._database.begin() as tx:
            yield tx

    @override
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.read()


class MortalRequest(HTTPXRequest):
    """Speaks as long as its process lives."""

    def __init__(self, death: Death) -> None:
        super().__init__(read_timeout=120, media_write_timeout=300)
        self._death = death
        death.lines.append(self)

    @override
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        await self._death.boundary()
        answer = await super().do_request(*args, **kwargs)
        await self._death.boundary()
        return answer


def mortal_bot(server: TelegramEmulator, death: Death) -> telegram.Bot:
    """The bot of a process that dies."""
    return telegram.Bot(
        server.token, base_url=server.api_url, base_file_url=server.file_url, request=MortalRequest(death)
    )
