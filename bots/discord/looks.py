"""What people only look at: their videos, what they have left, the line, the models, their settings; all privately."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from discord import ui

from bots.discord.answers import NOBODY, Asked, requester_of, roles_of, think
from bots.discord.buttons import JobButton, Press
from bots.discord.desk import Desk
from bots.discord.faults import faults_become_ours
from bots.discord.quoting import quoted
from core import rulebook
from core.catalogue import Catalogue
from core.errors import Refusal
from core.model import Job, Shape
from core.offers import prices
from core.progress import PHASE_OF
from core.texts import say

_SHOWN: Final = 10
_BUTTONS: Final = 5
_LINE_MOST: Final = 80
_TEXT_MOST: Final = 2000
"""Characters of a message."""
NO_PREFERENCE: Final = "any"
"""What somebody chooses who wants to leave it to us again."""


async def jobs(asked: Asked, desk: Desk) -> None:
    """Somebody's videos, the newest first, with a button for those that are kept."""
    await think(asked, private=True)
    rows = await desk.service.jobs(requester_of(asked), limit=_SHOWN)
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(map(_line, rows)) or say("no-jobs"))]
    kept = [job for job in rows if job.video is not None and job.removed_at is None][:_BUTTONS]
    if kept:
        items.append(ui.ActionRow(*(JobButton(Press.FETCH, job.id, of_several=True) for job in kept)))
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    with faults_become_ours():
        await asked.edit_original_response(view=view, allowed_mentions=NOBODY)


def _line(job: Job) -> str:
    phase = say("taken-away") if job.removed_at is not None else say(f"phase-{PHASE_OF[job.state]}")
    return say("job-line", job=job.id, phase=phase, prompt=quoted(job.request.prompt, most=_LINE_MOST))


async def quota(asked: Asked, desk: Desk) -> None:
    """What somebody has left, when there is more, and what their latest videos came to."""
    await think(asked, private=True)
    by = requester_of(asked)
    seen = await desk.service.quota(by, roles_of(asked))
    latest = await desk.service.receipts(by)
    await _answer(asked, "\n".join(rulebook.allowances(seen, latest, desk.zone, desk.now())))


async def queue(asked: Asked, desk: Desk) -> None:
    """The line, and somebody's own places in it."""
    await think(asked, private=True)
    line = await desk.service.line(requester_of(asked))
    said = [say("queue", waiting=line.waiting, running=line.running)]
    if line.mine:
        said.append(say("queue-mine", places=", ".join(f"{job.id} ({place})" for job, place in line.mine)))
    await _answer(asked, "\n".join(said))


async def settings(asked: Asked, desk: Desk, *, quiet: bool | None, shape: str | None, model: str | None) -> None:
    """Change what somebody gets when they do not say, where they say so; and show how it stands.

    `NO_PREFERENCE` as shape or model leaves it to us again.
    """
    await think(asked, private=True)
    person = requester_of(asked).person
    habits = await desk.service.habits(person)
    try:
        if model not in {None, NO_PREFERENCE}:
            desk.catalogue.model(model)
    except Refusal as refusal:
        await _answer(asked, desk.refused(refusal))
        return
    wanted = replace(
        habits,
        quiet=habits.quiet if quiet is None else quiet,
        shape=habits.shape if shape is None else None if shape == NO_PREFERENCE else Shape(shape),
        model=habits.model if model is None else None if model == NO_PREFERENCE else model,
    )
    if wanted != habits:
        await desk.service.set_habits(person, wanted)
    lines = [
        say("settings-quiet", on=0 if wanted.quiet else 1),
        say("settings-shape", shape=wanted.shape),
        say("settings-model", model=wanted.model),
        say("settings-change"),
    ]
    await _answer(asked, "\n".join(lines))


def models(catalogue: Catalogue) -> str:
    """What can be made, and what it costs; as much of it as a message holds."""
    lines: list[str] = [
        say(
            "model-line",
            model=name,
            lengths=prices(model),
            shapes=", ".join(say("shape-name", shape=shape) for shape in model.shapes),
            styles=", ".join(model.styles),
            image=int(model.takes_image),
        )
        for name, model in ((name, catalogue.models[name]) for name in catalogue.offered())
    ]
    most = len(lines)
    while len(text := "\n".join([*lines[:most], *_and_more(len(lines) - most)])) > _TEXT_MOST:
        most -= 1
    return text


def _and_more(models: int) -> Sequence[str]:
    return [say("models-more", count=models)] if models else []


async def _answer(asked: Asked, text: str) -> None:
    with faults_become_ours():
        await asked.edit_original_response(content=text, allowed_mentions=NOBODY)
