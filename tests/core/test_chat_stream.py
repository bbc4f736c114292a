"""The chat-stream provider against a raw upstream: what it sends, when it asks again, how it recovers."""

import asyncio
import io
import json
import logging
import traceback
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
import structlog
from tests.raw_upstream import DONE, FILM, TASK, RawUpstream, Wire, ending, entry, event, models, opening, raw_upstream

from core.errors import ConfigurationError, ErrorKind, ProviderError
from core.events import Completed, GenerationEvent, Progress, Queued, ResultRole, ResultUrl, Submitted
from core.model import GenerationRequest, Picture, Shape, Ticket
from core.ports import Provider
from core.providers import chat_stream

CANARY = "sk-canary-7f3a9b"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REQUEST = GenerationRequest("a lighthouse in a storm", "standard", 5)


def provider(upstream: RawUpstream | str, *, pauses: list[float] | None = None, **fields: object) -> Provider:
    async def sleep(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)

    return chat_stream.build(entry(upstream, **fields), models=models(), api_key=CANARY, now=lambda: NOW, sleep=sleep)


async def told(upstream: Provider, request: GenerationRequest = REQUEST) -> list[GenerationEvent]:
    async with aclosing(upstream.generate(request)) as events:
        return [event async for event in events]


async def failure(upstream: Provider, request: GenerationRequest = REQUEST) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await told(upstream, request)
    return caught.value


async def happily(wire: Wire) -> None:
    await wire.head()
    await wire.send(opening(), ending())


def finished(film: str = FILM, **fields: object) -> str:
    return json.dumps({"id": TASK, "status": "completed", "video_url": film, **fields})


class Sourced:
    """An upstream whose stream is cut after it named a source, and a source that answers these one after another."""

    def __init__(self, *answers: str | int, stream: str | None = None) -> None:
        self.answers = list(answers)
        self.stream = stream

    async def __call__(self, wire: Wire) -> None:
        if wire.asked.method == "POST":
            source = f"http://{wire.asked.headers['host']}/source/{TASK}"
            await wire.head()
            await wire.send(opening(source) if self.stream is None else self.stream)
            return
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, int):
            await wire.answer(answer, "<html>not now</html>", location="http://127.0.0.1:1/elsewhere")
        else:
            await wire.answer(200, answer)


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
    assert [event.ticket for event in events if isinstance(event, Submitted)][-1] == ticket
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


# How long it is waited for


@pytest.mark.parametrize(
    ("limit", "sent"),
    [
        ({"first_byte_seconds": 0.02}, None),
        ({"first_byte_seconds": 0.02}, ""),
        ({"idle_seconds": 0.02}, opening()),
        ({"total_seconds": 0.02}, opening()),
        ({"quiet_seconds": 0.02}, opening()),
    ],
)
async def test_an_upstream_that_falls_silent_is_given_up_in_time(limit: dict[str, float], sent: str | None) -> None:
    async def script(wire: Wire) -> None:
        if sent is not None:
            await wire.head()
            await wire.send(sent)
        await wire.until_closed()

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream, **limit))
    assert (error.kind, error.accepted, len(upstream.requests)) == (ErrorKind.TIMEOUT, True, 1)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"idle_seconds": 0.05, "quiet_seconds": 0.15}, "no news"),
        ({"idle_seconds": 0.05, "total_seconds": 0.15}, "not over"),
    ],
)
async def test_comments_are_signs_of_life_but_no_news(limits: dict[str, float], reason: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(opening())
        while True:
            await wire.send(": PING\n\n")
            await asyncio.sleep(0.01)

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream, **limits))
    assert error.kind is ErrorKind.TIMEOUT
    assert reason in str(error)


async def test_a_byte_now_and_then_does_not_hold_the_line_for_ever() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        while True:
            await wire.send("d")
            await asyncio.sleep(0.005)

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream, idle_seconds=1, total_seconds=0.1))
    assert error.kind is ErrorKind.TIMEOUT


async def test_a_stream_without_end_is_cut_off_by_size() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        while True:
            await wire.send(event("x" * 60_000))

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream, source_hosts=()))
    assert error.kind is ErrorKind.STREAM_TOO_LARGE


# When it asks again


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {}, [1.0, 2.0]),
        (503, {}, [1.0, 2.0]),
        (429, {"retry_after": "7"}, [7.0, 7.0]),
        (503, {"retry_after": "Tue, 24 Nov 2026 12:00:09 GMT"}, [9.0, 9.0]),
        (429, {"retry_after": "-5"}, [1.0, 2.0]),
    ],
)
async def test_an_upstream_that_is_too_busy_is_asked_three_times(
    status: int, headers: dict[str, str], waited: list[float]
) -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(status, **headers)

    pauses: list[float] = []
    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream, pauses=pauses))
    assert (len(upstream.requests), pauses, error.accepted) == (3, waited, False)


async def test_a_busy_upstream_that_takes_the_second_request_makes_the_film() -> None:
    answers = [429, 200]

    async def script(wire: Wire) -> None:
        status = answers.pop(0)
        await (happily(wire) if status == 200 else wire.answer(status))

    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)
    assert len(upstream.requests) == 2


async def test_an_upstream_that_asks_for_an_hour_is_not_waited_for_here() -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(429, retry_after="3600")

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream))
    assert (error.kind, error.retry_after, len(upstream.requests)) == (ErrorKind.RATE_LIMITED, 3600.0, 1)


async def test_an_upstream_that_cannot_be_reached_is_tried_three_times_and_never_charged_for() -> None:
    async with raw_upstream(happily) as gone:
        pass
    pauses: list[float] = []
    error = await failure(provider(gone, pauses=pauses))
    assert (error.kind, error.accepted, pauses) == (ErrorKind.UNREACHABLE, False, [1.0, 2.0])


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 413, 422, 451, 500, 502, 504, 520, 524])
async def test_any_other_refusal_is_final(status: int) -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(status, '{"error":{"message":"no"}}')

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream))
    assert (len(upstream.requests), error.accepted) == (1, status >= 500)


async def test_once_the_request_was_taken_it_is_never_sent_again() -> None:
    async def script(wire: Wire) -> None:
        wire.reset()

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream))
    assert (len(upstream.requests), error.kind, error.accepted) == (1, ErrorKind.TRANSPORT_CUT, True)


async def test_an_error_that_never_stops_talking_is_heard_only_so_long() -> None:
    async def script(wire: Wire) -> None:
        await wire.head(500)
        while True:
            await wire.send("<p>sorry</p>" * 1000)

    async with raw_upstream(script) as upstream:
        assert (await failure(provider(upstream))).kind is ErrorKind.UPSTREAM_ERROR


async def test_an_error_that_falls_silent_in_its_middle_is_still_that_error() -> None:
    async def script(wire: Wire) -> None:
        await wire.head(401, headers={"content-length": "999"})
        await wire.send('{"error":')
        await wire.until_closed()

    async with raw_upstream(script) as upstream:
        assert (await failure(provider(upstream, idle_seconds=0.02))).kind is ErrorKind.AUTH


# Recovery by ticket


async def test_a_cut_stream_is_asked_for_at_its_source_and_never_submitted_again() -> None:
    script = Sourced('{"status":"processing","progress":"70%"}', '{"status":"processing"}', finished())
    async with raw_upstream(script) as upstream:
        events = await told(provider(upstream))

    assert len(upstream.asked("POST")) == 1
    assert [asked.path for asked in upstream.asked("GET")] == [f"/source/{TASK}"] * 3
    assert events[-3:-1] == [Progress(70), Progress(None)]
    assert isinstance(events[-1], Completed)
    assert events[-1].results == (ResultUrl(FILM),)
    assert "Generating" in events[-1].transcript


async def test_the_source_is_asked_without_the_key() -> None:
    async with raw_upstream(Sourced(finished())) as upstream:
        await told(provider(upstream))
    assert all("authorization" not in asked.headers for asked in upstream.asked("GET"))


@pytest.mark.parametrize(
    "stream",
    [
        event(
            f"I'll help you generate a video.\n\n**Task ID: `veo3-fast:{'79733203-82aa-45d3-bf98-1b559689bb8d'}`**\n\n"
        )
        + DONE,
    ],
)
async def test_a_stream_that_only_acknowledges_is_asked_for_where_its_lineage_keeps_sources(stream: str) -> None:
    async with raw_upstream(Sourced(finished(), stream=stream)) as upstream:
        events = await told(provider(upstream))

    path = "/source/veo3-fast:79733203-82aa-45d3-bf98-1b559689bb8d"
    assert [asked.path for asked in upstream.asked("GET")] == [path]
    tickets = [event.ticket for event in events if isinstance(event, Submitted)]
    assert tickets[-1] == Ticket(path.rpartition("/")[2], upstream.url + path)
    assert isinstance(events[-1], Completed)


async def test_a_stream_that_stops_without_a_film_is_asked_for_before_any_verdict() -> None:
    async def script(wire: Wire) -> None:
        if wire.asked.method == "GET":
            await wire.answer(200, finished())
            return
        await wire.head()
        await wire.send(opening(f"http://{wire.asked.headers['host']}/source/{TASK}"), event(finish="stop"), DONE)

    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)


async def test_a_source_that_stumbles_is_asked_on() -> None:
    script = Sourced(500, 404, 302, "<html>busy</html>", "[" * 10_000, '{"status":"running"}', finished())
    async with raw_upstream(script) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)
    assert len(upstream.asked("GET")) == 7


async def test_what_the_source_says_went_wrong_is_the_verdict() -> None:
    async with raw_upstream(
        Sourced('{"status":"failed","error":{"code":"output_moderation","message":"no"}}')
    ) as upstream:
        error = await failure(provider(upstream))
    assert (error.kind, error.message, error.recoverable) == (ErrorKind.MODERATION, "no", False)


async def test_a_source_that_never_decides_leaves_the_streams_own_verdict() -> None:
    async with raw_upstream(Sourced('{"status":"processing"}')) as upstream:
        error = await failure(provider(upstream, poll_total_seconds=0.05))
    assert (error.kind, error.recoverable, error.accepted) == (ErrorKind.TRANSPORT_CUT, True, True)
    assert len(upstream.asked("POST")) == 1


async def test_a_film_that_the_source_names_elsewhere_is_not_believed() -> None:
    async with raw_upstream(Sourced(finished("https://evil.example/x.mp4"))) as upstream:
        error = await failure(provider(upstream))
    assert error.kind is ErrorKind.RESULT_NOT_ALLOWED


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1:{port}/source/x", "http://169.254.169.254/source/x", "https://evil.example/source/x"]
)
async def test_a_source_on_a_host_that_nobody_named_is_never_asked(source: str) -> None:
    async with raw_upstream(happily) as other:
        named = source.format(port=other.host.partition(":")[2])

        async def script(wire: Wire) -> None:
            await wire.head()
            await wire.send(opening(named))

        async with raw_upstream(script) as upstream:
            hosts = (upstream.host,)
            error = await failure(provider(upstream, private_hosts=hosts, source_hosts=hosts))
        assert (error.kind, error.accepted) == (ErrorKind.TRANSPORT_CUT, True)
        assert (upstream.asked("GET"), other.requests) == ([], [])


async def test_a_failure_that_the_upstream_explained_is_not_asked_about() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        source = f"http://{wire.asked.headers['host']}/source/{TASK}"
        await wire.send(opening(source), 'data: {"error":{"code":"content_policy_violation","message":"no"}}\n\n', DONE)

    async with raw_upstream(script) as upstream:
        error = await failure(provider(upstream))
    assert (error.kind, upstream.asked("GET")) == (ErrorKind.MODERATION, [])


async def test_a_ticket_from_before_a_restart_is_asked_for_without_a_submission() -> None:
    async with raw_upstream(Sourced('{"status":"queued"}', finished())) as upstream:
        asking = provider(upstream).resume(Ticket(TASK, f"{upstream.url}/source/{TASK}"))
        async with aclosing(asking) as events:
            heard = [event async for event in events]
    assert heard == [Progress(None), Completed((ResultUrl(FILM),))]
    assert upstream.asked("POST") == []


@pytest.mark.parametrize("source", [None, "https://evil.example/source/x", "http://127.0.0.1:1/source/x"])
async def test_a_ticket_that_cannot_be_asked_for_ends_as_interrupted(source: str | None) -> None:
    async with raw_upstream(happily) as upstream:
        asking = provider(upstream, private_hosts=(upstream.host,), source_hosts=("asyncdata.example",))
        asking = provider(upstream, source_hosts=(), private_hosts=()) if source is None else asking
        with pytest.raises(ProviderError) as caught:
            await anext(asking.resume(Ticket(TASK, source)))
    assert caught.value.kind is ErrorKind.INTERRUPTED
    assert upstream.requests == []


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
