"""What hangs on a community's name, and how all of it goes on under another one."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import ledger, limits
from core.db import insertion
from core.model import Address
from core.tables import drafts, jobs, people, reports


async def move(tx: AsyncConnection, old: str, new: str, readdress: Callable[[Address], Address]) -> int:
    """Give a community another name, in its jobs, drafts, books and settings; return how many jobs it had.

    A community may have spoken in its own name, as anonymous administrators do: then it is a person as well. Where
    there is something under the new name already, the two are added up. Repeating it changes nothing.
    """
    rows = (await tx.execute(select(jobs.c.id, jobs.c.platform, jobs.c.address).where(jobs.c.community == old))).all()
    for row in rows:
        address = readdress(Address(row.platform, row.address))
        await tx.execute(
            update(jobs)
            .where(jobs.c.id == row.id)
            .values(community=new, platform=address.platform, address=address.value)
        )
    await _readdress_drafts(tx, old.partition(":")[0], readdress)
    for table in (jobs, drafts):
        await tx.execute(update(table).where(table.c.person == old).values(person=new))
    await ledger.move(tx, old, new)
    for table in (people, reports):
        await _move_or_drop(tx, table, old, new)
    await limits.move(tx, old, new)
    return len(rows)


async def _readdress_drafts(tx: AsyncConnection, platform: str, readdress: Callable[[Address], Address]) -> None:
    """Nothing but its address says in which community a draft is: those of a platform are few, and soon forgotten."""
    theirs = select(drafts.c.id, drafts.c.address).where(drafts.c.address.startswith(f"{platform}:", autoescape=True))
    for row in (await tx.execute(theirs)).all():
        address = readdress(Address(platform, row.address.partition(":")[2]))
        changed = f"{address.platform}:{address.value}"
        if changed != row.address:
            await tx.execute(update(drafts).where(drafts.c.id == row.id).values(address=changed))


async def _move_or_drop(tx: AsyncConnection, table: Table, old: str, new: str) -> None:
    """What was said under the new name already stands."""
    rows: list[dict[str, Any]] = [
        {**row, "person": new} for row in (await tx.execute(select(table).where(table.c.person == old))).mappings()
    ]
    if rows:
        await tx.execute(insertion(tx, table).values(rows).on_conflict_do_nothing())
        await tx.execute(delete(table).where(table.c.person == old))
