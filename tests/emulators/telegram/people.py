"""What people do: write, send pictures, reply, press buttons, come and go. As Telegram's clients let them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.chats import ADMIN_RIGHTS, IN_CHAT, Chat, ChatType, Topic
from tests.emulators.telegram.clock import now
from tests.emulators.telegram.entities import found_entities
from tests.emulators.telegram.media import photo_media
from tests.emulators.telegram.messages import Look, Media, Message, Version
from tests.emulators.telegram.presses import Press
from tests.emulators.telegram.sending import thread_of
from tests.emulators.telegram.world import CHANNEL_BOT, GROUP_ANONYMOUS_BOT, User

if TYPE_CHECKING:
    from tests.emulators.telegram.emulator import TelegramEmulator


class NotPossibleError(Exception):
    """A client would not have let a person do this."""


@dataclass(eq=False)
class Person(User):
    """Somebody at a screen."""

    telegram: "TelegramEmulator" = field(kw_only=True)

    @property
    def private(self) -> Chat:
        """The conversation with the bot."""
        return self.telegram.world.private(self)

    def start(self, payload: str = "") -> Message:
        """Press Start, or follow a deep link."""
        return self.write(self.private, f"/start {payload}".strip())

    def write(
        self,
        chat: Chat,
        text: str,
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
        anonymous: bool = False,
        as_channel: Chat | None = None,
        entities: tuple[dict[str, Any], ...] = (),
    ) -> Message:
        """Write a message; commands and mentions are marked as the client marks them."""
        marked = (*entities, *found_entities(text))
        return self._put(chat, Look(text, marked), reply_to, topic, anonymous=anonymous, as_channel=as_channel)

    def command(self, chat: Chat, name: str, arguments: str = "", **place: Any) -> Message:
        """Choose a command from the menu: in groups it is addressed to the bot."""
        named = f"/{name}" if chat.is_private else f"/{name}@{self.telegram.bot.username}"
        return self.write(chat, f"{named} {arguments}".strip(), **place)

    def send_photo(self, chat: Chat, data: bytes, caption: str = "", **place: Any) -> Message:
        """A picture, in the sizes that Telegram makes of it."""
        files = self.telegram.files
        media = photo_media(files.keep(data, "photo.jpg", "image/jpeg"), files)
        return self._put_media(chat, media, caption, **place)

    def send_album(self, chat: Chat, *pictures: bytes, caption: str = "", **place: Any) -> list[Message]:
        """Several pictures at once: a message each, the caption on the first."""
        album = str(self.telegram.world.message_id(self.private))
        sent = []
        for number, data in enumerate(pictures):
            sent.append(self.send_photo(chat, data, "" if number else caption, album=album, **place))
        return sent

    def send_document(
        self,
        chat: Chat,
        data: bytes,
        filename: str = "picture.png",
        caption: str = "",
        *,
        mime_type: str = "image/png",
        **place: Any,
    ) -> Message:
        """A file as it is."""
        media = Media("document", self.telegram.files.keep(data, filename, mime_type))
        return self._put_media(chat, media, caption, **place)

    def send_video(self, chat: Chat, data: bytes, caption: str = "", **place: Any) -> Message:
        """A film of one's own."""
        media = Media("video", self.telegram.files.keep(data, "film.mp4", "video/mp4"), 320, 240, 1)
        return self._put_media(chat, media, caption, **place)

    def edit(self, message: Message, text: str) -> None:
        """Change what one has written."""
        if message.sender is not self:
            raise NotPossibleError("only one's own messages can be changed")
        look = message.look
        self.telegram.post.change(message, Look(text, tuple(found_entities(text)), look.media))

    def delete(self, message: Message) -> None:
        """Take a message away; bots are not told."""
        mine = message.sender is self or message.chat.is_private
        if not mine and not message.chat.may(self, "can_delete_messages"):
            raise NotPossibleError(f"{self.first_name} may not delete what others wrote")
        message.deleted = True

    def tap(self, message: Message, button: str) -> Press:
        """Press a button, by its label or its data, without waiting."""
        if message.deleted or message.chat.every_message.get(message.id) is not message:
            raise NotPossibleError("the message is not there")
        self._check_here(message.chat, looking=True)
        for found in message.buttons:
            if button in {found["text"], found.get("callback_data")}:
                if "callback_data" not in found:
                    raise NotPossibleError(f"{button!r} leads elsewhere")
                return self.telegram.presses.new(self, message, found["callback_data"])
        raise NotPossibleError(f"the message has no {button!r}: {message.keyboard}")

    async def press(self, message: Message, button: str, seconds: float = 30) -> Press:
        """Press a button and wait for the bot's answer, or until nobody would."""
        press = self.tap(message, button)
        await press.answered(seconds)
        return press

    def join(self, chat: Chat) -> None:
        """Come into a group."""
        self.telegram.membership.join(chat, self)

    def leave(self, chat: Chat) -> None:
        """Go."""
        self._check_here(chat)
        self.telegram.membership.leave(chat, self)

    def become_admin(self, chat: Chat, *, anonymous: bool = False) -> None:
        """Be made an administrator."""
        self.telegram.membership.promote(chat, self, ADMIN_RIGHTS, anonymous=anonymous)

    def block(self) -> None:
        """Block the bot."""
        self.telegram.membership.block(self.private, blocked=True)

    def unblock(self) -> None:
        """Let the bot write again."""
        self.telegram.membership.block(self.private, blocked=False)

    def react(self, message: Message, emoji: str) -> None:
        """Set one's reaction."""
        self._check_here(message.chat)
        self.telegram.post.react(message, self, emoji)

    def commands(self, chat: Chat) -> dict[str, str]:
        """What the client lists after `/`: names and descriptions."""
        return self.telegram.commands.offered(self, chat)

    def forge(self, message: Message, data: str) -> Press:
        """A press that no button stands for, as a client can be made to send it."""
        self._check_here(message.chat, looking=True)
        return self.telegram.presses.new(self, message, data)

    def _put_media(self, chat: Chat, media: Media, caption: str, **place: Any) -> Message:
        look = Look(caption, tuple(found_entities(caption)), media)
        reply_to, topic = place.pop("reply_to", None), place.pop("topic", None)
        return self._put(chat, look, reply_to, topic, **place)

    def _put(
        self,
        chat: Chat,
        look: Look,
        reply_to: Message | None,
        topic: Topic | None,
        *,
        anonymous: bool = False,
        as_channel: Chat | None = None,
        album: str | None = None,
    ) -> Message:
        world = self.telegram.world
        self._check_here(chat)
        if chat.is_private:
            chat.started = True
            self.unblock()
        if topic is None and reply_to is not None:
            topic = reply_to.topic
        sender: User = self
        sender_chat = None
        if chat.type is ChatType.CHANNEL:
            sender_chat = chat
        elif anonymous:
            sender, sender_chat = world.users[GROUP_ANONYMOUS_BOT], chat
        elif as_channel is not None:
            sender, sender_chat = world.users[CHANNEL_BOT], as_channel
        message = Message(
            world.message_id(chat),
            chat,
            None if chat.type is ChatType.CHANNEL else sender,
            [Version(now(), look)],
            topic=topic,
            reply_to=reply_to,
            sender_chat=sender_chat,
            thread_id=thread_of(chat, reply_to),
            album=album,
        )
        self.known = True
        return world.show(message)

    def _check_here(self, chat: Chat, *, looking: bool = False) -> None:
        """Whether they may do something here; clients show the messages of a group before it became a supergroup."""
        if chat.is_private:
            if chat.user is not self:
                raise NotPossibleError("this is somebody else's conversation")
        elif chat.status(self) not in IN_CHAT:
            raise NotPossibleError(f"{self.first_name} is not in {chat.title}")
        elif chat.upgraded_to is not None and not looking:
            raise NotPossibleError("the group has become a supergroup")
