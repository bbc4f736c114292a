"""One line of prose into marks and links: pure, linear in the line's length, whatever is in it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.dialects.failures import fold
from core.dialects.words import (
    COUNTING,
    FAILURE,
    GENERATED,
    GENERATED_PICTURE,
    GENERATING,
    LINKS,
    MARKERS,
    PICTURES,
    POSTER,
    STAGES,
    LinkWords,
    Marker,
    Says,
)

LINE_LIMIT = 4096
"""Characters of a line that are read; no upstream's own line is longer, the rest of a longer one is user text."""

# Possessive throughout: every attempt is bounded, nothing is tried twice. One level of brackets inside a URL is allowed.
_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,300}+)\]\(((?:[^()\s]|\([^()\s]{0,300}+\)){1,2048}+)\)")
_URL = re.compile(r"https?://[^\s<>\"'`)\]]{1,2048}+", re.IGNORECASE)
_RELATIVE = re.compile(r"/[a-z0-9][\w./?=&%~+:@-]{3,2048}+", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[\s*:=#(.]{0,8}+(\d{1,3}(?:\.\d{1,3})?+)\s{0,3}+(%|\.{2,}+|(?=\ue000)|$)")
_DOTS = re.compile(r"[.\s]*+")
_ROUND = re.compile(r"\[round=(\d{1,2}+)/(\d{1,2}+)\]\s{0,4}+progress=")
_PLAIN_NUMBER = re.compile(r"\d{1,3}+(?:\.\d{1,3})?+")
_STAGE = re.compile(r"\[([a-z_]{2,20}+)[a-z_ ]{0,20}+\]\s{0,4}+\(([a-z_ ]{2,20}+)\)")
_TICKET = re.compile(
    r"[\s*:：]{0,8}+`?((?:[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}+:)?+(?=[A-Za-z0-9_\-]{0,63}?\d)[A-Za-z0-9][A-Za-z0-9_\-]{9,95}+)"
    r"`?[\s*`]{0,32}+$"
)
_SHARE = re.compile(r"[\s*:：]{0,8}+`?(s_[a-f0-9]{32})(?![a-z0-9])", re.IGNORECASE)

_PLACE = "\ue000"  # stands where a link was, so that no number or word is read out of a URL
_JOINERS = "\u200d\ufe0f"  # zero-width joiner and variation selector 16: parts of emoji, never of our words
_CROSS = "❌"


@dataclass(frozen=True, slots=True)
class Link:
    """A Markdown link or image, or a bare URL (then `words` is None)."""

    text: str
    url: str
    words: LinkWords | None
    image: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a line tells: the marker, its number or id or message."""

    marker: Marker
    value: float | None = None
    text: str | None = None
    overall: float | None = None
    """The percentage over all rounds, where the upstream counts rounds."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was read from a line. `bare_url` is set where the line is one URL and nothing else."""

    raw: str
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()
    bare_url: str | None = None
    quoted: bool = False


@lru_cache(maxsize=1024)
def _is_ornament(char: str) -> bool:
    return char in " \t>*_#~|-•·`" or char in _JOINERS or unicodedata.category(char) in {"So", "Sk"}


def _skip(text: str, at: int) -> int:
    while at < len(text) and _is_ornament(text[at]):
        at += 1
    return at


def _words_by_first_letter() -> dict[str, tuple[str, ...]]:
    heads: dict[str, list[str]] = {}
    for word in sorted(MARKERS, key=len, reverse=True):
        heads.setdefault(word[0], []).append(word)
    return {head: tuple(words) for head, words in heads.items()}


_HEADS = _words_by_first_letter()


def _word_at(text: str, at: int) -> str | None:
    """Return the longest marker that begins here and ends at a word's end."""
    for word in _HEADS.get(text[at : at + 1], ()):
        if text.startswith(word, at):
            end = at + len(word)
            if word[-1].isascii() and text[end : end + 1].isascii() and text[end : end + 1].isalnum():
                continue
            return word
    return None


def may_grow(text: str, word: str) -> bool:
    """Whether more text could make a longer marker of this one."""
    return any(
        longer.startswith(word) and longer.startswith(text) for longer in _HEADS[word[0]] if len(longer) > len(word)
    )


def _trimmed(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_ornament(text[start]):
        start += 1
    while end > start and _is_ornament(text[end - 1]):
        end -= 1
    return text[start:end]


def _link(image: str, text: str, url: str) -> Link:
    if image:
        if text.startswith(GENERATED_PICTURE):
            return Link(text, url, GENERATED, image=True)
        return Link(text, url, PICTURES.get(fold(text.strip()), POSTER), image=True)
    return Link(text, url, LINKS.get(fold(_trimmed(text))))


def _without_links(raw: str) -> tuple[str, tuple[Link, ...]]:
    """Put a place holder where each link or URL stands; a URL that is still growing at the end is one too."""
    if _PLACE in raw:
        raw = raw.replace(_PLACE, "")
    if "](" not in raw and "://" not in raw:
        return raw, ()
    links: list[Link] = []

    def markdown(found: re.Match[str]) -> str:
        links.append(_link(found[1], found[2], found[3]))
        return _PLACE

    def bare(found: re.Match[str]) -> str:
        links.append(Link("", found[0], None))
        return _PLACE

    text = _LINK.sub(markdown, raw)
    if "://" in text:
        text = _URL.sub(bare, text)
    return text, tuple(links)


def read_line(raw: str, *, complete: bool = True) -> Line:
    """Read one line, without its line feed. An incomplete one yields only what more text cannot change."""
    if len(raw) > LINE_LIMIT:
        raw = raw[:LINE_LIMIT]
    text, links = _without_links(raw)
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    lowered = folded.lower() if folded.isascii() else folded.casefold()
    # A message is quoted as it was written; where folding moved the letters, as it was folded.
    written = text if len(text) == len(lowered) else lowered
    quoted = folded.lstrip()[:1] == ">"
    marks = tuple(_Reader(lowered, written, quoted, links, complete).marks())
    bare_url = None
    if complete and not marks:
        if len(links) == 1 and links[0].words is None and not links[0].text and text.strip() == _PLACE:
            bare_url = links[0].url
        elif not links and _RELATIVE.fullmatch(raw.strip()):
            bare_url = raw.strip()
    return Line(raw, marks, links, bare_url, quoted)


class _Reader:
    """A line's sequence of markers: each at its head, behind ornaments, or right after another marker's rest."""

    __slots__ = ("complete", "links", "quoted", "text", "written")

    def __init__(self, text: str, written: str, quoted: bool, links: tuple[Link, ...], complete: bool) -> None:
        self.text = text
        self.written = written
        self.quoted = quoted
        self.links = links
        self.complete = complete

    def marks(self) -> list[Mark]:
        text = self.text
        marks: list[Mark] = []
        at = _skip(text, 0)
        crossed = _CROSS in text[:at]
        while at < len(text):
            word = _word_at(text, at)
            if word is None:
                at = self._pattern(at, marks)
                if at < 0:
                    break
                continue
            marker = MARKERS[word]
            end = at + len(word)
            if not self.complete and end == len(text) and may_grow(text[at:], word):
                break
            if marker.quoted and not self.quoted:
                break
            at = self._rest(marker, at, end, marks)
            if at < 0:
                break
            at = _skip(text, at)
        if crossed and self.complete and not any(mark.marker.says in {Says.FAILURE, Says.RETRYING} for mark in marks):
            marks.append(Mark(FAILURE, text=_message(self.written[_skip(text, 0) :])))
        return marks

    def _rest(self, marker: Marker, at: int, end: int, marks: list[Mark]) -> int:
        """Read what follows a marker; return where the next may begin, or -1 at the line's end."""
        match marker.says:
            case Says.PROGRESS:
                return self._numbers(marker, end, marks)
            case Says.GENERATING:
                marks.append(Mark(marker))
                after = _dots(self.text, end)
                return self._numbers(COUNTING, after, marks) if marker.many else after
            case Says.TICKET | Says.SHARE:
                found = (_TICKET if marker.says is Says.TICKET else _SHARE).match(self.written, end)
                if found and self.complete:
                    marks.append(Mark(marker, text=found[1]))
                return -1
            case Says.FAILURE | Says.REASON:
                if self.complete:
                    marks.append(Mark(marker, text=self._message(marker, at, end)))
                return -1
            case _:
                marks.append(Mark(marker))
                return _dots(self.text, end)

    def _message(self, marker: Marker, at: int, end: int) -> str | None:
        """Return what a failure says of itself: the words behind its colon, or the whole sentence that its words begin."""
        rest = _skip(self.text, end)
        if rest == len(self.text):
            return None
        return _message(self.written[rest if marker.says is Says.REASON or self.text[rest] == ":" else at :])

    def _numbers(self, marker: Marker, at: int, marks: list[Mark]) -> int:
        """Read `44..61..` or `36.0%`, and `[100](url)`, whose text is a number though its URL is none."""
        links = iter(self.links)
        while True:
            found = _NUMBER.match(self.text, at)
            if found and (found[2] or self.complete or found.end() < len(self.text)):
                if float(found[1]) <= 100:
                    marks.append(Mark(marker, value=float(found[1])))
                at = found.end()
            elif self.text[at : at + 1] == _PLACE:
                number = next((link.text for link in links if link.text.isdigit() and len(link.text) <= 3), None)
                if number is not None and int(number) <= 100:
                    marks.append(Mark(marker, value=float(number)))
                at += 1
            else:
                return at
            if not marker.many:
                return at

    def _pattern(self, at: int, marks: list[Mark]) -> int:
        """Read the two forms that begin with a bracket: D8's rounds and the stages of a D6 fork."""
        if self.text[at] != "[":
            return -1
        if found := _ROUND.match(self.text, at):
            number = _PLAIN_NUMBER.match(self.text, found.end())
            if number and (self.complete or self.text[number.end() : number.end() + 1] == "%"):
                percent, current, rounds = float(number[0]), int(found[1]), max(int(found[2]), 1)
                overall = min(100.0, ((current - 1) * 100 + percent) / rounds)
                marks.append(Mark(COUNTING, value=percent, overall=overall))
            return -1
        found = _STAGE.match(self.text, at)
        if found and self.complete:
            self._stage(found[1], found[2], self.text[found.end() :], self.written[found.end() :], marks)
        return -1

    def _stage(self, name: str, state: str, rest: str, words: str, marks: list[Mark]) -> None:
        marker = STAGES.get(name, GENERATING)
        if marker is FAILURE:
            if state.strip() == "error":
                marks.append(Mark(FAILURE, text=_message(words)))
            return
        marks.append(Mark(marker))
        number = _NUMBER.match(rest) or _NUMBER.match(rest, max(rest.find(" "), 0))
        if number and marker is GENERATING and float(number[1]) <= 100:
            marks.append(Mark(COUNTING, value=float(number[1])))


def _dots(text: str, at: int) -> int:
    found = _DOTS.match(text, at)
    return found.end() if found else at


def _message(text: str) -> str | None:
    """The words after a failure's label, without what frames them."""
    cleaned = text.replace(_PLACE, "").strip(" \t:*`>").lstrip("❌ ").rstrip("❌ ").strip(" \t:*`")
    return cleaned or None
