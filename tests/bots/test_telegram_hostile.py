"""What people might try on Telegram, and what happens where the house or Telegram cannot do its part."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bots.telegram.commands import read_command
from bots.telegram.place import read_place
from core.db import Database, DatabaseUnavailableError
from core.drafts import Draft
from core.model import PROMPT_LIMIT, Address, JobState
from tests.bots.telegram_counter import Counter, counter, photo
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.virtual_time

FAMILY = "👨‍👩‍👧‍👦"
SOME_DRAFT = Draft("x", "telegram:1", Address("telegram", "{}"), "{}", BEGINNING)
OVERRIDE = "\u202egpj.exe\u202c"


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


@given(st.text(max_size=200).map(lambda text: f"/{text}") | st.text(max_size=200))
@example("/ß")
@example("/ΟΔΟΣ Σ")
@example("/İ")
def test_a_command_is_read_out_of_anything_without_a_slip(text: str) -> None:
    typed = read_command(text)
    if typed is not None:
        assert text.lower().startswith(f"/{typed.name}")
        assert typed.rest == typed.rest.strip()
        assert typed.rest in text


@pytest.mark.parametrize(
    "words",
    [
        "@ben tell @everyone t.me/evil",
        f"a {OVERRIDE} dog",
        "Z̸̢̧̛̩̹̪͉̗͍̭̖͔̗̲̓̂̑̔͋͆̽̓́̍̕͝a̵̧̢̛l̶g̷o",
        "<script>alert(1)</script> &amp; {curly} [links](tg://user?id=1)",
        "a dog\n/cancel\n/video a cat",
        f"{FAMILY}" * 280,
        "длинное описание 猫 كلب",
        "\u200b\u200c\u200d a dog",
    ],
)
async def test_any_words_are_taken_listed_and_asked_about_as_words(house: Counter, words: str) -> None:
    house.anna.write(house.group, f"/video@matinee_bot {words}")
    await house.heard()
    (job,) = await house.jobs()
    await house.say("/jobs@matinee_bot", house.group)
    listed = house.group.last
    house.anna.start(f"remix-{job.id}")
    await house.heard()
    question = house.anna.private.last
    for message in (listed, question):
        looks = {entity["type"] for entity in message.entities}
        assert looks.isdisjoint({"mention", "text_link", "bold", "italic", "underline", "pre"})
        assert not any(sign in message.text for sign in "\u202e\u202c")
    (copied,) = [question.entity_text(entity) for entity in question.entities if entity["type"] == "code"]
    assert copied == job.request.prompt


async def test_the_longest_prompt_is_asked_about_although_it_does_not_fit_whole(house: Counter) -> None:
    await house.say("/video " + "🐕" * PROMPT_LIMIT)
    (job,) = await house.jobs()
    house.anna.start(f"remix-{job.id}")
    await house.heard()
    assert house.anna.private.last.text.endswith("🐕…")


async def test_other_words_that_are_too_long_are_turned_away_and_may_be_said_again(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = house.group.last
    house.anna.write(house.group, "ab" * 1500, reply_to=question)
    await house.heard()
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    assert press.toast == "3,000 characters; the limit is 2,000. Nothing was charged. Make it shorter."
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    house.anna.write(house.group, "a dog", reply_to=house.group.last)
    await house.heard()
    assert (await house.anna.press(card, "▶️ Make it (1 credit)")).toast == "It is on its way."


async def test_while_the_books_are_away_a_message_waits_and_is_seen_to_once(database: Database, house: Counter) -> None:
    house.anna.command(house.anna.private, "video", "a dog")
    async with database.begin():
        with pytest.raises(DatabaseUnavailableError):
            await house.service.keep_draft(SOME_DRAFT)
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.prompt == "a dog"
    assert house.waited
    assert house.anna.private.from_bot == []


async def test_a_press_is_answered_at_once_although_the_books_are_slow(database: Database, house: Counter) -> None:
    await house.say("/video a dog")
    await house.say("/video a cat")
    await house.say("/cancel")
    message = house.anna.private.last
    async with database.begin():
        press = house.anna.tap(message, message.keyboard[0][0])
        assert await press.answered(2)
        assert press.toast == ""
        await asyncio.sleep(10)
    await house.heard()
    assert house.anna.private.last.text.startswith("Stopping ")
    assert sorted(job.state for job in await house.jobs()) == [JobState.CANCELLED, JobState.WAITING]


async def test_a_press_that_is_told_twice_is_done_once(house: Counter) -> None:
    film = await house.film()
    await house.anna.press(film, "🔄 Run again")
    await house.heard()
    for update in [update for update in house.updates if update.callback_query is not None]:
        await house.handlers.handle(update)
    assert len(await house.jobs()) == 2


async def test_a_group_that_becomes_a_supergroup_takes_its_jobs_along(house: Counter) -> None:
    group = house.telegram.group("Film club", house.anna)
    house.anna.command(group, "video", "a dog")
    await house.heard()
    larger = group.migrate()
    await house.heard()
    (job,) = await house.jobs()
    assert job.requester.community == f"telegram:{larger.id}"
    assert read_place(job.address).chat == larger.id
    async with house.working():
        pass
    assert len(larger.videos) == 1


async def test_a_card_in_a_group_that_moved_is_shown_anew_there_and_becomes_the_film(house: Counter) -> None:
    group = house.telegram.group("Film club", house.anna)
    house.anna.command(group, "video", "")
    await house.heard()
    card = group.last
    larger = group.migrate()
    await house.heard()
    assert (await house.anna.press(card, "pictures")).toast == ""
    await house.heard()
    (again,) = larger.from_bot
    assert again.text.splitlines()[2] == "Landscape 16:9 · 5 s · pictures"
    await house.anna.press(card, "✅ words")
    await house.heard()
    assert (larger.from_bot, again.text.splitlines()[2]) == ([again], "Landscape 16:9 · 5 s · words")
    await house.anna.press(again, "pictures")
    await house.anna.press(again, "✏️ Edit")
    await house.heard()
    house.anna.write(larger, "a dog", reply_to=larger.last)
    await house.heard()
    assert again.text.splitlines()[1] == "a dog"
    await house.anna.press(again, "▶️ Make it (2 credits)")
    async with house.working():
        pass
    assert larger.videos == [again]
    (job,) = await house.jobs()
    assert job.requester.community == f"telegram:{larger.id}"


@pytest.mark.parametrize("restarted", [False, True], ids=["in one process", "across a restart"])
async def test_edit_and_make_it_pressed_in_the_old_group_are_seen_to_in_the_new_one(
    house: Counter, *, restarted: bool
) -> None:
    group = house.telegram.group("Film club", house.anna)
    house.anna.command(group, "video", "")
    await house.heard()
    card = group.last
    larger = group.migrate()
    await house.heard()
    if restarted:
        house.begin()
        await house.handlers.open()
        await house.desk.wire.open()
    await house.anna.press(card, "✏️ Edit")
    await house.heard()
    house.anna.write(larger, "a dog", reply_to=larger.last)
    await house.heard()
    await house.anna.press(card, "▶️ Make it (1 credit)")
    async with house.working():
        pass
    (film,) = larger.videos
    (job,) = await house.jobs()
    assert (job.request.prompt, job.requester.community) == ("a dog", f"telegram:{larger.id}")
    assert read_place(job.address).message == film.id


async def test_an_anonymous_administrators_card_moves_with_the_group(house: Counter) -> None:
    group = house.telegram.group("Film club", house.telegram.person("Owner"), house.anna)
    house.anna.become_admin(group, anonymous=True)
    house.anna.command(group, "video", anonymous=True)
    await house.heard()
    card = group.last
    larger = group.migrate()
    await house.heard()
    assert (await house.anna.press(card, "pictures")).toast == ""
    await house.heard()
    assert (await house.anna.press(larger.last, "Portrait")).toast == ""


async def test_a_card_that_nobody_knows_arrived_is_drawn_where_it_is_pressed(house: Counter) -> None:
    house.telegram.faults.drop("sendMessage", after_effect=True)
    card = await house.card()
    await house.anna.press(card, "pictures")
    await house.heard()
    assert house.group.from_bot == [card]
    assert card.text.splitlines()[2] == "Landscape 16:9 · 5 s · pictures"


async def test_a_chat_that_wants_to_hear_nothing_is_not_answered_but_its_presses_are(house: Counter) -> None:
    card = await house.card()
    await house.desk.wire.flooded(house.group.id, 600)
    assert await house.say("/quota@matinee_bot", house.group) == ""
    press = await house.anna.press(card, "pictures")
    assert press.is_answered
    await house.heard()
    assert len(house.telegram.calls("sendMessage|editMessageText", house.group)) == 1


async def test_where_the_bot_may_not_write_nothing_breaks(house: Counter) -> None:
    house.group.permissions = frozenset()
    assert await house.say("/quota@matinee_bot", house.group) == ""
    house.anna.send_photo(house.anna.private, photo())
    await house.heard()
    assert house.anna.private.last.text.startswith("🎬 New video")


async def test_an_answer_that_may_have_arrived_is_not_given_twice(house: Counter) -> None:
    house.telegram.faults.drop("sendMessage", after_effect=True)
    assert (await house.say("/quota")).count("credits left") == 1


async def test_an_answer_that_telegram_refuses_for_a_moment_is_given_later(house: Counter) -> None:
    house.telegram.flood.arm(house.anna.private.id, 3)
    assert (await house.say("/quota")).count("credits left") == 1
    house.telegram.flooded.clear()
