"""What a press of a button does: who may, whether it still makes sense, and what a stale one says instead."""

import asyncio
from dataclasses import replace
from typing import Final

import discord

from bots.discord.buttons import Press
from bots.discord.desk import NOBODY, Asked, Desk, is_moderator, place_of, requester_of
from bots.discord.faults import faults_become_ours
from bots.discord.forms import PromptForm, ReportForm
from bots.discord.messenger import Wire
from bots.discord.place import read_place
from bots.discord.render import alt_text, render
from core.errors import Refusal, RefusalReason
from core.model import Job, JobId, Phase, Visibility
from core.progress import ending
from core.texts import say

LOOK_SECONDS: Final = 2.0
"""A form must be the first answer, within three seconds; so long a job may take to be looked up for it."""


class Presses:
    """Answers buttons. The right person, a job in a state that allows it, and pressed twice is pressed once."""

    def __init__(self, desk: Desk, wire: Wire) -> None:
        self._desk = desk
        self._wire = wire

    async def answer(self, asked: Asked, press: Press, job_id: JobId) -> None:
        """Do what a button says."""
        try:
            match press:
                case Press.CANCEL:
                    await asked.response.defer()
                    await self._desk.service.cancel(job_id, by=requester_of(asked))
                case Press.REMIX | Press.EDIT:
                    await self.remix(asked, job_id)
                case Press.AGAIN | Press.RETRY:
                    await self._desk.again(asked, job_id)
                case Press.PRIVATE:
                    await asked.response.defer()
                    job = await self._desk.service.make_private(
                        job_id, by=requester_of(asked), moderator=is_moderator(asked)
                    )
                    await self._take_from_view(asked, job, say("made-private"))
                case Press.DELETE:
                    await asked.response.defer()
                    job = await self._desk.service.remove(job_id, by=requester_of(asked), moderator=is_moderator(asked))
                    await self._take_from_view(asked, job, say("deleted"))
                case Press.REPORT:
                    with faults_become_ours():
                        await asked.response.send_modal(ReportForm(self._desk, job_id))
                case Press.SHOW:
                    await self._show(asked, job_id)
                case Press.OUTDATED:
                    await self._desk.tell(asked, say("button-outdated-pressed"))
        except Refusal as refusal:
            await self._desk.tell(asked, self._desk.refused(refusal))

    async def remix(self, asked: Asked, job_id: JobId) -> None:
        """Open a form that holds a video's prompt. Raises `Refusal`."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                job = await self._desk.service.job(job_id)
        except TimeoutError:
            await self._desk.tell(asked, say("try-again-soon"))
            return
        if job.removed_at is not None or (
            job.wishes.visibility is Visibility.PRIVATE and job.requester.person != requester_of(asked).person
        ):
            raise Refusal(RefusalReason.NOT_FOUND)
        with faults_become_ours():
            await asked.response.send_modal(
                PromptForm(self._desk, say("form-remix"), prompt=job.request.prompt, before=job)
            )

    async def _take_from_view(self, asked: Asked, job: Job, sentence: str) -> None:
        """Leave a message without its film where everybody sees it."""
        place = read_place(job.address)
        status = ending(job, self._label(job), await self._desk.service.receipt(job))
        look = render(status, place, self._wire.now(), hidden=True)
        with faults_become_ours():
            await asked.edit_original_response(attachments=[], view=look, allowed_mentions=NOBODY)
        await self._desk.tell(asked, sentence)

    async def _show(self, asked: Asked, job_id: JobId) -> None:
        """Bring a job to who asked for it: where it stands now, or its film, privately; nothing is charged."""
        job = await self._desk.service.job(job_id)
        if job.requester.person != requester_of(asked).person:
            raise Refusal(RefusalReason.NOT_YOURS)
        if not job.state.terminal and asked.message is not None:
            await asked.response.defer()
            stored = read_place(job.address)
            if asked.message.id == stored.message:
                renewed = place_of(asked, stored.message, ephemeral=stored.ephemeral)
                self._wire.renewed[stored.message] = renewed
                await self._desk.service.move(job_id, renewed.address())
            await self._desk.tell(asked, say("still-making"))
            return
        await asked.response.defer(thinking=True, ephemeral=True)
        if job.video is None or not job.video.path.is_file():
            raise Refusal(RefusalReason.NOT_MADE)
        status = ending(job, self._label(job), await self._desk.service.receipt(job))
        with faults_become_ours():
            film = discord.File(job.video.path, job.video.file_name, description=alt_text(status))
            shown = place_of(asked, 0, ephemeral=True)
            made = replace(status, phase=Phase.DONE, undelivered=None)
            look = render(made, shown, self._wire.now(), film=job.video.file_name)
            await asked.edit_original_response(attachments=[film], view=look, allowed_mentions=NOBODY)

    def _label(self, job: Job) -> str:
        model = self._desk.catalogue.models.get(job.request.model)
        return model.label if model else job.request.model
