"""What a card says it costs is what is charged, whatever changed since it was drawn."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from core.catalogue import Catalogue
from core.db import Database
from core.model import Shape
from tests.bots.telegram_counter import Counter, counter
from tests.emulators.telegram import Message

pytestmark = pytest.mark.virtual_time

CHANGED = (
    "This costs 2 credits now, which is not what the button said. Nothing was charged. "
    "Look at the card and press ▶️ again."
)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


async def card_of(house: Counter, words: str) -> Message:
    await house.say(words)
    return house.anna.private.last


async def prefer(house: Counter, *labels: str) -> None:
    await house.say("/settings")
    message = house.anna.private.last
    for label in labels:
        await house.anna.press(message, label)
        await house.heard(5)


def dearer(models: Catalogue) -> Catalogue:
    """The same models, each at a credit more."""
    entries = [
        model.model_copy(update={"lengths": {seconds: price + 1 for seconds, price in model.lengths.items()}})
        for model in models.models.values()
    ]
    return Catalogue(entries, list(models.providers.values()))


async def test_what_somebody_wants_from_now_on_changes_no_card_that_is_there(house: Counter) -> None:
    card = await card_of(house, "a dog")
    await prefer(house, "pictures", "Square")
    assert (await house.anna.press(card, "▶️ Make it (1 credit)")).toast == "It is on its way."
    (job,) = await house.jobs()
    assert (job.request.model, job.request.shape) == ("words", Shape.LANDSCAPE)
    later = await card_of(house, "a cat")
    assert later.text.splitlines()[2:] == ["Square 1:1 · 5 s · pictures", "2 credits · you have 4 of 5 today"]


async def test_at_a_price_that_changed_nothing_is_made_before_it_was_shown(house: Counter) -> None:
    card = await card_of(house, "a dog")
    house.models = dearer(house.models)
    house.begin()
    await house.handlers.open()
    await house.desk.wire.open()
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    await house.heard(5)
    assert (press.toast, press.alert, await house.jobs()) == (CHANGED, True, [])
    assert card.text.splitlines()[3] == "2 credits · you have 5 of 5 today"
    assert (await house.anna.press(card, "▶️ Make it (2 credits)")).toast == "It is on its way."
    assert len(await house.jobs()) == 1


FAILURES: list[dict[str, Any]] = [
    {"status": 502},
    {"status": 502, "after_effect": True},
    {"status": 429, "retry_after": 5},
]


@pytest.mark.parametrize("failure", FAILURES, ids=["not done", "done", "flooded"])
async def test_a_card_that_was_not_drawn_is_drawn_by_the_next_press(house: Counter, failure: dict[str, Any]) -> None:
    card = await card_of(house, "a dog")
    house.telegram.faults.fail("editMessageText", **failure)
    await house.anna.press(card, "pictures")
    await house.heard(10)
    await house.anna.press(card, next(label for label in card.keyboard[-3] if label.endswith("pictures")))
    await house.heard(10)
    assert "✅ pictures" in [label for row in card.keyboard for label in row]
    assert "▶️ Make it (2 credits)" in [label for row in card.keyboard for label in row]


async def test_a_card_that_was_not_drawn_charges_what_it_shows_or_nothing(house: Counter) -> None:
    card = await card_of(house, "a dog")
    house.telegram.faults.fail("editMessageText", 502)
    await house.anna.press(card, "pictures")
    await house.heard(10)
    press = await house.anna.press(card, "▶️ Make it (1 credit)")
    await house.heard(10)
    assert (press.toast, await house.jobs()) == (CHANGED, [])
    assert "▶️ Make it (2 credits)" in [label for row in card.keyboard for label in row]


async def test_a_tick_that_is_as_before_undoes_what_nobody_knows_was_drawn(house: Counter) -> None:
    card = await card_of(house, "a dog")
    await house.anna.press(card, "pictures")
    await house.heard(10)
    data = {button["text"]: button["callback_data"] for button in card.buttons}
    house.telegram.faults.fail("editMessageText", 502, after_effect=True)
    for label in ("words", "✅ pictures"):
        assert await house.anna.forge(card, data[label]).answered(10)
        await house.heard(10)
    assert "▶️ Make it (2 credits)" in [label for row in card.keyboard for label in row]
