"""Telegram's ways to mark up a text: HTML, MarkdownV2 and the old Markdown, read as strictly as the server does."""

import html
import re
from typing import Any

from tests.emulators.telegram.entities import units
from tests.emulators.telegram.errors import TelegramError, bad_request

Marked = tuple[str, list[dict[str, Any]]]

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "span": "spoiler",
}
_TAG = re.compile(r"<(/?)([A-Za-z0-9-]*)((?:[^>\"]|\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
_ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_RESERVED = "_*[]()~`>#+-=|{}.!"
_V2_MARKS = (("__", "underline"), ("||", "spoiler"), ("*", "bold"), ("_", "italic"), ("~", "strikethrough"))
_V1_MARKS = (("*", "bold"), ("_", "italic"))


def parse(text: str, mode: str) -> Marked:
    """The text without its marks, and the entities that they stood for.

    Raises TelegramError with "can't parse entities" and the byte at which it went wrong.
    """
    readers = {"html": _html, "markdownv2": _markdown_v2, "markdown": _markdown}
    if mode.lower() not in readers:
        raise bad_request("unsupported parse_mode")
    return readers[mode.lower()](text)


def _wrong(sentence: str, text: str, at: int) -> TelegramError:
    return bad_request(f"can't parse entities: {sentence} at byte offset {len(text[:at].encode())}")


def _unescaped(text: str) -> str:
    """Only these four have names with Telegram; all others stay as they are."""
    return _ESCAPE.sub(lambda match: html.unescape(match[0]), text)


def _html(text: str) -> Marked:
    out = ""
    entities: list[dict[str, Any]] = []
    open_tags: list[tuple[str, int, dict[str, Any]]] = []
    at = 0
    while at < len(text):
        if text[at] != "<":
            end = text.find("<", at)
            end = len(text) if end < 0 else end
            out += _unescaped(text[at:end])
            at = end
            continue
        match = _TAG.match(text, at)
        if match is None:
            raise _wrong("Unclosed start tag", text, at)
        closing, name, attributes = match[1], match[2].lower(), match[3]
        if not closing:
            open_tags.append((name, units(out), _tag_entity(text, at, name, attributes)))
        else:
            if not open_tags:
                raise _wrong("Unexpected end tag", text, at)
            opened, begin, entity = open_tags.pop()
            if name not in {opened, ""}:
                raise _wrong(f'Unmatched end tag, expected "</{opened}>", found "</{name}>"', text, at)
            if units(out) > begin:
                entities.append({**entity, "offset": begin, "length": units(out) - begin})
        at = match.end()
    if open_tags:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\"")
    return out, _in_order(entities)


def _tag_entity(text: str, at: int, name: str, attributes: str) -> dict[str, Any]:
    if name not in _TAGS:
        raise _wrong(f'Unsupported start tag "{name}"', text, at)
    given = {m[1].lower(): _unescaped(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(attributes)}
    if name == "span" and given.get("class") != "tg-spoiler":
        raise _wrong('Tag "span" must have class "tg-spoiler"', text, at)
    entity: dict[str, Any] = {"type": _TAGS[name]}
    if name == "a":
        entity["url"] = given.get("href", "")
    elif name == "blockquote" and "expandable" in given:
        entity["type"] = "expandable_blockquote"
    elif name == "tg-emoji":
        entity["custom_emoji_id"] = given.get("emoji-id", "")
    return entity


def _markdown_v2(text: str) -> Marked:
    return _marked(text, _V2_MARKS, reserved=_RESERVED)


def _markdown(text: str) -> Marked:
    return _marked(text, _V1_MARKS, reserved="")


def _marked(text: str, marks: tuple[tuple[str, str], ...], *, reserved: str) -> Marked:
    out = ""
    entities: list[dict[str, Any]] = []
    open_marks: list[tuple[str, str, int, int]] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and (reserved or text[at + 1] in "_*`["):
            out += text[at + 1]
            at += 2
            continue
        if text[at] == "`":
            piece, entity, at = _code(text, at)
            if piece:
                entities.append({**entity, "offset": units(out), "length": units(piece)})
            out += piece
            continue
        mark = next(((sign, kind) for sign, kind in marks if text.startswith(sign, at)), None)
        if mark is not None:
            sign, kind = mark
            if open_marks and open_marks[-1][0] == sign:
                _, _, begin, _ = open_marks.pop()
                if units(out) > begin:
                    entities.append({"type": kind, "offset": begin, "length": units(out) - begin})
            else:
                open_marks.append((sign, kind, units(out), at))
            at += len(sign)
            continue
        if text[at] == "[":
            open_marks.append(("[", "text_link", units(out), at))
            at += 1
            continue
        if text[at] == "]" and open_marks and open_marks[-1][0] == "[":
            _, _, begin, _ = open_marks.pop()
            link = re.compile(r"\]\(([^)\s]*)\)").match(text, at)
            if link is None:
                at += 1
                continue
            if units(out) > begin:
                entity = {"type": "text_link", "url": link[1], "offset": begin, "length": units(out) - begin}
                entities.append(entity)
            at = link.end()
            continue
        if text[at] in reserved:
            if text[at] == ">" and (at == 0 or text[at - 1] == "\n"):
                raise NotImplementedError("quotes of MarkdownV2 are not emulated")
            raise bad_request(
                f"can't parse entities: Character '{text[at]}' is reserved and must be escaped with the preceding '\\'"
            )
        out += text[at]
        at += 1
    if open_marks:
        _, kind, _, where = open_marks[-1]
        named = f"Can't find end of {_camel(kind)} entity" if reserved else "Can't find end of the entity starting"
        raise _wrong(named, text, where)
    return out, _in_order(entities)


def _code(text: str, at: int) -> tuple[str, dict[str, Any], int]:
    sign = "```" if text.startswith("```", at) else "`"
    end = text.find(sign, at + len(sign))
    if end < 0:
        raise _wrong(f"Can't find end of {'Pre' if sign == '```' else 'Code'} entity", text, at)
    piece = re.sub(r"\\([`\\])", r"\1", text[at + len(sign) : end])
    if sign == "`":
        return piece, {"type": "code"}, end + 1
    language = re.match(r"([\w+-]+)\n", piece)
    if language is None:
        return piece.removeprefix("\n"), {"type": "pre"}, end + 3
    return piece[language.end() :], {"type": "pre", "language": language[1]}, end + 3


def _camel(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _in_order(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
