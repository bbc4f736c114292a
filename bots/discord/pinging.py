"""The one small message that tells somebody that their video is ready: edits notify nobody."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import discord
import structlog

from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.place import Place, nonce
from bots.discord.posting import NONCE_KNOWN, channel_of
from bots.discord.wire import Wire
from core.model import JobId
from core.texts import say

AT_ONCE_SECONDS: Final = 5.0
"""So long a job's end waits for its ping; what takes longer goes on beside it."""
FIRST_PAUSE: Final = 2.0
"""Seconds between two tries; doubled each time, for as long as Discord surely remembers the nonce."""

_log = structlog.get_logger(__name__)


async def ping(wire: Wire, place: Place, job: JobId) -> None:
    """Mention whoever asked, under their video. That it fails costs nobody their film."""
    if place.ephemeral or not place.bot_is_here:
        return  # who asked in private looks there; elsewhere we may not write
    words = say("ready", who=f"<@{place.person}>")
    pinging = wire.go(_until_heard(wire, place, job, words), name=f"ping {job}")
    await asyncio.wait([pinging], timeout=AT_ONCE_SECONDS)


async def _until_heard(wire: Wire, place: Place, job: JobId, words: str) -> None:
    await wire.pace.ping(place.channel)
    pause = FIRST_PAUSE
    with suppress(TimeoutError):
        async with asyncio.timeout(NONCE_KNOWN.total_seconds()):
            while await _ping(wire, place, job, words):
                await asyncio.sleep(pause)
                pause *= 2
                await wire.pace.ping(place.channel)


async def _ping(wire: Wire, place: Place, job: JobId, words: str) -> bool:
    """Whether it is worth another try."""
    reply = discord.MessageReference(message_id=place.message, channel_id=place.channel, fail_if_not_exists=False)
    # Who may not read a channel's history may not reply there, but may write.
    replying: tuple[dict[str, Any], ...] = ({"reference": reply}, {})
    mentions = discord.AllowedMentions(
        everyone=False, roles=False, users=[discord.Object(place.person)], replied_user=False
    )
    for more in replying:
        try:
            with faults_become_ours():
                await channel_of(wire, place).send(words, nonce=nonce(job, "ping"), allowed_mentions=mentions, **more)
                return False
        except FaultError as fault:
            _log.info("nobody was pinged", job=job, reason=str(fault))
            if fault.means is not Means.CLOSED:
                return fault.means is Means.LATER
    return False
