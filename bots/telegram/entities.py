"""Text as Telegram wants it: pieces with their looks, offsets counted in UTF-16 units, nothing parsed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telegram import MessageEntity, User
from telegram.constants import MessageEntityType

ELLIPSIS: Final = "…"

_BOLD: Final = MessageEntityType.BOLD
_JOINERS: Final = frozenset("\u200d\ufe0f\u20e3")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that look one way. What a person wrote goes in here as it is: there is no markup to escape from."""

    text: str
    look: str | None = None
    """One of Telegram's entity types."""
    person: int | None = None
    """Whom a text mention is of."""
    moment: datetime | None = None
    """The time that a date_time entity stands for, shown as how long ago it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent: the words, and what is said about parts of them."""

    words: str
    entities: tuple[MessageEntity, ...] = ()


def plain(text: str) -> Piece:
    """Words as they are."""
    return Piece(text)


def bold(text: str) -> Piece:
    """Words that stand out."""
    return Piece(text, _BOLD)


def code(text: str) -> Piece:
    """What somebody copies."""
    return Piece(text, MessageEntityType.CODE)


def quoted(text: str) -> Piece:
    """A person's words, folded where they are long."""
    return Piece(text, MessageEntityType.EXPANDABLE_BLOCKQUOTE)


def mention(text: str, person: int) -> Piece:
    """Words that notify somebody, whether or not they have a username."""
    return Piece(text, MessageEntityType.TEXT_MENTION, person=person)


def ago(text: str, at: datetime) -> Piece:
    """A time that each reader's own client counts up; `text` is what older clients show."""
    return Piece(text, MessageEntityType.DATE_TIME, moment=at)


def units(text: str) -> int:
    """The length that Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """At most so many units, with an ellipsis where something was left out; no character is torn apart."""
    if units(text) <= most:
        return text
    if most < 1:
        return ""
    kept, room = [], most - 1
    for char in text:
        room -= 2 if ord(char) > 0xFFFF else 1
        if room < 0:
            break
        kept.append(char)
    # What joins a character to the next one, or is joined to the last, is no end.
    end = len(kept)
    if end < len(text) and text[end] in _JOINERS:
        while end and kept[end - 1] in _JOINERS:
            end -= 1
        end = max(end - 1, 0)
    while end and kept[end - 1] == "\u200d":
        end -= 1
    return "".join(kept[:end]).rstrip() + ELLIPSIS


def compose(pieces: Iterable[Piece], most: int) -> Text:
    """The pieces one after another, at most `most` units; what does not fit any more is cut, its entity with it.

    Telegram takes spaces away at both ends of a text, and of an entity: none is left there.
    """
    words: list[str] = []
    entities: list[MessageEntity] = []
    at = 0
    for piece in pieces:
        text = piece.text if words else piece.text.lstrip()
        text = cut(text, most - at)
        if not text:
            continue
        words.append(text)
        length = units(text.rstrip())
        if piece.look is not None and length:
            entities.append(_entity(piece, at, length))
        at += units(text)
        if at >= most:
            break
    whole = "".join(words)
    return Text(whole.rstrip(), tuple(entities))


def paragraphs(blocks: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Blocks below one another, those that say nothing left out."""
    lines: list[Piece] = []
    for block in blocks:
        if not any(piece.text for piece in block):
            continue
        if lines:
            lines.append(plain("\n"))
        lines.extend(block)
    return lines


def _entity(piece: Piece, offset: int, length: int) -> MessageEntity:
    user = User(piece.person, "", is_bot=False) if piece.person is not None else None
    return MessageEntity(
        str(piece.look),
        offset,
        length,
        user=user,
        unix_time=piece.moment,
        date_time_format="r" if piece.moment is not None else None,
    )
