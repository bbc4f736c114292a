"""The line, in verbs: who gets in, who begins, and in which order they stand; the choice itself is `core.fairness`.

Whoever calls has taken the turn `LINE`: so no two transactions count the same room twice.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, exists, false, func, or_, select, true, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import caps as bounding
from core import jobs as verbs
from core import limits
from core.caps import Bounds
from core.db import Turn, insertion, take_turn
from core.fairness import (
    INSTALLATION,
    UNIT,
    WHOLE,
    Candidate,
    Caps,
    Room,
    Shares,
    decayed,
    member,
    order,
    pick,
    weight_of,
)
from core.model import GenerationRequest, Job, JobId, JobState, Requester, Wishes
from core.tables import clocks, jobs, recent_use, shares

BATCH: Final = 8
"""How many begin in one transaction, so that it stays short; whoever admits does it again until nobody may begin."""
TRIES: Final = 3
"""How often something is begun, the free tries after an interruption included: what kills us each time ends there."""
FORGOTTEN: Final = timedelta(days=7)
"""After so long what somebody had counts nothing, and is not kept."""

_FIRST_MOST: Final = 1000
_THOUSANDTHS: Final = 1000
_WAITS: Final = jobs.c.state == JobState.WAITING
_RUNS: Final = jobs.c.state == JobState.ACTIVE

Providers = Mapping[str, str]
"""The provider of each model; one that the catalogue no longer has stands for itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is stamped on a job as it gets in line."""

    weight: int
    """Of its person among the people of the community, in thousandths, by what they had lately."""
    relaxed: bool
    """Whether it waits until nobody of its community stands in the standard lane."""


async def join(
    tx: AsyncConnection, who: Requester, *, role: int = WHOLE, typical: int, relaxed_after: int | None, now: datetime
) -> Place:
    """Somebody is about to get in line: call it before the row is written, and `stand` after that.

    `role`: their weight by role, in thousandths. `typical`: the credits whose recent use halves it. `relaxed_after`:
    the credits of recent use from which on they stand in the relaxed lane; None: never.
    """
    recent = (await _recent(tx, [who.person], now)).get(who.person, 0)
    theirs = exists().where(_WAITS, jobs.c.community == who.community)
    of_community, of_person = (await tx.execute(select(theirs, theirs.where(jobs.c.person == who.person)))).one()
    if not (of_community and of_person):
        before = await _shares(tx, [who.community], [who.person])
        after = before.joined(who.community, who.person, alone=not of_person, first_of_community=not of_community)
        await _remember(tx, before, after)
    return Place(
        weight=weight_of(role, recent, typical * _THOUSANDTHS),
        relaxed=relaxed_after is not None and recent >= relaxed_after * _THOUSANDTHS,
    )


async def interrupted(
    tx: AsyncConnection, request: GenerationRequest, by: Requester, wishes: Wishes
) -> tuple[Job | None, Job | None]:
    """What somebody tries again here for nothing, because we interrupted it; or the try that is under way already.

    Once a job, and `TRIES` begins in all. Neither, where it is a request like any other.
    """
    before = await verbs.get(tx, wishes.parent) if wishes.parent is not None else None
    if before is None or before.state is not JobState.INTERRUPTED or before.tries >= TRIES:
        return None, None
    if (before.request, before.requester) != (request, by):
        return None, None
    known = await verbs.free_try(tx, before.id)
    if known is None:
        return before, None
    return None, None if known.state.terminal else known


async def stand(tx: AsyncConnection, flows: Collection[tuple[str, str]], known: Shares | None = None) -> None:
    """Say anew when whose jobs are served: of each `(community, person)` whose waiting jobs or share have changed.

    This tells whom to look at; the choice among them goes by the shares. While a provider is full, what somebody wants
    of another one stands behind what they wanted of it before. `known`: the shares of these, where they are at hand.
    """
    wanted = jobs.c.community.in_({flow[0] for flow in flows}) & jobs.c.person.in_({flow[1] for flow in flows})
    rows = await tx.execute(
        select(jobs.c.id, jobs.c.community, jobs.c.person, jobs.c.price, jobs.c.weight, jobs.c.finish)
        .where(_WAITS, wanted, jobs.c.front == false())
        .order_by(jobs.c.relaxed, jobs.c.created_at, jobs.c.id)
    )
    if known is None:
        known = await _shares(tx, {community for community, _ in flows}, {person for _, person in flows})
    tags = dict(known.tags)
    for row in rows:
        flow = (row.community, row.person)
        begun = tags.get(flow, known.clocks.get(row.community, 0))
        tags[flow] = finish = begun + max(row.price, 1) * UNIT * WHOLE // row.weight
        if finish != row.finish:
            await tx.execute(update(jobs).where(jobs.c.id == row.id).values(finish=finish))


async def admit(tx: AsyncConnection, providers: Providers, caps: Caps, *, at_once: int, now: datetime) -> list[JobId]:
    """Let up to `BATCH` jobs begin, in order, so that no more than `at_once` run and no cap is exceeded.

    They are active from here and nobody's: whoever is handed them takes them up. Whoever calls has taken the turn
    `LINE` before it looked at its clock: to wait for that may take a while.
    """
    bounds = await bounding.read(tx, caps)
    caps = bounds.caps
    running, total = await _running(tx, providers)
    # A provider that fills up changes what everybody's next job is: no batch goes past that.
    left = [caps.provider[name] - running["provider", name] for name in caps.provider]
    room = min([at_once - total, BATCH, *(each for each in left if each > 0)])
    if room <= 0:
        return []
    for first in (True, False):
        if first:
            waiting = await _first(tx, providers, bounds)
        else:
            waiting = await _next_in_line(tx, providers, Room(caps, running), room, bounds)
        if not waiting:
            continue
        running = running + await _running_of(tx, {each.person for each in waiting})
        before = await _shares(tx, {each.community for each in waiting}, {each.person for each in waiting})
        choice = pick(waiting, running, before, caps, room=room)
        if choice.chosen:
            await _begin(tx, choice.chosen, now)
            await _remember(tx, before, choice.shares, only=choice.chosen)
            after = Shares({**before.tags, **choice.shares.tags}, choice.shares.clocks)
            await stand(tx, {(each.community, each.person) for each in choice.chosen}, after)
            return [each.job for each in choice.chosen]
    return []


async def in_order(tx: AsyncConnection, providers: Providers) -> tuple[JobId, ...]:
    """All who wait, as they will be served if nobody else comes; whose community is paused, last."""
    paused = await limits.paused(tx)
    rows = (await tx.execute(select(*_COLUMNS).where(_WAITS))).all()
    if not rows:
        return ()
    communities, people = {row.community for row in rows}, {row.person for row in rows}
    known = await _shares(tx, communities, people, all_of_them=True)
    return tuple(each.job for each in order([_candidate(row, providers) for row in rows], known, paused))


async def sweep(tx: AsyncConnection, *, now: datetime) -> None:
    """Forget the shares of whoever neither waits nor is ahead, and the use that counts no more."""
    waits = exists().where(
        _WAITS,
        or_(
            and_(shares.c.level == INSTALLATION, jobs.c.community == shares.c.flow),
            and_(jobs.c.community == shares.c.level, jobs.c.person == shares.c.flow),
        ),
    )
    clock = select(clocks.c.tag).where(clocks.c.level == shares.c.level).scalar_subquery()
    await take_turn(tx, Turn.LINE)
    await tx.execute(delete(shares).where(shares.c.tag <= clock, ~waits))
    await tx.execute(delete(recent_use).where(recent_use.c.at < now - FORGOTTEN))


# Rows and candidates

_COLUMNS: Final = (
    jobs.c.id,
    jobs.c.community,
    jobs.c.person,
    jobs.c.model,
    jobs.c.price,
    jobs.c.created_at,
    jobs.c.weight,
    jobs.c.relaxed,
    jobs.c.front,
    jobs.c.roles,
)


def _provider(model: str, providers: Providers) -> str:
    return providers.get(model, f"no provider of {model}")


def _candidate(row: Any, providers: Providers, bounds: Bounds | None = None) -> Candidate:
    return Candidate(
        job=JobId(row.id),
        community=row.community,
        person=row.person,
        provider=_provider(row.model, providers),
        cost=row.price,
        since=row.created_at,
        cap=bounds.of((row.community, row.person, row.roles)) if bounds is not None else None,
        weight=row.weight,
        relaxed=row.relaxed,
        first=row.front,
    )


async def _running(tx: AsyncConnection, providers: Providers) -> tuple[Counter[tuple[str, str]], int]:
    """How many run, by community and by provider, and in all."""
    groups = (jobs.c.community, jobs.c.model)
    counted: Counter[tuple[str, str]] = Counter()
    total = 0
    for community, model, count in await tx.execute(select(*groups, func.count()).where(_RUNS).group_by(*groups)):
        counted["community", community] += count
        counted["provider", _provider(model, providers)] += count
        total += count
    return counted, total


async def _running_of(tx: AsyncConnection, people: Collection[str]) -> Counter[tuple[str, str]]:
    """How many run, by person and by member, of these."""
    groups = (jobs.c.community, jobs.c.person)
    counted: Counter[tuple[str, str]] = Counter()
    theirs = select(*groups, func.count()).where(_RUNS, jobs.c.person.in_(people)).group_by(*groups)
    for community, person, count in await tx.execute(theirs):
        counted["person", person] += count
        counted["member", member(community, person)] = count
    return counted


async def _first(tx: AsyncConnection, providers: Providers, bounds: Bounds) -> list[Candidate]:
    """What goes before everything."""
    rows = await tx.execute(select(*_COLUMNS).where(_WAITS, jobs.c.front == true()).limit(_FIRST_MOST))
    return [_candidate(row, providers, bounds) for row in rows]


async def _next_in_line(
    tx: AsyncConnection, providers: Providers, free: Room, room: int, bounds: Bounds
) -> list[Candidate]:
    """The jobs among which the next `room` are, whatever is chosen first of them.

    A choice moves its community back, so the next are among the first `room` jobs of the first `room` communities.
    Whoever waits in two communities, or was left out as they have as many running as they may, can bring another
    forward by a place; that is seen at the next look.
    """
    may_begin = and_(*_those_who_may_begin(providers, free), *await bounding.who_may_begin(tx, bounds))
    lanes = (jobs.c.community, jobs.c.relaxed)
    heads = select(*lanes, func.min(jobs.c.finish).label("finish")).where(may_begin).group_by(*lanes).subquery()
    same = and_(
        jobs.c.community == heads.c.community, jobs.c.relaxed == heads.c.relaxed, jobs.c.finish == heads.c.finish
    )
    by_lane = (heads.c.community, heads.c.relaxed)
    rows: Iterable[Any] = await tx.execute(
        select(*by_lane, func.min(jobs.c.price), func.max(jobs.c.price))
        .select_from(heads)
        .join(jobs, and_(may_begin, same))
        .group_by(*by_lane)
    )
    next_of: dict[str, tuple[bool, int, int]] = {}
    for community, relaxed, least, most in rows:
        if not free.is_at_cap(community):
            head = (relaxed, max(least, 1), max(most, 1))
            next_of[community] = min(head, next_of.get(community, head))
    tags, clock = await _communities(tx)
    # Who is next of a community may cost this or that, where several are level.
    turns = [
        (tags.get(community, clock) + least * UNIT, tags.get(community, clock) + most * UNIT, community)
        for community, (_, least, most) in next_of.items()
    ]
    near = [community for _, _, community in heapq.nsmallest(room + 2, turns)]
    if not near:
        return []
    firsts = [
        select(*_COLUMNS)
        .where(may_begin, jobs.c.community == community)
        .order_by(jobs.c.relaxed, jobs.c.finish, jobs.c.created_at)
        .limit(room)
        .subquery()
        for community in near
    ]
    found = await tx.execute(union_all(*[select(first) for first in firsts]))
    return [_candidate(row, providers, bounds) for row in found]


def _those_who_may_begin(providers: Providers, free: Room) -> Iterator[ColumnElement[bool]]:
    yield _WAITS
    yield jobs.c.front == false()
    full = [model for model, provider in providers.items() if free.is_full(provider)]
    if full:
        yield jobs.c.model.not_in(full)


async def _communities(tx: AsyncConnection) -> tuple[dict[str, int], int]:
    """The tags of communities, and their clock."""
    tags = await tx.execute(select(shares.c.flow, shares.c.tag).where(shares.c.level == INSTALLATION))
    clock = await tx.scalar(select(clocks.c.tag).where(clocks.c.level == INSTALLATION))
    return {row.flow: row.tag for row in tags}, clock or 0


async def _begin(tx: AsyncConnection, chosen: Iterable[Candidate], now: datetime) -> None:
    ids = [each.job for each in chosen]
    await tx.execute(
        update(jobs)
        .where(jobs.c.id.in_(ids), _WAITS)
        .values(state=JobState.ACTIVE, started_at=now, owner=None, lease_until=now)
    )
    had: Counter[str] = Counter()
    for each in chosen:
        had[each.person] += max(each.cost, 1) * _THOUSANDTHS
    before = await _recent(tx, had, now)
    rows = [{"person": person, "amount": before.get(person, 0) + amount, "at": now} for person, amount in had.items()]
    adding = insertion(tx, recent_use).values(rows)
    await tx.execute(
        adding.on_conflict_do_update(
            index_elements=["person"], set_={"amount": adding.excluded.amount, "at": adding.excluded.at}
        )
    )


async def _recent(tx: AsyncConnection, people: Collection[str], now: datetime) -> dict[str, int]:
    """What these had lately, in thousandths of a credit."""
    rows = await tx.execute(select(recent_use).where(recent_use.c.person.in_(people)))
    return {row.person: decayed(row.amount, now - row.at) for row in rows}


# Shares


async def _shares(
    tx: AsyncConnection, communities: Collection[str], people: Collection[str], *, all_of_them: bool = False
) -> Shares:
    """What is remembered of these; `all_of_them`: of everybody, where these are too many to be named."""
    wanted = or_(
        and_(shares.c.level == INSTALLATION, shares.c.flow.in_(communities)),
        and_(shares.c.level.in_(communities), shares.c.flow.in_(people)),
    )
    tags = select(shares) if all_of_them else select(shares).where(wanted)
    ticks = select(clocks) if all_of_them else select(clocks).where(clocks.c.level.in_([INSTALLATION, *communities]))
    return Shares(
        tags={(row.level, row.flow): row.tag for row in await tx.execute(tags)},
        clocks={row.level: row.tag for row in await tx.execute(ticks)},
    )


async def _remember(
    tx: AsyncConnection, before: Shares, after: Shares, *, only: Sequence[Candidate] | None = None
) -> None:
    """Write what changed. `only`: of those who were chosen; who was merely looked at stands where they stood."""
    flows = None
    if only is not None:
        flows = {(INSTALLATION, each.community) for each in only} | {(each.community, each.person) for each in only}
    tags = [
        {"level": level, "flow": flow, "tag": tag}
        for (level, flow), tag in after.tags.items()
        if before.tags.get((level, flow)) != tag and (flows is None or (level, flow) in flows)
    ]
    ticks = [{"level": level, "tag": tag} for level, tag in after.clocks.items() if before.clocks.get(level) != tag]
    for table, rows in ((shares, tags), (clocks, ticks)):
        if rows:
            await _put(tx, table, rows)


async def _put(tx: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    adding = insertion(tx, table).values(rows)
    await tx.execute(
        adding.on_conflict_do_update(index_elements=list(table.primary_key), set_={"tag": adding.excluded.tag})
    )
