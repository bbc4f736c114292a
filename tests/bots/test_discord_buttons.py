"""Buttons: who may press them, what they do, pressed twice, pressed late, and pressed after a restart."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from core.db import Database
from core.model import JobState
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import heading, headings, told
from tests.emulators.discord import Interaction, Message
from tests.stand_ins import TICKET

pytestmark = pytest.mark.virtual_time


async def made(house: DiscordHouse, count: int = 1, **options: object) -> Message:
    """A film of mia's in the channel, the so-manieth, and a moment for its ping."""
    asked = await house.mia.slash(house.channel, "video", **({"prompt": "a dog on the beach"} | options))
    await house.over(count)
    await asyncio.sleep(2)
    assert asked.message is not None
    return asked.message


async def press(house: DiscordHouse, who: str, message: Message, button: str) -> Interaction:
    """Press, and let the house answer."""
    pressed = await getattr(house, who).press(message, button)
    await asyncio.sleep(1)
    assert isinstance(pressed, Interaction)
    return pressed


class KilledError(Exception):
    """The process is gone, and nothing was put in order before."""


@pytest.mark.parametrize("killed", [False, True])
async def test_a_restart_in_the_middle_finishes_the_same_message(
    database: Database, tmp_path: Path, killed: bool
) -> None:
    async with discord_house(database, tmp_path) as house:
        with suppress(ExceptionGroup):
            async with house.open(drain_seconds=0):
                asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
                await asyncio.sleep(15)
                if killed:
                    raise KilledError
        async with house.open():
            await house.over()
            await asyncio.sleep(2)
        assert asked.message is not None
        assert asked.message.files[0].data == house.upstream.film
        assert headings(asked.message)[-1] == "Done"
        assert [message for message in house.channel.messages if not message.pinged] == [asked.message]
        assert (house.upstream.submissions, house.upstream.resumed) == (1, [TICKET])


async def test_a_button_is_live_after_a_restart(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house:
        house.upstream.afterwards = (600.0,)
        async with house.open(drain_seconds=0):
            asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
            await asyncio.sleep(15)
        assert asked.message is not None
        async with house.open():
            await press(house, "mia", asked.message, "Cancel")
            await house.over(state=JobState.CANCELLED)
            await asyncio.sleep(2)
        assert heading(asked.message.text) == "Cancelled"


async def test_cancel_ends_the_job_and_pays_back_however_often_it_is_pressed(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(5)
        message = asked.message
        assert message is not None
        presses = await asyncio.gather(*(house.mia.press(message, "Cancel") for _ in range(2)))
        job = await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(2)
        assert [told(pressed) for pressed in presses] == ["", ""]
        assert "\n1 credit returned.\n" in message.text
        assert message.labels == ["Try again", "Edit prompt"]
        assert (await house.service.quota(job.requester)).left == 5


async def test_somebody_elses_job_is_not_theirs_to_cancel(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(5)
        assert asked.message is not None
        pressed = await press(house, "ben", asked.message, "Cancel")
        assert told(pressed) == "That video is somebody else's. Nothing was changed. Use /jobs to see yours."
        await house.over(state=JobState.DELIVERED)


async def test_run_again_pressed_twice_makes_one_more(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        await asyncio.gather(*(house.ben.press(message, "Run again") for _ in range(2)))
        await house.over(2)
        await asyncio.sleep(2)
        second, first = await house.jobs()
        assert (second.wishes.parent, second.requester.person) == (first.id, f"discord:{house.ben.id}")
        films = [one for one in house.channel.messages if one.files]
        assert [one.pinged for one in house.channel.messages if one.pinged] == [[house.mia], [house.ben]]
    assert len(films) == 2


async def test_a_button_that_came_too_late_says_what_to_do_instead(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await asyncio.sleep(5)
        message = asked.message
        assert message is not None
        before = message.look
        await house.over()
        await asyncio.sleep(2)
        message.change(message.history[-1].at, before)  # a client that has not seen the last edit
        pressed = await press(house, "mia", message, "Cancel")
        assert told(pressed) == "That video is already finished. Nothing was changed. Use /jobs to find it."
        (known,) = [part for part in message.look.parts() if part.get("label") == "Cancel"]
        known["custom_id"] = known["custom_id"].replace("cancel", "conjure")
        pressed = await press(house, "mia", message, "Cancel")
        assert told(pressed) == say("button-outdated-pressed")


@pytest.mark.parametrize("by_menu", [False, True], ids=["button", "menu"])
async def test_remix_opens_a_form_with_the_prompt_and_makes_a_child(
    database: Database, tmp_path: Path, by_menu: bool
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house, length=10)
        opened = await (
            house.ben.context_menu(message, "Remix this video") if by_menu else house.ben.press(message, "Remix")
        )
        assert opened.modal is not None
        (field,) = opened.modal.fields
        assert field.value == "a dog on the beach"
        sent = await house.ben.submit(opened, {field.label: "a cat on the beach"})
        assert sent.acknowledged
        await house.over(2)
        await asyncio.sleep(2)
        second, first = await house.jobs()
        assert (second.request.prompt, second.request.seconds) == ("a cat on the beach", 10)
        assert second.wishes.parent == first.id
        assert sent.message is not None
        assert sent.message is not message
        assert sent.message.files


async def test_a_message_that_shows_no_video_cannot_be_remixed(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        said = house.ben.say(house.channel, "hello")
        asked = await house.mia.context_menu(said, "Remix this video")
        assert told(asked) == say("refusal-no-video-there")


async def test_make_private_takes_the_film_from_view_and_only_its_person_may_see_it(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        stale = message.look
        refused = await press(house, "ben", message, "Make private")
        assert "somebody else's" in told(refused)
        assert message.files
        done = await press(house, "mia", message, "Make private")
        assert told(done) == "This video is now private."
        assert message.files == []
        assert "dog" not in message.text
        assert message.labels == ["Show"]
        assert "somebody else's" in told(await press(house, "ben", message, "Show"))
        shown = await press(house, "mia", message, "Show")
        assert shown.message is not None
        assert shown.message.only_for is house.mia
        assert shown.message.files[0].data == house.upstream.film
        assert message.files == []
        message.change(message.history[-1].at, stale)
        for button in ("Remix", "Run again"):
            assert "no such job" in told(await press(house, "ben", message, button))


async def test_a_moderator_may_make_private_and_delete_what_others_made(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        house.make_moderator(house.ben)
        await press(house, "ben", message, "Make private")
        assert message.files == []
        second = await made(house, 2)
        await press(house, "ben", second, "Delete")
        assert second.files == []


async def test_delete_takes_away_message_and_file(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        (job,) = await house.jobs()
        assert job.video is not None
        assert "somebody else's" in told(await press(house, "ben", message, "Delete"))
        assert job.video.path.is_file()
        assert told(await press(house, "mia", message, "Delete")) == "The video is deleted."
        assert message.files == []
        assert "This video was taken away." in message.text
        assert message.labels == []
        assert not job.video.path.exists()
        (job,) = await house.jobs()
        assert job.removed_at is not None
        assert job.video is None


async def test_what_is_deleted_in_private_is_gone_in_public_too(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await press(house, "mia", listed.message, listed.message.labels[0])
        assert shown.message is not None
        await press(house, "mia", shown.message, "Delete")
        assert message.files == shown.message.files == []


async def test_a_report_is_recorded_once_for_each_person(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        answers = []
        for who in (house.ben, house.ben, house.mia):
            opened = await who.press(message, "Report")
            assert opened.modal is not None
            sent = await who.submit(opened, {opened.modal.fields[0].label: "it is my dog"})
            await asyncio.sleep(1)
            answers.append(told(sent))
        assert answers == [say("reported"), say("reported-before"), say("reported")]
        assert message.files


async def test_what_cannot_be_taken_from_view_is_said_to_be_there_still(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        house.server.fail("PATCH", rf"/messages/{message.id}$", status=403, times=2)
        pressed = await press(house, "mia", message, "Make private")
        assert told(pressed) == say("still-in-view")


async def test_a_video_whose_message_is_gone_can_be_deleted_from_the_list(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await press(house, "mia", listed.message, listed.message.labels[0])
        assert shown.message is not None
        house.make_moderator(house.ben)
        house.ben.delete(message)
        pressed = await press(house, "mia", shown.message, "Delete")
        assert told(pressed) == say("deleted")
        assert shown.message.files == []
