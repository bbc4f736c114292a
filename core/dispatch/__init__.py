"""What carries a job's id to whoever works: tasks of this process, or PgQueuer between many; all else is one code path.

A dispatcher runs `handler(job_id)` at least once, somewhere. It decides nothing and keeps nothing that counts: whether
a job is to be worked on, and by whom, our own tables say.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import JobId

Handler = Callable[[JobId], Awaitable[None]]
"""Works on a job until it is over or let go; harmless where there is nothing to do. It raises nothing."""


class Dispatcher(Protocol):
    """The way from whoever lets jobs begin to whoever works on them."""

    async def hand_over(self, tx: AsyncConnection, ids: Collection[JobId]) -> None:
        """Have these worked on once the transaction is through; what is on its way already is left alone."""
        ...

    @property
    def handing(self) -> bool:
        """Whether this very process was handed something that no handler was told of yet."""
        ...

    async def run(self, handler: Handler) -> None:
        """Take what was handed over, until cancelled: then handlers are called off, and their work is let go."""
        ...
