"""Who asks for something on Telegram and where: what is the same for a message, a caption and a press of a button."""

from dataclasses import dataclass, replace
from typing import Final, Self

import telegram
from telegram.constants import ChatType

from bots.telegram.languages import language_of
from bots.telegram.place import NAME, Place
from core.model import Requester
from core.texts import ENGLISH

NOWHERE: Final = 0
"""In the place of a message where what was done has none."""
GENERAL: Final = 1
"""The topic that every forum has; messages in it bear no number."""
_UNNAMED: Final = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that somebody did. `message` is what is answered under."""

    update: int
    chat: int
    person: int
    """A user, or the chat in whose name an anonymous administrator or a channel wrote."""
    message: int
    thread: int | None = None
    private: bool = False
    channel: bool = False
    """Whether it was done in a channel, where the bot writes in the name of that."""
    first_name: str = ""
    """How the person is called, where there is a person."""
    language: str = ENGLISH
    """What whoever did it reads."""

    @classmethod
    def by_message(cls, update: telegram.Update, message: telegram.Message) -> Self | None:
        """From a message or a post in a channel; None where nobody stands behind it whom we would answer."""
        voice, user = message.sender_chat, message.from_user
        if voice is None and (user is None or user.is_bot):
            return None
        person = voice.id if voice is not None else user.id if user is not None else _UNNAMED
        return cls(
            update=update.update_id,
            chat=message.chat.id,
            person=person,
            message=message.message_id,
            thread=thread_of(message),
            private=message.chat.type == ChatType.PRIVATE,
            channel=message.chat.type == ChatType.CHANNEL,
            first_name=user.first_name if voice is None and user is not None else "",
            language=language_of(user),
        )

    @classmethod
    def by_press(cls, update: telegram.Update, query: telegram.CallbackQuery) -> Self | None:
        """From a press under a message of ours; None for one that stands in no chat."""
        message = query.message
        if message is None:
            return None
        return cls(
            update=update.update_id,
            chat=message.chat.id,
            person=query.from_user.id,
            message=message.message_id,
            thread=thread_of(message) if isinstance(message, telegram.Message) else None,
            private=message.chat.type == ChatType.PRIVATE,
            channel=message.chat.type == ChatType.CHANNEL,
            first_name=query.from_user.first_name,
            language=language_of(query.from_user),
        )

    @property
    def requester(self) -> Requester:
        """The subject of a quota; alone with the bot, a person is a community of their own."""
        person = f"{NAME}:{self.person}"
        return Requester(person, person if self.private else f"{NAME}:{self.chat}")

    @property
    def topic(self) -> str:
        """By which name this place in a group is let or kept; what is in no topic is in General."""
        return f"{NAME}:topic:{self.thread or GENERAL}"

    @property
    def asked_by(self) -> str:
        """What names this one deed, however often Telegram tells of it."""
        return f"{NAME}:{self.update}"

    def on_behalf_of(self, person: int) -> Self:
        """The same, done in the name of a chat or of whoever a button belongs to."""
        return replace(self, person=person)

    def moved_to(self, chat: int) -> Self:
        """The same in the chat that goes on in the place of this one: none of the messages here are there."""
        return self if chat == self.chat else replace(self, chat=chat, message=NOWHERE, thread=None)

    def place(self, message: int | None = None) -> Place:
        """Where an answer goes: into `message`, or into one that is still to be posted."""
        return Place(
            chat=self.chat,
            person=self.person,
            message=message,
            thread=self.thread,
            asked_in=self.message,
            private=self.private,
            language=self.language,
        )


def thread_of(message: telegram.Message) -> int | None:
    """The forum topic; a reply outside of forums bears a thread too, which must not be named, nor must General's."""
    return message.message_thread_id if message.is_topic_message else None
