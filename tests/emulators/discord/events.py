"""What happens in the world, told to the gateway in Discord's words, with the intent that it takes to hear it."""

from enum import IntFlag
from typing import Any, Protocol

from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.messages import Message
from tests.emulators.discord.payloads import (
    channel_json,
    guild_create_json,
    guild_json,
    member_json,
    message_json,
    role_json,
    user_json,
)
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import Channel, Guild, Role, User


class Intent(IntFlag):
    """What a session may ask to be told."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


class Ears(Protocol):
    """The gateway: `guild_id` None for what belongs to no guild that the bot is in."""

    def dispatch(
        self,
        event: str,
        data: dict[str, Any],
        *,
        guild_id: int | None,
        intent: Intent | None = None,
        without_content: dict[str, Any] | None = None,
    ) -> object: ...


class Events:
    """Tells the gateway; before there is one, nobody listens."""

    def __init__(self, cdn: Cdn) -> None:
        self.ears: Ears | None = None
        self._cdn = cdn

    def _tell(self, event: str, data: dict[str, Any], **how: Any) -> None:
        if self.ears is not None:
            self.ears.dispatch(event, data, **how)

    def guild(self, event: str, guild: Guild, role: Role | None = None) -> None:
        """Something about a guild that the bot is in."""
        bot = guild.world.bot
        if not guild.has_bot:
            return
        if event == "GUILD_CREATE":
            data = guild_create_json(guild, bot)
        elif event == "GUILD_DELETE":
            data = {"id": str(guild.id)}
        elif event == "GUILD_UNAVAILABLE":
            event, data = "GUILD_DELETE", {"id": str(guild.id), "unavailable": True}
        elif role is not None:
            data = {"guild_id": str(guild.id), "role": role_json(role)}
        else:
            data = guild_json(guild)
        self._tell(event, data, guild_id=guild.id, intent=Intent.GUILDS)

    def channel(self, event: str, channel: Channel) -> None:
        """A channel comes, changes or goes; threads have words of their own."""
        guild = channel.guild
        if guild is None or not guild.has_bot:
            return
        if channel.is_thread:
            event = event.replace("CHANNEL", "THREAD")
        elif event == "CHANNEL_CREATE" and Permission.VIEW_CHANNEL not in channel.may(guild.world.bot):
            return
        self._tell(event, channel_json(channel), guild_id=guild.id, intent=Intent.GUILDS)

    def message(self, event: str, message: Message) -> None:
        """A message that everyone sees comes, changes or goes."""
        channel = message.channel
        bot = channel.world.bot
        if message.is_ephemeral or not self._hears(channel):
            return
        where = {} if channel.guild is None else {"guild_id": str(channel.guild.id)}
        if event == "MESSAGE_DELETE":
            data: dict[str, Any] = {"id": str(message.id), "channel_id": str(channel.id), **where}
            hidden = None
        else:
            data = message_json(message, self._cdn, bot) | where
            member = None if channel.guild is None else channel.guild.members.get(message.author.id)
            if member is not None:
                data["member"] = {name: value for name, value in member_json(member).items() if name != "user"}
            blank = {"content": "", "embeds": [], "attachments": [], "components": []}
            hidden = (
                None if channel.guild is None or message.author is bot or bot in message.look.mentions else data | blank
            )
        self._tell(
            event,
            data,
            guild_id=None if channel.guild is None else channel.guild.id,
            intent=Intent.DIRECT_MESSAGES if channel.guild is None else Intent.GUILD_MESSAGES,
            without_content=hidden,
        )

    def reaction(self, event: str, message: Message, emoji: str, user: User) -> None:
        """Somebody adds a reaction or takes it away."""
        channel = message.channel
        if message.is_ephemeral or not self._hears(channel):
            return
        data: dict[str, Any] = {
            "user_id": str(user.id),
            "channel_id": str(channel.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "message_author_id": str(message.author.id),
            "burst": False,
            "type": 0,
        }
        if channel.guild is not None:
            data["guild_id"] = str(channel.guild.id)
            if event == "MESSAGE_REACTION_ADD":
                data["member"] = member_json(channel.guild.members[user.id])
        self._tell(
            event,
            data,
            guild_id=None if channel.guild is None else channel.guild.id,
            intent=Intent.DIRECT_MESSAGE_REACTIONS if channel.guild is None else Intent.GUILD_MESSAGE_REACTIONS,
        )

    def _hears(self, channel: Channel) -> bool:
        """Whether the bot is told what is said here."""
        bot = channel.world.bot
        if channel.guild is None:
            return bot in channel.recipients
        return channel.guild.has_bot and Permission.VIEW_CHANNEL in channel.may(bot)


def told_user(user: User) -> dict[str, Any]:
    """An account as READY and `/users/@me` tell it."""
    return user_json(user) | {"verified": True, "mfa_enabled": True, "locale": user.locale, "email": None}
