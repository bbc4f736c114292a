"""Buttons under a status and a film: who may press them, what they do, pressed twice, late, forged, after a restart."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bots.telegram.place import read_place
from bots.telegram.signing import Signer, Verb
from core.db import Database
from core.model import JobState, Shape, Visibility
from core.texts import say
from tests.bots.telegram_counter import Counter, counter, photo
from tests.emulators.telegram import Message, Press

pytestmark = pytest.mark.virtual_time


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


def labelled(message: Message, words: str) -> str:
    """The label of a button, whatever sign stands before it."""
    return next(label for row in message.keyboard for label in row if label.endswith(words))


async def press(house: Counter, who: str, message: Message, words: str) -> Press:
    pressed = await getattr(house, who).press(message, labelled(message, words))
    await house.heard()
    assert isinstance(pressed, Press)
    return pressed


async def status_of(house: Counter) -> Message:
    """The status message of a job of Anna's that is being made."""
    house.anna.command(house.group, "video", "a dog on the beach")
    await house.telegram.until(lambda: house.group.from_bot and house.group.last.keyboard)
    await asyncio.sleep(5)
    return house.group.last


async def test_cancel_ends_the_job_and_is_said_in_a_toast(house: Counter) -> None:
    async with house.working():
        status = await status_of(house)
        pressed = await press(house, "anna", status, "Cancel")
        (job,) = await house.jobs()
        assert pressed.toast == f"Stopping {job.id}."
    assert (await house.jobs())[0].state is JobState.CANCELLED
    assert house.group.from_bot == [status]


async def test_a_strangers_press_gets_a_toast_and_changes_nothing(house: Counter) -> None:
    async with house.working():
        status = await status_of(house)
        pressed = await press(house, "ben", status, "Cancel")
        assert pressed.toast == "That video is somebody else's. Nothing was changed. Use /jobs to see yours."
    assert (await house.jobs())[0].state is JobState.DELIVERED


async def test_a_forged_press_gets_a_toast_and_changes_nothing(house: Counter) -> None:
    async with house.working():
        status = await status_of(house)
        (job,) = await house.jobs()
        mine = next(status.buttons)["callback_data"]
        forged = [
            Signer(b"another house").seal(Verb.CANCEL, job.id, house.ben.id),
            Signer(b"another house").seal(Verb.CANCEL, job.id, 0),
            mine[:-1] + ("A" if mine[-1] != "A" else "B"),
        ]
        for data in forged:
            pressed = house.ben.forge(status, data)
            assert await pressed.answered()
            assert pressed.toast.startswith("That button is none of mine. Nothing was changed.")
        for data in ("cancel", "1z7F3K.4..AAAAAAAAAAAA", "x" * 64):
            pressed = house.ben.forge(status, data)
            assert await pressed.answered()
            assert pressed.toast == "That button is from an older version. Use /jobs to find this video."
    assert (await house.jobs())[0].state is JobState.DELIVERED


async def test_a_button_that_came_too_late_says_what_to_do(house: Counter) -> None:
    async with house.working():
        status = await status_of(house)
        data = next(status.buttons)["callback_data"]
    pressed = house.anna.forge(status, data)
    assert await pressed.answered()
    assert pressed.toast == "That video is already finished. Nothing was changed. Use /jobs to find it."


async def test_a_button_lives_after_a_restart(house: Counter) -> None:
    film = await house.film()
    house.begin()
    await house.handlers.open()
    await house.desk.wire.open()
    pressed = await press(house, "anna", film, "Run again")
    assert pressed.toast == "It is on its way."
    assert len(await house.jobs()) == 2


async def test_run_again_pressed_twice_makes_one_more(house: Counter) -> None:
    film = await house.film()
    await asyncio.gather(*(house.anna.press(film, labelled(film, "Run again")) for _ in range(3)))
    async with house.working():
        await house.heard(5)
    second, first = sorted(await house.jobs(), key=lambda job: job.created_at, reverse=True)
    assert second.wishes.parent == first.id
    assert len(house.group.videos) == 2


async def test_try_again_makes_what_failed(house: Counter) -> None:
    async with house.working():
        status = await status_of(house)
        await press(house, "anna", status, "Cancel")
    assert (await press(house, "anna", status, "Try again")).toast == "It is on its way."
    assert [job.state for job in await house.jobs()] == [JobState.WAITING, JobState.CANCELLED]


async def test_anybody_may_remix_with_words_of_their_own(house: Counter) -> None:
    film = await house.film()
    await press(house, "ben", film, "Remix")
    question = house.group.last
    assert [question.entity_text(entity) for entity in question.entities] == ["Ben", "a dog on the beach"]
    house.anna.write(house.group, "not for you", reply_to=question)
    house.ben.write(house.group, "a cat on the beach", reply_to=question)
    await house.heard()
    (cat,) = await house.jobs(house.ben)
    (dog,) = await house.jobs()
    assert (cat.request.prompt, cat.wishes.parent) == ("a cat on the beach", dog.id)


async def test_a_remix_by_options_alone_keeps_the_words(house: Counter) -> None:
    film = await house.film()
    await press(house, "ben", film, "Remix")
    house.ben.write(house.group, "model:pictures shape:portrait", reply_to=house.group.last)
    await house.heard()
    (tall,) = await house.jobs(house.ben)
    (first,) = await house.jobs()
    assert (tall.request.prompt, tall.request.shape) == ("a dog on the beach", Shape.PORTRAIT)
    assert (tall.request.model, tall.wishes.parent) == ("pictures", first.id)


async def test_a_remix_by_a_picture_alone_sets_it_in_motion_by_the_same_words(house: Counter) -> None:
    film = await house.film()
    await press(house, "ben", film, "Remix")
    house.ben.send_photo(house.group, photo(), reply_to=house.group.last)
    await house.heard()
    (job,) = await house.jobs(house.ben)
    assert (job.request.prompt, job.request.model) == ("a dog on the beach", "pictures")
    assert job.request.image is not None


async def test_a_report_asks_for_a_reason_and_leaves_nothing_in_the_chat(house: Counter) -> None:
    film = await house.film()
    before = house.group.from_bot
    await press(house, "ben", film, "Report")
    question = house.group.last
    assert question.text == "What is wrong with it?"
    assert (await press(house, "anna", question, "Violent")).toast.startswith("That button is somebody else's.")
    assert (await press(house, "ben", question, "Violent")).toast.startswith("Thank you.")
    assert house.group.from_bot == before


async def test_its_author_deletes_a_film(house: Counter) -> None:
    film = await house.film()
    assert (await press(house, "anna", film, "Delete")).toast == "The video is deleted."
    assert film.deleted
    (job,) = await house.jobs()
    assert job.removed_at is not None
    assert not list((house.folder / "videos").glob("*.mp4"))


async def test_a_film_that_is_too_old_to_be_deleted_is_blanked_out(house: Counter) -> None:
    film = await house.film()
    await asyncio.sleep(49 * 3600)
    assert (await press(house, "anna", film, "Delete")).toast == "The video is deleted."
    assert (film.deleted, film.video, film.text) == (False, None, "This video was taken away.")
    assert film.photo is not None


async def test_a_film_that_may_still_be_seen_is_said_to(house: Counter) -> None:
    film = await house.film()
    house.telegram.faults.fail("deleteMessage|editMessageMedia", 500, times=2)
    await press(house, "anna", film, "Delete")
    assert house.group.last.text.startswith("That is written down, but the bot could not change its message")


async def test_an_administrator_deletes_a_film_and_a_member_does_not(house: Counter) -> None:
    carl = house.telegram.person("Carl", known=True)
    group = house.telegram.supergroup("Cinema", house.ben, house.anna, carl)
    film = await house.film(group)
    refused = await carl.press(film, labelled(film, "Delete"))
    assert refused.toast.startswith("That video is somebody else's. Nothing was changed.")
    assert not film.deleted
    assert (await press(house, "ben", film, "Delete")).toast == "The video is deleted."
    assert film.deleted


@pytest.mark.parametrize("words", ["Delete", "Make private"])
async def test_an_administrator_who_may_not_delete_what_others_wrote_takes_no_film_away(
    house: Counter, words: str
) -> None:
    film = await house.film()
    house.telegram.membership.promote(house.group, house.ben, frozenset({"can_pin_messages"}))
    assert (await press(house, "ben", film, words)).toast.startswith("That video is somebody else's.")
    assert not film.deleted
    house.telegram.membership.promote(house.group, house.ben, frozenset({"can_delete_messages"}))
    assert (await press(house, "ben", film, words)).toast.startswith(("The video is deleted.", "This video is now"))
    assert film.deleted


async def test_made_private_it_is_found_in_the_private_chat(house: Counter) -> None:
    film = await house.film()
    assert (await press(house, "anna", film, "Make private")).toast == "This video is now private."
    assert film.deleted
    word = house.group.last
    (button,) = word.buttons
    (job,) = await house.jobs()
    assert (job.wishes.visibility, button["url"]) == (
        Visibility.PRIVATE,
        f"https://t.me/matinee_bot?start=show-{job.id}",
    )
    house.anna.start(f"show-{job.id}")
    await house.heard()
    (shown,) = house.anna.private.videos
    assert shown.video is not None
    assert shown.video.data == house.upstream.film
    assert house.group.videos == []


async def test_made_private_by_a_moderator_the_group_reads_whose_it_is(house: Counter) -> None:
    film = await house.film()
    house.telegram.membership.promote(house.group, house.ben, frozenset({"can_delete_messages"}))
    assert (await press(house, "ben", film, "Make private")).toast == "This video is now private."
    assert house.group.last.text == (
        "A moderator has made this video private. Whoever asked for it finds it in the private chat with the bot."
    )
    (job,) = await house.jobs()
    house.anna.start(f"show-{job.id}")
    await house.heard()
    assert len(house.anna.private.videos) == 1


async def test_jobs_brings_a_film_to_where_it_is_asked_for(house: Counter) -> None:
    await house.film()
    (job,) = await house.jobs()
    assert await house.say("/jobs") == f"{job.id} Done · a dog on the beach"
    listed = house.anna.private.last
    await asyncio.gather(*(house.anna.press(listed, labelled(listed, job.id)) for _ in range(2)))
    await house.heard()
    (shown,) = house.anna.private.videos
    assert read_place((await house.jobs())[0].address).message == shown.id
    assert len(house.telegram.calls("sendMessage", house.anna.private)) == 2  # the list, and the text it became
    assert not [call for call in house.telegram.calls("editMessageMedia", house.anna.private) if call.files]


async def test_in_a_group_nobody_reads_what_was_made_elsewhere(house: Counter) -> None:
    await house.say("/video a secret")
    assert (await house.say("/jobs@matinee_bot", house.group)).startswith("You have made no video here yet.")
    await house.film()
    listed = await house.say("/jobs@matinee_bot", house.group)
    assert "a dog on the beach" in listed
    assert "a secret" not in listed


async def test_a_film_that_was_not_taken_is_sent_again_into_its_own_message(house: Counter) -> None:
    house.telegram.faults.fail(
        "editMessageMedia", 400, description="Bad Request: not enough rights to send videos to the chat"
    )
    house.telegram.faults.fail(
        "sendMessage", 403, description="Forbidden: bot was blocked by the user", chat_id=house.anna.id
    )
    async with house.working():
        status = await status_of(house)
    assert (await house.jobs())[0].state is JobState.UNDELIVERED
    async with house.working():
        assert (await press(house, "anna", status, "Send again")).toast == ""
        await house.heard()
    assert (await house.jobs())[0].state is JobState.DELIVERED
    assert house.group.videos == [status]


async def test_a_film_is_nobody_elses_to_bring(house: Counter) -> None:
    await house.film()
    (job,) = await house.jobs()
    house.ben.start(f"show-{job.id}")
    await house.heard()
    assert house.ben.private.last.text.startswith("That video is somebody else's.")


async def test_an_anonymous_administrators_buttons_are_any_administrators(house: Counter) -> None:
    group = house.telegram.supergroup("Cinema", house.telegram.person("Owner"), house.anna, house.ben)
    house.anna.become_admin(group, anonymous=True)
    async with house.working():
        house.anna.command(group, "video", "a dog", anonymous=True)
        await house.telegram.until(lambda: group.from_bot and group.last.keyboard)
        status = group.last
        assert (await house.ben.press(status, labelled(status, "Cancel"))).toast.startswith("That video is somebody")
        assert (await house.anna.press(status, labelled(status, "Cancel"))).toast.startswith("Stopping")
        await house.heard(5)
    (job,) = await house.jobs(group)
    assert job.state is JobState.CANCELLED


async def test_of_a_channel_that_the_bot_is_not_in_only_administrators_of_the_group_press(house: Counter) -> None:
    carl = house.telegram.person("Carl", known=True)
    group = house.telegram.supergroup("Cinema", house.ben, house.anna, carl)
    channel = house.telegram.channel("Anna's films", house.anna, with_bot=False)
    house.anna.command(group, "video", as_channel=channel)
    await house.heard()
    card = group.last
    assert (await press(house, "anna", card, "pictures")).toast == say("button-of-a-channel")
    assert "✅ pictures" not in card.keyboard[0]
    assert (await press(house, "ben", card, "pictures")).toast == ""
    assert "✅ pictures" in [label for row in card.keyboard for label in row]
    house.anna.command(group, "video", "a dog", as_channel=channel)
    async with house.working():
        await house.telegram.until(lambda: group.last.text.startswith(("🕒", "🎬")) and group.last is not card)
        status = group.last
        refused = await carl.press(status, labelled(status, "Cancel"))
        assert refused.toast == say("button-of-a-channel")
        assert [job.state.terminal for job in await house.jobs(channel)] == [False]
        house.anna.command(group, "cancel", as_channel=channel)
        await house.heard(5)
    assert [job.state for job in await house.jobs(channel)] == [JobState.CANCELLED]


async def test_of_a_channel_that_the_bot_is_in_its_administrators_alone_press(house: Counter) -> None:
    channel = house.telegram.channel("Anna's films", house.anna)
    house.anna.command(house.group, "video", as_channel=channel)
    await house.heard()
    card = house.group.last
    assert (await press(house, "ben", card, "pictures")).toast.startswith("That card is somebody else's.")
    house.telegram.faults.fail("getChatMember", 400, description="Bad Request: PARTICIPANT_ID_INVALID")
    assert (await press(house, "ben", card, "pictures")).toast.startswith("That card is somebody else's.")
    assert (await press(house, "anna", card, "pictures")).toast == ""


async def test_where_nobody_says_who_somebody_is_it_is_not_said_that_it_is_somebody_elses(house: Counter) -> None:
    channel = house.telegram.channel("Anna's films", house.anna, with_bot=False)
    house.anna.command(house.group, "video", as_channel=channel)
    await house.heard()
    house.telegram.faults.fail("getChatMember", 500)
    toast = (await press(house, "ben", house.group.last, "pictures")).toast
    assert toast == "That took too long just now. Nothing was changed. Press again."


async def test_a_film_that_was_asked_for_as_a_chat_is_never_made_private_and_lost(house: Counter) -> None:
    group = house.telegram.supergroup("Cinema", house.telegram.person("Owner"), house.anna)
    house.anna.become_admin(group, anonymous=True)
    house.anna.command(group, "video", "a dog", anonymous=True)
    await house.heard()
    async with house.working():
        await house.telegram.until(lambda: group.videos)
    (film,) = group.videos
    assert not [label for row in film.keyboard for label in row if label.endswith("Make private")]
    (job,) = await house.jobs(group)
    old = house.anna.forge(film, house.desk.signer.seal(Verb.PRIVATE, job.id, group.id))
    assert await old.answered()
    assert old.toast.startswith("This video was asked for in the name of a chat")
    assert group.videos == [film]
    assert (await house.jobs(group))[0].wishes.visibility is Visibility.EVERYONE


async def test_a_press_is_answered_although_telegram_is_slow_to_say_who_somebody_is(house: Counter) -> None:
    group = house.telegram.supergroup("Cinema", house.ben, house.anna)
    film = await house.film(group)
    house.telegram.faults.slow("getChatMember", 20)
    pressed = house.ben.tap(film, labelled(film, "Delete"))
    assert await pressed.answered(3)
    await house.heard(30)
    assert film.deleted


async def test_no_button_says_more_than_its_64_bytes_and_none_of_the_words(house: Counter) -> None:
    await house.film()
    await house.card()
    await house.say("/settings", house.group)
    every = [button for message in house.group.from_bot for button in message.buttons]
    assert len(every) > 10
    for button in every:
        assert re.fullmatch(r"1[a-z][0-9A-Za-z.-]{1,50}\.[0-9A-Za-z_-]{12}", button["callback_data"])
        assert len(button["callback_data"]) <= 64
