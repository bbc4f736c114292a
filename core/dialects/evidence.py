"""What a stream has given to believe so far, and the locks that a result must pass before it is believed.

The locks (each dialect has them in its own form): **region**: nothing counts before the relay's own ticket line, nor
inside or before the plan; **taint**: nothing that the person wrote counts; **order**: a link counts below the line that
says complete, where its dialect has one; **URL**: one candidate for each such line, or several that were written alike,
on a host that is allowed; **end**: where the upstream can still be asked, a stream without its end is cut, not done.
"""

import html
import re
from dataclasses import dataclass, field

from core.dialects.lines import Link
from core.dialects.taint import Taint
from core.dialects.words import LinkRole, LinkWords

LINKS_LIMIT = 64
"""Links of one kind that are kept: no upstream gives so many, and a flood of them must cost nothing."""

_VIDEO_URL = re.compile(r"\.(?:mp4|webm|mov|m4v)(?:$|[?#/])|video[_/-]?mp4|/videos?[/?]|mime_type=video", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"https?://[^/?#]*+", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}+:|/", re.IGNORECASE)  # of any scheme: which may be used is judged later
_EMPTY_WORDS = {"none", "null", "undefined", "nil"}


@dataclass(slots=True)
class FailureWords:
    """What the stream's prose says of a failure."""

    message: str | None = None
    reason: str | None = None
    heard: list[str] = field(default_factory=list)

    def hear(self, line: str, message: str | None) -> None:
        """Take a line that says failure."""
        self.heard.append(line)
        if message and message.casefold() not in _EMPTY_WORDS:
            self.message = message

    @property
    def best(self) -> str | None:
        """The most telling words: the reason, else the message."""
        return self.reason or self.message


@dataclass(slots=True)
class Evidence:
    """Collected from the start of the region that counts; begun anew where a ticket line opens that region."""

    taint: Taint
    ticket: str | None = None
    ticket_in_content: bool = False
    source: str | None = None
    preview: str | None = None
    poster: str | None = None
    share_id: str | None = None
    media_id: str | None = None
    states: list[str] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    estimate: bool = False
    failure: FailureWords | None = None
    prose: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    starts: int = 0
    _completions: int = 0  # lines that say complete and are no echo
    _completion_heard: bool = False  # a line says complete, be it an echo: enough for the order, never for a result
    _previewing: bool = False  # below "preview ready": links are intermediate until a line says complete
    _finals: list[tuple[int, str, str | None]] = field(default_factory=list)  # completion it stands under, URL, series
    _downloads: list[str] = field(default_factory=list)
    _unnamed: list[str] = field(default_factory=list)

    def state(self, name: str) -> bool:
        """Note a state; tell whether it is new."""
        if name in self.states:
            return False
        self.states.append(name)
        return True

    def complete(self, *, echo: bool) -> None:
        """Note a line that says complete."""
        self._completion_heard = True
        if not echo:
            self._completions += 1
            self._previewing = False

    def preview_ready(self) -> None:
        """Note that what follows is the preview."""
        self._previewing = True

    def link(self, link: Link, *, completes: bool) -> None:
        """Weigh a Markdown link. `completes`: its own line says complete."""
        url = link.url
        if not _ADDRESS.match(url) or self.taint.covers_url(url):
            return
        words = link.words
        if words is not None and words.role is LinkRole.FINAL:
            self._final(link, words, completes=completes)
        elif not _SCHEME.match(url):
            return
        elif words is None:
            self._unlabelled(link)
        elif words.role is LinkRole.POSTER:
            self.poster = self.poster or url
        elif words.role is LinkRole.DOWNLOAD:
            self._other(url)
            if not self._previewing and (self.ticket is None or self._completions):
                self._downloads.append(url)
        elif words.role is LinkRole.INTERMEDIATE:
            self._other(url)
        elif self.ticket and url.endswith("/" + self.ticket):
            if words.role is LinkRole.SOURCE:
                self.source = url
            else:
                self.preview = url

    def picture(self, url: str) -> None:
        """Take the URL of a tag's poster."""
        if not self.taint.covers_url(url):
            self.poster = self.poster or html.unescape(url)

    def result(self, url: str, *, media_id: str | None = None) -> None:
        """Weigh a URL where only a result stands: in a `<video>` tag, a structured output, a line of its own."""
        url = html.unescape(url.strip())
        if _ADDRESS.match(url) and not self.taint.covers_url(url):
            self.media_id = self.media_id or media_id
            self._add_final(url, url)

    def bare_url(self, url: str) -> None:
        """Weigh a URL that is a line by itself: a result where the dialect has no ticket, or below a completion."""
        if self._may_stand_bare(url):
            self.result(url)

    def named_url(self, url: str) -> None:
        """Weigh a URL behind words such as "Download link:": a result where there is nothing better."""
        if self._may_stand_bare(url) and not self._previewing and not self.taint.covers_url(url):
            self._downloads.append(url)

    def _may_stand_bare(self, url: str) -> bool:
        return looks_like_video(url) and (self.ticket is None or self._completions > 0)

    def _final(self, link: Link, words: LinkWords, *, completes: bool) -> None:
        if self._previewing:
            self._other(link.url)
            return
        if words.after_completion:
            above = self._completions if not completes else self._completions - 1
            heard = above > 0 or (self._completion_heard and self.ticket is None and not completes)
            if not (heard or (completes and words.inline)):
                return
        if link.image and link.text.startswith("gen_"):
            self.media_id = self.media_id or link.text
        self._add_final(link.url, None if words.many else self._series(link))

    def _series(self, link: Link) -> str:
        """What two films must share to be two results of one job: where the region is sure, their label and host."""
        host = _HOST.match(link.url)
        return link.url if self.ticket is None or host is None else f"[{link.text}]({host[0].casefold()})"

    def _add_final(self, url: str, series: str | None) -> None:
        if len(self._finals) < LINKS_LIMIT:
            self._finals.append((self._completions, url, series))

    def _unlabelled(self, link: Link) -> None:
        if link.text.isdigit():
            self._other(link.url)  # D4's last percentage is the text of a link to a passing asset
        elif link.text and self._completion_heard and self.ticket is None and looks_like_video(link.url):
            self._unnamed.append(link.url)

    def _other(self, url: str) -> None:
        if len(self.others) < LINKS_LIMIT and url not in self.others:
            self.others.append(url)

    def results(self) -> list[str]:
        """Return the URLs that passed order and taint, best first; none where the candidates contradict one another."""
        known: dict[int, tuple[str, str]] = {}
        urls: list[str] = []
        for completion, url, series in self._finals:
            if series is not None:
                first_url, first_series = known.setdefault(completion, (url, series))
                if url != first_url and series != first_series:
                    return []
            if url not in urls:
                urls.append(url)
        if not urls:
            urls = self._unnamed[:1] or self._downloads[:1]
            if self.ticket is not None and len(set(self._downloads)) > 1:
                return []
        return urls

    @property
    def contradicts_itself(self) -> bool:
        """Whether there were candidates, but more than one where there can be only one."""
        return bool(self._finals) and not self.results()


def is_web_address(url: str) -> bool:
    """Whether a result is one that any fetcher could use, or a path below the provider's own address."""
    return _SCHEME.match(url) is not None or url.startswith("/")


def looks_like_video(url: str) -> bool:
    """Whether a URL without a label is likely a video's: by its suffix, or by a word of its path or query."""
    return _VIDEO_URL.search(url) is not None
