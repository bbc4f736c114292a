"""A conversation about a job, for as long as its lease runs: who woke up too late says nothing more in it."""

from collections.abc import Callable

from core.jobs import LostJobError
from core.model import Status, Video
from core.ports import Limits, Messenger


class Leased:
    """A conversation about a job, for as long as its lease runs: who woke up too late says nothing more in it."""

    def __init__(self, messenger: Messenger, mine: Callable[[], bool]) -> None:
        self._messenger = messenger
        self._mine = mine

    @property
    def limits(self) -> Limits:
        return self._messenger.limits

    async def turn(self) -> None:
        await self._messenger.turn()

    async def show(self, status: Status) -> None:
        if self._mine():
            await self._messenger.show(status)

    async def shows(self, status: Status) -> bool:
        return await self._messenger.shows(status)

    async def deliver(self, video: Video, status: Status) -> None:
        if not self._mine():
            raise LostJobError(f"the lease of job {status.job} ran out")
        await self._messenger.deliver(video, status)
