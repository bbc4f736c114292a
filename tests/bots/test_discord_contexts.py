"""Where the bot is asked: in direct messages, where only the person installed it, for their eyes only, as a spoiler."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import JobState, Visibility
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import heading, headings, told
from tests.emulators.discord import MIB, Channel, Message
from tests.stand_ins import LINK, TICKET, Step, Upstream

pytestmark = pytest.mark.virtual_time

LONG: tuple[Step, ...] = (Submitted(TICKET), 850.0, Progress(50), 60.0, Completed((ResultUrl(LINK),)))


def elsewhere(house: DiscordHouse) -> Channel:
    """A channel of a community that has not invited the bot; mia and ben bring it along."""
    house.mia.installed_app = house.ben.installed_app = True
    return house.server.guild("Other club", house.mia, house.ben, with_bot=False).channel("general")


async def asked_for(house: DiscordHouse, channel: Channel, **options: object) -> Message:
    asked = await house.mia.slash(channel, "video", **({"prompt": "a dog on the beach"} | options))
    await asyncio.sleep(1)
    assert asked.message is not None
    return asked.message


async def test_in_direct_messages_the_film_arrives_in_place(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        chat = house.server.dm(house.mia)
        message = await asked_for(house, chat)
        job = await house.over()
        await asyncio.sleep(2)
        assert message.files[0].data == house.upstream.film
        assert [one for one in chat.messages if not one.pinged] == [message]
        assert job.requester.community == job.requester.person


async def test_where_only_the_person_installed_it_a_short_job_arrives_by_token(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        await asyncio.sleep(2)
        assert message.files
        assert message.channel.messages == [message]
        assert all(call.params.get("channel_id") != str(message.channel.id) for call in house.server.requests())


async def test_where_only_the_person_installed_it_a_long_job_goes_to_direct_messages(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        assert say("press-to-follow") in message.text
        await house.over()
        assert house.server.dm(house.mia).messages[0].files
        assert not message.files


async def test_where_nothing_is_open_the_film_is_held_until_its_button_is_pressed(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        house.mia.takes_dms = False
        message = await asked_for(house, elsewhere(house))
        await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(60)
        assert message.labels == ["Cancel", "Show result"]
        refused = await house.ben.press(message, "Show result")
        await asyncio.sleep(1)
        assert told(refused) == say("refusal-not-yours")
        await house.mia.press(message, "Show result")
        await asyncio.sleep(2)
        await house.over()
        assert message.files[0].data == house.upstream.film
        assert headings(message)[-1] == "Done"


async def test_a_press_in_the_middle_brings_progress_and_film_back_in_place(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await asyncio.sleep(14.1 * 60)
        assert heading(message.text).startswith("Sent to the model")
        pressed = await house.mia.press(message, "Show result")
        await asyncio.sleep(40)
        assert told(pressed) == say("still-making")
        assert heading(message.text) == "Rendering 50 %"
        await house.over()
        assert message.files


async def test_a_press_is_remembered_over_a_restart(database: Database, tmp_path: Path) -> None:
    upstream = Upstream(LONG)
    upstream.afterwards = (60.0, Completed((ResultUrl(LINK),)))
    async with discord_house(database, tmp_path, upstream=upstream) as house:
        async with house.open(drain_seconds=0):
            message = await asked_for(house, elsewhere(house))
            await asyncio.sleep(14.1 * 60)
            await house.mia.press(message, "Show result")
            await asyncio.sleep(2)
        async with house.open():
            await house.over()
        assert message.files


async def test_what_is_only_for_me_is_seen_by_nobody_else(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel, visibility="private")
        await house.over()
        await asyncio.sleep(30)
        assert message.only_for is house.mia
        assert message.files
        assert house.channel.messages == []
        assert message.labels == ["Remix", "Run again", "Report", "Delete"]
        again = await house.mia.press(message, "Run again")
        await house.over(2)
        await asyncio.sleep(2)
        assert again.message is not None
        assert again.message.only_for is house.mia
        assert again.message.files
        assert (await house.jobs())[0].wishes.visibility is Visibility.PRIVATE


async def test_a_spoiler_is_covered(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel, visibility="spoiler")
        await house.over()
        await asyncio.sleep(1)
        (gallery,) = [part for part in message.look.parts() if part["type"] == 12]
        assert gallery["items"][0]["spoiler"] is True


LARGE = Upstream().film + bytes(11 * MIB)


async def test_a_film_that_is_too_large_comes_as_a_link_where_the_host_may_be_named(
    database: Database, tmp_path: Path
) -> None:
    upstream = Upstream(film=LARGE, shown_links=(LINK,))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        message = await asked_for(house, house.channel)
        await house.over()
        await asyncio.sleep(3)
        assert heading(message.text) == "Done"
        assert f"over the upload limit here. This link may not last, so save it soon: <{LINK}>" in message.text
        assert message.files == []
        assert [one.pinged for one in house.channel.messages if one.pinged] == [[house.mia]]


async def test_a_film_that_is_too_large_is_kept_where_there_is_no_link(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(film=LARGE)) as house, house.open():
        message = await asked_for(house, house.channel)
        job = await house.over(state=JobState.UNDELIVERED)
        await asyncio.sleep(2)
        assert say("delivery-too-large-for-chat") in message.text
        assert LINK not in message.text
        assert job.video is not None
        assert job.video.path.is_file()
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await house.mia.press(listed.message, f"Show {job.id}")
        await asyncio.sleep(1)
        assert told(shown) == say("delivery-too-large-for-chat")


async def test_a_failure_is_told_where_it_was_asked(database: Database, tmp_path: Path) -> None:
    script = (Submitted(TICKET), 20.0, ProviderError(ErrorKind.NO_RESULT))
    async with discord_house(database, tmp_path, upstream=Upstream(script)) as house, house.open():
        message = await asked_for(house, house.channel)
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(2)
        assert "The model finished but sent no video. 1 credit returned. Try again." in message.text
        assert message.labels == ["Try again", "Edit prompt"]


async def test_a_film_by_a_borrowed_bot_is_taken_from_view_by_the_token_of_the_press(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        await asyncio.sleep(15 * 60)
        await house.mia.press(message, "Make private")
        await asyncio.sleep(1)
        assert message.files == []
