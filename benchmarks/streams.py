"""The bytes that every decoder reads, and the sizes they are cut into."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.sse import EventStreamDecoder

SEED: Final = Path(__file__).parents[1] / "tests/recorded/streams/seed_as_printed.txt"

CUTS: Final[Mapping[str, int | None]] = {
    "one event": None,
    "1 B": 1,
    "64 B": 64,
    "1460 B": 1460,
    "16 KiB": 16 << 10,
    "64 KiB": 64 << 10,
}
"""Bytes in a chunk: what a relay flushes (None: one event), the worst, and what a TCP segment and a buffer hold."""

_LONG_EVENTS: Final = 600
_WORDS: Final = ("a lighthouse ", "in the storm, ", "waves against ", "the rocks, ", "slow pan, ", "grey light, ")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream in wire form: one item an event, the blank line and `[DONE]` included."""

    name: str
    events: Sequence[bytes]

    def cut(self, size: int | None) -> list[bytes]:
        """The same bytes in chunks of `size`; None: one event a chunk."""
        if size is None:
            return list(self.events)
        whole = b"".join(self.events)
        return [whole[start : start + size] for start in range(0, len(whole), size)]


def seed() -> Stream:
    """The recorded stream of the seed, from the form in which it was printed back to the wire's."""
    decoder = EventStreamDecoder()
    events = [*decoder.feed(SEED.read_bytes()), *decoder.finish()]
    return Stream("the seed", [*(_wire(json.loads(event.data)) for event in events if event.data[:1] == b"{"), _DONE])


def long() -> Stream:
    """The seed's dialect at length: a plan word by word, a ticket, a percentage that climbs, a film."""
    task = "task_01k7e6t6skf46ahq8tcee5bskz"
    host = "https://asyncdata.net"
    said = ["```json\n", '{\n  "prompt": "']
    said += [_WORDS[n % len(_WORDS)] for n in range(_LONG_EVENTS // 3)]
    said += ['"\n}\n', "```\n", f"\n> ID: `{task}`\n"]
    said += [f">[Data Preview]({host}/web/{task}) | [Source Data]({host}/source/{task})\n", "> Queuing"]
    said += [".."] * 20
    said += ["\n> Generating", "\n\n>🏃 Progress "]
    climbing = _LONG_EVENTS - len(said) - 3
    said += [f"{100 * n / climbing:.1f}.." for n in range(climbing)]
    said += ["\n\n> Generation complete ✅\n", "\n[Play online▶️](https://filesystem.site/cdn/20251013/086e45.mp4)"]
    last = _chunk({}, finish="stop") | {"usage": {"prompt_tokens": 21, "completion_tokens": 279, "total_tokens": 300}}
    return Stream("a long one", [*(_wire(_chunk({"content": text})) for text in said), _wire(last), _DONE])


_DONE: Final = b"data: [DONE]\n\n"


def _chunk(delta: Mapping[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-89CEJjhPV6JVibDDSw6U42hyRDOpZ",
        "object": "chat.completion.chunk",
        "model": "sora-2",
        "created": 1760339757,
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish}],
    }


def _wire(chunk: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
