"""Texts and their entities: counted in UTF-16 units, checked and completed as Telegram does."""

import re
from collections.abc import Iterator
from typing import Any

from tests.emulators.telegram.errors import bad_request

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
TYPES = frozenset(
    {
        *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic"),
        *("underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre"),
        *("text_link", "text_mention", "custom_emoji", "date_time"),
    }
)
_FOUND_IN_TEXT = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{2,31}\b")),
    ("url", re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]']")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d_]\w*")),
)
_NOT_WITHIN = frozenset({"code", "pre", "text_link", "text_mention"})


def units(text: str) -> int:
    """Length in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def found_entities(text: str) -> list[dict[str, Any]]:
    """Commands, mentions, addresses and hashtags that every client marks by itself."""
    found: list[dict[str, Any]] = []
    for kind, pattern in _FOUND_IN_TEXT:
        for match in pattern.finditer(text):
            entity = {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
            if not any(_touch(entity, other) for other in found):
                found.append(entity)
    return sorted(found, key=_place)


def checked_text(
    text: str, entities: list[dict[str, Any]], *, limit: int, too_long: str
) -> tuple[str, tuple[dict[str, Any], ...]]:
    """A text as Telegram keeps it: trimmed, its entities moved along and completed.

    Raises TelegramError where an entity lies outside or cuts a character in two, or the text is too long.
    """
    _check_places(text, entities)
    start = units(text) - units(text.lstrip())
    kept = text.strip()
    end = units(kept)
    if end > limit:
        raise bad_request(too_long)
    moved = []
    for entity in entities:
        begin = max(entity["offset"] - start, 0)
        length = min(entity["offset"] + entity["length"] - start, end) - begin
        if length > 0:
            moved.append({**entity, "offset": begin, "length": length})
    for entity in found_entities(kept):
        if not any(_touch(entity, other) and other["type"] in _NOT_WITHIN for other in moved):
            same = [(other["type"], other["offset"]) for other in moved]
            if (entity["type"], entity["offset"]) not in same:
                moved.append(entity)
    return kept, tuple(sorted(moved, key=_place))


def overlaps(entities: list[dict[str, Any]]) -> Iterator[str]:
    """Where two entities cross without one lying within the other, or something lies within code."""
    for index, one in enumerate(entities):
        for other in entities[index + 1 :]:
            if not _touch(one, other):
                continue
            first, second = sorted((one, other), key=_place)
            if second["offset"] + second["length"] > first["offset"] + first["length"]:
                yield f"{one['type']} at {one['offset']} and {other['type']} at {other['offset']} overlap"
            elif {one["type"], other["type"]} & {"code", "pre"}:
                yield f"{one['type']} at {one['offset']} and {other['type']} at {other['offset']}: code holds nothing"


def _check_places(text: str, entities: list[Any]) -> None:
    inside = {0}
    at = 0
    for character in text:
        at += 2 if ord(character) > 0xFFFF else 1
        inside.add(at)
    for entity in entities:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise bad_request("can't parse MessageEntity: expected an Object with a type")
        begin, length = entity.get("offset"), entity.get("length")
        if not isinstance(begin, int) or not isinstance(length, int):
            raise bad_request("can't parse MessageEntity: Can't find field \"offset\"")
        if entity["type"] not in TYPES:
            raise bad_request("can't parse MessageEntity: Unsupported type specified")
        if begin < 0 or length <= 0:
            raise bad_request(f"entity at UTF-16 offset {begin} has wrong bounds")
        if begin >= at:
            raise bad_request(f"entity begins after the end of the text at UTF-16 offset {begin}")
        where = f"entity beginning at UTF-16 offset {begin}"
        if begin + length > at:
            raise bad_request(f"{where} ends after the end of the text at UTF-16 offset {begin + length}")
        if begin not in inside:
            raise bad_request(f"{where} starts in a middle of a UTF-16 symbol at byte offset {begin}")
        if begin + length not in inside:
            raise bad_request(f"{where} ends in a middle of a UTF-16 symbol at byte offset {begin + length}")


def _touch(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _place(entity: dict[str, Any]) -> tuple[int, int]:
    return int(entity["offset"]), -int(entity["length"])
