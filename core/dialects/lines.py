"""One line of prose into marks and links: pure, linear in the line's length, whatever is in it."""

import re
import unicodedata
from functools import lru_cache

import msgspec

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
    PROGRESS,
    STAGES,
    LinkWords,
    Marker,
    Says,
)

LINE_LIMIT = 4096
"""Characters of a line that are read; no upstream's own line is longer, the rest of a longer one is user text."""

# Possessive throughout: each attempt is bounded, nothing is tried twice. One level of brackets inside a URL is allowed.
_LINK = re.compile(r"\[([^\[\]\n]{0,300}+)\]\(((?:[^()\s]{1,2048}+|\([^()\s]{0,300}+\)){1,64}+)\)")
_URL = re.compile(r"https?://[^\s<>\"'`)\]\ue000]{1,2048}+", re.IGNORECASE)
_RELATIVE = re.compile(r"/[a-z0-9][\w./?=&%~+:@-]{3,2048}+", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[\s*:=#(.\-]{0,8}+(\d{1,3}(?:\.\d{1,3})?+)\s{0,3}+(%|\.{2,}+|(?=\ue000)|$)")
_COUNT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?+)\.{2,}+", re.ASCII)
# What may stand before a marker: quote signs, emphasis, emoji with their joiners. Never a zero-width space: no use.
_ORNAMENTS = re.compile("[ \\t>*_#~|\\-•·`\u200d\ufe0f\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]*+")
_PHRASE = re.compile(r"[^\d/\[]{1,48}+")  # the words of a dialect: no number and no link, the same in every stream
_DOTS = re.compile(r"[.\s]*+")
_ROUND = re.compile(r"\[round=(\d{1,2}+)/(\d{1,2}+)\]\s{0,4}+progress=")
_PERCENT = re.compile(r"(?<!\d)(\d{1,3}(?:\.\d{1,3})?+)%")
_PLAIN_NUMBER = re.compile(r"\d{1,3}+(?:\.\d{1,3})?+")
_STAGE = re.compile(r"\[([a-z_]{2,20}+)[a-z_ ]{0,20}+\]\s{0,4}+\(([a-z_ ]{2,20}+)\)")
_TICKET = re.compile(
    r"[\s*:：]{0,8}+`?((?:[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}+:)?+(?=[A-Za-z0-9_\-]{0,63}?\d)[A-Za-z0-9][A-Za-z0-9_\-]{9,95}+)"
    r"`?[\s*`]{0,32}+$"
)
_SHARE = re.compile(r"[\s*:：]{0,8}+`?(s_[a-f0-9]{32})(?![a-z0-9])", re.IGNORECASE)

_PLACE = "\ue000"  # stands where a link was, so that no number or word is read out of a URL
_UNREAD = "…"
"""Stands for the text of a link that is too odd to be a label."""
_CROSS = "❌"
_UNCROSSED = frozenset({Says.FAILURE, Says.RETRYING})  # a line with a cross says failure, unless its words say which


class Link(msgspec.Struct, frozen=True, gc=False):
    """A Markdown link or image, or a bare URL (then `words` is None)."""

    text: str
    url: str
    words: LinkWords | None
    image: bool = False


class Mark(msgspec.Struct, frozen=True, gc=False):
    """One thing that a line tells: the marker, its number or id or message."""

    marker: Marker
    value: float | None = None
    text: str | None = None
    overall: float | None = None
    """The percentage over all rounds, where the upstream counts rounds."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """What was read from a line. `bare_url` is set where the line is one URL and nothing else."""

    raw: str
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()
    bare_url: str | None = None
    settled: bool = False
    """All of it was understood: what may follow on the same line can be read by itself."""


def _skip(text: str, at: int) -> int:
    found = _ORNAMENTS.match(text, at)
    return found.end() if found else at


def _words_by_beginning() -> dict[str, tuple[str, ...]]:
    """Every marker under its first two letters, the longest first."""
    heads: dict[str, list[str]] = {}
    for word in sorted(MARKERS, key=len, reverse=True):
        heads.setdefault(word[:2], []).append(word)
    return {head: tuple(words) for head, words in heads.items()}


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """The first of these that begins somewhere and, if its letters are Latin, ends at a word's end."""
    return re.compile("|".join(re.escape(word) + ("(?![a-z0-9])" if word[-1].isascii() else "") for word in words))


_HEADS = _words_by_beginning()
_WORDS = {head: _any_of(words) for head, words in _HEADS.items()}
_FIRST_LETTERS = frozenset(head[0] for head in _HEADS) | {"["}


def _word_at(text: str, at: int) -> str | None:
    """Return the longest marker that begins here and ends at a word's end."""
    words = _WORDS.get(text[at : at + 2])
    found = words.match(text, at) if words is not None else None
    return found[0] if found else None


def may_grow(text: str, word: str) -> bool:
    """Whether more text could make a longer marker of this one."""
    return any(
        longer.startswith(word) and longer.startswith(text) for longer in _HEADS[word[:2]] if len(longer) > len(word)
    )


def _trimmed(text: str) -> str:
    start = _skip(text, 0)
    backwards = text[: start - 1 if start else None : -1]
    return text[start : len(text) - _skip(backwards, 0)]


@lru_cache(maxsize=256)
def _link_words(text: str, *, image: bool) -> LinkWords | None:
    if not image:
        return LINKS.get(fold(_trimmed(text)))
    return GENERATED if text.startswith(GENERATED_PICTURE) else PICTURES.get(fold(text.strip()), POSTER)


def _without_links(raw: str) -> tuple[str, tuple[Link, ...]]:
    """Put a place holder where each link or URL stands; a URL that is still growing at the end is one too."""
    if _PLACE in raw:
        raw = raw.replace(_PLACE, " ")
    if "](" not in raw and "://" not in raw:
        return raw, ()
    links: list[Link] = []

    def markdown(found: re.Match[str]) -> str:
        image = found.string.endswith("!", 0, found.start())
        links.append(Link(found[1], found[2], _link_words(found[1], image=image), image=image))
        return _PLACE

    def bare(found: re.Match[str]) -> str:
        # Between `](` and `)` it is a link whose text holds brackets or is long, as a prompt may: that is not read.
        # Without the `)` it was cut off, and so may its URL be.
        line, start, end = found.string, found.start(), found.end()
        closed = line.endswith("](", 0, start) and line.startswith(")", end)
        links.append(Link(_UNREAD if closed else "", found[0], None))
        return _PLACE

    text = _LINK.sub(markdown, raw)
    if "://" in text:
        text = _URL.sub(bare, text)
    return text, tuple(links)


def read_line(raw: str, *, complete: bool = True, after: Marker | None = None) -> Line:
    """Read one line, without its line feed.

    An incomplete one yields only what more text cannot change. `after`: it is the rest of a line that was settled up to
    this marker.
    """
    if after is None and _PHRASE.fullmatch(raw):
        return _read_phrase(raw, complete=complete)
    return _read(raw if len(raw) <= LINE_LIMIT else raw[:LINE_LIMIT], complete=complete, after=after)


@lru_cache(maxsize=256)
def _read_phrase(raw: str, *, complete: bool) -> Line:
    return _read(raw, complete=complete, after=None)


def _read(raw: str, *, complete: bool, after: Marker | None) -> Line:
    text, links = _without_links(raw)
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    # A message is quoted as it was written; where folding moved the letters, as it was folded.
    written = text if len(text) == len(lowered) else lowered
    reader = _Reader(lowered, written, links, complete)
    settled = reader.run(after)
    bare_url = None
    if complete and not reader.marks and after is None:
        if len(links) == 1 and links[0].words is None and not links[0].text and _trimmed(text).strip("<>") == _PLACE:
            bare_url = links[0].url
        elif not links and _RELATIVE.fullmatch(raw.strip()):
            bare_url = raw.strip()
    return Line(raw, tuple(reader.marks), links, bare_url, settled)


def read_count(text: str) -> float | None:
    """The percentage that a piece of a line is, as in `61..`, where it is nothing else; what `read_line` would read."""
    found = _COUNT.fullmatch(text)
    return value if found and (value := float(found[1])) <= 100 else None


class _Reader:
    """A line's sequence of markers: each at its head, behind ornaments, or right after another marker's rest."""

    __slots__ = ("complete", "links", "marks", "text", "written")

    def __init__(self, text: str, written: str, links: tuple[Link, ...], complete: bool) -> None:
        self.text = text
        self.written = written
        self.links = links
        self.complete = complete
        self.marks: list[Mark] = []

    def run(self, after: Marker | None) -> bool:
        """Read the marks; tell whether nothing was left over."""
        text = self.text
        start = at = _skip(text, 0)
        if after is not None:
            at = self._continue(after, 0)
        elif text[at : at + 1] not in _FIRST_LETTERS and _CROSS not in text[:at]:
            return False
        quoted = ">" in text[:start]
        while 0 <= at < len(text):
            word = _word_at(text, at)
            if word is None:
                at = self._pattern(at)
                continue
            marker = MARKERS[word]
            end = at + len(word)
            if (marker.quoted and not quoted) or (not self.complete and may_grow(text[at:], word)):
                at = -1
                break
            at = self._rest(marker, at, end)
            if at >= 0:
                at = _skip(text, at)
        if self.complete and _CROSS in text[:start] and not any(mark.marker.says in _UNCROSSED for mark in self.marks):
            self.marks.append(Mark(FAILURE, text=_message(self.written[start:])))
        return at >= 0 and bool(self.marks or after)

    def _continue(self, marker: Marker, at: int) -> int:
        """Go on behind a marker whose line had been read so far."""
        after = _dots(self.text, at)
        if marker.many:
            after = self._numbers(COUNTING, after)
        return _skip(self.text, after)

    def _rest(self, marker: Marker, at: int, end: int) -> int:
        """Read what follows a marker; return where the next may begin, or -1 at the line's end."""
        match marker.says:
            case Says.PROGRESS:
                return self._numbers(marker, end)
            case Says.GENERATING:
                self.marks.append(Mark(marker))
                return self._continue(marker, end)
            case Says.TICKET | Says.SHARE:
                found = (_TICKET if marker.says is Says.TICKET else _SHARE).match(self.written, end)
                if found and self.complete:
                    self.marks.append(Mark(marker, text=found[1]))
                return -1
            case Says.FAILURE | Says.REASON:
                if self.complete:
                    self.marks.append(Mark(marker, text=self._message(marker, at, end)))
                return -1
            case _:
                self.marks.append(Mark(marker))
                return _dots(self.text, end)

    def _message(self, marker: Marker, at: int, end: int) -> str | None:
        """Return what a failure says of itself: the words behind its colon, or the whole sentence that it begins."""
        rest = _skip(self.text, end)
        if rest == len(self.text):
            return None
        behind = _skip(self.text, rest + 1) if self.text[rest] in ",;" else rest
        reason = _word_at(self.text, behind)
        if reason is not None and MARKERS[reason].says is Says.REASON:
            return _message(self.written[behind + len(reason) :])
        return _message(self.written[rest if marker.says is Says.REASON or self.text[rest] == ":" else at :])

    def _numbers(self, marker: Marker, at: int) -> int:
        """Read `44..61..` or `36.0%`, and `[100](url)`, whose text is a number though its URL is none."""
        links = iter(self.links)
        while True:
            found = _NUMBER.match(self.text, at)
            if found and (found[2] or self.complete or found.end() < len(self.text)):
                if float(found[1]) <= 100:
                    self.marks.append(Mark(marker, value=float(found[1])))
                at = found.end()
            elif self.text[at : at + 1] == _PLACE:
                number = next((link.text for link in links if link.text.isdigit() and len(link.text) <= 3), None)
                if number is not None and int(number) <= 100:
                    self.marks.append(Mark(marker, value=float(number)))
                at += 1
            else:
                return at
            if not marker.many:
                return at

    def _pattern(self, at: int) -> int:
        """Read the two forms that begin with a bracket: D8's rounds and the stages of a D6 fork."""
        if self.text[at] != "[":
            return -1
        if found := _ROUND.match(self.text, at):
            number = _PLAIN_NUMBER.match(self.text, found.end())
            if number and (self.complete or self.text[number.end() : number.end() + 1] == "%"):
                percent, current, rounds = float(number[0]), int(found[1]), max(int(found[2]), 1)
                overall = min(100.0, ((current - 1) * 100 + percent) / rounds)
                self.marks.append(Mark(COUNTING, value=percent, overall=overall))
            return -1
        found = _STAGE.match(self.text, at)
        if found and self.complete:
            self._stage(found[1], found[2], found.end())
        return -1

    def _stage(self, name: str, state: str, at: int) -> None:
        marker = STAGES.get(name, GENERATING)
        if marker is FAILURE:
            if state.strip() == "error":
                self.marks.append(Mark(FAILURE, text=_message(self.written[at:])))
            return
        self.marks.append(Mark(marker))
        number = _PERCENT.search(self.text, at)
        if number and marker is GENERATING and float(number[1]) <= 100:
            self.marks.append(Mark(PROGRESS, value=float(number[1])))


def _dots(text: str, at: int) -> int:
    found = _DOTS.match(text, at)
    return found.end() if found else at


def _message(text: str) -> str | None:
    """The words after a failure's label, without what frames them."""
    cleaned = text.replace(_PLACE, "").strip(" \t:：*`>❌\ufe0f")
    return cleaned or None
