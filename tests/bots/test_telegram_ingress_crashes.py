"""A process may die between any two steps of ingress: no update is lost, and none is taken twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import telegram
from typing_extensions import override

from bots.telegram.platform import Server, build
from bots.telegram.polling import UpdatesRequest
from core import inbox, jobs, leases, ledger
from core.db import Database, open_database
from core.service import Service
from tests.bots.telegram_deaths import Death, MortalDatabase, MortalRequest
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

LIVES = 400
"""More steps than ingress has."""
PARTS = 4
"""In which the steps are tried, beside one another."""


class MortalServer(Server):
    """Speaks with Telegram as long as its process lives."""

    def __init__(self, api_url: str, death: Death) -> None:
        super().__init__(api_url)
        object.__setattr__(self, "_death", death)

    @override
    def bot(self, token: str, updates: UpdatesRequest) -> telegram.Bot:
        death: Death = self._death  # type: ignore[attr-defined] # set in a frozen value
        ask = updates.do_request

        async def ask_while_alive(*args: Any, **kwargs: Any) -> tuple[int, bytes]:
            await death.boundary()
            answer = await ask(*args, **kwargs)
            await death.boundary()
            return answer

        updates.do_request = ask_while_alive  # type: ignore[method-assign] # of this one object
        return telegram.Bot(token, f"{self.api_url}/bot", request=MortalRequest(death), get_updates_request=updates)


async def live(database: Database, server: TelegramEmulator, life: int, dies_at: int) -> bool:
    """One process from its start to its death, or until nothing is left to do; whether it died."""
    death = Death(dies_at)
    mortal = MortalDatabase(database, death)
    platform = build(
        Service(mortal, catalogue(), POLICY, now=now),
        catalogue(),
        mortal,
        token=server.token,
        owner=f"life {life}",
        zone=POLICY.zone,
        now=now,
        server=MortalServer(server.url, death),
    )
    process = asyncio.create_task(platform.run(), name=f"life {life}")
    idle = asyncio.create_task(nothing_left(database, server), name="until nothing is left")
    end = asyncio.create_task(death.came.wait(), name="its death")
    await asyncio.wait([idle, end], return_when=asyncio.FIRST_COMPLETED)
    for task in (idle, end):
        task.cancel()
    await asyncio.wait([idle, end])
    died = death.came.is_set()
    await death.bury(process)
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


@pytest.mark.parametrize("part", range(1, PARTS + 1))
async def test_wherever_it_dies_no_update_is_lost_and_none_is_taken_twice(part: int, tmp_path: Path) -> None:
    for dies_at in range(part, LIVES, PARTS):
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
                assert dies_at > 5 * PARTS, "ingress has more steps than that"
                return
    pytest.fail("ingress has more steps than were tried")
