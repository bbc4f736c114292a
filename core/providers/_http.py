"""The one place where httpx's errors, and the statuses that an upstream answers with, become ours."""

import functools
import re
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final, NamedTuple, cast

import httpx

from core.dialects.failures import classify
from core.dialects.tasks import read_task
from core.errors import ErrorKind, ProviderError

ERROR_BODY_LIMIT: Final = 64 << 10
"""Bytes read of an answer that is an error: enough for its words, not enough to be a burden."""

RETRY_AFTER_LIMIT: Final = 86_400.0
"""Seconds. An upstream that asks for more than a day says no more than "not today"."""


class Meaning(NamedTuple):
    """What a foreign error is to us. `accepted` is False only where the upstream surely has not begun."""

    kind: ErrorKind
    accepted: bool


HTTPX_ERRORS: Final[Mapping[type[Exception], Meaning]] = MappingProxyType(
    {
        # Before the request was on its way.
        httpx.ConnectError: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.ConnectTimeout: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.ProxyError: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.PoolTimeout: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.UnsupportedProtocol: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.InvalidURL: Meaning(ErrorKind.UNREACHABLE, accepted=False),
        httpx.LocalProtocolError: Meaning(ErrorKind.INTERNAL, accepted=False),
        # After it: the upstream may have begun, whatever became of the line.
        httpx.WriteError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.ReadError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.CloseError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.NetworkError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.RemoteProtocolError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.ProtocolError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.TransportError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.RequestError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.HTTPError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
        httpx.WriteTimeout: Meaning(ErrorKind.TIMEOUT, accepted=True),
        httpx.ReadTimeout: Meaning(ErrorKind.TIMEOUT, accepted=True),
        httpx.TimeoutException: Meaning(ErrorKind.TIMEOUT, accepted=True),
        httpx.DecodingError: Meaning(ErrorKind.UPSTREAM_ERROR, accepted=True),
        httpx.TooManyRedirects: Meaning(ErrorKind.UPSTREAM_ERROR, accepted=True),
        httpx.HTTPStatusError: Meaning(ErrorKind.UPSTREAM_ERROR, accepted=True),
        # A fault of this program.
        httpx.StreamError: Meaning(ErrorKind.INTERNAL, accepted=True),
        httpx.StreamConsumed: Meaning(ErrorKind.INTERNAL, accepted=True),
        httpx.StreamClosed: Meaning(ErrorKind.INTERNAL, accepted=True),
        httpx.ResponseNotRead: Meaning(ErrorKind.INTERNAL, accepted=True),
        httpx.RequestNotRead: Meaning(ErrorKind.INTERNAL, accepted=True),
        httpx.CookieConflict: Meaning(ErrorKind.INTERNAL, accepted=True),
        # TLS errors while reading pass through httpx as they are.
        OSError: Meaning(ErrorKind.TRANSPORT_CUT, accepted=True),
    }
)

_NOT_BEGUN: Final = frozenset({503, 521, 522, 523, 525, 526})
"""Server errors that come from in front of the upstream, before it saw anything: busy, down, or its line refused."""

_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_SECONDS: Final = re.compile(r"\d{1,15}(?:\.\d{1,15})?", re.ASCII)


@contextmanager
def errors_become_ours() -> Iterator[None]:
    """Raise `ProviderError` for whatever httpx raises inside.

    Its text may quote what was sent, and so the key: the name of the class is enough for the log.
    """
    try:
        yield
    except tuple(HTTPX_ERRORS) as error:
        meaning = next(HTTPX_ERRORS[cls] for cls in type(error).__mro__ if cls in HTTPX_ERRORS)
        raise ProviderError(meaning.kind, type(error).__name__, accepted=meaning.accepted) from error


def error_of_answer(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> ProviderError:
    """What an answer other than 2xx means: by the words of its body first, then by its number.

    A redirect is refused: the host that the operator named does not send us, and our key, elsewhere.
    """
    if 300 <= status < 400:
        return ProviderError(ErrorKind.UPSTREAM_ERROR, f"HTTP {status}: a redirect, refused", accepted=False)
    reading = read_task(body, status=max(status, 400))
    kind = reading.error_kind or classify(message=None, status=status)
    message = reading.error_message
    if message is None and (words := _plain_words(body)) is not None:
        message, kind = words, classify(message=words, status=status)
        if status == 403 and kind is ErrorKind.AUTH and b"<" in body:
            kind = (
                ErrorKind.REJECTED_BY_UPSTREAM
            )  # a page for browsers is a guard before the API, not its word on our key
    return ProviderError(
        kind,
        f"HTTP {status}: {message}" if message else f"HTTP {status}",
        accepted=status >= 500 and status not in _NOT_BEGUN,
        retry_after=retry_after(headers.get("retry-after"), now=now),
        subject=reading.subject,
    )


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait, from a `Retry-After` header (RFC 9110 §10.2.3: seconds or a date); None where it says nothing.

    Never negative and never more than `RETRY_AFTER_LIMIT`.
    """
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), RETRY_AFTER_LIMIT)
    try:
        when = parsedate_to_datetime(value[:64])
    except (ValueError, TypeError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), RETRY_AFTER_LIMIT)


def new_client(*, connect_seconds: float, write_seconds: float) -> httpx.AsyncClient:
    """A client for one conversation: no proxy from the environment, no redirects, nothing compressed.

    One a conversation, since a shared pool walks all its connections at every step, and since closing it frees the one
    connection at once. Reading has no limit here: how long to wait for what is decided where the answer is read.
    """
    return httpx.AsyncClient(
        verify=_tls(),
        trust_env=False,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "matinee"},
        timeout=httpx.Timeout(None, connect=connect_seconds, write=write_seconds),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )


def chunks_of(response: httpx.Response) -> AsyncGenerator[bytes]:
    """The bytes of an answer as they come off the line; `aiter_raw` would pass each through two more generators.

    Raises httpx's errors. Whoever closes the answer frees the connection.
    """
    # httpx promises an iterator and gives a generator, which wants to be closed.
    return cast("AsyncGenerator[bytes]", aiter(cast("httpx.AsyncByteStream", response.stream)))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads the whole list of certificate authorities."""
    return httpx.create_ssl_context(trust_env=False)


def _plain_words(body: bytes) -> str | None:
    """The title of a page, or a short plain text; nothing of JSON, which was read as such."""
    text = body[:4096].decode("utf-8", "replace").strip()
    title = _TITLE.search(text)
    if title is not None:
        return title[1].strip() or None
    return text[:300] if text and text[0] not in "<{[" and text.isprintable() else None
