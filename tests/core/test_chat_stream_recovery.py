"""What the chat-stream provider does about a generation whose stream did not settle it."""

from contextlib import aclosing

import pytest

from core.errors import ErrorKind, ProviderError
from core.events import Completed, Progress, ResultUrl, Submitted
from core.model import Ticket
from core.providers._polling import LOST_AFTER
from tests.chat_stream import Sourced, failure, finished, happily, provider, told
from tests.raw_upstream import DONE, FILM, TASK, Wire, event, opening, raw_upstream

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


async def test_a_source_that_knows_it_only_later_is_waited_for() -> None:
    async with raw_upstream(Sourced(*[404] * (LOST_AFTER - 1), 503, *[410] * (LOST_AFTER - 1), finished())) as upstream:
        assert isinstance((await told(provider(upstream)))[-1], Completed)


async def test_a_source_that_knows_of_nothing_is_not_asked_for_ever() -> None:
    async with raw_upstream(Sourced(404)) as upstream:
        error = await failure(provider(upstream, poll_total_seconds=3600))
        assert error.kind is ErrorKind.TRANSPORT_CUT
        assert len(upstream.asked("GET")) == LOST_AFTER
        with pytest.raises(ProviderError) as caught:
            await anext(provider(upstream, poll_total_seconds=3600).resume(Ticket(TASK)))
        assert caught.value.kind is ErrorKind.INTERRUPTED
        assert len(upstream.asked("GET")) == 2 * LOST_AFTER
        assert len(upstream.asked("POST")) == 1


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


@pytest.mark.parametrize("film", ["http://[::1/x.mp4", "https://[x]/x.mp4", "https://a℀b.example/x.mp4"])
async def test_an_address_that_cannot_even_be_read_is_not_believed_either(film: str) -> None:
    async with raw_upstream(Sourced(finished(film))) as upstream:
        made = provider(upstream)
        error = await failure(made)
        assert error.kind is ErrorKind.RESULT_NOT_ALLOWED
        with pytest.raises(ProviderError) as caught:
            await made.download(ResultUrl(film)).__aenter__()
    assert caught.value.kind is ErrorKind.RESULT_NOT_ALLOWED


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{port}", "http://169.254.169.254", "https://evil.example", "https://asyncdata.net"]
)
async def test_a_source_on_a_host_that_nobody_named_is_never_asked(place: str) -> None:
    async with raw_upstream(happily) as other:
        named = f"{place.format(port=other.host.partition(':')[2])}/source/{TASK}"

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
        asking = provider(upstream, source_hosts=() if source is None else ("asyncdata.example",))
        with pytest.raises(ProviderError) as caught:
            await anext(asking.resume(Ticket(TASK, source)))
    assert caught.value.kind is ErrorKind.INTERRUPTED
    assert upstream.requests == []
