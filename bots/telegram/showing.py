"""Films that are made: brought to where their person asks for them, and taken out of a chat again."""

import asyncio
from io import BytesIO
from typing import Final

import msgspec
import structlog
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto

from bots.telegram.answers import answer, take_away
from bots.telegram.asking import Asked
from bots.telegram.desk import Desk
from bots.telegram.entities import plain
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.messenger import TelegramMessenger
from bots.telegram.pace import GatedError
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.render import start_link
from bots.telegram.wire import Wire
from core.errors import DeliveryError, Refusal, RefusalReason
from core.model import Job, JobId, JobState, Visibility
from core.progress import ending
from core.texts import delivery_sentence, say, speaking

_HELD: Final = frozenset({JobState.DELIVERING, JobState.UNDELIVERED})

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
        await TelegramMessenger(place, desk.wire).deliver(job.video, status)
    except DeliveryError as error:
        await answer(desk.wire, asked, [plain(delivery_sentence(error))])


async def take_from_view(desk: Desk, asked: Asked, job: Job, sentence: str) -> bool:
    """Leave the chat without a film, where it is now and above the button that was pressed; whether that is so.

    A message that is too old to be deleted becomes an empty picture with this sentence, in the language of the job.
    """
    wire = desk.wire
    async with wire.lock(job.id):
        place = await wire.where(job.id)
        with speaking(place.language):
            words = say(sentence)
        gone = place.message is None or await _take_one(wire, place.chat, place.message, words)
        if gone and place.message is not None:
            wire.no_more_progress(place)
            await wire.move(job.id, msgspec.structs.replace(place, message=None, has_media=False))
    if (place.chat, place.message) != (asked.chat, asked.message):
        gone = await _take_one(wire, asked.chat, asked.message, words) and gone
    return gone


async def _take_one(wire: Wire, chat: int, message: int, words: str) -> bool:
    if await take_away(wire, chat, message):
        return True
    empty = await asyncio.to_thread(_empty_picture)
    try:
        await wire.pace.answer(chat)
        with faults_become_ours():
            await wire.bot.edit_message_media(
                InputMediaPhoto(empty, caption=words, filename="empty.png"), chat, message
            )
    except GatedError:
        return False
    except FaultError as fault:
        if fault.means is Means.FLOODED:
            await wire.flooded(chat, fault.seconds)
        _log.warning("a film could not be taken from view", chat=chat, reason=str(fault))
        return fault.means in {Means.GONE, Means.SAME}
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


def _empty_picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (320, 180), "black").save(out, "PNG")
    return out.getvalue()
