"""Recorded streams, replayed whole, byte by byte and cut off anywhere: each says what is written beside it.

`NAME.expected.json` holds what `NAME.sse` must come to. Those in `tests/recorded/streams` are always read; where the
folder from which they were taken lies beside the repository, all of that is read too.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialects.reader import Reading, StreamReader
from core.events import GenerationEvent, Progress, Retrying, Submitted
from core.sse import Event, EventStreamDecoder

RECORDED = Path(__file__).parents[1] / "recorded" / "streams"
SHARED = Path(__file__).parents[3] / "shared" / "dialects" / "streams"
OURS = sorted(RECORDED.glob("*.expected.json"))
THEIRS = sorted(SHARED.glob("*.expected.json"))
SEED = RECORDED / "seed_as_printed.txt"
SEED_AS_WIRE = RECORDED / "piapi_sora2_en_complete.sse"
SEED_FILM = "https://filesystem.site/cdn/20251013/086e4519811c4f54a9b21d70506687.mp4"

ABOUT = {"name", "dialect", "provenance", "transport", "http_status", "notes", "not_results"}
"""Keys that describe the capture, not what is read from it."""
NOT_READ = {"prior_share_id"}
"""The share id in a remix's plan: nothing in a plan is believed, so nothing of it is reported."""

every_capture = pytest.mark.parametrize("case", OURS, ids=lambda path: path.name.split(".")[0])
every_shared_capture = pytest.mark.parametrize(
    "case",
    THEIRS
    or [pytest.param(SHARED, marks=pytest.mark.skip(reason=f"no captures at {SHARED}: the repository is alone"))],
    ids=lambda path: path.name.split(".")[0],
)


def replay(stream: bytes, size: int | None = None) -> tuple[list[GenerationEvent], Reading]:
    """All that a stream tells on its way, and its verdict."""
    reader = StreamReader()
    told: list[GenerationEvent] = []
    for start in range(0, len(stream), size or len(stream) or 1):
        told += reader.feed(stream[start : start + (size or len(stream))])
    return told, reader.finish()


def as_written(reading: Reading, expected: dict[str, Any]) -> dict[str, Any]:
    """The same keys as the expectation, in its form."""
    shown = json.loads(msgspec.json.encode({field: getattr(reading, field) for field in Reading.__struct_fields__}))
    shown["links"] = {role: url for role, url in shown["links"].items() if url is not None}
    return {key: shown[key] for key in expected}


def expectation(case: Path) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(case.read_text("utf-8"))
    expected = {key: value for key, value in written.items() if key not in ABOUT | NOT_READ}
    expected["links"] = {role: url for role, url in expected["links"].items() if url is not None}
    return expected


@cache
def stream_of(case: Path) -> bytes:
    return case.with_name(case.name.replace(".expected.json", ".sse")).read_bytes()


def check_exactness(case: Path) -> None:
    expected = expectation(case)
    stream = stream_of(case)
    told, reading = replay(stream)
    assert as_written(reading, expected) == expected
    assert replay(stream, 1) == (told, reading), "byte by byte"
    assert replay(stream, 7) == (told, reading), "seven bytes at a time"


def check_prefixes(case: Path) -> None:
    """No beginning of a stream yields `completed` before a final link is there, and none invents a link."""
    stream = stream_of(case)
    finals = set(expectation(case)["result_urls"])
    for end in {*_event_ends(stream), *range(max(0, len(stream) - 700), len(stream), 3)}:
        _, reading = replay(stream[:end])
        assert set(reading.result_urls) <= finals
        if reading.outcome == "completed":
            assert reading.result_urls
            assert all(_stands_in(url, stream[:end]) for url in reading.result_urls)


def in_smaller_deltas(stream: bytes, rhythm: list[int]) -> bytes:
    """The same words in the same channels, so many characters a delta, in turns."""
    decoder = EventStreamDecoder()
    events = [*decoder.feed(stream), *decoder.finish()]
    sizes = cycle(rhythm)
    return b"".join(piece for event in events for piece in _smaller(event, sizes))


def _smaller(event: Event, sizes: Iterator[int]) -> Iterator[bytes]:
    name = f"event: {event.name}\n".encode() if event.name else b""
    try:
        value = json.loads(event.data)
        (choice,) = value["choices"]
        (channel,) = [key for key in ("content", "reasoning_content") if choice["delta"].get(key)]
    except (ValueError, KeyError, TypeError, AttributeError):
        yield name + b"".join(b"data: %b\n" % line for line in event.data.split(b"\n")) + b"\n"
        return
    words, reason = choice["delta"][channel], choice.get("finish_reason")
    while words:
        size = next(sizes)
        choice["delta"][channel], words = words[:size], words[size:]
        ending = None if words else reason
        yield b"data: %b\n\n" % msgspec.json.encode({**value, "choices": [{**choice, "finish_reason": ending}]})


def _event_ends(stream: bytes) -> Iterator[int]:
    return (found.end() for found in re.finditer(rb"\r?\n(?=data|event|:|\{)", stream))


def _stands_in(url: str, stream: bytes) -> bool:
    """Whether the whole of a URL was sent, be it over several events."""
    text = stream.decode("utf-8", "replace")
    joined = "".join(re.findall(r'"content":\s*"((?:[^"\\]|\\.)*)"', text))
    return any(form in sent for form in (url, url.replace("&", "&amp;")) for sent in (joined, text))


@every_capture
def test_a_recorded_stream_says_what_is_written_beside_it_however_it_is_cut(case: Path) -> None:
    check_exactness(case)


@every_capture
def test_a_recorded_stream_cut_off_is_not_complete_before_its_link(case: Path) -> None:
    check_prefixes(case)


@given(
    st.sampled_from([case for case in OURS if not case.name.startswith("html_")]),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
)
@settings(max_examples=600)
def test_how_an_upstream_cuts_its_words_changes_nothing(case: Path, rhythm: list[int]) -> None:
    _, whole = replay(stream_of(case))
    _, reading = replay(in_smaller_deltas(stream_of(case), rhythm))
    assert reading == msgspec.structs.replace(whole, malformed_events=reading.malformed_events)


@every_shared_capture
def test_a_capture_beside_the_repository_says_what_is_written_however_it_is_cut(case: Path) -> None:
    check_exactness(case)


@every_shared_capture
def test_a_capture_beside_the_repository_cut_off_is_not_complete_before_its_link(case: Path) -> None:
    check_prefixes(case)


def test_every_recorded_stream_has_its_expectation() -> None:
    assert {case.name.split(".")[0] for case in OURS} == {path.stem for path in RECORDED.glob("*.sse")}
    assert OURS


# The seed, as it is printed and as it goes over the wire


@pytest.mark.parametrize("path", [SEED, SEED_AS_WIRE], ids=["as printed", "as wire"])
@pytest.mark.parametrize("size", [None, 1, 5, 1000])
def test_the_seed_is_read_exactly(path: Path, size: int | None) -> None:
    told, reading = replay(path.read_bytes(), size)

    assert (reading.outcome, reading.result_urls) == ("completed", (SEED_FILM,))
    assert reading.states == ("planning", "submitted", "queued", "generating", "completed")
    assert list(reading.progress) == [44, 61, 68, 81]
    assert [event.percent for event in told if isinstance(event, Progress) and event.percent] == [44, 61, 68, 81]
    assert reading.task_id == "task_01k7e6t6skf46ahq8tcee5bskz"
    assert reading.links.preview == f"https://asyncdata.net/web/{reading.task_id}"
    assert reading.links.source == f"https://asyncdata.net/source/{reading.task_id}"
    assert reading.links.video == SEED_FILM
    assert reading.share_id == "s_68eca7ba6c688191afb287034cbee639"
    assert reading.usage
    assert [reading.usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")] == [21, 279, 300]
    assert (reading.finish_reason, reading.done_seen, reading.malformed_events) == ("stop", True, 0)
    assert (reading.error_kind, reading.recoverable) == (None, True)


@pytest.mark.parametrize("path", [SEED, SEED_AS_WIRE], ids=["as printed", "as wire"])
def test_no_beginning_of_the_seed_is_complete_before_its_link(path: Path) -> None:
    seed = path.read_bytes()
    link = seed.index(SEED_FILM.encode()) + len(SEED_FILM)
    ends = [*(found.end() for found in re.finditer(rb"\n", seed)), *range(link - 200, link + 40)]
    for end in sorted(ends):
        _, reading = replay(seed[:end])
        if end < link:
            assert (reading.outcome, reading.result_urls) == ("cut", ()), seed[:end][-80:]
    # The link alone is not the end: there is a ticket, and who asks with it learns whether that was all.
    assert replay(seed[: link + 30])[1].outcome == "cut"


def test_the_ticket_of_the_seed_is_told_as_soon_as_its_line_has_ended() -> None:
    stream = SEED_AS_WIRE.read_bytes()
    told, _ = replay(stream[: stream.index(b"Queuing") + 60])
    tickets = [event.ticket for event in told if isinstance(event, Submitted) and event.ticket]
    assert [ticket.source_url for ticket in tickets] == [None, f"https://asyncdata.net/source/{tickets[0].id}"]


def test_progress_is_told_while_its_line_still_grows() -> None:
    reader = StreamReader()
    stream = b"".join(
        b'data: {"choices":[{"delta":{"content":%b}}]}\n\n' % msgspec.json.encode(text)
        for text in ("> ID: `task_01hzzzzzzzzzzzzzzzzzzzzzzz`\n> Queuing", ".\n>🏃 Progress 4", "4..", "61..")
    )
    percents = [
        [event.percent for event in reader.feed(piece + b"\n\n") if isinstance(event, Progress)]
        for piece in stream.split(b"\n\n")[:-1]
    ]
    assert percents == [[], [], [44], [61]]


def test_a_retry_is_told_as_one() -> None:
    told, _ = replay((RECORDED / "sora2api_retry_then_success.sse").read_bytes())
    assert any(isinstance(event, Retrying) for event in told)
