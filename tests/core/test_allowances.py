"""What people read of the books, and what a request meets there: rules by name, the host's money, a closed book."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, update
from structlog.testing import capture_logs

from core import ledger, limits
from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import Database, DatabaseUnavailableError
from core.errors import ConfigurationError, Refusal, RefusalReason
from core.model import Job, JobState, Requester, Wishes
from core.quota import Kind, Limit, Setting, Source, Standing, Window
from core.service import Policy, Service
from core.tables import counters, jobs, reservations
from tests.stand_ins import BEN, HERE, MIA, POLICY, REQUEST
from tests.stand_ins import catalogue as plain_catalogue

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOM = replace(POLICY, waiting_per_person=50, waiting_total=100)


def catalogue(**more: object) -> Catalogue:
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    told = {"cost_minor": {5: 30, 10: 60}, **more}
    model = ModelEntry.model_validate(
        {
            "name": "standard",
            "label": "standard",
            "provider": "upstream",
            "upstream_model": "x",
            "lengths": {5: 1, 10: 2},
            **told,
        }
    )
    return Catalogue([model], [provider])


def house(database: Database, policy: Policy = ROOM, at: datetime = NOON) -> Service:
    return Service(database, catalogue(), policy, now=lambda: at)


async def said(database: Database, *settings: Setting, zone: str | None = None, community: str = MIA.community) -> None:
    async with database.begin() as tx:
        for setting in settings:
            await limits.set_limit(tx, community, setting, by="t:mod", now=NOON)
        if zone is not None:
            await limits.set_zone(tx, community, ZoneInfo(zone))


async def refused(service: Service, who: Requester = MIA, roles: Sequence[str] = ()) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await service.submit(REQUEST, who, HERE, roles=roles)
    return refusal.value


async def end(database: Database, job: Job, state: JobState) -> None:
    async with database.begin() as tx:
        await tx.execute(update(jobs).where(jobs.c.id == job.id).values(state=state))
        await ledger.release(tx, job.id, NOON)


async def test_what_moderators_set_is_kept_to_and_named(database: Database) -> None:
    await said(database, Setting(Source.COMMUNITY, "", Limit.WEEK, 2), zone="Europe/Berlin")
    service = house(database)
    for _ in range(2):
        await service.submit(REQUEST, MIA, HERE)
    told = (await refused(service)).details
    assert (told["rule"], told["window"], told["source"]) == ("person", "week", "community")
    assert told["resets_at"] == "2026-11-30T00:00:00+01:00"
    await service.submit(REQUEST, replace(MIA, community="console:elsewhere"), HERE)


async def test_a_role_gives_what_its_community_says_to_those_who_have_it(database: Database) -> None:
    await said(
        database,
        Setting(Source.COMMUNITY, "", Limit.DAY, 1),
        Setting(Source.ROLE, "discord:role:1", Limit.DAY, 2),
    )
    service = house(database)
    await service.submit(REQUEST, MIA, HERE, roles=["discord:role:1"])
    assert (await refused(service)).details["source"] == "community"
    await service.submit(REQUEST, MIA, HERE, roles=["discord:role:1"])
    told = (await refused(service, roles=["discord:role:1"])).details
    assert (told["source"], told["limit"]) == ("role", 2)
    assert (await service.quota(MIA)).limit == 1
    assert (await service.quota(MIA, roles=["discord:role:1"])).limit == 2


async def test_what_somebody_may_have_is_told_rule_by_rule(database: Database) -> None:
    await said(
        database,
        Setting(Source.COMMUNITY, "", Limit.MONTH, 3),
        Setting(Source.COMMUNITY, "", Limit.POOL_DAY, 10),
        Setting(Source.COMMUNITY, "", Limit.POOL_SHARE, 50),
    )
    async with database.begin() as tx:
        await ledger.grant(tx, MIA, 4, by="t:mod", now=NOON)
    service = house(database, replace(ROOM, credits_per_day_most=20))
    await service.submit(REQUEST, MIA, HERE)
    await service.submit(REQUEST, BEN, HERE)
    found = await service.quota(MIA)
    assert [(rule.kind, rule.window, each.used, each.limit) for rule, each in found.standings] == [
        (Kind.PERSON, Window.DAY, 1, 5),
        (Kind.PERSON, Window.MONTH, 1, 3),
        (Kind.SHARE, Window.DAY, 1, 5),
        (Kind.POOL, Window.DAY, 2, 10),
        (Kind.CEILING, Window.DAY, 1, 20),
    ]
    assert (found.left, found.limit, found.used, found.bonus) == (2, 3, 1, 4)
    assert found.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


async def test_receipts_say_what_each_job_came_to_and_the_latest_come_first(database: Database) -> None:
    clock = [NOON]
    service = Service(database, catalogue(), ROOM, now=lambda: clock[0])
    made = []
    for _ in range(4):
        made.append(await service.submit(REQUEST, MIA, HERE))
        clock[0] += timedelta(minutes=1)
    await service.cancel(made[1].id, by=MIA)
    found = await service.receipts(MIA, limit=3)
    assert [(each.job, each.amount, each.state.value) for each in found] == [
        (made[3].id, 1, "held"),
        (made[2].id, 1, "held"),
        (made[1].id, 1, "released"),
    ]
    assert found[2].at == clock[0]
    assert await service.receipts(BEN) == []


async def test_a_host_hears_of_the_money_at_each_mark_once_and_nothing_is_begun_beyond(database: Database) -> None:
    service = house(database, replace(ROOM, credits_per_day=90, budget_per_month=320))
    heard: list[tuple[int, int]] = []
    service.budget.alarm = lambda percent, now: heard.append((percent, now.used))
    with capture_logs() as logs:
        for _ in range(10):
            await service.submit(REQUEST, MIA, HERE)
        told = (await refused(service)).details
        assert (await refused(service)).details == told
    assert (told["rule"], told["window"], told["resets_at"]) == ("budget", "month", "2026-12-01T00:00:00+00:00")
    assert heard == [(50, 180), (80, 270), (100, 300)]
    assert [(log["log_level"], log["percent"]) for log in logs] == [("warning", 50), ("warning", 80), ("error", 100)]


async def test_a_free_try_costs_the_host_and_is_refused_where_there_is_no_money(database: Database) -> None:
    service = house(database, replace(ROOM, budget_per_month=59))
    lost = await service.submit(REQUEST, MIA, HERE)
    await end(database, lost, JobState.INTERRUPTED)
    async with database.begin() as tx:
        await ledger.write_off(tx, lost.id, 1, NOON)
    again = service.submit(REQUEST, MIA, HERE, wishes=Wishes(parent=lost.id))
    with pytest.raises(Refusal) as refusal:
        await again
    assert (refusal.value.details["rule"], refusal.value.details["used"]) == ("budget", 30)
    richer = house(database, replace(ROOM, credits_per_day=0, budget_per_month=60))
    assert (await richer.submit(REQUEST, MIA, HERE, wishes=Wishes(parent=lost.id))).price == 0


async def test_a_budget_needs_to_know_what_everything_costs(database: Database) -> None:
    policy = replace(ROOM, budget_per_month=100)
    with pytest.raises(ConfigurationError, match=r"models\.standard\.cost_minor: .*10 s have no cost; for example"):
        Service(database, catalogue(cost_minor={5: 1}), policy, now=lambda: NOON)
    two = Catalogue(
        [catalogue().models["standard"], catalogue(name="other", currency="EUR").models["other"]],
        list(catalogue().providers.values()),
    )
    with pytest.raises(ConfigurationError, match="in one currency, and there are EUR, USD"):
        Service(database, two, policy, now=lambda: NOON)
    Service(database, plain_catalogue(), ROOM, now=lambda: NOON)


async def test_nothing_is_taken_while_the_books_are_closed_and_what_is_known_is_still_shown(database: Database) -> None:
    service = house(database)
    job = await service.submit(REQUEST, MIA, HERE)
    async with database.begin() as tx:
        assert await ledger.stop(tx, "counter of everybody is wrong")
        assert not await ledger.stop(tx, "something else")
        assert await ledger.stopped(tx) == "counter of everybody is wrong"
    assert (await refused(service)).reason is RefusalReason.BOOKS_CLOSED
    assert (await service.cancel(job.id, by=MIA)).state is JobState.CANCELLED
    async with database.begin() as tx:
        await ledger.resume(tx)
    await service.submit(REQUEST, MIA, HERE)


@pytest.mark.parametrize("table", ["reservations", "counters", "postings", "limits", "jobs"])
async def test_where_the_database_fails_half_way_nobody_gets_anything(table: str, database: Database) -> None:
    service = house(database)
    await said(database, Setting(Source.COMMUNITY, "", Limit.POOL_DAY, 9))
    broken = True

    def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if broken and f" {table} " in f"{statement} ".replace("\n", " ").replace("(", " "):
            raise OSError("the disk is gone")

    engine = database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(DatabaseUnavailableError):
        await service.submit(REQUEST, MIA, HERE)
    broken = False
    event.remove(engine, "before_cursor_execute", fail)
    assert await service.jobs(MIA) == []
    async with database.read() as tx:
        assert [await tx.scalar(each.select().limit(1)) for each in (reservations, counters)] == [None, None]
        assert await ledger.audit(tx) == []


def test_a_mark_is_passed_by_whatever_reaches_it() -> None:
    assert Standing(100, 50, None).passed(1) == (50,)
    assert Standing(100, 50, None).passed(0) == ()
    assert Standing(100, 100, None).passed(100) == (50, 80, 95, 100)
    assert Standing(100, 79, None).passed(20) == ()
    assert Standing(0, 0, None).passed(5) == ()
