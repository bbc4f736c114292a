"""A chat-stream provider for tests, pointed at a raw upstream, and the scripts that several tests share."""

import json
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from core.errors import ProviderError
from core.events import GenerationEvent
from core.model import GenerationRequest
from core.ports import Provider
from core.providers import chat_stream
from tests.raw_upstream import FILM, TASK, RawUpstream, Wire, ending, entry, models, opening

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
