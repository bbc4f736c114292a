"""Jobs seen through by a worker on a real database: how they end, what they cost, what people saw."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core import jobs, ledger
from core.db import Database
from core.errors import DeliveryError, DeliveryReason, ErrorKind, ProviderError
from core.events import Completed, Progress, ResultUrl, Retrying, Submitted
from core.model import Job, JobState, Wishes
from core.service import Service
from core.tables import jobs as table
from core.worker import Worker
from tests.stand_ins import BEN, HERE, LINK, MIA, POLICY, REQUEST, TICKET, WELL, Stage, catalogue
from tests.virtual_time import now

pytestmark = [pytest.mark.virtual_time, pytest.mark.both_databases]

UNREACHABLE = DeliveryError(DeliveryReason.CHAT_UNREACHABLE)


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Stage:
    return Stage(database, tmp_path / "videos")


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncGenerator[asyncio.Task[None]]:
    """A worker that works as long as the test looks on, and is then stopped as a host would."""
    task = asyncio.create_task(worker.run(), name="worker")
    try:
        yield task
        worker.stop()
        await task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def killed(worker: Worker, when: Callable[[], object]) -> None:
    """A worker that dies in the middle, without a chance to tidy up: what it would still write is lost."""
    task = asyncio.create_task(worker.run(), name="worker")
    while not when():  # noqa: ASYNC110 - what is waited for knows no event
        await asyncio.sleep(0.1)
    worker._give_back = _nothing  # type: ignore[method-assign]
    task.cancel()
    await asyncio.wait([task])


async def _nothing() -> None:
    return None


async def check_the_books(stage: Stage) -> None:
    async with stage.database.read() as tx:
        assert await ledger.audit(tx) == []


async def end_of(stage: Stage, **changes: object) -> Job:
    job = await stage.submit()
    async with at_work(stage.worker()):
        (ended,) = await stage.over(job)
    await check_the_books(stage)
    return ended


async def test_a_job_that_goes_well_is_made_kept_paid_and_handed_over(stage: Stage) -> None:
    job = await end_of(stage)
    assert (job.state, job.ticket, job.starts, job.transcript) == (JobState.DELIVERED, TICKET, 1, "as it was told")
    assert job.video is not None
    assert job.video.path.read_bytes() == stage.upstream.film
    # It begins in one moment: whether it is seen to wait or to start in it depends on what the database answers first.
    beginning, *rest = [
        phase for phase in stage.chat.phases if phase != "waiting" or stage.chat.phases[1] != "starting"
    ]
    assert beginning in {"waiting", "starting"}
    assert rest == ["sent", "rendering", "finishing", "done"]
    (_, status) = stage.chat.delivered[0]
    assert status.receipt is not None
    assert (status.receipt.cost, status.receipt.left, status.receipt.allowance, status.took_seconds) == (1, 4, 5, 30)
    assert (stage.upstream.submissions, stage.upstream.open_streams) == (1, 0)


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if kind is not ErrorKind.INTERRUPTED])
async def test_a_failure_costs_nothing_and_is_said(kind: ErrorKind, stage: Stage) -> None:
    stage.upstream.script = (Submitted(TICKET), Progress(44), 5.0, ProviderError(kind, "in the upstream's own words"))
    job = await end_of(stage)
    assert (job.state, job.failure and job.failure.kind) == (JobState.FAILED, kind)
    assert (stage.chat.last.phase, stage.chat.last.failure) == ("failed", job.failure)
    assert stage.chat.last.receipt is not None
    assert (stage.chat.last.receipt.refunded, stage.chat.last.receipt.left) == (1, 5)
    assert stage.chat.delivered == []


async def test_a_bug_in_one_job_is_kept_from_the_others(stage: Stage) -> None:
    stage.upstream.script = (1.0, ZeroDivisionError("a bug of ours"))
    first = await stage.submit()
    async with at_work(stage.worker()):
        await stage.over(first)
        stage.upstream.script = WELL
        second = await stage.submit(BEN)
        await stage.over(second)
    failed = await stage.job(first)
    assert failed.failure is not None
    assert failed.failure.kind is ErrorKind.INTERNAL
    assert (await stage.job(second)).state is JobState.DELIVERED
    await check_the_books(stage)


async def test_what_is_no_film_is_not_kept_and_not_paid_for(stage: Stage) -> None:
    stage.upstream.film = b"<html>gone</html>" * 100
    job = await end_of(stage)
    assert job.failure is not None
    assert job.failure.kind is ErrorKind.RESULT_NOT_A_VIDEO
    assert list(stage.folder.rglob("*.mp4")) == []
    assert list(stage.folder.rglob("*.part")) == []


async def test_a_link_that_works_at_the_second_look_is_enough(stage: Stage) -> None:
    stage.upstream.downloads_fail = [ProviderError(ErrorKind.RESULT_UNREACHABLE, "404")]
    assert (await end_of(stage)).state is JobState.DELIVERED


async def test_the_second_link_is_taken_where_the_first_leads_nowhere(stage: Stage) -> None:
    stage.upstream.script = (Completed((ResultUrl(LINK), ResultUrl(f"{LINK}?download"))),)
    stage.upstream.downloads_fail = [ProviderError(ErrorKind.RESULT_NOT_ALLOWED)]
    job = await end_of(stage)
    assert job.video is not None
    assert job.video.upstream_url == f"{LINK}?download"


async def test_a_retry_upstream_begins_the_count_again(stage: Stage) -> None:
    stage.upstream.script = (Progress(70), 20.0, Retrying(), 20.0, Progress(10), 20.0, Progress(5), 20.0, *WELL[-1:])
    await end_of(stage)
    seen = [(status.attempt, status.percent) for _, status in stage.chat.shown if status.phase == "rendering"]
    assert seen == [(1, 70), (2, 10)]


async def test_no_more_run_at_once_than_the_host_wants_and_the_others_see_their_place(stage: Stage) -> None:
    submitted = []
    for who in (MIA, MIA, MIA, BEN, BEN):
        submitted.append(await stage.submit(who))
        await asyncio.sleep(1)
    most = 0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, stage.upstream.open_streams)
            await asyncio.sleep(1)

    looking = asyncio.create_task(look())
    async with at_work(stage.worker(at_once=2)):
        ended = await stage.over(*submitted)
    looking.cancel()
    assert [job.state for job in ended] == [JobState.DELIVERED] * 5
    assert most == 2
    third = submitted[2]  # Mia's third is the last of all: Ben's two are between hers
    places = [status.position for _, status in stage.chat.shown if status.job == third.id and status.position]
    assert places == sorted(places, reverse=True)
    assert {3, 1} <= set(places)  # 2 is seen or not: two jobs end in the same moment


async def test_a_running_job_can_be_cancelled_and_its_line_is_closed(stage: Stage) -> None:
    job = await stage.submit()
    async with at_work(stage.worker()):
        await stage.until(lambda: stage.chat.phases[-1:] == ["rendering"])
        assert stage.upstream.open_streams == 1
        await stage.service.cancel(job.id, by=MIA)
        (ended,) = await stage.over(job)
        assert stage.upstream.open_streams == 0
    assert ended.state is JobState.CANCELLED
    assert stage.chat.last.phase == "cancelled"
    await check_the_books(stage)


async def test_a_job_cancelled_in_line_is_told_so(stage: Stage) -> None:
    first = await stage.submit()
    await asyncio.sleep(1)
    second = await stage.submit()
    async with at_work(stage.worker(at_once=1)):
        await stage.until(lambda: any(status.position == 1 for _, status in stage.chat.shown))
        await stage.service.cancel(second.id, by=MIA)
        await stage.over(first)
    told = [status.phase for _, status in stage.chat.shown if status.job == second.id]
    assert (told[0], set(told[:-1]), told[-1]) == ("waiting", {"waiting"}, "cancelled")


async def test_a_chat_that_is_away_for_a_moment_gets_its_film_later(stage: Stage) -> None:
    stage.chat.refuses = [UNREACHABLE] * 3
    assert (await end_of(stage)).state is JobState.DELIVERED
    assert len(stage.chat.delivered) == 1


async def test_a_chat_that_is_away_for_longer_gets_its_film_all_the_same(stage: Stage) -> None:
    stage.chat.refuses = [UNREACHABLE] * 11
    job = await end_of(stage)
    assert (job.state, job.postponed, stage.upstream.submissions) == (JobState.DELIVERED, 2, 1)


async def test_a_chat_that_is_gone_leaves_the_film_kept_and_paid_for(stage: Stage) -> None:
    stage.chat.refuses = [DeliveryError(DeliveryReason.CHAT_GONE, permanent=True)]
    job = await end_of(stage)
    assert (job.state, job.undelivered) == (JobState.UNDELIVERED, DeliveryReason.CHAT_GONE)
    assert (await stage.service.receipt(job)).cost == 1
    assert stage.chat.last.undelivered is DeliveryReason.CHAT_GONE


async def test_a_film_that_is_too_large_for_the_chat_is_kept_and_said(stage: Stage) -> None:
    stage.chat.limits = replace(stage.chat.limits, upload_bytes=100)
    job = await end_of(stage)
    assert job.undelivered is DeliveryReason.TOO_LARGE_FOR_CHAT
    assert job.video is not None
    assert job.video.path.is_file()


async def test_an_ending_is_told_until_it_is_heard(stage: Stage) -> None:
    stage.upstream.script = (ProviderError(ErrorKind.CAPACITY),)
    stage.chat.deaf = [UNREACHABLE] * 6
    job = await stage.submit()
    async with at_work(stage.worker()):
        await stage.over(job)
        await stage.until(lambda: stage.chat.phases == ["failed"])
        await asyncio.sleep(60)
    assert [status.phase for _, status in stage.chat.shown] == ["failed"]


async def test_a_death_with_a_ticket_is_asked_on_and_never_submitted_again(stage: Stage) -> None:
    job = await stage.submit()
    await killed(stage.worker("one"), lambda: stage.chat.phases[-1:] == ["rendering"])
    async with at_work(stage.worker("two")):
        (ended,) = await stage.over(job)
    assert (ended.state, stage.upstream.submissions, stage.upstream.resumed) == (JobState.DELIVERED, 1, [TICKET])
    await check_the_books(stage)


async def test_a_death_without_a_ticket_ends_the_job_and_pays_it_back(stage: Stage) -> None:
    stage.upstream.script = (Submitted(), *WELL[1:])
    job = await stage.submit()
    await killed(stage.worker("one"), lambda: stage.chat.phases[-1:] == ["rendering"])
    async with at_work(stage.worker("two")):
        (ended,) = await stage.over(job)
    assert (ended.state, stage.upstream.submissions) == (JobState.INTERRUPTED, 1)
    assert stage.chat.last.phase == "interrupted"
    assert (await stage.service.receipt(ended)).refunded == 1
    await check_the_books(stage)
    async with stage.database.read() as tx:
        assert await ledger.written_off(tx) == 1  # the host bears what the upstream may have rendered


async def interrupted(stage: Stage, job: Job) -> Job:
    """The job as a kill in the middle of its render leaves it."""
    async with stage.database.begin() as tx:
        await tx.execute(update(table).where(table.c.id == job.id).values(state=JobState.INTERRUPTED, told=True))
        await ledger.release(tx, job.id, now())
    return await stage.job(job)


async def again(stage: Stage, job: Job) -> Job:
    """Try again, as a press of the button does."""
    return await stage.service.submit(REQUEST, MIA, HERE, wishes=Wishes(parent=job.id))


async def test_what_we_interrupted_is_tried_again_at_the_front_for_nothing(stage: Stage) -> None:
    lost = await interrupted(stage, await stage.submit())
    ahead = await stage.submit(BEN)
    second = await again(stage, lost)
    assert (second.price, second.front, second.tries) == (0, True, 2)
    assert await again(stage, lost) == second
    assert (await stage.service.quota(MIA)).used == 0
    async with at_work(stage.worker(at_once=1)):
        ended = await stage.over(second, ahead)
    assert [job.state for job in ended] == [JobState.DELIVERED] * 2
    begun = [job.started_at for job in ended]
    assert begun == sorted(begun, key=str)
    assert (await again(stage, lost)).price == 1  # that was the free one
    await check_the_books(stage)


async def test_what_is_interrupted_for_the_third_time_is_tried_again_like_anything_else(stage: Stage) -> None:
    job = await stage.submit()
    for tries in (2, 3, 1):
        job = await again(stage, await interrupted(stage, job))
        assert (job.tries, job.front) == (tries, tries > 1)
    assert job.price == 1
    await check_the_books(stage)


async def test_a_death_between_film_and_chat_only_hands_over(stage: Stage) -> None:
    stage.chat.refuses = [UNREACHABLE] * 2
    job = await stage.submit()
    await killed(stage.worker("one"), lambda: len(stage.chat.refuses) == 1)
    assert (await stage.job(job)).state is JobState.DELIVERING
    async with at_work(stage.worker("two")):
        (ended,) = await stage.over(job)
    assert (ended.state, stage.upstream.submissions, stage.upstream.resumed) == (JobState.DELIVERED, 1, [])
    assert len(stage.chat.delivered) == 1
    await check_the_books(stage)


async def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(stage: Stage) -> None:
    job = await stage.submit()
    async with at_work(stage.worker("frozen")):
        await stage.until(lambda: stage.chat.phases[-1:] == ["rendering"])
        async with stage.database.begin() as tx:
            later = job.created_at + timedelta(days=1)
            taken = await jobs.take_up(tx, job.id, owner="other", now=later, lease=timedelta(days=1))
        assert taken is not None
        await stage.until(lambda: stage.upstream.open_streams == 0)
    row = await stage.job(job)
    assert (row.state, row.fence) == (JobState.ACTIVE, taken.fence)


async def test_a_stop_lets_what_runs_come_to_its_end(stage: Stage) -> None:
    job = await stage.submit()
    worker = stage.worker(drain_seconds=60)
    async with at_work(worker):
        await stage.until(lambda: stage.chat.phases[-1:] == ["rendering"])
    assert (await stage.job(job)).state is JobState.DELIVERED


async def test_a_stop_that_may_not_wait_leaves_the_job_to_the_next_start_at_once(stage: Stage) -> None:
    job = await stage.submit()
    async with at_work(stage.worker(drain_seconds=1)):
        await stage.until(lambda: stage.chat.phases[-1:] == ["rendering"])
    assert (await stage.job(job)).state is JobState.ACTIVE
    began = asyncio.get_running_loop().time()
    async with at_work(stage.worker("two")):
        await stage.over(job)
    assert asyncio.get_running_loop().time() - began < 7


async def test_old_films_are_swept_and_nobody_is_sent_to_look_for_them(stage: Stage) -> None:
    async with at_work(stage.worker()):
        job = await stage.submit()
        (ended,) = await stage.over(job)
        assert ended.video is not None
    film = ended.video.path
    os.utime(film, (0, 0))
    async with at_work(stage.worker("tomorrow's")):
        await stage.until(lambda: not film.exists())
    assert (await stage.job(job)).video is None


async def test_a_worker_leaves_no_task_behind(stage: Stage) -> None:
    job = await stage.submit()
    async with at_work(stage.worker()):
        await stage.over(job)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("edit_seconds", [0.0, 4.0])
async def test_a_clock_that_leaps_ahead_does_not_make_a_worker_lose_its_own_job(
    edit_seconds: float, stage: Stage
) -> None:
    leap = timedelta(0)

    def leaping() -> datetime:
        return now() + leap

    stage.upstream.script = (Submitted(TICKET), *(step for p in range(60) for step in (1.0, Progress(p))), WELL[-1])
    stage.chat.takes_seconds = edit_seconds
    stage.service = Service(stage.database, catalogue(), POLICY, now=leaping)
    worker = stage.worker(clock=leaping)
    job = await stage.submit()
    async with at_work(worker):
        await asyncio.sleep(21)
        leap = timedelta(seconds=20)
        (ended,) = await stage.over(job)
    assert (ended.state, ended.fence, stage.upstream.submissions, stage.upstream.resumed) == (
        *(JobState.DELIVERED, 1, 1, []),
    )
    assert len(stage.chat.delivered) == 1
