"""What a press of a button does: who may, whether it still makes sense, and what a stale one says instead."""

import asyncio
from dataclasses import replace
from typing import Final

import discord
import structlog

from bots.discord.answers import NOBODY, Asked, hear, is_moderator, is_private, place_of, requester_of, tell, think
from bots.discord.buttons import Press
from bots.discord.desk import Desk, visible
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.forms import LOOK_SECONDS, open_remix, open_report
from bots.discord.limits import UPLOAD_MARGIN
from bots.discord.messenger import DiscordMessenger
from bots.discord.place import read_place
from bots.discord.render import StatusView, alt_text, render
from bots.discord.wire import Wire
from core.errors import DeliveryError, DeliveryReason, Refusal, RefusalReason
from core.model import Job, JobId, JobState, Status
from core.progress import ending
from core.texts import delivery_sentence, say

_log = structlog.get_logger(__name__)

TWICE_SECONDS: Final = 5.0
"""The same button pressed by the same person within this was pressed once."""

_MAKES: Final = frozenset({Press.AGAIN, Press.RETRY})
_HELD: Final = frozenset({JobState.DELIVERING, JobState.UNDELIVERED})


class Presses:
    """Answers buttons. The right person, a job in a state that allows it, and pressed twice is pressed once."""

    def __init__(self, desk: Desk, wire: Wire) -> None:
        self._desk = desk
        self._wire = wire
        self._latest: dict[tuple[JobId, int], float] = {}

    async def answer(self, asked: Asked, press: Press, job_id: JobId) -> None:
        """Do what a button says. Raises `FaultError` where nothing can be answered any more."""
        service, by = self._desk.service, requester_of(asked)
        if asked.message is not None:
            self._wire.renew(place_of(asked, asked.message.id, ephemeral=is_private(asked)))
        if press in _MAKES and self._twice(asked, job_id):
            await hear(asked)
            return
        try:
            match press:
                case Press.CANCEL:
                    await hear(asked)
                    await self._cancel(asked, job_id)
                case Press.REMIX | Press.EDIT:
                    await self.remix(asked, job_id)
                case Press.AGAIN | Press.RETRY:
                    once = press is Press.RETRY
                    if not await self._desk.again(asked, job_id, private=is_private(asked), once=once):
                        self._latest.pop((job_id, asked.user.id), None)
                case Press.PRIVATE:
                    await hear(asked)
                    job = await service.make_private(job_id, by=by, moderator=is_moderator(asked))
                    await self._take_from_view(asked, job, say("made-private"))
                case Press.DELETE:
                    await hear(asked)
                    job = await service.remove(job_id, by=by, moderator=is_moderator(asked))
                    await self._take_from_view(asked, job, say("deleted"))
                case Press.REPORT:
                    await open_report(asked, job_id)
                case Press.SHOW:
                    await hear(asked)
                    await self._show_here(asked, job_id)
                case Press.FETCH:
                    await think(asked, private=True)
                    await self._bring(asked, await self._own(asked, job_id))
                case Press.OUTDATED:
                    await tell(asked, say("button-outdated-pressed"))
        except Refusal as refusal:
            await tell(asked, self._desk.refused(refusal))

    async def _cancel(self, asked: Asked, job_id: JobId) -> None:
        """Stop it; what is left to say is said by the token that the press brought. Raises `Refusal`."""
        job = await self._own(asked, job_id)
        if job.state.terminal:
            await self._leave_ended(asked, job)
        elif asked.message is not None and read_place(job.address).message == asked.message.id:
            await self._desk.service.move(job_id, self._wire.newest(read_place(job.address)).address())
        await self._desk.service.cancel(job_id, by=requester_of(asked))

    async def _leave_ended(self, asked: Asked, job: Job) -> None:
        """Under the button stands a message that never heard how it ended: tell it."""
        place = read_place(job.address)
        here = place_of(asked, asked.message.id if asked.message else 0, ephemeral=is_private(asked))
        if job.video is None or place.message != here.message:
            await _fill_in(asked, render(await self._ended(job), here, self._wire.now()), [])

    async def remix(self, asked: Asked, job_id: JobId) -> None:
        """Open a form that holds a video's prompt. Raises `Refusal`."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                job = visible(await self._desk.service.job(job_id), asked)
        except TimeoutError:
            await tell(asked, say("try-again-soon"))
            return
        await open_remix(asked, job)

    async def _take_from_view(self, asked: Asked, job: Job, sentence: str) -> None:
        """Leave a message without its film where everybody sees it, wherever the button was pressed."""
        status = await self._ended(job)
        place = read_place(job.address)
        try:
            if not place.ephemeral:
                await DiscordMessenger(place, self._wire).hide(status)
        except FaultError as fault:
            _log.warning("a film could not be taken from view", job=job.id, reason=str(fault))
            sentence = say("still-in-view")
        if asked.message is None or asked.message.id != place.message or place.ephemeral:
            await _fill_in(asked, render(status, place, self._wire.now(), hidden=True), [])
        await tell(asked, sentence)

    async def _show_here(self, asked: Asked, job_id: JobId) -> None:
        """Go on under the button, by the token that its press brought; what was held arrives there."""
        job = await self._own(asked, job_id)
        if asked.message is None:
            raise Refusal(RefusalReason.NOT_FOUND)
        if job.state.terminal and job.state not in _HELD:
            await (self._bring(asked, job) if job.video is not None else self._leave_ended(asked, job))
            return
        here = place_of(asked, asked.message.id, ephemeral=is_private(asked))
        if job.state in _HELD:
            await self._desk.service.show_again(job_id, here.address(), by=requester_of(asked))
            return
        await self._desk.service.move(job_id, here.address())
        await tell(asked, say("still-making"))

    async def _bring(self, asked: Asked, job: Job) -> None:
        """Put a film into the answer to this press; nothing is charged for that. Raises `Refusal`."""
        if job.video is None or not job.video.path.is_file():
            raise Refusal(RefusalReason.NOT_MADE)
        status = await self._ended(replace(job, state=JobState.DELIVERED, undelivered=None))
        shown = place_of(asked, 0, ephemeral=True)
        reason = DeliveryReason.TOO_LARGE_FOR_CHAT
        if job.video.size <= shown.upload_bytes - UPLOAD_MARGIN:
            film = discord.File(job.video.path, job.video.file_name, description=alt_text(status))
            look = render(status, shown, self._wire.now(), film=job.video.file_name)
            try:
                return await _fill_in(asked, look, [film])
            except FaultError as fault:
                reason = fault.reason
        link = self._desk.service.link_of(job) if reason is DeliveryReason.TOO_LARGE_FOR_CHAT else None
        if link is None:
            later = reason is DeliveryReason.CHAT_UNREACHABLE
            return await tell(asked, say("show-later") if later else delivery_sentence(DeliveryError(reason)))
        return await _fill_in(asked, render(replace(status, link=link), shown, self._wire.now()), [])

    async def _own(self, asked: Asked, job_id: JobId) -> Job:
        job = await self._desk.service.job(job_id)
        if job.requester.person != requester_of(asked).person:
            raise Refusal(RefusalReason.NOT_YOURS)
        return job

    async def _ended(self, job: Job) -> Status:
        return ending(job, self._desk.label_of(job), await self._desk.service.receipt(job))

    def _twice(self, asked: Asked, job_id: JobId) -> bool:
        """Whether this is the second half of a double click."""
        now = asyncio.get_running_loop().time()
        self._latest = {key: at for key, at in self._latest.items() if now - at < TWICE_SECONDS}
        known = (job_id, asked.user.id)
        twice = known in self._latest
        self._latest.setdefault(known, now)
        return twice


async def _fill_in(asked: Asked, look: StatusView, files: list[discord.File]) -> None:
    """Show something in the answer to a press. Raises `FaultError`."""
    with faults_become_ours():
        await asked.edit_original_response(attachments=files, view=look, allowed_mentions=NOBODY)
