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
"""After so long without a word from whoever is on duty another takes over; renewed at a third of it."""
LOOK_SECONDS: Final = LIFE.total_seconds() / 3

_log = structlog.get_logger(__name__)


class Duty:
    """The right to do something alone, among all processes at one database. `owner`: a name no other of them has."""

    def __init__(self, database: Database, name: str, owner: str, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._name = name
        self._owner = owner
        self._now = now

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the duty, then work; where it is lost, stop working and wait again. Ends as the work does."""
        while True:
            await self._take()
            tasks = [
                asyncio.ensure_future(work()),
                asyncio.create_task(self._keep(), name=f"{self._name}: lease"),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if tasks[0].done():
                    return await tasks[0]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                await self._release()
            _log.warning("another process is on duty now", duty=self._name)

    async def _take(self) -> None:
        told = False
        while True:
            try:
                async with self._database.begin() as tx:
                    if await leases.take(tx, self._name, self._owner, now=self._now(), life=LIFE):
                        return
                if not told:
                    _log.info("another process is on duty; waiting for it to leave", duty=self._name)
                    told = True
            except DatabaseUnavailableError as error:
                _log.warning("nobody knows who is on duty; trying again", duty=self._name, reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _keep(self) -> None:
        """Renew the lease; return once it is lost, or may be."""
        until = self._now() + LIFE
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                async with asyncio.timeout((until - self._now()).total_seconds()), self._database.begin() as tx:
                    now = self._now()
                    if not await leases.renew(tx, self._name, self._owner, now=now, life=LIFE):
                        return
                until = now + LIFE
            except TimeoutError:
                return
            except DatabaseUnavailableError as error:
                _log.warning("the duty could not be prolonged; trying again", duty=self._name, reason=str(error))

    async def _release(self) -> None:
        with suppress(DatabaseUnavailableError):
            async with self._database.begin() as tx:
                await leases.release(tx, self._name, self._owner)
