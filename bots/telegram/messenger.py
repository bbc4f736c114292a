"""One Telegram conversation: one message, posted once and then only edited, which becomes the film."""

import asyncio
from typing import Final

import structlog
from msgspec.structs import replace

from bots.telegram.endings import end, ping
from bots.telegram.faults import FaultError, Means
from bots.telegram.films import film_to_send, stored
from bots.telegram.limits import (
    FIRST_MINUTE,
    GROUP_INTERVAL_EACH,
    GROUP_INTERVAL_LEAST,
    LONG_FLOOD,
    PRIVATE_INTERVAL,
    PRIVATE_INTERVAL_FIRST,
    STALE_AFTER,
    UPLOAD_MARGIN,
)
from bots.telegram.pace import GatedError
from bots.telegram.place import Place
from bots.telegram.render import Look, render
from bots.telegram.wire import Wire
from bots.telegram.words import edit_words, post
from core.db import DatabaseUnavailableError
from core.errors import DeliveryError, DeliveryReason
from core.model import JobId, Status, Video
from core.ports import Limits, Messenger

_NOWHERE: Final = 0
"""What Telegram calls a message that it has put off: nothing can be done with it."""

_PING_SECONDS: Final = 10.0
"""So long a look at an ending waits for a ping that is owed; the ping itself waits on."""

_log = structlog.get_logger(__name__)


class TelegramMessenger:
    """Only the first, small text is not harmless to repeat: it is posted once, and everything else is an edit of it."""

    def __init__(self, place: Place, wire: Wire) -> None:
        self._stored = place
        self._wire = wire
        self._job: JobId | None = None
        self._newest: Status | None = None
        self._turn: int | None = None
        self._since = wire.now()

    @property
    def _place(self) -> Place:
        return self._wire.newest(self._job, self._stored)

    @property
    def limits(self) -> Limits:
        """What this chat can take, as busy as it is."""
        place, boards = self._place, self._wire.boards
        if place.chat > 0:
            young = self._wire.now() - self._since < FIRST_MINUTE
            interval = PRIVATE_INTERVAL_FIRST if young else PRIVATE_INTERVAL
        elif place.message is None or boards.is_crowded(place):
            interval = GROUP_INTERVAL_LEAST  # this costs no edit: only the board is told
        else:
            interval = max(GROUP_INTERVAL_LEAST, GROUP_INTERVAL_EACH * boards.under_way(place.chat))
        return Limits(
            upload_bytes=self._wire.upload_bytes - UPLOAD_MARGIN,
            edit_interval=interval,
            stale_after=max(interval, STALE_AFTER),
        )

    async def turn(self) -> None:
        """Take a turn of the chat's budget, where an edit would need one; `show` gives back what it does not use."""
        place = self._place
        if self._turn is not None or place.message is None:
            return
        if await self._wire.pace.progress(place.chat, is_wanted=lambda: self._is_told(place)):
            self._turn = place.chat

    async def show(self, status: Status) -> None:
        """Post the message or edit it. What ends a job waits for its turn; progress is left out where there is none."""
        self._job = status.job
        await self._wire.until_open()
        try:
            await (self._end(status, None) if status.phase.final else self._progress(status))
        except DatabaseUnavailableError as error:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error

    async def deliver(self, video: Video, status: Status) -> None:
        """Turn the message into the film, and ping its person once. Raises `DeliveryError`."""
        self._job = status.job
        await self._wire.until_open()
        try:
            await self._end(status, video)
        except DatabaseUnavailableError as error:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error

    async def shows(self, status: Status) -> bool:
        """Telegram lets nobody look; but where every edit was answered in its turn, the last of them is shown.

        A ping that is still owed, as by a process that is gone, is sent first. Raises `DeliveryError` while it waits.
        """
        if status.job in self._wire.doubted:
            self._wire.doubted.pop(status.job, None)
            return False
        await self._wire.until_open()
        try:
            if await self._owes_ping(status):
                await asyncio.wait({self._ping(status)}, timeout=_PING_SECONDS)
                if await self._owes_ping(status):
                    raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE)
        except DatabaseUnavailableError as error:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE) from error
        return True

    async def _owes_ping(self, status: Status) -> bool:
        """Whether the person of a film that is here has not been told to look."""
        if status.video is None or status.undelivered is not None or status.wishes.quiet:
            return False
        place = await self._wire.where(status.job)
        return not place.pinged and bool(place.message)

    def _ping(self, status: Status) -> asyncio.Task[None]:
        job, wire = status.job, self._wire
        return wire.ping_once(job, lambda: ping(job, wire, status.wishes.visibility))

    # Progress

    async def _progress(self, status: Status) -> None:
        self._newest = status
        turn, self._turn = self._turn, None
        used = False
        try:
            place = await self._wire.where(status.job)
            if self._wire.is_deaf(place) or await self._wire.is_passed(status):
                return
            self._wire.boards.note(place, status)
            if place.message is None:
                self._wire.post_once(status.job, self._post_first)
            else:
                if turn != place.chat:
                    if self._wire.looks_like(place, self._look(status, place)):
                        return
                    if not await self._wire.pace.take_now(place.chat):
                        return
                turn, used = place.chat, True  # also for whoever is called off meanwhile, or met a refusal
                used = await self._wire.to_its_end(self._edit(status), f"show {status.job}")
        finally:
            if turn is not None and not used:
                self._wire.pace.give_back(turn)

    def _is_told(self, place: Place) -> bool:
        """Whether this message tells how it goes, itself."""
        return not self._wire.is_deaf(place) and not self._wire.boards.is_crowded(place)

    async def _edit(self, status: Status) -> bool:
        """Edit the message, unless it looks like that or is beyond progress; whether Telegram was asked."""
        async with self._wire.lock(status.job):
            place = await self._wire.where(status.job)
            if place.message in {None, _NOWHERE} or place.has_media or self._wire.is_deaf(place):
                return False
            if await self._wire.is_passed(status):
                return False
            look = self._look(status, place)
            if self._wire.looks_like(place, look):
                return False
            try:
                await edit_words(place, look, self._wire)
            except FaultError as fault:
                await self._bear(fault, place, status.job)
                raise DeliveryError(fault.reason) from fault
            return True

    def _look(self, status: Status, place: Place) -> Look:
        crowded = self._wire.boards.is_crowded(place)
        return render(status, place, self._wire.now(), self._wire.sign, crowded=crowded)

    async def _bear(self, fault: FaultError, place: Place, job: JobId) -> None:
        """Progress is not worth another call: what is learnt is remembered, for the end."""
        match fault.means:
            case Means.FLOODED:
                await self._wire.flooded(place.chat, fault.seconds)
                if fault.seconds > LONG_FLOOD:
                    self._wire.no_more_progress(place)
            case Means.MIGRATED if fault.new_chat is not None:
                await self._wire.migrated(place.chat, fault.new_chat)
            case Means.GONE | Means.CLOSED:
                self._wire.no_more_progress(place)
            case Means.OTHER_KIND:
                await self._wire.move(job, replace(place, has_media=True))
            case Means.UNSURE:
                self._wire.doubt(job)
            case Means.NOT_SENT:
                pass
            case _:
                self._wire.no_more_progress(place)

    async def _post_first(self) -> None:
        """Post the message once the chat takes it, with what is the newest by then."""
        if self._job is None or self._newest is None:
            return
        place = await self._wire.where(self._job)
        await self._wire.pace.first(place.chat)
        used = True  # also for whoever is called off meanwhile
        try:
            used = await self._wire.to_its_end(self._post(self._job), f"post {self._job}")
        finally:
            if not used:
                self._wire.pace.give_back(place.chat)

    async def _post(self, job: JobId) -> bool:
        async with self._wire.lock(job), self._wire.posting(job) as is_ours:
            place, status = await self._wire.where(job), self._newest
            if not is_ours or status is None or place.message is not None or job in self._wire.unsure:
                return False
            if await self._wire.is_passed(status):
                return False
            look = self._look(status, place)
            try:
                await post(job, place, look, self._wire)
            except FaultError as fault:
                _log.info("a job could not be shown", job=job, reason=str(fault))
                await self._bear(fault, place, job)
                gone = fault.means is Means.NO_THREAD and fault.reason is DeliveryReason.CHAT_GONE
                if gone and place.thread is not None:
                    await self._wire.move(job, replace(place, thread=None))
                elif fault.means not in {Means.FLOODED, Means.MIGRATED, Means.NOT_SENT}:
                    self._wire.unsure[job] = self._wire.unsure.get(job, 0) + (fault.means is Means.UNSURE)
            return True

    # The end

    async def _end(self, status: Status, video: Video | None) -> None:
        job, wire = status.job, self._wire
        if self._turn is not None:
            wire.pace.give_back(self._turn)
            self._turn = None
        wire.stop_posting(job)
        place = await wire.where(job)
        wire.boards.note(place, status)
        await wire.boards.settle(job)
        film = await film_to_send(video, status) if video is not None else None
        if film is not None and place.file_id is None and (file_id := await stored(film, status, wire)) is not None:
            async with wire.lock(job):
                await wire.move(job, replace(await wire.where(job), file_id=file_id))
        try:
            await wire.pace.final(place.chat)
        except GatedError as gated:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE, seconds=gated.seconds) from gated
        await wire.to_its_end(end(status, film, place.chat, wire), f"end {job}")
        wire.unsure_stored.pop(job, None)
        if (film is not None or status.link is not None) and not status.wishes.quiet:
            self._ping(status)


def build(place: Place, wire: Wire) -> Messenger:
    """The messenger of one job's message."""
    return TelegramMessenger(place, wire)
