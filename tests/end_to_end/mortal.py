"""A job's life, ended by SIGKILL at one boundary after another, until one life passes none of them.

Each life is a process of its own, forked from this one, which has loaded everything and opened nothing. A second
process then goes on where the first died. Prints a line a boundary: its number, its name, and how the job ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bots.app import utc_now
from core import jobs as verbs
from core import leases, ledger
from core.db import Database, is_server, open_database
from core.dispatch import pgqueuer
from core.dispatch.in_process import InProcess
from core.model import GenerationRequest, JobState, Requester
from core.tables import jobs
from tests.end_to_end.many_processes import HERE, service, worker
from tests.file_ends import note, notes

NEVER: Final = 10_000
SECONDS: Final = 60.0
HEARTBEAT: Final = timedelta(seconds=0.5)


class Mortal(Database):
    """A database at whose every beginning and end a process may die."""

    def __init__(self, database: Database, step: Callable[[str], None]) -> None:
        self._whole = database
        self._step = step

    @override
    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._around(self._whole.begin())

    @override
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._whole.read()

    @asynccontextmanager
    async def _around(
        self, transaction: AbstractAsyncContextManager[AsyncConnection]
    ) -> AsyncGenerator[AsyncConnection]:
        async with transaction as tx:
            yield tx
            self._step("before a commit")
        self._step("after a commit")


def life(url: str, folder: Path, die_at: int) -> bool:
    """Live one life in a process of its own; whether it came to its end."""
    child = os.fork()
    if child == 0:
        asyncio.run(_live(url, folder, die_at))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


async def _live(url: str, folder: Path, die_at: int) -> None:
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == die_at:
            note(folder / "died", name)
            os.kill(os.getpid(), signal.SIGKILL)

    async with asyncio.timeout(SECONDS), open_database(url) as whole:
        shared = is_server(url)
        if shared:
            await pgqueuer.install(url)
        else:
            async with whole.begin() as tx:
                await verbs.inherit(tx, now=utc_now())
        async with whole.begin() as tx:  # whoever died has had its time; the test need not wait for it
            await tx.execute(update(jobs).values(owner=None).where(jobs.c.state.in_(["active", "delivering"])))
            await tx.execute(update(jobs).values(lease_until=utc_now()).where(jobs.c.lease_until.is_not(None)))
            await leases.inherit(tx)
        database = Mortal(whole, step)
        counter = service(database)
        hands = worker(
            database,
            counter,
            pgqueuer.build(url, heartbeat=HEARTBEAT) if shared else InProcess(),
            folder,
            seconds=0.05,
            step=step,
        )
        job = await counter.submit(
            GenerationRequest("a dog", "standard", 5), Requester("t:mia", "t:here"), HERE, asked_by="1"
        )
        working = asyncio.create_task(hands.run())
        while not (await counter.job(job.id)).state.terminal:  # noqa: ASYNC110 - it knows no event
            await asyncio.sleep(0.02)
        hands.stop()
        await working


def main(urls: list[str], folder: Path) -> None:
    """Go through the boundaries, each on a database of its own."""
    for number, url in enumerate(urls, 1):
        place = folder / f"{number}"
        place.mkdir()
        whole = life(url, place, number)
        if not whole and not life(url, place, NEVER):
            print(number, "the second life did not end", flush=True)  # noqa: T201
            return
        print("life", number, *(notes(place / "died") or ["nowhere"]), *asyncio.run(_ending(url)), sep="; ", flush=True)  # noqa: T201
        if whole:
            return


async def _ending(url: str) -> list[str]:
    async with open_database(url) as database, database.read() as tx:
        states = [str(JobState(state)) for state in await tx.scalars(select(jobs.c.state))]
        return [*states, *await ledger.audit(tx)]


if __name__ == "__main__":
    main(sys.argv[2:], Path(sys.argv[1]))
