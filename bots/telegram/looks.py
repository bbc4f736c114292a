"""What people only look at: their videos, what they have left, the line, the models, and their settings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bots.telegram.answers import Rows, answer, rewrite
from bots.telegram.asking import Asked
from bots.telegram.desk import Desk
from bots.telegram.entities import Piece, bold, code, cut, paragraphs, plain
from bots.telegram.pace import GatedError
from bots.telegram.render import harmless
from bots.telegram.signing import Signer, Verb, short
from core import rulebook
from core.catalogue import Catalogue
from core.model import Habits, Job, Shape, Visibility
from core.offers import prices
from core.progress import PHASE_OF
from core.texts import say

_SHOWN: Final = 10
_LOOKED_AT: Final = 100
_BUTTONS: Final = 6
_WIDE: Final = 2
_LINE_UNITS: Final = 80
_REMEMBERED: Final = 1000

_log = structlog.get_logger(__name__)


async def jobs(asked: Asked, desk: Desk) -> None:
    """Somebody's videos, the newest first, with a button for those that are kept."""
    rows = await desk.service.jobs(asked.requester, limit=_LOOKED_AT)
    # What somebody made elsewhere, or for themselves, is nobody's business in a group.
    rows = [job for job in rows if asked.private or _was_seen_in(asked, job)][:_SHOWN]
    if not rows:
        await answer(desk.wire, asked, [plain(say("no-jobs") if asked.private else say("no-jobs-here"))])
        return
    kept = [job for job in rows if job.video is not None and job.removed_at is None][:_BUTTONS]
    buttons = buttons_for(desk, asked, Verb.SHOW, "🎬", say("button-fetch"), kept)
    markup = InlineKeyboardMarkup(buttons) if kept else None
    await answer(desk.wire, asked, paragraphs([_line(job) for job in rows]), markup=markup)


def buttons_for(desk: Desk, asked: Asked, verb: Verb, sign: str, words: str, about: Sequence[Job]) -> Rows:
    """One button a job, each with its name."""
    buttons = [
        InlineKeyboardButton(f"{sign} {words} {job.id}", callback_data=desk.signer.seal(verb, job.id, asked.person))
        for job in about
    ]
    return [buttons[at : at + _WIDE] for at in range(0, len(buttons), _WIDE)]


def _was_seen_in(asked: Asked, job: Job) -> bool:
    here = job.requester.community == asked.requester.community
    return here and job.wishes.visibility is not Visibility.PRIVATE


def _line(job: Job) -> Sequence[Piece]:
    phase = say("taken-away") if job.removed_at is not None else say(f"phase-{PHASE_OF[job.state]}")
    return [code(job.id), plain(f" {phase} · {harmless(cut(job.request.prompt, _LINE_UNITS))}")]


async def quota(asked: Asked, desk: Desk) -> None:
    """What somebody has left, when there is more, and what their latest videos came to."""
    seen = await desk.service.quota(asked.requester, await desk.roles(asked))
    latest = await desk.service.receipts(asked.requester)
    if not asked.private:
        known = {
            job.id for job in await desk.service.jobs(asked.requester, limit=_LOOKED_AT) if _was_seen_in(asked, job)
        }
        latest = [each for each in latest if each.job in known]
    said = rulebook.allowances(seen, latest, desk.zone, desk.wire.now())
    await answer(desk.wire, asked, [plain("\n".join(said))])


async def queue(asked: Asked, desk: Desk) -> None:
    """The line, and somebody's own places in it."""
    line = await desk.service.line(asked.requester)
    said = [say("queue", waiting=line.waiting, running=line.running)]
    if line.mine:
        said.append(say("queue-mine", places=", ".join(f"{job.id} ({place})" for job, place in line.mine)))
    await answer(desk.wire, asked, [plain("\n".join(said))])


async def models(asked: Asked, desk: Desk) -> None:
    """What can be made, and what it costs."""
    await answer(desk.wire, asked, paragraphs([_offer(desk.catalogue, name) for name in desk.catalogue.offered()]))


def _offer(catalogue: Catalogue, name: str) -> Sequence[Piece]:
    model = catalogue.models[name]
    facts = say(
        "telegram-model",
        lengths=prices(model),
        shapes=", ".join(model.shapes),
        styles=", ".join(model.styles),
        image=int(model.takes_image),
    )
    return [bold(name), plain(f": {facts}")]


async def settings(asked: Asked, desk: Desk) -> None:
    """What somebody gets when they do not say, and the buttons that change it."""
    habits = await desk.service.habits(asked.requester.person)
    rows = _toggles(desk.signer, asked.person, habits, desk.catalogue)
    await answer(desk.wire, asked, _settings(habits), markup=InlineKeyboardMarkup(rows))


async def prefer(asked: Asked, desk: Desk, value: str) -> None:
    """Change one of them. `value` says which and to what: `q1`, `sportrait`, `m` and a model's short name."""
    person = asked.requester.person
    async with desk.alone(person):
        habits = await desk.service.habits(person)
        wanted = _changed(habits, value, desk.catalogue)
        if wanted != habits:
            await desk.service.set_habits(person, wanted)


async def settings_again(asked: Asked, desk: Desk) -> None:
    """Draw the message of the settings anew; of several that wait for it, the first shows what all of them changed."""
    where = asked.chat, asked.message
    async with desk.alone(f"{asked.chat}:{asked.message}"):
        if desk.shown.get(where) == await desk.service.habits(asked.requester.person):
            return
        try:
            await desk.wire.pace.answer(asked.chat)
        except GatedError as gated:
            _log.info("settings were not drawn", chat=asked.chat, reason=str(gated))
            return
        habits = await desk.service.habits(asked.requester.person)
        rows = _toggles(desk.signer, asked.person, habits, desk.catalogue)
        if await rewrite(desk.wire, *where, _settings(habits), rows, has_turn=True):
            desk.shown[where] = habits
            desk.shown.move_to_end(where)
            while len(desk.shown) > _REMEMBERED:
                desk.shown.popitem(last=False)


def _changed(habits: Habits, value: str, catalogue: Catalogue) -> Habits:
    kind, to = value[:1], value[1:]
    match kind:
        case "q":
            return replace(habits, quiet=to == "1")
        case "s":
            return replace(habits, shape=Shape(to) if to in set(Shape) else None)
        case "m":
            return replace(habits, model=next((name for name in catalogue.offered() if short(name) == to), None))
        case _:
            return habits


def _settings(habits: Habits) -> Sequence[Piece]:
    lines = [
        say("settings-quiet", on=0 if habits.quiet else 1),
        say("settings-shape", shape=habits.shape),
        say("settings-model", model=habits.model),
    ]
    return [plain("\n".join(lines))]


def _toggles(signer: Signer, person: int, habits: Habits, catalogue: Catalogue) -> Rows:
    def toggle(words: str, value: str, *, on: bool) -> InlineKeyboardButton:
        label = f"✅ {words}" if on else words
        return InlineKeyboardButton(label, callback_data=signer.seal(Verb.PREFER, "", person, value))

    pings = [
        toggle(say("settings-pinged"), "q0", on=not habits.quiet),
        toggle(say("settings-unpinged"), "q1", on=habits.quiet),
    ]
    shapes = [
        toggle(say("shape-short", shape=shape), f"s{shape}", on=habits.shape is shape)
        for shape in Shape
        if any(shape in catalogue.models[name].shapes for name in catalogue.offered())
    ]
    offered = [toggle(name, f"m{short(name)}", on=habits.model == name) for name in catalogue.offered()[:_SHOWN]]
    return [
        pings,
        shapes,
        [toggle(say("settings-any-shape"), "s", on=habits.shape is None)],
        *(offered[at : at + _WIDE] for at in range(0, len(offered), _WIDE)),
        [toggle(say("settings-any-model"), "m", on=habits.model is None)],
    ]
