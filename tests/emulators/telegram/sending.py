"""What the bot sends: texts, photos, videos, documents, and what it shows while it does so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.chats import SENDING, Chat, ChatType
from tests.emulators.telegram.clock import now, seconds
from tests.emulators.telegram.composing import Composer, Place
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.flood import FloodControl
from tests.emulators.telegram.media import Uploads
from tests.emulators.telegram.messages import Look, Message, Version
from tests.emulators.telegram.payloads import message_json
from tests.emulators.telegram.world import GROUP_ANONYMOUS_BOT, World

ACTIONS = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
        *("upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"),
    }
)

Method = Callable[[Call], Any]


@dataclass
class Sending:
    """The methods that make new messages."""

    world: World
    files: Files
    composer: Composer
    uploads: Uploads
    flood: FloodControl

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "sendMessage": self.send_message,
            "sendPhoto": self.send_media,
            "sendVideo": self.send_media,
            "sendAnimation": self.send_media,
            "sendDocument": self.send_media,
            "sendChatAction": self.send_chat_action,
            "forwardMessage": self.forward_message,
            "copyMessage": self.copy_message,
        }

    def send_message(self, call: Call) -> dict[str, Any]:
        place = self.composer.place(call, "text")
        text, entities = self.composer.text(call)
        keyboard, below = self.composer.markup(call, place.chat)
        preview = call.json("link_preview_options")
        look = Look(text, entities, keyboard=keyboard, below=below, preview=preview)
        return message_json(self._sent(call, place, look), self.files)

    async def send_media(self, call: Call) -> dict[str, Any]:
        kind = call.method.removeprefix("send").lower()
        place = self.composer.place(call, kind)
        text, entities = self.composer.caption(call, _caption_told(call))
        keyboard, below = self.composer.markup(call, place.chat)
        media = await self.uploads.media(call, kind, call.params.get(kind), call.params, name=kind)
        # the chat may have changed while a file was fetched
        place = self.composer.place(call, kind)
        above = call.flag("show_caption_above_media")
        look = Look(text, entities, media, keyboard=keyboard, below=below, caption_above=above)
        return message_json(self._sent(call, place, look), self.files)

    def send_chat_action(self, call: Call) -> bool:
        chat = self.world.find_chat(call.text("chat_id"))
        chat.check_there()
        topic = self.composer.topic(call, chat)
        action = call.text("action")
        if action not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat.actions.append((now(), action, None if topic is None else topic.id))
        return True

    def forward_message(self, call: Call) -> dict[str, Any]:
        source = self._source(call, "forward")
        place = self.composer.place(call, _kind(source.look))
        look = Look(source.text, source.entities, source.media, preview=source.look.preview)
        message = self._sent(call, place, look, forwarded_from=source.forwarded_from or source)
        return message_json(message, self.files)

    def copy_message(self, call: Call) -> dict[str, Any]:
        source = self._source(call, "copy")
        place = self.composer.place(call, _kind(source.look))
        text, entities = source.text, source.entities
        if call.has("caption") and source.media is not None:
            text, entities = self.composer.caption(call, _caption_told(call))
        keyboard, below = self.composer.markup(call, place.chat)
        look = Look(text, entities, source.media, keyboard=keyboard, below=below, preview=source.look.preview)
        return {"message_id": self._sent(call, place, look).id}

    def _source(self, call: Call, verb: str) -> Message:
        chat = self.world.find_chat(call.text("from_chat_id"))
        chat.check_there()
        message = chat.every_message.get(call.integer("message_id"))
        if message is None or message.deleted:
            raise bad_request(f"message to {verb} not found")
        if message.protected or message.look.service:
            raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
        return message

    def _sent(self, call: Call, place: Place, look: Look, *, forwarded_from: Message | None = None) -> Message:
        chat = place.chat
        self.flood.count(call, chat.id, seconds(), group=not chat.is_private)
        post = chat.type is ChatType.CHANNEL
        sender = self.world.users[GROUP_ANONYMOUS_BOT] if chat.is_anonymous(self.world.bot) else self.world.bot
        message = Message(
            self.world.message_id(chat),
            chat,
            None if post else sender,
            [Version(now(), look)],
            topic=place.topic,
            reply_to=place.reply_to,
            sender_chat=chat if post or sender is not self.world.bot else None,
            forwarded_from=forwarded_from,
            silent=call.flag("disable_notification"),
            protected=call.flag("protect_content"),
            thread_id=thread_of(chat, place.reply_to),
        )
        if message.sender_chat is not None:
            self.world.bot_posts.append(message)
        if chat.schedules_videos is not None and message.video is not None:
            return self._scheduled(message, chat.schedules_videos)
        return self.world.show(message)

    def _scheduled(self, message: Message, after: float) -> Message:
        """Shown later: the bot never learns the number."""
        message.chat.schedules_videos = None
        message.told_id = 0

        def appear() -> None:
            message.told_id = None
            self.world.show(message)

        asyncio.get_running_loop().call_later(after, appear)
        return message


def thread_of(chat: Chat, reply_to: Message | None) -> int | None:
    """In a supergroup a reply outside all topics belongs to a thread, which is numbered by its first message.

    So it is in the General topic of a forum (tdlib/telegram-bot-api#447), and no message can be sent by that number.
    """
    if chat.type is not ChatType.SUPERGROUP or reply_to is None or reply_to.topic is not None:
        return None
    return reply_to.thread_id or reply_to.id


def _kind(look: Look) -> str:
    return "text" if look.media is None or look.media.kind not in SENDING else look.media.kind


def _caption_told(call: Call) -> dict[str, Any]:
    return {
        "caption": call.text("caption"),
        "parse_mode": call.text("parse_mode"),
        "caption_entities": call.json("caption_entities"),
    }
