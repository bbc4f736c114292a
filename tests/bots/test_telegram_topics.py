"""A busy forum on Telegram: each topic has a board of its own jobs, over one flood budget that is never overrun."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from core.db import Database
from core.model import Job
from tests.bots.telegram_house import TelegramHouse, telegram_house
from tests.bots.test_telegram_crowd import CROWD, ROOM, film_times, takes
from tests.emulators.telegram import Chat, Message, Topic
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.virtual_time

DONE = "All videos that were asked for here are done."


async def crowd_in(house: TelegramHouse, forum: Chat, topics: Sequence[Topic | None]) -> list[Job]:
    """Somebody asks in each of these topics; None is General."""
    asked = []
    for number, topic in enumerate(topics):
        person = house.telegram.person(f"P{number}", started=True)
        forum.join(person)
        asked.append(await house.ask(person, forum, f"dog number {number} on the beach", topic=topic))
    return asked


def boards_in(forum: Chat, topic: Topic | None) -> list[Message]:
    return [
        message
        for message in forum.from_bot
        if message.topic is topic and re.match(r"\d+ videos are under way here", message.texts[0])
    ]


@pytest.mark.parametrize("seconds", [44, 120])
async def test_each_topic_has_a_board_of_its_own_jobs_and_flood_control_is_not_met(
    database: Database, tmp_path: Path, seconds: int
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(seconds), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        forum = house.telegram.forum("Forum", house.anna)
        topics = [forum.topic("Dogs"), forum.topic("Cats"), None]
        where = topics * 4
        asked = await crowd_in(house, forum, where)
        await house.over(CROWD)
        await asyncio.sleep(600)
        assert house.telegram.flooded == []
        shown_at = await film_times(house, asked)
        waits = [at - seconds for at in shown_at.values()]
        assert median(waits) < 20, "each further board is a message more"
        assert max(waits) < 45
        for topic in topics:
            (board,) = boards_in(forum, topic)
            theirs = {job.id: shown_at[job.id] for job, place in zip(asked, where, strict=True) if place is topic}
            assert board.text == DONE
            for version, text in list(zip(board.versions, board.texts, strict=True))[:-1]:
                at = (version.at - BEGINNING).total_seconds()
                listed = set(re.findall(r"job (\w{8})", text))
                assert listed == {job for job, second in theirs.items() if second > at}
                assert text.startswith(f"{len(listed)} video")
        for job, topic in zip(asked, where, strict=True):
            assert (await house.message_of(job)).topic is topic


async def test_the_only_job_of_a_topic_counts_in_its_own_message_while_the_others_have_a_board(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(400), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        forum = house.telegram.forum("Forum", house.anna)
        busy, calm = forum.topic("Busy"), forum.topic("Calm")
        asked = await crowd_in(house, forum, [busy] * 6 + [calm])
        await asyncio.sleep(350)
        (board,) = boards_in(forum, busy)
        assert boards_in(forum, calm) == boards_in(forum, None) == []
        assert board.text.startswith("6 videos are under way here")
        assert len(board.texts) > 10
        alone = await house.message_of(asked[-1])
        counted = [int(percent) for text in alone.texts for percent in re.findall(r"Rendering (\d+) %", text)]
        assert len(counted) > 4
        assert counted == sorted(counted)
        await house.over(7)
        assert house.telegram.flooded == []


async def test_twelve_topics_with_a_job_each_need_no_board_and_flood_nobody(database: Database, tmp_path: Path) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(300), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        forum = house.telegram.forum("Forum", house.anna)
        topics: list[Topic | None] = [forum.topic(f"T{number}") for number in range(CROWD)]
        asked = await crowd_in(house, forum, topics)
        await house.over(CROWD)
        await asyncio.sleep(300)
        assert [board for topic in topics for board in boards_in(forum, topic)] == []
        assert house.telegram.flooded == []
        assert max(at - 300 for at in (await film_times(house, asked)).values()) < 45


async def test_the_boards_of_topics_outlive_a_restart(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path, upstream=takes(200), policy=ROOM, at_once=CROWD) as house:
        house.upstream.afterwards = house.upstream.script[1:]
        forum = house.telegram.forum("Forum", house.anna)
        topics = [forum.topic("Dogs"), forum.topic("Cats")]
        async with house.open(drain_seconds=0):
            await crowd_in(house, forum, [*topics, None] * 3)
            await asyncio.sleep(100)
        async with house.open():
            await house.over(9)
            await asyncio.sleep(300)
        for topic in [*topics, None]:
            (board,) = boards_in(forum, topic)
            assert board.text == DONE
        assert house.telegram.flooded == []


async def test_a_topic_that_is_deleted_takes_its_board_along_and_the_films_come_all_the_same(
    database: Database, tmp_path: Path
) -> None:
    async with (
        telegram_house(database, tmp_path, upstream=takes(120), policy=ROOM, at_once=CROWD) as house,
        house.open(),
    ):
        forum = house.telegram.forum("Forum", house.anna)
        topic = forum.topic("Dogs")
        asked = await crowd_in(house, forum, [topic] * 6)
        await asyncio.sleep(10)
        topic.deleted = True
        for message in forum.messages:
            message.deleted = message.topic is topic
        await house.over(6)
        await asyncio.sleep(60)
        for job in asked:
            message = await house.message_of(job)
            assert (message.chat, message.topic) == (forum, None)
            assert message.video is not None
        assert house.telegram.flooded == []
