"""Questions: for words or a picture for a card, for others for a video that there is, and for what is wrong with it."""

from dataclasses import replace
from typing import Final

import msgspec
import telegram
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup

from bots.telegram.answers import answer, take_away
from bots.telegram.asking import Asked
from bots.telegram.card import Cards
from bots.telegram.desk import Desk
from bots.telegram.entities import Piece, code, cut, mention, plain
from bots.telegram.ingress import let_pass
from bots.telegram.pictures import fetch, shown_in
from bots.telegram.signing import Verb
from core.drafts import Draft
from core.model import JobId
from core.ordering import read_order
from core.texts import say

REASONS: Final = ("sexual", "violent", "person", "other")
"""Why a video can be reported."""
_PLACEHOLDER_UNITS: Final = 64
"""The longest placeholder of a forced reply (Bot API, ForceReply)."""
_WORDS_UNITS: Final = 3800
"""Of the words as they are now: what a message takes, and room for the question."""


class _About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the words are for."""

    card: str | None = None
    job: JobId | None = None
    album: str | None = None
    """Of several pictures that were the answer, what holds them together: the first is taken."""


_decode: Final = msgspec.json.Decoder(_About).decode


class Asks:
    """Asks for words and hears them, or sees a picture in their place.

    What was asked is in the database, so that a restart forgets no question.
    """

    def __init__(self, desk: Desk, cards: Cards) -> None:
        self._desk = desk
        self._cards = cards

    async def ask(self, asked: Asked, *, card: str | None = None, job: JobId | None = None, words: str = "") -> None:
        """Ask somebody for words; those that there are can be copied.

        In a channel nobody can be made to reply (TDLib takes inline keyboards alone there), but whoever posts can.
        """
        of_a_user = asked.person > 0
        pieces: list[Piece] = [mention(asked.first_name, asked.person), plain(" ")] if of_a_user else []
        pieces.append(plain(say("ask-words")))
        if words:
            pieces += [plain("\n"), code(cut(words, _WORDS_UNITS))]
        placeholder = cut(words or say("option-prompt"), _PLACEHOLDER_UNITS)
        force = ForceReply(selective=of_a_user, input_field_placeholder=placeholder) if not asked.channel else None
        message = await answer(self._desk.wire, asked, pieces, markup=force)
        if message is None:
            return
        about = _About(card, job)
        await self._desk.service.keep_draft(
            Draft(
                id=_id_of(asked.chat, message),
                person=asked.requester.person,
                address=asked.place(message).address(),
                body=msgspec.json.encode(about).decode(),
                created_at=self._desk.wire.now(),
            )
        )

    async def ask_why(self, asked: Asked, job_id: JobId) -> None:
        """Buttons rather than words: what is wrong is said in one press, and nothing of it stays in the chat."""
        buttons = [
            InlineKeyboardButton(
                say("report-reason", reason=reason),
                callback_data=self._desk.signer.seal(Verb.REASON, job_id, asked.person, reason),
            )
            for reason in REASONS
        ]
        markup = InlineKeyboardMarkup([buttons[:2], buttons[2:]])
        await answer(self._desk.wire, asked, [plain(say("form-reason"))], markup=markup)

    async def hear(self, asked: Asked, message: telegram.Message) -> bool:
        """Take a reply to a question of ours, if that is what it is and it is from whom was asked.

        Raises `Refusal` and `OptionError`.
        """
        question = message.reply_to_message
        if question is None or not self._may_be_ours(question):
            return False
        draft = await self._desk.service.draft(_id_of(asked.chat, question.message_id))
        if draft is None or draft.person != asked.requester.person:
            return False
        said, shown = message.text or message.caption or "", shown_in(message)
        about, album = _decode(draft.body), message.media_group_id
        if album is not None and album == about.album:
            shown = None
            if not said:
                return True
        if not said and shown is None:
            await answer(self._desk.wire, asked, [plain(say("ask-no-words"))])
            return True
        order = read_order(said)
        if shown is not None:
            order = replace(order, picture=await fetch(self._desk.wire.bot, shown))
        reworded = about.card is not None and await self._cards.reword(about.card, order)
        if about.card is not None and not reworded:
            await self._cards.open(asked, order)
        elif about.job is not None:
            await self._desk.again(asked, about.job, order)
        if album is not None:
            body = msgspec.json.encode(msgspec.structs.replace(about, album=album)).decode()
            await self._desk.service.change_draft(draft.id, lambda known: replace(known, body=body))
        await take_away(self._desk.wire, asked.chat, question.message_id)
        if about.card is not None and reworded:
            let_pass()
            await self._cards.redraw(about.card)
        return True

    def _may_be_ours(self, question: telegram.Message) -> bool:
        """In a channel, and as an anonymous administrator, the bot writes as the chat: the books know what it asked."""
        as_chat = question.sender_chat is not None and question.sender_chat.id == question.chat.id
        return as_chat or (question.from_user is not None and question.from_user.id == self._desk.wire.bot.id)


def _id_of(chat: int, message: int) -> str:
    return f"ask:{chat}:{message}"
