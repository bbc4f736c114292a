"""An upstream on loopback that says exactly what a test wants, right or wrong: over a real socket."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from core.catalogue import ModelEntry, ProviderEntry

TASK = "task_01k7e6t6skf46ahq8tcee5bskz"
FILM = "https://filesystem.site/cdn/20251013/086e4519811c4f54a9b21d70506687.mp4"


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """One connection, in the hands of a test's script."""

    asked: Asked
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes | str) -> None:
        self.writer.write(b"".join(part.encode() if isinstance(part, str) else part for part in parts))
        await self.writer.drain()

    async def head(self, status: int = 200, *, chunked: bool = False, headers: dict[str, str] | None = None) -> None:
        named = {"content-type": "text/event-stream", "connection": "close"}
        named |= headers or {}
        if chunked:
            named["transfer-encoding"] = "chunked"
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in named.items())]
        await self.send("\r\n".join(lines), "\r\n\r\n")

    async def chunk(self, data: bytes | str) -> None:
        data = data.encode() if isinstance(data, str) else data
        await self.send(f"{len(data):x}\r\n", data, "\r\n")

    async def answer(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = body.encode() if isinstance(body, str) else body
        await self.head(status, headers={"content-length": str(len(body)), **named})
        await self.send(body)

    def reset(self) -> None:
        """Cut the line so that the other side sees a reset, not an end."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def until_closed(self) -> None:
        """Wait until the other side has closed its end."""
        with suppress(ConnectionError):
            await self.reader.read()


Script = Callable[[Wire], Awaitable[None]]


@dataclass
class RawUpstream:
    """Where it listens, and all that it was asked."""

    url: str
    requests: list[Asked] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def asked(self, method: str) -> list[Asked]:
        return [request for request in self.requests if request.method == method]


@asynccontextmanager
async def raw_upstream(script: Script) -> AsyncIterator[RawUpstream]:
    """Serve with a script until the test is over; what the script raises, other than a closed line, is raised here."""
    upstream = RawUpstream("")
    talks: set[asyncio.Task[None]] = set()
    faults: list[BaseException] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            upstream.requests.append(asked)
            await script(Wire(asked, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001 - kept for the test, which raises it
            faults.append(error)
        finally:
            writer.close()

    def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(talk(reader, writer), name="one connection of the raw upstream")
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
    if faults:
        raise faults[0]


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def event(content: str | None = None, *, finish: str | None = None) -> str:
    """One event of the seed's wire form."""
    delta = {} if content is None else {"content": content}
    chunk = {
        "id": "chatcmpl-89C",
        "object": "chat.completion.chunk",
        "model": "sora-2",
        "created": 1760339757,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"


def opening(source: str = f"https://asyncdata.net/source/{TASK}") -> str:
    """The seed's stream up to its progress; `source` is where it says that it can be asked."""
    web = source.replace("/source/", "/web/")
    head = f"\n\n> ID: `{TASK}`\n>[Data Preview]({web}) | [Source Data]({source})\n> Queuing"
    return event(head) + event("..") + event("\n> Generating") + event("\n\n>🏃 Progress 44..") + event("61..")


def ending(film: str = FILM) -> str:
    """The seed's stream from its completion on."""
    line = f"\n\n> Generation complete ✅\n> sid: s_68eca7ba6c688191afb287034cbee639\n\n\n[Play online▶️]({film})"
    return event(line) + event(finish="stop") + DONE


def entry(upstream: RawUpstream | str, **fields: object) -> ProviderEntry:
    """A provider's entry that leads here, with limits short enough for a test."""
    url = upstream if isinstance(upstream, str) else upstream.url
    known: dict[str, object] = {
        "name": "raw",
        "kind": "chat_stream",
        "base_url": f"{url}/v1",
        "private_hosts": ("127.0.0.1",),
        "result_hosts": ("filesystem.site", "127.0.0.1"),
        "source_hosts": ("127.0.0.1",),
        "poll_seconds": 0.01,
        "poll_total_seconds": 5,
    }
    return ProviderEntry.model_validate({**known, **fields})


def models(provider: str = "raw", shapes: Sequence[str] = ("landscape", "portrait")) -> dict[str, ModelEntry]:
    """One model, named as in the seed."""
    fields = {"name": "standard", "label": "standard", "provider": provider, "upstream_model": "sora-2"}
    return {
        "standard": ModelEntry.model_validate(
            {**fields, "lengths": {5: 1, 10: 2}, "shapes": shapes, "takes_image": True}
        )
    }
