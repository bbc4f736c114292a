"""How a job's message ends: as the film or as last words, wherever it still can; and the ping after it."""

import asyncio
import dataclasses
from typing import Final

import structlog
from msgspec.structs import replace
from telegram import ReplyParameters

from bots.telegram.entities import compose, mention, plain
from bots.telegram.faults import FaultError, Means, faults_become_ours
from bots.telegram.films import FilmToSend, media_of
from bots.telegram.limits import FLOOD_MARGIN, MEDIA_READ_SECONDS, MEDIA_WRITE_SECONDS, TEXT_UNITS
from bots.telegram.pace import GatedError
from bots.telegram.place import Place
from bots.telegram.render import Look, render, went_private
from bots.telegram.wire import Wire, elsewhere
from bots.telegram.words import edit_words, post, without_looks
from core.errors import DeliveryError, DeliveryReason
from core.model import JobId, Phase, Status, Visibility
from core.texts import say, speaking

WAYS: Final = 6
"""How often in one go what was learnt from a refusal is tried."""
UNSURE_POSTS: Final = 3
"""After so many texts of which nobody knows whether they arrived, no further one is sent."""
_LOOK_SECONDS: Final = 1.0
"""Between two looks whether another process has posted what it was about to."""

_log = structlog.get_logger(__name__)


async def end(status: Status, film: FilmToSend | None, turn_of: int, wire: Wire) -> None:
    """Make a job's message look as it ends; a turn of the chat `turn_of` was taken for it. Must run to its end.

    Raises `DeliveryError`.
    """
    async with wire.lock(status.job):
        wire.stop_posting(status.job)
        await _Ending(status, film, turn_of, wire).run()


class _Ending:
    """One go at it."""

    def __init__(self, status: Status, film: FilmToSend | None, turn_of: int, wire: Wire) -> None:
        self._status = status
        self._film = film
        self._wire = wire
        self._turn_of: int | None = turn_of
        self._plain = False
        self._posted = False

    async def run(self) -> None:
        place = await self._wire.where(self._status.job)
        for _ in range(WAYS):
            try:
                if self._is_for_one and not place.private:
                    place = await self._go_private(place)
                place = await self._show(place)
            except FaultError as fault:
                _log.info("an ending met a refusal", job=self._status.job, reason=str(fault), means=fault.means.name)
                place = await self._after(fault, place)
            else:
                self._wire.no_more_progress(place)
                self._wire.unsure.pop(self._status.job, None)
                return
        raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE)

    @property
    def _is_for_one(self) -> bool:
        made = self._film is not None or self._status.link is not None
        return made and self._status.wishes.visibility is Visibility.PRIVATE

    async def _show(self, place: Place) -> Place:
        if not place.message:
            place = await self._post(place)
            if self._film is None and self._posted:
                return place
        await self._take_turn(place.chat)
        if self._film is None:
            await edit_words(place, self._look(place), self._wire)
            return place
        return await self._put_in(self._film, place)

    async def _post(self, place: Place) -> Place:
        """The text that stands where there was none, or none is left."""
        if self._wire.unsure.get(self._status.job, 0) >= UNSURE_POSTS:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE, permanent=True)
        await self._take_turn(place.chat)
        try:
            return await self._post_alone(place)
        except FaultError as fault:
            if fault.means is Means.UNSURE:
                self._wire.unsure[self._status.job] = self._wire.unsure.get(self._status.job, 0) + 1
            raise

    async def _post_alone(self, place: Place) -> Place:
        """Unless another process has just begun to: then where it did."""
        wire, job = self._wire, self._status.job
        while True:
            async with wire.posting(job) as is_ours:
                now_at = await wire.where(job)
                if now_at.message and now_at.chat == place.chat and not place.message:
                    return now_at
                if is_ours:
                    place = await post(job, place, self._look(place, before_film=self._film is not None), wire)
                    self._posted = True
                    return place
            await asyncio.sleep(_LOOK_SECONDS)

    async def _put_in(self, film: FilmToSend, place: Place) -> Place:
        look = self._look(place)
        file_id = place.file_id
        async with media_of(film, file_id, look) as media:
            try:
                with faults_become_ours():
                    message = await self._wire.bot.edit_message_media(
                        media,
                        place.chat,
                        place.message,
                        reply_markup=look.keyboard,
                        read_timeout=MEDIA_READ_SECONDS,
                        write_timeout=MEDIA_WRITE_SECONDS,
                    )
                if not isinstance(message, bool) and message.video is not None:
                    file_id = message.video.file_id
            except FaultError as fault:
                if fault.means is not Means.SAME:
                    raise
        if not place.has_media or file_id != place.file_id:
            place = await self._wire.move(self._status.job, replace(place, has_media=True, file_id=file_id))
        self._wire.showed(place, look)
        return place

    async def _after(self, fault: FaultError, place: Place) -> Place:
        """Where it goes on after a refusal. Raises `DeliveryError` where it does not."""
        wire, job = self._wire, self._status.job
        match fault.means:
            case Means.GONE if place.message:
                return await wire.move(job, replace(place, message=None, has_media=False))
            case Means.NO_THREAD if place.thread is not None and fault.reason is DeliveryReason.CHAT_GONE:
                return await wire.move(job, replace(place, thread=None))
            case Means.MIGRATED if fault.new_chat is not None:
                await wire.migrated(place.chat, fault.new_chat)
                return await wire.where(job)
            case Means.WRONG_FILE if place.file_id is not None:
                return await wire.move(job, replace(place, file_id=None))
            case Means.OTHER_KIND:
                return replace(place, has_media=not place.has_media)
            case Means.LOOKS_REFUSED if not self._plain:
                self._plain = True
                return place
            case Means.FLOODED:
                await wire.flooded(place.chat, fault.seconds)
                raise DeliveryError(fault.reason, seconds=fault.seconds + FLOOD_MARGIN) from fault
            case Means.NOT_SENT | Means.UNSURE:
                raise DeliveryError(fault.reason) from fault
            case Means.CLOSED | Means.GONE | Means.NO_THREAD if (
                self._film is not None and not place.private and place.person > 0
            ):
                try:
                    return await self._go_private(place)
                except DeliveryError as closed:
                    raise DeliveryError(fault.reason, permanent=True) from closed
        raise DeliveryError(fault.reason, permanent=True) from fault

    async def _go_private(self, place: Place) -> Place:
        """On in the private chat with its person, where it is theirs alone.

        Raises `DeliveryError` where they have not opened it, or nobody knows whether it was written to.
        """
        if place.person <= 0:
            raise DeliveryError(DeliveryReason.NOT_PERMITTED, permanent=True)
        wire = self._wire
        there = elsewhere(place, place.person)
        await self._take_turn(there.chat)
        try:
            there = await post(self._status.job, there, self._look(there, before_film=True), wire)
        except FaultError as fault:
            if fault.means is Means.FLOODED:
                await wire.flooded(there.chat, fault.seconds)
            vain = fault.means is Means.CLOSED
            reason = DeliveryReason.NOT_PERMITTED if vain else fault.reason
            raise DeliveryError(reason, permanent=vain) from fault
        wire.boards.left(place.chat, self._status.job)
        await self._leave_word(place)
        return there

    async def _leave_word(self, place: Place) -> None:
        """Say in the group where it is. That this fails costs nobody their film."""
        if not place.message:
            return
        try:
            await self._take_turn(place.chat)
            await edit_words(place, went_private(self._status, place, self._wire.now()), self._wire)
        except DeliveryError:
            return
        except FaultError as fault:
            _log.info("nothing was said where the film is not", job=self._status.job, reason=str(fault))
            if fault.means is Means.FLOODED:
                await self._wire.flooded(place.chat, fault.seconds)
        finally:
            self._wire.no_more_progress(place)

    def _look(self, place: Place, *, before_film: bool = False) -> Look:
        wire, status = self._wire, self._status
        if before_film:
            status = _uploading(status)
        caption = not before_film and (self._film is not None or place.has_media)
        look = render(status, place, wire.now(), wire.sign, caption=caption, bot=wire.bot_name)
        return without_looks(look) if self._plain else look

    async def _take_turn(self, chat: int) -> None:
        """The first one is there already. Raises `DeliveryError`."""
        if self._turn_of == chat:
            self._turn_of = None
            return
        try:
            await self._wire.pace.final(chat)
        except GatedError as gated:
            raise DeliveryError(DeliveryReason.CHAT_UNREACHABLE, seconds=gated.seconds) from gated


async def ping(job: JobId, wire: Wire, visibility: Visibility) -> None:
    """Edits notify nobody: one small message does, at most once. That it fails costs nobody their film.

    Where a film that is for everybody is in the private chat all the same, it says why.
    """
    place = await wire.where(job)
    if place.pinged or not place.message:
        return
    try:
        await wire.pace.ping(place.chat)
    except GatedError:
        return
    used = True  # also for whoever is called off meanwhile
    try:
        used = await wire.to_its_end(_ping(job, wire, visibility), f"post ping {job}")
    finally:
        if not used:
            wire.pace.give_back(place.chat)


async def _ping(job: JobId, wire: Wire, visibility: Visibility) -> bool:
    """Send it, unless that was done or another process does it; whether Telegram was asked."""
    async with wire.lock(job), wire.posting(job) as is_ours:
        place = await wire.where(job)
        if not is_ours or place.pinged or not place.message:
            return False
        below = place.asked_in or place.message
        place = await wire.move(job, replace(place, pinged=True))
    with speaking(place.language):
        moved = place.private and place.asked_in is None and visibility is not Visibility.PRIVATE
        words = say("telegram-ready-here") if moved else say("telegram-ready")
    text = compose([mention(words, place.person) if place.person > 0 else plain(words)], TEXT_UNITS)
    try:
        with faults_become_ours():
            await wire.bot.send_message(
                place.chat,
                text.words,
                entities=text.entities,
                message_thread_id=place.thread,
                reply_parameters=ReplyParameters(below, allow_sending_without_reply=True),
            )
    except FaultError as fault:
        _log.info("nobody was pinged", job=job, reason=str(fault))
        if fault.means is Means.FLOODED:
            await wire.flooded(place.chat, fault.seconds)
    return True


def _uploading(status: Status) -> Status:
    """The same job while its film is on its way."""
    return dataclasses.replace(status, phase=Phase.UPLOADING, receipt=None, took_seconds=None, link=None)
