"""Conversations: who is in them, what the bot may do there, and what was written."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.clock import now
from tests.emulators.telegram.errors import bad_request, forbidden
from tests.emulators.telegram.messages import Look, Message, Version

if TYPE_CHECKING:
    from tests.emulators.telegram.world import User, World

SENDING = {
    "text": ("can_send_messages", "text messages"),
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "document": ("can_send_documents", "documents"),
    "animation": ("can_send_other_messages", "GIFs"),
}
"""What each kind of message needs, and what Telegram calls it when it is missing."""
MEMBER_RIGHTS = frozenset(
    {
        *(right for right, _ in SENDING.values()),
        "can_send_audios",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_add_web_page_previews",
        "can_react_to_messages",
        "can_edit_tag",
        "can_invite_users",
    }
)
OTHER_RIGHTS = frozenset({"can_change_info", "can_pin_messages", "can_manage_topics"})
ADMIN_RIGHTS = frozenset(
    {
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
    }
)
CHANNEL_RIGHTS = frozenset({"can_post_messages", "can_edit_messages"})
GENERAL_TOPIC = 1
"""The number of the topic that every forum has; its messages bear none."""


class ChatType(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class Status(StrEnum):
    """What somebody is in a chat."""

    CREATOR = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    RESTRICTED = "restricted"
    LEFT = "left"
    KICKED = "kicked"


IN_CHAT = frozenset({Status.CREATOR, Status.ADMINISTRATOR, Status.MEMBER, Status.RESTRICTED})


@dataclass
class Member:
    """Somebody in a chat."""

    user: "User"
    status: Status = Status.MEMBER
    rights: frozenset[str] = frozenset()
    """What an administrator or a restricted member may."""
    is_anonymous: bool = False


@dataclass(eq=False)
class Topic:
    """A topic of a forum; its id is that of the message that made it."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


@dataclass(eq=False)
class Chat:
    """One conversation. In a private one, `user` is the person."""

    id: int
    type: ChatType
    title: str
    world: "World" = field(repr=False)
    username: str | None = None
    user: "User | None" = None
    members: dict[int, Member] = field(default_factory=dict)
    permissions: frozenset[str] = MEMBER_RIGHTS
    """What ordinary members may."""
    every_message: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    is_forum: bool = False
    linked_chat: "Chat | None" = None
    upgraded_to: "Chat | None" = None
    deleted: bool = False
    started: bool = False
    """Private: the person has written to the bot, so that it may write."""
    blocked: bool = False
    """Private: the person has blocked the bot."""
    schedules_videos: float | None = None
    """Seconds after which the bot's next video appears, which it is told of as message 0."""
    actions: list[tuple[Any, str, int | None]] = field(default_factory=list)
    """Every chat action of the bot's: when, which, in which topic."""

    # What is there to see

    @property
    def messages(self) -> list[Message]:
        """What people see, oldest first."""
        return [message for message in self.every_message.values() if not message.deleted]

    @property
    def from_bot(self) -> list[Message]:
        """What the bot has written and is still there."""
        bot = self.world.bot
        return [message for message in self.messages if message.sender is bot or self._is_post(message)]

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[-1]

    @property
    def videos(self) -> list[Message]:
        """Every visible video."""
        return [message for message in self.messages if message.video is not None]

    def _is_post(self, message: Message) -> bool:
        return message in self.world.bot_posts

    @property
    def is_private(self) -> bool:
        return self.type is ChatType.PRIVATE

    # Who is there

    def status(self, user: "User") -> Status:
        member = self.members.get(user.id)
        return Status.LEFT if member is None else member.status

    def may(self, user: "User", right: str) -> bool:
        """Whether somebody has a right here."""
        member = self.members.get(user.id)
        if self.is_private:
            return True
        if member is None or member.status not in IN_CHAT:
            return False
        if member.status is Status.CREATOR:
            return True
        if member.status is Status.ADMINISTRATOR:
            return right in member.rights or (self.type is not ChatType.CHANNEL and right in MEMBER_RIGHTS)
        if member.status is Status.RESTRICTED:
            return right in member.rights & self.permissions
        return right in self.permissions and self.type is not ChatType.CHANNEL

    def is_anonymous(self, user: "User") -> bool:
        """Whether what somebody writes here is written by the chat itself."""
        member = self.members.get(user.id)
        return self.type is ChatType.CHANNEL or (member is not None and member.is_anonymous)

    def may_hear(self, bot: "User") -> bool:
        """Whether the bot is there to hear what is written."""
        return self.status(bot) in IN_CHAT

    def join(self, *people: "User") -> None:
        """Let people be members who were here before the bot looked."""
        for person in people:
            self.members[person.id] = Member(person)

    # What the bot may

    def check_there(self) -> None:
        """Raises TelegramError where the bot has no part in this chat."""
        if self.is_private:
            self._check_person()
            return
        if self.upgraded_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.upgraded_to.id)
        if self.deleted:
            raise forbidden(f"the {self.type} chat was deleted")
        status = self.status(self.world.bot)
        if status is Status.KICKED:
            raise forbidden(f"bot was kicked from the {self.type} chat")
        if status not in IN_CHAT:
            raise forbidden(f"bot is not a member of the {self.type} chat")

    def check_sending(self, kind: str) -> None:
        """Raises TelegramError where the bot may not send this kind of message."""
        self.check_there()
        bot = self.world.bot
        if self.type is ChatType.CHANNEL:
            if not self.may(bot, "can_post_messages"):
                raise bad_request("need administrator rights in the channel chat")
            return
        right, named = SENDING[kind]
        if not self.may(bot, right):
            raise bad_request(f"not enough rights to send {named} to the chat")

    def _check_person(self) -> None:
        person = self.user
        assert person is not None
        if person.is_bot:
            raise forbidden("bot can't send messages to bots")
        if person.deactivated:
            raise forbidden("user is deactivated")
        if self.blocked:
            raise forbidden("bot was blocked by the user")
        if not self.started:
            raise forbidden("bot can't initiate conversation with a user")

    # What others do with the bot

    def add_bot(self) -> None:
        """Let the bot in."""
        self.world.membership.set_bot(self, Status.MEMBER)

    def kick_bot(self) -> None:
        """Throw the bot out, for good."""
        self.world.membership.set_bot(self, Status.KICKED)

    def remove_bot(self) -> None:
        """Take the bot out; it may come back."""
        self.world.membership.set_bot(self, Status.LEFT)

    def promote_bot(self, *rights: str, anonymous: bool = False) -> None:
        """Make the bot an administrator, with all rights or these; one that is `anonymous` writes as the chat."""
        granted = frozenset(rights) or ADMIN_RIGHTS | (
            CHANNEL_RIGHTS if self.type is ChatType.CHANNEL else OTHER_RIGHTS
        )
        self.world.membership.set_bot(self, Status.ADMINISTRATOR, granted)
        self.members[self.world.bot.id].is_anonymous = anonymous

    def restrict_bot(self, *taken: str) -> None:
        """Take rights of a member away from the bot."""
        self.world.membership.set_bot(self, Status.RESTRICTED, MEMBER_RIGHTS - frozenset(taken))

    def migrate(self) -> "Chat":
        """Make a supergroup of a basic group."""
        return self.world.membership.migrate(self)

    # What changes

    def put(self, message: Message) -> Message:
        """Show a message."""
        self.every_message[message.id] = message
        return message

    def change(self, message: Message, look: Look) -> None:
        """Show something else in its place."""
        message.versions.append(Version(now(), look))

    def close_topic(self, topic: Topic) -> None:
        """Nobody but administrators may write there."""
        topic.closed = True

    def delete_topic(self, topic: Topic) -> None:
        """The topic goes, with all that was written in it."""
        topic.deleted = True
        for message in self.every_message.values():
            message.deleted = message.deleted or message.topic is topic

    def topic(self, name: str) -> Topic:
        """A new topic, made by the first member; its id is that of the message that says so."""
        if not self.is_forum:
            raise ValueError("only forums have topics")
        maker = next(member.user for member in self.members.values())
        look = Look(service={"forum_topic_created": {"name": name, "icon_color": 7322096}})
        message = Message(self.world.message_id(self), self, maker, [Version(now(), look)])
        topic = message.topic = self.topics[message.id] = Topic(message.id, name)
        self.world.show(message)
        return topic
