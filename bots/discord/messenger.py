"""One Discord conversation: one message that is edited in place, by whichever way is open; the film attached to it."""

from datetime import datetime, timedelta
from typing import Any, Final

import discord
import msgspec
import structlog

from bots.discord.deadline import leaving_before
from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.limits import (
    FIRST_MINUTE,
    INTERVAL,
    OLD_INTERVAL,
    OLD_MESSAGE,
    TOKEN_INTERVAL_FIRST,
    TOKEN_USE,
    UPLOAD_MARGIN,
)
from bots.discord.place import Place, nonce
from bots.discord.render import StatusView, alt_text, render
from bots.discord.ways import Way, ways
from bots.discord.wire import Wire
from core.errors import DeliveryError, DeliveryReason
from core.model import Status, Video
from core.ports import Limits, Messenger
from core.texts import say, speaking

_LOWEST_LIMIT: Final = 10 << 20
"""Bytes: what every conversation takes, where we cannot see what this one does."""
_STALE_AFTER: Final = timedelta(seconds=15)
_NOBODY: Final = discord.AllowedMentions.none()
_EDITS: Final = (Way.TOKEN, Way.CHANNEL)

_log = structlog.get_logger(__name__)


class DiscordMessenger:
    """Repeating anything here is harmless: an edit states all of a message, a new one is posted once by its nonce."""

    def __init__(self, place: Place, wire: Wire) -> None:
        self._stored = place
        self._wire = wire

    @property
    def _place(self) -> Place:
        return self._wire.newest(self._stored)

    @property
    def limits(self) -> Limits:
        """What the way that is open now can take."""
        now, place = self._wire.now(), self._place
        if self._is_old:
            interval = OLD_INTERVAL
        elif self._first_way is Way.TOKEN and now - place.token_from < FIRST_MINUTE:
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
        if self._first_way is Way.CHANNEL:
            await self._wire.pace.turn(self._place.channel, old=self._is_old)

    async def show(self, status: Status) -> None:
        """Edit the message. What ends a job finds another way where this one is closed; progress does not."""
        if not status.phase.final and self._place.message in self._wire.deaf:
            return
        with speaking(self._stored.language):
            await self._send(status, None)
            if status.link is not None and not status.wishes.quiet:
                await self._ping(status)

    async def deliver(self, video: Video, status: Status) -> None:
        """Attach the film to the message, and ping its person once. Raises `DeliveryError`."""
        with speaking(self._stored.language):
            await self._send(status, video)
            if not status.wishes.quiet:
                await self._ping(status)

    async def hide(self, status: Status) -> None:
        """Leave the message without its film, whichever way reaches it; one that is gone needs no hiding.

        Raises `FaultError` where the message may still show it.
        """
        place = self._place
        with speaking(self._stored.language):
            look = render(status, place, self._wire.now(), hidden=True)
        open_ways = [way for way in ways(place, self._wire.now(), final=True) if way in _EDITS]
        if not open_ways:
            raise FaultError(Means.CLOSED, DeliveryReason.NOT_PERMITTED, "no way is open")
        for way in open_ways:
            try:
                with faults_become_ours():
                    return await self._edit(way, place, look, [])
            except FaultError as fault:
                if way is open_ways[-1] and fault.reason is not DeliveryReason.CHAT_GONE:
                    raise
        return None

    # Ways

    @property
    def _first_way(self) -> Way | None:
        open_ways = ways(self._place, self._wire.now(), final=False)
        return open_ways[0] if open_ways else None

    @property
    def _is_old(self) -> bool:
        return self._wire.now() - self._place.message_from > OLD_MESSAGE

    def _upload_bytes(self) -> int:
        if self._first_way is Way.TOKEN:
            return self._place.upload_bytes
        guild = self._wire.client.get_guild(self._place.guild) if self._place.guild is not None else None
        return guild.filesize_limit if guild is not None else _LOWEST_LIMIT

    async def _send(self, status: Status, video: Video | None) -> None:
        final, place = status.phase.final, self._place
        reason = DeliveryReason.CHAT_GONE
        if final:
            self._wire.deaf.pop(place.message, None)
        for way in ways(place, self._wire.now(), final=final):
            try:
                await self._by(way, place, status, video)
            except FaultError as fault:
                _log.info("a way is closed", job=status.job, way=way.name, reason=str(fault))
                reason = fault.reason
                if fault.means is Means.LATER:
                    self._wire.pace.shut(place.channel, fault.seconds)
                    raise DeliveryError(reason) from fault
                if fault.means is Means.TOO_LARGE:
                    raise DeliveryError(reason, permanent=True) from fault
            else:
                if video is not None and way not in _EDITS and reason is DeliveryReason.NOT_PERMITTED:
                    await self._leave_word(place, status, way)
                if final:
                    self._wire.no_more_progress(place.message)
                return
        if not final:
            self._wire.no_more_progress(place.message)
        raise DeliveryError(reason, permanent=final)

    async def _by(self, way: Way, place: Place, status: Status, video: Video | None) -> None:
        """Show it by one way; where Discord refuses the person's words, once more without them. Raises `FaultError`."""
        words = place.message not in self._wire.wordless
        try:
            await self._act(way, place, status, video, words=words)
        except FaultError as fault:
            if fault.means is not Means.WORDS_REFUSED or not words:
                raise
            self._wire.wordless.add(place.message)
            await self._act(way, place, status, video, words=False)

    async def _act(self, way: Way, place: Place, status: Status, video: Video | None, *, words: bool) -> None:
        await self._wire.opened.wait()
        look = render(status, place, self._wire.now(), film=video.file_name if video else None, words=words)
        with faults_become_ours():
            heard = alt_text(status, words=words)
            files = [discord.File(video.path, video.file_name, description=heard)] if video else []
            match way:
                case Way.TOKEN:
                    await self._edit(way, place, look, files)
                case Way.CHANNEL:
                    if status.phase.final:
                        self._wire.pace.took(place.channel)
                    await self._edit(way, place, look, files)
                case Way.FRESH:
                    self._wire.pace.took(place.channel)
                    posted = await self._post(self._channel(place), "fresh", status, look, files)
                    await self._move(status, msgspec.structs.replace(place, message=posted.id, upload_bytes=0))
                case Way.DIRECT:
                    dm = await self._wire.client.create_dm(discord.Object(place.person))
                    posted = await self._post(dm, "direct", status, look, files)
                    moved = msgspec.structs.replace(place, message=posted.id, channel=dm.id, guild=None)
                    await self._move(status, moved)

    async def _edit(self, way: Way, place: Place, look: StatusView, files: list[discord.File]) -> None:
        if way is Way.TOKEN:
            webhook = discord.Webhook.partial(place.application, place.token, client=self._wire.client)
            with leaving_before(place.token_from + TOKEN_USE):
                await webhook.edit_message(place.message, attachments=files, view=look, allowed_mentions=_NOBODY)
        else:
            message = self._channel(place).get_partial_message(place.message)
            await message.edit(attachments=files, view=look, allowed_mentions=_NOBODY)

    async def _post(
        self, where: discord.abc.Messageable, step: str, status: Status, look: StatusView, files: list[discord.File]
    ) -> discord.Message:
        return await where.send(view=look, files=files, nonce=nonce(status.job, step), allowed_mentions=_NOBODY)

    async def _move(self, status: Status, place: Place) -> None:
        """Another message stands in for ours from now on; no token opens it, and the bot has written it."""
        never = datetime.min.replace(tzinfo=place.token_from.tzinfo)
        self._stored = msgspec.structs.replace(
            place, token="", token_from=never, posted=self._wire.now(), ephemeral=False, bot_is_here=True
        )
        await self._wire.moved(status.job, self._stored.address())

    async def _leave_word(self, place: Place, status: Status, way: Way) -> None:
        """Say under the message that may not hold the film where it is. That this fails costs nobody their film."""
        look = render(status, place, self._wire.now(), sent_to=way)
        for edit in _EDITS:
            if edit not in ways(place, self._wire.now(), final=True):
                continue
            try:
                with faults_become_ours():
                    return await self._edit(edit, place, look, [])
            except FaultError as fault:
                _log.info("nothing was said where the film may not be", job=status.job, reason=str(fault))
        return None

    async def _ping(self, status: Status) -> None:
        """Edits notify nobody: one small message does. That it fails costs nobody their film."""
        place = self._place
        if place.ephemeral or not place.bot_is_here or place.guild is None:
            return  # who asked in private looks there; elsewhere we may not write
        await self._wire.pace.ping(place.channel)
        reply = discord.MessageReference(message_id=place.message, channel_id=place.channel, fail_if_not_exists=False)
        mentions = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(place.person)], replied_user=False
        )
        words, once = say("ready", who=f"<@{place.person}>"), nonce(status.job, "ping")
        # Who may not read a channel's history may not reply there, but may write.
        replying: tuple[dict[str, Any], ...] = ({"reference": reply}, {})
        for more in replying:
            try:
                with faults_become_ours():
                    await self._channel(place).send(words, nonce=once, allowed_mentions=mentions, **more)
                    return
            except FaultError as fault:
                _log.info("nobody was pinged", job=status.job, reason=str(fault))
                if fault.means is not Means.CLOSED:
                    return

    def _channel(self, place: Place) -> discord.PartialMessageable:
        return self._wire.client.get_partial_messageable(place.channel, guild_id=place.guild)


def build(place: Place, wire: Wire) -> Messenger:
    """The messenger of one job's message."""
    return DiscordMessenger(place, wire)
