"""What the bot may ask about chats and their members."""

from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.chats import IN_CHAT, MEMBER_RIGHTS, OTHER_RIGHTS, Chat, ChatType, Member, Status
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.membership import Membership, member_json
from tests.emulators.telegram.payloads import chat_json
from tests.emulators.telegram.sending import Method
from tests.emulators.telegram.world import World


@dataclass
class Information:
    """The methods that tell, and the one by which the bot goes."""

    world: World
    membership: Membership

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "getChat": self.get_chat,
            "getChatMember": self.get_member,
            "getChatAdministrators": self.get_administrators,
            "getChatMemberCount": self.get_count,
            "leaveChat": self.leave,
        }

    def get_chat(self, call: Call) -> dict[str, Any]:
        chat = self._chat(call)
        told = chat_json(chat) | {
            "accent_color_id": 3,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(
                ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
                False,
            ),
        }
        if chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}:
            told["permissions"] = {name: name in chat.permissions for name in sorted(MEMBER_RIGHTS | OTHER_RIGHTS)}
        if chat.linked_chat is not None:
            told["linked_chat_id"] = chat.linked_chat.id
        return told

    def get_member(self, call: Call) -> dict[str, Any]:
        chat = self._chat(call)
        user = self.world.find_user(call.integer("user_id"))
        if chat.is_private:
            return member_json(chat, Member(user))
        return member_json(chat, chat.members.get(user.id) or Member(user, Status.LEFT))

    def get_administrators(self, call: Call) -> list[dict[str, Any]]:
        chat = self._chat(call)
        if chat.is_private:
            raise bad_request("there are no administrators in the private chat")
        ranks = {Status.CREATOR, Status.ADMINISTRATOR}
        found = [member for member in chat.members.values() if member.status in ranks]
        # other bots are left out
        return [
            member_json(chat, member) for member in found if not member.user.is_bot or member.user is self.world.bot
        ]

    def get_count(self, call: Call) -> int:
        chat = self._chat(call)
        return 2 if chat.is_private else sum(member.status in IN_CHAT for member in chat.members.values())

    def leave(self, call: Call) -> bool:
        chat = self._chat(call)
        if chat.is_private:
            raise bad_request("chat member status can't be changed in private chats")
        self.membership.set_bot(chat, Status.LEFT, by=self.world.bot)
        return True

    def _chat(self, call: Call) -> Chat:
        chat = self.world.find_chat(call.text("chat_id"))
        if not chat.is_private:
            chat.check_there()
        return chat
