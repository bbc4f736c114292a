"""A street of public names for the fetcher's tests: where they lead, and the real sockets on loopback behind them."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest
from typing_extensions import override

from core.errors import ErrorKind, ProviderError
from core.urls import UrlPolicy
from core.videos.fetch import Fetcher
from tests.raw_upstream import RawUpstream, Script, Wire, raw_upstream

PUBLIC = "93.184.216.34"
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(5000)
LINK = "https://cdn.example.com/film.mp4"
ANYWHERE = UrlPolicy(None)


@dataclass
class Street:
    """What was asked of the resolver and of the network, and by which name TLS was begun."""

    upstream: RawUpstream
    names: Mapping[str, Sequence[Sequence[str]]]
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    greeted: list[str | None] = field(default_factory=list)
    deaf: frozenset[str] = frozenset()
    """Addresses at which nobody answers."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The name's answers one after another, the last for ever; `PUBLIC` for a name that was not given any."""
        answers = self.names.get(host, [[PUBLIC]])
        answer = answers[min(self.looked_up.count(host), len(answers) - 1)]
        self.looked_up.append(host)
        return answer

    def fetcher(self, policy: UrlPolicy = ANYWHERE, **limits: Any) -> Fetcher:
        """A fetcher whose far end is this street."""
        known = {"max_bytes": 1 << 20, "total_seconds": 5.0, **limits}
        return Fetcher(policy, resolve=self.resolve, network=_Network(self), **known)


@asynccontextmanager
async def street(script: Script, **names: Sequence[Sequence[str]]) -> AsyncIterator[Street]:
    """Names stand with `_` for the dot: `cdn_example=[["10.0.0.1"]]` is `cdn.example`, which leads there."""
    async with raw_upstream(script) as upstream:
        yield Street(upstream, {name.replace("_", "."): answers for name, answers in names.items()})


class _Network(httpcore.AsyncNetworkBackend):
    """Every address leads to the one upstream on loopback."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._loopback = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._street.connected.append((host, port))
        if host in self._street.deaf:
            raise httpcore.ConnectError("nobody answers")
        address, _, real_port = self._street.upstream.host.partition(":")
        return _Plain(await self._loopback.connect_tcp(address, int(real_port), timeout), self._street)


class _Plain(httpcore.AsyncNetworkStream):
    """A line on which TLS is only greeted: no certificate of a test is in anybody's list."""

    def __init__(self, line: httpcore.AsyncNetworkStream, street: Street) -> None:
        self._line = line
        self._street = street

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._line.read(max_bytes, timeout)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._line.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        await self._line.aclose()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        self._street.greeted.append(server_hostname)
        return self

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._line.get_extra_info(info)


# What a test does there, and what it meets


async def film(wire: Wire) -> None:
    await wire.answer(200, FILM)


async def fetched(fetcher: Fetcher, url: str = LINK, *, bearer: str | None = None) -> bytes:
    async with fetcher.open(url, bearer=bearer) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def failure(fetcher: Fetcher, url: str = LINK) -> ErrorKind:
    with pytest.raises(ProviderError) as caught:
        await fetched(fetcher, url)
    return caught.value.kind


def sent(*parts: bytes | str) -> Callable[[Wire], Awaitable[None]]:
    """An upstream that answers with these bytes and waits for the other side to leave."""

    async def script(wire: Wire) -> None:
        await wire.send(*parts)
        await wire.until_closed()

    return script


def closing(*parts: bytes | str) -> Callable[[Wire], Awaitable[None]]:
    """An upstream that answers with these bytes and hangs up."""

    async def script(wire: Wire) -> None:
        await wire.send(*parts)

    return script


def for_ever(head: bytes | str, piece: bytes) -> Callable[[Wire], Awaitable[None]]:
    async def script(wire: Wire) -> None:
        await wire.send(head)
        while True:
            await wire.send(piece)

    return script
