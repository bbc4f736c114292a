"""What is said to people on Telegram besides the status of a job: within a chat's flood budget, never a second time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog
import telegram
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters

from bots.telegram.asking import Asked
from bots.telegram.entities import Piece, Text, compose, cut
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.ingress import let_pass
from bots.telegram.limits import TEXT_UNITS
from bots.telegram.pace import GatedError
from bots.telegram.wire import NO_PREVIEW, Wire

TOAST_UNITS: Final = 200
"""The longest text of answerCallbackQuery (Bot API)."""
_TRIES: Final = 3

Markup = InlineKeyboardMarkup | ForceReply
Rows = Sequence[Sequence[InlineKeyboardButton]]

_log = structlog.get_logger(__name__)


async def answer(wire: Wire, asked: Asked, pieces: Sequence[Piece], *, markup: Markup | None = None) -> int | None:
    """Say something under what was asked; the new message, or None where that could not be.

    What surely was not sent is tried again; where nobody knows, once is enough. From here on nothing that came later
    waits for this update, however long the chat takes to hear of it.
    """
    let_pass()
    if not wire.answers.has_room(asked.chat, asked.person):
        _log.info("an answer was not given: too many wait for theirs", chat=asked.chat)
        return None
    with wire.answers.joined(asked.chat, asked.person):
        return await _say(wire, asked, compose(pieces, TEXT_UNITS), markup)


async def _say(wire: Wire, asked: Asked, text: Text, markup: Markup | None) -> int | None:
    for _ in range(_TRIES):
        try:
            await wire.pace.answer(asked.chat)
            with faults_become_ours():
                message = await wire.bot.send_message(
                    asked.chat,
                    text.words,
                    entities=text.entities,
                    message_thread_id=asked.thread,
                    reply_parameters=ReplyParameters(asked.message, allow_sending_without_reply=True),
                    reply_markup=markup,
                    link_preview_options=NO_PREVIEW,
                )
        except GatedError as gated:
            _log.info("an answer was not given", chat=asked.chat, reason=str(gated))
            return None
        except FaultError as fault:
            if fault.means is Means.FLOODED:
                await wire.flooded(asked.chat, fault.seconds)
            elif fault.means is Means.NO_THREAD and asked.thread is not None:
                asked = replace(asked, thread=None)
            elif fault.means is Means.MIGRATED and fault.new_chat is not None:
                asked = replace(asked, chat=fault.new_chat)
            elif fault.means is Means.LOOKS_REFUSED and isinstance(markup, ForceReply):
                markup = None  # we write in the name of the chat here
            elif fault.means is not Means.NOT_SENT:
                _log.info("an answer was not given", chat=asked.chat, reason=str(fault))
                return None
        else:
            return message.message_id
    return None


async def rewrite(
    wire: Wire, chat: int, message: int, pieces: Sequence[Piece], rows: Rows, *, has_turn: bool = False
) -> bool:
    """Make a message of ours look like this; whether it does. What does not reach it its next press draws again.

    `has_turn`: a turn of the chat's budget was taken for it already.
    """
    text = compose(pieces, TEXT_UNITS)
    try:
        if not has_turn:
            await wire.pace.answer(chat)
        with faults_become_ours():
            await wire.bot.edit_message_text(
                text.words,
                chat,
                message,
                entities=text.entities,
                reply_markup=InlineKeyboardMarkup(rows) if rows else None,
                link_preview_options=NO_PREVIEW,
            )
    except GatedError as gated:
        _log.info("a message was not changed", chat=chat, reason=str(gated))
    except FaultError as fault:
        if fault.means is Means.FLOODED:
            await wire.flooded(chat, fault.seconds)
        if fault.means is Means.SAME:
            return True
        _log.info("a message was not changed", chat=chat, reason=str(fault))
    else:
        return True
    return False


async def take_away(wire: Wire, chat: int, message: int) -> bool:
    """Delete a message of ours; whether it is gone. That costs nothing of the budget, but waits for no flood to end."""
    if wire.pace.shut_for(chat) > 0:
        return False
    try:
        with faults_become_ours():
            return await wire.bot.delete_message(chat, message)
    except FaultError as fault:
        if fault.means is Means.FLOODED:
            await wire.flooded(chat, fault.seconds)
        if fault.means is Means.GONE:
            return True
        _log.info("a message was not deleted", chat=chat, reason=str(fault))
    return False


async def toast(wire: Wire, query: telegram.CallbackQuery, words: str = "", *, url: str | None = None) -> None:
    """Answer a press. It is free of any budget, and one that comes too late is one that nobody waits for.

    `url`: a link into the private chat with us, which is opened.
    """
    try:
        with faults_become_ours():
            await wire.bot.answer_callback_query(
                query.id, cut(words, TOAST_UNITS) or None, show_alert=len(words) > _GLANCE or None, url=url
            )
    except FaultError as fault:
        _log.info("a press was not answered", reason=str(fault))


_GLANCE: Final = 60
"""Letters that can be read while a toast is there; more are shown until somebody has read them."""
