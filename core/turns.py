"""Turns and silences, in verbs: how often one bot has spoken lately, and where its platform wants to hear nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.tables import silences, turns

EVERYWHERE = 0
"""The chat that stands for all of them; no chat has this number."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said: where, and when."""

    chat: int
    at: datetime
    many: int = 1
    """Messages and edits. What may have been said in any chat is said `EVERYWHERE`; none there: all is written down."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is to be said in a chat until then, as was heard at a moment."""

    chat: int
    heard_at: datetime
    until: datetime


async def since(tx: AsyncConnection, bot: str, at: datetime, *, chat: int | None = None) -> list[Turn]:
    """Turns after a moment, the earliest first: all, or what counts in one chat."""
    mine = (turns.c.bot == bot) & (turns.c.at > at)
    if chat is not None:
        mine &= turns.c.chat.in_([chat, EVERYWHERE])
    rows = await tx.execute(select(turns).where(mine).order_by(turns.c.at, turns.c.id))
    return [Turn(row.chat, row.at, row.many) for row in rows]


async def spend(tx: AsyncConnection, bot: str, spent: Sequence[Turn]) -> list[int]:
    """Write turns down; the numbers by which they can be given back."""
    if not spent:
        return []
    rows = [{"bot": bot, "chat": turn.chat, "at": turn.at, "many": turn.many} for turn in spent]
    return list((await tx.scalars(insertion(tx, turns).returning(turns.c.id), rows)).all())


async def give_back(tx: AsyncConnection, ids: Collection[int]) -> None:
    """These were not needed."""
    if ids:
        await tx.execute(delete(turns).where(turns.c.id.in_(ids)))


async def forget(tx: AsyncConnection, bot: str, *, before: datetime) -> None:
    """Nobody asks for turns before then."""
    await tx.execute(delete(turns).where(turns.c.bot == bot, turns.c.at < before))


async def silence(tx: AsyncConnection, bot: str, heard: Silence) -> None:
    """Remember a silence; one that lasts for longer already stays."""
    added = insertion(tx, silences).values(bot=bot, chat=heard.chat, heard_at=heard.heard_at, until=heard.until)
    later = added.excluded.until > silences.c.until
    latest = case((later, added.excluded.until), else_=silences.c.until)
    await tx.execute(
        added.on_conflict_do_update(
            index_elements=["bot", "chat"], set_={"heard_at": added.excluded.heard_at, "until": latest}
        )
    )


async def silent(
    tx: AsyncConnection, bot: str, *, now: datetime, chats: Collection[int] | None = None
) -> list[Silence]:
    """The silences that last: of these chats, or all."""
    mine = (silences.c.bot == bot) & (silences.c.until > now)
    if chats is not None:
        mine &= silences.c.chat.in_(chats)
    rows = await tx.execute(select(silences).where(mine))
    return [Silence(row.chat, row.heard_at, row.until) for row in rows]


async def heard_since(tx: AsyncConnection, bot: str, at: datetime) -> list[Silence]:
    """The silences of single chats that began since a moment."""
    mine = (silences.c.bot == bot) & (silences.c.heard_at >= at) & (silences.c.chat != EVERYWHERE)
    return [Silence(row.chat, row.heard_at, row.until) for row in await tx.execute(select(silences).where(mine))]


async def forget_silences(tx: AsyncConnection, bot: str, *, before: datetime) -> None:
    """Of those that were over by then nobody asks."""
    await tx.execute(delete(silences).where(silences.c.bot == bot, silences.c.until < before))
