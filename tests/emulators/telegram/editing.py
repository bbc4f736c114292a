"""What the bot changes: texts, captions, media, keyboards, reactions; and what it takes away."""

from dataclasses import dataclass, replace
from typing import Any

from telegram.constants import ReactionEmoji
from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.chats import Chat, ChatType
from tests.emulators.telegram.clock import now, seconds
from tests.emulators.telegram.composing import Composer
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.flood import FloodControl
from tests.emulators.telegram.media import Uploads
from tests.emulators.telegram.messages import Look, Message
from tests.emulators.telegram.payloads import message_json
from tests.emulators.telegram.post import Post
from tests.emulators.telegram.sending import Method
from tests.emulators.telegram.world import World

DELETABLE_SECONDS = 48 * 3600.0
"""How long a message of a private chat or a group can be deleted by the bot that wrote it."""
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
_REACTIONS = frozenset(emoji.value for emoji in ReactionEmoji)
_EDITABLE_MEDIA = frozenset({"photo", "video", "animation", "document"})


@dataclass
class Editing:
    """The methods that change what is there."""

    world: World
    files: Files
    post: Post
    composer: Composer
    uploads: Uploads
    flood: FloodControl

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "editMessageText": self.edit_text,
            "editMessageCaption": self.edit_caption,
            "editMessageMedia": self.edit_media,
            "editMessageReplyMarkup": self.edit_markup,
            "deleteMessage": self.delete_message,
            "deleteMessages": self.delete_messages,
            "setMessageReaction": self.set_reaction,
        }

    def edit_text(self, call: Call) -> dict[str, Any]:
        message = self._mine(call)
        text, entities = self.composer.text(call)
        if message.media is not None:
            raise bad_request("there is no text in the message to edit")
        keyboard = self._keyboard(call)
        preview = call.json("link_preview_options")
        look = replace(message.look, text=text, entities=entities, keyboard=keyboard, preview=preview)
        return self._changed(call, message, look)

    def edit_caption(self, call: Call) -> dict[str, Any]:
        message = self._mine(call)
        told = {name: call.text(name) for name in ("caption", "parse_mode")}
        text, entities = self.composer.caption(call, told | {"caption_entities": call.json("caption_entities")})
        if message.media is None:
            raise bad_request("there is no caption in the message to edit")
        above = call.flag("show_caption_above_media")
        keyboard = self._keyboard(call)
        look = replace(message.look, text=text, entities=entities, keyboard=keyboard, caption_above=above)
        return self._changed(call, message, look)

    async def edit_media(self, call: Call) -> dict[str, Any]:
        self._mine(call)
        told = call.json("media")
        if told is None:
            raise bad_request("input media is not specified")
        if not isinstance(told, dict):
            raise bad_request("can't parse InputMedia: expected an Object")
        kind = told.get("type")
        if kind not in _EDITABLE_MEDIA:
            raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
        text, entities = self.composer.caption(call, told)
        keyboard = self._keyboard(call)
        media = await self.uploads.media(call, kind, told.get("media"), told, name=kind)
        message = self._mine(call)
        message.chat.check_sending(kind)
        above = bool(told.get("show_caption_above_media"))
        look = Look(text, entities, media, keyboard=keyboard, caption_above=above)
        return self._changed(call, message, look)

    def edit_markup(self, call: Call) -> dict[str, Any]:
        message = self._mine(call)
        return self._changed(call, message, replace(message.look, keyboard=self._keyboard(call)))

    def delete_message(self, call: Call) -> bool:
        chat = self._chat(call)
        message = chat.every_message.get(call.integer("message_id"))
        if message is None or message.deleted:
            raise bad_request("message to delete not found")
        if not self._may_delete(chat, message):
            raise bad_request("message can't be deleted")
        message.deleted = True
        return True

    def delete_messages(self, call: Call) -> bool:
        chat = self._chat(call)
        numbers = call.json("message_ids")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
            raise bad_request("message identifiers are not specified")
        for number in numbers:
            message = chat.every_message.get(number)
            if message is not None and self._may_delete(chat, message):
                message.deleted = True
        return True

    def set_reaction(self, call: Call) -> bool:
        chat = self._chat(call)
        message = chat.every_message.get(call.integer("message_id"))
        if message is None or message.deleted:
            raise bad_request("message to react not found")
        reactions = call.json("reaction") or []
        if not isinstance(reactions, list) or not all(isinstance(one, dict) for one in reactions):
            raise bad_request("can't parse reaction types JSON object")
        if len(reactions) > 1 or any(one.get("type") == "paid" for one in reactions):
            raise bad_request("REACTIONS_TOO_MANY")
        if any(one.get("type") == "emoji" and one.get("emoji") not in _REACTIONS for one in reactions):
            raise bad_request("REACTION_INVALID")
        message.reactions[self.world.bot.id] = tuple(reactions)
        return True

    def _chat(self, call: Call) -> Chat:
        chat = self.world.find_chat(call.text("chat_id"))
        chat.check_there()
        return chat

    def _mine(self, call: Call) -> Message:
        """The message to edit.

        Raises TelegramError where it is gone or not the bot's.
        """
        if not call.has("chat_id") and not call.has("inline_message_id"):
            raise bad_request("message identifier is not specified")
        chat = self._chat(call)
        number = call.integer("message_id")
        if not number:
            raise bad_request("message identifier is not specified")
        message = chat.every_message.get(number)
        if message is None or message.deleted:
            raise bad_request("message to edit not found")
        mine = message.sender is self.world.bot or message in self.world.bot_posts
        if chat.type is ChatType.CHANNEL:
            mine = mine or chat.may(self.world.bot, "can_edit_messages")
        if not mine or message.look.service or message.forwarded_from is not None:
            raise bad_request("message can't be edited")
        return message

    def _keyboard(self, call: Call) -> Any:
        keyboard, below = self.composer.markup(call)
        if below is not None:
            # only inline keyboards are part of a message that can be changed
            raise bad_request("object expected as reply markup")
        return keyboard

    def _changed(self, call: Call, message: Message, look: Look) -> dict[str, Any]:
        self.flood.count(call, message.chat.id, seconds(), group=not message.chat.is_private)
        if look == message.look:
            raise bad_request(_NOT_MODIFIED)
        self.post.change(message, look)
        return message_json(message, self.files)

    def _may_delete(self, chat: Chat, message: Message) -> bool:
        mine = message.sender is self.world.bot or message in self.world.bot_posts
        young = (now() - message.date).total_seconds() < DELETABLE_SECONDS
        if chat.is_private:
            return young
        return (mine and young) or chat.may(self.world.bot, "can_delete_messages")
