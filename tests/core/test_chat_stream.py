"""The chat-stream provider against a raw upstream: what it sends, and what it tells."""

import asyncio
from contextlib import aclosing

import pytest

from core.errors import ErrorKind
from core.events import Completed, Progress, Queued, ResultRole, ResultUrl, Submitted
from core.model import GenerationRequest, Picture, Shape, Ticket
from core.providers import chat_stream
from tests.chat_stream import CANARY, REQUEST, failure, happily, provider, told
from tests.raw_upstream import DONE, FILM, TASK, Wire, ending, entry, models, opening, raw_upstream

# What is sent


async def test_a_generation_is_asked_for_in_the_form_of_the_seeds_api() -> None:
    async with raw_upstream(happily) as upstream:
        await told(provider(upstream))

    (asked,) = upstream.requests
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.json == {
        "model": "sora-2",
        "messages": [{"role": "user", "content": "a lighthouse in a storm"}],
        "stream": True,
        "seconds": 5,
        "aspect_ratio": "16:9",
    }
    assert asked.headers["authorization"] == f"Bearer {CANARY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["content-type"] == "application/json"


async def test_a_picture_goes_along_as_data() -> None:
    picture = GenerationRequest("it moves", "standard", 5, Shape.PORTRAIT, Picture("image/png", b"\x89PNG" * 500_000))
    async with raw_upstream(happily) as upstream:
        await told(provider(upstream), picture)

    text, image = upstream.requests[0].json["messages"][0]["content"]
    assert text == {"type": "text", "text": "it moves"}
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


async def test_an_upstream_without_a_key_gets_none() -> None:
    async with raw_upstream(happily) as upstream:
        await told(chat_stream.build(entry(upstream), models=models()))
    assert "authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_in_the_environment_is_ignored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with raw_upstream(happily) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)


async def test_a_model_that_the_catalogue_does_not_know_is_not_asked_for() -> None:
    async with raw_upstream(happily) as upstream:
        error = await failure(provider(upstream), GenerationRequest("x", "gone", 5))
    assert (error.kind, error.accepted, upstream.requests) == (ErrorKind.MODEL_NOT_FOUND, False, [])


# What is told


async def test_the_seeds_stream_is_told_event_by_event_and_ends_with_its_film() -> None:
    async with raw_upstream(happily) as upstream:
        events = await told(provider(upstream))

    ticket = Ticket(TASK, f"https://asyncdata.net/source/{TASK}")
    # Together with its source, since a process may die right after it was told.
    assert [event.ticket for event in events if isinstance(event, Submitted)] == [ticket]
    assert Queued() in events
    assert [event.percent for event in events if isinstance(event, Progress) and event.percent is not None] == [44, 61]
    done = events[-1]
    assert isinstance(done, Completed)
    assert done.results == (ResultUrl(FILM, ResultRole.FINAL),)
    assert done.share_id == "s_68eca7ba6c688191afb287034cbee639"
    assert FILM in done.transcript


async def test_an_event_is_told_while_the_upstream_is_still_thinking() -> None:
    go_on = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(opening())
        await go_on.wait()
        await wire.send(ending())

    async with raw_upstream(script) as upstream, aclosing(provider(upstream).generate(REQUEST)) as events:
        async for told_now in events:
            if isinstance(told_now, Progress) and told_now.percent == 61:
                go_on.set()
        assert isinstance(told_now, Completed)


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=gbk", "nonsense", ""])
async def test_the_content_type_is_not_believed(kind: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.head(headers={"content-type": kind})
        await wire.send(opening(), ending())

    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)


async def test_an_upstream_that_keeps_the_line_open_after_done_is_not_waited_for() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(opening(), ending())
        await wire.until_closed()

    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream, idle_seconds=0.02)))[-1], Completed)


async def test_what_comes_right_after_done_still_counts() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(opening(), DONE)
        await asyncio.sleep(0.005)
        await wire.send(ending())

    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream, source_hosts=())))[-1], Completed)
