"""A process may die between any two steps of ingress: no update is lost, and none is taken twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bots.telegram.platform import Server, build
from core import inbox, jobs, leases, ledger
from core.db import Database, open_database
from core.service import Service
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.emulators.telegram.calls import Call
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

LIVES = 400
"""More steps than ingress has."""


class MortalDatabase(Database):
    """Dies at its so-many-eth step and does nothing afterwards; what was not committed by then never is."""

    def __init__(self, real: Database, dies_at: int) -> None:
        self._real = real
        self._dies_at = dies_at
        self._steps = 0
        self.dead = asyncio.Event()

    @override
    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._mortal(self._real.begin())

    @override
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._mortal(self._real.read())

    @asynccontextmanager
    async def _mortal(
        self, transaction: AbstractAsyncContextManager[AsyncConnection]
    ) -> AsyncGenerator[AsyncConnection]:
        self.step()
        async with transaction as tx:
            yield tx
            self.step()
        self.step()

    def step(self) -> None:
        """One step nearer to the end. Raises `CancelledError` from there on, as nobody is there any more."""
        self._steps += 1
        if self._steps >= self._dies_at:
            self.dead.set()
            raise asyncio.CancelledError

    def requested(self, _: Call) -> None:
        """Telegram has a request, and whoever asked may be dead before it hears of the answer."""
        self._steps += 1
        if self._steps >= self._dies_at:
            self.dead.set()


async def live(database: Database, server: TelegramEmulator, life: int, dies_at: int) -> bool:
    """One process from its start to its death, or until nothing is left to do; whether it died."""
    mortal = MortalDatabase(database, dies_at)
    server.server.check = mortal.requested
    platform = build(
        Service(mortal, catalogue(), POLICY, now=now),
        catalogue(),
        mortal,
        token=server.token,
        owner=f"life {life}",
        zone=POLICY.zone,
        now=now,
        server=Server(server.url),
    )
    process = asyncio.create_task(platform.run(), name=f"life {life}")
    idle = asyncio.create_task(nothing_left(database, server), name="until nothing is left")
    death = asyncio.create_task(mortal.dead.wait(), name="until it is dead")
    await asyncio.wait([idle, death], return_when=asyncio.FIRST_COMPLETED)
    died = death.done()
    mortal._dies_at = 0  # of what it would still do on its way out, nothing counts
    for task in (process, idle, death):
        task.cancel()
    await asyncio.wait([process, idle, death])
    return died


async def nothing_left(database: Database, server: TelegramEmulator) -> None:
    """Until Telegram has nothing more to tell, and the inbox is empty."""
    async with asyncio.timeout(600):
        while True:
            await asyncio.sleep(1)
            async with database.read() as tx:
                waiting = await inbox.backlog(tx, f"telegram:{server.bot.id}")
            if not waiting and not server.updates.pending and server.updates.is_polled:
                return


async def test_wherever_it_dies_no_update_is_lost_and_none_is_taken_twice(tmp_path: Path) -> None:
    for dies_at in range(1, LIVES):
        async with (
            emulated_telegram() as server,
            open_database(f"sqlite:///{tmp_path / f'{dies_at}.sqlite'}") as database,
        ):
            anna, ben = server.person("Anna", started=True), server.person("Ben", started=True)
            group = server.supergroup("Film club", anna, ben)
            anna.write(anna.private, "/video one")
            anna.write(anna.private, "/video two")
            ben.command(group, "video", "three")
            died = await live(database, server, 1, dies_at)
            async with database.begin() as tx:
                await leases.inherit(tx)  # as a process does that knows itself alone
            assert not await live(database, server, 2, 10**9)
            async with database.read() as tx:
                found = [await jobs.of_person(tx, f"telegram:{person.id}") for person in (anna, ben)]
                assert await ledger.audit(tx) == []
            prompts = [sorted(job.request.prompt for job in theirs) for theirs in found]
            assert prompts == [["one", "two"], ["three"]], f"died at step {dies_at}"
            if not died:
                return
    pytest.fail("ingress has more steps than were tried")
