"""A film on its way to Telegram: what it is sent with, from the disk or by what Telegram has of it already."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from telegram import InputFile, InputMediaVideo

from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.limits import MEDIA_READ_SECONDS, MEDIA_WRITE_SECONDS
from bots.telegram.pace import GatedError
from bots.telegram.render import Look, file_name
from bots.telegram.wire import Wire
from core.errors import DeliveryError, DeliveryReason
from core.model import Status, Video, Visibility
from core.videos.stills import Still, still_of

STORAGE_SECONDS: Final = 3.0
"""So long a film waits for a turn of the storage chat, which all films of the house share."""
UNSURE_UPLOADS: Final = 2
"""After so many uploads there of which nobody knows whether they arrived, the film goes into its message."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FilmToSend:
    """A kept film with all that Telegram wants to know of it."""

    video: Video
    still: Still | None
    name: str
    spoiler: bool

    @property
    def told(self) -> dict[str, Any]:
        """Its sides and length: without them it is shown in a wrong box."""
        if self.still is None:
            return {"supports_streaming": True}
        seconds = self.still.seconds
        return {
            "width": self.still.width,
            "height": self.still.height,
            "duration": timedelta(seconds=max(1, round(seconds))) if seconds is not None else None,
            "supports_streaming": True,
        }

    @property
    def thumbnail(self) -> bytes | None:
        """A small picture of it, which goes only with its bytes."""
        return self.still.jpeg if self.still is not None else None


async def film_to_send(video: Video, status: Status) -> FilmToSend:
    """Look at a film. Where nothing can be seen in it, it goes as it is."""
    still = await still_of(video.path)
    return FilmToSend(video, still, file_name(status), status.wishes.visibility is Visibility.SPOILER)


@asynccontextmanager
async def media_of(film: FilmToSend, file_id: str | None, look: Look) -> AsyncGenerator[InputMediaVideo]:
    """What a message becomes. The file is open while the block runs, and is read piece by piece.

    Raises `DeliveryError` where it is gone.
    """
    words: dict[str, Any] = {
        "caption": look.text.words,
        "caption_entities": look.text.entities,
        "has_spoiler": film.spoiler,
        **film.told,
    }
    if file_id is not None:
        yield InputMediaVideo(file_id, **words)
        return
    async with _opened(film, attach=True) as upload:
        yield InputMediaVideo(upload, thumbnail=film.thumbnail, **words)


async def stored(film: FilmToSend, status: Status, wire: Wire) -> str | None:
    """Upload a film where a second one hurts nobody; what Telegram calls it, or None where it has to go directly.

    That chat is a detour, so nobody is kept waiting for it: where its turn is far, or nobody knew of several uploads
    whether they arrived, the film goes into its message at once. Raises `DeliveryError` where trying again may do.
    """
    chat, job = wire.storage_chat, status.job
    if chat is None or wire.unsure_stored.get(job, 0) >= UNSURE_UPLOADS:
        return None
    try:
        async with asyncio.timeout(STORAGE_SECONDS):
            await wire.pace.final(chat)
        async with _opened(film, attach=False) as upload:
            with faults_become_ours():
                message = await wire.bot.send_video(
                    chat,
                    upload,
                    caption=job,
                    thumbnail=film.thumbnail,
                    disable_notification=True,
                    read_timeout=MEDIA_READ_SECONDS,
                    write_timeout=MEDIA_WRITE_SECONDS,
                    **film.told,
                )
    except (GatedError, TimeoutError) as error:
        _log.info("the storage chat has no turn soon", job=job, reason=type(error).__name__)
        return None
    except FaultError as fault:
        _log.warning("a film could not be stored", job=job, reason=str(fault))
        match fault.means:
            case Means.FLOODED:
                await wire.flooded(chat, fault.seconds)
            case Means.NOT_SENT:
                raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from fault
            case Means.UNSURE:
                wire.unsure_stored[job] = wire.unsure_stored.get(job, 0) + 1
                if wire.unsure_stored[job] < UNSURE_UPLOADS:
                    raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from fault
        return None
    wire.unsure_stored.pop(job, None)
    # A video in a large chat may be put off by the server: then it is told of without its file.
    return message.video.file_id if message.video is not None else None


@asynccontextmanager
async def _opened(film: FilmToSend, *, attach: bool) -> AsyncGenerator[InputFile]:
    try:
        file = await asyncio.to_thread(film.video.path.open, "rb")
    except OSError as error:
        raise DeliveryError(DeliveryReason.FILE_GONE, permanent=True) from error
    with file:
        yield InputFile(file, filename=film.name, attach=attach, read_file_handle=False)
