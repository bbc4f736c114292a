"""An upstream that makes videos through chat completions and streams its progress as prose: the seed's API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import structlog

from core.catalogue import ModelEntry, ProviderEntry
from core.dialects.reader import DEFAULT_SOURCE, Reading, StreamReader
from core.errors import ConfigurationError, ErrorKind, ProviderError
from core.events import Completed, GenerationEvent, ResultUrl, Submitted, Usage
from core.model import GenerationRequest, Ticket
from core.ports import Provider
from core.providers._http import ERROR_BODY_LIMIT, chunks_of, error_of_answer, errors_become_ours, new_client
from core.providers._patience import Patience
from core.providers._polling import ask_until_over, may_be_shown, permits, results_policy, sources_policy
from core.providers._wording import chat_request
from core.urls import join_url
from core.videos.fetch import Fetcher

TRIES: Final = 3
"""How often a generation is asked for while the upstream has surely not begun one."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 20.0
"""An upstream that asks for more patience than this gets it from the job, which can tell the person."""
ERROR_BODY_SECONDS: Final = 10.0
DOWNLOAD_SECONDS: Final = 600.0

_TRIED_AGAIN: Final = frozenset({ErrorKind.UNREACHABLE, ErrorKind.RATE_LIMITED, ErrorKind.CAPACITY})
_UNDECIDED: Final = frozenset(
    {ErrorKind.NO_RESULT, ErrorKind.TIMEOUT, ErrorKind.GATEWAY_TIMEOUT, ErrorKind.TRANSPORT_CUT}
)
"""Failures of a stream that do not say what became of the generation behind it."""

_log = structlog.get_logger(__name__)


class ChatStream:
    """Asks for a video in a chat message and reads what is streamed back; `Provider` says what it owes the core."""

    def __init__(
        self,
        entry: ProviderEntry,
        *,
        models: Mapping[str, ModelEntry],
        api_key: str | None,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._entry = entry
        self._models = models
        self._endpoint = f"{entry.base_url.rstrip('/')}/chat/completions"
        self._headers = _headers(entry, api_key)
        self._results = results_policy(entry)
        self._sources = sources_policy(entry)
        self._fetcher = Fetcher(self._results, max_bytes=entry.max_result_bytes, total_seconds=DOWNLOAD_SECONDS)
        self._now = now
        self._sleep = sleep

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """Ask for a video and yield what is told; when the stream cannot tell, ask by ticket before any verdict."""
        model = self._models.get(request.model)
        if model is None:
            raise ProviderError(ErrorKind.MODEL_NOT_FOUND, f"not in the catalogue: {request.model}", accepted=False)
        text, body = chat_request(request, model)
        reader = StreamReader(prompt=text, policy=self._results)
        ticket: Ticket | None = None
        cut: ProviderError | None = None
        try:
            async with aclosing(self._stream(msgspec.json.encode(body), reader)) as events:
                async for event in events:
                    if isinstance(event, Submitted) and event.ticket is not None:
                        ticket = event.ticket
                    yield event
        except ProviderError as error:
            if not error.accepted:
                raise
            cut = error
        reading = reader.finish()
        if reading.outcome == "completed":
            yield _completed(reading)
            return
        verdict = _verdict(reading, cut)
        sources = self._askable(reading, verdict, ticket)
        if not sources or reading.task_id is None:
            raise verdict
        if (asked_for := Ticket(reading.task_id, sources[0])) != ticket:
            yield Submitted(asked_for)
        _log.info("the stream is over without a verdict; asking its source", reason=str(verdict))
        async with aclosing(self._ask(sources, verdict)) as events:
            async for event in events:
                yield _with_stream(event, reading)

    async def resume(self, ticket: Ticket) -> AsyncGenerator[GenerationEvent]:
        """Ask for a generation that an earlier run of this program submitted."""
        sources = self._sources_of(ticket.id, ticket.source_url)
        if not sources:
            raise ProviderError(ErrorKind.INTERRUPTED, "this upstream cannot be asked by ticket")
        lost = ProviderError(ErrorKind.INTERRUPTED, "its source knew no end of it")
        async with aclosing(self._ask(sources, lost)) as events:
            async for event in events:
                yield event

    def download(self, result: ResultUrl) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the film through the safe fetcher; the provider's key stays here. See `Provider.download`."""
        return self._fetcher.open(join_url(f"{self._entry.base_url.rstrip('/')}/", result.url))

    def may_show(self, url: str) -> bool:
        """Whether people may be given this address: only where the operator has named the hosts of results."""
        return may_be_shown(self._entry, url)

    async def aclose(self) -> None:
        """Nothing is kept between generations: each closes its own connection when it ends or is closed."""

    # The stream

    async def _stream(self, body: bytes, reader: StreamReader) -> AsyncGenerator[GenerationEvent]:
        entry = self._entry
        patience = Patience(entry, reader)
        async with new_client(connect_seconds=entry.connect_seconds, write_seconds=entry.idle_seconds) as client:
            response = await self._open(client, body, patience)
            async with aclosing(chunks_of(response)) as chunks, aclosing(response):
                while (chunk := await _next(chunks, patience)) is not None:
                    events = reader.feed(chunk)
                    patience.heard()
                    for event, following in zip_longest(events, events[1:]):
                        # A ticket and its source are kept in one go: a crash between the two would lose the address.
                        if not (isinstance(event, Submitted) and isinstance(following, Submitted)):
                            yield event

    async def _open(self, client: httpx.AsyncClient, body: bytes, patience: Patience) -> httpx.Response:
        """The answer that begins to stream; asks again only while nothing was accepted, and not for ever."""
        pause = FIRST_PAUSE_SECONDS
        tries = 1
        while True:
            try:
                return await self._post(client, body, patience)
            except ProviderError as error:
                wait = max(pause, error.retry_after or 0.0)
                if error.accepted or error.kind not in _TRIED_AGAIN or tries >= TRIES or wait > LONGEST_PAUSE_SECONDS:
                    raise
                _log.info("the upstream has not begun; asking again", reason=str(error), tries=tries, wait=wait)
            await self._sleep(wait)
            pause *= 2
            tries += 1

    async def _post(self, client: httpx.AsyncClient, body: bytes, patience: Patience) -> httpx.Response:
        patience.asked()
        async with patience.limit():
            with errors_become_ours():
                request = client.build_request("POST", self._endpoint, headers=self._headers, content=body)
                response = await client.send(request, stream=True)
        if not response.is_success:
            async with aclosing(response):
                words = await _error_words(response, min(ERROR_BODY_SECONDS, self._entry.idle_seconds))
            raise error_of_answer(response.status_code, response.headers, words, now=self._now())
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            await response.aclose()
            raise ProviderError(ErrorKind.UPSTREAM_ERROR, "the answer is compressed, which was not asked for")
        return response

    # Recovery

    def _askable(self, reading: Reading, verdict: ProviderError, told: Ticket | None) -> Sequence[str]:
        """Where to ask, if the stream did not settle it; nowhere, if it did, or no source may be asked."""
        settled = reading.outcome != "cut" and verdict.kind not in _UNDECIDED
        if settled or reading.task_id is None or not reading.recoverable:
            return ()
        named = reading.links.source
        if named == f"{DEFAULT_SOURCE}{reading.task_id}" and (told is None or told.source_url is None):
            named = None  # derived from the id; the stream itself said no address
        return self._sources_of(reading.task_id, named)

    def _sources_of(self, task_id: str, named: str | None) -> Sequence[str]:
        """The addresses to ask at: the one that was named, if its host may be asked, and no other.

        An upstream that only acknowledges names an id and no address; the path is then its kin's usual one, and each
        host that may be asked is.
        """
        if named is not None:
            return [named] if permits(self._sources, named) else []
        path = f"/source/{quote(task_id, safe=':')}"
        base = urlsplit(self._entry.base_url)
        others = [host for host in self._entry.source_hosts if ":" not in host and host != base.hostname]
        usual = [f"{base.scheme}://{base.netloc}{path}", *(f"https://{host}{path}" for host in others)]
        return [url for url in usual if permits(self._sources, url)]

    async def _ask(self, sources: Sequence[str], otherwise: ProviderError) -> AsyncGenerator[GenerationEvent]:
        for source in sources:
            async with aclosing(ask_until_over(source, self._entry)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, Completed):
                        return
        raise ProviderError(otherwise.kind, otherwise.message, recoverable=True)


def build(
    entry: ProviderEntry,
    *,
    models: Mapping[str, ModelEntry],
    api_key: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Provider:
    """Make the provider. Raises `ConfigurationError` where the key cannot be one."""
    return ChatStream(entry, models=models, api_key=api_key, now=now, sleep=sleep)


def _headers(entry: ProviderEntry, api_key: str | None) -> httpx.Headers:
    """What goes with every question; httpx hides the key's value in the repr of these."""
    headers = httpx.Headers({"Accept": "text/event-stream", "Content-Type": "application/json"})
    if api_key is not None:
        if not api_key or not all("!" <= char <= "~" for char in api_key):
            # Said here, without the key: the HTTP library would quote it in its error.
            setting = entry.key_setting or f"the key of {entry.name}"
            raise ConfigurationError(
                f"{setting}: a key is one word of plain letters, digits and signs, as in sk-abc123"
            )
        headers["Authorization"] = f"Bearer {api_key}"
    return headers


async def _next(chunks: AsyncGenerator[bytes], patience: Patience) -> bytes | None:
    """The next bytes as they came, undecoded; None at the end."""
    try:
        async with patience.limit():
            with errors_become_ours():
                return await anext(chunks, None)
    except ProviderError:
        if patience.satisfied:
            return None
        raise


async def _error_words(response: httpx.Response, limit: float) -> bytes:
    """What an error's answer says, as far as it comes in time."""
    body = bytearray()
    with suppress(ProviderError, TimeoutError):
        async with asyncio.timeout(limit), aclosing(chunks_of(response)) as chunks:
            with errors_become_ours():
                async for chunk in chunks:
                    body += chunk
                    if len(body) >= ERROR_BODY_LIMIT:
                        break
    return bytes(body[:ERROR_BODY_LIMIT])


def _verdict(reading: Reading, cut: ProviderError | None) -> ProviderError:
    """Why no film came of it: the upstream's own word if there is one, else how the stream ended."""
    if cut is not None and reading.outcome == "cut":
        return ProviderError(cut.kind, cut.message, recoverable=reading.recoverable)
    kind = reading.error_kind or ErrorKind.UNKNOWN
    return ProviderError(kind, reading.error_message, recoverable=reading.recoverable, subject=reading.subject)


def _completed(reading: Reading) -> Completed:
    return Completed(
        tuple(ResultUrl(url) for url in reading.result_urls),
        share_id=reading.share_id,
        media_id=reading.media_id,
        usage=_usage(reading),
        transcript=reading.transcript,
    )


def _with_stream(event: GenerationEvent, reading: Reading) -> GenerationEvent:
    """A film found by ticket, with what only the stream said about it."""
    if not isinstance(event, Completed):
        return event
    return replace(event, share_id=reading.share_id, usage=_usage(reading), transcript=reading.transcript)


def _usage(reading: Reading) -> Usage | None:
    if reading.usage is None:
        return None
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = [reading.usage.get(name) for name in names]
    return Usage(*(count if isinstance(count, int) and not isinstance(count, bool) else None for count in counts))
