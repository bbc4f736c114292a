"""Telegram for one test, and the real python-telegram-bot pointed at it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest
from tests.emulators.telegram.emulator import TelegramEmulator


@asynccontextmanager
async def emulated_telegram(**choices: Any) -> AsyncGenerator[TelegramEmulator]:
    """Telegram for one test; what the bot did against the description fails the test.

    While it lasts the library tells waits as timedeltas: as it ships, it warns of every other way.
    """
    async with TelegramEmulator(**choices) as emulator:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PTB_TIMEDELTA", "true")
            yield emulator
        assert not emulator.complaints, "\n".join(emulator.complaints)


def bot_at(
    emulator: TelegramEmulator,
    *,
    token: str | None = None,
    local_mode: bool = False,
    request: BaseRequest | None = None,
) -> Bot:
    """The library's own Bot; `async with bot_at(telegram) as bot:` asks getMe first and closes afterwards."""
    return Bot(
        token or emulator.token,
        base_url=emulator.api_url,
        base_file_url=emulator.file_url,
        local_mode=local_mode,
        request=request or HTTPXRequest(read_timeout=120, media_write_timeout=300),
        get_updates_request=HTTPXRequest(read_timeout=120),
    )
