"""How long the chat-stream provider waits for what, and when it asks again."""

import asyncio
from typing import Any

import pytest

from core.errors import ErrorKind
from core.events import Completed
from tests.chat_stream import failure, happily, provider, told
from tests.raw_upstream import Wire, event, opening, raw_upstream

# How long it is waited for


@pytest.mark.parametrize(
    ("limit", "sent"),
    [
        ({"first_byte_seconds": 0.15}, None),
        ({"first_byte_seconds": 0.15}, ""),
        ({"idle_seconds": 0.15}, opening()),
        ({"total_seconds": 0.15}, opening()),
        ({"quiet_seconds": 0.15}, opening()),
    ],
)
async def test_an_upstream_that_falls_silent_is_given_up_in_time(limit: dict[str, Any], sent: str | None) -> None:
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
        ({"idle_seconds": 0.4, "quiet_seconds": 0.8}, "no news"),
        ({"idle_seconds": 0.4, "total_seconds": 0.8}, "not over"),
    ],
)
async def test_comments_are_signs_of_life_but_no_news(limits: dict[str, Any], reason: str) -> None:
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
