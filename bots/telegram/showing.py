"""Films that are made: brought to where their person asks for them, and taken out of a chat again."""

import asyncio
from io import BytesIO
from typing import Final

import msgspec
import structlog
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaPhoto

from bots.telegram.answers import answer, take_away
from bots.telegram.asking import Asked
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.pace import GatedError
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.render import start_link
from core.errors import DeliveryError, Refusal, RefusalReason
from core.model import Job, JobId, JobState, Visibility
from core.progress import ending
from core.texts import delivery_sentence, say

_HELD: Final = frozenset({JobState.DELIVERING, JobState.UNDELIVERED})
_COVER: Final = (320, 180)

_log = structlog.get_logger(__name__)


async def find(desk: Desk, asked: Asked, job_id: JobId) -> Job:
    """Somebody's own film that can be brought to them. Raises `Refusal`."""
    job = await desk.service.job(job_id)
    if job.requester.person != asked.requester.person:
        raise Refusal(RefusalReason.NOT_YOURS)
    if not job.state.terminal and job.state is not JobState.DELIVERING:
        raise Refusal(RefusalReason.NOT_OVER_YET)
    if job.removed_at is not None or job.video is None:
        raise Refusal(RefusalReason.NOT_MADE)
    return job


async def bring(desk: Desk, asked: Asked, job: Job) -> None:
    """Show a film of theirs here; nothing is charged for that. Raises `Refusal`.

    Told twice of the same wish, it goes on where it was left.
    """
    if job.wishes.visibility is Visibility.PRIVATE and not asked.private:
        await answer(desk.wire, asked, [plain(say("film-is-private"))], markup=link_to(desk, job.id))
        return
    before = read_place(job.address) if job.address.platform == NAME else None
    place = _place_for(asked, before)
    job = await desk.service.show_again(job.id, place.address(), by=asked.requester)
    if job.state in _HELD or job.video is None:
        return
    status = ending(job, desk.label_of(job), await desk.service.receipt(job))
    try:
        await desk.messenger(place.address()).deliver(job.video, status)
    except DeliveryError as error:
        await answer(desk.wire, asked, [plain(delivery_sentence(error))])


async def take_from_view(desk: Desk, place: Place, words: str) -> bool:
    """Leave a chat without a film; where its message cannot be deleted any more, there is a grey picture instead."""
    if place.message is None or await take_away(desk.wire, place.chat, place.message):
        return True
    cover = await asyncio.to_thread(_grey)
    try:
        await desk.wire.pace.answer(place.chat)
        with faults_become_ours():
            await desk.wire.bot.edit_message_media(
                InputMediaPhoto(InputFile(cover, "grey.jpg", attach=True), caption=words), place.chat, place.message
            )
    except (FaultError, GatedError) as error:
        _log.warning("a film could not be taken from view", chat=place.chat, reason=str(error))
        return isinstance(error, FaultError) and error.means in {Means.GONE, Means.SAME}
    return True


def link_to(desk: Desk, job_id: JobId) -> InlineKeyboardMarkup:
    """A button that opens the private chat and asks there for a film."""
    words = f"💬 {say('telegram-button-open-private')}"
    return InlineKeyboardMarkup([[InlineKeyboardButton(words, url=start_link(desk.wire.bot.username, job_id))]])


def _place_for(asked: Asked, before: Place | None) -> Place:
    """Under the press itself where that message waits for its film; else a message of its own, without a ping."""
    waits = before is not None and before.chat == asked.chat and not before.has_media
    if before is not None and waits and asked.message in {before.message, before.asked_in}:
        return before
    place = asked.place()
    file_id = before.file_id if before is not None else None
    return msgspec.structs.replace(place, file_id=file_id, pinged=True)


def _grey() -> bytes:
    out = BytesIO()
    Image.new("RGB", _COVER, "grey").save(out, "JPEG")
    return out.getvalue()
