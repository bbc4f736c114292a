"""What two thousand jobs cost that run in one worker process: memory each, the loop's lag, CPU time while they wait.

The worker, its database, boards and leases are the real ones. The upstream says a percentage and then nothing for an
hour, and the chat takes every edit at once; an open stream of httpx is 28 KiB more a job.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from core import line
from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import open_database
from core.dispatch.in_process import InProcess
from core.events import GenerationEvent, Progress, ResultUrl, Submitted
from core.model import GenerationRequest, JobState, Status, Ticket, Video
from core.ports import Limits
from core.service import Policy, Service
from core.tables import jobs
from core.videos.store import Store
from core.worker import Worker

RUNNING: Final = 2_000
SECONDS: Final = 20.0
_TICK: Final = 0.01


class Cost(NamedTuple):
    """KiB a job; milliseconds by which the loop is late, half of the time, 99 of 100 times, and at most; a share."""

    kib: float
    lag_half: float
    lag_most: float
    lag_worst: float
    cpu: float
    """Of one core, while all of them wait for the upstream."""


class _Silent:
    """An upstream that takes everything, and then thinks."""

    def __init__(self) -> None:
        self.asked = 0

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        self.asked += 1
        yield Submitted(Ticket(request.prompt, None))
        yield Progress(10)
        await asyncio.sleep(3600)

    def resume(self, ticket: Ticket) -> AsyncGenerator[GenerationEvent]:
        return self.generate(GenerationRequest(ticket.id, "standard", 5))

    def download(self, result: ResultUrl) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        raise NotImplementedError(f"nothing is made here: {result}")

    def may_show(self, _url: str) -> bool:
        return False

    async def aclose(self) -> None:
        """Nothing is kept."""


class _Chat:
    """A conversation that takes every edit."""

    limits = Limits(upload_bytes=10_000_000, edit_interval=timedelta(seconds=5))

    async def turn(self) -> None:
        """At any time."""

    async def show(self, _status: Status) -> None:
        """It is seen."""

    async def shows(self, _status: Status) -> bool:
        return True

    async def deliver(self, _video: Video, _status: Status) -> None:
        """It is seen."""


async def measure() -> Cost:
    """Run them all in this very process. Raises `OSError` where the kernel does not tell what it holds."""
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    model = ModelEntry(name="standard", label="standard", provider="upstream", upstream_model="x", lengths={5: 1})
    models = Catalogue([model], [provider])
    policy = Policy(1000, ZoneInfo("UTC"), waiting_per_person=1000, waiting_total=100_000)
    upstream = _Silent()
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(f"sqlite:///{folder}/matinee.sqlite") as database:
            async with database.begin() as tx:
                await tx.execute(insert(jobs), [_row(number) for number in range(RUNNING)])
                for person in range(RUNNING // 10):
                    await line.stand(tx, [(f"t:c{person % 50}", f"t:p{person}")])
            service = Service(database, models, policy, now=_now)
            worker = Worker(
                database,
                service,
                models,
                lambda _model: upstream,
                Store(Path(folder) / "videos"),
                lambda _address: _Chat(),
                InProcess(),
                owner="one",
                at_once=RUNNING,
                keep_for=timedelta(days=30),
                drain_seconds=0,
                now=_now,
            )
            before = _held()
            working = asyncio.create_task(worker.run())
            while upstream.asked < RUNNING:  # noqa: ASYNC110 - it knows no event
                await asyncio.sleep(0.1)
            await asyncio.sleep(10)  # what was begun is shown and written down
            began, lags = time.process_time(), await _lags()
            cpu = (time.process_time() - began) / SECONDS
            held = (_held() - before) / RUNNING
            working.cancel()
            await asyncio.wait([working])
    return Cost(held, lags[len(lags) // 2], lags[len(lags) * 99 // 100], lags[-1], cpu)


async def _lags() -> list[float]:
    """By how many milliseconds the loop is late, look by look, in order of length."""
    lags = []
    end = time.perf_counter() + SECONDS
    while (before := time.perf_counter()) < end:
        await asyncio.sleep(_TICK)
        lags.append((time.perf_counter() - before - _TICK) * 1000)
    return sorted(lags)


def _held() -> int:
    """KiB that this process holds."""
    found = re.search(r"^Rss: +(\d+) kB$", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    if found is None:
        raise OSError("no Rss in smaps_rollup")
    return int(found[1])


def _now() -> datetime:
    return datetime.now(UTC)


def _row(number: int) -> dict[str, object]:
    person = number % (RUNNING // 10)
    return {
        "id": f"J{number:07}",
        "person": f"t:p{person}",
        "community": f"t:c{person % 50}",
        "platform": "t",
        "address": "here",
        "prompt": f"a lighthouse in a storm, {number}",
        "model": "standard",
        "seconds": 5,
        "shape": "landscape",
        "price": 1,
        "state": JobState.WAITING,
        "created_at": _now() + timedelta(microseconds=number),
    }


def apart() -> Cost:
    """The same in a process of its own, so that memory is nobody else's. Raises `OSError`."""
    said = subprocess.run([sys.executable, "-m", "benchmarks.running"], capture_output=True, text=True, check=False)
    if said.returncode:
        raise OSError((said.stderr.strip().splitlines() or ["it ended without a word"])[-1])
    return Cost(*json.loads(said.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure())) + "\n")
