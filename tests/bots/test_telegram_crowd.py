"""Many jobs at once in one group on Telegram: flood control is never met, and the board of the group is true."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from bots.telegram.wire import Wire
from core.db import Database
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import Job, JobId
from tests.bots.telegram_house import TelegramHouse, sign, telegram_house
from tests.emulators.telegram import Message, Person, bot_at
from tests.stand_ins import LINK, POLICY, TICKET, Upstream
from tests.virtual_time import BEGINNING, now

pytestmark = pytest.mark.virtual_time

FIRST_POSTS_SECONDS = 32
"""So long a group's budget takes for twelve first messages; a board comes after them, too late for shorter films."""
CROWD = 12
STALE_SECONDS = 34
"""Between two statuses of one job that reach the board: while all first messages are posted, so long as that takes."""
ROOM = replace(POLICY, waiting_per_person=12, waiting_total=20, credits_per_day=50)


def takes(seconds: int) -> Upstream:
    """An upstream that counts up all the while."""
    steps = seconds // 2
    told = [part for step in range(steps) for part in (2.0, Progress(100 * (step + 1) / (steps + 1)))]
    return Upstream((Submitted(TICKET), *told, Completed((ResultUrl(LINK),))))


async def crowd(house: TelegramHouse, pause: float = 0) -> list[Job]:
    """Twelve people who each ask for a film."""
    people: list[Person] = [house.telegram.person(f"P{number}", started=True) for number in range(CROWD)]
    asked = []
    for number, person in enumerate(people):
        house.group.join(person)
        asked.append(await house.ask(person, prompt=f"dog number {number} on the beach"))
        await asyncio.sleep(pause)
    return asked


def boards(house: TelegramHouse) -> list[Message]:
    return [message for message in house.group.from_bot if re.match(r"\d+ videos are under way here", message.texts[0])]


async def film_times(house: TelegramHouse, asked: list[Job]) -> dict[JobId, float]:
    """When each message became its film, in seconds from the beginning."""
    times: dict[JobId, float] = {}
    for job in asked:
        message = await house.message_of(job)
        assert message.video is not None
        assert message.video.data == house.upstream.film
        first = next(version for version in message.versions if version.look.media is not None)
        times[job.id] = (first.at - BEGINNING).total_seconds()
    return times


@pytest.mark.parametrize("seconds", [30, 44, 90, 300])
async def test_twelve_films_at_once_arrive_soon_and_flood_nobody(
    database: Database, tmp_path: Path, seconds: int
) -> None:
    upstream = takes(seconds)
    async with (
        telegram_house(database, tmp_path, upstream=upstream, policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        asked = await crowd(house)
        await house.over(CROWD)
        await asyncio.sleep(600)
        assert house.telegram.flooded == []
        shown_at = await film_times(house, asked)
        assert len(house.films()) == CROWD
        waits = [at - seconds for at in shown_at.values()]
        assert median(waits) < 15
        assert max(waits) < 45
        assert len([message for message in house.group.from_bot if message.text == "Your video is ready."]) == CROWD
        if seconds > FIRST_POSTS_SECONDS or boards(house):
            check_board(house, shown_at, seconds)


def check_board(house: TelegramHouse, shown_at: dict[JobId, float], seconds: int) -> None:
    """One board, true whenever it was changed: nobody is on it whose film is there, and percentages are new."""
    (board,) = boards(house)
    assert board.text == "All videos that were asked for here are done."
    times = [(version.at - BEGINNING).total_seconds() for version in board.versions]
    for at, text in list(zip(times, board.texts, strict=True))[:-1]:
        listed = re.findall(r"job (\w{8})", text)
        # What changes at one moment may arrive in either order.
        assert {job for job, second in shown_at.items() if second > at} <= set(listed)
        assert set(listed) <= {job for job, second in shown_at.items() if second >= at}
        assert text.startswith(f"{len(listed)} videos are under way here")
        for percent in re.findall(r"Rendering (\d+) %", text):
            # it is told without its fraction
            assert 0 <= 100 * at / seconds - int(percent) < 100 * STALE_SECONDS / seconds + 1
    assert times[-1] - max(shown_at.values()) < 30


async def test_who_asks_while_the_group_is_busy_is_told_where_to_look(database: Database, tmp_path: Path) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(120), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        asked = await crowd(house, 10)
        await asyncio.sleep(5)
        last = await house.message_of(asked[-1])
        assert last.texts == [last.text]
        heading, where = last.text.splitlines()[:2]
        assert heading == "🕒 Under way"
        assert where.startswith("How it goes is told on the board here")
        assert where.endswith(f"(job {asked[-1].id}).")
        assert last.keyboard == [["✖️ Cancel"]]
        assert last.id > boards(house)[0].id


async def test_four_at_a_time_count_on_in_their_own_messages(database: Database, tmp_path: Path) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        people = [house.telegram.person(f"P{number}", started=True) for number in range(4)]
        house.group.join(*people)
        asked = [await house.ask(person) for person in people]
        await house.over(4)
        assert boards(house) == []
        assert house.telegram.flooded == []
        for job in asked:
            assert len((await house.message_of(job)).texts) > 4


async def test_a_line_behind_few_that_run_is_no_crowd_and_each_is_told_its_place(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(120), policy=ROOM, at_once=2) as house,
        house.open(),
    ):
        asked = await crowd(house)
        await asyncio.sleep(300)
        assert boards(house) == []
        told = [{text.splitlines()[0] for text in (await house.message_of(job)).texts} for job in asked]
        in_line = [{words for words in each if words.startswith("🕒 In line, place")} for each in told]
        assert max(map(len, in_line)) > 2
        assert not [words for each in told for words in each if words == "🕒 Under way"]
        await house.over(CROWD)
        assert house.telegram.flooded == []


async def test_of_twelve_who_ask_at_the_same_moment_each_has_the_place_in_which_they_came(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(120), policy=ROOM, at_once=2) as house,
        house.open(),
    ):
        asked = await crowd(house)
        assert max(job.created_at for job in asked) - asked[0].created_at < timedelta(milliseconds=1)
        await asyncio.sleep(60)
        told = [(await house.message_of(job)).text.splitlines()[0] for job in asked]
        assert [re.sub(r"^🕒 In line, place (\d+) of 10$", r"\1", words) for words in told[6:]] == [
            str(place) for place in range(5, 11)
        ]
        await house.over(CROWD)


async def test_a_board_that_may_not_have_arrived_is_tried_again_and_meanwhile_each_counts_on(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(300), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        house.telegram.faults.drop("sendMessage", reply_markup=None)
        asked = await crowd(house, 3)
        await asyncio.sleep(15)
        assert boards(house) == []
        shown = [(await house.message_of(job)).text for job in asked]
        assert any("Rendering" in text for text in shown)
        await asyncio.sleep(120)
        assert len(boards(house)) == 1
        await house.over(CROWD)
        assert house.telegram.flooded == []


async def test_a_board_outlives_a_restart_and_is_not_posted_twice(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=CROWD) as house:
        house.upstream.afterwards = house.upstream.script[1:]
        async with house.open(drain_seconds=0):
            await crowd(house)
            await asyncio.sleep(100)
        async with house.open():
            await house.over(CROWD)
            await asyncio.sleep(300)
        (board,) = boards(house)
        assert board.text == "All videos that were asked for here are done."
        assert len(house.films()) == CROWD
        assert house.telegram.flooded == []


async def test_a_board_that_nobody_needs_after_a_restart_says_so(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=CROWD) as house:
        async with house.open(drain_seconds=0):
            asked = await crowd(house)
            await asyncio.sleep(100)
        for job in asked:
            await house.service.cancel(job.id, by=job.requester)
        async with house.open():
            await asyncio.sleep(400)
        (board,) = boards(house)
        assert board.text == "All videos that were asked for here are done."


async def test_a_process_that_only_hears_leaves_the_boards_to_those_that_work(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        await crowd(house)
        await asyncio.sleep(60)
        (board,) = boards(house)
        async with bot_at(house.telegram) as bot:
            hears = Wire.of(bot, house.service, now=now, sign=sign, shows_jobs=False)
            await hears.open()
            await asyncio.sleep(60)
            await hears.close()
        assert all(text.startswith("12 videos are under way here") for text in board.texts)
        await house.over(CROWD)
