"""The decoders: each reads one response to its end and returns how many characters the assistant has said.

That number is the same for all, which shows that all have read the same. The libraries that are measured are imported
when they are asked for, so that one that is absent is a line in the table and not a traceback.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from typing_extensions import override

from core.dialects.reader import StreamReader
from core.events import GenerationEvent


class Decoder(NamedTuple):
    """One way to read: `response` is made of the chunks before the clock runs, `read` goes through it."""

    response: Callable[[Sequence[bytes]], Any]
    read: Callable[[Any], Awaitable[int]]


Make = Callable[[], Decoder]
"""Makes a decoder, with all that it keeps between streams. Raises `ImportError` where its library is not there."""

_HEADERS: Final = {"content-type": "text/event-stream"}


class Chunks(httpx.AsyncByteStream):
    """A body that comes in these pieces."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._chunks = chunks

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


def _response(chunks: Sequence[bytes]) -> httpx.Response:
    return httpx.Response(200, headers=_HEADERS, stream=Chunks(chunks))


def ours() -> Decoder:
    """The whole pipeline: bytes to typed events, the dialect read, the verdict reached."""

    async def read(response: httpx.Response) -> int:
        reader = StreamReader(prompt="a lighthouse in a storm")
        events: list[GenerationEvent] = []
        async for chunk in response.aiter_raw():
            events += reader.feed(chunk)
        reading = reader.finish()
        assert reading.outcome == "completed"
        assert len(events) > len(reading.progress) > 0
        return len(reading.transcript.removesuffix("\n"))  # the reader ends the last line

    return Decoder(_response, read)


def openai_python() -> Decoder:
    """`AsyncStream` of openai-python: bytes to pydantic models of chunks; what they say is not read."""
    import httpx2
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

    class TheirChunks(httpx2.AsyncByteStream):  # type: ignore[misc] # untyped where the library is absent
        def __init__(self, chunks: Sequence[bytes]) -> None:
            self._chunks = chunks

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._chunks:
                yield chunk

    client = AsyncOpenAI(api_key="none", base_url="http://127.0.0.1:9")
    request = httpx2.Request("POST", "http://127.0.0.1:9/chat/completions")

    def respond(chunks: Sequence[bytes]) -> httpx2.Response:
        return httpx2.Response(200, headers=_HEADERS, stream=TheirChunks(chunks), request=request)

    async def read(response: httpx2.Response) -> int:
        said = 0
        async for chunk in AsyncStream(cast_to=ChatCompletionChunk, response=response, client=client):
            said += len(chunk.choices[0].delta.content or "")
        return said

    return Decoder(respond, read)


def httpx_sse() -> Decoder:
    """httpx-sse and `json.loads`: bytes to dictionaries."""
    from httpx_sse import EventSource

    async def read(response: httpx.Response) -> int:
        said = 0
        async for event in EventSource(response).aiter_sse():
            if event.data == "[DONE]":
                break
            said += _said(json.loads(event.data))
        return said

    return Decoder(_response, read)


def _said(chunk: Mapping[str, Any]) -> int:
    return len(chunk["choices"][0]["delta"].get("content") or "")


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice]


def floor() -> Decoder:
    """The least that can be done: wait for the whole, split it at blank lines, decode what is needed."""
    typed = msgspec.json.Decoder(_Chunk).decode

    async def read(chunks: Sequence[bytes]) -> int:
        body = b"".join(chunks)
        return sum(len(typed(part[6:]).choices[0].delta.content or "") for part in body.split(b"\n\n")[:-2])

    return Decoder(list, read)


OURS: Final = "matinee, whole pipeline"
OPENAI: Final = "openai-python AsyncStream"
HTTPX_SSE: Final = "httpx-sse + json"
FLOOR: Final = "floor: split + msgspec"

DECODERS: Final[Mapping[str, Make]] = {OURS: ours, OPENAI: openai_python, HTTPX_SSE: httpx_sse, FLOOR: floor}
