"""The `<video>` tag in which some upstreams hand over their result, often spread over several lines."""

import re

from core.dialects.evidence import Evidence

_LINES = 40
"""Lines after which a tag that never ends is read as it is."""

_BEGIN = re.compile(r"<video\b", re.IGNORECASE)
_END = re.compile(r"</video\s{0,8}>", re.IGNORECASE)
_TAG = re.compile(r"<(video|source)\b([^<>]{0,4096}+)>([^<>]{0,4096}+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([a-z-]{2,20}+)\s{0,8}+=\s{0,8}+(?:\"([^\"<>]{0,2048}+)\"|'([^'<>]{0,2048}+)'|([^\s\"'<>]{1,2048}+))",
    re.IGNORECASE,
)


def begins_tag(line: str) -> bool:
    """Whether a `<video>` tag begins on this line."""
    return "<" in line and _BEGIN.search(line) is not None


class VideoTag:
    """Takes the lines of a text and reads each tag when it has ended."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines: list[str] | None = None

    def take(self, line: str, evidence: Evidence) -> None:
        """Take a line; what a tag that ends here names is weighed by `evidence`."""
        if self._lines is None:
            if not begins_tag(line):
                return
            self._lines = []
        self._lines.append(line)
        if _END.search(line) or len(self._lines) > _LINES:
            self.end(evidence)

    def end(self, evidence: Evidence) -> None:
        """Read the tag that is open, if there is one."""
        text = "\n".join(self._lines or ())
        self._lines = None
        for found in list(_TAG.finditer(text))[:8]:
            attributes = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(found[2])}
            source = attributes.get("src")
            inner = found[3].strip() if found.end() < len(text) else ""  # else it may still be growing
            if source is None and found[1].lower() == "video" and _is_one_word(inner):
                source = inner  # D10 writes the URL as the tag's text
            if source is not None and _is_one_word(source):
                evidence.result(source, media_id=attributes.get("data-media-id"))
            if poster := attributes.get("poster"):
                evidence.picture(poster)


def _is_one_word(text: str) -> bool:
    return bool(text) and not any(map(str.isspace, text))
