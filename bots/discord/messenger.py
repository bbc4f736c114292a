"""One Discord conversation: one message that is edited in place, by whichever way is open; the film attached to it."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import discord
import msgspec
import structlog

from bots.discord.faults import FaultError, Means, faults_become_ours
from bots.discord.limits import (
    FIRST_MINUTE,
    INTERVAL,
    LATE_SECONDS,
    LOOK_UP_AGAIN,
    OLD_INTERVAL,
    OLD_MESSAGE,
    PROGRESS_SECONDS,
    TOKEN_INTERVAL_FIRST,
    UPLOAD_MARGIN,
)
from bots.discord.pinging import ping
from bots.discord.place import Place
from bots.discord.posting import channel_of, edit, film_of, post
from bots.discord.render import render
from bots.discord.ways import Way, ways
from bots.discord.wire import Wire
from core.errors import DeliveryError, DeliveryReason
from core.model import Status, Video
from core.ports import Limits, Messenger
from core.texts import speaking

_LOWEST_LIMIT: Final = 10 << 20
"""Bytes: what every conversation takes, where we cannot see what this one does."""
_STALE_AFTER: Final = timedelta(seconds=15)
_EDITS: Final = (Way.TOKEN, Way.CHANNEL)

_log = structlog.get_logger(__name__)


class DiscordMessenger:
    """Repeating anything here is harmless: an edit states all of a message, a new one is posted once by its nonce."""

    def __init__(self, place: Place, wire: Wire) -> None:
        self._stored = place
        self._wire = wire
        self._looked_up = wire.now()

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
        await self._wire.pace.quiet(self._place.message)
        if self._first_way is Way.CHANNEL:
            await self._wire.pace.turn(self._place.channel, old=self._is_old)

    async def show(self, status: Status) -> None:
        """Edit the message. What ends a job finds another way where this one is closed; progress does not."""
        with speaking(self._stored.language):
            if status.phase.final:
                await self._finally(status, None, ping_too=status.link is not None)
            elif await self._is_heard(status):
                await self._progress(status)

    async def deliver(self, video: Video, status: Status) -> None:
        """Attach the film to the message, and ping its person once. Raises `DeliveryError`."""
        with speaking(self._stored.language):
            await self._finally(status, video, ping_too=True)

    async def _is_heard(self, status: Status) -> bool:
        """Whether progress may reach the message; where it did not, a press may have opened it, in any process."""
        now = self._wire.now()
        if self._place.message in self._wire.deaf and now - self._looked_up >= LOOK_UP_AGAIN:
            self._looked_up = now
            self._stored = await self._wire.look_up(status.job, self._stored)
        return self._place.message not in self._wire.deaf

    async def _progress(self, status: Status) -> None:
        message = self._place.message
        try:
            async with asyncio.timeout(PROGRESS_SECONDS):
                await self._send(status, None)
        except (TimeoutError, asyncio.CancelledError) as error:
            self._wire.unsure.add(message)
            if isinstance(error, TimeoutError):
                raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error
            raise

    async def _finally(self, status: Status, video: Video | None, *, ping_too: bool) -> None:
        way = await self._send(status, video)
        if ping_too and way is not Way.DIRECT and not status.wishes.quiet:
            await ping(self._wire, self._place, status.job)
        if self._place.message in self._wire.unsure:
            # Discord may still execute an edit that we gave up on; then the message would stay at that.
            self._wire.unsure.discard(self._place.message)
            await asyncio.sleep(LATE_SECONDS)
            await self._once_more(way, status, video)

    async def _once_more(self, way: Way, status: Status, video: Video | None) -> None:
        """Repeat an edit as long as its way is open. It was heard before: that it fails costs nobody anything."""
        if way not in _EDITS or way not in ways(self._place, self._wire.now(), final=True):
            return
        try:
            await self._by(way, self._place, status, video)
        except FaultError as fault:
            _log.info("an ending was not repeated", job=status.job, reason=str(fault))

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
                    return await edit(self._wire, way, place, look, [])
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

    async def _send(self, status: Status, video: Video | None) -> Way:
        """Show it by the first way that is open, and tell which that was. Raises `DeliveryError`."""
        final = status.phase.final
        if final:
            self._stored = await self._wire.look_up(status.job, self._stored)
        place = self._place
        reason = DeliveryReason.CHAT_GONE
        if final:
            self._wire.deaf.pop(place.message, None)
            await self._wire.pace.quiet(place.message)
        open_ways = ways(place, self._wire.now(), final=final)
        for way in open_ways:
            if not final and way is Way.CHANNEL and way is not open_ways[0]:
                await self._wire.pace.turn(place.channel, old=self._is_old)
            try:
                await self._by(way, place, status, video)
            except FaultError as fault:
                _log.info("a way is closed", job=status.job, way=way.name, reason=str(fault))
                reason = fault.reason
                self._learn_from(fault, way, place)
                if fault.means is Means.LATER or (fault.means is Means.TOKEN_DEAD and way is not Way.TOKEN):
                    raise DeliveryError(reason) from fault
                if fault.means is Means.TOO_LARGE:
                    raise DeliveryError(reason, permanent=True) from fault
            else:
                if video is not None and way not in _EDITS and reason is DeliveryReason.NOT_PERMITTED:
                    await self._leave_word(place, status, way)
                if final:
                    self._wire.no_more_progress(place.message)
                return way
        if not final:
            self._wire.no_more_progress(place.message)
        raise DeliveryError(reason, permanent=final)

    def _learn_from(self, fault: FaultError, way: Way, place: Place) -> None:
        """What was refused once is not asked again and again: vain requests are counted against us."""
        if fault.means is Means.TOKEN_DEAD and way is Way.TOKEN:
            self._wire.token_died(place.message)
        if fault.means is Means.LATER and fault.seconds:
            if fault.everywhere:
                self._wire.pace.hush_all(fault.seconds)
            elif way is Way.CHANNEL:
                self._wire.pace.shut(place.channel, fault.seconds)
            self._wire.pace.hush(place.message, fault.seconds)

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
            if way is Way.DIRECT:
                dm = await self._wire.client.create_dm(discord.Object(place.person))
                place = msgspec.structs.replace(place, channel=dm.id, guild=None)
            if way not in _EDITS:
                place = await self._about_to_repost(status, place)
            with film_of(video, status, words=words) as files:
                if way in _EDITS:
                    if way is Way.CHANNEL and status.phase.final:
                        self._wire.pace.took(place.channel)
                    await edit(self._wire, way, place, look, files if status.phase.final else None)
                    return
                self._wire.pace.took(place.channel)
                where, step = channel_of(self._wire, place), way.name.lower()
                posted = await post(self._wire, where, step, place, status.job, look, files)
            await self._move(status, msgspec.structs.replace(place, message=posted.id, upload_bytes=0))

    async def _about_to_repost(self, status: Status, place: Place) -> Place:
        """Write down that another message is about to be posted: should its answer be lost, it is looked for."""
        if self._stored.reposted is None:
            self._stored = msgspec.structs.replace(self._stored, reposted=self._wire.now())
            await self._wire.moved(status.job, self._stored.address())
        return msgspec.structs.replace(place, reposted=self._stored.reposted)

    async def _move(self, status: Status, place: Place) -> None:
        """Another message stands in for ours from now on; no token opens it, and the bot has written it."""
        never = datetime.min.replace(tzinfo=place.token_from.tzinfo)
        self._stored = msgspec.structs.replace(
            place, token="", token_from=never, posted=self._wire.now(), reposted=None, ephemeral=False, bot_is_here=True
        )
        await self._wire.moved(status.job, self._stored.address())

    async def _leave_word(self, place: Place, status: Status, gone: Way) -> None:
        """Say under the message that may not hold the film where it is. That this fails costs nobody their film."""
        look = render(status, place, self._wire.now(), sent_to=gone)
        for way in _EDITS:
            if way not in ways(place, self._wire.now(), final=True):
                continue
            try:
                with faults_become_ours():
                    return await edit(self._wire, way, place, look, [])
            except FaultError as fault:
                _log.info("nothing was said where the film may not be", job=status.job, reason=str(fault))
        return None


def build(place: Place, wire: Wire) -> Messenger:
    """The messenger of one job's message."""
    return DiscordMessenger(place, wire)
