"""What people read beside a running job: their place in line, and how a job ended that brought no video."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from core import jobs, limits, line
from core.board import Board
from core.db import Database
from core.errors import DeliveryError
from core.model import Address, Job, JobId, Phase, Receipt
from core.ports import Messenger
from core.progress import ending, opening
from core.service import Service

PLACES_SHOWN: Final = 200
"""So many at the head of the line see their place count down; those behind them see it once they get there."""
TOLD_AT_ONCE: Final = 20
TELL_SECONDS: Final = 15.0
"""So long one conversation may take to hear how its job ended, before it is tried again later."""
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
NEWS_LIFE: Final = timedelta(days=1)
"""After so long nobody wonders any more how it ended; /jobs still knows."""

_log = structlog.get_logger(__name__)


class Notices:
    """Keeps one board for each job in line, and tells each ending until it is heard."""

    def __init__(
        self,
        database: Database,
        service: Service,
        platforms: Callable[[Address], Messenger],
        label_of: Callable[[Job], str],
        *,
        at_once: int,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._service = service
        self._platforms = platforms
        self._label_of = label_of
        self._at_once = at_once
        self._now = now
        self._boards: dict[JobId, Board] = {}
        self._left: dict[JobId, Receipt] = {}
        self._taken: set[JobId] = set()
        self._tries: dict[JobId, tuple[int, datetime]] = {}
        self._refreshing = asyncio.Lock()

    def take(self, job: Job, messenger: Messenger) -> Board:
        """The board of a job that leaves the line: from here its messages are the caller's, until `let_go`."""
        self._taken.add(job.id)
        waiting = self._boards.pop(job.id, None)
        if waiting is not None:
            waiting.hand_to(messenger)
        return waiting or Board(messenger, now=self._now)

    def let_go(self, job_id: JobId) -> None:
        """The caller shows nothing more of this job."""
        self._taken.discard(job_id)

    async def refresh(self) -> None:
        """Show everybody where they stand now, and tell what has ended."""
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        since = self._now() - NEWS_LIFE
        async with self._database.read() as tx:
            order = await line.in_order(tx, self._service.providers)
            paused = await limits.paused(tx)
            standing = await jobs.these(tx, order[:PLACES_SHOWN])
            ended = await jobs.untold(tx, since=since, limit=10 * TOLD_AT_ONCE)
        for place, job in enumerate(standing, 1):
            await self._show_place(job, place, len(order), paused=job.requester.community in paused)
        self._left = {job.id: self._left[job.id] for job in standing if job.id in self._left}
        async with asyncio.TaskGroup() as tasks:
            for job_id in self._boards.keys() - {job.id for job in standing}:
                tasks.create_task(self._boards.pop(job_id).settle(), name=f"settle {job_id}")
        await self._tell_all(ended)

    async def _show_place(self, job: Job, place: int, waiting: int, *, paused: bool) -> None:
        usually = await self._service.usually(job.request.model, job.request.seconds)
        rounds = (place - 1) // self._at_once
        status = replace(
            opening(job, self._label_of(job), Phase.WAITING, receipt=await self._left_of(job)),
            position=place,
            waiting=waiting,
            usually=usually,
            paused=paused,
            starts_in=(rounds * usually[0], (rounds + 1) * usually[1]) if usually and not paused else None,
        )
        if job.id not in self._taken:  # it may have left the line since that was read
            self._board(job).post(status)

    async def _left_of(self, job: Job) -> Receipt:
        """What its person has left, looked up once: the line is shown anew every few seconds."""
        if job.id not in self._left:
            self._left[job.id] = await self._service.receipt(job)
        return self._left[job.id]

    async def close(self) -> None:
        """Show nothing more."""
        async with asyncio.TaskGroup() as tasks:
            while self._boards:
                job_id, board = self._boards.popitem()
                tasks.create_task(board.settle(), name=f"settle {job_id}")

    def _board(self, job: Job) -> Board:
        if job.id not in self._boards:
            self._boards[job.id] = Board(self._platforms(job.address), now=self._now)
            self._boards[job.id].start()
        return self._boards[job.id]

    async def _tell_all(self, ended: list[Job]) -> None:
        now = self._now()
        due = [job for job in ended if job.id not in self._taken and self._tries.get(job.id, (0, now))[1] <= now]
        async with asyncio.TaskGroup() as tasks:
            for job in due[:TOLD_AT_ONCE]:
                tasks.create_task(self._tell(job), name=f"tell {job.id}")
        self._tries = {job.id: self._tries[job.id] for job in ended if job.id in self._tries}

    async def _tell(self, job: Job) -> None:
        status = ending(job, self._label_of(job), await self._service.receipt(job))
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await self._platforms(job.address).show(status)
        except (DeliveryError, TimeoutError) as error:
            if not (isinstance(error, DeliveryError) and error.permanent):
                tries = self._tries.get(job.id, (0, None))[0]
                known = timedelta(seconds=error.seconds if isinstance(error, DeliveryError) else 0)
                self._tries[job.id] = (tries + 1, self._now() + (known or min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE)))
                _log.info("an ending was not heard", job=job.id, reason=str(error) or "too slow", tries=tries + 1)
                return
        async with self._database.begin() as tx:
            await jobs.told(tx, job.id, now=self._now())
        self._tries.pop(job.id, None)
