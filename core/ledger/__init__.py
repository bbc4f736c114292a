"""Credits, kept as money is: held before, captured once a film exists, released otherwise; never twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import Turn, take_turn
from core.errors import Refusal, RefusalReason
from core.ledger import counting
from core.ledger.auditing import Findings, audit, audit_since, resume, stop, stopped
from core.ledger.journal import Hold, Move, Purse, Side, Step, own, post
from core.model import JobId, Requester
from core.quota import Account, Kind, Measure, Rule, Standing, in_order
from core.tables import grants, postings, reservations

__all__ = [
    "Booked",
    "Findings",
    "Held",
    "Hold",
    "LedgerError",
    "Price",
    "amount_of",
    "audit",
    "audit_since",
    "bonus_left",
    "capture",
    "grant",
    "hold",
    "latest",
    "move",
    "release",
    "reset",
    "resume",
    "standing",
    "standings",
    "state_of",
    "stop",
    "stopped",
    "write_off",
    "written_off",
]

_FORGIVEN_BACK: Final = timedelta(days=32)
"""No window of ours is longer."""


class LedgerError(Exception):
    """The books were asked for what cannot be: a bug in what asked, since nothing a person does leads here."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a job costs its person, in credits, and its host, in minor units."""

    credits: int
    money: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What a hold came to."""

    bonus: int
    """The credits of it that a moderator had given."""
    budget: Standing | None = None
    """How the host's money stands after it; None where there is no budget."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One job in the books: its credits, what became of them, and since when that is so."""

    job: JobId
    amount: int
    state: Hold
    at: datetime


async def hold(
    tx: AsyncConnection, job_id: JobId, who: Requester, price: Price, rules: Sequence[Rule], now: datetime
) -> Held:
    """Set a job's price aside on all rules at once, or on none; the job's row is there already.

    What a person's own rules lack comes out of what a moderator gave them. Raises `Refusal(OVER_ALLOWANCE)` (details
    `rule`, `window`, `source`, `limit`, `used`, `left`, `price`, and `resets_at` where there will be enough at some
    time), which undoes the transaction that it leaves.
    """
    await take_turn(tx, Turn.LEDGER)
    now = await counting.ledger_time(tx, now)
    rules = in_order(rules)
    stand = await counting.standings(tx, rules, now, keep=True)
    own_left = [each.left or 0 for rule, each in zip(rules, stand, strict=True) if rule.kind is Kind.PERSON]
    bonus = max(0, price.credits - min(own_left, default=price.credits))
    given = await bonus_left(tx, who) if bonus else 0
    bonus = min(bonus, given)
    needs = {Measure.OWN: price.credits - bonus, Measure.ALL: price.credits, Measure.MONEY: price.money}
    for rule, each in zip(rules, stand, strict=True):
        need = needs[rule.kind.measure]
        if need > (each.left or 0):
            more = given if rule.kind is Kind.PERSON else 0
            asked = price.money if rule.kind is Kind.BUDGET else price.credits
            raise _over(rule, each, more, asked, await counting.opens_at(tx, rule, need, now))
    values = {"community": who.community, "person": who.person, "amount": price.credits, "bonus": bonus}
    made = insert(reservations).values(job=job_id, **values, money=price.money, state=Hold.HELD, held_at=now)
    row = (await tx.execute(made.returning(reservations))).one()
    await counting.add(tx, row, held=1)
    await post(tx, job_id, who, Step.HOLD, _moves(row, Side.FREE, Side.HELD), now)
    budget = next((each for rule, each in zip(rules, stand, strict=True) if rule.kind is Kind.BUDGET), None)
    return Held(bonus, replace(budget, used=budget.used + price.money) if budget is not None else None)


def _over(rule: Rule, now: Standing, given: int, price: int, opens_at: datetime | None) -> Refusal:
    details: dict[str, str | int] = {
        "rule": rule.kind.value,
        "window": rule.window.value,
        "source": rule.source.value,
        "limit": rule.limit,
        "used": now.used,
        "left": (now.left or 0) + given,
        "price": price,
    }
    if opens_at is not None:
        details["resets_at"] = opens_at.astimezone(rule.zone).isoformat()
    return Refusal(RefusalReason.OVER_ALLOWANCE, details)


async def capture(tx: AsyncConnection, job_id: JobId, now: datetime) -> None:
    """What was held is spent, in the window it was held in. Repeating it changes nothing.

    Raises `LedgerError` where nothing was ever held, or it was given back.
    """
    closed = await _close(tx, job_id, Hold.CAPTURED, now)
    if closed is None:
        if await state_of(tx, job_id) is not Hold.CAPTURED:
            raise LedgerError(f"job {job_id} holds nothing that could be spent")
        return
    await counting.add(tx, closed, held=-1, spent=1)
    await post(tx, job_id, _who(closed), Step.CAPTURE, _moves(closed, Side.HELD, Side.SPENT), now)


async def release(tx: AsyncConnection, job_id: JobId, now: datetime) -> int:
    """Give back what is held, each part to where it came from; return how many credits.

    After a capture or an earlier release it is nothing, and 0.
    """
    closed = await _close(tx, job_id, Hold.RELEASED, now)
    if closed is None:
        return 0
    await counting.add(tx, closed, held=-1)
    await post(tx, job_id, _who(closed), Step.RELEASE, _moves(closed, Side.HELD, Side.FREE), now)
    amount: int = closed.amount
    return amount


async def write_off(tx: AsyncConnection, job_id: JobId, amount: int, now: datetime) -> None:
    """What an upstream was asked for and nobody has: the host bears it. Repeating it changes nothing.

    `amount`: credits' worth. What the job was to cost the host counts as spent. Raises `LedgerError` where the job's
    credits are not given back.
    """
    await take_turn(tx, Turn.LEDGER)
    given_back = (reservations.c.job == job_id) & (reservations.c.state == Hold.RELEASED)
    marked = update(reservations).where(given_back, ~reservations.c.lost).values(lost=True)
    row = (await tx.execute(marked.returning(reservations))).one_or_none()
    if row is None:
        if await state_of(tx, job_id) is not Hold.RELEASED:
            raise LedgerError(f"job {job_id} is not lost: nothing of it was given back")
        return
    await counting.add(tx, row, spent=1, money_only=True)
    moves = [
        Move(Purse.LOSS, Side.PAID, Side.LOST, amount),
        Move(Purse.MONEY, Side.FREE, Side.SPENT, row.money),
    ]
    await post(tx, job_id, _who(row), Step.WRITE_OFF, moves, now)


async def written_off(tx: AsyncConnection) -> int:
    """How many credits' worth the host has borne."""
    theirs = (postings.c.purse == Purse.LOSS) & (postings.c.side == Side.LOST)
    return int(await tx.scalar(select(func.sum(postings.c.amount)).where(theirs)) or 0)


async def grant(tx: AsyncConnection, who: Requester, amount: int, *, by: str, now: datetime) -> int:
    """Give somebody credits that never lapse, for when their allowance does not do; return how many they have now.

    Raises `ValueError` where it is nothing.
    """
    if amount < 1:
        raise ValueError(f"nobody can be given {amount} credits")
    await take_turn(tx, Turn.LEDGER)
    await tx.execute(insert(grants).values(community=who.community, person=who.person, amount=amount, by=by, at=now))
    await post(tx, None, who, Step.GRANT, [Move(Purse.BONUS, Side.GIVEN, Side.FREE, amount)], now)
    return await bonus_left(tx, who)


async def bonus_left(tx: AsyncConnection, who: Requester) -> int:
    """What somebody was given in a community and has not used."""
    theirs = (grants.c.community == who.community) & (grants.c.person == who.person)
    given = await tx.scalar(select(func.sum(grants.c.amount)).where(theirs))
    if not given:
        return 0
    mine = (reservations.c.community == who.community) & (reservations.c.person == who.person)
    kept = select(func.sum(reservations.c.bonus)).where(mine, reservations.c.state != Hold.RELEASED)
    return int(given) - int(await tx.scalar(kept) or 0)


async def reset(tx: AsyncConnection, who: Requester, now: datetime) -> int:
    """Let nothing that somebody has used in a community so far count against their allowance; return how many credits.

    What the community's pool, the host's ceiling and the host's money have lost stays lost.
    """
    await take_turn(tx, Turn.LEDGER)
    now = await counting.ledger_time(tx, now)
    theirs = (reservations.c.community == who.community) & (reservations.c.person == who.person)
    counts = reservations.c.state.in_([Hold.HELD, Hold.CAPTURED]) & ~reservations.c.forgiven
    late = reservations.c.held_at > now - _FORGIVEN_BACK
    marked = update(reservations).where(theirs, counts, late).values(forgiven=True)
    rows = (await tx.execute(marked.returning(reservations))).all()
    for row in rows:
        side = Side.HELD if row.state == Hold.HELD else Side.SPENT
        await post(tx, row.job, who, Step.FORGIVE, [Move(Purse.CREDITS, side, Side.FORGIVEN, own(row))], now)
    await counting.forget(tx, [Account(who.community, who.person), Account(person=who.person)], Measure.OWN)
    return sum(own(row) for row in rows)


async def move(tx: AsyncConnection, old: str, new: str) -> None:
    """A community has another name, and may have been a person of its own; what is under the new one is added up."""
    await take_turn(tx, Turn.LEDGER)
    for table in (reservations, postings, grants):
        for column in (table.c.community, table.c.person):
            await tx.execute(update(table).where(column == old).values({column.name: new}))
    await tx.execute(update(grants).where(grants.c.by == old).values(by=new))
    await counting.forget_all_of(tx, {old, new})


async def state_of(tx: AsyncConnection, job_id: JobId) -> Hold | None:
    """Where a job's reservation stands; None where there is none."""
    state = await tx.scalar(select(reservations.c.state).where(reservations.c.job == job_id))
    return None if state is None else Hold(state)


async def amount_of(tx: AsyncConnection, job_id: JobId) -> int:
    """How many credits were set aside for a job."""
    return await tx.scalar(select(reservations.c.amount).where(reservations.c.job == job_id)) or 0


async def latest(tx: AsyncConnection, person: str, *, limit: int) -> list[Booked]:
    """What somebody's latest jobs came to, the newest first."""
    theirs = select(reservations).where(reservations.c.person == person)
    rows = await tx.execute(theirs.order_by(reservations.c.held_at.desc(), reservations.c.job).limit(limit))
    return [Booked(JobId(row.job), row.amount, Hold(row.state), row.closed_at or row.held_at) for row in rows]


async def standings(tx: AsyncConnection, rules: Sequence[Rule], now: datetime) -> list[Standing]:
    """What is used of each rule in its window of now: held and spent."""
    return await counting.standings(tx, rules, await counting.ledger_time(tx, now))


async def standing(tx: AsyncConnection, rule: Rule, now: datetime) -> Standing:
    """What is used of a rule in the window of now: held and spent."""
    return (await standings(tx, [rule], now))[0]


async def _close(tx: AsyncConnection, job_id: JobId, state: Hold, now: datetime) -> Row[Any] | None:
    """Close a reservation if it is still open; its row, or None where another was first."""
    await take_turn(tx, Turn.LEDGER)
    closed = await tx.execute(
        update(reservations)
        .where(reservations.c.job == job_id, reservations.c.state == Hold.HELD)
        .values(state=state, closed_at=now)
        .returning(reservations)
    )
    row: Row[Any] | None = closed.one_or_none()
    return row


def _who(row: Row[Any]) -> Requester:
    return Requester(row.person, row.community)


def _moves(row: Row[Any], source: Side, target: Side) -> list[Move]:
    """All parts of a reservation from one side to another; what was forgiven lies elsewhere, and stays there."""
    theirs = Move(Purse.CREDITS, source, target, own(row))
    if row.forgiven:
        theirs = Move(Purse.CREDITS, Side.FORGIVEN, target, own(row) if target is Side.FREE else 0)
    return [theirs, Move(Purse.BONUS, source, target, row.bonus), Move(Purse.MONEY, source, target, row.money)]
