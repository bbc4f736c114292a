"""A job as Telegram shows it: words first, a person's words never as markup, buttons below; pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from anyascii import anyascii
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bots.telegram.entities import Piece, Text, ago, bold, code, compose, cut, paragraphs, plain, quoted
from bots.telegram.limits import CAPTION_UNITS, PROMPT_UNITS, TEXT_UNITS
from bots.telegram.place import Place
from core.errors import DeliveryError
from core.model import JobId, Phase, Receipt, Status, Visibility
from core.texts import clock, delivery_sentence, failure_sentence, phase_words, say, span, speaking

Sign = Callable[[str, JobId, int], str]
"""Callback data for a verb, a job and the person who may press; 0 is anybody."""

_BAR: Final = 10
_IN_ADDRESSES: Final = "%/:?#[]@!$&'()*+,;=-._~"
"""What an address may hold as it is (RFC 3986); everything else is written with percent signs."""
_NAME_LENGTH: Final = 40
_ANYBODY: Final = 0


class Verb(StrEnum):
    """What somebody can ask for by pressing."""

    CANCEL = "cancel"
    REMIX = "remix"
    EDIT = "edit"
    AGAIN = "again"
    RETRY = "retry"
    PRIVATE = "private"
    REPORT = "report"
    DELETE = "delete"
    SHOW = "show"
    """Hand a film over that is made and was not handed over."""


_FOR_ANYBODY: Final = frozenset({Verb.REPORT, Verb.REMIX})
"""What is not about one's own video."""
_SIGNS: Final = {
    Phase.WAITING: "🕒",
    Phase.UPLOADING: "📤",
    Phase.DONE: "✅",
    Phase.FAILED: "❌",
    Phase.CANCELLED: "✖️",
    Phase.INTERRUPTED: "⚠️",
    Phase.UNDELIVERED: "⚠️",
}
_ROW: Final = 3


@dataclass(frozen=True, slots=True)
class Look:
    """All that one message shows beside a film."""

    text: Text
    keyboard: InlineKeyboardMarkup | None = None


def render(
    status: Status,
    place: Place,
    now: datetime,
    sign: Sign,
    *,
    caption: bool = False,
    crowded: bool = False,
    bot: str | None = None,
) -> Look:
    """The message of a status, in the language of its place. `caption`: it stands below a film.

    `bot`: our username, for links to the private chat.
    `crowded`: how it goes is told in the board of the chat, and this message does not change before the end.
    """
    with speaking(place.language):
        return _render(status, place, now, sign, caption=caption, crowded=crowded, bot=bot)


def _render(
    status: Status, place: Place, now: datetime, sign: Sign, *, caption: bool, crowded: bool, bot: str | None
) -> Look:
    crowded = crowded and not status.phase.final
    heading = [plain(f"{_SIGNS.get(status.phase, '🎬')} "), bold(phase_words(status, now))]
    if status.removed:
        return Look(_text([heading, [plain(say("taken-away"))]], caption=caption))
    if crowded:
        heading = [
            plain("🕒 "),
            bold(say("telegram-crowded")),
            plain(f"\n{say('telegram-crowded-where', job=status.job)}"),
        ]
    blocks = [heading, _subject(status, caption=caption)]
    if status.link is not None:
        blocks.append([plain(say("link-instead", link=quote(status.link, safe=_IN_ADDRESSES)))])
    blocks.extend(_details(status, place, now, crowded=crowded, caption=caption))
    return Look(_text(blocks, caption=caption), _keyboard(status, place, sign, bot))


def went_private(status: Status, place: Place, now: datetime) -> Look:
    """What stays of a message in a group whose film is for one person, or may not be posted there."""
    why = "wish" if status.wishes.visibility is Visibility.PRIVATE else "rights"
    with speaking(place.language):
        words = [plain(say("telegram-sent-privately", why=why))]
        return Look(_text([[plain("✅ "), bold(phase_words(status, now))], words, [_job(status)]], caption=False))


def harmless(words: str) -> str:
    """A person's words in which nobody is mentioned: Telegram would find names by itself."""
    return words.replace("@", "@\u2060")


def file_name(status: Status) -> str:
    """What the film is called when somebody saves it."""
    words = re.sub(r"[^a-z0-9]+", "-", anyascii(status.request.prompt).lower()).strip("-")
    return "-".join(filter(None, [words[:_NAME_LENGTH].rstrip("-"), f"{status.job}.mp4"]))


def start_link(bot: str, job: JobId, wish: str = "show") -> str:
    """Opens the private chat with the bot, and asks there for the film of a job, or to `remix` or to `report` it."""
    return f"https://t.me/{bot}?start={wish}-{job}"


def _text(blocks: Sequence[Sequence[Piece]], *, caption: bool) -> Text:
    return compose(paragraphs(blocks), CAPTION_UNITS if caption else TEXT_UNITS)


def _subject(status: Status, *, caption: bool) -> Sequence[Piece]:
    """What the video shows; below a film that is what somebody hears who cannot see it."""
    prompt = harmless(cut(status.request.prompt, PROMPT_UNITS))
    return [quoted(say("alt-text", prompt=prompt) if caption else prompt)]


def _details(status: Status, place: Place, now: datetime, *, crowded: bool, caption: bool) -> Sequence[Sequence[Piece]]:
    request = status.request
    facts = say("facts", shape=request.shape, seconds=request.seconds, model=status.model_label, style=request.style)
    if not status.phase.final:
        priced = [plain(f"{facts} · {say('price-tag', credits=status.price)}")]
        return [priced] if crowded else [*_on_the_way(status, now), priced]
    receipt = status.receipt or Receipt(cost=0)
    if status.phase is Phase.CANCELLED:
        return [[plain(say("returned", refunded=receipt.refunded))], [_job(status)]]
    if status.failure is not None:
        said = failure_sentence(status.failure, model=status.model_label, refunded=receipt.refunded)
        return [[plain(said)], [_job(status)]]
    if status.undelivered is not None:
        if _held(status, place):
            return [[plain(say("telegram-held"))], [_job(status)]]
        return [[plain(delivery_sentence(DeliveryError(status.undelivered)))], [_job(status)]]
    took = [say("took", clock=clock(status.took_seconds))] if status.took_seconds is not None else []
    label = [] if caption else [say("ai-generated")]
    paid = say("receipt", credits=receipt.cost, left=receipt.left, allowance=receipt.allowance, window=receipt.window)
    return [[plain(" · ".join([*label, facts, *took]))], [plain(paid)], [_job(status)]]


def _on_the_way(status: Status, now: datetime) -> Sequence[Sequence[Piece]]:
    lines: list[Sequence[Piece]] = []
    if status.percent is not None:
        full = round(status.percent / 100 * _BAR)
        lines.append([plain("▓" * full + "░" * (_BAR - full))])
    if status.phase is Phase.WAITING:
        if status.starts_in is not None:
            lines.append([plain(say("starts-in", span=span(*status.starts_in)))])
    elif status.started_at is not None:
        lines.append(_started(status.started_at, now, status.usually))
    return lines


def _started(at: datetime, now: datetime, usually: tuple[int, int] | None) -> Sequence[Piece]:
    """When it began, as a time that counts up by itself where the reader's client can."""
    minutes = int((now - at).total_seconds() // 60)
    before, _, after = say("started", when="\0").partition("\0")
    usual = f" · {say('usually', span=span(*usually))}" if usually else ""
    return [plain(before), ago(say("telegram-ago", minutes=minutes), at), plain(after + usual)]


def _job(status: Status) -> Piece:
    return code(say("job-named", job=status.job))


def _held(status: Status, place: Place) -> bool:
    """Whether its person has to open the private chat to get it."""
    return status.wishes.visibility is Visibility.PRIVATE and not place.private


def _keyboard(status: Status, place: Place, sign: Sign, bot: str | None) -> InlineKeyboardMarkup | None:
    if status.phase is Phase.UNDELIVERED and _held(status, place) and bot is not None:
        button = InlineKeyboardButton(f"💬 {say('telegram-button-open-private')}", url=start_link(bot, status.job))
        return InlineKeyboardMarkup([[button]])
    verbs = _verbs(status, place)
    rows = [verbs[at : at + _ROW] for at in range(0, len(verbs), _ROW)]
    return InlineKeyboardMarkup([[_button(verb, status, place.person, sign) for verb in row] for row in rows])


def _button(verb: Verb, status: Status, person: int, sign: Sign) -> InlineKeyboardButton:
    data = sign(verb, status.job, _ANYBODY if verb in _FOR_ANYBODY else person)
    if verb is Verb.RETRY and status.phase is Phase.INTERRUPTED:
        return InlineKeyboardButton(f"🔄 {say('button-retry-free')}", callback_data=data)
    return InlineKeyboardButton(_label(verb), callback_data=data)


def _label(verb: Verb) -> str:
    labels = {
        Verb.CANCEL: f"✖️ {say('button-cancel')}",
        Verb.REMIX: f"✏️ {say('button-remix')}",
        Verb.EDIT: f"✏️ {say('button-edit')}",
        Verb.AGAIN: f"🔄 {say('button-again')}",
        Verb.RETRY: f"🔄 {say('button-retry')}",
        Verb.PRIVATE: f"🔒 {say('button-private')}",
        Verb.REPORT: f"🚩 {say('button-report')}",
        Verb.DELETE: f"🗑 {say('button-delete')}",
        Verb.SHOW: f"🎬 {say('telegram-button-send-again')}",
    }
    return labels[verb]


def _verbs(status: Status, place: Place) -> Sequence[Verb]:
    if not status.phase.final:
        return [Verb.CANCEL]
    if status.phase is Phase.DONE:
        # In a private chat nobody else looks on, and whoever wrote as a chat has none where it could be found.
        is_hidden = place.private or place.person <= 0 or status.wishes.visibility is Visibility.PRIVATE
        hide = [] if is_hidden else [Verb.PRIVATE]
        return [Verb.AGAIN, Verb.REMIX, *hide, Verb.REPORT, Verb.DELETE]
    if status.phase is Phase.UNDELIVERED:
        return [Verb.SHOW]
    return [Verb.RETRY, Verb.EDIT]
