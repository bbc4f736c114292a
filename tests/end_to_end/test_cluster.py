"""Many processes at one PostgreSQL: workers are killed and frozen, the server goes away; every job ends once."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from core import ledger
from core.db import Database, DatabaseUnavailableError, open_database
from core.dispatch import pgqueuer
from core.model import JobState
from core.tables import jobs
from tests.end_to_end.many_processes import AT_ONCE, CAPS
from tests.file_ends import last_shown, notes
from tests.postgresql import private_server

HOUSE = Path(__file__).parents[2]
JOBS = 60
SECONDS = 150.0


@contextmanager
def process(role: str, url: str, folder: Path) -> Generator[subprocess.Popen[bytes]]:
    """One process of the cluster; whatever becomes of the test, it is gone afterwards."""
    words = [sys.executable, "-m", "tests.end_to_end.many_processes", role, url, str(folder)]
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(words, cwd=HOUSE, stdout=log, stderr=log)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGCONT)
        started.kill()
        started.wait(10)


async def until(condition: Callable[[], object], what: str) -> None:
    """Look until it is so."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} never happened"
        await asyncio.sleep(0.05)  # other processes work meanwhile


class Watch:
    """Looks at what runs, all the time, and remembers the most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.most: Counter[str] = Counter()
        self.over = 0
        self.looks = 0

    async def run(self) -> None:
        runs = jobs.c.state == JobState.ACTIVE
        while True:
            try:
                async with self._database.read() as tx:
                    for name, groups in (
                        ("in all", []),
                        ("person", [jobs.c.person]),
                        ("community", [jobs.c.community]),
                    ):
                        counted = (await tx.scalars(select(func.count()).where(runs).group_by(*groups))).all()
                        self.most[name] = max([self.most[name], *counted])
                    over = jobs.c.state.in_([state for state in JobState if state.terminal])
                    self.over = await tx.scalar(select(func.count()).where(over)) or 0
                    self.looks += 1
            except DatabaseUnavailableError:
                pass
            await asyncio.sleep(0.05)


async def test_every_job_ends_once_while_workers_die_and_freeze_and_the_server_goes_away(tmp_path: Path) -> None:
    """Half a minute: sixty jobs of half a second, leases of three seconds, heartbeats of four."""
    with private_server() as server:
        url = server.new()
        await pgqueuer.install(url)
        async with open_database(url) as database:
            watch = Watch(database)
            watching = asyncio.create_task(watch.run())
            with (
                process(f"gateway{JOBS}", url, tmp_path),
                process("worker", url, tmp_path) as first,
                process("worker", url, tmp_path) as second,
                process("worker", url, tmp_path) as third,
            ):
                await until(lambda: watch.over >= 5, "the fifth end")
                first.kill()
                with process("worker", url, tmp_path):
                    await until(lambda: watch.over >= 15, "the fifteenth end")
                    second.send_signal(signal.SIGSTOP)
                    await until(lambda: watch.over >= 30, "the thirtieth end")
                    await asyncio.to_thread(server.restart)
                    await until(lambda: watch.over >= 40, "the fortieth end")
                    second.send_signal(signal.SIGCONT)
                    third.send_signal(signal.SIGTERM)
                    await until(lambda: watch.over == JOBS, "the last end")
                    await until(lambda: third.poll() is not None, "the end of who was asked to leave")
            watching.cancel()
            await asyncio.wait([watching])
            async with database.read() as tx:
                assert await ledger.audit(tx) == []
                ended = {row.id: row for row in await tx.execute(select(jobs))}
        server.drop(url)
    assert len(ended) == JOBS
    assert {row.state for row in ended.values()} <= {JobState.DELIVERED, JobState.INTERRUPTED}
    # One of them may have been caught between the upstream's yes and our writing it down.
    interrupted = [row for row in ended.values() if row.state == JobState.INTERRUPTED]
    assert len(interrupted) <= AT_ONCE
    assert [prompt for prompt, times in Counter(notes(tmp_path / "asked")).items() if times > 1] == []
    shown = last_shown(tmp_path)
    assert {shown[job_id] for job_id, row in ended.items() if row.state == JobState.DELIVERED} == {"done"}
    assert watch.looks > 20
    assert watch.most["in all"] <= AT_ONCE
    assert watch.most["person"] <= (CAPS.each_person or 0)
    assert watch.most["community"] <= (CAPS.each_community or 0)
