"""Handing a finished video over: tried again with patience, given up only for what no patience mends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from core.errors import DeliveryError, DeliveryReason
from core.model import Status, Video
from core.ports import Messenger

TRIES: Final = 5
FIRST_PAUSE_SECONDS: Final = 1.0
"""Doubled after each try: 15 s in all, within which most hiccups of a chat are over."""

_log = structlog.get_logger(__name__)


async def deliver(
    messenger: Messenger,
    video: Video,
    status: Status,
    *,
    still_mine: Callable[[], Awaitable[None]],
    link: str | None = None,
) -> None:
    """Hand a film over with its final status; one that is too large as its `link`, where people may have that.

    `still_mine` is asked before each try, and raises where it is not.

    Raises `DeliveryError`: a permanent one at once, others once all tries are spent. The film is kept either way.
    """
    if not video.path.is_file():
        raise DeliveryError(DeliveryReason.FILE_GONE, permanent=True)
    try:
        await _patiently(lambda: _upload(messenger, video, status), status, still_mine)
    except DeliveryError as error:
        if error.reason is not DeliveryReason.TOO_LARGE_FOR_CHAT or link is None:
            raise
        await _patiently(lambda: messenger.show(replace(status, link=link)), status, still_mine)


async def _upload(messenger: Messenger, video: Video, status: Status) -> None:
    if video.size > messenger.limits.upload_bytes:
        raise DeliveryError(DeliveryReason.TOO_LARGE_FOR_CHAT, permanent=True)
    await messenger.deliver(video, status)


async def _patiently(
    hand_over: Callable[[], Awaitable[None]], status: Status, still_mine: Callable[[], Awaitable[None]]
) -> None:
    pause = FIRST_PAUSE_SECONDS
    for left in reversed(range(TRIES)):
        await still_mine()
        try:
            return await hand_over()
        except DeliveryError as error:
            if error.permanent or not left or error.seconds > pause:
                raise
            _log.info("not handed over yet", job=status.job, reason=error.reason.value, tries_left=left)
        await asyncio.sleep(pause)
        pause *= 2
    return None
