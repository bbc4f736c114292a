"""The books themselves: every rule at once or none, each part back to where it came from, and pardons that stay."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import jobs, ledger
from core.db import Database
from core.errors import Refusal, RefusalReason
from core.ledger import Hold, Price
from core.model import Address, GenerationRequest, Job, JobId, JobState, Requester
from core.quota import Account, Kind, Rule, Source, Window
from core.tables import counters, grants, postings, reservations
from core.tables import jobs as job_rows

pytestmark = pytest.mark.both_databases

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIA, BEN = Requester("t:mia", "t:here"), Requester("t:ben", "t:here")
ELSEWHERE = replace(MIA, community="t:there")
MEMBER, PERSON, POOL, ALL = Account("t:here", "t:mia"), Account(person="t:mia"), Account("t:here"), Account()

_ids = count(1)


def rule(kind: Kind, account: Account, limit: int, window: Window = Window.DAY, zone: ZoneInfo = UTC_ZONE) -> Rule:
    return Rule(kind, account, limit, window, zone)


async def a_row(tx: AsyncConnection, who: Requester, price: int) -> JobId:
    job = Job(
        id=JobId(f"{next(_ids):08}"),
        requester=who,
        address=Address("t", "x"),
        request=GenerationRequest("a dog", "standard", 5),
        state=JobState.WAITING,
        price=price,
        fence=0,
        starts=0,
        postponed=0,
        created_at=NOON,
    )
    await jobs.add(tx, job)
    return job.id


async def asked(
    database: Database,
    rules: Sequence[Rule],
    amount: int = 1,
    who: Requester = MIA,
    at: datetime = NOON,
    money: int = 0,
) -> JobId:
    async with database.begin() as tx:
        job_id = await a_row(tx, who, amount)
        await ledger.hold(tx, job_id, who, Price(amount, money), rules, at)
    return job_id


async def refused(database: Database, rules: Sequence[Rule], amount: int = 1, **more: object) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await asked(database, rules, amount, **more)  # type: ignore[arg-type]
    assert refusal.value.reason is RefusalReason.OVER_ALLOWANCE
    return refusal.value


async def ended(database: Database, job_id: JobId, state: JobState, at: datetime = NOON) -> None:
    async with database.begin() as tx:
        await tx.execute(update(job_rows).where(job_rows.c.id == job_id).values(state=state))
        if state is JobState.DELIVERED:
            await ledger.capture(tx, job_id, at)
        else:
            await ledger.release(tx, job_id, at)


async def used(database: Database, one: Rule, at: datetime = NOON) -> int:
    async with database.read() as tx:
        assert await ledger.audit(tx) == []
        return (await ledger.standing(tx, one, at)).used


# All rules or none


@pytest.mark.parametrize("tight", list(Kind))
async def test_one_rule_that_says_no_leaves_all_others_as_they_were(tight: Kind, database: Database) -> None:
    accounts = {Kind.PERSON: PERSON, Kind.SHARE: MEMBER, Kind.CEILING: PERSON, Kind.BUDGET: ALL}
    rules = [rule(kind, accounts.get(kind, POOL), 3 if kind is tight else 100) for kind in Kind]
    for _ in range(3):
        await asked(database, rules, money=1)
    before = [await used(database, each) for each in rules]
    refusal = await refused(database, rules, money=1)
    assert {name: refusal.details[name] for name in ("rule", "used", "limit", "left")} == {
        "rule": tight.value,
        "used": 3,
        "limit": 3,
        "left": 0,
    }
    assert refusal.details["resets_at"] == "2026-11-25T00:00:00+00:00"
    assert [await used(database, each) for each in rules] == before == [3] * len(rules)
    async with database.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(reservations)) == 3


async def test_of_several_that_say_no_the_first_in_order_is_told(database: Database) -> None:
    rules = [rule(Kind.BUDGET, ALL, 0), rule(Kind.POOL, POOL, 0), rule(Kind.PERSON, MEMBER, 0, Window.WEEK)]
    assert (await refused(database, rules, money=1)).details["rule"] == "person"
    assert (await refused(database, rules[:2], money=1)).details["rule"] == "pool"
    assert (await refused(database, rules[:1], money=1)).details["rule"] == "budget"


async def test_a_price_that_fits_exactly_is_taken_and_one_credit_more_is_not(database: Database) -> None:
    five = rule(Kind.PERSON, PERSON, 5)
    assert (await refused(database, [five], 6)).details.get("resets_at") is None  # it never fits
    await asked(database, [five], 5)
    assert (await refused(database, [five], 1)).details["left"] == 0
    await asked(database, [five], 0)


async def test_what_is_held_of_one_account_is_not_held_of_another(database: Database) -> None:
    everywhere, here = rule(Kind.PERSON, PERSON, 9), rule(Kind.PERSON, MEMBER, 9)
    there, pool = replace(here, account=Account("t:there", "t:mia")), rule(Kind.POOL, POOL, 9)
    await asked(database, [everywhere], 1)
    await asked(database, [everywhere], 2, who=ELSEWHERE)
    await asked(database, [], 4, who=BEN)
    assert [await used(database, each) for each in (everywhere, here, there, pool)] == [3, 1, 2, 5]
    assert await used(database, replace(pool, account=ALL)) == 7


# Windows


async def test_a_limit_that_is_set_in_the_middle_of_a_week_counts_the_whole_week(database: Database) -> None:
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    await asked(database, [], 3, at=monday)
    week = rule(Kind.PERSON, MEMBER, 4, Window.WEEK)
    assert await used(database, week) == 3
    assert (await refused(database, [week], 2)).details["used"] == 3
    await asked(database, [week], 1)


async def test_a_changed_time_zone_counts_what_lies_in_its_own_day(database: Database) -> None:
    day = rule(Kind.PERSON, MEMBER, 9)
    await asked(database, [day], 1, at=datetime(2026, 11, 24, 20, tzinfo=UTC))
    await asked(database, [day], 2, at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    late = datetime(2026, 11, 24, 23, 45, tzinfo=UTC)
    berlin = replace(day, zone=BERLIN)
    assert (await used(database, day, late), await used(database, berlin, late)) == (3, 2)
    job = await asked(database, [berlin], 4, at=late)
    assert (await used(database, day, late), await used(database, berlin, late)) == (7, 6)
    await ended(database, job, JobState.FAILED)
    assert (await used(database, day, late), await used(database, berlin, late)) == (3, 2)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("window", "held_at", "opens_at"),
    [
        # In Berlin clocks go back on 2026-10-25 (a day of 25 hours), and forward on 2026-03-29 (one of 23).
        (Window.DAY, "2026-10-24T22:00", "2026-10-25T23:00"),
        (Window.DAY, "2026-03-28T23:00", "2026-03-29T22:00"),
        (Window.WEEK, "2026-10-21T10:00", "2026-10-25T23:00"),
        (Window.WEEK, "2026-03-23T10:00", "2026-03-29T22:00"),
        (Window.MONTH, "2026-10-01T10:00", "2026-10-31T23:00"),
        (Window.MONTH, "2026-03-05T10:00", "2026-03-31T22:00"),
        (Window.LAST_DAY, "2026-10-24T22:00", "2026-10-25T22:00"),
        (Window.LAST_WEEK, "2026-10-24T22:00", "2026-10-31T22:00"),
        (Window.LAST_MONTH, "2026-10-24T22:00", "2026-11-23T22:00"),
    ],
)
async def test_a_limit_opens_again_at_the_instant_it_named(
    kind: Kind, window: Window, held_at: str, opens_at: str, database: Database
) -> None:
    start, end = (datetime.fromisoformat(f"{at}+00:00") for at in (held_at, opens_at))
    account = {Kind.PERSON: PERSON, Kind.CEILING: PERSON, Kind.SHARE: MEMBER, Kind.BUDGET: ALL}.get(kind, POOL)
    one = rule(kind, account, 1, window, BERLIN)
    await asked(database, [one], at=start, money=1)
    last = end - timedelta(microseconds=1)
    for at in (start, last):
        refusal = await refused(database, [one], at=at, money=1)
        assert refusal.details["rule"] == kind.value
        assert datetime.fromisoformat(str(refusal.details["resets_at"])) == end
    await asked(database, [one], at=end, money=1)
    assert await used(database, one, end) == 1


async def test_the_first_moment_of_a_day_is_none_of_the_day_before(database: Database) -> None:
    day = rule(Kind.PERSON, MEMBER, 9)
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    await asked(database, [day], 1, at=midnight - timedelta(microseconds=1))
    await asked(database, [], 2, at=midnight)
    assert await used(database, day, midnight) == 2


async def test_a_window_that_reaches_back_opens_when_enough_has_left_it(database: Database) -> None:
    one = rule(Kind.PERSON, MEMBER, 5, Window.LAST_DAY)
    for hours, amount in ((0, 2), (1, 1), (2, 2)):
        await asked(database, [one], amount, at=NOON + timedelta(hours=hours))
    refusal = await refused(database, [one], 3, at=NOON + timedelta(hours=3))
    assert refusal.details["resets_at"] == (NOON + timedelta(hours=25)).isoformat()
    async with database.read() as tx:
        assert (await ledger.standing(tx, one, NOON)).resets_at == NOON + timedelta(hours=24)


async def test_a_refund_hits_the_window_and_the_price_that_were_charged(database: Database) -> None:
    day, budget = rule(Kind.PERSON, PERSON, 9), rule(Kind.BUDGET, ALL, 900, Window.MONTH)
    late = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    job = await asked(database, [day, budget], 4, at=late, money=40)
    after = late + timedelta(minutes=2)
    await asked(database, [day, budget], 1, at=after, money=10)
    await ended(database, job, JobState.FAILED, after)
    assert (await used(database, day, after), await used(database, budget, after)) == (1, 10)
    async with database.read() as tx:
        rows = (await tx.execute(select(counters.c.held, counters.c.spent).order_by(counters.c.starts_at))).all()
    assert all(row.spent == 0 and row.held in (0, 1, 10) for row in rows)


async def test_a_clock_that_steps_back_frees_nothing_and_one_that_leapt_ahead_is_waited_for(database: Database) -> None:
    one = rule(Kind.PERSON, PERSON, 2)
    await asked(database, [one], at=NOON)
    leap = NOON + timedelta(hours=25)
    await asked(database, [one], at=leap)
    assert await used(database, one, NOON) == 1  # by the ledger's clock it is tomorrow
    await asked(database, [one], at=NOON)
    assert (await refused(database, [one], at=NOON)).details["resets_at"] == "2026-11-26T00:00:00+00:00"
    assert (await refused(database, [one], at=leap)).details["used"] == 2


# What was given, and what was forgiven


async def test_what_was_given_is_used_for_what_the_allowance_lacks_and_goes_back_there(database: Database) -> None:
    day, pool = rule(Kind.PERSON, PERSON, 5), rule(Kind.POOL, POOL, 100)
    async with database.begin() as tx:
        assert await ledger.grant(tx, MIA, 3, by="t:mod", now=NOON) == 3
    await asked(database, [day, pool], 4)
    job = await asked(database, [day, pool], 2)
    assert (await used(database, day), await used(database, pool)) == (5, 6)
    async with database.read() as tx:
        assert await ledger.bonus_left(tx, MIA) == 2
        assert await ledger.bonus_left(tx, ELSEWHERE) == await ledger.bonus_left(tx, BEN) == 0
    refusal = await refused(database, [day, pool], 3)
    assert (refusal.details["rule"], refusal.details["left"], refusal.details["price"]) == ("person", 2, 3)
    await ended(database, job, JobState.FAILED)
    assert (await used(database, day), await used(database, pool)) == (4, 4)
    async with database.read() as tx:
        assert await ledger.bonus_left(tx, MIA) == 3
        assert [row.by for row in await tx.execute(select(grants))] == ["t:mod"]


async def test_what_was_given_does_not_lapse_and_is_no_way_around_the_hosts_ceiling(database: Database) -> None:
    async with database.begin() as tx:
        await ledger.grant(tx, MIA, 50, by="t:mod", now=NOON)
    rules = [rule(Kind.PERSON, PERSON, 1), rule(Kind.CEILING, PERSON, 4)]
    much_later = NOON + timedelta(days=400)
    await asked(database, rules, 4, at=much_later)
    assert (await refused(database, rules, 1, at=much_later)).details["rule"] == "ceiling"


async def test_what_was_given_leaves_a_members_share_of_the_pool_as_it_is_and_is_taken_from_the_pool(
    database: Database,
) -> None:
    rules = [rule(Kind.PERSON, PERSON, 1), rule(Kind.SHARE, MEMBER, 1), rule(Kind.POOL, POOL, 5)]
    async with database.begin() as tx:
        await ledger.grant(tx, MIA, 9, by="t:mod", now=NOON)
    await asked(database, rules, 4)
    assert [await used(database, each) for each in rules] == [1, 1, 4]
    assert (await refused(database, rules, 2)).details["rule"] == "pool"


async def test_nobody_is_given_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="given 0"):
        async with database.begin() as tx:
            await ledger.grant(tx, MIA, 0, by="t:mod", now=NOON)


async def test_what_is_forgiven_counts_in_no_window_of_theirs_and_in_all_others(database: Database) -> None:
    mine = [rule(Kind.PERSON, MEMBER, 9, window) for window in Window]
    everywhere = rule(Kind.PERSON, PERSON, 9)
    kept = [rule(Kind.POOL, POOL, 9), rule(Kind.CEILING, PERSON, 9)]
    waiting = await asked(database, [*mine, everywhere, *kept], 1)
    done = await asked(database, [*mine, everywhere, *kept], 2)
    await ended(database, done, JobState.DELIVERED)
    await asked(database, [everywhere], 3, who=ELSEWHERE)
    async with database.begin() as tx:
        assert await ledger.reset(tx, MIA, NOON) == 3
        assert await ledger.reset(tx, MIA, NOON) == 0
    assert [await used(database, each) for each in mine] == [0] * len(mine)
    assert [await used(database, each) for each in (everywhere, *kept)] == [3, 3, 6]
    await ended(database, waiting, JobState.FAILED)
    assert [await used(database, each) for each in (mine[0], everywhere, *kept)] == [0, 3, 2, 5]
    job = await asked(database, [*mine, everywhere, *kept], 4)
    assert [await used(database, each) for each in (mine[0], everywhere, *kept)] == [4, 7, 6, 9]
    await ended(database, job, JobState.DELIVERED)


# Money


async def test_what_was_lost_at_the_upstream_is_the_hosts_and_counts_as_spent_once(database: Database) -> None:
    day, budget = rule(Kind.PERSON, PERSON, 9), rule(Kind.BUDGET, ALL, 100, Window.MONTH)
    job = await asked(database, [day, budget], 2, money=30)
    with pytest.raises(ledger.LedgerError):
        async with database.begin() as tx:
            await ledger.write_off(tx, job, 2, NOON)
    await ended(database, job, JobState.INTERRUPTED)
    assert (await used(database, day), await used(database, budget)) == (0, 0)
    for _ in range(2):
        async with database.begin() as tx:
            await ledger.write_off(tx, job, 2, NOON)
            assert await ledger.written_off(tx) == 2
    assert (await used(database, day), await used(database, budget)) == (0, 30)


# The audit


async def test_the_audit_sees_whatever_was_changed_behind_its_back(database: Database) -> None:
    rules = [rule(Kind.PERSON, PERSON, 9), rule(Kind.BUDGET, ALL, 900, Window.MONTH)]
    async with database.begin() as tx:
        await ledger.grant(tx, MIA, 5, by="t:mod", now=NOON)
    job = await asked(database, rules, 2, money=20)
    one = postings.c.job == job
    for change, said in (
        (update(counters).where(counters.c.person == "t:mia").values(held=1), "is not what it counts"),
        (update(counters).where(counters.c.measure == "money").values(spent=9), "is not what it counts"),
        (update(postings).where(one, postings.c.side == "held").values(amount=1), "do not sum to zero"),
        (update(postings).where(one).values(person="t:ben"), "its postings say otherwise"),
        (update(reservations).where(reservations.c.job == job).values(amount=3), "its postings say otherwise"),
        (update(reservations).where(reservations.c.job == job).values(state="captured"), "its credits are captured"),
        (update(reservations).where(reservations.c.job == job).values(person="t:ben"), "not of whom its credits are"),
        (update(job_rows).where(job_rows.c.id == job).values(state="failed"), "is failed, and its credits are held"),
        (update(grants).values(amount=1), "is not what is used and left of it"),
    ):
        for since in (0, 1):
            found: list[str] = []
            with suppress(Undone):
                async with database.begin() as tx:
                    await tx.execute(change)
                    found += (await ledger.audit_since(tx, since)).faults
                    raise Undone
            assert any(said in fault for fault in found), (str(change), found)
    async with database.read() as tx:
        assert await ledger.audit(tx) == []


class Undone(Exception):
    """Nothing of it happened."""


async def test_an_audit_of_what_is_new_looks_at_nothing_else(database: Database) -> None:
    first = await asked(database, [])
    await ended(database, first, JobState.FAILED)
    async with database.begin() as tx:
        seen = (await ledger.audit_since(tx, 0)).last
        await tx.execute(update(reservations).values(closed_at=None, state=Hold.CAPTURED))
        assert (await ledger.audit_since(tx, seen)).faults == ()
        assert len((await ledger.audit_since(tx, 0)).faults) == 2


async def test_a_refusal_names_whose_word_it_was(database: Database) -> None:
    word = replace(rule(Kind.PERSON, MEMBER, 0), source=Source.ROLE)
    assert (await refused(database, [word])).details["source"] == "role"
