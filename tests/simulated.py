"""The simulator as a client meets it: one order over a real socket, and what our reader makes of it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from core.dialects.reader import Reading, StreamReader
from core.events import GenerationEvent
from core.simulator import Simulator
from core.urls import UrlPolicy

PROMPT = 'A paper boat says "hello" on a rainy street\\corner, 1 s'
HERE = UrlPolicy(None, private_hosts=frozenset({"127.0.0.1"}))
"""Believes any host, and this machine as well."""


@dataclass(frozen=True)
class Heard:
    """A whole answer, and what was read out of it."""

    status: int
    headers: httpx.Headers
    raw: bytes
    events: list[GenerationEvent]
    reading: Reading


@asynccontextmanager
async def caller(simulator: Simulator) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of this simulator that follows nothing and looks at no environment."""
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False, timeout=10) as client:
        yield client


def order(model: str = "sim-sora2-en", prompt: str = PROMPT, **fields: object) -> dict[str, Any]:
    """The body of a chat completion as our providers send it."""
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": prompt}], **fields}


async def ask(
    simulator: Simulator, body: Mapping[str, Any] | None = None, *, faults: str | None = None, cut: int | None = None
) -> Heard:
    """Send an order and hear it out; `cut` feeds the reader so many bytes at a time."""
    body = order() if body is None else body
    async with caller(simulator) as client:
        headers = {} if faults is None else {"X-Simulate": faults}
        answer = await client.post("/v1/chat/completions", json=body, headers=headers)
    reader = StreamReader(prompt=PROMPT, policy=HERE)
    step = cut or max(1, len(answer.content))
    pieces = [answer.content[start : start + step] for start in range(0, len(answer.content), step)]
    events = [event for piece in pieces for event in reader.feed(piece)]
    return Heard(answer.status_code, answer.headers, answer.content, events, reader.finish())
