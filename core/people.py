"""What people have chosen and what they have reported, and what the program has to remember about itself."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.model import Habits, JobId, Shape
from core.tables import marks, people, reports
from core.tables import names as called


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


async def meet(tx: AsyncConnection, person: str, name: str, handle: str | None) -> None:
    """Remember what somebody is called. A handle is that of whoever was last met with it."""
    handle = handle.casefold() if handle is not None else None
    if handle is not None:
        await tx.execute(update(called).where(called.c.handle == handle, called.c.person != person).values(handle=None))
    values = {"name": name, "handle": handle}
    adding = insertion(tx, called).values(person=person, **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=["person"], set_=values))


async def names(tx: AsyncConnection, of: Collection[str]) -> dict[str, str]:
    """What these are called, as far as they were met."""
    rows = await tx.execute(select(called.c.person, called.c.name).where(called.c.person.in_(of)))
    return {row.person: row.name for row in rows}


async def named(tx: AsyncConnection, handle: str) -> str | None:
    """Who is named by a handle."""
    return await tx.scalar(select(called.c.person).where(called.c.handle == handle.casefold()))


async def mark(tx: AsyncConnection, name: str) -> str | None:
    """What was remembered under a name."""
    return await tx.scalar(select(marks.c.value).where(marks.c.name == name))


async def set_mark(tx: AsyncConnection, name: str, value: str) -> None:
    """Remember it."""
    adding = insertion(tx, marks).values(name=name, value=value)
    await tx.execute(adding.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
