"""The decoders: each reads one response to its end and returns how many characters the assistant has said.

That number is the same for all, which shows that all have read the same. The libraries that are measured are imported
when they are asked for, so that one that is absent is a line in the table and not a traceback.
"""

import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from typing_extensions import override

from core.dialects.reader import StreamReader
from core.events import GenerationEvent
from core.providers._http import chunks_of


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
        async for chunk in chunks_of(response):
            events += reader.feed(chunk)
        reading = reader.finish()
        assert reading.outcome == "completed"
        assert len(events) > len(reading.progress) > 0
        return len(reading.transcript.removesuffix("\n"))  # the reader ends the last line

    return Decoder(_response, read)


def openai_python() -> Decoder:
    """`AsyncStream` of openai-python: bytes to pydantic models of chunks; what they say is not read."""
    return Decoder(_openai_stream(), _hear_chunks)


def litellm() -> Decoder:
    """litellm's wrapper around the same: what its proxy and its users read."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it asks another host when it is imported
    from litellm.litellm_core_utils.litellm_logging import Logging
    from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    stream = _openai_stream()

    def respond(chunks: Sequence[bytes]) -> Any:
        log = Logging(
            model="sora-2",
            messages=[{"role": "user", "content": "a lighthouse in a storm"}],
            stream=True,
            call_type="acompletion",
            start_time=datetime.now(UTC),
            litellm_call_id="1",
            function_id="1",
        )
        return CustomStreamWrapper(
            completion_stream=stream(chunks), model="sora-2", custom_llm_provider="openai", logging_obj=log
        )

    return Decoder(respond, _hear_chunks)


def _openai_stream() -> Callable[[Sequence[bytes]], Any]:
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

    def stream(chunks: Sequence[bytes]) -> Any:
        response = httpx2.Response(200, headers=_HEADERS, stream=TheirChunks(chunks), request=request)
        return AsyncStream(cast_to=ChatCompletionChunk, response=response, client=client)

    return stream


async def _hear_chunks(stream: Any) -> int:
    said = 0
    async for chunk in stream:
        said += len(chunk.choices[0].delta.content or "")
    return said


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
LITELLM: Final = "litellm"
HTTPX_SSE: Final = "httpx-sse + json"
FLOOR: Final = "floor: split + msgspec"

DECODERS: Final[Mapping[str, Make]] = {
    OURS: ours,
    OPENAI: openai_python,
    LITELLM: litellm,
    HTTPX_SSE: httpx_sse,
    FLOOR: floor,
}
