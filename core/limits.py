"""What moderators set for their community, as rows: limits, time zone, channels, a pause, blocks, and the log."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.model import Requester
from core.quota import Limit, Setting, Source
from core.tables import actions, blocks, communities, limits


@dataclass(frozen=True, slots=True)
class Pause:
    """A community makes nothing new for now: what runs ends, and what waits keeps its place."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Community:
    """How a community differs from what the host says; None and nothing where it does not."""

    zone: ZoneInfo | None = None
    """In whose calendar its days, weeks and months begin."""
    channels: frozenset[str] = frozenset()
    """Where alone videos may be asked for; everywhere, where none is named."""
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody may make no videos in a community."""

    person: str
    until: datetime | None
    """None: until somebody takes it back."""
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a community's log: who did what to whom, and when."""

    by: str
    action: str
    subject: str
    at: datetime
    details: Mapping[str, str | int] = field(default_factory=dict)


# Limits


async def settings_of(tx: AsyncConnection, community: str) -> tuple[Setting, ...]:
    """Everything that is set for a community, in one order."""
    rows = select(limits).where(limits.c.community == community)
    return tuple(sorted((_setting(row) for row in await tx.execute(rows)), key=_order))


async def all_settings(tx: AsyncConnection, *which: Limit) -> dict[str, tuple[Setting, ...]]:
    """The settings of all communities, of these limits only where some are named; those that have none are left out."""
    rows = select(limits).where(limits.c.limit.in_(which)) if which else select(limits)
    found: dict[str, list[Setting]] = {}
    for row in await tx.execute(rows):
        found.setdefault(row.community, []).append(_setting(row))
    return {community: tuple(sorted(settings, key=_order)) for community, settings in found.items()}


async def set_limit(tx: AsyncConnection, community: str, setting: Setting, *, by: str, now: datetime) -> None:
    """Set a limit, in the place of what was set for the same before."""
    values = {"value": setting.value, "by": by, "at": now}
    adding = insertion(tx, limits).values(**_key(community, setting.source, setting.subject, setting.limit), **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=_LIMIT_KEY, set_=values))


async def clear_limit(tx: AsyncConnection, community: str, source: Source, subject: str, limit: Limit) -> bool:
    """Unset a limit, so that the next in the order is heard; whether it was set."""
    key = _key(community, source, subject, limit)
    cleared = await tx.execute(delete(limits).filter_by(**key).returning(limits.c.limit))
    return cleared.one_or_none() is not None


_LIMIT_KEY: Final = ["community", "source", "subject", "limit"]


def _key(community: str, source: Source, subject: str, limit: Limit) -> dict[str, str]:
    return {"community": community, "source": source, "subject": subject, "limit": limit}


def _setting(row: Row[Any]) -> Setting:
    return Setting(Source(row.source), row.subject, Limit(row.limit), row.value)


def _order(setting: Setting) -> tuple[int, str, int]:
    return list(Source).index(setting.source), setting.subject, list(Limit).index(setting.limit)


# Communities


async def community_of(tx: AsyncConnection, community: str) -> Community:
    """How a community differs from what the host says."""
    row = (await tx.execute(select(communities).where(communities.c.community == community))).one_or_none()
    if row is None:
        return Community()
    return Community(
        zone=ZoneInfo(row.zone) if row.zone is not None else None,
        channels=frozenset(json.loads(row.channels)) if row.channels is not None else frozenset(),
        pause=Pause(row.paused_by, row.paused_at, row.pause_reason or "") if row.paused_at is not None else None,
    )


async def set_zone(tx: AsyncConnection, community: str, zone: ZoneInfo | None) -> None:
    """From now on its days begin in this time zone; None: in the host's."""
    await _change(tx, community, zone=zone.key if zone is not None else None)


async def set_channels(tx: AsyncConnection, community: str, channels: Collection[str]) -> None:
    """Videos may be asked for in these alone; in all, where there is none."""
    await _change(tx, community, channels=json.dumps(sorted(set(channels))) if channels else None)


async def set_pause(tx: AsyncConnection, community: str, pause: Pause | None) -> None:
    """Let nothing new begin; None: go on."""
    if pause is None:
        await _change(tx, community, paused_at=None, paused_by=None, pause_reason=None)
    else:
        await _change(tx, community, paused_at=pause.at, paused_by=pause.by, pause_reason=pause.reason)


async def paused(tx: AsyncConnection) -> frozenset[str]:
    """The communities in which nothing may begin now, for whoever lets jobs begin."""
    return frozenset(await tx.scalars(select(communities.c.community).where(communities.c.paused_at.is_not(None))))


async def _change(tx: AsyncConnection, community: str, **values: str | datetime | None) -> None:
    adding = insertion(tx, communities).values(community=community, **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=["community"], set_=values))


# Blocks


async def block_of(tx: AsyncConnection, who: Requester, *, now: datetime) -> Block | None:
    """The block that holds for somebody now; None where they may make videos."""
    theirs = (blocks.c.community == who.community) & (blocks.c.person == who.person)
    row = (await tx.execute(select(blocks).where(theirs, _holds(now)))).one_or_none()
    return _block(row) if row is not None else None


async def blocks_of(tx: AsyncConnection, community: str, *, now: datetime) -> list[Block]:
    """Who is blocked in a community now, the latest first."""
    theirs = select(blocks).where(blocks.c.community == community, _holds(now))
    return [_block(row) for row in await tx.execute(theirs.order_by(blocks.c.at.desc(), blocks.c.person))]


async def block(tx: AsyncConnection, community: str, new: Block) -> None:
    """Block somebody, in the place of what was said of them before."""
    values = {"until": new.until, "reason": new.reason, "by": new.by, "at": new.at}
    adding = insertion(tx, blocks).values(community=community, person=new.person, **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=["community", "person"], set_=values))


async def unblock(tx: AsyncConnection, who: Requester, *, now: datetime) -> bool:
    """Let somebody make videos again; whether they could not."""
    theirs = (blocks.c.community == who.community) & (blocks.c.person == who.person)
    held = await tx.scalar(select(blocks.c.person).where(theirs, _holds(now)))
    await tx.execute(delete(blocks).where(theirs))
    return held is not None


def _holds(now: datetime) -> Any:
    return or_(blocks.c.until.is_(None), blocks.c.until > now)


def _block(row: Row[Any]) -> Block:
    return Block(row.person, row.until, row.reason, row.by, row.at)


# The log


async def write(tx: AsyncConnection, community: str, action: Action) -> None:
    """Add a line to a community's log; none is ever changed or taken away."""
    await tx.execute(
        insert(actions).values(
            community=community,
            by=action.by,
            action=action.action,
            subject=action.subject,
            details=json.dumps(action.details),
            at=action.at,
        )
    )


async def log_of(tx: AsyncConnection, community: str, *, most: int) -> list[Action]:
    """The last lines of a community's log, the newest first."""
    theirs = select(actions).where(actions.c.community == community)
    rows = await tx.execute(theirs.order_by(actions.c.id.desc()).limit(most))
    return [Action(row.by, row.action, row.subject, row.at, json.loads(row.details)) for row in rows]


# Another name


_NAMES: Final = frozenset({"community", "subject", "person", "by", "paused_by"})
"""The columns that hold names."""


async def move(tx: AsyncConnection, old: str, new: str) -> None:
    """A community has another name, and may have been a person of its own; what is under the new one stands."""
    for table in (limits, blocks, communities):
        rows = (await tx.execute(select(table).where(table.c.community == old))).mappings().all()
        moved = [{key: new if key in _NAMES and value == old else value for key, value in row.items()} for row in rows]
        if moved:
            await tx.execute(insertion(tx, table).values(moved).on_conflict_do_nothing())
            await tx.execute(delete(table).where(table.c.community == old))
    await tx.execute(update(actions).where(actions.c.community == old).values(community=new))
    for column in (actions.c.by, actions.c.subject):
        await tx.execute(update(actions).where(column == old).values({column.name: new}))
