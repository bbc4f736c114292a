"""The safe fetcher: bytes from an address that a stranger named, bounded in hops, size and time, and never from inside.

It speaks through httpcore, the wire beneath httpx, which has none of what would have to be switched off here: no
cookies, no proxies from the environment, no redirects by itself, no decompression. A name is resolved once, every
address it leads to must be public, and the connection goes to exactly those addresses while TLS and `Host` keep the
name: a name that changes its mind between check and connection changes nothing.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from socket import AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM, getaddrinfo
from types import MappingProxyType
from typing import Any, Final

import httpcore
from typing_extensions import override

from core.errors import ErrorKind, ProviderError
from core.urls import CheckedUrl, UrlPolicy, UrlRefused, check_url, is_public_address, join_url

REDIRECT_LIMIT: Final = 3
ADDRESS_LIMIT: Final = 4
"""How many of a name's addresses are tried; a host without IPv6 meets names that have both."""
FRAMING_BYTES: Final = 256 << 10
"""What may come over the line beside the body: heads, interim answers, the sizes of chunks. Each costs far more time to
read than to send; the body itself earns a sixteenth of its size on top, so that it may not come in crumbs either."""

_LOOK_UPS: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="look-up")
"""Threads of their own: a stranger's name server can hold one for half a minute, and films are written in the rest."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to the addresses they lead to, as text. Raises `OSError` where there are none."""


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, in a thread. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    answers = await loop.run_in_executor(_LOOK_UPS, getaddrinfo, host, port, AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


class Fetcher:
    """Opens results under one policy. Holds no connection between two fetches.

    `max_bytes` bounds the body, `total_seconds` everything from the first look-up to the last byte, `connect_seconds`
    each attempt to connect, `idle_seconds` each silence; no more than `redirect_limit` hops are followed. `resolve`,
    `network` and `tls` are the far end, for tests.
    """

    def __init__(
        self,
        policy: UrlPolicy,
        *,
        max_bytes: int,
        total_seconds: float,
        connect_seconds: float = 10.0,
        idle_seconds: float = 60.0,
        redirect_limit: int = REDIRECT_LIMIT,
        resolve: Resolve = resolve_name,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._max_bytes = max_bytes
        self._total_seconds = total_seconds
        self._patience = {
            "connect": connect_seconds,
            "read": idle_seconds,
            "write": idle_seconds,
            "pool": connect_seconds,
        }
        self._redirect_limit = redirect_limit
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()
        self._tls = tls

    @asynccontextmanager
    async def open(self, url: str, *, bearer: str | None = None) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Yield the body's bytes, in pieces of at most 64 KiB.

        `bearer` is the provider's key, for results that ask for it: it goes to the host of `url` and to no other, and
        not even there once a redirect has led away. Raises `ProviderError` (`RESULT_NOT_ALLOWED`, `RESULT_UNREACHABLE`,
        `RESULT_TOO_LARGE`), here or while the bytes are read; what the caller raises inside passes through as it is.
        """
        deadline = asyncio.get_running_loop().time() + self._total_seconds
        hop = self._gate(url)
        for _ in range(self._redirect_limit + 1):
            meter = _Meter()
            async with self._ask(hop, bearer, deadline, meter) as response:
                location = _location(response)
                if location is None:
                    self._judge(response)
                    async with aclosing(self._body(response, deadline, meter)) as chunks:
                        yield chunks
                    return
            here, hop = hop, self._gate(location, seen_from=hop)
            if _origin(hop) != _origin(here):
                bearer = None  # for good: a stranger who sends us back has chosen what is asked there
        raise ProviderError(ErrorKind.RESULT_UNREACHABLE, f"more than {self._redirect_limit} redirects")

    def _gate(self, url: str, *, seen_from: CheckedUrl | None = None) -> CheckedUrl:
        try:
            return check_url(url if seen_from is None else join_url(seen_from.url, url), self._policy)
        except UrlRefused as error:
            where = "" if seen_from is None else f", sent there by {seen_from.host}"
            raise ProviderError(ErrorKind.RESULT_NOT_ALLOWED, f"{error}{where}") from error

    @asynccontextmanager
    async def _ask(
        self, hop: CheckedUrl, key: str | None, deadline: float, meter: "_Meter"
    ) -> AsyncGenerator[httpcore.Response]:
        """One request over one connection of its own, to addresses that were judged."""
        with _errors_become_ours():
            async with asyncio.timeout_at(deadline):
                addresses = await self._addresses(hop)
        async with httpcore.AsyncConnectionPool(
            ssl_context=self._tls or _usual_tls(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_Pinned(addresses, self._network, meter),
        ) as line:
            with _errors_become_ours():
                async with asyncio.timeout_at(deadline):
                    response = await line.handle_async_request(self._request(hop, key))
            async with aclosing(response):
                yield response

    async def _addresses(self, hop: CheckedUrl) -> Sequence[str]:
        """Where the name leads, asked once. One address inside is enough to refuse them all."""
        addresses = await self._resolve(hop.host, hop.port)
        if not addresses:
            raise ProviderError(ErrorKind.RESULT_UNREACHABLE, f"{hop.host} leads nowhere")
        if not hop.private and not all(is_public_address(address) for address in addresses):
            raise ProviderError(ErrorKind.RESULT_NOT_ALLOWED, f"{hop.host} leads to an address that is not public")
        return addresses[:ADDRESS_LIMIT]

    def _request(self, hop: CheckedUrl, key: str | None) -> httpcore.Request:
        _, _, netloc, target = hop.url.encode("ascii").split(b"/", 3)
        # In parts, since httpcore would drop what follows a semicolon in the path.
        url = httpcore.URL(scheme=hop.scheme.encode(), host=hop.host.encode(), port=hop.port, target=b"/" + target)
        headers = [
            (b"Host", netloc),
            (b"User-Agent", b"matinee"),
            (b"Accept", b"video/mp4, video/*;q=0.9, */*;q=0.1"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        if key is not None:
            headers.append((b"Authorization", f"Bearer {key}".encode("ascii")))
        return httpcore.Request("GET", url, headers=headers, extensions={"timeout": self._patience})

    def _judge(self, response: httpcore.Response) -> None:
        """Refuse what will not become a film before any of it is read. The type header is ignored: it often lies."""
        if response.status != 200:
            raise ProviderError(ErrorKind.RESULT_UNREACHABLE, f"HTTP {response.status}", status=response.status)
        encoding = _header(response, b"content-encoding").strip().lower()
        if encoding not in {b"", b"identity"}:
            raise ProviderError(ErrorKind.RESULT_UNREACHABLE, "the body is compressed, which was not asked for")
        length = _header(response, b"content-length")  # the protocol layer has checked that it is a number
        if length and int(length) > self._max_bytes:
            raise ProviderError(ErrorKind.RESULT_TOO_LARGE, f"{int(length)} bytes announced")

    async def _body(self, response: httpcore.Response, deadline: float, meter: "_Meter") -> AsyncGenerator[bytes]:
        """The bytes as they come; the protocol layer raises where they are fewer than announced."""
        chunks = aiter(response.aiter_stream())
        while True:
            with _errors_become_ours():
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(chunks, None)
            if chunk is None:
                return
            meter.body += len(chunk)
            if meter.body > self._max_bytes:
                raise ProviderError(ErrorKind.RESULT_TOO_LARGE, f"more than {self._max_bytes} bytes")
            yield chunk


class _Meter:
    """Counts what comes over one line, and how much of it was the body."""

    def __init__(self) -> None:
        self.body = 0
        self._heard = 0

    def heard(self, count: int) -> None:
        """Raises `ProviderError` where too little of what came is the body."""
        self._heard += count
        if self._heard - self.body > FRAMING_BYTES + self.body // 16:
            raise ProviderError(ErrorKind.RESULT_UNREACHABLE, "more around the body than body")


class _Metered(httpcore.AsyncNetworkStream):
    """A line whose bytes are counted as they come."""

    def __init__(self, line: httpcore.AsyncNetworkStream, meter: _Meter) -> None:
        self._line = line
        self._meter = meter

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._line.read(max_bytes, timeout)
        self._meter.heard(len(data))
        return data

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
        return _Metered(await self._line.start_tls(ssl_context, server_hostname, timeout), self._meter)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._line.get_extra_info(info)


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged before, whatever name it is asked for."""

    def __init__(self, addresses: Sequence[str], network: httpcore.AsyncNetworkBackend, meter: _Meter) -> None:
        self._addresses = addresses
        self._network = network
        self._meter = meter

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *others, last = self._addresses
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                line = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Metered(line, self._meter)
        line = await self._network.connect_tcp(last, port, timeout, local_address, socket_options)
        return _Metered(line, self._meter)


def _origin(url: CheckedUrl) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port


def _location(response: httpcore.Response) -> str | None:
    """Where a redirect points; None where the answer is none."""
    if response.status not in _REDIRECTS:
        return None
    # Controls and spaces are refused here, since `urljoin` would quietly drop some of them.
    location = _header(response, b"location").decode("utf-8", "replace")
    if not location or not location.isprintable() or " " in location:
        raise ProviderError(ErrorKind.RESULT_NOT_ALLOWED, f"HTTP {response.status} that points nowhere")
    return location


def _header(response: httpcore.Response, name: bytes) -> bytes:
    """All values of a header as one (RFC 9110 §5.3); empty where there is none."""
    return b", ".join(value for key, value in response.headers if key.lower() == name)


@functools.cache
def _usual_tls() -> ssl.SSLContext:
    """Made once: it reads the whole list of certificate authorities."""
    return httpcore.default_ssl_context()


# --- The border: foreign errors become ours ------------------------------------------------------------------------

FOREIGN_ERRORS: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        httpcore.ConnectError: "no connection",
        httpcore.ConnectTimeout: "no connection in time",
        httpcore.ConnectionNotAvailable: "no connection",
        httpcore.PoolTimeout: "no connection in time",
        httpcore.ProxyError: "no connection",
        httpcore.ReadError: "the connection broke",
        httpcore.ReadTimeout: "silence",
        httpcore.WriteError: "the connection broke",
        httpcore.WriteTimeout: "silence",
        httpcore.RemoteProtocolError: "cut short, or not HTTP",
        httpcore.LocalProtocolError: "not HTTP",
        httpcore.ProtocolError: "not HTTP",
        httpcore.UnsupportedProtocol: "not HTTP",
        httpcore.NetworkError: "the connection broke",
        httpcore.TimeoutException: "silence",
        TimeoutError: "not whole in time",
        OSError: "the network, the name or the certificate",
    }
)
"""What httpcore, TLS and the system raise, in words for the log. All of it is one kind: `RESULT_UNREACHABLE`."""


@contextmanager
def _errors_become_ours() -> Iterator[None]:
    try:
        yield
    except tuple(FOREIGN_ERRORS) as error:
        words = next(FOREIGN_ERRORS[cls] for cls in type(error).__mro__ if cls in FOREIGN_ERRORS)
        raise ProviderError(ErrorKind.RESULT_UNREACHABLE, f"{words} ({type(error).__name__})") from error
