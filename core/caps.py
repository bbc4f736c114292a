"""How much may run at once where moderators have their say: what they set, as the line asks it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from core import limits
from core.fairness import Caps
from core.model import JobState
from core.quota import Limit, Setting, Source, resolve
from core.tables import jobs

_WAITS: Final = jobs.c.state == JobState.WAITING
_RUNS: Final = jobs.c.state == JobState.ACTIVE
Member = tuple[str, str, str]
"""A community, a person, and what they were when they asked, as jobs bear it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The host's caps with those of communities, and what moderators set for people there, by community."""

    caps: Caps
    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)

    def of(self, member: Member) -> int | None:
        """How many somebody may have running in their community; None: what the host says, everywhere together."""
        community, person, roles = member
        theirs = self.settings.get(community)
        if theirs is None:
            return None
        held = resolve(theirs, person, json.loads(roles), {}).get(Limit.RUNNING)
        return None if held is None else held.value


async def read(tx: AsyncConnection, caps: Caps) -> Bounds:
    """The host's caps, and what moderators have made of them by now."""
    found = await limits.all_settings(tx, Limit.RUNNING, Limit.POOL_RUNNING)
    communities = {
        community: setting.value
        for community, theirs in found.items()
        for setting in theirs
        if setting.limit is Limit.POOL_RUNNING and setting.source is Source.COMMUNITY
    }
    of_people = {
        community: running
        for community, theirs in found.items()
        if (running := tuple(setting for setting in theirs if setting.limit is Limit.RUNNING))
    }
    return Bounds(replace(caps, communities=communities, paused=await limits.paused(tx)), of_people)


async def who_may_begin(tx: AsyncConnection, bounds: Bounds) -> list[ColumnElement[bool]]:
    """What a waiting job's row must be like, as far as its person and its community's pause go."""
    asked: list[ColumnElement[bool]] = []
    if bounds.caps.paused:
        asked.append(jobs.c.community.not_in(bounds.caps.paused))
    usual = bounds.caps.each_person
    if bounds.settings:
        here = jobs.c.community.in_(bounds.settings)
        full = await _at_their_cap(tx, bounds)
        if full:
            asked.append(tuple_(jobs.c.community, jobs.c.person, jobs.c.roles).not_in(full))
        if usual is not None:
            asked.append(or_(here, jobs.c.person.not_in(_busy(usual))))
    elif usual is not None:
        asked.append(jobs.c.person.not_in(_busy(usual)))
    return asked


def _busy(most: int) -> Select[tuple[str]]:
    """Who has as many running as they may, found once however often a statement asks for it."""
    theirs = select(jobs.c.person).where(_RUNS).group_by(jobs.c.person).having(func.count() >= most)
    return select(theirs.cte("busy").c.person)


async def _at_their_cap(tx: AsyncConnection, bounds: Bounds) -> list[Member]:
    """Who waits where moderators have set something and can have no more running: each as they were when they asked."""
    member = (jobs.c.community, jobs.c.person, jobs.c.roles)
    here = jobs.c.community.in_(bounds.settings)
    waiting: Collection[Member] = [
        (row.community, row.person, row.roles)
        for row in await tx.execute(select(*member).where(_WAITS, here).group_by(*member))
    ]
    people = {person for _, person, _ in waiting}
    running = {
        (row.community, row.person): row.at_once
        for row in await tx.execute(
            select(jobs.c.community, jobs.c.person, func.count().label("at_once"))
            .where(and_(_RUNS, jobs.c.person.in_(people)))
            .group_by(jobs.c.community, jobs.c.person)
        )
    }
    everywhere: dict[str, int] = {}
    for (_, person), count in running.items():
        everywhere[person] = everywhere.get(person, 0) + count
    full = []
    for each in waiting:
        cap, had = bounds.of(each), running.get(each[:2], 0)
        if cap is None:
            cap, had = bounds.caps.each_person, everywhere.get(each[1], 0)
        if cap is not None and had >= cap:
            full.append(each)
    return full
