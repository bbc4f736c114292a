"""The first answer to an interaction, within its three seconds, and what is then said to its person alone."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

import discord
import structlog

from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.languages import language_of
from bots.discord.place import NAME, Place
from core.model import Requester

NOBODY: Final = discord.AllowedMentions.none()
Asked = discord.Interaction[Any]

_log = structlog.get_logger(__name__)


async def think(asked: Asked, *, private: bool) -> Place:
    """Show "… is thinking", and where the answer will stand. Raises `FaultError` where nobody waits for one any more.

    An acknowledgement that arrived although its answer did not is as good as any: Discord says so when it is repeated.
    """
    acknowledged = await _acknowledge(asked, thinking=True, private=private)
    if acknowledged is not None and acknowledged.message_id is not None:
        return place_of(asked, acknowledged.message_id, ephemeral=acknowledged.is_ephemeral())
    with faults_become_ours():
        message = await asked.original_response()
    return place_of(asked, message.id, ephemeral=message.flags.ephemeral)


async def hear(asked: Asked) -> None:
    """Acknowledge a press without a word: what is to be seen of it is an edit of the message. Raises `FaultError`."""
    await _acknowledge(asked, thinking=False, private=False)


async def _acknowledge(
    asked: Asked, *, thinking: bool, private: bool
) -> discord.InteractionCallbackResponse[Any] | None:
    for again in (True, False):
        try:
            with faults_become_ours():
                return await asked.response.defer(thinking=thinking, ephemeral=private)
        except FaultError as fault:
            if fault.means is Means.ANSWERED:
                break
            if not (again and fault.means is Means.LATER):
                raise
    return None


async def tell(asked: Asked, text: str) -> None:
    """Answer so that only this person sees it, whether or not there was an answer before. Raises `FaultError`."""
    try:
        with faults_become_ours():
            if not asked.response.is_done():
                await asked.response.send_message(text, ephemeral=True, allowed_mentions=NOBODY)
                return
    except FaultError as fault:
        if fault.means is not Means.ANSWERED:
            raise
    with faults_become_ours():
        await asked.followup.send(text, ephemeral=True, allowed_mentions=NOBODY)


async def take_back(asked: Asked, text: str, place: Place) -> None:
    """Say no; where everybody sees that the bot is thinking, take that away first. Raises `FaultError`."""
    with faults_become_ours():
        if place.ephemeral:
            await asked.edit_original_response(content=text, allowed_mentions=NOBODY)
            return
        await asked.delete_original_response()
        await asked.followup.send(text, ephemeral=True, allowed_mentions=NOBODY)


def requester_of(asked: Asked) -> Requester:
    """Who asks, and in which community; alone with the bot, a person is a community of their own."""
    person = f"{NAME}:{asked.user.id}"
    return Requester(person, f"{NAME}:{asked.guild_id}" if asked.guild_id is not None else person)


def place_of(asked: Asked, message: int, *, ephemeral: bool) -> Place:
    """Where an answer to this interaction goes, and all that opens it."""
    heard = discord.utils.utcnow()  # by our clock, which counts the rest of the token's life: Discord's may differ
    return Place(
        application=asked.application_id,
        token=asked.token,
        token_from=heard,
        channel=asked.channel_id or 0,
        message=message,
        person=asked.user.id,
        guild=asked.guild_id,
        bot_is_here=asked.is_guild_integration() if asked.guild_id is not None else asked.context.dm_channel is True,
        ephemeral=ephemeral,
        upload_bytes=asked.filesize_limit,
        language=language_of(asked),
        posted=heard - age if (age := _age(asked, message)) else None,
    )


def _age(asked: Asked, message: int) -> timedelta:
    """How old a message was when somebody pressed under it: both times by Discord's clock. Nothing for a new one."""
    return max(asked.created_at - discord.utils.snowflake_time(message), timedelta(0))


def is_moderator(asked: Asked) -> bool:
    """Whether Discord says that this person may take away what others wrote here."""
    return asked.guild_id is not None and asked.permissions.manage_messages


def moderates(asked: Asked) -> bool:
    """Whether Discord says that this person may manage the server, whoever else was let see a command."""
    may = asked.permissions
    return asked.guild_id is not None and (may.manage_guild or may.administrator)


def roles_of(asked: Asked) -> Collection[str]:
    """What somebody is in this server; nothing where there is none."""
    roles = asked.user.roles if isinstance(asked.user, discord.Member) else []
    return [f"{NAME}:role:{role.id}" for role in roles if not role.is_default()]


def channels_of(asked: Asked) -> Collection[str]:
    """By which names this place is let or kept: a thread is where its channel is."""
    ids = [asked.channel_id, asked.channel.parent_id if isinstance(asked.channel, discord.Thread) else None]
    return [f"{NAME}:channel:{channel}" for channel in ids if channel is not None]


def is_private(asked: Asked) -> bool:
    """Whether only this person sees the message under which they pressed."""
    return asked.message is not None and asked.message.flags.ephemeral
