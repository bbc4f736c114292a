"""Pictures that people send: found in a message, fetched by us within bounds, drawn anew before anybody gets them."""

import asyncio
from pathlib import Path
from typing import Final

import aiohttp
import structlog
import telegram

from bots.telegram.faults import FaultError, Means, faults_become_ours
from core.errors import Refusal, RefusalReason
from core.model import Picture
from core.pictures import BYTES_LIMIT, take_in

FETCH_SECONDS: Final = 60.0
"""So long a picture may take to arrive."""
_CHUNK: Final = 64 << 10
_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/webp"})

_log = structlog.get_logger(__name__)

Shown = telegram.PhotoSize | telegram.Document


def shown_in(message: telegram.Message | telegram.ExternalReplyInfo) -> Shown | None:
    """The picture of a message: of a photo its largest size that we take, or a file that says that it is a picture.

    Raises `Refusal(PICTURE_UNREADABLE)` for a film, another kind of file, and one that is too large.
    """
    if message.photo:
        sizes = sorted(message.photo, key=lambda size: size.width * size.height)
        fitting = [size for size in sizes if (size.file_size or 0) <= BYTES_LIMIT]
        if not fitting:
            raise Refusal(RefusalReason.PICTURE_UNREADABLE)
        return fitting[-1]
    if message.animation is not None or message.video is not None or message.sticker is not None:
        raise Refusal(RefusalReason.PICTURE_UNREADABLE)
    if message.document is not None:
        if message.document.mime_type not in _TYPES or (message.document.file_size or 0) > BYTES_LIMIT:
            raise Refusal(RefusalReason.PICTURE_UNREADABLE)
        return message.document
    return None


async def fetch(bot: telegram.Bot, shown: Shown) -> Picture:
    """The picture as it may be kept and sent on. Raises `Refusal(PICTURE_UNREADABLE)`, or `PICTURE_NOT_FETCHED`.

    Its address holds the bot's token: it is used here and nowhere else, and no error carries it out.
    """
    try:
        with faults_become_ours():
            file = await bot.get_file(shown.file_id)
    except FaultError as fault:
        _log.info("a picture could not be fetched", reason=str(fault))
        large = fault.means is Means.TOO_LARGE
        raise Refusal(RefusalReason.PICTURE_UNREADABLE if large else RefusalReason.PICTURE_NOT_FETCHED) from None
    if (file.file_size or 0) > BYTES_LIMIT:
        raise Refusal(RefusalReason.PICTURE_UNREADABLE)
    if file.file_path is None:
        raise Refusal(RefusalReason.PICTURE_NOT_FETCHED)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            data = await _read(file.file_path)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        _log.info("a picture could not be fetched", reason=type(error).__name__)
        raise Refusal(RefusalReason.PICTURE_NOT_FETCHED) from None
    return await take_in(data)


async def _read(path: str) -> bytes:
    """What lies there, and one byte more than we take at most. Raises what `aiohttp` and files raise."""
    if not path.startswith(("https://", "http://")):  # a local Bot API server names the file on its disk
        return await asyncio.to_thread(_read_file, Path(path))
    data = bytearray()
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(path, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(answer.status)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > BYTES_LIMIT:
                break
    return bytes(data)


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES_LIMIT + 1)
