"""The jobs table, in verbs. Every write of a worker bears the fence it claimed under, and fails under an older one."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BindParameter, Row, case, false, func, insert, literal, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from core.errors import DeliveryReason, ErrorKind, ModerationSubject
from core.model import (
    Address,
    Failure,
    GenerationRequest,
    Job,
    JobId,
    JobState,
    Picture,
    Requester,
    Shape,
    Ticket,
    Video,
    Visibility,
    Wishes,
)
from core.tables import Moment, jobs

CONFIRM_AFTER: Final = timedelta(minutes=1)
"""After an ending was shown, it is looked at once more: by then no edit that was sent before it is still on its way."""
TRANSCRIPT_LIMIT: Final = 64_000
"""Characters of the upstream's text that are kept with a job."""

_ARRIVAL: Final[ColumnElement[int]] = literal_column("jobs.rowid")
"""Which of two that came at the same moment was written down first (SQLite's own number of a row)."""
_UNFINISHED: Final = [state for state in JobState if not state.terminal]
_TERMINAL: Final = [state for state in JobState if state.terminal]


class LostJobError(Exception):
    """The job is over, or another owner has it now: whatever was about to be written no longer counts."""


async def add(tx: AsyncConnection, job: Job, *, asked_by: str | None = None) -> None:
    """Write a new row. `asked_by` names what somebody did to ask for it; no other row has the same."""
    request = job.request
    await tx.execute(
        insert(jobs).values(
            id=job.id,
            person=job.requester.person,
            community=job.requester.community,
            platform=job.address.platform,
            address=job.address.value,
            prompt=request.prompt,
            model=request.model,
            seconds=request.seconds,
            shape=request.shape,
            image=request.image.data if request.image else None,
            image_type=request.image.media_type if request.image else None,
            style=request.style,
            visibility=job.wishes.visibility,
            quiet=job.wishes.quiet,
            parent=job.wishes.parent,
            asked_by=asked_by,
            price=job.price,
            state=job.state,
            fence=job.fence,
            starts=job.starts,
            postponed=job.postponed,
            created_at=job.created_at,
        )
    )


async def get(tx: AsyncConnection, job_id: JobId) -> Job | None:
    """The row of an id; None where there is none."""
    row = (await tx.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    return None if row is None else _job(row)


async def asked(tx: AsyncConnection, asked_by: str) -> Job | None:
    """The job that this was already asked for with; None where it was not."""
    row = (await tx.execute(select(jobs).where(jobs.c.asked_by == asked_by))).one_or_none()
    return None if row is None else _job(row)


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


async def claim(
    tx: AsyncConnection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    besides: Collection[JobId] = (),
) -> list[Job]:
    """Take up to `limit` jobs: first those whose owner fell silent, then those that waited longest.

    `besides`: what the owner has in hand, though its lease may have run out in a leap of the clock.
    """
    abandoned = jobs.c.state.in_([JobState.ACTIVE, JobState.DELIVERING]) & (jobs.c.lease_until <= now)
    waits = jobs.c.state == JobState.WAITING
    free = (
        select(jobs.c.id)
        .where(or_(waits, abandoned), jobs.c.id.not_in(besides))
        .order_by(waits, jobs.c.created_at, _ARRIVAL)
        .limit(limit)
    )
    claimed = await tx.execute(
        update(jobs)
        .where(jobs.c.id.in_(free))
        .values(
            state=case((waits, JobState.ACTIVE.value), else_=jobs.c.state),
            fence=jobs.c.fence + 1,
            owner=owner,
            lease_until=now + lease,
            started_at=func.coalesce(jobs.c.started_at, _moment(now)),
        )
        .returning(jobs)
    )
    return sorted((_job(row) for row in claimed), key=lambda job: (job.fence == 1, job.created_at, job.id))


async def renew(
    tx: AsyncConnection, owner: str, held: Mapping[JobId, int], *, now: datetime, lease: timedelta
) -> set[JobId]:
    """Prolong an owner's leases on what it holds, by the fence it was claimed with; return what is still its own.

    A lease that ran out is prolonged too, as long as nobody else has claimed the job.
    """
    mine = jobs.c.id.in_(held) & (jobs.c.owner == owner) & jobs.c.state.in_(_UNFINISHED)
    rows = await tx.execute(update(jobs).where(mine).values(lease_until=now + lease).returning(jobs.c.id, jobs.c.fence))
    return {JobId(row.id) for row in rows if held[JobId(row.id)] == row.fence}


async def give_back(tx: AsyncConnection, owner: str, *, now: datetime) -> None:
    """End all of an owner's leases, so that the next start need not wait for them."""
    mine = (jobs.c.owner == owner) & jobs.c.state.in_(_UNFINISHED) & (jobs.c.lease_until > now)
    await tx.execute(update(jobs).where(mine).values(owner=None, lease_until=now))


async def inherit(tx: AsyncConnection, *, now: datetime) -> None:
    """End every lease there is: for a process that knows itself to be the only one, right after it began."""
    await tx.execute(update(jobs).where(jobs.c.owner.is_not(None)).values(owner=None, lease_until=now))


async def postpone(tx: AsyncConnection, job: Job, *, until: datetime) -> Job:
    """Put off handing a video over: whoever is there at `until` tries again. Raises `LostJobError`."""
    return await _write(tx, job, owner=None, lease_until=until, postponed=jobs.c.postponed + 1)


async def count_start(tx: AsyncConnection, job: Job) -> Job:
    """Note that an upstream is about to be asked, before it is. Raises `LostJobError`."""
    return await _write(tx, job, starts=jobs.c.starts + 1)


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
    """End a job that waits; ask the owner of one that is being made to stop. Others stay as they are.

    Raises `LostJobError` where there is no such job.
    """
    waits = jobs.c.state == JobState.WAITING
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
    return _job(_found(row.one_or_none(), job_id))


async def cancels_requested(tx: AsyncConnection, owner: str) -> set[JobId]:
    """Which of an owner's jobs their people want stopped."""
    wanted = (jobs.c.owner == owner) & (jobs.c.state == JobState.ACTIVE) & jobs.c.cancel_requested_at.is_not(None)
    return {JobId(job_id) for job_id in await tx.scalars(select(jobs.c.id).where(wanted))}


async def line(tx: AsyncConnection, *, limit: int) -> list[Job]:
    """Those that wait, in the order in which they are served."""
    rows = select(jobs).where(jobs.c.state == JobState.WAITING).order_by(jobs.c.created_at, _ARRIVAL).limit(limit)
    return [_job(row) for row in await tx.execute(rows)]


async def untold(tx: AsyncConnection, *, since: datetime, limit: int) -> list[Job]:
    """Jobs that ended since then and whose people have not been told yet, the oldest first."""
    ended = (jobs.c.told == false()) & jobs.c.state.in_(_TERMINAL) & (jobs.c.finished_at >= since)
    rows = await tx.execute(select(jobs).where(ended).order_by(jobs.c.finished_at, jobs.c.id).limit(limit))
    return [_job(row) for row in rows]


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
    return [_job(row) for row in await tx.execute(theirs.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit))]


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
    return _job(_found(row.one_or_none(), job.id))


def _moment(at: datetime) -> BindParameter[datetime]:
    """A time among expressions, which do not take the column's type by themselves."""
    return literal(at, Moment())


def _found(row: Row[Any] | None, job_id: JobId) -> Row[Any]:
    if row is None:
        raise LostJobError(f"job {job_id} is over, or another has it")
    return row


def _job(row: Row[Any]) -> Job:
    return Job(
        id=JobId(row.id),
        requester=Requester(row.person, row.community),
        address=Address(row.platform, row.address),
        request=GenerationRequest(
            prompt=row.prompt,
            model=row.model,
            seconds=row.seconds,
            shape=Shape(row.shape),
            image=Picture(row.image_type, row.image) if row.image is not None else None,
            style=row.style,
        ),
        wishes=Wishes(Visibility(row.visibility), row.quiet, JobId(row.parent) if row.parent is not None else None),
        removed_at=row.removed_at,
        state=JobState(row.state),
        price=row.price,
        fence=row.fence,
        starts=row.starts,
        postponed=row.postponed,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        ticket=Ticket(row.ticket, row.source_url) if row.ticket is not None else None,
        video=_video(row),
        failure=_failure(row),
        undelivered=DeliveryReason(row.undelivered) if row.undelivered is not None else None,
        transcript=row.transcript,
    )


def _video(row: Row[Any]) -> Video | None:
    if row.video_path is None:
        return None
    return Video(Path(row.video_path), row.video_size, row.video_sha256, row.video_url)


def _failure(row: Row[Any]) -> Failure | None:
    if row.failure is None:
        return None
    subject = ModerationSubject(row.failure_subject) if row.failure_subject is not None else None
    return Failure(ErrorKind(row.failure), subject, row.failure_message)
