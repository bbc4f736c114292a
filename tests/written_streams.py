"""Streams written by hand: what an assistant says, put on the wire, read back, and what must come of it."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from core.dialects.reader import Reading, StreamReader
from core.urls import UrlPolicy


def event(value: object, *, name: str = "") -> bytes:
    """One event that holds this JSON."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: %b\n\n" % msgspec.json.encode(value)


def delta(**fields: object) -> bytes:
    """One event whose first choice adds these fields."""
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


def said(*texts: str) -> bytes:
    """The assistant says these texts, one an event."""
    return b"".join(delta(content=text) for text in texts)


def thought(*texts: str) -> bytes:
    """The same in its reasoning."""
    return b"".join(delta(reasoning_content=text) for text in texts)


def stop(reason: str = "stop") -> bytes:
    """The event that says why it ends."""
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


def body(text: str) -> bytes:
    """The answer to a request that was not streamed."""
    message = {"role": "assistant", "content": text}
    return msgspec.json.encode(
        {"object": "chat.completion", "choices": [{"message": message, "finish_reason": "stop"}]}
    )


DONE: Final = b"data: [DONE]\n\n"
END: Final = stop() + DONE


def read(*chunks: bytes, prompt: str | None = None, policy: UrlPolicy | None = None, cut: int | None = None) -> Reading:
    """Read a stream to its end, these chunks at a time or `cut` bytes at a time."""
    reader = StreamReader(prompt=prompt, policy=policy)
    for piece in chunks if cut is None else _cut(b"".join(chunks), cut):
        reader.feed(piece)
    return reader.finish()


def _cut(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[start : start + size] for start in range(0, len(stream), size))


# The seed's dialect, with other ids and another host

FILM: Final = "https://media.elsewhere.example/a/b/c0ffee.mp4"
TASK: Final = "task_01jabcdefghjkmnpqrstvwxyz0"
SHARE: Final = "s_" + "a1" * 16


def head(task: str = TASK, host: str = "https://asyncdata.net") -> str:
    """What the seed's dialect says first."""
    links = f">[Data Preview]({host}/web/{task}) | [Source Data]({host}/source/{task})"
    return f"\n\n> ID: `{task}`\n{links}\n> Queuing"


def done(label: str = "Play online▶️", words: str = "Generation complete ✅") -> str:
    """What it says last."""
    return f"\n\n> {words}\n> sid: {SHARE}\n\n\n[{label}]({FILM})"


# What must come of a stream


class Case(NamedTuple):
    """A stream and what must come of it. `expected` names fields of the reading."""

    name: str
    stream: bytes
    expected: dict[str, Any]


def completes(name: str, stream: bytes, *films: str, **expected: Any) -> Case:
    """It has these films, or the usual one."""
    return Case(name, stream, {"outcome": "completed", "result_urls": films or (FILM,), "error_kind": None, **expected})


def fails(name: str, stream: bytes, kind: str, **expected: Any) -> Case:
    """It has none, and says why."""
    return Case(name, stream, {"outcome": "failed", "result_urls": (), "error_kind": kind, **expected})


def is_cut(name: str, stream: bytes, kind: str = "transport_cut", **expected: Any) -> Case:
    """Nobody knows yet."""
    return Case(name, stream, {"outcome": "cut", "result_urls": (), "error_kind": kind, **expected})
