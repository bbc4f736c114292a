"""The card: one message to put a request together in, which becomes the status of its job."""

import asyncio
import io
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from bots.telegram.place import read_place
from bots.telegram.signing import Signer
from core.db import Database
from core.model import Shape
from tests.bots.telegram_counter import Counter, counter, photo
from tests.emulators.telegram import Message

pytestmark = pytest.mark.virtual_time


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


async def reword(house: Counter, card: Message, words: str) -> Message:
    """Press Edit and answer the question; the question."""
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = card.chat.last
    house.anna.write(card.chat, words, reply_to=question)
    await house.heard(5)
    return question


def ticked(card: Message) -> list[str]:
    return [label for row in card.keyboard for label in row if "✅" in label]


async def test_video_alone_shows_what_there_is_to_choose(house: Counter) -> None:
    card = await house.card()
    assert card.text.splitlines() == [
        "🎬 New video",
        "There are no words yet. Press Edit to say what the video should show.",
        "Landscape 16:9 · 5 s · words",
        "1 credit · you have 5 of 5 today",
    ]
    assert card.keyboard == [["✅ words", "pictures"], ["▶️ Make it (1 credit)"], ["✏️ Edit", "✖️ Cancel"]]


async def test_a_tick_changes_the_same_message_and_its_price(house: Counter) -> None:
    card = await house.card()
    assert (await house.anna.press(card, "pictures")).toast == ""
    await house.heard(5)
    assert (await house.anna.press(card, "Portrait")).toast == ""
    await house.heard(5)
    assert house.group.from_bot == [card]
    assert card.text.splitlines()[2:] == ["Portrait 9:16 · 5 s · pictures", "2 credits · you have 5 of 5 today"]
    assert card.keyboard[0] == ["Landscape", "✅ Portrait", "Square"]
    assert "▶️ Make it (2 credits)" in card.keyboard[2]


async def test_ticks_while_the_chat_waits_cost_one_edit(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "pictures")
    await house.heard()
    data = {button["text"]: button["callback_data"] for button in card.buttons}
    before = len(house.telegram.calls("editMessageText"))
    for _ in range(2):
        await house.desk.wire.pace.answer(house.group.id)
    presses = [house.anna.forge(card, data[shape]) for shape in ("Portrait", "Square", "Portrait", "Square")]
    assert all([await press.answered(1) for press in presses])
    await house.heard()
    assert len(house.telegram.calls("editMessageText")) - before == 1
    assert {"✅ Square", "✅ Portrait"} & set(ticked(card))  # presses go side by side: the last to be taken stands


async def test_words_come_by_reply_and_the_question_goes(house: Counter) -> None:
    card = await house.card()
    question = await reword(house, card, "a dog on the beach")
    assert question.look.below is not None
    assert question.look.below["force_reply"]
    assert (question.deleted, card.text.splitlines()[1]) == (True, "a dog on the beach")
    second = await reword(house, card, "a cat")
    assert [second.entity_text(entity) for entity in second.entities] == ["Anna", "a dog on the beach"]
    assert card.text.splitlines()[1] == "a cat"
    assert await house.jobs() == []


async def test_made_it_is_the_status_of_its_job_and_then_the_film(house: Counter) -> None:
    card = await house.card()
    await reword(house, card, "a dog on the beach")
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    assert press.toast == "It is on its way."
    (job,) = await house.jobs()
    assert (read_place(job.address).message, job.request.prompt) == (card.id, "a dog on the beach")
    async with house.working():
        pass
    assert [message for message in house.group.from_bot if message.video] == [card]
    assert card.video is not None
    assert card.video.data == house.upstream.film


async def test_make_it_pressed_twice_makes_one(house: Counter) -> None:
    card = await house.card()
    await reword(house, card, "a dog")
    presses = await asyncio.gather(*(house.anna.press(card, "▶️ Make it (1 credit)") for _ in range(3)))
    assert [press.toast for press in presses] == ["It is on its way."] * 3
    assert len(await house.jobs()) == 1


async def test_without_words_make_it_asks_for_them(house: Counter) -> None:
    card = await house.card()
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    await house.heard(5)
    assert press.toast == "There are no words yet. Press Edit to say what the video should show."
    assert house.group.last.text == "Anna Reply to this with what the video should show."
    assert await house.jobs() == []


async def test_what_cannot_be_made_is_said_and_the_card_stays(house: Counter) -> None:
    for number in range(3):
        await house.say(f"/video a dog, number {number}")
    card = await house.card()
    await reword(house, card, "a cat")
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    assert press.toast.startswith("You already have 3 videos under way. Nothing was charged.")
    assert press.alert
    assert card.keyboard
    assert len(await house.jobs()) == 3


async def test_a_dropped_card_is_gone_and_costs_nothing(house: Counter) -> None:
    card = await house.card()
    press = await house.anna.press(card, "✖️ Cancel")
    await house.heard(5)
    assert press.toast == "Dropped. Nothing was charged."
    assert card.deleted


async def test_a_strangers_press_changes_nothing(house: Counter) -> None:
    card = await house.card()
    before = card.text, card.keyboard
    for label in (label for row in card.keyboard for label in row):
        press = await house.ben.press(card, label)
        assert press.toast == "That card is somebody else's. Nothing was changed. Use /video for one of your own."
    await house.heard()
    assert (card.text, card.keyboard) == before
    assert house.group.from_bot == [card]
    assert await house.jobs() == await house.jobs(house.ben) == []


async def test_a_stranger_does_not_answer_the_question(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    house.ben.write(house.group, "a pony", reply_to=house.group.last)
    await house.heard()
    assert "pony" not in card.text


async def test_a_card_outlives_a_restart(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = house.group.last
    house.begin()
    await house.handlers.open()
    await house.desk.wire.open()
    house.anna.write(house.group, "a dog", reply_to=question)
    await house.heard(5)
    await house.anna.press(card, "▶️ Make it (1 credit)")
    (job,) = await house.jobs()
    assert job.request.prompt == "a dog"


async def test_what_usually_takes_how_long_stands_on_the_button(house: Counter) -> None:
    for number in range(3):
        await house.film(words=f"a dog, number {number}")
    card = await house.card()
    assert card.keyboard[0] == ["✅ words · 30–31 s", "pictures"]


async def press_what_cannot_be_read(database: Database, folder: Path) -> None:
    async with counter(database, folder) as house:
        card = await house.card()
        signer = Signer(await house.service.secret("telegram.key"))
        draft_id = signer.read(next(card.buttons)["callback_data"]).subject
        await house.service.change_draft(draft_id, lambda draft: replace(draft, body="no body of ours"))
        press = await house.anna.press(card, "pictures")
        assert press.toast.startswith("Something went wrong in the bot itself. Nothing was charged.")


async def test_a_press_that_meets_a_bug_is_answered_too(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as met:
        await press_what_cannot_be_read(database, tmp_path)
    assert met.group_contains(msgspec.DecodeError)


async def test_a_card_that_is_forgotten_says_so(house: Counter) -> None:
    card = await house.card()
    await asyncio.sleep(3 * 24 * 3600)
    await house.card()  # with each new one the old ones are forgotten
    for button in ("pictures", "▶️ Make it (1 credit)", "✏️ Edit"):
        press = await house.anna.press(card, button)
        assert press.toast == "That card is too old. Nothing was charged. Use /video for a new one."


async def test_what_is_said_to_the_bot_alone_becomes_a_card(house: Counter) -> None:
    await house.say("a dog on the beach shape:portrait model:pictures")
    card = house.anna.private.last
    assert card.text.splitlines()[1:3] == ["a dog on the beach", "Portrait 9:16 · 5 s · pictures"]
    await house.anna.press(card, "▶️ Make it (2 credits)")
    (job,) = await house.jobs()
    assert (job.request.shape, job.requester.community) == (Shape.PORTRAIT, f"telegram:{house.anna.id}")


async def test_a_picture_without_words_becomes_a_card_for_models_that_take_one(house: Counter) -> None:
    house.anna.send_photo(house.anna.private, photo())
    await house.heard()
    card = house.anna.private.last
    assert card.text.splitlines()[1:4] == [
        "There are no words yet. Press Edit to say what the video should show.",
        "🖼 It begins from your picture.",
        "Landscape 16:9 · 5 s · pictures",
    ]
    await reword(house, card, "it moves")
    await house.anna.press(card, "▶️ Make it (2 credits)")
    (job,) = await house.jobs()
    assert job.request.image is not None


async def test_a_reply_without_words_takes_none_away(house: Counter) -> None:
    await house.say("a lighthouse")
    card = house.anna.private.last
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = house.anna.private.last
    house.anna.write(house.anna.private, "", reply_to=question)
    await house.heard(5)
    said = house.anna.private.last.text
    assert said.startswith("There are neither words nor a picture in that. Nothing was changed.")
    assert card.text.splitlines()[1] == "a lighthouse"
    assert not question.deleted
    house.anna.write(house.anna.private, "model:pictures", reply_to=question)
    await house.heard(5)
    assert card.text.splitlines()[1:3] == ["a lighthouse", "Landscape 16:9 · 5 s · pictures"]


async def test_a_photo_as_answer_to_edit_becomes_the_cards_picture(house: Counter) -> None:
    card = await house.card()
    await reword(house, card, "it moves")
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = house.group.last
    house.anna.send_photo(house.group, photo(1280, 960), reply_to=question)
    await house.heard(5)
    assert (question.deleted, house.group.from_bot) == (True, [card])
    assert card.text.splitlines()[1:4] == [
        "it moves",
        "🖼 It begins from your picture.",
        "Landscape 16:9 · 5 s · pictures",
    ]
    await house.anna.press(card, "▶️ Make it (2 credits)")
    (job,) = await house.jobs()
    assert job.request.image is not None
    with Image.open(io.BytesIO(job.request.image.data)) as taken:
        assert taken.size == (1280, 960)


async def test_of_an_album_as_answer_the_first_is_the_cards_picture(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    album = [photo(64 * number, 64) for number in range(1, 4)]
    house.anna.send_album(house.group, *album, caption="it moves shape:square", reply_to=house.group.last)
    await house.heard(10)
    assert card.text.splitlines()[1:4] == ["it moves", "🖼 It begins from your picture.", "Square 1:1 · 5 s · pictures"]
    await house.anna.press(card, "▶️ Make it (2 credits)")
    (job,) = await house.jobs()
    assert job.request.image is not None
    with Image.open(io.BytesIO(job.request.image.data)) as taken:
        assert taken.size == (64, 64)


async def test_a_file_that_is_no_picture_changes_no_card(house: Counter) -> None:
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    house.anna.send_document(house.group, b"GIF89a", "a.gif", mime_type="image/gif", reply_to=house.group.last)
    await house.heard(5)
    assert house.group.last.text.startswith("That file isn't a PNG, JPEG or WebP under 8 MB.")
    assert "🖼" not in card.text


async def test_words_for_a_card_that_was_made_meanwhile_begin_another(house: Counter) -> None:
    card = await house.card()
    await reword(house, card, "a dog")
    await house.anna.press(card, "✏️ Edit")
    await house.heard(5)
    question = house.group.last
    await house.anna.press(card, "▶️ Make it (1 credit)")
    house.anna.write(house.group, "a cat", reply_to=question)
    await house.heard(5)
    assert house.group.last.text.splitlines()[:2] == ["🎬 New video", "a cat"]
    (job,) = await house.jobs()
    assert job.request.prompt == "a dog"


async def test_an_album_opens_one_card_with_its_caption(house: Counter) -> None:
    house.anna.send_album(house.anna.private, *(photo() for _ in range(4)), caption="it moves")
    await house.heard()
    (card,) = house.anna.private.from_bot
    assert card.text.splitlines()[1:3] == ["it moves", "🖼 It begins from your picture."]


async def test_a_caption_further_down_an_album_goes_onto_its_card(house: Counter) -> None:
    for caption in ("", "it moves", ""):
        house.anna.send_photo(house.anna.private, photo(), caption, album="7")
    await house.heard()
    (card,) = house.anna.private.from_bot
    assert card.text.splitlines()[1:3] == ["it moves", "🖼 It begins from your picture."]


async def test_an_anonymous_administrators_card_is_any_administrators(house: Counter) -> None:
    group = house.telegram.supergroup("Cinema", house.telegram.person("Owner"), house.anna, house.ben)
    house.anna.become_admin(group, anonymous=True)
    house.anna.command(group, "video", anonymous=True)
    await house.heard()
    card = group.last
    assert (await house.ben.press(card, "pictures")).toast.startswith("That card is somebody else's.")
    assert (await house.anna.press(card, "pictures")).toast == ""
    await house.heard(5)
    assert "✅ pictures" in ticked(card)


@pytest.mark.parametrize(
    "words", ["*a* _b_ [c](https://example.org) <b>d</b>", "\u202e evil \u202d", "@ben /start #tag", "👨‍👩‍👧‍👦" * 150]
)
async def test_a_persons_words_are_words(house: Counter, words: str) -> None:
    await house.say(words)
    card = house.anna.private.last
    by_telegram = {"url", "hashtag", "bot_command"}  # which it finds in any text
    assert {entity["type"] for entity in card.entities} - by_telegram == {"bold", "expandable_blockquote"}
    assert "\u202e" not in card.text
    assert "@ben" not in card.text


@pytest.mark.parametrize("button", ["Edit", "Make it"])
async def test_in_a_channel_the_words_of_a_card_come_by_a_post_in_reply(house: Counter, button: str) -> None:
    channel = house.telegram.channel("News", house.anna)
    house.anna.write(channel, "/video")
    await house.heard()
    card = channel.last
    await house.anna.press(card, next(label for row in card.keyboard for label in row if button in label))
    await house.heard()
    question = channel.last
    assert question.text == "Reply to this with what the video should show."
    house.anna.write(channel, "a dog on the beach", reply_to=question)
    await house.heard()
    assert (question.deleted, card.text.splitlines()[1]) == (True, "a dog on the beach")
    assert (await house.anna.press(card, "▶️ Make it (1 credit)")).toast == "It is on its way."
    (job,) = await house.jobs(channel)
    assert (job.request.prompt, read_place(job.address).message) == ("a dog on the beach", card.id)
    assert [call.status for call in house.telegram.calls("sendMessage")] == [200, 200]


async def test_a_bot_that_writes_as_its_group_asks_for_words_too(house: Counter) -> None:
    house.group.promote_bot(anonymous=True)
    card = await house.card()
    await house.anna.press(card, "✏️ Edit")
    await house.heard()
    question = house.group.last
    assert question.text == "Anna Reply to this with what the video should show."
    house.ben.write(house.group, "not for you", reply_to=question)
    house.anna.write(house.group, "a dog on the beach", reply_to=question)
    await house.heard()
    assert (question.deleted, card.text.splitlines()[1]) == (True, "a dog on the beach")
