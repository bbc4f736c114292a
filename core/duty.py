"""What one process at a time does: the others wait, and when it dies one of them takes over."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from core import leases
from core.db import Database, DatabaseUnavailableError

LIFE: Final = timedelta(seconds=15)
"""After so long without a word from whoever is on duty another takes over; renewed, and looked at, at a third of it."""

_log = structlog.get_logger(__name__)


class Duty:
    """The right to do something alone, among all processes at one database. `owner`: a name no other of them has."""

    def __init__(
        self, database: Database, name: str, owner: str, *, now: Callable[[], datetime], life: timedelta = LIFE
    ) -> None:
        self._database = database
        self._name = name
        self._owner = owner
        self._now = now
        self._life = life
        self._look_seconds = life.total_seconds() / 3

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the duty, then work; where it is lost, stop working and wait again. Ends as the work does."""
        while not await self.once(work):
            pass

    async def once(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Wait for the duty, then work; True where the work came to its end, False where the duty was lost first."""
        await self._take()
        tasks = [
            asyncio.ensure_future(work()),
            asyncio.create_task(self._keep(), name=f"{self._name}: lease"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                await tasks[0]
                return True
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._release()
        _log.warning("another process is on duty now", duty=self._name)
        return False

    async def _take(self) -> None:
        told = False
        while True:
            try:
                async with self._database.begin() as tx:
                    if await leases.take(tx, self._name, self._owner, now=self._now(), life=self._life):
                        return
                if not told:
                    _log.info("another process is on duty; waiting for it to leave", duty=self._name)
                    told = True
            except DatabaseUnavailableError as error:
                _log.warning("nobody knows who is on duty; trying again", duty=self._name, reason=str(error))
            await asyncio.sleep(self._look_seconds)

    async def _keep(self) -> None:
        """Renew the lease; return once it is lost, or may be."""
        until = self._now() + self._life
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                async with asyncio.timeout((until - self._now()).total_seconds()), self._database.begin() as tx:
                    now = self._now()
                    if not await leases.renew(tx, self._name, self._owner, now=now, life=self._life):
                        return
                until = now + self._life
            except TimeoutError:
                return
            except DatabaseUnavailableError as error:
                _log.warning("the duty could not be prolonged; trying again", duty=self._name, reason=str(error))

    async def _release(self) -> None:
        with suppress(DatabaseUnavailableError):
            async with self._database.begin() as tx:
                await leases.release(tx, self._name, self._owner)
