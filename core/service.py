"""What people can ask: submit, cancel, jobs, quota, receipt. Each is one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from core import jobs, ledger
from core.catalogue import Catalogue
from core.db import Database
from core.errors import Refusal, RefusalReason
from core.model import Address, GenerationRequest, Job, JobId, JobState, Receipt, Requester, new_job_id
from core.quota import Rule, Standing, Window

_CANNOT_BE_STOPPED: Final = frozenset(JobState) - {JobState.WAITING, JobState.ACTIVE}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the host allows each person."""

    credits_per_day: int
    zone: ZoneInfo
    waiting_per_person: int
    waiting_total: int


class Service:
    """The counter at which people ask; it knows no platform, and nothing here waits for an upstream."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        policy: Policy,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._policy = policy
        self._now = now
        self.wake: Callable[[], None] = lambda: None
        """Called after each change; the worker's, once there is one."""
        self._draining = False

    async def submit(
        self, request: GenerationRequest, requester: Requester, address: Address, *, job_id: JobId | None = None
    ) -> Job:
        """Take a request: limits, price, hold and row in one transaction, or nothing at all.

        With a `job_id` that is known, the same request gives the job there is. Raises `Refusal`.
        """
        async with self._database.begin() as tx:
            if job_id is not None and (known := await jobs.get(tx, job_id)) is not None:
                if (known.request, known.requester) != (request, requester):
                    raise Refusal(RefusalReason.SAME_ID_OTHER_REQUEST)
                return known
            if self._draining:
                raise Refusal(RefusalReason.DRAINING)
            await self._check_the_line(tx, requester)
            now = self._now()
            job = Job(
                id=job_id or await _free_id(tx),
                requester=requester,
                address=address,
                request=request,
                state=JobState.WAITING,
                price=self._catalogue.price(request),
                fence=0,
                starts=0,
                postponed=0,
                created_at=now,
            )
            await jobs.add(tx, job)
            await ledger.hold(tx, job.id, job.price, self._rules(requester), now)
        self.wake()
        return job

    async def cancel(self, job_id: JobId, *, by: Requester) -> Job:
        """Stop somebody's own job: one that waits is over at once, one that is being made a moment later.

        Raises `Refusal` (`NOT_FOUND`, `NOT_YOURS`, `ALREADY_OVER`).
        """
        async with self._database.begin() as tx:
            job = await jobs.get(tx, job_id)
            if job is None:
                raise Refusal(RefusalReason.NOT_FOUND)
            if job.requester.person != by.person:
                raise Refusal(RefusalReason.NOT_YOURS)
            if job.state in _CANNOT_BE_STOPPED:
                raise Refusal(RefusalReason.ALREADY_OVER)
            now = self._now()
            job = await jobs.request_cancel(tx, job_id, now=now)
            if job.state is JobState.CANCELLED:
                await ledger.release(tx, job_id, now)
        self.wake()
        return job

    async def jobs(self, requester: Requester, *, limit: int = 10) -> list[Job]:
        """Somebody's jobs, the newest first."""
        async with self._database.read() as tx:
            return await jobs.of_person(tx, requester.person, limit=limit)

    async def quota(self, requester: Requester) -> Standing:
        """What somebody has used and has left."""
        async with self._database.read() as tx:
            return await ledger.standing(tx, self._rules(requester)[0], self._now())

    async def receipt(self, job: Job) -> Receipt:
        """What a job costs by the books, and what its person has left."""
        async with self._database.read() as tx:
            state, amount = await ledger.state_of(tx, job.id), await ledger.amount_of(tx, job.id)
            now = await ledger.standing(tx, self._rules(job.requester)[0], self._now())
        returned = state is ledger.Hold.RELEASED
        return Receipt(
            cost=0 if returned else amount, refunded=amount if returned else 0, left=now.left, allowance=now.limit
        )

    def drain(self) -> None:
        """Take nothing new from now on; the program is about to stop."""
        self._draining = True

    async def _check_the_line(self, tx: AsyncConnection, requester: Requester) -> None:
        mine, limit = await jobs.unfinished_of(tx, requester.person), self._policy.waiting_per_person
        if mine >= limit:
            raise Refusal(RefusalReason.TOO_MANY_WAITING, {"limit": limit})
        if await jobs.waiting(tx) >= self._policy.waiting_total:
            raise Refusal(RefusalReason.LINE_FULL)

    def _rules(self, requester: Requester) -> list[Rule]:
        """What binds somebody; the first is the one that they are told about."""
        policy = self._policy
        return [Rule("person a day", requester.person, policy.credits_per_day, Window.DAY, policy.zone)]


async def _free_id(tx: AsyncConnection) -> JobId:
    while True:
        job_id = new_job_id()
        if await jobs.get(tx, job_id) is None:
            return job_id
