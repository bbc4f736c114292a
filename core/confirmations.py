"""Which endings are still to be looked at once more, and when: rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.jobs import get
from core.model import Job, JobId
from core.tables import jobs

AGAIN_AFTER: Final = timedelta(minutes=1)
"""Between two looks at one that could not be seen."""
GIVE_UP_AFTER: Final = timedelta(minutes=15)
"""So long after its end nobody overtakes it any more."""


async def due(tx: AsyncConnection, *, now: datetime, limit: int) -> Sequence[Job]:
    """Those whose time has come, the earliest first."""
    rows = select(jobs.c.id).where(jobs.c.confirm_at <= now).order_by(jobs.c.confirm_at).limit(limit)
    found = [await get(tx, JobId(job_id)) for job_id in (await tx.scalars(rows)).all()]
    return [job for job in found if job is not None]


async def confirmed(tx: AsyncConnection, job_id: JobId) -> None:
    """It is shown, or there is nothing more to be done about it."""
    await tx.execute(update(jobs).where(jobs.c.id == job_id).values(confirm_at=None))


async def put_off(tx: AsyncConnection, job: Job, *, now: datetime) -> None:
    """Look again later, as long as that makes sense."""
    over = job.finished_at is None or now - job.finished_at > GIVE_UP_AFTER
    later = None if over else now + AGAIN_AFTER
    await tx.execute(update(jobs).where(jobs.c.id == job.id).values(confirm_at=later))
