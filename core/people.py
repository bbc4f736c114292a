"""What people have chosen and what they have reported, and what the program has to remember about itself."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.model import Habits, JobId, Shape
from core.tables import marks, people, reports


async def habits_of(tx: AsyncConnection, person: str) -> Habits:
    """How somebody usually wants their videos; the defaults where they never said."""
    row = (await tx.execute(select(people).where(people.c.person == person))).one_or_none()
    if row is None:
        return Habits()
    return Habits(
        quiet=row.quiet,
        shape=Shape(row.shape) if row.shape is not None else None,
        model=row.model,
    )


async def set_habits(tx: AsyncConnection, person: str, habits: Habits) -> None:
    """Remember them."""
    values = {
        "quiet": habits.quiet,
        "shape": habits.shape,
        "model": habits.model,
    }
    adding = insertion(tx, people).values(person=person, **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=["person"], set_=values))


async def report(tx: AsyncConnection, job_id: JobId, person: str, reason: str, *, now: datetime) -> bool:
    """Write a report down; tell whether it is this person's first on this video."""
    first = await tx.execute(
        insertion(tx, reports)
        .values(job=job_id, person=person, reason=reason, at=now)
        .on_conflict_do_nothing()
        .returning(reports.c.job)
    )
    return first.one_or_none() is not None


async def mark(tx: AsyncConnection, name: str) -> str | None:
    """What was remembered under a name."""
    return await tx.scalar(select(marks.c.value).where(marks.c.name == name))


async def set_mark(tx: AsyncConnection, name: str, value: str) -> None:
    """Remember it."""
    adding = insertion(tx, marks).values(name=name, value=value)
    await tx.execute(adding.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
