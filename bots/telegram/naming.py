"""What people, topics and roles of a group are called when moderators read of them: by name, and nobody is pinged."""

from typing import Final

import telegram

from bots.telegram.admins import ROLE
from bots.telegram.asking import GENERAL, Asked
from bots.telegram.place import NAME
from bots.telegram.render import harmless
from core.texts import say

_TOPIC: Final = f"{NAME}:topic:"
_SUPERGROUPS: Final = "-100"
"""What stands before the number of a supergroup, but for in links."""


def called(subject: str, asked: Asked, name: str | None = None) -> str:
    """What a subject is called."""
    if subject == ROLE:
        return say("telegram-admins")
    if subject.startswith(_TOPIC):
        return topic(subject, asked.chat)
    if subject == f"{NAME}:{asked.chat}":
        return say("telegram-anonymous")
    return harmless(name) if name else say("telegram-somebody", number=subject.partition(":")[2])


def topic(subject: str, chat: int) -> str:
    """A topic, as an address that leads there; the bot is told no names of topics."""
    number = int(subject.removeprefix(_TOPIC))
    if number == GENERAL:
        return say("telegram-general")
    if str(chat).startswith(_SUPERGROUPS):
        return f"https://t.me/c/{str(chat).removeprefix(_SUPERGROUPS)}/{number}"
    return say("telegram-topic", number=str(number))


def voice_of(message: telegram.Message) -> telegram.User | telegram.Chat | None:
    """Who wrote a message: a user, or the chat in whose name they did; None for a bot, and for a topic's beginning."""
    if message.forum_topic_created is not None:
        return None
    if message.sender_chat is not None:
        return message.sender_chat
    user = message.from_user
    return user if user is not None and not user.is_bot else None
