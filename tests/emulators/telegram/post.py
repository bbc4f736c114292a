"""Puts messages into their chats and tells the bot what it may know of them."""

import re

from tests.emulators.telegram.chats import Chat, ChatType
from tests.emulators.telegram.clock import now
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.messages import Look, Message, Version
from tests.emulators.telegram.payloads import chat_json, message_json, user_json
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.world import TELEGRAM, User, World


class Post:
    """Carries what people write to the bot, and what the bot writes to people."""

    def __init__(self, world: World, files: Files, updates: Updates) -> None:
        self._world = world
        self._files = files
        self._updates = updates
        world.post = self

    def put(self, message: Message) -> Message:
        """Show a message; the bot hears of it unless it wrote it or privacy mode keeps it away."""
        chat = message.chat
        chat.put(message)
        mine = message.sender is self._world.bot or message in self._world.bot_posts
        if message.sender is not None and not mine:
            message.sender.known = True
        if mine:
            self._world.last_to_send[chat.id] = self._world.bot.id
        elif message.sender is not None and message.sender.is_bot and message.sender_chat is None:
            self._world.last_to_send[chat.id] = message.sender.id
        if not mine and self.bot_sees(message):
            kind = "channel_post" if chat.type is ChatType.CHANNEL else "message"
            self._updates.put(kind, message_json(message, self._files))
        if chat.type is ChatType.CHANNEL and chat.linked_chat is not None:
            self._into_the_linked_group(message, chat.linked_chat)
        return message

    def change(self, message: Message, look: Look) -> None:
        """Show something else; the bot hears of what others changed."""
        message.chat.change(message, look)
        mine = message.sender is self._world.bot or message in self._world.bot_posts
        if not mine and self.bot_sees(message):
            kind = "edited_channel_post" if message.chat.type is ChatType.CHANNEL else "edited_message"
            self._updates.put(kind, message_json(message, self._files))

    def react(self, message: Message, person: User, emoji: str) -> None:
        """A person's reaction; the bot hears of it as an administrator that has asked for it."""
        told = ({"type": "emoji", "emoji": emoji},)
        before = message.reactions.get(person.id, ())
        message.reactions[person.id] = told
        chat = message.chat
        if chat.is_private or self._world.bot_is_admin(chat):
            payload = {
                "chat": chat_json(chat),
                "message_id": message.id,
                "user": user_json(person),
                "date": int(now().timestamp()),
                "old_reaction": list(before),
                "new_reaction": list(told),
            }
            self._updates.put("message_reaction", payload)

    def bot_sees(self, message: Message) -> bool:
        """Whether the bot gets a message: core.telegram.org/bots/features, privacy mode."""
        world, chat = self._world, message.chat
        if chat.is_private:
            return not chat.blocked
        if not chat.may_hear(world.bot):
            return False
        if chat.type is ChatType.CHANNEL or not world.privacy or world.bot_is_admin(chat) or message.look.service:
            return True
        # bots do not hear other bots; who writes anonymously or as a channel is no bot
        if message.sender is not None and message.sender.is_bot and message.sender_chat is None:
            return False
        if message.reply_to is not None and (
            message.reply_to.sender is world.bot or message.reply_to in world.bot_posts
        ):
            return True
        return self._is_command_for_the_bot(message, chat)

    def _is_command_for_the_bot(self, message: Message, chat: Chat) -> bool:
        for entity in message.entities:
            if entity["type"] != "bot_command":
                continue
            match = re.fullmatch(r"/\w+(?:@(\w+))?", message.entity_text(entity))
            named = None if match is None else match[1]
            if named is not None and named.lower() == str(self._world.bot.username).lower():
                return True
            if named is None and self._world.last_to_send.get(chat.id) == self._world.bot.id:
                return True
        return False

    def _into_the_linked_group(self, message: Message, group: Chat) -> None:
        sender = self._world.users[TELEGRAM]
        version = Version(now(), message.look)
        self.put(
            Message(
                self._world.message_id(group),
                group,
                sender,
                [version],
                sender_chat=message.chat,
                is_automatic_forward=True,
                forwarded_from=message,
            )
        )
