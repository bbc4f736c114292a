"""The one small message that tells somebody that their video is ready: edits notify nobody."""

import asyncio
from typing import Any, Final

import discord
import structlog

from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.place import Place, nonce
from bots.discord.posting import channel_of
from bots.discord.wire import Wire
from core.model import JobId
from core.texts import say

PAUSES: Final = (2.0, 4.0, 8.0, 16.0, 32.0, 0.0)
"""Seconds after each try: within what Discord remembers of a nonce, a repetition is no second ping."""

_log = structlog.get_logger(__name__)


async def ping(wire: Wire, place: Place, job: JobId) -> None:
    """Mention whoever asked, under their video. That it fails costs nobody their film."""
    if place.ephemeral or not place.bot_is_here:
        return  # who asked in private looks there; elsewhere we may not write
    await wire.pace.ping(place.channel)
    reply = discord.MessageReference(message_id=place.message, channel_id=place.channel, fail_if_not_exists=False)
    # Who may not read a channel's history may not reply there, but may write.
    replying: list[dict[str, Any]] = [{}, {"reference": reply}]
    for pause in PAUSES:
        try:
            await _send(wire, place, job, replying)
        except FaultError as fault:
            _log.info("nobody was pinged", job=job, reason=str(fault))
            if fault.means is not Means.LATER:
                return
        else:
            return
        await asyncio.sleep(pause)


async def _send(wire: Wire, place: Place, job: JobId, replying: list[dict[str, Any]]) -> None:
    mentions = discord.AllowedMentions(
        everyone=False, roles=False, users=[discord.Object(place.person)], replied_user=False
    )
    words, once = say("ready", who=f"<@{place.person}>"), nonce(job, "ping")
    while True:
        more = replying.pop() if len(replying) > 1 else replying[0]
        try:
            with faults_become_ours():
                await channel_of(wire, place).send(words, nonce=once, allowed_mentions=mentions, **more)
                return
        except FaultError as fault:
            if fault.means is not Means.CLOSED or not more:
                raise
