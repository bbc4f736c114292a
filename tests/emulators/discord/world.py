"""Who and what there is: people, guilds, roles, channels. Everything that happens to them is told to the gateway."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from tests.emulators.discord.ids import Snowflakes
from tests.emulators.discord.messages import Message
from tests.emulators.discord.permissions import ALL, IN_A_DM, USUAL, Overwrite, Permission, added_up
from tests.virtual_time import now

if TYPE_CHECKING:
    from tests.emulators.discord.events import Events

MIB = 1 << 20


class Nitro(IntEnum):
    """What a person pays for."""

    NONE = 0
    CLASSIC = 1
    FULL = 2
    BASIC = 3


class ChannelType(IntEnum):
    """Those in which people write."""

    TEXT = 0
    DM = 1
    VOICE = 2
    GROUP_DM = 3
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12


@dataclass(eq=False)
class User:
    """An account: a person's or the bot's."""

    id: int
    name: str
    locale: str = "en-US"
    nitro: Nitro = Nitro.NONE
    bot: bool = False
    takes_dms: bool = True
    """Whether its privacy settings let bots write to it."""
    installed_app: bool = False
    """Whether it has the bot's application among its own: it then comes along everywhere."""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    """A role; everybody has the one that bears the guild's id."""

    id: int
    name: str
    permissions: Permission
    mentionable: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(eq=False)
class Member:
    """An account in a guild."""

    user: User
    joined: datetime
    roles: list[Role]
    nick: str | None = None


@dataclass(eq=False)
class Channel:
    """A channel, a thread or a direct conversation."""

    id: int
    type: ChannelType
    name: str
    world: "World"
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    nsfw: bool = False
    archived: bool = False
    recipients: tuple[User, ...] = ()
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    every_message: dict[int, Message] = field(default_factory=dict)
    gone: bool = False

    @property
    def is_thread(self) -> bool:
        return self.type in {ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD}

    @property
    def messages(self) -> list[Message]:
        """What everyone here sees, oldest first."""
        return [message for message in self.every_message.values() if message.only_for is None]

    def may(self, user: User) -> Permission:
        """What somebody may do here."""
        if self.guild is None:
            return IN_A_DM if user in self.recipients else Permission.NONE
        member = self.guild.members.get(user.id)
        if member is None or self.gone:
            return Permission.NONE
        if user is self.guild.owner:
            return ALL
        of = self.parent if self.is_thread and self.parent is not None else self
        rules = of.overwrites
        return added_up(
            [self.guild.everyone.permissions, *(role.permissions for role in member.roles)],
            everyone=rules.get(self.guild.id, Overwrite()),
            by_role=[rules[role.id] for role in member.roles if role.id in rules],
            member=rules.get(user.id, Overwrite()),
            speaking=Permission.SEND_MESSAGES_IN_THREADS if self.is_thread else Permission.SEND_MESSAGES,
        )

    def deny(self, who: User | Role, *permissions: Permission) -> None:
        """Take something away here from a role or a member."""
        self._overwrite(who, deny=permissions)

    def allow(self, who: User | Role, *permissions: Permission) -> None:
        """Grant something here to a role or a member."""
        self._overwrite(who, allow=permissions)

    def _overwrite(
        self, who: User | Role, *, allow: Iterable[Permission] = (), deny: Iterable[Permission] = ()
    ) -> None:
        old = self.overwrites.get(who.id, Overwrite())
        allowed, denied = old.allow, old.deny
        for permission in allow:
            allowed, denied = allowed | permission, denied & ~permission
        for permission in deny:
            allowed, denied = allowed & ~permission, denied | permission
        self.overwrites[who.id] = Overwrite(allowed, denied)
        self.world.events.channel("CHANNEL_UPDATE", self)

    def thread(self, name: str, *, private: bool = False) -> "Channel":
        """A thread below this channel."""
        kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
        return self.world.new_channel(Channel(0, kind, name, self.world, self.guild, parent=self, nsfw=self.nsfw))

    def delete(self) -> None:
        """Somebody with the right to do so deletes it, with all that is in it."""
        self.gone = True
        del self.world.channels[self.id]
        if self.guild is not None:
            del self.guild.channels[self.id]
        self.world.events.channel("CHANNEL_DELETE", self)


@dataclass(eq=False)
class Guild:
    """A community."""

    id: int
    name: str
    owner: User
    everyone: Role
    world: "World"
    tier: int = 0
    """Its boost level, 0 to 3."""
    features: tuple[str, ...] = ()
    locale: str = "en-US"
    blocked_words: set[str] = field(default_factory=set)
    """What its AutoMod lets nobody write."""
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)

    @property
    def has_bot(self) -> bool:
        """Whether the bot is in it, not only someone's own application."""
        return self.world.bot.id in self.members

    @property
    def upload_limit(self) -> int:
        """The largest single file that its boosts and features allow."""
        announced = [
            int(name.removeprefix("MAX_FILE_SIZE_").removesuffix("_MB"))
            for name in self.features
            if name.startswith("MAX_FILE_SIZE_")
        ]
        by_tier = {2: 50 * MIB, 3: 100 * MIB}.get(self.tier, self.world.upload_limit)
        return max(by_tier, *(size * MIB for size in announced), 0)

    def channel(self, name: str, *, nsfw: bool = False, announcement: bool = False, voice: bool = False) -> Channel:
        """A new channel."""
        kind = ChannelType.ANNOUNCEMENT if announcement else ChannelType.VOICE if voice else ChannelType.TEXT
        return self.world.new_channel(Channel(0, kind, name, self.world, self, nsfw=nsfw))

    def role(self, name: str, *permissions: Permission, mentionable: bool = False) -> Role:
        """A new role."""
        granted = Permission.NONE
        for permission in permissions:
            granted |= permission
        role = Role(self.world.ids.new(), name, granted, mentionable)
        self.roles[role.id] = role
        self.world.events.guild("GUILD_ROLE_CREATE", self, role)
        return role

    def join(self, *users: User, roles: Iterable[Role] = ()) -> None:
        """Let people in, or the bot again."""
        for user in users:
            self.members[user.id] = Member(user, now(), list(roles))
            if user is self.world.bot:
                self.world.events.guild("GUILD_CREATE", self)

    def leave(self, user: User) -> None:
        """Somebody goes, or is kicked; the bot learns of its own going."""
        if user is self.world.bot:
            self.world.events.guild("GUILD_DELETE", self)
        del self.members[user.id]

    def boost(self, tier: int) -> None:
        """Its boost level changes."""
        self.tier = tier
        self.world.events.guild("GUILD_UPDATE", self)

    def outage(self) -> None:
        """Discord itself loses it for a while: the gateway says so; REST goes on."""
        self.world.events.guild("GUILD_UNAVAILABLE", self)

    def outage_ends(self) -> None:
        """It is back."""
        self.world.events.guild("GUILD_CREATE", self)

    def delete(self) -> None:
        """Its owner deletes it."""
        if self.has_bot:
            self.world.events.guild("GUILD_DELETE", self)
        for channel in self.channels.values():
            channel.gone = True
            self.world.channels.pop(channel.id, None)
        del self.world.guilds[self.id]


@dataclass(eq=False)
class World:
    """All of it, and where it is told that something happened."""

    ids: Snowflakes
    bot: User
    events: "Events"
    upload_limit: int = 10 * MIB
    """The largest file where nobody boosts."""
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)

    def new_guild(
        self, name: str, owner: User, *, with_bot: bool, tier: int, features: Iterable[str], locale: str
    ) -> Guild:
        """A guild with its owner, and with the bot where it was invited."""
        id_ = self.ids.new_for_guild()
        everyone = Role(id_, "@everyone", USUAL)
        guild = Guild(id_, name, owner, everyone, self, tier, tuple(features), locale, roles={id_: everyone})
        self.guilds[id_] = guild
        guild.join(owner)
        if with_bot:
            guild.join(self.bot)
        return guild

    def new_channel(self, channel: Channel) -> Channel:
        """Give it its id and its place, and tell the gateway."""
        channel.id = self.ids.new()
        self.channels[channel.id] = channel
        if channel.guild is not None:
            channel.guild.channels[channel.id] = channel
        self.events.channel("CHANNEL_CREATE", channel)
        return channel

    def dm(self, *people: User) -> Channel:
        """The conversation between two people (or one and the bot): always the same; a group where they are more."""
        for channel in self.channels.values():
            if channel.type is ChannelType.DM and set(channel.recipients) == set(people):
                return channel
        kind = ChannelType.DM if len(people) == 2 else ChannelType.GROUP_DM
        return self.new_channel(Channel(0, kind, "", self, recipients=people))

    def shares_a_guild_with_bot(self, user: User) -> bool:
        return any(guild.has_bot and user.id in guild.members for guild in self.guilds.values())
