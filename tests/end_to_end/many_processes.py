"""One process of a cluster without platforms: `worker` works, `gateway` asks for jobs; both until SIGTERM."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bots.app import utc_now
from core.admission import Admission
from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import Database, DatabaseUnavailableError, open_database
from core.dispatch import Dispatcher, pgqueuer
from core.errors import Refusal
from core.fairness import Caps
from core.model import Address, GenerationRequest, Requester
from core.service import Policy, Service
from core.videos.store import Store
from core.worker import Worker
from tests.file_ends import FileChat, FileUpstream, note

LEASE: Final = timedelta(seconds=3)
HEARTBEAT: Final = timedelta(seconds=4)
AT_ONCE: Final = 9
CAPS: Final = Caps(each_person=2, each_community=4)
HERE: Final = Address("files", "here")


def catalogue() -> Catalogue:
    """One model at one upstream."""
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    model = ModelEntry(name="standard", label="standard", provider="upstream", upstream_model="x", lengths={5: 1})
    return Catalogue([model], [provider])


def service(database: Database, *, credits_per_day: int = 1000) -> Service:
    """The counter, with the caps that the test looks after."""
    zone = ZoneInfo("UTC")
    policy = Policy(credits_per_day, zone, waiting_per_person=1000, waiting_total=10_000, caps=CAPS)
    return Service(database, catalogue(), policy, now=utc_now)


def worker(
    database: Database,
    counter: Service,
    dispatcher: Dispatcher,
    folder: Path,
    *,
    seconds: float,
    step: Callable[[str], None] = lambda _: None,
) -> Worker:
    """Somebody to do the work, between two ends that are files."""
    made = Worker(
        database,
        counter,
        catalogue(),
        lambda _model: FileUpstream(folder, seconds=seconds, step=step),
        Store(folder / "videos"),
        lambda _address: FileChat(folder, step=step),
        dispatcher,
        owner=f"{os.getpid()}",
        at_once=AT_ONCE,
        keep_for=timedelta(days=30),
        drain_seconds=0.2,
        now=utc_now,
        lease=LEASE,
    )
    counter.wake = made.wake
    return made


async def main(role: str, url: str, folder: Path) -> None:
    """Be one of them."""
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    async with open_database(url) as database:
        dispatcher = pgqueuer.build(url, heartbeat=HEARTBEAT)
        counter = service(database)
        note(folder / "up", role)
        if role == "worker":
            works = worker(database, counter, dispatcher, folder, seconds=0.5)
            running = asyncio.create_task(works.run())
            await leaving.wait()
            works.stop()
            await running
            return
        await asyncio.gather(*(_ask(counter, folder, number) for number in range(int(role.removeprefix("gateway")))))
        admission = Admission(database, counter, dispatcher, at_once=AT_ONCE, now=utc_now)
        while not leaving.is_set():
            with suppress(DatabaseUnavailableError):
                await admission.look()
            await asyncio.sleep(0.3)


async def _ask(counter: Service, folder: Path, number: int) -> None:
    """Ask until it is taken; however often that is told it is one job, of one of twelve people in three communities."""
    who = Requester(f"t:p{number % 12}", f"t:c{number % 3}")
    while True:
        try:
            await counter.submit(
                GenerationRequest(f"film {number}", "standard", 5), who, HERE, asked_by=f"update {number}"
            )
        except (DatabaseUnavailableError, Refusal):
            await asyncio.sleep(0.3)
        else:
            return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
