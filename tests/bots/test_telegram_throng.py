"""Many presses at once, by many people or by one: each is answered at once, and nobody pays for what others press."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
import telegram

from core.db import Database
from core.model import JobState, Shape
from core.texts import say
from tests.bots.discord_house import two_models
from tests.bots.telegram_counter import Counter
from tests.bots.telegram_door import all_seen_to, backlog, open_door
from tests.emulators.telegram import Message, Press, bot_at, emulated_telegram
from tests.stand_ins import POLICY

pytestmark = pytest.mark.virtual_time

MANY = 32
"""Fewer than may wait for an answer at once, and than there are lines to Telegram."""


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    """A counter whose updates come in by their real way."""
    async with emulated_telegram() as server, bot_at(server) as bot:
        made = Counter(server, bot, database, POLICY, two_models(), tmp_path)
        await made.handlers.open()
        await made.desk.wire.open()
        async with open_door(database, server, made.handlers.handle):
            yield made
        await made.desk.wire.close()
        assert server.flooded == []


def labelled(message: Message, words: str) -> str:
    return next(label for row in message.keyboard for label in row if label.endswith(words))


async def answered_within(presses: Sequence[Press], seconds: float) -> None:
    """Every one of them, counted from when it was pressed."""
    assert all(await asyncio.gather(*(press.answered(600) for press in presses)))
    assert [press for press in presses if (press.answered_at - press.at).total_seconds() > seconds] == []  # type: ignore[operator] # they are


@pytest.mark.parametrize("members", [20, 80, 200])
async def test_a_crowd_that_presses_under_one_film_keeps_nobody_waiting(house: Counter, members: int) -> None:
    film = await house.film()
    card = await house.card(house.anna.private)
    people = [house.telegram.person(f"P{number}", known=True) for number in range(members)]
    house.group.join(*people)
    before = len(house.group.from_bot)
    presses = [person.tap(film, labelled(film, "Remix")) for person in people]
    await asyncio.sleep(1)
    mine = [house.anna.tap(card, "pictures"), house.anna.tap(card, labelled(card, "Edit"))]
    await answered_within([*presses, *mine], 2)
    turned_away = [press for press in presses if press.toast == say("crowded")]
    asked = members - len(turned_away)
    assert 10 <= asked < 16, "more only as the first had their turn"
    await all_seen_to(house.database, house.telegram)
    assert len(house.group.from_bot) - before == asked
    assert "✅ pictures" in [label for row in card.keyboard for label in row]
    again = turned_away[0].person.tap(film, labelled(film, "Remix"))  # type: ignore[attr-defined] # it is one of ours
    assert await again.answered(2)
    assert again.toast == ""


async def test_one_person_who_keeps_tapping_costs_nobody_else_anything(house: Counter) -> None:
    house.ben.command(house.group, "settings")
    card = await house.card(house.anna.private)
    settings = house.group.last
    data = [
        next(one["callback_data"] for one in settings.buttons if wish in one["text"]) for wish in ("No ping", "Ping")
    ]
    before = len(house.telegram.calls("editMessageText"))
    presses = []
    for number in range(100):
        presses.append(house.ben.forge(settings, data[number % 2]))
        await asyncio.sleep(0.1)
    mine = house.anna.tap(card, "pictures")
    await answered_within([*presses, mine], 1)
    await all_seen_to(house.database, house.telegram)
    assert len(house.telegram.calls("editMessageText", house.group)) - before < 15
    last = next(press for press in reversed(presses) if press.toast == "")
    habits = await house.service.habits(f"telegram:{house.ben.id}")
    assert habits.quiet == (presses.index(last) % 2 == 0)
    assert ("✅ 🔕 No ping" in str(settings.keyboard)) == habits.quiet


async def test_presses_are_answered_beside_one_another_although_telegram_is_slow(house: Counter) -> None:
    card = await house.card(house.group)
    people = [house.telegram.person(f"P{number}", known=True) for number in range(MANY)]
    house.group.join(*people)
    house.telegram.faults.slow("answerCallbackQuery", 5, times=len(people))
    presses = [person.tap(card, "pictures") for person in people]
    assert all(await asyncio.gather(*(press.answered(600) for press in presses)))
    assert max((press.answered_at - press.at).total_seconds() for press in presses) < 12  # type: ignore[operator]


async def test_a_press_stays_in_the_inbox_until_what_it_asked_for_is_done(house: Counter) -> None:
    film = await house.film()
    for _ in range(6):
        await house.desk.wire.pace.answer(house.group.id)
    press = house.ben.tap(film, labelled(film, "Remix"))
    assert await press.answered(1)
    assert await backlog(house.database) == 1
    await all_seen_to(house.database, house.telegram)
    assert house.group.last.text.startswith("Ben Reply to this")


async def test_presses_of_one_card_are_applied_in_their_order(house: Counter) -> None:
    card = await house.card(house.anna.private)
    await house.anna.press(card, "pictures")
    await house.anna.press(card, labelled(card, "Edit"))
    await house.heard()
    house.anna.write(house.anna.private, "a dog", reply_to=house.anna.private.last)
    await house.heard()
    wishes = ["Landscape", "Square", "Landscape", "Portrait", "▶️ Make it (2 credits)"]
    presses = [house.anna.tap(card, labelled(card, wish)) for wish in wishes]
    await answered_within(presses, 2)
    await all_seen_to(house.database, house.telegram)
    (job,) = await house.jobs()
    assert job.request.shape is Shape.PORTRAIT


async def test_what_one_person_keeps_asking_holds_up_no_request_of_another(house: Counter) -> None:
    for _ in range(100):
        house.ben.command(house.group, "help")
    house.anna.command(house.group, "video", "a dog")
    await house.telegram.until(lambda: not house.telegram.updates.pending)
    await asyncio.sleep(2)
    assert len(await house.jobs()) == 1
    await all_seen_to(house.database, house.telegram)
    assert len(house.telegram.calls("sendMessage")) == 1


@pytest.mark.parametrize(
    "words", ["/video@matinee_bot a cat shape:round", "/nonsense@matinee_bot", "/video@matinee_bot"]
)
async def test_however_many_wait_for_an_answer_a_request_is_taken_at_once(house: Counter, words: str) -> None:
    people = [house.telegram.person(f"P{number}", known=True) for number in range(60)]
    house.group.join(*people)
    for person in people:
        person.write(house.group, words)
    house.anna.command(house.group, "video", "a dog")
    await house.telegram.until(lambda: not house.telegram.updates.pending)
    await asyncio.sleep(5)
    assert len(await house.jobs()) == 1
    await all_seen_to(house.database, house.telegram)
    assert 40 <= len(house.telegram.calls("sendMessage")) < 50, "nobody waits for minutes for being told of nothing"


async def test_of_one_person_few_answers_wait_and_the_others_get_theirs(house: Counter) -> None:
    for number in range(50):
        house.ben.write(house.group, f"/nonsense{number}@matinee_bot")
    house.anna.write(house.group, "/queue@matinee_bot")
    await house.telegram.until(lambda: not house.telegram.updates.pending)
    await asyncio.sleep(20)
    assert house.group.last.text.startswith("Nobody is waiting.")
    await all_seen_to(house.database, house.telegram)
    assert len(house.group.from_bot) < 12


async def test_after_something_was_asked_for_a_look_shows_what_is_new(house: Counter) -> None:
    for words in ("/queue", "/queue", "/video a dog", "/queue"):
        house.anna.write(house.anna.private, words)
    await all_seen_to(house.database, house.telegram)
    first, second = [message.text for message in house.anna.private.from_bot]
    assert first.startswith("Nobody is waiting.")
    assert second.startswith("1 video ")


async def test_a_cancel_that_is_told_again_stops_nothing_that_was_asked_for_since(house: Counter) -> None:
    """As after a death between the answer and the note that it was given."""
    house.anna.write(house.anna.private, "/video a dog")
    house.anna.write(house.anna.private, "/cancel")
    await all_seen_to(house.database, house.telegram)
    cancel = telegram.Update.de_json(house.telegram.updates.every[-1].json, house.bot)
    house.anna.write(house.anna.private, "/video a cat")
    await all_seen_to(house.database, house.telegram)
    await house.handlers.handle(cancel)
    cat, dog = await house.jobs()
    assert (cat.state, dog.state) == (JobState.WAITING, JobState.CANCELLED)
