"""What every messenger owes the core, whatever the platform; a platform without an entry here fails."""

import io
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import discord
import msgspec
import pytest
from rich.console import Console

from bots.console import messenger as console
from bots.console.screen import Screen
from bots.discord import messenger as chat
from bots.discord.answers import NOBODY
from bots.discord.pace import Pace
from bots.discord.place import Place
from bots.discord.render import render
from bots.discord.wire import Wire
from bots.telegram import messenger as telegram_chat
from bots.telegram import place as telegram_place
from bots.telegram import wire as telegram_wire
from core.errors import DeliveryReason, ErrorKind
from core.model import Address, Failure, GenerationRequest, JobId, Phase, Receipt, Status, Video
from core.ports import Messenger
from tests.emulators.discord import emulated_discord
from tests.emulators.telegram import bot_at, emulated_telegram
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

BOTS: Final = Path(__file__).parents[2] / "bots"
NOW: Final = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
HOSTILE: Final = "[bold]*a* _b_ `c` ||d|| [e](https://evil.example) @everyone <@123> <b>f</b> :smile: \\u202e"


@dataclass(frozen=True)
class Conversation:
    """One conversation, and what somebody reads in it."""

    messenger: Messenger
    read: Callable[[], str]


@asynccontextmanager
async def _console() -> AsyncGenerator[Conversation]:
    out = io.StringIO()
    screen = Screen(Console(file=out, width=200), lambda: NOW)
    yield Conversation(console.build(screen), out.getvalue)


@asynccontextmanager
async def _discord() -> AsyncGenerator[Conversation]:
    """An hour-old message of ours in a channel, which the bot's own token still opens."""

    async def moved(_job: JobId, _address: Address) -> None:
        """Nobody looks for it afterwards."""

    async with emulated_discord() as server, discord.Client(intents=discord.Intents.none()) as client:
        mia = server.person("mia")
        guild = server.guild("Film club", mia)
        channel = guild.channel("videos")
        await client.login(server.token)
        place = Place(
            application=server.application_id,
            token="gone",
            token_from=now() - timedelta(hours=1),
            channel=channel.id,
            message=0,
            person=mia.id,
            guild=guild.id,
        )
        first = render(status(Phase.WAITING), place, now())
        posted = await client.get_partial_messageable(channel.id).send(view=first, allowed_mentions=NOBODY)
        place = msgspec.structs.replace(place, message=posted.id)

        wire = Wire(client, Pace(), now, moved)
        wire.opened.set()

        def read() -> str:
            words = [
                text
                for message in channel.messages
                for text in (message.text, *(file.filename for file in message.files))
            ]
            return re.sub(r"\\([^\w\s]|_)", r"\1", "\n".join(words).replace("\u200b", ""))

        yield Conversation(chat.build(place, wire), read)


@asynccontextmanager
async def _telegram() -> AsyncGenerator[Conversation]:
    """A message of ours in a group."""
    books: dict[JobId, Address] = {}
    marks: dict[str, str] = {}

    async def moved(job: JobId, address: Address) -> None:
        books[job] = address

    async def current(job: JobId) -> Address:
        return books[job]

    async def migrate(_old: str, _new: str, _readdress: Callable[[Address], Address]) -> None:
        """No group migrates here."""

    async def recall(name: str) -> str | None:
        return marks.get(name)

    async def remember(name: str, value: str) -> None:
        marks[name] = value

    async with emulated_telegram() as server, bot_at(server) as bot:
        anna = server.person("Anna", started=True)
        group = server.supergroup("Film club", anna)
        posted = await bot.send_message(group.id, "In line")
        place = telegram_place.Place(chat=group.id, person=anna.id, message=posted.message_id)
        books[JobId("7F3K7F3K")] = place.address()
        wire = telegram_wire.Wire(
            bot,
            now,
            lambda verb, job, person: f"{verb}:{job}:{person}",
            moved=moved,
            current=current,
            migrate=migrate,
            recall=recall,
            remember=remember,
        )
        await wire.open()

        def read() -> str:
            status = group.every_message[posted.message_id]
            files = [status.media.file.filename] if status.media is not None else []
            return "\n".join([status.text, *files]).replace("\u2060", "")

        yield Conversation(telegram_chat.build(place, wire), read)
        await wire.close()


MESSENGERS: Final[Mapping[str, Callable[[], AbstractAsyncContextManager[Conversation]]]] = {
    "console": _console,
    "discord": _discord,
    "telegram": _telegram,
}


@pytest.fixture(params=MESSENGERS)
async def conversation(request: pytest.FixtureRequest) -> AsyncGenerator[Conversation]:
    async with MESSENGERS[request.param]() as opened:
        yield opened


@pytest.fixture
def film(tmp_path: Path) -> Video:
    path = tmp_path / "7F3K7F3K.mp4"
    path.write_bytes(b"film")
    return Video(path, 4, "0" * 64)


def status(phase: Phase, prompt: str = "a lighthouse") -> Status:
    """A status in this phase, with all that belongs to it."""
    return Status(
        job=JobId("7F3K7F3K"),
        phase=phase,
        request=GenerationRequest(prompt, "standard", 5),
        model_label="standard",
        price=1,
        position=3 if phase is Phase.WAITING else None,
        waiting=9 if phase is Phase.WAITING else None,
        percent=45.0 if phase is Phase.RENDERING else None,
        started_at=NOW - timedelta(seconds=70),
        took_seconds=72 if phase.final else None,
        failure=Failure(ErrorKind.TIMEOUT, upstream_message="req_1 says no") if phase is Phase.FAILED else None,
        undelivered=DeliveryReason.CHAT_GONE if phase is Phase.UNDELIVERED else None,
        receipt=Receipt(cost=1, left=4, allowance=5) if phase.final else None,
    )


def test_every_platform_is_held_to_this() -> None:
    assert {path.parent.name for path in BOTS.glob("*/messenger.py")} == set(MESSENGERS)


async def test_its_limits_are_such_that_somebody_can_be_shown_something(conversation: Conversation) -> None:
    limits = conversation.messenger.limits
    assert limits.upload_bytes > 0
    assert timedelta(0) < limits.edit_interval <= limits.stale_after
    assert 1 <= limits.step_percent <= 100


@pytest.mark.parametrize("phase", Phase)
async def test_every_phase_can_be_shown_and_shown_again(phase: Phase, conversation: Conversation) -> None:
    await conversation.messenger.show(status(phase))
    once = conversation.read()
    assert once.strip()
    await conversation.messenger.show(status(phase))
    assert conversation.read() == once


async def test_a_film_is_handed_over_once_however_often_it_is_asked(conversation: Conversation, film: Video) -> None:
    done = replace(status(Phase.DONE), video=film)
    await conversation.messenger.show(status(Phase.UPLOADING))
    await conversation.messenger.deliver(film, done)
    once = conversation.read()
    assert once.count(film.file_name) == 1
    await conversation.messenger.deliver(film, done)
    assert conversation.read() == once


async def test_nothing_is_shown_after_the_end(conversation: Conversation, film: Video) -> None:
    await conversation.messenger.deliver(film, replace(status(Phase.DONE), video=film))
    once = conversation.read()
    await conversation.messenger.show(status(Phase.RENDERING))
    assert conversation.read() == once


async def test_a_persons_words_stay_words(conversation: Conversation, film: Video) -> None:
    done = replace(status(Phase.DONE, HOSTILE), video=film)
    await conversation.messenger.deliver(film, done)
    assert done.request.prompt in conversation.read()


async def test_an_upstreams_words_stay_in_the_log(conversation: Conversation) -> None:
    await conversation.messenger.show(status(Phase.FAILED))
    assert "req_1" not in conversation.read()
