"""One event's JSON, whatever its shape, into what the assistant says: content, reasoning, errors, hints.

The usual shape is decoded into typed structs; anything else (wrong types, `NaN`, lone surrogates, invalid UTF-8) goes
the slow way through a generic reading, so that one odd event never ends a stream.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec


class UpstreamError(msgspec.Struct, frozen=True):
    """A structured error as the wire gave it."""

    message: str | None = None
    code: str | int | None = None
    type: str | None = None
    status: int | None = None


# The usual shape. A delta with any other field is an unusual one: it is read slowly and in full.
class _Delta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    role: str | None = None
    tool_calls: msgspec.Raw | None = None
    function_call: msgspec.Raw | None = None
    refusal: msgspec.Raw | None = None


class _Choice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    delta: _Delta | None = None
    finish_reason: str | None = None
    index: int = 0
    logprobs: msgspec.Raw | None = None
    native_finish_reason: msgspec.Raw | None = None
    content_filter_results: msgspec.Raw | None = None


class Chunk(msgspec.Struct, gc=False):
    """An event of the usual shape: one that says more than this is read slowly."""

    choices: list[_Choice]
    usage: dict[str, Any] | None = None
    error: None = None
    progress: None = None


# Most events: one choice that adds words, and nothing else.
class Words(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What such an event says."""

    content: str | None = None
    reasoning_content: str | None = None
    role: str | None = None
    tool_calls: None = None
    function_call: None = None
    refusal: None = None


class _OnlyChoice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    delta: Words
    finish_reason: None = None
    index: int = 0
    logprobs: None = None
    native_finish_reason: None = None
    content_filter_results: msgspec.Raw | None = None


class _OnlyWords(msgspec.Struct, gc=False):
    choices: tuple[_OnlyChoice]
    usage: None = None
    error: None = None
    progress: None = None


_decode = msgspec.json.Decoder(Chunk).decode
_decode_words = msgspec.json.Decoder(_OnlyWords).decode
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(slots=True)
class Piece:
    """What one choice of one event adds."""

    content: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    whole: bool = False
    """It is a whole message, not a delta: the answer to a request that was not streamed."""
    error: UpstreamError | None = None
    ticket: str | None = None
    videos: tuple[str, ...] = ()
    publishing: bool = False


@dataclass(slots=True)
class Message:
    """One event, normalised."""

    pieces: list[Piece] = field(default_factory=list)
    usage: dict[str, Any] | None = None
    error: UpstreamError | None = None
    progress: float | None = None


def read_words(data: bytes) -> Words | None:
    """Decode an event that adds words and says nothing else; None says that it is none, or needs `read_fast`."""
    try:
        return _decode_words(data).choices[0].delta
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_fast(data: bytes) -> Chunk | None:
    """Decode the usual shape; None says that the event needs `read_slowly`."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def lenient_json(text: str) -> Any:
    """Decode what others take for JSON: with `NaN`, line feeds in strings, halves of surrogate pairs.

    The halves are replaced, so that all of it can be written again. Raises `ValueError`.
    """
    try:
        value = json.loads(text, strict=False)
        if _SURROGATE.search(text):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("brackets within brackets, too deep to be read") from error
    return value


def read_slowly(data: bytes, *, name: str = "") -> Message | None:
    """Read any JSON, and what an event named `error` says in whatever form. None says that it cannot be read."""
    text = data.decode("utf-8", "replace")
    try:
        value = lenient_json(text)
    except ValueError:
        return Message(error=UpstreamError(message=text[:1000].strip() or None)) if name == "error" else None
    if isinstance(value, list):
        parts = [_message(item) for item in value[:256] if isinstance(item, dict)]
        return _joined(parts) if parts else None
    if not isinstance(value, dict):
        return Message(error=UpstreamError(message=str(value)[:1000])) if name == "error" else None
    message = _message(value)
    if name == "error" and message.error is None:
        message.error = _error(value) or UpstreamError()
    return message


def _joined(messages: list[Message]) -> Message:
    whole = Message()
    for message in messages:
        whole.pieces += message.pieces
        whole.usage = message.usage or whole.usage
        whole.error = message.error or whole.error
    return whole


def _message(value: dict[str, Any]) -> Message:
    choices = value.get("choices")
    pieces = (
        [_piece(choice) for choice in choices[:64] if isinstance(choice, dict)] if isinstance(choices, list) else []
    )
    usage = value.get("usage")
    message = Message(pieces, usage if isinstance(usage, dict) else None)
    if value.get("error"):
        error = _error(value["error"])
        message.error = error if error != UpstreamError() else None  # some relays send an error that is empty
    elif not isinstance(choices, list) and _is_error(value):
        message.error = _error(value)
    progress = value.get("progress")
    if isinstance(progress, (int, float)) and not isinstance(progress, bool) and 0 <= progress <= 100:
        message.progress = float(progress)
    return message


def _is_error(value: dict[str, Any]) -> bool:
    if value.get("object") == "error" or value.get("type") == "error" or value.get("success") is False:
        return True
    code = value.get("code")
    names_failure = code not in (None, 0, 200, "success", "ok") and ("message" in value or "msg" in value)
    return names_failure or ("detail" in value and len(value) <= 3)


def _error(value: Any) -> UpstreamError | None:
    if isinstance(value, str):
        return UpstreamError(message=_clean(value))
    if isinstance(value, list):
        return next((found for item in value[:8] if (found := _error(item))), None)
    if not isinstance(value, dict):
        return UpstreamError(message=str(value)[:1000])
    inner = value.get("error")
    if isinstance(inner, dict) and inner:
        return _error(inner)
    said = next((value[key] for key in ("message", "msg", "detail", "error", "reason") if value.get(key)), None)
    code = value.get("code")
    status = value.get("status_code", value.get("status"))
    type_ = value.get("type")
    return UpstreamError(
        message=_clean(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)) if said else None,
        code=code if code and isinstance(code, (str, int)) and not isinstance(code, bool) else None,
        type=type_ if type_ and isinstance(type_, str) else None,
        status=status if isinstance(status, int) and 400 <= status < 600 else None,
    )


def _clean(text: str) -> str:
    return text[:4000].strip()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):  # content in parts
        return "".join(_text(part.get("text")) for part in value[:256] if isinstance(part, dict))
    return ""


def _piece(choice: dict[str, Any]) -> Piece:
    finish = choice.get("finish_reason")
    piece = Piece(finish_reason=finish if isinstance(finish, str) else None)
    for key in ("delta", "message"):
        said = choice.get(key)
        if not isinstance(said, dict):
            continue
        piece.whole = piece.whole or key == "message"
        piece.content += _text(said.get("content"))
        piece.reasoning += _text(said.get("reasoning_content") or said.get("reasoning"))
        if said.get("error"):
            piece.error = _error(said["error"])
        videos = [*_video_parts(said.get("content")), *_outputs(said.get("output"), piece)]
        piece.videos = tuple(videos)
        hints = said.get("wm")
        if isinstance(hints, dict):
            piece.publishing = True
            _note_ticket(hints, piece)
    return piece


def _video_parts(content: Any) -> Iterator[str]:
    for part in content[:64] if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "video_url":
            held = part.get("video_url")
            url = held.get("url") if isinstance(held, dict) else held
            if isinstance(url, str):
                yield url


def _outputs(output: Any, piece: Piece) -> Iterator[str]:
    for item in output[:64] if isinstance(output, list) else ():
        if not isinstance(item, dict):
            continue
        _note_ticket(item, piece)
        if item.get("type") in (None, "video"):
            url = item.get("url") or item.get("video_url")
            if isinstance(url, str):
                yield url


def _note_ticket(held: dict[str, Any], piece: Piece) -> None:
    ticket = held.get("task_id")
    if isinstance(ticket, str) and 0 < len(ticket) <= 200:
        piece.ticket = ticket
