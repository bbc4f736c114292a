"""Interactions: what a person did, what the bot was told of it, how it answered and for how long its token opens."""

import asyncio
import base64
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from tests.emulators.discord.messages import Message
from tests.emulators.discord.modals import Modal
from tests.emulators.discord.payloads import channel_json, member_json, user_json
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import MIB, Channel, ChannelType, Nitro, User, World

ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 900.0
MOST_FOLLOWUPS = 5
"""How many follow-ups an application may send that is only installed by the person."""
NO_ANSWER = "The application did not respond"
_NITRO_UPLOADS = {Nitro.BASIC: 50 * MIB, Nitro.CLASSIC: 50 * MIB, Nitro.FULL: 500 * MIB}


class Kind(IntEnum):
    """What was done."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


@dataclass(eq=False)
class Interaction:
    """One of them, and what the person sees of the answer."""

    id: int
    token: str
    kind: Kind
    person: User
    channel: Channel
    data: dict[str, Any]
    began: float
    """On the loop's clock, as the other times here."""
    source: Message | None = None
    """The message with the component; for a modal, that on which it was opened."""
    opened_by: "Interaction | None" = None
    """For a modal: the interaction that it answered."""
    answered_at: float | None = None
    answer_type: int | None = None
    message: Message | None = None
    """What `@original` is: the answer, or the message whose component was used."""
    modal: Modal | None = None
    choices: list[dict[str, Any]] = field(default_factory=list)
    followups: list[Message] = field(default_factory=list)
    took_back: bool = False
    """Whether the bot has deleted its own first answer."""
    arrived: bool = False
    """Whether anybody was at the gateway to hear of it."""
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def acknowledged(self) -> bool:
        return self.answered_at is not None

    @property
    def seconds(self) -> float | None:
        """How long the acknowledgement took."""
        return None if self.answered_at is None else self.answered_at - self.began

    @property
    def ephemeral(self) -> bool:
        return self.message is not None and self.message.is_ephemeral

    @property
    def sees(self) -> str:
        """What the person reads: the answer's text, or Discord's sentence where there was none."""
        if not self.acknowledged:
            return NO_ANSWER
        return "" if self.message is None else self.message.text

    @property
    def deferred(self) -> bool:
        """Whether the person still looks at "… is thinking"."""
        return self.message is not None and self.message.look.is_loading and not self.message.deleted

    @property
    def lost_its_original(self) -> bool:
        """Whether "… is thinking" was deleted by somebody else than the bot."""
        return self.message is not None and self.message.look.is_loading and self.message.deleted and not self.took_back

    @property
    def only_by_user(self) -> bool:
        """Whether the bot is here only as this person's own application."""
        guild = self.channel.guild
        if guild is not None:
            return not guild.has_bot
        return self.channel.world.bot not in self.channel.recipients

    @property
    def file_limit(self) -> int:
        """The largest file by this token: what the person pays for, or the guild's boosts."""
        world = self.channel.world
        of_guild = world.upload_limit if self.channel.guild is None else self.channel.guild.upload_limit
        return max(of_guild, _NITRO_UPLOADS.get(self.person.nitro, 0))

    @property
    def must_be_ephemeral(self) -> bool:
        """Where the person may not use external apps, others do not see what they answer."""
        guild = self.channel.guild
        if guild is None or guild.has_bot:
            return False
        return Permission.USE_EXTERNAL_APPS not in self.channel.may(self.person)

    def waits(self, at: float) -> bool:
        """Whether it may still be acknowledged."""
        return at - self.began < ANSWER_SECONDS

    def token_opens(self, at: float) -> bool:
        return at - self.began < TOKEN_SECONDS

    def acknowledge(self, at: float, answer_type: int) -> None:
        self.answered_at = at
        self.answer_type = answer_type
        self._answered.set()

    async def until_answered(self) -> None:
        """Wait as long as Discord does."""
        left = self.began + ANSWER_SECONDS - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(left):
                await self._answered.wait()
        except TimeoutError:
            return

    @property
    def owners(self) -> dict[str, str]:
        """Who has let the application in: "0" the guild, "1" the person."""
        told: dict[str, str] = {}
        if not self.only_by_user:
            told["0"] = "0" if self.channel.guild is None else str(self.channel.guild.id)
        if self.person.installed_app:
            told["1"] = str(self.person.id)
        return told

    @property
    def metadata(self) -> dict[str, Any]:
        """What messages tell of the interaction that they answer."""
        told: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": user_json(self.person),
            "authorizing_integration_owners": self.owners,
        }
        if self.kind is Kind.COMMAND:
            told["name"] = self.data["name"]
        if self.kind is Kind.COMPONENT and self.source is not None:
            told["interacted_message_id"] = str(self.source.id)
        if self.kind is Kind.MODAL and self.opened_by is not None:
            told["triggering_interaction_metadata"] = self.opened_by.metadata
        return told


def token_for(interaction_id: int) -> str:
    """A token as long and as odd as Discord's."""
    return base64.urlsafe_b64encode(f"interaction:{interaction_id}:".encode() + bytes(48)).decode().rstrip("=")


def context_of(channel: Channel, bot: User) -> int:
    """0 in a guild, 1 in the conversation with the bot, 2 in people's own."""
    if channel.guild is not None:
        return 0
    return 1 if channel.type is ChannelType.DM and bot in channel.recipients else 2


def interaction_json(interaction: Interaction, world: World, message: dict[str, Any] | None) -> dict[str, Any]:
    """What the gateway tells the bot."""
    channel, person = interaction.channel, interaction.person
    told: dict[str, Any] = {
        "id": str(interaction.id),
        "application_id": str(world.bot.id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel_json(channel, permissions=channel.may(person)),
        "app_permissions": str(int(_app_permissions(interaction, world))),
        "locale": person.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owners,
        "context": context_of(channel, world.bot),
        "attachment_size_limit": interaction.file_limit,
    }
    guild = channel.guild
    if guild is None:
        told["user"] = user_json(person)
    else:
        told["guild_id"] = str(guild.id)
        told["guild_locale"] = guild.locale
        told["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": list(guild.features)}
        told["member"] = member_json(guild.members[person.id], channel.may(person))
    if message is not None:
        told["message"] = message
    return told


def _app_permissions(interaction: Interaction, world: World) -> Permission:
    """What the bot may do here, or what an application may that only the person brings along."""
    if interaction.channel.guild is None:
        told = Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE
        return told if interaction.only_by_user else told | Permission.USE_EXTERNAL_EMOJIS
    if interaction.only_by_user:
        return interaction.channel.may(interaction.person) & (Permission.EMBED_LINKS | Permission.ATTACH_FILES)
    return interaction.channel.may(world.bot)
