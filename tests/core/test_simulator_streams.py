"""What the simulator says: every dialect is read to its end by our own reader, and tells what real upstreams tell."""

import json
import re

import pytest

from core.events import Completed, Planned, Progress, Queued, Retrying, Stage, StageName, Submitted
from core.model import Shape
from core.simulator import Simulator, describe
from tests.simulated import PROMPT, Heard, ask, caller, order

MODELS = [line.name for line in describe().models]
WITH_TICKET = {"sim-sora2-en", "sim-sora2-zh", "sim-veo3"}
NOT_WITHOUT_STREAM = {"sim-sora2api"}
"""It makes a video only where a stream is asked for, and says so."""

PERCENTAGES = {
    "sim-flow2api": (0, 3, 7, 10, 14, 17),
    "sim-foai": (8.2, 36, 52.3, 79.7, 98.7),
    "sim-grok2api": (1, 17, 36, 61, 88, 100),
    "sim-jimeng": (),
    "sim-qwen2api": (),
    "sim-sora2-en": (44, 61, 68, 81),
    "sim-sora2-zh": (36, 44, 61, 69, 81),
    "sim-sora2api": (0, 12, 40, 63, 87),
    "sim-veo3": (),
}


async def film_behind(simulator: Simulator, heard: Heard) -> tuple[int, str, bytes]:
    """Whether the first result leads to a film: status, type, the first twelve bytes."""
    async with caller(simulator) as client:
        answer = await client.get(heard.reading.result_urls[0], headers={"Range": "bytes=0-11"})
    return answer.status_code, answer.headers["content-type"], answer.content


def test_it_speaks_at_least_six_dialects() -> None:
    offer = describe()
    assert len(offer.models) >= 6
    assert len({line.dialect for line in offer.models}) == len(offer.models)
    assert set(PERCENTAGES) == set(MODELS)
    assert all(line.sentence.endswith(".") for line in offer.faults)


@pytest.mark.parametrize("model", MODELS)
async def test_a_dialect_is_read_to_its_film(model: str) -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator, order(model))
        reading = heard.reading
        assert (heard.status, reading.outcome, reading.malformed_events) == (200, "completed", 0)
        assert heard.headers["content-type"].startswith("text/event-stream")
        assert reading.progress == PERCENTAGES[model]
        assert (reading.task_id is not None) == (model in WITH_TICKET) == reading.recoverable
        assert reading.done_seen
        assert len(reading.result_urls) == 1
        assert reading.result_urls[0].startswith(simulator.url)
        status, media_type, head = await film_behind(simulator, heard)
        assert (status, media_type, head[4:8]) == (206, "video/mp4", b"ftyp")


@pytest.mark.parametrize("model", MODELS)
async def test_a_dialect_is_read_alike_byte_by_byte(model: str) -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator, order(model), cut=1)
        assert heard.reading.outcome == "completed"
        assert heard.reading.progress == PERCENTAGES[model]
        told = [event.percent for event in heard.events if isinstance(event, Progress) and event.percent is not None]
        assert bool(told) == bool(PERCENTAGES[model])


@pytest.mark.parametrize("model", MODELS)
async def test_without_a_stream_one_body_says_the_same(model: str) -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator, order(model) | {"stream": False})
        assert heard.headers["content-type"].startswith("application/json")
        assert json.loads(heard.raw)["object"] == "chat.completion"
        assert heard.reading.outcome == ("failed" if model in NOT_WITHOUT_STREAM else "completed")
        spoilt = await ask(simulator, order(model), faults="not-streamed")
        assert spoilt.headers["content-type"].startswith("application/json")
        assert spoilt.reading.outcome == heard.reading.outcome


async def test_the_seeds_dialect_tells_the_seeds_story() -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator)
        reading = heard.reading
        assert reading.states == ("planning", "submitted", "queued", "generating", "completed")
        assert {Planned, Submitted, Queued, Progress} <= {type(event) for event in heard.events}
        assert re.fullmatch("task_01[0-9a-z]{24}", reading.task_id or "")
        assert re.fullmatch("s_[0-9a-f]{32}", reading.share_id or "")
        assert reading.links.source == f"{simulator.url}/source/{reading.task_id}"
        assert reading.links.preview == f"{simulator.url}/web/{reading.task_id}"
        assert reading.usage is not None
        assert reading.usage["total_tokens"] == reading.usage["prompt_tokens"] + reading.usage["completion_tokens"]


async def test_the_plan_repeats_the_prompt_escaped_or_raw() -> None:
    async with Simulator(speed=0) as simulator:
        escaped, raw = [_said(await ask(simulator, faults=fault)) for fault in ("none", "raw-echo")]
    assert PROMPT not in escaped
    assert json.loads(escaped.split("```json")[1].split("```")[0])["prompt"] == PROMPT
    assert PROMPT in raw


def _said(heard: Heard) -> str:
    lines = [json.loads(line[6:]) for line in heard.raw.decode().splitlines() if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for line in lines for choice in line["choices"])


async def test_a_remix_names_the_earlier_film_in_the_plan_and_has_a_name_of_its_own() -> None:
    async with Simulator(speed=0) as simulator:
        first = await ask(simulator)
        share = first.reading.share_id
        assert share is not None
        body = order(prompt="the same at night")
        body["messages"] = [*order()["messages"], {"role": "assistant", "content": _said(first)}, *body["messages"]]
        second = await ask(simulator, body)
    assert f'"sid": "{share}"' in _said(second)
    assert second.reading.outcome == "completed"
    assert second.reading.share_id not in {None, share}


async def test_a_picture_is_told_of_where_the_dialect_does() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body = order("sim-sora2api")
    body["messages"][0]["content"] = [{"type": "text", "text": PROMPT}, picture]
    async with Simulator(speed=0) as simulator:
        with_picture = await ask(simulator, body)
        without = await ask(simulator, order("sim-sora2api"))
    assert Stage(StageName.UPLOADING) in with_picture.events
    assert Stage(StageName.UPLOADING) not in without.events
    assert with_picture.reading.outcome == without.reading.outcome == "completed"


async def test_a_dialect_with_words_for_it_begins_again() -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator, order("sim-sora2api"), faults="retry")
    assert Retrying() in heard.events
    assert heard.reading.outcome == "completed"


@pytest.mark.parametrize(
    ("fields", "shape", "seconds"),
    [
        ({}, Shape.LANDSCAPE, 5),
        ({"prompt": "a cat, portrait, 3 seconds"}, Shape.PORTRAIT, 3),
        ({"prompt": "一只猫 竖屏 4秒"}, Shape.PORTRAIT, 4),
        ({"prompt": "a cat --duration 2 9:16", "size": "1280x720", "seconds": "7"}, Shape.LANDSCAPE, 7),
        ({"model": "sim-foai-square-9s", "prompt": "a cat in portrait, 3 s"}, Shape.SQUARE, 9),
        ({"model": "sim-foai-square-9s", "aspect_ratio": "9:16", "duration": 2}, Shape.PORTRAIT, 2),
        ({"prompt": "a cat waits 900 seconds", "size": "480x480"}, Shape.SQUARE, 5),
    ],
)
async def test_shape_and_length_stand_in_fields_in_the_models_name_or_in_words(
    fields: dict[str, str], shape: Shape, seconds: int
) -> None:
    async with Simulator(speed=0) as simulator:
        heard = await ask(simulator, order(**{"prompt": "a cat", **fields}))
        assert heard.reading.outcome == "completed"
        asked = next(iter(simulator._book._jobs.values())).order
    assert (asked.shape, asked.seconds) == (shape, seconds)


def test_a_completion_is_never_an_event_of_the_stream_reader() -> None:
    """The verdict is the reading's; `Completed` is the provider's to say, once the response has ended."""
    assert Completed not in {Planned, Submitted, Queued, Progress, Retrying, Stage}
