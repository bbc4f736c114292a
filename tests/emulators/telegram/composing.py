"""Reads what a request wants to show where: chat, topic, what it replies to, text, keyboard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.chats import GENERAL_TOPIC, Chat, Topic
from tests.emulators.telegram.entities import CAPTION_LIMIT, TEXT_LIMIT, checked_text, overlaps
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.keyboards import Keyboard, read_markup
from tests.emulators.telegram.messages import Message
from tests.emulators.telegram.parse_modes import parse
from tests.emulators.telegram.world import World

Entities = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Place:
    """Where a message goes."""

    chat: Chat
    topic: Topic | None
    reply_to: Message | None


@dataclass
class Composer:
    """Reads requests against the world."""

    world: World
    complain: Callable[[str], None]

    def place(self, call: Call, kind: str) -> Place:
        """Chat, topic and reply of a new message.

        Raises TelegramError where the bot may not send this there, or one of them is not there.
        """
        chat = self.world.find_chat(call.text("chat_id"))
        chat.check_sending(kind)
        topic = self.topic(call, chat)
        reply_to = self._reply(call, chat)
        if topic is None and reply_to is not None and reply_to.topic is not None:
            topic = reply_to.topic
        if topic is not None and topic.closed and not chat.may(self.world.bot, "can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")
        return Place(chat, topic, reply_to)

    @staticmethod
    def topic(call: Call, chat: Chat) -> Topic | None:
        """The topic that is named; General has no number that can be named."""
        number = call.integer("message_thread_id")
        if not number:
            return None
        found = chat.topics.get(number)
        if number == GENERAL_TOPIC or found is None or found.deleted:
            raise bad_request("message thread not found")
        return found

    def _reply(self, call: Call, chat: Chat) -> Message | None:
        told = call.json("reply_parameters")
        if told is None:
            return None
        if not isinstance(told, dict):
            raise bad_request("can't parse reply parameters: expected an Object")
        if told.get("chat_id") not in {None, chat.id, call.params.get("chat_id")}:
            chat = self.world.find_chat(str(told["chat_id"]))
        number = told.get("message_id")
        message = chat.every_message.get(number) if isinstance(number, int) else None
        if message is None or message.deleted:
            if told.get("allow_sending_without_reply"):
                return None
            raise bad_request("message to be replied not found")
        return message

    def text(self, call: Call) -> tuple[str, Entities]:
        """The text of a message.

        Raises TelegramError where it is empty, too long or wrongly marked up.
        """
        text, entities = self._marked(
            call, call.text("text"), call.text("parse_mode"), call.json("entities"), TEXT_LIMIT, "message is too long"
        )
        if not text:
            raise bad_request("message text is empty")
        return text, entities

    def caption(self, call: Call, told: Mapping[str, Any]) -> tuple[str, Entities]:
        """The caption of media; `told` is the request, or the InputMedia within it."""
        caption = told.get("caption") or ""
        if not isinstance(caption, str):
            raise bad_request("can't parse caption: expected a String")
        return self._marked(
            call,
            caption,
            str(told.get("parse_mode") or ""),
            told.get("caption_entities"),
            CAPTION_LIMIT,
            "message caption is too long",
        )

    def markup(self, call: Call, chat: Chat | None = None) -> tuple[Keyboard, dict[str, Any] | None]:
        """The keyboard of a request.

        Raises TelegramError where whoever writes in the name of a chat asks for another than an inline one (TDLib:
        `only_inline_keyboard`).
        """
        keyboard, below = read_markup(call.json("reply_markup"))
        if below is not None and chat is not None and chat.is_anonymous(self.world.bot):
            raise bad_request("inline keyboard expected")
        return keyboard, below

    def _marked(
        self, call: Call, text: str, mode: str, entities: Any, limit: int, too_long: str
    ) -> tuple[str, Entities]:
        if mode:
            text, entities = parse(text, mode)
        if entities is not None and not isinstance(entities, list):
            raise bad_request("can't parse entities JSON object")
        given = list(entities or ())
        checked = checked_text(text, given, limit=limit, too_long=too_long)
        for sentence in overlaps(given):
            self.complain(f"{call.method}: {sentence}")
        return checked
