"""A job on Telegram from its first message to its film: in private, in groups and topics, with and without storage."""

import asyncio
import itertools
from pathlib import Path

import pytest

from bots.telegram.place import read_place
from bots.telegram.wire import elsewhere
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import Address, Job, Receipt, Status, Visibility, Wishes
from core.progress import ending
from tests.bots.telegram_house import telegram_house
from tests.emulators.telegram import Chat, Message
from tests.films import TINY_FILM
from tests.stand_ins import LINK, TICKET, Upstream

pytestmark = pytest.mark.virtual_time


def marked(message: Message) -> dict[str, str]:
    """What the entities of a message are about."""
    return {entity["type"]: message.entity_text(entity) for entity in message.entities}


async def test_the_status_message_becomes_the_film(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        job = await house.ask(house.anna, prompt="a 🐕 meets @ben on the beach")
        await house.over()
        await asyncio.sleep(60)
        (film,) = house.films()
        assert film is await house.message_of(job)
        assert film.video is not None
        assert film.video.data == house.upstream.film
        assert (film.video.width, film.video.height, film.video.duration) == (32, 32, 1)
        assert film.video.supports_streaming
        assert not film.video.has_spoiler
        assert film.video.thumbnail is not None
        assert film.video.thumbnail.data.startswith(b"\xff\xd8")
        assert film.video.file.filename == f"a-dog2-meets-ben-on-the-beach-{job.id}.mp4"
        said = [text.splitlines()[0] for text in film.texts]
        begun, told = said[:-4], said[-4:]
        assert told == ["🎬 Rendering 44 %", "🎬 Rendering 81 %", "🎬 Finishing", "✅ Done"]
        # What is the newest when the message is posted is posted; what comes too soon after it is left out.
        assert begun[-1] == "🎬 Sent to the model"
        assert {word.partition(",")[0] for word in begun[:-1]} <= {"🕒 In line", "🎬 Starting"}
        assert marked(film) == {
            "bold": "Done",
            "expandable_blockquote": "AI-generated video: a 🐕 meets @\u2060ben on the beach",
            "code": f"job {job.id}",
        }
        assert "It cost 1 credit; 4 of 5 credits left today." in film.text
        assert film.keyboard == [["🔄 Run again", "✏️ Remix", "🔒 Make private"], ["🚩 Report", "🗑 Delete"]]
        assert house.telegram.flooded == []


async def test_one_ping_tells_its_person_under_their_own_message(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await house.ask(house.anna)
        await house.over()
        await asyncio.sleep(60)
        asked, _, ping = house.group.messages
        assert marked(ping) == {"text_mention": "Your video is ready."}
        assert ping.entities[0]["user"]["id"] == house.anna.id
        assert ping.reply_to is asked
        assert not ping.silent


async def test_who_wants_it_quiet_is_not_pinged(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await house.ask(house.anna, wishes=Wishes(Visibility.SPOILER, quiet=True))
        await house.over()
        await asyncio.sleep(60)
        (film,) = house.group.from_bot
        assert film.silent
        assert film.video is not None
        assert film.video.has_spoiler


async def test_in_a_private_chat_nothing_can_be_made_private(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await house.ask(house.anna, house.anna.private)
        await house.over()
        (film,) = house.films()
        assert film.chat is house.anna.private
        assert film.keyboard == [["🔄 Run again", "✏️ Remix", "🚩 Report"], ["🗑 Delete"]]
        assert film.reply_to is None


@pytest.mark.parametrize("topic", ["Films", None])
async def test_everything_stays_in_the_topic_where_it_was_asked_for(
    database: Database, tmp_path: Path, topic: str | None
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        forum = house.telegram.forum("Forum", house.anna)
        asked_in = forum.topic(topic) if topic is not None else None
        await house.ask(house.anna, forum, topic=asked_in)
        await house.over()
        await asyncio.sleep(60)
        assert len(forum.videos) == 1
        assert len(forum.from_bot) == 2
        assert {message.topic for message in forum.from_bot} == {asked_in}


async def test_a_film_goes_through_the_storage_chat_once_and_is_shown_by_its_name_there(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house:
        house.storage = house.telegram.channel("Store")
        async with house.open():
            job = await house.ask(house.anna)
            await house.over()
            (film,) = house.films()
            assert film.video is not None
            assert (film.video.data, film.video.width) == (house.upstream.film, 32)
            row = await house.service.job(job.id)
            await house.service.show_again(job.id, again(row.address, house.ben.private), by=row.requester)
            messenger = house.messenger((await house.service.job(job.id)).address)
            await messenger.deliver(row.video, done(row))
            assert [message.video is not None for message in house.storage.from_bot] == [True]
            assert len(house.ben.private.videos) == 1


async def test_a_film_that_was_uploaded_into_its_message_is_not_uploaded_again(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        job = await house.ask(house.anna)
        await house.over()
        row = await house.service.job(job.id)
        await house.service.show_again(job.id, again(row.address, house.anna.private), by=row.requester)
        await house.messenger((await house.service.job(job.id)).address).deliver(row.video, done(row))
        assert len(house.anna.private.videos) == 1
        assert [bool(call.files) for call in house.telegram.calls("editMessageMedia")] == [True, False]


async def test_a_film_in_which_nothing_can_be_seen_goes_without_a_thumbnail(database: Database, tmp_path: Path) -> None:
    upstream = Upstream(film=TINY_FILM.replace(b"avc1", b"zzz1"))
    async with telegram_house(database, tmp_path, upstream=upstream) as house, house.open():
        await house.ask(house.anna)
        await house.over()
        (film,) = house.films()
        assert film.video is not None
        assert film.video.data == upstream.film
        assert film.video.thumbnail is None
        assert film.video.width == 32


async def test_progress_in_a_private_chat_is_not_shown_more_often_than_every_three_seconds(
    database: Database, tmp_path: Path
) -> None:
    steps = [part for percent in range(2, 100) for part in (1.0, Progress(percent))]
    upstream = Upstream((Submitted(TICKET), *steps, Completed((ResultUrl(LINK),))))
    async with telegram_house(database, tmp_path, upstream=upstream) as house, house.open():
        await house.ask(house.anna, house.anna.private)
        await house.over()
        times = [call.second for call in house.telegram.calls("editMessageText")]
        assert len(times) > 10
        assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(times))
        assert house.telegram.flooded == []


def again(address: Address, chat: Chat) -> Address:
    """The same film, asked for in another chat."""
    return elsewhere(read_place(address), chat.id).address()


def done(job: Job) -> Status:
    return ending(job, "standard", Receipt(cost=1))
