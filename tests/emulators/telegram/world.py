"""All that there is: people, chats, numbers, and the bot among them."""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.emulators.telegram.chats import Chat, ChatType, Status
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.messages import Message

if TYPE_CHECKING:
    from tests.emulators.telegram.membership import Membership
    from tests.emulators.telegram.post import Post

GROUP_ANONYMOUS_BOT = 1087968824
"""From whom the messages of anonymous administrators come."""
CHANNEL_BOT = 136817688
"""From whom messages come that are written in the name of a channel."""
TELEGRAM = 777000
"""From whom a channel's posts come into the group that is linked with it."""


@dataclass(eq=False)
class User:
    """An account."""

    id: int
    first_name: str
    username: str | None = None
    last_name: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    is_premium: bool = False
    deactivated: bool = False
    known: bool = False
    """The bot has seen this account."""


@dataclass(eq=False)
class World:
    """Everything of one emulator."""

    bot: User
    privacy: bool = True
    """Privacy mode: which messages of a group the bot gets."""
    can_join_groups: bool = True
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    bot_posts: list[Message] = field(default_factory=list)
    """What the bot has posted in channels."""
    last_to_send: dict[int, int] = field(default_factory=dict)
    """By group: the bot that has written last."""

    def __post_init__(self) -> None:
        self._people = itertools.count(70_000_001)
        self._groups = itertools.count(-4_100_001, -1)
        self._supergroups = itertools.count(-1_002_000_000_001, -1)
        self._box = itertools.count(101)
        self._numbers: dict[int, itertools.count[int]] = {}
        self.users[self.bot.id] = self.bot
        for id_, name, username in (
            (GROUP_ANONYMOUS_BOT, "Group", "GroupAnonymousBot"),
            (CHANNEL_BOT, "Channel", "Channel_Bot"),
            (TELEGRAM, "Telegram", None),
        ):
            self.users[id_] = User(id_, name, username, is_bot=id_ != TELEGRAM)
        self.post: Post
        self.membership: Membership

    def new_person_id(self) -> int:
        return next(self._people)

    def message_id(self, chat: Chat) -> int:
        """The next number: a supergroup and a channel count for themselves, all other chats of the bot together."""
        if chat.type in {ChatType.SUPERGROUP, ChatType.CHANNEL}:
            return next(self._numbers.setdefault(chat.id, itertools.count(2)))
        return next(self._box)

    def new_chat(self, type_: ChatType, title: str, *, username: str | None = None, is_forum: bool = False) -> Chat:
        """A group or channel without anybody in it."""
        number = next(self._groups if type_ is ChatType.GROUP else self._supergroups)
        chat = self.chats[number] = Chat(number, type_, title, self, username, is_forum=is_forum)
        return chat

    def private(self, user: User) -> Chat:
        """The bot's conversation with somebody."""
        if user.id not in self.chats:
            self.chats[user.id] = Chat(user.id, ChatType.PRIVATE, user.first_name, self, user.username, user)
        return self.chats[user.id]

    def find_chat(self, given: str) -> Chat:
        """The chat that a request names.

        Raises TelegramError where the bot knows none such.
        """
        if given == "":
            raise bad_request("chat_id is empty")
        if given.startswith("@"):
            for chat in self.chats.values():
                if chat.username is not None and chat.username.lower() == given[1:].lower() and not chat.is_private:
                    return chat
            raise bad_request("chat not found")
        try:
            found = self.chats.get(int(given))
        except ValueError:
            raise bad_request("chat not found") from None
        if found is None or (found.user is not None and not found.user.known):
            raise bad_request("chat not found")
        if not found.is_private and self.bot.id not in found.members:
            raise bad_request("chat not found")
        return found

    def find_user(self, number: int) -> User:
        """Somebody whom the bot has seen.

        Raises TelegramError where it has not.
        """
        user = self.users.get(number)
        if user is None or not (user.known or user is self.bot):
            raise bad_request("user not found")
        return user

    def show(self, message: Message) -> Message:
        """Put a message into its chat and tell the bot where it may know."""
        return self.post.put(message)

    def bot_is_admin(self, chat: Chat) -> bool:
        return chat.status(self.bot) in {Status.ADMINISTRATOR, Status.CREATOR}
