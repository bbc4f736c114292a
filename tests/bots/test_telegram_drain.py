"""A process that was told to stop: what it does not begin any more is kept for the next, and nothing is done twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import telegram

from bots.telegram.ingress import CHATS_AT_ONCE, PutOffError
from bots.telegram.platform import Server, build
from core import jobs
from core.db import Database
from core.dispatch.in_process import InProcess
from core.model import Job
from core.service import Service
from core.videos.store import Store
from core.worker import Worker
from tests.bots.discord_house import two_models
from tests.bots.telegram_door import Seen, all_seen_to, backlog, open_door, words_of
from tests.emulators.telegram import Person, TelegramEmulator, emulated_telegram
from tests.stand_ins import POLICY, Upstream
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


@asynccontextmanager
async def serving(
    database: Database, folder: Path, server: TelegramEmulator, owner: str
) -> AsyncGenerator[tuple[Service, Worker]]:
    """A process that hears and works until the block ends, as `matinee run` does."""
    models, upstream = two_models(), Upstream()
    service = Service(database, models, POLICY, now=now)
    platform = build(
        service,
        models,
        database,
        token=server.token,
        owner=owner,
        zone=POLICY.zone,
        now=now,
        server=Server(server.url),
    )
    worker = Worker(
        database,
        service,
        models,
        lambda _model: upstream,
        Store(folder),
        platform.messenger,
        InProcess(),
        owner=owner,
        at_once=2,
        keep_for=timedelta(days=30),
        drain_seconds=30,
        now=now,
    )
    service.wake = worker.wake
    async with asyncio.TaskGroup() as tasks:
        work, talk = tasks.create_task(worker.run()), tasks.create_task(platform.run())
        await server.until(lambda: server.updates.is_polled)
        yield service, worker
        worker.stop()
        await work
        talk.cancel()


async def jobs_of(database: Database, person: Person) -> list[Job]:
    async with database.read() as tx:
        return await jobs.of_person(tx, f"telegram:{person.id}", limit=10)


async def test_a_command_that_comes_while_the_bot_stops_is_begun_once_by_the_next(
    database: Database, tmp_path: Path
) -> None:
    async with emulated_telegram() as server:
        anna, ben = (server.person(name, started=True) for name in ("Anna", "Ben"))
        async with serving(database, tmp_path, server, "one") as (service, _):
            anna.write(anna.private, "/video a dog")
            anna.write(anna.private, "/video")
            await server.quiet()
            await asyncio.sleep(5)
            card = anna.private.last
            anna.write(anna.private, "a cat", reply_to=None)
            await asyncio.sleep(5)
            made = anna.private.last
            service.drain()
            ben.write(ben.private, "/quota")
            anna.write(anna.private, "/video a bird")
            press = await anna.press(made, "▶️ Make it (1 credit)")
            await server.quiet()
            await asyncio.sleep(60)
            assert press.toast == "The bot is about to restart. Nothing was charged. Try again in a minute."
            assert "credits left" in ben.private.last.text, "what begins nothing is answered"
            assert not [message for message in anna.private.messages if "restart" in message.text]
            assert [job.request.prompt for job in await jobs_of(database, anna)] == ["a dog"]
        async with serving(database, tmp_path, server, "two"):
            await server.until(lambda: len(anna.private.videos) == 2, 600)
            await asyncio.sleep(60)
            assert (await anna.press(made, "▶️ Make it (1 credit)")).toast == "It is on its way."
        assert [job.request.prompt for job in await jobs_of(database, anna)] == ["a cat", "a bird", "a dog"]
        assert len([message for message in ben.private.from_bot if "credits left" in message.text]) == 1
        assert card is not made


async def test_what_was_put_off_holds_up_its_own_chat_alone(database: Database) -> None:
    async def no_more(update: telegram.Update) -> None:
        if words_of(update).startswith("/video"):
            raise PutOffError

    async with emulated_telegram() as server:
        many = [server.person(f"P{number}", started=True) for number in range(CHATS_AT_ONCE + 5)]
        anna = server.person("Anna", started=True)
        seen = Seen(no_more)
        async with open_door(database, server, seen):
            for person in many:
                person.write(person.private, f"/video {person.id}")
                person.write(person.private, f"then {person.id}")
            await server.quiet()
            await asyncio.sleep(60)
            anna.write(anna.private, "hello")
            await server.quiet()
            await asyncio.sleep(60)
            assert seen.finished == ["hello"]
            assert len(seen.begun) == len(many) + 1, "each was tried once"
        assert await backlog(database) == 2 * len(many)
        later = Seen()
        async with open_door(database, server, later, "two"):
            await all_seen_to(database, server)
        for person in many:
            theirs = [words for words in later.finished if words.endswith(str(person.id))]
            assert theirs == [f"/video {person.id}", f"then {person.id}"]
        assert "hello" not in later.finished
