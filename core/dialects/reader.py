"""The whole way from bytes to typed events and, at the end, one verdict: what came of this generation."""

import re
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from core.dialects.deltas import Message, UpstreamError, read_fast, read_slowly, read_words
from core.dialects.evidence import LINKS_LIMIT, Evidence, is_web_address
from core.dialects.failures import classify, moderation_subject, names_failure
from core.dialects.taint import Taint
from core.dialects.text_machine import TextMachine
from core.errors import ErrorKind, ModerationSubject, ProviderError
from core.events import GenerationEvent, Progress, Stage, StageName, Submitted
from core.model import Ticket
from core.sse import Event, EventStreamDecoder, StreamTooLargeError
from core.urls import UrlPolicy, UrlRefused, check_url

Outcome = Literal["completed", "failed", "cut"]

DEFAULT_SOURCE: Final = "https://asyncdata.net/source/"
"""Where a ticket of the asyncdata lineage can be asked for when its stream named no link."""

_ASYNCDATA_TICKET = re.compile(
    r"(?:[a-z0-9][a-z0-9._-]{0,40}+:)?+(?:task_[0-9a-z]{20,40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    re.IGNORECASE,
)
_HTML_TITLE = re.compile(r"<(?:title|h1)[^<>]{0,200}+>\s{0,40}+([^<]{1,200}+)", re.IGNORECASE)
_UNSAID: Final[dict[Outcome, str]] = {"completed": "failed", "cut": "completed"}
"""States that the lines may have said and the verdict does not."""
_VAGUE = {ErrorKind.UNKNOWN, ErrorKind.UPSTREAM_ERROR, ErrorKind.BAD_REQUEST}
_SAFETY_STOPS = {"content_filter", "safety", "moderation"}


class Links(msgspec.Struct, frozen=True):
    """URLs by role, where the stream named them."""

    preview: str | None = None
    source: str | None = None
    video: str | None = None
    poster: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a stream. The first fourteen fields are what `matinee parse` prints, by these names."""

    outcome: Outcome
    result_urls: tuple[str, ...] = ()
    task_id: str | None = None
    share_id: str | None = None
    links: Links = Links()
    progress: tuple[float, ...] = ()
    progress_is_estimate: bool = False
    states: tuple[str, ...] = ()
    usage: dict[str, Any] | None = None
    finish_reason: str | None = None
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    recoverable: bool = False
    malformed_events: int = 0
    media_id: str | None = None
    other_urls: tuple[str, ...] = ()
    done_seen: bool = False
    subject: ModerationSubject | None = None
    transcript: str = ""


class StreamReader:
    """Feed it a response's bytes; it returns events as they become sure, and the verdict when the response has ended.

    `prompt` is what the person asked for: its echo is never believed. `policy` is the URL lock: a result that the
    fetcher would refuse does not count. Without a policy, URLs are reported as they came.
    """

    def __init__(
        self, *, prompt: str | None = None, policy: UrlPolicy | None = None, stream_limit: int | None = None
    ) -> None:
        self._decoder = EventStreamDecoder() if stream_limit is None else EventStreamDecoder(stream_limit=stream_limit)
        self._taint = Taint(prompt)
        self._machine = TextMachine(self._taint)
        self._policy = policy
        self._error: UpstreamError | None = None
        self._usage: dict[str, Any] | None = None
        self._finish_reason: str | None = None
        self._whole = False
        self._malformed = 0
        self._videos: list[str] = []
        self._ticket: str | None = None
        self.done_seen = False
        """Whether `[DONE]` was read: a hint that the end is near, never a proof of anything."""
        self.news = 0
        """Rises with every event that says something; comments and empty events are signs of life, not news."""

    def feed(self, chunk: bytes) -> Sequence[GenerationEvent]:
        """Take the next bytes; return what they tell. Raises `ProviderError(STREAM_TOO_LARGE)`."""
        try:
            arrived = self._decoder.feed(chunk)
        except StreamTooLargeError as error:
            raise ProviderError(ErrorKind.STREAM_TOO_LARGE, str(error)) from error
        if not arrived:
            return ()
        return self._read(arrived)

    def finish(self) -> Reading:
        """Take the end of the response, however it came; return the verdict. Call it once."""
        self._read(self._decoder.finish())
        return self._verdict(self._machine.finish(whole=self._ended))

    @property
    def _ended(self) -> bool:
        """Whether something said that this is the end, be it the relay's own `[DONE]`."""
        return self.done_seen or self._finish_reason is not None or self._whole

    def _read(self, arrived: Sequence[Event]) -> Sequence[GenerationEvent]:
        machine = self._machine
        news = 0
        for event in arrived:
            if event.name or (words := read_words(event.data)) is None:
                self._other(event)
                continue
            if content := words.content:
                machine.content(content)
                news += 1
            if thought := words.reasoning_content:
                machine.reasoning(thought)
                news += 1
        self.news += news
        if not machine.events:
            return ()
        told, machine.events = machine.events, []
        return told

    def _other(self, event: Event) -> None:
        """Read an event that says more than words: why it ends, what it counted."""
        chunk = None if event.name else read_fast(event.data)
        if chunk is None:
            self._unusual(event)
            return
        if chunk.usage is not None:
            self._usage = chunk.usage
            self.news += 1
        for choice in chunk.choices:
            if choice.finish_reason is not None:
                self._finish_reason = choice.finish_reason
                self.news += 1
            delta = choice.delta
            if delta is None:
                continue
            if delta.content:
                self._machine.content(delta.content)
                self.news += 1
            if thought := delta.reasoning_content or delta.reasoning:
                self._machine.reasoning(thought)
                self.news += 1

    def _unusual(self, event: Event) -> None:
        if event.data.startswith(b"[DONE"):
            self.done_seen = True
            return
        if not event.data.strip():
            return
        message = read_slowly(event.data, name=event.name if event.name == "error" else "")
        if message is None:
            self._malformed += 1
            return
        self.news += 1
        self._take(message)

    def _take(self, message: Message) -> None:
        machine = self._machine
        self._usage = message.usage or self._usage
        self._error = message.error or self._error
        for piece in message.pieces:
            self._finish_reason = piece.finish_reason or self._finish_reason
            self._error = piece.error or self._error
            self._whole = self._whole or piece.whole
            if piece.content:
                machine.content(piece.content)
            if piece.reasoning:
                machine.reasoning(piece.reasoning)
            if piece.ticket and piece.ticket != self._ticket:
                self._ticket = piece.ticket
                if machine.evidence.state("submitted"):
                    machine.events.append(Submitted(Ticket(piece.ticket)))
            if piece.publishing and machine.evidence.state("publishing"):
                machine.events.append(Stage(StageName.PUBLISHING))
            for url in piece.videos:
                if len(self._videos) < LINKS_LIMIT and url not in self._videos:
                    self._videos.append(url)
        if message.progress is not None and message.pieces:
            machine.evidence.progress.append(message.progress)
            machine.events.append(Progress(message.progress))

    # The verdict

    def _verdict(self, evidence: Evidence) -> Reading:
        for url in self._videos:
            if url not in evidence.results():
                evidence.result(url)
        results = tuple(evidence.results())
        allowed = tuple(url for url in results if self._is_allowed(url))
        ticket = evidence.ticket or self._ticket
        source = evidence.source
        if source is None and evidence.ticket_in_content and _ASYNCDATA_TICKET.fullmatch(evidence.ticket or ""):
            source = f"{DEFAULT_SOURCE}{evidence.ticket}"
        outcome, kind, message = self._outcome(evidence, results, allowed)
        if outcome != "cut":
            evidence.state(outcome)
        states = [state for state in evidence.states if state != _UNSAID.get(outcome)]
        shown = allowed if outcome != "failed" else ()
        return Reading(
            outcome=outcome,
            result_urls=shown,
            task_id=ticket,
            share_id=evidence.share_id,
            links=Links(evidence.preview, source, shown[0] if shown else None, evidence.poster),
            progress=tuple(evidence.progress),
            progress_is_estimate=evidence.estimate,
            states=tuple(states),
            usage=self._usage,
            finish_reason=self._finish_reason,
            error_kind=kind,
            error_message=message,
            recoverable=source is not None,
            malformed_events=self._malformed,
            media_id=evidence.media_id,
            other_urls=tuple(url for url in evidence.others if url not in shown),
            done_seen=self.done_seen,
            subject=self._subject(evidence, message) if kind is ErrorKind.MODERATION else None,
            transcript=self._machine.transcript,
        )

    def _is_allowed(self, url: str) -> bool:
        if self._policy is None:
            return is_web_address(url)
        try:
            check_url(url, self._policy)
        except UrlRefused:
            return False
        return True

    def _outcome(
        self, evidence: Evidence, results: tuple[str, ...], allowed: tuple[str, ...]
    ) -> tuple[Outcome, ErrorKind | None, str | None]:
        """Weigh in the order of the grammar: result, structured error, failure line, stop without a result, end."""
        if allowed:
            if self._ended or evidence.ticket is None:
                return "completed", None, None
            return "cut", ErrorKind.TRANSPORT_CUT, None
        if results:
            return "failed", ErrorKind.RESULT_NOT_ALLOWED, "the result is not where this provider's results may be"
        if self._error is not None:
            error = self._error
            kind = classify(message=error.message, code=error.code, type_=error.type, status=error.status)
            return "failed", kind, error.message
        if evidence.failure is not None:
            return "failed", _kind_of(evidence), evidence.failure.best
        return self._end_without_result(evidence)

    def _end_without_result(self, evidence: Evidence) -> tuple[Outcome, ErrorKind | None, str | None]:
        if self._decoder.events == 0 and self._decoder.stray.strip():
            return self._no_stream_at_all()
        reason = (self._finish_reason or "").casefold()
        if reason in _SAFETY_STOPS:
            return "failed", ErrorKind.MODERATION, None
        if reason == "error":
            return "failed", ErrorKind.UPSTREAM_ERROR, None
        only_acknowledged = evidence.ticket is not None and set(evidence.states) <= {"planning", "submitted"}
        if only_acknowledged and self.done_seen and not reason:
            return "cut", ErrorKind.PENDING_POLL_REQUIRED, None
        if reason or self._whole:
            for line in reversed(evidence.prose):
                if classify(message=line) is ErrorKind.MODERATION:
                    return "failed", ErrorKind.MODERATION, line
            return "failed", ErrorKind.NO_RESULT, _contradiction(evidence)
        return "cut", ErrorKind.TRANSPORT_CUT, None

    def _no_stream_at_all(self) -> tuple[Outcome, ErrorKind | None, str | None]:
        text = self._decoder.stray.strip()
        title = _HTML_TITLE.search(text)
        if title or text[:1] == "<":
            message = title[1].strip() if title else None
            return "failed", _page_kind(message), message
        if names_failure(text[:200]):
            return "failed", classify(message=text[:200]), text[:200]
        return "cut", ErrorKind.TRANSPORT_CUT, text[:200]

    def _subject(self, evidence: Evidence, message: str | None) -> ModerationSubject | None:
        code = self._error.code if self._error else None
        heard = evidence.failure.heard if evidence.failure else []
        return moderation_subject([message, code if isinstance(code, str) else None, *heard])


def _kind_of(evidence: Evidence) -> ErrorKind:
    failure = evidence.failure
    if failure is None:
        return ErrorKind.UNKNOWN
    kind = classify(message=failure.best)
    if kind in _VAGUE:
        all_words = classify(message=" ".join(failure.heard))
        if all_words is not ErrorKind.UPSTREAM_ERROR:
            return all_words
    return kind


def _contradiction(evidence: Evidence) -> str | None:
    return "more than one result where there can be one" if evidence.contradicts_itself else None


def _page_kind(title: str | None) -> ErrorKind:
    kind = classify(message=title)
    if kind in {ErrorKind.UNKNOWN, ErrorKind.UPSTREAM_ERROR} and title and (number := re.match(r"\d{3}", title)):
        return classify(message=None, status=int(number[0]))
    return ErrorKind.UPSTREAM_ERROR if kind is ErrorKind.UNKNOWN else kind
