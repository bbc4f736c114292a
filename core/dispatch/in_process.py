"""One machine: a job is a task of this very process."""

import asyncio
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from core.dispatch import Dispatcher, Handler
from core.model import JobId


class InProcess(Dispatcher):
    """Ids in a set, and a task for each. What a process takes with it when it dies the next start hands over."""

    def __init__(self) -> None:
        self._handed: dict[JobId, None] = {}
        self._begun: dict[JobId, asyncio.Task[None]] = {}
        self._bell = asyncio.Event()

    @override
    async def hand_over(self, tx: AsyncConnection, ids: Collection[JobId]) -> None:
        # Should the transaction fail, the handler finds nothing to do: it waits for the file's only writer.
        self._handed.update(dict.fromkeys(job_id for job_id in ids if job_id not in self._begun))
        self._bell.set()

    @property
    @override
    def handing(self) -> bool:
        return bool(self._handed)

    @override
    async def run(self, handler: Handler) -> None:
        try:
            while True:
                self._bell.clear()
                for job_id in self._handed:
                    self._begun[job_id] = asyncio.create_task(self._work(handler, job_id), name=f"handler of {job_id}")
                self._handed.clear()
                await self._bell.wait()
        finally:
            left = list(self._begun.values())
            for handler_task in left:
                handler_task.cancel()
            if left:
                await asyncio.wait(left)

    async def _work(self, handler: Handler, job_id: JobId) -> None:
        try:
            await handler(job_id)
        finally:
            del self._begun[job_id]


def build() -> Dispatcher:
    """Make it."""
    return InProcess()
