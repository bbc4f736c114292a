"""Forms: sent off after a restart, by whoever may, and what becomes of one that nobody knows any more."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.events import Submitted
from core.model import JobState, Visibility
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house, two_models
from tests.bots.discord_looks import headings, told
from tests.bots.test_discord_pictures import drawn, taken
from tests.emulators.discord import Interaction, Message, Upload
from tests.stand_ins import TICKET, WELL, Upstream

pytestmark = pytest.mark.virtual_time


async def made(house: DiscordHouse, **options: object) -> Message:
    """A film of mia's in the channel, and a moment for its ping."""
    asked = await house.mia.slash(house.channel, "video", **({"prompt": "a dog on the beach"} | options))
    await house.over()
    await asyncio.sleep(2)
    assert asked.message is not None
    return asked.message


async def sent(house: DiscordHouse, opened: Interaction, words: str) -> Interaction:
    """Fill a form in, send it off, and let the house answer."""
    assert opened.modal is not None
    sent = await house.mia.submit(opened, {opened.modal.fields[0].label: words})
    await asyncio.sleep(1)
    return sent


@pytest.mark.parametrize("seen", [Visibility.EVERYONE, Visibility.PRIVATE])
async def test_a_remix_that_was_opened_before_a_restart_is_made_after_it(
    database: Database, tmp_path: Path, seen: Visibility
) -> None:
    async with discord_house(database, tmp_path) as house:
        async with house.open():
            message = await made(house, length=10, visibility=seen.value)
            opened = await house.mia.press(message, "Remix")
        async with house.open():
            answer = await sent(house, opened, "a cat on the beach")
            await house.over(2)
            await asyncio.sleep(2)
        second, first = await house.jobs()
        assert (second.request.prompt, second.request.seconds) == ("a cat on the beach", 10)
        assert (second.wishes.parent, second.wishes.visibility) == (first.id, seen)
        assert answer.message is not None
        assert answer.message.files
        assert answer.ephemeral is (seen is Visibility.PRIVATE)


async def test_a_report_that_was_opened_before_a_restart_is_recorded_after_it(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house:
        async with house.open():
            opened = await house.mia.press(await made(house), "Report")
        async with house.open():
            assert told(await sent(house, opened, "it is my dog")) == say("reported")
            assert told(await sent(house, opened, "it is my dog")) == say("reported-before")


async def test_a_picture_whose_form_was_opened_before_a_restart_begins_a_video_after_it(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house:
        async with house.open():
            said = house.ben.say(house.channel, "look", Upload("cat.png", drawn(), "image/png"))
            opened = await house.mia.context_menu(said, "Animate this image")
        async with house.open():
            await sent(house, opened, "it purrs")
            job = await house.over()
        assert (job.request.prompt, job.request.model, taken(job).size) == ("it purrs", "pictures", (64, 32))


async def test_of_two_pictures_the_form_that_was_opened_first_is_no_longer_good(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        said = house.ben.say(house.channel, "look", Upload("cat.png", drawn(), "image/png"))
        first, _ = [await house.mia.context_menu(said, "Animate this image") for _ in range(2)]
        assert told(await sent(house, first, "it purrs")) == say("outdated-form")
        assert house.channel.messages == [said]
        assert await house.jobs() == []


async def test_a_picture_that_is_too_large_is_refused_before_its_form_opens(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        said = house.ben.say(house.channel, "look", Upload("cat.png", bytes(9 << 20), "image/png"))
        opened = await house.mia.context_menu(said, "Animate this image")
        assert opened.modal is None
        assert told(opened) == say("refusal-picture-unreadable")


async def test_a_picture_that_is_gone_by_the_time_its_form_is_sent_is_said_not_to_be_fetched(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        said = house.ben.say(house.channel, "look", Upload("cat.png", drawn(), "image/png"))
        opened = await house.mia.context_menu(said, "Animate this image")
        vars(house.server.cdn)["_files"].clear()  # its address is no longer good
        assert told(await sent(house, opened, "it purrs")) == say("refusal-picture-not-fetched")
        assert house.channel.messages == [said]


async def test_a_form_for_a_picture_waits_for_no_books(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        said = house.ben.say(house.channel, "look", Upload("cat.png", drawn(), "image/png"))
        async with database.begin():  # the books are busy
            opened = await house.mia.context_menu(said, "Animate this image")
            assert told(opened) == say("try-again-soon")


async def test_a_form_of_an_older_version_says_so(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        opened = await house.mia.press(await made(house), "Remix")
        assert opened.modal is not None
        object.__setattr__(opened.modal, "custom_id", "0123456789abcdef0123456789abcdef")
        assert told(await sent(house, opened, "a cat")) == say("outdated-form")


async def test_words_that_are_none_are_refused_in_private(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        opened = await house.mia.press(await made(house), "Remix")
        before = len(house.channel.messages)
        assert told(await sent(house, opened, "   ")) == say("refusal-prompt-empty")
        assert len(house.channel.messages) == before


async def test_what_breaks_while_a_form_is_answered_is_told_to_its_person(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        opened = await house.mia.press(await made(house), "Report")
        house.server.fail("POST", "/callback$", status=400, times=1)
        answer = await sent(house, opened, "it is my dog")
        assert "Something went wrong in the bot itself." in told(answer)


async def test_edit_prompt_makes_another_of_what_failed(database: Database, tmp_path: Path) -> None:
    refused = Upstream((Submitted(TICKET), 5.0, ProviderError(ErrorKind.MODERATION, "no")))
    async with discord_house(database, tmp_path, upstream=refused) as house, house.open():
        asked = await house.mia.slash(house.channel, "video", prompt="a famous dog", length=10)
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(2)
        assert asked.message is not None
        opened = await house.mia.press(asked.message, "Edit prompt")
        assert opened.modal is not None
        assert opened.modal.fields[0].value == "a famous dog"
        house.upstream.script = WELL
        answer = await sent(house, opened, "any dog")
        await house.over(2)
        await asyncio.sleep(2)
        second, first = await house.jobs()
        assert (second.request.prompt, second.request.seconds, second.wishes.parent) == ("any dog", 10, first.id)
        assert answer.message is not None
        assert answer.message is not asked.message
        assert answer.message.files[0].data == house.upstream.film
        assert headings(asked.message)[-1] == "Failed"
        assert (await house.service.quota(second.requester)).left == 3
