"""`matinee run` on Telegram, killed in the middle again and again: what was asked for once is made once."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.emulators.telegram import Chat, TelegramEmulator, emulated_telegram
from tests.end_to_end.programs import SECONDS
from tests.end_to_end.serving import serving, upstream

MOMENTS: Mapping[str, Callable[[TelegramEmulator, Chat], object]] = {
    "an update is on its way": lambda server, _: server.updates.every[-1].handed,
    "the update was confirmed": lambda server, _: server.updates.every[-1].confirmed,
    "its message is there": lambda _, chat: chat.from_bot,
    "its message counts up": lambda _, chat: chat.from_bot and "Starting" not in chat.from_bot[0].text,
}
"""When it is killed."""


def is_over(chat: Chat) -> object:
    """Whether the film is there, or it is said that there will be none: nobody submits a second time by themselves."""
    return chat.videos or any("Interrupted" in message.text for message in chat.from_bot)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_any_turn_it_makes_what_was_asked_once(moment: str, tmp_path: Path) -> None:
    async with emulated_telegram() as server, upstream(speed=3) as provider:
        settings = {
            **provider,
            "MATINEE_TELEGRAM_TOKEN": server.token,
            "MATINEE_TELEGRAM_API_URL": server.url,
        }
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "/video a boat")
        async with serving(tmp_path, settings) as program:
            await server.until(lambda: MOMENTS[moment](server, anna.private), SECONDS)
            await program.kill()
        async with serving(tmp_path, settings) as program:
            await server.until(lambda: is_over(anna.private), SECONDS)
            assert await program.stop() == 0, program.log
        assert len(anna.private.videos) + sum("Interrupted" in m.text for m in anna.private.from_bot) == 1
        assert all(film.video and film.video.supports_streaming for film in anna.private.videos)
        assert server.token not in program.log
        assert server.flooded == []
    with closing(sqlite3.connect(tmp_path / "data" / "matinee.sqlite")) as database:
        ((prompt, state),) = database.execute("SELECT prompt, state FROM jobs").fetchall()
        (waiting,) = database.execute("SELECT count(*) FROM inbox WHERE done_at IS NULL").fetchone()
    assert (prompt, waiting) == ("a boat", 0)
    assert state == ("delivered" if anna.private.videos else "interrupted")
