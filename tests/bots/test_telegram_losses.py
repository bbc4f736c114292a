"""What is lost on the way on Telegram, and what becomes of the film: messages, chats, rights, lines, floods."""

import asyncio
import json
from pathlib import Path

import pytest

from core.db import Database
from core.errors import DeliveryReason, ErrorKind, ProviderError
from core.events import Submitted
from core.model import JobState, Visibility, Wishes
from core.texts import say
from tests.bots.telegram_house import TelegramHouse, telegram_house
from tests.emulators.telegram import Chat, Message, Status
from tests.stand_ins import TICKET, Upstream

pytestmark = pytest.mark.virtual_time

EDITS = "editMessage.*"


async def under_way(house: TelegramHouse, chat: Chat | None = None, **more: object) -> Message:
    """The message of a job of Anna's that is being made."""
    job = await house.ask(house.anna, chat, **more)  # type: ignore[arg-type] # shorthand
    await asyncio.sleep(15)
    return await house.message_of(job)


def only_film(house: TelegramHouse) -> Message:
    """The one film that is seen anywhere, which is upstream's."""
    (film,) = house.films()
    assert film.video is not None
    assert film.video.data == house.upstream.film
    assert film.text.startswith("✅ Done")
    return film


def pings(chat: Chat) -> list[Message]:
    return [message for message in chat.from_bot if message.text == "Your video is ready."]


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("how", ["fail", "drop", "garble"])
async def test_an_upload_that_broke_is_resolved_by_an_edit(
    database: Database, tmp_path: Path, how: str, after_effect: bool
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house)
        getattr(house.telegram.faults, how)("editMessageMedia", after_effect=after_effect, times=2)
        await house.over()
        await asyncio.sleep(30)
        assert only_film(house) is message
        assert len(pings(house.group)) == 1
        assert len(house.group.from_bot) == 2


async def test_an_upload_that_is_answered_after_a_minute_is_made_once(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await under_way(house)
        house.telegram.faults.slow("editMessageMedia", 60, after_effect=True)
        await house.over()
        only_film(house)
        assert len(house.telegram.calls("editMessageMedia")) == 1


@pytest.mark.parametrize("restarted", [False, True], ids=["in one process", "across a restart"])
async def test_a_flood_of_an_hour_is_waited_out_without_a_call(
    database: Database, tmp_path: Path, restarted: bool
) -> None:
    async with telegram_house(database, tmp_path) as house:
        async with house.open(drain_seconds=0):
            message = await under_way(house)
            house.telegram.flood.arm(house.group.id, 3600)
            await asyncio.sleep(60 if restarted else 5000)
        if restarted:
            async with house.open():
                await asyncio.sleep(5000)
        job = (await house.jobs())[0]
        assert job.state is JobState.DELIVERED
        (flood,) = house.telegram.flooded
        assert flood.escalation == 0
        meanwhile = [
            call for call in house.telegram.calls(chat=house.group) if flood.second < call.second < flood.second + 3600
        ]
        assert meanwhile == []
        assert only_film(house) is message


async def test_a_job_that_ends_while_its_chat_is_closed_is_shown_once_as_it_ended(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        house.telegram.flood.arm(house.group.id, 300)
        job = await house.ask(house.anna)
        await asyncio.sleep(15)
        await house.service.cancel(job.id, by=job.requester)
        await asyncio.sleep(2000)
        (message,) = house.group.from_bot
        assert [text.splitlines()[0] for text in message.texts] == ["✖️ Cancelled"]
        assert [flood.escalation for flood in house.telegram.flooded] == [0]


async def test_a_deleted_message_is_replaced_by_exactly_one(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house)
        message.deleted = True
        await house.over()
        await asyncio.sleep(10)
        film = only_film(house)
        assert film is not message
        assert film.chat is house.group
        assert len(house.group.from_bot) == 2


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_text_of_which_nobody_knows_whether_it_came_is_not_sent_over_and_over(
    database: Database, tmp_path: Path, after_effect: bool
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        house.telegram.faults.drop("sendMessage", after_effect=after_effect)
        await house.ask(house.anna)
        await house.over()
        await asyncio.sleep(30)
        only_film(house)
        strays = [
            message for message in house.group.from_bot if message.video is None and message not in pings(house.group)
        ]
        assert len(strays) == (1 if after_effect else 0)


async def test_a_person_who_blocks_the_bot_finds_the_film_later(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house, house.anna.private)
        house.anna.block()
        job = await house.over(state=JobState.UNDELIVERED)
        assert job.undelivered is DeliveryReason.NOT_PERMITTED
        await asyncio.sleep(60)
        vain = [call for call in house.telegram.calls(chat=house.anna.private) if call.status == 403]
        assert len(vain) <= 4
        house.anna.unblock()
        await house.service.show_again(job.id, job.address, by=job.requester)
        await house.over()
        assert only_film(house) is message


async def test_a_bot_that_was_kicked_sends_the_film_to_its_person(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await under_way(house)
        house.telegram.membership.set_bot(house.group, Status.KICKED)
        await house.over()
        await asyncio.sleep(10)
        assert only_film(house).chat is house.anna.private


async def test_a_bot_that_may_send_no_videos_sends_the_film_to_its_person_and_says_so(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house)
        house.group.permissions -= {"can_send_videos"}
        await house.over()
        await asyncio.sleep(10)
        assert only_film(house).chat is house.anna.private
        assert "may not post it here" in message.text
        assert message.keyboard == []


async def test_a_bot_that_may_send_no_videos_to_a_stranger_says_what_to_do(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house)
        house.anna.private.started = False
        house.group.permissions -= {"can_send_videos"}
        await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(10)
        assert house.films() == []
        assert "Ask a moderator" in message.text
        assert message.keyboard == [["🎬 Send again"]]


async def test_a_film_for_its_person_alone_goes_to_the_private_chat(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        message = await under_way(house, wishes=Wishes(Visibility.PRIVATE))
        await house.over()
        await asyncio.sleep(10)
        assert only_film(house).chat is house.anna.private
        assert "in the private chat" in message.text


async def test_a_film_for_somebody_who_never_opened_the_private_chat_is_held_with_a_way_there(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        house.anna.private.started = False
        message = await under_way(house, wishes=Wishes(Visibility.PRIVATE))
        job = await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(10)
        assert house.films() == []
        assert "Open the private chat" in message.text
        (button,) = message.buttons
        assert button["url"] == f"https://t.me/matinee_bot?start=show-{job.id}"


async def test_a_group_that_becomes_a_supergroup_takes_its_jobs_along(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        group = house.telegram.group("Old club", house.anna)
        await under_way(house, group)
        new = house.telegram.membership.migrate(group)
        job = await house.over()
        await asyncio.sleep(10)
        film = only_film(house)
        assert film.chat is new
        assert job.requester.community == f"telegram:{new.id}"
        assert house.telegram.flooded == []


async def test_a_deleted_topic_leaves_the_film_in_the_group(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        forum = house.telegram.forum("Forum", house.anna)
        topic = forum.topic("Films")
        job = await house.ask(house.anna, forum, topic=topic)
        topic.deleted = True
        await house.over()
        await asyncio.sleep(10)
        film = only_film(house)
        assert film.chat is forum
        assert (await house.message_of(job)) is film


async def test_in_a_closed_topic_the_film_goes_to_its_person_and_it_is_said_why(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        forum = house.telegram.forum("Forum", house.anna)
        topic = forum.topic("Announcements")
        forum.close_topic(topic)
        job = await house.ask(house.anna, forum, topic=topic)
        await house.over()
        await asyncio.sleep(10)
        film = only_film(house)
        assert film.chat is house.anna.private
        assert (await house.message_of(job)) is film
        assert forum.from_bot == []
        (ping,) = [message for message in house.anna.private.from_bot if message is not film]
        assert ping.text == say("telegram-ready-here")


async def test_a_failure_is_told_in_the_message(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((Submitted(TICKET), 20.0, ProviderError(ErrorKind.TIMEOUT)))
    async with telegram_house(database, tmp_path, upstream=upstream) as house, house.open():
        message = await under_way(house)
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(10)
        assert message.text.startswith("❌ Failed")
        assert "returned" in message.text
        assert message.keyboard == [["🔄 Try again", "✏️ Edit prompt"]]
        assert pings(house.group) == []


async def test_a_video_that_the_server_puts_off_in_the_storage_chat_is_uploaded_directly(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house:
        house.storage = house.telegram.channel("Store")
        house.storage.schedules_videos = 60
        async with house.open():
            message = await under_way(house)
            await house.over()
            assert only_film(house) is message


async def test_a_message_whose_number_is_0_is_followed_by_another_for_the_film(
    database: Database, tmp_path: Path
) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        chat = {"id": house.group.id, "type": "supergroup", "title": "Film club"}
        put_off = {"ok": True, "result": {"message_id": 0, "date": 1, "chat": chat, "text": "…"}}
        house.telegram.faults.garble("sendMessage", json.dumps(put_off).encode())
        await house.ask(house.anna)
        await asyncio.sleep(20)
        assert house.telegram.calls(EDITS) == []
        await house.over()
        only_film(house)
        assert [call.params["message_id"] for call in house.telegram.calls(EDITS)] != ["0"]


async def test_what_telegram_no_longer_knows_is_uploaded_again(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house:
        house.storage = house.telegram.channel("Store")
        async with house.open():
            message = await under_way(house)
            house.telegram.faults.fail(
                "editMessageMedia", 400, description="Bad Request: wrong file identifier/HTTP URL specified"
            )
            await house.over()
            assert only_film(house) is message


async def test_a_storage_chat_that_is_gone_keeps_no_film_back(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house:
        house.storage = house.telegram.channel("Store")
        house.telegram.membership.set_bot(house.storage, Status.KICKED)
        async with house.open():
            message = await under_way(house)
            await house.over()
            assert only_film(house) is message


async def test_a_film_that_telegram_finds_too_large_is_kept(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upload_limit=1000) as house, house.open():
        message = await under_way(house)
        job = await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(10)
        assert job.undelivered is DeliveryReason.TOO_LARGE_FOR_CHAT
        assert "larger than this chat takes" in message.text


async def test_entities_that_telegram_refuses_are_left_out(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        await under_way(house)
        house.telegram.faults.fail(
            "editMessageMedia", 400, description="Bad Request: can't parse entities: unsupported entity type"
        )
        await house.over()
        assert only_film(house).entities == ()
