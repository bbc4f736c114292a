"""Many machines: PgQueuer carries the ids, through the same PostgreSQL and inside our own transactions."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from core.db import Turn
from core.db.postgresql import FAULTS, connect
from core.dispatch import Dispatcher, Handler
from core.model import JobId

HEARTBEAT: Final = timedelta(seconds=15)
"""After so long without a sign of life from a worker what it has is given to another; a lease has run out by then."""
LOOK: Final = timedelta(seconds=5)
"""How often it looks for that, and for what no notice came of."""
BATCH: Final = 4
"""Few at a time, so that no worker takes what others have their hands free for."""
RESTART_SECONDS: Final = 2.0
LEAVE_SECONDS: Final = 10.0

_ENTRY: Final = "job"
_log = structlog.get_logger(__name__)


class OverPostgresql(Dispatcher):
    """Its run loop does not come back from a server that went away; here it is begun again."""

    def __init__(self, url: str, heartbeat: timedelta) -> None:
        self._url = url
        self._heartbeat = heartbeat

    @override
    async def hand_over(self, tx: AsyncConnection, ids: Collection[JobId]) -> None:
        if not ids:
            return
        raw = await tx.get_raw_connection()
        queries = Queries(AsyncpgDriver(raw.driver_connection))
        await queries.enqueue(
            [_ENTRY] * len(ids),
            [job_id.encode() for job_id in ids],
            [0] * len(ids),
            dedupe_key=list(ids),
            on_conflict="skip",
        )

    @property
    @override
    def handing(self) -> bool:
        return False  # whoever is there takes it

    @override
    async def run(self, handler: Handler) -> None:
        while True:
            try:
                async with _connection(self._url) as connection:
                    await _run_until_cut(connection, handler, self._heartbeat)
                _log.warning("the line to the queue was cut; beginning again")
            except FAULTS as error:
                _log.warning("the queue cannot be reached; trying again", reason=str(error) or type(error).__name__)
            await asyncio.sleep(RESTART_SECONDS)


async def _run_until_cut(connection: Any, handler: Handler, heartbeat: timedelta) -> None:
    cut = asyncio.Event()
    connection.add_termination_listener(lambda _: cut.set())
    queuer = PgQueuer.from_asyncpg_connection(connection)

    @queuer.entrypoint(_ENTRY)
    async def handle(job: Job) -> None:
        if job.payload is not None:
            await _first_of(handler(JobId(job.payload.decode())), cut.wait())

    running = asyncio.create_task(
        queuer.qm.run(
            dequeue_timeout=min(LOOK, heartbeat / 3),
            batch_size=BATCH,
            heartbeat_timeout=heartbeat,
            log_aggregation_interval=timedelta(minutes=10),
        ),
        name="queue",
    )
    over = asyncio.create_task(cut.wait(), name="until the queue is cut")
    try:
        await asyncio.wait([running, over], return_when=asyncio.FIRST_COMPLETED)
    finally:
        cut.set()  # the handlers leave
        over.cancel()
        running.cancel()
        await asyncio.wait([running], timeout=LEAVE_SECONDS)
    if running.done() and not running.cancelled() and (error := running.exception()) is not None:
        _log.warning("the queue stumbled; beginning again", reason=str(error) or type(error).__name__)


async def _first_of(work: Any, cut: Any) -> None:
    """Wait for the work, or for the cut: then the work goes on without anybody who waits for it."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(cut)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def _connection(url: str) -> AsyncGenerator[Any]:
    connection = await connect(url)
    try:
        yield connection
    finally:
        with suppress(*FAULTS):
            await connection.close(timeout=LEAVE_SECONDS)


async def install(url: str) -> None:
    """Bring the queue's own tables up to date. Raises what the driver raises."""
    async with _connection(url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", int(Turn.MIGRATIONS))
        queries = Queries(AsyncpgDriver(connection))
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()


def build(url: str, *, heartbeat: timedelta = HEARTBEAT) -> Dispatcher:
    """Make it; `install` was called before."""
    return OverPostgresql(url, heartbeat)
