"""What a death leaves behind: upstreams that are asked twice are counted, and messages are right again at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import event

from core import jobs, leases
from core.db import Database
from core.events import Completed, ResultUrl, Submitted
from core.model import Job, JobState, Wishes
from tests.core.test_worker import at_work, killed
from tests.stand_ins import BEN, HERE, LINK, MIA, REQUEST, TICKET, WELL, Stage
from tests.virtual_time import now

pytestmark = [pytest.mark.virtual_time, pytest.mark.both_databases]

ASKED_AND_SILENT = (30.0, Submitted(TICKET), 30.0, Completed((ResultUrl(LINK),)))
"""The upstream has taken it, and its ticket is still on its way."""


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Stage:
    return Stage(database, tmp_path / "videos")


async def double_starts(stage: Stage) -> int:
    async with stage.database.read() as tx:
        return await jobs.double_starts(tx)


async def tried_again(stage: Stage, lost: Job) -> Job:
    """What comes of the button under an interrupted job."""
    return await stage.service.submit(REQUEST, MIA, HERE, wishes=Wishes(parent=lost.id))


async def test_an_upstream_that_was_asked_and_had_not_answered_when_we_died_is_asked_twice_and_counted(
    stage: Stage,
) -> None:
    stage.upstream.script = ASKED_AND_SILENT
    job = await stage.submit()
    await killed(stage.worker("one"), lambda: stage.upstream.submissions == 1)
    stage.upstream.script = WELL
    async with at_work(stage.worker("two")):
        (lost,) = await stage.over(job)
        assert (lost.state, lost.starts, lost.ticket) == (JobState.INTERRUPTED, 1, None)
        assert await double_starts(stage) == 0, "nobody has wanted it again"
        with structlog.testing.capture_logs() as logs:
            (again,) = await stage.over(await tried_again(stage, lost))
    assert (again.state, again.price, again.starts) == (JobState.DELIVERED, 0, 1)
    assert stage.upstream.submissions == 2
    assert await double_starts(stage) == 1
    (told,) = [line for line in logs if "asked again" in line["event"]]
    assert (told["job"], told["parent"]) == (again.id, lost.id)


@pytest.mark.parametrize("moment", ["before it began", "once its ticket was read", "once its film was kept"])
async def test_a_death_at_any_other_moment_asks_nobody_twice(moment: str, stage: Stage) -> None:
    job = await stage.submit()
    stage.chat.takes_seconds = 5.0 if moment == "once its film was kept" else 0.0

    def there() -> bool:
        match moment:
            case "before it began":
                return True
            case "once its ticket was read":
                return any(status.phase == "rendering" for _, status in stage.chat.shown)
            case _:
                return any(stage.folder.rglob("*.mp4"))

    await killed(stage.worker("one"), there)
    async with at_work(stage.worker("two")):
        (ended,) = await stage.over(job)
    assert ended.state is JobState.DELIVERED
    assert stage.upstream.submissions == 1
    assert await double_starts(stage) == 0


async def test_who_stood_still_between_its_word_and_the_deed_does_not_ask_the_upstream(stage: Stage) -> None:
    """Its clock leaps on, as that of a machine that slept, right after it has written down that it will ask."""
    asleep = timedelta(0)

    def sleep(_c: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal asleep
        if statement.startswith("UPDATE jobs SET starts="):
            asleep = timedelta(hours=1)

    engine = stage.database._writer.sync_engine
    event.listen(engine, "after_cursor_execute", sleep)
    job = await stage.submit()
    working = asyncio.create_task(stage.worker("one", clock=lambda: now() + asleep).run())
    await stage.until(lambda: asleep)
    await asyncio.sleep(1)
    working.cancel()
    await asyncio.wait([working])
    event.remove(engine, "after_cursor_execute", sleep)
    assert stage.upstream.submissions == 0
    async with at_work(stage.worker("two", clock=lambda: now() + asleep)):
        (ended,) = await stage.over(job)
    assert (ended.state, stage.upstream.submissions) == (JobState.INTERRUPTED, 0)


async def test_within_five_seconds_of_a_start_every_open_message_is_right(stage: Stage) -> None:
    """One is resumed, one was lost, one goes on waiting at another place than it was shown at."""
    stage.policy = replace(stage.policy, waiting_per_person=5)
    stage = Stage(stage.database, stage.folder, policy=stage.policy)
    with_ticket = await stage.submit(MIA)
    worker = stage.worker("one", at_once=2)
    working = asyncio.create_task(worker.run())
    await stage.until(lambda: any(status.phase == "rendering" for _, status in stage.chat.shown))
    stage.upstream.script = ASKED_AND_SILENT
    lost = await stage.submit(BEN)
    waiting = [await stage.submit(MIA), await stage.submit(BEN)]
    await stage.until(lambda: stage.upstream.submissions == 2)
    worker._give_back = _nothing  # type: ignore[method-assign] # the dead tidy nothing up
    working.cancel()
    await asyncio.wait([working])
    await _become_the_only_one(stage)
    stage.upstream.script, stage.upstream.afterwards = WELL, (60.0, Completed((ResultUrl(LINK),)))
    stage.chat.shown.clear()
    async with at_work(stage.worker("two", at_once=2)):
        await asyncio.sleep(5)
        shown = {status.job: status for _, status in stage.chat.shown}
        assert shown[with_ticket.id].phase == "rendering"
        assert shown[lost.id].phase == "interrupted"
        assert {shown[job.id].phase for job in waiting} <= {"waiting", "starting", "sent", "rendering"}
        assert len({shown[job.id].position for job in waiting if shown[job.id].phase == "waiting"}) <= 1
        await stage.over(with_ticket, lost, *waiting)


async def _nothing() -> None:
    return None


async def _become_the_only_one(stage: Stage) -> None:
    """As a process does that holds the database's file alone."""
    async with stage.database.begin() as tx:
        await jobs.inherit(tx, now=now())
        await leases.inherit(tx)
