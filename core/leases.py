"""Leases by name: what only one process may do is done by whoever holds one, and by another when that one dies."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.tables import leases


async def take(tx: AsyncConnection, name: str, owner: str, *, now: datetime, life: timedelta) -> bool:
    """Take a lease that is free, has run out, or is one's own; whether it is one's own now."""
    mine = {"owner": owner, "until": now + life}
    free = or_(leases.c.until <= now, leases.c.owner == owner)
    taken: str | None = await tx.scalar(
        insertion(tx, leases)
        .values(name=name, **mine)
        .on_conflict_do_update(index_elements=["name"], set_=mine, where=free)
        .returning(leases.c.owner)
    )
    return taken is not None


async def renew(tx: AsyncConnection, name: str, owner: str, *, now: datetime, life: timedelta) -> bool:
    """Prolong one's own lease; False where another has it.

    One that ran out is prolonged too, as long as nobody else has taken it.
    """
    own = (leases.c.name == name) & (leases.c.owner == owner)
    return (await tx.execute(update(leases).where(own).values(until=now + life))).rowcount == 1


async def release(tx: AsyncConnection, name: str, owner: str) -> None:
    """Give one's own lease back, so that the next need not wait for its end."""
    await tx.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))


async def inherit(tx: AsyncConnection) -> None:
    """End every lease there is: for a process that knows itself to be the only one, right after it began."""
    await tx.execute(delete(leases))
