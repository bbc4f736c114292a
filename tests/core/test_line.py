"""The line on a real database: it lets begin exactly whom the pure choice over everybody would, and stays exact."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core import jobs, limits, line
from core.db import Database
from core.fairness import WHOLE, Candidate, Caps, Shares, order, pick, running_of
from core.limits import Pause
from core.model import Address, GenerationRequest, Job, JobId, JobState, Requester
from core.quota import Limit, Setting, Source
from core.tables import clocks, recent_use, shares
from core.tables import jobs as table
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.both_databases

PROVIDERS = {"small": "x", "large": "x", "other": "y"}


def waiting(number: int, person: str = "mia", community: str = "a", model: str = "small", **more: Any) -> Job:
    fields: dict[str, Any] = {"price": 1, "created_at": BEGINNING + timedelta(seconds=number)}
    return Job(
        id=JobId(f"J{number:05}"),
        requester=Requester(f"t:{person}", f"t:{community}"),
        address=Address("t", "here"),
        request=GenerationRequest("a dog", model, 5),
        state=JobState.WAITING,
        fence=0,
        starts=0,
        postponed=0,
        **(fields | more),
    )


async def get_in_line(database: Database, *standing: Job, relaxed_after: int | None = None) -> None:
    for job in standing:
        async with database.begin() as tx:
            place = await line.join(tx, job.requester, typical=10, relaxed_after=relaxed_after, now=job.created_at)
            job = replace(job, relaxed=place.relaxed or job.relaxed)
            await jobs.add(tx, job, weight=place.weight)
            await line.stand(tx, [(job.requester.community, job.requester.person)])


async def admitted(database: Database, caps: Caps = Caps(), at_once: int = 99) -> list[JobId]:  # noqa: B008 - frozen
    async with database.begin() as tx:
        return await line.admit(tx, PROVIDERS, caps, at_once=at_once, now=BEGINNING)


async def everybody(database: Database) -> tuple[list[Candidate], list[Candidate], Shares]:
    """Who waits, who runs, and what is remembered, read without the line's own queries."""
    async with database.read() as tx:
        rows = (await tx.execute(select(table))).all()
        tags = {(row.level, row.flow): row.tag for row in await tx.execute(select(shares))}
        ticks = {row.level: row.tag for row in await tx.execute(select(clocks))}
    by_state: dict[str, list[Candidate]] = {JobState.WAITING: [], JobState.ACTIVE: []}
    for row in rows:
        by_state[row.state].append(
            Candidate(
                job=JobId(row.id),
                community=row.community,
                person=row.person,
                provider=PROVIDERS[row.model],
                cost=row.price,
                since=row.created_at,
                weight=row.weight,
                relaxed=row.relaxed,
                first=row.front,
            )
        )
    return by_state[JobState.WAITING], by_state[JobState.ACTIVE], Shares(tags, ticks)


@pytest.mark.parametrize("seed", range(6))
async def test_the_few_that_are_looked_at_are_those_whom_a_choice_over_everybody_takes(
    seed: int, database: Database
) -> None:
    """As long as nobody wants a provider that is full besides one that is not: see `line.stand`."""
    draw = random.Random(seed)
    standing = [
        waiting(
            number,
            person=f"{community}'s {(who := draw.randrange(5))}",
            community=community,
            model=list(PROVIDERS)[who % 3],
            price=draw.randrange(5),
            relaxed=draw.random() < 0.2,
            front=draw.random() < 0.05,
        )
        for number, community in enumerate(draw.choices("abcdef", k=80))
    ]
    caps = draw.choice([Caps(), Caps(1, 3, {"x": 5}), Caps(2, None, {"y": 2})])
    await get_in_line(database, *standing[:60])
    for _ in range(8):
        line_now, runs, known = await everybody(database)
        chosen = await admitted(database, caps, at_once=30)
        expected = pick(line_now, running_of(runs), known, caps, room=len(chosen)).chosen
        assert chosen == [each.job for each in expected]
        async with database.begin() as tx:  # some end, and others come
            ended = draw.sample([each.job for each in runs], len(runs) // 2)
            await tx.execute(update(table).where(table.c.id.in_(ended)).values(state=JobState.DELIVERED))
            await tx.execute(update(table).where(table.c.state == JobState.DELIVERED).values(state="over"))
        async with database.begin() as tx:
            await tx.execute(table.delete().where(table.c.state == "over"))
        await get_in_line(database, *standing[60:64])
        del standing[60:64]
    line_now, runs, known = await everybody(database)
    if not any(_may_begin(each, runs, caps) for each in line_now):
        assert await admitted(database, caps, at_once=30) == []


def _may_begin(each: Candidate, runs: Sequence[Candidate], caps: Caps) -> bool:
    counted = running_of(runs)
    return len(runs) < 30 and all(
        cap is None or counted[kind, name] < cap
        for kind, name, cap in (
            ("person", each.person, caps.each_person),
            ("community", each.community, caps.each_community),
            ("provider", each.provider, caps.provider.get(each.provider)),
        )
    )


async def test_nobody_is_let_in_where_as_many_run_as_may(database: Database) -> None:
    await get_in_line(database, *(waiting(number) for number in range(5)))
    assert len(await admitted(database, at_once=2)) == 2
    assert await admitted(database, at_once=2) == []


async def test_a_big_line_is_let_in_by_short_steps(database: Database) -> None:
    await get_in_line(database, *(waiting(number) for number in range(20)))
    assert [len(await admitted(database)) for _ in range(4)] == [8, 8, 4, 0]


async def test_places_are_the_order_in_which_people_are_served(database: Database) -> None:
    await get_in_line(
        database, *(waiting(number, person=f"p{number % 4}", community=f"c{number % 3}") for number in range(12))
    )
    async with database.read() as tx:
        places = await line.in_order(tx, PROVIDERS)
    line_now, _, known = await everybody(database)
    assert places == tuple(each.job for each in order(line_now, known))
    served = [*await admitted(database), *await admitted(database)]
    assert tuple(served) == places


async def test_who_had_much_lately_weighs_less_until_half_a_day_has_passed(database: Database) -> None:
    await get_in_line(database, *(waiting(number) for number in range(8)))
    assert len(await admitted(database)) == 8
    mia, ben = Requester("t:mia", "t:a"), Requester("t:ben", "t:a")
    async with database.begin() as tx:
        soon = [await line.join(tx, who, typical=8, relaxed_after=6, now=BEGINNING) for who in (mia, ben)]
        later = await line.join(tx, mia, typical=8, relaxed_after=6, now=BEGINNING + timedelta(hours=12))
    assert [(place.weight, place.relaxed) for place in (*soon, later)] == [(500, True), (WHOLE, False), (800, False)]


async def test_what_nobody_needs_to_remember_is_swept(database: Database) -> None:
    await get_in_line(database, *(waiting(number, person=f"p{number}") for number in range(8)), waiting(9, "ina"))
    assert len(await admitted(database)) == 8
    async with database.begin() as tx:
        await line.sweep(tx, now=BEGINNING)
        kept = {row.flow for row in await tx.execute(select(shares))}
        assert "t:ina" in kept  # she waits
        await line.sweep(tx, now=BEGINNING + timedelta(days=8))
        assert await tx.scalar(select(func.count()).select_from(recent_use)) == 0
    assert await admitted(database) == ["J00009"]


async def test_an_end_makes_room_for_one_of_another_person_first(database: Database) -> None:
    caps = Caps(each_person=1)
    await get_in_line(
        database, *(waiting(number) for number in range(3)), waiting(5, "ben"), waiting(6, "ben"), waiting(7, "ina")
    )
    assert Counter(await admitted(database, caps)) == {"J00000": 1, "J00005": 1, "J00007": 1}
    assert await admitted(database, caps) == []


async def set_limits(database: Database, *settings: Setting, community: str = "t:a") -> None:
    async with database.begin() as tx:
        for setting in settings:
            await limits.set_limit(tx, community, setting, by="t:moderator", now=BEGINNING)


async def test_what_moderators_set_of_people_and_roles_holds_in_their_community_alone(database: Database) -> None:
    await set_limits(
        database,
        Setting(Source.COMMUNITY, "", Limit.RUNNING, 1),
        Setting(Source.ROLE, "booster", Limit.RUNNING, 3),
        Setting(Source.PERSON, "t:ben", Limit.RUNNING, 2),
    )
    await get_in_line(
        database,
        *(waiting(number, "mia") for number in range(5)),
        *(waiting(10 + number, "ben") for number in range(5)),
        *(waiting(20 + number, "ina", roles=("booster", "other")) for number in range(5)),
        *(waiting(30 + number, "mia", community="b") for number in range(5)),
    )
    caps = Caps(each_person=4)
    begun: list[JobId] = []
    while some := await admitted(database, caps):
        begun += some
    async with database.read() as tx:
        rows = (await tx.execute(select(table.c.community, table.c.person).where(table.c.state == "active"))).all()
    # Hers of one community count where the host's word counts: everywhere together.
    assert Counter(rows) == {("t:a", "t:mia"): 1, ("t:a", "t:ben"): 2, ("t:a", "t:ina"): 3, ("t:b", "t:mia"): 3}
    assert len(begun) == 9


async def test_what_moderators_set_of_their_community_stands_in_the_place_of_the_hosts_word(database: Database) -> None:
    await set_limits(database, Setting(Source.COMMUNITY, "", Limit.POOL_RUNNING, 3))
    await set_limits(database, Setting(Source.COMMUNITY, "", Limit.POOL_RUNNING, 1), community="t:b")
    await get_in_line(database, *(waiting(number, f"p{number}", community="abc"[number % 3]) for number in range(15)))
    begun: list[JobId] = []
    while some := await admitted(database, Caps(each_community=2)):
        begun += some
    assert Counter("abc"[int(job[1:]) % 3] for job in begun) == {"a": 3, "b": 1, "c": 2}


async def test_of_a_paused_community_nothing_begins_and_everything_keeps_its_place(database: Database) -> None:
    await get_in_line(
        database,
        *(waiting(number, f"p{number}") for number in range(4)),
        *(waiting(10 + number, f"p{number}", community="b") for number in range(2)),
        waiting(20, "ina", front=True),
    )
    async with database.read() as tx:
        before = await line.in_order(tx, PROVIDERS)
    async with database.begin() as tx:
        await limits.set_pause(tx, "t:a", Pause("t:moderator", BEGINNING, ""))
        places = await line.in_order(tx, PROVIDERS)
        assert places[:2] == ("J00010", "J00011")
        assert set(places) == set(before)
    assert await admitted(database) == ["J00010", "J00011"]
    assert await admitted(database) == []
    async with database.begin() as tx:
        await limits.set_pause(tx, "t:a", None)
        assert await line.in_order(tx, PROVIDERS) == tuple(job for job in before if job not in {"J00010", "J00011"})
    assert await admitted(database) == ["J00020"]
