"""A community that goes on under another name takes along its jobs, its books and its settings; once."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from core import communities, jobs, ledger
from core.db import Database
from core.drafts import Draft
from core.model import Address, GenerationRequest, Habits, Job, JobId, JobState, Requester, Shape
from core.quota import Account, Kind, Rule, Window
from core.service import Service
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import BEGINNING

OLD, NEW = "chat:-1", "chat:-100"
MIA = Requester("chat:7", OLD)
ITSELF = Requester(OLD, OLD)
"""An administrator who writes in the group's name."""


def readdress(address: Address) -> Address:
    return replace(address, value=address.value.replace("-1;", "-100;"))


async def asked(service: Service, who: Requester, value: str = "-1;5") -> JobId:
    request = GenerationRequest("a lighthouse", "standard", 5)
    return (await service.submit(request, who, Address("chat", value))).id


def house(database: Database) -> Service:
    return Service(database, catalogue(), POLICY, now=lambda: BEGINNING)


async def test_jobs_go_on_under_the_new_name_and_are_answered_there(database: Database) -> None:
    service = house(database)
    mine = await asked(service, MIA)
    elsewhere = await asked(service, replace(MIA, community="chat:-2"), "-2;5")
    await service.move_community(OLD, NEW, readdress)
    job = await service.job(mine)
    assert (job.requester, job.address.value) == (Requester("chat:7", NEW), "-100;5")
    assert (await service.job(elsewhere)).address.value == "-2;5"


async def test_drafts_are_answered_under_the_new_name(database: Database) -> None:
    service = house(database)
    for value in ("-1;5", "-2;5"):
        await service.keep_draft(Draft(value, "chat:7", Address("chat", value), "", BEGINNING))
    await service.keep_draft(Draft("other", "chatty:7", Address("chatty", "-1;5"), "", BEGINNING))
    await service.move_community(OLD, NEW, readdress)
    moved = [await service.draft(known) for known in ("-1;5", "-2;5", "other")]
    assert [draft and draft.address for draft in moved] == [
        Address("chat", "-100;5"),
        Address("chat", "-2;5"),
        Address("chatty", "-1;5"),
    ]


async def test_what_was_spent_and_chosen_in_the_communitys_own_name_goes_along(database: Database) -> None:
    service = house(database)
    await asked(service, ITSELF)
    await service.set_habits(OLD, Habits(quiet=True, shape=Shape.SQUARE))
    await service.move_community(OLD, NEW, readdress)
    there = Requester(NEW, NEW)
    assert (await service.quota(there)).left == 4
    assert (await service.quota(ITSELF)).left == 5
    assert (await service.habits(NEW)).shape is Shape.SQUARE
    assert [job.requester for job in await service.jobs(there)] == [there]
    async with database.read() as tx:
        assert await ledger.audit(tx) == []


async def test_what_is_under_the_new_name_already_is_added_up_and_what_was_said_there_stands(
    database: Database,
) -> None:
    service = house(database)
    there = Requester(NEW, NEW)
    await asked(service, ITSELF)
    first = await asked(service, there, "-100;9")
    await service.report(first, "wrong", by=ITSELF)
    await service.report(first, "wrong", by=there)
    await service.set_habits(OLD, Habits(shape=Shape.SQUARE))
    await service.set_habits(NEW, Habits(shape=Shape.PORTRAIT))
    for _ in range(2):
        await service.move_community(OLD, NEW, readdress)
        assert (await service.quota(there)).left == 3
        assert (await service.habits(NEW)).shape is Shape.PORTRAIT
        assert not await service.report(first, "wrong", by=there)
        async with database.read() as tx:
            assert await ledger.audit(tx) == []


async def test_a_hold_that_was_moved_is_given_back_where_it_is_now(database: Database) -> None:
    service = house(database)
    job = await asked(service, ITSELF)
    await service.move_community(OLD, NEW, readdress)
    there = Requester(NEW, NEW)
    await service.cancel(job, by=there)
    assert (await service.quota(there)).left == 5
    assert (await service.job(job)).state is JobState.CANCELLED
    async with database.read() as tx:
        assert await ledger.audit(tx) == []


async def test_books_that_are_kept_for_a_community_go_along(database: Database) -> None:
    service = house(database)
    job_id = await asked(service, MIA)
    rule = Rule(Kind.POOL, Account(OLD), 9, Window.DAY, POLICY.zone)
    async with database.begin() as tx:
        other = replace(await _job(tx, job_id), id=JobId("22222222"))
        await jobs.add(tx, other)
        await ledger.grant(tx, MIA, 7, by=OLD, now=BEGINNING)
        await ledger.hold(tx, other.id, MIA, ledger.Price(4), [rule], BEGINNING)
        assert await communities.move(tx, OLD, NEW, readdress) == 2
        assert (await ledger.standing(tx, replace(rule, account=Account(NEW)), BEGINNING)).left == 4
        assert await ledger.bonus_left(tx, replace(MIA, community=NEW)) == 7
        assert await ledger.audit(tx) == []


async def _job(tx: AsyncConnection, job_id: JobId) -> Job:
    found = await jobs.get(tx, job_id)
    assert found is not None
    return found
