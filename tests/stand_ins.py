"""The two far ends: a conversation that writes down what it is shown, and an upstream that follows a script."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import Database, is_server
from core.dispatch.in_process import InProcess
from core.errors import DeliveryError, ProviderError
from core.events import Completed, GenerationEvent, Progress, ResultUrl, Submitted
from core.model import Address, GenerationRequest, Job, Requester, Status, Ticket, Video
from core.ports import Limits
from core.service import Policy, Service
from core.videos.store import Store
from core.worker import Worker
from tests.films import TINY_FILM
from tests.standing import standing
from tests.virtual_time import now

MIA = Requester("console:mia", "console:here")
BEN = Requester("console:ben", "console:here")
HERE = Address("console", "terminal")
TICKET = Ticket("task_01", "https://source.example/source/task_01")
LINK = "https://films.example/a.mp4"
REQUEST = GenerationRequest("a lighthouse in a storm", "standard", 5)

Step = GenerationEvent | float | Exception
"""An event, a pause in seconds, or how it goes wrong."""

WELL: tuple[Step, ...] = (
    Submitted(TICKET),
    10.0,
    Progress(44),
    10.0,
    Progress(81),
    10.0,
    Completed((ResultUrl(LINK),), transcript="as it was told"),
)


@dataclass
class Upstream:
    """A provider that follows `script`; every submission, question and download is counted."""

    script: tuple[Step, ...] = WELL
    afterwards: tuple[Step, ...] = (5.0, Completed((ResultUrl(LINK),)))
    """What it tells who asks on by ticket."""
    film: bytes = TINY_FILM
    downloads_fail: list[ProviderError] = field(default_factory=list)
    submissions: int = 0
    resumed: list[Ticket] = field(default_factory=list)
    open_streams: int = 0
    shown_links: tuple[str, ...] = ()

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        self.submissions += 1
        return self._tell(self.script)

    def resume(self, ticket: Ticket) -> AsyncGenerator[GenerationEvent]:
        self.resumed.append(ticket)
        return self._tell(self.afterwards)

    async def _tell(self, script: tuple[Step, ...]) -> AsyncGenerator[GenerationEvent]:
        self.open_streams += 1
        try:
            for step in script:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.open_streams -= 1

    @asynccontextmanager
    async def download(self, result: ResultUrl) -> AsyncGenerator[AsyncIterator[bytes]]:
        if self.downloads_fail:
            raise self.downloads_fail.pop(0)

        async def chunks() -> AsyncGenerator[bytes]:
            yield self.film[:100]
            yield self.film[100:]

        yield chunks()

    def may_show(self, url: str) -> bool:
        return url in self.shown_links

    async def aclose(self) -> None:
        """Nothing is kept."""


@dataclass
class Chat:
    """A conversation that remembers what its message showed, and when; `refuses` is raised before it behaves."""

    shown: list[tuple[float, Status]] = field(default_factory=list)
    delivered: list[tuple[Video, Status]] = field(default_factory=list)
    refuses: list[DeliveryError] = field(default_factory=list)
    deaf: list[DeliveryError] = field(default_factory=list)
    takes_seconds: float = 0.0
    under_way: int = 0
    most_under_way: int = 0
    limits: Limits = field(
        default_factory=lambda: Limits(upload_bytes=10_000_000, edit_interval=timedelta(seconds=3), step_percent=5)
    )

    async def turn(self) -> None:
        """It takes an edit at any time."""

    async def show(self, status: Status) -> None:
        if self.deaf:
            raise self.deaf.pop(0)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.takes_seconds)
        finally:
            self.under_way -= 1
        self.shown.append((asyncio.get_running_loop().time(), status))

    async def shows(self, status: Status) -> bool:
        return not self.shown or self.last.phase is status.phase

    async def deliver(self, video: Video, status: Status) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.delivered.append((video, status))
        self.shown.append((asyncio.get_running_loop().time(), status))

    @property
    def phases(self) -> list[str]:
        """The phases that were shown, each once."""
        seen = [status.phase.value for _, status in self.shown]
        return [phase for phase, before in zip(seen, [None, *seen], strict=False) if phase != before]

    @property
    def last(self) -> Status:
        return self.shown[-1][1]


def catalogue() -> Catalogue:
    """One model at one upstream."""
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    model = ModelEntry(
        name="standard", label="standard", provider="upstream", upstream_model="x", lengths={5: 1, 10: 2}
    )
    return Catalogue([model], [provider])


POLICY = Policy(credits_per_day=5, zone=ZoneInfo("UTC"), waiting_per_person=3, waiting_total=6)


@dataclass
class Stage:
    """A whole house between an upstream and a chat."""

    database: Database
    folder: Path
    upstream: Upstream = field(default_factory=Upstream)
    chat: Chat = field(default_factory=Chat)
    policy: Policy = POLICY
    service: Service = field(init=False)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.service = Service(self.database, catalogue(), self.policy, now=now)
        self.store = Store(self.folder)

    def worker(
        self,
        owner: str = "one",
        *,
        at_once: int = 2,
        drain_seconds: float = 30,
        clock: Callable[[], datetime] = now,
    ) -> Worker:
        """Somebody to do the work."""
        worker = Worker(
            self.database,
            self.service,
            catalogue(),
            lambda _model: self.upstream,
            self.store,
            lambda _address: self.chat,
            InProcess(),
            owner=owner,
            at_once=at_once,
            keep_for=timedelta(days=30),
            drain_seconds=drain_seconds,
            now=clock,
        )
        self.service.wake = worker.wake
        return worker

    async def submit(self, who: Requester = MIA) -> Job:
        return await self.service.submit(REQUEST, who, HERE)

    async def job(self, job: Job) -> Job:
        """How it stands now."""
        (found,) = [row for row in await self.service.jobs(job.requester, limit=100) if row.id == job.id]
        return found

    async def until(self, condition: Callable[[], object], seconds: float = 600) -> None:
        """Let the house go on until something is so."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for knows no event
                await asyncio.sleep(0.25)

    async def over(self, *jobs: Job) -> list[Job]:
        """Let the house go on until these jobs have ended; how they did."""
        if is_server(str(self.database._readers.url)):
            async with asyncio.timeout(7200):
                while not all([(await self.job(job)).state.terminal for job in jobs]):  # noqa: ASYNC110 - it rings no bell
                    await asyncio.sleep(2)
        else:
            with standing(self.database) as look:
                async with asyncio.timeout(7200):
                    while not all(look()[job.id].terminal for job in jobs):  # noqa: ASYNC110 - nor does this
                        await asyncio.sleep(0.5)
        return [await self.job(job) for job in jobs]
