"""Claims jobs and sees them through: how many at once, who holds them, what happens when one fails or we stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from core import jobs, ledger
from core.board import Board
from core.catalogue import Catalogue, ModelEntry
from core.confirming import Confirming
from core.db import Database, DatabaseUnavailableError
from core.errors import DeliveryError, ErrorKind, ProviderError
from core.generation import Cast, link_to, run_job
from core.model import Address, Failure, Job, JobId, JobState
from core.notices import Notices
from core.ports import Messenger, Provider
from core.service import Service
from core.videos.store import Store

LEASE: Final = timedelta(seconds=15)
"""After so long without a word from its owner a job is taken over; renewed at a third of it."""
LOOK_SECONDS: Final = 5.0
"""How often the line is looked at when nobody rings: for what another process put there, or let go."""
LAST_WORDS_SECONDS: Final = 20.0
"""So long a stop waits for people to be told what ended last; the next start tells them otherwise."""
SWEEP_SECONDS: Final = 3600.0
FIRST_PUT_OFF: Final = timedelta(minutes=5)
PUT_OFF_TIMES: Final = 8
"""Doubled each time: a video that cannot be handed over is tried for 21 hours, then it waits in /jobs."""

_log = structlog.get_logger(__name__)


class Worker:
    """One process's hands. `owner` is a name no other living process has."""

    def __init__(
        self,
        database: Database,
        service: Service,
        catalogue: Catalogue,
        providers: Callable[[ModelEntry], Provider],
        store: Store,
        platforms: Callable[[Address], Messenger],
        *,
        owner: str,
        at_once: int,
        keep_for: timedelta,
        drain_seconds: float,
        now: Callable[[], datetime],
        lease: timedelta = LEASE,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`leads`: whether, of several processes, this is the one that tells people what stands beside a job."""
        self._database = database
        self._service = service
        self._catalogue = catalogue
        self._providers = providers
        self._store = store
        self._platforms = platforms
        self._owner = owner
        self._at_once = at_once
        self._keep_for = keep_for
        self._drain_seconds = drain_seconds
        self._now = now
        self._lease = lease
        self._leads = leads
        self._notices = Notices(database, service, platforms, self._label_of, at_once=at_once, now=now)
        self._confirming = Confirming(database, service, platforms, self._label_of, now=now)
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[JobId, tuple[asyncio.Task[None], int]] = {}  # with the fence each was claimed under
        self._unwanted: set[JobId] = set()
        self._bells: list[asyncio.Event] = []
        self._stopping = False

    def wake(self) -> None:
        """Something has changed: look now."""
        for bell in self._bells:
            bell.set()

    def stop(self) -> None:
        """Take nothing new; `run` returns once what runs is done, or `drain_seconds` have passed."""
        self._stopping = True
        self.wake()

    def link_of(self, job: Job) -> str | None:
        """Where people may fetch a job's film themselves; None where there is none, or its host may not be named."""
        model = self._catalogue.models.get(job.request.model)
        return link_to(job.video, self._providers(model)) if job.video is not None and model is not None else None

    async def run(self) -> None:
        """Work until stopped or cancelled. What is unfinished then goes on at the next start."""
        try:
            async with asyncio.TaskGroup() as tasks:
                chores = [
                    tasks.create_task(self._repeat(self._keep_leases, self._lease.total_seconds() / 3), name="leases"),
                    tasks.create_task(self._repeat(self._notice, LOOK_SECONDS), name="notices"),
                    tasks.create_task(self._repeat(self._confirm, LOOK_SECONDS, woken=False), name="confirming"),
                    tasks.create_task(self._repeat(self._sweep, SWEEP_SECONDS, woken=False), name="sweep"),
                ]
                claims = tasks.create_task(
                    self._repeat(lambda: self._claim(tasks), LOOK_SECONDS, until_stopped=True), name="claims"
                )
                await asyncio.wait([claims])
                await self._drain()
                for chore in chores:
                    chore.cancel()
        finally:
            await self._notices.close()
            await self._give_back()

    # Chores

    async def _repeat(
        self, chore: Callable[[], Awaitable[None]], seconds: float, *, woken: bool = True, until_stopped: bool = False
    ) -> None:
        """Do a chore whenever the bell rings, and at least so often; its failures are logged, and it is tried again."""
        bell = asyncio.Event()
        if woken:
            self._bells.append(bell)
        while not (until_stopped and self._stopping):
            bell.clear()
            _note("a chore failed", await _outcome(chore()))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await bell.wait()

    async def _claim(self, tasks: asyncio.TaskGroup) -> None:
        room = self._at_once - len(self._tasks)
        if room <= 0 or self._stopping:
            return
        async with self._database.begin() as tx:
            claimed = await jobs.claim(
                tx, owner=self._owner, now=self._now(), lease=self._lease, limit=room, besides=self._running
            )
        for job in claimed:
            task = tasks.create_task(self._work(job), name=f"job {job.id}")
            self._tasks.add(task)
            self._running[job.id] = (task, job.fence)
            task.add_done_callback(partial(self._over, job.id))

    def _over(self, job_id: JobId, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._running.pop(job_id, None)
        self.wake()

    async def _keep_leases(self) -> None:
        held = {job_id: fence for job_id, (_, fence) in self._running.items()}
        async with self._database.begin() as tx:
            kept = await jobs.renew(tx, self._owner, held, now=self._now(), lease=self._lease)
            unwanted = await jobs.cancels_requested(tx, self._owner)
        for job_id in held.keys() & unwanted - self._unwanted:
            self._unwanted.add(job_id)
            self._cancel(job_id)
        for job_id in held.keys() - kept - unwanted:
            self._cancel(job_id)

    def _cancel(self, job_id: JobId) -> None:
        if (held := self._running.get(job_id)) is not None:
            held[0].cancel()

    async def _notice(self) -> None:
        if self._leads():
            await self._notices.refresh()

    async def _confirm(self) -> None:
        if self._leads():
            await self._confirming.look()

    async def _sweep(self) -> None:
        async with self._database.read() as tx:
            owed = await jobs.owed(tx)
        swept = await self._store.sweep(self._now(), self._keep_for, owed)
        if swept:
            async with self._database.begin() as tx:
                await jobs.forget_videos(tx, swept)
            _log.info("old videos were removed", count=len(swept))

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._drain_seconds)
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        # What ended last is told before we go.
        _note(
            "the last endings could not be told", await _outcome(asyncio.wait_for(self._notice(), LAST_WORDS_SECONDS))
        )

    async def _give_back(self) -> None:
        async def leases() -> None:
            async with self._database.begin() as tx:
                await jobs.give_back(tx, self._owner, now=self._now())

        _note("leases were not given back; they end by themselves", await _outcome(leases()))

    # One job

    async def _work(self, job: Job) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a job is worked on in a task of its own")
        board = self._notices.take(job)
        try:
            async with board:
                error = await self._see_through(job, board, task)
            _note("a job could not be ended; its lease will run out", await _outcome(self._end(job, error)), job=job.id)
        finally:
            self._unwanted.discard(job.id)
            self._notices.let_go(job.id)

    async def _see_through(self, job: Job, board: Board, task: asyncio.Task[None]) -> Exception | None:
        try:
            return await _outcome(self._story(job, board))
        except asyncio.CancelledError:
            if job.id not in self._unwanted:
                raise
            task.uncancel()
            return _UnwantedError()

    async def _story(self, job: Job, board: Board) -> None:
        model = self._catalogue.models.get(job.request.model)
        if model is None:
            raise ProviderError(ErrorKind.MODEL_NOT_FOUND, "the catalogue no longer has this model", accepted=False)
        cast = Cast(
            provider=self._providers(model),
            messenger=self._platforms(job.address),
            label=model.label,
            database=self._database,
            service=self._service,
            store=self._store,
            now=self._now,
        )
        await run_job(job, board, cast)

    async def _end(self, job: Job, error: Exception | None) -> None:
        """Every unhappy ending comes by here: pay back, write it down; the notices say the sentence."""
        match error:
            case None:
                return
            case jobs.LostJobError() | DatabaseUnavailableError():
                _log.warning("a job was let go", job=job.id, reason=str(error))
            case _UnwantedError():
                await self._stop_short(job, JobState.CANCELLED, None)
            case DeliveryError():
                _log.warning("a video was not handed over", job=job.id, reason=error.reason.value)
                await self._put_off(job, error)
            case ProviderError():
                _log.warning("a job failed", job=job.id, kind=error.kind.value, message=error.message)
                state = JobState.INTERRUPTED if error.kind is ErrorKind.INTERRUPTED else JobState.FAILED
                await self._stop_short(job, state, Failure(error.kind, error.subject, error.message))
            case _:
                _log.error("a job met a bug of ours", job=job.id, exc_info=error)
                await self._stop_short(job, JobState.FAILED, Failure(ErrorKind.INTERNAL))

    async def _stop_short(self, job: Job, state: JobState, failure: Failure | None) -> None:
        """Pay back and end it, unless its film is kept and paid for already: then that is handed over, at once."""
        now = self._now()
        async with self._database.begin() as tx:
            row = await jobs.get(tx, job.id)
            if row is not None and row.state is JobState.DELIVERING:
                await jobs.postpone(tx, job, until=now + FIRST_PUT_OFF if failure else now)
            else:
                await ledger.release(tx, job.id, now)
                await jobs.finish(tx, job, state, now=now, failure=failure)

    async def _put_off(self, job: Job, error: DeliveryError) -> None:
        now = self._now()
        async with self._database.begin() as tx:
            if error.permanent or job.postponed >= PUT_OFF_TIMES:
                await jobs.finish(tx, job, JobState.UNDELIVERED, now=now, undelivered=error.reason)
            else:
                known = timedelta(seconds=error.seconds)
                await jobs.postpone(tx, job, until=now + (known or FIRST_PUT_OFF * 2**job.postponed))

    def _label_of(self, job: Job) -> str:
        model = self._catalogue.models.get(job.request.model)
        return model.label if model else job.request.model


class _UnwantedError(Exception):
    """Its person cancelled it."""


async def _outcome(work: Awaitable[None]) -> Exception | None:
    """What went wrong, if anything: the one place where a bug in one job is kept from the others."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - see above
        return error
    return None


def _note(what: str, error: Exception | None, **more: str) -> None:
    if isinstance(error, DatabaseUnavailableError):
        _log.warning(what, reason=str(error), **more)
    elif error is not None:
        _log.error(what, exc_info=error, **more)
