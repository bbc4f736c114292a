"""What a person wrote is never taken for what an upstream says: the prompt as it may come back, in normal form."""

import html
import re
import unicodedata
from urllib.parse import unquote

from core.dialects.failures import classify
from core.errors import ErrorKind

_NO_LETTER = bytes(code for code in range(128) if not chr(code).isalnum())
_ESCAPE = re.compile(r"&[#a-z]|%[0-9a-f]{2}|\\[nrtu]", re.IGNORECASE)
_IN_JSON = re.compile(r"\\(?:u([0-9a-f]{4})|[nrt])", re.IGNORECASE)
_ESCAPED_AT_MOST = 3  # times over: an echo can be escaped anew by each that hands it on
_PREFACE = 4096  # letters that may stand before and between: an upstream's frame, a planner's thoughts
_READ_FOR_WORDS = 4096
_ASCII = re.compile(r"[\x00-\x7f]++")
_FILE = re.compile(r"https?://[^\s<>\"'`()\[\]]{1,2048}?\.(?:mp4|webm|mov|m4v|png|jpe?g|webp|gif)\b", re.IGNORECASE)


def normal(text: str) -> str:
    """Keep letters and digits only, NFKC and case folded: the form in which an echo equals what it echoes."""
    if text.isascii():
        return text.lower().encode().translate(None, _NO_LETTER).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _is_escaped(text: str) -> bool:
    return ("%" in text or "\\" in text or "&" in text) and _ESCAPE.search(text) is not None


def _unescaped(text: str) -> str:
    """Undo what HTML, URLs and JSON escape: in this form all spellings of a text are one."""
    for _ in range(_ESCAPED_AT_MOST):
        if not _is_escaped(text):
            break
        text = _IN_JSON.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", unquote(html.unescape(text)))
    return text


class Taint:
    """Knows the prompt, and tells whether a piece of text could be its echo."""

    __slots__ = ("_files", "_written", "has_fence", "has_think", "known", "plain", "prompt")

    def __init__(self, prompt: str | None) -> None:
        self.known = prompt is not None
        self._written = prompt or ""
        plain = _unescaped(self._written)
        self.prompt = normal(self._written)
        self.plain = normal(plain)
        """The same with its escapes undone."""
        self._files = tuple({normal(url) for url in _FILE.findall(plain)})
        folded = unicodedata.normalize("NFKC", plain).casefold()
        self.has_fence = "```" in folded
        self.has_think = "<think" in folded or "</think" in folded

    def refuses(self) -> bool:
        """Whether the prompt itself holds the words with which upstreams refuse one."""
        return classify(message=_unescaped(self._written)[:_READ_FOR_WORDS]) is ErrorKind.MODERATION

    def covers(self, text: str) -> bool:
        """Whether the prompt holds this text, in whatever way either is escaped.

        Without letters and digits its signs must stand in the prompt, whatever frames them.
        """
        if not self._written:
            return False
        core = normal(text)
        if not core:
            return bool(sign := _ASCII.sub("", text)) and sign in self._written
        if core in self.prompt or core in self.plain:
            return True
        return _is_escaped(text) and normal(_unescaped(text)) in self.plain

    def covers_url(self, url: str) -> bool:
        """Whether the person wrote this URL, or a file's URL to which something was only added."""
        return self.covers(url) or (bool(self._files) and normal(_unescaped(url)).startswith(self._files))

    def follow(self, letters: str, text: str) -> str | None:
        """Return an echo's letters with those of the text that follows; None where they cannot be an echo together."""
        letters += normal(text)
        return letters if letters in self.prompt else None

    def echoed_in(self, text: str) -> bool:
        """Whether the whole prompt stands in this text: then its echo is over where the text ends."""
        return bool(self.prompt) and self.prompt in normal(text)


class Echo:
    """Hears the assistant's lines, and tells once the whole prompt has come back: what follows is the upstream's."""

    __slots__ = ("_heard", "_patience", "_taint", "over")

    def __init__(self, taint: Taint) -> None:
        self._taint = taint
        self._heard = ""
        self._patience = 4 * len(taint.plain) + _PREFACE if taint.plain else 0  # letters to come, at most
        self.over = False

    def hear(self, line: str) -> bool:
        """Take a line; tell whether the echo ends with it."""
        if self.over or self._patience <= 0:
            return False
        letters = normal(_unescaped(line))
        self._patience -= len(letters) + 1
        self._heard = (self._heard + letters)[-len(letters) - len(self._taint.plain) :]
        self.over = self._taint.plain in self._heard
        return self.over
