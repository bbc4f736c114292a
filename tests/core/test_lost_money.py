"""What an upstream may charge for is never free: whoever stops it, however it fails, and while the books are closed."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from core import ledger
from core.db import Database, Turn, take_turn
from core.errors import ErrorKind, ProviderError
from core.events import Progress, Submitted
from core.model import JobState
from tests.core.test_worker import at_work
from tests.stand_ins import LINK, TICKET, Stage

pytestmark = [pytest.mark.virtual_time, pytest.mark.both_databases]

HALFWAY = (Submitted(TICKET), Progress(44), 5.0)


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Stage:
    return Stage(database, tmp_path / "videos")


async def borne(stage: Stage) -> int:
    """How many credits' worth the host has borne; the books are in order."""
    async with stage.database.read() as tx:
        assert await ledger.audit(tx) == []
        return await ledger.written_off(tx)


async def test_a_video_that_is_cancelled_halfway_is_paid_by_the_host(stage: Stage) -> None:
    stage.upstream.script = (*HALFWAY, 60.0)
    job = await stage.submit()
    async with at_work(stage.worker()):
        await stage.until(lambda: any(status.percent for _, status in stage.chat.shown))
        await stage.service.cancel(job.id, by=job.requester)
        (ended,) = await stage.over(job)
    assert ended.state is JobState.CANCELLED
    assert await borne(stage) == job.price


async def test_a_video_that_is_cancelled_in_line_costs_nobody_anything(stage: Stage) -> None:
    job = await stage.submit()
    await stage.service.cancel(job.id, by=job.requester)
    assert await borne(stage) == 0


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ProviderError(ErrorKind.TIMEOUT), True),
        (ProviderError(ErrorKind.TRANSPORT_CUT), True),
        (ProviderError(ErrorKind.TIMEOUT, accepted=False), False),
        (ProviderError(ErrorKind.MODERATION), False),
        (ProviderError(ErrorKind.NO_RESULT), False),
    ],
    ids=str,
)
async def test_a_failure_is_paid_by_the_host_where_the_upstream_may_have_rendered_it(
    error: ProviderError, lost: bool, stage: Stage
) -> None:
    stage.upstream.script = (*HALFWAY, error)
    job = await stage.submit()
    async with at_work(stage.worker()):
        (ended,) = await stage.over(job)
    assert ended.state is JobState.FAILED
    assert await borne(stage) == (job.price if lost else 0)


async def test_a_film_that_cannot_be_fetched_was_rendered_all_the_same(stage: Stage) -> None:
    stage.upstream.downloads_fail = [ProviderError(ErrorKind.RESULT_NOT_ALLOWED, LINK)] * 9
    job = await stage.submit()
    async with at_work(stage.worker()):
        (ended,) = await stage.over(job)
    assert ended.state is JobState.FAILED
    assert await borne(stage) == job.price


async def test_while_there_is_a_fault_in_the_books_nothing_more_is_bought(stage: Stage) -> None:
    job = await stage.submit()
    async with stage.database.begin() as tx:
        await ledger.stop(tx, "a fault")
    async with at_work(stage.worker()):
        await asyncio.sleep(60)
        assert (await stage.service.job(job.id)).state is JobState.WAITING
        assert stage.upstream.submissions == 0


async def test_nobody_gets_in_line_while_their_community_is_given_another_name(stage: Stage) -> None:
    job = await stage.submit()
    async with stage.database.begin() as tx:
        await take_turn(tx, Turn.LINE)
        moving = asyncio.create_task(
            stage.service.move_community(job.requester.community, "x:new", lambda address: address)
        )
        for _ in range(100):  # so often something else is done that it would be over, if it did not wait
            await tx.execute(select(1))
        assert not moving.done()
    await moving
    assert (await stage.service.job(job.id)).requester.community == "x:new"
