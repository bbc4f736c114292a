"""What people can ask, over a real database: limits, price, hold and row in one transaction, or nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core import jobs, ledger, line
from core.db import Database
from core.errors import Refusal, RefusalReason
from core.fairness import Caps
from core.model import GenerationRequest, JobId, JobState
from core.service import Service
from core.tables import postings
from tests.stand_ins import BEN, HERE, MIA, POLICY, REQUEST, Stage, catalogue

pytestmark = [pytest.mark.virtual_time, pytest.mark.both_databases]


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Stage:
    return Stage(database, tmp_path / "videos")


async def books(database: Database) -> list[str]:
    async with database.read() as tx:
        return await ledger.audit(tx)


async def refusal(asking: object) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await asking  # type: ignore[misc]
    return refused.value


async def test_a_request_becomes_a_row_and_a_hold(stage: Stage) -> None:
    job = await stage.submit()
    assert (job.state, job.price, await stage.job(job)) == (JobState.WAITING, 1, job)
    assert (await stage.service.quota(MIA)).left == 4
    assert await books(stage.database) == []


async def test_what_is_refused_is_not_written(stage: Stage) -> None:
    poor = Stage(stage.database, stage.folder, policy=replace(POLICY, credits_per_day=1))
    await poor.submit()
    refused = await refusal(poor.submit())
    assert refused.reason is RefusalReason.OVER_ALLOWANCE
    assert refused.details == {
        "rule": "person",
        "window": "day",
        "source": "installation",
        "limit": 1,
        "used": 1,
        "left": 0,
        "price": 1,
        "resets_at": "2026-11-25T00:00:00+00:00",
    }
    assert len(await poor.service.jobs(MIA)) == 1
    assert await books(stage.database) == []


async def test_nobody_has_more_under_way_than_the_host_allows(stage: Stage) -> None:
    for _ in range(3):
        await stage.submit()
    assert (await refusal(stage.submit())).reason is RefusalReason.TOO_MANY_WAITING
    for _ in range(3):
        await stage.submit(BEN)
    carl = replace(MIA, person="console:carl")
    assert (await refusal(stage.submit(carl))).reason is RefusalReason.LINE_FULL


async def test_forty_at_once_cannot_share_the_last_credit(stage: Stage) -> None:
    stage = Stage(stage.database, stage.folder, policy=replace(POLICY, waiting_per_person=100, waiting_total=100))
    outcomes = await asyncio.gather(*(stage.submit() for _ in range(40)), return_exceptions=True)
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 5
    assert (await stage.service.quota(MIA)).left == 0
    assert await books(stage.database) == []


async def test_the_same_request_under_the_same_id_is_the_same_job(stage: Stage) -> None:
    first = await stage.service.submit(REQUEST, MIA, HERE, job_id=JobId("AAAA1111"))
    assert await stage.service.submit(REQUEST, MIA, HERE, job_id=JobId("AAAA1111")) == first
    assert (await stage.service.quota(MIA)).used == 1


async def test_another_request_under_the_same_id_is_a_conflict(stage: Stage) -> None:
    await stage.service.submit(REQUEST, MIA, HERE, job_id=JobId("AAAA1111"))
    other = GenerationRequest("something else", "standard", 5)
    asking = stage.service.submit(other, MIA, HERE, job_id=JobId("AAAA1111"))
    assert (await refusal(asking)).reason is RefusalReason.SAME_ID_OTHER_REQUEST


async def test_once_draining_nothing_new_is_taken(stage: Stage) -> None:
    stage.service.drain()
    assert (await refusal(stage.submit())).reason is RefusalReason.DRAINING


async def test_a_job_that_waits_is_cancelled_at_once_and_paid_back(stage: Stage) -> None:
    job = await stage.service.cancel((await stage.submit()).id, by=MIA)
    assert job.state is JobState.CANCELLED
    receipt = await stage.service.receipt(job)
    assert (receipt.cost, receipt.refunded, receipt.left) == (0, 1, 5)
    assert await books(stage.database) == []


async def test_only_ones_own_unfinished_jobs_can_be_cancelled(stage: Stage) -> None:
    job = await stage.submit()
    assert (await refusal(stage.service.cancel(job.id, by=BEN))).reason is RefusalReason.NOT_YOURS
    assert (await refusal(stage.service.cancel(JobId("NONE0000"), by=MIA))).reason is RefusalReason.NOT_FOUND
    await stage.service.cancel(job.id, by=MIA)
    assert (await refusal(stage.service.cancel(job.id, by=MIA))).reason is RefusalReason.ALREADY_OVER


async def test_tomorrow_the_allowance_is_whole_again_and_todays_refund_stays_today(database: Database) -> None:
    clock = [datetime(2026, 11, 24, 23, 59, tzinfo=UTC)]
    service = Service(database, catalogue(), POLICY, now=lambda: clock[0])
    job = await service.submit(REQUEST, MIA, HERE)
    clock[0] += timedelta(minutes=2)
    assert (await service.quota(MIA)).used == 0
    await service.cancel(job.id, by=MIA)
    assert (await service.quota(MIA)).used == 0
    clock[0] -= timedelta(minutes=2)
    assert (await service.quota(MIA)).used == 0
    assert await books(database) == []


async def test_a_clock_that_steps_back_frees_nothing(database: Database) -> None:
    clock = [datetime(2026, 11, 24, 12, 0, tzinfo=UTC)]
    service = Service(database, catalogue(), replace(POLICY, credits_per_day=1), now=lambda: clock[0])
    await service.submit(REQUEST, MIA, HERE)
    clock[0] -= timedelta(hours=5)
    assert (await refusal(service.submit(REQUEST, MIA, HERE))).reason is RefusalReason.OVER_ALLOWANCE


async def test_captured_credits_are_not_given_back(stage: Stage) -> None:
    job = await stage.submit()
    async with stage.database.begin() as tx:
        await ledger.capture(tx, job.id, job.created_at)
        assert await ledger.release(tx, job.id, job.created_at) == 0
        await ledger.capture(tx, job.id, job.created_at)
        assert (await tx.execute(select(postings).where(postings.c.step == "capture"))).all().__len__() == 2
    assert (await stage.service.receipt(job)).cost == 1


async def test_released_credits_cannot_be_captured(stage: Stage) -> None:
    job = await stage.submit()
    async with stage.database.begin() as tx:
        assert await ledger.release(tx, job.id, job.created_at) == 1
        assert await ledger.release(tx, job.id, job.created_at) == 0
        with pytest.raises(ledger.LedgerError):
            await ledger.capture(tx, job.id, job.created_at)


async def test_the_audit_sees_a_captured_job_that_waits(stage: Stage) -> None:
    job = await stage.submit()
    async with stage.database.begin() as tx:
        await ledger.capture(tx, job.id, job.created_at)
    assert await books(stage.database) == [f"job {job.id} is waiting, and its credits are captured"]


async def test_a_write_under_an_older_fence_changes_nothing(stage: Stage) -> None:
    job = await stage.submit()
    start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    lease = timedelta(seconds=15)
    async with stage.database.begin() as tx:
        assert await jobs.take_up(tx, job.id, owner="one", now=start, lease=lease) is None  # it still waits
        assert await line.admit(tx, stage.service.providers, Caps(), at_once=1, now=start) == [job.id]
        mine = await jobs.take_up(tx, job.id, owner="one", now=start, lease=lease)
        assert mine is not None
        assert await jobs.take_up(tx, job.id, owner="two", now=start, lease=lease) is None
        later = start + lease
        assert await jobs.take_up(tx, job.id, owner="two", now=later, lease=lease, only_given_back=True) is None
        theirs = await jobs.take_up(tx, job.id, owner="two", now=later, lease=lease)
        assert theirs is not None
        assert theirs.fence == mine.fence + 1
        with pytest.raises(jobs.LostJobError):
            await jobs.count_start(tx, mine)
        with pytest.raises(jobs.LostJobError):
            await jobs.finish(tx, mine, JobState.FAILED, now=start)
        assert (await jobs.count_start(tx, theirs)).starts == 1
