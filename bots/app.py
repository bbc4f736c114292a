"""The composition root: the only file that knows every room, and puts them together."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import structlog

from bots.sharing import hold
from bots.web import WebServer
from core import jobs, leases
from core.auditing import Auditor
from core.catalogue import Catalogue, ModelEntry
from core.db import Database, file_of, is_server, open_database
from core.dispatch import Dispatcher, in_process
from core.duty import Duty
from core.errors import ConfigurationError, DeliveryError, DeliveryReason
from core.fairness import Caps
from core.model import Address, Status, Video
from core.ports import Limits, Messenger, Platform, Provider
from core.providers import build
from core.service import Policy, Service
from core.settings import Settings
from core.videos.store import Store
from core.worker import LEASE, Worker

FIRST_PAUSE_SECONDS: Final = 15.0
LONGEST_PAUSE_SECONDS: Final = 300.0
"""Between two tries to serve a platform whose settings do not do, while another is served."""

_log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a house is built from."""

    database: str = field(repr=False)
    videos: Path
    catalogue: Catalogue
    policy: Policy
    at_once: int
    keep_for: timedelta
    drain_seconds: float
    lease: timedelta = LEASE
    """After so long without a word from a process others take over what it had."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The values of the settings that providers' keys are taken from."""

    @property
    def beside_the_database(self) -> Path:
        """Where processes of one machine meet in files, without a suffix: beside the database's own, if it is one."""
        return self.videos / "matinee" if is_server(self.database) else file_of(self.database)

    @classmethod
    def of(cls, settings: Settings) -> "Plan":
        """The house as its host wants it. Raises `ConfigurationError`."""
        named = settings.named()
        models = Catalogue.load(settings.catalogue, named=named)
        return cls(
            database=settings.database_url,
            videos=settings.videos,
            catalogue=models,
            policy=Policy(
                credits_per_day=settings.credits_per_day,
                zone=settings.zone,
                waiting_per_person=settings.waiting_per_person,
                waiting_total=settings.waiting_total,
                caps=Caps(
                    each_person=settings.running_per_person or None,
                    each_community=settings.running_per_community or None,
                    provider={
                        name: entry.at_once for name, entry in models.providers.items() if entry.at_once is not None
                    },
                ),
                relaxed_after=settings.relaxed_after or None,
                credits_per_day_most=settings.credits_per_day_most or None,
                credits_per_community=settings.credits_per_community or None,
                budget_per_month=settings.budget_per_month or None,
            ),
            at_once=settings.at_once,
            keep_for=timedelta(days=settings.keep_days),
            drain_seconds=settings.drain_seconds,
            lease=timedelta(seconds=settings.lease_seconds),
            keys=named,
        )


class Role(StrEnum):
    """What one process of several does."""

    ALL = "all"
    GATEWAY = "gateway"
    """Hears people and takes their requests in; others work on them."""
    WORKER = "worker"
    """Works on what others have taken in; it hears nobody."""


class House:
    """All rooms, ready: platforms move in through `platforms`, then `serve` opens the doors.

    `owner` is a name that no other process at this database has; `shared`: there may be others. `web` serves where the
    host wants a web server.
    """

    def __init__(
        self,
        plan: Plan,
        database: Database,
        service: Service,
        worker: Worker,
        platforms: dict[str, Platform],
        owner: str,
        role: Role = Role.ALL,
        *,
        shared: bool = False,
    ) -> None:
        self.plan = plan
        self.catalogue = plan.catalogue
        self.database = database
        self.service = service
        self.worker = worker
        self.platforms = platforms
        self.owner = owner
        self.role = role
        self.auditor = Auditor(database)
        self.shared = shared
        self.web: WebServer | None = None
        self._refused: dict[str, ConfigurationError] = {}

    def duty(self, name: str) -> Duty:
        """The right to do something alone among all processes at this database."""
        return Duty(self.database, name, self.owner, now=utc_now, life=self.plan.lease)

    async def serve(self) -> None:
        """Stay until a platform's conversation is over, or SIGTERM; then finish what runs, within the plan's time.

        A platform that cannot be served for the host's settings is tried again for as long as another one is; raises
        `ConfigurationError` where that is so of all of them.
        """
        leaving = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, leaving.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                works = self.worker.run() if self.role is not Role.GATEWAY else self._let_begin(leaving)
                work: asyncio.Task[object] = tasks.create_task(works, name="worker")
                talks = [
                    tasks.create_task(self._talk(name, platform), name=f"platform {name}")
                    for name, platform in self.platforms.items()
                ]
                if self.web is not None:
                    talks.append(tasks.create_task(self.web.run(), name="web server"))
                if self.role is not Role.GATEWAY:
                    talks.append(tasks.create_task(self.auditor.run(), name="audit"))
                ask = tasks.create_task(leaving.wait(), name="until SIGTERM")
                await asyncio.wait([*talks, ask, work], return_when=asyncio.FIRST_COMPLETED)
                self.service.drain()
                self.worker.stop()
                leaving.set()
                await asyncio.wait([work])  # what it ends is told over the platforms' own lines
                for talk in (*talks, ask):
                    talk.cancel()
        except* ConfigurationError as faults:
            raise ConfigurationError(*_lines(faults)) from None
        finally:
            loop.remove_signal_handler(signal.SIGTERM)

    async def _let_begin(self, leaving: asyncio.Event) -> None:
        """What a gateway does beside hearing people: through a server it can hand over what may begin, at once."""
        if is_server(self.plan.database):
            await self.worker.only_let_begin()
        await leaving.wait()

    async def _talk(self, name: str, platform: Platform) -> None:
        """Serve one platform, again and again where its settings do not do, unless none of the others' do either."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await platform.run()
            except ConfigurationError as error:
                self._refused[name] = error
            if self._refused.keys() >= self.platforms.keys():
                raise ConfigurationError(*(line for error in self._refused.values() for line in error.lines))
            _log.error(
                "a platform cannot be served; trying again",
                platform=name,
                reason=str(self._refused[name]),
                seconds=pause,
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            del self._refused[name]


def _lines(faults: BaseExceptionGroup[ConfigurationError]) -> Iterator[str]:
    for fault in faults.exceptions:
        if isinstance(fault, ConfigurationError):
            yield from fault.lines


@asynccontextmanager
async def open_house(
    plan: Plan, *, role: Role = Role.ALL, shared: bool = False, now: Callable[[], datetime] = utc_now
) -> AsyncGenerator[House]:
    """Build a house and take over what an earlier run left. Raises `ConfigurationError`.

    `shared`: other processes may work on the same database, each with its part of the platforms or with its role.
    """
    platforms: dict[str, Platform] = {}
    _check_that_films_can_be_kept(plan.videos)
    together = is_server(plan.database)
    with _providers(plan) as provider_of:
        async with (
            nullcontext() if together else hold(file_of(plan.database), shared=shared) as held,
            open_database(plan.database) as database,
        ):
            if held is not None and held.first:
                async with database.begin() as tx:
                    await jobs.inherit(tx, now=now())
                    await leases.inherit(tx)
                if shared:
                    held.share()
            owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
            dispatcher = await _dispatcher(plan)
            store = Store(plan.videos)
            service = Service(database, plan.catalogue, plan.policy, now=now)
            worker = Worker(
                database,
                service,
                plan.catalogue,
                provider_of,
                store,
                lambda address: _messenger(platforms, address),
                dispatcher,
                owner=owner,
                at_once=plan.at_once,
                keep_for=plan.keep_for,
                drain_seconds=plan.drain_seconds,
                now=now,
                lease=plan.lease,
            )
            service.wake, service.link_of = worker.wake, worker.link_of
            service.forget = store.forget
            yield House(plan, database, service, worker, platforms, owner, role, shared=shared or together)


async def _dispatcher(plan: Plan) -> Dispatcher:
    """What carries jobs to whoever works: this process alone, or all that share a server."""
    if not is_server(plan.database):
        return in_process.build()
    from core.dispatch import pgqueuer  # noqa: PLC0415 - so that a host with a file does not wait for its library

    await pgqueuer.install(plan.database)
    return pgqueuer.build(plan.database, heartbeat=plan.lease)


def _check_that_films_can_be_kept(folder: Path) -> None:
    """Hear of it before the first film is paid for."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"MATINEE_VIDEOS: {folder} cannot be written ({error.strerror}); for example MATINEE_VIDEOS=data/videos"
        ) from error


@contextmanager
def _providers(plan: Plan) -> Iterator[Callable[[ModelEntry], Provider]]:
    """One provider for each entry that models name, made at once so that a bad key is heard of at start."""
    made: dict[str, Provider] = {}
    for name, entry in plan.catalogue.providers.items():
        key = plan.keys.get(entry.key_setting) if entry.key_setting else None
        made[name] = build(entry, models=plan.catalogue.models, api_key=key)
    yield lambda model: made[model.provider]


def _messenger(platforms: Mapping[str, Platform], address: Address) -> Messenger:
    platform = platforms.get(address.platform)
    return platform.messenger(address) if platform else _Nobody()


class _Nobody:
    """The conversation of a platform that is not served now: what is meant for it waits."""

    limits = Limits(upload_bytes=2**63 - 1, edit_interval=timedelta(seconds=60))

    async def turn(self) -> None:
        """Whoever is not there is not waited for."""

    async def show(self, _status: Status) -> None:
        raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE)

    async def deliver(self, _video: Video, _status: Status) -> None:
        raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE)

    async def shows(self, _status: Status) -> bool:
        raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE)
