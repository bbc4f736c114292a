"""What is used of an account in a window: counters where one is kept, and the sum over reservations where none is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, case, delete, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.journal import Hold, own
from core.model import Requester
from core.quota import Account, Measure, Rule, Standing
from core.tables import counters, reservations

_OF: Final[dict[Measure, ColumnElement[int]]] = {
    Measure.OWN: reservations.c.amount - reservations.c.bonus,
    Measure.ALL: reservations.c.amount,
    Measure.MONEY: reservations.c.money,
}
_IS_HELD: Final = reservations.c.state == Hold.HELD
_IS_SPENT: Final = reservations.c.state == Hold.CAPTURED
_COUNTS: Final = {
    Measure.OWN: (and_(_IS_HELD, ~reservations.c.forgiven), and_(_IS_SPENT, ~reservations.c.forgiven)),
    Measure.ALL: (_IS_HELD, _IS_SPENT),
    Measure.MONEY: (_IS_HELD, or_(_IS_SPENT, reservations.c.lost)),
}
"""Of which reservations the amount is held, and of which it is spent."""


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted: a measure of an account, of what was held from `start` on and before `end`."""

    account: Account
    measure: Measure
    start: datetime
    end: datetime


async def ledger_time(tx: AsyncConnection, now: datetime) -> datetime:
    """Now, or when the newest reservation was made if that is later: a clock that steps back frees nothing."""
    newest = await tx.scalar(select(func.max(reservations.c.held_at)))
    return now if newest is None else max(now, newest)


async def standings(tx: AsyncConnection, rules: Sequence[Rule], now: datetime, *, keep: bool = False) -> list[Standing]:
    """How each rule stands at `now`, a time of the ledger's own. `keep`: write down the counters that were missing."""
    counts = {
        rule: Count(rule.account, rule.kind.measure, *rule.span(now)) for rule in rules if not rule.window.rolling
    }
    known = await _counted(tx, counts.values(), now, keep=keep)
    found = []
    for rule in rules:
        count = counts.get(rule)
        if count is not None:
            found.append(Standing(rule.limit, known[count], count.end))
        else:
            found.append(await _reaching_back(tx, rule, now))
    return found


async def opens_at(tx: AsyncConnection, rule: Rule, need: int, now: datetime) -> datetime | None:
    """When a rule that says no to `need` will have room for it; None where it never has."""
    if need > rule.limit:
        return None
    reach = rule.window.rolling
    if reach is None:
        return rule.span(now)[1]
    rows = await _rows_reaching_back(tx, rule, now)
    used = sum(amount for _, amount in rows)
    for held_at, amount in rows:
        used -= amount
        if used + need <= rule.limit:
            return held_at + reach
    return now


async def sums(tx: AsyncConnection, count: Count) -> tuple[int, int]:
    """What is held and what is spent, added up from the reservations themselves."""
    amount, (held, spent) = _OF[count.measure], _COUNTS[count.measure]
    row = (
        await tx.execute(
            select(
                func.coalesce(func.sum(case((held, amount), else_=0)), 0),
                func.coalesce(func.sum(case((spent, amount), else_=0)), 0),
            ).where(_of(count.account), reservations.c.held_at >= count.start, reservations.c.held_at < count.end)
        )
    ).one()
    return int(row[0]), int(row[1])


async def add(tx: AsyncConnection, row: Row[Any], *, held: int = 0, spent: int = 0, money_only: bool = False) -> None:
    """Count a reservation in or out, in every window of its accounts that it was made in.

    `held`, `spent`: 1 in, -1 out. `money_only`: it counts as money alone.
    """
    amount = case(
        (counters.c.measure == Measure.MONEY, row.money),
        (counters.c.measure == Measure.ALL, 0 if money_only else row.amount),
        else_=0 if money_only or row.forgiven else own(row),
    )
    await tx.execute(
        update(counters)
        .where(_counted_for(accounts_of(Requester(row.person, row.community))), _holds(row.held_at))
        .values(held=counters.c.held + held * amount, spent=counters.c.spent + spent * amount)
    )


async def forget(tx: AsyncConnection, accounts: Collection[Account], measure: Measure | None = None) -> None:
    """Throw counters away; they are made anew when they are next asked for."""
    which = true() if measure is None else counters.c.measure == measure
    await tx.execute(delete(counters).where(_counted_for(accounts), which))


async def forget_all_of(tx: AsyncConnection, names: Collection[str]) -> None:
    """Throw away every counter that somebody or a community of these names is part of."""
    theirs = counters.c.community.in_(names) | counters.c.person.in_(names)
    await tx.execute(delete(counters).where(theirs))


def accounts_of(who: Requester) -> list[Account]:
    """All on which a job of theirs counts."""
    return [Account(who.community, who.person), Account(person=who.person), Account(who.community), Account()]


async def _counted(tx: AsyncConnection, counts: Iterable[Count], now: datetime, *, keep: bool) -> dict[Count, int]:
    wanted = set(counts)
    if not wanted:
        return {}
    accounts = {count.account for count in wanted}
    rows = await tx.execute(select(counters).where(_counted_for(accounts), _holds(now)))
    known = {
        Count(Account(row.community, row.person), Measure(row.measure), row.starts_at, row.ends_at): row.held
        + row.spent
        for row in rows
    }
    for count in wanted - known.keys():
        held, spent = await sums(tx, count)
        known[count] = held + spent
        if keep:
            over = and_(_counted_for([count.account]), counters.c.ends_at <= now)
            await tx.execute(delete(counters).where(over))
            await tx.execute(insert(counters).values(**key_of(count), held=held, spent=spent))
    return known


async def _reaching_back(tx: AsyncConnection, rule: Rule, now: datetime) -> Standing:
    rows = await _rows_reaching_back(tx, rule, now)
    reach = rule.window.rolling
    first = rows[0][0] + reach if rows and reach is not None else None
    return Standing(rule.limit, sum(amount for _, amount in rows), first)


async def _rows_reaching_back(tx: AsyncConnection, rule: Rule, now: datetime) -> list[tuple[datetime, int]]:
    """When each that counts was held, and how much it is, the oldest first: exactly, by no steps."""
    start, _ = rule.span(now)
    amount, counts = _OF[rule.kind.measure], or_(*_COUNTS[rule.kind.measure])
    rows = await tx.execute(
        select(reservations.c.held_at, amount)
        .where(_of(rule.account), counts, reservations.c.held_at > start, amount > 0)
        .order_by(reservations.c.held_at)
    )
    return [(held_at, taken) for held_at, taken in rows]


def key_of(count: Count) -> dict[str, Any]:
    """A counter's key."""
    return {
        "community": count.account.community,
        "person": count.account.person,
        "measure": count.measure,
        "starts_at": count.start,
        "ends_at": count.end,
    }


def _of(account: Account) -> ColumnElement[bool]:
    """The reservations that count on an account."""
    return and_(
        true(),
        *([reservations.c.community == account.community] if account.community else []),
        *([reservations.c.person == account.person] if account.person else []),
    )


def _counted_for(accounts: Iterable[Account]) -> ColumnElement[bool]:
    return or_(*(and_(counters.c.community == each.community, counters.c.person == each.person) for each in accounts))


def _holds(at: datetime) -> ColumnElement[bool]:
    return and_(counters.c.starts_at <= at, counters.c.ends_at > at)
