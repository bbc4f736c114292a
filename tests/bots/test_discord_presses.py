"""Whose press does what: endings that nobody had heard, one's own films elsewhere, settings that are kept to."""

import asyncio
from pathlib import Path

import pytest

from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.events import Submitted
from core.model import JobState, Shape
from tests.bots.discord_house import discord_house, two_models
from tests.bots.discord_looks import heading, told
from tests.bots.test_discord_contexts import LONG, asked_for, elsewhere
from tests.bots.test_discord_long_jobs import MANY
from tests.bots.test_discord_pictures import drawn
from tests.emulators.discord import Permission, Upload
from tests.stand_ins import TICKET, Upstream

pytestmark = pytest.mark.virtual_time

FAILS_LATE = Upstream((Submitted(TICKET), 900.0, ProviderError(ErrorKind.NO_RESULT)))


async def test_show_result_tells_an_ending_that_nobody_could_be_told(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=FAILS_LATE) as house, house.open():
        house.mia.takes_dms = False
        message = await asked_for(house, elsewhere(house))
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(30)
        assert heading(message.text) != "Failed"
        await house.mia.press(message, "Show result")
        await asyncio.sleep(2)
        assert heading(message.text) == "Failed"
        assert "credit returned" in message.text


async def test_a_late_cancel_is_seen_by_the_token_that_it_brought(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        house.mia.takes_dms = False
        message = await asked_for(house, elsewhere(house))
        await asyncio.sleep(14.5 * 60)
        await house.mia.press(message, "Cancel")
        await house.over(state=JobState.CANCELLED)
        await asyncio.sleep(10)
        assert heading(message.text) == "Cancelled"


async def test_a_message_whose_film_went_elsewhere_learns_it_from_a_press(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream(LONG)) as house, house.open():
        message = await asked_for(house, elsewhere(house))
        await house.over()
        await house.mia.press(message, "Cancel")
        await asyncio.sleep(2)
        assert heading(message.text) == "Done"


async def test_one_may_delete_ones_own_film_where_one_moderates_another_server(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house, house.channel)
        await house.over()
        hers = house.server.guild("Mia's own", house.mia)
        hers.members[house.mia.id].roles.append(hers.role("owner", Permission.MANAGE_MESSAGES))
        listed = await house.mia.slash(hers.channel("here"), "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await house.mia.press(listed.message, listed.message.labels[0])
        await asyncio.sleep(2)
        assert shown.message is not None
        await house.mia.press(shown.message, "Delete")
        await asyncio.sleep(2)
        (job,) = await house.jobs()
        assert job.removed_at is not None


@pytest.mark.parametrize("options", [{"image": "picture"}, {"shape": "square"}])
async def test_what_ones_usual_model_can_do_is_not_refused_for_the_hosts(
    database: Database, tmp_path: Path, options: dict[str, object]
) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        await house.mia.slash(house.channel, "settings", model="pictures")
        await asyncio.sleep(1)
        given = options | ({"image": Upload("cat.png", drawn(), "image/png")} if "image" in options else {})
        await asked_for(house, house.channel, **given)
        job = await house.over()
        assert job.request.model == "pictures"


async def test_settings_can_be_taken_back(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        await house.mia.slash(house.channel, "settings", model="pictures", shape="square")
        await asyncio.sleep(1)
        await house.mia.slash(house.channel, "settings", model="any", shape="any")
        await asyncio.sleep(1)
        habits = await house.service.habits(f"discord:{house.mia.id}")
        assert (habits.model, habits.shape) == (None, None)


async def test_choices_are_those_of_ones_usual_model(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        await house.mia.slash(house.channel, "settings", model="pictures")
        await asyncio.sleep(1)
        typed = await house.mia.autocomplete(house.channel, "video", "length")
        assert [choice["name"] for choice in typed.choices or ()] == ["5 s for 2 credits"]


async def test_a_large_catalogue_fits_one_message(database: Database, tmp_path: Path) -> None:
    provider = ProviderEntry(name="upstream", kind="chat_stream", base_url="https://api.example/v1")
    models = [
        ModelEntry(
            name=f"model-{number}",
            label=f"Model {number}",
            provider="upstream",
            upstream_model="x",
            lengths={5: 1, 10: 2, 15: 3},
            shapes=tuple(Shape),
            styles={"anime": "a", "film": "b"},
            takes_image=True,
        )
        for number in range(30)
    ]
    async with discord_house(database, tmp_path, models=Catalogue(models, [provider])) as house, house.open():
        listed = await house.mia.slash(house.channel, "models")
        await asyncio.sleep(1)
        assert "model-0" in told(listed)
        assert "more; type into the option “model” of /video" in told(listed)


async def test_what_somebody_typed_is_no_markup_in_a_refusal(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        asked = await house.mia.slash(
            house.channel, "video", prompt="x", model="[free](https://evil.example) @everyone"
        )
        await asyncio.sleep(1)
        assert "](" not in told(asked).replace("\\", "").replace("\u200b", "") or "\\]\\(" in told(asked)
        assert "@everyone" not in told(asked)


async def test_a_film_that_cannot_be_shown_just_now_is_not_said_to_come_by_itself(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house, house.channel)
        await house.over()
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        house.server.fail("PATCH", r"^/webhooks/", status=503, times=5)
        shown = await house.mia.press(listed.message, listed.message.labels[0])
        await asyncio.sleep(60)
        assert "Press “Show” again" in told(shown)


async def test_a_press_that_was_refused_may_be_made_again_at_once(database: Database, tmp_path: Path) -> None:
    policy = type(MANY)(credits_per_day=9, zone=MANY.zone, waiting_per_person=1, waiting_total=9)
    async with discord_house(database, tmp_path, policy=policy) as house, house.open():
        message = await asked_for(house, house.channel)
        await house.over()
        busy = await asked_for(house, house.channel)
        refused = await house.mia.press(message, "Run again")
        await asyncio.sleep(1)
        assert "already have" in told(refused)
        await house.mia.press(busy, "Cancel")
        await asyncio.sleep(1)
        await house.mia.press(message, "Run again")
        await asyncio.sleep(1)
        assert len(await house.jobs()) == 3


async def test_try_again_is_pressed_once_however_late_it_is_pressed_twice(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((1.0, ProviderError(ErrorKind.NO_RESULT)))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        message = await asked_for(house, house.channel)
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(3)
        await house.mia.press(message, "Try again")
        await asyncio.sleep(30)
        again = await house.mia.press(message, "Try again")
        await asyncio.sleep(3)
        assert "tried that again before" in told(again)
        assert len(await house.jobs()) == 2


async def test_a_remix_from_ones_own_list_is_private_as_the_list_is(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        await asked_for(house, house.channel)
        await house.over()
        listed = await house.mia.slash(house.channel, "jobs")
        await asyncio.sleep(1)
        assert listed.message is not None
        shown = await house.mia.press(listed.message, listed.message.labels[0])
        await asyncio.sleep(2)
        assert shown.message is not None
        form = await house.mia.press(shown.message, "Remix")
        assert form.modal is not None
        sent = await house.mia.submit(form, {form.modal.fields[0].label: "a cat"})
        await asyncio.sleep(2)
        assert sent.message is not None
        assert sent.message.only_for is house.mia


async def test_a_status_says_what_is_left_while_it_is_made(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await asked_for(house, house.channel)
        await asyncio.sleep(10)
        assert "returned if it fails · 4 of 5 left today" in message.text
        await house.over()
