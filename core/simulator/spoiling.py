"""What faults make of a stream: pure, from the beats of an honest one to those that are sent, and how it ends."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from core.simulator.faults import Faults
from core.simulator.story import Beat

KEEP_ALIVE_SECONDS = 10.0
"""Between two comments of a relay, as new-api sends them by default."""
KEEP_ALIVES = 3600
"""How many comments "for ever" are: ten hours at speed 1."""

_PING = Beat(b": PING\n\n", is_event=False)
# A line that was published as foai's: one bracket too many.
_GARBAGE = (
    b'data: {"id":"","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":null}]]}\n\n'
)
_USAGE = (
    b'data: {"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":[],'
    b'"usage":{"prompt_tokens":14,"completion_tokens":120,"total_tokens":134}}\n\n'
)
_DONE = Beat(b"data: [DONE]\n\n", is_event=False)


class StreamEnd(StrEnum):
    """How the connection ends after the last beat."""

    CLOSED = "closed"  # as it should be
    RESET = "reset"
    STALLED = "stalled"


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What is really sent."""

    beats: tuple[Beat, ...]
    end: StreamEnd = StreamEnd.CLOSED


def spoil(beats: Iterable[Beat], faults: Faults) -> Spoilt:
    """Apply the faults of the stream. Without any, the beats are as they were."""
    if faults.get("keep_alive"):
        return Spoilt((replace(_PING, pause=KEEP_ALIVE_SECONDS),) * KEEP_ALIVES)
    ends = [(faults[name], name) for name in ("cut", "reset", "relay_cut", "stall") if name in faults]
    limit, how = min(ends, default=(None, ""))
    kept, rest = _until(beats, limit)
    if "garbage" in faults:
        kept = _with_garbage(kept, faults["garbage"])
    end = StreamEnd.CLOSED
    if limit is not None and rest:
        if how == "relay_cut":
            kept += [Beat(_USAGE), _DONE]
        elif how == "reset":
            kept.append(replace(rest[0], data=rest[0].data[: len(rest[0].data) // 2]))
            end = StreamEnd.RESET
        elif how == "stall":
            end = StreamEnd.STALLED
    if faults.get("pings"):
        kept = [each for beat in kept for each in ((_PING, beat) if beat.is_event else (beat,))]
    return Spoilt(tuple(_pieces(kept, faults)), end)


def _until(beats: Iterable[Beat], limit: int | None) -> tuple[list[Beat], list[Beat]]:
    """Split after `limit` events."""
    kept: list[Beat] = []
    rest: list[Beat] = []
    events = 0
    for beat in beats:
        (kept if limit is None or events < limit else rest).append(beat)
        events += beat.is_event
    return kept, rest


def _with_garbage(beats: list[Beat], after: int) -> list[Beat]:
    head, rest = _until(beats, after)
    return [*head, Beat(_GARBAGE + b"\n\n"), *rest]


def _pieces(beats: Iterable[Beat], faults: Faults) -> Iterator[Beat]:
    """Cut every beat into pieces and put the drip's pause before each."""
    size = faults.get("bytes")
    drip = faults.get("drip", 0.0)
    for beat in beats:
        for start in range(0, len(beat.data), size or len(beat.data) or 1):
            data = beat.data[start : start + size] if size else beat.data
            yield replace(beat, data=data, pause=drip + (beat.pause if start == 0 else 0.0))
