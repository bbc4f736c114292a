"""Works on what was let begin: who holds it, what happens when one fails or we stop, and the chores beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from core import jobs, ledger, line
from core.admission import Admission
from core.board import Board
from core.catalogue import Catalogue, ModelEntry
from core.confirming import Confirming
from core.db import Database, DatabaseUnavailableError
from core.dispatch import Dispatcher
from core.duty import Duty
from core.errors import DeliveryError, ErrorKind, ProviderError
from core.generation import Cast, link_to, run_job
from core.leased import Leased
from core.model import Address, Failure, Job, JobId, JobState
from core.notices import Notices
from core.ports import Messenger, Provider
from core.service import Service
from core.videos.store import Store

LEASE: Final = timedelta(seconds=15)
"""After so long without a word from its owner a job is taken over; renewed at a third of it."""
LOOK_SECONDS: Final = 5.0
"""How often the line is looked at, at least, when nobody rings: for what another process put there, or let go."""
LAST_WORDS_SECONDS: Final = 20.0
"""So long a stop waits for people to be told what ended last; the next start tells them otherwise."""
SWEEP_SECONDS: Final = 3600.0
FIRST_PUT_OFF: Final = timedelta(minutes=5)
PUT_OFF_TIMES: Final = 8
"""Doubled each time: a video that cannot be handed over is tried for 21 hours, then it waits in /jobs."""

_MOMENT_SECONDS: Final = 0.01

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """A job in hand: who works on it, the fence it was taken up under, and until when it is surely ours."""

    task: asyncio.Task[None]
    fence: int
    until: datetime


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
        dispatcher: Dispatcher,
        *,
        owner: str,
        at_once: int,
        keep_for: timedelta,
        drain_seconds: float,
        now: Callable[[], datetime],
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._service = service
        self._catalogue = catalogue
        self._providers = providers
        self._store = store
        self._platforms = platforms
        self._dispatcher = dispatcher
        self._owner = owner
        self._keep_for = keep_for
        self._drain_seconds = drain_seconds
        self._now = now
        self._lease = lease
        self._admission = Admission(database, service, dispatcher, at_once=at_once, now=now)
        self._notices = Notices(database, service, platforms, self._label_of, at_once=at_once, now=now)
        self._confirming = Confirming(database, service, platforms, self._label_of, now=now)
        self._duty = Duty(database, "notices", owner, now=now, life=lease)
        self._look_seconds = min(LOOK_SECONDS, lease.total_seconds() / 3)
        self._hands: asyncio.TaskGroup | None = None
        self._held: dict[JobId, _Held] = {}
        self._renewed_at: datetime | None = None
        self._patient_until: datetime | None = None
        self._on_duty = False
        self._unwanted: set[JobId] = set()
        self._bells: list[asyncio.Event] = []
        self._beginning = 0
        self._stopping = self._closed = False

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
                self._hands = tasks
                engine = tasks.create_task(self._dispatcher.run(self._take_up), name="dispatcher")
                chores = [
                    tasks.create_task(self._repeat(self._keep_leases, self._lease.total_seconds() / 3), name="leases"),
                    tasks.create_task(self._duty.run(self._see_to_all), name="notices"),
                    tasks.create_task(self._repeat(self._free, LOOK_SECONDS, woken=False), name="standstill"),
                ]
                looks = tasks.create_task(
                    self._repeat(self._admission.look, self._look_seconds, until_stopped=True), name="line"
                )
                try:
                    await asyncio.wait([looks])
                    await self._let_in_who_was_called()
                    await self._drain()
                finally:
                    self._hands = None
                for task in (engine, *chores):
                    task.cancel()
        finally:
            await self._give_back()

    async def only_let_begin(self) -> None:
        """Hand over what may begin, and work on nothing: for a process whose work others do. Until stopped."""
        await self._repeat(self._admission.look, self._look_seconds, until_stopped=True)

    # Chores

    async def _repeat(
        self, chore: Callable[[], Awaitable[None]], seconds: float, *, woken: bool = True, until_stopped: bool = False
    ) -> None:
        """Do a chore whenever the bell rings, and at least so often; its failures are logged, and it is tried again."""
        bell = asyncio.Event()
        if woken:
            self._bells.append(bell)
        try:
            while not (until_stopped and self._stopping):
                bell.clear()
                _note("a chore failed", await _outcome(chore()))
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await bell.wait()
        finally:
            if woken:
                self._bells.remove(bell)

    async def _see_to_all(self) -> None:
        """What one process does for everybody: it says where they stand and how it ended, and sweeps."""
        self._on_duty = True
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._repeat(self._notices.refresh, LOOK_SECONDS), name="refresh")
                tasks.create_task(self._repeat(self._confirming.look, LOOK_SECONDS, woken=False), name="confirming")
                tasks.create_task(self._repeat(self._sweep, SWEEP_SECONDS, woken=False), name="sweep")
        finally:
            self._on_duty = False
            await self._notices.close()

    async def _keep_leases(self) -> None:
        now = self._now()
        if self._renewed_at is not None and timedelta(0) <= now - self._renewed_at < self._lease / 6:
            async with self._database.read() as tx:  # woken: thousands of leases are not prolonged for each bell
                self._stop_unwanted(await jobs.cancels_requested(tx, self._owner))
            return
        held = {job_id: mine.fence for job_id, mine in self._held.items()}
        async with self._database.begin() as tx:
            kept = await jobs.renew(tx, self._owner, held, now=now, lease=self._lease)
            unwanted = await jobs.cancels_requested(tx, self._owner)
        self._note_a_gap(now)
        for job_id in kept & self._held.keys():
            self._held[job_id] = replace(self._held[job_id], until=now + self._lease)
        self._stop_unwanted(unwanted)
        for job_id in held.keys() - kept - unwanted:
            self._cancel(job_id)

    def _stop_unwanted(self, unwanted: set[JobId]) -> None:
        for job_id in self._held.keys() & unwanted - self._unwanted:
            self._unwanted.add(job_id)
            self._cancel(job_id)

    async def _free(self) -> None:
        """Let nobody wait for a process that stands still."""
        if ended := await self._database.end_what_stands_still():
            _log.warning("another process stood still in the middle of a transaction; it was ended", count=ended)

    def _note_a_gap(self, now: datetime) -> None:
        """Where we could not renew for long, others could not either: let them, before what they hold is taken over."""
        if self._renewed_at is not None and now - self._renewed_at > self._lease / 2:
            self._patient_until = now + self._lease
        self._renewed_at = now

    def _cancel(self, job_id: JobId) -> None:
        if (held := self._held.get(job_id)) is not None:
            held.task.cancel()

    async def _sweep(self) -> None:
        async with self._database.read() as tx:
            owed = await jobs.owed(tx)
        swept = await self._store.sweep(self._now(), self._keep_for, owed)
        async with self._database.begin() as tx:
            await jobs.forget_videos(tx, swept)
            await line.sweep(tx, now=self._now())
        if swept:
            _log.info("old videos were removed", count=len(swept))

    async def _let_in_who_was_called(self) -> None:
        """What was let begin in this process before the stop is begun; after that nothing is."""
        while self._dispatcher.handing or self._beginning:  # noqa: ASYNC110 - a moment, and no event tells of both
            await asyncio.sleep(_MOMENT_SECONDS)
        self._closed = True

    async def _drain(self) -> None:
        for patience in (self._drain_seconds, None):
            tasks = [held.task for held in self._held.values()]
            if tasks:
                await asyncio.wait(tasks, timeout=patience)
            for task in tasks:
                task.cancel()
        if self._on_duty:  # what ended last is told before we go
            words = asyncio.wait_for(self._notices.refresh(), LAST_WORDS_SECONDS)
            _note("the last endings could not be told", await _outcome(words))

    async def _give_back(self) -> None:
        async def leases() -> None:
            async with self._database.begin() as tx:
                await self._dispatcher.hand_over(tx, await jobs.give_back(tx, self._owner, now=self._now()))

        _note("leases were not given back; they end by themselves", await _outcome(leases()))

    # One job

    async def _take_up(self, job_id: JobId) -> None:
        """Work on a job until it is over or let go; what is in hand already is waited for."""
        held = self._held.get(job_id)
        if held is None:
            self._beginning += 1
            try:
                error = await _outcome(self._begin(job_id))
            finally:
                self._beginning -= 1
            _note("a job could not be taken up; it is tried again", error, job=job_id)
            held = self._held.get(job_id)
        if held is not None:
            await asyncio.wait([held.task])

    async def _begin(self, job_id: JobId) -> None:
        if self._closed or self._hands is None:
            return
        now = self._now()
        patient = self._patient_until is not None and now < self._patient_until
        async with self._database.begin() as tx:
            job = await jobs.take_up(tx, job_id, owner=self._owner, now=now, lease=self._lease, only_given_back=patient)
        if job is not None and job_id not in self._held:
            task = self._hands.create_task(self._work(job), name=f"job {job.id}")
            self._held[job.id] = _Held(task, job.fence, now + self._lease)
            task.add_done_callback(partial(self._over, job.id))
            self.wake()  # its person may have wanted it stopped while it was nobody's

    def _over(self, job_id: JobId, _task: asyncio.Task[None]) -> None:
        self._held.pop(job_id, None)
        self.wake()

    def _surely_mine(self, job_id: JobId) -> bool:
        """Whether the lease still runs by our own clock; asked before each step that others see."""
        held = self._held.get(job_id)
        return held is not None and self._now() < held.until

    async def _work(self, job: Job) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a job is worked on in a task of its own")
        board = self._notices.take(job, self._messenger(job))
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
            messenger=self._messenger(job),
            label=model.label,
            database=self._database,
            service=self._service,
            store=self._store,
            now=self._now,
            surely_mine=partial(self._surely_mine, job.id),
        )
        await run_job(job, board, cast)

    def _messenger(self, job: Job) -> Messenger:
        return Leased(self._platforms(job.address), partial(self._surely_mine, job.id))

    async def _end(self, job: Job, error: Exception | None) -> None:
        """Every unhappy ending comes by here: pay back, write it down; the notices say the sentence."""
        match error:
            case None:
                return
            case jobs.LostJobError() | DatabaseUnavailableError():
                _log.warning("a job was let go", job=job.id, reason=str(error))
            case _UnwantedError():
                await self._stop_short(job, JobState.CANCELLED, None, lost=True)
            case DeliveryError():
                _log.warning("a video was not handed over", job=job.id, reason=error.reason.value)
                await self._put_off(job, error)
            case ProviderError():
                _log.warning("a job failed", job=job.id, kind=error.kind.value, message=error.message)
                if error.kind is not ErrorKind.INTERRUPTED:
                    failure = Failure(error.kind, error.subject, error.message)
                    await self._stop_short(job, JobState.FAILED, failure, lost=error.may_have_cost)
                elif job.tries < line.TRIES:
                    await self._stop_short(job, JobState.INTERRUPTED, Failure(error.kind), lost=True)
                else:  # what takes us down each time is no accident
                    await self._stop_short(job, JobState.FAILED, Failure(ErrorKind.INTERNAL), lost=True)
            case _:
                _log.error("a job met a bug of ours", job=job.id, exc_info=error)
                await self._stop_short(job, JobState.FAILED, Failure(ErrorKind.INTERNAL), lost=True)

    async def _stop_short(self, job: Job, state: JobState, failure: Failure | None, *, lost: bool = False) -> None:
        """Pay back and end it, unless its film is kept and paid for already: then that is handed over, at once.

        `lost`: an upstream may be rendering it for nobody, which the host bears.
        """
        now = self._now()
        async with self._database.begin() as tx:
            row = await jobs.get(tx, job.id)
            if row is not None and row.state is JobState.DELIVERING:
                await jobs.postpone(tx, job, until=now + FIRST_PUT_OFF if failure else now)
            else:
                row = await jobs.finish(tx, job, state, now=now, failure=failure)
                await ledger.release(tx, job.id, now)
                if lost and row.starts:
                    await ledger.write_off(tx, job.id, self._service.worth(row), now)

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
