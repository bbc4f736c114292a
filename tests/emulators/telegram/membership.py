"""Who comes and goes, what the bot may, who blocks it, and groups that become supergroups."""

from dataclasses import dataclass, replace
from typing import Any

from tests.emulators.telegram.chats import (
    ADMIN_RIGHTS,
    CHANNEL_RIGHTS,
    MEMBER_RIGHTS,
    OTHER_RIGHTS,
    Chat,
    ChatType,
    Member,
    Status,
)
from tests.emulators.telegram.clock import now
from tests.emulators.telegram.messages import Look, Message, Version
from tests.emulators.telegram.payloads import chat_json, user_json
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.world import GROUP_ANONYMOUS_BOT, User, World

_OF_CHANNELS = CHANNEL_RIGHTS
_OF_SUPERGROUPS = frozenset({"can_pin_messages", "can_manage_topics"})


def member_json(chat: Chat, member: Member) -> dict[str, Any]:
    """A ChatMember."""
    told: dict[str, Any] = {"status": str(member.status), "user": user_json(member.user)}
    if member.status is Status.CREATOR:
        return told | {"is_anonymous": member.is_anonymous}
    if member.status is Status.ADMINISTRATOR:
        names = ADMIN_RIGHTS | (_OF_CHANNELS if chat.type is ChatType.CHANNEL else _OF_SUPERGROUPS)
        told |= {"can_be_edited": False, "is_anonymous": member.is_anonymous}
        return told | {name: name in member.rights for name in sorted(names)}
    if member.status is Status.RESTRICTED:
        told |= {"is_member": True, "until_date": 0}
        return told | {name: name in member.rights for name in sorted(MEMBER_RIGHTS | OTHER_RIGHTS)}
    return told | ({"until_date": 0} if member.status is Status.KICKED else {})


@dataclass
class Membership:
    """Changes who is what."""

    world: World
    updates: Updates

    def __post_init__(self) -> None:
        self.world.membership = self

    def set_bot(self, chat: Chat, status: Status, rights: frozenset[str] = frozenset(), by: User | None = None) -> None:
        """Let the bot be something else in a chat; it is told by my_chat_member."""
        bot = self.world.bot
        old = chat.members.get(bot.id) or Member(bot, Status.LEFT)
        new = chat.members[bot.id] = Member(bot, status, rights)
        self._tell("my_chat_member", chat, old, new, by or self._owner(chat))
        if old.status in {Status.LEFT, Status.KICKED} and status not in {Status.LEFT, Status.KICKED}:
            self.service(chat, {"new_chat_members": [user_json(bot)]}, by or self._owner(chat))

    def block(self, chat: Chat, *, blocked: bool) -> None:
        """A person blocks the bot, or no longer."""
        if chat.blocked is blocked:
            return
        bot, person = self.world.bot, chat.user
        assert person is not None
        chat.blocked = blocked
        before, after = (Status.MEMBER, Status.KICKED) if blocked else (Status.KICKED, Status.MEMBER)
        self._tell("my_chat_member", chat, Member(bot, before), Member(bot, after), person)

    def join(self, chat: Chat, person: User) -> None:
        """Somebody comes."""
        old = chat.members.get(person.id) or Member(person, Status.LEFT)
        new = chat.members[person.id] = Member(person)
        self._tell_of_others(chat, old, new, person)
        if chat.type is not ChatType.CHANNEL:
            self.service(chat, {"new_chat_members": [user_json(person)]}, person)

    def leave(self, chat: Chat, person: User) -> None:
        """Somebody goes."""
        old = chat.members[person.id]
        new = chat.members[person.id] = Member(person, Status.LEFT)
        if chat.type is not ChatType.CHANNEL:
            self.service(chat, {"left_chat_member": user_json(person)}, person)
        self._tell_of_others(chat, old, new, person)

    def promote(self, chat: Chat, person: User, rights: frozenset[str], *, anonymous: bool = False) -> None:
        """Somebody becomes an administrator."""
        old = chat.members[person.id]
        new = chat.members[person.id] = Member(person, Status.ADMINISTRATOR, rights, anonymous)
        self._tell_of_others(chat, old, new, self._owner(chat))

    def migrate(self, group: Chat) -> Chat:
        """A basic group becomes a supergroup: another number, no old message, a service message on either side."""
        chat = self.world.new_chat(ChatType.SUPERGROUP, group.title)
        chat.permissions = group.permissions
        for number, member in group.members.items():
            chat.members[number] = replace(member)
        owner = self._owner(group)
        self.service(group, {"migrate_to_chat_id": chat.id}, owner)
        group.upgraded_to = chat
        self.service(chat, {"migrate_from_chat_id": group.id}, self.world.users[GROUP_ANONYMOUS_BOT], sender_chat=chat)
        return chat

    def service(self, chat: Chat, what: dict[str, Any], by: User, *, sender_chat: Chat | None = None) -> Message:
        """A message about what happened."""
        look = Look(service=what)
        message = Message(self.world.message_id(chat), chat, by, [Version(now(), look)], sender_chat=sender_chat)
        return self.world.show(message)

    @staticmethod
    def _owner(chat: Chat) -> User:
        if chat.user is not None:
            return chat.user
        return next(member.user for member in chat.members.values() if member.status is Status.CREATOR)

    def _tell_of_others(self, chat: Chat, old: Member, new: Member, by: User) -> None:
        """chat_member comes only to administrators, and only where it was asked for."""
        if self.world.bot_is_admin(chat):
            self._tell("chat_member", chat, old, new, by)

    def _tell(self, kind: str, chat: Chat, old: Member, new: Member, by: User) -> None:
        by.known = True
        told = {
            "chat": chat_json(chat),
            "from": user_json(by),
            "date": int(now().timestamp()),
            "old_chat_member": member_json(chat, old),
            "new_chat_member": member_json(chat, new),
        }
        self.updates.put(kind, told)
