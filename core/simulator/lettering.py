"""Prompts as letters that can be drawn: any script in Latin letters, in lines, as large as the space allows."""

import re
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

NOTHING_TO_SHOW = "(nothing that can be drawn)"
"""What stands on the film when a prompt has no visible character at all."""

_LARGEST, _SMALLEST = 44, 11  # pixels; below eleven nobody reads a word
_LINE_PITCH = 1.3
_ELLIPSIS = "…"
_SYLLABLE_END = "\0"  # becomes a space, after the stop where one follows: such scripts put none there


@lru_cache(maxsize=64)
def font(size: int) -> Font:
    """Pillow's built-in font: no file to find, the same on every machine."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=1)
def _missing() -> bytes:
    return bytes(font(24).getmask("\uffff"))


@lru_cache(maxsize=4096)
def _letters_for(char: str) -> str:
    """One character in letters that the font has; ideographs and Hangul become syllables, emoji their names."""
    if char.isspace():
        return " "
    if char.isprintable() and bytes(font(24).getmask(char)) not in {_missing(), b""}:
        return char
    latin = anyascii(char)
    if latin[:1].isupper() and not char.isupper():
        return latin + _SYLLABLE_END
    if len(latin) > 2 and latin[0] == latin[-1] == ":":
        return f" {latin[1:-1].replace('_', ' ')} "
    return latin if latin.isprintable() else ""  # a control character comes back as it was


def legible(text: str) -> str:
    """Write `text` in the letters that the font has. Never fails and never returns nothing."""
    latin = re.sub(rf"{_SYLLABLE_END}([,.;:!?]?)", r"\1 ", "".join(map(_letters_for, text)))
    return " ".join(latin.split()) or NOTHING_TO_SHOW


@dataclass(frozen=True, slots=True)
class Lettering:
    """Text broken into lines, and the size in pixels at which it fits."""

    lines: tuple[str, ...]
    size: int

    @property
    def pitch(self) -> int:
        """Pixels from one line to the next."""
        return round(self.size * _LINE_PITCH)


def fit(text: str, width: int, height: int) -> Lettering:
    """Break legible text so that it fills a space of `width` by `height` pixels as large as it can.

    What does not fit even in the smallest size ends in an ellipsis.
    """
    text = text[: width * height // 32]  # the narrowest letter of the smallest size takes more pixels than that
    low, high = _SMALLEST, _LARGEST
    while low < high:
        size = (low + high + 1) // 2
        if _set(text, size, width).pitch * len(_set(text, size, width).lines) <= height:
            low = size
        else:
            high = size - 1
    lettering = _set(text, low, width)
    room = max(1, height // lettering.pitch)
    if len(lettering.lines) <= room:
        return lettering
    return Lettering((*lettering.lines[: room - 1], lettering.lines[room - 1][:-2] + _ELLIPSIS), low)


@lru_cache(maxsize=64)
def _set(text: str, size: int, width: int) -> Lettering:
    """Break between words, and within a word only where it is wider than a whole line."""
    face = font(size)
    lines: list[str] = []
    line = ""
    for word in text.split():
        while word:
            longer = f"{line} {word}" if line else word
            if len(longer) <= width and face.getlength(longer) <= width:  # a letter takes a pixel at least
                line, word = longer, ""
            elif line:
                lines.append(line)
                line = ""
            else:
                head = _widest_head(word, face, width)
                lines.append(word[:head])
                word = word[head:]
    return Lettering((*lines, line) if line else tuple(lines), size)


def _widest_head(word: str, face: Font, width: int) -> int:
    """How many characters of an overlong word stand on one line; at least one."""
    low, high = 1, min(len(word), width)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low
