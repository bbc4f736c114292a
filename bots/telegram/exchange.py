"""How the processes of one bot keep each other told of what is under way in groups."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from bots.telegram.crowds import Crowd
from bots.telegram.place import Place
from bots.telegram.shared_boards import LIFE, Seen, SharedBoards, Told
from core.db import DatabaseUnavailableError
from core.model import JobId, Status

SOON_SECONDS: Final = 1.0
"""After so long others know of a job that is new, or does something else than it did."""
BUSY_SECONDS: Final = 4.0
"""Between two exchanges while a board counts on."""
CALM_SECONDS: Final = LIFE.total_seconds() / 3
"""While none does."""

_log = structlog.get_logger(__name__)


class Exchange:
    """One process's part in it. `crowds` are kept as all processes together see them; `changed` is told of each."""

    def __init__(
        self, rows: SharedBoards, crowds: dict[int, Crowd], changed: Callable[[int, Crowd, bool], None]
    ) -> None:
        self._rows = rows
        self._crowds = crowds
        self._changed = changed
        self._own: dict[JobId, tuple[int, Told]] = {}
        self._statuses: dict[JobId, Status] = {}
        self._over: set[JobId] = set()
        self._soon = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def note(self, place: Place, status: Status) -> None:
        """This is how a job of ours stands."""
        before = self._own.get(status.job)
        told = Told.of(place, status)
        self._own[status.job] = place.chat, told
        self._statuses[status.job] = status
        self._over.discard(status.job)
        if before is None or (before[0], before[1].phase) != (place.chat, told.phase):
            self._soon.set()

    def over(self, job: JobId) -> None:
        """Nothing more is said of a job."""
        self._statuses.pop(job, None)
        if self._own.pop(job, None) is not None:
            self._over.add(job)
            self._soon.set()

    def leave(self, chat: int) -> None:
        """Of a group nothing more is said."""
        for job in [job for job, (where, _) in self._own.items() if where == chat]:
            self.over(job)

    async def settle(self, job: JobId) -> None:
        """Return once others know that a job is over."""
        if job in self._over:
            await self.exchange()

    def open(self) -> None:
        """Begin to keep in step with the others."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="exchange")

    async def stop(self) -> None:
        """Neither say nor hear anything more: what is left undone now is no news of how jobs stand."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        """Keep in step with the others, also where nothing is under way here: boards that nobody draws are seen to."""
        while True:
            busy = any(crowd.is_one for crowd in self._crowds.values())
            self._soon.clear()
            await self.exchange(orphans=not busy)
            with suppress(TimeoutError):
                async with asyncio.timeout(BUSY_SECONDS if busy else CALM_SECONDS):
                    await self._soon.wait()
                    await asyncio.sleep(SOON_SECONDS)

    async def exchange(self, *, orphans: bool = False) -> None:
        """Once, now. What cannot be said or heard now is the next time."""
        if self._task is None:
            return
        async with self._one_at_a_time:
            own, over = dict(self._own), set(self._over)
            chats = {chat for chat, _ in own.values()} | (self._rows.drawn & self._crowds.keys())
            try:
                seen, others = await self._rows.exchange(own, over, chats, orphans=orphans)
            except DatabaseUnavailableError as error:
                _log.warning("nobody knows what is under way elsewhere; asking again", reason=str(error))
                return
            self._over -= over
            for job in others:
                if self._own.get(job) == own[job]:
                    del self._own[job], self._statuses[job]
            for chat, found in seen.items():
                self._take_over(chat, found)
            for chat in self._crowds.keys() - seen.keys() - {chat for chat, _ in self._own.values()}:
                self._take_over(chat, Seen(draws=False, told=[], messages={}))

    def _take_over(self, chat: int, seen: Seen) -> None:
        """A group is as it was seen, and as we know better by now."""
        crowd = self._crowds.setdefault(chat, Crowd(draws=False))
        ours = {job: (told, self._statuses[job]) for job, (where, told) in self._own.items() if where == chat}
        jobs = []
        for told, status in seen.told:
            job = JobId(told.job)
            if job in ours:
                told, status = ours.pop(job)
            elif job in self._own or job in self._over:
                continue
            jobs.append((told.thread, told.language, status))
        jobs += [(told.thread, told.language, status) for told, status in ours.values()]
        # Who stands in line, by their places; the others before them.
        crowd.begin_anew(sorted(jobs, key=lambda job: job[2].position or 0))
        begins = seen.draws and not crowd.draws
        crowd.draws = seen.draws
        if begins:
            for thread, message in seen.messages.items():
                crowd.board(thread).message = message
        if not seen.draws:
            for thread, board in crowd.boards.items():
                board.message = seen.messages.get(thread)
        self._changed(chat, crowd, begins)

    async def close(self) -> None:
        """Leave what is under way, and the boards, to others."""
        with suppress(DatabaseUnavailableError):
            await self._rows.leave()
