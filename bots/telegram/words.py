"""The two calls that put words into a chat for a job: post its message, and edit it."""

from typing import Any

from msgspec.structs import replace
from telegram import ReplyParameters

from bots.telegram.entities import Text
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.place import Place
from bots.telegram.render import Look
from bots.telegram.wire import NO_PREVIEW, Wire
from core.model import JobId


async def post(job: JobId, place: Place, look: Look, wire: Wire) -> Place:
    """Post a job's message and write down where it is. Must run to its end. Raises `FaultError`."""
    words: dict[str, Any] = {}
    if not place.private and place.asked_in is not None:
        words["reply_parameters"] = ReplyParameters(place.asked_in, allow_sending_without_reply=True)
    with faults_become_ours():
        sent = await wire.bot.send_message(
            place.chat,
            look.text.words,
            entities=look.text.entities,
            reply_markup=look.keyboard,
            message_thread_id=place.thread,
            link_preview_options=NO_PREVIEW,
            disable_notification=True,
            **words,
        )
    place = await wire.move(job, replace(place, message=sent.message_id, has_media=False))
    wire.showed(place, look)
    return place


async def edit_words(place: Place, look: Look, wire: Wire) -> None:
    """Change what a message says; that it says so already is as good. Raises `FaultError`."""
    if place.message is None:
        raise ValueError("there is no message to edit")
    try:
        with faults_become_ours():
            if place.has_media:
                await wire.bot.edit_message_caption(
                    place.chat,
                    place.message,
                    caption=look.text.words,
                    caption_entities=look.text.entities,
                    reply_markup=look.keyboard,
                )
            else:
                await wire.bot.edit_message_text(
                    look.text.words,
                    place.chat,
                    place.message,
                    entities=look.text.entities,
                    reply_markup=look.keyboard,
                    link_preview_options=NO_PREVIEW,
                )
    except FaultError as fault:
        if fault.means is not Means.SAME:
            raise
    wire.showed(place, look)


def without_looks(look: Look) -> Look:
    """The same words, and nothing said about them."""
    return Look(Text(look.text.words), look.keyboard)
