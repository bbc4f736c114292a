"""Events out of bytes, however the bytes are cut: the WHATWG event stream, and what real captures need beyond it.

The decoder is fed and does no I/O. It follows https://html.spec.whatwg.org/multipage/server-sent-events.html: byte
order mark; CR, LF and CRLF; comments; `event`, `id`, `retry`; several `data` lines; no space after the colon. Two
additions: the last event counts even without its blank line, and a lenient tier reads what is no event stream at all:
JSON spread over lines without a prefix (as documentation pages print it), bare JSON lines, one JSON body. What is
neither is kept aside as `stray` text, so that an HTML error page can be told apart from silence.
"""

import re
from collections.abc import Sequence

import msgspec

LINE_LIMIT = 1 << 20
"""Bytes in one line: a picture as a data URI fits, an endless line does not."""
EVENT_LIMIT = 2 << 20
"""Bytes in one event's data."""
STREAM_LIMIT = 16 << 20
"""Bytes in one stream: forty minutes of an event every 20 ms."""
STRAY_LIMIT = 16 << 10
"""Bytes kept of text that is no event."""

_DONE = b"[DONE"
_BOM = b"\xef\xbb\xbf"
_CR = 13  # as a number: looking for a byte among bytes is six times faster than looking for bytes
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?')  # possessive: linear whatever it is fed


class StreamTooLargeError(ValueError):
    """A line, an event or the stream passed its limit; the message says which and how long it may be."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event: the joined `data` lines, and the name given by `event` (empty for the usual `message`)."""

    data: bytes
    name: str = ""


class EventStreamDecoder:
    """Feed it bytes as they come; it returns the events that these bytes complete."""

    __slots__ = (
        "_between",
        "_buffer",
        "_carriage",
        "_data",
        "_depth",
        "_event_size",
        "_name",
        "_room",
        "_start",
        "_stray",
        "events",
        "last_event_id",
        "line_limit",
        "retry_ms",
        "stream_limit",
    )

    def __init__(self, *, line_limit: int = LINE_LIMIT, stream_limit: int = STREAM_LIMIT) -> None:
        self.line_limit = line_limit
        self.stream_limit = stream_limit
        self.events = 0
        """Events returned so far."""
        self.last_event_id = ""
        self.retry_ms: int | None = None
        self._buffer = bytearray()  # the line that is not complete yet
        self._data: list[bytes] = []  # `data` lines of the event that is not complete yet
        self._depth: int | None = None  # open brackets of a JSON text spread over lines; None outside of one
        self._event_size = 0
        self._name = ""
        self._stray = bytearray()
        self._room = stream_limit  # bytes that may still come
        self._between = False  # nothing of an event has come, and the stream has begun
        self._start = True
        self._carriage = False  # the last byte was CR: an LF right after it belongs to it

    @property
    def stray(self) -> str:
        """What was neither event nor JSON, up to `STRAY_LIMIT` bytes."""
        return self._stray.decode("utf-8", "replace")

    def feed(self, chunk: bytes) -> Sequence[Event]:
        """Take the next bytes; return the events they complete. Raises `StreamTooLargeError`."""
        size = len(chunk)
        self._room -= size
        if self._room < 0:
            raise StreamTooLargeError(f"the stream is longer than {self.stream_limit} bytes")
        if self._carriage or _CR in chunk:
            chunk = self._with_line_feeds(chunk)
        elif (
            self._between
            and chunk[:7] == b"data: {"
            and chunk[-3:] == b"}\n\n"
            and chunk.find(b"\n") == size - 2 <= self.line_limit
        ):
            self.events += 1  # the usual case: one read brings one whole event
            return (Event(chunk[6:-2]),)
        buffer = self._buffer
        end = chunk.rfind(b"\n")
        if end < 0:
            buffer += chunk
            self._between = False
            if len(buffer) > self.line_limit:
                raise StreamTooLargeError(f"a line is longer than {self.line_limit} bytes")
            return ()
        text = chunk[:end]
        if buffer:
            buffer += text
            text = bytes(buffer)
            buffer.clear()
        buffer += chunk[end + 1 :]
        if self._start:
            self._start = False
            text = text.removeprefix(_BOM)
        lines = text.split(b"\n")
        if len(text) > self.line_limit and max(map(len, lines)) > self.line_limit:
            raise StreamTooLargeError(f"a line is longer than {self.line_limit} bytes")
        events = self._take(lines)
        self._between = not (buffer or self._data or self._name)
        return events

    def finish(self) -> Sequence[Event]:
        """Take the end of the stream; return the event that lacked only its blank line, if there is one."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return self._take([rest.removeprefix(_BOM) if self._start else rest, b""])

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        if self._carriage and chunk[:1] == b"\n":
            chunk = chunk[1:]
            self._carriage = False
            if not chunk:
                return chunk
        if chunk:
            self._carriage = chunk[-1] == _CR
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _take(self, lines: list[bytes]) -> Sequence[Event]:
        events: list[Event] = []
        plain = not (self._data or self._name)  # nothing came yet that belongs to the next event
        pending = b""  # a line that is an event, if a blank one follows
        for line in lines:
            if not line:
                if pending:
                    events.append(Event(pending[6:]))
                    pending = b""
                else:
                    self._end_event(events)
                    plain = True
            elif plain and not pending and line[:6] == b"data: " and line[-1:] == b"}":
                pending = line  # the usual case: a whole JSON text
            else:
                if pending:
                    self._data.append(pending[6:])
                    pending = b""
                plain = False
                self._unusual(line, events)
        if pending:
            self._data.append(pending[6:])
        self.events += len(events)
        return events

    def _end_event(self, events: list[Event]) -> None:
        if self._data:
            self._dispatch(events)
        self._name = ""

    def _dispatch(self, events: list[Event]) -> None:
        data = self._data
        events.append(Event(data[0] if len(data) == 1 else b"\n".join(data), self._name))
        data.clear()
        self._depth = None
        self._name = ""

    def _add(self, line: bytes) -> None:
        """Add a further line to an event, within its limit."""
        data = self._data
        if not data:
            self._event_size = 0
        elif len(data) == 1:
            self._event_size = len(data[0])
        self._event_size += len(line)
        if self._event_size > EVENT_LIMIT:
            raise StreamTooLargeError(f"an event is longer than {EVENT_LIMIT} bytes")
        data.append(line)

    def _open(self, value: bytes) -> None:
        """Begin an event with a line that may be only the first of a JSON text."""
        self._add(value)
        if value[:1] in {b"{", b"["} and not value.startswith(_DONE):
            self._deepen(value)

    def _deepen(self, line: bytes) -> bool:
        """Count the open brackets of a JSON text that may go over several lines; tell whether it is complete."""
        bare = _JSON_STRING.sub(b"", line)
        depth = (self._depth or 0) + bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
        self._depth = depth if depth > 0 else None
        return depth <= 0

    def _unusual(self, line: bytes, events: list[Event]) -> None:
        field, colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data" and (colon or not value):
            self._data_line(value, events)
        elif not field and colon:
            pass  # a comment
        elif self._depth is not None:
            self._add(line)
            if self._deepen(line):
                self._dispatch(events)  # spread over lines without a prefix: no blank line will follow
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"id":
            if b"\0" not in value:
                self.last_event_id = value.decode("utf-8", "replace")
        elif field == b"retry":
            if value.isdigit() and len(value) < 10:
                self.retry_ms = int(value)
        elif line.lstrip()[:1] in {b"{", b"["}:
            self._bare_json(line, events)
        elif len(self._stray) < STRAY_LIMIT:
            self._stray += line[: STRAY_LIMIT - len(self._stray)] + b"\n"

    def _data_line(self, value: bytes, events: list[Event]) -> None:
        if not self._data:
            self._open(value)
            return
        # In no JSON text does one value begin right after another: where blank lines were lost, this is the next event.
        json = self._data[0][:1] in {b"{", b"["}
        ended = json and self._data[-1].rstrip()[-1:] not in {b"{", b"[", b",", b":"}
        if ended and (value[:1] == b"{" or value.startswith(_DONE)):
            self._dispatch(events)
            self._open(value)
            return
        self._add(value)
        if self._depth is not None:
            self._deepen(value)

    def _bare_json(self, line: bytes, events: list[Event]) -> None:
        """A JSON text without a `data:` before it is an event of its own."""
        if self._data:
            self._dispatch(events)
        self._open(line.lstrip())
        if self._depth is None:
            self._dispatch(events)
