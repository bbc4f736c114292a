"""The jobs table, in verbs. Every write of a worker bears the fence it claimed under, and fails under an older one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, case, false, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import DeliveryReason
from core.fairness import WHOLE
from core.jobs.rows import job_of, values_of
from core.model import (
    Address,
    Failure,
    Job,
    JobId,
    JobState,
    Ticket,
    Video,
    Visibility,
    new_job_id,
)
from core.tables import Moment, jobs

CONFIRM_AFTER: Final = timedelta(minutes=1)
"""After an ending was shown, it is looked at once more: by then no edit that was sent before it is still on its way."""
TRANSCRIPT_LIMIT: Final = 64_000
"""Characters of the upstream's text that are kept with a job."""

_UNFINISHED: Final = [state for state in JobState if not state.terminal]
_BEGUN: Final = [JobState.ACTIVE, JobState.DELIVERING]
_TERMINAL: Final = [state for state in JobState if state.terminal]


class LostJobError(Exception):
    """The job is over, or another owner has it now: whatever was about to be written no longer counts."""


async def add(tx: AsyncConnection, job: Job, *, asked_by: str | None = None, weight: int = WHOLE) -> None:
    """Write a new row. `asked_by` names what somebody did to ask for it; no other row has the same."""
    await tx.execute(insert(jobs).values(**values_of(job), asked_by=asked_by, weight=weight))


async def free_id(tx: AsyncConnection) -> JobId:
    """An id that no job has."""
    while True:
        job_id = new_job_id()
        if await get(tx, job_id) is None:
            return job_id


async def get(tx: AsyncConnection, job_id: JobId) -> Job | None:
    """The row of an id; None where there is none."""
    row = (await tx.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    return None if row is None else job_of(row)


async def free_try(tx: AsyncConnection, parent: JobId) -> Job | None:
    """What was begun for nothing because we interrupted `parent`; None where that was not asked for."""
    row = (await tx.execute(select(jobs).where(jobs.c.parent == parent, jobs.c.front))).one_or_none()
    return None if row is None else job_of(row)


async def asked(tx: AsyncConnection, asked_by: str) -> Job | None:
    """The job that this was already asked for with; None where it was not."""
    row = (await tx.execute(select(jobs).where(jobs.c.asked_by == asked_by))).one_or_none()
    return None if row is None else job_of(row)


async def move(tx: AsyncConnection, job_id: JobId, address: Address) -> None:
    """Its answer goes elsewhere from now on: a new message stands in for the old one."""
    await tx.execute(update(jobs).where(jobs.c.id == job_id).values(platform=address.platform, address=address.value))


async def show_to(tx: AsyncConnection, job_id: JobId, visibility: Visibility) -> None:
    """Who may see it from now on."""
    await tx.execute(update(jobs).where(jobs.c.id == job_id).values(visibility=visibility))


async def remove(tx: AsyncConnection, job_id: JobId, *, now: datetime) -> None:
    """Take the video away: nobody shall look for its file any more."""
    await tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(removed_at=func.coalesce(jobs.c.removed_at, _moment(now)), video_path=None)
    )


async def durations(tx: AsyncConnection, model: str, seconds: int, *, most: int = 100) -> list[int]:
    """How many seconds the latest videos of this kind took from their start to their end, the shortest first."""
    made = (jobs.c.model == model) & (jobs.c.seconds == seconds) & (jobs.c.state == JobState.DELIVERED)
    rows = await tx.execute(
        select(jobs.c.started_at, jobs.c.finished_at)
        .where(made & jobs.c.started_at.is_not(None))
        .order_by(jobs.c.finished_at.desc())
        .limit(most)
    )
    return sorted(round((row.finished_at - row.started_at).total_seconds()) for row in rows)


async def take_up(
    tx: AsyncConnection, job_id: JobId, *, owner: str, now: datetime, lease: timedelta, only_given_back: bool = False
) -> Job | None:
    """Own a job that was let begin, or whose owner fell silent; None where it is over, waits, or has an owner.

    `only_given_back`: leave alone what somebody still holds a lease on, though it may have run out.
    """
    free = jobs.c.state.in_(_BEGUN) & (jobs.c.lease_until <= now)
    if only_given_back:
        free &= jobs.c.owner.is_(None)
    taken = await tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id, free)
        .values(fence=jobs.c.fence + 1, owner=owner, lease_until=now + lease)
        .returning(jobs)
    )
    row = taken.one_or_none()
    return None if row is None else job_of(row)


async def anybody_waits(tx: AsyncConnection, *, now: datetime) -> bool:
    """Whether any job waits for its turn, or for somebody to take it up."""
    waits = or_(jobs.c.state == JobState.WAITING, jobs.c.state.in_(_BEGUN) & (jobs.c.lease_until <= now))
    return await tx.scalar(select(jobs.c.id).where(waits).limit(1)) is not None


async def unowned(tx: AsyncConnection, *, now: datetime, limit: int) -> list[JobId]:
    """What was let begin and is nobody's now, or no longer: the longest left alone first."""
    alone = jobs.c.state.in_(_BEGUN) & (jobs.c.lease_until <= now)
    rows = await tx.scalars(select(jobs.c.id).where(alone).order_by(jobs.c.lease_until, jobs.c.id).limit(limit))
    return [JobId(job_id) for job_id in rows]


async def renew(
    tx: AsyncConnection, owner: str, held: Mapping[JobId, int], *, now: datetime, lease: timedelta
) -> set[JobId]:
    """Prolong an owner's leases on what it holds, by the fence it was claimed with; return what is still its own.

    A lease that ran out is prolonged too, as long as nobody else has claimed the job.
    """
    mine = jobs.c.id.in_(held) & (jobs.c.owner == owner) & jobs.c.state.in_(_UNFINISHED)
    rows = await tx.execute(update(jobs).where(mine).values(lease_until=now + lease).returning(jobs.c.id, jobs.c.fence))
    return {JobId(row.id) for row in rows if held[JobId(row.id)] == row.fence}


async def give_back(tx: AsyncConnection, owner: str, *, now: datetime) -> list[JobId]:
    """End all of an owner's leases, so that nobody need wait for them; what was held."""
    mine = (jobs.c.owner == owner) & jobs.c.state.in_(_UNFINISHED)
    given = await tx.scalars(update(jobs).where(mine).values(owner=None, lease_until=now).returning(jobs.c.id))
    return [JobId(job_id) for job_id in given]


async def inherit(tx: AsyncConnection, *, now: datetime) -> None:
    """End every lease there is: for a process that knows itself to be the only one, right after it began."""
    await tx.execute(update(jobs).where(jobs.c.owner.is_not(None)).values(owner=None, lease_until=now))


async def postpone(tx: AsyncConnection, job: Job, *, until: datetime) -> Job:
    """Put off handing a video over: whoever is there at `until` tries again. Raises `LostJobError`."""
    return await _write(tx, job, owner=None, lease_until=until, postponed=jobs.c.postponed + 1)


async def count_start(tx: AsyncConnection, job: Job) -> Job:
    """Note that an upstream is about to be asked, before it is. Raises `LostJobError`."""
    return await _write(tx, job, starts=jobs.c.starts + 1)


async def double_starts(tx: AsyncConnection) -> int:
    """How often an upstream was asked again for what it may have been making already: what the host may pay twice.

    That is so where a process died, or lost its lease, between asking and writing down the upstream's ticket, or where
    the upstream could not be asked by that; and then somebody wanted it tried again.
    """
    before = jobs.alias()
    again = and_(jobs.c.front, jobs.c.starts > 0, before.c.starts > 0)
    tried = select(func.count()).select_from(jobs.join(before, before.c.id == jobs.c.parent)).where(again)
    within = select(func.coalesce(func.sum(jobs.c.starts - 1), 0)).where(jobs.c.starts > 1)
    return (await tx.scalar(tried) or 0) + (await tx.scalar(within) or 0)


async def save_ticket(tx: AsyncConnection, job: Job, ticket: Ticket) -> Job:
    """Keep the upstream's name for it at once: after a crash it is what can be asked. Raises `LostJobError`."""
    return await _write(tx, job, ticket=ticket.id, source_url=ticket.source_url)


async def save_video(tx: AsyncConnection, job: Job, video: Video, transcript: str | None) -> Job:
    """The film is kept; from here it is only handed over. Raises `LostJobError`."""
    return await _write(
        tx,
        job,
        state=JobState.DELIVERING,
        video_path=str(video.path),
        video_size=video.size,
        video_sha256=video.sha256,
        video_url=video.upstream_url,
        transcript=transcript[:TRANSCRIPT_LIMIT] if transcript else None,
    )


async def still_mine(tx: AsyncConnection, job: Job, *, now: datetime) -> None:
    """Make sure of it right before something is done that no rollback undoes. Raises `LostJobError`."""
    mine = (jobs.c.id == job.id) & (jobs.c.fence == job.fence) & (jobs.c.lease_until > now)
    if await tx.scalar(select(jobs.c.id).where(mine)) is None:
        raise LostJobError(f"job {job.id} is over, or its lease ran out")


async def finish(
    tx: AsyncConnection,
    job: Job,
    state: JobState,
    *,
    now: datetime,
    failure: Failure | None = None,
    undelivered: DeliveryReason | None = None,
) -> Job:
    """End it, once; whoever is told by being handed the video needs no more telling.

    Raises `LostJobError` where it is over already or has another owner.
    """
    if not state.terminal:
        raise ValueError(f"{state} is no end")
    return await _write(
        tx,
        job,
        state=state,
        owner=None,
        lease_until=None,
        finished_at=now,
        told=state is JobState.DELIVERED,
        confirm_at=now + CONFIRM_AFTER if state is JobState.DELIVERED else None,
        undelivered=undelivered,
        failure=failure.kind if failure else None,
        failure_subject=failure.subject if failure else None,
        failure_message=failure.upstream_message[:2000] if failure and failure.upstream_message else None,
    )


async def request_cancel(tx: AsyncConnection, job_id: JobId, *, now: datetime) -> Job:
    """End a job that waits, or that nobody has taken up yet; ask the owner of one that is being made to stop.

    Others stay as they are. Raises `LostJobError` where there is no such job.
    """
    handed = (jobs.c.state == JobState.ACTIVE) & jobs.c.owner.is_(None) & (jobs.c.starts == 0)
    waits = or_(jobs.c.state == JobState.WAITING, handed)
    row = await tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state=case((waits, JobState.CANCELLED.value), else_=jobs.c.state),
            finished_at=case((waits, _moment(now)), else_=jobs.c.finished_at),
            cancel_requested_at=func.coalesce(jobs.c.cancel_requested_at, _moment(now)),
        )
        .returning(jobs)
    )
    return job_of(_found(row.one_or_none(), job_id))


async def cancels_requested(tx: AsyncConnection, owner: str) -> set[JobId]:
    """Which of an owner's jobs their people want stopped."""
    wanted = (jobs.c.owner == owner) & (jobs.c.state == JobState.ACTIVE) & jobs.c.cancel_requested_at.is_not(None)
    return {JobId(job_id) for job_id in await tx.scalars(select(jobs.c.id).where(wanted))}


async def these(tx: AsyncConnection, ids: Sequence[JobId]) -> list[Job]:
    """The rows of these ids that there are, in their order."""
    if not ids:
        return []
    found = {row.id: job_of(row) for row in await tx.execute(select(jobs).where(jobs.c.id.in_(ids)))}
    return [found[job_id] for job_id in ids if job_id in found]


async def untold(tx: AsyncConnection, *, since: datetime, limit: int) -> list[Job]:
    """Jobs that ended since then and whose people have not been told yet, the oldest first."""
    ended = (jobs.c.told == false()) & jobs.c.state.in_(_TERMINAL) & (jobs.c.finished_at >= since)
    rows = await tx.execute(select(jobs).where(ended).order_by(jobs.c.finished_at, jobs.c.id).limit(limit))
    return [job_of(row) for row in rows]


async def told(tx: AsyncConnection, job_id: JobId, *, now: datetime) -> None:
    """The person has seen how it ended, or never will."""
    await tx.execute(update(jobs).where(jobs.c.id == job_id).values(told=True, confirm_at=now + CONFIRM_AFTER))


async def forget_videos(tx: AsyncConnection, swept: Collection[JobId]) -> None:
    """Their files are gone; nobody shall look for them."""
    await tx.execute(update(jobs).where(jobs.c.id.in_(swept)).values(video_path=None))


async def of_person(tx: AsyncConnection, person: str, *, limit: int = 10, state: JobState | None = None) -> list[Job]:
    """Somebody's jobs, the newest first; with a `state`, those that stand so."""
    theirs = select(jobs).where(jobs.c.person == person)
    theirs = theirs.where(jobs.c.state == state) if state is not None else theirs
    return [job_of(row) for row in await tx.execute(theirs.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit))]


async def waiting_of(tx: AsyncConnection, person: str) -> list[Job]:
    """Somebody's jobs that wait."""
    theirs = (jobs.c.person == person) & (jobs.c.state == JobState.WAITING)
    return [job_of(row) for row in await tx.execute(select(jobs).where(theirs))]


async def unfinished_of(tx: AsyncConnection, person: str) -> int:
    """How many of somebody's jobs wait or are being made; what is made and only not handed over does not count."""
    making = jobs.c.state.in_([JobState.WAITING, JobState.ACTIVE])
    return await tx.scalar(select(func.count()).where(jobs.c.person == person, making)) or 0


async def deliver_again(tx: AsyncConnection, job_id: JobId, *, now: datetime) -> None:
    """Let a kept video that the chat would not have be handed over now; others stay as they are."""
    put_off = (jobs.c.state == JobState.DELIVERING) & jobs.c.owner.is_(None)
    held = or_(jobs.c.state == JobState.UNDELIVERED, put_off)
    kept = (jobs.c.id == job_id) & held & jobs.c.video_path.is_not(None)
    await tx.execute(
        update(jobs)
        .where(kept)
        .values(state=JobState.DELIVERING, finished_at=None, undelivered=None, told=False, lease_until=_moment(now))
    )


async def running(tx: AsyncConnection) -> int:
    """How many are being made."""
    return await tx.scalar(select(func.count()).where(jobs.c.state == JobState.ACTIVE)) or 0


async def waiting(tx: AsyncConnection) -> int:
    """How many stand in line."""
    return await tx.scalar(select(func.count()).where(jobs.c.state == JobState.WAITING)) or 0


async def owed(tx: AsyncConnection) -> set[JobId]:
    """Whose films are made but not handed over: they must not be swept."""
    return {JobId(job_id) for job_id in await tx.scalars(select(jobs.c.id).where(jobs.c.state == JobState.DELIVERING))}


async def _write(tx: AsyncConnection, job: Job, **values: Any) -> Job:
    """Change an unfinished row under the fence it was claimed with."""
    mine = (jobs.c.id == job.id) & (jobs.c.fence == job.fence) & jobs.c.state.in_(_UNFINISHED)
    row = await tx.execute(update(jobs).where(mine).values(**values).returning(jobs))
    return job_of(_found(row.one_or_none(), job.id))


def _moment(at: datetime) -> BindParameter[datetime]:
    """A time among expressions, which do not take the column's type by themselves."""
    return literal(at, Moment())


def _found(row: Row[Any] | None, job_id: JobId) -> Row[Any]:
    if row is None:
        raise LostJobError(f"job {job_id} is over, or another has it")
    return row
