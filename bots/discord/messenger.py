"""One Discord conversation: one message that is edited in place, by whichever way is open; the film attached to it."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import discord
import msgspec
import structlog

from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.limits import (
    FIRST_MINUTE,
    INTERVAL,
    OLD_INTERVAL,
    OLD_MESSAGE,
    TOKEN_INTERVAL_FIRST,
    UPLOAD_MARGIN,
)
from bots.discord.pace import Pace
from bots.discord.place import Place, nonce
from bots.discord.render import StatusView, alt_text, render
from bots.discord.ways import Way, ways
from core.errors import DeliveryError, DeliveryReason
from core.model import Address, JobId, Status, Video
from core.ports import Limits, Messenger
from core.texts import say

_LOWEST_LIMIT: Final = 10 << 20
"""Bytes: what every conversation takes, where we cannot see what this one does."""
_STALE_AFTER: Final = timedelta(seconds=15)
_REMEMBERED: Final = 10_000
_NOBODY: Final = discord.AllowedMentions.none()

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Wire:
    """What all conversations of one process share."""

    client: discord.Client
    pace: Pace
    now: Callable[[], datetime]
    moved: Callable[[JobId, Address], Awaitable[None]]
    """Writes down that a job's message is another one now."""
    renewed: dict[int, Place] = field(default_factory=dict)
    """Messages under which somebody has pressed a button since: that brought a new token."""
    deaf: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """The latest messages that get no more progress: their job is over, or it did not reach them, and vain requests are
    counted against us."""

    def no_more_progress(self, message: int) -> None:
        """What is shown of this message from now on is final."""
        self.deaf[message] = None
        while len(self.deaf) > _REMEMBERED:
            self.deaf.popitem(last=False)


class DiscordMessenger:
    """Repeating anything here is harmless: an edit states all of a message, a new one is posted once by its nonce."""

    def __init__(self, place: Place, wire: Wire) -> None:
        self._stored = place
        self._wire = wire

    @property
    def _place(self) -> Place:
        return self._wire.renewed.get(self._stored.message, self._stored)

    @property
    def limits(self) -> Limits:
        """What the way that is open now can take."""
        now, place = self._wire.now(), self._place
        if now - place.message_from > OLD_MESSAGE:
            interval = OLD_INTERVAL
        elif self._first_way() is Way.TOKEN and now - place.token_from < FIRST_MINUTE:
            interval = TOKEN_INTERVAL_FIRST
        else:
            interval = INTERVAL
        return Limits(
            upload_bytes=self._upload_bytes() - UPLOAD_MARGIN,
            edit_interval=interval,
            stale_after=max(interval, _STALE_AFTER),
        )

    async def turn(self) -> None:
        """The token has a bucket of its own; everything by the bot's own token shares the channel's."""
        if self._first_way() is Way.CHANNEL:
            await self._wire.pace.turn(self._place.channel)

    async def show(self, status: Status) -> None:
        """Edit the message. What ends a job finds another way where this one is closed; progress does not."""
        if not status.phase.final and self._place.message in self._wire.deaf:
            return
        await self._send(status, None)

    async def deliver(self, video: Video, status: Status) -> None:
        """Attach the film to the message, and ping its person once. Raises `DeliveryError`."""
        await self._send(status, video)
        if not status.wishes.quiet:
            await self._ping(status)

    # Ways

    def _first_way(self) -> Way | None:
        open_ways = ways(self._place, self._wire.now(), final=False)
        return open_ways[0] if open_ways else None

    def _upload_bytes(self) -> int:
        if self._first_way() is Way.TOKEN:
            return self._place.upload_bytes
        guild = self._wire.client.get_guild(self._place.guild) if self._place.guild is not None else None
        return guild.filesize_limit if guild is not None else _LOWEST_LIMIT

    async def _send(self, status: Status, video: Video | None) -> None:
        final = status.phase.final
        reason = DeliveryReason.CHAT_GONE
        for way in ways(self._place, self._wire.now(), final=final):
            try:
                await self._by(way, status, video)
            except FaultError as fault:
                _log.info("a way is closed", job=status.job, way=way.name, reason=str(fault))
                reason = fault.reason
                if fault.means is Means.LATER:
                    raise DeliveryError(reason) from fault
                if fault.means is Means.TOO_LARGE:
                    raise DeliveryError(reason, permanent=True) from fault
            else:
                if final:
                    self._wire.no_more_progress(self._place.message)
                return
        if not final:
            self._wire.no_more_progress(self._place.message)
        raise DeliveryError(reason, permanent=final)

    async def _by(self, way: Way, status: Status, video: Video | None) -> None:
        """Show it by one way; where Discord refuses the person's words, once more without them. Raises `FaultError`."""
        try:
            await self._act(way, status, video, words=True)
        except FaultError as fault:
            if fault.means is not Means.WORDS_REFUSED:
                raise
            await self._act(way, status, video, words=False)

    async def _act(self, way: Way, status: Status, video: Video | None, *, words: bool) -> None:
        look = render(status, self._place, self._wire.now(), film=video.file_name if video else None, words=words)
        with faults_become_ours():
            files = [discord.File(video.path, video.file_name, description=alt_text(status))] if video else []
            match way:
                case Way.TOKEN:
                    await self._webhook().edit_message(
                        self._place.message,
                        attachments=files,
                        view=look,
                        allowed_mentions=_NOBODY,
                    )
                case Way.CHANNEL:
                    if status.phase.final:
                        self._wire.pace.took(self._place.channel)
                    await self._message().edit(attachments=files, view=look, allowed_mentions=_NOBODY)
                case Way.FRESH:
                    self._wire.pace.took(self._place.channel)
                    await self._post(self._channel(), "fresh", status, look, files)
                case Way.DIRECT:
                    dm = await self._wire.client.create_dm(discord.Object(self._place.person))
                    await self._post(dm, "direct", status, look, files)

    async def _post(
        self, where: discord.abc.Messageable, step: str, status: Status, look: StatusView, files: list[discord.File]
    ) -> None:
        """Post a message that stands in for ours from now on."""
        posted = await where.send(view=look, files=files, nonce=nonce(status.job, step), allowed_mentions=_NOBODY)
        self._stored = msgspec.structs.replace(
            self._place,
            channel=posted.channel.id,
            message=posted.id,
            made_at=self._wire.now(),
            ephemeral=False,
            bot_is_here=True,
            token_from=datetime.min.replace(tzinfo=self._place.token_from.tzinfo),
        )
        await self._wire.moved(status.job, self._stored.address())

    async def _ping(self, status: Status) -> None:
        """Edits notify nobody: one small reply does. That it fails costs nobody their film."""
        place = self._place
        if place.ephemeral or not place.bot_is_here or place.guild is None:
            return  # who asked in private looks there; elsewhere we may not write
        person = discord.Object(place.person)
        try:
            with faults_become_ours():
                self._wire.pace.took(place.channel)
                await self._channel().send(
                    say("ready", who=f"<@{place.person}>"),
                    reference=discord.MessageReference(
                        message_id=place.message,
                        channel_id=place.channel,
                        guild_id=place.guild,
                        fail_if_not_exists=False,
                    ),
                    nonce=nonce(status.job, "ping"),
                    allowed_mentions=discord.AllowedMentions(
                        everyone=False, roles=False, users=[person], replied_user=False
                    ),
                )
        except FaultError as fault:
            _log.info("nobody was pinged", job=status.job, reason=str(fault))

    def _webhook(self) -> discord.Webhook:
        return discord.Webhook.partial(self._place.application, self._place.token, client=self._wire.client)

    def _channel(self) -> discord.PartialMessageable:
        return self._wire.client.get_partial_messageable(self._place.channel, guild_id=self._place.guild)

    def _message(self) -> discord.PartialMessage:
        return self._channel().get_partial_message(self._place.message)


def build(place: Place, wire: Wire) -> Messenger:
    """The messenger of one job's message."""
    return DiscordMessenger(place, wire)
