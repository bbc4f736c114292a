"""A job on Telegram from its first message to its film: in private, in a group, in a topic, with and without storage."""

import asyncio
from pathlib import Path

import pytest

from core.db import Database
from tests.bots.telegram_house import telegram_house

pytestmark = pytest.mark.virtual_time


async def test_the_status_message_becomes_the_film(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house, house.open():
        job = await house.ask(house.anna, prompt="a dog @ben on the beach")
        await house.over()
        await asyncio.sleep(60)
        (film,) = house.films()
        assert film is await house.message_of(job)
        assert film.video is not None
        assert film.video.data == house.upstream.film
        assert (film.video.width, film.video.height, film.video.duration) == (32, 32, 1)
        assert film.video.supports_streaming
        assert film.video.thumbnail is not None
        assert film.video.thumbnail.data.startswith(b"\xff\xd8")
        assert film.video.file.filename == f"a-dog-ben-on-the-beach-{job.id}.mp4"
        print(film.texts, film.keyboard, film.entities)
        print([m.text for m in house.group.messages])
        print([(c.method, c.second) for c in house.telegram.calls()])
        assert house.telegram.flooded == []
