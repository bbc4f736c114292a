"""The audit: the books against themselves, the journal and the jobs; and the stop where they are wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, case, delete, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.ledger.counting import Count, sums
from core.ledger.journal import TAKEN, Hold, Purse, Side, lies
from core.model import JobState
from core.quota import Account, Measure
from core.tables import counters, grants, jobs, marks, postings, reservations

_OPEN_STATES: Final = (JobState.WAITING, JobState.ACTIVE)
"""States in which a job's credits are held, and neither spent nor given back."""
_MADE_STATES: Final = (JobState.DELIVERING, JobState.DELIVERED, JobState.UNDELIVERED)
"""States in which they are spent."""
_STOPPED: Final = "ledger: stopped"
_AT_ONCE: Final = 500
"""Jobs that are looked at together."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an audit found: each fault is a line, none means balanced. `last`: the posting up to which it looked."""

    faults: tuple[str, ...]
    last: int


async def audit(tx: AsyncConnection) -> list[str]:
    """Check everything there is; each fault is a line, none means balanced."""
    return list((await audit_since(tx, 0)).faults)


async def audit_since(tx: AsyncConnection, last: int) -> Findings:
    """Check what was booked after the posting `last`, what is open, and every counter of whoever that concerns."""
    newest = await tx.scalar(select(func.max(postings.c.id))) or 0
    whole = last == 0
    touched = select(postings.c.job).where(postings.c.id > last, postings.c.job.is_not(None))
    which = true() if whole else reservations.c.job.in_(touched)
    faults = [
        *await _unbalanced(tx, last),
        *await _unlike_the_journal(tx, which),
        *await _unlike_the_jobs(tx, [true()] if whole else [jobs.c.id.in_(touched), *_open()]),
        *await _bonuses_overdrawn(tx, last),
        *await _counters_unlike_reservations(tx, None if whole else await _accounts(tx, last)),
    ]
    return Findings(tuple(dict.fromkeys(faults)), newest)


async def stop(tx: AsyncConnection, why: str) -> bool:
    """Let nobody spend anything from now on; False where that is so already."""
    stopping = insertion(tx, marks).values(name=_STOPPED, value=why).on_conflict_do_nothing().returning(marks.c.name)
    return (await tx.execute(stopping)).one_or_none() is not None


async def resume(tx: AsyncConnection) -> None:
    """Let everybody spend again: for whoever has looked through the books and found them right."""
    await tx.execute(delete(marks).where(marks.c.name == _STOPPED))


async def stopped(tx: AsyncConnection) -> str | None:
    """Why nobody may spend anything; None where everybody may."""
    why: str | None = await tx.scalar(select(marks.c.value).where(marks.c.name == _STOPPED))
    return why


async def _unbalanced(tx: AsyncConnection, last: int) -> list[str]:
    """I1: what goes out of one side comes into another."""
    step = (postings.c.job, postings.c.step, postings.c.community, postings.c.person, postings.c.purse)
    wrong = select(*step).where(postings.c.id > last).group_by(*step).having(func.sum(postings.c.amount) != 0)
    return [
        f"postings of {job or f'{person} in {community}'}, {did}, {purse}, do not sum to zero"
        for job, did, community, person, purse in await tx.execute(wrong)
    ]


async def _unlike_the_journal(tx: AsyncConnection, which: ColumnElement[bool]) -> list[str]:
    """I2, I4 and I5: a reservation is what was booked of it, once, in the names of those it is booked on."""
    faults: list[str] = []
    theirs = select(reservations).where(which).order_by(reservations.c.job).limit(_AT_ONCE)
    rows = (await tx.execute(theirs)).all()
    while rows:
        booked = await _booked(tx, [row.job for row in rows])
        faults += [
            f"job {row.job} is {row.state} of {row.community}, {row.person}, and its postings say otherwise"
            for row in rows
            if booked.get(row.job, {}) != {(row.community, row.person, *place): n for place, n in lies(row).items()}
        ]
        rows = (await tx.execute(theirs.where(reservations.c.job > rows[-1].job))).all()
    return faults


async def _booked(tx: AsyncConnection, ids: Sequence[str]) -> dict[str, dict[tuple[str, str, Purse, Side], int]]:
    place = (postings.c.job, postings.c.community, postings.c.person, postings.c.purse, postings.c.side)
    theirs = postings.c.job.in_(ids) & postings.c.purse.in_(TAKEN) & (postings.c.side != Side.FREE)
    total = func.sum(postings.c.amount)
    found: dict[str, dict[tuple[str, str, Purse, Side], int]] = {}
    for job, community, person, purse, side, amount in await tx.execute(
        select(*place, total).where(theirs).group_by(*place).having(total != 0)
    ):
        found.setdefault(job, {})[community, person, Purse(purse), Side(side)] = int(amount)
    return found


def _open() -> list[ColumnElement[bool]]:
    """What is open by the jobs, and by the books; each as the database finds it at once."""
    held = select(reservations.c.job).where(reservations.c.state == Hold.HELD)
    return [jobs.c.state.in_(_OPEN_STATES), jobs.c.id.in_(held)]


async def _unlike_the_jobs(tx: AsyncConnection, which: Sequence[ColumnElement[bool]]) -> list[str]:
    """I7: what is held has a job that lives, and the other way round; and it is held in its person's name."""
    anothers = or_(jobs.c.community != reservations.c.community, jobs.c.person != reservations.c.person)
    due = case(
        (jobs.c.state.in_(_OPEN_STATES), Hold.HELD.value),
        (jobs.c.state.in_(_MADE_STATES), Hold.CAPTURED.value),
        else_=Hold.RELEASED.value,
    )
    wrong = (
        select(jobs.c.id, jobs.c.state, reservations.c.state.label("hold"), anothers.label("anothers"))
        .outerjoin(reservations, reservations.c.job == jobs.c.id)
        .where(or_(reservations.c.job.is_(None), due != reservations.c.state, anothers))
    )
    return [
        f"job {row.id} is not of whom its credits are"
        if row.anothers
        else f"job {row.id} is {row.state}, and its credits are {row.hold or 'nowhere'}"
        for some in which
        for row in await tx.execute(wrong.where(some))
    ]


async def _bonuses_overdrawn(tx: AsyncConnection, last: int) -> list[str]:
    """What was given is what the journal says, and nobody has used more of it."""
    concerned = select(postings.c.person).where(postings.c.id > last)
    who = (grants.c.community, grants.c.person)
    given = {
        (community, person): int(total)
        for community, person, total in await tx.execute(
            select(*who, func.sum(grants.c.amount)).where(grants.c.person.in_(concerned)).group_by(*who)
        )
    }
    theirs = (reservations.c.community, reservations.c.person)
    kept = {
        (community, person): int(total)
        for community, person, total in await tx.execute(
            select(*theirs, func.sum(reservations.c.bonus))
            .where(
                reservations.c.person.in_(concerned), reservations.c.state != Hold.RELEASED, reservations.c.bonus > 0
            )
            .group_by(*theirs)
        )
    }
    booked = (postings.c.community, postings.c.person)
    free = {
        (community, person): int(total)
        for community, person, total in await tx.execute(
            select(*booked, func.sum(postings.c.amount))
            .where(postings.c.person.in_(concerned), postings.c.purse == Purse.BONUS, postings.c.side == Side.FREE)
            .group_by(*booked)
        )
    }
    return [
        f"what {person} was given in {community} is not what is used and left of it"
        for community, person in sorted({*given, *kept, *free})
        if (left := given.get((community, person), 0) - kept.get((community, person), 0)) < 0
        or left != free.get((community, person), 0)
    ]


async def _accounts(tx: AsyncConnection, last: int) -> set[Account]:
    named = select(postings.c.community, postings.c.person).where(postings.c.id > last).distinct()
    found = {Account()}
    for community, person in await tx.execute(named):
        found |= {Account(community, person), Account(person=person), Account(community)}
    return found


async def _counters_unlike_reservations(tx: AsyncConnection, of: set[Account] | None) -> list[str]:
    """I2: a counter is what the reservations of its window add up to."""
    faults = []
    for row in (await tx.execute(select(counters).order_by(counters.c.starts_at))).all():
        account = Account(row.community, row.person)
        if of is not None and account not in of:
            continue
        count = Count(account, Measure(row.measure), row.starts_at, row.ends_at)
        if (row.held, row.spent) != await sums(tx, count):
            whose = " ".join(filter(None, (account.person, account.community))) or "everybody"
            faults.append(f"counter of {whose}, {row.measure}, from {row.starts_at:%Y-%m-%d} is not what it counts")
    return faults
