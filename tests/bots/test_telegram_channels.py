"""Buttons under a film in a channel: its subscribers press them, and none of them makes the bot post there."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from core.db import Database
from tests.bots.telegram_counter import Counter, counter
from tests.bots.test_telegram_presses import labelled
from tests.emulators.telegram import Chat, Message, Person

pytestmark = pytest.mark.virtual_time

SUBSCRIBERS = 12


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


async def film_in(house: Counter) -> tuple[Chat, Message]:
    channel = house.telegram.channel("Films", house.anna)
    house.anna.command(channel, "video", "a dog on the beach")
    await house.heard(1)
    async with house.working():
        await house.telegram.until(lambda: channel.videos)
    return channel, channel.videos[-1]


def subscriber(house: Counter, channel: Chat, name: str = "Mia") -> Person:
    person = house.telegram.person(name, started=True)
    channel.join(person)
    return person


@pytest.mark.parametrize(("words", "wish"), [("Remix", "remix"), ("Report", "report")])
async def test_subscribers_who_press_are_led_into_the_private_chat(house: Counter, words: str, wish: str) -> None:
    channel, film = await film_in(house)
    (job,) = await house.jobs(channel)
    before = channel.from_bot
    for number in range(SUBSCRIBERS):
        pressed = await subscriber(house, channel, f"S{number}").press(film, labelled(film, words))
        assert pressed.url == f"https://t.me/matinee_bot?start={wish}-{job.id}"
    await house.heard()
    assert channel.from_bot == before


async def test_a_film_of_a_channel_is_remixed_in_private(house: Counter) -> None:
    channel, film = await film_in(house)
    mia = subscriber(house, channel)
    pressed = await mia.press(film, labelled(film, "Remix"))
    assert pressed.url is not None
    mia.start(pressed.url.partition("start=")[2])
    await house.heard()
    mia.write(mia.private, "a cat on the beach", reply_to=mia.private.last)
    await house.heard()
    (dog,), (cat,) = await house.jobs(channel), await house.jobs(mia)
    assert (cat.request.prompt, cat.wishes.parent, cat.requester.community) == (
        "a cat on the beach",
        dog.id,
        f"telegram:{mia.id}",
    )


async def test_a_film_of_a_channel_is_reported_in_private(house: Counter) -> None:
    channel, film = await film_in(house)
    mia = subscriber(house, channel)
    pressed = await mia.press(film, labelled(film, "Report"))
    assert pressed.url is not None
    mia.start(pressed.url.partition("start=")[2])
    await house.heard()
    question = mia.private.last
    assert question.text == "What is wrong with it?"
    assert (await mia.press(question, labelled(question, "Violent"))).toast.startswith("Thank you.")


async def test_a_press_that_is_thought_about_for_long_posts_nothing_in_a_channel(house: Counter) -> None:
    channel, film = await film_in(house)
    before = channel.from_bot
    house.telegram.faults.slow("getChatMember", 3, times=2)
    await subscriber(house, channel).press(film, labelled(film, "Run again"))
    await house.heard()
    assert channel.from_bot == before
