"""Credits, kept as money is: held before, captured once a film exists, released otherwise; never twice."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Update, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.errors import Refusal, RefusalReason
from core.model import JobId, JobState
from core.quota import Rule, Standing
from core.tables import counters, jobs, lines, postings, reservations


class Hold(StrEnum):
    """Where a reservation stands; it leaves HELD once, and for good."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"


OPERATOR: Final = "operator"
LOST: Final = "lost renders"


class LedgerError(Exception):
    """The books were asked for what cannot be: a bug in what asked, since nothing a person does leads here."""


_OPEN_STATES: Final = (JobState.WAITING, JobState.ACTIVE)
"""States in which a job's credits are held, and neither spent nor given back."""


async def hold(tx: AsyncConnection, job_id: JobId, amount: int, rules: Sequence[Rule], now: datetime) -> None:
    """Set `amount` credits aside on all rules at once, or on none; the job's row is there already.

    Raises `Refusal(OVER_ALLOWANCE)` (details `limit`, `used`, `left`, `price`, `resets_at`), which undoes the
    transaction that it leaves.
    """
    await tx.execute(insert(reservations).values(job=job_id, amount=amount, state=Hold.HELD, held_at=now))
    for rule in sorted(
        rules, key=lambda rule: (rule.account, rule.kind.value)
    ):  # one order for all: nobody waits in a ring
        start, end = rule.span(now)
        key = {"account": rule.account, "rule": rule.kind.value, "window_start": start}
        await tx.execute(insertion(tx, counters).values(**key).on_conflict_do_nothing())
        taken = await tx.execute(
            update(counters)
            .filter_by(**key)
            .where(counters.c.held + counters.c.spent + amount <= rule.limit)
            .values(held=counters.c.held + amount)
            .returning(counters.c.held)
        )
        if taken.one_or_none() is None:
            raise _over(await standing(tx, rule, now), amount, end)
        await tx.execute(insert(lines).values(job=job_id, amount=amount, **key))
        await _post(tx, job_id, "hold", (rule.account, rule.kind.value), ("free", "held"), amount, now)


def _over(now: Standing, price: int, resets_at: datetime) -> Refusal:
    return Refusal(
        RefusalReason.OVER_ALLOWANCE,
        {
            "limit": now.limit or 0,
            "used": now.used,
            "left": now.left or 0,
            "price": price,
            "resets_at": resets_at.isoformat(),
        },
    )


async def capture(tx: AsyncConnection, job_id: JobId, now: datetime) -> None:
    """What was held is spent, in the window it was held in. Repeating it changes nothing.

    Raises `LedgerError` where nothing was ever held, or it was given back.
    """
    closed = await _close(tx, job_id, Hold.CAPTURED, now)
    if closed is None and await state_of(tx, job_id) is not Hold.CAPTURED:
        raise LedgerError(f"job {job_id} holds nothing that could be spent")
    for line in closed or ():
        await tx.execute(
            _counter_of(line).values(held=counters.c.held - line.amount, spent=counters.c.spent + line.amount)
        )
        await _post(tx, job_id, "capture", (line.account, line.rule), ("held", "spent"), line.amount, now)


async def release(tx: AsyncConnection, job_id: JobId, now: datetime) -> int:
    """Give back what is held; return how many credits. After a capture or an earlier release it is nothing, and 0."""
    closed = await _close(tx, job_id, Hold.RELEASED, now)
    if closed is None:
        return 0
    for line in closed:
        await tx.execute(_counter_of(line).values(held=counters.c.held - line.amount))
        await _post(tx, job_id, "release", (line.account, line.rule), ("held", "free"), line.amount, now)
    return await amount_of(tx, job_id)


async def write_off(tx: AsyncConnection, job_id: JobId, amount: int, now: datetime) -> None:
    """What an upstream was asked for and nobody has: the host bears it, in an account of the installation's own."""
    await _post(tx, job_id, "write off", (OPERATOR, LOST), ("paid", "lost"), amount, now)


async def written_off(tx: AsyncConnection) -> int:
    """How many credits' worth the host has borne."""
    theirs = (postings.c.account == OPERATOR) & (postings.c.rule == LOST) & (postings.c.side == "lost")
    return await tx.scalar(select(func.sum(postings.c.amount)).where(theirs)) or 0


async def state_of(tx: AsyncConnection, job_id: JobId) -> Hold | None:
    """Where a job's reservation stands; None where there is none."""
    state = await tx.scalar(select(reservations.c.state).where(reservations.c.job == job_id))
    return None if state is None else Hold(state)


async def amount_of(tx: AsyncConnection, job_id: JobId) -> int:
    """How many credits were set aside for a job."""
    return await tx.scalar(select(reservations.c.amount).where(reservations.c.job == job_id)) or 0


async def standing(tx: AsyncConnection, rule: Rule, now: datetime) -> Standing:
    """What is used of a rule in the window of now: held and spent."""
    start, end = rule.span(now)
    used = await tx.scalar(
        select(counters.c.held + counters.c.spent).filter_by(
            account=rule.account, rule=rule.kind.value, window_start=start
        )
    )
    return Standing(rule.limit, used or 0, end)


async def audit(tx: AsyncConnection) -> list[str]:
    """Check the books against themselves and against the jobs; each fault is a line, none means balanced."""
    steps = select(postings.c.job, postings.c.step).group_by(postings.c.job, postings.c.step)
    faults = [
        f"postings of job {row.job}, {row.step}, do not sum to zero"
        for row in await tx.execute(steps.having(func.sum(postings.c.amount) != 0))
    ]
    faults += await _counters_unlike_lines(tx)
    faults += await _counters_unlike_postings(tx)
    together = select(jobs.c.id, jobs.c.state, reservations.c.state.label("hold")).outerjoin(
        reservations, reservations.c.job == jobs.c.id
    )
    return faults + [
        f"job {job.id} is {job.state}, and its credits are {job.hold or 'nowhere'}"
        for job in await tx.execute(together)
        if not _fits(JobState(job.state), job.hold)
    ]


def _fits(state: JobState, hold: str | None) -> bool:
    if state in _OPEN_STATES:
        return hold == Hold.HELD
    if state in {JobState.DELIVERING, JobState.DELIVERED, JobState.UNDELIVERED}:
        return hold == Hold.CAPTURED
    return hold == Hold.RELEASED


async def _counters_unlike_lines(tx: AsyncConnection) -> list[str]:
    of_lines: dict[tuple[object, ...], dict[str, int]] = {}
    for row in await tx.execute(select(lines, reservations.c.state).join(reservations)):
        sums = of_lines.setdefault((row.account, row.rule, row.window_start), {"held": 0, "captured": 0, "released": 0})
        sums[row.state] += row.amount
    faults = []
    for row in await tx.execute(select(counters)):
        sums = of_lines.get((row.account, row.rule, row.window_start), {"held": 0, "captured": 0})
        if (row.held, row.spent) != (sums["held"], sums["captured"]):
            faults.append(f"counter {row.account}/{row.rule} of {row.window_start:%Y-%m-%d} is not what its lines say")
    return faults


async def _counters_unlike_postings(tx: AsyncConnection) -> list[str]:
    sides = (postings.c.account, postings.c.rule, postings.c.side)
    posted = {
        (row.account, row.rule, row.side): row.total
        for row in await tx.execute(select(*sides, func.sum(postings.c.amount).label("total")).group_by(*sides))
    }
    totals = select(
        counters.c.account,
        counters.c.rule,
        func.sum(counters.c.held).label("held"),
        func.sum(counters.c.spent).label("spent"),
    )
    return [
        f"account {row.account}/{row.rule} is not what its postings say"
        for row in await tx.execute(totals.group_by(counters.c.account, counters.c.rule))
        if (row.held, row.spent) != tuple(posted.get((row.account, row.rule, side), 0) for side in ("held", "spent"))
    ]


async def _close(tx: AsyncConnection, job_id: JobId, state: Hold, now: datetime) -> Sequence[Row[Any]] | None:
    """Close a reservation if it is still open; its lines, or None where another was first."""
    closed = await tx.execute(
        update(reservations)
        .where(reservations.c.job == job_id, reservations.c.state == Hold.HELD)
        .values(state=state, closed_at=now)
        .returning(reservations.c.job)
    )
    if closed.one_or_none() is None:
        return None
    return (await tx.execute(select(lines).where(lines.c.job == job_id).order_by(lines.c.account, lines.c.rule))).all()


def _counter_of(line: Row[Any]) -> Update:
    return update(counters).filter_by(account=line.account, rule=line.rule, window_start=line.window_start)


async def _post(
    tx: AsyncConnection,
    job_id: JobId,
    step: str,
    book: tuple[str, str],
    way: tuple[str, str],
    amount: int,
    now: datetime,
) -> None:
    """Move an amount from one side of an account to the other; the two entries sum to zero."""
    account, rule = book
    entry = {"job": job_id, "step": step, "account": account, "rule": rule, "at": now}
    source, target = way
    await tx.execute(
        insert(postings), [{**entry, "side": source, "amount": -amount}, {**entry, "side": target, "amount": amount}]
    )
