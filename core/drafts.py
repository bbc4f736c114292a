"""What somebody is still putting together: a request that is not made yet, kept so that a restart loses none of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.model import Address, Picture
from core.tables import drafts

LIFE: Final = timedelta(days=2)
"""So long somebody may leave a request half made: as long as Telegram lets a bot take its own message away."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One request in the making. What `body` says is its platform's own business."""

    id: str
    person: str
    address: Address
    body: str
    created_at: datetime
    picture: Picture | None = None


async def keep(tx: AsyncConnection, draft: Draft) -> Draft:
    """Write a new one down; where its id is known already, the one that there is. Old ones are forgotten with that."""
    await tx.execute(delete(drafts).where(drafts.c.created_at < draft.created_at - LIFE))
    row = {"id": draft.id, "created_at": draft.created_at, **_values(draft)}
    await tx.execute(insertion(tx, drafts).values(row).on_conflict_do_nothing())
    return await get(tx, draft.id) or draft


async def get(tx: AsyncConnection, draft_id: str) -> Draft | None:
    """The one of this id; None where there is none any more."""
    row = (await tx.execute(select(drafts).where(drafts.c.id == draft_id))).one_or_none()
    return None if row is None else _draft(row)


async def change(tx: AsyncConnection, draft_id: str, how: Callable[[Draft], Draft]) -> Draft | None:
    """Write it down anew as `how` makes it; None where there is none any more. Its id and its age stay."""
    draft = await get(tx, draft_id)
    if draft is None:
        return None
    changed = replace(how(draft), id=draft_id, created_at=draft.created_at)
    await tx.execute(update(drafts).where(drafts.c.id == draft_id).values(_values(changed)))
    return changed


async def drop(tx: AsyncConnection, draft_id: str) -> None:
    """Forget it."""
    await tx.execute(delete(drafts).where(drafts.c.id == draft_id))


def _values(draft: Draft) -> dict[str, Any]:
    return {
        "person": draft.person,
        "address": f"{draft.address.platform}:{draft.address.value}",
        "body": draft.body,
        "picture": draft.picture.data if draft.picture else None,
        "picture_type": draft.picture.media_type if draft.picture else None,
    }


def _draft(row: Row[Any]) -> Draft:
    platform, _, value = row.address.partition(":")
    return Draft(
        id=row.id,
        person=row.person,
        address=Address(platform, value),
        body=row.body,
        created_at=row.created_at,
        picture=Picture(row.picture_type, row.picture) if row.picture is not None else None,
    )
