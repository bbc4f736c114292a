"""The journal: double entry, so that what any job or grant did to the books can be told again and proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import JobId, Requester
from core.tables import postings


class Hold(StrEnum):
    """Where a reservation stands; it leaves HELD once, and for good."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"


class Step(StrEnum):
    """What was done."""

    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    WRITE_OFF = "write off"
    GRANT = "grant"
    FORGIVE = "forgive"


class Purse(StrEnum):
    """What of."""

    CREDITS = "credits"
    """Out of an allowance."""
    BONUS = "bonus"
    """Out of what a moderator gave."""
    MONEY = "money"
    """The host's."""
    LOSS = "loss"
    """Credits' worth of what an upstream may have rendered for nobody."""


class Side(StrEnum):
    """Where it can be."""

    FREE = "free"
    HELD = "held"
    SPENT = "spent"
    FORGIVEN = "forgiven"
    GIVEN = "given"
    """Where grants come from."""
    PAID = "paid"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Move:
    """An amount on its way from one side of a purse to another."""

    purse: Purse
    source: Side
    target: Side
    amount: int


def own(row: Row[Any]) -> int:
    """The credits of a reservation that came out of an allowance."""
    taken: int = row.amount - row.bonus
    return taken


def lies(row: Row[Any]) -> dict[tuple[Purse, Side], int]:
    """Where the parts of a reservation lie as it stands: what the journal must say of its job, the free sides aside."""
    state = Hold(row.state)
    side = {Hold.HELD: Side.HELD, Hold.CAPTURED: Side.SPENT}.get(state)
    parts: dict[tuple[Purse, Side], int] = {}
    if side is not None:
        parts[Purse.CREDITS, Side.FORGIVEN if row.forgiven else side] = own(row)
        parts[Purse.BONUS, side] = row.bonus
        parts[Purse.MONEY, side] = row.money
    elif row.lost:
        parts[Purse.MONEY, Side.SPENT] = row.money
    return {place: amount for place, amount in parts.items() if amount}


async def post(
    tx: AsyncConnection, job_id: JobId | None, who: Requester, step: Step, moves: Sequence[Move], now: datetime
) -> None:
    """Write down a step: of each move two entries, which sum to zero."""
    entry = {"job": job_id, "step": step, "community": who.community, "person": who.person, "at": now}
    entries = [
        {**entry, "purse": move.purse, "side": side, "amount": amount}
        for move in moves
        if move.amount
        for side, amount in ((move.source, -move.amount), (move.target, move.amount))
    ]
    if entries:
        await tx.execute(insert(postings), entries)


TAKEN: Final = (Purse.CREDITS, Purse.BONUS, Purse.MONEY)
"""The purses that a hold takes from."""
