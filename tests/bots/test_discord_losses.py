"""What is lost on the way on Discord, and what becomes of the film: messages, channels, rights, words, lines."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.errors import DeliveryReason
from core.model import JobState
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import heading, headings
from tests.emulators.discord import Message, Permission

pytestmark = pytest.mark.virtual_time

POSTS = r"^/channels/\d+/messages$"


async def asked_for(house: DiscordHouse, **options: object) -> Message:
    """A job of mia's that is being made."""
    asked = await house.mia.slash(house.channel, "video", **({"prompt": "a dog on the beach"} | options))
    await asyncio.sleep(15)
    assert asked.message is not None
    return asked.message


def films(house: DiscordHouse) -> list[Message]:
    """Every message with a film that anybody has before them."""
    channels = [house.channel, house.server.dm(house.mia)]
    return [message for channel in channels for message in channel.messages if message.files]


@pytest.mark.parametrize("fault", [None, "5xx", "cut"])
async def test_a_deleted_message_is_replaced_by_exactly_one(
    database: Database, tmp_path: Path, fault: str | None
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house)
        house.make_moderator(house.ben)
        house.ben.delete(message)
        if fault == "5xx":
            house.server.fail("POST", POSTS, status=500, after_effect=True)
        if fault == "cut":
            house.server.drop("POST", POSTS, after_effect=True)
        await house.over()
        await asyncio.sleep(5)
        (film,) = films(house)
        assert film.channel is house.channel
        assert headings(film) == ["Done"]
        (ping,) = [one for one in house.channel.messages if one.pinged]
        assert ping.reply_to is film
        await house.mia.press(film, "Make private")
        await asyncio.sleep(1)
        assert film.files == []


async def test_progress_stops_where_the_message_is_gone(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house)
        house.make_moderator(house.ben)
        house.ben.delete(message)
        before = house.server.invalid_requests
        await house.over()
        vain = [call for call in house.server.requests("PATCH") if call.status == 404]
    assert len(vain) <= 4
    assert house.server.invalid_requests == before


async def test_a_deleted_channel_sends_the_film_to_its_person(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house)
        house.channel.delete()
        await house.over()
        (film,) = house.server.dm(house.mia).messages
        assert film.files
        assert film.nonce is not None


def shut_the_token(house: DiscordHouse, message: Message) -> None:
    """The token opens a message for as long as it lives; this is about afterwards."""
    house.server.fail("PATCH", rf"^/webhooks/.*/messages/{message.id}$", status=404, times=99)


async def kicked(house: DiscordHouse) -> None:
    """Where the bot is no longer where it was asked, but still knows its person from elsewhere."""
    house.server.guild("Elsewhere", house.mia)
    message = await asked_for(house)
    house.guild.leave(house.server.bot)
    shut_the_token(house, message)


async def test_a_bot_that_was_kicked_sends_the_film_to_its_person(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await kicked(house)
        await house.over()
        (film,) = house.server.dm(house.mia).messages
        assert film.files


async def test_where_nothing_is_open_the_film_is_kept_and_can_be_fetched(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await kicked(house)
        house.mia.takes_dms = False
        job = await house.over(state=JobState.UNDELIVERED)
        assert job.undelivered is DeliveryReason.NOT_PERMITTED
        house.mia.takes_dms = True
        listed = await house.mia.slash(house.server.dm(house.mia), "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        assert "Made, but not handed over" in listed.message.text
        shown = await house.mia.press(listed.message, f"Show {job.id}")
        await asyncio.sleep(1)
        assert shown.message is not None
        assert shown.message.files[0].data == house.upstream.film


async def test_without_attach_files_the_film_goes_to_its_person_and_the_message_says_so(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.channel.deny(house.server.bot, Permission.ATTACH_FILES)
        message = await asked_for(house)
        await house.over()
        (film,) = house.server.dm(house.mia).messages
        assert film.files
        assert heading(message.text) == "Done"
        assert "may not attach files" in message.text
        assert "direct messages" in message.text


async def test_without_attach_files_and_with_closed_dms_the_message_says_what_to_do(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.channel.deny(house.server.bot, Permission.ATTACH_FILES)
        house.mia.takes_dms = False
        message = await asked_for(house)
        await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(2)
        assert heading(message.text) == "Made, but not handed over"
        assert "Ask a moderator" in message.text
        house.channel.allow(house.server.bot, Permission.ATTACH_FILES)
        await house.mia.press(message, "Show result")
        await asyncio.sleep(2)
        await house.over()
        assert message.files[0].data == house.upstream.film


async def test_a_channel_that_the_bot_sees_no_longer_costs_nobody_their_film(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house)
        house.channel.deny(house.server.bot, Permission.VIEW_CHANNEL)
        shut_the_token(house, message)
        await house.over()
        (film,) = house.server.dm(house.mia).messages
        assert film.files
        assert not message.files


async def test_an_archived_thread_costs_nobody_their_film(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        thread = house.channel.thread("dogs")
        asked = await house.mia.slash(thread, "video", prompt="a dog on the beach")
        await asyncio.sleep(15)
        thread.archived = True
        assert asked.message is not None
        shut_the_token(house, asked.message)
        await house.over()
        assert films(house)


async def test_words_that_automod_refuses_are_left_out(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.guild.blocked_words.add("beach")
        message = await asked_for(house)
        await house.over()
        assert heading(message.text) == "Done"
        assert "beach" not in message.text
        assert [film.description for film in message.files] == ["AI-generated video"]
        refused = [call for call in house.server.requests("PATCH") if call.status == 400]
    assert len(refused) == 1


async def test_a_token_that_dies_early_is_replaced_by_the_channel(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.server.fail(
            "PATCH", r"^/webhooks/", status=401, body='{"message": "Invalid Webhook Token", "code": 50027}', times=99
        )
        message = await asked_for(house)
        await house.over()
        assert message.files


async def test_an_interaction_that_discord_no_longer_knows_costs_nothing(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.server.fail(
            "POST", "/callback$", status=404, body='{"message": "Unknown interaction", "code": 10062}', times=2
        )
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(5)
        assert not asked.acknowledged
        assert await house.jobs() == []
        assert house.channel.messages == []


@pytest.mark.parametrize("how", ["5xx", "cut"])
async def test_an_acknowledgement_whose_answer_was_lost_is_as_good_as_any(
    database: Database, tmp_path: Path, how: str
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        if how == "5xx":
            house.server.fail("POST", "/callback$", status=500, after_effect=True)
        else:
            house.server.drop("POST", "/callback$", after_effect=True)
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await house.over()
        await asyncio.sleep(2)
        assert asked.message is not None
        assert asked.message.files
        assert len(house.channel.messages) == 2


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_film_that_met_a_dying_server_or_a_cut_line_is_there_once(
    database: Database, tmp_path: Path, after_effect: bool
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house)
        await asyncio.sleep(12)
        house.server.fail("PATCH", r"^/webhooks/", status=503, after_effect=after_effect, times=3)
        house.server.drop("PATCH", r"^/webhooks/", after_effect=after_effect, times=2)
        await house.over()
        await asyncio.sleep(20)
        assert films(house) == [message]
        assert len(message.look.attachments) == 1
        assert headings(message)[-1] == "Done"
        assert len([one for one in house.channel.messages if one.pinged]) == 1


async def test_a_connection_that_breaks_while_a_job_runs_is_resumed(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house)
        house.server.gateway.disconnect(4000)
        await house.server.until(lambda: not house.server.gateway.connections)
        await house.server.until_ready()
        assert house.server.gateway.resumes == 1
        await house.mia.press(message, "Cancel")
        await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(2)
        assert heading(message.text) == "Cancelled"


async def test_a_film_waits_until_discord_can_be_reached_again(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house:
        async with house.open(drain_seconds=0):
            message = await asked_for(house)
        house.server.drop("GET", "^/users/@me", times=2)
        house.server.fail("GET", "^/users/@me", status=503, times=6)
        async with house.open(at_once=True):
            await house.over()
            await asyncio.sleep(2)
        assert message.files[0].data == house.upstream.film


async def test_who_may_not_reply_pings_all_the_same(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.channel.deny(house.server.bot, Permission.READ_MESSAGE_HISTORY)
        await asked_for(house)
        await house.over()
        await asyncio.sleep(2)
        (ping,) = [message for message in house.channel.messages if message.pinged]
        assert (ping.pinged, ping.reply_to) == ([house.mia], None)
