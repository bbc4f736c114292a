"""A job as Discord shows it: one container of Components V2, words first, a person's words never as markup; pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import discord
from discord import ui

from bots.discord.buttons import JobButton, Press
from bots.discord.limits import DESCRIPTION_LIMIT, PROMPT_SHOWN
from bots.discord.place import Place
from bots.discord.quoting import quoted
from bots.discord.ways import Way, only_by_token
from core.errors import DeliveryError
from core.model import Phase, Receipt, Status, Visibility
from core.texts import clock, delivery_sentence, failure_sentence, phase_words, say, span

_BAR: Final = 20
_IN_ADDRESSES: Final = "%/:?#[]@!$&'()*+,;=-._~"
"""What an address may hold as it is (RFC 3986); everything else is written with percent signs."""
_BLURPLE, _GREEN, _YELLOW, _RED = 0x5865F2, 0x57F287, 0xFEE75C, 0xED4245
_COLOURS: Final = {
    Phase.DONE: _GREEN,
    Phase.FAILED: _RED,
    Phase.CANCELLED: _YELLOW,
    Phase.INTERRUPTED: _YELLOW,
    Phase.UNDELIVERED: _YELLOW,
}
_SIGNS: Final = {
    Phase.WAITING: "🕒",
    Phase.STARTING: "🎬",
    Phase.SENT: "🎬",
    Phase.RENDERING: "🎬",
    Phase.FINISHING: "🎬",
    Phase.UPLOADING: "📤",
    Phase.DONE: "✅",
    Phase.FAILED: "❌",
    Phase.CANCELLED: "✖️",
    Phase.INTERRUPTED: "⚠️",
    Phase.UNDELIVERED: "⚠️",
}


class StatusView(ui.LayoutView):
    """One look of a status message. Made anew for each edit and never stopped: its buttons are known by their ids."""

    def __init__(self, *items: ui.Item[Any], colour: int) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*items, accent_colour=colour))


def render(
    status: Status,
    place: Place,
    now: datetime,
    *,
    film: str | None = None,
    words: bool = True,
    hidden: bool = False,
    sent_to: Way | None = None,
) -> StatusView:
    """The message of a status. `film`: the attached file's name; without `words` nobody's own words are shown.

    `hidden`: what everybody still sees of a video that only its person may see now, or that was taken away.
    `sent_to`: what stays of a message that may not hold the film, which went that way.
    """
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"**{_SIGNS[status.phase]} {phase_words(status, now)}**")]
    if status.removed or hidden:
        items.append(ui.TextDisplay(say("taken-away") if status.removed else say("made-private")))
        if not status.removed and status.video is not None:
            items.append(ui.ActionRow(JobButton(Press.FETCH, status.job)))
        return StatusView(*items, colour=_YELLOW)
    if sent_to is not None:
        items.append(ui.TextDisplay(say("sent-elsewhere", way=sent_to.name.lower())))
        return StatusView(*items, colour=_YELLOW)
    if words:
        items.append(ui.TextDisplay(f"> {quoted(status.request.prompt, most=PROMPT_SHOWN)}"))
    if film is not None:
        items.append(ui.MediaGallery(_gallery_item(status, film, words=words)))
    if status.link is not None:
        items.append(ui.TextDisplay(say("link-instead", link=_link(status))))
    items.append(ui.TextDisplay("\n".join(_details(status, place))))
    if buttons := _buttons(status, place):
        items.append(
            ui.ActionRow(*(JobButton(press, status.job, free=status.phase is Phase.INTERRUPTED) for press in buttons))
        )
    return StatusView(*items, colour=_COLOURS.get(status.phase, _BLURPLE))


def alt_text(status: Status, *, words: bool = True) -> str:
    """What somebody hears who cannot see it."""
    return say("alt-text", prompt=status.request.prompt if words else None)[:DESCRIPTION_LIMIT]


def _gallery_item(status: Status, film: str, *, words: bool) -> discord.MediaGalleryItem:
    spoiler = status.wishes.visibility is Visibility.SPOILER
    return discord.MediaGalleryItem(f"attachment://{film}", description=alt_text(status, words=words), spoiler=spoiler)


def _link(status: Status) -> str:
    """An address that is one whatever stands in it, and that shows where it leads; of a spoiler, once it is opened."""
    link = f"<{quote(status.link or '', safe=_IN_ADDRESSES)}>"
    return f"||{link}||" if status.wishes.visibility is Visibility.SPOILER else link


def _details(status: Status, place: Place) -> Sequence[str]:
    request = status.request
    facts = say(
        "facts", shape=request.shape, seconds=request.seconds, model=_plain(status.model_label), style=request.style
    )
    if not status.phase.final:
        own = status.receipt or Receipt(cost=0)
        price = say("price-tag", credits=status.price, left=own.left, allowance=own.allowance, window=own.window)
        return [f"{facts} · {price}", *_on_the_way(status, place)]
    receipt = status.receipt or Receipt(cost=0)
    if status.phase is Phase.CANCELLED:
        return [say("returned", refunded=receipt.refunded), f"-# {say('job-named', job=status.job)}"]
    if status.failure is not None:
        model = _plain(status.model_label)
        said = failure_sentence(status.failure, model=model, refunded=receipt.refunded)
        return [said, f"-# {say('job-named', job=status.job)}"]
    if status.undelivered is not None:
        return [delivery_sentence(DeliveryError(status.undelivered)), f"-# {say('job-named', job=status.job)}"]
    took = [say("took", clock=clock(status.took_seconds))] if status.took_seconds is not None else []
    paid = say("receipt", credits=receipt.cost, left=receipt.left, allowance=receipt.allowance, window=receipt.window)
    return [
        " · ".join([say("ai-generated"), facts, *took]),
        paid,
        f"-# {say('job-named', job=status.job)}",
    ]


def _on_the_way(status: Status, place: Place) -> Sequence[str]:
    lines = []
    if status.percent is not None:
        full = round(status.percent / 100 * _BAR)
        lines.append("█" * full + "░" * (_BAR - full))
    if status.phase is Phase.WAITING:
        if status.starts_in is not None:
            lines.append(say("starts-in", span=span(*status.starts_in)))
    elif status.started_at is not None:
        started = say("started", when=f"<t:{int(status.started_at.timestamp())}:R>")
        usual = [say("usually", span=span(*status.usually))] if status.usually else []
        lines.append(" · ".join([started, *usual]))
    if only_by_token(place):
        lines.append(f"-# {say('press-to-follow')}")
    return lines


def _buttons(status: Status, place: Place) -> Sequence[Press]:
    if not status.phase.final:
        show = [Press.SHOW] if only_by_token(place) else []
        return [Press.CANCEL, *show]
    if status.phase is Phase.DONE:
        hide = [Press.PRIVATE] if status.wishes.visibility is not Visibility.PRIVATE else []
        return [Press.REMIX, Press.AGAIN, *hide, Press.REPORT, Press.DELETE]
    if status.phase is Phase.UNDELIVERED:
        return [Press.SHOW]
    return [Press.RETRY, Press.EDIT]


def _plain(label: str) -> str:
    return discord.utils.escape_markdown(label)
