"""Of several processes that may show a job one posts its message; and only who sees to the line shows places in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from core import leases
from core.db import DatabaseUnavailableError
from core.model import JobId, JobState, Status
from core.service import Service

_LIFE: Final = timedelta(minutes=1)
"""A post takes no longer than the library waits for its answer."""


class FirstPosts:
    """The part of one process in it. `owner` is a name that no other process has."""

    def __init__(self, service: Service, bot: str, owner: str, *, now: Callable[[], datetime]) -> None:
        self._service = service
        self._bot = bot
        self._owner = owner
        self._now = now

    @asynccontextmanager
    async def posting(self, job: JobId) -> AsyncGenerator[bool]:
        """Whether nobody else posts this job's message meanwhile. Raises `DatabaseUnavailableError`."""
        name = f"{self._bot}: first message of {job}"
        async with self._service.database.begin() as tx:
            mine = await leases.take(tx, name, self._owner, now=self._now(), life=_LIFE)
        try:
            yield mine
        finally:
            if mine:
                await asyncio.shield(self._release(name))

    async def _release(self, name: str) -> None:
        with suppress(DatabaseUnavailableError):
            async with self._service.database.begin() as tx:
                await leases.release(tx, name, self._owner)

    async def is_passed(self, status: Status) -> bool:
        """Whether this tells of a place in line that its job has left. Raises `DatabaseUnavailableError`, `Refusal`."""
        return status.position is not None and (await self._service.job(status.job)).state is not JobState.WAITING
