"""Leaving a generation early, many at once, and what is never shown or sent to others."""

import asyncio
import io
import logging
import traceback
from contextlib import aclosing

import pytest
import structlog

from core.errors import ConfigurationError, ErrorKind, ProviderError
from core.events import Completed, ResultUrl
from core.model import GenerationRequest
from core.providers import chat_stream
from tests.chat_stream import CANARY, REQUEST, Sourced, failure, finished, happily, provider, told
from tests.raw_upstream import TASK, Wire, ending, entry, event, models, opening, raw_upstream

# Closing early


@pytest.mark.parametrize("before", [None, "", event(""), opening()])
async def test_cancelling_frees_the_connection_at_once(before: str | None) -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        if before is not None:
            await wire.head()
            await wire.send(before)
        asked.set()
        await wire.until_closed()
        closed.set()

    async with raw_upstream(script) as upstream:
        waiting = asyncio.create_task(told(provider(upstream)), name="reads until it is cancelled")
        await asked.wait()
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(closed.wait(), 1)


async def test_leaving_at_an_event_frees_the_connection_too() -> None:
    closed = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(opening())
        await wire.until_closed()
        closed.set()

    async with raw_upstream(script) as upstream:
        async with aclosing(provider(upstream).generate(REQUEST)) as events:
            await anext(events)
        await asyncio.wait_for(closed.wait(), 1)


async def test_leaving_while_the_source_is_asked_ends_the_asking() -> None:
    async with raw_upstream(Sourced('{"status":"running"}')) as upstream:
        async with aclosing(provider(upstream).generate(REQUEST)) as events:
            while not upstream.asked("GET"):
                await anext(events)
        asked = len(upstream.asked("GET"))
        await asyncio.sleep(0.03)
    assert len(upstream.asked("GET")) == asked


# Many at once, and secrets


async def test_two_hundred_generations_run_side_by_side() -> None:
    everyone_is_here = asyncio.Event()
    here = 0

    async def script(wire: Wire) -> None:
        nonlocal here
        await wire.head()
        await wire.send(opening())
        here += 1
        if here == 200:
            everyone_is_here.set()
        await everyone_is_here.wait()
        await wire.send(ending(f"https://filesystem.site/cdn/{wire.asked.json['messages'][0]['content']}.mp4"))

    async with raw_upstream(script) as upstream:
        made = provider(upstream)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(told(made, GenerationRequest(f"film{n}", "standard", 5)), name=f"film {n}")
                for n in range(200)
            ]
    ends = [task.result()[-1] for task in tasks]
    assert [end.results[0].url for end in ends if isinstance(end, Completed)] == [
        f"https://filesystem.site/cdn/film{n}.mp4" for n in range(200)
    ]


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel", f"{CANARY}\r\nX-Evil: 1", "a\x00b", " x"])
def test_what_cannot_be_a_key_is_said_at_start_without_repeating_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        chat_stream.build(entry("http://127.0.0.1:1", key_setting="MATINEE_PROVIDER_KEY"), models=models(), api_key=key)
    (line,) = caught.value.lines
    assert "MATINEE_PROVIDER_KEY" in line
    assert not key.strip() or key not in line


def test_a_host_in_the_catalogue_that_is_none_is_said_at_start() -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.raw"):
        chat_stream.build(entry("http://127.0.0.1:1", result_hosts=("*bad",)), models=models())


async def test_the_key_shows_in_no_log_repr_or_exception(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))
    shown: list[str] = []

    async def script(wire: Wire) -> None:
        if wire.asked.method == "GET":
            await wire.answer(200, finished())
        elif "refuse" in wire.asked.body.decode():
            await wire.answer(401, '{"error":{"message":"Incorrect API key provided"}}')
        elif "move" in wire.asked.body.decode():
            await wire.answer(307, location="https://evil.example/")
        elif "reset" in wire.asked.body.decode():
            wire.reset()
        else:
            await wire.head()
            await wire.send(opening(f"http://{wire.asked.headers['host']}/source/{TASK}"))

    try:
        async with raw_upstream(script) as upstream:
            made = provider(upstream)
            shown += [repr(made), str(made), repr(vars(made))]
            shown += [repr(await told(made))]
            for words in ("refuse", "move", "reset"):
                error = await failure(made, GenerationRequest(words, "standard", 5))
                shown += [repr(error), str(error), "".join(traceback.format_exception(error))]
        error = await failure(made)
        shown += ["".join(traceback.format_exception(error))]
    finally:
        structlog.reset_defaults()

    shown += [caplog.text, lines.getvalue()]
    assert caplog.text
    assert lines.getvalue()
    assert not [text for text in shown if CANARY in text]


async def test_a_redirect_to_another_host_gets_neither_the_key_nor_the_prompt() -> None:
    async with raw_upstream(happily) as other:

        async def script(wire: Wire) -> None:
            await wire.answer(307, location=f"{other.url}/v1/chat/completions")

        async with raw_upstream(script) as upstream:
            error = await failure(provider(upstream))
    assert (other.requests, error.accepted) == ([], False)
    assert "redirect" in str(error)


async def test_an_answer_that_is_compressed_unasked_is_refused() -> None:
    async def script(wire: Wire) -> None:
        await wire.head(headers={"content-encoding": "gzip"})
        await wire.send(b"\x1f\x8b\x08")

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream))
    assert (error.kind, error.accepted) == (ErrorKind.UPSTREAM_ERROR, True)


async def test_the_film_is_downloaded_through_the_safe_fetcher_and_without_the_key() -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(200, b"\x00\x00\x00\x18ftypmp42" + bytes(1000), content_type="video/mp4")

    async with raw_upstream(script) as upstream:
        made = provider(upstream)
        async with made.download(ResultUrl(f"{upstream.url}/film.mp4")) as chunks:
            assert len(b"".join([chunk async for chunk in chunks])) == 1012
        with pytest.raises(ProviderError) as caught:
            async with made.download(ResultUrl("https://evil.example/film.mp4")):
                pass
    assert caught.value.kind is ErrorKind.RESULT_NOT_ALLOWED
    assert all("authorization" not in asked.headers for asked in upstream.requests)
