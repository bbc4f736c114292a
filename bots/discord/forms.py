"""The forms that open over a chat: a prompt to change, a picture to set in motion, a report.

Like a button, a form is known by what stands in its id: whichever process hears that it was sent off can answer it.
"""

import asyncio
import re
from enum import StrEnum
from typing import Any, Final, cast

import discord
import msgspec
from discord import ui

from bots.discord.answers import Asked, is_private, requester_of, take_back, tell, think
from bots.discord.desk import Desk, Wanted
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.place import NAME
from core.db import DatabaseUnavailableError
from core.errors import Refusal, RefusalReason
from core.model import Job, JobId, Picture, Visibility, clean_prompt
from core.pictures import BYTES_LIMIT, take_in
from core.texts import say

PROMPT_MOST: Final = 1500
"""Characters of a prompt that Discord's form and option take from us."""
LOOK_SECONDS: Final = 2.0
"""A form must be the first answer, within three seconds; so long the books may take before it."""
_REASON_MOST: Final = 500
_TITLE_MOST: Final = 45
_WORDS: Final = "words"


class Form(StrEnum):
    """What somebody can be asked for in a form."""

    REMIX = "remix"
    """Other words for a video there is; its key is the job."""
    REMIX_PRIVATE = "remix-private"
    """The same for one that only its person sees: so is what comes of it."""
    ANIMATE = "animate"
    """Words for a picture; its key is the interaction that opened it."""
    REPORT = "report"
    """What is wrong with a video; its key is the job."""


_ID: Final = re.compile(rf"matinee-form:(?P<form>{'|'.join(Form)}):(?P<key>[0-9A-Z]+)")


class _Kept(msgspec.Struct, frozen=True):
    """The picture of the form that somebody opened last. An id has no room for an address."""

    form: int
    url: str


async def open_remix(asked: Asked, job: Job) -> None:
    """Ask for other words for a video. Raises `FaultError`."""
    private = job.wishes.visibility is Visibility.PRIVATE or is_private(asked)
    form = Form.REMIX_PRIVATE if private else Form.REMIX
    await _open(asked, form, job.id, say("form-remix"), say("form-prompt"), _prompt_field(job.request.prompt))


async def open_animation(asked: Asked, desk: Desk, picture: discord.Attachment) -> None:
    """Ask what is to happen in a picture. Raises `FaultError`, `DatabaseUnavailableError`."""
    if picture.size > BYTES_LIMIT:
        await tell(asked, desk.refused(Refusal(RefusalReason.PICTURE_UNREADABLE)))
        return
    kept = msgspec.json.encode(_Kept(asked.id, picture.url)).decode()
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await desk.service.set_mark(_mark_of(asked), kept)
    except TimeoutError:
        await tell(asked, say("try-again-soon"))
        return
    await _open(asked, Form.ANIMATE, str(asked.id), say("form-animate"), say("form-prompt"), _prompt_field())


async def open_report(asked: Asked, job_id: JobId) -> None:
    """Ask what is wrong with a video. Raises `FaultError`."""
    field: ui.TextInput[Any] = ui.TextInput(
        style=discord.TextStyle.paragraph, max_length=_REASON_MOST, required=False, custom_id=_WORDS
    )
    await _open(asked, Form.REPORT, job_id, say("form-report"), say("form-reason"), field)


async def answer_form(asked: Asked, desk: Desk) -> None:
    """Do what was asked for in a form, whoever opened it and when. Raises `FaultError`, `DatabaseUnavailableError`."""
    sent = cast("Any", asked.data)
    known = _ID.fullmatch(sent["custom_id"])
    if known is None:
        await tell(asked, say("outdated-form"))
        return
    form, key, words = Form(known["form"]), known["key"], _written(sent["components"])
    if form is Form.REPORT:
        await _report(asked, desk, JobId(key), words)
    elif not clean_prompt(words):
        await tell(asked, desk.refused(Refusal(RefusalReason.PROMPT_EMPTY)))
    elif form is Form.ANIMATE:
        await _animate(asked, desk, int(key), words)
    else:
        await desk.again(asked, JobId(key), words=words, private=form is Form.REMIX_PRIVATE)


async def _open(asked: Asked, form: Form, key: str, title: str, label: str, field: ui.TextInput[Any]) -> None:
    modal = ui.Modal(title=title[:_TITLE_MOST], custom_id=f"matinee-form:{form}:{key}")
    modal.add_item(ui.Label(text=label, component=field))
    modal.stop()  # discord.py need not remember it: every form that is sent off comes by `answer_form`
    with faults_become_ours():
        await asked.response.send_modal(modal)


def _prompt_field(prompt: str = "") -> ui.TextInput[Any]:
    return ui.TextInput(
        style=discord.TextStyle.paragraph,
        default=prompt[:PROMPT_MOST],
        max_length=PROMPT_MOST,
        min_length=1,
        custom_id=_WORDS,
    )


def _written(components: list[Any]) -> str:
    """What was written into the one field there is."""
    fields = [part["component"] for part in components if part.get("component", {}).get("custom_id") == _WORDS]
    return str(fields[0].get("value") or "") if fields else ""


async def _report(asked: Asked, desk: Desk, job_id: JobId, reason: str) -> None:
    await think(asked, private=True)
    try:
        first = await desk.service.report(job_id, reason, by=requester_of(asked))
    except Refusal as refusal:
        await tell(asked, desk.refused(refusal))
        return
    await tell(asked, say("reported") if first else say("reported-before"))


async def _animate(asked: Asked, desk: Desk, form: int, words: str) -> None:
    place = await think(asked, private=False)
    try:
        stored = await desk.service.mark(_mark_of(asked))
        kept = msgspec.json.decode(stored, type=_Kept) if stored is not None else None
        if kept is None or kept.form != form:
            await take_back(asked, say("outdated-form"), place)
            return
        wanted = Wanted(words, picture=await _fetch(asked, kept.url))
        await desk.take(asked, wanted, place)
    except (Refusal, DatabaseUnavailableError) as error:
        await take_back(asked, desk.refused(error), place)


async def _fetch(asked: Asked, url: str) -> Picture:
    try:
        with faults_become_ours():
            data = await asked.client.http.get_from_cdn(url)
    except FaultError as fault:
        raise Refusal(RefusalReason.PICTURE_NOT_FETCHED) from fault
    return await take_in(data)


def _mark_of(asked: Asked) -> str:
    return f"{NAME}.picture:{asked.user.id}"
