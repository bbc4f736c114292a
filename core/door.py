"""The door of the line: who is turned away by what moderators have set, and how somebody leaves it again."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import jobs, ledger, limits, line
from core.errors import Refusal, RefusalReason
from core.fairness import WHOLE
from core.model import Job, JobId, JobState, Requester
from core.policy import Policy
from core.quota import Limit, Source, resolve
from core.tables import jobs as rows


async def let_in(tx: AsyncConnection, who: Requester, where: Collection[str], policy: Policy, *, now: datetime) -> None:
    """Make sure that somebody may ask for videos at all, and here: `where` are the names of this place.

    Raises `Refusal` (`BLOCKED` with `reason` and, where it ends, `resets_at`; `COMMUNITY_PAUSED` with `reason`;
    `WRONG_CHANNEL` with `channels`). A list of channels says where, and never how much.
    """
    community = await limits.community_of(tx, who.community)
    block = await limits.block_of(tx, who, now=now)
    if block is not None:
        zone = community.zone or policy.zone
        until = {"resets_at": block.until.astimezone(zone).isoformat()} if block.until is not None else {}
        raise Refusal(RefusalReason.BLOCKED, _known(reason=block.reason) | until)
    if community.pause is not None:
        raise Refusal(RefusalReason.COMMUNITY_PAUSED, _known(reason=community.pause.reason))
    if community.channels and community.channels.isdisjoint(where):
        raise Refusal(RefusalReason.WRONG_CHANNEL, {"channels": " ".join(sorted(community.channels))})


async def find_room(
    tx: AsyncConnection,
    who: Requester,
    roles: Collection[str],
    policy: Policy,
) -> None:
    """Make sure that there is room for one more of somebody's videos.

    What the host says holds for a person everywhere together, what moderators say in their community. Raises
    `Refusal` (`TOO_MANY_WAITING` and `COMMUNITY_FULL` with `limit`, `LINE_FULL`).
    """
    held = resolve(await limits.settings_of(tx, who.community), who.person, roles, policy.defaults)
    own = held.get(Limit.WAITING)
    if own is not None:
        here = who.community if own.source is not Source.INSTALLATION else None
        if await _under_way(tx, community=here, person=who.person) >= own.value:
            raise Refusal(RefusalReason.TOO_MANY_WAITING, {"limit": own.value})
    everybodys = held.get(Limit.POOL_WAITING)
    if everybodys is not None and await _under_way(tx, community=who.community) >= everybodys.value:
        raise Refusal(RefusalReason.COMMUNITY_FULL, {"limit": everybodys.value})
    if await jobs.waiting(tx) >= policy.waiting_total:
        raise Refusal(RefusalReason.LINE_FULL)


async def weight_of(tx: AsyncConnection, who: Requester, roles: Collection[str]) -> int:
    """How much of their community's line somebody has by what moderators say, in thousandths."""
    own = resolve(await limits.settings_of(tx, who.community), who.person, roles, {}).get(Limit.WEIGHT)
    return WHOLE if own is None else WHOLE * own.value // 100


async def show_out(tx: AsyncConnection, job: Job, *, now: datetime) -> Job:
    """Stop a job: one that waits is over at once and given back, one that is being made is asked to stop.

    Whoever calls has taken the turn `LINE`. Raises `Refusal(ALREADY_OVER)`.
    """
    if job.state not in _CAN_BE_STOPPED:
        raise Refusal(RefusalReason.ALREADY_OVER)
    job = await jobs.request_cancel(tx, job.id, now=now)
    if job.state is JobState.CANCELLED:
        await line.stand(tx, [(job.requester.community, job.requester.person)])
        await ledger.release(tx, job.id, now)
    return job


async def under_way(tx: AsyncConnection, community: str, *, most: int) -> list[Job]:
    """A community's jobs that wait or are being made, the oldest first."""
    theirs = select(rows.c.id).where(rows.c.community == community, _UNMADE)
    ids = await tx.scalars(theirs.order_by(rows.c.created_at, rows.c.id).limit(most))
    return await jobs.these(tx, [JobId(job_id) for job_id in ids])


async def counted(tx: AsyncConnection, community: str) -> dict[JobState, int]:
    """How many of a community's jobs wait, and how many are being made."""
    theirs = select(rows.c.state, func.count()).where(rows.c.community == community, _UNMADE)
    return {JobState(state): count for state, count in await tx.execute(theirs.group_by(rows.c.state))}


async def _under_way(tx: AsyncConnection, *, community: str | None, person: str | None = None) -> int:
    """How many wait or are being made: of a person, a community, or a person in a community."""
    theirs = [_UNMADE]
    if community is not None:
        theirs.append(rows.c.community == community)
    if person is not None:
        theirs.append(rows.c.person == person)
    return await tx.scalar(select(func.count()).where(*theirs)) or 0


_CAN_BE_STOPPED: Final = frozenset({JobState.WAITING, JobState.ACTIVE})
_UNMADE: Final[ColumnElement[bool]] = rows.c.state.in_(_CAN_BE_STOPPED)


def _known(**words: str) -> dict[str, str | int]:
    return {name: word for name, word in words.items() if word}
