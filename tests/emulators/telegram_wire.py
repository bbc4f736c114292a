"""What the tests of Telegram's emulator send: films, pictures, and requests that no library would make."""

import io
import re
from typing import Any

import httpx
from PIL import Image

from tests.emulators.telegram import TelegramEmulator

FILM = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 40
"""What begins as an MP4 does: as much as Telegram's servers look at."""


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    """A picture of that size."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, kind)
    return out.getvalue()


def said(sentence: str) -> re.Pattern[str]:
    """A sentence of Telegram's in whatever case: the library changes it."""
    return re.compile(re.escape(sentence), re.IGNORECASE)


async def ask(telegram: TelegramEmulator, method: str, **given: Any) -> dict[str, Any]:
    """A request as JSON, past every library; the whole answer."""
    async with httpx.AsyncClient(timeout=120) as client:
        answer = await client.post(f"{telegram.api_url}{telegram.token}/{method}", json=given)
        told: dict[str, Any] = answer.json()
        assert told.get("error_code", 200) == answer.status_code
        return told
