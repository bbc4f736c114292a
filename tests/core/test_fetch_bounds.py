"""The safe fetcher over real sockets: how much of an answer it takes, how long it waits, and how it leaves."""

import asyncio
from contextlib import suppress

import httpcore
import pytest

from core.errors import ErrorKind, ProviderError
from core.videos.fetch import FOREIGN_ERRORS, FRAMING_BYTES
from tests.raw_upstream import Wire
from tests.street import FILM, LINK, Street, closing, failure, fetched, film, for_ever, sent, street

# How much is taken


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nfilm",
        "HTTP/1.1 206 Partial\r\ncontent-length: 4\r\n\r\nfilm",
        "HTTP/1.1 204 No\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\nContent-Encoding: BR\r\ncontent-length: 4\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n4\r\nfilm\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ncontent-length: 0x4\r\n\r\nfilm",
        f"HTTP/1.1 200 OK\r\ncontent-length: {'9' * 5000}\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nfilm",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nfilm",
        "<html>no HTTP at all</html>",
        b"\x16\x03\x01\x00\x05hello",
        b"",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfilm",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfilm\r\n",
        f"HTTP/1.1 200 OK\r\nx: {'a' * 500_000}\r\n\r\n",
    ],
)
async def test_an_answer_that_is_no_whole_plain_file_is_unreachable(answer: bytes | str) -> None:
    async with street(closing(answer)) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_UNREACHABLE


async def test_a_connection_that_is_reset_is_unreachable() -> None:
    async def script(wire: Wire) -> None:
        await wire.head(headers={"content-length": "100"})
        wire.reset()

    async with street(script) as there:
        assert await failure(there.fetcher()) is ErrorKind.RESULT_UNREACHABLE


async def test_a_body_without_an_end_is_cut_off_at_the_limit() -> None:
    async with street(for_ever("HTTP/1.1 200 OK\r\n\r\n", FILM)) as there:
        assert await failure(there.fetcher(max_bytes=100_000)) is ErrorKind.RESULT_TOO_LARGE


async def test_a_length_beyond_the_limit_is_refused_before_a_byte_is_read() -> None:
    async with street(sent(f"HTTP/1.1 200 OK\r\ncontent-length: {10 << 30}\r\n\r\n")) as there:
        with pytest.raises(ProviderError) as caught:
            async with there.fetcher().open(LINK):
                pytest.fail("it was opened")
    assert caught.value.kind is ErrorKind.RESULT_TOO_LARGE


@pytest.mark.parametrize("spare", [0, -1])
async def test_the_limit_is_exact(spare: int) -> None:
    async with street(film) as there:
        fetcher = there.fetcher(max_bytes=len(FILM) + spare)
        if spare < 0:
            assert await failure(fetcher) is ErrorKind.RESULT_TOO_LARGE
        else:
            assert await fetched(fetcher) == FILM


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ("", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        ("", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 100),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1;" + b"a" * 30_000 + b"\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 100),
        ("HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100),
    ],
)
async def test_what_is_more_packing_than_film_is_not_unpacked_for_long(head: str, piece: bytes) -> None:
    counted = 0

    async def script(wire: Wire) -> None:
        nonlocal counted
        await wire.send(head)
        with suppress(ConnectionError):
            while counted < 64 << 20:
                await wire.send(piece)
                counted += len(piece)
        assert counted < 64 << 20, "the whole flood was read"

    async with street(script) as there:
        assert await failure(there.fetcher(max_bytes=1 << 30, total_seconds=60)) is ErrorKind.RESULT_UNREACHABLE


@pytest.mark.parametrize("size", [200, 4096, 65_536])
async def test_an_honest_body_in_chunks_of_any_usual_size_is_taken(size: int) -> None:
    body = FILM + bytes(4 * FRAMING_BYTES)

    async def script(wire: Wire) -> None:
        await wire.head(chunked=True)
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        await wire.send(*(part for piece in pieces for part in (f"{len(piece):x}\r\n", piece, "\r\n")), "0\r\n\r\n")

    async with street(script) as there:
        assert await fetched(there.fetcher(max_bytes=len(body))) == body


async def test_an_interim_answer_before_the_film_is_no_matter() -> None:
    head = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    async with street(closing(head, FILM)) as there:
        assert await fetched(there.fetcher()) == FILM


# How long it is waited


@pytest.mark.parametrize("head", ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfilm"])
async def test_silence_has_an_end(head: str) -> None:
    async with street(sent(head)) as there:
        assert await failure(there.fetcher(idle_seconds=0.05)) is ErrorKind.RESULT_UNREACHABLE


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\r\nx: ", "HTTP/1.1 200 OK\r\n\r\n"])
async def test_a_byte_now_and_then_is_not_waited_for_for_ever(head: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.send(head)
        while True:
            await wire.send("a")
            await asyncio.sleep(0.01)

    async with street(script) as there:
        assert await failure(there.fetcher(idle_seconds=5, total_seconds=0.1)) is ErrorKind.RESULT_UNREACHABLE


async def test_the_time_of_all_hops_together_is_bounded() -> None:
    async def script(wire: Wire) -> None:
        await asyncio.sleep(0.04)
        await wire.answer(302, location="/again")

    async with street(script) as there:
        assert await failure(there.fetcher(total_seconds=0.1)) is ErrorKind.RESULT_UNREACHABLE
    assert len(there.upstream.requests) < 4


# Leaving


@pytest.mark.parametrize("exception", [ValueError("mine"), OSError("mine"), TimeoutError("mine")])
async def test_what_the_reader_raises_passes_through_and_the_line_is_closed(exception: Exception) -> None:
    closed = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.send("HTTP/1.1 200 OK\r\n\r\n", FILM)
        await wire.until_closed()
        closed.set()

    async def stumble(there: Street) -> None:
        async with there.fetcher().open(LINK) as chunks:
            async for _ in chunks:
                raise exception

    async with street(script) as there:
        with pytest.raises(type(exception), match="mine"):
            await stumble(there)
        await asyncio.wait_for(closed.wait(), 1)


@pytest.mark.parametrize("head", ["", "HTTP/1.1 200 OK\r\n\r\nfilm"])
async def test_cancelling_closes_the_line(head: str) -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.send(head)
        asked.set()
        await wire.until_closed()
        closed.set()

    async with street(script) as there:
        waiting = asyncio.create_task(fetched(there.fetcher()), name="reads until it is cancelled")
        await asked.wait()
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(closed.wait(), 1)


# The border


def test_every_error_of_the_wire_has_its_words() -> None:
    raised = {each for each in vars(httpcore).values() if isinstance(each, type) and issubclass(each, Exception)}
    assert raised - set(FOREIGN_ERRORS) == set()
    assert all(FOREIGN_ERRORS.values())
