"""The inbox, in verbs: updates are kept before they are confirmed to their platform, and seen to once, chat by chat."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Row, delete, false, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.tables import inbox

REMEMBERED: Final = timedelta(hours=48)
"""How long an update that was seen to is known by its number: twice the time for which Telegram tells it again."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One update as it came in; `body` is the platform's own text."""

    update_id: int
    chat: str
    """What it has to be in order with: updates of one chat are seen to one after another."""
    body: str
    urgent: bool = False
    """Whether it does not wait for what came before it in its chat."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One update that is to be seen to now."""

    id: int
    update_id: int
    chat: str
    body: str
    tries: int
    """How often it has been taken, this time included: more than once where a process died over it."""


async def put(tx: AsyncConnection, source: str, updates: Sequence[Arrived], *, now: datetime) -> int:
    """Keep what came from one bot, in this order; tell how many of them were new."""
    if not updates:
        return 0
    rows = [
        {
            "source": source,
            "update_id": arrived.update_id,
            "chat": arrived.chat,
            "urgent": arrived.urgent,
            "body": arrived.body,
            "received_at": now,
        }
        for arrived in updates
    ]
    added = await tx.execute(insertion(tx, inbox).values(rows).on_conflict_do_nothing().returning(inbox.c.id))
    return len(added.all())


async def take(
    tx: AsyncConnection,
    source: str,
    *,
    urgent: bool = False,
    limit: int,
    besides: Collection[int] = (),
    passed: Collection[int] = (),
) -> list[Waiting]:
    """The next of each chat, those that wait longest first; or, if `urgent`, all that do not wait for their chat.

    `besides` are those that are being seen to: nothing else of their chats is given out meanwhile, unless they may be
    `passed` by it.
    """
    waits = (inbox.c.source == source) & inbox.c.done_at.is_(None)
    if urgent:
        ready = waits & (inbox.c.urgent == true())
    else:
        ahead = waits & (inbox.c.urgent == false()) & inbox.c.id.not_in(passed)
        first = select(func.min(inbox.c.id)).where(ahead).group_by(inbox.c.chat)
        ready = waits & inbox.c.id.in_(first)
    chosen = (
        select(inbox.c.id)
        .where(ready, inbox.c.id.not_in(besides))
        .order_by(inbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = await tx.execute(
        update(inbox).where(inbox.c.id.in_(chosen)).values(tries=inbox.c.tries + 1).returning(inbox)
    )
    return sorted((_waiting(row) for row in taken), key=lambda waiting: waiting.id)


async def ahead(tx: AsyncConnection, source: str, chat: str, number: int) -> list[Waiting]:
    """What came into a chat before this `number` of the inbox, waits its turn there and is not done, oldest first."""
    before = (inbox.c.source == source) & (inbox.c.chat == chat) & (inbox.c.id < number)
    waits = inbox.c.done_at.is_(None) & (inbox.c.urgent == false())
    rows = await tx.execute(select(inbox).where(before, waits).order_by(inbox.c.id))
    return [_waiting(row) for row in rows]


async def done(tx: AsyncConnection, ids: Collection[int], *, now: datetime) -> None:
    """These were seen to; of what people said in them nothing is kept."""
    if ids:
        await tx.execute(update(inbox).where(inbox.c.id.in_(ids)).values(done_at=now, body=""))


async def sweep(tx: AsyncConnection, *, before: datetime) -> int:
    """Forget what was seen to before then; tell how many these were."""
    return (await tx.execute(delete(inbox).where(inbox.c.done_at < before))).rowcount


async def backlog(tx: AsyncConnection, source: str) -> int:
    """How many updates of a bot are still to be seen to."""
    waits = (inbox.c.source == source) & inbox.c.done_at.is_(None)
    return await tx.scalar(select(func.count()).where(waits)) or 0


def _waiting(row: Row[tuple[object, ...]]) -> Waiting:
    return Waiting(id=row.id, update_id=row.update_id, chat=row.chat, body=row.body, tries=row.tries)
